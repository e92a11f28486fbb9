//! Where the time of a request went: every stretch between two steps of its chain is somebody's, and of each it is known what it takes
//! where nothing is in the way. Reading only.

use std::collections::VecDeque;
use std::fmt;

use super::fact::{RequestRecord, Step};
use super::network::sending_time;
use super::plan::Plan;
use super::stop::{Doing, Part, Stop, Wait};
use super::way::Way;
use crate::infra::Host;
use crate::kernel::{SimDuration, SimTime};

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// An address where nobody answers.
    Address,
    /// Connecting: the client's packets and the handshakes.
    Connect,
    /// The client, who sends slowly.
    Client,
    /// A queue of HAProxy: of a server, or of the backend.
    Queue,
    /// Waiting at a machine.
    Wait(Wait),
    /// Work on the request.
    Work(Part),
    /// A disk that makes a change durable, and does that with earlier ones first.
    Disk,
    /// Tries that came to nothing, and the pauses after them.
    Retry,
    /// The way between two machines.
    Link,
    /// The answer's way to the user.
    Answer,
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "an address that does not answer",
            Self::Connect => "connecting and handshakes",
            Self::Client => "the client sends",
            Self::Queue => "HAProxy's queue",
            Self::Wait(Wait::Connection) => "waiting to be let in",
            Self::Wait(Wait::Worker(_)) => "waiting for a worker",
            Self::Wait(Wait::Core) => "waiting for a core",
            Self::Wait(Wait::Thread) => "the query waits for others",
            Self::Wait(Wait::Lock) => "waiting for a lock",
            Self::Wait(Wait::Disk) => "waiting for room on the disk",
            Self::Wait(Wait::Hang(_)) => "hanging",
            Self::Work(Part::Handshake) => "computing the handshake",
            Self::Work(Part::Nginx) => "Nginx",
            Self::Work(Part::Application) => "the application",
            Self::Work(Part::Query) => "the query",
            Self::Disk => "the disk makes it durable",
            Self::Retry => "tries that came to nothing",
            Self::Link => "the way between",
            Self::Answer => "the answer's way to the user",
        })
    }
}

/// A part of the time that a request took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// On what.
    pub on: On,
    /// Where: a machine, a server, an address, two machines (`lb-1 and app-1`).
    pub place: String,
    /// How long.
    pub takes: SimDuration,
    /// How long it takes on average where nothing is in the way.
    pub usual: SimDuration,
}

/// The time of a request by what it went to, in the order in which that began. `times`: when its steps happened, one each.
pub(super) fn spent(record: &RequestRecord, times: &[SimTime], plan: &Plan) -> Vec<Spent> {
    let mut account = Account { parts: Vec::new(), planned: VecDeque::new() };
    let mut way: Vec<&Step> = Vec::new();
    for (index, step) in record.steps.iter().enumerate() {
        let Some(at) = times.get(index) else { break };
        let until = times.get(index + 1).copied().unwrap_or(record.ended_at);
        way.push(step);
        account.plan(step);
        let next = &record.steps[index + 1..];
        let (on, place) = meant(&way, next);
        account.pass(until.since(*at), on, place);
    }
    let mut parts = account.parts;
    let way = Way { record, site: &plan.infrastructure };
    for part in &mut parts {
        part.usual = usual(&way, plan, part);
    }
    parts
}

struct Account {
    parts: Vec<Spent>,
    /// Work that has been begun, in order.
    planned: VecDeque<(On, String, SimDuration)>,
}

impl Account {
    /// What a step begins that takes a time known beforehand; any other step ends that.
    fn plan(&mut self, step: &Step) {
        let Step::At(Stop { host, doing, .. }) = step else {
            self.planned.clear();
            return;
        };
        match *doing {
            Doing::Works { part, takes } => {
                self.planned.clear();
                self.planned.push_back((On::Work(part), host.clone(), takes));
            }
            Doing::Commits { waits, takes } => {
                self.planned.push_back((On::Disk, host.clone(), waits + takes));
            }
            _ => self.planned.clear(),
        }
    }

    /// Time passes: first what is planned, then what the step leads to.
    fn pass(&mut self, mut left: SimDuration, on: On, place: String) {
        while left > SimDuration::ZERO
            && let Some((on, place, planned)) = self.planned.pop_front()
        {
            let takes = planned.min(left);
            left = left - takes;
            if takes < planned {
                self.planned.push_front((on, place.clone(), planned - takes));
            }
            self.add(on, place, takes);
        }
        self.add(on, place, left);
    }

    fn add(&mut self, on: On, place: String, takes: SimDuration) {
        if takes == SimDuration::ZERO {
            return;
        }
        let is_it = |part: &&mut Spent| part.on == on && part.place == place;
        if let Some(part) = self.parts.iter_mut().find(is_it) {
            part.takes = part.takes + takes;
        } else {
            self.parts.push(Spent { on, place, takes, usual: SimDuration::ZERO });
        }
    }
}

/// What the time after the last of these steps is spent on, as far as it is not work. `next`: the steps that follow.
fn meant(way: &[&Step], next: &[Step]) -> (On, String) {
    let Some(step) = way.last() else { return (On::Answer, String::new()) };
    match step {
        Step::Dialled { vip } => match next.first() {
            Some(Step::Accepted { balancer }) => (On::Connect, balancer.clone()),
            Some(Step::At(Stop {
                host,
                doing: Doing::Waits(Wait::Connection) | Doing::Late,
                ..
            })) => (On::Connect, host.clone()),
            _ => (On::Address, vip.clone()),
        },
        Step::AddressSilent { vip } | Step::AddressSlow { vip } | Step::AddressRefused { vip } => {
            (On::Address, vip.clone())
        }
        Step::Accepted { balancer } | Step::NoCertificate { balancer } => {
            (On::Connect, balancer.clone())
        }
        Step::SendsSlowly { .. } => (On::Client, String::new()),
        Step::Queued { server } => (On::Queue, server.clone().unwrap_or_default()),
        Step::Picked { server, .. }
        | Step::TriedAgain { server }
        | Step::PassedOn { server, .. } => {
            let is_silent = matches!(next.first(), Some(Step::SynAgain { .. }));
            if is_silent || comes_to_nothing(next) {
                (On::Retry, server.clone())
            } else {
                (On::Link, hop(way))
            }
        }
        Step::ServerRefused { server }
        | Step::ServerSilent { server }
        | Step::ServerClosed { server }
        | Step::ServerTimedOut { server }
        | Step::SessionCut { server }
        | Step::PassFailed { server, .. }
        | Step::ReadElsewhere { replica: server, .. } => (On::Retry, server.clone()),
        Step::Blocked { to, .. } => (On::Retry, to.clone()),
        Step::LoggedOut { .. } | Step::SynAgain { .. } => (On::Link, hop(way)),
        // Nginx has the application's answer, and sends it on.
        Step::Answered { .. } if next.iter().any(|step| matches!(step, Step::Answered { .. })) => {
            (On::Link, first_hop(way))
        }
        Step::Answered { .. }
        | Step::FromCache { .. }
        | Step::NoServer { .. }
        | Step::NoLiveUpstream { .. }
        | Step::BalancerDied { .. } => (On::Answer, String::new()),
        Step::At(stop) => at_a_stop(way, stop, next),
    }
}

fn at_a_stop(way: &[&Step], stop: &Stop, next: &[Step]) -> (On, String) {
    let host = stop.host.clone();
    match stop.doing {
        Doing::Waits(wait) => (On::Wait(wait), host),
        Doing::Works { part: Part::Handshake, .. } | Doing::Late => (On::Connect, host),
        Doing::Asks if next.first().is_some_and(is_no_data) => (On::Retry, host),
        Doing::Works { part: Part::Query, .. } | Doing::Commits { .. } | Doing::Asks => {
            (On::Link, query_hop(way))
        }
        // Nothing has come of it: who worked on it has died, or its answer was lost.
        Doing::Works { .. } if matches!(next.first(), Some(Step::ServerTimedOut { .. })) => {
            (On::Retry, host)
        }
        // Where nobody says when Nginx has answered, the way back is the user's.
        Doing::Works { .. } | Doing::Answers => {
            let is_direct =
                !way.iter().any(|step| matches!(step, Step::Picked { .. } | Step::PassedOn { .. }));
            if is_direct { (On::Answer, String::new()) } else { (On::Link, hop(way)) }
        }
        Doing::Offline { .. } if next.is_empty() => (On::Answer, host),
        Doing::Offline { .. } | Doing::Unheld => (On::Address, host),
        // The answer is sent until the link between it and its user is whole.
        Doing::Cut if next.is_empty() => (On::Answer, String::new()),
        Doing::Full(_) | Doing::Cut | Doing::Killed(_) => (On::Retry, host),
    }
}

/// Whether the next thing that an application heard of its query is that there is no data.
fn is_no_data(step: &Step) -> bool {
    matches!(
        step,
        Step::Answered { error: Some(_), .. }
            | Step::ReadElsewhere { .. }
            | Step::ServerTimedOut { .. }
            | Step::PassFailed { .. }
            | Step::At(Stop { doing: Doing::Cut, .. })
    )
}

/// Whether an attempt ends before anybody has worked on the request.
fn comes_to_nothing(next: &[Step]) -> bool {
    next.first().is_some_and(|step| match step {
        Step::ServerRefused { .. }
        | Step::ServerSilent { .. }
        | Step::ServerClosed { .. }
        | Step::ServerTimedOut { .. }
        | Step::SessionCut { .. }
        | Step::PassFailed { .. }
        | Step::Blocked { .. } => true,
        Step::At(Stop { doing, .. }) => {
            matches!(doing, Doing::Full(_) | Doing::Cut | Doing::Killed(_))
        }
        _ => false,
    })
}

/// The machines between which the request went last, before it came to a database.
fn hop(way: &[&Step]) -> String {
    let last = way.iter().rev().find_map(|step| match step {
        Step::PassedOn { web, server, .. } => Some(format!("{web} and {server}")),
        Step::Picked { .. } => Some(first_hop(way)),
        _ => None,
    });
    last.unwrap_or_default()
}

/// The balancer and its server.
fn first_hop(way: &[&Step]) -> String {
    let balancer = way.iter().rev().find_map(|step| match step {
        Step::Accepted { balancer } => Some(balancer.as_str()),
        _ => None,
    });
    let server = way.iter().rev().find_map(|step| match step {
        Step::Picked { server, .. } => Some(server.as_str()),
        _ => None,
    });
    match (balancer, server) {
        (Some(balancer), Some(server)) => format!("{balancer} and {server}"),
        _ => String::new(),
    }
}

/// The application and its database.
fn query_hop(way: &[&Step]) -> String {
    let last = way.iter().rev().find_map(|step| match step {
        Step::At(Stop { host, from: Some(from), doing: Doing::Asks }) => {
            Some(format!("{from} and {host}"))
        }
        _ => None,
    });
    last.unwrap_or_default()
}

/// The machine whose network card sends the answer over a hop of the request; `None`: it is a query's, whose answers have no size.
pub(super) fn sender<'a>(way: &Way<'a>, hop: &str) -> Option<&'a Host> {
    let (from, to) = hop.split_once(" and ")?;
    let is_query = way.has(|step| match step {
        Step::At(Stop { host, from: Some(by), doing: Doing::Asks }) => host == to && by == from,
        _ => false,
    });
    if is_query {
        return None;
    }
    let backends = way.haproxy().into_iter().flat_map(|haproxy| &haproxy.backends);
    let mut lines = backends.flat_map(|backend| &backend.servers);
    let host = lines.find(|server| server.name == to).map_or(to, |server| server.host.as_str());
    way.site.host(host)
}

/// What a part takes on average where nothing is in the way.
fn usual(way: &Way<'_>, plan: &Plan, part: &Spent) -> SimDuration {
    let network = &plan.infrastructure.network;
    let (internet, lan) = (network.internet_latency, network.lan_latency);
    let haproxy = plan.infrastructure.host(&part.place).and_then(Host::haproxy);
    let place = part.place.as_str();
    let kib = plan.workload.answer_kib;
    let sending = |host: Option<&Host>| match host {
        Some(host) if kib > 0 => sending_time(kib, host.network_mbit),
        _ => SimDuration::ZERO,
    };
    match part.on {
        // One crossing for the first packet, and two for each round trip: that of TCP, those of TLS.
        On::Connect => haproxy.map_or(internet * 3, |haproxy| {
            internet * (3 + 2 * u64::from(haproxy.tls_round_trips)) + haproxy.processing_time
        }),
        On::Work(Part::Handshake) => {
            haproxy.and_then(|haproxy| haproxy.tls).map_or(SimDuration::ZERO, |tls| tls.full_work)
        }
        On::Work(Part::Nginx) => way.nginx(place).map_or(SimDuration::ZERO, |own| own.service_time),
        On::Work(Part::Application) => {
            way.app(place).map_or(SimDuration::ZERO, |own| own.service_time)
        }
        On::Work(Part::Query) => way.mysql(place).map_or(SimDuration::ZERO, |own| own.service_time),
        On::Disk => plan.infrastructure.host(place).map_or(SimDuration::ZERO, |host| {
            SimDuration::from_ns(1_000_000_000 / u64::from(host.disk_iops.max(1)))
        }),
        // There twice and back, then the request or the query, and the answer; with TLS to the servers a round trip more.
        On::Link => {
            let to_servers = way.haproxy().and_then(|haproxy| haproxy.tls);
            let more = if to_servers.is_some_and(|tls| tls.to_servers) { 6 } else { 4 };
            lan * more + sending(sender(way, place))
        }
        On::Answer => internet + sending(way.first_machine().and_then(|name| way.site.host(name))),
        On::Address | On::Client | On::Queue | On::Wait(_) | On::Retry => SimDuration::ZERO,
    }
}
