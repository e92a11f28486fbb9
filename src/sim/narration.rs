//! Facts and cause chains in plain words. Reading only: words can never change what happens (law 4).

use std::fmt;

use crate::infra::LinkState;
use crate::kernel::SimDuration;
use crate::kernel::small::decimal;

use super::client::method;
use super::fact::{Fact, FactKind, Outcome};
use super::gray::Gray;
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
            FactKind::Stopped => write!(f, "{subject} was asked to end, and ends in order."),
            FactKind::HeartbeatCut => f.write_str(
                "The heartbeat is cut: the balancers no longer hear each other's VRRP adverts.",
            ),
            FactKind::HeartbeatHealed => f.write_str(
                "The heartbeat is healed: the balancers hear each other's VRRP adverts again.",
            ),
            FactKind::Degraded { gray } => write!(f, "{subject} {}.", gray_words(*gray)),
            FactKind::Cured => write!(f, "{subject} is well again."),
            FactKind::OutOfMemory { is_worker } => {
                let victim = if *is_worker {
                    "a worker of it, the largest, with the request it held"
                } else {
                    "it, the largest"
                };
                write!(f, "{subject}: the machine's memory is used up; the kernel kills {victim}.")
            }
            FactKind::LinkChanged { state } => {
                let between = if subject.contains(" and ") { "between " } else { "" };
                write!(f, "The link {between}{subject} {}.", link_words(*state))
            }
            FactKind::RuleDropped => write!(f, "Firewall: {subject} is taken out."),
            FactKind::RuleRestored => write!(f, "Firewall: {subject} is there again."),
            FactKind::UplinkCut => write!(f, "{subject} is broken."),
            FactKind::UplinkHealed => write!(f, "{subject} works again."),
            FactKind::UplinkUsed => write!(f, "Routing sends users by {subject}."),
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
            FactKind::AlertFired { alarm } | FactKind::AlertResolved { alarm } => {
                let is_over = matches!(self.kind, FactKind::AlertResolved { .. });
                // Of one that is over, its name.
                let (over, quote) = if is_over { (" over", "\"") } else { ("", "") };
                write!(f, "Alert{over}: {subject}: {quote}{alarm}{quote}.")
            }
            FactKind::RequestFailed { outcome, path } => {
                let number = subject.trim_start_matches("request ");
                write!(
                    f,
                    "Request {number} ({} {path}) failed: {}.",
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
                Termination::Normal => "a server answered with an error",
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
        Outcome::NoCertificate => {
            "the balancer's certificate is not this site's, or has expired".to_owned()
        }
        Outcome::NoAnswer => "the user gave up waiting".to_owned(),
    }
}

fn gray_words(gray: Gray) -> String {
    match gray {
        Gray::Hang => "hangs: it takes connections and answers none".to_owned(),
        Gray::Errors(share) => {
            format!("answers an error to {} % of the requests", decimal(share * 100.0, 1))
        }
        Gray::Leak(mib) => {
            format!("leaks memory: {} MiB with each request", decimal(mib, 2))
        }
        Gray::Flap { up, down } => {
            format!("flaps: it is dead for {down:#}, runs for {up:#}, and so on")
        }
        Gray::Lock => "has a lock that every write waits for".to_owned(),
        Gray::DiskFull => "has no room left on its disk: writes wait".to_owned(),
        Gray::SlowDisk(factor) => {
            format!("has a disk that is {} times slower: writes feel it", decimal(factor, 2))
        }
    }
}

/// What a link does that is like this.
pub fn link_words(state: LinkState) -> String {
    if state.cut || state.is_whole() {
        return if state.cut { "is cut" } else { "is whole again" }.to_owned();
    }
    let mut words = Vec::new();
    if state.loss > 0.0 {
        words.push(format!("loses {} % of the packets", decimal(state.loss * 100.0, 1)));
    }
    let (least, most) = (state.delay, state.delay + state.jitter);
    if most > least {
        let least =
            if least > SimDuration::ZERO { format!("{least:#} to") } else { "up to".to_owned() };
        words.push(format!("takes {least} {most:#} longer"));
    } else if least > SimDuration::ZERO {
        words.push(format!("takes {least:#} longer"));
    }
    words.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_longer_a_link_takes_is_one_range() {
        let words = |delay, jitter| {
            let [delay, jitter] = [delay, jitter].map(SimDuration::from_ms);
            link_words(LinkState { delay, jitter, ..LinkState::default() })
        };
        assert_eq!(words(50, 0), "takes 50 ms longer");
        assert_eq!(words(0, 80), "takes up to 80 ms longer");
        assert_eq!(words(50, 30), "takes 50 ms to 80 ms longer");
    }
}
