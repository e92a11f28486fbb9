//! The event log in plain words; a line about failed requests opens the cause chain of the first of them.

use leptos::prelude::*;

use super::lab::use_lab;
use crate::run::{Gravity, LogLine, log_lines};
use crate::sim::{cause, cure};

/// Facts that the log looks back over.
const FACTS: usize = 400;
/// Lines that it shows.
const LINES: usize = 60;

/// What happened, the newest first.
#[component]
pub(super) fn EventLog() -> impl IntoView {
    let lab = use_lab();
    let fact_count = Memo::new(move |_| lab.readout.with(|readout| readout.fact_count));
    let lines = Memo::new(move |_| {
        fact_count.track();
        let mut lines = lab.run.with_value(|run| log_lines(run.simulation().facts(), FACTS));
        lines.reverse();
        lines.truncate(LINES);
        lines
    });
    let key = |line: &LogLine| (line.at, line.text.clone());
    view! {
        <section id="event-log" aria-labelledby="event-log-title">
            <h2 id="event-log-title">"What happened"</h2>
            <Show
                when=move || lines.with(|lines| !lines.is_empty())
                fallback=|| view! { <p class="muted">"Nothing yet. All is well."</p> }
            >
                <ol reversed>
                    <For each=move || lines.get() key let(line)>
                        <Line line lines/>
                    </For>
                </ol>
            </Show>
        </section>
    }
}

#[component]
fn Line(
    /// The line as it first appeared.
    line: LogLine,
    /// All lines: its count grows.
    lines: Memo<Vec<LogLine>>,
) -> impl IntoView {
    let gravity = match line.gravity {
        Gravity::Good => "good",
        Gravity::Warning => "warning",
        Gravity::Bad => "bad",
    };
    let (at, request, text) = (line.at, line.request, line.text.clone());
    let count = Memo::new(move |_| {
        lines.with(|lines| lines.iter().find(|line| line.at == at && line.request == request).map_or(1, |line| line.count))
    });
    let and_more = move || match count.get() {
        0 | 1 => String::new(),
        2 => " And 1 more like it.".to_owned(),
        count => format!(" And {} more like it.", count - 1),
    };
    view! {
        <li data-gravity=gravity>
            <time>{line.at.clock()}</time>
            <span>
                {text}{and_more}
                {request.map(|request| view! { <Why request/> })}
            </span>
        </li>
    }
}

/// The cause chain of a request.
#[component]
fn Why(
    /// Its number.
    request: u64,
) -> impl IntoView {
    let lab = use_lab();
    let record = lab.run.with_value(|run| {
        run.simulation().records().find(|record| record.request == request).cloned()
    });
    record.map(|record| {
        view! {
            <details class="why">
                <summary>"Why?"</summary>
                <ol>{record.steps.iter().map(|step| view! { <li>{step.to_string()}</li> }).collect_view()}</ol>
                <p>"Cause: "{cause(&record)}"."</p>
                {cure(&record).map(|cure| view! { <p>"What would have changed it: "{cure}"."</p> })}
            </details>
        }
    })
}
