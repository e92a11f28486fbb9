//! What a person does on the page: a click, a locked prediction, a chosen speed.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, HtmlDialogElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement,
    MouseEvent,
};

use super::bound::{self, find, focus, for_each, put, set, toggle};
use super::lab::Lab;
use super::route::Route;
use super::view::{Followed, View};
use super::{desk, download, event_log, runs, settings, stage, stage_canvas, timeline};
use crate::infra::Component;
use crate::kernel::SimTime;
use crate::kernel::small::read_decimal;
use crate::lesson::Prediction;
use crate::page;
use crate::sim::Action;

/// What is chosen in the drawing.
const CHOSEN: &str = "#stage [aria-pressed=true]";

/// The words of the panel: the exercise that is open, the chosen machine or other part of the drawing, or how to choose one.
pub(super) fn panel(lab: Lab, view: &View) -> String {
    lab.with_run(|run| {
        let infrastructure = &run.plan().infrastructure;
        if let Route::WhatIf(what_if) = view.route {
            return page::exercise(&what_if, &view.exercise, &infrastructure.vips);
        }
        if let Some(name) = &view.selected {
            if let Some(host) = infrastructure.host(name) {
                return page::host_panel(infrastructure, host);
            }
            // What a link or another infrastructure named is perhaps not in the drawing; a request never is.
            let label = label_of(name);
            if !label.is_empty() || name.starts_with("request-") {
                return page::part_panel(name, &label);
            }
        }
        let why = || {
            let told = if view.why.is_empty() { &view.hint } else { &view.why };
            told.clone()
        };
        let followed = |own: Followed| page::followed(own.number, own.before.is_some());
        view.followed.map_or_else(why, followed)
    })
}

/// A part of the drawing by its name: a machine, or the key of a group.
fn in_drawing(name: &str) -> Option<Element> {
    find(&format!("#stage [data-on=\"{}\"]", drawn(name)))
}

/// Of a rule, which is not drawn, its firewall.
fn drawn(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

/// Scrolls no further than it must until a part of the drawing is seen.
pub(super) fn bring_part_into_sight(name: &str) {
    if let Some(part) = in_drawing(name) {
        bound::bring_into_sight(&part);
    }
}

fn label_of(name: &str) -> String {
    in_drawing(name).and_then(|part| part.get_attribute("aria-label")).unwrap_or_default()
}

/// So far from a line it is looked for, in CSS pixels: a finger is that wide.
const AROUND: [f32; 8] = [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0];

/// What was clicked. Where the lines of several links are near, the nearest.
fn target_of(event: &Event) -> Option<Element> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    if let Some(pointer) = event.dyn_ref::<MouseEvent>()
        && target.matches(".far, .near").unwrap_or(false)
    {
        let (x, y) = (pointer.client_x() as f32, pointer.client_y() as f32);
        for away in AROUND {
            for (right, down) in [(away, 0.0), (-away, 0.0), (0.0, away), (0.0, -away)] {
                let line = line_at(x + right, y + down);
                if line.is_some() {
                    return line;
                }
            }
        }
    }
    Some(target)
}

/// The line of a link at a place in the window. Where several share one, that of the shortest, which is drawn first: the others are alone
/// further on.
fn line_at(x: f32, y: f32) -> Option<Element> {
    let under = document().elements_from_point(x, y);
    let mut under = under.iter().filter_map(|element| element.dyn_into::<Element>().ok());
    under.rfind(|element| element.matches(".near").unwrap_or(false))
}

/// So near a moving mark it is meant, in CSS pixels: over something else that can be chosen, and elsewhere in the drawing.
const NEAR: [f64; 2] = [10.0, 20.0];

/// The request whose mark was clicked in the drawing. The keyboard clicks nowhere.
fn request_of(lab: Lab, event: &Event, target: Option<&Element>) -> Option<u64> {
    let pointer = event.dyn_ref::<MouseEvent>().filter(|pointer| pointer.detail() > 0)?;
    target?.closest("#stage").ok()??;
    let part = target?.closest("[data-do]:not([data-on^=zone])").ok()?;
    let near = NEAR[usize::from(part.is_none())];
    let place = (f64::from(pointer.client_x()), f64::from(pointer.client_y()));
    stage_canvas::request_at(lab, place, near)
}

/// A click anywhere in the lab: does what the button under it says.
pub(super) fn clicked(lab: Lab, event: &Event) {
    let target = target_of(event);
    let within =
        |selector: &str| target.as_ref().and_then(|target| target.closest(selector).ok().flatten());
    if within("[data-ask] > summary").is_some() {
        // The browser opens it once this is done.
        request_animation_frame(move || desk::refresh(lab, true));
    }
    let button = within("[data-do]");
    if let Some(request) = request_of(lab, event, target.as_ref()) {
        choose(lab, &format!("request-{request}"));
        return;
    }
    let Some(button) = button else { return };
    let Some(verb) = button.get_attribute("data-do") else { return };
    let on = button.get_attribute("data-on").unwrap_or_default();
    press(lab, &verb, on, button);
}

/// Does what a button says: its verb, what that is done to, and itself.
fn press(lab: Lab, verb: &str, on: String, button: Element) {
    match verb {
        "choose" => choose(lab, &on),
        "kill" | "restore" | "slow" | "toggle" => strike(lab, verb, &on),
        "order" => order(lab, &on),
        "deed" => {
            lab.act_all(actions(&on));
        }
        "show-stat" => download::statistics(lab, &on),
        "play" => lab.toggle(),
        "step" => lab.step(),
        "step-back" => lab.step_back(),
        "nudge" => lab.nudge(if on == "-1" { -1 } else { 1 }),
        "restart" => lab.restart(),
        "undo" | "redo" => lab.undo(verb == "redo"),
        "seek" | "mark" => {
            if let Ok(at) = on.parse::<SimTime>() {
                lab.seek(at);
            }
            if verb == "mark" {
                timeline::explain(lab, false);
            } else {
                // The log that names the instant is shorter then: the eye goes to the drawing.
                bound::reveal("#stage");
                bound::reveal(CHOSEN);
            }
        }
        "skip" => lab.skip(),
        "follow" => lab.follow(),
        "unfollow" | "let-go" => let_go(lab),
        "go" => {
            close_dialog("dialog[open]");
            let _ = window().location().set_hash(&on);
            if on == "#check" {
                bound::show_check(); // where one is there already, the address tells nothing
            }
        }
        "previous" | "next" => lab.turn(verb == "next"),
        "blank" => lab.view.update(|view| view.is_blank = !view.is_blank),
        "full-screen" => toggle_full_screen(),
        "theme" => settings::next_theme(lab),
        "open-dialog" => open_dialog(lab, &on),
        "open-save" => {
            open_dialog(lab, "#save");
            download::show_sections(lab);
            download::show_kept(lab);
        }
        "open-share" => {
            open_dialog(lab, "#share");
            runs::show_link(lab);
        }
        "open-settings" => open_settings(lab),
        "close-save" => close_dialog("#save"),
        "close-dialog" => close_dialog(&on),
        "copy-link" => runs::copy_link(),
        "copy-log" => download::copy_log(lab),
        "save-run" => runs::save(lab),
        "save" => download::save(lab, on),
        "keep-run" => download::keep_run(lab, &desk::link(lab), true),
        "drop-run" => download::keep_run(lab, &on, false),
        "edit" => {
            let words = button.text_content().unwrap_or_default();
            build(lab, button, &on, &words);
        }
        "compare" => show_compared(lab),
        "close-notice" => lab.view.update(|view| view.notice = None),
        _ => {}
    }
}

/// Opens the comparison with the run before. A phone shows one section at a time: this one, then.
fn show_compared(lab: Lab) {
    if let Some(tab) = find::<HtmlInputElement>("#to-workbench") {
        tab.set_checked(true);
    }
    for_each("#compare", |details| toggle(details, "open", true));
    desk::refresh(lab, true);
    focus("#compare > summary");
}

/// What a text says is to be done.
fn actions(text: &str) -> Vec<Action> {
    text.split(';').filter_map(page::deed).collect()
}

pub(super) fn strike(lab: Lab, verb: &str, on: &str) {
    let Ok(component) = on.parse::<Component>() else { return };
    match verb {
        "kill" => lab.act(Action::Kill(component)),
        "restore" => lab.act(Action::Restore(component)),
        "slow" => {
            lab.act(Action::Slow { host: component.host, factor: f64::from(page::SLOW_FACTOR) });
        }
        _ => lab.toggle_service(component),
    }
}

/// A command to a server, at every balancer.
fn order(lab: Lab, on: &str) {
    let action = lab.with_run(|run| page::order(run, &run.simulation().snapshot(), on));
    if let Some(action) = action {
        lab.act(action);
    }
}

/// Chooses a part of the drawing and brings the keyboard to what can be done there; chosen again, it is let go.
fn choose(lab: Lab, name: &str) {
    if !lab.view.with_untracked(View::may_act) {
        return;
    }
    let is_new = lab.view.with_untracked(|view| view.selected.as_deref() != Some(name));
    lab.unfollow();
    lab.view.update(|view| {
        view.why.clear();
        view.selected = is_new.then(|| name.to_owned());
    });
    mark_chosen(lab);
    bound::reveal(CHOSEN);
    if is_new {
        focus("#inspector :is(.part, .actions) button:not([disabled])");
        // The words of the panel are put in before the next frame.
        request_animation_frame(move || desk::refresh(lab, false));
    }
}

/// Lets go what the panel is about: the chosen part of the drawing, to which the keyboard goes back, or a request, or a mark of the timeline.
pub(super) fn let_go(lab: Lab) {
    let mut is_mark = false;
    let mut name = None;
    lab.view.update(|view| {
        is_mark = !view.why.is_empty();
        name = view.selected.take();
        view.why.clear();
    });
    lab.unfollow();
    mark_chosen(lab);
    if is_mark {
        focus("#scrub");
    }
    if name.as_ref().is_some_and(|name| name.starts_with("request-")) {
        focus("#request");
    } else if let Some(part) = name.and_then(|name| in_drawing(&name)) {
        // A part of an SVG takes the keyboard as an element of HTML does.
        let _ = part.unchecked_ref::<web_sys::HtmlElement>().focus();
    }
}

/// Shows in the drawing what is chosen.
pub(super) fn mark_chosen(lab: Lab) {
    let chosen = lab.view.with_untracked(|view| view.selected.clone());
    for_each("#stage [data-do=choose]", |part| {
        let is_chosen = part.get_attribute("data-on").as_deref() == chosen.as_deref().map(drawn);
        set(part, "aria-pressed", if is_chosen { "true" } else { "false" });
    });
    // The log may show what concerns it.
    if self::chosen("#log-pick") == "machine" {
        event_log::pick(lab);
    }
}

/// A prediction is locked, or refused with the reason and what was typed.
pub(super) fn submitted(lab: Lab, event: &Event) {
    event.prevent_default();
    let form = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let kind = form.as_ref().and_then(|form| form.get_attribute("data-form"));
    match kind.as_deref() {
        Some("request") => choose(lab, &format!("request-{}", typed("#request"))),
        Some("terminal") => {
            desk::typed(lab, typed("#terminal-line"));
        }
        // What was refused stays in the form, to be put right. What stands in the fields is together what is to be done.
        Some("rule" | "link") => {
            if let Some(form) = form {
                let fields = bound::all_in(&form, ":is(select, input):enabled");
                let edit: String = fields.iter().map(|field| value_of(field)).collect();
                if form.get_attribute("data-held").as_ref() != Some(&edit) {
                    build(lab, form, &edit, "one more firewall rule");
                }
            }
        }
        Some(_) => check(lab),
        None => lock(lab),
    }
}

/// Builds the infrastructure otherwise, or does what can be done while the run goes on, as a button, a field or a form says. Where that cannot
/// be, the desk says there why.
fn build(lab: Lab, from: Element, edit: &str, words: &str) {
    refuse(&from, "", "");
    let deeds = actions(edit);
    let is_done = if deeds.is_empty() { lab.edit(edit, words) } else { lab.act_all(deeds) };
    if is_done {
        lab.new_markup(); // what the desk has told is from now on kept current, too
        return;
    }
    // The field tells it, and what is possible there.
    lab.view.update(|view| view.notice = None);
    desk::ask_then(lab, "refusal", edit, move |answer| {
        let answer = answer.unwrap_or_else(|error| format!("\nNot changed: {error}."));
        let (name, why) = answer.split_once('\n').unwrap_or_default();
        refuse(&from, name, why);
    });
}

/// Says below a form, a field or buttons why something cannot be. A field that asked has the value again that is in force; of a form, the
/// field of this name is marked. Without words, all is well.
fn refuse(from: &Element, name: &str, why: &str) {
    let Ok(Some(place)) = from.closest("form, .setting, .answer") else { return };
    let first = |selector: &str| place.query_selector(selector).ok().flatten();
    if let Some(marked) = first("[aria-invalid]") {
        let _ = marked.remove_attribute("aria-invalid");
    }
    let told = first(".error");
    if let Some(told) = &told {
        told.set_text_content(Some(why));
    }
    if why.is_empty() {
        return;
    }
    if let Some(held) = from.get_attribute("data-held") {
        bound::put_value(from, &held);
    } else if let Some(field) = first(&format!("[name=\"{name}\"]")) {
        set(&field, "aria-invalid", "true");
    }
    if let Some(told) = told {
        bound::bring_into_sight(&told);
    }
}

/// A line of the terminal is being typed.
pub(super) fn typing(lab: Lab, event: &Event) {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input.filter(|input| input.id() == "terminal-line") {
        desk::complete(lab, input.value());
    }
}

/// The checker looks at the plan and at what was written.
fn check(lab: Lab) {
    let text = find::<HtmlTextAreaElement>("#check-text").map(|area| area.value());
    let about = format!("{}\n{}", chosen("#check-task"), text.unwrap_or_default());
    let asked_on = desk::course();
    desk::ask_then(lab, "check", &about, move |answer| {
        if desk::course() != asked_on {
            return check(lab);
        }
        let markup = answer.unwrap_or_else(|error| format!("<p>Not checked: {error}.</p>"));
        put("#check-findings", &markup);
    });
}

fn lock(lab: Lab) {
    let ticked =
        |name: &str, value: &str| is_ticked(&format!("input[name=\"{name}\"][value=\"{value}\"]"));
    let vips = lab.with_run(|run| run.plan().infrastructure.vips.clone());
    let prediction = Prediction {
        failed: 0,
        addresses: vips
            .into_iter()
            .map(|vip| vip.name)
            .filter(|name| ticked("address", name))
            .collect(),
        static_files: ticked("works", "static"),
        dynamic_pages: ticked("works", "dynamic"),
    };
    lab.lock(&typed("#predicted-failures"), prediction);
}

/// Something was chosen: a speed, a rate, an infrastructure, the value of a directive, a deed, a file, a setting.
pub(super) fn changed(lab: Lab, event: &Event) {
    if let Some(input) = runs::chosen_file(event) {
        runs::open_file(lab, &input);
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(element) = target.filter(|target| !settings::changed(&target.id())) else {
        stage::refit(lab);
        return;
    };
    if let Some(begun) = element.get_attribute("data-edit") {
        let value = value_of(&element);
        if element.get_attribute("data-held").as_ref() == Some(&value) {
            refuse(&element, "", "");
        } else {
            let words = element.get_attribute("data-done").unwrap_or_default();
            build(lab, element, &(begun + &value), &format!("{words} {value}"));
        }
        return;
    }
    let Ok(select) = element.dyn_into::<HtmlSelectElement>() else { return };
    let value = select.value();
    if select.has_attribute("data-deed") {
        if let Some(action) = page::deed(&value) {
            lab.act(action);
        }
        if !select.has_attribute("data-value-of") {
            select.set_selected_index(0);
        }
        lab.new_markup();
    } else if select.id() == "rule-protocol" {
        for_each("#rule-ports", |ports| toggle(ports, "disabled", value == "any"));
    } else if select.id() == "preset" {
        runs::choose_preset(lab, &value);
    } else if select.id() == "log-pick" {
        event_log::pick(lab);
    } else if let Some(number) = read_decimal(&value) {
        match select.id().as_str() {
            "rate" => lab.choose_rate(number),
            "speed" => lab.choose_speed(number as usize),
            _ => {}
        }
    }
}

/// What stands in a field.
fn value_of(field: &Element) -> String {
    let select = field.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value);
    let input = || field.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
    select.or_else(input).unwrap_or_default()
}

pub(super) fn is_ticked(selector: &str) -> bool {
    find::<HtmlInputElement>(selector).is_some_and(|input| input.checked())
}

pub(super) fn chosen(selector: &str) -> String {
    find::<HtmlSelectElement>(selector).map(|select| select.value()).unwrap_or_default()
}

pub(super) fn typed(selector: &str) -> String {
    find::<HtmlInputElement>(selector).map(|input| input.value()).unwrap_or_default()
}

/// Opens a dialog, and has the desk answer what it asks. Time stops meanwhile, but in the lecture, whose pieces stop by themselves.
pub(super) fn open_dialog(lab: Lab, selector: &str) {
    if !matches!(lab.route(), Route::Lecture(_)) {
        lab.pause();
    }
    if let Some(dialog) = find::<HtmlDialogElement>(selector) {
        let _ = dialog.show_modal();
    }
    desk::tell_in_dialog(lab);
}

/// Opens the table of keys and the settings.
pub(super) fn open_settings(lab: Lab) {
    settings::show();
    open_dialog(lab, "#settings");
}

fn close_dialog(selector: &str) {
    if let Some(dialog) = find::<HtmlDialogElement>(selector) {
        dialog.close();
    }
}

/// The whole screen, or the window again.
pub(super) fn toggle_full_screen() {
    if document().fullscreen_element().is_some() {
        document().exit_fullscreen();
    } else if let Some(root) = document().document_element() {
        let _ = root.request_fullscreen();
    }
}
