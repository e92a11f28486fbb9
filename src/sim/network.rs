//! The network between the machines: how long a crossing takes, and what is lost on the way. A connection's data that is lost is sent
//! again by its kernel after a while; a lost advert is lost.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;
use crate::kernel::small::decimal;

use super::event::Event;
use super::fact::FactKind;
use super::world::{Purpose, Simulation};

/// How a link between two machines is, one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// As it should be.
    #[default]
    Whole,
    /// Nothing gets through; what is under way is lost.
    Cut,
    /// This share of the packets is lost, 0 to 1.
    Loss(f64),
    /// Every crossing takes so much longer.
    Delay(SimDuration),
    /// Every crossing takes longer, by anything up to this.
    Jitter(SimDuration),
}

/// A link between two machines, and how it is from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkChange {
    /// The name of a host.
    pub from: String,
    /// The name of another.
    pub to: String,
    /// Whether only what `from` sends is concerned; else both ways.
    #[serde(default)]
    pub one_way: bool,
    /// How it is.
    pub state: LinkState,
}

/// A text that says nothing of a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no change of a link: write FROM:TO:STATE (both ways) or FROM>TO:STATE (one way), with cut, loss=SHARE, delay=TIME, jitter=TIME or whole, such as lb-1:app-1:cut"
)]
pub struct ParseLinkError {
    /// What stood there.
    pub found: String,
}

impl FromStr for LinkState {
    type Err = ParseLinkError;

    fn from_str(text: &str) -> Result<Self, ParseLinkError> {
        let refuse = || ParseLinkError { found: text.chars().take(60).collect() };
        let time = |text: &str| text.parse::<SimDuration>().map_err(|_| refuse());
        match text.split_once('=') {
            None if text == "cut" => Ok(Self::Cut),
            None if text == "whole" => Ok(Self::Whole),
            Some(("loss", share)) => share.parse().map(Self::Loss).map_err(|_| refuse()),
            Some(("delay", by)) => time(by).map(Self::Delay),
            Some(("jitter", by)) => time(by).map(Self::Jitter),
            None | Some(_) => Err(refuse()),
        }
    }
}

impl FromStr for LinkChange {
    type Err = ParseLinkError;

    fn from_str(text: &str) -> Result<Self, ParseLinkError> {
        let refuse = || ParseLinkError { found: text.chars().take(60).collect() };
        let (ends, state) = text.rsplit_once(':').ok_or_else(refuse)?;
        let two = ends.split_once('>').map(|two| (two, true));
        let two = two.or_else(|| ends.split_once(':').map(|two| (two, false)));
        let ((from, to), one_way) = two.ok_or_else(refuse)?;
        let state = state.parse().map_err(|_| refuse())?;
        Ok(Self { from: from.to_owned(), to: to.to_owned(), one_way, state })
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Cut => f.write_str("cut"),
            Self::Loss(share) => write!(f, "loss={}", decimal(*share, 9)),
            Self::Delay(by) => write!(f, "delay={by}"),
            Self::Jitter(by) => write!(f, "jitter={by}"),
        }
    }
}

impl fmt::Display for LinkChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = if self.one_way { '>' } else { ':' };
        write!(f, "{}{arrow}{}:{}", self.from, self.to, self.state)
    }
}

/// How long the kernel waits before it sends a lost packet of a connection again, and for the first packet of all (RFC 6298 2.1, 5.5;
/// Linux begins at its least, 200 ms). Each later wait is twice as long.
const DATA_RETRANSMISSION: SimDuration = SimDuration::from_ms(200);
const SYN_RETRANSMISSION: SimDuration = SimDuration::from_secs(1);
/// So often it is sent before the kernel gives up.
const MOST_SENDS: u32 = 6;

/// The links that are not whole, one way each; all others are.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    changed: Vec<([usize; 2], LinkState)>,
    /// Chance is addressed by it.
    crossings: u64,
}

impl Links {
    fn state(&self, ends: [usize; 2]) -> LinkState {
        let found = self.changed.iter().find(|(own, _)| *own == ends);
        found.map_or(LinkState::Whole, |(_, state)| *state)
    }

    fn set(&mut self, ends: [usize; 2], state: LinkState) {
        self.changed.retain(|(own, _)| *own != ends);
        if state != LinkState::Whole {
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
        event: Event,
        at_once: impl FnOnce(&mut Self),
    ) -> bool {
        let is_within = ends[0] == ends[1];
        if self.links.changed.is_empty() || is_within {
            let takes = if is_within { SimDuration::ZERO } else { self.lan_latency() * crossings };
            self.travel(takes, event, at_once);
            true
        } else {
            self.send_over_links(ends, crossings, event)
        }
    }

    /// The same where some link is not whole. The last crossing goes the way of `ends`, the one before it back, and so on.
    fn send_over_links(&mut self, [from, to]: [usize; 2], crossings: u64, event: Event) -> bool {
        let mut takes = SimDuration::ZERO;
        for left in (0..crossings).rev() {
            let way = if left % 2 == 0 { [from, to] } else { [to, from] };
            let is_first = left + 1 == crossings && event.opens_connection();
            let first = if is_first { SYN_RETRANSMISSION } else { DATA_RETRANSMISSION };
            let Some(crossing) = self.crossing(way, first) else { return false };
            takes = takes + crossing;
        }
        self.after(takes, event);
        true
    }

    /// How long a packet of a connection takes over a link, sent again as often as it is lost; `None`: it never arrives.
    fn crossing(&mut self, way: [usize; 2], retransmission: SimDuration) -> Option<SimDuration> {
        let latency = self.lan_latency();
        match self.links.state(way) {
            LinkState::Whole => Some(latency),
            LinkState::Cut => None,
            LinkState::Delay(by) => Some(latency + by),
            LinkState::Jitter(by) => {
                let mut draw = self.crossing_draw();
                Some(latency + draw.uniform(by))
            }
            LinkState::Loss(share) => {
                let mut draw = self.crossing_draw();
                let mut waited = SimDuration::ZERO;
                for sent in 0..MOST_SENDS {
                    if draw.unit() > share {
                        return Some(latency + waited);
                    }
                    waited = waited + retransmission * (1 << sent);
                }
                None
            }
        }
    }

    /// How long a packet takes that nobody sends again; `None`: it is lost.
    pub(super) fn datagram(&mut self, way: [usize; 2]) -> Option<SimDuration> {
        let latency = self.lan_latency();
        match self.links.state(way) {
            LinkState::Loss(share) => (self.crossing_draw().unit() > share).then_some(latency),
            LinkState::Whole | LinkState::Cut | LinkState::Delay(_) | LinkState::Jitter(_) => {
                self.crossing(way, SimDuration::ZERO)
            }
        }
    }

    /// Whether a link is cut, either way.
    pub(super) fn is_cut(&self, [from, to]: [usize; 2]) -> bool {
        let is_cut = |ends| self.links.state(ends) == LinkState::Cut;
        is_cut([from, to]) || is_cut([to, from])
    }

    /// The network card of a host is given an answer: how long until it has sent it, and all before it. Answers without a size take none.
    pub(super) fn transmission(&mut self, host: usize) -> SimDuration {
        let kib = self.plan.workload.answer_kib;
        if kib == 0 {
            return SimDuration::ZERO;
        }
        let mbit = f64::from(self.infrastructure().hosts[host].network_mbit);
        let takes = SimDuration::from_secs_f64(f64::from(kib) * 1024.0 * 8.0 / (mbit * 1e6));
        let begins = self.cards[host].max(self.now);
        self.cards[host] = begins + takes;
        self.cards[host].since(self.now)
    }

    /// Whether some link is not whole.
    pub(super) const fn some_link_is_changed(&self) -> bool {
        !self.links.changed.is_empty()
    }

    fn crossing_draw(&mut self) -> crate::kernel::Draw {
        self.links.crossings += 1;
        self.draw(Purpose::Crossing, self.links.crossings)
    }

    /// A link changes.
    pub(super) fn change_link(&mut self, change: &LinkChange) {
        let hosts = &self.infrastructure().hosts;
        let index = |name: &str| hosts.iter().position(|host| host.name == name);
        let (Some(from), Some(to)) = (index(&change.from), index(&change.to)) else { return };
        let is_news = self.links.state([from, to]) != change.state
            || !change.one_way && self.links.state([to, from]) != change.state;
        self.links.set([from, to], change.state);
        if !change.one_way {
            self.links.set([to, from], change.state);
        }
        if is_news {
            let between = if change.one_way { "to" } else { "and" };
            let subject = format!("{} {between} {}", change.from, change.to);
            self.record_fact(subject, FactKind::LinkChanged { state: change.state });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_links_are_read_as_they_are_written() {
        for text in [
            "lb-1:app-1:cut",
            "lb-1>app-1:cut",
            "a:b:loss=0.25",
            "a>b:delay=50ms",
            "a:b:jitter=2s",
            "a:b:whole",
        ] {
            assert_eq!(text.parse::<LinkChange>().unwrap().to_string(), text);
        }
        for text in ["", "cut", "a:cut", "a:b", "a:b:loss", "a:b:loss=x", "a:b:delay=3", "a:b:on"] {
            assert!(text.parse::<LinkChange>().is_err(), "{text}");
        }
    }
}
