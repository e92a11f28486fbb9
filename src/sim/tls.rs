//! TLS at the balancer: the round trips of a handshake, new or resumed, the work it is for a core, and what a balancer without the
//! certificate does to its users.

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

impl Simulation {
    /// The handshake of this request's connection. A session that an earlier connection made is resumed in one round trip (RFC 5246 7.3,
    /// RFC 8446 2.2).
    pub(super) fn handshake(&self, balancer: usize, number: u64) -> Handshake {
        let config = self.balancers[balancer].proxy.config();
        let full = u64::from(config.tls_round_trips);
        let Some(Tls { resumed_percent, full_work, resumed_work, certificate, .. }) = config.tls
        else {
            let work = SimDuration::ZERO;
            return Handshake { round_trips: full, work, has_certificate: true };
        };
        let share = f64::from(resumed_percent) / 100.0;
        let is_resumed = self.draw(Purpose::Resumption, number).unit() <= share;
        let (round_trips, work) =
            if is_resumed { (full.min(1), resumed_work) } else { (full, full_work) };
        Handshake { round_trips, work, has_certificate: certificate }
    }

    /// The handshake's packets have crossed: the balancer computes, and the request is there; or the client turns away.
    pub(super) fn shake_hands(&mut self, ticket: Ticket, balancer: usize, handshake: Handshake) {
        let host = self.balancers[balancer].host;
        if !handshake.has_certificate {
            self.step(ticket.slot, |simulation| Step::NoCertificate {
                balancer: simulation.host_name(host),
            });
            self.client_answered(ticket, Outcome::NoCertificate);
            return;
        }
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
        let handshake = self.handshake(balancer, request.number);
        self.shake_hands(ticket, balancer, handshake);
    }

    /// Crossings of the network that a balancer's connection to a server takes before the request: TLS to the server adds a round trip.
    pub(super) fn crossings_to_connect(&self, balancer: usize) -> u64 {
        let tls = self.balancers[balancer].proxy.config().tls;
        if tls.is_some_and(|tls| tls.to_servers) { 3 } else { 1 }
    }
}
