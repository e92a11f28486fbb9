//! Ready-made infrastructures: the ladder of the exercise, a rung for each of its tasks, and what lies beyond. The addresses are
//! documentation addresses outside (RFC 5737) and private ones inside (RFC 1918), but for the one that task 0 prescribes.

mod brief;
mod ladder;
mod parts;

use std::fmt;
use std::str::FromStr;

use super::Infrastructure;

/// A ready-made infrastructure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Task 0, "Simple web stack": everything on one machine.
    Simple,
    /// Task 1, "Distributed web infrastructure": one balancer before two all-in-one machines.
    Distributed,
    /// Task 2, "Secured and monitored web infrastructure": the same with firewalls, TLS and monitoring.
    Secured,
    /// Task 3, "Scale up", to the letter: a second balancer, and a machine for each of web, application and database.
    Literal,
    /// The infrastructure of the brief: six machines.
    Brief,
    /// Beyond the exercise: eight machines, with a second web server and a replica of the database.
    Extended,
}

/// A name that no preset has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no preset `{found}`; the presets are: {}", Preset::names())]
pub struct UnknownPreset {
    /// What was asked for.
    pub found: String,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Simple,
        Self::Distributed,
        Self::Secured,
        Self::Literal,
        Self::Brief,
        Self::Extended,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Distributed => "distributed",
            Self::Secured => "secured",
            Self::Literal => "literal",
            Self::Brief => "brief",
            Self::Extended => "extended",
        }
    }

    /// What it holds.
    pub fn infrastructure(self) -> Infrastructure {
        match self {
            Self::Simple => ladder::simple(),
            Self::Distributed => ladder::distributed(),
            Self::Secured => ladder::secured(),
            Self::Literal => ladder::literal(),
            Self::Brief => brief::brief(),
            Self::Extended => ladder::extended(),
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        let refuse = || UnknownPreset { found: name.chars().take(40).collect() };
        Self::ALL.into_iter().find(|preset| preset.name() == name).ok_or_else(refuse)
    }
}
