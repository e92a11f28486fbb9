//! Firewall rules between zones.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rule at the border of a zone. It names who opens the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name, unique.
    pub name: String,
    /// Who opens the connection.
    pub from: Peer,
    /// Who accepts it.
    pub to: Peer,
    /// What passes.
    pub protocol: Protocol,
    /// Let through or dropped.
    pub policy: Policy,
    /// Why it stands there.
    pub reason: String,
    /// Whether it is out of force: as if it did not stand there.
    #[serde(default)]
    pub disabled: bool,
}

/// One side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Peer {
    /// Anybody outside.
    Internet,
    /// Every host of a zone.
    Zone(String),
    /// One host.
    Host(String),
    /// Everybody.
    Any,
}

/// What a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP to one of these ports.
    Tcp(Vec<u16>),
    /// Everything.
    Any,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Lets it through.
    Allow,
    /// Drops it silently.
    Deny,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internet => f.write_str("internet"),
            Self::Zone(name) => write!(f, "zone {name}"),
            Self::Host(name) => f.write_str(name),
            Self::Any => f.write_str("anywhere"),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(ports) => {
                let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                write!(f, "TCP {}", ports.join(", "))
            }
            Self::Any => f.write_str("anything"),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        })
    }
}
