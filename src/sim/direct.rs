//! Users who reach the web server without a balancer between: its address is all they know, and if it does not answer nobody does.

use crate::haproxy::Termination;

use super::Workload;
use super::event::Event;
use super::fact::{Outcome, ServerError, Step};
use super::origin::Job;
use super::snapshot::MessageKind;
use super::world::{Simulation, Ticket};

impl Simulation {
    /// The web server takes the connection: there is no balancer before it. The request follows in plain HTTP.
    pub(super) fn accept_directly(&mut self, ticket: Ticket, origin: usize, epoch: u32) {
        let Workload { response_timeout, slow_clients, .. } = self.plan.workload;
        self.deadline(response_timeout, Event::ClientResponseTimeout(ticket));
        let host = self.origins[origin].host;
        let request = &mut self.requests[ticket.slot as usize];
        request.is_accepted = true;
        let number = request.number;
        self.step(ticket.slot, |simulation| Step::Accepted {
            balancer: simulation.host_name(host),
        });
        let mut round_trip = self.internet_latency() * 2;
        if self.uplinks.is_troubled {
            let Some(late) = self.users_lateness(host, 2) else {
                self.tell_users_cut(ticket.slot, self.latest_vip(ticket.slot));
                return;
            };
            round_trip = round_trip + late;
        }
        self.record_message(number, [None, Some(host)], round_trip, MessageKind::Request);
        let arrives = || Event::DirectRequest { client: ticket, origin: origin as u16, epoch };
        if !self.is_slow(number) {
            self.travel(round_trip, arrives, |simulation| {
                simulation.direct_request(ticket, origin, epoch);
            });
            return;
        }
        let takes = slow_clients.takes;
        self.step(ticket.slot, |_| Step::SendsSlowly { takes });
        if let Some(takes) = takes {
            self.after(round_trip + takes, arrives());
        }
    }

    /// The request of a user without a balancer is at the web server.
    pub(super) fn direct_request(&mut self, client: Ticket, origin: usize, epoch: u32) {
        if self.is_clients(client) {
            let number = self.requests[client.slot as usize].number as u32;
            self.job_arrives(origin, epoch, Job::Direct { client, number });
        }
    }

    /// The answer goes back to a user without a balancer.
    pub(super) fn direct_answer(
        &mut self,
        client: Ticket,
        number: u64,
        from: usize,
        result: Result<(), ServerError>,
    ) {
        if !self.is_clients(client) {
            return;
        }
        let outcome = match result {
            Ok(()) => Outcome::Ok,
            Err(error) => {
                let (status, server) = (error.status(), self.host_name(from));
                self.step(client.slot, |_| Step::Answered { server, status, error: Some(error) });
                Outcome::Status { status, termination: Termination::Normal }
            }
        };
        let latency = self.internet_latency();
        let kind = if result.is_ok() { MessageKind::Answer } else { MessageKind::Error };
        self.record_message(number, [Some(from), None], latency, kind);
        self.answer_user(client, outcome, 0);
    }

    /// The connection of a user without a balancer is reset by this machine.
    pub(super) fn direct_reset(&mut self, client: Ticket, by: usize) {
        if self.is_clients(client) {
            self.step(client.slot, |simulation| Step::ServerClosed {
                server: simulation.host_name(by),
            });
        }
        self.answer_user(client, Outcome::Reset, 0);
    }
}
