//! What determines a run (law 1): the infrastructure, the workload, the seed, and what a person does and when.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::haproxy::{Command, CommandError};
use crate::infra::{Component, Directive, Infrastructure, Invalid, Service};
use crate::kernel::small::decimal;
use crate::kernel::{SimDuration, SimTime};

use super::Dns;

/// Everything a run depends on but the actions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What stands there.
    pub infrastructure: Infrastructure,
    /// What users do.
    pub workload: Workload,
    /// The seed of all chance.
    pub seed: u64,
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
            connect_timeout: SimDuration::from_secs(3),
            response_timeout: SimDuration::from_secs(15),
            dns: Dns::default(),
            slow_clients: SlowClients::default(),
        }
    }
}

/// What a person does to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A host loses power, or a service's process dies.
    Kill(Component),
    /// A host is switched on again, or a service started; a slowed host runs at its own speed again.
    Restore(Component),
    /// A host is shut down, or a service asked to end (SIGTERM). keepalived gives its addresses up and says good-bye; the
    /// others end as when killed.
    Stop(Component),
    /// VRRP adverts between the balancers are lost, both ways; everything else gets through.
    #[serde(rename = "cut-heartbeat")]
    CutHeartbeat,
    /// VRRP adverts between the balancers get through again.
    #[serde(rename = "heal-heartbeat")]
    HealHeartbeat,
    /// Everything on a host takes so many times longer.
    Slow {
        /// The host's name.
        host: String,
        /// How many times longer, 1 to 1,000.
        factor: f64,
    },
    /// A replica becomes the primary database, and the applications write to it.
    Promote {
        /// The replica's host.
        host: String,
    },
    /// A command on the runtime socket of one balancer's HAProxy, or of all.
    Command {
        /// The balancer; `None`: all.
        balancer: Option<String>,
        /// What is typed.
        command: Command,
    },
    /// All balancers get a changed line of configuration, and HAProxy is reloaded.
    Reload {
        /// The backend it stands in; `None`: all, or the defaults section.
        backend: Option<String>,
        /// The line.
        directive: Directive,
    },
}

/// An action and when it is done. At its instant it comes before everything else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedAction {
    /// When.
    pub at: SimTime,
    /// What.
    pub action: Action,
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
        /// The field.
        field: &'static str,
        /// What stood there.
        found: String,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A command names no server.
    #[error(transparent)]
    Command(#[from] CommandError),
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

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(component) => write!(f, "kill {component}"),
            Self::Restore(component) => write!(f, "restore {component}"),
            Self::Stop(component) => write!(f, "stop {component}"),
            Self::CutHeartbeat => f.write_str("cut heartbeat"),
            Self::HealHeartbeat => f.write_str("heal heartbeat"),
            Self::Promote { host } => write!(f, "promote {host}"),
            Self::Slow { host, factor } => write!(f, "slow {host} x{}", decimal(*factor, 2)),
            Self::Command { balancer: None, command } => write!(f, "{command}"),
            Self::Command { balancer: Some(balancer), command } => {
                write!(f, "{balancer}: {command}")
            }
            Self::Reload { backend: None, directive } => write!(f, "{directive}"),
            Self::Reload { backend: Some(backend), directive } => {
                write!(f, "backend {backend}: {directive}")
            }
        }
    }
}

impl Plan {
    /// This infrastructure under the default workload.
    pub fn new(infrastructure: Infrastructure, seed: u64) -> Self {
        Self { infrastructure, workload: Workload::default(), seed }
    }

    /// Whether it can be run.
    ///
    /// # Errors
    /// The first thing that is wrong, with its field, what was found and what is allowed.
    pub fn validate(&self) -> Result<(), PlanError> {
        if let Some(first) = self.infrastructure.validate().into_iter().next() {
            return Err(PlanError::Infrastructure(first));
        }
        let within = |field, found: f64, low: f64, high: f64, allowed| {
            if found >= low && found <= high {
                Ok(())
            } else {
                Err(PlanError::Workload { field, found: decimal(found, 3), allowed })
            }
        };
        within("rate", self.workload.rate, 0.001, 1e6, "0.001 to 1000000 requests per second")?;
        within("clients", f64::from(self.workload.clients), 1.0, 1e5, "1 to 100000 clients")?;
        within("static_share", self.workload.static_share, 0.0, 1.0, "0 to 1")?;
        within("write_share", self.workload.write_share, 0.0, 1.0, "0 to 1")?;
        within("slow_clients.share", self.workload.slow_clients.share, 0.0, 1.0, "0 to 1")?;
        let resolvers = f64::from(self.workload.dns.resolvers);
        within("dns.resolvers", resolvers, 1.0, 10_000.0, "1 to 10000")
    }

    /// Whether an action can be done to this infrastructure.
    ///
    /// # Errors
    /// An unknown host or service, with the valid names; a slow factor out of range.
    pub fn validate_action(&self, action: &Action) -> Result<(), PlanError> {
        match action {
            Action::CutHeartbeat | Action::HealHeartbeat => Ok(()),
            Action::Kill(component) | Action::Restore(component) | Action::Stop(component) => {
                self.expect_component(component)
            }
            Action::Slow { host, factor } => {
                if self.infrastructure.host(host).is_none() {
                    return Err(self.unknown(host, false));
                }
                if (1.0..=1000.0).contains(factor) {
                    Ok(())
                } else {
                    Err(PlanError::Workload {
                        field: "slow factor",
                        found: decimal(*factor, 2),
                        allowed: "1 to 1000",
                    })
                }
            }
            Action::Promote { host } => {
                let services = self.infrastructure.host(host).map(|host| &host.services);
                let mut databases = services.into_iter().flatten().filter_map(Service::as_mysql);
                if databases.any(|mysql| mysql.replica.is_some()) {
                    return Ok(());
                }
                Err(PlanError::NoReplica { host: host.clone(), valid: self.replica_names() })
            }
            Action::Command { balancer, command } => {
                self.expect_balancer(balancer.as_deref())?;
                self.expect_server(command)
            }
            Action::Reload { backend, directive } => {
                let mut backends = self.infrastructure.backends().map(|backend| &backend.name);
                if let Some(name) = backend
                    && !backends.any(|known| known == name)
                {
                    return Err(self.unknown(name, false));
                }
                match directive.fault() {
                    Some((found, allowed)) => {
                        Err(PlanError::Workload { field: "directive", found, allowed })
                    }
                    None => Ok(()),
                }
            }
        }
    }

    fn expect_component(&self, component: &Component) -> Result<(), PlanError> {
        let is_known = self.infrastructure.host(&component.host).is_some_and(|host| {
            component.service.as_deref().is_none_or(|service| host.service(service).is_some())
        });
        if is_known { Ok(()) } else { Err(self.unknown(&component.to_string(), true)) }
    }

    fn expect_balancer(&self, name: Option<&str>) -> Result<(), PlanError> {
        let mut balancers = self.infrastructure.balancers();
        match name {
            Some(name) if !balancers.any(|host| host.name == name) => {
                Err(self.unknown(name, false))
            }
            _ => Ok(()),
        }
    }

    fn expect_server(&self, command: &Command) -> Result<(), PlanError> {
        let mut names = Vec::new();
        for backend in self.infrastructure.backends() {
            for server in &backend.servers {
                if backend.name == command.backend && server.name == command.server {
                    return Ok(());
                }
                names.push(format!("{}/{}", backend.name, server.name));
            }
        }
        let wanted = format!("{}/{}", command.backend, command.server);
        Err(CommandError::NoServer(wanted, names.join(", ")).into())
    }

    fn unknown(&self, component: &str, with_services: bool) -> PlanError {
        let valid = self.component_names(with_services);
        PlanError::UnknownComponent { component: component.to_owned(), valid }
    }

    fn replica_names(&self) -> String {
        let is_replica =
            |service: &Service| service.as_mysql().is_some_and(|mysql| mysql.replica.is_some());
        let hosts = self.infrastructure.hosts.iter();
        let with = hosts.filter(|host| host.services.iter().any(is_replica));
        let names: Vec<&str> = with.map(|host| host.name.as_str()).collect();
        if names.is_empty() {
            "none, no database here is a replica".to_owned()
        } else {
            names.join(", ")
        }
    }

    fn component_names(&self, with_services: bool) -> String {
        let mut names = Vec::new();
        for host in &self.infrastructure.hosts {
            names.push(host.name.clone());
            let services = host.services.iter().filter(|_| with_services);
            names.extend(services.map(|service| format!("{}/{}", host.name, service.name())));
        }
        names.join(", ")
    }
}
