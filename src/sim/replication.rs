//! A primary database and its replica: which of them an application asks, what is copied late, and what happens when the replica takes
//! the primary's place. Replication is asynchronous: the primary tells the application "stored" before the replica has it.

use super::event::Event;
use super::fact::{DatabaseError, FactKind, ServerError, Step};
use super::origin::{Kind, Target};
use super::stop::Doing;
use super::world::{Simulation, Work};

impl Simulation {
    /// An application asks one of its databases.
    pub(super) fn ask(&mut self, work: Work, target: Target) {
        let work = Work { database: target.database as u16, ..work };
        self.send_query(work, target.is_reachable, 1);
    }

    /// The SYN to a database that met silence is sent for the time told, if the worker still waits.
    pub(super) fn query_again(&mut self, work: Work, sent: u8) {
        if self.is_alive(work) {
            let from = self.origins[work.origin as usize].host;
            let is_reachable = self.reaches_database(from, work.database as usize);
            self.send_query(work, is_reachable, sent);
        }
    }

    /// Tells that a database takes a connection whose SYN met silence before.
    pub(super) fn tell_query_again(&mut self, work: Work, to: usize) {
        if let Some(slot) = self.told_of(work) {
            self.step(slot, |simulation| Step::SynAgain { server: simulation.host_name(to) });
        }
    }

    /// A database answered, or did not: the worker renders the page or the error page, and is free. A read that the replica failed
    /// goes to the primary.
    pub(super) fn query_answered(&mut self, work: Work, result: Result<(), DatabaseError>) {
        if !self.is_alive(work) {
            return;
        }
        if let Err(error) = result
            && let Kind::App { database, replica: Some(replica), .. } =
                self.origins[work.origin as usize].kind
            && replica.database == work.database as usize
            && replica.database != database.database
        {
            self.tell_read_elsewhere(work, error);
            self.ask(work, database);
            return;
        }
        if result.is_ok() {
            let host = self.databases[work.database as usize].host;
            self.tell_stop(work.job, host, Doing::Answers);
            self.look_up_session(work);
        }
        self.answer(work, result.map_err(ServerError::Database));
    }

    /// Where the request stands that this work is for, if it is a user's and is remembered.
    pub(super) fn told_of(&self, work: Work) -> Option<u32> {
        let number = work.job.number().filter(|_| self.remembers())?;
        let is_its = |request: &super::client::Request| {
            request.is_active && request.number == u64::from(number)
        };
        self.requests.iter().position(is_its).map(|slot| slot as u32)
    }

    /// Tells which rule drops what an application sends to a database.
    pub(super) fn tell_blocked_query(&mut self, work: Work, database: usize) {
        let [from, to] = [self.origins[work.origin as usize].host, self.databases[database].host];
        let port = self.infrastructure().database_port(&self.infrastructure().hosts[to].name);
        if let Some(slot) = self.told_of(work)
            && let Some(step) = self.blocked(from, to, port)
        {
            self.step(slot, |_| step);
        }
    }

    fn tell_read_elsewhere(&mut self, work: Work, error: DatabaseError) {
        if let Some(slot) = self.told_of(work) {
            let server = self.host_name(self.origins[work.origin as usize].host);
            let replica = self.host_name(self.databases[work.database as usize].host);
            self.step(slot, |_| Step::ReadElsewhere { server, replica, error });
        }
    }

    /// The database process starts: after a crash it repairs its data first.
    pub(super) fn start_database(&mut self, index: usize) {
        let database = &mut self.databases[index];
        database.is_up = true;
        database.started_at = self.now;
        let needs_repair = std::mem::take(&mut database.has_crashed);
        database.is_recovering = needs_repair && database.recovery_time.as_ns() > 0;
        if database.is_recovering {
            let (time, epoch) = (database.recovery_time, database.epoch);
            let host = database.host;
            let time = self.slowed(host, time);
            self.after(time, Event::Recovered { database: index as u16, epoch });
        }
        self.look_at_replicas();
    }

    /// The crash recovery is over, if the process still lives.
    pub(super) fn recovered(&mut self, index: usize, epoch: u32) {
        let database = &mut self.databases[index];
        if database.epoch == epoch && database.is_up {
            database.is_recovering = false;
            let subject = format!("{}/mysql", self.host_name(self.databases[index].host));
            self.record_fact(subject, FactKind::Recovered);
            self.look_at_replicas();
        }
    }

    /// A primary may have died, hung or come back: whoever watches over its replica will promote it, if it stays silent.
    pub(super) fn watch_for_promotion(&mut self, primary: usize) {
        let (now, answers) = (self.now, self.answers(primary));
        let since = &mut self.databases[primary].silent_since;
        if answers || since.is_some() {
            *since = since.filter(|_| !answers);
            return;
        }
        *since = Some(now);
        for replica in 0..self.databases.len() {
            let Some(replication) = &self.databases[replica].replication else { continue };
            if replication.source == primary
                && let Some(after) = replication.promote_after
            {
                self.after(after, Event::PromotionDue { replica: replica as u16 });
            }
        }
    }

    /// If the primary has not answered for long enough, it is time.
    pub(super) fn promotion_due(&mut self, replica: usize) {
        let Some(replication) = &self.databases[replica].replication else { return };
        let since = self.databases[replication.source].silent_since;
        if let Some((after, since)) = replication.promote_after.zip(since)
            && self.now.since(since) >= after
        {
            self.promote(replica);
        }
    }

    /// Somebody makes a replica the primary: the applications write to it from now on. A dead one cannot be promoted, and one that is
    /// primary already stays it. A primary that answers and that it hears first hands over what is not copied yet, and takes no more.
    pub(super) fn promote_on(&mut self, host: usize) {
        if let Some(index) = self.databases.iter().position(|database| database.host == host) {
            self.promote(index);
        }
    }

    fn promote(&mut self, replica: usize) {
        let Some(replication) = &self.databases[replica].replication else { return };
        if replication.is_promoted || !self.answers(replica) {
            return;
        }
        let (source, now) = (replication.source, self.now);
        let lives = self.answers(source);
        let lost =
            self.databases[replica].replication.as_mut().map_or(0, |own| own.end(now, lives));
        for origin in 0..self.origins.len() {
            let is_reachable = self.reaches_database(self.origins[origin].host, replica);
            if let Kind::App { database, .. } = &mut self.origins[origin].kind
                && database.database == source
            {
                *database = Target { database: replica, is_reachable };
            }
        }
        let subject = format!("{}/mysql", self.host_name(self.databases[replica].host));
        self.record_fact(subject, FactKind::Promoted { lost });
    }

    /// Whether a database takes connections, and answers them.
    pub(super) fn answers(&self, index: usize) -> bool {
        let database = &self.databases[index];
        let takes_them =
            database.is_up && !database.is_recovering && self.hosts[database.host].is_up;
        takes_them && !self.is_hung(index)
    }
}
