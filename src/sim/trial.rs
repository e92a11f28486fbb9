//! What a user would get who asked now: tried on a copy of the world, which goes on as it would if nobody did anything. The world itself
//! does not notice.

use crate::kernel::SimDuration;

use super::client::{DYNAMIC_PATH, STATIC_PATH, WRITE_PATH};
use super::fact::RequestRecord;
use super::world::{History, Simulation};

/// So far ahead is looked, in simulated time and in events; the user's own patience is mostly over before.
const LONGEST: SimDuration = SimDuration::from_secs(60);
const MOST_EVENTS: u32 = 400_000;
/// So many events at once, before anybody looks whether the request has ended.
const ROUND: u32 = 500;
/// Of so many users to come one asks for the path that is tried, or nearly nobody does.
const MOST_USERS: u32 = 4_000;

/// What came of a request that was tried.
#[derive(Clone, Debug, PartialEq)]
pub enum Trial {
    /// It ended.
    Ended(RequestRecord),
    /// It was still under way when there was no more looking ahead.
    UnderWay,
    /// No user of this workload asks for that.
    NobodyAsks,
}

impl Simulation {
    /// Sends the request of the next user who asks for this path, now, from a client without cookies who sends it at once.
    pub fn try_request(&self, path: &str) -> Trial {
        let next = self.counts.issued as u32 + 1;
        let asks = |number: u32| {
            if self.is_static(number) {
                STATIC_PATH
            } else if self.is_write(number) {
                WRITE_PATH
            } else {
                DYNAMIC_PATH
            }
        };
        let is_it = |number: &u32| asks(*number) == path && !self.is_slow(u64::from(*number));
        let Some(number) = (next..next.saturating_add(MOST_USERS)).find(is_it) else {
            return Trial::NobodyAsks;
        };
        let number = u64::from(number);
        let mut world = self.clone();
        world.remember_all();
        world.counts.issued = number - 1;
        let client = if world.tells_clients_apart { world.some_client() } else { 0 };
        if let Some(jar) = world.jars.get_mut(client as usize) {
            jar.clear();
        }
        world.next_user_sends();
        let until = self.now + LONGEST;
        for _ in 0..MOST_EVENTS / ROUND {
            let has_arrived = world.advance_within(until, ROUND);
            if let Some(record) = world.records().rev().find(|record| record.request == number) {
                return Trial::Ended(record.clone());
            }
            if has_arrived {
                break;
            }
        }
        Trial::UnderWay
    }

    /// From now on every step of a request is told; of what was told before nothing is kept.
    fn remember_all(&mut self) {
        self.history = History::Recent;
        self.facts.clear();
        self.records.clear();
        self.messages.clear();
        for balancer in &mut self.balancers {
            balancer.proxy.tell_requests(true);
            for (_, proxy) in &mut balancer.retired {
                proxy.tell_requests(true);
            }
        }
    }
}
