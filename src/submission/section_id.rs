//! The names of a document's sections, by which people's own words are put to them. Holds nothing of what they say.

use std::fmt;
use std::str::FromStr;

/// A section of a document. Its name stays the same whatever the document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionId {
    /// What the exercise grades.
    Graded,
    /// The picture and the machines in it.
    Diagram,
    /// The way of a request.
    Workflow,
    /// What each component is for.
    Components,
    /// Why it is scaled as it is.
    Rationale,
    /// What is won, and what shows it.
    Benefits,
    /// What was weighed.
    Considerations,
    /// What is still wrong, and the next step.
    Issues,
    /// What there was to learn.
    Objectives,
    /// How requests are spread over servers.
    Balancing,
    /// The addresses of the site, and who has them.
    Addresses,
    /// Zones, routing, ways in.
    Network,
    /// The firewall's rules.
    Firewall,
    /// Encryption.
    Tls,
    /// What is known of users who have logged in.
    Sessions,
    /// Databases, replication, backups.
    Data,
    /// What the machines have to be.
    Servers,
    /// Who watches, and what raises an alert.
    Monitoring,
    /// Figures of a run.
    Evidence,
}

/// A name that no section has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no section `{found}`; the sections are: {}", SectionId::names())]
pub struct UnknownSection {
    /// What was asked for.
    pub found: String,
}

impl SectionId {
    /// All of them, in the order of the full document.
    pub const ALL: [Self; 19] = [
        Self::Graded,
        Self::Diagram,
        Self::Workflow,
        Self::Components,
        Self::Rationale,
        Self::Benefits,
        Self::Considerations,
        Self::Issues,
        Self::Objectives,
        Self::Balancing,
        Self::Addresses,
        Self::Network,
        Self::Firewall,
        Self::Tls,
        Self::Sessions,
        Self::Data,
        Self::Servers,
        Self::Monitoring,
        Self::Evidence,
    ];

    /// Its name, such as `balancing`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Graded => "graded",
            Self::Diagram => "diagram",
            Self::Workflow => "workflow",
            Self::Components => "components",
            Self::Rationale => "rationale",
            Self::Benefits => "benefits",
            Self::Considerations => "considerations",
            Self::Issues => "issues",
            Self::Objectives => "objectives",
            Self::Balancing => "balancing",
            Self::Addresses => "addresses",
            Self::Network => "network",
            Self::Firewall => "firewall",
            Self::Tls => "tls",
            Self::Sessions => "sessions",
            Self::Data => "data",
            Self::Servers => "servers",
            Self::Monitoring => "monitoring",
            Self::Evidence => "evidence",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SectionId {
    type Err = UnknownSection;

    fn from_str(name: &str) -> Result<Self, UnknownSection> {
        let refuse = || UnknownSection { found: name.chars().take(40).collect() };
        Self::ALL.into_iter().find(|section| section.name() == name).ok_or_else(refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_as_they_are_named() {
        for section in SectionId::ALL {
            assert_eq!(section.to_string().parse(), Ok(section));
        }
        let refused = "weather".parse::<SectionId>().unwrap_err().to_string();
        assert!(refused.contains("`weather`") && refused.contains("balancing"), "{refused}");
    }
}
