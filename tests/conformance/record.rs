//! Records one configuration: starts the servers and HAProxy, plays the script, and writes down what happened as a trace in
//! the format of `tests/golden/README.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::{Map, Value, json};

use crate::agenda::{APART, ASIDE, Agenda, WELL_ASIDE};
use crate::client::{self, Request, Response};
use crate::clock::lock;
use crate::haproxy::{Log, Process};
use crate::server::{Server, parameter};

/// A configuration and what is to be done with it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// What it is about.
    pub(crate) about: String,
    /// The `config` of the trace.
    pub(crate) config: Value,
    /// The file, with the golden addresses.
    pub(crate) cfg: String,
    /// The script, in order.
    pub(crate) steps: Vec<Step>,
    /// Whether servers put an answer off that would fall together with something else.
    pub(crate) settle: bool,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// When.
    pub(crate) when: When,
    /// What.
    pub(crate) deed: Deed,
}

/// When something is done, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// Then.
    At(f64),
    /// From then on, as soon as nothing else is expected.
    Quiet(f64),
    /// This long after what was done before (and its end, if that was waited for).
    After(f64),
}

/// What is done.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// A request; the next step waits for its end, or does not.
    Send(Request, Waits),
    /// A server changes: an entry `mode` of a script.
    Mode(Value),
    /// A command to the stats socket.
    Cli(String),
}

/// Whether the next step waits for the end of a request, and how long its answer is expected to take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Waits {
    /// It does.
    Yes,
    /// It does not: the answer takes so many seconds.
    No(f64),
}

/// A request that was sent: when, for how long, what came back, and the server that took it last with the time.
#[derive(Debug)]
struct Sent {
    request: Request,
    at: f64,
    lasted: f64,
    response: Response,
    taken: Option<(usize, f64)>,
    /// How long the server took to answer.
    delay: Option<f64>,
}

type SentList = Arc<Mutex<BTreeMap<usize, Sent>>>;

/// How often HAProxy is started for checks that keep their distance, and how well they have to, in seconds.
const STARTS: usize = 8;
const STEADY: f64 = 0.006;
/// Lateness of this machine from which on it is put into the trace, in seconds.
const LATE: f64 = 0.002;

/// When to send a request that is due at `t`, after one that was due and sent at these times. A recording begins when each server has
/// had its first check, which may be later than its first requests are due. Sent all at once they would be answered in any order, and
/// `leastconn` goes by that order from then on: who is late keeps the distance to the request before, up to `APART`.
fn not_bunched(t: f64, last: Option<(f64, f64)>) -> f64 {
    last.map_or(t, |(due, sent)| t.max(sent + (t - due).min(APART)))
}

#[test]
fn late_requests_keep_their_distance() {
    assert!((not_bunched(0.3, None) - 0.3).abs() < 1e-9);
    assert!((not_bunched(0.5, Some((0.3, 0.3))) - 0.5).abs() < 1e-9, "on time");
    assert!((not_bunched(0.5, Some((0.3, 0.7))) - 0.75).abs() < 1e-9, "late: 50 ms apart");
    assert!((not_bunched(0.9, Some((0.5, 0.75))) - 0.9).abs() < 1e-9, "on time again");
    assert!((not_bunched(0.303, Some((0.3, 0.7))) - 0.703).abs() < 1e-9, "as close as it was");
}

/// From the first to the last.
fn spread(times: &[f64]) -> f64 {
    let (first, last) = times.iter().fold((f64::MAX, f64::MIN), |(a, b), t| (a.min(*t), b.max(*t)));
    (last - first).max(0.0)
}

/// A recording being made.
struct Recorder {
    agenda: Arc<Agenda>,
    names: Vec<String>,
    servers: Vec<Server>,
    log: Log,
    process: Process,
    sent: SentList,
    threads: Vec<JoinHandle<()>>,
    script: Vec<Value>,
    /// When the last request that has a time of its own was to be sent, and when it was, from t = 0.
    last_sent: Option<(f64, f64)>,
    zero: f64,
    spawned: f64,
    max_lag: f64,
}

/// Records it. The error tells why there is no trace.
pub(crate) fn record(case: &Case, version: &str) -> Result<Value, String> {
    let told = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
    let agenda = Arc::new(Agenda::new(&case.config, case.settle));
    let list: Vec<&Value> = case.config["servers"].as_array().into_iter().flatten().collect();
    let names: Vec<String> =
        list.iter().map(|s| s["name"].as_str().unwrap_or_default().to_owned()).collect();
    let mut servers = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let server = Server::start(name, index, &agenda).map_err(told("test server"))?;
        if let Some(net) = case.config["initial_net"][name].as_str() {
            server.change(&json!({ "net": net })).map_err(told("test server"))?;
        }
        servers.push(server);
    }
    let ports: Vec<(u64, u16)> = list
        .iter()
        .zip(&servers)
        .map(|(s, real)| (s["port"].as_u64().unwrap_or(0), real.port))
        .collect();
    let log = Log::receive(&agenda, names.clone()).map_err(told("log"))?;
    let mut recorder = Recorder {
        process: Process::start(&case.cfg, log.address, &ports).map_err(told("haproxy"))?,
        spawned: agenda.clock.now(),
        agenda,
        names,
        servers,
        log,
        sent: Arc::default(),
        threads: Vec::new(),
        script: Vec::new(),
        last_sent: None,
        zero: 0.0,
        max_lag: 0.0,
    };
    let checked = case.config["default_server"]["check"] == true;
    let mut starts = 1;
    while !recorder.begin(checked)? {
        if starts == STARTS {
            return Err("the first checks were not on time".to_owned());
        }
        starts += 1;
        lock(&recorder.log.events).clear();
        recorder.agenda.forget_checks();
        recorder.process =
            Process::start(&case.cfg, recorder.log.address, &ports).map_err(told("haproxy"))?;
        recorder.spawned = recorder.agenda.clock.now();
    }
    let mut quiet_since = 0.0;
    for step in &case.steps {
        recorder.play(step, &mut quiet_since)?;
    }
    recorder.finish()?;
    recorder.trace(case, version)
}

impl Recorder {
    /// Finds t = 0: the first health check, or without checks the first answer of the stats socket. The checks of the
    /// servers have to be as far apart as they should be; otherwise the start was too slow, and it has to be made again.
    fn begin(&mut self, checked: bool) -> Result<bool, String> {
        self.process.ready()?;
        self.zero = self.agenda.clock.now();
        if !checked {
            return Ok(true);
        }
        for _ in 0..2000 {
            let firsts = self.agenda.first_checks();
            if let (Some(first), true) = (firsts.first(), firsts.len() == self.names.len()) {
                // A line may have been read late, none too early.
                self.zero = firsts.iter().copied().fold(*first, f64::min);
                return Ok(spread(&firsts) < STEADY);
            }
            thread::sleep(std::time::Duration::from_millis(2));
        }
        Err("no health check was logged".to_owned())
    }

    fn play(&mut self, step: &Step, quiet_since: &mut f64) -> Result<(), String> {
        let clock = self.agenda.clock;
        let delay = match &step.deed {
            Deed::Send(_, Waits::No(delay)) => Some(*delay),
            Deed::Send(_, Waits::Yes) => Some(0.0),
            Deed::Mode(_) | Deed::Cli(_) => None,
        };
        let due = match step.when {
            When::At(t) => self.zero + delay.map_or(t, |_| not_bunched(t, self.last_sent)),
            When::After(gap) => clock.now() + gap,
            When::Quiet(t) => {
                // What is expected is best known just before.
                clock.sleep_until(self.zero + t - 0.002);
                let from = (self.zero + t).max(clock.now() + 0.0005).max(*quiet_since);
                self.agenda.quiet(from, delay)
            }
        };
        clock.sleep_until(due);
        self.max_lag = self.max_lag.max(clock.now() - due);
        match &step.deed {
            Deed::Send(request, waits) => {
                if let When::At(t) = step.when {
                    self.last_sent = Some((t, clock.now() - self.zero));
                }
                self.send(request.clone(), *waits)?;
                // A stall must not let two requests follow each other at once.
                *quiet_since = quiet_since.max(clock.now() + ASIDE);
            }
            Deed::Mode(mode) => {
                let name = mode["server"].as_str().unwrap_or_default();
                let index = self.names.iter().position(|n| n == name).ok_or("no such server")?;
                let mut entry = mode.clone();
                entry["t"] = json!(clock.now());
                entry["do"] = json!("mode");
                self.script.push(entry);
                self.servers[index].change(mode).map_err(|error| error.to_string())?;
                *quiet_since = clock.now() + WELL_ASIDE;
            }
            Deed::Cli(cmd) => {
                self.script.push(json!({ "t": clock.now(), "do": "cli", "cmd": cmd }));
                let answer = self.process.command(cmd).map_err(|error| error.to_string())?;
                if !answer.trim().is_empty() {
                    return Err(format!("{cmd}: haproxy says: {}", answer.trim()));
                }
                *quiet_since = clock.now() + WELL_ASIDE;
            }
        }
        Ok(())
    }

    /// Sends here, so that requests leave in their order; the answer is waited for here or in a thread.
    fn send(&mut self, request: Request, waits: Waits) -> Result<(), String> {
        let (agenda, sent) = (Arc::clone(&self.agenda), Arc::clone(&self.sent));
        let at = agenda.clock.now();
        agenda.sent(request.i, at);
        let stream = client::send(&request, self.process.frontend)
            .map_err(|error| format!("request {}: {error}", request.i))?;
        let rest = move || {
            let response = client::receive(stream);
            let lasted = agenda.clock.now() - at;
            let (taken, delay) = agenda.ended(request.i);
            lock(&sent).insert(request.i, Sent { request, at, lasted, response, taken, delay });
        };
        match waits {
            Waits::Yes => rest(),
            Waits::No(_) => self.threads.push(thread::spawn(rest)),
        }
        Ok(())
    }

    /// Waits for the answers, and for the lines about them.
    fn finish(&mut self) -> Result<(), String> {
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| "a client's thread panicked")?;
        }
        let expected = lock(&self.sent).len();
        for _ in 0..500 {
            if lock(&self.log.requests).len() >= expected {
                return Ok(());
            }
            thread::sleep(std::time::Duration::from_millis(2));
        }
        Err(format!("{} of {expected} requests were logged", lock(&self.log.requests).len()))
    }

    fn since_zero(&self, t: f64) -> Value {
        json!(((t - self.zero) * 10_000.0).round() / 10_000.0)
    }

    fn trace(&mut self, case: &Case, version: &str) -> Result<Value, String> {
        let sent = std::mem::take(&mut *lock(&self.sent));
        let lines: BTreeMap<usize, String> = lock(&self.log.requests).drain(..).collect();
        let mut requests = Vec::new();
        for (i, sent) in sent {
            let line = lines.get(&i).ok_or_else(|| format!("request {i} was not logged"))?;
            requests.push(self.request(&sent, line, case.settle));
        }
        let events: Vec<Value> = lock(&self.log.events)
            .iter()
            .map(|(at, msg)| json!({ "t": self.since_zero(*at), "msg": msg }))
            .collect();
        let mut script = requests_in_script(case, &requests);
        for mut entry in std::mem::take(&mut self.script) {
            entry["t"] = self.since_zero(entry["t"].as_f64().unwrap_or(0.0));
            script.push(entry);
        }
        script.sort_by(|a, b| {
            a["t"].as_f64().unwrap_or(0.0).total_cmp(&b["t"].as_f64().unwrap_or(0.0))
        });
        let mut trace = json!({
            "name": case.name,
            "group": "L",
            "about": case.about,
            "compare": "exact",
            "haproxy_version": version,
            "config": case.config,
            "haproxy_cfg": case.cfg,
            "script": script,
            "requests": requests,
            "events": events,
            "checks_seen": {},
            "stat_fields": [],
            "server_states": [],
            "spawn_t": self.since_zero(self.spawned),
            "t0_epoch": self.agenda.clock.epoch_at(self.zero),
            "max_lag": (self.max_lag * 10_000.0).round() / 10_000.0,
        });
        // Which server a random draw takes is not the model's to know; it knows the shares.
        if case.settle && case.config["balance"].as_str().is_some_and(|b| b.starts_with("random")) {
            to_distribution(&mut trace);
        }
        Ok(trace)
    }

    fn request(&self, sent: &Sent, line: &str, settle: bool) -> Value {
        let log = log_fields(line);
        let path = if settle { true_path(sent, &log) } else { sent.request.path.clone() };
        let mut told = json!({
            "i": sent.request.i,
            "t": self.since_zero(sent.at),
            "src": sent.request.src.to_string(),
            "path": path,
            "dur": (sent.lasted * 10_000.0).round() / 10_000.0,
            "status": sent.response.status,
            "server": sent.response.server,
            "log": log,
        });
        if let Some(cookie) = &sent.request.cookie {
            told["cookie"] = json!(cookie);
        }
        if !sent.request.headers.is_empty() {
            told["headers"] = json!(sent.request.headers);
        }
        if let Some(cookie) = &sent.response.set_cookie {
            told["set_cookie"] = json!(cookie);
        }
        if let (Some(name), Some((index, at))) = (&sent.response.server, sent.taken)
            && self.names[index] == *name
        {
            told["srv_t"] = self.since_zero(at);
        }
        told
    }
}

/// Turns the requests into how many each server got.
fn to_distribution(trace: &mut Value) {
    let requests = trace["requests"].take();
    let list: Vec<&Value> = requests.as_array().into_iter().flatten().collect();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for server in list.iter().filter_map(|request| request["server"].as_str()) {
        *counts.entry(server).or_default() += 1;
    }
    let n = list.len();
    trace["compare"] = json!("statistical");
    trace["distribution"] = json!({ "n": n, "inflight": 1, "counts": counts });
    trace["script"] =
        json!([{ "t": 0.0, "do": "distribution", "n": n, "inflight": 1, "delay": 0.0 }]);
    trace["requests"] = json!([]);
}

/// The path with the delay that the server really took, connecting included: a busy machine is late, and the model has to
/// know. HAProxy's own times tell, to the millisecond; they have to be believed where the test server's differ.
fn true_path(sent: &Sent, log: &Value) -> String {
    if sent.response.server.is_none() {
        return sent.request.path.clone();
    }
    let seconds = |key: &str| log[key].as_f64().unwrap_or(0.0) / 1000.0;
    // After retries it may hold the pauses between them.
    let connecting = if log["retries"].is_null() { seconds("Tc") } else { 0.0 };
    let told = seconds("Tr") + connecting;
    let delay = sent.delay.filter(|delay| (delay - told).abs() < LATE).unwrap_or(told);
    with_delay(&sent.request.path, delay)
}

/// The path that asks for this delay.
fn with_delay(path: &str, delay: f64) -> String {
    match parameter(path, "d") {
        Some(asked) => path.replace(&format!("d={asked}"), &format!("d={delay:.4}")),
        None if delay > LATE => {
            format!("{path}{}d={delay:.4}", if path.contains('?') { '&' } else { '?' })
        }
        None => path.to_owned(),
    }
}

/// `REQ n=0 srv=s1 term=---- rc=+1 ...` as the `log` of a trace: zeros and what is false are left out.
fn log_fields(line: &str) -> Value {
    let mut fields = Map::new();
    for (key, value) in line.split(' ').filter_map(|word| word.split_once('=')) {
        match key {
            "n" => {}
            "srv" | "term" => {
                fields.insert(key.to_owned(), json!(value));
            }
            "rc" => {
                if value.starts_with('+') {
                    fields.insert("redisp".to_owned(), json!(true));
                }
                put(&mut fields, "retries", value.trim_start_matches('+'));
            }
            _ => put(&mut fields, key, value),
        }
    }
    Value::Object(fields)
}

fn put(fields: &mut Map<String, Value>, key: &str, value: &str) {
    if let Some(number) = value.parse::<i64>().ok().filter(|number| *number != 0) {
        fields.insert(key.to_owned(), json!(number));
    }
}

/// The requests as entries of the script: one entry for each run of requests that were sent the same way.
fn requests_in_script(case: &Case, requests: &[Value]) -> Vec<Value> {
    let mut entries: Vec<Value> = Vec::new();
    let mut at = 0;
    let mut last = None;
    for step in &case.steps {
        let Deed::Send(_, waits) = &step.deed else {
            last = last.filter(|sequential| !sequential);
            continue;
        };
        let sequential = matches!(waits, Waits::Yes);
        if last == Some(sequential) {
            if let Some(entry) = entries.last_mut() {
                entry["n"] = json!(entry["n"].as_u64().unwrap_or(0) + 1);
            }
        } else if let Some(request) = requests.get(at) {
            let mut entry = json!({ "t": request["t"], "n": 1, "first": at });
            if sequential {
                entry["do"] = json!("requests");
                entry["gap"] = json!(0.003);
                entry["from_previous"] = json!(false);
            } else {
                entry["do"] = json!("concurrent");
                entry["stagger"] = json!(0.03);
                entry["wait"] = json!(true);
            }
            entries.push(entry);
        }
        last = Some(sequential);
        at += 1;
    }
    entries
}
