//! The event log: facts as lines. In a storm of failed requests those of one kind are one line with a count, so that what
//! caused it stays in sight.

use crate::kernel::{SimTime, small};
use crate::sim::{Alarm, Fact, FactKind, Outcome};

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When, of the first fact it stands for.
    pub at: SimTime,
    /// What happened, in words.
    pub text: String,
    /// How grave.
    pub gravity: Gravity,
    /// How many facts it stands for.
    pub count: u32,
    /// The first request it speaks of, if it speaks of failed requests.
    pub request: Option<u64>,
}

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// What a person did.
    Deed,
    /// Something returned or recovered.
    Good,
    /// Something to watch.
    Warning,
    /// Something died, or users noticed.
    Bad,
}

/// How the request ended whose failure a fact tells.
const fn failure(fact: &Fact) -> Option<Outcome> {
    if let FactKind::RequestFailed { outcome, .. } = fact.kind { Some(outcome) } else { None }
}

/// The newest lines, at most so many, the oldest first. None of them is cut: each begins with its first fact. Failures of one kind are one
/// line, also if those of another kind come between.
pub fn log_lines(facts: &[Fact], most: usize) -> Vec<LogLine> {
    // Where the oldest of them begins; only what is shown is put into words.
    let mut start = facts.len();
    let mut count = 0;
    while start > 0 && count < most {
        let storm = facts[..start].iter().rev().take_while(|fact| failure(fact).is_some()).count();
        start -= storm.max(1);
        count += 1;
    }
    let mut lines: Vec<LogLine> = Vec::new();
    // The lines of the storm that goes on, by their index.
    let mut kinds: Vec<(Outcome, usize)> = Vec::new();
    for fact in &facts[start..] {
        if let Some(outcome) = failure(fact) {
            if let Some(known) = small::find(&kinds, &outcome) {
                lines[*known].count += 1;
                continue;
            }
            kinds.push((outcome, lines.len()));
        } else {
            kinds.clear();
        }
        lines.push(line(fact));
    }
    lines.drain(..lines.len().saturating_sub(most));
    lines
}

/// Whether a fact is worth interrupting a listener for: changes of state, not single checks or requests, and no figure that rises or falls.
pub const fn is_announced(kind: &FactKind) -> bool {
    let is_figure = match kind {
        FactKind::AlertFired { alarm } | FactKind::AlertResolved { alarm } => matches!(
            alarm,
            Alarm::Errors(_) | Alarm::Latency(_) | Alarm::Rate(_) | Alarm::Waiting(_)
        ),
        _ => false,
    };
    !is_figure && !matches!(kind, FactKind::CheckFailed { .. } | FactKind::RequestFailed { .. })
}

/// Whether a fact is told to those who want to hear little: that something failed, or that an address has moved.
pub fn is_important(kind: &FactKind) -> bool {
    let has_moved = matches!(kind, FactKind::VipTaken { .. });
    is_announced(kind) && (has_moved || gravity(kind) == Gravity::Bad)
}

fn gravity(kind: &FactKind) -> Gravity {
    match kind {
        FactKind::HostReturned
        | FactKind::ServiceReturned
        | FactKind::ServerUp { .. }
        | FactKind::ServerWarm
        | FactKind::HeartbeatHealed
        | FactKind::SplitBrainEnded { .. }
        | FactKind::Recovered
        | FactKind::Cured
        | FactKind::RuleRestored
        | FactKind::UplinkHealed
        | FactKind::UplinkUsed
        | FactKind::AlertResolved { .. }
        | FactKind::Promoted { lost: 0 }
        | FactKind::VipTaken { .. } => Gravity::Good,
        FactKind::LinkChanged { state } if state.is_whole() => Gravity::Good,
        FactKind::HostSlowed { .. }
        | FactKind::CheckFailed { .. }
        | FactKind::ServerStopping
        | FactKind::ServerState { .. }
        | FactKind::ServerWeight { .. }
        | FactKind::Reloaded { .. }
        | FactKind::Stopped
        | FactKind::HeartbeatCut
        | FactKind::Degraded { .. }
        | FactKind::LinkChanged { .. }
        | FactKind::RuleDropped
        | FactKind::VipDropped { .. } => Gravity::Warning,
        FactKind::HostDied
        | FactKind::ServiceDied
        | FactKind::OutOfMemory { .. }
        | FactKind::UplinkCut
        | FactKind::ServerDown { .. }
        | FactKind::BackendEmpty
        | FactKind::AlertFired { .. }
        | FactKind::SplitBrainBegan { .. }
        | FactKind::Promoted { .. }
        | FactKind::RequestFailed { .. } => Gravity::Bad,
    }
}

fn line(fact: &Fact) -> LogLine {
    let gravity = gravity(&fact.kind);
    let request = match fact.kind {
        FactKind::RequestFailed { .. } => {
            fact.subject.rsplit(' ').next().and_then(|number| number.parse().ok())
        }
        _ => None,
    };
    LogLine { at: fact.at, text: fact.to_string(), gravity, count: 1, request }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Component, Preset};
    use crate::run::Run;
    use crate::sim::{Action, History, Plan, TimedAction};

    #[test]
    fn a_listener_hears_of_changes_and_never_of_figures() {
        let announced = |alarm| is_announced(&FactKind::AlertFired { alarm });
        assert!(announced(Alarm::Silent) && announced(Alarm::DiskFull));
        let second = crate::kernel::SimDuration::from_secs(1);
        for alarm in
            [Alarm::Errors(5), Alarm::Latency(second), Alarm::Rate(80), Alarm::Waiting(100)]
        {
            assert!(!announced(alarm) && !is_announced(&FactKind::AlertResolved { alarm }));
        }
    }

    #[test]
    fn who_wants_to_hear_little_hears_of_failures_and_moves() {
        for (kind, is_told) in [
            (FactKind::HostDied, true),
            (FactKind::VipTaken { by: "lb-2".to_owned() }, true),
            (FactKind::BackendEmpty, true),
            (FactKind::HostReturned, false),
            (FactKind::ServerWarm, false),
            (FactKind::AlertFired { alarm: Alarm::Errors(5) }, false),
            (FactKind::AlertFired { alarm: Alarm::Silent }, true),
        ] {
            assert_eq!(is_important(&kind), is_told, "{kind:?}");
            assert!(!is_told || is_announced(&kind), "{kind:?}");
        }
    }

    #[test]
    fn a_storm_of_failures_is_one_line_and_every_failure_is_counted() {
        let death = TimedAction {
            at: SimTime::from_ms(5000),
            action: Action::Kill(Component::host("web-1")),
        };
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut run = Run::with_actions(plan, vec![death], History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(30_000));
        let lines = log_lines(run.simulation().facts(), usize::MAX);
        let failures: u32 =
            lines.iter().filter(|line| line.request.is_some()).map(|line| line.count).sum();
        assert_eq!(u64::from(failures), run.simulation().counts().failed);
        assert!(lines.len() < run.simulation().facts().len() / 8);
        assert_eq!(lines[0].text, "web-1 lost power.");
        for most in 0..lines.len() {
            let newest = log_lines(run.simulation().facts(), most);
            assert_eq!(newest, lines[lines.len() - most..], "the newest {most} are whole");
        }
    }
}
