//! How the links between machines are, one way each: cut, lossy, slow. What is not named is as `network.lan_latency` says.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Host, Infrastructure, Place, Service};
use crate::kernel::SimDuration;
use crate::kernel::small::{decimal, figure, read_decimal, read_percent};

/// What the users are called as an end of a link.
pub const USERS_END: &str = "users";
/// What the collector of the monitoring is called as an end of a link.
pub const COLLECTOR_END: &str = "collector";

/// How a link between two machines is, one way. What a file leaves out is as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkState {
    /// Nothing gets through; what is under way is lost.
    pub cut: bool,
    /// Share of the packets that are lost, 0 to 1.
    pub loss: f64,
    /// So much longer takes every crossing.
    pub delay: SimDuration,
    /// And longer again by anything up to this.
    pub jitter: SimDuration,
}

/// A link between two machines, or between one and its users or the collector, and how it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkChange {
    /// The name of a host, [`USERS_END`] or [`COLLECTOR_END`].
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
    "`{found}` is no change of a link: write FROM:TO:STATE (both ways) or FROM>TO:STATE (one way), with cut, whole, or one or more of loss=SHARE (or loss=PERCENT%), delay=TIME and jitter=TIME with commas between, such as lb-1:app-1:loss=0.1,delay=50ms"
)]
pub struct ParseLinkError {
    /// What stood there.
    pub found: String,
}

impl ParseLinkError {
    fn of(text: &str) -> Self {
        Self { found: text.chars().take(60).collect() }
    }
}

impl LinkState {
    /// As it should be.
    pub const WHOLE: Self =
        Self { cut: false, loss: 0.0, delay: SimDuration::ZERO, jitter: SimDuration::ZERO };
    /// Nothing gets through.
    pub const CUT: Self = Self { cut: true, ..Self::WHOLE };

    /// Whether it is as it should be.
    pub fn is_whole(&self) -> bool {
        *self == Self::WHOLE
    }

    /// The word for it: the worst of what is wrong.
    pub fn word(&self) -> &'static str {
        if self.cut {
            "cut"
        } else if self.loss > 0.0 {
            "lossy"
        } else if self.is_whole() {
            "whole"
        } else {
            "slow"
        }
    }

    /// What is out of range: the field, what was found, what is allowed.
    pub(crate) fn fault(&self) -> Option<(&'static str, String, &'static str)> {
        if !(0.0..=1.0).contains(&self.loss) {
            return Some(("loss", figure(self.loss), "0 to 1"));
        }
        let mut times = [("delay", self.delay), ("jitter", self.jitter)].into_iter();
        let (field, time) = times.find(|(_, time)| *time > SimDuration::from_secs(3600))?;
        Some((field, time.to_string(), "0s to 1h"))
    }
}

impl Infrastructure {
    /// Which ends a link may have, in words.
    pub(crate) const LINK_ENDS: &'static str = "the name of a host; users, with a host that they reach; collector, with one that has an agent";

    /// Whether a link may lead from the end of this name to the other.
    pub(crate) fn is_link_end(&self, name: &str, other: &str) -> bool {
        let is_other = |place: &Place| matches!(place, Place::Host(host) if host == other);
        match name {
            USERS_END => {
                self.links().iter().any(|link| link.from == Place::Users && is_other(&link.to))
            }
            COLLECTOR_END => {
                let agent = |host: &Host| host.service(Service::Agent.name()).is_some();
                self.monitoring.is_some() && self.host(other).is_some_and(agent)
            }
            host => self.host(host).is_some(),
        }
    }
}

impl FromStr for LinkState {
    type Err = ParseLinkError;

    fn from_str(text: &str) -> Result<Self, ParseLinkError> {
        match text {
            "cut" => return Ok(Self::CUT),
            "whole" => return Ok(Self::WHOLE),
            _ => {}
        }
        let refuse = || ParseLinkError::of(text);
        let mut state = Self::WHOLE;
        for part in text.split(',') {
            let (name, figure) = part.split_once('=').ok_or_else(refuse)?;
            let time = || figure.parse::<SimDuration>().map_err(|_| refuse());
            match name {
                "loss" => {
                    let percent = figure.strip_suffix('%').map(read_percent);
                    let loss = percent.unwrap_or_else(|| read_decimal(figure));
                    state.loss = loss.ok_or_else(refuse)?;
                }
                "delay" => state.delay = time()?,
                "jitter" => state.jitter = time()?,
                _ => return Err(refuse()),
            }
        }
        Ok(state)
    }
}

impl FromStr for LinkChange {
    type Err = ParseLinkError;

    fn from_str(text: &str) -> Result<Self, ParseLinkError> {
        let refuse = || ParseLinkError::of(text);
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
        if self.cut || self.is_whole() {
            return f.write_str(if self.cut { "cut" } else { "whole" });
        }
        let mut comma = "";
        if self.loss > 0.0 {
            write!(f, "loss={}", decimal(self.loss, 9))?;
            comma = ",";
        }
        for (name, by) in [("delay", self.delay), ("jitter", self.jitter)] {
            if by > SimDuration::ZERO {
                write!(f, "{comma}{name}={by}")?;
                comma = ",";
            }
        }
        Ok(())
    }
}

impl fmt::Display for LinkChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = if self.one_way { '>' } else { ':' };
        write!(f, "{}{arrow}{}:{}", self.from, self.to, self.state)
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
            "users>lb-1:delay=50ms",
            "lb-1>users:cut",
            "users:lb-1:loss=0.1",
            "a:b:loss=0.25",
            "a>b:delay=50ms",
            "a:b:jitter=2s",
            "a:b:loss=0.1,delay=50ms,jitter=5ms",
            "a:b:whole",
        ] {
            assert_eq!(text.parse::<LinkChange>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "cut",
            "a:cut",
            "a:b",
            "a:b:loss",
            "a:b:loss=x",
            "a:b:delay=3",
            "a:b:on",
            "a:b:loss=0.1,",
            "a:b:loss=0.1,cut",
        ] {
            assert!(text.parse::<LinkChange>().is_err(), "{text}");
        }
    }
}
