//! The rows of the statistics page and of `show stat` (HAProxy 2.6 management guide 9.1; what stands where, measured on 2.6.12). What the
//! process has no figure for is empty: bytes and addresses, which its site knows, and what is not modelled.

use super::effect::CheckResult;
use super::fields::FIELDS;
use super::proxy::Proxy;
use super::server::{Server, Status};
use super::stats::Counters;
use crate::infra::Balance;
use crate::kernel::{SimDuration, SimTime};

/// The class of a row: its colour on the statistics page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowClass {
    /// A frontend or a backend.
    Proxy,
    /// A server that is up.
    Up,
    /// Up, but a check failed, or none has passed yet.
    GoingDown,
    /// Down, but a check passed.
    GoingUp,
    /// Down.
    Down,
    /// NOLB.
    Nolb,
    /// Draining, or of weight 0.
    Draining,
    /// In maintenance.
    Maintain,
    /// Not checked.
    NoCheck,
}

/// A row of the statistics: values in the order of [`FIELDS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its colour.
    pub class: RowClass,
    /// Whether it is of a backup server.
    pub backup: bool,
    /// Its values; empty where the real page has none.
    pub values: Vec<String>,
}

impl Row {
    /// The value of a field by its name; empty where there is none.
    pub fn value(&self, field: &str) -> &str {
        let index = FIELDS.iter().position(|known| *known == field);
        index.and_then(|index| self.values.get(index)).map_or("", String::as_str)
    }

    /// Writes a figure that the process does not have itself. Nothing happens if there is no such field.
    pub fn set(&mut self, field: &str, value: impl std::fmt::Display) {
        let index = FIELDS.iter().position(|known| *known == field);
        if let Some(place) = index.and_then(|index| self.values.get_mut(index)) {
            *place = value.to_string();
        }
    }
}

/// The rows as `show stat` writes them.
pub fn csv(rows: &[Row]) -> String {
    let mut text = format!("# {},\n", FIELDS.join(","));
    for row in rows {
        text.push_str(&row.values.join(","));
        text.push_str(",\n");
    }
    text
}

/// The connections at once that a process takes where no `maxconn` says so: it shares out the files that it may open, two to a connection. This is of
/// systemd's limit on Debian 12 (524 288 files) and one thread, of which it keeps 30 for itself (2.6.12 measured with limits of 10 000 and 20 000).
pub(super) const FILES_ALLOW: u32 = (524_288 - 30) / 2;

/// Whom nothing is denied, since there are no rules that do.
const DENIED: [&str; 2] = ["dreq", "dresp"];
/// What nobody here compresses, keeps in a cache, or fails at within the program.
const UNUSED: [&str; 7] =
    ["comp_in", "comp_out", "comp_byp", "comp_rsp", "cache_lookups", "cache_hits", "wrew"];
/// Of TLS: who ends it is not asked how often.
const TLS: [&str; 3] = ["ssl_sess", "ssl_reused_sess", "ssl_failed_handshake"];
/// Of HTTP/2, which nobody speaks here, and of data that would go through the kernel.
fn is_unspoken(field: &str) -> bool {
    field.starts_with("h2_") || field.contains("_spliced_")
}

/// Fills a row field by field.
struct Writer(Row);

impl Writer {
    fn new(proxy: &str, service: &str) -> Self {
        let values = vec![String::new(); FIELDS.len()];
        let mut row = Self(Row { class: RowClass::Proxy, backup: false, values });
        row.set("pxname", proxy).set("svname", service).set("pid", 1);
        row.set("mode", "http").set("eint", 0).set("-", "-");
        row
    }

    fn set(&mut self, field: &str, value: impl std::fmt::Display) -> &mut Self {
        self.0.set(field, value);
        self
    }

    fn zeros(&mut self, fields: &[&str]) -> &mut Self {
        for field in fields {
            self.set(field, 0);
        }
        self
    }

    fn unspoken(&mut self) {
        for field in FIELDS.iter().filter(|field| is_unspoken(field)) {
            self.set(field, 0);
        }
    }

    fn traffic(&mut self, counters: &Counters, now: SimTime) -> &mut Self {
        self.set("stot", counters.sessions).set("smax", counters.max_sessions);
        self.set("rate", counters.rate.at(now)).set("rate_max", counters.rate.max);
        let names = ["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"];
        for (name, count) in names.into_iter().zip(counters.answers) {
            self.set(name, count);
        }
        self
    }

    /// What every frontend has: its connections, of which so many are open, and its limit of them.
    fn front(&mut self, counters: &Counters, open: u32, limit: u32, now: SimTime) -> &mut Self {
        self.traffic(counters, now).set("scur", open).set("slim", limit);
        self.set("status", "OPEN")
            .set("type", 0)
            .set("sid", 0)
            .set("ereq", counters.request_errors)
            .set("req_tot", counters.requests);
        // Every connection is a session, and has one request.
        self.set("conn_rate", counters.rate.at(now)).set("conn_rate_max", counters.rate.max);
        self.set("conn_tot", counters.sessions);
        self.zeros(&DENIED).zeros(&UNUSED).unspoken();
        self.zeros(&["rate_lim", "intercepted", "dcon", "dses"]);
        self.set("h1_open_connections", open);
        self.set("h1_total_connections", counters.sessions);
        self.set("h1_total_streams", counters.requests)
    }

    /// What a backend and its servers have alike.
    fn errors(&mut self, counters: &Counters) -> &mut Self {
        self.set("econ", counters.connection_errors).set("eresp", counters.response_errors);
        self.set("wretr", counters.retries).set("wredis", counters.redispatches);
        self.set("lbtot", counters.picks)
            .set("srv_abrt", counters.server_aborts)
            .set("cli_abrt", 0);
        self.set("req_tot", counters.all_answers()).zeros(&["reuse", "wrew"])
    }

    /// How long requests took, if anybody looked at a clock.
    fn times(&mut self, counters: &Counters, is_told: bool) -> &mut Self {
        if is_told {
            let averages = counters.times.averages(counters.all_answers());
            let names = ["qtime", "ctime", "rtime", "ttime"].into_iter();
            for ((name, average), greatest) in names.zip(averages).zip(counters.times.greatest()) {
                self.set(name, average).set(&format!("{name}_max"), greatest);
            }
        }
        self
    }
}

impl Proxy {
    /// The rows of the statistics page at `now`, in the order of the configuration: the frontend, each backend's servers and the backend, and the
    /// frontend that the page itself is asked from.
    pub fn stats(&self, now: SimTime) -> Vec<Row> {
        let mut rows = vec![self.frontend_row(now)];
        for (index, pool) in self.backends.iter().enumerate() {
            for server in &self.servers[pool.first..][..pool.count] {
                rows.push(self.server_row(server, index, now));
            }
            rows.push(self.backend_row(index, now));
        }
        rows.push(self.page_row(now));
        rows
    }

    /// `frontend stats`: nobody in the simulation looks at the page, so nothing is counted. It has the limit of the process.
    fn page_row(&self, now: SimTime) -> Row {
        let nothing = Counters::default();
        let mut row = Writer::new("stats", "FRONTEND");
        row.front(&nothing, 0, FILES_ALLOW, now).zeros(&["bin", "bout"]).zeros(&TLS);
        row.set("iid", self.backends.len() + 3);
        if self.is_telling {
            row.zeros(&["req_rate", "req_rate_max"]);
        }
        row.0
    }

    fn frontend_row(&self, now: SimTime) -> Row {
        let mut row = Writer::new("www", "FRONTEND");
        let limit = if self.config.maxconn > 0 { self.config.maxconn } else { FILES_ALLOW };
        row.front(&self.frontend, self.open, limit, now).set("iid", 2);
        if self.is_telling {
            row.set("req_rate", self.request_rate.at(now));
            row.set("req_rate_max", self.request_rate.max);
        }
        if self.config.tls.is_none() && self.config.tls_round_trips == 0 {
            row.zeros(&TLS);
        }
        row.0
    }

    fn backend_row(&self, index: usize, now: SimTime) -> Row {
        let pool = &self.backends[index];
        let config = &self.config.backends[index];
        let counters = &pool.counters;
        let servers = &self.servers[pool.first..][..pool.count];
        let mut row = Writer::new(&config.name, "BACKEND");
        let is_up = pool.scheduler.has_usable();
        let since = now.since(pool.changed_at);
        let down = if is_up { SimDuration::ZERO } else { since };
        row.traffic(counters, now).errors(counters).times(counters, self.is_telling);
        row.set("qcur", pool.queue.len()).set("qmax", pool.queue.max);
        row.set("scur", pool.sessions).set("slim", pool.fullconn);
        row.set("status", if is_up { "UP" } else { "DOWN" }).set("type", 1);
        row.set("weight", pool.scheduler.total_weight());
        row.set("act", pool.scheduler.usable_active()).set("bck", pool.scheduler.usable_backup());
        row.set("chkdown", counters.went_down).set("lastchg", seconds(since));
        row.set("downtime", seconds(counters.downtime + down));
        row.set("lastsess", last_session(counters, now));
        row.set("iid", index + 3).set("sid", 0);
        row.set("cookie", config.cookie.as_ref().map_or("", |cookie| cookie.name.as_str()));
        row.set("algo", algorithm(&config.balance));
        let attempts: u64 = servers.iter().map(|server| server.counters.sessions).sum();
        let is_backup_turn = pool.scheduler.usable_active() == 0;
        let in_use = servers
            .iter()
            .filter(|server| server.is_usable() && server.config.backup == is_backup_turn);
        let weight: u32 = in_use.map(|server| server.weight).sum();
        row.set("connect", attempts).set("uweight", weight);
        row.zeros(&DENIED).zeros(&UNUSED).unspoken();
        row.zeros(&["agg_server_status", "agg_server_check_status", "agg_check_status"]);
        if self.config.tls.is_none_or(|tls| !tls.to_servers) {
            row.zeros(&TLS);
        }
        row.0
    }

    fn server_row(&self, server: &Server, backend: usize, now: SimTime) -> Row {
        let counters = &server.counters;
        let config = &server.config;
        let mut row = Writer::new(&self.config.backends[backend].name, &config.name);
        let standing = self.backends[backend].scheduler.standing(server.index as usize);
        let status = server.status();
        let since = now.since(server.changed_at);
        row.traffic(counters, now).errors(counters).times(counters, self.is_telling);
        row.set("qcur", server.queue.len())
            .set("qmax", server.queue.max)
            .set("scur", server.connections);
        if config.maxconn > 0 {
            row.set("slim", config.maxconn);
        }
        if config.maxqueue > 0 {
            row.set("qlimit", config.maxqueue);
        }
        row.set("status", status).set("weight", standing.sixteenths.div_ceil(16)).set("type", 2);
        row.set("act", u8::from(!config.backup)).set("bck", u8::from(config.backup));
        row.set("lastchg", seconds(since));
        row.set("lastsess", last_session(counters, now));
        row.set("iid", backend + 3).set("sid", server.index + 1);
        row.set("cookie", config.cookie.as_deref().unwrap_or_default());
        row.set("connect", counters.sessions).set("uweight", server.weight);
        row.set("used_conn_cur", server.connections);
        row.zeros(&["dresp", "srv_icur", "idle_conn_cur", "safe_conn_cur"]);
        if self.config.tls.is_none_or(|tls| !tls.to_servers) {
            row.zeros(&TLS);
        }
        let full = 16 * server.weight;
        if standing.sixteenths < full {
            row.set("throttle", (100 * standing.sixteenths + 15) / full);
        }
        if config.check {
            checked(&mut row, server, status, since);
        }
        Row { class: class(status, server.weight), backup: config.backup, ..row.0 }
    }
}

/// What is told of a server that is checked; in maintenance it is not.
fn checked(row: &mut Writer, server: &Server, status: Status, since: SimDuration) {
    let (counters, config) = (&server.counters, &server.config);
    let is_out = matches!(status, Status::Down | Status::GoingUp { .. } | Status::Maint);
    let down = if is_out { since } else { SimDuration::ZERO };
    row.set("downtime", seconds(counters.downtime + down));
    row.set("chkfail", counters.check_failures).set("chkdown", counters.went_down);
    if config.observe.is_some() {
        row.set("hanafail", counters.traffic_errors);
    }
    if status == Status::Maint {
        return;
    }
    row.set("check_rise", config.rise).set("check_fall", config.fall);
    row.set("check_health", server.health.lives());
    let running = if server.is_checking { "* " } else { "" };
    let Some((result, took)) = server.last_check else {
        row.set("check_status", format!("{running}INI")).set("check_desc", "Initializing");
        return;
    };
    row.set("check_status", format!("{running}{}", result.name()));
    row.set("check_duration", took.as_ns() / 1_000_000);
    let (description, code, said) = described(result);
    row.set("check_desc", description).set("last_chk", said);
    if let Some(code) = code {
        row.set("check_code", code);
    }
}

/// The end of a check in HAProxy's words, its status, and what the server itself said.
const fn described(result: CheckResult) -> (&'static str, Option<u16>, &'static str) {
    match result {
        CheckResult::L4ok => ("Layer4 check passed", None, ""),
        CheckResult::L4con => ("Layer4 connection problem", None, "Connection refused"),
        CheckResult::L4tout => ("Layer4 timeout", None, ""),
        CheckResult::L7ok => ("Layer7 check passed", Some(200), ""),
        CheckResult::L7okc => ("Layer7 check conditionally passed", Some(404), ""),
        CheckResult::L7sts(code) => ("Layer7 wrong status", Some(code), phrase(code)),
        CheckResult::L7tout => ("Layer7 timeout", None, ""),
        CheckResult::L7rsp => ("Layer7 invalid response", None, ""),
        CheckResult::Hana => ("Health analyze", None, ""),
    }
}

/// The words that stand beside a status in an answer.
const fn phrase(status: u16) -> &'static str {
    match status {
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        504 => "Gateway Time-out",
        _ => "",
    }
}

/// An algorithm as `show stat` names it, without what belongs to it. For `random` 2.6.12 has no name there.
const fn algorithm(balance: &Balance) -> &'static str {
    match balance {
        Balance::Roundrobin => "roundrobin",
        Balance::StaticRr => "static-rr",
        Balance::Leastconn => "leastconn",
        Balance::First => "first",
        Balance::Random { .. } => "unknown",
        Balance::Source => "source",
        Balance::Uri(_) => "uri",
        Balance::UrlParam { .. } => "url_param",
        Balance::Hdr { .. } => "hdr",
    }
}

const fn class(status: Status, weight: u32) -> RowClass {
    match status {
        Status::Maint => RowClass::Maintain,
        Status::Down => RowClass::Down,
        Status::GoingUp { .. } => RowClass::GoingUp,
        Status::Drain => RowClass::Draining,
        Status::Nolb => RowClass::Nolb,
        Status::NoCheck => RowClass::NoCheck,
        Status::GoingDown { .. } => RowClass::GoingDown,
        Status::Up if weight == 0 => RowClass::Draining,
        Status::Up => RowClass::Up,
    }
}

const fn seconds(duration: SimDuration) -> u64 {
    duration.as_ns() / 1_000_000_000
}

/// Seconds since the last session, or -1.
fn last_session(counters: &Counters, now: SimTime) -> i64 {
    let since = |last| i64::try_from(seconds(now.since(last))).unwrap_or(i64::MAX);
    counters.last_session.map_or(-1, since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Host, Preset};

    /// What `show stat` of HAProxy 2.6.12 said of a frontend, two servers that are checked, one that is not, and their backend.
    const REAL: &str = include_str!("../../tests/golden/show-stat-2.6.12.csv");

    /// What the process leaves to others, or cannot know: bytes, addresses, streams of HTTP/1 to servers with their checks, how many
    /// connections will be needed.
    const NOT_HERE: [&str; 10] = [
        "bin",
        "bout",
        "addr",
        "need_conn_est",
        "h1_open_connections",
        "h1_open_streams",
        "h1_total_connections",
        "h1_total_streams",
        "h1_bytes_in",
        "h1_bytes_out",
    ];

    #[test]
    fn the_header_is_the_real_ones() {
        assert_eq!(csv(&[]).trim_end(), REAL.lines().next().unwrap());
    }

    /// In each kind of row the same fields are filled as in the real program's.
    #[test]
    fn the_same_fields_are_filled_as_by_the_real_program() {
        let mut config = Preset::Distributed
            .infrastructure()
            .balancers()
            .find_map(Host::haproxy)
            .unwrap()
            .clone();
        (config.tls, config.tls_round_trips) = (None, 0);
        config.maxconn = 100;
        let backend = &mut config.backends[0];
        backend.cookie = Some(crate::infra::Cookie {
            name: "SRV".to_owned(),
            mode: crate::infra::CookieMode::Insert,
            indirect: false,
            nocache: false,
            preserve: false,
        });
        let mut server = backend.servers[0].clone();
        (server.check, server.backup) = (true, false);
        (server.maxconn, server.maxqueue) = (5, 3);
        server.cookie = Some("w1".to_owned());
        let mut unchecked = server.clone();
        (unchecked.check, unchecked.backup, unchecked.cookie) = (false, true, None);
        (unchecked.maxconn, unchecked.maxqueue) = (0, 0);
        backend.servers = vec![server, unchecked];
        let mut proxy = Proxy::new(&config, SimTime::ZERO, SimDuration::ZERO);
        proxy.tell_requests(true);
        proxy.servers[0].last_check = Some((CheckResult::L7ok, SimDuration::from_ms(1)));
        let rows = proxy.stats(SimTime::from_ms(5000));
        let recorded: Vec<Vec<&str>> =
            REAL.lines().skip(1).map(|line| line.split(',').collect()).collect();
        // The frontend, a server that is checked, one that is not, the backend; the page's own frontend has what every frontend has.
        let last = rows.len() - 1;
        for (own, real) in [(0, 0), (1, 1), (2, 3), (3, 4), (last, 0)] {
            for (index, field) in FIELDS.iter().enumerate() {
                if NOT_HERE.contains(field) {
                    continue;
                }
                let (own, real) = (rows[own].values[index].as_str(), recorded[real][index]);
                assert_eq!(own.is_empty(), real.is_empty(), "{field}: `{own}`, really `{real}`");
            }
        }
    }

    /// The rows, their numbers and their limits of connections as 2.6.12 had them for the exported `haproxy.cfg` of lb-1 (`cut -d, -f1,2,28,29,33`
    /// of `show stat`): `frontend stats` comes last, as it does in the file. Its limit is the process's, also where `www` has one of its own.
    #[test]
    fn the_rows_are_those_of_the_exported_configuration() {
        let infrastructure = Preset::Brief.infrastructure();
        let mut config = infrastructure.balancers().find_map(Host::haproxy).unwrap().clone();
        let rows = |config: &crate::infra::Haproxy| {
            let proxy = Proxy::new(config, SimTime::ZERO, SimDuration::ZERO);
            proxy.stats(SimTime::from_ms(5000))
        };
        let fields = ["pxname", "svname", "iid", "sid", "type"];
        let found: Vec<String> = rows(&config)
            .iter()
            .map(|row| fields.map(|field| row.value(field).to_owned()).join(","))
            .collect();
        let real = [
            "www,FRONTEND,2,0,0",
            "static,web-1,3,1,2",
            "static,BACKEND,3,0,1",
            "app,app-1,4,1,2",
            "app,app-2,4,2,2",
            "app,BACKEND,4,0,1",
            "stats,FRONTEND,5,0,0",
        ];
        assert_eq!(found, real);
        let limits = |config: &crate::infra::Haproxy| {
            let rows = rows(config);
            [0, 2, 6].map(|index| rows[index].value("slim").to_owned())
        };
        // Without a limit the real one had 9984 and 999 where it could open 20 000 files: a half of the files, and a tenth of that.
        assert_eq!(limits(&config), ["262129", "26213", "262129"]);
        config.maxconn = 100;
        assert_eq!(limits(&config), ["100", "10", "262129"]);
    }

    #[test]
    fn an_algorithm_has_its_short_name() {
        assert_eq!(algorithm(&Balance::Random { draws: 2 }), "unknown");
        assert_eq!(algorithm(&Balance::Hdr { name: "x".to_owned() }), "hdr");
    }
}
