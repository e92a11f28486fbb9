//! Why one request ended as it did: its steps with their times, and at each choice of a server the candidates as they stood. The run is
//! played anew, event by event, and looked at; nothing is noted down while it runs, so that asking can change nothing (a test compares).

use super::Run;
use crate::infra::{Balance, Infrastructure};
use crate::kernel::SimTime;
use crate::sim::{
    History, Plan, PlanError, RequestRecord, ServerView, Simulation, Step, TimedAction, Turns,
};

/// The chain of causes of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The request, with its end.
    pub record: RequestRecord,
    /// Its steps, in order: those of the record.
    pub moments: Vec<Moment>,
}

/// A step of a request, and what led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// When.
    pub at: SimTime,
    /// What happened.
    pub step: Step,
    /// If a server was chosen, or none could be.
    pub choice: Option<Choice>,
}

/// How a balancer chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The rule by which it did.
    pub rule: String,
    /// The servers of the backend as they stood just before, in the order of the configuration. Nginx has no view of its servers but whose
    /// turn it is.
    pub candidates: Vec<ServerView>,
    /// Their names in the order in which the algorithm would have given out the next requests; empty if the request itself or chance
    /// decides.
    pub turns: Vec<String>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WhyError {
    /// The plan cannot be run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No such request.
    #[error("there is no request {request}: by {until} users have sent {issued}")]
    NotSent {
        /// The number asked for.
        request: u64,
        /// The end of the run.
        until: SimTime,
        /// How many there are.
        issued: u64,
    },
    /// It has not ended.
    #[error("request {request} is still under way at {until}: let the run go on for longer")]
    UnderWay {
        /// The number asked for.
        request: u64,
        /// The end of the run.
        until: SimTime,
    },
}

impl Why {
    /// Of this request of a run.
    ///
    /// # Errors
    /// If the plan cannot be run, or the request has not ended by then.
    pub fn of(
        plan: Plan,
        actions: Vec<TimedAction>,
        request: u64,
        until: SimTime,
    ) -> Result<Self, WhyError> {
        let mut run = Run::with_actions(plan, actions, History::Recent)?;
        let mut moments: Vec<Moment> = Vec::new();
        let mut goes_on = true;
        while goes_on {
            let is_near = request > 0 && run.simulation().counts().issued + 1 >= request;
            let before = if is_near { Before::of(run.simulation()) } else { Before::default() };
            goes_on = !run.advance_within(until, 1);
            if !is_near {
                continue;
            }
            let world = run.simulation();
            let record = world.records().rev().find(|record| record.request == request);
            let steps = record.map(|record| record.steps.as_slice());
            let steps = steps.or_else(|| world.steps_of(request)).unwrap_or_default();
            for index in moments.len()..steps.len() {
                let choice = choice(world, &steps[..=index], &before);
                moments.push(Moment { at: world.now(), step: steps[index].clone(), choice });
            }
            if let Some(record) = record {
                return Ok(Self { record: record.clone(), moments });
            }
        }
        let issued = run.simulation().counts().issued;
        Err(if request == 0 || request > issued {
            WhyError::NotSent { request, until, issued }
        } else {
            WhyError::UnderWay { request, until }
        })
    }
}

/// How everything stood just before an event.
#[derive(Default)]
struct Before {
    servers: Vec<ServerView>,
    turns: Vec<Turns>,
}

impl Before {
    fn of(world: &Simulation) -> Self {
        let at = world.next_event_at().unwrap_or_else(|| world.now());
        Self { servers: world.snapshot().servers, turns: world.turns(at) }
    }

    /// Whose turn it was at a balancer's backend, or at an Nginx.
    fn turns_at(&self, place: &str, backend: Option<&str>) -> Vec<String> {
        let is_it = |turns: &&Turns| turns.at == place && turns.backend.as_deref() == backend;
        self.turns.iter().find(is_it).map(|turns| turns.servers.clone()).unwrap_or_default()
    }
}

/// How the last of these steps came about, if it is a choice.
fn choice(world: &Simulation, steps: &[Step], before: &Before) -> Option<Choice> {
    let (backend, is_persistent) = match steps.last()? {
        Step::Picked { backend, persistent, .. } => (backend, *persistent),
        Step::NoServer { backend } => (backend, false),
        Step::PassedOn { web, again: false, .. } => {
            let rule = "upstream: smooth weighted round robin, those left out for max_fails apart";
            return Some(Choice {
                rule: rule.to_owned(),
                candidates: Vec::new(),
                turns: before.turns_at(web, None),
            });
        }
        _ => return None,
    };
    let balancer = steps.iter().rev().find_map(|step| match step {
        Step::Accepted { balancer } => Some(balancer),
        _ => None,
    })?;
    let is_candidate = |view: &&ServerView| view.balancer == *balancer && view.backend == *backend;
    let balance = balance(&world.plan().infrastructure, balancer, backend)?;
    let rule = if is_persistent {
        "persistence: the cookie or the stick table names the server".to_owned()
    } else {
        format!("balance {balance}: {}", words(balance))
    };
    let turns = if is_persistent { Vec::new() } else { before.turns_at(balancer, Some(backend)) };
    let candidates = before.servers.iter().filter(is_candidate).cloned().collect();
    Some(Choice { rule, candidates, turns })
}

fn balance<'a>(
    infrastructure: &'a Infrastructure,
    balancer: &str,
    backend: &str,
) -> Option<&'a Balance> {
    let haproxy = infrastructure.host(balancer)?.haproxy()?;
    let backend = haproxy.backends.iter().find(|of| of.name == backend)?;
    Some(&backend.balance)
}

const fn words(balance: &Balance) -> &'static str {
    match balance {
        Balance::Roundrobin => "of the servers that are UP, the one whose turn it is by weight",
        Balance::StaticRr => {
            "the next of a fixed table in which each server stands as often as it weighs"
        }
        Balance::Leastconn => {
            "of the servers that are UP, the one with the fewest requests for its weight"
        }
        Balance::First => "the first server that is UP and not full",
        Balance::Random { .. } => "the less loaded of some servers drawn by chance",
        Balance::Source => "the server that the hash of the client's address belongs to",
        Balance::Uri(_) => "the server that the hash of the URI belongs to",
        Balance::UrlParam { .. } => "the server that the hash of the parameter belongs to",
        Balance::Hdr { .. } => "the server that the hash of the header belongs to",
    }
}
