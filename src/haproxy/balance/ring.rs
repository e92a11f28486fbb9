//! Consistent hashing and `random`: a ring of 32-bit keys on which each server has as many nodes as its weight has
//! sixteenths. A key belongs to the nearest node, so that a death moves the dead server's keys only.

use std::collections::BinaryHeap;
use std::ops::Range;

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
}

/// The rings of the active and of the backup servers.
#[derive(Clone, Debug)]
pub(super) struct Rings {
    rings: [Ring; 2],
    /// The node that was given last in turn, to a request without a key. One for both rings: when the other group takes over,
    /// the walk first goes to the end of the ring that it is on (recorded).
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

impl Rings {
    /// So many servers, none usable.
    pub(super) fn new(count: usize) -> Self {
        Self { rings: [Ring::new(count), Ring::new(count)], last: None }
    }

    /// The ring of the active servers (0) or of the backups (1).
    pub(super) const fn of(&self, group: usize) -> &Ring {
        &self.rings[group]
    }

    /// A server of this group comes, goes or changes its weight: only its own nodes do.
    pub(super) fn set_weight(&mut self, group: usize, server: usize, weight: u32) {
        let ring = &mut self.rings[group];
        let new = ring.withdraw(server, weight);
        // If the last node given has left, the next one counts as given.
        if let Some(last) = self.last.filter(|last| usize::from(last.1) == server)
            && ring.place(last).is_err()
        {
            self.last = ring.after(last);
        }
        ring.add(server, new..weight);
    }

    /// The server of the node after the one given last; full ones are passed over. A walk that finds none, or only the
    /// server to avoid, is at an end once it has come to where it began: to the first node where nothing was given yet.
    pub(super) fn next(
        &mut self,
        group: usize,
        avoid: Option<usize>,
        load: Loads<'_>,
    ) -> Option<usize> {
        let ring = &self.rings[group];
        let after = |node: (u32, u16)| {
            self.rings.iter().find_map(|ring| ring.place(node).ok().and(ring.after(node)))
        };
        let mut stop = self.last;
        let mut node = self.last;
        let mut avoided = None;
        // The real walk knows no other end, and would never come to it where it began on the other ring.
        for _ in 0..=self.rings.iter().map(|ring| ring.nodes.len()).sum() {
            let here = node.and_then(after).or_else(|| ring.nodes.first().copied())?;
            node = Some(here);
            stop = stop.or(node);
            let server = usize::from(here.1);
            if !load(server).is_full() {
                if Some(server) != avoid {
                    self.last = node;
                    return Some(server);
                }
                avoided = node;
            }
            if node == stop {
                break;
            }
        }
        self.last = avoided;
        avoided.map(|node| usize::from(node.1))
    }
}

impl Ring {
    fn new(count: usize) -> Self {
        Self { nodes: Vec::new(), weights: vec![0; count], most: vec![0; count] }
    }

    /// Takes the nodes of a server away that it is not to have any more. Returns how many it still has.
    fn withdraw(&mut self, server: usize, weight: u32) -> u32 {
        // More nodes than ever before need new room, for which the old ones leave the ring as well.
        let kept = if weight > self.most[server] { 0 } else { weight.min(self.weights[server]) };
        self.weights[server] = weight;
        self.most[server] = self.most[server].max(weight);
        self.nodes.retain(|(_, owner)| usize::from(*owner) != server);
        self.add(server, 0..kept);
        kept
    }

    /// Nodes of these numbers.
    fn add(&mut self, server: usize, numbers: Range<u32>) {
        // A server's id is its place in the configuration, counted from 1.
        let first = (server as u32 + 1).wrapping_mul(4096);
        let new = numbers.map(|number| (avalanche(first.wrapping_add(number)), server as u16));
        // A heap, because the agenda's brings its code along: the library's sort would add 2 KB to the first load.
        let new = new.collect::<BinaryHeap<_>>().into_sorted_vec();
        let mut old = std::mem::take(&mut self.nodes).into_iter().peekable();
        for node in new {
            while let Some(before) = old.next_if(|before| *before < node) {
                self.nodes.push(before);
            }
            self.nodes.push(node);
        }
        self.nodes.extend(old);
    }

    /// Where this node is, or would be.
    fn place(&self, node: (u32, u16)) -> Result<usize, usize> {
        self.nodes.binary_search(&node)
    }

    /// The next node, up to the end of the ring.
    fn after(&self, node: (u32, u16)) -> Option<(u32, u16)> {
        self.nodes.get(self.nodes.partition_point(|known| *known <= node)).copied()
    }

    /// The server nearest to a hash, or the next one clockwise that is neither to be avoided nor has its share.
    pub(super) fn find(&self, hash: u32, avoid: Option<usize>, bound: &Bound<'_>) -> Option<usize> {
        let count = self.nodes.len();
        let nearest = self.nearest(hash)?;
        let owner = |step: usize| usize::from(self.nodes[(nearest + step) % count].1);
        let suits = |server: &usize| Some(*server) != avoid && self.may_take(*server, bound);
        (0..count).map(owner).find(suits).or_else(|| Some(owner(0)))
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

    /// How many nodes of the ring are a server's, in words.
    pub(super) fn figure(&self, server: usize) -> String {
        let own = self.nodes.iter().filter(|(_, owner)| usize::from(*owner) == server).count();
        format!("{own} of the {} points on the ring", self.nodes.len())
    }

    /// The node that a hash belongs to: its key and its server.
    pub(super) fn node_of(&self, hash: u32) -> Option<(u32, usize)> {
        let (key, owner) = self.nodes[self.nearest(hash)?];
        Some((key, usize::from(owner)))
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
