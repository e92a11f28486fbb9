//! Whose turn it is, asked without taking it: for who wants to know why a server was chosen. The algorithm itself is asked, on a copy.

use super::balance::{Ask, KeyOf, Load};
use super::proxy::Proxy;
use crate::infra::Balance;
use crate::kernel::SimTime;

/// The load of a server that has been named already: it takes no more.
const TAKEN: Load = Load { served: 1, queued: 1, limit: 1, maxqueue: 1 };

impl Proxy {
    /// The servers of a backend, by their index among all, in the order in which the next requests would get them. Empty if the request
    /// itself decides (a hash), or chance does.
    pub fn turns(&self, backend: usize, now: SimTime) -> Vec<usize> {
        let pool = &self.backends[backend];
        let goes_in_turn = matches!(
            self.config().backends[backend].balance,
            Balance::Roundrobin | Balance::StaticRr | Balance::Leastconn | Balance::First
        );
        if !goes_in_turn {
            return Vec::new();
        }
        let mut scheduler = pool.scheduler.clone();
        let ask = Ask { hash: None, avoid: None, backend_served: pool.served };
        let wall = Self::wall(self.wall_offset);
        let servers = &self.servers[pool.first..];
        let mut named: Vec<usize> = Vec::new();
        loop {
            let next = scheduler.pick(&ask, |index| {
                if named.contains(&index) {
                    TAKEN
                } else {
                    let server = &servers[index];
                    server.load(server.limit(pool.sessions, pool.fullconn, &wall, now))
                }
            });
            match next {
                Some(index) if !named.contains(&index) => named.push(index),
                Some(_) | None => break,
            }
        }
        named.into_iter().map(|index| pool.first + index).collect()
    }

    /// How each server of a backend stands in the figures of its algorithm, in the order of the configuration: name and words.
    pub fn figures(&self, backend: usize) -> Vec<(String, String)> {
        let scheduler = &self.backends[backend].scheduler;
        let servers = self.config().backends[backend].servers.iter().enumerate();
        let figures = servers.map(|(index, server)| (server.name.clone(), scheduler.figure(index)));
        figures.collect()
    }

    /// Where a request belongs by its hash, or where the walk of a table is, in words; `None`: the algorithm of the backend has no such place.
    pub fn place_of(&self, backend: usize, request: &KeyOf<'_>) -> Option<String> {
        let scheduler = &self.backends[backend].scheduler;
        let servers = &self.config().backends[backend].servers;
        scheduler.place_of(scheduler.hash_of(request), |index| servers[index].name.clone())
    }
}
