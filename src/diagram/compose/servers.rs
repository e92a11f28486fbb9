//! What the balancers do with their servers, in a few words: the algorithm on the balancer's card, what a server was
//! ordered to be and to weigh on its own.

use super::Picture;
use crate::infra::{Backend, Host};
use crate::sim::ServerView;

impl<'a> Picture<'a> {
    /// A host's `server` lines as the balancers see them now.
    pub(super) fn seen(&self, host: &str) -> Vec<&'a ServerView> {
        let servers = self.snapshot.map_or(&[][..], |snapshot| &snapshot.servers);
        servers.iter().filter(|view| view.host == host).collect()
    }

    /// What is out of the ordinary with a host's `server` lines: `DRAIN`, `MAINT`, `w 3`; at which balancer, if not at all.
    pub(super) fn orders(&self, host: &str) -> String {
        self.snapshot.map(|snapshot| snapshot.orders(host)).unwrap_or_default()
    }

    /// That a balancer has no server to send to, if it has none.
    pub(super) fn lack(&self, balancer: &str) -> String {
        self.snapshot.map(|snapshot| snapshot.lack(balancer)).unwrap_or_default()
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
