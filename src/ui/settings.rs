//! What a person has set for this device: theme, keys, motion. Kept here, and nowhere else.

use leptos::prelude::*;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

use super::bound::{find, set};
use super::deeds::chosen;
use super::lab::Lab;
use super::runs::{recall, remember};
use super::stage;

const THEME: &str = "foobar-lab/theme";
const KEYS: &str = "foobar-lab/keys";
const MOTION: &str = "foobar-lab/motion";
const ANNOUNCED: &str = "foobar-lab/announces";
/// The theme before the projector's.
const BEFORE: &str = "foobar-lab/theme-before";
/// The theme that a hall can read.
const HALL: &str = "projector";
/// The themes, the first as the device has it.
const THEMES: [&str; 4] = ["", "light", "dark", HALL];

/// Puts everything in force as it was set before.
pub(super) fn bring_back() {
    if let Some(theme) = recall(THEME).filter(|theme| THEMES.contains(&theme.as_str())) {
        show_theme(&theme);
    }
}

/// Shows in the dialog how things are set.
pub(super) fn show() {
    if let Some(select) = find::<HtmlSelectElement>("#theme") {
        select.set_value(&theme());
    }
    if let Some(select) = find::<HtmlSelectElement>("#announces") {
        select.set_value(&announces());
    }
    for (selector, is_on) in [("#hears-keys", hears_keys()), ("#moves", moves())] {
        if let Some(input) = find::<HtmlInputElement>(selector) {
            input.set_checked(is_on);
        }
    }
}

/// Something was changed in the dialog; whether it was.
pub(super) fn changed(id: &str) -> bool {
    let is_on =
        |id: &str| find::<HtmlInputElement>(&format!("#{id}")).is_some_and(|it| it.checked());
    let word = |is_on: bool| if is_on { "on" } else { "off" };
    match id {
        "theme" => set_theme(&chosen("#theme")),
        "announces" => remember(ANNOUNCED, &chosen("#announces")),
        "hears-keys" => remember(KEYS, word(is_on(id))),
        "moves" => remember(MOTION, word(is_on(id))),
        _ => return false,
    }
    true
}

/// Whether single keys are heard.
pub(super) fn hears_keys() -> bool {
    recall(KEYS).is_none_or(|word| word != "off")
}

/// Which changes are spoken: `important`, `off`, or all.
pub(super) fn announces() -> String {
    recall(ANNOUNCED).unwrap_or_default()
}

/// Whether requests move in the drawing: as it was set here, else as the device asks.
pub(super) fn moves() -> bool {
    match recall(MOTION).as_deref() {
        Some("on") => true,
        Some("off") => false,
        _ => {
            let query = window().match_media("(prefers-reduced-motion: reduce)");
            !query.ok().flatten().is_some_and(|query| query.matches())
        }
    }
}

fn root() -> Option<Element> {
    document().document_element()
}

fn theme() -> String {
    root().and_then(|root| root.get_attribute("data-theme")).unwrap_or_default()
}

/// The next theme.
pub(super) fn next_theme(lab: Lab) {
    let now = theme();
    let place = THEMES.iter().position(|theme| *theme == now).unwrap_or(0);
    set_theme(THEMES[(place + 1) % THEMES.len()]);
    stage::refit(lab);
}

/// The theme that a hall can read, or the one before it: high contrast is one key away from any other.
pub(super) fn turn_for_a_hall(lab: Lab) {
    let now = theme();
    if now == HALL {
        set_theme(&recall(BEFORE).unwrap_or_default());
    } else {
        remember(BEFORE, &now);
        set_theme(HALL);
    }
    stage::refit(lab);
}

fn set_theme(theme: &str) {
    remember(THEME, theme);
    show_theme(theme);
}

fn show_theme(theme: &str) {
    let Some(root) = root() else { return };
    if theme.is_empty() {
        let _ = root.remove_attribute("data-theme");
    } else {
        set(&root, "data-theme", theme);
    }
}
