//! What has the stage: the lab, an exercise, a step of the lecture, or the check of this browser; and the lab's run, which is kept meanwhile.

use leptos::prelude::*;

use super::lab::Lab;
use super::route::Route;
use super::view::View;
use super::{bound, desk};
use crate::kernel::SimTime;
use crate::lesson::{Exercise, LECTURE, Prediction, WhatIf};
use crate::run::{Playback, Run};
use crate::sim::History;

impl Lab {
    /// Opens what a fragment names; the lab's own run is kept for the return.
    pub(super) fn open(self, route: Route) {
        desk::leave_course();
        self.unfollow();
        let leaves_lab = self.view.with_untracked(View::is_in_lab) && !route.is_in_lab();
        self.view.update(|view| {
            view.route = route;
            view.notice = None;
            view.selected = None;
            view.why.clear();
            view.is_blank = false;
        });
        if leaves_lab {
            self.leave_lab();
        }
        match route {
            Route::WhatIf(what_if) => self.begin_exercise(what_if),
            Route::Lecture(step) => self.begin_lecture_step(step),
            Route::Lab | Route::Check => self.return_to_lab(),
        }
        if route == Route::Check {
            bound::show_check();
            desk::ask_then(self, "self-check", "", |answer| {
                let told = |error| {
                    format!(
                        "<p id=\"check-title\" tabindex=\"-1\">The plans could not be run: {error}.</p>"
                    )
                };
                if let Some(place) = bound::find::<web_sys::Element>("#check") {
                    bound::refill(&place, &answer.unwrap_or_else(told));
                }
            });
        }
        self.fit_stage();
        super::stage::refit(self);
    }

    /// To the lab, if one is not there; its own run has the stage again.
    pub(super) fn to_lab(self) {
        if self.route() != Route::Lab {
            self.open(Route::Lab);
        }
    }

    /// Keeps the lab's run for the return; another takes its place.
    fn leave_lab(self) {
        let playback = self.view.with_untracked(|view| view.playback);
        self.bench.update_value(|bench| {
            if let Ok(mut kept) = Run::new(bench.run.plan().clone(), History::Recent) {
                std::mem::swap(&mut bench.run, &mut kept);
                bench.set_aside = Some((kept, playback));
            }
        });
    }

    fn return_to_lab(self) {
        let mut kept = None;
        self.bench.update_value(|bench| {
            bench.stop_at = None;
            if let Some((run, playback)) = bench.set_aside.take() {
                bench.run = run;
                kept = Some(playback);
            }
        });
        if let Some(playback) = kept {
            self.set_speed(playback.speed, false);
        }
    }

    pub(super) fn begin_exercise(self, what_if: WhatIf) {
        self.view.update(|view| {
            view.exercise = Exercise::default();
            view.refused = String::new();
        });
        self.take_stage(what_if.run().ok(), what_if.until);
        self.set_speed(Playback::nearest(1.0), false);
        // The words of the panel are put in before the next frame.
        request_animation_frame(move || desk::refresh(self, true));
    }

    pub(super) fn begin_lecture_step(self, index: usize) {
        let step = LECTURE[index.min(LECTURE.len() - 1)];
        self.take_stage(step.run().ok(), SimTime::from_ms(step.until_ms));
        self.set_speed(Playback::nearest(f64::from(step.speed)), step.until_ms > step.from_ms);
        super::stage::show_machines(step.about);
    }

    fn take_stage(self, run: Option<Run>, stop_at: SimTime) {
        desk::leave_course();
        self.bench.update_value(|bench| {
            bench.stop_at = Some(stop_at);
            if let Some(run) = run {
                bench.run = run;
            }
        });
    }

    /// Commits to a prediction; the run begins.
    pub(super) fn lock(self, failed: &str, prediction: Prediction) {
        self.view.update(|view| {
            let outcome = view.exercise.lock(failed, prediction);
            view.refused = outcome.err().map(|error| error.to_string()).unwrap_or_default();
        });
        if self.view.with_untracked(|view| view.exercise.may_run()) {
            self.play();
        } else {
            bound::focus("#predicted-failures");
        }
    }

    /// To the end of the exercise at once.
    pub(super) fn skip(self) {
        if let Route::WhatIf(what_if) = self.route()
            && self.view.with_untracked(View::may_run)
        {
            self.bench.update_value(|bench| bench.run.advance_to(what_if.until));
            self.arrive();
        }
    }

    /// To the next step of the lecture, or the one before.
    pub(super) fn turn(self, is_forward: bool) {
        if let Route::Lecture(step) = self.route() {
            let to = step.saturating_add_signed(if is_forward { 1 } else { -1 });
            Route::Lecture(to.min(LECTURE.len() - 1)).go();
        }
    }
}
