//! The ways in from the internet. One is in use; when it breaks, routing needs a while until everybody comes by the other, and meanwhile
//! nothing gets in. The addresses stay the same.

use crate::kernel::SimDuration;

use super::event::Event;
use super::fact::{FactKind, Outcome};
use super::world::{Simulation, Ticket};

/// As the kernel does it with any data that nobody acknowledges (RFC 6298 5.5; Linux begins with 200 ms and gives up after
/// `tcp_retries2`, 15).
const RETRANSMISSION: SimDuration = SimDuration::from_ms(200);
const MOST_SENDS: u8 = 15;

/// The ways in, by their index in the infrastructure.
#[derive(Clone, Debug, Default)]
pub(super) struct Uplinks {
    pub(super) cut: Vec<bool>,
    /// The one that routing sends users by.
    pub(super) in_use: usize,
    /// Whether what comes in and goes out has to be looked at: the way in use is broken, or a link between users and a machine is not
    /// whole. Nothing else is asked on a request's way.
    pub(super) is_troubled: bool,
    /// Grows when another way is the best: a decision of routing that is older counts for nothing.
    round: u32,
}

impl Simulation {
    /// Whether what users send gets in, and what they are sent gets out. A site that names no uplink is always reached.
    pub(super) fn is_online(&self) -> bool {
        !self.uplinks.cut.get(self.uplinks.in_use).copied().unwrap_or(false)
    }

    /// An uplink breaks, or works again.
    pub(super) fn change_uplink(&mut self, name: &str, is_cut: bool) {
        let all = &self.infrastructure().uplinks;
        let Some(index) = all.iter().position(|uplink| uplink.name == name) else { return };
        self.uplinks.cut.resize(all.len(), false);
        let best = self.best_uplink();
        if std::mem::replace(&mut self.uplinks.cut[index], is_cut) == is_cut {
            return;
        }
        let kind = if is_cut { FactKind::UplinkCut } else { FactKind::UplinkHealed };
        self.look_outside();
        self.record_fact(name.to_owned(), kind);
        // What is no matter to routing does not make it begin anew.
        if self.best_uplink() != best {
            self.uplinks.round += 1;
            let round = self.uplinks.round;
            self.after(self.infrastructure().network.routing_time, Event::RoutesChange { round });
        }
    }

    /// The first way that works.
    fn best_uplink(&self) -> Option<usize> {
        self.uplinks.cut.iter().position(|is_cut| !is_cut)
    }

    /// An answer goes out to a user. While there is no way out the kernel sends it again and again, and in the end gives up.
    pub(super) fn answer_user(&mut self, client: Ticket, outcome: Outcome, sent: u8) {
        if self.uplinks.is_troubled {
            self.answer_in_trouble(client, outcome, sent);
            return;
        }
        let latency = self.internet_latency();
        self.travel(
            latency,
            || Event::ClientAnswer(client, outcome),
            |simulation| {
                simulation.client_answered(client, outcome);
            },
        );
    }

    #[cold]
    fn answer_in_trouble(&mut self, client: Ticket, outcome: Outcome, sent: u8) {
        let answer = Event::ClientAnswer(client, outcome);
        match self.answers_lateness(client) {
            Some(SimDuration::ZERO) => {
                self.travel(
                    self.internet_latency(),
                    || answer,
                    |simulation| {
                        simulation.client_answered(client, outcome);
                    },
                );
            }
            Some(late) => self.after(self.internet_latency() + late, answer),
            None if sent < MOST_SENDS => {
                self.tell_offline(client);
                if sent == 0 && self.is_clients(client) {
                    self.tell_users_cut(client.slot, self.latest_vip(client.slot));
                }
                let wait = RETRANSMISSION * (1 << sent.min(10));
                self.after(wait, Event::AnswerAgain { client, outcome, sent: sent + 1 });
            }
            None => {}
        }
    }

    /// Looks whether what comes in and goes out has to be looked at.
    pub(super) fn look_outside(&mut self) {
        self.uplinks.is_troubled =
            !self.is_online() || self.links.lead_to_users() || self.are_users_far();
    }

    /// Routing has found the first way that works.
    pub(super) fn routes_change(&mut self, round: u32) {
        if self.uplinks.round != round {
            return;
        }
        let Some(first) = self.best_uplink() else { return };
        if first != self.uplinks.in_use {
            self.uplinks.in_use = first;
            self.look_outside();
            let name = self.infrastructure().uplinks[first].name.clone();
            self.record_fact(name, FactKind::UplinkUsed);
        }
    }
}
