//! Consistent hashing and `random`: a ring of 32-bit keys on which each server has as many nodes as its weight has
//! sixteenths. A key belongs to the nearest node, so that a death moves the dead server's keys only.

use super::hash::avalanche;
use super::{Load, Loads};

/// The nodes of one group of servers.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    /// By key. A server's number fits: an address of the ring has room for so many.
    nodes: Vec<(u32, u16)>,
    /// In sixteenths, 0: not usable.
    weights: Vec<u32>,
    /// The most nodes that each has had.
    most: Vec<u32>,
    /// The last node that was given in turn, for requests without a key.
    last: Option<(u32, u16)>,
}

/// `hash-balance-factor`: how much more than its share a server may be given.
pub(super) struct Bound<'a> {
    /// In percent. 0: as much as comes.
    pub(super) factor: u32,
    /// Requests that the backend's servers hold.
    pub(super) served: u32,
    /// What each of them holds.
    pub(super) load: Loads<'a>,
}

impl Ring {
    /// So many servers, none usable.
    pub(super) fn new(count: usize) -> Self {
        Self { nodes: Vec::new(), weights: vec![0; count], most: vec![0; count], last: None }
    }

    /// A server that comes, goes or changes its weight: only its own nodes do.
    pub(super) fn set_weight(&mut self, server: usize, weight: u32) {
        self.weights[server] = weight;
        // A server's id is its place in the configuration, counted from 1.
        let id = server as u32 + 1;
        let key = |node: u32| avalanche(id.wrapping_mul(4096).wrapping_add(node));
        // More nodes than ever before need new room, for which the old ones leave the ring as well.
        let kept = if weight > self.most[server] { 0 } else { weight };
        self.most[server] = self.most[server].max(weight);
        self.nodes.retain(|(_, owner)| usize::from(*owner) != server);
        self.nodes.extend((0..kept).map(|node| (key(node), server as u16)));
        self.nodes.sort_unstable();
        // If the last node given has left, the next one counts as given.
        if let Some(last) = self.last.filter(|last| self.nodes.binary_search(last).is_err()) {
            let next = self.nodes.partition_point(|node| *node <= last);
            self.last = self.nodes.get(next).or(self.nodes.first()).copied();
        }
        if kept < weight {
            self.nodes.extend((kept..weight).map(|node| (key(node), server as u16)));
            self.nodes.sort_unstable();
        }
    }

    /// The server nearest to a hash, or the next one clockwise that is neither to be avoided nor has its share.
    pub(super) fn find(&self, hash: u32, avoid: Option<usize>, bound: &Bound<'_>) -> Option<usize> {
        let count = self.nodes.len();
        let nearest = self.nearest(hash)?;
        let owner = |step: usize| usize::from(self.nodes[(nearest + step) % count].1);
        let suits = |server: &usize| Some(*server) != avoid && self.may_take(*server, bound);
        (0..count).map(owner).find(suits).or_else(|| Some(owner(0)))
    }

    /// The server of the node after the one given last, from the beginning of the ring on; full ones are passed over.
    pub(super) fn next(&mut self, avoid: Option<usize>, load: Loads<'_>) -> Option<usize> {
        let count = self.nodes.len();
        let start = self.last.map_or(0, |last| self.nodes.partition_point(|node| *node <= last));
        let mut avoided = None;
        for step in 0..count {
            let node = self.nodes[(start + step) % count];
            let server = usize::from(node.1);
            if load(server).is_full() {
                // The very first walk of a process ends where it began: at the first node (recorded).
                self.last?;
                continue;
            }
            if Some(server) != avoid {
                self.last = Some(node);
                return Some(server);
            }
            avoided = Some(node);
        }
        self.last = avoided.or(self.last);
        avoided.map(|node| usize::from(node.1))
    }

    /// The least loaded for its weight of so many servers drawn, the later one if they are equal. If that one is full,
    /// none.
    pub(super) fn draw(
        &self,
        draws: u32,
        seed: &mut u32,
        avoid: Option<usize>,
        bound: &Bound<'_>,
    ) -> Option<usize> {
        let load = |server: usize| -> Load { (bound.load)(server) };
        let cost = |server: usize, other: usize| {
            u64::from(load(server).served) * u64::from(self.weights[other])
        };
        let mut best: Option<usize> = None;
        for _ in 0..draws {
            let drawn = self.find(xorshift(seed), avoid, bound)?;
            if best.is_none_or(|best| cost(drawn, best) <= cost(best, drawn)) {
                best = Some(drawn);
            }
        }
        best.filter(|server| !load(*server).is_full())
    }

    /// All nodes, by key.
    #[cfg(test)]
    pub(super) fn nodes(&self) -> &[(u32, u16)] {
        &self.nodes
    }

    /// Index of the first node at or after the hash, or of its predecessor if that is as near.
    fn nearest(&self, hash: u32) -> Option<usize> {
        let count = self.nodes.len();
        let after = self.nodes.partition_point(|(key, _)| *key < hash).checked_rem(count)?;
        let before = (after + count - 1) % count;
        let ahead = self.nodes[after].0.wrapping_sub(hash);
        let behind = hash.wrapping_sub(self.nodes[before].0);
        Some(if behind <= ahead { before } else { after })
    }

    /// The slots that the factor allows are dealt out by weight, in the order of the configuration, and whole.
    fn may_take(&self, server: usize, bound: &Bound<'_>) -> bool {
        if bound.factor == 0 {
            return true;
        }
        let sum = |weights: &[u32]| weights.iter().map(|weight| u64::from(*weight)).sum::<u64>();
        let slots = ((u64::from(bound.served) + 1) * u64::from(bound.factor)).div_ceil(100);
        let dealt = |to: usize| slots * sum(&self.weights[..to]) / sum(&self.weights).max(1);
        let share = (dealt(server + 1) - dealt(server)).max(1);
        u64::from((bound.load)(server).served) < share
    }
}

/// Draws for nothing, where there is no choice.
pub(super) fn skip(draws: u32, seed: &mut u32) {
    for _ in 0..draws {
        xorshift(seed);
    }
}

/// Marsaglia's xorshift32.
const fn xorshift(state: &mut u32) -> u32 {
    let mut x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *state = x;
    x
}
