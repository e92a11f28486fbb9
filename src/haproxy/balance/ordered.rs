//! An ordered set of entries: a plain queue kept in order. Nearly all that comes goes to its end and nearly all that goes leaves from its
//! beginning, where a queue is faster than any tree.

use std::collections::VecDeque;

/// Key, order of insertion, server.
pub(super) type Entry = (i64, u64, usize);

/// Entries in ascending order.
#[derive(Clone, Debug, Default)]
pub(super) struct Ordered(VecDeque<Entry>);

impl Ordered {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn first(&self) -> Option<&Entry> {
        self.0.front()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// Puts in an entry that is later than all others with its key.
    #[inline]
    pub(super) fn insert(&mut self, entry: Entry) {
        if self.0.back().is_none_or(|last| last.0 <= entry.0) {
            self.0.push_back(entry);
        } else {
            self.insert_before(entry);
        }
    }

    fn insert_before(&mut self, entry: Entry) {
        let at = self.0.partition_point(|other| *other < entry);
        self.0.insert(at, entry);
    }

    /// Takes the first out.
    pub(super) fn pop(&mut self) {
        self.0.pop_front();
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        if self.0.front() == Some(entry) {
            self.0.pop_front();
        } else if let Ok(at) = self.0.binary_search(entry) {
            self.0.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_set_in_order(deeds in prop::collection::vec((any::<bool>(), 0_i64..20), 0..100)) {
            let (mut ours, mut theirs) = (Ordered::new(), std::collections::BTreeSet::new());
            for (comes, key) in deeds {
                let entry = (key, 0, 0);
                if comes && theirs.insert(entry) {
                    ours.insert(entry);
                } else if !comes {
                    theirs.remove(&entry);
                    ours.remove(&entry);
                }
                prop_assert_eq!(ours.first(), theirs.first());
            }
            prop_assert!(ours.iter().eq(theirs.iter()));
        }
    }
}
