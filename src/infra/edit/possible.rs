//! Which edits can be made now: for buttons and lists.

use super::{Edit, Figure, Part, Routing, TlsMode};
use crate::infra::Infrastructure;

impl Edit {
    /// Every edit of the structure that can be made now: what can be added and taken away, TLS, routing. The sizes of a machine
    /// are [`sizes`](Self::sizes).
    pub fn possible(infrastructure: &Infrastructure) -> Vec<Self> {
        let mut edits: Vec<Self> = Part::ALL.into_iter().map(Self::Add).collect();
        edits.extend(infrastructure.hosts.iter().map(|host| Self::Remove(host.name.clone())));
        edits.extend(TlsMode::ALL.map(Self::Tls));
        edits.extend(Routing::ALL.map(Self::Routing));
        edits.retain(|edit| edit.can_be_made(infrastructure));
        edits
    }

    /// Every other size that can be chosen for a machine.
    pub fn sizes(infrastructure: &Infrastructure, host: &str) -> Vec<Self> {
        let Some(host) = infrastructure.host(host) else { return Vec::new() };
        let mut edits = Vec::new();
        for figure in Figure::ALL {
            let now = figure.at(host);
            for choice in figure.choices().iter().filter(|choice| **choice != now) {
                edits.push(Self::Set(figure, host.name.clone(), *choice));
            }
        }
        edits.retain(|edit| edit.can_be_made(infrastructure));
        edits
    }

    fn can_be_made(&self, infrastructure: &Infrastructure) -> bool {
        self.apply(&mut infrastructure.clone()).is_ok()
    }
}
