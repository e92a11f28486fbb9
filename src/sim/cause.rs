//! What a failed request came down to, read from its chain: what it met at the last, and what lay behind that. Reading only.

use super::fact::{DatabaseError, Outcome, RequestRecord, ServerError, Step};
use super::stop::{Doing, Stop};
use crate::haproxy::Termination;
use crate::kernel::SimDuration;
use crate::nginx::Failure;

/// Work that takes so long may be why somebody has waited too long.
const LONG: SimDuration = SimDuration::from_secs(1);

/// Why a request ended as it did: what it met at the last, and if the chain tells why it met that, why.
pub fn cause(record: &RequestRecord) -> String {
    let Some(last) = last_telling(record) else { return without_steps(record.outcome).to_owned() };
    let met = &record.steps[last];
    let Some(reason) = behind(&record.steps[..=last]) else { return met.to_string() };
    // What was only under way then is no reason, but tells where it was.
    let is_reason = !matches!(
        reason,
        Step::At(Stop { doing: Doing::Works { .. } | Doing::Commits { .. } | Doing::Asks, .. })
    );
    format!("{reason}; {}{met}", if is_reason { "so " } else { "" })
}

/// What decided the end: what lay behind what the request met at the last, or else that itself.
pub(super) fn decisive(record: &RequestRecord) -> Option<&Step> {
    let last = last_telling(record)?;
    Some(behind(&record.steps[..=last]).unwrap_or(&record.steps[last]))
}

/// The last step that is no mere progress.
fn last_telling(record: &RequestRecord) -> Option<usize> {
    // Who gave up waiting was kept waiting by whoever had the request then.
    let was_left = record.outcome == Outcome::NoAnswer;
    let telling = record.steps[..decided(record)].iter().rposition(|step| match step {
        Step::Picked { .. }
        | Step::PassedOn { .. }
        | Step::TriedAgain { .. }
        | Step::Accepted { .. }
        | Step::Dialled { .. }
        | Step::At(Stop { doing: Doing::Asks | Doing::Answers | Doing::Late, .. }) => false,
        Step::At(Stop { doing: Doing::Works { .. } | Doing::Commits { .. }, .. }) => was_left,
        _ => true,
    });
    // What a reverse proxy passes on is what the server behind it said.
    let says = |index: usize| match &record.steps[index] {
        Step::Answered { error: Some(error), .. } => Some(*error),
        _ => None,
    };
    let mut last = telling?;
    while last > 0 && says(last).is_some() && says(last - 1) == says(last) {
        last -= 1;
    }
    Some(last)
}

/// How many steps there were when the end was decided: once HAProxy has given up, what goes on behind it decides nothing.
fn decided(record: &RequestRecord) -> usize {
    let is_given_up =
        matches!(record.outcome, Outcome::Status { termination: Termination::TimeoutHeaders, .. });
    let last = record.steps.iter().rposition(|step| matches!(step, Step::ServerTimedOut { .. }));
    last.filter(|_| is_given_up).map_or(record.steps.len(), |last| last + 1)
}

/// What the steps before the last one tell of why that came: a rule, a full backlog, a lock, a killed worker, an upstream of dead servers.
pub(super) fn behind(steps: &[Step]) -> Option<&Step> {
    let (last, before) = steps.split_last()?;
    if !is_met(last) {
        return None;
    }
    for step in before.iter().rev() {
        match step {
            Step::Blocked { .. } | Step::NoLiveUpstream { .. } => return Some(step),
            Step::At(Stop { doing, .. }) => {
                let explains = match doing {
                    Doing::Waits(_) => is_late(last),
                    // What takes no longer than usual is no reason: then something died meanwhile.
                    Doing::Works { takes, .. } => is_late(last) && *takes >= LONG,
                    Doing::Commits { waits, takes } => is_late(last) && *waits + *takes >= LONG,
                    Doing::Answers => false,
                    Doing::Late => matches!(last, Step::AddressSilent { .. }),
                    Doing::Asks
                    | Doing::Full(_)
                    | Doing::Cut
                    | Doing::Offline { .. }
                    | Doing::Unheld
                    | Doing::Killed(_) => true,
                };
                return Some(step).filter(|_| explains);
            }
            // What one machine met is what the next one before it met too.
            step if is_met(step) => {}
            _ => return None,
        }
    }
    None
}

/// Whether a step only says that somebody got no answer, or a bad one.
const fn is_met(step: &Step) -> bool {
    matches!(step, Step::AddressSilent { .. }) || is_of_server(step)
}

/// Whether it says that a server gave no answer, or a bad one.
pub(super) const fn is_of_server(step: &Step) -> bool {
    matches!(
        step,
        Step::ServerSilent { .. }
            | Step::ServerClosed { .. }
            | Step::ServerTimedOut { .. }
            | Step::PassFailed { .. }
            | Step::Answered { error: Some(_), .. }
    )
}

/// Whether it says that an answer took too long.
const fn is_late(step: &Step) -> bool {
    matches!(
        step,
        Step::ServerTimedOut { .. }
            | Step::PassFailed { failure: Failure::Timeout, .. }
            | Step::Answered {
                error: Some(
                    ServerError::GatewayTimeout | ServerError::Database(DatabaseError::Silent)
                ),
                ..
            }
    )
}

/// Whether a rule decided how the request went on at the last. Who was dropped and then got further by another way ended for what it
/// met there.
pub(super) fn ends_at_the_firewall(record: &RequestRecord) -> bool {
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

/// Of a request whose chain tells nothing.
const fn without_steps(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "nothing stood in its way",
        Outcome::Status { .. } => "it was answered with an error",
        Outcome::NoConnection => "no address of the site answered",
        Outcome::Reset => "what held its connection died",
        Outcome::NoAnswer => "no answer came while its user waited",
        Outcome::NoCertificate => "the balancer's certificate is not this site's, or has expired",
    }
}
