//! The operator's commands, as on the runtime socket: `set server`, `disable server`, `enable server` (HAProxy 2.6 management
//! guide 9.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::effect::Event;
use super::health::Health;
use super::proxy::Proxy;
use super::server::Running;
use crate::infra::{Balance, HashMethod};
use crate::kernel::SimTime;

/// What the operator makes of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It gets requests as its checks allow.
    Ready,
    /// It gets no new clients, but those that are bound to it.
    Drain,
    /// It is out, and not checked.
    Maint,
}

/// A command about one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The backend.
    pub backend: String,
    /// The server.
    pub server: String,
    /// What is done to it.
    pub order: Order,
}

/// What a command does to its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// `set server b/s state ...`.
    State(State),
    /// `enable server b/s`: out of maintenance.
    Enable,
    /// `set server b/s weight n`, 0 to 256.
    Weight(u32),
    /// `set server b/s weight n%` of the configured weight, 0 to 25,600.
    Percent(u32),
    /// `set server b/s health up` or `down`: as if its checks had found so.
    Health(bool),
}

/// A command that cannot be read or done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It is no command.
    #[error(
        "found `{0}`; allowed: `set server <backend>/<server> state ready|drain|maint`, `... weight <0-256>[%]`, \
         `... health up|down`, `disable server <backend>/<server>`, `enable server <backend>/<server>`"
    )]
    Unknown(String),
    /// It names no server.
    #[error("there is no server `{0}`; the servers are: {1}")]
    NoServer(String, String),
    /// The algorithm knows no other weights.
    #[error(
        "with a static algorithm a weight can only be 0 % or 100 % of the configured one, not {0}"
    )]
    StaticWeight(u32),
}

impl FromStr for Command {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let unknown = || CommandError::Unknown(text.chars().take(80).collect());
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (name, order) = match words[..] {
            ["set", "server", name, "state", "ready"] => (name, Order::State(State::Ready)),
            ["set", "server", name, "state", "drain"] => (name, Order::State(State::Drain)),
            ["set", "server", name, "state", "maint"] | ["disable", "server", name] => {
                (name, Order::State(State::Maint))
            }
            ["enable", "server", name] => (name, Order::Enable),
            ["set", "server", name, "health", "up"] => (name, Order::Health(true)),
            ["set", "server", name, "health", "down"] => (name, Order::Health(false)),
            ["set", "server", name, "weight", weight] => {
                let order = match weight.strip_suffix('%') {
                    Some(percent) => {
                        percent.parse().ok().map(|p: u32| Order::Percent(p.min(25_600)))
                    }
                    None => weight.parse().ok().filter(|w| *w <= 256).map(Order::Weight),
                };
                (name, order.ok_or_else(unknown)?)
            }
            _ => return Err(unknown()),
        };
        let (backend, server) = name.split_once('/').ok_or_else(unknown)?;
        Ok(Self { backend: backend.to_owned(), server: server.to_owned(), order })
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{}/{}", self.backend, self.server);
        match self.order {
            Order::State(State::Ready) => write!(f, "set server {name} state ready"),
            Order::State(State::Drain) => write!(f, "set server {name} state drain"),
            Order::State(State::Maint) => write!(f, "set server {name} state maint"),
            Order::Enable => write!(f, "enable server {name}"),
            Order::Weight(weight) => write!(f, "set server {name} weight {weight}"),
            Order::Percent(percent) => write!(f, "set server {name} weight {percent}%"),
            Order::Health(true) => write!(f, "set server {name} health up"),
            Order::Health(false) => write!(f, "set server {name} health down"),
        }
    }
}

impl Proxy {
    /// Does what the operator says.
    ///
    /// # Errors
    /// If there is no such server, or the algorithm knows no such weight.
    pub fn command(&mut self, now: SimTime, command: &Command) -> Result<(), CommandError> {
        self.now = now;
        let server = self.find(command)?;
        match command.order {
            Order::State(State::Maint) => self.administer(server, true, false),
            Order::State(State::Drain) => self.administer(server, false, true),
            Order::State(State::Ready) => self.administer(server, false, false),
            Order::Enable => {
                let is_drain = self.servers[server].is_drain;
                self.administer(server, false, is_drain);
            }
            Order::Weight(weight) => return self.weigh(server, weight),
            Order::Percent(percent) => {
                let configured = self.servers[server].config.weight;
                return self.weigh(server, (configured * percent / 100).min(256));
            }
            Order::Health(is_up) => self.force_health(server, is_up),
        }
        Ok(())
    }

    fn find(&self, command: &Command) -> Result<usize, CommandError> {
        let mut names = Vec::new();
        for (index, server) in self.servers.iter().enumerate() {
            let backend = &self.config.backends[server.backend as usize].name;
            if *backend == command.backend && server.config.name == command.server {
                return Ok(index);
            }
            names.push(format!("{backend}/{}", server.config.name));
        }
        let wanted = format!("{}/{}", command.backend, command.server);
        Err(CommandError::NoServer(wanted, names.join(", ")))
    }

    fn administer(&mut self, server: usize, maint: bool, drain: bool) {
        let of = &mut self.servers[server];
        let (was_maint, was_drain) = (of.is_maint, of.is_drain);
        of.is_maint = maint;
        of.is_drain = drain;
        let state = match (maint, drain) {
            (true, _) => State::Maint,
            (false, true) => State::Drain,
            (false, false) => State::Ready,
        };
        let event = Event::Administered { server: server as u16, state };
        if maint && !was_maint {
            // Its lives stay as they are: the timetable of its checks goes on at the same pace (recorded).
            self.go_down(server, event);
        } else if was_maint && !maint {
            of.health = Health::new(&of.config);
            self.happened(event);
            self.come_up(server, true);
        } else if drain != was_drain {
            let backend = of.backend as usize;
            let had_servers = self.backends[backend].scheduler.has_usable();
            self.restand(server);
            self.happened(event);
            if drain {
                self.redistribute(server);
            }
            self.note_emptiness(backend, had_servers);
        }
    }

    /// Whether a server's weight may become this: an algorithm whose table is made once knows only 0 and the configured one.
    pub fn accepts_weight(&self, server: usize, weight: u32) -> bool {
        let of = &self.servers[server];
        let config = &self.config.backends[of.backend as usize];
        let is_static = match config.balance {
            Balance::StaticRr => true,
            Balance::Source | Balance::Uri(_) | Balance::UrlParam { .. } | Balance::Hdr { .. } => {
                config.hash_type.method == HashMethod::MapBased
            }
            Balance::Roundrobin | Balance::Leastconn | Balance::First | Balance::Random { .. } => {
                false
            }
        };
        !is_static || weight == 0 || weight == of.config.weight
    }

    fn weigh(&mut self, server: usize, weight: u32) -> Result<(), CommandError> {
        if !self.accepts_weight(server, weight) {
            return Err(CommandError::StaticWeight(weight));
        }
        let backend = self.servers[server].backend as usize;
        let had_servers = self.backends[backend].scheduler.has_usable();
        self.servers[server].weight = weight;
        self.restand(server);
        self.happened(Event::Weighed { server: server as u16, weight });
        self.note_emptiness(backend, had_servers);
        Ok(())
    }

    fn force_health(&mut self, server: usize, is_up: bool) {
        let of = &mut self.servers[server];
        if of.is_maint {
            return;
        }
        let was_up = of.running != Running::Stopped;
        of.health.set(is_up);
        if was_up && !is_up {
            let event = Event::Down { server: server as u16, result: None, failures: 0 };
            self.go_down(server, event);
        } else if !was_up && is_up {
            self.come_up(server, true);
        }
    }
}
