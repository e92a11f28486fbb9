//! The balancers' statistics pages: written anew twice a second at most, and only while they are open.

use std::cell::Cell;

use leptos::prelude::*;
use web_sys::Element;

use super::bound::for_each;
use super::frame_loop::now_ms;
use super::lab::Lab;
use crate::page;

/// Milliseconds between two looks at a page while time passes.
const EVERY_MS: f64 = 500.0;

/// Keeps the open pages current.
pub(super) fn keep_current(lab: Lab) {
    let shown = Cell::new(f64::NEG_INFINITY);
    Effect::new(move |_| {
        lab.history.track();
        let now = now_ms();
        let is_playing = lab.view.with_untracked(|view| view.playback.is_playing);
        if !is_playing || now - shown.get() >= EVERY_MS {
            shown.set(now);
            show(lab);
        }
    });
}

/// Writes the open pages as they stand.
pub(super) fn show(lab: Lab) {
    for_each("[data-stats][open]", |details: &Element| {
        let balancer = details.get_attribute("data-stats").unwrap_or_default();
        let rows = lab.with_run(|run| run.simulation().statistics(&balancer));
        if let Ok(Some(region)) = details.query_selector(".scroll") {
            region.set_inner_html(&page::statistics(&balancer, rows.as_deref()));
        }
    });
}
