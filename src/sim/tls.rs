//! TLS at the balancer: the round trips of a handshake, new or resumed, the work it is for a core, and what a balancer whose certificate
//! is not the site's does to its users. A session is resumed by whoever has the keys of its ticket: the process that issued it, or every
//! balancer with the same `tls-ticket-keys`.

use crate::infra::Tls;
use crate::kernel::SimDuration;

use super::cpu::Task;
use super::fact::{Outcome, Step};
use super::world::{Purpose, Simulation, Ticket};

/// What a client's handshake with a balancer takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handshake {
    /// Round trips, that of TCP not counted.
    pub(super) round_trips: u64,
    /// Work for a core.
    work: SimDuration,
    has_certificate: bool,
}

/// The tickets that the clients have of their latest TLS sessions, by the keys that open them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tickets {
    /// From before the run, by the address that the client used.
    old: Vec<Option<Keys>>,
    /// From this run, by the client.
    new: Vec<Option<Keys>>,
}

/// The keys of session tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    /// Made up by a balancer's process when it started.
    Own { balancer: u16, epoch: u32 },
    /// Of the file that the balancers share.
    Shared,
}

impl Tickets {
    /// Of the ticket that a client brings. Before its first handshake in the run it has one of whoever had its address then.
    fn keys(&self, client: u32) -> Option<Keys> {
        let of_this_run = self.new.get(client as usize).copied().flatten();
        let before = || self.old.get(client as usize % self.old.len().max(1)).copied().flatten();
        of_this_run.or_else(before)
    }

    /// A client has got one.
    fn keep(&mut self, client: u32, keys: Option<Keys>) {
        let client = client as usize;
        if self.new.len() <= client {
            self.new.resize(client + 1, None);
        }
        self.new[client] = keys;
    }
}

impl Simulation {
    /// The clients come back from a quiet night: an equal share of them has used each address, and has a ticket from there.
    pub(super) fn issue_tickets(&mut self) {
        let holders = self.vips.iter().map(|vip| vip.delivered_to);
        let keys = |balancer: usize| self.ticket_keys(balancer, self.balancers[balancer].epoch);
        self.tickets.old = holders.map(|holder| holder.and_then(keys)).collect();
    }

    /// The keys that a process of a balancer has; `None`: TLS costs it nothing, and it issues no tickets.
    fn ticket_keys(&self, balancer: usize, epoch: u32) -> Option<Keys> {
        let tls = self.balancers[balancer].proxy.config().tls?;
        let own = Keys::Own { balancer: balancer as u16, epoch };
        Some(if tls.tls_ticket_keys { Keys::Shared } else { own })
    }

    /// A client's connection is let in. It resumes a session in one round trip (RFC 5246 7.3, RFC 8446 2.2), if it brings a ticket that the
    /// process can open.
    pub(super) fn begin_handshake(&mut self, balancer: usize, slot: u32) -> Handshake {
        let request = &self.requests[slot as usize];
        let (number, keys) = (request.number, self.ticket_keys(balancer, request.process));
        let tls = self.balancers[balancer].proxy.config().tls;
        let share = tls.map_or(0.0, |tls| f64::from(tls.resumed_percent) / 100.0);
        let is_resumed = keys.is_some()
            && keys == self.tickets.keys(request.client)
            && self.draw(Purpose::Resumption, number).unit() <= share;
        self.requests[slot as usize].is_resumed = is_resumed;
        self.handshake(balancer, slot)
    }

    /// The handshake of this request's connection.
    fn handshake(&self, balancer: usize, slot: u32) -> Handshake {
        let config = self.balancers[balancer].proxy.config();
        let full = u64::from(config.tls_round_trips);
        let Some(Tls { full_work, resumed_work, certificate, .. }) = config.tls else {
            let work = SimDuration::ZERO;
            return Handshake { round_trips: full, work, has_certificate: true };
        };
        let is_resumed = self.requests[slot as usize].is_resumed;
        let (round_trips, work) =
            if is_resumed { (full.min(1), resumed_work) } else { (full, full_work) };
        Handshake { round_trips, work, has_certificate: certificate }
    }

    /// The handshake's packets have crossed: the balancer computes, and the request is there; or the client turns away.
    fn shake_hands(&mut self, ticket: Ticket, balancer: usize, handshake: Handshake) {
        let host = self.balancers[balancer].host;
        if !handshake.has_certificate {
            self.step(ticket.slot, |simulation| Step::NoCertificate {
                balancer: simulation.host_name(host),
            });
            self.client_answered(ticket, Outcome::NoCertificate);
            return;
        }
        let request = &self.requests[ticket.slot as usize];
        let (client, keys) = (request.client, self.ticket_keys(balancer, request.process));
        self.tickets.keep(client, keys);
        let work = self.slowed(host, handshake.work);
        self.compute(host, Task::Handshake(ticket), work);
    }

    /// The handshake of a request, once its packets have crossed.
    pub(super) fn handshake_due(&mut self, ticket: Ticket) {
        if !self.is_clients(ticket) {
            return;
        }
        let request = &self.requests[ticket.slot as usize];
        let Some(balancer) = request.balancer.map(usize::from) else { return };
        let handshake = self.handshake(balancer, ticket.slot);
        self.shake_hands(ticket, balancer, handshake);
    }

    /// Crossings of the network that a balancer's connection to a server takes before the request: TLS to the server adds a round trip.
    pub(super) fn crossings_to_connect(&self, balancer: usize) -> u64 {
        let tls = self.balancers[balancer].proxy.config().tls;
        if tls.is_some_and(|tls| tls.to_servers) { 3 } else { 1 }
    }
}
