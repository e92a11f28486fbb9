//! The state of the page: the bench (the run and what belongs to it, not reactive) and the few signals the screen reads.
//! Few types of signal on purpose: each costs the first load a kilobyte or more.

use leptos::prelude::*;

use super::plans::named;
use super::route::Route;
use super::stage_canvas::Easel;
use super::view::{Followed, Readout, View};
use super::{bound, desk, runs};
use crate::diagram::{Layout, Legs, Orientation};
use crate::infra::{Component, Preset};
use crate::kernel::SimTime;
use crate::lesson::Exercise;
use crate::page;
use crate::run::{Playback, Run, Sight, permalink};
use crate::sim::{Action, History, Plan};

/// What is worked on.
pub(super) struct Bench {
    pub(super) run: Run,
    /// The run of the lab while a lecture or an exercise has the stage.
    pub(super) set_aside: Option<(Run, Playback)>,
    /// Where playing stops by itself.
    pub(super) stop_at: Option<SimTime>,
    pub(super) layout: Layout,
    /// What moves on it.
    pub(super) legs: Legs,
    /// How far the eye has come with the request that is followed.
    pub(super) sight: Sight,
    /// The name of the infrastructure that the page shows.
    pub(super) drawn: String,
}

impl Bench {
    /// Where time stops: at the end of a lecture step or an exercise, and in the lab at the latest instant that a link can name, since what
    /// is asked of the desk goes there as a link.
    fn end(&self) -> SimTime {
        self.stop_at.unwrap_or(permalink::LATEST)
    }
}

/// The page's state; cheap to copy into every closure.
#[derive(Clone, Copy)]
pub(super) struct Lab {
    pub(super) bench: StoredValue<Bench>,
    pub(super) readout: RwSignal<Readout>,
    pub(super) view: RwSignal<View>,
    /// Grows when markup with bindings was put into the page: all of them must be shown anew.
    pub(super) markup_generation: RwSignal<u32>,
    /// Grows when the drawing was laid out anew.
    pub(super) layout_generation: RwSignal<u32>,
    /// Grows when the moving requests must be painted anew.
    pub(super) redraw: RwSignal<u32>,
    /// Grows when the drawing must show what was published.
    pub(super) drawing: RwSignal<u32>,
    /// Grows when timeline, log and statistics must.
    pub(super) history: RwSignal<u32>,
    /// Grows when words that were held back must be shown.
    pub(super) words: RwSignal<u32>,
    /// Words wait until the drawing has shown what a deed did.
    pub(super) holds_words: StoredValue<bool>,
    /// What is due in the next frame: the drawing, the words that follow it, and what tells of the past.
    is_due: StoredValue<[bool; 3]>,
    is_unkept: StoredValue<bool>,
    pub(super) easel: StoredValue<Option<Easel>, LocalStorage>,
}

/// What is told where playing stops in the lab.
const IS_OVER: &str = "A run ends after three hours. Go back on the timeline, or restart.";
/// The seed a visit begins with.
const SEED: u64 = 1;

impl Lab {
    /// A fresh lab; `None` only if the built-in preset could not run, which a test rules out.
    pub(super) fn new(orientation: Orientation) -> Option<Self> {
        let plan = Plan::new(Preset::Brief.infrastructure(), SEED);
        let layout = Layout::new(&plan.infrastructure, orientation);
        let run = Run::new(plan, History::Recent).ok()?;
        let view = View {
            route: Route::Lab,
            playback: Playback::default(),
            is_behind: false,
            is_stepped: false,
            selected: None,
            followed: None,
            why: String::new(),
            hint: bound::enabled("#inspector"),
            exercise: Exercise::default(),
            refused: String::new(),
            is_blank: false,
            notice: None,
        };
        Some(Self {
            readout: RwSignal::new(Readout::of(&run)),
            bench: StoredValue::new(Bench {
                drawn: named(run.plan()),
                run,
                set_aside: None,
                stop_at: None,
                layout,
                legs: Legs::default(),
                sight: Sight::default(),
            }),
            view: RwSignal::new(view),
            markup_generation: RwSignal::new(0),
            layout_generation: RwSignal::new(0),
            redraw: RwSignal::new(0),
            drawing: RwSignal::new(0),
            history: RwSignal::new(0),
            words: RwSignal::new(0),
            holds_words: StoredValue::new(false),
            is_due: StoredValue::new([false; 3]),
            is_unkept: StoredValue::new(false),
            easel: StoredValue::new_local(None),
        })
    }

    /// Looks at the run.
    pub(super) fn with_run<T>(self, look: impl FnOnce(&Run) -> T) -> T {
        self.bench.with_value(|bench| look(&bench.run))
    }

    /// Where one is.
    pub(super) fn route(self) -> Route {
        self.view.with_untracked(|view| view.route)
    }

    /// Publishes what the screen shows: the words at once (after a deed behind the drawing), the drawing and what tells of the past in the
    /// frames after this, so that none of them is late.
    pub(super) fn publish(self) {
        self.readout.set(self.with_run(Readout::of));
        grow(self.redraw);
        self.in_a_frame(0, move || {
            grow(self.drawing);
            self.in_a_frame(1, move || {
                if !self.holds_words.get_value() {
                    self.show_history();
                } else if !self.is_due.with_value(|due| due[0]) {
                    self.holds_words.set_value(false);
                    grow(self.words);
                    self.in_a_frame(2, move || self.show_history());
                }
            });
        });
    }

    /// What tells of the past, and what the desk answers about it; the run is kept. Not while words wait: it comes behind them.
    fn show_history(self) {
        if self.holds_words.get_value() {
            return;
        }
        grow(self.history);
        desk::refresh(self, false);
        if self.is_unkept.get_value() {
            self.is_unkept.set_value(false);
            runs::keep_now(self);
        }
    }

    /// Whether a part of what was published is still to come.
    pub(super) fn is_publishing(self) -> bool {
        self.is_due.with_value(|due| due.contains(&true))
    }

    /// The same after a deed: what it did is seen in the drawing first, which is laid out by itself and therefore soonest.
    fn publish_deed(self) {
        self.holds_words.set_value(true);
        self.publish();
    }

    /// Does what is due in the next frame, once however often it is asked for.
    fn in_a_frame(self, which: usize, act: impl FnOnce() + 'static) {
        if !self.is_due.with_value(|due| due[which]) {
            self.is_due.update_value(|due| due[which] = true);
            request_animation_frame(move || {
                self.is_due.update_value(|due| due[which] = false);
                act();
            });
        }
    }

    /// The run is kept on this device once what is published next has been shown.
    pub(super) fn keep(self) {
        self.is_unkept.set_value(true);
    }

    /// Lays the drawing out anew.
    pub(super) fn turn_to(self, orientation: Orientation) {
        self.bench.update_value(|bench| {
            bench.layout = Layout::new(&bench.run.plan().infrastructure, orientation);
        });
        grow(self.layout_generation);
        grow(self.redraw);
    }

    /// Does an action now. In a fresh run time starts with it: the first thing that moves is what a person did. Later a pause stays, so that
    /// two things can be done at one instant.
    pub(super) fn act(self, action: Action) {
        self.act_all(vec![action]);
    }

    /// Does several as one edit; whether that could be.
    pub(super) fn act_all(self, actions: Vec<Action>) -> bool {
        if actions.is_empty() || !self.view.with_untracked(View::may_act) {
            return false;
        }
        let (mut refused, mut is_past, mut is_first, mut notice) = (None, false, false, None);
        self.bench.update_value(|bench| {
            is_first = bench.run.now() == SimTime::ZERO && bench.run.all_actions().is_empty();
            // What is due at this very instant has not happened yet.
            is_past = bench.run.timeline(1).last >= bench.run.now();
            let later = bench.run.all_actions().len() - bench.run.actions().len();
            notice = page::told_of(&actions, later);
            refused = bench.run.act_all(actions).err();
        });
        let is_done = refused.is_none();
        if let Some(error) = refused {
            self.tell(format!("Not done: {error}."));
        } else {
            if is_past {
                self.forget_mark();
            }
            // What was told was of what was done before.
            self.view.update(|view| view.notice = notice);
            if is_first {
                self.play();
            }
            self.keep();
        }
        self.publish_deed();
        is_done
    }

    /// What was told of a mark holds no longer, since the run takes another course; nor is a request of the other one followed. The
    /// keyboard, if it was at the mark, goes back to the timeline.
    pub(super) fn forget_mark(self) {
        desk::leave_course();
        self.unfollow();
        let had_keyboard = bound::find::<web_sys::Element>("#mark:focus-within").is_some();
        self.view.update(|view| view.why.clear());
        if had_keyboard {
            bound::focus("#scrub");
        }
    }

    /// Tells the visitor something.
    pub(super) fn tell(self, text: String) {
        self.view.update(|view| view.notice = Some(text));
    }

    pub(super) fn play(self) {
        if self.view.with_untracked(View::may_run) {
            self.set_playing(true);
        }
    }

    pub(super) fn set_playing(self, is_playing: bool) {
        self.set_time(is_playing, false);
    }

    fn set_time(self, is_playing: bool, is_stepped: bool) {
        self.view.update(|view| {
            (view.playback.is_playing, view.is_stepped) = (is_playing, is_stepped);
        });
        // Which event it was is told of the last step alone.
        bound::put("#event", "");
    }

    pub(super) fn pause(self) {
        self.stand(false);
    }

    /// Time stands, after a step or not.
    fn stand(self, is_stepped: bool) {
        self.set_time(false, is_stepped);
        self.keep();
        self.publish();
    }

    /// Plays or pauses; a step of the lecture that is over plays anew.
    pub(super) fn toggle(self) {
        if self.view.with_untracked(|view| view.playback.is_playing) {
            self.pause();
        } else if matches!(self.route(), Route::Lecture(_))
            && self.bench.with_value(|bench| bench.run.now() >= bench.end())
        {
            self.restart();
        } else {
            self.play();
        }
    }

    /// One event, whatever it is.
    pub(super) fn step(self) {
        if self.view.with_untracked(View::may_run) {
            let before = self.with_run(|run| run.simulation().events());
            self.bench.update_value(|bench| {
                if bench.run.simulation().next_event_at() < Some(permalink::LATEST) {
                    bench.run.step();
                } else {
                    bench.run.advance_to(permalink::LATEST);
                }
            });
            self.stand(true);
            self.arrive();
            if before < self.with_run(|run| run.simulation().events()) {
                desk::tell_event(self);
            }
        }
    }

    pub(super) fn restart(self) {
        self.set_playing(false);
        match self.route() {
            Route::Lab | Route::Check => {
                self.forget_mark();
                self.tell("Restarted. Undo goes back.".to_owned());
                self.bench.update_value(|bench| bench.run.restart());
                self.keep();
            }
            Route::WhatIf(what_if) => self.begin_exercise(what_if),
            Route::Lecture(step) => self.begin_lecture_step(step),
        }
        self.publish();
    }

    /// Takes the last edit back, or makes it again.
    pub(super) fn undo(self, again: bool) {
        let [undo, redo] = self.with_run(Run::names_of_undo_redo);
        let name = if again { redo } else { undo };
        if name.is_empty() || !self.view.with_untracked(View::may_act) {
            return;
        }
        self.forget_mark();
        let mut is_drawn = true;
        self.bench.update_value(|bench| {
            _ = if again { bench.run.redo() } else { bench.run.undo() };
            is_drawn = named(bench.run.plan()) == bench.drawn;
        });
        // What is told is spoken, too: the notice is a live region.
        self.tell(format!("{}: {name}.", if again { "Redone" } else { "Undone" }));
        if is_drawn {
            self.keep();
            self.publish_deed();
        } else {
            self.replanned();
        }
    }

    /// To another instant of the run.
    pub(super) fn seek(self, at: SimTime) {
        if !self.view.with_untracked(View::may_seek) {
            return;
        }
        self.set_playing(false);
        desk::leave_course();
        self.bench.update_value(|bench| bench.run.seek(at.min(bench.end())));
        self.publish();
    }

    /// So many seconds forth, or back.
    pub(super) fn nudge(self, seconds: i64) {
        let now = self.with_run(|run| run.now().as_ns());
        self.seek(SimTime::from_ns(now.saturating_add_signed(seconds * 1_000_000_000)));
    }

    /// To just before the last event.
    pub(super) fn step_back(self) {
        if !matches!(self.route(), Route::WhatIf(_)) {
            desk::leave_course();
            self.bench.update_value(|bench| bench.run.step_back());
            self.stand(true);
        }
    }

    /// Lets a frame's worth of time pass; whether the browser kept up.
    pub(super) fn pass(self, wall_ms: f64, budget: u32) -> bool {
        let (playback, followed) = self.view.with_untracked(|view| (view.playback, view.followed));
        let mut keeps_up = true;
        self.bench.update_value(|bench| {
            let end = bench.end();
            let Bench { run, sight, .. } = bench;
            let paced = followed.filter(|followed| followed.is_paced);
            keeps_up = if let Some(Followed { number, .. }) = paced {
                sight.advance(run, number, playback, wall_ms, budget)
            } else {
                run.advance_within(playback.target(run.now(), wall_ms).min(end), budget)
            };
        });
        self.arrive();
        keeps_up
    }

    /// At the end: pause, and judge the exercise, or say that a run of the lab goes no further.
    pub(super) fn arrive(self) {
        if self.bench.with_value(|bench| bench.run.now() < bench.end()) {
            return;
        }
        self.bench.with_value(|bench| {
            self.view.update(|view| {
                view.playback.is_playing = false;
                if bench.stop_at.is_none() {
                    view.notice = Some(IS_OVER.to_owned());
                }
                if let Route::WhatIf(what_if) = view.route {
                    view.exercise.judge(&what_if, &bench.run);
                    request_animation_frame(move || desk::refresh(self, true));
                }
            });
        });
        self.keep();
        self.publish();
    }

    /// Kills a service, or brings it back, whichever makes sense now.
    pub(super) fn toggle_service(self, component: Component) {
        let hosts = self.with_run(|run| run.simulation().snapshot().hosts);
        let host = hosts.into_iter().find(|host| host.name == component.host);
        let mut services = host.into_iter().flat_map(|host| host.services);
        let is_up = services
            .any(|service| Some(service.name) == component.service.as_deref() && service.is_up);
        self.act(if is_up { Action::Kill(component) } else { Action::Restore(component) });
    }

    /// Markup with bindings was put into the page.
    pub(super) fn new_markup(self) {
        grow(self.markup_generation);
    }
}

fn grow(count: RwSignal<u32>) {
    count.update(|count| *count = count.wrapping_add(1));
}
