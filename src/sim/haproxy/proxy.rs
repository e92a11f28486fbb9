//! The proxying of a request: backend by path, server by `balance`, connection attempts with retries, turn-around pause
//! and redispatch, and the status and termination state the client gets (HAProxy 2.6 manual 4.2 `retries`, `option
//! redispatch`, 8.5; details measured on 2.6.12).

use crate::infra::Haproxy;
use crate::kernel::SimDuration;
use crate::sim::fact::{DatabaseError, Outcome, Step, Termination};
use crate::sim::origin::Admission;
use crate::sim::snapshot::MessageKind;
use crate::sim::vrrp::Keepalived;
use crate::sim::world::{Event, Simulation, Ticket};

use super::balance::RoundRobin;
use super::health::Health;

/// The longest turn-around pause before a server that refused is tried again.
const TURNAROUND_MAX: SimDuration = SimDuration::from_secs(1);

/// A balancer at an instant.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Balancer {
    pub(in crate::sim) host: usize,
    pub(in crate::sim) config: Haproxy,
    /// Whether the `HAProxy` process runs.
    pub(in crate::sim) is_up: bool,
    /// Whether the firewall lets users in.
    pub(in crate::sim) is_reachable: bool,
    /// Grows when the process dies.
    pub(in crate::sim) epoch: u32,
    pub(in crate::sim) backends: Vec<PoolBackend>,
    pub(in crate::sim) servers: Vec<PoolServer>,
    pub(in crate::sim) static_backend: usize,
    pub(in crate::sim) dynamic_backend: usize,
    pub(in crate::sim) keepalived: Option<Keepalived>,
}

/// A backend: a run of the balancer's servers and their order.
#[derive(Clone, Debug)]
pub(in crate::sim) struct PoolBackend {
    pub(in crate::sim) name: String,
    pub(in crate::sim) has_httpchk: bool,
    pub(in crate::sim) first: usize,
    pub(in crate::sim) count: usize,
    pub(in crate::sim) order: RoundRobin,
}

/// A server as a balancer sees it.
#[derive(Clone, Debug)]
pub(in crate::sim) struct PoolServer {
    pub(in crate::sim) config: crate::infra::Server,
    pub(in crate::sim) backend: usize,
    pub(in crate::sim) origin: usize,
    pub(in crate::sim) is_reachable: bool,
    pub(in crate::sim) health: Health,
    /// Failed checks in a row.
    pub(in crate::sim) failures: u32,
    /// Grows with each check: events of an earlier check no longer concern it.
    pub(in crate::sim) round: u32,
    /// Connection attempts, retries included.
    pub(in crate::sim) requests: u64,
}

/// A server that was tried in vain.
#[derive(Clone, Copy, Debug)]
struct Retry {
    tried: usize,
    was_refused: bool,
}

impl Simulation {
    /// A request is complete at the frontend: it is given to a server, or refused at once.
    pub(in crate::sim) fn frontend_request(&mut self, ticket: Ticket) {
        let Some(balancer) = self.balancer_of(ticket) else { return };
        let is_static = self.requests[ticket.slot as usize].is_static;
        let pool = &self.balancers[balancer];
        let backend = if is_static { pool.static_backend } else { pool.dynamic_backend };
        self.assign(ticket, balancer, backend, None);
    }

    /// Runs the balance algorithm and connects to the server it picks: at once, or after the turn-around pause if
    /// the server that refused (`retry`) is all there is.
    fn assign(&mut self, ticket: Ticket, balancer: usize, backend: usize, retry: Option<Retry>) {
        let avoid = retry.map(|retry| retry.tried);
        let pool = &mut self.balancers[balancer].backends[backend];
        let first = pool.first;
        let Some(picked) = pool.order.pick(avoid.map(|server| server - first)) else {
            self.step(ticket.slot, |simulation| Step::NoServer {
                backend: simulation.balancers[balancer].backends[backend].name.clone(),
            });
            self.respond(ticket, error(503, Termination::ServerConnect));
            return;
        };
        let server = first + picked;
        self.requests[ticket.slot as usize].server = server as u16;
        self.step(ticket.slot, |simulation| Step::Picked {
            backend: simulation.balancers[balancer].backends[backend].name.clone(),
            server: simulation.balancers[balancer].servers[server].config.name.clone(),
            redispatched: avoid.is_some_and(|avoided| avoided != server),
        });
        let is_lonely = avoid == Some(server) || self.usable_servers(balancer, backend) <= 1;
        if retry.is_some_and(|retry| retry.was_refused) && is_lonely {
            self.pause(ticket.slot, balancer);
        } else {
            self.connect(ticket.slot, balancer);
        }
    }

    /// The turn-around pause, against hammering a server that refuses.
    fn pause(&mut self, slot: u32, balancer: usize) {
        let ticket = self.next_stage(slot);
        let pause = TURNAROUND_MAX.min(self.balancers[balancer].config.timeouts.connect);
        self.deadline(pause, Event::TurnaroundOver(ticket));
    }

    /// One connection attempt to the server the request was given to.
    fn connect(&mut self, slot: u32, balancer: usize) {
        let ticket = self.next_stage(slot);
        let request = &self.requests[slot as usize];
        let (number, index) = (request.number, request.server as usize);
        let timeout = self.balancers[balancer].config.timeouts.connect;
        let from = self.balancers[balancer].host;
        let server = &mut self.balancers[balancer].servers[index];
        server.requests += 1;
        let origin = server.origin;
        let latency = self.lan_latency();
        let to = self.origins[origin].host;
        let kind = if self.origin_answers(balancer, index) {
            MessageKind::Request
        } else {
            MessageKind::Lost
        };
        self.record_message(number, [Some(from), Some(to)], latency * 3, kind);
        self.after(latency, Event::ServerSyn(ticket));
        self.deadline(timeout, Event::ServerConnectTimeout(ticket));
    }

    pub(in crate::sim) fn server_syn(&mut self, ticket: Ticket) {
        let Some(balancer) = self.balancer_of(ticket) else { return };
        let index = self.requests[ticket.slot as usize].server as usize;
        let latency = self.lan_latency();
        match self.knock(balancer, index) {
            Admission::Accepted(epoch) => {
                let ticket = self.next_stage(ticket.slot);
                self.after(latency * 2, Event::ServerRequest(ticket, epoch));
                let timeout = self.balancers[balancer].config.timeouts.server;
                self.deadline(timeout, Event::ServerTimeout(ticket));
            }
            Admission::Refused => self.after(latency, Event::ServerRefused(ticket)),
            Admission::Silent => {}
        }
    }

    /// A connection attempt failed: refused (`explicit`), or unanswered.
    pub(in crate::sim) fn connect_failed(&mut self, ticket: Ticket, explicit: bool) {
        let Some(balancer) = self.balancer_of(ticket) else { return };
        let tried = self.requests[ticket.slot as usize].server as usize;
        self.step(ticket.slot, |simulation| {
            let server = simulation.balancers[balancer].servers[tried].config.name.clone();
            if explicit { Step::ServerRefused { server } } else { Step::ServerSilent { server } }
        });
        let policy = self.balancers[balancer].config.retries.clone();
        let request = &mut self.requests[ticket.slot as usize];
        if request.retries == policy.retries {
            let termination =
                if explicit { Termination::ServerConnect } else { Termination::TimeoutConnect };
            self.respond(ticket, error(503, termination));
            return;
        }
        request.retries += 1;
        let is_last = request.retries == policy.retries;
        let backend = self.balancers[balancer].servers[tried].backend;
        let is_up = self.balancers[balancer].servers[tried].health.is_up();
        let alternatives = self.usable_servers(balancer, backend);
        if policy.redispatch.is_some() && (!is_up || is_last || alternatives > 1) {
            let retry = Retry { tried, was_refused: explicit };
            self.assign(ticket, balancer, backend, Some(retry));
        } else if explicit {
            self.pause(ticket.slot, balancer);
        } else {
            self.connect(ticket.slot, balancer);
        }
    }

    /// The turn-around pause is over: the same server is tried again.
    pub(in crate::sim) fn connect_again(&mut self, ticket: Ticket) {
        if let Some(balancer) = self.balancer_of(ticket) {
            self.connect(ticket.slot, balancer);
        }
    }

    pub(in crate::sim) fn server_timed_out(&mut self, ticket: Ticket) {
        let Some(balancer) = self.balancer_of(ticket) else { return };
        self.step_at_server(ticket, balancer, |server| Step::ServerTimedOut { server });
        self.respond(ticket, error(504, Termination::TimeoutHeaders));
    }

    pub(in crate::sim) fn server_closed(&mut self, ticket: Ticket) {
        let Some(balancer) = self.balancer_of(ticket) else { return };
        self.step_at_server(ticket, balancer, |server| Step::ServerClosed { server });
        self.respond(ticket, error(502, Termination::ServerHeaders));
    }

    pub(in crate::sim) fn server_answered(
        &mut self,
        ticket: Ticket,
        result: Result<(), DatabaseError>,
    ) {
        let Some(balancer) = self.balancer_of(ticket) else { return };
        let status = if result.is_ok() { 200 } else { 500 };
        let database = result.err();
        self.step_at_server(ticket, balancer, |server| Step::Answered { server, status, database });
        let outcome = if result.is_ok() { Outcome::Ok } else { error(500, Termination::Normal) };
        self.respond(ticket, outcome);
    }

    /// The answer goes back to the client by the way the request came.
    fn respond(&mut self, ticket: Ticket, outcome: Outcome) {
        let Some(balancer) = self.balancer_of(ticket) else { return };
        let host = self.balancers[balancer].host;
        self.next_stage(ticket.slot);
        let client = self.client_ticket(ticket.slot);
        let latency = self.internet_latency();
        let kind = if outcome.is_ok() { MessageKind::Answer } else { MessageKind::Error };
        let number = self.requests[ticket.slot as usize].number;
        self.record_message(number, [Some(host), None], latency, kind);
        self.after(latency, Event::ClientAnswer(client, outcome));
    }

    /// The balancer that holds the request, if the ticket is of its present stage.
    pub(in crate::sim) fn balancer_of(&self, ticket: Ticket) -> Option<usize> {
        let request = &self.requests[ticket.slot as usize];
        if request.stage == ticket.stage { request.balancer.map(usize::from) } else { None }
    }

    pub(in crate::sim) fn usable_servers(&self, balancer: usize, backend: usize) -> usize {
        let pool = &self.balancers[balancer];
        let servers = &pool.servers[pool.backends[backend].first..][..pool.backends[backend].count];
        servers.iter().filter(|server| server.health.is_up() && server.config.weight > 0).count()
    }

    fn next_stage(&mut self, slot: u32) -> Ticket {
        let request = &mut self.requests[slot as usize];
        request.stage += 1;
        Ticket { slot, stage: request.stage }
    }

    fn step_at_server(
        &mut self,
        ticket: Ticket,
        balancer: usize,
        step: impl FnOnce(String) -> Step,
    ) {
        let index = self.requests[ticket.slot as usize].server as usize;
        self.step(ticket.slot, |simulation| {
            step(simulation.balancers[balancer].servers[index].config.name.clone())
        });
    }
}

const fn error(status: u16, termination: Termination) -> Outcome {
    Outcome::Status { status, termination }
}
