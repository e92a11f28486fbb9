//! What a person does to a run, and whether it can be done to an infrastructure.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::haproxy::{Command, CommandError};
use crate::infra::{
    COLLECTOR_END, Component, Directive, Infrastructure, LinkChange, Service, USERS_END,
};
use crate::kernel::SimTime;
use crate::kernel::small::decimal;

use super::gray::Gray;
use super::plan::{Plan, PlanError};

/// What a person does to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A host loses power, or a service's process dies.
    Kill(Component),
    /// A host is switched on again, or a service started; a slowed host runs at its own speed again.
    Restore(Component),
    /// A host is shut down, or a service asked to end (SIGTERM). keepalived gives its addresses up and says good-bye, MySQL hands over, Nginx
    /// and the application finish what they work on; HAProxy ends as when killed, and a host is off at once.
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
    /// Something goes wrong with a service that goes on running; to restore it cures it.
    Degrade {
        /// The host and the service.
        component: Component,
        /// What is wrong.
        gray: Gray,
    },
    /// A link between two hosts changes.
    Link(LinkChange),
    /// A way in from the internet breaks.
    #[serde(rename = "cut-uplink")]
    CutUplink {
        /// Its name.
        uplink: String,
    },
    /// It works again.
    #[serde(rename = "heal-uplink")]
    HealUplink {
        /// Its name.
        uplink: String,
    },
    /// A firewall rule is taken out.
    #[serde(rename = "drop-rule")]
    DropRule {
        /// Its name.
        rule: String,
    },
    /// It is put back.
    #[serde(rename = "restore-rule")]
    RestoreRule {
        /// Its name.
        rule: String,
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

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(component) => write!(f, "kill {component}"),
            Self::Restore(component) => write!(f, "restore {component}"),
            Self::Stop(component) => write!(f, "stop {component}"),
            Self::CutHeartbeat => f.write_str("cut heartbeat"),
            Self::HealHeartbeat => f.write_str("heal heartbeat"),
            Self::Degrade { component, gray } => write!(f, "degrade {component}:{gray}"),
            Self::Link(change) => write!(f, "link {change}"),
            Self::CutUplink { uplink } => write!(f, "cut uplink {uplink}"),
            Self::HealUplink { uplink } => write!(f, "heal uplink {uplink}"),
            Self::DropRule { rule } => write!(f, "drop rule {rule}"),
            Self::RestoreRule { rule } => write!(f, "restore rule {rule}"),
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
            Action::Degrade { component, gray } => self.expect_gray(component, *gray),
            Action::Link(change) => self.expect_link(change),
            Action::CutUplink { uplink } | Action::HealUplink { uplink } => {
                let names = self.infrastructure.uplinks.iter().map(|own| own.name.as_str());
                Self::expect_name("uplink", uplink, names)
            }
            Action::DropRule { rule } | Action::RestoreRule { rule } => {
                let names = self.infrastructure.rules.iter().map(|own| own.name.as_str());
                Self::expect_name("firewall rule", rule, names)
            }
            Action::Promote { host } => self.expect_replica(host),
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

    fn expect_gray(&self, component: &Component, gray: Gray) -> Result<(), PlanError> {
        self.expect_component(component)?;
        let services = gray.services();
        if !component.service.as_deref().is_some_and(|own| services.contains(&own)) {
            let (component, valid) = (component.to_string(), services.join(", "));
            return Err(PlanError::Gray { component, gray, valid });
        }
        gray.fault().map_or(Ok(()), |(found, allowed)| {
            Err(PlanError::Workload { field: "gray failure", found, allowed })
        })
    }

    fn expect_link(&self, change: &LinkChange) -> Result<(), PlanError> {
        for (name, other) in [(&change.from, &change.to), (&change.to, &change.from)] {
            if self.infrastructure.is_link_end(name, other) {
                continue;
            }
            if name != USERS_END && name != COLLECTOR_END {
                return Err(self.unknown(name, false));
            }
            let (found, valid) = (name.clone(), Infrastructure::LINK_ENDS.to_owned());
            return Err(PlanError::Unknown { what: "end of this link", found, valid });
        }
        change.state.fault().map_or(Ok(()), |(field, found, allowed)| {
            Err(PlanError::Workload { field, found, allowed })
        })
    }

    fn expect_replica(&self, host: &str) -> Result<(), PlanError> {
        let services = self.infrastructure.host(host).map(|host| &host.services);
        let mut databases = services.into_iter().flatten().filter_map(Service::as_mysql);
        if databases.any(|mysql| mysql.replica.is_some()) {
            return Ok(());
        }
        Err(PlanError::NoReplica { host: host.to_owned(), valid: self.replica_names() })
    }

    fn expect_name<'a>(
        what: &'static str,
        name: &str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<(), PlanError> {
        let names: Vec<&str> = names.collect();
        if names.contains(&name) {
            Ok(())
        } else {
            let (found, valid) = (name.to_owned(), names.join(", "));
            Err(PlanError::Unknown { what, found, valid })
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
