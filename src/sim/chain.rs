//! Cause chains in plain words: each step, what it came down to, and the directive that would have changed it. Reading only.

use std::fmt;

use crate::haproxy::Termination;
use crate::nginx::Failure;

use super::fact::{DatabaseError, Outcome, RequestRecord, ServerError, Step};

#[allow(clippy::too_many_lines, reason = "a sentence for each kind of step")]
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dialled { vip } => write!(f, "the client connects to {vip}"),
            Self::AddressSilent { vip } => {
                write!(f, "{vip} does not answer; the client turns to the next address")
            }
            Self::AddressSlow { vip } => {
                write!(f, "{vip} has not answered yet; the client tries the next address beside it")
            }
            Self::AddressRefused { vip } => {
                write!(f, "{vip} refuses; the client turns to the next address")
            }
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
                write!(f, "the client takes {takes} to send its request")
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
                    "{server} was silent, and takes the connection when its SYN is sent again"
                )
            }
            Self::ServerClosed { server } => write!(f, "{server} closes before it has answered"),
            Self::ServerTimedOut { server } => write!(f, "{server} does not answer in time"),
            Self::WorkerKilled { server } => {
                write!(f, "{server} kills the worker that has it: it took longer than `timeout`")
            }
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
            Self::BalancerDied { balancer } => {
                write!(f, "{balancer} dies with the request in its hands")
            }
        }
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
        DatabaseError::TooManyConnections => "error 1040, the database has too many connections",
        DatabaseError::ReadOnly => "error 1290, the database is a replica and takes no writes",
    }
}

/// Why a request ended as it did: the last telling step of its cause chain.
pub fn cause(record: &RequestRecord) -> String {
    let telling = record.steps.iter().rev().find(|step| {
        !matches!(
            step,
            Step::Picked { .. }
                | Step::PassedOn { .. }
                | Step::TriedAgain { .. }
                | Step::Accepted { .. }
                | Step::Dialled { .. }
        )
    });
    telling.map_or_else(|| "nothing stood in its way".to_owned(), Step::to_string)
}

/// Whether a rule decided how the request went on at the last. Who was dropped and then got further by another way ended for what it
/// met there.
fn ends_at_the_firewall(record: &RequestRecord) -> bool {
    let last = record.steps.iter().rev().find(|step| {
        matches!(
            step,
            Step::Blocked { .. }
                | Step::Accepted { .. }
                | Step::Picked { .. }
                | Step::NoServer { .. }
                | Step::PassedOn { .. }
                | Step::ReadElsewhere { .. }
        )
    });
    matches!(last, Some(Step::Blocked { .. }))
}

/// What would have changed a step that says by itself what is wrong.
const fn cure_of_step(step: &Step) -> Option<&'static str> {
    match step {
        Step::WorkerKilled { .. } => {
            Some("the application's `timeout`: how long a worker may take before it is killed")
        }
        Step::Answered { error: Some(ServerError::Database(DatabaseError::ReadOnly)), .. } => {
            Some("the application's `database` must be the primary: a replica takes no writes")
        }
        _ => None,
    }
}

/// The directive that would have changed the end of a failed request, with what it would have done; `None` if the
/// request was answered.
pub fn cure(record: &RequestRecord) -> Option<&'static str> {
    let has = |wanted: fn(&Step) -> bool| record.steps.iter().any(wanted);
    if !record.outcome.is_ok() && ends_at_the_firewall(record) {
        return Some("the firewall rule that drops it, or one before it that allows it");
    }
    if !record.outcome.is_ok()
        && let Some(cure) = record.steps.iter().rev().find_map(cure_of_step)
    {
        return Some(cure);
    }
    match record.outcome {
        Outcome::Ok
        | Outcome::Status {
            termination: Termination::ProxyHeaders | Termination::ClientQueue,
            ..
        } => None,
        Outcome::Status {
            termination: Termination::ServerConnect | Termination::TimeoutConnect,
            ..
        } => Some(if has(|step| matches!(step, Step::NoServer { .. })) {
            "another `server` line: a backend with one server less to lose"
        } else {
            "`option redispatch`: the next attempt may go to another server; a smaller `inter` or `fall` shortens the blind window"
        }),
        Outcome::Status { termination: Termination::ServerHeaders, .. } => {
            Some("`retry-on empty-response`: a request that died with its server is sent again")
        }
        Outcome::Status { termination: Termination::TimeoutRequest, .. } => Some(
            "`timeout http-request`, `timeout client`: how long a client may take to send its request",
        ),
        Outcome::Status { termination: Termination::TimeoutHeaders, .. } => Some(
            "`timeout server`: how long the balancer waits; more `server` lines share the load",
        ),
        Outcome::Status {
            termination: Termination::TimeoutQueue | Termination::ServerQueue,
            ..
        } => Some(
            "`timeout queue`, `maxconn`: how long a request waits and how many a server takes at once",
        ),
        Outcome::Status {
            termination:
                Termination::DownHeaders
                | Termination::DownConnect
                | Termination::Down
                | Termination::BackupHeaders
                | Termination::BackupConnect
                | Termination::Backup,
            ..
        } => Some("`on-marked-down`, `on-marked-up`: without them sessions go on to their end"),
        Outcome::Status { termination: Termination::Normal, status: 502 | 504 } => Some(
            "another `server` line in Nginx's `upstream`, with `proxy_next_upstream`; shorter `proxy_connect_timeout` and `proxy_read_timeout`",
        ),
        Outcome::Status { termination: Termination::Normal, .. } => {
            Some("no directive of HAProxy: a second database host, a replica to promote")
        }
        Outcome::NoConnection => {
            Some("`advert_int` in keepalived.conf: a shorter one moves the address sooner")
        }
        Outcome::NoAnswer if has(|step| matches!(step, Step::SendsSlowly { .. })) => Some(
            "`timeout http-request`: the balancer answers 408 sooner, and is free for others; the request was the client's to send",
        ),
        Outcome::NoCertificate => Some(
            "`crt`: this site's certificate, renewed in time, in its file on every balancer of the cluster",
        ),
        Outcome::Reset | Outcome::NoAnswer => Some(
            "none: a balancer that dies takes the requests in its hands along; the next ones go to the other",
        ),
    }
}
