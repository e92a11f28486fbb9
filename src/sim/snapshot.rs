//! A read-only view of the world at one instant: the only thing a picture may know of the simulation.

use std::net::Ipv4Addr;

use crate::haproxy::Status;
use crate::infra::{LinkChange, Place};
use crate::kernel::{SimDuration, SimTime};

use super::gray::Gray;

/// The world at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The instant.
    pub now: SimTime,
    /// Every host, in the order of the infrastructure.
    pub hosts: Vec<HostView>,
    /// Every virtual address, in the order of the infrastructure.
    pub vips: Vec<VipView>,
    /// Every server as every balancer sees it: by balancer, then in configuration order.
    pub servers: Vec<ServerView>,
    /// How the requests stand.
    pub requests: RequestCounts,
    /// What is wrong with the network; the firewall's rules are in the infrastructure.
    pub outages: Outages,
}

/// What is wrong with the network at an instant; by default nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outages {
    /// The links that are not whole; one entry for both ways where both are the same.
    pub links: Vec<LinkChange>,
    /// Whether VRRP adverts are lost, however the links are.
    pub heartbeat_is_cut: bool,
    /// The names of the broken uplinks.
    pub uplinks: Vec<String>,
    /// Whether nothing gets in from the internet, nor out.
    pub is_offline: bool,
}

/// A host at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct HostView {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub condition: Condition,
    /// How many times slower than itself it is; 1 is its own speed.
    pub slow_factor: f64,
    /// Its services, in order.
    pub services: Vec<ServiceView>,
    /// Its work, if it works on requests.
    pub load: Option<Load>,
}

/// How a host stands: told by shape, word and colour wherever it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Everything on it runs at its own speed.
    Up,
    /// It runs, but slowly or without one of its services; or it is a balancer without a server for one of its backends.
    Degraded,
    /// It is off, or none of its services runs.
    Down,
    /// It runs, and by command every balancer gives it no new client.
    Drain,
    /// It runs, and by command every balancer gives it nothing.
    Maint,
}

impl Condition {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Degraded => "DEGRADED",
            Self::Down => "DOWN",
            Self::Drain => "DRAIN",
            Self::Maint => "MAINT",
        }
    }
}

/// A service at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceView {
    /// Its short name, as in `app-1/app`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Whether it runs.
    pub is_up: bool,
    /// What is wrong with it all the same.
    pub ailment: Option<Gray>,
}

/// A station's work at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Workers at work.
    pub busy: u32,
    /// All workers.
    pub workers: u32,
    /// Waiting before them.
    pub queue: u32,
}

/// What a station has done since the start, exact to the nanosecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Jobs served to their end.
    pub served: u64,
    /// Time at work, summed over its workers.
    pub busy: SimDuration,
    /// Time spent waiting, summed over its jobs.
    pub waited: SimDuration,
}

/// A virtual address at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VipView {
    /// Its name.
    pub name: String,
    /// The address.
    pub address: Ipv4Addr,
    /// The balancer that the network delivers it to, if that balancer is there and has the address.
    pub owner: Option<String>,
    /// The machine that the network delivers it to, whether or not that has it: the last that announced it. `None`: nobody has yet.
    pub sent_to: Option<String>,
    /// All balancers that have it configured and are there: more than one is a split brain.
    pub holders: Vec<String>,
}

impl VipView {
    /// Whether several machines have it: a split brain.
    pub fn is_split(&self) -> bool {
        self.holders.len() > 1
    }

    /// Who has it, in words.
    pub fn told(&self) -> String {
        let owner = self.owner.as_deref();
        if self.is_split() {
            let (all, owner) = (self.holders.join(" and "), owner.unwrap_or("nobody"));
            return format!("split brain: claimed by {all}, delivered to {owner}");
        }
        owner.map_or("no owner".to_owned(), |owner| format!("owned by {owner}"))
    }
}

/// A server as one balancer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerView {
    /// The balancer.
    pub balancer: String,
    /// The backend.
    pub backend: String,
    /// The server's name.
    pub name: String,
    /// The machine that its `server` line leads to.
    pub host: String,
    /// Its status; `None` if nobody looks: the balancer itself is down.
    pub status: Option<Status>,
    /// Its weight now, as the statistics page shows it.
    pub weight: u32,
    /// Requests it works on for this balancer.
    pub served: u32,
    /// Requests that wait for it at this balancer.
    pub queued: u32,
    /// Requests given to it so far: connection attempts, retries included (`stot` of the statistics page).
    pub requests: u64,
}

impl ServerView {
    /// Its status, as the statistics page writes it.
    pub fn status_word(&self) -> String {
        self.status.map_or_else(|| "not seen".to_owned(), |status| status.to_string())
    }
}

/// How the requests stand: `issued = ok + failed + in_flight`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Sent by users.
    pub issued: u64,
    /// Answered well.
    pub ok: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Not ended yet.
    pub in_flight: u64,
}

/// Something on its way between two places. Where it is at an instant is computed from this, never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The request it belongs to.
    pub request: u64,
    /// Where it set out.
    pub from: Place,
    /// Where it goes.
    pub to: Place,
    /// When it set out.
    pub sent_at: SimTime,
    /// When it arrives.
    pub due_at: SimTime,
    /// What it is.
    pub kind: MessageKind,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// A request, or a query it caused, going in.
    Request,
    /// A good answer coming back.
    Answer,
    /// An error coming back.
    Error,
    /// It arrives where nobody answers: dropped or refused.
    Lost,
}
