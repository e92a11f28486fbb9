//! The network between the machines: how long a crossing takes, and what is lost on the way. A connection's data that is lost is sent
//! again by its kernel after a while; a lost advert is lost.

use crate::infra::{COLLECTOR_END, LinkChange, LinkState, USERS_END};
use crate::kernel::{Draw, SimDuration};

use super::event::Event;
use super::fact::FactKind;
use super::world::{Purpose, Simulation};

/// How long the kernel waits before it sends a lost packet of a connection that stands again (RFC 6298 5.5; Linux begins at its least,
/// 200 ms). Each later wait is twice as long. The first packet of all has its own (`syn.rs`).
pub(super) const DATA_RETRANSMISSION: SimDuration = SimDuration::from_ms(200);
/// So long after it was first sent the kernel gives the connection up (`ETIMEDOUT`): Linux, `tcp_retries2` 15, waits of at most 120 s.
pub(super) const DATA_LIMIT: SimDuration = SimDuration::from_ms(924_600);
/// So often it is sent before the kernel gives up.
pub(super) const MOST_SENDS: u32 = 6;

/// The ends of links that are no hosts, as if they were: further than all of them.
pub(super) const USERS: usize = usize::MAX;
pub(super) const COLLECTOR: usize = usize::MAX - 1;

/// The links that are not whole, one way each; all others are.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    changed: Vec<([usize; 2], LinkState)>,
    /// Chance is addressed by it.
    crossings: u64,
}

/// How long a network card of so many megabits a second sends an answer of so many KiB.
pub(super) fn sending_time(kib: u32, mbit: u32) -> SimDuration {
    SimDuration::from_secs_f64(f64::from(kib) * 1024.0 * 8.0 / (f64::from(mbit) * 1e6))
}

impl Links {
    fn state(&self, ends: [usize; 2]) -> LinkState {
        let found = self.changed.iter().find(|(own, _)| *own == ends);
        found.map_or(LinkState::WHOLE, |(_, state)| *state)
    }

    /// Whether a link that is not whole leads to users.
    pub(super) fn lead_to_users(&self) -> bool {
        self.changed.iter().any(|(ends, _)| ends.contains(&USERS))
    }

    fn set(&mut self, ends: [usize; 2], state: LinkState) {
        self.changed.retain(|(own, _)| *own != ends);
        if !state.is_whole() {
            self.changed.push((ends, state));
        }
    }
}

impl Simulation {
    /// Something goes from one host to another, back and forth so many times, and what it causes is due when it is there. Within a
    /// machine it takes no time: then it happens at once, as `at_once` does it. Whether it is on its way, or lost.
    pub(super) fn send(
        &mut self,
        ends: [usize; 2],
        crossings: u64,
        event: impl FnOnce() -> Event,
        at_once: impl FnOnce(&mut Self),
    ) -> bool {
        self.send_within(|_| SimDuration::MAX, ends, crossings, event, at_once)
    }

    /// The same, but whoever sends waits no longer than this until all of it but the last crossing is done: later it is not sent.
    pub(super) fn send_within(
        &mut self,
        patience: impl FnOnce(&Self) -> SimDuration,
        ends: [usize; 2],
        crossings: u64,
        event: impl FnOnce() -> Event,
        at_once: impl FnOnce(&mut Self),
    ) -> bool {
        let is_within = ends[0] == ends[1];
        if self.links.changed.is_empty() || is_within {
            let takes = if is_within { SimDuration::ZERO } else { self.lan_latency() * crossings };
            self.travel(takes, event, at_once);
            true
        } else {
            self.send_over_links(patience(self), ends, crossings, event())
        }
    }

    /// The same where some link is not whole. The last crossing goes the way of `ends`, the one before it back, and so on.
    fn send_over_links(
        &mut self,
        patience: SimDuration,
        [from, to]: [usize; 2],
        crossings: u64,
        event: Event,
    ) -> bool {
        let mut takes = SimDuration::ZERO;
        for left in (0..crossings).rev() {
            if left == 0 && takes > patience {
                return false;
            }
            let way = if left % 2 == 0 { [from, to] } else { [to, from] };
            // Whoever opens a connection sends its first packet again by itself.
            let is_first = left + 1 == crossings && event.opens_connection(crossings);
            let sends = if is_first { 1 } else { MOST_SENDS };
            let Some(crossing) = self.cross(way, sends) else { return false };
            takes = takes + crossing;
        }
        self.after(takes, event);
        true
    }

    /// How long a crossing takes where nothing is lost and nothing shakes; within a machine no time.
    pub(super) fn plain_crossing(&self, ends: [usize; 2]) -> SimDuration {
        self.whole_crossing(ends) + self.links.state(ends).delay
    }

    /// How long a whole link takes between these hosts.
    pub(super) fn whole_crossing(&self, ends: [usize; 2]) -> SimDuration {
        if ends[0] == ends[1] { SimDuration::ZERO } else { self.lan_latency() }
    }

    /// How long a packet takes that nobody sends again; `None`: it is lost.
    pub(super) fn datagram(&mut self, way: [usize; 2]) -> Option<SimDuration> {
        self.cross(way, 1)
    }

    /// How long a packet takes over a link that is sent so often at most, each time after twice the wait; `None`: it never arrives.
    pub(super) fn cross(&mut self, way: [usize; 2], sends: u32) -> Option<SimDuration> {
        let latency = self.lan_latency();
        self.extra(way, sends).map(|extra| latency + extra)
    }

    /// How much longer it takes than over a whole link.
    pub(super) fn extra(&mut self, way: [usize; 2], sends: u32) -> Option<SimDuration> {
        let state = self.links.state(way);
        if state.is_whole() {
            return Some(SimDuration::ZERO);
        }
        if state.cut {
            return None;
        }
        let mut extra = state.delay;
        if state.jitter > SimDuration::ZERO {
            extra = extra + self.crossing_draw().uniform(state.jitter);
        }
        if state.loss > 0.0 {
            let mut draw = self.crossing_draw();
            let sent = (0..sends).find(|_| draw.unit() > state.loss)?;
            extra = extra + DATA_RETRANSMISSION * ((1 << sent) - 1);
        }
        Some(extra)
    }

    /// How a link is, one way.
    pub(super) fn link_state(&self, ends: [usize; 2]) -> LinkState {
        self.links.state(ends)
    }

    /// Whether a link is cut, either way.
    pub(super) fn is_cut(&self, [from, to]: [usize; 2]) -> bool {
        let is_cut = |ends| self.links.state(ends).cut;
        is_cut([from, to]) || is_cut([to, from])
    }

    /// Whether an open connection carries anything over a link and back.
    pub(super) fn is_passable(&self, [from, to]: [usize; 2]) -> bool {
        let is_open = |ends| {
            let LinkState { cut, loss, .. } = self.links.state(ends);
            !cut && loss < 1.0
        };
        is_open([from, to]) && is_open([to, from])
    }

    /// How much longer than over a whole link something takes that an open connection carries one way; what is lost is sent again.
    pub(super) fn lateness(&self, way: [usize; 2], mut draw: Draw) -> SimDuration {
        let state = self.links.state(way);
        if state.is_whole() {
            return SimDuration::ZERO;
        }
        let shaken = draw.uniform(state.jitter);
        let lost = (0..MOST_SENDS).take_while(|_| draw.unit() <= state.loss).count();
        state.delay + shaken + DATA_RETRANSMISSION * ((1_u64 << lost) - 1)
    }

    /// The network card of a host is given an answer: how long until it has sent it, and all before it. Answers without a size take none.
    pub(super) fn transmission(&mut self, host: usize) -> SimDuration {
        let kib = self.plan.workload.answer_kib;
        if kib == 0 {
            return SimDuration::ZERO;
        }
        let takes = sending_time(kib, self.infrastructure().hosts[host].network_mbit);
        let begins = self.cards[host].max(self.now);
        self.cards[host] = begins + takes;
        self.cards[host].since(self.now)
    }

    /// The links that are not whole, in the order in which they became so.
    pub(super) fn changed_links(&self) -> Vec<LinkChange> {
        let mut links = Vec::new();
        for ([from, to], state) in &self.links.changed {
            let is_same_back = self.links.state([*to, *from]) == *state;
            // Both ways are told once, users first.
            if is_same_back && from.wrapping_add(1) > to.wrapping_add(1) {
                continue;
            }
            let (from, to) = (self.end_name(*from), self.end_name(*to));
            links.push(LinkChange { from, to, one_way: !is_same_back, state: *state });
        }
        links
    }

    /// Whether some link is not whole.
    pub(super) const fn some_link_is_changed(&self) -> bool {
        !self.links.changed.is_empty()
    }

    fn crossing_draw(&mut self) -> Draw {
        self.links.crossings += 1;
        self.draw(Purpose::Crossing, self.links.crossings)
    }

    /// The links that the plan says something of are so from the start.
    pub(super) fn lay_links(&mut self) {
        for link in self.infrastructure().network.links.clone() {
            self.set_link(&link);
        }
        self.look_at_replicas();
    }

    /// Whether the link was otherwise before.
    fn set_link(&mut self, change: &LinkChange) -> bool {
        let hosts = &self.infrastructure().hosts;
        let index = |name: &str| match name {
            USERS_END => Some(USERS),
            COLLECTOR_END => Some(COLLECTOR),
            _ => hosts.iter().position(|host| host.name == name),
        };
        let (Some(from), Some(to)) = (index(&change.from), index(&change.to)) else { return false };
        let back = (!change.one_way).then_some([to, from]);
        let mut is_news = false;
        for way in [Some([from, to]), back].into_iter().flatten() {
            is_news |= self.links.state(way) != change.state;
            self.links.set(way, change.state);
        }
        self.look_outside();
        is_news
    }

    /// The name of what a link ends at.
    pub(super) fn end_name(&self, end: usize) -> String {
        match end {
            USERS => USERS_END.to_owned(),
            COLLECTOR => COLLECTOR_END.to_owned(),
            host => self.host_name(host),
        }
    }

    /// A link changes.
    pub(super) fn change_link(&mut self, change: &LinkChange) {
        if self.set_link(change) {
            let between = if change.one_way { "to" } else { "and" };
            let subject = format!("{} {between} {}", change.from, change.to);
            self.record_fact(subject, FactKind::LinkChanged { state: change.state });
            self.look_at_replicas();
        }
    }
}
