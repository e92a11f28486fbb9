//! Telling the stops of a request. Each method is called where something happens to it, looks first whether anybody is to read that, and
//! changes nothing.

use super::balancer::{Balancer, Leg, Link};
use super::cpu::Task;
use super::database::Database;
use super::fact::Step;
use super::gray::Gray;
use super::origin::{Admission, Job, Kind};
use super::stop::{Doing, Killer, Part, Room, Stop, Wait};
use super::syn::Syn;
use super::world::{Purpose, Simulation, Ticket, Work};
use crate::kernel::SimDuration;

impl Simulation {
    /// The slot of the user's request that a job is done for, if its user still waits and steps are told.
    fn told_job(&self, job: Job) -> Option<u32> {
        // Asked first: it is one comparison, and settles nearly every question of a long run.
        if !self.remembers() {
            return None;
        }
        job.number()?;
        self.slot_of_job(self.asked_by(job))
    }

    /// What an origin is, as the stops name it.
    pub(super) fn part_of(&self, origin: usize) -> Part {
        match self.origins[origin].kind {
            Kind::Nginx { .. } => Part::Nginx,
            Kind::App { .. } => Part::Application,
        }
    }

    /// A stop of the request that a job is done for, at this host.
    #[inline]
    pub(super) fn tell_stop(&mut self, job: Job, host: usize, doing: Doing) {
        if self.remembers() {
            self.remember_stop(job, host, doing);
        }
    }

    #[cold]
    fn remember_stop(&mut self, job: Job, host: usize, doing: Doing) {
        if let Some(slot) = self.told_job(job) {
            self.tell_slot(slot, None, host, doing);
        }
    }

    pub(super) fn tell_slot(&mut self, slot: u32, from: Option<usize>, host: usize, doing: Doing) {
        self.step(slot, |simulation| {
            let from = from.map(|from| simulation.end_name(from));
            Step::At(Stop { host: simulation.host_name(host), from, doing })
        });
    }

    /// A task begins on a core, or on a machine that has cores enough.
    #[inline]
    pub(super) fn tell_task(&mut self, host: usize, task: Task, takes: SimDuration) {
        if self.remembers() {
            self.remember_task(host, task, takes);
        }
    }

    #[cold]
    fn remember_task(&mut self, host: usize, task: Task, takes: SimDuration) {
        match task {
            Task::Work(work) => {
                let part = self.part_of(work.origin as usize);
                self.tell_stop(work.job, host, Doing::Works { part, takes });
            }
            Task::Query { database, query, serial } => {
                let database = database as usize;
                if !self.databases[database].is_over(query, serial) {
                    self.tell_query_begins(database, query, takes);
                }
            }
            Task::Handshake(ticket) if self.is_clients(ticket) => {
                self.tell_slot(
                    ticket.slot,
                    None,
                    host,
                    Doing::Works { part: Part::Handshake, takes },
                );
            }
            Task::Handshake(_) => {}
        }
    }

    /// A task waits for a core.
    pub(super) fn tell_core_awaited(&mut self, host: usize, task: Task) {
        let doing = Doing::Waits(Wait::Core);
        match task {
            Task::Work(work) => self.tell_stop(work.job, host, doing),
            Task::Query { database, query, .. } => {
                if let Some((work, _)) = self.databases[database as usize].asked(query) {
                    self.tell_stop(work.job, host, doing);
                }
            }
            Task::Handshake(ticket) => {
                if self.is_clients(ticket) {
                    self.tell_slot(ticket.slot, None, host, doing);
                }
            }
        }
    }

    /// The database begins to work on a query, which takes so long with the disk, if it is a change.
    fn tell_query_begins(&mut self, database: usize, query: u32, takes: SimDuration) {
        let Some((work, is_write)) = self.databases[database].asked(query) else { return };
        let host = self.databases[database].host;
        let own = if is_write { self.own_time(database, work).min(takes) } else { takes };
        self.tell_stop(work.job, host, Doing::Works { part: Part::Query, takes: own });
        if is_write {
            let rest = takes - own;
            let factor = self.slow_disk_factor(database);
            let takes = self.databases[database].commit_time.scaled(factor).min(rest);
            self.tell_stop(work.job, host, Doing::Commits { waits: rest - takes, takes });
        }
    }

    /// What a query takes before it comes to the disk: the same draw, looked at again.
    fn own_time(&self, database: usize, work: Work) -> SimDuration {
        let state = &self.databases[database];
        let number = u64::from(work.job.number().unwrap_or(0));
        let (mean, distribution) = (state.service_time, state.service_distribution);
        self.slowed(state.host, self.drawn(Purpose::QueryService, number, mean, distribution))
    }

    /// An application sends a query.
    #[inline]
    pub(super) fn tell_query_sent(&mut self, work: Work) {
        if self.remembers() {
            self.remember_query(work);
        }
    }

    #[cold]
    fn remember_query(&mut self, work: Work) {
        let from = self.origins[work.origin as usize].host;
        let to = self.databases[work.database as usize].host;
        if let Some(slot) = self.told_job(work.job) {
            self.tell_slot(slot, Some(from), to, Doing::Asks);
            self.tell_cut_of(slot, [from, to]);
        }
    }

    /// A query waits for what does not come by itself.
    pub(super) fn tell_stuck(&mut self, work: Work) {
        if !self.remembers() {
            return;
        }
        let host = self.databases[work.database as usize].host;
        let wait = match self.ailment(host, "mysql") {
            Some(Gray::Lock) => Wait::Lock,
            Some(Gray::DiskFull) => Wait::Disk,
            Some(_) | None => Wait::Hang(Part::Query),
        };
        self.tell_stop(work.job, host, Doing::Waits(wait));
    }

    /// The kernel is about to kill the database of a host, with the queries that it has.
    pub(super) fn tell_database_killed(&mut self, host: usize) {
        if !self.remembers() {
            return;
        }
        let of_host = self.databases.iter().filter(|database| database.host == host);
        let held: Vec<Work> = of_host.flat_map(Database::awaited).collect();
        for work in held {
            self.tell_stop(work.job, host, Doing::Killed(Killer::Memory(Part::Query)));
        }
    }

    /// A connection request has come to a machine that does not answer it: if it lives, its backlog is full.
    pub(super) fn tell_unheard(&mut self, job: Job, link: Link) {
        if !self.remembers() || !link.is_reachable {
            return;
        }
        let origin = &self.origins[link.origin];
        let host = origin.host;
        if self.hosts[host].is_up && origin.is_up && !origin.station.has_room() {
            let part = self.part_of(link.origin);
            self.tell_stop(job, host, Doing::Full(Room::Backlog(part)));
        }
    }

    /// What a balancer's connection request has met, as far as that is told: silence, and a connection that took more than one SYN.
    #[cold]
    pub(super) fn tell_syn_met(&mut self, leg: Leg, syn: Syn, met: Admission) {
        match met {
            Admission::Accepted(_) if syn.sent > 1 => {
                if let Some(slot) = self.slot_of(leg) {
                    let server = self.server_short(leg.balancer as usize, leg.server);
                    self.step(slot, |_| Step::SynAgain { server });
                }
            }
            Admission::Silent => {
                self.tell_unheard(Job::Request(leg), self.link(leg.balancer, leg.server));
            }
            Admission::Accepted(_) | Admission::Refused => {}
        }
    }

    /// Nothing has come back over this way: if a link on it is cut, that is why.
    pub(super) fn tell_cut(&mut self, job: Job, ends: [usize; 2]) {
        if let Some(slot) = self.told_job(job) {
            self.tell_cut_of(slot, ends);
        }
    }

    /// The same of a balancer's server; `slot` is the request's.
    pub(super) fn tell_server_cut(&mut self, slot: u32, balancer: usize, server: u16) {
        let to = self.link(balancer as u16, server).host;
        self.tell_cut_of(slot, [self.balancers[balancer].host, to]);
    }

    fn tell_cut_of(&mut self, slot: u32, [from, to]: [usize; 2]) {
        if from != to && self.is_cut([from, to]) {
            self.tell_slot(slot, Some(from), to, Doing::Cut);
        }
    }

    /// A connection waits in the kernel until the balancer lets it in.
    pub(super) fn tell_not_let_in(&mut self, slot: u32, balancer: usize) {
        if self.remembers() {
            let host = self.balancers[balancer].host;
            self.tell_slot(slot, None, host, Doing::Waits(Wait::Connection));
        }
    }

    /// Nothing gets in or out: the uplink that routing uses is broken. Told once in a row.
    pub(super) fn tell_offline(&mut self, client: Ticket) {
        if !self.remembers() || self.is_online() || !self.is_clients(client) {
            return;
        }
        let uplinks = &self.infrastructure().uplinks;
        let cut = |index: usize| self.uplinks.cut.get(index).copied().unwrap_or(false);
        let has_other = (0..uplinks.len()).any(|index| !cut(index));
        let Some(host) = uplinks.get(self.uplinks.in_use).map(|uplink| uplink.name.clone()) else {
            return;
        };
        let stop = Step::At(Stop { host, from: None, doing: Doing::Offline { has_other } });
        if self.requests[client.slot as usize].steps.last() != Some(&stop) {
            self.step(client.slot, |_| stop);
        }
    }

    /// Nobody answers at an address, and nobody could: every machine that may have it is dead.
    pub(super) fn tell_unheld(&mut self, slot: u32, vip: usize) {
        if !self.remembers() || !self.is_online() {
            return;
        }
        let may_have =
            |balancer: &&Balancer| balancer.instances().iter().any(|instance| instance.vip == vip);
        let mut holders = self.balancers.iter().filter(may_have).peekable();
        let has_holders = holders.peek().is_some();
        if has_holders && holders.all(|balancer| !self.hosts[balancer.host].is_up) {
            let host = self.infrastructure().vips[vip].name.clone();
            let doing = Doing::Unheld;
            self.step(slot, |_| Step::At(Stop { host, from: None, doing }));
        }
    }
}
