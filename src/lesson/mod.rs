//! What-if exercises with a locked prediction, their judge, and the steps of a lecture. Everything is judged by the run
//! itself, never by matching text. Knows no screen.

mod exercise;
mod lecture;
mod what_if;
mod workflow;

pub use exercise::{Exercise, Judgement, LockError, Prediction, Verdict};
pub use lecture::{LECTURE, LectureStep};
pub use what_if::{Observation, WHAT_IFS, WhatIf};
pub use workflow::{STEPS, failed_at, left_out, step_of, tried};
