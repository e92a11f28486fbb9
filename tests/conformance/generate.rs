//! Random configurations and scripts: a seed and a number give one case, always the same.
//!
//! There are three styles. *Quick* cases send one request after the other and do something to the servers in between:
//! nothing in them depends on time. *Held* cases have requests in flight together and queues. *Timed* cases have health
//! checks, and servers that die and come back.

use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

use crate::chance::Chance;
use crate::client::Request;
use crate::faults;
use crate::record::{Case, Deed, Step, Waits, When};
use crate::text;

/// The three styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// One after the other.
    Quick,
    /// In flight together.
    Held,
    /// With checks.
    Timed,
}

impl Style {
    /// Of the case of this number: of ten, four are quick, three held and three timed.
    pub(crate) fn of(number: u64) -> Self {
        match number % 10 {
            0..=3 => Self::Quick,
            4..=6 => Self::Held,
            _ => Self::Timed,
        }
    }
}

/// A case in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Its random numbers.
    pub(crate) chance: Chance,
    /// Its style.
    pub(crate) style: Style,
    /// The `config` of the trace.
    pub(crate) config: Value,
    /// How many servers there are.
    pub(crate) servers: usize,
    /// The steps so far.
    pub(crate) steps: Vec<Step>,
    /// The delays are about so long, in seconds; 0 for none.
    delay: f64,
    sent: usize,
}

impl Draft {
    /// The balance algorithm with its options.
    pub(crate) fn balance(&self) -> &str {
        self.config["balance"].as_str().unwrap_or_default()
    }

    /// Weights of this algorithm are 0 or what the configuration says.
    pub(crate) fn has_fixed_weights(&self) -> bool {
        let consistent =
            self.config["hash_type"].as_str().is_some_and(|h| h.starts_with("consistent"));
        self.balance() == "static-rr" || (is_hash(self.balance()) && !consistent)
    }

    /// The delay with which requests so far apart keep all slots of the active servers busy. Much more than that, and queues
    /// grow so long that what the real one is late adds up.
    fn capacity(&self, spacing: f64) -> f64 {
        let servers = self.config["servers"].as_array().into_iter().flatten();
        let active = servers.filter(|server| server["backup"] != true);
        active.map(|server| server["maxconn"].as_f64().unwrap_or(100.0)).sum::<f64>() * spacing
    }

    /// Adds the next request.
    fn send(&mut self, when: When) {
        let i = self.sent;
        self.sent += 1;
        let delay = if self.delay > 0.0 && self.chance.percent(85) {
            (self.chance.real(0.3, 1.7) * self.delay * 1000.0).round() / 1000.0
        } else {
            0.0
        };
        let request = self.request(i, delay);
        let waits = if self.style == Style::Quick { Waits::Yes } else { Waits::No(delay) };
        self.steps.push(Step { when, deed: Deed::Send(request, waits) });
    }

    fn request(&mut self, i: usize, delay: f64) -> Request {
        let kind = self.balance().to_owned();
        let chance = &mut self.chance;
        let mut query = Vec::new();
        let mut headers = Map::new();
        let user = format!("user{}", chance.whole(0, 60));
        let named = chance.percent(92);
        if kind.starts_with("url_param") && named {
            query.push(format!("user={user}"));
        } else if kind.starts_with("hdr") && named {
            headers.insert("X-User".to_owned(), json!(user));
        }
        let path = if kind.starts_with("uri") { some_path(chance, &user) } else { "/".to_owned() };
        if delay > 0.0 {
            query.push(format!("d={delay}"));
        }
        if chance.percent(1) {
            query.push("e=500".to_owned());
        }
        let src = if kind == "source" { 1 + chance.whole(0, 180) as u8 } else { 1 };
        let cookie =
            self.config["cookie"].is_string().then(|| some_cookie(&mut self.chance, &self.config));
        Request {
            i,
            src: Ipv4Addr::new(127, 0, 0, src),
            path: if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) },
            cookie: cookie.flatten(),
            headers,
        }
    }
}

fn some_path(chance: &mut Chance, user: &str) -> String {
    let n = chance.whole(0, 99);
    match chance.index(5) {
        0 => format!("/img/{n}.png"),
        1 => format!("/api/v1/{user}/orders/{n}"),
        2 => format!("/{user}"),
        3 => "/".to_owned(),
        _ => format!("/page-{n}/index.html"),
    }
}

fn some_cookie(chance: &mut Chance, config: &Value) -> Option<String> {
    if !chance.percent(45) {
        return None;
    }
    let prefix = config["cookie"].as_str().is_some_and(|cookie| cookie.contains("prefix"));
    let servers = config["servers"].as_array().map_or(1, Vec::len);
    let value = match chance.index(12) {
        0 => "nosuch".to_owned(),
        _ => format!("c{}", 1 + chance.index(servers)),
    };
    Some(match (prefix, chance.percent(10)) {
        (true, _) => format!("SRV={value}~session"),
        (false, true) => format!("other=1; SRV={value}"),
        (false, false) => format!("SRV={value}"),
    })
}

fn is_hash(balance: &str) -> bool {
    ["source", "uri", "url_param", "hdr"].iter().any(|kind| balance.starts_with(kind))
}

/// The case of this number, with so many requests.
pub(crate) fn case(seed: u64, number: u64, requests: usize) -> Case {
    let mut chance = Chance::new(seed, number);
    let style = Style::of(number);
    let balance = some_balance(&mut chance, style);
    let servers = chance.whole(2, 6) as usize;
    let mut draft =
        Draft { chance, style, config: json!({}), servers, steps: Vec::new(), delay: 0.0, sent: 0 };
    configure(&mut draft, &balance);
    match style {
        Style::Quick => quick(&mut draft, requests),
        Style::Held => held(&mut draft, requests),
        Style::Timed => timed(&mut draft, requests),
    }
    let kind = balance.split([' ', '(']).next().unwrap_or_default();
    Case {
        name: format!("L-{seed}-{number}-{kind}"),
        about: format!(
            "{style:?}, {balance}, {servers} servers, seed {seed}, configuration {number}"
        ),
        cfg: text::of(&draft.config),
        config: draft.config,
        steps: draft.steps,
        settle: true,
    }
}

fn some_balance(chance: &mut Chance, style: Style) -> String {
    let common =
        ["roundrobin", "roundrobin", "static-rr", "leastconn", "leastconn", "first", "hash"];
    let kind = match style {
        Style::Quick if chance.percent(8) => return format!("random({})", chance.whole(1, 3)),
        Style::Quick | Style::Held | Style::Timed => chance.pick(&common),
    };
    if kind != "hash" {
        return kind.to_owned();
    }
    match chance.index(9) {
        0..=2 => "source".to_owned(),
        3 | 4 => "uri".to_owned(),
        // Not `uri whole`: how long an answer took stands in the query of the trace.
        5 | 6 => format!("uri {} {}", chance.pick(&["len", "depth"]), chance.whole(2, 9)),
        7 => "url_param user".to_owned(),
        _ => "hdr(X-User)".to_owned(),
    }
}

/// The configuration without what a style adds.
fn configure(draft: &mut Draft, balance: &str) {
    let n = draft.servers;
    let chance = &mut draft.chance;
    let limited = draft.style != Style::Quick && (balance == "first" || chance.percent(50));
    let cookie = match chance.index(10) {
        0 | 1 => Some("SRV insert indirect nocache"),
        2 => {
            Some(chance.pick(&["SRV insert", "SRV insert indirect nocache preserve", "SRV prefix"]))
        }
        _ => None,
    };
    let cookie = cookie.filter(|_| !balance.starts_with("random"));
    let backups = if chance.percent(30) && n > 2 {
        chance.whole(1, (n as u64 - 1).min(2)) as usize
    } else {
        0
    };
    let weights = some_weights(chance, n);
    let mut servers = Vec::new();
    for (k, weight) in weights.into_iter().enumerate() {
        let mut server =
            json!({ "name": format!("s{}", k + 1), "port": 8001 + k, "weight": weight });
        if k >= n - backups {
            server["backup"] = json!(true);
        }
        if cookie.is_some() {
            server["cookie"] = json!(format!("c{}", k + 1));
        }
        if limited {
            server["maxconn"] = json!(chance.whole(1, 3));
        }
        servers.push(server);
    }
    let mut options: Vec<String> = Vec::new();
    if backups > 1 && chance.percent(50) {
        options.push("option allbackups".to_owned());
    }
    let redispatch = match chance.index(6) {
        0..=1 => json!(false),
        2..=4 => json!(true),
        _ => json!(chance.pick(&[1, 2, -1, -2])),
    };
    // Pauses between attempts that fall together with nothing regular.
    let mut timeouts = json!({ "connect": chance.pick(&[310, 470, 730, 1000]), "client": 30_000, "server": 30_000 });
    // Longer than any queue takes to run empty, so that nothing waits nearly as long as it may and ends one way or the other by a
    // millisecond; the recorded traces have the short ones. What no server takes from the queue (under static-rr only the first backup
    // does) does not hold a recording up for long.
    if limited {
        timeouts["queue"] = json!(12_000);
    }
    draft.config = json!({
        "balance": balance,
        "nbthread": 1,
        // HAProxy does not survive `redispatch -2` with a single retry.
        "retries": chance.pick(if redispatch == -2 { &[0, 2, 3, 3] } else { &[0, 1, 2, 3, 3, 3] }),
        "redispatch": redispatch,
        "servers": servers,
        "timeouts": timeouts,
    });
    if is_hash(balance) && chance.percent(75) {
        let mut kind = (chance.pick(&["map-based", "consistent"])).to_owned();
        if chance.percent(60) {
            kind += " ";
            kind += chance.pick(&["sdbm", "djb2", "wt6", "crc32"]);
            if chance.percent(50) {
                kind += " avalanche";
            }
        }
        draft.config["hash_type"] = json!(kind);
    }
    if let Some(cookie) = cookie {
        draft.config["cookie"] = json!(cookie);
    }
    if !options.is_empty() {
        draft.config["options"] = json!(options);
    }
}

fn some_weights(chance: &mut Chance, n: usize) -> Vec<u64> {
    let mut weights: Vec<u64> = match chance.index(4) {
        0 => vec![1; n],
        1 | 2 => (0..n).map(|_| chance.whole(1, 6)).collect(),
        _ => (0..n).map(|_| chance.whole(1, 256)).collect(),
    };
    if n > 2 && chance.percent(12) {
        weights[chance.index(n)] = 0;
    }
    weights
}

fn quick(draft: &mut Draft, requests: usize) {
    let mut admin = faults::Admin::new(draft.servers);
    let alone = draft.balance().starts_with("random");
    let mut next = draft.chance.whole(10, 25) as usize;
    for i in 0..requests {
        if i == next && !alone {
            next += draft.chance.whole(6, 25) as usize;
            if let Some(deed) = admin.quick(draft) {
                draft.steps.push(Step { when: When::After(0.004), deed });
            }
        }
        let gap = draft.chance.real(0.003, 0.005);
        draft.send(When::After(gap));
    }
}

fn held(draft: &mut Draft, requests: usize) {
    draft.delay = draft.chance.real(0.05, 0.25).min(0.7 * draft.capacity(0.026));
    let mut admin = faults::Admin::new(draft.servers);
    let mut t = 0.05;
    let mut next = draft.chance.whole(20, 50) as usize;
    let mut burst = draft.chance.whole(12, 25);
    for i in 0..requests {
        // A pause now and then lets the queues run empty, and with them what the real one was late.
        burst -= 1;
        if burst == 0 {
            burst = draft.chance.whole(12, 25);
            t += draft.chance.real(0.4, 0.8);
        }
        if i == next {
            next += draft.chance.whole(15, 50) as usize;
            if let Some(deed) = admin.held(draft) {
                t += 0.03;
                draft.steps.push(Step { when: When::Quiet(t), deed });
            }
        }
        t += draft.chance.real(0.022, 0.030);
        draft.send(When::Quiet(t));
    }
}

fn timed(draft: &mut Draft, requests: usize) {
    if draft.balance() == "leastconn" || draft.config["servers"][0]["maxconn"].is_number() {
        draft.delay = draft.chance.real(0.04, 0.12).min(0.5 * draft.capacity(0.041));
    }
    faults::add_checks(draft);
    let spacing = 0.036;
    // The recorder waits for the first check of every server.
    let inter = draft.config["default_server"]["inter"].as_f64().unwrap_or(0.0) / 1000.0;
    let first = 0.08 + inter * (1.0 - 1.0 / draft.servers as f64);
    let mut faults = faults::incidents(draft, first + requests as f64 * spacing);
    for i in 0..requests {
        let t = first + i as f64 * spacing + draft.chance.real(0.0, 0.010);
        while let Some((at, deed)) = faults.pop_if(|(at, _)| *at <= t) {
            draft.steps.push(Step { when: When::Quiet(at), deed });
        }
        draft.send(When::Quiet(t));
    }
}
