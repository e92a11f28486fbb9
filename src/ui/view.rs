//! What the screen shows: of the run, and besides. Plain values; the signals that hold them are in [`super::lab`].

use super::route::Route;
use crate::lesson::Exercise;
use crate::page::Controls;
use crate::run::{LinkFlow, Playback, Readings, Run};
use crate::sim::Snapshot;

/// What the screen shows of the run, ten times a second at most.
pub(super) struct Readout {
    pub(super) snapshot: Snapshot,
    pub(super) readings: Readings,
    pub(super) flows: Vec<LinkFlow>,
    pub(super) fact_count: usize,
    pub(super) undo_redo: [String; 2],
}

/// A request that is followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Followed {
    /// Its number, from 1.
    pub(super) number: u64,
    /// The speed before, if time was slowed to follow it and nobody has chosen a speed since.
    pub(super) before: Option<usize>,
    /// Whether time waits until the eye has seen each stage of its way: until a speed is chosen.
    pub(super) is_paced: bool,
}

/// What the screen shows besides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) route: Route,
    pub(super) playback: Playback,
    /// Whether the browser cannot keep up with the chosen speed.
    pub(super) is_behind: bool,
    /// Whether time stands where a step has brought it.
    pub(super) is_stepped: bool,
    /// The chosen machine, or the key of another part of the drawing.
    pub(super) selected: Option<String>,
    /// The request that is followed.
    pub(super) followed: Option<Followed>,
    /// Why something is marked on the timeline, as the desk told it; empty if nothing was asked.
    pub(super) why: String,
    /// What the panel says at rest, as it stood in the page.
    pub(super) hint: String,
    pub(super) exercise: Exercise,
    /// Why the last prediction was refused; empty if it was not.
    pub(super) refused: String,
    /// Whether the lecture's screen is blank.
    pub(super) is_blank: bool,
    pub(super) notice: Option<String>,
}

impl View {
    /// Whether the stage is the visitor's: in a lecture or an exercise it follows its script.
    pub(super) const fn may_act(&self) -> bool {
        self.is_in_lab()
    }

    pub(super) const fn is_in_lab(&self) -> bool {
        self.route.is_in_lab()
    }

    /// Whether the panel tells of something that was chosen.
    pub(super) const fn has_chosen(&self) -> bool {
        self.selected.is_some() || self.followed.is_some() || !self.why.is_empty()
    }

    /// Whether one may go to another instant: in an exercise once it is judged, to see what decided it.
    pub(super) const fn may_seek(&self) -> bool {
        self.is_in_lab()
            || matches!((self.route, &self.exercise), (Route::WhatIf(_), Exercise::Judged(_)))
    }

    /// Whether time may pass: in an exercise only once a prediction is locked.
    pub(super) const fn may_run(&self) -> bool {
        !matches!(self.route, Route::WhatIf(_)) || self.exercise.may_run()
    }

    /// How the controls stand.
    pub(super) fn controls(&self, undo_redo: &[String; 2]) -> Controls {
        Controls {
            undo_redo: if self.may_act() { undo_redo.clone() } else { <[String; 2]>::default() },
            refused: self.refused.clone(),
            may_act: self.may_act(),
            may_run: self.may_run(),
            is_playing: self.playback.is_playing,
            is_behind: self.is_behind,
            is_stepped: self.is_stepped,
            is_fast: !self.playback.shows_requests(),
            in_lab: self.is_in_lab(),
            lecture_step: if let Route::Lecture(step) = self.route { Some(step) } else { None },
            is_blank: self.is_blank,
        }
    }
}

impl Readout {
    /// What there is to show now.
    pub(super) fn of(run: &Run) -> Self {
        Self {
            snapshot: run.simulation().snapshot(),
            readings: run.readings(),
            flows: run.link_flows(),
            fact_count: run.simulation().facts().len(),
            undo_redo: run.names_of_undo_redo(),
        }
    }
}
