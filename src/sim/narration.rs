//! Facts and cause chains in plain words. Reading only: words can never change what happens (law 4).

use std::fmt;

use crate::kernel::small::decimal;
use crate::nginx::Failure;

use super::client::method;
use super::fact::{
    Alarm, DatabaseError, Fact, FactKind, Outcome, RequestRecord, ServerError, Step,
};
use crate::haproxy::{CheckResult, State, Termination};

#[allow(clippy::too_many_lines, reason = "a sentence for each kind of fact")]
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.kind {
            FactKind::HostDied => write!(f, "{subject} lost power."),
            FactKind::HostReturned => write!(f, "{subject} is switched on; its services run."),
            FactKind::ServiceDied => write!(f, "{subject}: the process died."),
            FactKind::ServiceReturned => write!(f, "{subject}: the process was started."),
            FactKind::HostSlowed { factor } if *factor > 1.0 => {
                write!(f, "{subject} is {} times slower.", decimal(*factor, 2))
            }
            FactKind::HostSlowed { .. } => write!(f, "{subject} runs at its own speed again."),
            FactKind::CheckFailed { result, left } => {
                let (balancer, server) = seen_by(subject);
                let more = if *left == 1 { "more failure" } else { "more failures" };
                write!(
                    f,
                    "{balancer}: check of {server} failed ({result}, {}); {left} {more} and it is DOWN.",
                    check_words(*result)
                )
            }
            FactKind::ServerDown { result: None, .. } => {
                let (balancer, server) = seen_by(subject);
                write!(f, "{balancer} marks {server} DOWN by command. It gets no new request.")
            }
            FactKind::ServerDown { result: Some(CheckResult::Hana), .. } => {
                let (balancer, server) = seen_by(subject);
                write!(
                    f,
                    "{balancer} marks {server} DOWN: too many errors in its traffic (observe, error-limit). It gets no new request."
                )
            }
            FactKind::ServerDown { failures, result: Some(result) } => {
                let (balancer, server) = seen_by(subject);
                let checks = if *failures == 1 {
                    "its first check failed".to_owned()
                } else {
                    format!("{failures} checks failed in a row")
                };
                write!(
                    f,
                    "{balancer} marks {server} DOWN: {checks} ({result}, {}). It gets no new request.",
                    check_words(*result)
                )
            }
            FactKind::ServerUp { rise } => {
                let (balancer, server) = seen_by(subject);
                write!(
                    f,
                    "{balancer} marks {server} UP: {rise} checks passed in a row (rise {rise}). It takes its turn again."
                )
            }
            FactKind::ServerWarm => {
                let (balancer, server) = seen_by(subject);
                write!(f, "{balancer}: the slow start of {server} is over; it has its full weight.")
            }
            FactKind::ServerStopping => {
                let (balancer, server) = seen_by(subject);
                write!(
                    f,
                    "{balancer}: {server} answers its check 404 and gets no new client (NOLB)."
                )
            }
            FactKind::ServerState { state } => {
                let (balancer, server) = seen_by(subject);
                f.write_str(balancer)?;
                f.write_str(": ")?;
                f.write_str(server)?;
                f.write_str(match state {
                    State::Ready => " is ready: it takes its turn again.",
                    State::Drain => " drains: no new client, those bound to it keep it.",
                    State::Maint => " is in maintenance: it gets nothing and is not checked.",
                })
            }
            FactKind::ServerWeight { weight } => {
                let (balancer, server) = seen_by(subject);
                write!(f, "{balancer}: {server} has weight {weight} now.")
            }
            FactKind::Reloaded { directive } => {
                write!(
                    f,
                    "{subject} is reloaded with {directive}: every server counts as UP until it is checked."
                )
            }
            FactKind::BackendEmpty => {
                let (balancer, backend) = seen_by(subject);
                write!(
                    f,
                    "{balancer}: backend {backend} has no server left; its requests are answered 503 at once."
                )
            }
            FactKind::VipTaken { by } => write!(f, "{by} took over {subject}."),
            FactKind::VipDropped { by } => write!(f, "{by} gave {subject} up."),
            FactKind::Stopped => write!(f, "{subject} was asked to end and ended in order."),
            FactKind::HeartbeatCut => f.write_str(
                "The heartbeat is cut: the balancers no longer hear each other's VRRP adverts.",
            ),
            FactKind::HeartbeatHealed => f.write_str(
                "The heartbeat is healed: the balancers hear each other's VRRP adverts again.",
            ),
            FactKind::Recovered => {
                write!(f, "{subject} has repaired its data after the crash and takes connections.")
            }
            FactKind::Promoted { lost } => {
                let changes = if *lost == 1 { "change" } else { "changes" };
                write!(
                    f,
                    "{subject} is the primary database now; {lost} {changes} it had not copied yet are lost."
                )
            }
            FactKind::SplitBrainBegan { holders } => write!(
                f,
                "Split brain: {} both have {subject}. It is delivered to the one whose gratuitous ARP was the last.",
                holders.join(" and ")
            ),
            FactKind::SplitBrainEnded { holder: Some(holder) } => {
                write!(f, "The split brain is over: only {holder} has {subject}.")
            }
            FactKind::SplitBrainEnded { holder: None } => {
                write!(f, "The split brain is over: nobody has {subject}.")
            }
            FactKind::AlertFired { alarm: Alarm::Silent } => {
                write!(f, "Alert: the agent on {subject} is silent; it is dead, or the machine is.")
            }
            FactKind::AlertFired { alarm: Alarm::ServiceDown(service) } => {
                write!(f, "Alert: {service} on {subject} does not run.")
            }
            FactKind::AlertResolved { alarm: Alarm::Silent } => {
                write!(f, "Alert over: the agent on {subject} reports again.")
            }
            FactKind::AlertResolved { alarm: Alarm::ServiceDown(service) } => {
                write!(f, "Alert over: {service} on {subject} runs again.")
            }
            FactKind::RequestFailed { outcome, path } => {
                write!(
                    f,
                    "{subject} ({} {path}) failed: {}.",
                    method(path),
                    outcome_words(*outcome)
                )
            }
        }
    }
}

/// `lb-1/app/app-2` as the balancer and the rest.
fn seen_by(subject: &str) -> (&str, &str) {
    let (balancer, rest) = subject.split_once('/').unwrap_or((subject, ""));
    (balancer, rest.rsplit_once('/').map_or(rest, |(_, server)| server))
}

const fn check_words(result: CheckResult) -> &'static str {
    match result {
        CheckResult::L4con => "connection refused",
        CheckResult::L4tout => "no answer",
        CheckResult::L7tout => "connected, no answer in time",
        CheckResult::L7rsp => "closed without an answer",
        CheckResult::L7sts(_) => "answered with an error",
        CheckResult::Hana => "too many errors in its traffic",
        CheckResult::L4ok | CheckResult::L7ok | CheckResult::L7okc => "passed",
    }
}

fn outcome_words(outcome: Outcome) -> String {
    match outcome {
        Outcome::Ok => "answered".to_owned(),
        Outcome::Status { termination, .. } => {
            let why = match termination {
                Termination::Normal => "an error page from behind the balancer",
                Termination::TimeoutRequest => "the client did not send its request in time",
                Termination::ServerConnect => "no server took the connection",
                Termination::TimeoutConnect => "the server did not answer the connection attempts",
                Termination::ServerHeaders => "the server died before it answered",
                Termination::TimeoutHeaders => "the server did not answer in time",
                Termination::ProxyHeaders => "the server's answer was no HTTP",
                Termination::ServerQueue => "the server's queue was full",
                Termination::TimeoutQueue => "no server was free in time",
                Termination::ClientQueue => "the user left while it waited",
                Termination::DownHeaders | Termination::DownConnect | Termination::Down => {
                    "the server was marked DOWN and its sessions were cut"
                }
                Termination::BackupHeaders | Termination::BackupConnect | Termination::Backup => {
                    "the backup's sessions were cut when an active server returned"
                }
            };
            format!("{outcome}, {why}")
        }
        Outcome::NoConnection => "no address of the site answered".to_owned(),
        Outcome::Reset => "what held its connection died, and it was reset".to_owned(),
        Outcome::NoAnswer => "the user gave up waiting".to_owned(),
    }
}

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
            Self::ServerRefused { server } => write!(f, "{server} refuses the connection"),
            Self::ServerSilent { server } => {
                write!(f, "{server} does not answer the connection attempt")
            }
            Self::ServerClosed { server } => write!(f, "{server} dies before it has answered"),
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

/// The directive that would have changed the end of a failed request, with what it would have done; `None` if the
/// request was answered.
pub fn cure(record: &RequestRecord) -> Option<&'static str> {
    let has = |wanted: fn(&Step) -> bool| record.steps.iter().any(wanted);
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
        Outcome::Reset | Outcome::NoAnswer => Some(
            "none: a balancer that dies takes the requests in its hands along; the next ones go to the other",
        ),
    }
}
