//! The event log: the newest line first, each put into the page once. A line about failed requests opens the cause chain of
//! the first of them, which the desk tells.

use leptos::prelude::*;
use web_sys::Element;

use super::bound::{find, for_each, set, toggle};
use super::lab::Lab;
use super::{deeds, desk};
use crate::page;
use crate::run::{LogLine, log_lines};

/// Lines that it shows.
const LINES: u32 = 60;

/// Keeps the log current.
pub(super) fn keep_current(lab: Lab) {
    Effect::new(move |before: Option<((usize, u32), Vec<LogLine>)>| {
        lab.history.track();
        let fact_count = lab.readout.with_untracked(|readout| readout.fact_count);
        let generation = lab.layout_generation.get();
        let before = before.unwrap_or_default();
        if before.0 == (fact_count, generation) {
            return before;
        }
        let lines = lab.with_run(|run| log_lines(run.simulation().facts(), LINES as usize));
        if let Some(list) = find::<Element>("#event-log ol") {
            bring_up_to_date(&list, &before.1, &lines);
        }
        for_each("#event-log .empty", |hint| toggle(hint, "hidden", fact_count > 0));
        ((fact_count, generation), lines)
    });
}

/// Shows the lines that were picked, which the desk knows, or all.
pub(super) fn pick(lab: Lab) {
    let picked = deeds::chosen("#log-pick");
    for_each("#event-log > ol", |list| toggle(list, "hidden", !picked.is_empty()));
    // Other lines come: what is unfolded in these does not keep them.
    for_each("#log-picked > ol", |list| {
        list.set_inner_html("");
        let _ = list.remove_attribute(desk::SAID);
    });
    for_each("#log-picked", |place| {
        toggle(place, "hidden", picked.is_empty());
        if picked.is_empty() {
            let _ = place.remove_attribute("data-ask");
        } else {
            set(place, "data-about", &about(lab));
            set(place, "data-ask", "log");
        }
    });
    desk::refresh(lab, false);
}

/// What is picked, as the desk is asked for it.
pub(super) fn about(lab: Lab) -> String {
    let machine = lab.view.with_untracked(|view| view.selected.clone()).unwrap_or_default();
    format!("{} {machine}", deeds::chosen("#log-pick"))
}

/// Puts in the lines that are new and the counts that grew; begins anew if the past has changed.
fn bring_up_to_date(list: &Element, before: &[LogLine], lines: &[LogLine]) {
    let is_same = |old: &LogLine, new: &LogLine| old.at == new.at && old.text == new.text;
    // Lines fall out of sight at the old end: what is left of the old ones must be at the head of the new ones.
    let dropped = lines.first().map_or(before.len(), |first| {
        before.iter().position(|line| is_same(line, first)).unwrap_or(before.len())
    });
    let kept = &before[dropped..];
    let goes_on = !kept.is_empty()
        && kept.len() <= lines.len()
        && kept.iter().zip(lines).all(|(old, new)| is_same(old, new));
    let fresh_from = if goes_on { kept.len() } else { 0 };
    if !goes_on {
        list.set_inner_html("");
    }
    for (index, line) in lines[..fresh_from].iter().enumerate() {
        if line.count != kept[index].count {
            show_count(list, fresh_from - 1 - index, line);
        }
    }
    for line in &lines[fresh_from..] {
        let _ = list.insert_adjacent_html("afterbegin", &page::line(line));
        show_count(list, 0, line);
    }
    while list.child_element_count() > LINES {
        if let Some(last) = list.last_element_child() {
            last.remove();
        }
    }
}

/// How many more facts a line stands for.
fn show_count(list: &Element, place: usize, line: &LogLine) {
    let shown = list.children().item(place as u32);
    let more = shown.and_then(|shown| shown.query_selector(".more").ok().flatten());
    if let Some(more) = more
        && line.count > 1
    {
        more.set_text_content(Some(&format!(" And {} more like it.", line.count - 1)));
    }
}
