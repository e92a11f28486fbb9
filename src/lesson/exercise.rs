//! Predict, observe, explain: the three states of an exercise. A judgement cannot be had without a locked prediction.

use super::{Observation, WhatIf};
use crate::run::Run;

/// What a learner says will happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prediction {
    /// How many requests will have failed.
    pub failed: u64,
    /// The addresses that will answer at the end.
    pub addresses: Vec<String>,
    /// Whether static files will be answered at the end.
    pub static_files: bool,
    /// Whether dynamic pages will be answered at the end.
    pub dynamic_pages: bool,
}

/// Where an exercise stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Exercise {
    /// The learner has not committed: the run is not allowed.
    #[default]
    Open,
    /// Committed: the run may begin, the prediction cannot change.
    Locked(Prediction),
    /// The run is over.
    Judged(Judgement),
}

/// Prediction and result, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What was said.
    pub prediction: Prediction,
    /// What happened.
    pub observation: Observation,
    /// How the number of failures was met.
    pub failed: Verdict,
    /// How the addresses were met.
    pub addresses: Verdict,
    /// How "what still works" was met.
    pub works: Verdict,
}

/// How a prediction was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was so.
    Right,
    /// Nearly so: within a quarter, or within 3.
    Close,
    /// It was otherwise.
    Otherwise,
}

/// Why a prediction could not be locked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// The number is missing or no number.
    #[error("Say how many requests will fail: a whole number, 0 or more.{}", if found.is_empty() { String::new() } else { format!(" Found `{found}`.") })]
    NotANumber {
        /// What was typed.
        found: String,
    },
    /// It is locked already.
    #[error("This prediction is locked. Begin again to predict anew.")]
    AlreadyLocked,
}

impl Exercise {
    /// Commits to a prediction. `failed` is the number as typed.
    ///
    /// # Errors
    /// If it is no number, or a prediction is locked already; the exercise is then unchanged.
    pub fn lock(&mut self, failed: &str, prediction: Prediction) -> Result<(), LockError> {
        if *self != Self::Open {
            return Err(LockError::AlreadyLocked);
        }
        let found = || LockError::NotANumber { found: failed.chars().take(40).collect() };
        let failed = failed.trim().parse().map_err(|_| found())?;
        *self = Self::Locked(Prediction { failed, ..prediction });
        Ok(())
    }

    /// Whether the run may begin.
    pub const fn may_run(&self) -> bool {
        matches!(self, Self::Locked(_))
    }

    /// Judges a locked prediction by the run, once that is over; otherwise nothing changes.
    pub fn judge(&mut self, what_if: &WhatIf, run: &Run) {
        if let Self::Locked(prediction) = self
            && run.now() >= what_if.until
        {
            let observation = what_if.observe(run);
            *self = Self::Judged(Judgement::of(prediction.clone(), observation));
        }
    }
}

impl Judgement {
    fn of(prediction: Prediction, observation: Observation) -> Self {
        let off = prediction.failed.abs_diff(observation.failed);
        let failed = match off {
            0 => Verdict::Right,
            _ if off <= 3 || off * 4 <= observation.failed => Verdict::Close,
            _ => Verdict::Otherwise,
        };
        let exactly = |met: bool| if met { Verdict::Right } else { Verdict::Otherwise };
        let answered = observation
            .addresses
            .iter()
            .all(|(vip, answers)| prediction.addresses.contains(vip) == *answers);
        let works = prediction.static_files == observation.static_files
            && prediction.dynamic_pages == observation.dynamic_pages;
        Self {
            prediction,
            observation,
            failed,
            addresses: exactly(answered),
            works: exactly(works),
        }
    }
}

impl Verdict {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Right => "as predicted",
            Self::Close => "close",
            Self::Otherwise => "not this time",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::WHAT_IFS;

    fn over(what_if: &WhatIf) -> Run {
        let mut run = what_if.run().unwrap();
        run.advance_to(what_if.until);
        run
    }

    #[test]
    fn there_is_no_judgement_without_a_locked_prediction() {
        let what_if = WHAT_IFS[0];
        let mut exercise = Exercise::default();
        assert!(!exercise.may_run());
        exercise.judge(&what_if, &over(&what_if));
        assert_eq!(exercise, Exercise::Open);
    }

    #[test]
    fn a_locked_prediction_cannot_be_changed_and_is_judged_only_at_the_end() {
        let what_if = WHAT_IFS[0];
        let mut exercise = Exercise::default();
        exercise.lock("12", Prediction::default()).unwrap();
        assert_eq!(exercise.lock("31", Prediction::default()), Err(LockError::AlreadyLocked));
        let mut run = what_if.run().unwrap();
        exercise.judge(&what_if, &run);
        assert!(exercise.may_run());
        run.advance_to(what_if.until);
        exercise.judge(&what_if, &run);
        let Exercise::Judged(judgement) = exercise else { panic!("{exercise:?}") };
        assert_eq!(judgement.prediction.failed, 12);
    }

    #[test]
    fn what_is_no_number_is_refused_by_name() {
        for typed in ["", "many", "-1", "1.5", "99999999999999999999999"] {
            let error = Exercise::default().lock(typed, Prediction::default()).unwrap_err();
            let found = format!("Found `{typed}`.");
            let ending = if typed.is_empty() { "0 or more." } else { &found };
            assert!(error.to_string().ends_with(ending), "{error}");
        }
    }

    #[test]
    fn the_right_answer_is_right_and_scripted_guessers_are_not() {
        let mut guessed = 0;
        for what_if in WHAT_IFS {
            let truth = what_if.observe(&over(&what_if));
            let addresses =
                truth.addresses.iter().filter(|(_, answers)| *answers).map(|(vip, _)| vip.clone());
            let right = Prediction {
                failed: truth.failed,
                addresses: addresses.collect(),
                static_files: truth.static_files,
                dynamic_pages: truth.dynamic_pages,
            };
            let judgement = Judgement::of(right, truth.clone());
            assert_eq!(
                [judgement.failed, judgement.addresses, judgement.works],
                [Verdict::Right; 3]
            );
            for guess in [0, 10, 100, 1000] {
                let nothing = Prediction { failed: guess, ..Prediction::default() };
                let verdict = Judgement::of(nothing, truth.clone());
                guessed += u32::from(
                    [verdict.failed, verdict.addresses, verdict.works] == [Verdict::Right; 3],
                );
            }
        }
        assert_eq!(guessed, 0);
    }
}
