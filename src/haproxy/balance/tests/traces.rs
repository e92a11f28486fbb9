//! Recordings of the real HAProxy in which only picks matter: each request must go where it went.

use serde_json::Value;

use super::*;
use crate::infra::{HashFunction, HashType};

macro_rules! recordings {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../tests/golden/traces/", $name, ".json")))),*]
    };
}

const RECORDINGS: [(&str, &str); 71] = recordings![
    "A-backup-leastconn",
    "A-first-held",
    "A-first-open",
    "A-lc-held2-w1_1_1",
    "A-lc-held3-w1_1_1",
    "A-lc-held5-w1_1_1",
    "A-lc-held6-w1_1_1",
    "A-lc-held6-w3_1",
    "A-lc-open-w1_1_1",
    "A-lc-open-w3_1_1",
    "A-lc-seq-w1_1",
    "A-lc-seq-w1_2",
    "A-lc-seq-w1_2_3",
    "A-randomseq-random-w1_1_1",
    "A-randomseq-random1-w1_1_1",
    "A-randomseq-random1-w1_2_3",
    "A-rr-w100_1",
    "A-rr-w10_20_30",
    "A-rr-w1_1_1",
    "A-rr-w1_2",
    "A-rr-w3_1",
    "A-rr-w5_1_1",
    "A-src-cons-w1_1",
    "A-src-cons-w1_1_1",
    "A-src-cons-w1_2",
    "A-src-cons-w1_2_3",
    "A-src-cons-w5_1_1",
    "A-src-map-w1_1",
    "A-src-map-w1_1_1_1",
    "A-src-map-w1_2",
    "A-src-map-w4_3_2_1",
    "A-src-map-w5_1_1",
    "A-srcmix-consistent_sdbm_avalanche-w1_2_3",
    "A-srcmix-map-based-w1_2_3",
    "A-srr-w100_1",
    "A-srr-w10_20_30",
    "A-srr-w1_1_1",
    "A-srr-w1_2",
    "A-srr-w3_1",
    "A-srr-w5_1_1",
    "A-threads2-leastconn-w1_2_3",
    "A-threads2-roundrobin-w1_2_3",
    "A-uri-cons-w1_1_1",
    "A-uri-cons-w1_1_1_1",
    "A-uri-cons-w1_2_3",
    "A-uri-cons-w4_3_2_1",
    "A-uri-map-w1_1",
    "A-uri-map-w1_1_1",
    "A-uri-map-w1_2",
    "A-uri-map-w1_2_3",
    "A-uri-map-w5_1_1",
    "A-urifn-consistent_crc32-w1_1_1",
    "A-urifn-consistent_djb2_avalanche-w1_1_1",
    "A-urifn-consistent_sdbm_avalanche-w1_1_1",
    "A-urifn-map-based_crc32-w1_1_1",
    "A-urifn-map-based_djb2-w1_1_1",
    "A-urifn-map-based_sdbm_avalanche-w1_1_1",
    "A-urifn-map-based_wt6-w1_1_1",
    "A-uriopt-len5",
    "A-uriopt-whole",
    "A-weight0-leastconn",
    "A-weight0-roundrobin",
    "H-hash-balance-factor",
    "H-hashloss-consistent",
    "H-rejoin-leastconn-w1_2_3",
    "H-rejoin-roundrobin-w1_1_1",
    "H-rejoin-static-rr-w1_1_1",
    "H-rejoin-static-rr-w1_2_3",
    "H-weight-leastconn",
    "H-weight-roundrobin",
    "H-weight-static-rr",
];

#[test]
fn every_request_goes_where_it_went() {
    for (name, text) in RECORDINGS {
        let trace: Value = serde_json::from_str(text).unwrap();
        let wrong = Replay::new(&trace).run(&trace);
        assert_eq!(wrong, Vec::<String>::new(), "{name}");
    }
}

/// What happens, at the same instant in this order: a request ends, a command is given, a request comes.
#[derive(Clone, Copy)]
enum Happening<'a> {
    End(usize),
    Command(&'a str),
    /// One that had waited in the backend's queue reaches its server.
    Dequeued(&'a Value),
    Start(&'a Value),
}

struct Replay {
    backend: Backend,
    scheduler: Scheduler,
    standings: Vec<Standing>,
    served: Vec<u32>,
}

impl Replay {
    fn new(trace: &Value) -> Self {
        let backend = backend_of(&trace["config"]);
        let standings: Vec<Standing> =
            backend.servers.iter().map(|server| up(server.weight)).collect();
        let scheduler = Scheduler::new(&backend, standings.iter().copied());
        Self { scheduler, served: vec![0; standings.len()], standings, backend }
    }

    /// The requests that went elsewhere.
    fn run(&mut self, trace: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        for happening in happenings(trace) {
            match happening {
                Happening::End(server) => self.changes(server, -1),
                Happening::Command(command) => self.obey(command),
                Happening::Dequeued(request) => self.changes(server_of(request).unwrap(), 1),
                Happening::Start(request) => {
                    let picked = self.pick(request);
                    let queued = !request["log"]["bq"].is_null();
                    let went = server_of(request).filter(|_| !queued);
                    if picked != went {
                        wrong.push(format!("{}: {picked:?}, not {went:?}", request["i"]));
                    }
                    if let Some(server) = went {
                        self.changes(server, 1);
                    }
                }
            }
        }
        assert!(self.served.iter().all(|served| *served == 0), "{:?}", self.served);
        wrong
    }

    fn pick(&mut self, request: &Value) -> Option<usize> {
        let source = request["src"]
            .as_str()
            .unwrap()
            .split('.')
            .fold(0_u32, |address, byte| address * 256 + byte.parse::<u32>().unwrap());
        let uri = request["path"].as_str().unwrap();
        let hash = self.scheduler.hash_of(&KeyOf { source, uri, headers: &[] });
        let ask = Ask { hash, avoid: None, backend_served: self.served.iter().sum() };
        let load = |server: usize| Load {
            served: self.served[server],
            limit: self.backend.servers[server].maxconn,
            ..IDLE
        };
        self.scheduler.pick(&ask, load)
    }

    fn changes(&mut self, server: usize, by: i32) {
        self.served[server] = self.served[server].checked_add_signed(by).unwrap();
        self.scheduler.load_changed(server, self.served[server], 0);
    }

    fn obey(&mut self, command: &str) {
        let words: Vec<&str> = command.split([' ', '/']).collect();
        let index = |name: &str| self.backend.servers.iter().position(|s| s.name == name).unwrap();
        match words[..] {
            ["disable", "server", "be", name] => self.standings[index(name)].usable = false,
            ["enable", "server", "be", name] => self.standings[index(name)].usable = true,
            ["set", "server", "be", name, "weight", value] => {
                let configured = self.backend.servers[index(name)].weight;
                let weight = match value.strip_suffix('%') {
                    Some(percent) => configured * percent.parse::<u32>().unwrap() / 100,
                    None => value.parse().unwrap(),
                };
                // A map's weights are refused but for all or nothing.
                let fixed = self.backend.balance == Balance::StaticRr;
                if !fixed || [0, configured].contains(&weight) {
                    let usable = self.standings[index(name)].usable;
                    self.standings[index(name)] = Standing { usable, ..up(weight) };
                }
            }
            _ => panic!("{command}"),
        }
        for (server, standing) in self.standings.iter().enumerate() {
            self.scheduler.set_standing(server, *standing);
        }
    }
}

/// In order. A client that sends one request after the other has had its answer before it sends the next.
fn happenings(trace: &Value) -> Vec<Happening<'_>> {
    let tenths = |value: &Value| (value.as_f64().unwrap() * 10_000.0).round() as i64;
    let steps = trace["script"].as_array().unwrap();
    let mut found = Vec::new();
    for step in steps.iter().filter(|step| step["do"] == "cli") {
        found.push((tenths(&step["t"]), 1, Happening::Command(step["cmd"].as_str().unwrap())));
    }
    for request in trace["requests"].as_array().unwrap() {
        let number = request["i"].as_i64().unwrap();
        let step = steps
            .iter()
            .rev()
            .find(|step| step["first"].as_i64().is_some_and(|first| number >= first));
        let begun = tenths(&request["t"]);
        let lasts = if step.unwrap()["do"] == "requests" { 0 } else { tenths(&request["dur"]) };
        found.push((begun, 3, Happening::Start(request)));
        if !request["log"]["bq"].is_null() {
            found.push((tenths(&request["srv_t"]), 2, Happening::Dequeued(request)));
        }
        let end = Happening::End(server_of(request).unwrap());
        found.push((begun + lasts, if lasts == 0 { 4 } else { 0 }, end));
    }
    found.sort_by_key(|(at, rank, _)| (*at, *rank));
    found.into_iter().map(|(_, _, happening)| happening).collect()
}

fn server_of(request: &Value) -> Option<usize> {
    let name = request["server"].as_str()?;
    Some(name.strip_prefix('s')?.parse::<usize>().unwrap() - 1)
}

fn backend_of(config: &Value) -> Backend {
    let words: Vec<&str> = config["balance"].as_str().unwrap().split(' ').collect();
    let balance = match words[..] {
        ["roundrobin"] => Balance::Roundrobin,
        ["static-rr"] => Balance::StaticRr,
        ["leastconn"] => Balance::Leastconn,
        ["first"] => Balance::First,
        ["random"] => Balance::Random { draws: 2 },
        ["random(1)"] => Balance::Random { draws: 1 },
        ["source"] => Balance::Source,
        ["uri"] => Balance::Uri(UriPart::default()),
        ["uri", "whole"] => Balance::Uri(UriPart { whole: true, ..UriPart::default() }),
        ["uri", "len", len] => {
            Balance::Uri(UriPart { len: len.parse().unwrap(), ..UriPart::default() })
        }
        _ => panic!("{words:?}"),
    };
    let mut backend = Backend::new("be", balance);
    let words: Vec<&str> = config["hash_type"].as_str().unwrap_or("map-based").split(' ').collect();
    backend.hash_type = HashType {
        method: match words[0] {
            "map-based" => HashMethod::MapBased,
            "consistent" => HashMethod::Consistent,
            method => panic!("{method}"),
        },
        function: words.get(1).map(|function| match *function {
            "sdbm" => HashFunction::Sdbm,
            "djb2" => HashFunction::Djb2,
            "wt6" => HashFunction::Wt6,
            "crc32" => HashFunction::Crc32,
            function => panic!("{function}"),
        }),
        avalanche: words.get(2) == Some(&"avalanche"),
    };
    for option in config["options"].as_array().into_iter().flatten() {
        let factor = option.as_str().unwrap().strip_prefix("hash-balance-factor ").unwrap();
        backend.hash_balance_factor = factor.parse().unwrap();
    }
    for entry in config["servers"].as_array().unwrap() {
        let number = |key: &str| entry[key].as_u64().map(|number| number as u32);
        let mut server = Server::new(entry["name"].as_str().unwrap(), "host", 80);
        server.weight = number("weight").unwrap_or(1);
        server.maxconn = number("maxconn").unwrap_or(0);
        server.backup = entry["backup"] == true;
        backend.servers.push(server);
    }
    backend
}
