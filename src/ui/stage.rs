//! The drawing, live: the scene's groups as SVG, a real button over every machine, and the canvas of moving requests.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::bound::{self, find, set};
use super::lab::Lab;
use super::route::Route;
use super::{deeds, stage_canvas};
use crate::diagram::{HostBox, Layout, Orientation, compose, guard_reach, live_group, stage_group};
use crate::kernel::small::decimal;
use crate::page;
use crate::submission::escape_html;

/// Below this width of the window, in CSS pixels, the drawing stands upright.
const UPRIGHT_BELOW: f64 = 960.0;

/// So many times its own size the drawing is shown at most.
const WIDEST: f64 = 1.25;

/// The page as people in a hall see it; `style/app.css` says the same.
const HALL: &str = ":root:is([data-theme=projector], :fullscreen)";

/// A part of the drawing: a group of the scene, or what lies over the shield of a firewall.
#[derive(PartialEq)]
struct Part {
    key: String,
    /// Its name and state, if it is chosen here; a machine has a button over it.
    label: String,
    /// The machines it has to do with.
    of: String,
    /// What a pointer that rests on it is told. It changes more often than what is drawn.
    title: String,
    markup: String,
}

impl Part {
    /// The markup with its title, which stands first in it.
    fn content(&self) -> String {
        match self.markup.split_once('>') {
            Some((head, rest)) if !self.title.is_empty() => {
                format!("{head}><title>{}</title>{rest}", escape_html(&self.title))
            }
            _ => self.markup.clone(),
        }
    }
}

/// Keeps the drawing current.
pub(super) fn keep_current(lab: Lab) {
    for change in ["resize", "fullscreenchange"] {
        bound::listen(change, move |_| refit(lab));
    }
    Effect::new(move |_| {
        lab.layout_generation.track();
        lab.bench.with_value(|bench| set_up(&bench.layout));
        stage_canvas::forget(lab);
        deeds::mark_chosen(lab);
        lab.new_markup();
    });
    Effect::new(move |before: Option<(u32, Vec<Part>)>| {
        let generation = lab.layout_generation.get();
        lab.drawing.track();
        let now = parts(lab);
        let before = before.filter(|(before, _)| *before == generation).map(|(_, parts)| parts);
        put_in(&now, before.as_deref().unwrap_or_default());
        if before.is_none() {
            deeds::mark_chosen(lab);
            // The panel of a part takes its name from the drawing.
            lab.view.update(|_| ());
        }
        (generation, now)
    });
    Effect::new(move |_| {
        lab.redraw.track();
        stage_canvas::paint(lab);
    });
}

/// The drawing as it stands, from the back to the front.
fn parts(lab: Lab) -> Vec<Part> {
    lab.readout.with_untracked(|readout| {
        lab.bench.with_value(|bench| {
            let infrastructure = &bench.run.simulation().plan().infrastructure;
            let scene =
                compose(infrastructure, Some(&readout.snapshot), &bench.layout, &readout.flows);
            let mut parts = Vec::new();
            for mut group in scene.groups {
                if !page::is_on_stage(&group.key) {
                    continue;
                }
                let is_chosen_here = !group.of.is_empty() && !group.key.starts_with("host-");
                let guard = (!group.guard.is_empty()).then(|| Part {
                    key: page::firewall_of(&group.key),
                    label: group.guard.clone(),
                    of: group.of.clone(),
                    title: String::new(),
                    markup: guard_reach(&group),
                });
                let label = if is_chosen_here { group.label() } else { String::new() };
                let title = group.title.take().unwrap_or_default();
                let markup = if is_chosen_here { live_group(&group) } else { stage_group(&group) };
                parts.push(Part { label, title, markup, key: group.key, of: group.of });
                parts.extend(guard);
            }
            parts
        })
    })
}

/// Puts in the parts that changed; all of them if the drawing is new. What can be chosen keeps its element, and with it the keyboard.
fn put_in(now: &[Part], before: &[Part]) {
    let Some(drawing) = find::<Element>("#stage svg") else { return };
    if before.len() != now.len() {
        let mut all = String::new();
        for part in now {
            all.push_str(&page::part(&part.key, &part.of, &part.label));
            all.push_str(&part.content());
            all.push_str("</g>");
        }
        drawing.set_inner_html(&all);
        return;
    }
    let places = drawing.children();
    for (index, (part, before)) in now.iter().zip(before).enumerate() {
        if let Some(place) = places.item(index as u32).filter(|_| part != before) {
            // New words alone are nothing to draw anew.
            let is_drawn = part.markup == before.markup && !before.title.is_empty();
            let title = place.query_selector("title").ok().flatten().filter(|_| is_drawn);
            if let Some(title) = title {
                title.set_text_content(Some(&part.title));
            } else {
                place.set_inner_html(&part.content());
            }
            if !part.label.is_empty() {
                set(&place, "aria-label", &part.label);
            }
        }
    }
}

/// Gives the drawing its shape, and every machine its button: focus, zoom and touch come with them.
fn set_up(layout: &Layout) {
    if let Some(drawing) = find::<Element>("#stage svg") {
        set(&drawing, "viewBox", &page::view_box(layout));
    }
    // A small infrastructure is not blown up, but in a hall.
    if let Some(place) = find::<HtmlElement>("#stage") {
        let widest = match layout.orientation {
            Orientation::Projector => "none".to_owned(),
            Orientation::Landscape | Orientation::Portrait => {
                format!("{}px", decimal(layout.stage.width * WIDEST, 0))
            }
        };
        let _ = place.style().set_property("max-width", &widest);
        let ratio = decimal(layout.stage.width / layout.stage.height, 3);
        let _ = place.style().set_property("--ratio", &ratio);
    }
    let Some(list) = find::<Element>("#stage .host-buttons") else { return };
    let buttons = list.children();
    let is_there = |(index, host): (usize, &HostBox)| {
        let button = buttons.item(index as u32);
        button.and_then(|button| button.get_attribute("data-host")).as_ref() == Some(&host.name)
    };
    let is_known = buttons.length() as usize == layout.hosts.len();
    // Where the same machines are laid out otherwise, their buttons stay, and with them the keyboard.
    if !is_known || !layout.hosts.iter().enumerate().all(is_there) {
        list.set_inner_html(&page::host_buttons(layout));
    }
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

/// The window, the theme or the place is another: the drawing is laid out for it, and what there is to see published.
pub(super) fn refit(lab: Lab) {
    stage_canvas::forget(lab);
    let fitting = fitting(lab.route());
    if lab.bench.with_value(|bench| bench.layout.orientation) != fitting {
        lab.turn_to(fitting);
    }
    lab.publish();
}

/// The orientation that fits the window and those who look on: from afar in the lecture, on a projector, and where the page has the whole
/// screen.
pub(super) fn fitting(route: Route) -> Orientation {
    let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1024.0);
    if width < UPRIGHT_BELOW {
        Orientation::Portrait
    } else if matches!(route, Route::Lecture(_)) || find::<Element>(HALL).is_some() {
        Orientation::Projector
    } else {
        Orientation::Landscape
    }
}
