//! The parts of the page that are text: the library makes their markup and says what changes in it; here the changes are
//! put into the page, and clicks on what acts are taken out of it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::lab::{Lab, use_lab};
use crate::infra::Component;
use crate::page::{Binding, SLOW_FACTOR, bindings};
use crate::sim::Action;

/// A part of the page that the library words. It is filled once; its bindings keep it current.
#[component]
pub(super) fn Worded(
    /// Its id.
    id: &'static str,
    /// Its name for assistive technology.
    label: &'static str,
    /// Its markup.
    markup: String,
) -> impl IntoView {
    view! { <section id=id aria-label=label inner_html=markup></section> }
}

/// Keeps every binding on the page current.
pub(super) fn keep_current(lab: Lab) {
    Effect::new(move |before: Option<(u32, Vec<Binding>)>| {
        let generation = lab.markup_generation.get();
        let may_act = lab.may_act();
        let infrastructure = lab.run.with_value(|run| run.plan().infrastructure.clone());
        let now = lab.readout.with(|readout| {
            bindings(&infrastructure, &readout.snapshot, &readout.readings, may_act)
        });
        let before = before.filter(|(before, _)| *before == generation).map(|(_, values)| values);
        for (index, binding) in now.iter().enumerate() {
            if before.as_ref().and_then(|values| values.get(index)) != Some(binding) {
                show(binding);
            }
        }
        (generation, now)
    });
}

fn show(Binding { key, value }: &Binding) {
    each("data-text", key, |element| element.set_text_content(Some(value)));
    each("data-state-of", key, |element| set(element, "data-state", value));
    each("data-label-of", key, |element| set(element, "aria-label", value));
    each("data-disabled-of", key, |element| {
        let _ = element.toggle_attribute_with_force("disabled", value == "yes");
    });
}

fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

fn each(attribute: &str, key: &str, act: impl Fn(&Element)) {
    let Ok(found) = document().query_selector_all(&format!("[{attribute}=\"{key}\"]")) else { return };
    for index in 0..found.length() {
        if let Some(element) = found.get(index).and_then(|node| node.dyn_into::<Element>().ok()) {
            act(&element);
        }
    }
}

/// A click anywhere in the lab: does what the button under it says.
pub(super) fn obey_click(lab: Lab, event: &web_sys::MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(button) = target.and_then(|target| target.closest("button[data-do]").ok().flatten()) else { return };
    let (Some(verb), Some(on)) = (button.get_attribute("data-do"), button.get_attribute("data-on")) else { return };
    if verb == "choose" {
        choose(lab, &on);
        return;
    }
    let Ok(component) = on.parse::<Component>() else { return };
    match verb.as_str() {
        "kill" => lab.act(Action::Kill(component)),
        "restore" => lab.act(Action::Restore(component)),
        "slow" => lab.act(Action::Slow { host: component.host, factor: f64::from(SLOW_FACTOR) }),
        "toggle" => lab.toggle_service(component),
        _ => {}
    }
}

/// Chooses a machine and brings the keyboard to its actions; chosen again, it is let go.
fn choose(lab: Lab, name: &str) {
    let is_new = lab.selected.with_untracked(|selected| selected.as_deref() != Some(name));
    lab.selected.set(is_new.then(|| name.to_owned()));
    mark_chosen(lab);
    if is_new {
        request_animation_frame(|| focus("#inspector button:not([disabled])"));
    }
}

/// Lets the chosen machine go and brings the keyboard back to it.
pub(super) fn let_go(lab: Lab) {
    if let Some(name) = lab.selected.get_untracked() {
        lab.selected.set(None);
        mark_chosen(lab);
        focus(&format!("button.host[data-host=\"{name}\"]"));
    }
}

/// Shows on the buttons over the drawing which machine is chosen.
pub(super) fn mark_chosen(lab: Lab) {
    let chosen = lab.selected.get_untracked();
    let Ok(buttons) = document().query_selector_all("button.host") else { return };
    for index in 0..buttons.length() {
        let Some(button) = buttons.get(index).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
        let is_chosen = chosen.is_some() && button.get_attribute("data-host") == chosen;
        set(&button, "aria-pressed", if is_chosen { "true" } else { "false" });
    }
}

/// Brings the keyboard to the first element that matches.
pub(super) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// The chosen machine, or how to choose one.
#[component]
pub(super) fn Inspector() -> impl IntoView {
    let lab = use_lab();
    let markup = move || {
        let chosen = lab.selected.get().filter(|_| lab.may_act());
        let panel = chosen.and_then(|name| {
            lab.run.with_value(|run| run.plan().infrastructure.host(&name).map(crate::page::host_panel))
        });
        lab.new_markup();
        panel.unwrap_or_else(|| HINT.to_owned())
    };
    let close = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            let_go(lab);
        }
    };
    view! { <section id="inspector" aria-label="The chosen machine" inner_html=markup on:keydown=close></section> }
}

const HINT: &str = "<p class=\"hint\"><strong>Choose a machine in the drawing and kill it.</strong> Time starts with what you do first.</p>";
