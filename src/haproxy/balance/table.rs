//! `static-rr` and the map-based hashes: a table of slots, made anew for each set of usable servers. It is walked in turn,
//! or a hash points into it.

use super::Loads;

/// The table and how far it has been walked.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The greatest common divisor of the configured weights, by which all are shortened.
    divisor: u32,
    slots: Vec<usize>,
    index: usize,
}

impl Table {
    /// Still empty. The weights are all those of the configuration.
    pub(super) fn new(weights: &[u32]) -> Self {
        let divisor = weights.iter().fold(0, |divisor, weight| common_divisor(divisor, *weight));
        Self { divisor: divisor.max(1), slots: Vec::new(), index: 0 }
    }

    /// Spreads the servers over the slots, each by its weight; 0: not usable. The walk goes on where it was, so that a
    /// server's return does not favour the first ones.
    ///
    /// Where only the first backup should be used, HAProxy makes as many slots as that one weighs, but lets all the
    /// backups compete for them.
    pub(super) fn rebuild(&mut self, weights: &[u32], only: Option<usize>) {
        let weights: Vec<i64> =
            weights.iter().map(|weight| i64::from(weight / self.divisor)).collect();
        let total = only.map_or_else(|| weights.iter().sum(), |server| weights[server]);
        let mut scores = vec![0_i64; weights.len()];
        self.slots.clear();
        for _ in 0..total {
            let mut best: Option<(i64, usize)> = None;
            for server in (0..weights.len()).filter(|server| weights[*server] > 0) {
                scores[server] += weights[server];
                let value = (scores[server] + total) / total;
                if best.is_none_or(|(most, _)| value > most) {
                    best = Some((value, server));
                }
                // A single slot is the first server's, whatever the others weigh.
                if total == 1 {
                    break;
                }
            }
            if let Some((_, server)) = best {
                scores[server] -= total;
                self.slots.push(server);
            }
        }
    }

    /// The next server that is not full; the one to be avoided if there is no other.
    pub(super) fn next(&mut self, avoid: Option<usize>, load: Loads<'_>) -> Option<usize> {
        let count = self.slots.len();
        // Only now: past the end of a short table may be amidst the longer one that replaced it.
        if self.index >= count {
            self.index = 0;
        }
        let mut last_resort = None;
        for step in 0..count {
            let slot = (self.index + step) % count;
            let server = self.slots[slot];
            if load(server).is_full() {
                continue;
            }
            if Some(server) != avoid {
                self.index = slot + 1;
                return Some(server);
            }
            last_resort = Some(slot);
        }
        let slot = last_resort?;
        self.index = slot + 1;
        Some(self.slots[slot])
    }

    /// The slots of a server, in words.
    pub(super) fn figure(&self, server: usize) -> String {
        let own = (0..self.slots.len()).filter(|slot| self.slots[*slot] == server);
        let own: Vec<String> = own.map(|slot| slot.to_string()).collect();
        if own.is_empty() {
            return "has no slot".to_owned();
        }
        // A table of weights has hundreds.
        let shown = own.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if own.len() > 8 { ", \u{2026}" } else { "" };
        format!("{} of {} slots: {shown}{more}", own.len(), self.slots.len())
    }

    /// Where the walk is, and where a hash points to: the slot, counted from 0.
    pub(super) fn slot(&self, hash: Option<u32>) -> Option<usize> {
        let count = self.slots.len();
        let walked = || if self.index >= count { 0 } else { self.index };
        let at = hash.map_or_else(walked, |hash| hash as usize);
        at.checked_rem(count)
    }

    /// The server that a hash points to, be it full or one to avoid.
    pub(super) fn at(&self, hash: u32) -> Option<usize> {
        let slot = (hash as usize).checked_rem(self.slots.len())?;
        Some(self.slots[slot])
    }
}

const fn common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(weights: &[u32]) -> Table {
        let mut table = Table::new(weights);
        table.rebuild(weights, None);
        table
    }

    #[test]
    fn weights_are_shortened_by_what_they_share() {
        assert_eq!(table(&[10, 20, 30, 40]).slots, [0, 1, 3, 2, 3, 1, 2, 3, 2, 3]);
        assert_eq!(table(&[0, 0]).slots, [0_usize; 0]);
    }

    #[test]
    fn the_walk_goes_on_where_it_was_unless_the_table_has_become_shorter() {
        let free = |_| super::super::Load { served: 0, queued: 0, limit: 0, maxqueue: 0 };
        let mut table = table(&[1, 1, 1, 1]);
        assert_eq!(table.next(None, &free), Some(0));
        table.rebuild(&[1, 1, 0, 1], None);
        assert_eq!(table.next(None, &free), Some(1));
        assert_eq!(table.next(None, &free), Some(3), "the end of the short table");
        table.rebuild(&[1, 1, 1, 1], None);
        assert_eq!(table.next(None, &free), Some(3), "which is not that of the long one");
        for expected in 0..3 {
            assert_eq!(table.next(None, &free), Some(expected));
        }
        table.rebuild(&[0, 1, 0, 1], None);
        assert_eq!(table.next(None, &free), Some(1), "past the end");
    }
}
