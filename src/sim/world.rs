//! The world: everything that is there at an instant, the events that change it, and the loop that makes time pass.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::infra::{Infrastructure, Place};
use crate::kernel::{Agenda, Chance, Digest, Histogram, SimDuration, SimTime};

use super::ahead::Ahead;
use super::balancer::Balancer;
use super::client::Request;
use super::cpu::Cores;
use super::database::Database;
use super::delivery::Vip;
use super::event::Event;
use super::fact::{Fact, FactKind, RequestRecord};
use super::gray::Ailment;
use super::memory::Memory;
use super::monitoring::Watch;
use super::network::Links;
use super::origin::{Job, Origin};
use super::sessions::Session;
use super::snapshot::{Message, MessageKind, RequestCounts};
use super::tls::Tickets;
use super::uplink::Uplinks;
use super::{Plan, PlanError, wiring};

/// What is kept of the past. Facts and counters always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Nothing else: for long and large runs.
    Off,
    /// The last ended requests with their cause chains, and the messages of the last seconds, up to a limit.
    Recent,
}

/// How many ended requests are kept with [`History::Recent`].
pub const RECORD_LIMIT: usize = 5_000;
/// How long messages are kept with [`History::Recent`]: who looks at a run in real time sees the way of each request from end to end,
/// 24 links of 0.35 s.
const MESSAGE_LIFETIME: SimDuration = SimDuration::from_secs(9);
/// How many messages are kept with [`History::Recent`].
pub const MESSAGE_LIMIT: usize = 20_000;
/// How many facts are kept; all go into the digest.
pub const FACT_LIMIT: usize = 200_000;

/// A simulation: a world, its agenda, and what it remembers.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(super) now: SimTime,
    pub(super) agenda: Agenda<Event>,
    pub(super) chance: Chance,
    pub(super) plan: Plan,
    pub(super) hosts: Vec<Host>,
    /// Whether each host's monitoring agent runs.
    pub(super) agents: Vec<bool>,
    pub(super) balancers: Vec<Balancer>,
    pub(super) vips: Vec<Vip>,
    /// Whether VRRP adverts between the balancers are lost.
    pub(super) heartbeat_is_cut: bool,
    pub(super) adverts: Vec<super::adverts::Tally>,
    pub(super) resolvers: Vec<super::dns::Resolver>,
    /// Queries that the site's name servers have answered.
    pub(super) next_first: u64,
    /// Mean time between two arrivals.
    pub(super) mean_gap: SimDuration,
    pub(super) ahead: Ahead,
    pub(super) origins: Vec<Origin>,
    pub(super) databases: Vec<Database>,
    pub(super) requests: Vec<Request>,
    pub(super) free_requests: Vec<u32>,
    pub(super) counts: RequestCounts,
    pub(super) response_times: Histogram,
    pub(super) outcomes: Vec<(super::Outcome, u64)>,
    pub(super) facts: Vec<Fact>,
    pub(super) digest: Digest,
    pub(super) history: History,
    /// Shared with the copies that are kept of this world.
    pub(super) records: VecDeque<Arc<RequestRecord>>,
    pub(super) messages: VecDeque<Arc<Message>>,
    /// How many there have been.
    message_count: u64,
    pub(super) record_count: u64,
    /// Whether it matters who sends a request; else all are taken for the same client.
    pub(super) tells_clients_apart: bool,
    /// Whether some application keeps its sessions to itself; where each client's is, and how often one was not found.
    pub(super) keeps_sessions: bool,
    pub(super) sessions: Vec<Session>,
    pub(super) logged_out: u64,
    /// When the network card of each host has sent all that it was given.
    pub(super) cards: Vec<SimTime>,
    pub(super) links: Links,
    pub(super) uplinks: Uplinks,
    /// The processor cores of each host, where they are scarce.
    pub(super) cores: Vec<Option<Cores>>,
    pub(super) memory: Vec<Memory>,
    /// What is wrong with services that run.
    pub(super) ailments: Vec<Ailment>,
    /// How many ailments there have been.
    pub(super) rounds: u32,
    /// What the collector watches.
    pub(super) watches: Vec<Watch>,
    /// Whether it matters if a request writes.
    pub(super) tells_writes: bool,
    pub(super) tickets: Tickets,
    /// The cookies of each client.
    pub(super) jars: Vec<Vec<(String, String)>>,
    /// Stores for the effects that a balancer's process wants, one for each depth to which one thing leads to another at once.
    pub(super) effects: Vec<Vec<crate::haproxy::Effect>>,
    events: u64,
    last_event_at: SimTime,
}

/// A machine at an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host {
    pub(super) is_up: bool,
    pub(super) slow_factor: f64,
}

/// A request at one stage of its way: events of an earlier stage no longer concern it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) slot: u32,
    pub(super) stage: u32,
}

/// A VRRP instance at one state of its timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VrrpTicket {
    pub(super) balancer: u16,
    pub(super) instance: u16,
    pub(super) round: u32,
}

/// A job at work on an origin, as long as its process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) origin: u16,
    /// The database that it asks, if it does; here, so that what is scheduled stays small.
    pub(super) database: u16,
    pub(super) epoch: u32,
    pub(super) job: Job,
}

/// What a draw is for: the first half of its address (law 3).
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    InterArrival = 1,
    Path,
    NginxService,
    AppService,
    QueryService,
    ProcessStart,
    AdvertPhase,
    ScriptPhase,
    Client,
    Resolver,
    SlowClient,
    Write,
    Crossing,
    GrayError,
    Resumption,
    ArbiterLooks,
    Copying,
}

impl Simulation {
    /// A world at its start, as after a quiet night: the virtual addresses are with their masters, every check has passed
    /// so far, and no user has come yet.
    ///
    /// # Errors
    /// If a figure of the workload is out of range. Whether the infrastructure can stand is asked where one comes from outside
    /// ([`Plan::validate`]): presets and what edits make of them do.
    pub fn new(plan: &Plan, history: History) -> Result<Self, PlanError> {
        plan.validate_workload()?;
        let wired = wiring::wire(&plan.infrastructure);
        let mut simulation = Self {
            now: SimTime::ZERO,
            agenda: Agenda::default(),
            chance: Chance::new(plan.seed),
            plan: plan.clone(),
            agents: vec![true; wired.hosts.len()],
            hosts: wired.hosts,
            balancers: wired.balancers,
            vips: wired.vips,
            heartbeat_is_cut: false,
            adverts: Vec::new(),
            resolvers: Vec::new(),
            next_first: 0,
            mean_gap: SimDuration::from_secs_f64(1.0 / plan.workload.rate),
            ahead: Ahead::default(),
            origins: wired.origins,
            databases: wired.databases,
            requests: Vec::new(),
            free_requests: Vec::new(),
            counts: RequestCounts::default(),
            response_times: Histogram::default(),
            outcomes: Vec::new(),
            facts: Vec::new(),
            digest: Digest::default(),
            history,
            records: VecDeque::new(),
            messages: VecDeque::new(),
            message_count: 0,
            record_count: 0,
            tells_clients_apart: false,
            keeps_sessions: false,
            sessions: Vec::new(),
            logged_out: 0,
            cards: vec![SimTime::ZERO; plan.infrastructure.hosts.len()],
            links: Links::default(),
            uplinks: Uplinks::default(),
            cores: wired.cores,
            memory: wired.memory,
            ailments: Vec::new(),
            rounds: 0,
            watches: Vec::new(),
            tells_writes: false,
            tickets: Tickets::default(),
            jars: Vec::new(),
            effects: Vec::new(),
            events: 0,
            last_event_at: SimTime::ZERO,
        };
        for balancer in 0..simulation.balancers.len() {
            simulation.start_haproxy(balancer);
            simulation.balancers[balancer].proxy.prove();
            simulation.start_keepalived_elected(balancer);
        }
        simulation.keeps_sessions = simulation.has_local_sessions();
        simulation.look_at_clients();
        simulation.look_ahead();
        simulation.look_outside();
        simulation.issue_tickets();
        simulation.look_at_writes();
        simulation.lay_links();
        simulation.start_monitoring();
        simulation.schedule_arrival();
        Ok(simulation)
    }

    /// Makes everything happen that is due before `until`; `now` is then `until`.
    pub fn advance_to(&mut self, until: SimTime) {
        while self.step_before(until) {}
        self.now = self.now.max(until);
    }

    /// As [`advance_to`](Self::advance_to), but stops after `budget` events; whether it got there.
    pub fn advance_within(&mut self, until: SimTime, budget: u32) -> bool {
        for _ in 0..budget {
            if !self.step_before(until) {
                self.now = self.now.max(until);
                return true;
            }
        }
        false
    }

    /// When the next event is due.
    pub fn next_event_at(&self) -> Option<SimTime> {
        self.agenda.next_at()
    }

    fn step_before(&mut self, until: SimTime) -> bool {
        let Some((at, event)) = self.agenda.pop_before(until) else { return false };
        self.take(at, event);
        true
    }

    /// Makes an event happen that was taken from the agenda.
    #[inline]
    pub(super) fn take(&mut self, at: SimTime, event: Event) {
        self.now = at;
        self.last_event_at = at;
        self.events += 1;
        self.happen(event);
    }

    /// The instant up to which everything has happened.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// When the last event happened; the start, if none has.
    pub const fn last_event_at(&self) -> SimTime {
        self.last_event_at
    }

    /// How many events have happened.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The plan this world follows.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What happened, in order (the first [`FACT_LIMIT`]).
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The last ended requests, if the history is kept, in the order of their ends.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &RequestRecord> + Clone {
        self.records.iter().map(|record| &**record)
    }

    /// How many requests have ended since the start: the number of records ever made, if the history is kept.
    pub const fn record_count(&self) -> u64 {
        self.record_count
    }

    /// The last messages, if the history is kept, in the order of setting out.
    pub fn messages(
        &self,
    ) -> impl DoubleEndedIterator<Item = &Arc<Message>> + ExactSizeIterator + Clone {
        self.messages.iter()
    }

    /// How many messages have set out since the start, if the history is kept: of those that [`messages`](Self::messages) no longer has,
    /// nothing else is known.
    pub const fn message_count(&self) -> u64 {
        self.message_count
    }

    /// How the requests stand.
    pub const fn counts(&self) -> RequestCounts {
        self.counts
    }

    /// How requests ended, and how often each way.
    pub fn outcomes(&self) -> impl Iterator<Item = (super::Outcome, u64)> {
        self.outcomes.iter().map(|(outcome, count)| (*outcome, *count))
    }

    /// The response times of the requests that were answered well.
    pub const fn response_times(&self) -> &Histogram {
        &self.response_times
    }

    /// A digest of every fact and outcome so far.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether the history is kept.
    pub(super) fn remembers(&self) -> bool {
        self.history == History::Recent
    }

    pub(super) const fn infrastructure(&self) -> &Infrastructure {
        &self.plan.infrastructure
    }

    pub(super) fn draw(&self, purpose: Purpose, index: u64) -> crate::kernel::Draw {
        self.chance.draw(purpose as u64, index)
    }

    pub(super) fn after(&mut self, delay: SimDuration, event: Event) {
        self.agenda.schedule(self.now + delay, event);
    }

    /// Makes an event happen after a constant time, unless it is void by then.
    #[inline]
    pub(super) fn deadline(&mut self, length: SimDuration, event: Event) {
        if let Some(lane) = self.agenda.schedule_deadline(self.now, length, event) {
            self.sweep(lane);
        }
    }

    /// Forgets the deadlines that head a lane and were overtaken.
    #[inline(never)]
    fn sweep(&mut self, lane: usize) {
        let (requests, balancers, databases) = (&self.requests, &self.balancers, &self.databases);
        let origins = &self.origins;
        self.agenda.sweep(lane, |event| match event {
            Event::ClientConnectTimeout(ticket, _) | Event::ClientResponseTimeout(ticket) => {
                !requests[ticket.slot as usize].is_at(*ticket)
            }
            Event::Proxy(balancer, timer) => balancers[*balancer as usize].is_void(*timer),
            Event::QueryTimeout { database, query, serial } => {
                databases[*database as usize].is_over(*query, *serial)
            }
            Event::RelayTimeout { hop, is_reading } => {
                origins[hop.nginx as usize].is_relay_over(*hop, *is_reading)
            }
            _ => false,
        });
    }

    /// Makes an event happen after the constant time that a way takes. What takes none happens at once: `at_once` is what the
    /// event does.
    pub(super) fn travel(
        &mut self,
        takes: SimDuration,
        event: impl FnOnce() -> Event,
        at_once: impl FnOnce(&mut Self),
    ) {
        if takes == SimDuration::ZERO {
            at_once(self);
        } else {
            self.deadline(takes, event());
        }
    }

    /// A duration on a host, stretched by its slowness.
    pub(super) fn slowed(&self, host: usize, duration: SimDuration) -> SimDuration {
        let factor = self.hosts[host].slow_factor;
        if factor > 1.0 { duration.scaled(factor) } else { duration }
    }

    pub(super) const fn lan_latency(&self) -> SimDuration {
        self.plan.infrastructure.network.lan_latency
    }

    pub(super) const fn internet_latency(&self) -> SimDuration {
        self.plan.infrastructure.network.internet_latency
    }

    pub(super) fn host_name(&self, host: usize) -> String {
        self.plan.infrastructure.hosts[host].name.clone()
    }

    pub(super) fn record_fact(&mut self, subject: String, kind: FactKind) {
        self.digest.word(self.now.as_ns());
        self.digest.text(kind.name());
        self.digest.text(&subject);
        if self.facts.len() < FACT_LIMIT {
            self.facts.push(Fact { at: self.now, subject, kind });
        }
    }

    /// Remembers a message that sets out now, if the history is kept; `None` is the users.
    #[inline]
    pub(super) fn record_message(
        &mut self,
        request: u64,
        ends: [Option<usize>; 2],
        takes: SimDuration,
        kind: MessageKind,
    ) {
        if self.remembers() {
            self.remember_message(request, ends, takes, kind);
        }
    }

    #[cold]
    fn remember_message(
        &mut self,
        request: u64,
        [from, to]: [Option<usize>; 2],
        takes: SimDuration,
        kind: MessageKind,
    ) {
        let place =
            |end: Option<usize>| end.map_or(Place::Users, |host| Place::Host(self.host_name(host)));
        let (from, to) = (place(from), place(to));
        let due_at = self.now + takes;
        let message = Message { request, from, to, sent_at: self.now, due_at, kind };
        self.messages.push_back(Arc::new(message));
        self.message_count += 1;
        while let Some(oldest) = self.messages.front()
            && (self.messages.len() > MESSAGE_LIMIT || oldest.sent_at + MESSAGE_LIFETIME < self.now)
        {
            self.messages.pop_front();
        }
    }
}
