//! `balance roundrobin`: HAProxy's fast weighted round robin. Each server has a next due position on a clock that
//! advances by one with each pick; three ordered sets hold who is due in this cycle, in the next, and who has not begun.

use std::collections::BTreeSet;

/// Weights are scaled so that slow changes of weight can be told (HAProxy's `BE_WEIGHT_SCALE`).
const SCALE: i64 = 16;
const KEY_TOP: i64 = 4096;

/// The order of a round robin backend. Servers are known by their index in the configuration.
#[derive(Clone, Debug)]
pub(in crate::sim) struct RoundRobin {
    servers: Vec<Turn>,
    /// Servers that have not begun this cycle, and those done with it: keyed by weight, the heaviest first.
    init: Tree,
    next: Tree,
    /// Servers due in this cycle, the earliest first.
    curr: Tree,
    next_weight: i64,
    curr_weight: i64,
    position: i64,
    insertions: u64,
}

/// Key, order of insertion, server.
type Tree = BTreeSet<(i64, u64, usize)>;

#[derive(Clone, Debug)]
struct Turn {
    weight: i64,
    due: i64,
    remainder: i64,
    place: Option<(Which, (i64, u64, usize))>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Init,
    Next,
    Curr,
}

impl RoundRobin {
    /// All servers usable, none picked yet. `weights` are those of the configuration, 0 to 256.
    pub(in crate::sim) fn new(weights: impl Iterator<Item = u32>) -> Self {
        let turn =
            |weight| Turn { weight: i64::from(weight) * SCALE, due: 0, remainder: 0, place: None };
        let servers: Vec<Turn> = weights.map(turn).collect();
        let total = servers.iter().map(|server| server.weight).sum();
        let mut order = Self {
            servers,
            init: Tree::new(),
            next: Tree::new(),
            curr: Tree::new(),
            next_weight: total,
            curr_weight: total,
            position: total,
            insertions: 0,
        };
        for server in 0..order.servers.len() {
            if order.servers[server].weight > 0 {
                order.insert(server, Which::Init);
            }
        }
        order
    }

    /// The next server whose turn it is; `avoid` only if there is no other. `None` if no server is usable.
    pub(in crate::sim) fn pick(&mut self, avoid: Option<usize>) -> Option<usize> {
        if self.curr_weight == 0 {
            self.begin_cycle();
        }
        let mut switched = false;
        let mut avoided = None;
        let picked = loop {
            let Some(server) = self.take_due() else {
                if switched {
                    break avoided;
                }
                std::mem::swap(&mut self.init, &mut self.next);
                self.relabel();
                self.begin_cycle();
                switched = true;
                continue;
            };
            if Some(server) != avoid || avoided.is_some() {
                break Some(server);
            }
            avoided = Some(server);
        };
        if let Some(server) = picked {
            self.requeue(server);
        }
        if let Some(server) = avoided.filter(|server| Some(*server) != picked) {
            if switched { self.insert(server, Which::Init) } else { self.requeue(server) }
        }
        picked
    }

    /// The server is no longer usable.
    pub(in crate::sim) fn remove(&mut self, server: usize) {
        if self.servers[server].place.is_some() {
            self.detach(server);
            self.next_weight -= self.servers[server].weight;
        }
    }

    /// The server is usable again: it usually lands a little later, not in its old place.
    pub(in crate::sim) fn restore(&mut self, server: usize) {
        let weight = self.servers[server].weight;
        if weight == 0 || self.servers[server].place.is_some() {
            return;
        }
        self.next_weight += weight;
        let due = self.position + (self.next_weight + self.curr_weight - self.position) / weight;
        self.servers[server].due = due;
        self.requeue(server);
    }

    fn begin_cycle(&mut self) {
        self.curr_weight = self.next_weight;
        self.position = self.next_weight;
    }

    /// Takes out the server whose turn it is and advances its due position and the clock.
    fn take_due(&mut self) -> Option<usize> {
        let current = self.curr.first().map(|entry| entry.2);
        let is_due = current.is_some_and(|server| self.servers[server].due <= self.position);
        let fresh = self.init.first().map(|entry| entry.2).filter(|_| !is_due);
        let server = fresh.or(current)?;
        self.detach(server);
        let next_weight = self.next_weight;
        let turn = &mut self.servers[server];
        if fresh.is_some() {
            turn.due = 0;
            turn.remainder = 0;
        }
        if turn.due == 0 {
            turn.due = self.position;
        }
        turn.due += next_weight / turn.weight;
        turn.remainder += next_weight % turn.weight;
        if turn.remainder >= turn.weight {
            turn.remainder -= turn.weight;
            turn.due += 1;
        }
        self.position += 1;
        Some(server)
    }

    fn requeue(&mut self, server: usize) {
        let due = self.servers[server].due;
        if due >= 2 * self.curr_weight || due >= self.curr_weight + self.next_weight {
            self.servers[server].due -= self.curr_weight;
            self.insert(server, Which::Next);
        } else {
            self.insert(server, Which::Curr);
        }
    }

    fn insert(&mut self, server: usize, which: Which) {
        self.detach(server);
        let turn = &self.servers[server];
        let key = match which {
            Which::Init | Which::Next => KEY_TOP - turn.weight,
            Which::Curr => 256 * turn.due + (KEY_TOP + turn.remainder - turn.weight) / SCALE,
        };
        self.insertions += 1;
        let entry = (key, self.insertions, server);
        self.tree(which).insert(entry);
        self.servers[server].place = Some((which, entry));
    }

    fn detach(&mut self, server: usize) {
        if let Some((which, entry)) = self.servers[server].place.take() {
            self.tree(which).remove(&entry);
        }
    }

    /// After the two sets changed names, so do the servers' places.
    fn relabel(&mut self) {
        for turn in &mut self.servers {
            if let Some((which, _)) = &mut turn.place {
                *which = match which {
                    Which::Init => Which::Next,
                    Which::Next => Which::Init,
                    Which::Curr => Which::Curr,
                };
            }
        }
    }

    const fn tree(&mut self, which: Which) -> &mut Tree {
        match which {
            Which::Init => &mut self.init,
            Which::Next => &mut self.next,
            Which::Curr => &mut self.curr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letters(order: &mut RoundRobin, count: usize) -> String {
        (0..count)
            .filter_map(|_| order.pick(None))
            .map(|server| char::from(b'a' + server as u8))
            .collect()
    }

    /// Recorded from the real HAProxy 2.6.12, one sequential client.
    #[test]
    fn picks_equal_those_recorded_from_the_real_haproxy() {
        for (weights, picks) in [
            (&[1, 1][..], "abababababababababababab"),
            (&[1, 1, 1], "abcabcabcabcabcabcabcabc"),
            (&[1, 2, 3], "cbcacbcbcacbcbcacbcbcacb"),
            (&[3, 2, 1], "abacababacababacababacab"),
            (&[5, 1, 1], "aaabaacaaabaacaaabaacaaa"),
            (&[1, 3], "bbbabbbabbbabbbabbbabbba"),
            (&[2, 2, 1], "ababcababcababcababcabab"),
            (&[10, 20, 30, 40], "dcdbcdadcbdcdbcdadcbdcdb"),
            (&[100, 50, 25], "aabacabaabacabaabacabaab"),
            (&[4, 4, 2, 1, 1], "abcabdabcabeabcabdabcabe"),
        ] {
            let mut order = RoundRobin::new(weights.iter().copied());
            assert_eq!(letters(&mut order, picks.len()), picks, "{weights:?}");
        }
    }

    /// Histories with servers leaving (`-b`) and returning (`+b`), recorded from the real HAProxy 2.6.12.
    #[test]
    fn histories_equal_those_recorded_from_the_real_haproxy() {
        for (weights, history) in [
            (&[1, 1, 1][..], "abca -b cacac +b acbacbacb"),
            (&[1, 2, 3], "cbcacbcb -c abbabb +c cabccbcabccb"),
            (&[5, 1, 1], "aaa -a bcbc +a bacaaaabacaaaa"),
            (&[1, 1], "aba -a bbb +a babababa"),
            (&[1, 1, 1, 1], "abcdab -a -b cdcd +a cdac +b dacbdacbda"),
        ] {
            let mut order = RoundRobin::new(weights.iter().copied());
            for word in history.split(' ') {
                let server = usize::from(word.as_bytes()[word.len() - 1] - b'a');
                match word.as_bytes()[0] {
                    b'-' => order.remove(server),
                    b'+' => order.restore(server),
                    _ => assert_eq!(letters(&mut order, word.len()), word, "{weights:?} {history}"),
                }
            }
        }
    }

    #[test]
    fn a_server_to_be_avoided_is_the_last_resort() {
        let mut order = RoundRobin::new([1, 1].into_iter());
        assert_eq!(order.pick(Some(0)), Some(1));
        order.remove(1);
        assert_eq!(order.pick(Some(0)), Some(0));
        order.remove(0);
        assert_eq!(order.pick(None), None);
    }

    proptest! {
        /// Over a whole cycle every server gets exactly its weight.
        #[test]
        fn a_cycle_gives_every_server_its_weight(weights in prop::collection::vec(1_u32..20, 1..6)) {
            let mut order = RoundRobin::new(weights.iter().copied());
            let total: u32 = weights.iter().sum();
            let mut picks = vec![0_u32; weights.len()];
            for _ in 0..total * 3 {
                picks[order.pick(None).unwrap()] += 1;
            }
            let fair: Vec<u32> = weights.iter().map(|weight| weight * 3).collect();
            for (picked, fair) in picks.iter().zip(&fair) {
                prop_assert!(picked.abs_diff(*fair) <= 1, "{picks:?} {fair:?}");
            }
        }
    }
}
