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
    /// What each core that has ever been used works on, for how long, and which of all tasks that is.
    running: Vec<Option<(Task, SimDuration, u32)>>,
    /// What it has been given and has not done, in time of one core.
    load: SimDuration,
    /// Tasks that have been begun.
    begun: u32,
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
        let station = Station::new(cores, u32::MAX);
        Self { station, running: Vec::new(), load: SimDuration::ZERO, begun: 0 }
    }

    /// Gives a task to a core that is free: which core, and which of all tasks.
    fn occupy(&mut self, task: Task, time: SimDuration) -> (u16, u32) {
        let free = self.running.iter().position(Option::is_none);
        let core = free.unwrap_or_else(|| {
            self.running.push(None);
            self.running.len() - 1
        });
        self.begun += 1;
        self.running[core] = Some((task, time, self.begun));
        (core as u16, self.begun)
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
    /// How long the cores of a machine have been at work since the start, over all of them, and how many there are; `None` where they are not
    /// counted. Of a balancer it is the work of TLS handshakes.
    pub fn core_time(&self, host: &str) -> Option<(SimDuration, u32)> {
        let host = self.infrastructure().hosts.iter().position(|known| known.name == host)?;
        let station = &self.cores[host].as_ref()?.station;
        Some((station.busy_time(self.now), station.workers()))
    }

    /// A worker on this host computes for so long, once it has a core.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "who calls it knows the task, and so which event it is"
    )]
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
        cores.load = cores.load + time;
        if cores.station.enter((task, time), now) == Entry::Served {
            self.start_task(host, task, time);
        } else {
            self.tell_core_awaited(host, task);
        }
    }

    fn start_task(&mut self, host: usize, task: Task, time: SimDuration) {
        self.tell_task(host, task, time);
        if let Some(cores) = &mut self.cores[host] {
            let (core, begun) = cores.occupy(task, time);
            self.after(time, Event::CoreFree { host: host as u16, core, begun });
        }
    }

    /// A core is free, and takes up the next; unless what it worked on was lost meanwhile.
    pub(super) fn core_free(&mut self, host: u16, core: u16, begun: u32) {
        let now = self.now;
        let host = host as usize;
        let Some(cores) = &mut self.cores[host] else { return };
        let Some(slot) = cores.running.get_mut(core as usize) else { return };
        let Some((done, time, _)) = slot.take_if(|(_, _, own)| *own == begun) else { return };
        cores.load = cores.load - time;
        if let Some((next, time)) = cores.station.leave(now) {
            self.start_task(host, next, time);
        }
        self.happen(done.done());
    }

    /// Nobody computes this any more: its worker was killed. What waits for a core waits on.
    pub(super) fn stop_computing(&mut self, host: usize, task: Task) {
        let Some(cores) = &self.cores[host] else { return };
        let is_it = |(_, run): &(usize, &Option<(Task, SimDuration, u32)>)| {
            run.is_some_and(|(own, ..)| own == task)
        };
        if let Some((core, Some((_, _, begun)))) = cores.running.iter().enumerate().find(is_it) {
            let begun = *begun;
            self.core_free(host as u16, core as u16, begun);
        }
    }

    /// The longest that a task which comes now can wait for a core of this host.
    pub(super) fn core_load(&self, host: usize) -> SimDuration {
        self.cores[host].as_ref().map_or(SimDuration::ZERO, |cores| cores.load)
    }

    /// The machine is off.
    pub(super) fn stop_cores(&mut self, host: usize) {
        let now = self.now;
        if let Some(cores) = &mut self.cores[host] {
            cores.station.clear(now);
            cores.running.clear();
            cores.load = SimDuration::ZERO;
        }
    }
}
