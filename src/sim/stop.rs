//! What becomes of a request at the machines on its way: where it waits and for what, who works on it and for how long, and what takes
//! it out of their hands. Steps of its cause chain, told only while the history is kept.

use crate::kernel::SimDuration;

/// A stop on the way of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The machine, by name; of [`Doing::Offline`] the uplink, of [`Doing::Unheld`] the virtual address.
    pub host: String,
    /// The machine that sent it there, where that matters: with a query, and with a link.
    pub from: Option<String>,
    /// What becomes of it.
    pub doing: Doing,
}

/// What becomes of a request at a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It waits, until the next step.
    Waits(Wait),
    /// Somebody begins to work on it.
    Works {
        /// Who.
        part: Part,
        /// How long that takes from now on.
        takes: SimDuration,
    },
    /// Once the database has worked on a change, its disk makes it durable.
    Commits {
        /// How long until the disk has done what it was given before.
        waits: SimDuration,
        /// How long the disk takes for this change.
        takes: SimDuration,
    },
    /// An application asks this database.
    Asks,
    /// The database's answer is with the application.
    Answers,
    /// There is no room for it.
    Full(Room),
    /// A link that is cut lies on its way.
    Cut,
    /// The link between its user and this machine is slow or lossy.
    Late,
    /// The uplink in use is broken.
    Offline {
        /// Whether another works, which routing will find.
        has_other: bool,
    },
    /// No machine that may have the address is alive.
    Unheld,
    /// What worked on it is killed.
    Killed(Killer),
}

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// That a balancer lets its connection in (`maxconn` of the process).
    Connection,
    /// A worker of this: it is in the backlog.
    Worker(Part),
    /// A core of the machine.
    Core,
    /// That the database has worked on earlier queries.
    Thread,
    /// A lock that somebody holds.
    Lock,
    /// Room on a disk that is full.
    Disk,
    /// Nothing that would come: who has it hangs.
    Hang(Part),
}

/// Who works on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A balancer, on the TLS handshake.
    Handshake,
    /// Nginx.
    Nginx,
    /// The application, its database not counted.
    Application,
    /// The database.
    Query,
}

/// What there is no room in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Nginx has as many connections as `worker_connections` allows: it closes the new one.
    Connections,
    /// The kernel's backlog before this: a connection request is dropped.
    Backlog(Part),
}

/// Who kills what works on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killer {
    /// The kernel: the memory of the machine is used up. Of an application it kills a worker.
    Memory(Part),
    /// The arbiter of the application's workers: `timeout` has run out.
    Arbiter,
}
