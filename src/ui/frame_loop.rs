//! The one animation loop: it runs while time passes, and sleeps when it does not. Time stands while the page is hidden, and goes on from there
//! when it is seen again; a gap is not made up for.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use web_sys::Element;

use super::bound::{self, find};
use super::lab::Lab;

/// Events a frame may take before the screen says it cannot keep up.
const EVENTS_PER_FRAME: u32 = 40_000;
/// Milliseconds between two publications: of readings, which are of the last seconds anyway, and of something that happened.
const PUBLISH_EVERY_MS: f64 = 1_000.0;
const PUBLISH_NEWS_EVERY_MS: f64 = 250.0;
/// Milliseconds after which the clock is set, and what happened is looked at.
const LOOK_EVERY_MS: f64 = 100.0;

/// Starts and stops with the playback.
pub(super) fn start(lab: Lab) {
    let was_playing = Cell::new(false);
    bound::listen("visibilitychange", move |_| {
        let is_playing = lab.view.with_untracked(|view| view.playback.is_playing);
        if document().hidden() {
            was_playing.set(is_playing);
            if is_playing {
                lab.pause();
            }
        } else if was_playing.take() {
            lab.play();
        }
    });
    let is_running = Rc::new(Cell::new(false));
    Effect::new(move |_| {
        if lab.view.with(|view| view.playback.is_playing) && !is_running.get() {
            is_running.set(true);
            let long_ago = f64::NEG_INFINITY;
            let now = now_ms();
            let clock = Clock { begun: now, last: now, published: long_ago, looked: now, facts: 0 };
            next_frame(lab, is_running.clone(), clock);
        }
    });
}

#[derive(Clone, Copy)]
struct Clock {
    begun: f64,
    last: f64,
    published: f64,
    looked: f64,
    facts: usize,
}

fn next_frame(lab: Lab, is_running: Rc<Cell<bool>>, mut clock: Clock) {
    request_animation_frame(move || {
        if !lab.view.with_untracked(|view| view.playback.is_playing) {
            is_running.set(false);
            return;
        }
        let now = now_ms();
        let keeps_up = lab.pass(now - clock.last, EVENTS_PER_FRAME);
        clock.last = now;
        lab.redraw.update(|count| *count = count.wrapping_add(1));
        if now - clock.looked >= LOOK_EVERY_MS {
            clock.looked = now;
            look(lab, now, keeps_up, &mut clock);
        }
        next_frame(lab, is_running, clock);
    });
}

/// Shows the time, and publishes what is due.
fn look(lab: Lab, now: f64, keeps_up: bool, clock: &mut Clock) {
    let (text, facts) = lab.with_run(|run| (run.now().clock(), run.simulation().facts().len()));
    if let Some(place) = find::<Element>("#clock") {
        place.set_text_content(Some(&text));
    }
    // In the first second the counters begin to move, as the requests do that are seen already.
    let is_news = facts != clock.facts || now - clock.begun < PUBLISH_EVERY_MS;
    let due = if is_news { PUBLISH_NEWS_EVERY_MS } else { PUBLISH_EVERY_MS };
    // One thing after the other: what a deed did is being shown.
    if now - clock.published < due || lab.is_publishing() {
        return;
    }
    if lab.view.with_untracked(|view| view.is_behind) == keeps_up {
        lab.view.update(|view| view.is_behind = !keeps_up);
    }
    lab.publish();
    (clock.published, clock.facts) = (now, facts);
}

/// The browser's clock, in milliseconds.
pub(super) fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
