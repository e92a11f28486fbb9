//! A priority queue of keys, the smallest first, in two parts: the next few lie sorted, so that taking one is taking the last of a list;
//! the others are in a heap, each node with four children: half as deep as a binary one, and a node's children share a cache line.
//! A small site never has more keys than the first part holds.

/// Larger than every key.
pub(super) const NEVER: u128 = u128::MAX;

/// So many keys at most lie sorted: as long as finding a place among them is quicker than the way through a heap.
const NEAR: usize = 32;
/// So many go over to the other part at once.
const BATCH: usize = NEAR / 2;
const CHILDREN: usize = 4;

/// Keys, of which no two are alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Heap {
    /// The smallest, the very smallest last; empty only if there is no key at all.
    near: Vec<u128>,
    /// Keys larger than all of those.
    far: Vec<u128>,
}

impl Heap {
    /// The smallest key; [`NEVER`] if there is none.
    #[inline]
    pub(super) fn first(&self) -> u128 {
        self.near.last().copied().unwrap_or(NEVER)
    }

    #[inline]
    pub(super) fn push(&mut self, key: u128) {
        if self.near.len() == NEAR {
            self.spill();
        }
        if !self.far.is_empty() && self.near.first().is_some_and(|largest| *largest < key) {
            self.push_far(key);
            return;
        }
        let mut at = self.near.len();
        self.near.push(key);
        while at > 0 && self.near[at - 1] < key {
            self.near[at] = self.near[at - 1];
            at -= 1;
        }
        self.near[at] = key;
    }

    /// Takes the smallest key out.
    #[inline]
    pub(super) fn pop(&mut self) {
        self.near.pop();
        if self.near.is_empty() && !self.far.is_empty() {
            self.refill();
        }
    }

    /// There is no room near: the larger half goes to the far keys.
    #[cold]
    fn spill(&mut self) {
        for index in 0..BATCH {
            self.push_far(self.near[index]);
        }
        self.near.drain(..BATCH);
    }

    /// The smallest of the far keys come near.
    #[cold]
    fn refill(&mut self) {
        for _ in 0..BATCH {
            let Some(first) = self.far.first().copied() else { break };
            self.near.push(first);
            self.pop_far();
        }
        self.near.reverse();
    }

    fn push_far(&mut self, key: u128) {
        let keys = &mut self.far;
        let mut at = keys.len();
        keys.push(key);
        while at > 0 {
            let parent = (at - 1) / CHILDREN;
            if keys[parent] <= key {
                break;
            }
            keys[at] = keys[parent];
            at = parent;
        }
        keys[at] = key;
    }

    fn pop_far(&mut self) {
        let keys = &mut self.far;
        let Some(last) = keys.pop() else { return };
        if keys.is_empty() {
            return;
        }
        let mut at = 0;
        loop {
            let first = at * CHILDREN + 1;
            let Some(children) = keys.get(first..(first + CHILDREN).min(keys.len())) else { break };
            let mut least = (last, at);
            for (index, key) in children.iter().enumerate() {
                if *key < least.0 {
                    least = (*key, first + index);
                }
            }
            if least.1 == at {
                break;
            }
            keys[at] = least.0;
            at = least.1;
        }
        keys[at] = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is put in and taken out, it is the smallest that comes.
        #[test]
        fn the_smallest_comes_first(keys in prop::collection::vec((0..1_000_u128, any::<bool>()), 0..400)) {
            let mut heap = Heap::default();
            let mut sorted = std::collections::BTreeSet::new();
            for (key, takes) in keys {
                if sorted.insert(key) {
                    heap.push(key);
                }
                if takes {
                    heap.pop();
                    sorted.pop_first();
                }
                prop_assert_eq!(heap.first(), sorted.first().copied().unwrap_or(NEVER));
            }
        }
    }
}
