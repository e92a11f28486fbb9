//! What an algorithm goes by, in words: for who wants to know why a server was chosen. Looked at, never changed.

use super::{Order, Scheduler};

impl Scheduler {
    /// How a server stands in the algorithm's own figures.
    pub fn figure(&self, server: usize) -> String {
        let group = usize::from(self.backup[server]);
        match &self.order {
            Order::RoundRobin(orders) => orders[group].figure(server),
            Order::Leastconn(orders) => orders[group].figure(server),
            Order::Table { table, .. } => table.figure(server),
            Order::Ring { rings, .. } | Order::Random { rings, .. } => {
                rings.of(group).figure(server)
            }
            Order::First if self.is_elected(server) => format!("place {}", server + 1),
            Order::First => "gets nothing now".to_owned(),
        }
    }

    /// Where a request with this hash belongs, or where the walk of a table is, in words; `None`: the algorithm has no such place. `name`:
    /// what a server is called.
    pub fn place_of(&self, hash: Option<u32>, name: impl Fn(usize) -> String) -> Option<String> {
        if self.is_hash() && self.in_use() == 1 {
            return Some("one server is left, so that nothing is hashed".to_owned());
        }
        let group = usize::from(self.usable_active() == 0);
        match &self.order {
            Order::Table { table, hashed: true } => {
                let slot = table.slot(Some(hash?))?;
                Some(format!("hash {:#010x}, which points to slot {slot}", hash?))
            }
            Order::Table { table, hashed: false } => {
                Some(format!("the walk of the table goes on at slot {}", table.slot(None)?))
            }
            Order::Ring { rings, .. } => {
                let (key, owner) = rings.of(group).node_of(hash?)?;
                let owner = name(owner);
                Some(format!(
                    "hash {:#010x}; the nearest point on the ring is {key:#010x}, of {owner}",
                    hash?
                ))
            }
            Order::RoundRobin(_) | Order::Leastconn(_) | Order::First | Order::Random { .. } => {
                None
            }
        }
    }
}
