//! The bench on which a trace is played again: the model of HAProxy between clients that follow the recorded script and
//! servers that do what the recorded ones were told.

use crate::haproxy::{
    Answer, Awaited, CheckTicket, Command, Effect, Event, Head, Proxy, Reply, Termination, Ticket,
    Timer,
};
use crate::infra::Haproxy;
use crate::kernel::small::within;
use crate::kernel::{Agenda, SimDuration, SimTime};

use super::trace::{Request, Trace};

/// The recorded HAProxy's timers run out in the millisecond after they are due.
const LATENESS: SimDuration = SimDuration::from_ms(1);
/// A check is taken for the recorded one if that began at most so many seconds before, or after, it is due: the recording
/// machine stalled now and then.
const STALL: (f64, f64) = (0.020, 0.100);

/// HAProxy's log has whole milliseconds, cut off.
const ROUNDING: SimDuration = SimDuration::from_us(500);
/// A server is taken to have been late by at most this.
const LATE_MAX: SimDuration = SimDuration::from_ms(100);

/// What is due on the bench.
#[derive(Clone, Copy, Debug)]
enum Due {
    Request(usize),
    Deed(usize),
    Timer(Timer),
    Answer(usize, Ticket, Answer),
    NextInFlight,
}

/// How a server treats those who come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Ok,
    Hang,
    Close,
    Status(u16),
}

/// Whether a server can be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Net {
    Up,
    Refuse,
    Blackhole,
}

#[derive(Clone, Debug)]
struct Server {
    net: Net,
    traffic: Manner,
    check: Manner,
    /// The requests it holds.
    held: Vec<Ticket>,
    checks_held: Vec<CheckTicket>,
}

/// How a request ended on the bench.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) at: SimTime,
    pub(super) reply: Reply,
}

/// A change of a server's state on the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Down,
    Up,
    Stopping,
}

/// What the model did.
#[derive(Clone, Debug)]
pub(super) struct Bench<'a> {
    pub(super) now: SimTime,
    agenda: Agenda<Due>,
    pub(super) proxy: Proxy,
    servers: Vec<Server>,
    names: Vec<String>,
    requests: &'a [Request],
    trace: &'a Trace,
    /// Whether the recorded instants of checks are followed.
    is_exact: bool,
    pub(super) ended: Vec<Option<Ended>>,
    /// Server, what became of it, when.
    pub(super) changes: Vec<(usize, Change, SimTime)>,
    /// The checks that began: server and when.
    pub(super) last_check: Vec<Option<SimTime>>,
    /// Requests that a distribution still has to send, how long each takes, and how many each server got.
    pub(super) to_send: u32,
    takes: SimDuration,
    pub(super) counts: Vec<u64>,
    effects: Vec<Effect>,
}

/// The distribution's requests are not listed one by one.
const UNLISTED: u32 = u32::MAX;

impl<'a> Bench<'a> {
    pub(super) fn new(trace: &'a Trace, haproxy: &Haproxy) -> Result<Self, String> {
        let offset = SimDuration::from_secs_f64(trace.t0_epoch.fract().max(0.0));
        let mut proxy = Proxy::new(haproxy, SimTime::ZERO, offset);
        proxy.start_checks(SimTime::ZERO, SimDuration::ZERO);
        let servers = haproxy.backends.iter().flat_map(|backend| &backend.servers);
        let names: Vec<String> = servers.map(|server| server.name.clone()).collect();
        let fresh = Server {
            net: Net::Up,
            traffic: Manner::Ok,
            check: Manner::Ok,
            held: Vec::new(),
            checks_held: Vec::new(),
        };
        let mut bench = Self {
            now: SimTime::ZERO,
            agenda: Agenda::default(),
            proxy,
            servers: vec![fresh; names.len()],
            requests: &trace.requests,
            trace,
            is_exact: trace.compare == super::trace::Compare::Exact,
            ended: vec![None; trace.requests.len()],
            changes: Vec::new(),
            last_check: vec![None; names.len()],
            to_send: 0,
            takes: SimDuration::ZERO,
            counts: vec![0; names.len()],
            names,
            effects: Vec::new(),
        };
        for (name, net) in &trace.config.initial_net {
            let server = bench.server(name)?;
            bench.servers[server].net = net_of(net)?;
        }
        bench.follow();
        Ok(bench)
    }

    /// Puts the recorded script and requests on the agenda.
    pub(super) fn plan_script(&mut self) {
        for (index, deed) in self.trace.script.iter().enumerate() {
            self.agenda.schedule(time(deed.t), Due::Deed(index));
        }
        for (index, request) in self.requests.iter().enumerate() {
            self.agenda.schedule(time(request.t), Due::Request(index));
        }
    }

    /// Makes the next thing happen, if it is due before `until`; whether there was one.
    pub(super) fn step(&mut self, until: SimTime) -> Result<bool, String> {
        let Some((at, due)) = self.agenda.pop_before(until) else { return Ok(false) };
        self.now = at;
        match due {
            Due::Request(index) => self.send(index),
            Due::Deed(index) => self.do_deed(index)?,
            Due::Timer(timer) => self.proxy.timer(at, timer),
            Due::Answer(server, ticket, answer) => {
                self.servers[server].held.retain(|held| *held != ticket);
                self.proxy.answered(at, ticket, answer);
            }
            Due::NextInFlight => self.send_unlisted(),
        }
        self.follow();
        Ok(true)
    }

    fn send(&mut self, index: usize) {
        let request = &self.requests[index];
        let headers: Vec<(String, String)> =
            request.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let head = Head {
            client: index as u32,
            number: request.i,
            source: request.src.parse().map_or(0, |address: std::net::Ipv4Addr| address.to_bits()),
            uri: &request.path,
            headers: &headers,
            cookie: request.cookie.as_deref(),
        };
        self.proxy.request(self.now, &head);
    }

    fn send_unlisted(&mut self) {
        if self.to_send > 0 {
            self.to_send -= 1;
            self.proxy.request(self.now, &Head { client: UNLISTED, uri: "/", ..Head::default() });
        }
    }

    fn do_deed(&mut self, index: usize) -> Result<(), String> {
        let deed = &self.trace.script[index];
        match deed.what.as_str() {
            "mode" => {
                let server = self.server(deed.server.as_deref().unwrap_or(""))?;
                if let Some(traffic) = &deed.traffic {
                    self.servers[server].traffic = manner_of(traffic)?;
                }
                self.set_check_and_net(deed, server)?;
            }
            "cli" => {
                let command = deed.cmd.as_deref().unwrap_or("");
                let command: Command = command.parse().map_err(|error| format!("cli: {error}"))?;
                // A command that the real one refuses changes nothing here either.
                drop(self.proxy.command(self.now, &command));
            }
            "distribution" => {
                self.to_send = deed.n.unwrap_or(0);
                self.takes = SimDuration::from_secs_f64(deed.delay.unwrap_or(0.0));
                for _ in 0..deed.inflight.unwrap_or(1) {
                    self.agenda.schedule(self.now, Due::NextInFlight);
                }
            }
            "requests" | "concurrent" => {}
            other => return Err(format!("script: `{other}`")),
        }
        Ok(())
    }

    fn set_net(&mut self, server: usize, net: Net) {
        self.servers[server].net = net;
        if net == Net::Refuse {
            for ticket in std::mem::take(&mut self.servers[server].held) {
                self.proxy.closed(self.now, ticket);
            }
            for ticket in std::mem::take(&mut self.servers[server].checks_held) {
                self.proxy.check_closed(self.now, ticket);
            }
        }
    }

    /// Does what the proxy wants, until it wants nothing more.
    fn follow(&mut self) {
        loop {
            let mut effects = std::mem::take(&mut self.effects);
            self.proxy.take_effects(&mut effects);
            if effects.is_empty() {
                return;
            }
            for effect in effects.drain(..) {
                self.obey(effect);
            }
            self.effects = effects;
        }
    }

    fn obey(&mut self, effect: Effect) {
        match effect {
            Effect::Set { after, timer, .. } => {
                let at = match timer {
                    Timer::Check(check) => self.check_at(check.server as usize, self.now + after),
                    // A pause is timed from the real clock, whose milliseconds it then exceeds.
                    Timer::Turnaround(_) | Timer::Queue(_) => self.now + after + LATENESS,
                    _ => self.now + after,
                };
                self.agenda.schedule(at, Due::Timer(timer));
            }
            Effect::Connect { ticket, server, timeout, .. } => {
                self.connect(ticket, server as usize);
                self.agenda.schedule(self.now + timeout, Due::Timer(Timer::Connect(ticket)));
            }
            Effect::Check(ticket) => self.check(ticket),
            Effect::Reply(reply) => self.reply(reply),
            Effect::Happened(event) => self.note(event),
            Effect::Accept(_) | Effect::Learn { .. } => {}
        }
    }

    /// When a check that is due begins: as recorded, if a check of that server was logged thereabouts; else a little late.
    fn check_at(&self, server: usize, due: SimTime) -> SimTime {
        let late = if self.now > SimTime::ZERO { LATENESS } else { SimDuration::ZERO };
        let due = due + late;
        let seconds = due.as_ns() as f64 / 1e9;
        let logged = self.trace.events.iter().filter_map(super::trace::LogLine::check).find(
            |(name, began)| {
                name.rsplit('/').next() == Some(self.name(server))
                    && (*began - seconds) > -STALL.0
                    && (*began - seconds) < STALL.1
            },
        );
        logged.filter(|_| self.is_exact).map_or(due, |(_, began)| time(began).max(self.now))
    }

    fn connect(&mut self, ticket: Ticket, server: usize) {
        match self.servers[server].net {
            Net::Refuse => self.proxy.refused(self.now, ticket),
            Net::Blackhole => {}
            Net::Up => {
                let client = self.proxy.client_of(ticket);
                let Some(Awaited { ticket, timeout }) = self.proxy.connected(self.now, ticket)
                else {
                    return;
                };
                self.agenda.schedule(self.now + timeout, Due::Timer(Timer::Server(ticket)));
                let listed = client.and_then(|client| self.requests.get(client as usize));
                let (delay, status) = listed.map_or((self.takes, 200), took);
                let status = match self.servers[server].traffic {
                    Manner::Ok => status,
                    Manner::Status(status) => status,
                    Manner::Close => {
                        self.proxy.closed(self.now, ticket);
                        return;
                    }
                    Manner::Hang => {
                        self.servers[server].held.push(ticket);
                        return;
                    }
                };
                self.servers[server].held.push(ticket);
                let answer = Answer { status, ..Answer::default() };
                self.agenda.schedule(self.now + delay, Due::Answer(server, ticket, answer));
            }
        }
    }

    fn check(&mut self, ticket: CheckTicket) {
        let server = ticket.server as usize;
        self.last_check[server] = Some(self.now);
        match self.servers[server].net {
            Net::Refuse => self.proxy.check_refused(self.now, ticket),
            Net::Blackhole => {}
            Net::Up => {
                if self.proxy.check_connected(self.now, ticket) {
                    match self.servers[server].check {
                        Manner::Ok => self.proxy.check_answered(self.now, ticket, 200),
                        Manner::Status(status) => {
                            self.proxy.check_answered(self.now, ticket, status);
                        }
                        Manner::Close => self.proxy.check_closed(self.now, ticket),
                        Manner::Hang => self.servers[server].checks_held.push(ticket),
                    }
                }
            }
        }
    }

    fn reply(&mut self, reply: Reply) {
        if reply.client == UNLISTED {
            if let Some(server) = reply.server.filter(|_| reply.termination == Termination::Normal)
            {
                self.counts[server as usize] += 1;
            }
            self.agenda.schedule(self.now, Due::NextInFlight);
        } else {
            self.ended[reply.client as usize] = Some(Ended { at: self.now, reply });
        }
    }

    fn note(&mut self, event: Event) {
        let change = match event {
            Event::Down { server, .. } => Some((server, Change::Down)),
            Event::Up { server, .. } | Event::Warm { server } => Some((server, Change::Up)),
            Event::Stopping { server } => Some((server, Change::Stopping)),
            _ => None,
        };
        if let Some((server, change)) = change {
            self.changes.push((server as usize, change, self.now));
        }
    }

    /// The index of a server by its name, with or without its backend's.
    pub(super) fn server(&self, name: &str) -> Result<usize, String> {
        let short = name.rsplit('/').next().unwrap_or(name);
        self.names.iter().position(|known| known == short).ok_or_else(|| format!("server `{name}`"))
    }

    pub(super) fn name(&self, server: usize) -> &str {
        &self.names[server]
    }

    /// Tells a server to fail, or to be well again, as the recorded one was told.
    pub(super) fn treat(&mut self, deed: &super::trace::Deed, server: usize) -> Result<(), String> {
        self.set_check_and_net(deed, server)?;
        self.follow();
        Ok(())
    }

    fn set_check_and_net(
        &mut self,
        deed: &super::trace::Deed,
        server: usize,
    ) -> Result<(), String> {
        if let Some(check) = &deed.check {
            self.servers[server].check = manner_of(check)?;
        }
        if let Some(net) = &deed.net {
            self.set_net(server, net_of(net)?);
        }
        Ok(())
    }
}

/// How long the recorded server took to answer a request, and with what: what the request asked for, and the little that it was
/// late, which is no doing of HAProxy's. From its accepting the connection to the client's having the answer, or else, if it was asked to take
/// any time, by HAProxy's log.
fn took(request: &Request) -> (SimDuration, u16) {
    let (asked, status) = wish(&request.path);
    let log = request.log.as_ref();
    let first_try = log.is_none_or(|log| log.retries == 0 && !log.redisp);
    let clock = request
        .srv_t
        .zip(request.dur)
        .filter(|_| first_try && request.status == Some(status.into()));
    let seen = match clock {
        Some((began, dur)) => SimDuration::from_secs_f64((request.t + dur - began).max(0.0)),
        None if asked == SimDuration::ZERO => asked,
        None => {
            let logged = log.map_or(0, |log| log.response);
            SimDuration::from_ms(u64::try_from(logged).unwrap_or(0)) + ROUNDING
        }
    };
    let is_late = seen > asked && seen < asked + LATE_MAX;
    (if is_late { seen } else { asked }, status)
}

/// What a request asks of the server: `?d=<seconds>` to take so long, `?e=<status>` to answer so.
fn wish(path: &str) -> (SimDuration, u16) {
    let (mut delay, mut status) = (0.0, 200);
    for pair in path.split_once('?').map_or("", |(_, query)| query).split('&') {
        match pair.split_once('=') {
            Some(("d", value)) => delay = within(value.parse().unwrap_or(0.0), 0.0, 3600.0),
            Some(("e", value)) => status = value.parse().unwrap_or(200),
            _ => {}
        }
    }
    (SimDuration::from_secs_f64(delay), status)
}

fn manner_of(word: &str) -> Result<Manner, String> {
    match word {
        "ok" => Ok(Manner::Ok),
        "hang" => Ok(Manner::Hang),
        "close" => Ok(Manner::Close),
        _ => word.parse().map(Manner::Status).map_err(|_| format!("mode `{word}`")),
    }
}

fn net_of(word: &str) -> Result<Net, String> {
    match word {
        "up" => Ok(Net::Up),
        "refuse" => Ok(Net::Refuse),
        "blackhole" => Ok(Net::Blackhole),
        _ => Err(format!("net `{word}`")),
    }
}

/// Seconds of a trace; what happened before its start happens at its start.
pub(super) fn time(seconds: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(within(seconds, 0.0, 1e6))
}
