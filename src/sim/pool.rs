//! The connections to a database that applications keep open for their next query, and what becomes of them when the process at their other end
//! goes: an application that does not test them learns it by its next query.

use super::database::Database;
use super::origin::Kind;
use super::world::{Simulation, Work};

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

/// How many connections each application takes for open, by their other end.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept([Vec<u32>; 3]);

impl Kept {
    /// How many there are that the process knows.
    pub(super) fn open(&self) -> u32 {
        self.0[End::Open as usize].iter().sum()
    }

    /// One that an application would take, or finds it can no longer: which end it has.
    pub(super) fn best(&self, origin: u16) -> Option<End> {
        let has =
            |end: &End| self.0[*end as usize].get(origin as usize).is_some_and(|own| *own > 0);
        [End::Closed, End::Silent, End::Open].into_iter().find(has)
    }

    fn add(&mut self, end: End, origin: u16, more: u32) {
        let own = &mut self.0[end as usize];
        let least = origin as usize + 1;
        if own.len() < least {
            own.resize(least, 0);
        }
        own[origin as usize] += more;
    }

    /// One fewer; whether there was one.
    pub(super) fn take(&mut self, end: End, origin: u16) -> bool {
        let own = self.0[end as usize].get_mut(origin as usize).filter(|own| **own > 0);
        let has_one = own.is_some();
        if let Some(own) = own {
            *own -= 1;
        }
        has_one
    }
}

impl Database {
    /// A connection stays open, idle.
    pub(super) fn keep(&mut self, origin: u16) {
        self.kept.add(End::Open, origin, 1);
        self.connections += 1;
    }

    /// One of them is idle no longer; whether there was one.
    pub(super) fn take_kept(&mut self, origin: u16) -> bool {
        let has_one = self.kept.take(End::Open, origin);
        self.connections -= u32::from(has_one);
        has_one
    }
}

impl Simulation {
    /// Whether the connection of a query stays open when it is done.
    pub(super) fn keeps_connections(&self, work: Work) -> bool {
        match &self.origins[work.origin as usize].kind {
            Kind::App { app, .. } => app.keeps_connections && self.is_alive(work),
            Kind::Nginx { .. } => false,
        }
    }

    /// An application is gone, and with it the connections that it kept.
    pub(super) fn close_kept_connections(&mut self, origin: usize) {
        for database in &mut self.databases {
            while database.take_kept(origin as u16) {}
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
            while self.databases[index].take_kept(origin as u16) {
                self.databases[index].kept.add(end, origin as u16, 1);
            }
        }
    }
}
