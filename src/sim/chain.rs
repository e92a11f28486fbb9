//! Cause chains in plain words, step by step; what they come down to is in `cause.rs`, what would have changed it in `cure.rs`. Reading
//! only.

use std::fmt;

use crate::kernel::SimDuration;
use crate::kernel::small::decimal;
use crate::nginx::Failure;

use super::fact::{DatabaseError, ServerError, Step};
use super::stop::{Doing, Killer, Part, Room, Stop, Wait};

#[allow(clippy::too_many_lines, reason = "a sentence for each kind of step")]
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dialled { vip } => write!(f, "the client connects to {vip}"),
            Self::AddressSilent { vip } => {
                write!(f, "{vip} does not answer, and the client gives it up")
            }
            Self::AddressSlow { vip } => {
                write!(f, "{vip} has not answered yet; the client tries the next address beside it")
            }
            Self::AddressRefused { vip } => write!(f, "{vip} refuses the connection"),
            Self::Accepted { balancer } => write!(f, "{balancer} takes the connection"),
            Self::NoCertificate { balancer } => {
                write!(
                    f,
                    "{balancer}'s certificate is not this site's, or has expired: the client turns away"
                )
            }
            Self::LoggedOut { server } => {
                write!(f, "{server} does not know the user's session: please log in again")
            }
            Self::SendsSlowly { takes: Some(takes) } => {
                write!(f, "the client takes {takes:#} to send its request")
            }
            Self::SendsSlowly { takes: None } => {
                f.write_str("the client does not send its request")
            }
            Self::Picked { server, persistent: true, .. } => {
                write!(f, "the client belongs to {server}")
            }
            Self::TriedAgain { server } => write!(f, "{server} is tried again"),
            Self::Queued { server: None } => f.write_str("every server is full; the request waits"),
            Self::Queued { server: Some(server) } => {
                write!(f, "{server} is full; the request waits for it")
            }
            Self::SessionCut { server } => {
                write!(f, "{server} is marked DOWN and the session is cut")
            }
            Self::Picked { backend, server, redispatched: false, .. } => {
                write!(f, "backend {backend}: the turn is {server}'s")
            }
            Self::Picked { backend, server, redispatched: true, .. } => {
                write!(f, "backend {backend}: redispatched to {server}")
            }
            Self::NoServer { backend } => write!(f, "backend {backend} has no server that is UP"),
            Self::Blocked { from, to, rule } => {
                write!(f, "the firewall drops what {from} sends to {to} ({rule})")
            }
            Self::ServerRefused { server } => write!(f, "{server} refuses the connection"),
            Self::ServerSilent { server } => {
                write!(f, "{server} does not answer the connection attempt")
            }
            Self::SynAgain { server } => {
                write!(
                    f,
                    "{server} was silent, and takes the connection when the SYN is sent again"
                )
            }
            Self::ServerClosed { server } => {
                write!(f, "{server} closes the connection before it has answered")
            }
            Self::ServerTimedOut { server } => write!(f, "{server} does not answer in time"),
            Self::Answered { server, status, error: None } => {
                write!(f, "{server} answers {status}")
            }
            Self::Answered { server, status, error: Some(error) } => {
                write!(f, "{server} answers {status}: {}", error_words(*error))
            }
            Self::PassedOn { web, server, again: false } => {
                write!(f, "Nginx on {web} passes it on to {server}")
            }
            Self::PassedOn { web, server, again: true } => {
                write!(f, "Nginx on {web} passes it on to {server} instead (proxy_next_upstream)")
            }
            Self::FromCache { web, is_stale: false } => {
                write!(f, "Nginx on {web} answers from its cache")
            }
            Self::FromCache { web, is_stale: true } => {
                write!(f, "Nginx on {web} answers with an old page from its cache")
            }
            Self::PassFailed { web, server, failure: Failure::Error } => {
                write!(f, "Nginx on {web}: {server} refuses, or closes before it has answered")
            }
            Self::PassFailed { web, server, failure: Failure::Timeout } => {
                write!(f, "Nginx on {web}: {server} does not answer in time")
            }
            Self::NoLiveUpstream { web } => {
                write!(f, "Nginx on {web} has no server left: all failed within fail_timeout")
            }
            Self::ReadElsewhere { server, replica, error } => {
                write!(f, "{server} turns to the primary: {replica}, {}", database_words(*error))
            }
            Self::At(stop) => write!(f, "{stop}"),
            Self::BalancerDied { balancer } => {
                write!(f, "{balancer} dies with the request in its hands")
            }
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        let from = self.from.as_deref().unwrap_or("the sender");
        match self.doing {
            Doing::Waits(wait) => wait_words(f, wait, host),
            Doing::Works { part, takes } => {
                let takes = time_words(takes);
                match part {
                    Part::Handshake => write!(f, "{host} computes the TLS handshake: {takes}"),
                    Part::Query => write!(f, "{host} works on the query: {takes}"),
                    Part::Nginx | Part::Application => {
                        write!(f, "{} on {host} works on it: {takes}", title(part))
                    }
                }
            }
            Doing::Commits { waits, takes } if waits == SimDuration::ZERO => {
                write!(f, "then its disk makes the change durable: {}", time_words(takes))
            }
            Doing::Commits { waits, takes } => {
                let (waits, takes) = (time_words(waits), time_words(takes));
                write!(
                    f,
                    "then its disk makes the change durable: {takes}, after {waits} with earlier ones"
                )
            }
            Doing::Asks => write!(f, "{from} asks the database on {host}"),
            Doing::Answers => write!(f, "the answer of {host} is there"),
            Doing::Full(Room::Connections) => write!(
                f,
                "Nginx on {host} has no connection left (worker_connections) and closes the new one"
            ),
            Doing::Full(Room::Backlog(part)) => write!(
                f,
                "the backlog of {} on {host} is full: the connection request is dropped",
                title(part)
            ),
            Doing::Cut => write!(f, "the link between {from} and {host} carries nothing"),
            Doing::Late => write!(f, "the link between {from} and {host} is not whole"),
            Doing::Offline { has_other: true } => {
                write!(f, "{host} is broken, and routing has not found the other uplink yet")
            }
            Doing::Offline { has_other: false } => {
                write!(f, "{host} is broken, and no other uplink works")
            }
            Doing::Unheld => write!(f, "every machine that may have {host} is dead"),
            Doing::Killed(Killer::Memory(part)) => {
                let what =
                    if part == Part::Application { "the worker that has it" } else { title(part) };
                write!(f, "the memory of {host} is used up: the kernel kills {what}")
            }
            Doing::Killed(Killer::Arbiter) => {
                write!(f, "the arbiter on {host} kills the worker that has it (timeout)")
            }
        }
    }
}

fn wait_words(f: &mut fmt::Formatter<'_>, wait: Wait, host: &str) -> fmt::Result {
    match wait {
        Wait::Connection => {
            write!(f, "{host} has as many connections as it lets in (maxconn); this one waits")
        }
        Wait::Worker(part) => {
            write!(f, "every worker of {} on {host} is busy; it waits in the backlog", title(part))
        }
        Wait::Core => write!(f, "every core of {host} is busy; it waits for one"),
        Wait::Thread => {
            write!(f, "{host} works on as many queries as it can at once; this one waits")
        }
        Wait::Lock => write!(f, "it waits for a lock on {host} that somebody holds"),
        Wait::Disk => write!(f, "the disk of {host} is full; the change waits for room"),
        Wait::Hang(part) => {
            write!(f, "{} on {host} has it and does nothing: it hangs", title(part))
        }
    }
}

/// What a part of the site is called in a sentence.
pub(super) const fn title(part: Part) -> &'static str {
    match part {
        Part::Handshake => "HAProxy",
        Part::Nginx => "Nginx",
        Part::Application => "the application",
        Part::Query => "MySQL",
    }
}

/// A time for people: `12.3 ms`, `2.5 s`.
pub(super) fn time_words(time: SimDuration) -> String {
    if time < SimDuration::from_secs(1) {
        format!("{} ms", decimal(time.as_ms_f64(), 1))
    } else {
        format!("{} s", decimal(time.as_secs_f64(), 2))
    }
}

const fn error_words(error: ServerError) -> &'static str {
    match error {
        ServerError::Database(error) => database_words(error),
        ServerError::Itself => "it fails by itself",
        ServerError::BadGateway => "Nginx got no answer from the application",
        ServerError::GatewayTimeout => "the application did not answer Nginx in time",
        ServerError::WorkerConnections => "Nginx has no connection left (worker_connections)",
    }
}

const fn database_words(error: DatabaseError) -> &'static str {
    match error {
        DatabaseError::Refused => "the database refuses the connection",
        DatabaseError::Silent => "the database does not answer",
        DatabaseError::Lost => "the database died in the middle of the query",
        DatabaseError::Gone => "error 2013, the connection is from before the database went away",
        DatabaseError::TooManyConnections => "error 1040, the database has too many connections",
        DatabaseError::ReadOnly => "error 1290, the database is a replica and takes no writes",
    }
}
