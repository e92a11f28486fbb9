//! Whose turn it would be now, at each balancer and each Nginx: looked at, never taken.

use super::origin::Kind;
use super::world::Simulation;
use crate::haproxy::balance::KeyOf;
use crate::kernel::SimTime;

/// The order in which something would give out the next requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turns {
    /// The balancer, or where Nginx runs.
    pub at: String,
    /// The balancer's backend; `None`: Nginx's upstream.
    pub backend: Option<String>,
    /// Its servers, the next one first. Those that get nothing now are not among them; none are if the request itself or chance decides.
    pub servers: Vec<String>,
    /// How each of its servers stands in the figures of the algorithm, in the order of the configuration: name and words.
    pub figures: Vec<(String, String)>,
}

impl Simulation {
    /// Whose turn it would be at this instant.
    pub fn turns(&self, at: SimTime) -> Vec<Turns> {
        let mut turns = Vec::new();
        for (index, balancer) in self.balancers.iter().enumerate() {
            let proxy = &balancer.proxy;
            for (backend, config) in proxy.config().backends.iter().enumerate() {
                let servers = proxy.turns(backend, at).into_iter();
                turns.push(Turns {
                    at: self.host_name(balancer.host),
                    backend: Some(config.name.clone()),
                    servers: servers
                        .map(|server| self.server_short(index, server as u16))
                        .collect(),
                    figures: proxy.figures(backend),
                });
            }
        }
        for origin in &self.origins {
            if let Kind::Nginx { proxy: Some(relaying), .. } = &origin.kind {
                let hosts = relaying.turns(at).into_iter();
                turns.push(Turns {
                    at: self.host_name(origin.host),
                    backend: None,
                    servers: hosts.map(|host| self.host_name(host)).collect(),
                    figures: relaying
                        .figures(at)
                        .map(|(host, figure)| (self.host_name(host), figure))
                        .collect(),
                });
            }
        }
        turns
    }

    /// Where a request that is under way belongs at a balancer's backend, by the hash of its key, or where the walk of the backend's table is;
    /// `None`: the algorithm has no such place.
    pub fn place_of(&self, request: u64, balancer: &str, backend: &str) -> Option<String> {
        let mut held = self.requests.iter().filter(|held| held.is_active);
        let held = held.find(|held| held.number == request)?;
        let of = self.balancers.iter().find(|of| self.host_name(of.host) == balancer)?;
        let backends = &of.proxy.config().backends;
        let backend = backends.iter().position(|of| of.name == backend)?;
        let key = KeyOf { source: held.source, uri: held.path(), headers: &[] };
        of.proxy.place_of(backend, &key)
    }
}
