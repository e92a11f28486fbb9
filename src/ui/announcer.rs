//! Changes of state, spoken politely: coalesced, at most one message in three seconds, never a metric.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::lab::use_lab;
use crate::run::is_announced;

/// Milliseconds of quiet between two messages.
const QUIET_MS: u32 = 3_000;
/// Sentences in one message; what is more is told as a number.
const SENTENCES: usize = 3;

/// The live region; empty at load.
#[component]
pub(super) fn Announcer() -> impl IntoView {
    let lab = use_lab();
    let message = RwSignal::new(String::new());
    let fact_count = Memo::new(move |_| lab.readout.with(|readout| readout.fact_count));
    let told = Rc::new(Cell::new(0_usize));
    let waiting: Rc<RefCell<Option<Timeout>>> = Rc::default();
    let speak = {
        let (told, waiting) = (told.clone(), waiting.clone());
        move || {
            waiting.borrow_mut().take();
            let from = told.get();
            let news = lab.run.try_with_value(|run| {
                let facts = run.simulation().facts();
                told.set(facts.len());
                let fresh = facts.get(from..).unwrap_or_default();
                fresh
                    .iter()
                    .filter(|fact| is_announced(&fact.kind))
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
            });
            if let Some(news) = news.filter(|news| !news.is_empty()) {
                message.set(summary(&news));
            }
        }
    };
    Effect::new(move |_| {
        let count = fact_count.get();
        if count < told.get() {
            told.set(count);
        }
        if count > told.get() && waiting.borrow().is_none() {
            *waiting.borrow_mut() = Some(Timeout::new(QUIET_MS, speak.clone()));
        }
    });
    view! {
        <p id="announcer" class="visually-hidden" role="status">{message}</p>
        <p id="app-failure" role="alert" hidden>
            "The live lab stopped because of an error in it. Reload the page to start again; your saved files are not touched."
        </p>
    }
}

fn summary(news: &[String]) -> String {
    let mut text = news[..news.len().min(SENTENCES)].join(" ");
    if news.len() > SENTENCES {
        text.push_str(&format!(" And {} more changes.", news.len() - SENTENCES));
    }
    text
}
