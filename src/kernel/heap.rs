//! A heap of keys, the smallest first, each node with four children: half as deep as a binary one, and a node's children share a cache line.

/// Larger than every key.
pub(super) const NEVER: u128 = u128::MAX;

const CHILDREN: usize = 4;

/// Keys, of which no two are alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Heap {
    keys: Vec<u128>,
}

impl Heap {
    /// The smallest key; [`NEVER`] if there is none.
    pub(super) fn first(&self) -> u128 {
        self.keys.first().copied().unwrap_or(NEVER)
    }

    pub(super) fn push(&mut self, key: u128) {
        let mut at = self.keys.len();
        self.keys.push(key);
        while at > 0 {
            let parent = (at - 1) / CHILDREN;
            if self.keys[parent] <= key {
                break;
            }
            self.keys[at] = self.keys[parent];
            at = parent;
        }
        self.keys[at] = key;
    }

    /// Takes the smallest key out.
    pub(super) fn pop(&mut self) {
        let Some(last) = self.keys.pop() else { return };
        if self.keys.is_empty() {
            return;
        }
        let mut at = 0;
        loop {
            let first = at * CHILDREN + 1;
            let Some(children) = self.keys.get(first..(first + CHILDREN).min(self.keys.len()))
            else {
                break;
            };
            let mut least = (last, at);
            for (index, key) in children.iter().enumerate() {
                if *key < least.0 {
                    least = (*key, first + index);
                }
            }
            if least.1 == at {
                break;
            }
            self.keys[at] = least.0;
            at = least.1;
        }
        self.keys[at] = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is put in and taken out, it is the smallest that comes.
        #[test]
        fn the_smallest_comes_first(keys in prop::collection::vec((any::<u128>(), any::<bool>()), 0..200)) {
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
