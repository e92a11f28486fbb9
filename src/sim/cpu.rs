//! Processor cores. On a machine whose services can keep more workers busy than it has cores, a worker that computes needs a core, and
//! waits for one in the order of asking; a worker that waits for another machine needs none. Where there are cores for everybody
//! nothing is counted.

use crate::kernel::{Entry, SimDuration, Station};

use super::event::Event;
use super::world::{Simulation, Ticket, Work};

/// The cores of a machine, and who waits for one.
#[derive(Clone, Debug)]
pub(super) struct Cores {
    station: Station<(Task, SimDuration)>,
    /// What each core that has ever been used works on.
    running: Vec<Option<Task>>,
    /// Grows when the machine dies: what it computed then is lost.
    epoch: u32,
}

/// What a core works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Work(Work),
    Query {
        database: u16,
        query: u32,
        serial: u32,
    },
    /// Of a client with a balancer.
    Handshake(Ticket),
}

impl Cores {
    pub(super) const fn new(cores: u32) -> Self {
        Self { station: Station::new(cores, u32::MAX), running: Vec::new(), epoch: 0 }
    }

    /// Gives a task to a core that is free.
    fn occupy(&mut self, task: Task) -> u16 {
        let free = self.running.iter().position(Option::is_none);
        let core = free.unwrap_or_else(|| {
            self.running.push(None);
            self.running.len() - 1
        });
        self.running[core] = Some(task);
        core as u16
    }
}

impl Task {
    #[inline]
    const fn done(self) -> Event {
        match self {
            Self::Work(work) => Event::ServiceEnds(work),
            Self::Handshake(ticket) => Event::HandshakeDone(ticket),
            Self::Query { database, query, serial } => Event::QueryDone { database, query, serial },
        }
    }
}

impl Simulation {
    /// A worker on this host computes for so long, once it has a core.
    #[inline]
    pub(super) fn compute(&mut self, host: usize, task: Task, time: SimDuration) {
        if self.cores[host].is_none() {
            self.tell_task(host, task, time);
            self.after(time, task.done());
        } else {
            self.wait_for_a_core(host, task, time);
        }
    }

    fn wait_for_a_core(&mut self, host: usize, task: Task, time: SimDuration) {
        let now = self.now;
        let Some(cores) = &mut self.cores[host] else { return };
        if cores.station.enter((task, time), now) == Entry::Served {
            self.start_task(host, task, time);
        } else {
            self.tell_core_awaited(host, task);
        }
    }

    fn start_task(&mut self, host: usize, task: Task, time: SimDuration) {
        self.tell_task(host, task, time);
        if let Some(cores) = &mut self.cores[host] {
            let (core, epoch) = (cores.occupy(task), cores.epoch);
            self.after(time, Event::CoreFree { host: host as u16, core, epoch });
        }
    }

    /// A core is free, and takes up the next.
    pub(super) fn core_free(&mut self, host: u16, core: u16, epoch: u32) {
        let now = self.now;
        let host = host as usize;
        let Some(cores) = self.cores[host].as_mut().filter(|cores| cores.epoch == epoch) else {
            return;
        };
        let done = cores.running[core as usize].take();
        if let Some((next, time)) = cores.station.leave(now) {
            self.start_task(host, next, time);
        }
        if let Some(done) = done {
            self.happen(done.done());
        }
    }

    /// The machine is off.
    pub(super) fn stop_cores(&mut self, host: usize) {
        let now = self.now;
        if let Some(cores) = &mut self.cores[host] {
            cores.station.clear(now);
            cores.running.clear();
            cores.epoch += 1;
        }
    }
}
