//! Memory. On a machine whose services can take more than it has, or where one leaks, what they take is counted; when it is used up the
//! kernel kills the largest process, whoever took the last byte (Linux, `Documentation/filesystems/proc.rst`, `oom_score`). Elsewhere
//! nothing is counted.

use crate::infra::{Host, Service};
use crate::kernel::SimDuration;

use super::event::Event;
use super::fact::FactKind;
use super::origin::{Job, Kind};
use super::stop::{Doing, Killer, Part};
use super::world::{Simulation, Work};

/// The memory of a machine, in MiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    whole: f64,
    /// Whether it can become short.
    is_counted: bool,
    /// Whether the kernel is about to kill.
    is_short: bool,
}

/// How long a supervisor waits before it starts again what the kernel killed.
const RESTART_DELAY: SimDuration = SimDuration::from_secs(1);

/// A process that the kernel may kill, with the MiB that it takes.
#[derive(Clone, Copy, Debug)]
enum Process {
    /// Of a pool: each of its workers takes so much.
    Worker(usize, f64),
    Database(f64),
}

impl Process {
    const fn size(self) -> f64 {
        match self {
            Self::Worker(_, size) | Self::Database(size) => size,
        }
    }
}

impl Memory {
    pub(super) fn new(host: &Host) -> Self {
        let most = host.services.iter().map(|service| match service {
            Service::App(app) => u64::from(app.workers) * u64::from(app.worker_mib),
            Service::Mysql(mysql) => {
                let connections =
                    u64::from(mysql.max_connections) * u64::from(mysql.connection_mib);
                u64::from(mysql.innodb_buffer_pool_mib) + connections
            }
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Nginx(_) | Service::Agent => 0,
        });
        let whole = f64::from(host.memory_gib) * 1024.0;
        let is_counted = most.fold(0, u64::saturating_add) as f64 > whole;
        Self { whole, is_counted, is_short: false }
    }
}

impl Simulation {
    /// What takes memory on this host has taken more.
    #[inline]
    pub(super) fn memory_taken(&mut self, host: usize) {
        if self.memory[host].is_counted {
            self.count_memory(host);
        }
    }

    /// From now on the memory of this host is counted.
    pub(super) fn watch_memory(&mut self, host: usize) {
        self.memory[host].is_counted = true;
        self.count_memory(host);
    }

    /// Whether a worker of a pool can have been killed for its memory, and the pool lives on.
    pub(super) fn counts_memory(&self, host: usize) -> bool {
        self.memory[host].is_counted
    }

    fn count_memory(&mut self, host: usize) {
        for origin in self.origins.iter_mut().filter(|origin| origin.host == host) {
            // A worker keeps what it has once taken.
            origin.warm = origin.warm.max(origin.in_service.len() as u32);
        }
        let Memory { whole, is_short, .. } = self.memory[host];
        if !is_short && self.memory_used(host) > whole {
            self.memory[host].is_short = true;
            self.after(SimDuration::ZERO, Event::OutOfMemory { host: host as u16 });
        }
    }

    /// The processes of a host that can be large: how many of each there are, and one of them.
    fn processes(&self, host: usize) -> impl Iterator<Item = (u32, Process)> {
        let origins = self.origins.iter().enumerate();
        let origins = origins.filter(move |(_, origin)| origin.host == host && origin.is_up);
        let pools = origins.filter_map(move |(index, origin)| {
            let Kind::App { app, .. } = &origin.kind else { return None };
            let leaked = self.leaked(host, "app") / f64::from(origin.warm.max(1));
            Some((origin.warm, Process::Worker(index, f64::from(app.worker_mib) + leaked)))
        });
        let databases = self.databases.iter().filter(move |own| own.host == host && own.is_up);
        let databases = databases.map(|database| {
            let connections = f64::from(database.connections) * f64::from(database.connection_mib);
            (1, Process::Database(f64::from(database.buffer_pool_mib) + connections))
        });
        pools.chain(databases)
    }

    /// MiB that are taken.
    fn memory_used(&self, host: usize) -> f64 {
        self.processes(host).map(|(count, process)| f64::from(count) * process.size()).sum()
    }

    /// The kernel kills the largest process; its arbiter or its supervisor starts another.
    pub(super) fn out_of_memory(&mut self, host: u16) {
        let index = host as usize;
        self.memory[index].is_short = false;
        let largest = self.processes(index).filter(|(count, _)| *count > 0);
        let largest = largest.max_by(|(_, a), (_, b)| a.size().total_cmp(&b.size()));
        if self.memory_used(index) <= self.memory[index].whole {
            return;
        }
        match largest {
            Some((_, Process::Worker(origin, size))) => self.kill_worker(origin, size),
            Some((_, Process::Database(_))) => {
                let subject = self.service_name(index, "mysql");
                self.record_fact(subject, FactKind::OutOfMemory { is_worker: false });
                self.tell_database_killed(index);
                self.kill_service(index, "mysql");
                self.after(RESTART_DELAY, Event::Supervised { host });
            }
            None => {}
        }
        self.count_memory(index);
    }

    /// A worker of a pool is killed with the request that it holds; the arbiter starts another at once.
    fn kill_worker(&mut self, origin: usize, size: f64) {
        let of = &mut self.origins[origin];
        let Kind::App { app, .. } = &of.kind else { return };
        let leaked = size - f64::from(app.worker_mib);
        of.warm -= 1;
        let (host, epoch, held) = (of.host, of.epoch, of.in_service.last().copied());
        let subject = self.service_name(host, "app");
        self.record_fact(subject, FactKind::OutOfMemory { is_worker: true });
        self.give_back(host, "app", leaked);
        if let Some(job) = held {
            self.tell_stop(job, host, Doing::Killed(Killer::Memory(Part::Application)));
            self.connection_reset(origin, job);
            self.release(Work { origin: origin as u16, database: 0, epoch, job });
        }
    }

    /// The supervisor starts what was killed, if it is still dead.
    pub(super) fn supervised(&mut self, host: u16) {
        self.start_service(host as usize, "mysql");
    }

    /// Whether a worker of a pool still has this job: it loses it only when it is killed alone, for its memory or by its arbiter.
    pub(super) fn is_held(&self, origin: usize, job: Job) -> bool {
        let of = &self.origins[origin];
        !(self.counts_memory(of.host) || of.has_lost_workers)
            || matches!(of.kind, Kind::Nginx { .. })
            || of.in_service.contains(&job)
    }
}
