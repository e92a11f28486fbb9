//! The state of the page: the run (not reactive) and the few signals the screen reads.

use leptos::prelude::*;

use super::route::Route;
use crate::infra::{Component, Preset};
use crate::kernel::SimTime;
use crate::lesson::{Exercise, LECTURE, WhatIf};
use crate::run::{LinkFlow, Playback, Readings, Run};
use crate::sim::{Action, History, Plan, Snapshot};

/// What the screen shows of the run, ten times a second at most.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Readout {
    pub(super) snapshot: Snapshot,
    pub(super) readings: Readings,
    pub(super) flows: Vec<LinkFlow>,
    pub(super) fact_count: usize,
    pub(super) action_count: usize,
    /// Whether the browser cannot keep up with the chosen speed.
    pub(super) is_behind: bool,
}

/// The page's state; cheap to copy into every closure.
#[derive(Clone, Copy)]
pub(super) struct Lab {
    pub(super) run: StoredValue<Run>,
    /// The run of the lab while a lecture or an exercise has the stage.
    set_aside: StoredValue<Option<(Run, Playback)>>,
    pub(super) readout: RwSignal<Readout>,
    pub(super) playback: RwSignal<Playback>,
    pub(super) selected: RwSignal<Option<String>>,
    pub(super) route: RwSignal<Route>,
    pub(super) exercise: RwSignal<Exercise>,
    /// Where playing stops by itself.
    pub(super) stop_at: StoredValue<Option<SimTime>>,
    pub(super) notice: RwSignal<Option<String>>,
    pub(super) is_saving: RwSignal<bool>,
    /// Grows when markup with bindings was put into the page: all of them must be shown anew.
    pub(super) markup_generation: RwSignal<u32>,
    /// Grows when the moving requests must be drawn anew although time stands still.
    pub(super) redraw: RwSignal<u32>,
}

/// The seed a visit begins with.
const SEED: u64 = 1;

impl Lab {
    /// A fresh lab; `None` only if the built-in preset could not run, which a test rules out.
    pub(super) fn new() -> Option<Self> {
        let plan = Plan::new(Preset::Brief.infrastructure(), SEED);
        let run = Run::new(plan, History::Recent).ok()?;
        let readout = read(&run, false);
        Some(Self {
            run: StoredValue::new(run),
            set_aside: StoredValue::new(None),
            readout: RwSignal::new(readout),
            playback: RwSignal::new(Playback::default()),
            selected: RwSignal::new(None),
            route: RwSignal::new(Route::Lab),
            exercise: RwSignal::new(Exercise::default()),
            stop_at: StoredValue::new(None),
            notice: RwSignal::new(None),
            is_saving: RwSignal::new(false),
            markup_generation: RwSignal::new(0),
            redraw: RwSignal::new(0),
        })
    }

    /// Publishes what the screen shows.
    pub(super) fn publish(self, is_behind: bool) {
        let readout = self.run.with_value(|run| read(run, is_behind));
        self.readout.set(readout);
        self.redraw.update(|count| *count = count.wrapping_add(1));
    }

    /// Does an action now and lets time pass: the first thing that moves is what a person did.
    pub(super) fn act(self, action: Action) {
        if !self.may_act() {
            return;
        }
        let mut refused = None;
        self.run.update_value(|run| refused = run.act(action).err());
        match refused {
            Some(error) => self.notice.set(Some(error.to_string())),
            None => self.play(),
        }
        self.publish(false);
    }

    /// Whether the stage is the visitor's: in a lecture or an exercise it follows its script.
    pub(super) fn may_act(self) -> bool {
        self.route.with(|route| matches!(route, Route::Lab | Route::Check))
    }

    /// Whether time may pass: in an exercise only once a prediction is locked.
    pub(super) fn may_run(self) -> bool {
        match self.route.get() {
            Route::WhatIf(_) => self.exercise.with(Exercise::may_run),
            Route::Lab | Route::Lecture(_) | Route::Check => true,
        }
    }

    pub(super) fn play(self) {
        if self.may_run() {
            self.playback.update(|playback| playback.is_playing = true);
        }
    }

    pub(super) fn pause(self) {
        self.playback.update(|playback| playback.is_playing = false);
        self.publish(false);
    }

    pub(super) fn toggle(self) {
        if self.playback.get_untracked().is_playing { self.pause() } else { self.play() }
    }

    /// One event, whatever it is.
    pub(super) fn step(self) {
        if self.may_run() {
            self.pause();
            self.run.update_value(Run::step);
            self.arrive();
            self.publish(false);
        }
    }

    pub(super) fn restart(self) {
        self.pause();
        match self.route.get_untracked() {
            Route::Lab | Route::Check => self.run.update_value(Run::restart),
            Route::WhatIf(what_if) => self.begin_exercise(what_if),
            Route::Lecture(step) => self.begin_lecture_step(step),
        }
        self.publish(false);
    }

    pub(super) fn undo(self) {
        let mut undone = None;
        self.run.update_value(|run| undone = run.undo());
        if let Some(timed) = undone {
            self.notice.set(Some(format!("Taken back: {} at {}.", timed.action, timed.at.clock())));
        }
        self.publish(false);
    }

    /// Lets a frame's worth of time pass.
    pub(super) fn pass(self, wall_ms: f64, budget: u32) {
        let playback = self.playback.get_untracked();
        let stop_at = self.stop_at.get_value();
        self.run.update_value(|run| {
            let target = playback.target(run.now(), wall_ms);
            let target = stop_at.map_or(target, |stop| target.min(stop));
            run.advance_within(target, budget);
        });
        self.arrive();
    }

    /// At the end of a lecture step or an exercise: pause, and judge.
    fn arrive(self) {
        let Some(stop) = self.stop_at.get_value() else { return };
        if self.run.with_value(Run::now) < stop {
            return;
        }
        self.playback.update(|playback| playback.is_playing = false);
        if let Route::WhatIf(what_if) = self.route.get_untracked() {
            self.run
                .with_value(|run| self.exercise.update(|exercise| exercise.judge(&what_if, run)));
        }
        self.publish(false);
    }

    /// Opens what a fragment names; the lab's own run is kept for the return.
    pub(super) fn open(self, route: Route) {
        let from_lab = matches!(self.route.get_untracked(), Route::Lab | Route::Check);
        self.notice.set(None);
        self.selected.set(None);
        if from_lab && matches!(route, Route::WhatIf(_) | Route::Lecture(_)) {
            self.leave_lab();
        }
        self.route.set(route);
        match route {
            Route::WhatIf(what_if) => self.begin_exercise(what_if),
            Route::Lecture(step) => self.begin_lecture_step(step),
            Route::Lab | Route::Check => self.return_to_lab(),
        }
        self.publish(false);
    }

    /// Keeps the lab's run for the return; another takes its place.
    fn leave_lab(self) {
        let playback = self.playback.get_untracked();
        let plan = self.run.with_value(|run| run.plan().clone());
        if let Ok(stand_in) = Run::new(plan, History::Recent) {
            let mut kept = stand_in;
            self.run.update_value(|run| std::mem::swap(run, &mut kept));
            self.set_aside.set_value(Some((kept, playback)));
        }
    }

    fn return_to_lab(self) {
        let mut aside = None;
        self.set_aside.update_value(|kept| aside = kept.take());
        self.stop_at.set_value(None);
        if let Some((run, playback)) = aside {
            self.run.set_value(run);
            self.playback.set(Playback { is_playing: false, ..playback });
        }
    }

    fn begin_exercise(self, what_if: WhatIf) {
        self.exercise.set(Exercise::default());
        self.take_stage(what_if.run().ok(), Some(what_if.until), 1.0);
        self.playback.update(|playback| playback.is_playing = false);
    }

    fn begin_lecture_step(self, index: usize) {
        let step = LECTURE[index.min(LECTURE.len() - 1)];
        let until = SimTime::from_ms(step.until_ms);
        self.take_stage(step.run().ok(), Some(until), f64::from(step.speed));
        self.playback.update(|playback| playback.is_playing = step.until_ms > step.from_ms);
    }

    fn take_stage(self, run: Option<Run>, stop_at: Option<SimTime>, factor: f64) {
        let nearest = crate::run::SPEEDS.iter().position(|speed| speed.factor >= factor);
        self.playback.update(|playback| playback.speed = nearest.unwrap_or(playback.speed));
        self.stop_at.set_value(stop_at);
        if let Some(run) = run {
            self.run.set_value(run);
        }
    }

    /// Kills a service, or brings it back, whichever makes sense now.
    pub(super) fn toggle_service(self, component: Component) {
        let is_up = self.run.with_value(|run| {
            let hosts = run.simulation().snapshot().hosts;
            let host = hosts.into_iter().find(|host| host.name == component.host);
            let mut services = host.into_iter().flat_map(|host| host.services);
            services.any(|service| Some(service.name) == component.service.as_deref() && service.is_up)
        });
        self.act(if is_up { Action::Kill(component) } else { Action::Restore(component) });
    }

    /// Markup with bindings was put into the page.
    pub(super) fn new_markup(self) {
        self.markup_generation.update(|generation| *generation = generation.wrapping_add(1));
    }
}

fn read(run: &Run, is_behind: bool) -> Readout {
    Readout {
        snapshot: run.simulation().snapshot(),
        readings: run.readings(),
        flows: run.link_flows(),
        fact_count: run.simulation().facts().len(),
        action_count: run.actions().len(),
        is_behind,
    }
}

/// The lab of this page, provided by the root component.
pub(super) fn use_lab() -> Lab {
    expect_context::<Lab>()
}
