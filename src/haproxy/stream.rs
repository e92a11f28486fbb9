//! A request on its way through the proxy.

use super::Termination;
use super::effect::Ticket;
use super::persistence::CookieFlags;

/// A request as it comes in: what the proxy looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// The driver's name for the client; effects carry it back.
    pub client: u32,
    /// The driver's number of the request; connections carry it.
    pub number: u32,
    /// The client's IPv4 address, big endian.
    pub source: u32,
    /// The request's URI.
    pub uri: &'a str,
    /// Its headers but `Cookie`.
    pub headers: &'a [(String, String)],
    /// Its `Cookie` header.
    pub cookie: Option<&'a str>,
}

/// What a stream is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its slot is free.
    Unused,
    /// In the queue of its backend or of its server.
    Queued,
    /// An attempt to connect is under way.
    Connecting,
    /// A pause before the next attempt.
    Turnaround,
    /// The request is sent, the answer awaited.
    Waiting,
}

/// Why the sessions of a server are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doom {
    /// `on-marked-down shutdown-sessions`.
    Down,
    /// `on-marked-up shutdown-backup-sessions`.
    BackupOver,
}

impl Doom {
    /// While the connection was being made.
    pub(super) const fn connecting(self) -> Termination {
        match self {
            Self::Down => Termination::Down,
            Self::BackupOver => Termination::Backup,
        }
    }

    /// When no connection could be made.
    pub(super) const fn unconnected(self) -> Termination {
        match self {
            Self::Down => Termination::DownConnect,
            Self::BackupOver => Termination::BackupConnect,
        }
    }

    /// While the answer was awaited.
    pub(super) const fn unanswered(self) -> Termination {
        match self {
            Self::Down => Termination::DownHeaders,
            Self::BackupOver => Termination::BackupHeaders,
        }
    }
}

/// A request on its way through the proxy. Slots are used again; `stage` tells the uses apart.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) client: u32,
    pub(super) number: u32,
    pub(super) stage: u32,
    pub(super) phase: Phase,
    pub(super) backend: u16,
    /// The server it was given to.
    pub(super) server: Option<u16>,
    /// The server that failed it, to be avoided by the algorithm.
    pub(super) avoid: Option<u16>,
    /// Whether it counts among those its server serves.
    pub(super) holds_slot: bool,
    /// Whether it counts among the connections of its server.
    pub(super) is_connected: bool,
    /// Whether its server was chosen by cookie or stick table, not by the algorithm.
    pub(super) is_bound: bool,
    pub(super) hash: Option<u32>,
    pub(super) source: u32,
    /// Its priority class.
    pub(super) class: i32,
    pub(super) retries: u32,
    pub(super) redispatched: bool,
    /// Its server's sessions were cut while it was between two attempts: it will be cut when it is connected.
    pub(super) doom: Option<Doom>,
    /// How its first attempt failed. Whatever comes in its way after that, no connection was what it died of (measured).
    pub(super) first_failure: Option<Termination>,
    pub(super) cookie: CookieFlags,
    /// The count of its queue when it entered.
    pub(super) queue_index: u32,
    pub(super) server_queue: u32,
    pub(super) backend_queue: u32,
}

impl Stream {
    pub(super) fn unused() -> Self {
        Self {
            client: 0,
            number: 0,
            stage: 0,
            phase: Phase::Unused,
            backend: 0,
            server: None,
            avoid: None,
            holds_slot: false,
            is_connected: false,
            is_bound: false,
            hash: None,
            source: 0,
            class: 0,
            retries: 0,
            redispatched: false,
            doom: None,
            first_failure: None,
            cookie: CookieFlags::default(),
            queue_index: 0,
            server_queue: 0,
            backend_queue: 0,
        }
    }

    /// A ticket for the next stage: those given out before are void.
    pub(super) const fn next(&mut self, stream: u32) -> Ticket {
        self.stage += 1;
        Ticket { stream, stage: self.stage }
    }
}
