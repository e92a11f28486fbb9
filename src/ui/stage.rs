//! The drawing, live: the scene's groups as SVG, a real button over every machine, and the canvas of moving requests.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::bound::{self, find, set};
use super::lab::Lab;
use super::{deeds, stage_canvas};
use crate::diagram::{Layout, Orientation, compose, stage_group};
use crate::kernel::small::decimal;
use crate::page::{self, Binding};

/// Below this width of the window, in CSS pixels, the drawing stands upright.
const UPRIGHT_BELOW: f64 = 960.0;

/// So many times its own size the drawing is shown at most.
const WIDEST: f64 = 1.25;

/// Keeps the drawing current.
pub(super) fn keep_current(lab: Lab) {
    bound::listen("resize", move |_| {
        stage_canvas::forget(lab);
        let is_upright = lab.bench.with_value(|bench| bench.layout.orientation);
        if is_upright == fitting() {
            lab.publish();
        } else {
            lab.turn_to(fitting());
        }
    });
    Effect::new(move |_| {
        lab.layout_generation.track();
        lab.bench.with_value(|bench| set_up(&bench.layout));
        stage_canvas::forget(lab);
        deeds::mark_chosen(lab);
        lab.new_markup();
    });
    Effect::new(move |before: Option<(u32, Vec<Binding>)>| {
        let generation = lab.layout_generation.get();
        lab.drawing.track();
        let now = groups(lab);
        let before = before.filter(|(before, _)| *before == generation).map(|(_, groups)| groups);
        put_in(&now, before.as_deref().unwrap_or_default());
        (generation, now)
    });
    Effect::new(move |_| {
        lab.redraw.track();
        stage_canvas::paint(lab);
    });
}

/// The groups of the drawing as it stands: key and markup, from the back to the front.
fn groups(lab: Lab) -> Vec<Binding> {
    lab.readout.with_untracked(|readout| {
        lab.bench.with_value(|bench| {
            let infrastructure = &bench.run.simulation().plan().infrastructure;
            let scene =
                compose(infrastructure, Some(&readout.snapshot), &bench.layout, &readout.flows);
            let shown = scene.groups.into_iter().filter(|group| page::is_on_stage(&group.key));
            shown.map(|group| Binding { value: stage_group(&group), key: group.key }).collect()
        })
    })
}

/// Puts in the groups that changed; all of them if the drawing is new.
fn put_in(now: &[Binding], before: &[Binding]) {
    let Some(drawing) = find::<Element>("#stage svg") else { return };
    if before.len() != now.len() {
        let all: String = now.iter().map(|group| format!("<g>{}</g>", group.value)).collect();
        drawing.set_inner_html(&all);
        return;
    }
    let places = drawing.children();
    for (index, (group, before)) in now.iter().zip(before).enumerate() {
        if let Some(place) = places.item(index as u32).filter(|_| group != before) {
            place.set_inner_html(&group.value);
        }
    }
}

/// Gives the drawing its shape, and every machine its button: focus, zoom and touch come with them.
fn set_up(layout: &Layout) {
    if let Some(drawing) = find::<Element>("#stage svg") {
        set(&drawing, "viewBox", &page::view_box(layout));
    }
    // A small infrastructure is not blown up.
    if let Some(place) = find::<HtmlElement>("#stage") {
        let widest = format!("{}px", decimal(layout.stage.width * WIDEST, 0));
        let _ = place.style().set_property("max-width", &widest);
        let ratio = decimal(layout.stage.width / layout.stage.height, 3);
        let _ = place.style().set_property("--ratio", &ratio);
    }
    let Some(list) = find::<Element>("#stage .host-buttons") else { return };
    list.set_inner_html(&page::host_buttons(layout));
    let buttons = list.children();
    let stage = layout.stage;
    for (index, host) in layout.hosts.iter().enumerate() {
        let Some(button) = buttons.item(index as u32) else { continue };
        let style = button.unchecked_into::<HtmlElement>().style();
        for (property, share) in [
            ("left", (host.rect.x - stage.x) / stage.width),
            ("top", (host.rect.y - stage.y) / stage.height),
            ("width", host.rect.width / stage.width),
            ("height", host.rect.height / stage.height),
        ] {
            let _ = style.set_property(property, &format!("{}%", decimal(share * 100.0, 3)));
        }
    }
}

/// Brings the machines from the first to the last into sight, where a small screen shows only a part of the drawing; the words beside it
/// to their beginning. Once the page shows what was opened.
pub(super) fn show_machines(machines: [&'static str; 2]) {
    request_animation_frame(move || {
        bound::for_each("main, .caption", |place| place.set_scroll_top(0));
        let [first, last] =
            machines.map(|name| find::<HtmlElement>(&format!("button.host[data-host=\"{name}\"]")));
        if let (Some(first), Some(last), Some(frame)) = (first, last, find::<Element>("main")) {
            let ends = first.offset_top() + last.offset_top() + last.offset_height();
            frame.set_scroll_top((ends - frame.client_height()) / 2);
        }
    });
}

/// The orientation that fits the window.
pub(super) fn fitting() -> Orientation {
    let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1024.0);
    if width < UPRIGHT_BELOW { Orientation::Portrait } else { Orientation::Landscape }
}
