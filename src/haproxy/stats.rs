//! The figures of the statistics page and of `show stat`, from real counters (HAProxy 2.6 management guide 9.1).

use super::effect::CheckResult;
use super::proxy::Proxy;
use super::server::{Server, Status};
use crate::kernel::{SimDuration, SimTime};

/// What is counted for a frontend, a backend or a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    /// Requests (a frontend's).
    pub(super) requests: u64,
    /// Connections that were answered 408 for want of a request.
    pub(super) request_errors: u64,
    /// Sessions; a server's are its connection attempts.
    pub(super) sessions: u64,
    pub(super) max_sessions: u32,
    pub(super) connection_errors: u64,
    pub(super) response_errors: u64,
    pub(super) retries: u64,
    pub(super) redispatches: u64,
    pub(super) check_failures: u64,
    pub(super) went_down: u64,
    pub(super) picks: u64,
    pub(super) server_aborts: u64,
    pub(super) traffic_errors: u64,
    downtime: SimDuration,
    /// Answers by hundreds: 1xx to 5xx, and others.
    answers: [u64; 6],
    rate: Rate,
    pub(super) last_session: Option<SimTime>,
}

/// Sessions a second: this second's so far and what the last one leaves.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    second: u64,
    now: u32,
    before: u32,
    max: u32,
}

impl Counters {
    pub(super) fn session_began(&mut self, now: SimTime, current: u32) {
        self.sessions += 1;
        self.max_sessions = self.max_sessions.max(current);
        self.last_session = Some(now);
        // Dividing takes long, and is needed once a second only.
        if now.as_ns() - self.rate.second * 1_000_000_000 >= 1_000_000_000 {
            let second = now.as_ns() / 1_000_000_000;
            self.rate.before = if second == self.rate.second + 1 { self.rate.now } else { 0 };
            self.rate.now = 0;
            self.rate.second = second;
        }
        self.rate.now += 1;
        self.rate.max = self.rate.max.max(self.rate.now);
    }

    pub(super) const fn answered(&mut self, status: u16) {
        let class = status / 100;
        let index = if class >= 1 && class <= 5 { class as usize - 1 } else { 5 };
        self.answers[index] += 1;
    }

    /// Answers of all classes.
    pub(super) fn all_answers(&self) -> u64 {
        self.answers.iter().sum()
    }

    pub(super) fn down_for(&mut self, time: SimDuration) {
        self.downtime = self.downtime + time;
    }

    fn rate_at(&self, now: SimTime) -> u64 {
        let (second, rest) = (now.as_ns() / 1_000_000_000, now.as_ns() % 1_000_000_000);
        let (this, last) = match second.checked_sub(self.rate.second) {
            Some(0) => (self.rate.now, self.rate.before),
            Some(1) => (0, self.rate.now),
            _ => (0, 0),
        };
        u64::from(this) + u64::from(last) * (1_000_000_000 - rest) / 1_000_000_000
    }
}

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
}

/// The fields of `show stat` that the model fills, in the real order.
pub const FIELDS: [&str; 62] = [
    "pxname",
    "svname",
    "qcur",
    "qmax",
    "scur",
    "smax",
    "slim",
    "stot",
    "bin",
    "bout",
    "dreq",
    "dresp",
    "ereq",
    "econ",
    "eresp",
    "wretr",
    "wredis",
    "status",
    "weight",
    "act",
    "bck",
    "chkfail",
    "chkdown",
    "lastchg",
    "downtime",
    "qlimit",
    "pid",
    "iid",
    "sid",
    "throttle",
    "lbtot",
    "tracked",
    "type",
    "rate",
    "rate_lim",
    "rate_max",
    "check_status",
    "check_code",
    "check_duration",
    "hrsp_1xx",
    "hrsp_2xx",
    "hrsp_3xx",
    "hrsp_4xx",
    "hrsp_5xx",
    "hrsp_other",
    "hanafail",
    "req_rate",
    "req_rate_max",
    "req_tot",
    "cli_abrt",
    "srv_abrt",
    "comp_in",
    "comp_out",
    "comp_byp",
    "comp_rsp",
    "lastsess",
    "last_chk",
    "last_agt",
    "qtime",
    "ctime",
    "rtime",
    "ttime",
];

/// The rows as `show stat` writes them.
pub fn csv(rows: &[Row]) -> String {
    let mut text = format!("# {},\n", FIELDS.join(","));
    for row in rows {
        text.push_str(&row.values.join(","));
        text.push_str(",\n");
    }
    text
}

/// Fills a row field by field.
struct Writer(Vec<String>);

impl Writer {
    fn new(proxy: &str, service: &str) -> Self {
        let mut values = vec![String::new(); FIELDS.len()];
        values[0].push_str(proxy);
        values[1].push_str(service);
        Self(values)
    }

    fn set(&mut self, field: &str, value: impl std::fmt::Display) -> &mut Self {
        if let Some(index) = FIELDS.iter().position(|name| *name == field) {
            self.0[index] = value.to_string();
        }
        self
    }

    fn traffic(&mut self, counters: &Counters, now: SimTime) -> &mut Self {
        self.set("stot", counters.sessions).set("smax", counters.max_sessions);
        self.set("rate", counters.rate_at(now)).set("rate_max", counters.rate.max);
        let names = ["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"];
        for (name, count) in names.into_iter().zip(counters.answers) {
            self.set(name, count);
        }
        self
    }

    fn errors(&mut self, counters: &Counters) -> &mut Self {
        self.set("econ", counters.connection_errors).set("eresp", counters.response_errors);
        self.set("wretr", counters.retries).set("wredis", counters.redispatches);
        self.set("lbtot", counters.picks).set("srv_abrt", counters.server_aborts).set("cli_abrt", 0)
    }
}

impl Proxy {
    /// Answers to users since the process started, and those of them that were the site's errors (5xx).
    pub fn answers(&self) -> [u64; 2] {
        [self.frontend.all_answers(), self.frontend.answers[4]]
    }

    /// The rows of the statistics page at `now`: the frontend, then each backend's servers and the backend.
    pub fn stats(&self, now: SimTime) -> Vec<Row> {
        let mut rows = vec![self.frontend_row(now)];
        for (index, pool) in self.backends.iter().enumerate() {
            for server in &self.servers[pool.first..][..pool.count] {
                rows.push(self.server_row(server, index, now));
            }
            rows.push(self.backend_row(index, now));
        }
        rows
    }

    /// A server's status.
    pub fn status(&self, server: usize) -> Status {
        self.servers[server].status()
    }

    /// A server's connection attempts, retries included (`stot`).
    pub fn attempts(&self, server: usize) -> u64 {
        self.servers[server].counters.sessions
    }

    /// A server's weight as the page shows it: a slow start's as of its last step.
    pub fn weight(&self, server: usize) -> u32 {
        let of = &self.servers[server];
        let scheduler = &self.backends[of.backend as usize].scheduler;
        scheduler.standing(of.index as usize).sixteenths.div_ceil(16)
    }

    /// Requests a server works on, and those that wait for it alone.
    pub fn load_of(&self, server: usize) -> (u32, u32) {
        (self.servers[server].served, self.servers[server].queue.len())
    }

    /// Requests that wait for any server of a backend.
    pub fn queue_of(&self, backend: usize) -> u32 {
        self.backends[backend].queue.len()
    }

    fn frontend_row(&self, now: SimTime) -> Row {
        let mut row = Writer::new("www", "FRONTEND");
        let counters = &self.frontend;
        row.traffic(counters, now).set("scur", self.open);
        if self.config.maxconn > 0 {
            row.set("slim", self.config.maxconn);
        }
        row.set("status", "OPEN")
            .set("type", 0)
            .set("ereq", counters.request_errors)
            .set("req_tot", counters.requests);
        row.set("pid", 1).set("iid", 2).set("sid", 0);
        Row { class: RowClass::Proxy, backup: false, values: row.0 }
    }

    fn backend_row(&self, index: usize, now: SimTime) -> Row {
        let pool = &self.backends[index];
        let counters = &pool.counters;
        let mut row = Writer::new(&self.config.backends[index].name, "BACKEND");
        let is_up = pool.scheduler.has_usable();
        let since = now.since(pool.changed_at);
        let down = if is_up { SimDuration::ZERO } else { since };
        row.traffic(counters, now).errors(counters);
        row.set("qcur", pool.queue.len()).set("qmax", pool.queue.max);
        row.set("scur", pool.sessions).set("slim", pool.fullconn);
        row.set("status", if is_up { "UP" } else { "DOWN" }).set("type", 1);
        row.set("weight", pool.scheduler.total_weight());
        row.set("act", pool.scheduler.usable_active()).set("bck", pool.scheduler.usable_backup());
        row.set("chkdown", counters.went_down).set("lastchg", seconds(since));
        row.set("downtime", seconds(counters.downtime + down));
        row.set("lastsess", last_session(counters, now));
        row.set("pid", 1).set("iid", index + 3).set("sid", 0);
        Row { class: RowClass::Proxy, backup: false, values: row.0 }
    }

    fn server_row(&self, server: &Server, backend: usize, now: SimTime) -> Row {
        let counters = &server.counters;
        let config = &server.config;
        let mut row = Writer::new(&self.config.backends[backend].name, &config.name);
        let standing = self.backends[backend].scheduler.standing(server.index as usize);
        let status = server.status();
        let since = now.since(server.changed_at);
        let is_out = matches!(status, Status::Down | Status::GoingUp { .. } | Status::Maint);
        let down = if is_out { since } else { SimDuration::ZERO };
        row.traffic(counters, now).errors(counters);
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
        row.set("lastchg", seconds(since)).set("downtime", seconds(counters.downtime + down));
        row.set("lastsess", last_session(counters, now));
        row.set("pid", 1).set("iid", backend + 3).set("sid", server.index + 1);
        let full = 16 * server.weight;
        if standing.sixteenths < full {
            row.set("throttle", (100 * standing.sixteenths + 15) / full);
        }
        if config.check {
            row.set("chkfail", counters.check_failures).set("chkdown", counters.went_down);
            row.set("hanafail", counters.traffic_errors);
            let (name, code, duration) = match server.last_check {
                None => ("INI", None, None),
                Some((result @ CheckResult::L7sts(code), took)) => {
                    (result.name(), Some(code), Some(took))
                }
                Some((result @ (CheckResult::L7ok | CheckResult::L7okc), took)) => (
                    result.name(),
                    Some(if result == CheckResult::L7ok { 200 } else { 404 }),
                    Some(took),
                ),
                Some((result, took)) => (result.name(), None, Some(took)),
            };
            let running = if server.is_checking { "* " } else { "" };
            row.set("check_status", format!("{running}{name}"));
            row.set("check_code", code.map_or_else(String::new, |code| code.to_string()));
            let ms = |took: SimDuration| (took.as_ns() / 1_000_000).to_string();
            row.set("check_duration", duration.map_or_else(String::new, ms));
        }
        Row { class: class(status, server.weight), backup: config.backup, values: row.0 }
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
