//! The timeline: drawn when something on it has changed, its slider kept at the present.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement, MouseEvent};

use super::bound::{self, find, set};
use super::lab::Lab;
use super::{deeds, desk};
use crate::kernel::{SimDuration, SimTime};
use crate::page;
use crate::run::{Run, Timeline};

/// The room that the slider's thumb takes at both ends together, in CSS pixels: the drawing ends where it does.
const THUMB: f64 = 16.0;
/// The width of a bar of failures, in CSS pixels.
const BAR: f64 = 3.0;
/// So near a mark is meant, in CSS pixels.
const NEAR: f64 = 8.0;

/// Keeps the timeline current, and goes where its slider is moved.
pub(super) fn keep_current(lab: Lab) {
    // As it was drawn last, for the pointer: a run is long.
    let seen = StoredValue::new(Timeline::default());
    Effect::new(move |before: Option<String>| {
        lab.history.track();
        lab.layout_generation.track();
        let Some(slider) = find::<HtmlInputElement>("#scrub") else {
            return before.unwrap_or_default();
        };
        let width = f64::from(slider.client_width()) - THUMB;
        if width <= 0.0 {
            return before.unwrap_or_default();
        }
        let (timeline, now) = lab.with_run(|run| (run.timeline((width / BAR) as usize), run.now()));
        let ms = |at: SimTime| (at.as_ns() / 1_000_000).to_string();
        slider.set_max(&ms(timeline.end));
        slider.set_value(&ms(now));
        set(&slider, "aria-valuetext", &page::timeline_value(&timeline, now));
        let drawn = page::timeline(&timeline, width);
        if before.as_ref() != Some(&drawn)
            && let Some(place) = find::<Element>("#timeline .drawing")
        {
            place.set_inner_html(&drawn);
        }
        seen.set_value(timeline);
        drawn
    });
    bound::listen("input", move |event| {
        if let Some(Ok(ms)) = slider_of(event).map(|slider| slider.value().parse()) {
            lab.seek(SimTime::from_ms(ms));
        }
    });
    bound::listen("pointermove", move |event| {
        if let (Some(slider), Some(pointer)) = (slider_of(event), event.dyn_ref::<MouseEvent>()) {
            let title = seen.with_value(|timeline| {
                let width = f64::from(slider.client_width()) - THUMB;
                let ns_per_pixel = timeline.end.as_ns() as f64 / width;
                let [at, near] = [f64::from(pointer.offset_x()) - THUMB / 2.0, NEAR]
                    .map(|pixels| SimDuration::from_ns((pixels * ns_per_pixel) as u64));
                page::timeline_title(timeline, SimTime::ZERO + at, near)
            });
            set(&slider, "title", &title);
        }
    });
    bound::listen("pointerout", move |event| {
        if let Some(slider) = slider_of(event) {
            set(&slider, "title", "");
        }
    });
    // A tap on a slider makes no click; and its value is only there afterwards.
    bound::listen("pointerup", move |event| {
        if slider_of(event).is_some() {
            request_animation_frame(move || explain(lab, true));
        }
    });
}

/// The slider, if an event is about it.
fn slider_of(event: &Event) -> Option<HtmlInputElement> {
    let slider = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    (slider.id() == "scrub").then_some(slider)
}

/// Has the desk tell what is marked at the present and why: whatever is near, or the nearest mark, to which the keyboard goes then.
pub(super) fn explain(lab: Lab, whatever_is_near: bool) {
    let width = find::<Element>("#scrub").map_or(0.0, |slider| f64::from(slider.client_width()));
    let (timeline, now) = lab.with_run(|run| (run.timeline(1), run.now()));
    let near = if whatever_is_near { NEAR / (width - THUMB).max(NEAR) } else { 0.0 };
    let within = SimDuration::from_ns((timeline.end.as_ns() as f64 * near) as u64);
    let about = format!("{now} {within} {}", timeline.last);
    let asked_on = desk::course();
    desk::ask_then(lab, "marks", &about, move |answer| {
        if desk::course() != asked_on {
            return;
        }
        let told = match answer {
            // What was explained before is let go, too.
            Ok(told) if told.is_empty() && whatever_is_near => {
                return lab.view.update(|view| view.why.clear());
            }
            Ok(told) if told.is_empty() => return,
            Ok(told) => told,
            Err(error) => return lab.tell(format!("Not answered: {error}.")),
        };
        // A finger is wider than a mark: what it meant is the mark's instant, if time has not gone on.
        let instant = told.split("data-at=\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(Ok(at)) = instant.map(str::parse::<SimTime>)
            && whatever_is_near
            && at != now
            && lab.with_run(Run::now) == now
        {
            lab.seek(at);
        }
        lab.unfollow();
        lab.view.update(|view| (view.selected, view.why) = (None, told));
        deeds::mark_chosen(lab);
        if !whatever_is_near {
            bound::focus("#mark");
        }
    });
}
