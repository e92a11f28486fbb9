//! The one animation loop: it runs while time passes, and sleeps when it does not. The browser itself stops it in a
//! hidden tab, and the gap is not made up for.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;

use super::lab::Lab;

/// Events a frame may take before the screen says it cannot keep up.
const EVENTS_PER_FRAME: u32 = 40_000;
/// Milliseconds between two publications of the readings.
const PUBLISH_EVERY_MS: f64 = 100.0;

/// Starts and stops with the playback.
pub(super) fn start(lab: Lab) {
    let is_running = Rc::new(Cell::new(false));
    Effect::new(move |_| {
        if lab.view.with(|view| view.playback.is_playing) && !is_running.get() {
            is_running.set(true);
            let clock = Clock { last: now_ms(), published: f64::NEG_INFINITY };
            next_frame(lab, is_running.clone(), clock);
        }
    });
}

#[derive(Clone, Copy)]
struct Clock {
    last: f64,
    published: f64,
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
        if now - clock.published >= PUBLISH_EVERY_MS {
            if lab.view.with_untracked(|view| view.is_behind) == keeps_up {
                lab.view.update(|view| view.is_behind = !keeps_up);
            }
            lab.publish();
            clock.published = now;
        } else {
            lab.redraw.update(|count| *count = count.wrapping_add(1));
        }
        next_frame(lab, is_running, clock);
    });
}

/// The browser's clock, in milliseconds.
pub(super) fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
