//! Processor cores. On a machine whose services can keep more workers busy than it has cores, a worker that computes needs a core, and
//! waits for one in the order of asking; a worker that waits for another machine needs none. Where there are cores for everybody
//! nothing is counted.

use crate::kernel::{Entry, SimDuration, Station};

use super::event::Event;
use super::world::{Simulation, Work};

/// The cores of a machine, and who waits for one.
#[derive(Clone, Debug)]
pub(super) struct Cores {
    pub(super) station: Station<(Task, SimDuration)>,
    /// Grows when the machine dies: what it computed then is lost.
    epoch: u32,
}

/// What a core works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Work(Work),
    Query { database: u16, query: u32, serial: u32 },
}

impl Cores {
    pub(super) const fn new(cores: u32) -> Self {
        Self { station: Station::new(cores, u32::MAX), epoch: 0 }
    }
}

impl Task {
    const fn done(self) -> Event {
        match self {
            Self::Work(work) => Event::ServiceEnds(work),
            Self::Query { database, query, serial } => Event::QueryDone { database, query, serial },
        }
    }
}

impl Simulation {
    /// A worker on this host computes for so long, once it has a core.
    pub(super) fn compute(&mut self, host: usize, task: Task, time: SimDuration) {
        let now = self.now;
        let Some(cores) = &mut self.cores[host] else {
            self.after(time, task.done());
            return;
        };
        if cores.station.enter((task, time), now) == Entry::Served {
            let epoch = cores.epoch;
            self.after(time, Event::CoreFree { host: host as u16, epoch, task });
        }
    }

    /// A core is free, and takes up the next.
    pub(super) fn core_free(&mut self, host: usize, epoch: u32, task: Task) {
        let now = self.now;
        let Some(cores) = self.cores[host].as_mut().filter(|cores| cores.epoch == epoch) else {
            return;
        };
        if let Some((next, time)) = cores.station.leave(now) {
            self.after(time, Event::CoreFree { host: host as u16, epoch, task: next });
        }
        self.happen(task.done());
    }

    /// The machine is off.
    pub(super) fn stop_cores(&mut self, host: usize) {
        let now = self.now;
        if let Some(cores) = &mut self.cores[host] {
            cores.station.clear(now);
            cores.epoch += 1;
        }
    }
}
