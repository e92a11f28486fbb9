//! Questions to the desk: a worker beside the page, started when something is first asked, with the run as a link holds it. What names a
//! question in the page (`data-ask`) has its answer put in while it is open.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Function, Promise};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, Event, HtmlInputElement, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::bound::{self, find, set};
use super::lab::Lab;
use super::{download, runs};
use crate::run::permalink;
use crate::sim::Action;

/// The worker and the questions that wait for their answer: the number of each, and what to call with the answer or the refusal.
struct Desk {
    worker: Worker,
    asked: u32,
    waiting: Vec<(u32, [Function; 2])>,
}

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
    static COURSE: Cell<u32> = const { Cell::new(0) };
}

/// The run stands elsewhere now than time alone would have brought it: what is on its way from the desk is of a state that is gone.
pub(super) fn leave_course() {
    COURSE.set(COURSE.get().wrapping_add(1));
}

/// Which course the run is on: an answer to what was asked on another is not shown.
pub(super) fn course() -> u32 {
    COURSE.get()
}

/// The answer to a question (see [`crate::desk::Desk::answer`], and `file` there if it has four parts); the refusal in words.
pub(super) async fn ask(question: &[JsValue]) -> Result<JsValue, String> {
    let promise = Promise::new(&mut |resolve, reject| {
        let sent = DESK.with_borrow_mut(|desk| {
            if desk.is_none() {
                *desk = Some(Desk { worker: start()?, asked: 0, waiting: Vec::new() });
            }
            let Some(desk) = desk else { return Ok(()) };
            desk.asked += 1;
            let message = Array::of1(&desk.asked.into());
            for part in question {
                message.push(part);
            }
            desk.worker.post_message(&message)?;
            desk.waiting.push((desk.asked, [resolve, reject.clone()]));
            Ok::<(), JsValue>(())
        });
        if let Err(error) = sent {
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    let answer = JsFuture::from(promise).await;
    answer.map_err(|error| error.as_string().unwrap_or_else(|| NOT_THERE.to_owned()))
}

const NOT_THERE: &str =
    "this part of the lab could not be loaded. Check the connection, then try again";

fn start() -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options("desk-worker.js", &options)?;
    let heard = Closure::<dyn FnMut(Event)>::new(|event: Event| {
        let answer = event.dyn_into::<MessageEvent>().map(|message| message.data());
        DESK.with_borrow_mut(|desk| heard(desk, answer.ok().map(JsCast::unchecked_into)));
    });
    for name in ["message", "error"] {
        worker.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref())?;
    }
    heard.forget();
    Ok(worker)
}

/// An answer goes to who asked; how far a file is, to who looks at it. If the worker cannot be, everybody is refused, and the next question starts another.
fn heard(desk: &mut Option<Desk>, answer: Option<Array>) {
    let Some(answer) = answer else {
        for (_, [_, reject]) in desk.take().into_iter().flat_map(|desk| desk.waiting) {
            let _ = reject.call1(&JsValue::NULL, &NOT_THERE.into());
        }
        return;
    };
    let Some(desk) = desk else { return };
    if let Some(done) = answer.get(3).as_string() {
        download::progress(&done, &answer.get(2).as_string().unwrap_or_default());
        return;
    }
    let number = answer.get(0).as_f64();
    let place = desk.waiting.iter().position(|(asked, _)| Some(f64::from(*asked)) == number);
    if let Some(place) = place {
        let (_, [resolve, reject]) = desk.waiting.remove(place);
        let then = if answer.get(1).is_truthy() { resolve } else { reject };
        let _ = then.call1(&JsValue::NULL, &answer.get(2));
    }
}

/// Asks a question about the run as it stands, and does something with the answer in words.
pub(super) fn ask_then(
    lab: Lab,
    kind: &str,
    about: &str,
    then: impl FnOnce(Result<String, String>) + 'static,
) {
    let question = [kind.into(), link(lab).into(), about.into()];
    then_do(question, Box::new(then));
}

/// Once for all that is done with answers, which keeps the program small.
fn then_do(question: [JsValue; 3], then: Box<dyn FnOnce(Result<String, String>)>) {
    spawn_local(async move {
        let answer = ask(&question).await;
        then(answer.map(|answer| answer.as_string().unwrap_or_default()));
    });
}

/// The run as a question carries it.
pub(super) fn link(lab: Lab) -> String {
    lab.with_run(permalink::write).unwrap_or_default()
}

/// Has every open question in the page answered anew; those about what time does not change only if it `is_all`.
pub(super) fn refresh(lab: Lab, is_all: bool) {
    bound::for_each(":is(details[open], div)[data-ask]", |place| {
        let kind = place.get_attribute("data-ask").unwrap_or_default();
        let goes_on = [
            "charts",
            "status",
            "statistics",
            "part",
            "traffic",
            "links",
            "partition",
            "log",
            "directives",
            "sizes",
        ];
        let is_asked = is_all || goes_on.contains(&kind.as_str());
        if is_asked && place.has_attribute("aria-busy") {
            set(place, AGAIN, "");
        } else if is_asked {
            fill(lab, place.clone(), kind);
        }
    });
}

/// Has what the open dialog tells (`data-tells`, a question as in `data-ask`) answered: once, since the run changes nothing in it.
pub(super) fn tell_in_dialog(lab: Lab) {
    bound::for_each("dialog[open] [data-tells]", |place| {
        fill(lab, place.clone(), place.get_attribute("data-tells").unwrap_or_default());
    });
}

/// Of an answer: its markup as it came.
pub(super) const SAID: &str = "data-said";

/// Of a question that is to be asked again once it is answered: the run has gone on meanwhile.
const AGAIN: &str = "data-again";

fn fill(lab: Lab, place: Element, kind: String) {
    set(&place, "aria-busy", "true");
    let mut about = place.get_attribute("data-about").unwrap_or_default();
    if kind == "compare" && about.is_empty() {
        // What was before the last change stands in what is kept of the run.
        about = runs::kept(lab).unwrap_or_default();
    }
    let asked_on = course();
    ask_then(lab, &kind.clone(), &about, move |answer| {
        let _ = place.remove_attribute("aria-busy");
        let is_late = course() != asked_on;
        if let Ok(Some(shown)) = place.query_selector(".answer")
            && !is_late
        {
            match answer {
                // What is the same stays, with the button that is just being pressed.
                // Nor is taken away why something happened while it is being read.
                Ok(markup)
                    if (matches!(
                        kind.as_str(),
                        "part" | "partition" | "log" | "directives" | "sizes"
                    ) && shown.get_attribute(SAID).as_ref() == Some(&markup))
                        || kind == "log" && has_open(&shown) => {}
                Ok(markup) => {
                    bound::refill(&shown, &markup);
                    set(&shown, SAID, &markup);
                    if kind == "directives" {
                        lab.new_markup();
                    }
                }
                Err(error) => {
                    let _ = shown.remove_attribute(SAID);
                    shown.set_text_content(Some(&format!("Not answered: {error}.")));
                }
            }
        }
        if is_late || place.has_attribute(AGAIN) {
            let _ = place.remove_attribute(AGAIN);
            fill(lab, place, kind);
        }
    });
}

/// Whether something is unfolded in it.
fn has_open(element: &Element) -> bool {
    element.query_selector("details[open]").is_ok_and(|open| open.is_some())
}

/// Tells which event has just happened, unless another has when the answer comes, or time passes again.
pub(super) fn tell_event(lab: Lab) {
    let last = move || lab.with_run(|run| run.simulation().last_event_at());
    let at = last();
    ask_then(lab, "event", &at.to_string(), move |answer| {
        let is_playing = lab.view.with_untracked(|view| view.playback.is_playing);
        let place = find::<Element>("#event").filter(|_| last() == at && !is_playing);
        if let (Some(place), Ok(told)) = (place, answer) {
            place.set_text_content(Some(&told));
        }
    });
}

/// What the terminal says in place of an answer that comes too late.
const LATE: &str = "Not done: the run has changed meanwhile. Type it again.";

/// A line was typed into the terminal.
pub(super) fn typed(lab: Lab, line: String) {
    if let Some(input) = find::<HtmlInputElement>("#terminal-line") {
        input.set_value("");
        let _ = input.remove_attribute(BACK);
    }
    let asked_on = course();
    ask_then(lab, "terminal", &line.clone(), move |answer| {
        // An action that was meant for another state is not done to this one.
        let answer = if course() == asked_on {
            answer.map_err(|error| format!("Not answered: {error}."))
        } else {
            Err(LATE.to_owned())
        };
        let (action, text) = match &answer {
            Ok(answer) => answer.split_once('\n').unwrap_or((answer, "")),
            Err(error) => ("", error.as_str()),
        };
        if let Some(output) = find::<Element>("#terminal-output") {
            let end = if text.is_empty() { "" } else { "\n" };
            let before = output.text_content().unwrap_or_default();
            // A screenful of lines, as a terminal keeps some.
            let whole = format!("{before}$ {line}\n{text}{end}");
            let from = whole.len().saturating_sub(20_000);
            let from = (from..whole.len()).find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
            output.set_text_content(Some(&whole[from..]));
            output.set_scroll_top(output.scroll_height());
        }
        if let Ok(action) = action.parse::<Action>() {
            lab.act(action);
        }
    });
}

/// Of the terminal's field: how many lines back it has gone.
const BACK: &str = "data-back";

/// Puts a line that was typed before into the terminal's field, or the one after that; whether there was one to go to.
pub(super) fn recall_line(is_back: bool) -> bool {
    let (Some(output), Some(input)) =
        (find::<Element>("#terminal-output"), find::<HtmlInputElement>("#terminal-line"))
    else {
        return false;
    };
    let text = output.text_content().unwrap_or_default();
    let typed: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    let back = input.get_attribute(BACK).and_then(|back| back.parse::<usize>().ok()).unwrap_or(0);
    if back == 0 && (!is_back || typed.is_empty()) {
        return false;
    }
    let back = if is_back { (back + 1).min(typed.len()) } else { back - 1 };
    set(&input, BACK, &back.to_string());
    let line = if back == 0 { None } else { typed.get(typed.len().saturating_sub(back)) };
    input.set_value(line.copied().unwrap_or_default());
    true
}

/// Offers what the word that is being typed may become.
pub(super) fn complete(lab: Lab, line: String) {
    let asked_on = course();
    ask_then(lab, "complete", &line.clone(), move |answer| {
        if course() != asked_on {
            return;
        }
        let begun = line.rsplit(char::is_whitespace).next().unwrap_or("").len();
        let kept = &line[..line.len() - begun];
        let options = answer.unwrap_or_default();
        let options = options.lines().map(|word| {
            format!(
                "<option value=\"{}\"></option>",
                crate::submission::escape_html(&format!("{kept}{word}"))
            )
        });
        bound::put("#terminal-words", &options.collect::<String>());
    });
}
