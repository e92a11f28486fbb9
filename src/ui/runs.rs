//! Runs that come and go: kept on the device, shared by link and file, opened from both. What comes in is checked by the library.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, HtmlInputElement, Storage};

use super::bound::{self, find};
use super::lab::Lab;
use super::{download, route::Route};
use crate::infra::Preset;
use crate::kernel::SimTime;
use crate::run::permalink::{self, Look, RUN_LINK};
use crate::run::{Run, kept};
use crate::sim::{History, Plan};

/// Where the run is kept with what can be taken back of it, and what could not be read, so that nothing is lost. Each tab keeps its own; this
/// device, what was kept last, with which a new tab begins.
const KEPT: &str = "foobar-lab/run";
const UNREAD: &str = "foobar-lab/run-unread";
/// The name of the file.
const FILE: &str = "foobar-lab-run.txt";

/// What is kept for this tab alone: it outlives a reload, and no other tab touches it.
fn of_tab() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn of_device() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn read(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok().flatten()
}

fn write(storage: Option<Storage>, key: &str, value: &str) {
    if let Some(storage) = storage {
        let _ = storage.set_item(key, value);
    }
}

/// A value kept on this device; `None` also where nothing may be kept.
pub(super) fn recall(key: &str) -> Option<String> {
    read(of_device(), key)
}

/// Keeps a value on this device, if it lets us.
pub(super) fn remember(key: &str, value: &str) {
    write(of_device(), key, value);
}

/// Keeps a text for this tab, and as the last one of this device. A tab in which nothing was done meanwhile leaves there what another has kept.
fn keep(key: &str, text: &str) {
    if read(of_tab(), key).as_deref() != Some(text) {
        write(of_tab(), key, text);
        remember(key, text);
    }
}

/// Keeps the lab's run.
pub(super) fn keep_now(lab: Lab) {
    if lab.route().is_in_lab()
        && let Some(text) = kept(lab)
    {
        keep(KEPT, &text);
    }
}

/// What is kept of the run.
pub(super) fn kept(lab: Lab) -> Option<String> {
    lab.with_run(|run| kept::write(run, &look(lab)))
}

/// How the lab looks at its run. Who follows a request has slowed time for a moment only.
fn look(lab: Lab) -> Look {
    lab.view.with_untracked(|view| {
        let before = view.followed.and_then(|followed| followed.before);
        let speed = before.unwrap_or(view.playback.speed);
        Look { chosen: view.selected.clone(), speed: Some(speed) }
    })
}

/// The end of a link with the lab's run, and how it is looked at.
fn end(lab: Lab) -> Option<String> {
    lab.with_run(|run| permalink::write_look(run, &look(lab)))
}

/// At the start: the run comes back that this tab has kept, or else the last one of this device.
pub(super) fn bring_back(lab: Lab) {
    if let Some(text) = read(of_tab(), KEPT).or_else(|| recall(KEPT)) {
        bring_back_text(lab, &text);
    }
    // What the tab begins with is no work of its own that would take the place of another's.
    if let Some(text) = kept(lab) {
        write(of_tab(), KEPT, &text);
    }
}

fn bring_back_text(lab: Lab, text: &str) {
    let (link, edits) = text.split_once('\n').unwrap_or((text, ""));
    match permalink::read(link, History::Recent) {
        // A run in which nothing has happened is the one that is there.
        Ok(run) if edits.is_empty() && is_untouched(&run) => {}
        Ok(mut run) => {
            let refused = kept::read_edits(&mut run, edits).err();
            lab.take_up(run);
            lab.tell(refused.map_or_else(
                || "Your last run is here again. \u{201c}Restart\u{201d} begins anew.".to_owned(),
                |error| {
                    keep(UNREAD, text);
                    format!(
                        "Your last run is here again, but nothing of it can be taken back: {error}."
                    )
                },
            ));
        }
        Err(error) => {
            keep(UNREAD, text);
            lab.tell(format!("Your last run could not be opened and is set aside: {error}."));
        }
    }
    lab.look_as(permalink::look(link));
}

fn is_untouched(run: &Run) -> bool {
    run.now().as_ns() == 0 && run.all_actions().is_empty() && is_default(run)
}

fn is_default(run: &Run) -> bool {
    run.plan().infrastructure.name == Preset::Brief.name() && run.plan().edits.is_empty()
}

/// Opens what a link's end holds; what is there stays if it holds nothing.
pub(super) fn open(lab: Lab, fragment: &str) {
    match permalink::read(fragment, History::Recent) {
        Ok(run) => {
            lab.replace(run.plan().clone(), run.all_actions().to_vec(), run.now());
            lab.look_as(permalink::look(fragment));
            lab.tell("This is the run that the link holds. Play goes on from here.".to_owned());
            // A reload shall open the work that follows, not the link again.
            if let Ok(history) = window().history() {
                let place = Route::Lab.fragment();
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&place));
            }
        }
        Err(error) => lab.tell(format!("The link was not opened: {error}.")),
    }
}

/// Another infrastructure, from its start, which is said.
pub(super) fn choose_preset(lab: Lab, name: &str) {
    let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.name() == name) else { return };
    let workload = lab.with_run(|run| run.plan().workload);
    lab.replace(
        Plan { workload, ..Plan::new(preset.infrastructure(), 1) },
        Vec::new(),
        SimTime::ZERO,
    );
    lab.tell("Another infrastructure: its run begins anew; Undo takes it back.".to_owned());
}

/// The address of this page with the run in it.
fn link(lab: Lab) -> String {
    let link = end(lab).unwrap_or_default();
    let page = window().location().href().unwrap_or_default();
    format!("{}#{link}", page.split('#').next().unwrap_or_default())
}

/// Shows the link, chosen whole, so that any way of copying takes it.
pub(super) fn show_link(lab: Lab) {
    if let Some(input) = find::<HtmlInputElement>("#run-link") {
        // An exercise and a step of the lecture have an address of their own.
        let own = (!lab.route().is_in_lab()).then(|| window().location().href().ok()).flatten();
        input.set_value(&own.unwrap_or_else(|| link(lab)));
        input.select();
    }
    said("");
}

/// Copies a text, and does something when the browser has done that, or has not let it.
pub(super) fn copy(text: &str, then: Box<dyn FnOnce(bool)>) {
    let copying = window().navigator().clipboard().write_text(text);
    spawn_local(async move { then(JsFuture::from(copying).await.is_ok()) });
}

/// Copies the link; where the browser refuses, it stays chosen.
pub(super) fn copy_link() {
    let Some(input) = find::<HtmlInputElement>("#run-link") else { return };
    input.select();
    let then = |is_copied| {
        said(if is_copied {
            "Copied."
        } else {
            "The browser does not let this page copy. The link is chosen: copy it by hand."
        });
    };
    copy(&input.value(), Box::new(then));
}

/// Saves the run as a file: the end of its link.
pub(super) fn save(lab: Lab) {
    if let Some(link) = end(lab) {
        download::text(lab, FILE, &format!("{link}\n"));
        said("Saved.");
    }
}

/// Opens a chosen file.
pub(super) fn open_file(lab: Lab, input: &HtmlInputElement) {
    let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
    let name = file.name();
    // A run is some hundreds of bytes, a diagram that keeps one some ten thousands: a larger file is not read at all.
    if file.size() > permalink::LONGEST_LINK as f64 * 5.0 {
        said(&format!("{name} is too large to be a run."));
        return;
    }
    let reading = file.text();
    spawn_local(async move {
        let text = JsFuture::from(reading).await.ok().and_then(|text| text.as_string());
        let text = text.unwrap_or_default();
        let link = permalink::within(&text);
        match permalink::read(link, History::Recent) {
            Ok(run) => {
                // At once: until the address is followed an exercise would have the stage, and what is opened would go with it.
                lab.to_lab();
                Route::Lab.go();
                lab.replace(run.plan().clone(), run.all_actions().to_vec(), run.now());
                lab.look_as(permalink::look(link));
                said(&format!("{name} is open."));
            }
            Err(error) => {
                let why = permalink::file_refused(&text, &error);
                said(&format!("{name} was not opened: {why}"));
            }
        }
    });
}

fn said(text: &str) {
    if let Some(place) = find::<web_sys::Element>("#share-said") {
        place.set_text_content(Some(text));
    }
}

/// Keeps the run when the page is left.
pub(super) fn keep_when_left(lab: Lab) {
    bound::listen("pagehide", move |_| keep_now(lab));
}

/// Whether a fragment holds a run.
pub(super) fn is_run(fragment: &str) -> bool {
    fragment.trim_start_matches('#').starts_with(&RUN_LINK[..4])
}

/// The value of an input that was changed, if it is that one.
pub(super) fn chosen_file(event: &Event) -> Option<HtmlInputElement> {
    let target = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    (target.id() == "open-run").then_some(target)
}
