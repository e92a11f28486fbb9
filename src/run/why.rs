//! Why one request ended as it did: its steps with their times, and at each choice of a server the candidates as they stood. The run is
//! played anew, event by event, and looked at; nothing is noted down while it runs, so that asking can change nothing (a test compares).

use super::Run;
use super::choice::{Before, Choice};
use crate::kernel::SimTime;
use crate::sim::{
    Explained, History, Plan, PlanError, RequestRecord, Step, TimedAction, explained,
};

/// The chain of causes of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The request, with its end.
    pub record: RequestRecord,
    /// Its steps, in order: those of the record.
    pub moments: Vec<Moment>,
    /// What it comes down to: why it failed, moved or was slow, what would have changed that, where its time went.
    pub explained: Explained,
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

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WhyError {
    /// The plan cannot be run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No such request.
    #[error("there is no request {request}: {}", sent(*until, *issued))]
    NotSent {
        /// The number asked for.
        request: u64,
        /// The end of the run.
        until: SimTime,
        /// How many there are.
        issued: u64,
    },
    /// It has not ended.
    #[error("request {request} is still under way at {}: let the run go on for longer", until.clock())]
    UnderWay {
        /// The number asked for.
        request: u64,
        /// The end of the run.
        until: SimTime,
    },
}

/// Which requests there are, and how there would be more.
fn sent(until: SimTime, issued: u64) -> String {
    let until = until.clock();
    if issued == 0 {
        return format!("by {until} users have sent none; let the run go on for longer");
    }
    format!(
        "they are numbered from 1, and by {until} users have sent {issued}; a run that goes on for longer has more"
    )
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
                let choice = Choice::of(world, request, &steps[..=index], &before);
                moments.push(Moment { at: world.now(), step: steps[index].clone(), choice });
            }
            if let Some(record) = record {
                let times: Vec<SimTime> = moments.iter().map(|moment| moment.at).collect();
                let explained = explained(record, &times, world.plan());
                return Ok(Self { record: record.clone(), moments, explained });
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
