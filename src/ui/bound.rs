//! The page's words, kept current: each binding's value is put wherever an element names its key, and the few parts that
//! change as a whole are put in when they do.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, FocusOptions, HtmlElement, HtmlInputElement, HtmlSelectElement,
    ScrollIntoViewOptions, ScrollLogicalPosition,
};

use super::deeds;
use super::lab::Lab;
use super::route::Route;
use crate::page::{self, Binding, bindings};
use crate::submission::escape_html;

/// The attributes by which elements name a key, one for each way to show its value.
const WAYS: [&str; 6] = [
    "data-text",
    "data-state-of",
    "data-label-of",
    "data-disabled-of",
    "data-hidden-of",
    "data-value-of",
];

/// An element that shows a key's value, and which of the [`WAYS`].
type Place = (usize, Element);

/// What the page shows, and where.
#[derive(Default)]
struct Shown {
    generation: u32,
    parts: Vec<Binding>,
    values: Vec<Binding>,
    /// For each value.
    places: Vec<Vec<Place>>,
}

/// Keeps every word on the page current.
pub(super) fn keep_current(lab: Lab) {
    let parts = Memo::new(move |_| whole_parts(lab));
    Effect::new(move |before: Option<Shown>| {
        let mut shown = before.unwrap_or_default();
        lab.words.track();
        let (parts, generation) = (parts.get(), lab.markup_generation.get());
        if lab.holds_words.get_value() {
            lab.readout.track();
            lab.view.track();
            return shown;
        }
        let focused = document().active_element();
        let fresh = put_in(parts, &mut shown.parts);
        let now = lab.readout.with(|readout| {
            let controls = lab.view.with(|view| view.controls(&readout.undo_redo));
            lab.with_run(|run| bindings(run, &readout.snapshot, &readout.readings, &controls))
        });
        let is_known = shown.generation == generation && shown.values.len() == now.len();
        if is_known {
            show_changes(&shown.values, &now, &mut shown.places);
            for root in fresh {
                find_places(&root, &now, &mut shown.places);
            }
        } else {
            shown.generation = generation;
            shown.places = vec![Vec::new(); now.len()];
            for_each("#lab", |root| find_places(root, &now, &mut shown.places));
        }
        if let Some(idle) = focused.filter(|focused| focused.matches(IDLE).unwrap_or(false)) {
            move_focus_on(&idle);
        }
        shown.values = now;
        shown
    });
}

/// Shows the values that are others than before, wherever their elements still are.
fn show_changes(before: &[Binding], now: &[Binding], places: &mut [Vec<Place>]) {
    for ((before, now), places) in before.iter().zip(now).zip(places) {
        if before != now {
            places.retain(|(_, element)| element.is_connected());
            for (way, element) in places {
                show(element, *way, &now.value);
            }
        }
    }
}

/// Finds what names a key from here on inwards, and shows its value there.
fn find_places(root: &Element, now: &[Binding], places: &mut [Vec<Place>]) {
    // An index of the keys would be quicker, and more code than it is worth: this is for markup that is new.
    let place_of = |key: String| now.iter().position(|binding| binding.key == key);
    let visit = |element: &Element, places: &mut [Vec<Place>]| {
        for (way, attribute) in WAYS.iter().enumerate() {
            let key = element.get_attribute(attribute);
            if let Some(index) = key.and_then(place_of) {
                show(element, way, &now[index].value);
                places[index].push((way, element.clone()));
            }
        }
    };
    visit(root, places);
    let selector = WAYS.map(|attribute| format!("[{attribute}]")).join(",");
    let Ok(found) = root.query_selector_all(&selector) else { return };
    for index in 0..found.length() {
        if let Some(element) = found.get(index).and_then(|node| node.dyn_into::<Element>().ok()) {
            visit(&element, places);
        }
    }
}

/// The parts that change as a whole: where each is, and its markup.
fn whole_parts(lab: Lab) -> Vec<Binding> {
    lab.view.with(|view| {
        let notice = view.notice.as_ref().map(|text| page::notice(text)).unwrap_or_default();
        let check = if view.route == Route::Check { page::CHECKING } else { "" }.to_owned();
        let part = |key: &str, value: String| Binding { key: key.to_owned(), value };
        vec![
            part("#notice", notice),
            part("#inspector", deeds::panel(lab, view)),
            part("#check", check),
        ]
    })
}

/// Puts in the parts that changed, and returns them.
fn put_in(now: Vec<Binding>, before: &mut Vec<Binding>) -> Vec<Element> {
    let is_new = |(index, part): &(usize, &Binding)| before.get(*index) != Some(*part);
    let changed = now.iter().enumerate().filter(is_new);
    let fresh = changed.filter_map(|(_, part)| {
        let element = find::<Element>(&part.key)?;
        element.set_inner_html(&part.value);
        Some(element)
    });
    let fresh = fresh.collect();
    *before = now;
    fresh
}

fn show(element: &Element, way: usize, value: &str) {
    let is_so = value == "yes";
    match way {
        0 => element.set_text_content(Some(value)),
        1 => set(element, "data-state", value),
        2 => {
            set(element, "aria-label", value);
            if element.has_attribute("title") {
                set(element, "title", value);
            }
        }
        3 => toggle(element, "disabled", is_so),
        4 => toggle(element, "hidden", is_so),
        _ => {
            set(element, "data-held", value);
            put_value(element, value);
        }
    }
}

/// Puts a value into a field.
pub(super) fn put_value(field: &Element, value: &str) {
    if let Some(select) = field.dyn_ref::<HtmlSelectElement>() {
        select.set_value(value);
        // What no choice stands for was typed, or a file says it.
        if select.selected_index() < 0 {
            if let Ok(Some(before)) = select.query_selector("[data-own]") {
                before.remove();
            }
            let unit = select.get_attribute("data-unit").unwrap_or_default();
            let value = escape_html(value);
            let own =
                format!("<option data-own value=\"{value}\" selected=\"\">{value}{unit}</option>");
            let _ = select.insert_adjacent_html("beforeend", &own);
        }
    } else if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
        input.set_value(value);
    }
}

/// What cannot be pressed now.
const IDLE: &str = "[disabled], [hidden]";
/// What can; closing the panel is nobody's next deed.
const USABLE: &str = "button:not([disabled], [hidden], .title *)";

/// A button that did its deed and was disabled or hidden by it hands the keyboard to its neighbour.
fn move_focus_on(idle: &Element) {
    let groups = ".actions, .weigh, .orders, #transport, .steps, #inspector, .hosts > li";
    let group = idle.closest(groups).ok().flatten();
    let neighbour = group.and_then(|group| {
        let usable = if group.id() == "transport" { "#play:enabled" } else { USABLE };
        group.query_selector(usable).ok().flatten()
    });
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
pub(super) fn for_each(selector: &str, mut act: impl FnMut(&Element)) {
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

/// What stands in the first element that matches, with its buttons as they are once the app lives.
pub(super) fn enabled(selector: &str) -> String {
    let markup = find::<Element>(selector).map(|element| element.inner_html());
    markup.unwrap_or_default().replace(" disabled=\"\"", "")
}

/// What the keyboard can be at.
const REACHED: &str = ":is(button, input, select):enabled, summary, [tabindex]";

/// What the keyboard can be at within an element, in order.
fn reached(element: &Element) -> Vec<HtmlElement> {
    all_in(element, REACHED)
}

/// What can be opened within an element, in order.
fn details(element: &Element) -> Vec<HtmlElement> {
    all_in(element, "details")
}

/// What in an element matches, in order.
pub(super) fn all_in(element: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = element.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// Puts other markup into an element. What in it had the keyboard has it again; if it is gone, what took its place, or the element itself:
/// of a button always this, since who presses Enter twice did not mean the one that took its place.
pub(super) fn refill(element: &Element, markup: &str) {
    let is_inside = |focused: &Element| {
        let focused: &web_sys::Node = focused;
        element.contains(Some(focused))
    };
    let focused = document().active_element().filter(is_inside);
    let place = reached(element).iter().position(|own| {
        let own: &Element = own;
        focused.as_ref() == Some(own)
    });
    // What was opened in it stays open, in its place.
    let opened = details(element).iter().map(|own| own.has_attribute("open")).collect::<Vec<_>>();
    element.set_inner_html(markup);
    for (own, is_open) in details(element).iter().zip(opened) {
        if is_open {
            toggle(own, "open", true);
        }
    }
    let (Some(focused), Some(place)) = (focused, place) else { return };
    let is_same = |own: &&HtmlElement| {
        ["id", "data-on"].iter().any(|name| {
            let value = focused.get_attribute(name);
            value.is_some() && own.get_attribute(name) == value
        })
    };
    let all = reached(element);
    let is_button = focused.tag_name() == "BUTTON";
    let after = all.get(place).or(all.last()).filter(|_| !is_button);
    let next = all.iter().find(is_same).or(after);
    if let Some(next) = next {
        let _ = next.focus();
    } else if let Some(element) = element.dyn_ref::<HtmlElement>() {
        set(element, "tabindex", "-1");
        let _ = element.focus();
    }
}

/// The first element that matches.
pub(super) fn find<T: JsCast>(selector: &str) -> Option<T> {
    document().query_selector(selector).ok().flatten().and_then(|element| element.dyn_into().ok())
}

/// Brings the self-check into sight and the keyboard to its heading, once the page shows it. Where it comes in nothing stood, and a browser
/// keeps in sight what stood below.
pub(super) fn show_check() {
    request_animation_frame(|| {
        if let Some(heading) = find::<HtmlElement>("#check-title") {
            heading.scroll_into_view();
            let _ = heading.focus();
        }
    });
}

/// Brings the keyboard to the first element that matches, once the page shows it.
pub(super) fn focus(selector: &'static str) {
    request_animation_frame(move || {
        if let Some(element) = find::<HtmlElement>(selector) {
            // By itself a browser brings it to the middle of the window, and the drawing out of sight.
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = element.focus_with_options(&options);
            bring_into_sight(&element);
        }
    });
}

/// Scrolls no further than it must until an element is seen.
pub(super) fn bring_into_sight(element: &Element) {
    let nearest = ScrollIntoViewOptions::new();
    nearest.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&nearest);
}

/// The same of the first element that matches.
pub(super) fn reveal(selector: &str) {
    if let Some(element) = find::<Element>(selector) {
        bring_into_sight(&element);
    }
}
