//! Where requests are served: Nginx and the application servers. Each is a station of workers with a kernel backlog
//! before it; an application's worker is held until the database has answered.

use crate::infra::{App, Distribution};
use crate::kernel::{Draw, Entry, SimDuration, Station};

use super::balancer::{Leg, Probe};
use super::fact::DatabaseError;
use super::snapshot::MessageKind;
use super::world::{Event, Purpose, Simulation, Work};

/// Nginx or an application server at an instant.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) host: usize,
    pub(super) port: u16,
    pub(super) kind: Kind,
    /// Whether the process runs.
    pub(super) is_up: bool,
    /// Grows when the process dies: work of an earlier epoch is lost.
    pub(super) epoch: u32,
    pub(super) station: Station<Job>,
    /// The jobs that its workers hold.
    pub(super) in_service: Vec<Job>,
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Nginx {
        service_time: SimDuration,
        service_distribution: Distribution,
    },
    App {
        app: App,
        /// Its database, if it exists and the firewall lets the application through.
        database: Option<usize>,
    },
}

/// What a worker works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Request(Leg),
    Check(Probe),
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

/// A service time of this mean and distribution.
pub(super) fn drawn(mut draw: Draw, mean: SimDuration, distribution: Distribution) -> SimDuration {
    match distribution {
        Distribution::Exponential => draw.exponential(mean),
        Distribution::Constant => mean,
        Distribution::Erlang { stages } => draw.erlang(mean, stages),
        Distribution::Hyperexponential { squared_cv } => draw.hyperexponential(mean, squared_cv),
    }
}

impl Simulation {
    /// A balancer's connection request at the server with this index.
    pub(super) fn knock(&self, balancer: u16, server: u16) -> Admission {
        let link = self.link(balancer, server);
        let origin = &self.origins[link.origin];
        if !link.is_reachable || !self.hosts[origin.host].is_up {
            Admission::Silent
        } else if !origin.is_up {
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
            self.connection_reset(job);
            return;
        }
        match origin.station.enter(job, self.now) {
            Entry::Served => self.begin_service(index, job),
            Entry::Queued => {}
            Entry::Rejected => self.connection_reset(job),
        }
    }

    fn begin_service(&mut self, index: usize, job: Job) {
        let origin = &self.origins[index];
        let time = match (&origin.kind, job) {
            (Kind::Nginx { .. }, Job::Check(_)) => SimDuration::ZERO,
            (Kind::Nginx { service_time, service_distribution }, Job::Request(leg)) => {
                let draw = self.draw(Purpose::NginxService, u64::from(leg.number));
                drawn(draw, *service_time, *service_distribution)
            }
            (Kind::App { app, .. }, Job::Check(_)) => app.health_time,
            (Kind::App { app, .. }, Job::Request(leg)) => {
                let draw = self.draw(Purpose::AppService, u64::from(leg.number));
                drawn(draw, app.service_time, app.service_distribution)
            }
        };
        let time = self.slowed(origin.host, time);
        let work = Work { origin: index as u16, epoch: origin.epoch, job };
        self.origins[index].in_service.push(job);
        self.after(time, Event::ServiceEnds(work));
    }

    /// The worker's own work on a job is done: it answers, or asks the database.
    pub(super) fn service_ends(&mut self, work: Work) {
        if !self.is_alive(work) {
            return;
        }
        let origin = &self.origins[work.origin as usize];
        let database = match (&origin.kind, work.job) {
            (Kind::Nginx { .. }, _) | (_, Job::Check(_)) => {
                self.answer(work, Ok(()));
                return;
            }
            (Kind::App { database, app }, Job::Request(..)) => {
                database.ok_or(app.database_connect_timeout)
            }
        };
        match database {
            Ok(database) => self.send_query(work, database),
            Err(timeout) => {
                self.after(timeout, Event::QueryAnswer(work, Err(DatabaseError::Silent)));
            }
        }
    }

    /// The database answered, or did not: the worker renders the page or the error page, and is free.
    pub(super) fn query_answered(&mut self, work: Work, result: Result<(), DatabaseError>) {
        if self.is_alive(work) {
            self.answer(work, result);
        }
    }

    fn answer(&mut self, work: Work, result: Result<(), DatabaseError>) {
        match work.job {
            Job::Check(probe) => self.latent(Event::CheckAnswer(probe), 1),
            Job::Request(leg) => {
                if self.remembers() && self.slot_of(leg).is_some() {
                    let ends = [
                        Some(self.origins[work.origin as usize].host),
                        Some(self.balancers[leg.balancer as usize].host),
                    ];
                    let kind =
                        if result.is_ok() { MessageKind::Answer } else { MessageKind::Error };
                    let latency = self.lan_latency();
                    self.record_message(u64::from(leg.number), ends, latency, kind);
                }
                self.travel(self.lan_latency(), Event::ServerAnswer(leg, result), |simulation| {
                    simulation.server_answered(leg, result);
                });
            }
        }
        let origin = &mut self.origins[work.origin as usize];
        if let Some(position) = origin.in_service.iter().position(|job| *job == work.job) {
            origin.in_service.swap_remove(position);
        }
        if let Some(next) = origin.station.leave(self.now) {
            self.begin_service(work.origin as usize, next);
        }
    }

    /// Whether the process that took the work still runs.
    fn is_alive(&self, work: Work) -> bool {
        let origin = &self.origins[work.origin as usize];
        origin.is_up && origin.epoch == work.epoch && self.hosts[origin.host].is_up
    }

    /// The kernel of a living machine resets the connection of a dead process.
    pub(super) fn connection_reset(&mut self, job: Job) {
        match job {
            Job::Request(leg) => self.latent(Event::ServerReset(leg), 1),
            Job::Check(probe) => self.latent(Event::CheckClosed(probe), 1),
        }
    }

    /// The process dies: all its work is lost. On a living machine every peer learns at once, on a dead one nobody does.
    pub(super) fn stop_origin(&mut self, index: usize, machine_lives: bool) {
        let origin = &mut self.origins[index];
        origin.is_up = false;
        origin.epoch += 1;
        let mut held = std::mem::take(&mut origin.in_service);
        held.extend(origin.station.clear(self.now));
        if machine_lives {
            for job in held {
                self.connection_reset(job);
            }
        }
    }
}
