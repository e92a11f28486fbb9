//! How a connection is opened: a SYN goes out, meets something, and what that says comes back. A SYN that meets silence its kernel sends
//! again after 1, 3, 7 s and so on by its own clock, and gives up after 127 s (RFC 6298 2.1, 5.5; Linux, `tcp_syn_retries`).

use crate::kernel::SimDuration;
use crate::nginx::Failure;

use super::balancer::{Leg, Probe};
use super::event::Event;
use super::origin::Admission;
use super::relay::Hop;
use super::world::Simulation;

/// How long the kernel waits before it sends the first SYN again. Each later wait is twice as long.
const SYN_RETRANSMISSION: SimDuration = SimDuration::from_secs(1);
/// So many SYNs it sends: the first, and `tcp_syn_retries` more.
const MOST_SYNS: u8 = 7;
/// So long after the first one it gives the connection up (`ETIMEDOUT`): when the wait after the last one is over.
pub(super) const SYN_LIMIT: SimDuration = SimDuration::from_secs(127);

/// A SYN under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syn {
    /// How often its kernel has sent it by now.
    pub(super) sent: u8,
    /// How much longer than over a whole link it travels, in microseconds: so little room that no event grows by it.
    late_us: u32,
}

/// Who opens a connection, and hears of it what its SYN has met.
pub(super) trait Opener: Copy {
    /// It hears that nothing listens.
    fn refusal(self) -> Event;
    /// It hears that the process of this epoch has taken it.
    fn connection(self, epoch: u32) -> Event;
    /// What the refusal does.
    fn refused(self, simulation: &mut Simulation);
    /// What the connection does.
    fn connected(self, simulation: &mut Simulation, epoch: u32);
}

impl Opener for Leg {
    fn refusal(self) -> Event {
        Event::ServerRefused(self)
    }

    fn connection(self, epoch: u32) -> Event {
        Event::ServerConnected(self, epoch)
    }

    fn refused(self, simulation: &mut Simulation) {
        simulation.server_refused(self);
    }

    fn connected(self, simulation: &mut Simulation, epoch: u32) {
        simulation.server_connected(self, epoch);
    }
}

impl Opener for Probe {
    fn refusal(self) -> Event {
        Event::CheckRefused(self)
    }

    fn connection(self, epoch: u32) -> Event {
        Event::CheckConnected(self, epoch)
    }

    fn refused(self, simulation: &mut Simulation) {
        simulation.check_refused(self);
    }

    fn connected(self, simulation: &mut Simulation, epoch: u32) {
        simulation.check_connected(self, epoch);
    }
}

impl Opener for Hop {
    fn refusal(self) -> Event {
        Event::RelayFailed(self)
    }

    fn connection(self, epoch: u32) -> Event {
        Event::RelayConnected(self, epoch)
    }

    fn refused(self, simulation: &mut Simulation) {
        simulation.relay_failed(self, Failure::Error);
    }

    fn connected(self, simulation: &mut Simulation, epoch: u32) {
        simulation.relay_connected(self, epoch);
    }
}

/// How long the kernel waits before it sends a SYN again that it has sent so often, once at least.
pub(super) fn syn_wait(sent: u8) -> SimDuration {
    SYN_RETRANSMISSION * (1 << (sent - 1).min(MOST_SYNS - 1))
}

/// How long after the first SYN the one is sent that makes it so many.
pub(super) fn syn_waited(sent: u8) -> SimDuration {
    (1..sent).map(syn_wait).fold(SimDuration::ZERO, |waited, wait| waited + wait)
}

/// Whether the kernel does not send a SYN that would make it so many, but gives up.
pub(super) const fn is_given_up(sent: u8) -> bool {
    sent > MOST_SYNS
}

impl Simulation {
    /// The kernel of the first host sends the other a SYN, for the time told. What it causes is due when it is there, and within a machine
    /// happens at once; `again` is due when the next one is sent, if this one is lost.
    #[inline]
    pub(super) fn send_syn(
        &mut self,
        ends: [usize; 2],
        sent: u8,
        arrival: impl FnOnce(Syn) -> Event,
        at_once: impl FnOnce(&mut Self, Syn),
        again: impl FnOnce() -> Event,
    ) {
        let syn = Syn { sent, late_us: 0 };
        if ends[0] != ends[1] && self.some_link_is_changed() {
            let Some(takes) = self.cross(ends, 1) else {
                self.syn_again(sent, again());
                return;
            };
            let late = (takes - self.lan_latency()).as_ns() / 1000;
            let late_us = u32::try_from(late).unwrap_or(u32::MAX);
            self.after(takes, arrival(Syn { late_us, ..syn }));
        } else {
            let takes = self.whole_crossing(ends);
            self.travel(takes, || arrival(syn), |simulation| at_once(simulation, syn));
        }
    }

    /// What a SYN has met goes back to who sent it, over so many crossings if it is a refusal, and so many if it is a connection. Whether
    /// it is on its way: silence is not.
    #[inline]
    pub(super) fn answer_syn(
        &mut self,
        opener: impl Opener,
        met: Admission,
        back: [usize; 2],
        crossings: [u64; 2],
    ) -> bool {
        match met {
            Admission::Accepted(epoch) => self.send(
                back,
                crossings[1],
                || opener.connection(epoch),
                |simulation| {
                    opener.connected(simulation, epoch);
                },
            ),
            Admission::Refused => self.send(
                back,
                crossings[0],
                || opener.refusal(),
                |simulation| {
                    opener.refused(simulation);
                },
            ),
            Admission::Silent => false,
        }
    }

    /// A SYN that is sent now, and makes it so many, is lost: `again` sends the next. Who gives up at that very instant comes first.
    pub(super) fn syn_again(&mut self, sent: u8, again: Event) {
        self.after(syn_wait(sent) + SimDuration::from_ns(1), again);
    }

    /// Nothing comes back from a SYN that arrives now: `again` sends the next when that is due where this one came from. Over a way that
    /// takes longer than the wait the next is under way already, and is as long on it.
    pub(super) fn syn_unheard(
        &mut self,
        ends: [usize; 2],
        syn: Syn,
        arrival: impl FnOnce(Syn) -> Event,
        again: Event,
    ) {
        let travelled = self.whole_crossing(ends) + SimDuration::from_us(u64::from(syn.late_us));
        let wait = syn_wait(syn.sent);
        if travelled > wait && syn.sent < MOST_SYNS {
            self.after(wait, arrival(Syn { sent: syn.sent + 1, ..syn }));
        } else {
            self.after(wait - travelled + SimDuration::from_ns(1), again);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each wait is twice as long as the one before; when the seventh is over the kernel gives up.
    #[test]
    fn syns_are_sent_for_63_seconds_and_given_up_after_127() {
        for (sent, seconds) in [(1, 0), (2, 1), (3, 3), (4, 7), (5, 15), (6, 31), (7, 63)] {
            assert_eq!(syn_waited(sent), SimDuration::from_secs(seconds));
            assert!(!is_given_up(sent));
        }
        assert!(is_given_up(8));
        assert_eq!(syn_waited(8), SYN_LIMIT);
    }
}
