//! `MySQL`: connections up to `max_connections`, so many queries worked on at once, the others waiting.

use crate::infra::Distribution;
use crate::kernel::{Entry, SimDuration, SimTime, Station};

use super::copying::Replication;
use super::cpu::Task;
use super::event::Event;
use super::fact::DatabaseError;
use super::network::DATA_LIMIT;
use super::origin::Kind;
use super::pool::{End, Kept, Over};
use super::snapshot::MessageKind;
use super::stop::{Doing, Wait};
use super::syn::{SYN_LIMIT, syn_wait, syn_waited};
use super::world::{Purpose, Simulation, Work};

/// A database server at an instant.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) host: usize,
    pub(super) is_up: bool,
    /// Whether it still repairs its data after a crash, and takes no connection.
    pub(super) is_recovering: bool,
    /// Whether it died without being asked to end.
    pub(super) has_crashed: bool,
    /// Grows each time it ends.
    pub(super) epoch: u32,
    /// Since when it does not answer, if it does not.
    pub(super) silent_since: Option<SimTime>,
    /// How long the machine's disk takes to make one change durable.
    pub(super) commit_time: SimDuration,
    pub(super) buffer_pool_mib: u32,
    pub(super) connection_mib: u32,
    /// When the disk has made durable all changes it was given.
    pub(super) disk_free_at: SimTime,
    pub(super) recovery_time: SimDuration,
    /// If it is a replica, or was one before it was promoted.
    pub(super) replication: Option<Replication>,
    pub(super) max_connections: u32,
    pub(super) service_time: SimDuration,
    pub(super) service_distribution: Distribution,
    pub(super) station: Station<u32>,
    pub(super) queries: Vec<Query>,
    pub(super) free: Vec<u32>,
    pub(super) connections: u32,
    /// The most connections at once since the process started, how often one was made, and how often one was refused with error 1040.
    pub(super) most_connections: u32,
    pub(super) attempts: u64,
    pub(super) refused: u64,
    /// When the process started.
    pub(super) started_at: SimTime,
    /// Those of its connections whose query waits for a lock or for room on the disk.
    pub(super) stuck: u32,
    /// Those that applications keep open for their next query.
    pub(super) kept: Kept,
}

/// A query on a connection of its own. Slots are used again; the serial tells the uses apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    serial: u32,
    work: Work,
    is_write: bool,
    sent_at: SimTime,
    /// Whether the application still waits for it.
    is_awaited: bool,
    is_open: bool,
    /// Whether it waits for what does not come by itself: it has a connection, and nobody works on it.
    is_stuck: bool,
}

impl Simulation {
    /// An application connects (one round trip) and sends its query; the SYN is sent for the time told. A connection that is open
    /// needs none, and no rule that lets it in. The driver waits for one as long as it says, its kernel for 127 s; for the answer on one that
    /// is open as long as it says for that.
    pub(super) fn send_query(&mut self, work: Work, is_reachable: bool, sent: u8) {
        let database = work.database as usize;
        let latency = self.lan_latency();
        let ends = [self.origins[work.origin as usize].host, self.databases[database].host];
        let is_on = self.hosts[ends[1]].is_up;
        let taken = self.databases[database].kept.best(work.origin);
        let (has_connection, is_fresh) = (taken.is_some(), matches!(taken, None | Some(End::Open)));
        let is_let_in = is_reachable || has_connection;
        let gets_in = is_on && is_let_in;
        let is_there = self.databases[database].is_up && gets_in && is_fresh;
        let kind = if is_there { MessageKind::Request } else { MessageKind::Lost };
        self.message_of(work, ends, latency * 3, kind);
        if sent == 1 && is_let_in {
            self.tell_query_sent(work);
        } else if sent == 1 {
            self.tell_blocked_query(work, database);
        }
        let answer = |error| Event::QueryAnswer(work, Err(error), Over::Its);
        let gone = answer(DatabaseError::Gone);
        if taken == Some(End::Closed) {
            // The driver learns it when it reads the answer.
            self.databases[database].kept.take(End::Closed, work.origin);
            self.after(SimDuration::ZERO, gone);
            return;
        }
        if taken == Some(End::Silent) && is_on && is_reachable && !self.is_cut(ends) {
            // The machine is back, and its kernel knows nothing of the connection (RFC 9293 3.10.7.1), nor does its firewall.
            self.databases[database].kept.take(End::Silent, work.origin);
            let back = self.plain_crossing(ends) + self.plain_crossing([ends[1], ends[0]]);
            self.after(back, gone);
            return;
        }
        let over = match taken {
            Some(End::Open) => self.databases[database].query_sets_out(work.origin),
            _ => Over::Its,
        };
        let arrives = || Event::QueryArrives(work, over);
        let crossings = if has_connection { 1 } else { 3 };
        let patience = |simulation: &Self| {
            simulation.patience_of(work).unwrap_or(SYN_LIMIT) - syn_waited(sent)
        };
        let is_under_way = gets_in
            && is_fresh
            && self.send_within(patience, ends, crossings, arrives, |simulation| {
                simulation.query_arrives(work, over);
            });
        if is_under_way {
            if sent > 1 {
                self.tell_query_again(work, ends[1]);
            }
            return;
        }
        let silent = answer(DatabaseError::Silent);
        if has_connection && let Some((_, read_timeout)) = self.driver_of(work) {
            // For the driver its query is sent: it waits for the answer, and then closes the connection. Nobody else uses it meanwhile.
            let state = &mut self.databases[database];
            match over {
                Over::Kept(epoch) => state.has_crossed(epoch),
                Over::Its => state.kept.take(End::Silent, work.origin),
            };
            self.after(read_timeout.min(DATA_LIMIT), silent);
            return;
        }
        let Some(patience) = self.patience_of(work) else { return };
        let (waited, wait) = (syn_waited(sent), syn_wait(sent));
        if waited + wait >= patience {
            self.after(patience - waited, silent);
        } else {
            self.after(wait, Event::QueryAgain(work, sent + 1));
        }
    }

    pub(super) fn query_arrives(&mut self, work: Work, over: Over) {
        let database = work.database as usize;
        let Some((connect_timeout, read_timeout)) = self.driver_of(work) else { return };
        let from = self.origins[work.origin as usize].host;
        let to = self.databases[database].host;
        let is_write =
            self.tells_writes && work.job.number().is_some_and(|number| self.is_write(number));
        let refuse = |error| Event::QueryAnswer(work, Err(error), Over::Its);
        let back = |simulation: &Self| simulation.plain_crossing([to, from]);
        // A driver that connects waits so long for the greeting, too. There and back again it has waited already.
        let greeting = |simulation: &Self| {
            connect_timeout - simulation.plain_crossing([from, to]) * 2 - back(simulation)
        };
        let is_hung = self.is_hung(database);
        let state = &mut self.databases[database];
        let is_kept = matches!(over, Over::Kept(epoch) if state.has_crossed(epoch));
        if over != Over::Its && !is_kept {
            self.query_meets_nobody(work, read_timeout);
            return;
        }
        let is_full = state.connections >= state.max_connections;
        if !self.hosts[state.host].is_up {
            self.after(greeting(self), refuse(DatabaseError::Silent));
        } else if !state.is_up || state.is_recovering {
            self.after(back(self), refuse(DatabaseError::Refused));
        } else if is_full && is_hung {
            self.after(greeting(self), refuse(DatabaseError::Silent));
        } else if is_full {
            state.attempts += 1;
            state.refused += 1;
            self.after(back(self), refuse(DatabaseError::TooManyConnections));
        } else if is_write && !is_hung && state.is_read_only() {
            state.attempts += u64::from(!is_kept);
            let over = self.answer_over(work);
            let answer = Event::QueryAnswer(work, Err(DatabaseError::ReadOnly), over);
            self.after(back(self), answer);
        } else {
            state.attempts += u64::from(!is_kept);
            let sent_at = self.now;
            let query = state.open(work, is_write, sent_at);
            let serial = state.queries[query as usize].serial;
            let host = state.host;
            self.memory_taken(host);
            if self.is_stuck(database, is_write) {
                self.databases[database].queries[query as usize].is_stuck = true;
                self.databases[database].stuck += 1;
                self.tell_stuck(work);
                let database = database as u16;
                let timeout = if is_hung && !is_kept { greeting(self) } else { read_timeout };
                self.deadline(timeout, Event::QueryTimeout { database, query, serial });
                return;
            }
            let state = &mut self.databases[database];
            let is_served = state.station.enter(query, sent_at) == Entry::Served;
            let host = state.host;
            if !is_served {
                self.tell_stop(work.job, host, Doing::Waits(Wait::Thread));
            }
            let service = is_served.then(|| self.query_time(database, query));
            let has_cores = self.cores[host].is_none();
            // One that is served at once, and soon enough, needs no watching: nothing delays it any more, and if the database dies,
            // the application learns by other ways.
            let database = database as u16;
            if !has_cores || service.is_none_or(|service| service >= read_timeout) {
                self.deadline(read_timeout, Event::QueryTimeout { database, query, serial });
            }
            if let Some(service) = service {
                self.compute(host, Task::Query { database, query, serial }, service);
            }
        }
    }

    /// A query on a kept connection whose process went away while it crossed: whoever is there now knows nothing of the connection, and a
    /// machine that is off says nothing.
    #[cold]
    fn query_meets_nobody(&mut self, work: Work, read_timeout: SimDuration) {
        let [from, to] =
            [self.origins[work.origin as usize].host, self.databases[work.database as usize].host];
        let (delay, error) = if self.hosts[to].is_up {
            (self.plain_crossing([to, from]), DatabaseError::Gone)
        } else {
            (read_timeout - self.plain_crossing([from, to]), DatabaseError::Silent)
        };
        self.after(delay, Event::QueryAnswer(work, Err(error), Over::Its));
    }

    fn begin_query(&mut self, database: usize, query: u32) {
        let serial = self.databases[database].queries[query as usize].serial;
        let time = self.query_time(database, query);
        let host = self.databases[database].host;
        self.compute(host, Task::Query { database: database as u16, query, serial }, time);
    }

    /// How long the database works on a query that it begins now.
    fn query_time(&mut self, database: usize, query: u32) -> SimDuration {
        let state = &self.databases[database];
        let Query { work, is_write, .. } = state.queries[query as usize];
        let number = work.job.number().unwrap_or(0);
        let (mean, distribution) = (state.service_time, state.service_distribution);
        let time = self.drawn(Purpose::QueryService, u64::from(number), mean, distribution);
        let time = self.slowed(state.host, time);
        if is_write { self.until_durable(database, time) } else { time }
    }

    /// How long until a change is durable that takes so long before it comes to the disk.
    fn until_durable(&mut self, database: usize, time: SimDuration) -> SimDuration {
        let factor = self.slow_disk_factor(database);
        let now = self.now;
        let state = &mut self.databases[database];
        let begins = state.disk_free_at.max(now + time);
        state.disk_free_at = begins + state.commit_time.scaled(factor);
        state.disk_free_at.since(now)
    }

    pub(super) fn query_done(&mut self, database: u16, query: u32, serial: u32) {
        let index = database as usize;
        let state = &mut self.databases[index];
        let done = &state.queries[query as usize];
        if done.serial != serial {
            return;
        }
        let Query { work, is_awaited, is_write, is_stuck, sent_at, .. } = *done;
        state.close(query);
        let over = if is_awaited { self.answer_over(work) } else { Over::Its };
        if is_write {
            self.committed(index);
        }
        let state = &mut self.databases[index];
        let next = if is_stuck {
            state.stuck -= 1;
            None
        } else {
            state.station.leave(self.now)
        };
        let host = state.host;
        if is_awaited {
            let latency = self.lan_latency();
            let ends = [host, self.origins[work.origin as usize].host];
            self.message_of(work, ends, latency, MessageKind::Answer);
            let answer = || Event::QueryAnswer(work, Ok(()), over);
            let is_under_way = self.send(ends, 1, answer, |simulation| match over {
                Over::Its => simulation.query_answered(work, Ok(())),
                Over::Kept(epoch) => simulation.answered_over(work, Ok(()), epoch),
            });
            if !is_under_way && let Some((_, read_timeout)) = self.driver_of(work) {
                if let Over::Kept(epoch) = over {
                    // The driver gives up on it.
                    self.databases[index].has_crossed(epoch);
                }
                let left = read_timeout - self.now.since(sent_at);
                let silent = Err(DatabaseError::Silent);
                self.after(left, Event::QueryAnswer(work, silent, Over::Its));
            }
        }
        if let Some(next) = next {
            self.begin_query(index, next);
        }
    }

    /// The application gives up waiting; the database works on regardless.
    pub(super) fn query_timed_out(&mut self, database: u16, query: u32, serial: u32) {
        let slot = &mut self.databases[database as usize].queries[query as usize];
        if slot.serial == serial && slot.is_awaited {
            slot.is_awaited = false;
            let work = slot.work;
            self.query_answered(work, Err(DatabaseError::Silent));
        }
    }

    /// The process dies. On a living machine its kernel closes its connections, and who waits for an answer learns at once; on a dead one each
    /// waits for its read timeout.
    pub(super) fn stop_database(&mut self, index: usize, machine_lives: bool) {
        self.close_kept(index, machine_lives);
        let now = self.now;
        let state = &mut self.databases[index];
        state.is_up = false;
        state.is_recovering = false;
        state.disk_free_at = now;
        state.has_crashed = true;
        state.epoch += 1;
        state.station.clear(self.now);
        state.stuck = 0;
        state.connections = 0;
        (state.most_connections, state.attempts, state.refused) = (0, 0, 0);
        let mut lost = Vec::new();
        for (slot, query) in state.queries.iter_mut().enumerate() {
            if query.is_open {
                query.serial += 1;
                query.is_open = false;
                state.free.push(slot as u32);
                if query.is_awaited {
                    lost.push(*query);
                }
            }
        }
        for query in lost {
            let Some((_, read_timeout)) = self.driver_of(query.work) else { continue };
            let waited = self.now.since(query.sent_at);
            let ends = [self.databases[index].host, self.origins[query.work.origin as usize].host];
            let (delay, error) = if machine_lives && !self.is_cut(ends) {
                (self.lan_latency(), DatabaseError::Lost)
            } else {
                (read_timeout - waited, DatabaseError::Silent)
            };
            self.after(delay, Event::QueryAnswer(query.work, Err(error), Over::Its));
        }
        self.look_at_replicas();
    }

    /// What writes waited for is there again: they are done at once.
    pub(super) fn release_stuck(&mut self, host: usize) {
        for index in 0..self.databases.len() {
            if self.databases[index].host != host {
                continue;
            }
            for slot in 0..self.databases[index].queries.len() {
                let Query { serial, is_open, is_stuck, .. } = self.databases[index].queries[slot];
                if is_open && is_stuck {
                    self.query_done(index as u16, slot as u32, serial);
                }
            }
        }
    }

    /// The timeouts of an application's database driver: for connecting and for the answer.
    fn driver_of(&self, work: Work) -> Option<(SimDuration, SimDuration)> {
        match &self.origins[work.origin as usize].kind {
            Kind::App { app, .. } => {
                Some((app.database_connect_timeout, app.database_read_timeout))
            }
            Kind::Nginx { .. } => None,
        }
    }

    /// How long somebody waits for a connection to a database: the driver, or the kernel, if that gives up before.
    fn patience_of(&self, work: Work) -> Option<SimDuration> {
        self.driver_of(work).map(|(connect_timeout, _)| connect_timeout.min(SYN_LIMIT))
    }

    fn message_of(
        &mut self,
        work: Work,
        [from, to]: [usize; 2],
        takes: SimDuration,
        kind: MessageKind,
    ) {
        if self.remembers()
            && from != to
            && let Some(number) = work.job.number()
        {
            self.record_message(u64::from(number), [Some(from), Some(to)], takes, kind);
        }
    }
}

impl Database {
    /// Queries on an open connection, counted one by one.
    pub(super) fn open_queries(&self) -> usize {
        self.queries.iter().filter(|query| query.is_open).count()
    }

    /// Whether it is a replica, which takes no writes (`super_read_only`).
    fn is_read_only(&self) -> bool {
        self.replication.as_ref().is_some_and(|of| !of.is_promoted)
    }

    /// Who waits for a query, and whether it is a change; `None`: nobody does.
    pub(super) fn asked(&self, query: u32) -> Option<(Work, bool)> {
        let Query { work, is_write, is_awaited, .. } = self.queries[query as usize];
        is_awaited.then_some((work, is_write))
    }

    /// What waits for the answers to its queries.
    pub(super) fn awaited(&self) -> impl Iterator<Item = Work> {
        let awaited = self.queries.iter().filter(|query| query.is_open && query.is_awaited);
        awaited.map(|query| query.work)
    }

    /// Whether nobody waits for a query any more.
    pub(super) fn is_over(&self, query: u32, serial: u32) -> bool {
        self.queries[query as usize].serial != serial
    }

    #[inline]
    fn open(&mut self, work: Work, is_write: bool, sent_at: SimTime) -> u32 {
        self.connections += 1;
        self.most_connections = self.most_connections.max(self.connections);
        let fresh = Query {
            serial: 0,
            work,
            is_write,
            sent_at,
            is_awaited: true,
            is_open: true,
            is_stuck: false,
        };
        if let Some(slot) = self.free.pop() {
            let serial = self.queries[slot as usize].serial;
            self.queries[slot as usize] = Query { serial, ..fresh };
            slot
        } else {
            self.queries.push(fresh);
            (self.queries.len() - 1) as u32
        }
    }

    fn close(&mut self, query: u32) {
        let slot = &mut self.queries[query as usize];
        slot.serial += 1;
        slot.is_open = false;
        self.free.push(query);
        self.connections -= 1;
    }
}
