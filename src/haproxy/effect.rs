//! What goes out of a proxy: connections to open, timers to set, answers to give, and what happened on the way.

use std::fmt;

use crate::kernel::SimDuration;

/// A stream at one stage of its way: what belongs to an earlier stage no longer concerns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The stream.
    pub stream: u32,
    /// The stage.
    pub stage: u32,
}

/// An answer that a process waits for: call [`super::Proxy::timer`] with [`Timer::Server`] if it does not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// What the answer carries.
    pub ticket: Ticket,
    /// `timeout server`.
    pub timeout: SimDuration,
}

/// A server's check at one round: what belongs to an earlier round no longer concerns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckTicket {
    /// The server, an index among all of the process.
    pub server: u16,
    /// The round.
    pub round: u32,
}

/// Something the proxy wants to be told when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// `timeout connect` of an attempt.
    Connect(Ticket),
    /// The turn-around pause before the next attempt.
    Turnaround(Ticket),
    /// `timeout queue`.
    Queue(Ticket),
    /// `timeout server`.
    Server(Ticket),
    /// The next check of a server.
    Check(CheckTicket),
    /// The limit of a running check.
    CheckLimit(CheckTicket, CheckResult),
    /// The next step of a server's slow start.
    Slowstart(CheckTicket),
}

/// What the proxy wants done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Call [`super::Proxy::timer`] after this time. A deadline is one of few constant lengths.
    Set {
        /// From now.
        after: SimDuration,
        /// With this.
        timer: Timer,
        /// Whether `after` is one of few constant lengths.
        is_deadline: bool,
    },
    /// Let the client with this token in: its connection is accepted.
    Accept(u32),
    /// Open a connection to a server for a request, and call [`super::Proxy::timer`] with [`Timer::Connect`] if it does not stand in time.
    Connect {
        /// For this stream.
        ticket: Ticket,
        /// To this server, an index among all of the process.
        server: u16,
        /// The driver's number of the request.
        number: u32,
        /// `timeout connect`.
        timeout: SimDuration,
    },
    /// Begin a health check of a server.
    Check(CheckTicket),
    /// Tell the client how it ended.
    Reply(Reply),
    /// Tell the other balancers which server a client belongs to.
    Learn {
        /// The backend.
        backend: u16,
        /// The client's address.
        source: u32,
        /// The server, an index in the backend.
        server: u16,
    },
    /// Something worth telling happened.
    Happened(Event),
}

/// Where a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// The backend's: any server will do.
    Backend,
    /// One server's.
    Server(u16),
}

/// Something that happened. Servers are indices among all of the process, streams belong to the client with the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A check of a server that is up failed; so many failures are left before it is down.
    CheckFailed {
        /// The server.
        server: u16,
        /// Why.
        result: CheckResult,
        /// Failures left.
        left: u32,
    },
    /// A server went DOWN.
    Down {
        /// The server.
        server: u16,
        /// Why; `None` by command.
        result: Option<CheckResult>,
        /// Failed checks in a row.
        failures: u32,
    },
    /// A server came UP.
    Up {
        /// The server.
        server: u16,
        /// By the operator's command, not by its checks.
        by_command: bool,
    },
    /// A server's full weight is back after its slow start.
    Warm {
        /// The server.
        server: u16,
    },
    /// A server stops: no new clients, by a check answered 404.
    Stopping {
        /// The server.
        server: u16,
    },
    /// The operator changed a server's state.
    Administered {
        /// The server.
        server: u16,
        /// To this.
        state: super::State,
    },
    /// The operator changed a server's weight.
    Weighed {
        /// The server.
        server: u16,
        /// To this.
        weight: u32,
    },
    /// A backend has no server available.
    Empty {
        /// The backend.
        backend: u16,
    },
    /// A request was given to a server.
    Picked {
        /// Whose.
        client: u32,
        /// The server.
        server: u16,
        /// In place of one that had failed.
        redispatched: bool,
        /// By its cookie or the stick table, not by the algorithm.
        persistent: bool,
    },
    /// A request makes another attempt at the server that it was given to.
    TriedAgain {
        /// Whose.
        client: u32,
        /// The server.
        server: u16,
    },
    /// A request has to wait.
    Queued {
        /// Whose.
        client: u32,
        /// Where.
        queue: Queue,
    },
    /// No usable server was found for a request.
    NoServer {
        /// Whose.
        client: u32,
        /// In this backend.
        backend: u16,
    },
    /// A connection attempt failed: refused (`explicit`) or unanswered.
    AttemptFailed {
        /// Whose.
        client: u32,
        /// The server.
        server: u16,
        /// Whether it was refused.
        explicit: bool,
    },
    /// A server closed without an answer.
    Closed {
        /// Whose request.
        client: u32,
        /// The server.
        server: u16,
    },
    /// A server did not answer in time.
    TimedOut {
        /// Whose request.
        client: u32,
        /// The server.
        server: u16,
    },
    /// A request's session was cut because its server was marked DOWN.
    Cut {
        /// Whose.
        client: u32,
        /// The server.
        server: u16,
    },
}

/// A server's answer to a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Whether it sets the persistence cookie itself.
    pub sets_cookie: bool,
    /// Whether it is not HTTP at all.
    pub is_junk: bool,
}

/// How a request ended at the proxy: what its log line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whose request.
    pub client: u32,
    /// The status the client got. 0: none, its connection was closed.
    pub status: u16,
    /// Whether the server sent it, not the proxy itself.
    pub from_server: bool,
    /// Who ended it, and when.
    pub termination: Termination,
    /// What became of the cookie.
    pub cookie: super::CookieFlags,
    /// The server whose cookie is set by the answer.
    pub set_cookie: Option<u16>,
    /// The server in the log; `None` is `<NOSRV>`.
    pub server: Option<u16>,
    /// Further attempts made.
    pub retries: u32,
    /// Whether one of them went to another server.
    pub redispatched: bool,
    /// Requests dequeued from the server's queue while it waited, itself included.
    pub server_queue: u32,
    /// The same of the backend's queue.
    pub backend_queue: u32,
}

/// The first two letters of the termination state: who ended the session, and when (HAProxy 2.6 manual 8.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Termination {
    /// `--`: ended normally.
    Normal,
    /// `cR`: the client did not send its request in time.
    TimeoutRequest,
    /// `SC`: refused by the server, or no server was left.
    ServerConnect,
    /// `sC`: the connection attempts timed out.
    TimeoutConnect,
    /// `SH`: the server closed before answering.
    ServerHeaders,
    /// `sH`: the server did not answer in time.
    TimeoutHeaders,
    /// `PH`: the server's answer was not HTTP.
    ProxyHeaders,
    /// `SQ`: the server's queue was full.
    ServerQueue,
    /// `sQ`: it waited too long in a queue.
    TimeoutQueue,
    /// `CQ`: the client left while it waited in a queue.
    ClientQueue,
    /// `DH`: the server was marked DOWN before it answered.
    DownHeaders,
    /// `DC`: the server was marked DOWN, and could not be connected to after that.
    DownConnect,
    /// `D-`: the server was marked DOWN while it was being connected to; the client's connection was closed without an answer.
    Down,
    /// `UH`: an active server came back while a backup had not answered yet.
    BackupHeaders,
    /// `UC`: an active server came back, and the backup could not be connected to after that.
    BackupConnect,
    /// `U-`: an active server came back while a backup was being connected to; as with `D-`.
    Backup,
}

impl Termination {
    /// The two letters.
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Normal => "--",
            Self::TimeoutRequest => "cR",
            Self::ServerConnect => "SC",
            Self::TimeoutConnect => "sC",
            Self::ServerHeaders => "SH",
            Self::TimeoutHeaders => "sH",
            Self::ProxyHeaders => "PH",
            Self::ServerQueue => "SQ",
            Self::TimeoutQueue => "sQ",
            Self::ClientQueue => "CQ",
            Self::DownHeaders => "DH",
            Self::DownConnect => "DC",
            Self::Down => "D-",
            Self::BackupHeaders => "UH",
            Self::BackupConnect => "UC",
            Self::Backup => "U-",
        }
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letters())
    }
}

/// How a check ended (HAProxy 2.6 management guide 9.1, `check_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// Connected.
    L4ok,
    /// Connection refused.
    L4con,
    /// No answer to the connection.
    L4tout,
    /// Answered 2xx or 3xx.
    L7ok,
    /// Answered 404, which means NOLB.
    L7okc,
    /// Answered with another status.
    L7sts(u16),
    /// Connected, no answer in time.
    L7tout,
    /// Connected, then closed without an answer.
    L7rsp,
    /// Too many errors in the traffic (`observe`).
    Hana,
}

impl CheckResult {
    /// Whether the server did well.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::L4ok | Self::L7ok | Self::L7okc)
    }

    /// As the statistics page names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::L4ok => "L4OK",
            Self::L4con => "L4CON",
            Self::L4tout => "L4TOUT",
            Self::L7ok => "L7OK",
            Self::L7okc => "L7OKC",
            Self::L7sts(_) => "L7STS",
            Self::L7tout => "L7TOUT",
            Self::L7rsp => "L7RSP",
            Self::Hana => "HANA",
        }
    }
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
