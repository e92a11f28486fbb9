//! Nginx as a reverse proxy: what it passes on to the applications of its upstream, and what becomes of it. A worker process waits for
//! nobody: it is free for others while the application works; what is held meanwhile are two connections. All workers know of one
//! another's failures, as with a `zone` in the `upstream`.

use crate::infra::ProxyPass;
use crate::kernel::{SimDuration, SimTime};
use crate::nginx::{Failure, Next, Passing, Upstream};

use super::balancer::Link;
use super::event::Event;
use super::fact::{ServerError, Step};
use super::origin::{Admission, Job, Kind, Origin};
use super::snapshot::MessageKind;
use super::syn::{Syn, is_given_up};
use super::world::{Simulation, Work};

/// What Nginx needs to pass requests on, and those it has passed on.
#[derive(Clone, Debug)]
pub(super) struct Relaying {
    pub(super) config: ProxyPass,
    upstream: Upstream,
    /// Where the servers are, in the order of the configuration.
    links: Vec<Link>,
    relays: Vec<Relay>,
    free: Vec<u32>,
    /// Until when the page in the cache is fresh, if there is one.
    cached_until: Option<SimTime>,
}

/// A request that Nginx has passed on. Slots are used again; the serial tells the tries apart.
#[derive(Clone, Debug)]
struct Relay {
    serial: u32,
    /// What Nginx owes an answer to.
    downstream: Job,
    passing: Passing,
    /// The server that has it, by its place in the configuration.
    server: usize,
    stage: Stage,
    is_again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connecting,
    Reading,
    Over,
}

/// One try of a relay: on which Nginx, which of its relays, and at which try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) nginx: u16,
    pub(super) is_check: bool,
    pub(super) slot: u32,
    serial: u32,
    /// The request's number: chance is addressed by it.
    pub(super) number: u32,
}

impl Relaying {
    pub(super) fn new(config: &ProxyPass, links: Vec<Link>) -> Self {
        Self {
            config: config.clone(),
            upstream: Upstream::new(&config.upstream, SimDuration::ZERO),
            links,
            relays: Vec::new(),
            free: Vec::new(),
            cached_until: None,
        }
    }

    /// The hosts of its servers in the order in which one request would try them now.
    pub(super) fn turns(&self, at: SimTime) -> Vec<usize> {
        let mut upstream = self.upstream.clone();
        let mut passing = upstream.request();
        let picks = self.links.iter().map_while(|_| upstream.pick(at, &mut passing));
        picks.map(|server| self.links[server].host).collect()
    }

    /// The hosts of its servers, in the order of the configuration, each with how it stands.
    pub(super) fn figures(&self, at: SimTime) -> impl Iterator<Item = (usize, String)> {
        self.links.iter().map(|link| link.host).zip(self.upstream.figures(at))
    }

    /// How many servers the upstream has.
    pub(super) const fn servers(&self) -> usize {
        self.links.len()
    }

    /// Connections held for what has been passed on: the client's and the upstream's.
    pub(super) fn connections(&self) -> u64 {
        2 * (self.relays.len() - self.free.len()) as u64
    }

    /// The same, counted one by one.
    pub(super) fn open(&self) -> u64 {
        self.relays.iter().filter(|relay| relay.stage != Stage::Over).count() as u64
    }

    fn is_over(&self, hop: Hop, is_reading: bool) -> bool {
        let relay = &self.relays[hop.slot as usize];
        let stage = if is_reading { Stage::Reading } else { Stage::Connecting };
        relay.serial != hop.serial || relay.stage != stage
    }

    fn open_relay(&mut self, downstream: Job) -> u32 {
        let passing = self.upstream.request();
        let fresh = Relay {
            serial: 0,
            downstream,
            passing,
            server: 0,
            stage: Stage::Connecting,
            is_again: false,
        };
        if let Some(slot) = self.free.pop() {
            let serial = self.relays[slot as usize].serial;
            self.relays[slot as usize] = Relay { serial, ..fresh };
            slot
        } else {
            self.relays.push(fresh);
            (self.relays.len() - 1) as u32
        }
    }

    fn close(&mut self, slot: u32) -> Job {
        let relay = &mut self.relays[slot as usize];
        relay.serial += 1;
        relay.stage = Stage::Over;
        self.free.push(slot);
        relay.downstream
    }

    /// The process dies: it forgets everything. What it owed an answer to is returned.
    pub(super) fn forget(&mut self) -> Vec<Job> {
        self.upstream = Upstream::new(&self.config.upstream, SimDuration::ZERO);
        let slots = 0..self.relays.len() as u32;
        let open = slots.filter(|slot| self.relays[*slot as usize].stage != Stage::Over);
        let open: Vec<u32> = open.collect();
        open.into_iter().map(|slot| self.close(slot)).collect()
    }
}

impl Origin {
    /// Connections that Nginx holds for what it has passed on.
    pub(super) fn passed_on(&self) -> u64 {
        match &self.kind {
            Kind::Nginx { proxy: Some(relaying), .. } => relaying.connections(),
            Kind::Nginx { .. } | Kind::App { .. } => 0,
        }
    }

    /// Whether nobody waits any more for what happens at this stage of this try.
    pub(super) fn is_relay_over(&self, hop: Hop, is_reading: bool) -> bool {
        match &self.kind {
            Kind::Nginx { proxy: Some(relaying), .. } => relaying.is_over(hop, is_reading),
            Kind::Nginx { .. } | Kind::App { .. } => true,
        }
    }
}

impl Simulation {
    /// Nginx has read a request that is not for itself: the worker is free, and the upstream is asked.
    pub(super) fn pass_on(&mut self, work: Work) {
        if self.is_cached(work, false) {
            self.tell_cached(work.origin, work.job, false);
            self.answer(work, Ok(()));
            return;
        }
        if self.connections_left(work.origin as usize) == 0 {
            self.answer(work, Err(ServerError::WorkerConnections));
            return;
        }
        let Some(relaying) = self.relaying(work.origin) else { return };
        let slot = relaying.open_relay(work.job);
        self.release(work);
        self.try_upstream(work.origin, slot);
    }

    /// Whether the cache has a page for this job: a fresh one, or any.
    fn is_cached(&self, work: Work, stale_too: bool) -> bool {
        let Kind::Nginx { proxy: Some(relaying), .. } = &self.origins[work.origin as usize].kind
        else {
            return false;
        };
        let Some(cached_until) = relaying.cached_until else { return false };
        let is_read = work.job.number().is_some_and(|number| !self.is_write(number));
        is_read && (stale_too || self.now < cached_until)
    }

    fn tell_cached(&mut self, nginx: u16, job: Job, is_stale: bool) {
        self.relay_step(job, |simulation| Step::FromCache {
            web: simulation.origin_name(nginx as usize),
            is_stale,
        });
    }

    /// The request goes to the server whose turn it is.
    fn try_upstream(&mut self, nginx: u16, slot: u32) {
        let now = self.now;
        let Some(relaying) = self.relaying(nginx) else { return };
        let relay = &mut relaying.relays[slot as usize];
        relay.serial += 1;
        relay.stage = Stage::Connecting;
        let again = std::mem::replace(&mut relay.is_again, true);
        let (serial, job) = (relay.serial, relay.downstream);
        let picked = relaying.upstream.pick(now, &mut relay.passing);
        relay.server = picked.unwrap_or(0);
        let timeout = relaying.config.connect_timeout;
        let Some(server) = picked else {
            self.relay_step(job, |simulation| Step::NoLiveUpstream {
                web: simulation.origin_name(nginx as usize),
            });
            self.relay_ends(nginx, slot, Err(ServerError::BadGateway));
            return;
        };
        let (number, is_check) = (job.number().unwrap_or(0), matches!(job, Job::Check(_)));
        let hop = Hop { nginx, is_check, slot, serial, number };
        self.relay_step(job, |simulation| Step::PassedOn {
            web: simulation.origin_name(nginx as usize),
            server: simulation.upstream_name(nginx, server),
            again,
        });
        let ends = self.relay_ends_at(nginx, server);
        self.tell_blocked(job, ends, self.relay_link(hop));
        if !is_check && self.remembers() {
            let answers = matches!(self.knock_at(self.relay_link(hop)), Admission::Accepted(_));
            let kind = if answers { MessageKind::Request } else { MessageKind::Lost };
            let latency = self.lan_latency() * 3;
            self.record_message(u64::from(number), ends.map(Some), latency, kind);
        }
        self.deadline(timeout, Event::RelayTimeout { hop, is_reading: false });
        self.relay_connects(hop, 1);
    }

    /// Nginx's kernel sends a SYN for the time told, unless this try is over; or it gives up.
    pub(super) fn relay_connects(&mut self, hop: Hop, sent: u8) {
        let Some(ends) = self.hop_ends(hop) else { return };
        if is_given_up(sent) {
            self.relay_failed(hop, Failure::Error);
            return;
        }
        self.send_syn(
            ends,
            sent,
            |syn| Event::RelaySyn(hop, syn),
            |simulation, syn| simulation.relay_syn(hop, syn),
            || Event::RelayAgain(hop, sent + 1),
        );
    }

    /// Nginx's connection request is at the application.
    pub(super) fn relay_syn(&mut self, hop: Hop, syn: Syn) {
        let Some([from, to]) = self.hop_ends(hop) else { return };
        let met = self.knock_at(self.relay_link(hop));
        match met {
            Admission::Accepted(_) if syn.sent > 1 => {
                if let Some(job) = self.downstream(hop) {
                    self.relay_step(job, |simulation| Step::SynAgain {
                        server: simulation.host_name(to),
                    });
                }
            }
            Admission::Silent => self.tell_unheard(Job::Relayed(hop), self.relay_link(hop)),
            Admission::Accepted(_) | Admission::Refused => {}
        }
        if !self.answer_syn(hop, met, [to, from], [1, 1]) {
            let again = Event::RelayAgain(hop, syn.sent + 1);
            self.syn_unheard([from, to], syn, |next| Event::RelaySyn(hop, next), again);
        }
    }

    /// Connected: the request follows.
    pub(super) fn relay_connected(&mut self, hop: Hop, epoch: u32) {
        let Some(ends) = self.hop_ends(hop) else { return };
        let Some(relaying) = self.relaying(hop.nginx) else { return };
        let relay = &mut relaying.relays[hop.slot as usize];
        if relay.stage != Stage::Connecting {
            return;
        }
        relay.stage = Stage::Reading;
        let timeout = relaying.config.read_timeout;
        let origin = relaying.links[relay.server].origin;
        self.deadline(timeout, Event::RelayTimeout { hop, is_reading: true });
        self.send(
            ends,
            1,
            || Event::RelayArrives(hop, origin as u16, epoch),
            |simulation| {
                simulation.job_arrives(origin, epoch, Job::Relayed(hop));
            },
        );
    }

    /// The connection of this try is refused or reset; Nginx hears of it by the network, unless that is lost.
    pub(super) fn relay_fails_after(&mut self, hop: Hop, ends: [usize; 2]) {
        self.send(
            ends,
            1,
            || Event::RelayFailed(hop),
            |simulation| {
                simulation.relay_failed(hop, Failure::Error);
            },
        );
    }

    /// The application has answered Nginx.
    pub(super) fn relay_answered(&mut self, hop: Hop, result: Result<(), ServerError>) {
        let now = self.now;
        let is_unsafe = self.is_write(hop.number);
        if self.hop_ends(hop).is_none() {
            return;
        }
        let Some(relaying) = self.relaying(hop.nginx) else { return };
        let relay = &mut relaying.relays[hop.slot as usize];
        let status = result.map_or_else(ServerError::status, |()| 200);
        let server = relay.server;
        let job = relay.downstream;
        let next = relaying.upstream.answered(now, &mut relay.passing, status, is_unsafe);
        self.relay_step(job, |simulation| Step::Answered {
            server: simulation.upstream_name(hop.nginx, server),
            status,
            error: result.err(),
        });
        if result.is_ok()
            && !self.is_write(hop.number)
            && !hop.is_check
            && let Some(relaying) = self.relaying(hop.nginx)
            && let Some(cache) = relaying.config.cache
        {
            relaying.cached_until = Some(now + cache.valid);
        }
        match next {
            Next::Another => self.try_upstream(hop.nginx, hop.slot),
            Next::Answer(_) => self.relay_ends(hop.nginx, hop.slot, result),
        }
    }

    /// A try has come to nothing. If whoever asked has left meanwhile, Nginx closed the connection then: that is no failure of the
    /// server (`proxy_ignore_client_abort off`).
    pub(super) fn relay_failed(&mut self, hop: Hop, failure: Failure) {
        let now = self.now;
        if self.hop_ends(hop).is_none() {
            return;
        }
        let is_write = self.is_write(hop.number);
        let Some(relaying) = self.relaying(hop.nginx) else { return };
        let job = relaying.relays[hop.slot as usize].downstream;
        let is_awaited = self.is_awaited(job);
        let Some(relaying) = self.relaying(hop.nginx) else { return };
        let relay = &mut relaying.relays[hop.slot as usize];
        let server = relay.server;
        if !is_awaited {
            relaying.upstream.left(now, &mut relay.passing);
            relaying.close(hop.slot);
            self.ends_if_idle(hop.nginx as usize);
            return;
        }
        let is_unsafe = is_write && relay.stage == Stage::Reading;
        let next = relaying.upstream.failed(now, &mut relay.passing, failure, is_unsafe);
        if failure == Failure::Timeout {
            self.tell_cut(job, self.relay_ends_at(hop.nginx, server));
        }
        self.relay_step(job, |simulation| Step::PassFailed {
            web: simulation.origin_name(hop.nginx as usize),
            server: simulation.upstream_name(hop.nginx, server),
            failure,
        });
        match (next, failure) {
            (Next::Another, _) => self.try_upstream(hop.nginx, hop.slot),
            (Next::Answer(_), Failure::Error) => {
                self.relay_ends(hop.nginx, hop.slot, Err(ServerError::BadGateway));
            }
            (Next::Answer(_), Failure::Timeout) => {
                self.relay_ends(hop.nginx, hop.slot, Err(ServerError::GatewayTimeout));
            }
        }
    }

    /// Nginx has waited long enough for the connection, or for the answer.
    pub(super) fn relay_timed_out(&mut self, hop: Hop, is_reading: bool) {
        if !self.origins[hop.nginx as usize].is_relay_over(hop, is_reading) {
            self.relay_failed(hop, Failure::Timeout);
        }
    }

    /// Nginx answers what it has passed on.
    fn relay_ends(&mut self, nginx: u16, slot: u32, result: Result<(), ServerError>) {
        let Some(relaying) = self.relaying(nginx) else { return };
        let job = relaying.close(slot);
        let uses_stale = relaying.config.cache.is_some_and(|cache| cache.use_stale);
        let work = Work { origin: nginx, database: 0, epoch: 0, job };
        let is_saved = result.is_err() && uses_stale && self.is_cached(work, true);
        if is_saved {
            self.tell_cached(nginx, job, true);
        }
        self.send_answer(nginx as usize, job, if is_saved { Ok(()) } else { result });
        self.ends_if_idle(nginx as usize);
    }

    /// How many more connections this Nginx can hold; others have no limit.
    pub(super) fn connections_left(&self, origin: usize) -> u64 {
        let of = &self.origins[origin];
        let Kind::Nginx { connections, .. } = &of.kind else { return u64::MAX };
        let own = u64::from(of.station.busy()) + of.station.queue_length() as u64;
        connections.saturating_sub(own + of.passed_on())
    }

    /// What Nginx owes an answer to for this try, if it still goes on.
    pub(super) fn downstream(&self, hop: Hop) -> Option<Job> {
        self.hop_ends(hop)?;
        match &self.origins[hop.nginx as usize].kind {
            Kind::Nginx { proxy: Some(relaying), .. } => {
                Some(relaying.relays[hop.slot as usize].downstream)
            }
            Kind::Nginx { .. } | Kind::App { .. } => None,
        }
    }

    /// Where a server of an upstream is.
    pub(super) fn upstream_origin(&self, nginx: usize, server: usize) -> Option<usize> {
        match &self.origins[nginx].kind {
            Kind::Nginx { proxy: Some(relaying), .. } => Some(relaying.links[server].origin),
            Kind::Nginx { .. } | Kind::App { .. } => None,
        }
    }

    pub(super) fn set_upstream_reach(&mut self, nginx: usize, server: usize, is_reachable: bool) {
        if let Some(relaying) = self.relaying(nginx as u16) {
            relaying.links[server].is_reachable = is_reachable;
        }
    }

    fn relaying(&mut self, nginx: u16) -> Option<&mut Relaying> {
        match &mut self.origins[nginx as usize].kind {
            Kind::Nginx { proxy, .. } => proxy.as_deref_mut(),
            Kind::App { .. } => None,
        }
    }

    /// The hosts between which a try goes on; `None` if it is over.
    fn hop_ends(&self, hop: Hop) -> Option<[usize; 2]> {
        let Kind::Nginx { proxy: Some(relaying), .. } = &self.origins[hop.nginx as usize].kind
        else {
            return None;
        };
        let relay = &relaying.relays[hop.slot as usize];
        let goes_on = relay.serial == hop.serial && relay.stage != Stage::Over;
        goes_on.then(|| self.relay_ends_at(hop.nginx, relay.server))
    }

    fn relay_ends_at(&self, nginx: u16, server: usize) -> [usize; 2] {
        let of = &self.origins[nginx as usize];
        let Kind::Nginx { proxy: Some(relaying), .. } = &of.kind else { return [of.host; 2] };
        [of.host, relaying.links[server].host]
    }

    fn relay_link(&self, hop: Hop) -> Link {
        match &self.origins[hop.nginx as usize].kind {
            Kind::Nginx { proxy: Some(relaying), .. } => {
                relaying.links[relaying.relays[hop.slot as usize].server]
            }
            // What has no upstream passes nothing on.
            Kind::Nginx { .. } | Kind::App { .. } => {
                let origin = hop.nginx as usize;
                Link { origin, host: self.origins[origin].host, is_reachable: false }
            }
        }
    }

    fn upstream_name(&self, nginx: u16, server: usize) -> String {
        self.host_name(self.relay_ends_at(nginx, server)[1])
    }

    fn origin_name(&self, origin: usize) -> String {
        self.host_name(self.origins[origin].host)
    }

    /// Tells which rule drops a connection request, if one does.
    fn tell_blocked(&mut self, job: Job, [from, to]: [usize; 2], link: Link) {
        if link.is_reachable || !self.remembers() {
            return;
        }
        if let Some(step) = self.blocked(from, to, self.origins[link.origin].port) {
            self.relay_step(job, |_| step);
        }
    }

    /// Adds to the cause chain of the request that a job belongs to.
    fn relay_step(&mut self, job: Job, step: impl FnOnce(&Self) -> Step) {
        if self.remembers()
            && let Some(slot) = self.slot_of_job(job)
        {
            self.step(slot, step);
        }
    }
}
