//! The page's words, kept current: each binding's value is put wherever an element names its key, and the few parts that
//! change as a whole are put in when they do.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlSelectElement};

use super::deeds;
use super::lab::Lab;
use super::route::Route;
use crate::page::{self, Binding, bindings};

/// Keeps every word on the page current.
pub(super) fn keep_current(lab: Lab) {
    let parts = Memo::new(move |_| whole_parts(lab));
    Effect::new(move |before: Option<Vec<Binding>>| {
        let now = parts.get();
        put_in(&now, before.as_deref().unwrap_or_default());
        lab.new_markup();
        now
    });
    Effect::new(move |before: Option<(u32, Vec<Binding>)>| {
        let generation = lab.markup_generation.get();
        let now = lab.readout.with(|readout| {
            let controls = lab.view.with(|view| view.controls(readout.can_undo_redo));
            lab.with_run(|run| bindings(run, &readout.snapshot, &readout.readings, &controls))
        });
        let before = before.filter(|(before, _)| *before == generation).map(|(_, values)| values);
        let focused = document().active_element();
        for (index, binding) in now.iter().enumerate() {
            if before.as_ref().and_then(|values| values.get(index)) != Some(binding) {
                show(binding);
            }
        }
        if let Some(disabled) = focused.filter(|focused| focused.has_attribute("disabled")) {
            move_focus_on(&disabled);
        }
        (generation, now)
    });
}

/// The parts that change as a whole: where each is, and its markup.
fn whole_parts(lab: Lab) -> Vec<Binding> {
    lab.view.with(|view| {
        let notice = view.notice.as_ref().map(|text| page::notice(text)).unwrap_or_default();
        let check = if view.route == Route::Check { page::check() } else { String::new() };
        let part = |key: &str, value: String| Binding { key: key.to_owned(), value };
        vec![
            part("#notice", notice),
            part("#inspector", deeds::panel(lab, view)),
            part("#check", check),
        ]
    })
}

fn put_in(now: &[Binding], before: &[Binding]) {
    for (index, part) in now.iter().enumerate() {
        if before.get(index) != Some(part) {
            for_each(&part.key, |element| element.set_inner_html(&part.value));
        }
    }
}

fn show(Binding { key, value }: &Binding) {
    let is_so = value == "yes";
    for_each(&format!("[data-text=\"{key}\"]"), |element| element.set_text_content(Some(value)));
    for_each(&format!("[data-state-of=\"{key}\"]"), |element| set(element, "data-state", value));
    for_each(&format!("[data-label-of=\"{key}\"]"), |element| set(element, "aria-label", value));
    for_each(&format!("[data-disabled-of=\"{key}\"]"), |element| {
        toggle(element, "disabled", is_so);
    });
    for_each(&format!("[data-hidden-of=\"{key}\"]"), |element| toggle(element, "hidden", is_so));
    for_each(&format!("[data-value-of=\"{key}\"]"), |element| {
        if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
            select.set_value(value);
        }
    });
}

/// A button that did its deed and was disabled by it hands the keyboard to its neighbour.
fn move_focus_on(disabled: &Element) {
    let group = disabled.closest(".actions, .orders, #transport, .steps").ok().flatten();
    let neighbour =
        group.and_then(|group| group.query_selector("button:not([disabled])").ok().flatten());
    if let Some(neighbour) =
        neighbour.and_then(|neighbour| neighbour.dyn_into::<HtmlElement>().ok())
    {
        let _ = neighbour.focus();
    }
}

/// Sets or removes an attribute that has no value.
pub(super) fn toggle(element: &Element, attribute: &str, is_set: bool) {
    let _ = element.toggle_attribute_with_force(attribute, is_set);
}

/// Sets an attribute.
pub(super) fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// Does something to every element that matches.
pub(super) fn for_each(selector: &str, act: impl Fn(&Element)) {
    let Ok(found) = document().query_selector_all(selector) else { return };
    for index in 0..found.length() {
        if let Some(element) = found.get(index).and_then(|node| node.dyn_into::<Element>().ok()) {
            act(&element);
        }
    }
}

/// Listens to an event of the window as long as the page is there. All listeners are of one type: each of another would weigh kilobytes.
pub(super) fn listen(name: &'static str, act: impl Fn(&Event) + 'static) {
    listen_to(name, Box::new(act));
}

fn listen_to(name: &'static str, act: Box<dyn Fn(&Event)>) {
    let listener = window_event_listener_untyped(name, move |event| act(&event));
    on_cleanup(move || listener.remove());
}

/// Puts markup into the first element that matches.
pub(super) fn put(selector: &str, markup: &str) {
    if let Some(element) = find::<Element>(selector) {
        element.set_inner_html(markup);
    }
}

/// The first element that matches.
pub(super) fn find<T: JsCast>(selector: &str) -> Option<T> {
    document().query_selector(selector).ok().flatten().and_then(|element| element.dyn_into().ok())
}

/// Brings the keyboard to the first element that matches, once the page shows it.
pub(super) fn focus(selector: &'static str) {
    request_animation_frame(move || {
        if let Some(element) = find::<HtmlElement>(selector) {
            let _ = element.focus();
        }
    });
}
