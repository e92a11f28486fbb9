//! Keys. Those of the lab are the table of [`crate::page::KEYS`], and can be turned off; the keys of a presenter's remote are heard only in
//! the lecture.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::bound;
use super::deeds::{let_go, open_settings, toggle_full_screen};
use super::lab::Lab;
use super::route::Route;
use super::{deeds, desk, settings, stage, timeline};
use crate::diagram::{Layout, Point};
use crate::kernel::SimTime;
use crate::lesson::LECTURE;

/// What a key of the remote means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Next,
    Previous,
    First,
    Last,
    Blank,
    FullScreen,
    Leave,
}

/// The keys of reveal.js, which remotes send.
fn meaning(event: &KeyboardEvent) -> Option<Key> {
    Some(match event.key().as_str() {
        " " if event.shift_key() => Key::Previous,
        " " | "ArrowRight" | "ArrowDown" | "PageDown" | "n" | "N" => Key::Next,
        "ArrowLeft" | "ArrowUp" | "PageUp" | "p" | "P" => Key::Previous,
        "Home" => Key::First,
        "End" => Key::Last,
        "b" | "B" | "." => Key::Blank,
        "f" | "F" => Key::FullScreen,
        "Escape" => Key::Leave,
        _ => return None,
    })
}

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
        let is_edit = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        let is_typing = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .is_some_and(|target| target.matches("input[type=text], textarea").unwrap_or(false));
        match event.key().to_ascii_lowercase().as_str() {
            "z" if is_edit && !is_typing => {
                event.prevent_default();
                lab.undo(event.shift_key());
                return;
            }
            "y" if is_edit && !is_typing => {
                event.prevent_default();
                lab.undo(true);
                return;
            }
            _ => {}
        }
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        match lab.route() {
            Route::Lecture(_) => in_lecture(lab, event),
            Route::Lab | Route::WhatIf(_) | Route::Check => in_lab(lab, event),
        }
    });
}

fn in_lab(lab: Lab, event: &KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let name = target.as_ref().map(Element::tag_name).unwrap_or_default();
    let is_free = name.is_empty() || name == "BODY";
    let is_inside = |selector: &str| {
        target.as_ref().is_some_and(|target| target.closest(selector).ok().flatten().is_some())
    };
    if is_inside("#scrub") && on_the_timeline(lab, event.key().as_str()) {
        event.prevent_default();
        return;
    }
    if let Some(part) = target.as_ref().filter(|part| part.matches(PARTS).unwrap_or(false))
        && walk(lab, part, event.key().as_str())
    {
        event.prevent_default();
        return;
    }
    if event.key() == "Delete"
        && let Some(machine) = target.as_ref().filter(|part| part.matches(MACHINE).unwrap_or(false))
    {
        let is_down = machine.get_attribute("data-state").as_deref() == Some("DOWN");
        let name = machine.get_attribute("data-host").unwrap_or_default();
        deeds::strike(lab, if is_down { "restore" } else { "kill" }, &name);
        return;
    }
    match event.key().as_str() {
        "F1" if !is_inside("dialog") => {
            event.prevent_default();
            open_settings(lab);
            return;
        }
        key @ ("ArrowUp" | "ArrowDown") if is_inside("#terminal-line") => {
            if desk::recall_line(key == "ArrowUp") {
                event.prevent_default();
            }
            return;
        }
        // What is no button by itself.
        " " | "Enter" if is_inside("[data-of]") => {
            event.prevent_default();
            deeds::clicked(lab, event);
            return;
        }
        "Escape" if is_inside("#inspector, #stage, #timeline") || is_free => {
            let_go(lab);
            return;
        }
        _ => {}
    }
    // Where one types, a letter is a letter; where keys are turned off, nothing is heard.
    if is_inside("input:not([type=checkbox], [type=range]), select, textarea, dialog")
        || !settings::hears_keys()
    {
        return;
    }
    match letter(event).as_str() {
        "k" => lab.toggle(),
        " " if is_free => lab.toggle(),
        "[" | "," => lab.step_back(),
        "]" | "." => lab.step(),
        "j" => lab.nudge(-10),
        "l" => lab.nudge(10),
        "<" => lab.shift_speed(-1),
        ">" => lab.shift_speed(1),
        "f" => toggle_full_screen(),
        "d" => {
            settings::next_theme();
            stage::refit(lab);
        }
        "?" => open_settings(lab),
        _ => return,
    }
    event.prevent_default();
}

/// The machines in the drawing.
const MACHINE: &str = "button.host";

/// What can be chosen in the drawing.
const PARTS: &str = "#stage [data-do=choose]";

/// From part to part in the drawing: to the next machine, or along what belongs to one.
fn walk(lab: Lab, from: &Element, key: &str) -> bool {
    let direction = match key {
        "PageDown" | "PageUp" => {
            turn(from, key == "PageDown");
            return true;
        }
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowRight" => (1.0, 0.0),
        "ArrowUp" => (0.0, -1.0),
        "ArrowDown" => (0.0, 1.0),
        _ => return false,
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
    true
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

/// The slider's keys: a second, ten, the ends.
fn on_the_timeline(lab: Lab, key: &str) -> bool {
    match key {
        "ArrowLeft" | "ArrowDown" => lab.nudge(-1),
        "ArrowRight" | "ArrowUp" => lab.nudge(1),
        "PageUp" => lab.nudge(-10),
        "PageDown" => lab.nudge(10),
        "Home" => lab.seek(SimTime::ZERO),
        "End" => lab.seek(lab.with_run(|run| run.timeline(1).furthest)),
        "Enter" => timeline::explain(lab, false),
        _ => return false,
    }
    true
}

/// What was typed. Where that means nothing here, what stands on the key elsewhere: on a keyboard without Latin letters the letter, and where
/// other signs stand beside the letters (`;` and `:` on a French one), the signs that step.
fn letter(event: &KeyboardEvent) -> String {
    let (key, code) = (event.key(), event.code());
    if key.len() == 1 && !";:^$".contains(&key) {
        return key.to_ascii_lowercase();
    }
    match code.as_str() {
        "Comma" | "BracketLeft" => "[".to_owned(),
        "Period" | "BracketRight" => "]".to_owned(),
        code => code.strip_prefix("Key").map(str::to_ascii_lowercase).unwrap_or_default(),
    }
}

fn in_lecture(lab: Lab, event: &KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let name = target.map(|target| target.tag_name()).unwrap_or_default();
    // A focused control keeps its own meaning of the space bar; a chosen speed its arrows.
    let is_taken = (name == "BUTTON" && event.key() == " ") || name == "SELECT";
    let Some(key) = meaning(event).filter(|_| !is_taken) else { return };
    event.prevent_default();
    if lab.view.with_untracked(|view| view.is_blank) && key != Key::Leave {
        lab.view.update(|view| view.is_blank = false);
        return;
    }
    match key {
        Key::Next => lab.turn(true),
        Key::Previous => lab.turn(false),
        Key::First => Route::Lecture(0).go(),
        Key::Last => Route::Lecture(LECTURE.len() - 1).go(),
        Key::Blank => lab.view.update(|view| view.is_blank = true),
        Key::FullScreen => toggle_full_screen(),
        Key::Leave => Route::Lab.go(),
    }
}
