//! Keys, as the table [`crate::page::KEYS`] says. Those that type a sign can be turned off, in the lab and in the lecture; what a presenter's
//! remote sends besides is always heard there.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::bound;
use super::deeds::{let_go, open_dialog, open_settings, toggle_full_screen};
use super::lab::Lab;
use super::route::Route;
use super::view::View;
use super::{deeds, desk, settings, timeline};
use crate::diagram::{Layout, Point};
use crate::kernel::SimTime;
use crate::lesson::LECTURE;
use crate::page::{Meaning, Place, is_single, meaning};

/// Listens as long as the lab is there.
pub(super) fn listen(lab: Lab) {
    // The machines are one stop for Tab: the one where the keyboard was last.
    bound::listen("focusin", |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(target) = target.filter(|target| target.matches(MACHINE).unwrap_or(false)) {
            bound::for_each(MACHINE, |machine| bound::set(machine, "tabindex", "-1"));
            bound::set(&target, "tabindex", "0");
        }
    });
    bound::listen("keydown", move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        // In the open list of the lecture's steps a digit leads to the step of this number.
        const { assert!(LECTURE.len() < 10) }
        if let Ok(number) = name_of(event).parse::<u8>()
            && settings::hears_keys()
        {
            let step = format!("#steps[open] [data-on=\"#lecture/{number}\"]");
            let _ = bound::find::<HtmlElement>(&step).map(|step| step.focus());
        }
        // A dialog has its own keys, the browser's.
        if !event.alt_key()
            && bound::find::<Element>("dialog[open]").is_none()
            && pressed(lab, event, &name_of(event))
        {
            event.prevent_default();
        }
    });
}

/// Where one types.
const FIELDS: &str = "input:not([type=checkbox], [type=range]), select, textarea";
/// Where a browser has an undo of its own.
const TEXTS: &str = "input:is([type=text], [type=number]), textarea";

/// Does what a key of this name means where the keyboard is; whether it does anything.
fn pressed(lab: Lab, event: &KeyboardEvent, key: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_inside = |selector: &str| {
        target.as_ref().is_some_and(|target| target.closest(selector).ok().flatten().is_some())
    };
    let tag = target.as_ref().map(Element::tag_name).unwrap_or_default();
    let is_free = tag.is_empty() || tag == "BODY";
    let is_lecture = matches!(lab.route(), Route::Lecture(_));
    let wide = if is_lecture { Place::Lecture } else { Place::Lab };
    let near = if is_lecture {
        wide
    } else if is_inside("#scrub") {
        Place::Timeline
    } else if is_inside(PARTS) {
        Place::Drawing
    } else if is_inside("#terminal-line") {
        Place::Terminal
    } else {
        wide
    };
    let mut means = meaning(near, key);
    if near == wide || means == Meaning::Nothing {
        means = meaning(wide, key);
        // Where one types, a letter is a letter; where keys are turned off, none is heard. A focused control keeps its own meaning of the
        // space bar.
        // One that was clicked does not in the lecture: a presenter goes on.
        let keeps_space = if is_lecture { is_inside("button:focus-visible") } else { !is_free };
        if is_single(key)
            && (is_inside(FIELDS)
                || (keeps_space && key.ends_with("Space"))
                || !settings::hears_keys())
        {
            return false;
        }
    }
    if is_lecture && means != Meaning::Nothing && lab.view.with_untracked(|view| view.is_blank) {
        lab.view.update(|view| view.is_blank = false);
        return true;
    }
    let part = target.as_ref().filter(|_| near == Place::Drawing);
    match means {
        Meaning::Undo | Meaning::Redo if is_inside(TEXTS) => false,
        Meaning::Close => {
            if is_inside(FIELDS) {
                return false;
            }
            let is_open = lab.view.with_untracked(View::has_chosen);
            if !is_open && matches!(lab.route(), Route::WhatIf(_)) {
                Route::Lab.go();
            }
            let_go(lab);
            false
        }
        // A button does it by itself.
        Meaning::Open => {
            let is_drawn = is_inside("[data-of]");
            if is_drawn {
                deeds::clicked(lab, event);
            }
            is_drawn
        }
        Meaning::LineBefore | Meaning::LineAfter => desk::recall_line(means == Meaning::LineBefore),
        _ => part.map_or_else(|| act(lab, means), |part| on_part(lab, means, part, key)),
    }
}

/// Does what a key means that is pressed at a part of the drawing; whether it does anything.
fn on_part(lab: Lab, means: Meaning, part: &Element, key: &str) -> bool {
    match means {
        Meaning::Walk => walk(lab, part, key),
        Meaning::NextPart | Meaning::PartBefore => turn(part, means == Meaning::NextPart),
        Meaning::Strike if part.matches(MACHINE).unwrap_or(false) => {
            let is_down = part.get_attribute("data-state").as_deref() == Some("DOWN");
            let name = part.get_attribute("data-host").unwrap_or_default();
            deeds::strike(lab, if is_down { "restore" } else { "kill" }, &name);
        }
        _ => return act(lab, means),
    }
    true
}

/// Does what a key means wherever it is pressed; whether it does anything.
fn act(lab: Lab, means: Meaning) -> bool {
    match means {
        Meaning::Play => lab.toggle(),
        Meaning::StepBack => lab.step_back(),
        Meaning::Step => lab.step(),
        Meaning::SecondBack => lab.nudge(-1),
        Meaning::SecondForth => lab.nudge(1),
        Meaning::TenBack => lab.nudge(-10),
        Meaning::TenForth => lab.nudge(10),
        Meaning::Start => lab.seek(SimTime::ZERO),
        Meaning::Furthest => lab.seek(lab.with_run(|run| run.timeline(1).furthest)),
        Meaning::Why => timeline::explain(lab, false),
        Meaning::Slower => lab.shift_speed(-1),
        Meaning::Faster => lab.shift_speed(1),
        Meaning::Undo => lab.undo(false),
        Meaning::Redo => lab.undo(true),
        Meaning::FullScreen => toggle_full_screen(),
        Meaning::Theme => settings::next_theme(lab),
        Meaning::Hall => settings::turn_for_a_hall(lab),
        Meaning::Help => open_settings(lab),
        Meaning::Next => lab.turn(true),
        Meaning::Previous => lab.turn(false),
        Meaning::First => Route::Lecture(0).go(),
        Meaning::Last => Route::Lecture(LECTURE.len() - 1).go(),
        Meaning::Overview => open_dialog(lab, "#steps"),
        Meaning::Blank => lab.view.update(|view| view.is_blank = true),
        Meaning::Nothing
        | Meaning::Close
        | Meaning::Walk
        | Meaning::NextPart
        | Meaning::PartBefore
        | Meaning::Open
        | Meaning::Strike
        | Meaning::LineBefore
        | Meaning::LineAfter => return false,
    }
    true
}

/// The machines in the drawing.
const MACHINE: &str = "button.host";

/// What can be chosen in the drawing.
const PARTS: &str = "#stage [data-do=choose]";

/// From a part in the drawing to the next machine in the arrow's direction.
fn walk(lab: Lab, from: &Element, key: &str) {
    let direction = match key {
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowRight" => (1.0, 0.0),
        "ArrowUp" => (0.0, -1.0),
        _ => (0.0, 1.0),
    };
    let to = lab.bench.with_value(|bench| {
        let layout = &bench.layout;
        let host = match from.get_attribute("data-host") {
            Some(name) => layout.neighbour(&name, direction)?,
            None => layout.nearest(middle(from, layout)?, direction)?,
        };
        Some(host.name.clone())
    });
    if let Some(to) = to
        && let Some(button) =
            bound::find::<HtmlElement>(&format!("button.host[data-host=\"{to}\"]"))
    {
        let _ = button.focus();
    }
}

/// Where the middle of a part is in the drawing's own units.
fn middle(part: &Element, layout: &Layout) -> Option<Point> {
    let drawing = bound::find::<Element>("#stage svg")?.get_bounding_client_rect();
    let part = part.get_bounding_client_rect();
    let scale = layout.stage.width / drawing.width();
    let x = part.x() + part.width() / 2.0 - drawing.x();
    let y = part.y() + part.height() / 2.0 - drawing.y();
    Some(Point::new(layout.stage.x + x * scale, layout.stage.y + y * scale))
}

/// To the next of the parts that have to do with the machine one came from, or the one before: its links first, in the end what stands at the
/// back, its zone and its firewall; then its links again.
fn turn(from: &Element, is_forward: bool) {
    let Some(stage) = bound::find::<Element>("#stage") else { return };
    if let Some(machine) = from.get_attribute("data-host") {
        bound::set(&stage, "data-about", &machine);
    }
    let about = stage.get_attribute("data-about").unwrap_or_default();
    let mut parts: Vec<Element> = Vec::new();
    bound::for_each(&format!("#stage :is([data-of~=\"{about}\"], [data-of=\"*\"])"), |part| {
        parts.push(part.clone());
    });
    let at = parts.iter().position(|part| part == from);
    let is_link =
        |part: &Element| !part.matches("[data-on^=zone], [data-on^=firewall]").unwrap_or(false);
    let first = parts.iter().position(is_link).unwrap_or(0);
    let count = parts.len().max(1);
    let next = match (at, is_forward) {
        (Some(at), true) => at + 1,
        (None, true) => first,
        (Some(at), false) => at + count - 1,
        (None, false) => first + count - 1,
    };
    if let Some(part) = parts.get(next % count) {
        let _ = part.unchecked_ref::<HtmlElement>().focus();
        bound::bring_into_sight(part);
    }
}

/// What a key is called in the table. Of a sign that means nothing here, what stands on the key elsewhere: on a keyboard without Latin letters
/// the letter, and where other signs stand beside the letters (`;` and `:` on a French one), the signs that step.
fn name_of(event: &KeyboardEvent) -> String {
    let (key, code) = (event.key(), event.code());
    let shift = if event.shift_key() { "Shift+" } else { "" };
    let is_named = key.len() > 1 && key.is_ascii() && key != "Dead";
    let name = if is_named || (key.len() == 1 && !";:^$".contains(&key)) {
        key
    } else {
        match code.as_str() {
            "Comma" | "BracketLeft" => "[".to_owned(),
            "Period" | "BracketRight" => "]".to_owned(),
            code => code.strip_prefix("Key").unwrap_or_default().to_owned(),
        }
    };
    if event.ctrl_key() || event.meta_key() {
        format!("Ctrl+{shift}{}", name.to_ascii_uppercase())
    } else if name == " " {
        format!("{shift}Space")
    } else if is_named {
        name
    } else {
        name.to_ascii_lowercase()
    }
}
