//! Which server gets the next request: the `balance` algorithms (HAProxy 2.6 manual 4.2).
//!
//! Active and backup servers are two groups. While an active server is usable, only those are used; else the first usable
//! backup alone, or all of them with `option allbackups`.

mod asked;
mod figures;
mod hash;
mod leastconn;
mod ordered;
mod ring;
mod roundrobin;
mod table;
#[cfg(test)]
mod tests;

use crate::infra::{Backend, Balance, HashMethod};

pub use asked::{Ask, Load, Standing};
use hash::Hashing;
pub use hash::KeyOf;
use leastconn::Leastconn;
use ordered::Ordered;
use ring::{Bound, Rings};
use roundrobin::RoundRobin;
use table::Table;

/// Where Marsaglia's xorshift32 begins. A fresh process draws the same numbers every time.
const FIRST_SEED: u32 = 2_463_534_242;

/// How servers carry their load, asked about by index.
type Loads<'a> = &'a dyn Fn(usize) -> Load;

/// The order in which a backend's servers get requests. Servers are known by their index in the configuration.
#[derive(Clone, Debug)]
pub struct Scheduler {
    standings: Vec<Standing>,
    backup: Vec<bool>,
    allbackups: bool,
    hashing: Hashing,
    order: Order,
    /// How many active and how many backup servers are usable, and the first of the latter.
    usable: [usize; 2],
    first_backup: Option<usize>,
}

/// What each algorithm keeps; where there are two, the active servers' and the backups'.
#[derive(Clone, Debug)]
enum Order {
    RoundRobin([RoundRobin; 2]),
    Table { table: Table, hashed: bool },
    Leastconn([Leastconn; 2]),
    First,
    Ring { rings: Rings, factor: u32 },
    Random { rings: Rings, factor: u32, draws: u32, seed: u32 },
}

impl Scheduler {
    /// As in a fresh process, with the servers of the backend standing so. Nothing is in flight.
    pub fn new(backend: &Backend, standings: impl Iterator<Item = Standing>) -> Self {
        let consistent = backend.hash_type.method == HashMethod::Consistent;
        let weights: Vec<u32> = backend.servers.iter().map(|server| server.weight).collect();
        let count = weights.len();
        let factor = backend.hash_balance_factor;
        let order = match &backend.balance {
            Balance::Roundrobin => {
                Order::RoundRobin([RoundRobin::new(count), RoundRobin::new(count)])
            }
            Balance::StaticRr => Order::Table { table: Table::new(&weights), hashed: false },
            Balance::Leastconn => Order::Leastconn([Leastconn::new(count), Leastconn::new(count)]),
            Balance::First => Order::First,
            Balance::Random { draws } => {
                Order::Random { rings: Rings::new(count), factor, draws: *draws, seed: FIRST_SEED }
            }
            Balance::Source | Balance::Uri(_) | Balance::UrlParam { .. } | Balance::Hdr { .. } => {
                if consistent {
                    Order::Ring { rings: Rings::new(count), factor }
                } else {
                    Order::Table { table: Table::new(&weights), hashed: true }
                }
            }
        };
        let mut scheduler = Self {
            standings: standings.collect(),
            backup: backend.servers.iter().map(|server| server.backup).collect(),
            allbackups: backend.allbackups,
            hashing: Hashing::new(backend),
            order,
            usable: [0, 0],
            first_backup: None,
        };
        scheduler.begin();
        scheduler
    }

    fn begin(&mut self) {
        for server in 0..self.standings.len() {
            let group = usize::from(self.backup[server]);
            let weight = self.weight_of(server);
            match &mut self.order {
                Order::RoundRobin(orders) => orders[group].begin_with(server, weight),
                Order::Leastconn(orders) => orders[group].set_weight(server, weight),
                Order::Ring { rings, .. } | Order::Random { rings, .. } => {
                    rings.set_weight(group, server, weight);
                }
                Order::Table { .. } | Order::First => {}
            }
        }
        self.count_usable();
        self.rebuild_table();
    }

    /// A server goes down, comes up, or has another weight.
    pub fn set_standing(&mut self, server: usize, standing: Standing) {
        let before = self.weight_of(server);
        self.standings[server] = standing;
        let weight = self.weight_of(server);
        if weight == before {
            return;
        }
        if (weight > 0) != (before > 0) {
            self.count_usable();
        }
        let group = usize::from(self.backup[server]);
        match &mut self.order {
            Order::RoundRobin(orders) => orders[group].set_weight(server, weight),
            Order::Leastconn(orders) => orders[group].set_weight(server, weight),
            Order::Ring { rings, .. } | Order::Random { rings, .. } => {
                rings.set_weight(group, server, weight);
            }
            Order::Table { .. } => self.rebuild_table(),
            Order::First => {}
        }
    }

    /// How a server stands, as last told.
    pub fn standing(&self, server: usize) -> Standing {
        self.standings[server]
    }

    /// A server took a request or let one go.
    pub fn load_changed(&mut self, server: usize, served: u32, queued: u32) {
        if let Order::Leastconn(orders) = &mut self.order {
            let group = usize::from(self.backup[server]);
            orders[group].load_changed(server, i64::from(served) + i64::from(queued));
        }
    }

    /// The server for this request. `None`: all are full, so that it waits in the backend's queue, or none is usable.
    pub fn pick(&mut self, ask: &Ask, load: impl Fn(usize) -> Load) -> Option<usize> {
        self.pick_by(ask, &load)
    }

    fn pick_by(&mut self, ask: &Ask, load: Loads<'_>) -> Option<usize> {
        let only = self.only_backup();
        let avoid = ask.avoid;
        let hash = if self.in_use() == 1 { self.hashing.alone(ask.hash) } else { ask.hash };
        let group = usize::from(self.usable_active() == 0);
        match &mut self.order {
            // The maps know no single backup: theirs is made wrong, but walked like any other.
            Order::Table { table, hashed } => match hash.filter(|_| *hashed) {
                Some(hash) => table.at(hash),
                None => table.next(avoid, load),
            },
            Order::Random { seed, draws, .. } if only.is_some() => {
                ring::skip(*draws, seed);
                only.filter(|server| !load(*server).is_full())
            }
            _ if only.is_some() => only,
            Order::RoundRobin(orders) => orders[group].pick(avoid, load),
            Order::Leastconn(orders) => orders[group].pick(avoid, load),
            Order::First => {
                let is_free = |server: &usize| self.is_elected(*server) && !load(*server).is_full();
                let free = || (0..self.standings.len()).filter(is_free);
                free().find(|server| Some(*server) != avoid).or_else(|| free().next())
            }
            Order::Ring { rings, factor } => match hash {
                Some(hash) => {
                    let bound = Bound { factor: *factor, served: ask.backend_served, load };
                    rings.of(group).find(hash, avoid, &bound)
                }
                None => rings.next(group, avoid, load),
            },
            Order::Random { rings, factor, draws, seed } => {
                let bound = Bound { factor: *factor, served: ask.backend_served, load };
                rings.of(group).draw(*draws, seed, avoid, &bound)
            }
        }
    }

    /// Whether any server can be given a request.
    pub fn has_usable(&self) -> bool {
        self.in_use() > 0
    }

    /// How many active servers are usable.
    pub const fn usable_active(&self) -> usize {
        self.usable[0]
    }

    /// How many backup servers are usable.
    pub const fn usable_backup(&self) -> usize {
        self.usable[1]
    }

    /// How many servers share the load now: of the backups only one, but for `option allbackups`.
    pub fn in_use(&self) -> usize {
        match self.usable_active() {
            0 if self.allbackups => self.usable_backup(),
            0 => self.usable_backup().min(1),
            active => active,
        }
    }

    /// Whether this server is one of those that share the load now.
    pub fn is_elected(&self, server: usize) -> bool {
        let elected = match self.usable_active() {
            0 => self.allbackups || self.only_backup() == Some(server),
            _ => !self.backup[server],
        };
        elected && self.weight_of(server) > 0
    }

    /// The weight that HAProxy shows for the servers that share the load now.
    pub fn total_weight(&self) -> u32 {
        let table = matches!(self.order, Order::Table { .. });
        let shown = |server: usize| {
            let standing = &self.standings[server];
            if table { standing.weight } else { standing.sixteenths.div_ceil(16) }
        };
        (0..self.standings.len()).filter(|server| self.is_elected(*server)).map(shown).sum()
    }

    /// Whether requests are told apart by a key: `source`, `uri`, `url_param`, `hdr`.
    pub fn is_hash(&self) -> bool {
        self.hashing.is_used()
    }

    /// The hash of the request's key. `None`: the algorithm has none, or the request lacks what it looks for.
    pub fn hash_of(&self, request: &KeyOf<'_>) -> Option<u32> {
        self.hashing.hash_of(request)
    }

    /// The weight in effect, 0 if the server is not usable. The maps are made of the user's weights.
    fn weight_of(&self, server: usize) -> u32 {
        let standing = &self.standings[server];
        let table = matches!(self.order, Order::Table { .. });
        let weight = if table { standing.weight } else { standing.sixteenths };
        if standing.usable && standing.weight > 0 { weight } else { 0 }
    }

    fn count_usable(&mut self) {
        let usable = |server: &usize| self.weight_of(*server) > 0;
        let all = (0..self.standings.len()).filter(usable);
        let backups = all.clone().filter(|server| self.backup[*server]);
        let first = backups.clone().next();
        let backups = backups.count();
        self.usable = [all.count() - backups, backups];
        self.first_backup = first;
    }

    /// The first usable backup, if it has to carry everything alone.
    fn only_backup(&self) -> Option<usize> {
        self.first_backup.filter(|_| !self.allbackups && self.usable_active() == 0)
    }

    fn rebuild_table(&mut self) {
        let backups = self.usable_active() == 0;
        let competes = |server: usize| {
            if self.backup[server] == backups { self.weight_of(server) } else { 0 }
        };
        let weights: Vec<u32> = (0..self.standings.len()).map(competes).collect();
        let first_only = self.only_backup();
        if let Order::Table { table, .. } = &mut self.order {
            table.rebuild(&weights, first_only);
        }
    }
}
