//! `balance roundrobin`: HAProxy's fast weighted round robin. Each server has a next due position on a clock that
//! advances by one with each pick; three ordered sets hold who is due in this cycle, in the next, and who has not begun.

use super::{Loads, Ordered};

/// Weights are scaled so that slow changes of weight can be told (HAProxy's `BE_WEIGHT_SCALE`).
const SCALE: i64 = 16;
const KEY_TOP: i64 = 4096;

/// The order of one group of servers.
#[derive(Clone, Debug)]
pub(super) struct RoundRobin {
    servers: Vec<Turn>,
    /// Servers that have not begun this cycle, and those done with it: keyed by weight, the heaviest first.
    init: Ordered,
    next: Ordered,
    /// Servers due in this cycle, the earliest first.
    curr: Ordered,
    next_weight: i64,
    curr_weight: i64,
    position: i64,
    insertions: u64,
}

#[derive(Clone, Debug, Default)]
struct Turn {
    /// In sixteenths. 0: not usable, so in no set.
    weight: i64,
    due: i64,
    last: i64,
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
    /// So many servers, none usable.
    pub(super) fn new(count: usize) -> Self {
        Self {
            servers: vec![Turn::default(); count],
            init: Ordered::new(),
            next: Ordered::new(),
            curr: Ordered::new(),
            next_weight: 0,
            curr_weight: 0,
            position: 0,
            insertions: 0,
        }
    }

    /// A server that is there when the process starts.
    pub(super) fn begin_with(&mut self, server: usize, weight: u32) {
        if weight > 0 {
            self.servers[server].weight = i64::from(weight);
            self.next_weight += i64::from(weight);
            self.begin_cycle();
            self.insert(server, Which::Init);
        }
    }

    /// A server comes (from weight 0), goes (to weight 0), or weighs something else.
    pub(super) fn set_weight(&mut self, server: usize, weight: u32) {
        let new = i64::from(weight);
        let old = std::mem::replace(&mut self.servers[server].weight, new);
        self.next_weight += new - old;
        let place = self.detach(server);
        if new == 0 {
            return;
        }
        match place {
            None => {
                let ahead = self.next_weight + self.curr_weight - self.position;
                self.servers[server].due = self.position + ahead / new;
                self.requeue(server);
            }
            Some(Which::Init) => self.insert(server, Which::Init),
            Some(which) => {
                let step = self.next_weight / new;
                let turn = &mut self.servers[server];
                if which == Which::Next {
                    turn.due += self.curr_weight;
                }
                turn.due = turn.due.min(turn.last + step);
                turn.remainder = 0;
                if turn.due < self.position + 2 {
                    turn.due = self.position + step;
                }
                self.requeue(server);
            }
        }
    }

    /// The next server whose turn it is. A full one loses its turn; the one to avoid is taken if there is no other.
    pub(super) fn pick(&mut self, avoid: Option<usize>, load: Loads<'_>) -> Option<usize> {
        if self.curr_weight == 0 {
            self.begin_cycle();
        }
        let mut switched = false;
        let mut avoided = None;
        let mut aside = Vec::new();
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
            if !load(server).is_full() {
                if Some(server) != avoid {
                    // Nearly always the first that is looked at.
                    if aside.is_empty() {
                        self.requeue(server);
                        return Some(server);
                    }
                    break Some(server);
                }
                avoided = avoid;
            }
            aside.push(server);
        };
        if let Some(server) = picked {
            self.requeue(server);
        }
        for server in aside.into_iter().rev().filter(|server| Some(*server) != picked) {
            if switched {
                self.insert(server, Which::Init);
            } else {
                self.requeue(server);
            }
        }
        picked
    }

    /// How a server stands in the order, in words.
    pub(super) fn figure(&self, server: usize) -> String {
        let Turn { weight, due, place, .. } = &self.servers[server];
        let weight = format!("weight {weight}/{SCALE}");
        match place {
            Some((Which::Curr, _)) => {
                format!("due at position {due}, the order is at {}, {weight}", self.position)
            }
            Some((Which::Init, _)) => format!("not had yet in this cycle, {weight}"),
            Some((Which::Next, _)) => format!("had its share of this cycle, {weight}"),
            None => "in no order".to_owned(),
        }
    }

    const fn begin_cycle(&mut self) {
        self.curr_weight = self.next_weight;
        self.position = self.next_weight;
    }

    /// Takes out the server whose turn it is and advances its due position and the clock.
    fn take_due(&mut self) -> Option<usize> {
        let current = self.curr.first().map(|entry| entry.2);
        let is_due = current.is_some_and(|server| self.servers[server].due <= self.position);
        let fresh = self.init.first().map(|entry| entry.2).filter(|_| !is_due);
        let server = fresh.or(current)?;
        if fresh.is_some() {
            self.init.pop();
        } else {
            self.curr.pop();
        }
        let turn = &mut self.servers[server];
        turn.place = None;
        if fresh.is_some() {
            turn.due = 0;
            turn.remainder = 0;
        }
        if turn.due == 0 {
            turn.due = self.position;
        }
        turn.last = turn.due;
        turn.due += self.next_weight / turn.weight;
        turn.remainder += self.next_weight % turn.weight;
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

    fn detach(&mut self, server: usize) -> Option<Which> {
        let (which, entry) = self.servers[server].place.take()?;
        self.tree(which).remove(&entry);
        Some(which)
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

    const fn tree(&mut self, which: Which) -> &mut Ordered {
        match which {
            Which::Init => &mut self.init,
            Which::Next => &mut self.next,
            Which::Curr => &mut self.curr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Load;
    use super::*;

    /// `1 pos 96 -> 97 c lpos 96 npos 98 rw 0 curr init ...`: the clock and the picked server after each pick.
    #[test]
    fn the_clock_runs_as_in_the_known_trace() {
        let vectors = include_str!("../../../tests/golden/vectors.txt");
        let mut order = RoundRobin::new(3);
        for (server, weight) in [16, 32, 48].into_iter().enumerate() {
            order.begin_with(server, weight);
        }
        let lines = vectors.lines().skip_while(|line| *line != "trace 1:2:3").skip(1);
        let mut count = 0;
        for line in lines.take_while(|line| line.contains(" pos ")) {
            let before = order.position;
            let idle = Load { served: 0, queued: 0, limit: 0, maxqueue: 0 };
            let server = order.pick(None, &|_| idle).unwrap();
            let Turn { last, due, remainder, .. } = order.servers[server];
            let letter = ["a", "b", "c"][server];
            let after = order.position;
            let made =
                format!(" pos {before} -> {after} {letter} lpos {last} npos {due} rw {remainder} ");
            assert!(line.contains(&made), "{line}: {made}");
            count += 1;
        }
        assert_eq!(count, 13);
    }
}
