//! `leastconn`: servers ordered by their load for their weight. Among equals it is the turn of the one that has had its
//! load for longest, so that idle servers take turns whatever they weigh.

use super::{Loads, Ordered};

/// What a unit of load counts, so that dividing it by a weight leaves enough digits.
const UNIT: i64 = 4096;

/// The order of one group of servers.
#[derive(Clone, Debug)]
pub(super) struct Leastconn {
    order: Ordered,
    servers: Vec<Place>,
    insertions: u64,
}

#[derive(Clone, Debug, Default)]
struct Place {
    /// In sixteenths. 0: not usable, so in no order.
    weight: u32,
    /// Requests served and queued, which are also counted while it is not usable.
    load: i64,
    entry: Option<(i64, u64, usize)>,
}

impl Leastconn {
    /// So many servers, none usable.
    pub(super) fn new(count: usize) -> Self {
        Self { order: Ordered::new(), servers: vec![Place::default(); count], insertions: 0 }
    }

    /// A server that comes, goes or changes its weight goes behind those of its new key.
    pub(super) fn set_weight(&mut self, server: usize, weight: u32) {
        self.servers[server].weight = weight;
        self.requeue(server);
    }

    /// A server whose key stays the same keeps its place.
    pub(super) fn load_changed(&mut self, server: usize, load: i64) {
        self.servers[server].load = load;
        let key = self.key(server);
        if self.servers[server].entry.is_some_and(|entry| entry.0 != key) {
            self.requeue(server);
        }
    }

    /// The least loaded server that may take or queue another request.
    pub(super) fn pick(&self, avoid: Option<usize>, load: Loads<'_>) -> Option<usize> {
        let mut avoided = None;
        for (_, _, server) in self.order.iter() {
            let now = load(*server);
            let carried = u64::from(now.served) + u64::from(now.queued);
            let bearable = u64::from(now.limit) + u64::from(now.maxqueue);
            if now.limit > 0 && carried >= bearable {
                continue;
            }
            if Some(*server) != avoid {
                return Some(*server);
            }
            avoided = avoid;
        }
        avoided
    }

    /// How a server stands in the order, in words.
    pub(super) fn figure(&self, server: usize) -> String {
        let Place { weight, load, entry } = &self.servers[server];
        match entry {
            Some((key, turn, _)) => {
                format!("load {load}, weight {weight}/16: key {key}, there since change {turn}")
            }
            None => "in no order".to_owned(),
        }
    }

    fn requeue(&mut self, server: usize) {
        if let Some(entry) = self.servers[server].entry.take() {
            self.order.remove(&entry);
        }
        if self.servers[server].weight > 0 {
            self.insertions += 1;
            let entry = (self.key(server), self.insertions, server);
            self.order.insert(entry);
            self.servers[server].entry = Some(entry);
        }
    }

    fn key(&self, server: usize) -> i64 {
        let Place { weight, load, .. } = self.servers[server];
        if load == 0 {
            return 0;
        }
        ((load + 1) * UNIT).checked_div(i64::from(weight)).unwrap_or(0)
    }
}
