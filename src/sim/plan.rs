//! What determines a run (law 1): the infrastructure, the workload, the seed; what a person does is in `action.rs`.

use serde::{Deserialize, Serialize};

use crate::haproxy::CommandError;
use crate::infra::{Edit, EditError, Infrastructure, Invalid};
use crate::kernel::SimDuration;
use crate::kernel::small::figure;

use super::Dns;
use super::gray::Gray;

/// Everything a run depends on but the actions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What stands there.
    pub infrastructure: Infrastructure,
    /// What users do.
    pub workload: Workload,
    /// The seed of all chance.
    pub seed: u64,
    /// The edits that made the infrastructure of what its name says, in order. A link holds them; a file holds what they made.
    #[serde(skip)]
    pub edits: Vec<Edit>,
}

/// What users do. What a file leaves out is as usual.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workload {
    /// Arrival rate in requests per second (Poisson), above 0 and at most 1,000,000.
    pub rate: f64,
    /// How many clients the requests come from, each with an address and cookies of its own: 1 to 100,000.
    pub clients: u32,
    /// Share of requests for static files, 0 to 1.
    pub static_share: f64,
    /// Share of the other requests that write to the database, 0 to 1. It makes a difference where there is a replica, or where Nginx
    /// passes requests on; elsewhere none is told apart.
    pub write_share: f64,
    /// Size of an answer in KiB, 0 to 1,000,000. 0: answers have no size, and network cards nothing to do.
    pub answer_kib: u32,
    /// How long a client tries to connect to one address before it turns to the next.
    pub connect_timeout: SimDuration,
    /// How long a client waits for the answer once connected, sending included.
    pub response_timeout: SimDuration,
    /// How the site's name becomes an address, and how a client tries the addresses.
    pub dns: Dns,
    /// Clients that do not send their request at once.
    pub slow_clients: SlowClients,
}

/// Clients on bad networks, and those that hold connections on purpose ("slowloris").
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlowClients {
    /// Their share of the requests, 0 to 1.
    pub share: f64,
    /// How long they send, a byte now and then. `None`: they connect and stay silent. Who is not done when `response_timeout` has run
    /// out since it connected gives up.
    pub takes: Option<SimDuration>,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            rate: 20.0,
            clients: 200,
            static_share: 0.4,
            write_share: 0.2,
            answer_kib: 0,
            connect_timeout: SimDuration::from_secs(3),
            response_timeout: SimDuration::from_secs(15),
            dns: Dns::default(),
            slow_clients: SlowClients::default(),
        }
    }
}

/// Why a plan or an action cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The infrastructure cannot stand.
    #[error("the infrastructure cannot stand: {0}")]
    Infrastructure(Invalid),
    /// The workload's figures are out of range.
    #[error("{field}: found {found}; allowed: {allowed}")]
    Workload {
        /// The field, by its path in a plan file where it stands in one.
        field: &'static str,
        /// What stood there.
        found: String,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A command names no server.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// That cannot happen to this service.
    #[error(
        "{gray} cannot happen to `{component}`: name one of these services as HOST/SERVICE: {valid}"
    )]
    Gray {
        /// What was named.
        component: String,
        /// What was to happen.
        gray: Gray,
        /// The services that it can happen to.
        valid: String,
    },
    /// There is no such thing in this infrastructure.
    #[error("there is no {what} `{found}` here; allowed: {valid}")]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// What was named.
        found: String,
        /// What could have been named.
        valid: String,
    },
    /// Only a replica can be promoted.
    #[error("`{host}` has no replica to promote; allowed: {valid}")]
    NoReplica {
        /// What was named.
        host: String,
        /// What could have been named.
        valid: String,
    },
    /// An action names no host or service of this infrastructure.
    #[error("there is no `{component}` here; the components are: {valid}")]
    UnknownComponent {
        /// What was named.
        component: String,
        /// What could have been named.
        valid: String,
    },
}

impl Plan {
    /// This infrastructure under the default workload.
    pub fn new(infrastructure: Infrastructure, seed: u64) -> Self {
        Self { infrastructure, workload: Workload::default(), seed, edits: Vec::new() }
    }

    /// So many edits a plan may have.
    pub const MOST_EDITS: usize = 32;

    /// Changes the infrastructure. A figure that is set twice in a row counts as one edit.
    ///
    /// # Errors
    /// If that cannot be; the plan is then unchanged.
    pub fn edit(&mut self, edit: Edit) -> Result<(), EditError> {
        let is_again = self.edits.last().is_some_and(|last| last.sets_the_same_as(&edit));
        if self.edits.len() >= Self::MOST_EDITS && !is_again {
            return Err(EditError::TooMany { edit: edit.to_string(), most: Self::MOST_EDITS });
        }
        edit.apply(&mut self.infrastructure)?;
        if is_again {
            self.edits.pop();
        }
        self.edits.push(edit);
        Ok(())
    }

    /// Whether it can be run: all of it, as it has to be asked of what a file says.
    ///
    /// # Errors
    /// The first thing that is wrong, with its field, what was found and what is allowed.
    pub fn validate(&self) -> Result<(), PlanError> {
        if let Some(first) = self.infrastructure.validate().into_iter().next() {
            return Err(PlanError::Infrastructure(first));
        }
        self.validate_workload()?;
        let Workload { connect_timeout, response_timeout, slow_clients, dns, .. } = self.workload;
        let (day, week) = (86_400, 604_800);
        let within = |field, found: SimDuration, least, most, allowed| {
            if (SimDuration::from_ms(least)..=SimDuration::from_secs(most)).contains(&found) {
                Ok(())
            } else {
                Err(PlanError::Workload { field, found: found.to_string(), allowed })
            }
        };
        within("workload.connect_timeout", connect_timeout, 1, day, "1ms to 24h")?;
        within("workload.response_timeout", response_timeout, 1, day, "1ms to 24h")?;
        within("workload.dns.ttl", dns.ttl, 0, week, "0s to 168h")?;
        let takes = slow_clients.takes.unwrap_or(response_timeout);
        within("workload.slow_clients.takes", takes, 1, day, "1ms to 24h")
    }

    /// Whether the workload's figures are in their ranges: what a link can say that is neither a preset nor an edit of it, which stand as
    /// they are.
    ///
    /// # Errors
    /// The first figure that is not, with what was found and what is allowed.
    pub fn validate_workload(&self) -> Result<(), PlanError> {
        let within = |field, found: f64, low: f64, high: f64, allowed| {
            if found >= low && found <= high {
                Ok(())
            } else {
                Err(PlanError::Workload { field, found: figure(found), allowed })
            }
        };
        let rate = self.workload.rate;
        within("workload.rate", rate, 0.001, 1e6, "0.001 to 1000000 requests per second")?;
        let clients = f64::from(self.workload.clients);
        within("workload.clients", clients, 1.0, 1e5, "1 to 100000 clients")?;
        within("workload.static_share", self.workload.static_share, 0.0, 1.0, "0 to 1")?;
        within("workload.write_share", self.workload.write_share, 0.0, 1.0, "0 to 1")?;
        let answer_kib = f64::from(self.workload.answer_kib);
        within("workload.answer_kib", answer_kib, 0.0, 1e6, "0 to 1000000")?;
        let slow = self.workload.slow_clients.share;
        within("workload.slow_clients.share", slow, 0.0, 1.0, "0 to 1")?;
        let resolvers = f64::from(self.workload.dns.resolvers);
        within("workload.dns.resolvers", resolvers, 1.0, 10_000.0, "1 to 10000")
    }
}
