//! How changes come from a primary database to its replica: over one connection, which the replica opens. What becomes of it when a link
//! between them is cut, a rule drops it or one of them dies, and what has arrived when. Nothing is scheduled for it: once the way is
//! open again it is known when the connection will stand.

use std::collections::VecDeque;

use crate::infra::Replica;
use crate::kernel::{SimDuration, SimTime};

use super::network::DATA_RETRANSMISSION;
use super::world::{Purpose, Simulation};

/// `replica_net_timeout`: a replica that has heard nothing for so long, not even a heartbeat, gives its connection up (MySQL's default).
const NET_TIMEOUT: SimDuration = SimDuration::from_secs(60);
/// `MASTER_CONNECT_RETRY`: it tries to connect at once, and then so often (MySQL's default).
const CONNECT_RETRY: SimDuration = SimDuration::from_secs(60);

/// How a replica follows its primary.
#[derive(Clone, Debug)]
pub(super) struct Replication {
    /// The primary, by its index among the databases.
    pub(super) source: usize,
    pub(super) promote_after: Option<SimDuration>,
    pub(super) is_promoted: bool,
    /// How long a change takes to it over a connection that stands and links that are whole.
    lag: SimDuration,
    connection: Connection,
    /// If the connection does not stand and the way is open: when it will, and with which process of the source.
    next: Option<(SimTime, u32)>,
    /// The process of the source that it was connected to last.
    epoch: u32,
    /// The primary's changes that it has not got yet, in their order.
    missing: VecDeque<Changes>,
    /// How often something was sent to it. Chance is addressed by it.
    sendings: u64,
}

/// Changes that arrive together.
#[derive(Clone, Copy, Debug)]
struct Changes {
    count: u64,
    /// When the first of them was committed.
    since: SimTime,
    /// `None`: not before the connection stands again.
    arrive_at: Option<SimTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Stands,
    /// Nothing has come since then, and the replica does not know why.
    Silent(SimTime),
    /// It was closed then, and the replica tries to connect.
    Lost(SimTime),
    /// The replica itself does not run.
    Off,
}

/// What a connection from a replica to its source meets now.
#[derive(Clone, Copy, Debug)]
struct Way {
    replica_runs: bool,
    /// Whether packets come from machine to machine and back.
    is_open: bool,
    /// Whether a new connection comes about.
    takes_connections: bool,
    /// The source's process, counted.
    epoch: u32,
}

impl Replication {
    /// Of the primary with this index, at the start.
    pub(super) const fn new(source: usize, replica: &Replica) -> Self {
        Self {
            source,
            promote_after: replica.promote_after,
            is_promoted: false,
            lag: replica.lag,
            connection: Connection::Off,
            next: None,
            epoch: 0,
            missing: VecDeque::new(),
            sendings: 0,
        }
    }

    /// `Seconds_Behind_Source`, as the replica believes: it compares with what it was sent, so that it is up to date while it has not
    /// noticed that nothing comes any more. `None`: it knows of no connection.
    pub(super) fn behind(&self, now: SimTime) -> Option<SimDuration> {
        let mut of = self.clone();
        of.settle(now);
        let age = of.missing.front().map_or(SimDuration::ZERO, |oldest| now.since(oldest.since));
        match of.connection {
            Connection::Stands => Some(age),
            Connection::Silent(_) => Some(SimDuration::ZERO),
            Connection::Lost(_) | Connection::Off => None,
        }
    }

    /// Whether it knows of a connection, and whether one stands: it learns late that nothing comes any more.
    pub(super) fn connected(&self, now: SimTime) -> [bool; 2] {
        let mut of = self.clone();
        of.settle(now);
        let believed = match of.connection {
            Connection::Stands | Connection::Silent(_) => true,
            Connection::Lost(_) | Connection::Off => false,
        };
        [believed, of.connection == Connection::Stands]
    }

    /// How many changes it has not got yet, and when the first of them was committed.
    pub(super) fn missing(&self, now: SimTime) -> (u64, Option<SimTime>) {
        let mut of = self.clone();
        of.settle(now);
        let count = of.missing.iter().map(|changes| changes.count).sum();
        (count, of.missing.front().map(|oldest| oldest.since))
    }

    /// It is the primary now; how many changes of the old one it never got. A primary that still hears it hands them over.
    pub(super) fn end(&mut self, now: SimTime, primary_answers: bool) -> u64 {
        if primary_answers {
            self.hand_over(now);
        }
        self.settle(now);
        self.is_promoted = true;
        self.missing.drain(..).map(|changes| changes.count).sum()
    }

    /// The source takes no more: what is missing is sent before, if the connection stands.
    fn hand_over(&mut self, now: SimTime) {
        self.settle(now);
        if self.connection == Connection::Stands {
            self.missing.clear();
        }
    }

    /// The source ends in order: it hands over, and closes the connection, which the replica notices at once.
    fn close(&mut self, now: SimTime) {
        self.hand_over(now);
        if self.connection == Connection::Stands {
            self.connection = Connection::Lost(now);
        }
    }

    /// What was due by now has happened.
    fn settle(&mut self, now: SimTime) {
        if let Some((from, epoch)) = self.next
            && from <= now
        {
            (self.connection, self.next, self.epoch) = (Connection::Stands, None, epoch);
        }
        if let Connection::Silent(since) = self.connection
            && since + NET_TIMEOUT <= now
        {
            self.connection = Connection::Lost(since + NET_TIMEOUT);
        }
        let is_there = |changes: &Changes| changes.arrive_at.is_some_and(|at| at <= now);
        while self.missing.front().is_some_and(is_there) {
            self.missing.pop_front();
        }
    }

    /// Looks at what it meets now. What was missing when the connection broke is sent again when it stands, and is `late` on its way.
    fn look(&mut self, now: SimTime, way: Way, late: SimDuration) {
        self.settle(now);
        let is_same = way.epoch == self.epoch;
        let connection = match self.connection {
            _ if !way.replica_runs => Connection::Off,
            Connection::Off => Connection::Lost(now),
            Connection::Stands if !way.is_open => Connection::Silent(now),
            Connection::Stands if !is_same => Connection::Lost(now),
            unchanged => unchanged,
        };
        let connects = |at: SimTime| way.takes_connections.then_some(at);
        let at = match connection {
            Connection::Stands | Connection::Off => None,
            Connection::Lost(since) => connects(next_try(since, now)),
            Connection::Silent(since) => {
                let gives_up_at = since + NET_TIMEOUT;
                let again = sent_again(since, now);
                let survives = is_same && way.is_open && again < gives_up_at;
                if survives { Some(again) } else { connects(gives_up_at) }
            }
        };
        let next = match (self.next, at.map(|at| (at, way.epoch))) {
            // As it was: the replica does not begin to wait anew because somebody looks.
            (Some(before), Some(now)) if before.1 == now.1 => Some(before),
            (_, now) => now,
        };
        if connection != self.connection || next != self.next {
            (self.connection, self.next) = (connection, next);
            self.send_again(late);
        }
    }

    /// What is missing arrives when the connection stands, all of it at once.
    fn send_again(&mut self, late: SimDuration) {
        self.sendings += 1;
        let arrive_at = self.next.map(|(from, _)| from + self.lag + late);
        if let Some(first) = self.missing.front().copied() {
            let count = self.missing.drain(..).map(|changes| changes.count).sum();
            self.missing.push_back(Changes { count, arrive_at, ..first });
        }
    }

    /// The source has committed a change, which is `late` on its way.
    fn commit(&mut self, now: SimTime, late: SimDuration) {
        self.settle(now);
        self.sendings += 1;
        let from = match self.connection {
            Connection::Stands => Some(now),
            Connection::Silent(_) | Connection::Lost(_) | Connection::Off => {
                self.next.map(|(from, _)| from)
            }
        };
        let last = self.missing.back_mut();
        // No change overtakes another.
        let before = last.as_ref().and_then(|last| last.arrive_at).unwrap_or_default();
        let arrive_at = from.map(|from| before.max(from + self.lag + late));
        match last {
            Some(last) if last.arrive_at == arrive_at => last.count += 1,
            _ => self.missing.push_back(Changes { count: 1, since: now, arrive_at }),
        }
    }
}

/// When a packet that was first sent into the silence at `since` is sent again, not before `now`: after waits that double (RFC 6298 5.5).
fn sent_again(since: SimTime, now: SimTime) -> SimTime {
    let (mut at, mut wait) = (since, DATA_RETRANSMISSION);
    while at < now {
        at += wait;
        wait = wait * 2;
    }
    at
}

/// When a replica that lost its connection at `since` tries to connect, not before `now`.
fn next_try(since: SimTime, now: SimTime) -> SimTime {
    since + CONNECT_RETRY * now.since(since).as_ns().div_ceil(CONNECT_RETRY.as_ns())
}

impl Simulation {
    /// Something has changed that the connections of replicas may depend on, and who watches over them: a link, a rule, a machine, a
    /// process.
    pub(super) fn look_at_replicas(&mut self) {
        let now = self.now;
        for replica in 0..self.databases.len() {
            let Some(of) = &self.databases[replica].replication else { continue };
            if of.is_promoted {
                continue;
            }
            let (source, sendings) = (of.source, of.sendings);
            let way = self.way_to_source(replica, source);
            let late = self.late_to_replica(replica, source, sendings);
            if let Some(of) = &mut self.databases[replica].replication {
                of.look(now, way, late);
            }
        }
        for database in 0..self.databases.len() {
            self.watch_for_promotion(database);
        }
    }

    /// A change is stored in a database; its replicas have it later.
    pub(super) fn committed(&mut self, source: usize) {
        let now = self.now;
        for replica in 0..self.databases.len() {
            let Some(of) = &self.databases[replica].replication else { continue };
            if of.source != source || of.is_promoted {
                continue;
            }
            let late = self.late_to_replica(replica, source, of.sendings);
            if let Some(of) = &mut self.databases[replica].replication {
                of.commit(now, late);
            }
        }
    }

    /// `MySQL` on this host is asked to end: its replicas get what they are missing before, and its good-bye, where they hear it.
    pub(super) fn hand_over_on(&mut self, host: usize) {
        let now = self.now;
        for source in 0..self.databases.len() {
            if self.databases[source].host == host && self.answers(source) {
                let all = self.databases.iter_mut().filter_map(|any| any.replication.as_mut());
                all.filter(|of| of.source == source).for_each(|of| of.close(now));
            }
        }
    }

    fn way_to_source(&self, replica: usize, source: usize) -> Way {
        let ends = [self.databases[replica].host, self.databases[source].host];
        // A source that hangs sends nothing, as if the link were cut.
        let is_open = ends.iter().all(|host| self.hosts[*host].is_up)
            && self.is_passable(ends)
            && !self.is_hung(source);
        Way {
            replica_runs: self.answers(replica),
            is_open,
            takes_connections: is_open
                && self.answers(source)
                && self.reaches_database(ends[0], source),
            epoch: self.databases[source].epoch,
        }
    }

    fn late_to_replica(&self, replica: usize, source: usize, sendings: u64) -> SimDuration {
        let way = [self.databases[source].host, self.databases[replica].host];
        let draw = self.draw(Purpose::Copying, (replica as u64) << 48 | sendings);
        self.lateness(way, draw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Way = Way { replica_runs: true, is_open: true, takes_connections: true, epoch: 0 };
    const CUT: Way = Way { is_open: false, takes_connections: false, ..OPEN };
    const DEAD: Way = Way { takes_connections: false, epoch: 1, ..OPEN };
    const BACK: Way = Way { epoch: 1, ..OPEN };

    fn at(ms: u64) -> SimTime {
        SimTime::from_ms(ms)
    }

    /// A replica half a second behind that meets these ways at these instants; its source commits a change each 100 ms.
    fn after(met: &[(u64, Way)], until: u64) -> Replication {
        let (lag, source) = (SimDuration::from_ms(500), "db-1".to_owned());
        let mut of = Replication::new(0, &Replica { source, lag, promote_after: None });
        of.look(at(0), OPEN, SimDuration::ZERO);
        for ms in (50..until).step_by(50) {
            for (_, way) in met.iter().filter(|(when, _)| *when == ms) {
                of.look(at(ms), *way, SimDuration::ZERO);
            }
            if ms.is_multiple_of(100) {
                of.commit(at(ms), SimDuration::ZERO);
            }
        }
        of.settle(at(until));
        of
    }

    fn missing(of: &Replication) -> u64 {
        of.missing.iter().map(|changes| changes.count).sum()
    }

    #[test]
    fn half_a_second_behind_five_changes_are_missing() {
        let of = after(&[], 10_050);
        assert_eq!(missing(&of), 5);
        assert_eq!(of.behind(at(10_050)), Some(SimDuration::from_ms(450)));
    }

    /// What is under way is lost too, and is sent again: after 200 ms, 400 ms, 800 ms and so on.
    #[test]
    fn after_a_short_cut_it_catches_up_with_the_next_packet_that_is_sent_again() {
        let cut = [(10_050, CUT), (15_050, OPEN)];
        assert_eq!(missing(&after(&cut, 15_050)), 55);
        // 0.2 + 0.4 + 0.8 + 1.6 + 3.2 s after the cut, and half a second.
        assert_eq!(missing(&after(&cut, 16_700)), 71);
        assert_eq!(missing(&after(&cut, 16_750)), 5);
    }

    /// It notices after 60 s, and says that it is up to date until then.
    #[test]
    fn a_long_cut_is_noticed_and_the_replica_connects_again_each_minute() {
        let cut = [(10_050, CUT), (80_050, OPEN)];
        assert_eq!(after(&cut, 69_000).behind(at(69_000)), Some(SimDuration::ZERO));
        assert_eq!(after(&cut, 70_050).behind(at(70_050)), None);
        // It tried at 70.05 s in vain, and connects at 130.05 s.
        assert_eq!(missing(&after(&cut, 130_500)), 1209);
        assert_eq!(missing(&after(&cut, 130_550)), 5);
    }

    /// After 51 s no packet is sent again before the replica gives up and connects anew.
    #[test]
    fn healed_late_in_the_first_minute_it_connects_when_the_minute_is_over() {
        let cut = [(10_050, CUT), (62_050, OPEN)];
        assert_eq!(missing(&after(&cut, 70_500)), 609);
        assert_eq!(missing(&after(&cut, 70_550)), 5);
    }

    #[test]
    fn a_source_that_starts_again_has_its_replica_back_within_a_minute() {
        let dead = [(10_050, DEAD), (16_050, BACK)];
        assert_eq!(after(&dead, 12_000).behind(at(12_000)), None);
        assert!(missing(&after(&dead, 70_500)) > 500);
        assert_eq!(missing(&after(&dead, 70_550)), 5);
    }

    /// A connection that stands stays: the firewall drops the next one.
    #[test]
    fn a_rule_stops_the_connection_that_it_would_have_let_through() {
        let blocked = Way { takes_connections: false, ..OPEN };
        assert_eq!(missing(&after(&[(10_050, blocked)], 30_050)), 5);
        // The tries are at 80, 140 and 200 s.
        let cut = [(10_050, blocked), (20_050, CUT), (90_050, blocked), (145_050, OPEN)];
        assert_eq!(missing(&after(&cut, 200_500)), 1809);
        assert_eq!(missing(&after(&cut, 200_550)), 5);
    }

    #[test]
    fn a_second_cut_before_it_connects_again_makes_it_wait_on() {
        let cut = [(10_050, CUT), (80_050, OPEN), (100_050, CUT), (140_050, OPEN)];
        assert!(missing(&after(&cut, 131_050)) > 1000);
        assert_eq!(missing(&after(&cut, 190_550)), 5);
    }
}
