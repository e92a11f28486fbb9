//! A balancer in its network: the HAProxy process of `haproxy`, the machine it runs on, the way to its servers. What the
//! process wants done is done here: connections take their time, and meet servers that may be gone.

use crate::haproxy::{
    Answer, Awaited, CheckTicket, Effect, Head, Proxy, Reply, Termination, Ticket as Stream, Timer,
};

use crate::kernel::SimDuration;

use super::event::Event;
use super::fact::{Outcome, ServerError, Step};
use super::origin::{Admission, Job};
use super::snapshot::MessageKind;
use super::syn::{Syn, is_given_up};
use super::vrrp::Keepalived;
use super::world::{Simulation, Ticket};

/// A balancer at an instant.
#[derive(Clone, Debug)]
pub(super) struct Balancer {
    pub(super) host: usize,
    pub(super) proxy: Proxy,
    /// Processes that a reload replaced and that still hold connections, with their epochs.
    pub(super) retired: Vec<(u32, Proxy)>,
    /// Whether the HAProxy process runs.
    pub(super) is_up: bool,
    /// Whether the firewall lets users in.
    pub(super) is_reachable: bool,
    /// Grows with each start of the process: what a client's connection belongs to.
    pub(super) epoch: u32,
    /// Where the process's servers are, by their index among all of them.
    pub(super) links: Vec<Link>,
    pub(super) keepalived: Option<Keepalived>,
}

/// The way from a balancer to one of its servers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) origin: usize,
    /// Where that is.
    pub(super) host: usize,
    pub(super) is_reachable: bool,
}

/// A request's connection from a balancer to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) balancer: u16,
    pub(super) server: u16,
    /// The request's number: chance is addressed by it.
    pub(super) number: u32,
    pub(super) ticket: Stream,
}

/// A check's connection from a balancer to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) balancer: u16,
    pub(super) ticket: CheckTicket,
}

impl Balancer {
    /// Whether a timer of a request has been overtaken.
    pub(super) fn is_void(&self, timer: Timer) -> bool {
        self.proxy.is_void(timer) && self.retired.iter().all(|(_, proxy)| proxy.is_void(timer))
    }

    /// Takes what the retired processes want, and lets the idle ones go.
    fn retire(&mut self, effects: &mut Vec<Effect>) {
        for (_, proxy) in &mut self.retired {
            proxy.take_effects(effects);
            if !effects.is_empty() {
                return;
            }
        }
        self.retired.retain(|(_, proxy)| !proxy.is_idle());
    }

    /// The running process of this epoch: the present one, or one that a reload replaced.
    pub(super) fn process(&mut self, epoch: u32) -> Option<&mut Proxy> {
        if !self.is_up {
            None
        } else if self.epoch == epoch {
            Some(&mut self.proxy)
        } else {
            self.retired.iter_mut().find(|(own, _)| *own == epoch).map(|(_, proxy)| proxy)
        }
    }
}

impl Simulation {
    /// A client's connection request reaches the balancer.
    pub(super) fn at_the_balancer(&mut self, slot: u32, balancer: usize) {
        let request = &mut self.requests[slot as usize];
        request.balancer = Some(balancer as u16);
        request.process = self.balancers[balancer].epoch;
        if self.balancers[balancer].proxy.connection(self.now, slot) {
            self.let_in(slot, balancer);
        } else {
            self.tell_not_let_in(slot, balancer);
        }
    }

    /// A request is complete at the frontend of the process that took its connection, if that still lives.
    pub(super) fn frontend_request(&mut self, ticket: Ticket) {
        if !self.is_clients(ticket) {
            return;
        }
        let request = &self.requests[ticket.slot as usize];
        let Some(balancer) = request.balancer.map(usize::from) else { return };
        let Some(process) = self.balancers[balancer].process(request.process) else { return };
        let head = Head {
            client: ticket.slot,
            number: request.number as u32,
            source: request.source,
            uri: request.path(),
            headers: &[],
            cookie: request.cookie.as_deref(),
        };
        let stream = process.request(self.now, &head);
        self.requests[ticket.slot as usize].stream = Some(stream);
        self.follow(balancer);
    }

    /// Does what the process wants, until it wants nothing more.
    pub(super) fn follow(&mut self, balancer: usize) {
        let of = &mut self.balancers[balancer];
        if of.retired.is_empty() {
            if let Some(effect) = of.proxy.take_only_effect() {
                self.obey(balancer, effect);
            }
            if !self.balancers[balancer].proxy.has_effects() {
                return;
            }
        }
        let mut effects = self.effects.pop().unwrap_or_default();
        loop {
            let of = &mut self.balancers[balancer];
            of.proxy.take_effects(&mut effects);
            if effects.is_empty() && !of.retired.is_empty() {
                of.retire(&mut effects);
            }
            if effects.is_empty() {
                break;
            }
            for effect in effects.drain(..) {
                self.obey(balancer, effect);
            }
        }
        self.effects.push(effects);
    }

    fn obey(&mut self, balancer: usize, effect: Effect) {
        match effect {
            Effect::Set { after, timer, is_deadline: true } => {
                self.deadline(after, Event::Proxy(balancer as u16, timer));
            }
            Effect::Set { after, timer, is_deadline: false } => {
                self.after(after, Event::Proxy(balancer as u16, timer));
            }
            Effect::Accept(slot) => self.let_in(slot, balancer),
            Effect::Connect { ticket, server, number, timeout } => {
                let leg = Leg { balancer: balancer as u16, server, number, ticket };
                self.connect(leg, 1);
                // It may stand, or have failed, at once.
                let timer = Timer::Connect(ticket);
                if !self.balancers[balancer].is_void(timer) {
                    self.deadline(timeout, Event::Proxy(balancer as u16, timer));
                }
            }
            Effect::Check(ticket) => self.probe(Probe { balancer: balancer as u16, ticket }, 1),
            Effect::Reply(reply) => self.respond(balancer, &reply),
            Effect::Learn { backend, source, server } => {
                for other in (0..self.balancers.len()).filter(|other| *other != balancer) {
                    let learn = || Event::Learn { balancer: other as u16, backend, source, server };
                    let ends = [self.balancers[balancer].host, self.balancers[other].host];
                    self.send(ends, 1, learn, |simulation| {
                        simulation.learn(other as u16, backend, source, server);
                    });
                }
            }
            Effect::Happened(event) => self.tell(balancer, event),
        }
    }

    /// A peer's news of a stick table arrives.
    pub(super) fn learn(&mut self, balancer: u16, backend: u16, source: u32, server: u16) {
        let of = &mut self.balancers[balancer as usize];
        if of.is_up && self.hosts[of.host].is_up {
            of.proxy.learn(self.now, backend, source, server);
        }
    }

    /// The balancer takes the client's connection: handshakes, and then the request.
    fn let_in(&mut self, slot: u32, balancer: usize) {
        let of = &self.balancers[balancer];
        let (host, epoch) = (of.host, of.epoch);
        let computes = of.proxy.config().tls.is_some();
        let processing = self.slowed(host, of.proxy.config().processing_time);
        let request = &mut self.requests[slot as usize];
        request.is_accepted = true;
        request.process = epoch;
        let number = request.number;
        let ticket = self.client_ticket(slot);
        let round_trips = 1 + self.begin_handshake(balancer, slot).round_trips;
        let mut handshakes = self.internet_latency() * (2 * round_trips);
        self.step(slot, |simulation| Step::Accepted { balancer: simulation.host_name(host) });
        if self.uplinks.is_troubled {
            let Some(late) = self.users_lateness(host, 2 * round_trips) else {
                self.tell_users_cut(slot, self.latest_vip(slot));
                return;
            };
            handshakes = handshakes + late;
        }
        let takes = handshakes + processing;
        self.record_message(number, [None, Some(host)], takes, MessageKind::Request);
        if computes {
            self.after(handshakes, Event::HandshakeDue(ticket));
        } else {
            self.request_follows(ticket, balancer, takes);
        }
    }

    /// The handshake is done: the request is there already.
    pub(super) fn send_request(&mut self, ticket: Ticket) {
        if !self.is_clients(ticket) {
            return;
        }
        if let Some(balancer) = self.requests[ticket.slot as usize].balancer.map(usize::from) {
            let of = &self.balancers[balancer];
            let processing = self.slowed(of.host, of.proxy.config().processing_time);
            self.request_follows(ticket, balancer, processing);
        }
    }

    fn request_follows(&mut self, ticket: Ticket, balancer: usize, ready: SimDuration) {
        if self.is_slow(self.requests[ticket.slot as usize].number) {
            self.send_slowly(ticket, balancer, ready);
            return;
        }
        self.travel(
            ready,
            || Event::FrontendRequest(ticket),
            |simulation| {
                simulation.frontend_request(ticket);
            },
        );
    }

    /// A client sends for so long, or stays silent: its request is complete in the end, or the balancer has had enough before.
    fn send_slowly(&mut self, ticket: Ticket, balancer: usize, ready: SimDuration) {
        let takes = self.plan.workload.slow_clients.takes;
        self.step(ticket.slot, |_| Step::SendsSlowly { takes });
        let limit = self.balancers[balancer].proxy.request_limit(takes.is_none());
        match (takes, limit) {
            (Some(takes), limit) if limit.is_none_or(|limit| takes < limit) => {
                self.after(ready + takes, Event::FrontendRequest(ticket));
            }
            (_, Some(limit)) => self.after(ready + limit, Event::RequestTimeout(ticket)),
            (_, None) => {}
        }
    }

    /// The request is not complete in time.
    pub(super) fn request_timed_out(&mut self, ticket: Ticket) {
        if !self.is_clients(ticket) {
            return;
        }
        let request = &self.requests[ticket.slot as usize];
        let Some(balancer) = request.balancer.map(usize::from) else { return };
        let Some(process) = self.balancers[balancer].process(request.process) else { return };
        process.request_timed_out(self.now, ticket.slot);
        self.follow(balancer);
    }

    /// The kernel of a balancer sends the SYN of a connection for the first time, or for a later one.
    fn connect(&mut self, leg: Leg, sent: u8) {
        if self.remembers() {
            self.tell_connecting(leg, sent);
        }
        let ends = self.leg_ends(leg);
        self.send_syn(
            ends,
            sent,
            |syn| Event::ServerSyn(leg, syn),
            |simulation, syn| simulation.server_syn(leg, syn),
            || Event::ServerAgain(leg, sent + 1),
        );
    }

    #[cold]
    fn tell_connecting(&mut self, leg: Leg, sent: u8) {
        let from = self.balancers[leg.balancer as usize].host;
        let to = self.origins[self.link(leg.balancer, leg.server).origin].host;
        let answers = matches!(self.knock(leg.balancer, leg.server), Admission::Accepted(_));
        let kind = if answers { MessageKind::Request } else { MessageKind::Lost };
        let latency = self.lan_latency();
        self.record_message(u64::from(leg.number), [Some(from), Some(to)], latency * 3, kind);
        let link = self.link(leg.balancer, leg.server);
        if !link.is_reachable
            && sent == 1
            && let Some(slot) = self.slot_of(leg)
            && let Some(step) = self.blocked(from, to, self.origins[link.origin].port)
        {
            self.step(slot, |_| step);
        }
    }

    pub(super) fn server_syn(&mut self, leg: Leg, syn: Syn) {
        let [from, to] = self.leg_ends(leg);
        let met = self.knock(leg.balancer, leg.server);
        if self.remembers() {
            self.tell_syn_met(leg, syn, met);
        }
        let crossings = [1, self.crossings_to_connect(leg.balancer as usize)];
        if !self.answer_syn(leg, met, [to, from], crossings) {
            let again = Event::ServerAgain(leg, syn.sent + 1);
            self.syn_unheard([from, to], syn, |next| Event::ServerSyn(leg, next), again);
        }
    }

    /// A SYN that met silence is sent for the time told, if its process still waits for the connection and its kernel has not given up.
    pub(super) fn connect_again(&mut self, leg: Leg, sent: u8) {
        let of = &self.balancers[leg.balancer as usize];
        let is_awaited = !of.is_void(Timer::Connect(leg.ticket));
        if !is_awaited || !of.is_up || !self.hosts[of.host].is_up {
            return;
        }
        if !is_given_up(sent) {
            self.connect(leg, sent);
            return;
        }
        let now = self.now;
        let Some(process) = self.process(leg) else { return };
        process.given_up(now, leg.ticket);
        self.follow(leg.balancer as usize);
    }

    pub(super) fn server_refused(&mut self, leg: Leg) {
        let now = self.now;
        let Some(process) = self.process(leg) else { return };
        process.refused(now, leg.ticket);
        self.follow(leg.balancer as usize);
    }

    pub(super) fn server_connected(&mut self, leg: Leg, epoch: u32) {
        let now = self.now;
        let Some(process) = self.process(leg) else { return };
        let awaited = process.connected(now, leg.ticket);
        self.follow(leg.balancer as usize);
        if let Some(Awaited { ticket, timeout }) = awaited {
            self.deadline(timeout, Event::Proxy(leg.balancer, Timer::Server(ticket)));
            let leg = Leg { ticket, ..leg };
            let ends = self.leg_ends(leg);
            self.send(
                ends,
                1,
                || Event::ServerRequest(leg, epoch),
                |simulation| {
                    simulation.server_request(leg, epoch);
                },
            );
        }
    }

    pub(super) fn server_request(&mut self, leg: Leg, epoch: u32) {
        let origin = self.link(leg.balancer, leg.server).origin;
        self.job_arrives(origin, epoch, Job::Request(leg));
    }

    pub(super) fn server_closed(&mut self, leg: Leg) {
        let now = self.now;
        let Some(process) = self.process(leg) else { return };
        process.closed(now, leg.ticket);
        self.follow(leg.balancer as usize);
    }

    pub(super) fn server_answered(&mut self, leg: Leg, result: Result<(), ServerError>) {
        let status = result.map_or_else(ServerError::status, |()| 200);
        let error = result.err();
        if self.remembers()
            && let Some(slot) = self.slot_of(leg)
        {
            self.step(slot, |simulation| Step::Answered {
                server: simulation.server_short(leg.balancer as usize, leg.server),
                status,
                error,
            });
        }
        let now = self.now;
        let answer = Answer { status, ..Answer::default() };
        let Some(process) = self.process(leg) else { return };
        process.answered(now, leg.ticket, answer);
        self.follow(leg.balancer as usize);
    }

    /// The slot of the request that a leg belongs to, if its user still waits.
    pub(super) fn slot_of(&self, leg: Leg) -> Option<u32> {
        let of = self.balancers.get(leg.balancer as usize).filter(|of| of.is_up)?;
        let retired = of.retired.iter().map(|(_, proxy)| proxy);
        let mut processes = std::iter::once(&of.proxy).chain(retired);
        let slot = processes.find_map(|proxy| proxy.client_of(leg.ticket))?;
        let request = self.requests.get(slot as usize)?;
        (request.is_active && request.number as u32 == leg.number).then_some(slot)
    }

    /// The answer goes back to the client by the way the request came.
    fn respond(&mut self, balancer: usize, reply: &Reply) {
        let Some(request) = self.requests.get_mut(reply.client as usize) else { return };
        if !request.is_active || request.balancer != Some(balancer as u16) {
            return;
        }
        request.stream = None;
        let number = request.number;
        let set_cookie = reply.set_cookie;
        let outcome = if reply.termination == Termination::Normal && reply.status < 400 {
            Outcome::Ok
        } else {
            Outcome::Status { status: reply.status, termination: reply.termination }
        };
        self.remember_cookie(reply.client, balancer, set_cookie);
        let host = self.balancers[balancer].host;
        let client = self.client_ticket(reply.client);
        let latency = self.internet_latency();
        let kind = if outcome.is_ok() { MessageKind::Answer } else { MessageKind::Error };
        self.record_message(number, [Some(host), None], latency, kind);
        let takes = self.transmission(host);
        if takes == SimDuration::ZERO {
            self.answer_user(client, outcome, 0);
        } else {
            self.after(takes, Event::AnswerAgain { client, outcome, sent: 0 });
        }
    }

    pub(super) fn link(&self, balancer: u16, server: u16) -> Link {
        self.balancers[balancer as usize].links[server as usize]
    }

    /// The hosts between which a leg goes.
    fn leg_ends(&self, leg: Leg) -> [usize; 2] {
        let of = &self.balancers[leg.balancer as usize];
        [of.host, of.links[leg.server as usize].host]
    }

    /// The running process that a leg belongs to.
    fn process(&mut self, leg: Leg) -> Option<&mut Proxy> {
        let of = &mut self.balancers[leg.balancer as usize];
        if of.retired.is_empty() || of.proxy.client_of(leg.ticket).is_some() {
            return of.is_up.then_some(&mut of.proxy);
        }
        let retired = of.retired.iter_mut().map(|(_, proxy)| proxy);
        { retired }.find(|proxy| proxy.client_of(leg.ticket).is_some())
    }

    /// A timer of a balancer's process runs out, unless the process is dead.
    pub(super) fn proxy_timer(&mut self, balancer: usize, timer: Timer) {
        let of = &mut self.balancers[balancer];
        if of.is_up && self.hosts[of.host].is_up {
            let old = of.retired.iter_mut().find(|(_, proxy)| proxy.owns(timer));
            old.map_or(&mut of.proxy, |(_, proxy)| proxy).timer(self.now, timer);
            self.follow(balancer);
        }
    }
}
