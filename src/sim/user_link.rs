//! The links between users and the machines that they reach: each is the internet's way, and what is wrong with it comes on top. A
//! user's own kernel sends a SYN again by its own clock, whatever becomes of the last one.

use crate::kernel::SimDuration;

use super::client::Attempt;
use super::delivery::{Delivery, Plain};
use super::event::Event;
use super::network::{MOST_SENDS, USERS};
use super::snapshot::MessageKind;
use super::stop::Doing;
use super::syn::{is_given_up, syn_wait, syn_waited};
use super::world::{Simulation, Ticket};

impl Simulation {
    /// A SYN comes to the edge while an uplink is broken, or a link between users and a machine is not whole.
    #[cold]
    pub(super) fn syn_in_trouble(&mut self, ticket: Ticket, attempt: Attempt, vip: usize) {
        if !self.is_online() {
            self.syn_delivered(ticket, attempt, vip, Delivery::Silent);
            return;
        }
        let met = self.deliver(vip);
        let is_far = self.are_users_far();
        let watches = |host: &usize| !attempt.is_late && (is_far || self.is_troubled_link(*host));
        let host = self.door(vip).filter(watches);
        let Some(host) = host else {
            self.syn_delivered(ticket, attempt, vip, met);
            return;
        };
        if attempt.sent == 1 && !self.is_cut([USERS, host]) {
            self.tell_slot(ticket.slot, Some(USERS), host, Doing::Late);
        }
        self.client_syn_again(ticket, attempt);
        let Some(there) = self.extra([USERS, host], 1) else {
            if self.is_cut([USERS, host]) {
                self.tell_lost(ticket.slot, attempt.dialled);
            }
            return;
        };
        // Nobody hears what it is answered, or too late.
        let Some(back) = self.extra([host, USERS], 1) else { return };
        let round_trip = self.internet_latency() * 2 + there + back;
        if syn_waited(attempt.sent) + round_trip > self.plan.workload.connect_timeout {
            return;
        }
        let late = Attempt { is_late: true, ..attempt };
        if there == SimDuration::ZERO {
            self.syn_delivered(ticket, late, vip, met);
        } else {
            self.after(there, Event::ClientSyn(ticket, late));
        }
    }

    /// A client's kernel sends the SYN of an attempt again when it is time to, or gives up.
    pub(super) fn client_syn_again(&mut self, ticket: Ticket, attempt: Attempt) {
        let (wait, sent) = (syn_wait(attempt.sent), attempt.sent + 1);
        if is_given_up(sent) {
            // The last SYN was under way for a while.
            let left = wait - self.internet_latency();
            self.after(left, Event::ClientConnectTimeout(ticket, attempt.dialled));
        } else {
            let next = Attempt { sent, is_late: false, ..attempt };
            self.after(wait, Event::ClientSyn(ticket, next));
        }
    }

    /// Whether users are so far from the site that no connection is made in time.
    pub(super) fn are_users_far(&self) -> bool {
        self.internet_latency() * 2 > self.plan.workload.connect_timeout
    }

    /// How much longer so many crossings of a connection take than over a whole link, from this machine to its user, back, and so on;
    /// `None`: the connection does not come about. That the first crossing, the answer to the SYN, is not lost is known already.
    #[cold]
    pub(super) fn users_lateness(&mut self, host: usize, crossings: u64) -> Option<SimDuration> {
        let mut late = SimDuration::ZERO;
        for crossing in 0..crossings {
            let way = if crossing % 2 == 0 { [host, USERS] } else { [USERS, host] };
            let own = match crossing {
                0 => self.link_state(way).delay,
                _ => self.extra(way, MOST_SENDS)?,
            };
            late = late + own;
        }
        Some(late)
    }

    /// How much longer an answer is on its way to its user, sent once; `None`: it is lost, or there is no way out.
    pub(super) fn answers_lateness(&mut self, client: Ticket) -> Option<SimDuration> {
        if !self.is_online() {
            return None;
        }
        match self.door_of(client) {
            Some(host) => self.extra([host, USERS], 1),
            None => Some(SimDuration::ZERO),
        }
    }

    /// Tells that the link between users and the machine that this address is delivered to is cut, if it is.
    pub(super) fn tell_users_cut(&mut self, slot: u32, vip: usize) {
        if let Some(host) = self.door(vip)
            && self.is_cut([USERS, host])
        {
            self.tell_slot(slot, Some(USERS), host, Doing::Cut);
        }
    }

    /// A client's attempt meets nobody, or nobody who takes it: told once, as a message to the machine that the address is delivered to, though
    /// its kernel sends the SYN again.
    #[inline]
    pub(super) fn tell_lost(&mut self, slot: u32, dialled: u8) {
        if self.remembers() {
            self.remember_lost(slot, dialled);
        }
    }

    #[cold]
    fn remember_lost(&mut self, slot: u32, dialled: u8) {
        let host = self.door(self.vip_of(slot, dialled));
        let takes = self.internet_latency();
        let request = &mut self.requests[slot as usize];
        let (number, attempt) = (request.number, 1_u64 << dialled.min(63));
        if host.is_some() && request.lost_attempts & attempt == 0 {
            request.lost_attempts |= attempt;
            self.record_message(number, [None, host], takes, MessageKind::Lost);
        }
    }

    /// The machine that an address is delivered to: also after it has lost it, as long as nobody else has announced it.
    pub(super) fn door(&self, vip: usize) -> Option<usize> {
        match self.vips[vip].plain {
            Some(Plain::Web(link)) => Some(link.host),
            Some(Plain::Balancer(_)) | None => {
                self.vips[vip].delivered_to.map(|balancer| self.balancers[balancer].host)
            }
        }
    }

    /// The machine that has a client's connection, if the client still waits.
    fn door_of(&self, client: Ticket) -> Option<usize> {
        if !self.is_clients(client) {
            return None;
        }
        match self.requests[client.slot as usize].balancer {
            Some(balancer) => Some(self.balancers[balancer as usize].host),
            None => self.door(self.latest_vip(client.slot)),
        }
    }

    /// Whether a link between users and this machine is not whole, one way or the other.
    fn is_troubled_link(&self, host: usize) -> bool {
        let is_whole = |ends| self.link_state(ends).is_whole();
        !is_whole([USERS, host]) || !is_whole([host, USERS])
    }
}
