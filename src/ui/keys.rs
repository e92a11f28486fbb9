//! Keys. In the lab only the space bar and Escape mean anything beyond what controls do by themselves; the keys of a
//! presenter's remote are heard only in the lecture.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::deeds::{let_go, toggle_full_screen};
use super::lab::Lab;
use super::route::Route;
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
    let listener = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        match lab.route() {
            Route::Lecture(_) => in_lecture(lab, &event),
            Route::Lab | Route::WhatIf(_) | Route::Check => in_lab(lab, &event),
        }
    });
    on_cleanup(move || listener.remove());
}

fn in_lab(lab: Lab, event: &KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_free = target.as_ref().is_none_or(|target| target.tag_name() == "BODY");
    let in_panel =
        target.is_some_and(|target| target.closest("#inspector").ok().flatten().is_some());
    match event.key().as_str() {
        " " if is_free => {
            event.prevent_default();
            lab.toggle();
        }
        "Escape" if in_panel || is_free => let_go(lab),
        _ => {}
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
