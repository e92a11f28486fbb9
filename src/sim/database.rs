//! `MySQL`: connections up to `max_connections`, so many queries worked on at once, the others waiting.

use crate::infra::Distribution;
use crate::kernel::{Entry, SimDuration, SimTime, Station};

use super::fact::DatabaseError;
use super::origin::{Job, Kind, drawn};
use super::snapshot::MessageKind;
use super::world::{Event, Purpose, Simulation, Work};

/// A database server at an instant.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) host: usize,
    pub(super) is_up: bool,
    pub(super) max_connections: u32,
    pub(super) service_time: SimDuration,
    pub(super) service_distribution: Distribution,
    pub(super) station: Station<u32>,
    pub(super) queries: Vec<Query>,
    pub(super) free: Vec<u32>,
    pub(super) connections: u32,
}

/// A query on a connection of its own. Slots are used again; the serial tells the uses apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    serial: u32,
    work: Work,
    sent_at: SimTime,
    /// Whether the application still waits for it.
    is_awaited: bool,
    is_open: bool,
}

impl Simulation {
    /// An application connects (one round trip) and sends its query.
    pub(super) fn send_query(&mut self, work: Work, database: usize) {
        let latency = self.lan_latency();
        let ends = [self.origins[work.origin as usize].host, self.databases[database].host];
        let is_there = self.databases[database].is_up && self.hosts[ends[1]].is_up;
        let kind = if is_there { MessageKind::Request } else { MessageKind::Lost };
        self.message_of(work, ends, latency * 3, kind);
        self.travel(latency * 3, Event::QueryArrives(work), |simulation| {
            simulation.query_arrives(work);
        });
    }

    pub(super) fn query_arrives(&mut self, work: Work) {
        let Some((database, connect_timeout, read_timeout)) = self.database_of(work) else {
            return;
        };
        let latency = self.lan_latency();
        let refuse = |error| Event::QueryAnswer(work, Err(error));
        let state = &mut self.databases[database];
        if !self.hosts[state.host].is_up {
            self.after(connect_timeout - latency * 3, refuse(DatabaseError::Silent));
        } else if !state.is_up {
            self.after(latency, refuse(DatabaseError::Refused));
        } else if state.connections >= state.max_connections {
            self.after(latency, refuse(DatabaseError::TooManyConnections));
        } else {
            let sent_at = self.now;
            let query = state.open(work, sent_at);
            let serial = state.queries[query as usize].serial;
            let is_served = state.station.enter(query, sent_at) == Entry::Served;
            let service = is_served.then(|| self.query_time(database, query));
            // One that is served at once, and soon enough, needs no watching: nothing delays it any more, and if the database dies,
            // the application learns by other ways.
            let database = database as u16;
            if service.is_none_or(|service| service >= read_timeout) {
                self.deadline(read_timeout, Event::QueryTimeout { database, query, serial });
            }
            if let Some(service) = service {
                self.after(service, Event::QueryDone { database, query, serial });
            }
        }
    }

    fn begin_query(&mut self, database: usize, query: u32) {
        let serial = self.databases[database].queries[query as usize].serial;
        let time = self.query_time(database, query);
        self.after(time, Event::QueryDone { database: database as u16, query, serial });
    }

    /// How long the database works on a query that it begins now.
    fn query_time(&self, database: usize, query: u32) -> SimDuration {
        let state = &self.databases[database];
        let Query { work, .. } = state.queries[query as usize];
        let number = if let Job::Request(leg) = work.job { u64::from(leg.number) } else { 0 };
        let draw = self.draw(Purpose::QueryService, number);
        let time = drawn(draw, state.service_time, state.service_distribution);
        self.slowed(state.host, time)
    }

    pub(super) fn query_done(&mut self, database: u16, query: u32, serial: u32) {
        let index = database as usize;
        let state = &mut self.databases[index];
        let Query { serial: current, work, is_awaited, .. } = state.queries[query as usize];
        if current != serial {
            return;
        }
        state.close(query);
        let next = state.station.leave(self.now);
        let host = state.host;
        if is_awaited {
            let latency = self.lan_latency();
            let ends = [host, self.origins[work.origin as usize].host];
            self.message_of(work, ends, latency, MessageKind::Answer);
            self.travel(latency, Event::QueryAnswer(work, Ok(())), |simulation| {
                simulation.query_answered(work, Ok(()));
            });
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

    /// The process dies. On a living machine its peers learn at once; on a dead one each waits for its read timeout.
    pub(super) fn stop_database(&mut self, index: usize, machine_lives: bool) {
        let state = &mut self.databases[index];
        state.is_up = false;
        state.station.clear(self.now);
        state.connections = 0;
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
            let Some((_, _, read_timeout)) = self.database_of(query.work) else { continue };
            let waited = self.now.since(query.sent_at);
            let (delay, error) = if machine_lives {
                (self.lan_latency(), DatabaseError::Lost)
            } else {
                (read_timeout - waited, DatabaseError::Silent)
            };
            self.after(delay, Event::QueryAnswer(query.work, Err(error)));
        }
    }

    /// The database an application's work goes to, and the timeouts of its driver.
    fn database_of(&self, work: Work) -> Option<(usize, SimDuration, SimDuration)> {
        match &self.origins[work.origin as usize].kind {
            Kind::App { app, database } => {
                Some(((*database)?, app.database_connect_timeout, app.database_read_timeout))
            }
            Kind::Nginx { .. } => None,
        }
    }

    fn message_of(
        &mut self,
        work: Work,
        [from, to]: [usize; 2],
        takes: SimDuration,
        kind: MessageKind,
    ) {
        if let Job::Request(leg) = work.job {
            self.record_message(u64::from(leg.number), [Some(from), Some(to)], takes, kind);
        }
    }
}

impl Database {
    /// Queries on an open connection, counted one by one.
    pub(super) fn open_queries(&self) -> usize {
        self.queries.iter().filter(|query| query.is_open).count()
    }

    /// Whether nobody waits for a query any more.
    pub(super) fn is_over(&self, query: u32, serial: u32) -> bool {
        self.queries[query as usize].serial != serial
    }

    fn open(&mut self, work: Work, sent_at: SimTime) -> u32 {
        self.connections += 1;
        let fresh = Query { serial: 0, work, sent_at, is_awaited: true, is_open: true };
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
