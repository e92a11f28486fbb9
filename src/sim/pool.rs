//! The connections to a database that applications keep open for their next query, and what becomes of them when the process at their other end
//! goes: an application that does not test them learns it by its next query.

use super::database::Database;
use super::fact::DatabaseError;
use super::origin::Kind;
use super::world::{Simulation, Work};

/// The connection that a query or its answer crosses on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// One that is made for this query, or closed after it.
    Its,
    /// One that is kept open, made with the process of this epoch. The last byte of it tells two apart, and what is scheduled stays small; one
    /// that starts 256 times within a crossing is taken for the same.
    Kept(u8),
}

/// What is at the other end of a kept connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The process that it was made with.
    Open,
    /// Nobody: that process is gone, and its kernel closed the connection.
    Closed,
    /// Nobody, and nothing told the application.
    Silent,
}

/// How many connections each application takes for open and idle, by their other end.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    idle: [Vec<u32>; 3],
    /// Those of all applications on which a query or an answer crosses just now: nobody else may take them.
    crossing: u32,
}

impl Kept {
    /// How many there are that the process knows.
    pub(super) fn open(&self) -> u32 {
        self.idle[End::Open as usize].iter().sum::<u32>() + self.crossing
    }

    /// One that an application would take, or finds it can no longer: which end it has.
    pub(super) fn best(&self, origin: u16) -> Option<End> {
        let has =
            |end: &End| self.idle[*end as usize].get(origin as usize).is_some_and(|own| *own > 0);
        [End::Closed, End::Silent, End::Open].into_iter().find(has)
    }

    fn add(&mut self, end: End, origin: u16, more: u32) {
        let own = &mut self.idle[end as usize];
        let least = origin as usize + 1;
        if own.len() < least {
            own.resize(least, 0);
        }
        own[origin as usize] += more;
    }

    /// One fewer; whether there was one.
    pub(super) fn take(&mut self, end: End, origin: u16) -> bool {
        let own = self.idle[end as usize].get_mut(origin as usize).filter(|own| **own > 0);
        let has_one = own.is_some();
        if let Some(own) = own {
            *own -= 1;
        }
        has_one
    }
}

impl Database {
    /// A query sets out on one that is idle and open.
    pub(super) fn query_sets_out(&mut self, origin: u16) -> Over {
        self.kept.take(End::Open, origin);
        self.kept.crossing += 1;
        Over::Kept(self.epoch as u8)
    }

    /// An answer sets out on one that is to be kept.
    pub(super) fn answer_sets_out(&mut self) -> Over {
        self.kept.crossing += 1;
        self.connections += 1;
        Over::Kept(self.epoch as u8)
    }

    /// What crossed on it has arrived, or never will; whether the process is there that it was made with. It is one that is kept no longer.
    pub(super) fn has_crossed(&mut self, epoch: u8) -> bool {
        let is_there = self.epoch as u8 == epoch && self.kept.crossing > 0;
        self.kept.crossing -= u32::from(is_there);
        self.connections -= u32::from(is_there);
        is_there
    }

    /// One that is idle and open is closed; whether there was one.
    fn close_idle(&mut self, origin: u16) -> bool {
        let has_one = self.kept.take(End::Open, origin);
        self.connections -= u32::from(has_one);
        has_one
    }
}

impl Simulation {
    /// The connection that an answer sets out on: one that stays open then, or is closed.
    pub(super) fn answer_over(&mut self, work: Work) -> Over {
        let keeps = match &self.origins[work.origin as usize].kind {
            Kind::App { app, .. } => app.keeps_connections && self.is_alive(work),
            Kind::Nginx { .. } => false,
        };
        if keeps { self.databases[work.database as usize].answer_sets_out() } else { Over::Its }
    }

    /// An answer is back on a connection that stays open, if its application still runs.
    pub(super) fn answered_over(
        &mut self,
        work: Work,
        result: Result<(), DatabaseError>,
        epoch: u8,
    ) {
        let is_alive = self.is_alive(work);
        let database = &mut self.databases[work.database as usize];
        let is_there = database.has_crossed(epoch);
        if is_alive {
            let end = match (is_there, self.hosts[database.host].is_up) {
                (true, _) => End::Open,
                (false, true) => End::Closed,
                (false, false) => End::Silent,
            };
            database.connections += u32::from(is_there);
            database.kept.add(end, work.origin, 1);
        }
        self.query_answered(work, result);
    }

    /// An application is gone, and with it the connections that it kept.
    pub(super) fn close_kept_connections(&mut self, origin: usize) {
        for database in &mut self.databases {
            while database.close_idle(origin as u16) {}
            for end in [End::Closed, End::Silent] {
                while database.kept.take(end, origin as u16) {}
            }
        }
    }

    /// The connections that applications keep come to their end, whether its kernel can say so or not.
    pub(super) fn close_kept(&mut self, index: usize, machine_lives: bool) {
        let database = self.databases[index].host;
        for origin in 0..self.origins.len() {
            let is_told = machine_lives && !self.is_cut([database, self.origins[origin].host]);
            let end = if is_told { End::Closed } else { End::Silent };
            while self.databases[index].close_idle(origin as u16) {
                self.databases[index].kept.add(end, origin as u16, 1);
            }
        }
        // Who has sent something on one of them learns it when that arrives.
        self.databases[index].kept.crossing = 0;
    }
}
