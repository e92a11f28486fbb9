//! What a timeline shows of a run: how far it has come, what was done, where it failed, how long nobody knew. A reading of the facts, those
//! told before going back too.

use super::Run;
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Alarm, Fact, FactKind};

/// What a timeline shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The end of the timeline: past the furthest that the run has come.
    pub end: SimTime,
    /// When the last thing on it happens, of what is known.
    pub last: SimTime,
    /// The furthest that the run has come, or the last thing that is to be done if that is later.
    pub furthest: SimTime,
    /// What happened at an instant, in order.
    pub marks: Vec<Mark>,
    /// From each death to its detection, in order.
    pub blind: Vec<Span>,
    /// Failed requests in each of equal shares of the timeline.
    pub failures: Vec<u32>,
}

/// Something that happened at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// What kind of thing.
    pub kind: MarkKind,
    /// In words.
    pub text: String,
}

/// A kind of mark, each with a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A person did something.
    Action,
    /// A balancer took a virtual address.
    Vip,
    /// A server is out, or something died by itself.
    Down,
    /// A server is in again.
    Up,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its begin.
    pub from: SimTime,
    /// Its end; where it has none yet, the furthest that the run has come: what lies behind that is not known.
    pub to: SimTime,
    /// What is dead, as `app-1` or `app-1/app`.
    pub component: String,
    /// Whether it has come back: what balancers see of its host from then on has other causes.
    has_returned: bool,
}

impl Span {
    fn host(&self) -> &str {
        self.component.split('/').next().unwrap_or_default()
    }
}

/// A timeline is at least so long, and grows in steps of it.
const STEP: SimDuration = SimDuration::from_secs(60);

impl Run {
    /// What a timeline shows of this run, its failures in so many shares.
    pub fn timeline(&self, shares: usize) -> Timeline {
        let facts = self.simulation.facts();
        let facts = || facts.iter().chain(self.rewind.facts_ahead(facts.len()));
        let told = facts().last().map_or(SimTime::ZERO, |fact| fact.at);
        let planned = self.actions.last().map_or(SimTime::ZERO, |timed| timed.at);
        let last = told.max(planned);
        let furthest = self.furthest.max(self.now()).max(last);
        let steps = furthest.as_ns() / STEP.as_ns() + 1;
        let end = SimTime::ZERO + STEP * steps;
        let failures = vec![0; shares];
        let mut timeline = Timeline { end, last, furthest, failures, ..Timeline::default() };
        for timed in &self.actions {
            let text = timed.action.told();
            timeline.marks.push(Mark { at: timed.at, kind: MarkKind::Action, text });
        }
        let infrastructure = &self.plan.infrastructure;
        let is_balancer = |host: &str| infrastructure.balancers().any(|own| own.name == host);
        for fact in facts() {
            timeline.take_in(fact, is_balancer);
        }
        for span in &mut timeline.blind {
            span.to = span.to.min(self.furthest.max(self.now()));
        }
        timeline
    }
}

/// Not noticed yet.
const NEVER: SimTime = SimTime::from_ns(u64::MAX);

impl Timeline {
    fn take_in(&mut self, fact: &Fact, is_balancer: impl Fn(&str) -> bool) {
        let kind = match &fact.kind {
            FactKind::RequestFailed { .. } => {
                let shares = self.failures.len() as u128;
                let place = u128::from(fact.at.as_ns()) * shares / u128::from(self.end.as_ns());
                if let Some(count) = self.failures.get_mut(place as usize) {
                    *count += 1;
                }
                return;
            }
            FactKind::HostDied | FactKind::ServiceDied => {
                let component = fact.subject.clone();
                let has_returned = false;
                self.blind.push(Span { from: fact.at, to: NEVER, component, has_returned });
                return;
            }
            FactKind::HostReturned | FactKind::ServiceReturned => {
                let host = fact.subject.split('/').next().unwrap_or_default();
                self.notice(fact.at, |span| span.host() == host);
                for span in self.blind.iter_mut().filter(|span| span.host() == host) {
                    span.has_returned = true;
                }
                return;
            }
            // What is measured tells of the service, not of what died.
            FactKind::AlertFired { alarm: Alarm::Silent | Alarm::ServiceDown(_) } => {
                let host = fact.subject.split('/').next().unwrap_or_default();
                self.notice(fact.at, |span| span.host() == host);
                return;
            }
            FactKind::VipTaken { by } => {
                // Whoever had it before is known to be gone.
                self.notice(fact.at, |span| is_balancer(span.host()) && span.host() != by);
                MarkKind::Vip
            }
            FactKind::ServerDown { .. } => {
                let server = fact.subject.rsplit('/').next().unwrap_or_default();
                // The last of the balancers counts.
                let is_it = |span: &&mut Span| span.host() == server && !span.has_returned;
                if let Some(span) = self.blind.iter_mut().find(is_it) {
                    span.to = fact.at;
                }
                MarkKind::Down
            }
            FactKind::ServerUp { .. } => MarkKind::Up,
            FactKind::OutOfMemory { .. } => MarkKind::Down,
            _ => return,
        };
        self.marks.push(Mark { at: fact.at, kind, text: fact.to_string() });
    }

    /// What these windows hid is known now.
    fn notice(&mut self, at: SimTime, is_it: impl Fn(&Span) -> bool) {
        for span in self.blind.iter_mut().filter(|span| span.to == NEVER && is_it(span)) {
            span.to = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Component, Preset};
    use crate::sim::{Action, History, Plan};

    fn killed(component: &str, until: u64) -> Run {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut run = Run::new(plan, History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(20_000));
        run.act(Action::Kill(component.parse::<Component>().unwrap())).unwrap();
        run.advance_to(SimTime::from_ms(until));
        run
    }

    #[test]
    fn a_blind_window_ends_when_the_last_balancer_knows() {
        let run = killed("app-1", 40_000);
        let timeline = run.timeline(100);
        let downs: Vec<SimTime> = timeline
            .marks
            .iter()
            .filter(|mark| mark.kind == MarkKind::Down)
            .map(|mark| mark.at)
            .collect();
        assert_eq!(downs.len(), 2);
        let [blind] = timeline.blind.as_slice() else { panic!("{:?}", timeline.blind) };
        assert_eq!((blind.from, blind.to), (SimTime::from_ms(20_000), downs[1]));
        // Every failure is on it, in its place.
        let failed: u32 = timeline.failures.iter().sum();
        assert_eq!(u64::from(failed), run.simulation().counts().failed);
        assert_eq!(timeline.failures[..33].iter().sum::<u32>(), 0, "none before 20 s of 60");
        assert_eq!(timeline.end, SimTime::from_ms(60_000));
    }

    #[test]
    fn a_balancers_window_ends_with_the_takeover_and_a_database_s_when_it_is_told() {
        let timeline = killed("lb-1", 40_000).timeline(10);
        let taken = timeline.marks.iter().find(|mark| mark.kind == MarkKind::Vip).unwrap();
        assert_eq!(timeline.blind[0].to, taken.at);
        let timeline = killed("db-1", 25_000).timeline(10);
        assert_eq!(timeline.blind[0].to, SimTime::from_ms(25_000), "nobody has noticed yet");
    }

    /// What takes a server out later, for another reason, makes no old window longer.
    #[test]
    fn a_window_is_over_when_the_machine_has_returned() {
        let mut run = killed("app-1", 40_000);
        let noticed = run.timeline(10).blind[0].to;
        run.act("restore app-1".parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(60_000));
        run.act("link lb-1:app-1:cut".parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(80_000));
        let timeline = run.timeline(10);
        let downs = timeline.marks.iter().filter(|mark| mark.kind == MarkKind::Down);
        assert_eq!(downs.count(), 3);
        assert_eq!((timeline.blind.len(), timeline.blind[0].to), (1, noticed));
    }

    /// A link may name what is done later than its instant. What comes of a death until then is not known, and not drawn.
    #[test]
    fn a_window_ends_where_the_run_was_not_played_yet() {
        let link = "run/1/brief;seed=1;at=25s;20s+kill+app-1;60s+kill+app-2";
        let mut run = crate::run::permalink::read(link, History::Recent).unwrap();
        let timeline = run.timeline(10);
        assert_eq!(timeline.furthest, SimTime::from_ms(60_000));
        assert_eq!(timeline.blind[0].to, SimTime::from_ms(25_000));
        run.advance_to(SimTime::from_ms(40_000));
        assert!(run.timeline(10).blind[0].to < SimTime::from_ms(40_000), "it was noticed");
    }

    #[test]
    fn what_was_told_before_going_back_stays_on_it() {
        let mut run = killed("app-1", 40_000);
        let before = run.timeline(100);
        run.seek(SimTime::from_ms(5_000));
        assert_eq!(run.timeline(100), before);
    }

    #[test]
    fn it_keeps_the_length_that_was_played() {
        let mut run = killed("app-1", 155_000);
        let before = run.timeline(10);
        run.seek(SimTime::ZERO);
        let timeline = run.timeline(10);
        assert_eq!(timeline.furthest, SimTime::from_ms(155_000));
        assert_eq!(timeline.end, SimTime::from_ms(180_000));
        assert_eq!(timeline, before);
        run.restart();
        assert_eq!(run.timeline(10).furthest, SimTime::ZERO);
        run.undo();
        run.seek(SimTime::from_ms(5_000));
        assert_eq!(run.timeline(10).furthest, SimTime::from_ms(155_000));
    }

    #[test]
    fn a_step_back_undoes_a_step() {
        let mut run = killed("app-1", 26_000);
        for _ in 0..50 {
            let events = run.simulation().events();
            run.step();
            let after = run.simulation().events();
            run.step_back();
            assert!(run.simulation().events() <= events && after > events);
            run.seek(SimTime::from_ms(26_000));
            run.step();
        }
    }
}
