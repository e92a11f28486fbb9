//! Where requests are served: Nginx and the application servers. Each is a station of workers with a kernel backlog
//! before it; an application's worker is held until the database has answered.

use crate::infra::{App, Distribution, SessionStore};
use crate::kernel::{Entry, SimDuration, Station};

use super::balancer::{Leg, Link, Probe};
use super::client::STATIC_PREFIX;
use super::cpu::Task;
use super::ending::Ending;
use super::event::Event;
use super::fact::ServerError;
use super::relay::{Hop, Relaying};
use super::snapshot::MessageKind;
use super::stop::{Doing, Room, Wait};
use super::world::{Purpose, Simulation, Ticket, Work};

/// Nginx or an application server at an instant.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) host: usize,
    pub(super) port: u16,
    pub(super) kind: Kind,
    /// Whether the process runs.
    pub(super) is_up: bool,
    /// Whether it was asked to end.
    pub(super) ending: Ending,
    /// Whether a worker has been killed alone: then another may have its job's events.
    pub(super) has_lost_workers: bool,
    /// Grows when the process dies: work of an earlier epoch is lost.
    pub(super) epoch: u32,
    pub(super) station: Station<Job>,
    /// The jobs that its workers hold.
    pub(super) in_service: Vec<Job>,
    /// Jobs that were served before the process was started the last time; connections that it closed since then for want of room.
    pub(super) served_before: u64,
    pub(super) dropped: u64,
    /// Workers that have worked on a request and so have their memory; kept up where memory is counted.
    pub(super) warm: u32,
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Nginx {
        service_time: SimDuration,
        service_distribution: Distribution,
        /// The most connections that its workers hold at once.
        connections: u64,
        /// If it passes on what is not for itself.
        proxy: Option<Box<Relaying>>,
    },
    App {
        app: AppFigures,
        /// The primary database, for writes.
        database: Target,
        /// The database for reads, if it is another.
        replica: Option<Target>,
    },
}

/// What an application's configuration says of times.
#[derive(Clone, Copy, Debug)]
pub(super) struct AppFigures {
    service_time: SimDuration,
    pub(super) service_distribution: Distribution,
    health_time: SimDuration,
    pub(super) worker_mib: u32,
    pub(super) timeout: SimDuration,
    /// The longest that the driver can make a worker wait over whole links: the replica fails, and then the primary.
    longest_wait: SimDuration,
    pub(super) sessions: SessionStore,
    pub(super) keeps_connections: bool,
    pub(super) database_connect_timeout: SimDuration,
    pub(super) database_read_timeout: SimDuration,
}

impl AppFigures {
    pub(super) fn new(app: &App, latency: SimDuration) -> Self {
        let of_one = app.database_connect_timeout + app.database_read_timeout + latency * 4;
        Self {
            service_time: app.service_time,
            service_distribution: app.service_distribution,
            health_time: app.health_time,
            worker_mib: app.worker_mib,
            timeout: app.timeout,
            longest_wait: of_one * 2,
            sessions: app.sessions,
            keeps_connections: app.keeps_connections,
            database_connect_timeout: app.database_connect_timeout,
            database_read_timeout: app.database_read_timeout,
        }
    }
}

/// A database as an application knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) database: usize,
    /// Whether the firewall lets the application through.
    pub(super) is_reachable: bool,
}

/// What a worker works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// A balancer's request.
    Request(Leg),
    /// A balancer's check.
    Check(Probe),
    /// What Nginx passes on.
    Relayed(Hop),
    /// The request of a user who reaches the web server without a balancer.
    Direct { client: Ticket, number: u32 },
}

impl Job {
    /// The number of the request it belongs to; a check has none.
    pub(super) const fn number(self) -> Option<u32> {
        match self {
            Self::Request(leg) => Some(leg.number),
            Self::Relayed(Hop { is_check: false, number, .. }) | Self::Direct { number, .. } => {
                Some(number)
            }
            Self::Check(_) | Self::Relayed(_) => None,
        }
    }
}

/// What a connection request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Accepted by the process of this epoch.
    Accepted(u32),
    /// Nothing listens: refused at once.
    Refused,
    /// The machine is off, the firewall drops it, or the backlog is full: no answer.
    Silent,
}

impl Simulation {
    /// A balancer's connection request at the server with this index.
    pub(super) fn knock(&self, balancer: u16, server: u16) -> Admission {
        self.knock_at(self.link(balancer, server))
    }

    /// A connection request over this way.
    pub(super) fn knock_at(&self, link: Link) -> Admission {
        let origin = &self.origins[link.origin];
        if !link.is_reachable || !self.hosts[origin.host].is_up {
            Admission::Silent
        } else if !origin.is_up || origin.refuses() {
            Admission::Refused
        } else if !origin.station.has_room() {
            Admission::Silent
        } else {
            Admission::Accepted(origin.epoch)
        }
    }

    /// A job arrives on a connection that the process of `epoch` accepted.
    pub(super) fn job_arrives(&mut self, index: usize, epoch: u32, job: Job) {
        let origin = &mut self.origins[index];
        if !self.hosts[origin.host].is_up {
            return;
        }
        if !origin.is_up || origin.epoch != epoch {
            self.connection_reset(index, job);
            return;
        }
        if self.connections_left(index) == 0 {
            // Nginx closes what it has no connection for.
            self.origins[index].dropped += 1;
            self.tell_stop(job, self.origins[index].host, Doing::Full(Room::Connections));
            self.connection_reset(index, job);
            return;
        }
        match self.origins[index].station.enter(job, self.now) {
            Entry::Served => self.begin_service(index, job),
            Entry::Queued => {
                self.tell_stop(
                    job,
                    self.origins[index].host,
                    Doing::Waits(Wait::Worker(self.part_of(index))),
                );
            }
            Entry::Rejected => {
                self.tell_stop(
                    job,
                    self.origins[index].host,
                    Doing::Full(Room::Backlog(self.part_of(index))),
                );
                self.connection_reset(index, job);
            }
        }
    }

    fn begin_service(&mut self, index: usize, job: Job) {
        let origin = &self.origins[index];
        let time = match (&origin.kind, job.number()) {
            (Kind::Nginx { .. }, None) => SimDuration::ZERO,
            (Kind::Nginx { service_time, service_distribution, .. }, Some(number)) => {
                let number = u64::from(number);
                self.drawn(Purpose::NginxService, number, *service_time, *service_distribution)
            }
            (Kind::App { app, .. }, None) => app.health_time,
            (Kind::App { app, .. }, Some(number)) => {
                let (mean, distribution) = (app.service_time, app.service_distribution);
                self.drawn(Purpose::AppService, u64::from(number), mean, distribution)
            }
        };
        let time = self.slowed(origin.host, time);
        let work = Work { origin: index as u16, database: 0, epoch: origin.epoch, job };
        let host = origin.host;
        // Nearly no worker can: then nobody needs to watch it.
        let can_be_late = match &origin.kind {
            Kind::App { app, .. } => {
                let longest = self.core_load(host) + time + app.longest_wait;
                longest >= app.timeout || self.some_link_is_changed()
            }
            Kind::Nginx { .. } => false,
        };
        self.origins[index].in_service.push(job);
        self.memory_taken(host);
        let hangs = self.hangs(index);
        if hangs {
            self.tell_stop(job, host, Doing::Waits(Wait::Hang(self.part_of(index))));
        }
        if hangs || can_be_late {
            self.watch_worker(work);
        }
        if !hangs {
            self.compute(host, Task::Work(work), time);
        }
    }

    /// The worker's own work on a job is done: it answers, passes the request on, or asks the database.
    pub(super) fn service_ends(&mut self, work: Work) {
        if !self.is_alive(work) {
            return;
        }
        if self.is_failed_by_itself(work) {
            self.answer(work, Err(ServerError::Itself));
            return;
        }
        match &self.origins[work.origin as usize].kind {
            Kind::Nginx { proxy: Some(_), .. } if !self.is_for_a_file(work.job) => {
                self.pass_on(work);
            }
            Kind::Nginx { .. } => self.answer(work, Ok(())),
            Kind::App { database, replica, .. } => match work.job.number() {
                None => self.answer(work, Ok(())),
                Some(number) => {
                    let reads = replica.filter(|_| !self.is_write(number));
                    self.ask(work, reads.unwrap_or(*database));
                }
            },
        }
    }

    /// Whether a job asks for what Nginx has itself: the files under `/static/`.
    fn is_for_a_file(&self, job: Job) -> bool {
        match job {
            Job::Request(Leg { number, .. }) | Job::Direct { number, .. } => self.is_static(number),
            Job::Check(probe) => {
                let proxy = &self.balancers[probe.balancer as usize].proxy;
                let (backend, _) = proxy.server(probe.ticket.server as usize);
                let check = backend.httpchk.as_ref();
                check.is_none_or(|check| check.path.starts_with(STATIC_PREFIX))
            }
            Job::Relayed(_) => false,
        }
    }

    /// The worker has its answer: it sends it, and is free.
    pub(super) fn answer(&mut self, work: Work, result: Result<(), ServerError>) {
        self.send_answer(work.origin as usize, work.job, result);
        self.release(work);
    }

    /// An answer goes back to whoever asked, once the network card has sent it.
    pub(super) fn send_answer(&mut self, origin: usize, job: Job, result: Result<(), ServerError>) {
        let host = self.origins[origin].host;
        let stays_within = match job {
            Job::Relayed(hop) => self.origins[hop.nginx as usize].host == host,
            Job::Request(_) | Job::Check(_) | Job::Direct { .. } => false,
        };
        let uses_card = job.number().is_some() && !stays_within;
        let takes = if uses_card { self.transmission(host) } else { SimDuration::ZERO };
        if takes == SimDuration::ZERO {
            self.answer_leaves(origin, job, result);
        } else {
            self.after(takes, Event::AnswerLeaves { origin: origin as u16, job, result });
        }
    }

    /// An answer has left the machine, if that still runs.
    pub(super) fn answer_leaves(
        &mut self,
        origin: usize,
        job: Job,
        result: Result<(), ServerError>,
    ) {
        let from = self.origins[origin].host;
        if !self.hosts[from].is_up {
            return;
        }
        let kind = if result.is_ok() { MessageKind::Answer } else { MessageKind::Error };
        match job {
            Job::Check(probe) => {
                let status = result.map_or_else(ServerError::status, |()| 200);
                let to = self.balancers[probe.balancer as usize].host;
                self.send(
                    [from, to],
                    1,
                    || Event::CheckAnswer(probe, status),
                    |simulation| {
                        simulation.check_answered(probe, status);
                    },
                );
            }
            Job::Request(leg) => {
                let to = self.balancers[leg.balancer as usize].host;
                if self.remembers() && self.slot_of(leg).is_some() {
                    let latency = self.lan_latency();
                    let ends = [Some(from), Some(to)];
                    self.record_message(u64::from(leg.number), ends, latency, kind);
                }
                self.send(
                    [from, to],
                    1,
                    || Event::ServerAnswer(leg, result),
                    |simulation| {
                        simulation.server_answered(leg, result);
                    },
                );
            }
            Job::Relayed(hop) => {
                let to = self.origins[hop.nginx as usize].host;
                if !hop.is_check && from != to {
                    let latency = self.lan_latency();
                    let ends = [Some(from), Some(to)];
                    self.record_message(u64::from(hop.number), ends, latency, kind);
                }
                self.send(
                    [from, to],
                    1,
                    || Event::RelayAnswer(hop, result),
                    |simulation| {
                        simulation.relay_answered(hop, result);
                    },
                );
            }
            Job::Direct { client, number } => {
                self.direct_answer(client, u64::from(number), from, result);
            }
        }
    }

    /// A worker is free, and takes the next that waits.
    pub(super) fn release(&mut self, work: Work) {
        let origin = &mut self.origins[work.origin as usize];
        if let Some(position) = origin.in_service.iter().position(|job| *job == work.job) {
            origin.in_service.swap_remove(position);
        }
        if let Some(next) = origin.station.leave(self.now) {
            self.begin_service(work.origin as usize, next);
        } else {
            self.ends_if_idle(work.origin as usize);
        }
    }

    /// Whether the process that took the work still runs, and its worker has it.
    pub(super) fn is_alive(&self, work: Work) -> bool {
        let origin = &self.origins[work.origin as usize];
        origin.is_up
            && origin.epoch == work.epoch
            && self.hosts[origin.host].is_up
            && self.is_held(work.origin as usize, work.job)
    }

    /// The kernel of a living machine resets the connection of a dead process.
    pub(super) fn connection_reset(&mut self, origin: usize, job: Job) {
        let from = self.origins[origin].host;
        match job {
            Job::Request(leg) => {
                let to = self.balancers[leg.balancer as usize].host;
                self.send(
                    [from, to],
                    1,
                    || Event::ServerReset(leg),
                    |simulation| {
                        simulation.server_closed(leg);
                    },
                );
            }
            Job::Check(probe) => {
                let to = self.balancers[probe.balancer as usize].host;
                self.send(
                    [from, to],
                    1,
                    || Event::CheckClosed(probe),
                    |simulation| {
                        simulation.check_closed(probe);
                    },
                );
            }
            Job::Relayed(hop) => {
                let to = self.origins[hop.nginx as usize].host;
                self.relay_fails_after(hop, [from, to]);
            }
            Job::Direct { client, .. } => self.direct_reset(client, from),
        }
    }

    /// The slot of the request that a job belongs to, if its user still waits.
    pub(super) fn slot_of_job(&self, job: Job) -> Option<u32> {
        match job {
            Job::Request(leg) => self.slot_of(leg),
            Job::Direct { client, .. } => self.is_clients(client).then_some(client.slot),
            Job::Check(_) | Job::Relayed(_) => None,
        }
    }

    /// Whether anybody waits for the answer to a job of Nginx.
    pub(super) fn is_awaited(&self, job: Job) -> bool {
        matches!(job, Job::Check(_)) || self.slot_of_job(job).is_some()
    }

    /// The process dies: all its work is lost. On a living machine every peer learns at once, on a dead one nobody does.
    pub(super) fn stop_origin(&mut self, index: usize, machine_lives: bool) {
        self.lose_sessions(index);
        self.close_kept_connections(index);
        let (host, service) = (self.origins[index].host, self.origins[index].kind_name());
        self.give_back(host, service, f64::MAX);
        let origin = &mut self.origins[index];
        origin.is_up = false;
        origin.ending = Ending::No;
        origin.epoch += 1;
        origin.served_before = origin.station.served();
        origin.dropped = 0;
        origin.warm = 0;
        let mut held = std::mem::take(&mut origin.in_service);
        held.extend(origin.station.clear(self.now));
        if let Kind::Nginx { proxy: Some(relaying), .. } = &mut origin.kind {
            held.extend(relaying.forget());
        }
        if machine_lives {
            for job in held {
                self.connection_reset(index, job);
            }
        }
    }
}
