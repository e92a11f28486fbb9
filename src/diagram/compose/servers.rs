//! What the balancers do with their servers, in a few words: the algorithm on the balancer's card, what a server was
//! ordered to be and to weigh on its own.

use super::Picture;
use crate::infra::{Backend, Host};
use crate::sim::{ServerStatus, ServerView};

impl Picture<'_> {
    /// A host's `server` lines as the balancers see them now.
    pub(super) fn seen(&self, host: &str) -> Vec<&ServerView> {
        let lines = self.infrastructure.balancers().flat_map(|balancer| {
            let backends = balancer.haproxy().map_or(&[][..], |haproxy| &haproxy.backends);
            backends.iter().flat_map(move |backend| {
                let of_host = backend.servers.iter().filter(move |line| line.host == host);
                of_host
                    .filter_map(move |line| self.view_of(&balancer.name, &backend.name, &line.name))
            })
        });
        lines.collect()
    }

    fn view_of(&self, balancer: &str, backend: &str, server: &str) -> Option<&ServerView> {
        self.snapshot?.servers.iter().find(|view| {
            view.balancer == balancer && view.backend == backend && view.name == server
        })
    }

    /// What is out of the ordinary with a host's `server` lines: `drain`, `maint`, `w 3`; at which balancer, if not at all.
    pub(super) fn orders(&self, host: &str) -> String {
        let mut views = self.seen(host);
        views.retain(|view| view.status.is_some());
        let mut words: Vec<(String, usize, &str)> = Vec::new();
        for view in &views {
            let weight = (view.weight != 1).then(|| format!("w {}", view.weight));
            for word in out(view.status).map(str::to_owned).into_iter().chain(weight) {
                match words.iter_mut().find(|(known, ..)| *known == word) {
                    Some((_, count, _)) => *count += 1,
                    None => words.push((word, 1, &view.balancer)),
                }
            }
        }
        let written = words.into_iter().map(|(word, count, balancer)| {
            if count == views.len() { word } else { format!("{word} at {balancer}") }
        });
        written.collect::<Vec<_>>().join(", ")
    }
}

/// How a balancer spreads its requests: a line for each backend.
pub(super) fn algorithms(host: &Host) -> Vec<String> {
    let backends = host.haproxy().map_or(&[][..], |haproxy| &haproxy.backends);
    backends.iter().map(algorithm).collect()
}

fn algorithm(backend: &Backend) -> String {
    let bound = match (&backend.cookie, &backend.stick_table) {
        (Some(_), _) => ", cookie",
        (None, Some(_)) => ", stick",
        (None, None) => "",
    };
    format!("{}: {}{bound}", backend.name, backend.balance)
}

/// The word for a server that gets no new client.
pub(super) const fn out(status: Option<ServerStatus>) -> Option<&'static str> {
    match status {
        Some(ServerStatus::Drain) => Some("drain"),
        Some(ServerStatus::Maint) => Some("maint"),
        Some(ServerStatus::Nolb) => Some("nolb"),
        Some(
            ServerStatus::Up
            | ServerStatus::GoingDown { .. }
            | ServerStatus::GoingUp { .. }
            | ServerStatus::Down
            | ServerStatus::NoCheck,
        )
        | None => None,
    }
}
