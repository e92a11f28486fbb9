//! Changes of state, spoken politely: coalesced, at most one message in three seconds, never a metric.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::bound::for_each;
use super::lab::Lab;
use super::settings;
use crate::page;
use crate::run::{is_announced, is_important};
use crate::sim::Fact;

/// Milliseconds of quiet between two messages.
const QUIET_MS: u32 = 3_000;

/// Speaks what is new.
pub(super) fn keep_current(lab: Lab) {
    let told = Rc::new(Cell::new(0_usize));
    let waiting: Rc<RefCell<Option<Timeout>>> = Rc::default();
    Effect::new(move |_| {
        let count = lab.readout.with(|readout| readout.fact_count);
        if count < told.get() {
            told.set(count);
        }
        if count > told.get() && waiting.borrow().is_none() {
            let (told, after) = (told.clone(), waiting.clone());
            let speak = move || {
                after.borrow_mut().take();
                speak_since(lab, &told);
            };
            *waiting.borrow_mut() = Some(Timeout::new(QUIET_MS, speak));
        }
    });
}

fn speak_since(lab: Lab, told: &Cell<usize>) {
    let news: Vec<String> = lab.with_run(|run| {
        let facts = run.simulation().facts();
        let fresh = facts.get(told.get()..).unwrap_or_default();
        told.set(facts.len());
        let spoken = settings::announces();
        let is_spoken = |fact: &&Fact| match spoken.as_str() {
            "off" => false,
            "important" => is_important(&fact.kind),
            _ => is_announced(&fact.kind),
        };
        fresh.iter().filter(is_spoken).map(ToString::to_string).collect()
    });
    if !news.is_empty() {
        for_each("#announcer", |region| region.set_text_content(Some(&page::spoken(&news))));
    }
}
