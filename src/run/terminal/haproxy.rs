//! HAProxy's runtime socket (HAProxy 2.6 management guide 9.3): what it answers, in its own words, and the actions that its commands are. It
//! changes nothing itself.

use crate::haproxy::{Command, Order, Proxy, Row, State, csv};
use crate::infra::{Host, StickTable};
use crate::sim::{Action, Simulation};

use super::{Answer, sessions};

/// What its commands begin with.
pub(super) const VERBS: [&str; 7] =
    ["show", "get", "set", "disable", "enable", "shutdown", "clear"];

/// Commands that only ask, with what they tell.
pub(super) const QUESTIONS: [(&str, &str); 6] = [
    ("show stat", "the statistics page as CSV"),
    ("show info", "the process as a whole"),
    ("show sess", "the connections that are in flight"),
    ("show servers state", "how each server stands, in numbers"),
    ("show backend", "the names of the backends"),
    ("show table", "the stick tables; with a name, its entries"),
];

/// Commands about one server: what stands before and after it, and what they do.
pub(super) const DEEDS: [(&str, &str, &str); 6] = [
    ("get weight", "", "a server's weight"),
    ("set weight", " 1", "another weight; 50% is half of the configured one"),
    ("disable server", "", "take a server out: MAINT"),
    ("enable server", "", "put it back"),
    ("set server", " state drain", "no new clients; also ready, maint"),
    ("set server", " health up", "as if its checks had found so; also down"),
];

const STATE_HEAD: &str = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight \
srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state \
srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port \
srv_check_addr srv_agent_addr srv_agent_port";

const NO_WEIGHT: &str = "Require <weight> or <weight%>.";
const STATIC: &str =
    "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.";
const USAGE: &str = "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | \
check-addr | check-port | fqdn | health | ssl | state | weight";
/// Other forms of the statistics, and choices among the servers, that the model does not write.
const FORMS: [&str; 6] = ["typed", "json", "desc", "float", "up", "no-maint"];
/// What `set server` can set of which the model has nothing.
const UNKNOWN: [&str; 9] = [
    "addr",
    "agent",
    "agent-addr",
    "agent-port",
    "agent-send",
    "check-addr",
    "check-port",
    "fqdn",
    "ssl",
];

/// Whether a word begins a command of the socket.
pub(super) fn is_command(word: &str) -> bool {
    VERBS.contains(&word)
}

/// What the socket of a balancer answers to commands, which `;` parts.
pub(super) fn answer(world: &Simulation, host: &str, words: &[&str]) -> Answer {
    let infrastructure = &world.plan().infrastructure;
    if infrastructure.host(host).and_then(Host::haproxy).is_none() {
        return Answer::text(format!("# there is no HAProxy on {host}"));
    }
    let Some(proxy) = world.haproxy(host) else {
        return Answer::text(
            "socat E connect(5, AF=1 \"/run/haproxy/admin.sock\", 25): Connection refused",
        );
    };
    let line = words.join(" ");
    let commands: Vec<&str> =
        line.split(';').map(str::trim).filter(|command| !command.is_empty()).collect();
    let mut all = Answer::text("");
    for command in &commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        // What was done is done after the line: what follows it would not see it.
        let next = if all.action.is_some() {
            Answer::text(format!("# not asked: {command} (a line ends with what it changes)"))
        } else {
            one(world, host, proxy, &words)
        };
        let gap = if all.text.is_empty() || next.text.is_empty() { "" } else { "\n\n" };
        all.text.push_str(gap);
        all.text.push_str(&next.text);
        all.action = all.action.or(next.action);
    }
    all
}

/// What the socket answers to one command.
fn one(world: &Simulation, host: &str, proxy: &Proxy, words: &[&str]) -> Answer {
    match order(proxy, words) {
        Ok(Some((server, order))) => {
            let (backend, server) = proxy.server(server);
            let command =
                Command { backend: backend.name.clone(), server: server.name.clone(), order };
            let balancer = Some(host.to_owned());
            Answer { text: String::new(), action: Some(Action::Command { balancer, command }) }
        }
        Ok(None) => Answer::text(question(world, host, proxy, words)),
        Err(said) => Answer::text(said),
    }
}

/// What a command does, and to which of the process's servers; `None`: it does nothing, it asks.
fn order(proxy: &Proxy, words: &[&str]) -> Result<Option<(usize, Order)>, &'static str> {
    let (name, what) = match words {
        ["set", "weight", rest @ ..] => (nth(rest, 0), ["weight", nth(rest, 1)]),
        ["set", "server", rest @ ..] => (nth(rest, 0), [nth(rest, 1), nth(rest, 2)]),
        ["disable", "server", rest @ ..] => (nth(rest, 0), ["state", "maint"]),
        ["enable", "server", rest @ ..] => {
            return Ok(Some((find(proxy, nth(rest, 0))?, Order::Enable)));
        }
        _ => return Ok(None),
    };
    let server = find(proxy, name)?;
    let order = match what {
        ["state", "ready"] => Order::State(State::Ready),
        ["state", "drain"] => Order::State(State::Drain),
        ["state", "maint"] => Order::State(State::Maint),
        ["state", _] => {
            return Err("'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
        }
        ["health", "up"] => Order::Health(true),
        ["health", "down"] => Order::Health(false),
        ["health", "stopping"] => return Err("# not modelled here: health stopping"),
        ["health", _] => {
            return Err("'set server <srv> health' expects 'up', 'stopping', or 'down'.");
        }
        ["weight", weight] => weight_order(proxy, server, weight)?,
        [other, _] if UNKNOWN.contains(&other) => {
            return Err("# not modelled here: addresses, agents and TLS of one server");
        }
        _ => return Err(USAGE),
    };
    Ok(Some((server, order)))
}

/// A weight as HAProxy reads it: digits as `strtol` takes them, and what may follow.
fn weight_order(proxy: &Proxy, server: usize, text: &str) -> Result<Order, &'static str> {
    if text.is_empty() {
        return Err(NO_WEIGHT);
    }
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err("Empty weight string empty or preceded by garbage");
    }
    let (number, rest) = text.split_at(sign + digits);
    let value: i64 = number.parse().unwrap_or(i64::MAX);
    let configured = proxy.server(server).1.weight;
    let (order, weight) = if rest == "%" {
        if value < 0 {
            return Err("Relative weight must be positive.");
        }
        let percent = value.min(25_600) as u32;
        (Order::Percent(percent), (configured * percent / 100).min(256))
    } else if !(0..=256).contains(&value) {
        return Err("Absolute weight can only be between 0 and 256 inclusive.");
    } else if rest.is_empty() {
        (Order::Weight(value as u32), value as u32)
    } else {
        return Err("Trailing garbage in weight string");
    };
    if proxy.accepts_weight(server, weight) { Ok(order) } else { Err(STATIC) }
}

/// The word at a place; empty if there is none.
pub(super) fn nth<'a>(words: &[&'a str], index: usize) -> &'a str {
    words.get(index).copied().unwrap_or("")
}

/// The server that is named as `backend/server`.
pub(super) fn find(proxy: &Proxy, name: &str) -> Result<usize, &'static str> {
    let (backend, server) = name.split_once('/').ok_or("Require 'backend/server'.")?;
    if !proxy.config().backends.iter().any(|of| of.name == backend) {
        return Err("No such backend.");
    }
    let is_it = |index: &usize| {
        let (of, own) = proxy.server(*index);
        of.name == backend && own.name == server
    };
    (0..proxy.server_count()).find(is_it).ok_or("No such server.")
}

fn question(world: &Simulation, host: &str, proxy: &Proxy, words: &[&str]) -> String {
    match words {
        ["show", what @ ("stat" | "info"), rest @ ..]
            if rest.iter().any(|word| FORMS.contains(word)) =>
        {
            format!("# not modelled here: {}; `show {what}` alone is answered", words.join(" "))
        }
        ["show", "stat", rest @ ..] => {
            let mut rows = world.statistics(host).unwrap_or_default();
            if let [of, kind, service, ..] = rest {
                let is_named = rows.iter().any(|row| row.value("pxname") == *of);
                if !is_named && *of != "-1" && of.parse::<u32>().unwrap_or(0) == 0 {
                    return "No such proxy.".to_owned();
                }
                rows.retain(|row| is_asked(row, of, kind, service));
            }
            csv(&rows)
        }
        ["show", "info", ..] => info(world, host, proxy),
        ["show", "servers", "state", rest @ ..] => states(world, proxy, rest.first().copied()),
        ["show", "sess"] => sessions::list(world, host),
        ["show", "errors", rest @ ..] => sessions::errors(world, proxy, rest.first().copied()),
        ["show", "backend", ..] => {
            let names = proxy.config().backends.iter().map(|backend| format!("{}\n", backend.name));
            format!("# name\n{}", names.collect::<String>())
        }
        ["show", "table", rest @ ..] => tables(world, proxy, rest.first().copied()),
        ["get", "weight", rest @ ..] => match find(proxy, nth(rest, 0)) {
            Ok(server) => {
                let state = proxy.server_state(server, world.now());
                format!("{} (initial {})", state.weight, state.configured_weight)
            }
            Err(said) => said.to_owned(),
        },
        _ => sessions::left_out(proxy, words)
            .unwrap_or_else(|| format!("# not modelled here: {}", words.join(" "))),
    }
}

/// Whether a row is one of those that `show stat <iid|proxy> <type> <sid>` asks for: 1, 2 and 4 are frontends, backends and servers, -1 is all.
fn is_asked(row: &Row, of: &str, kind: &str, service: &str) -> bool {
    let is_of = of == "-1" || row.value("iid") == of || row.value("pxname") == of;
    let types = kind.parse::<i32>().unwrap_or(0);
    let bit = row.value("type").parse().map_or(0, |place: u32| 1_i32 << place.min(8));
    is_of && types & bit != 0 && (service == "-1" || row.value("sid") == service)
}

fn states(world: &Simulation, proxy: &Proxy, only: Option<&str>) -> String {
    let backends = &proxy.config().backends;
    if only.is_some_and(|only| backends.iter().all(|backend| backend.name != only)) {
        return "Can't find backend.".to_owned();
    }
    let uses_tls = proxy.config().tls.is_some_and(|tls| tls.to_servers);
    let mut text = format!("1\n{STATE_HEAD}\n");
    let mut index = 0;
    for (number, backend) in backends.iter().enumerate() {
        for (place, server) in backend.servers.iter().enumerate() {
            let state = proxy.server_state(index, world.now());
            index += 1;
            if only.is_some_and(|only| backend.name != only) {
                continue;
            }
            let host = world.plan().infrastructure.host(&server.host);
            let address = host.map_or_else(|| "-".to_owned(), |host| host.address.to_string());
            let numbers = [
                u64::from(state.operation),
                u64::from(state.admin),
                u64::from(state.weight),
                u64::from(state.configured_weight),
                state.since,
                u64::from(state.check_status),
                u64::from(state.check_result),
                u64::from(state.health),
                u64::from(state.check_state),
            ];
            let numbers: String = numbers.iter().map(|number| format!(" {number}")).collect();
            text.push_str(&format!(
                "{} {} {} {} {address}{numbers} 0 0 0 - {} - {} 0 - - 0\n",
                number + 3,
                backend.name,
                place + 1,
                server.name,
                server.port,
                u8::from(uses_tls)
            ));
        }
    }
    text
}

fn tables(world: &Simulation, proxy: &Proxy, only: Option<&str>) -> String {
    let mut text = String::new();
    for (index, backend) in proxy.config().backends.iter().enumerate() {
        let Some(entries) = proxy.stick_entries(index, world.now()) else { continue };
        if only.is_some_and(|only| only != backend.name) {
            continue;
        }
        let size = backend.stick_table.map_or(0, |StickTable { size, .. }| size);
        let used = entries.len();
        text.push_str(&format!("# table: {}, type: ip, size:{size}, used:{used}\n", backend.name));
        for (place, entry) in entries.iter().enumerate().filter(|_| only.is_some()) {
            let name =
                backend.servers.get(entry.server as usize).map_or("-", |of| of.name.as_str());
            text.push_str(&format!(
                "0x{:x}: key={} use=0 exp={} server_id={} server_key={name}\n",
                place + 1,
                entry.client,
                entry.left.as_ns() / 1_000_000,
                entry.server + 1
            ));
        }
    }
    if text.is_empty() && only.is_some() { "No such table".to_owned() } else { text }
}

fn info(world: &Simulation, host: &str, proxy: &Proxy) -> String {
    let seconds = world.now().since(proxy.started_at()).as_ns() / 1_000_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let rows = proxy.stats(world.now());
    let of = |name| rows.first().map_or("", |row| row.value(name));
    let mut text = format!(
        "Name: HAProxy\nVersion: 2.6\nNbproc: 1\nProcess_num: 1\n\
         Uptime: {days}d {hours}h{minutes:02}m{:02}s\nUptime_sec: {seconds}\n",
        seconds % 60
    );
    // The page's own frontend, the last one, has the limit of the process.
    let most = rows.last().map_or("", |row| row.value("slim"));
    text.push_str(&format!("Maxconn: {most}\n"));
    for (name, from) in [
        ("CurrConns", "scur"),
        ("CumConns", "stot"),
        ("CumReq", "req_tot"),
        ("ConnRate", "rate"),
        ("MaxConnRate", "rate_max"),
    ] {
        text.push_str(&format!("{name}: {}\n", of(from)));
    }
    text.push_str(&format!("node: {host}\n"));
    text
}
