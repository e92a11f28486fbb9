//! Runs of the model as evidence: of each its figures, its events, and the command that makes it again.

use super::Evidence;
use super::block::{Block, Table};
use super::figures::{number, time};
use crate::kernel::small::fixed;

/// Events beyond these are counted, not listed.
const EVENTS_MAX: usize = 60;

/// The runs, or how to make one.
pub(super) fn blocks(preset: &str, runs: &[Evidence]) -> Vec<Block> {
    match runs {
        [] => {
            let preset = preset_option(preset);
            let command = format!("foobar-lab simulate{preset} --seed 1 --for 60s");
            let text = "No run is attached. Make one in the lab, or with this command; the same seed gives the same run:";
            vec![Block::Paragraph(text.to_owned()), Block::Code(command)]
        }
        [run] => {
            let titles = ["Figures", "What was done", "What happened", "How to make it again"];
            told(run, titles.map(|title| Block::Heading(3, title.to_owned())))
        }
        runs => several(runs),
    }
}

/// Several runs: first all of them side by side, then each by itself.
fn several(runs: &[Evidence]) -> Vec<Block> {
    let mut blocks = vec![Block::Table(side_by_side(runs))];
    for (run, number) in runs.iter().zip(1..) {
        blocks.push(Block::Heading(3, format!("Run {number}")));
        let titles = [
            format!("Figures of run {number}"),
            format!("What was done in run {number}"),
            format!("What happened in run {number}"),
            format!("How to make run {number} again"),
        ];
        blocks.extend(told(run, titles.map(|title| Block::Heading(4, title))));
    }
    blocks
}

fn side_by_side(runs: &[Evidence]) -> Table {
    let head = ["Run", "Plan", "Seed", "Duration", "Answered well", "Failed", "Response time p95"];
    let mut table = Table::new(&head);
    for (run, number) in runs.iter().zip(1..) {
        table.row([
            format!("Run {number}"),
            run.plan.clone(),
            run.seed.to_string(),
            time(run.duration),
            run.ok.to_string(),
            run.failed.to_string(),
            milliseconds(run.p95_ms),
        ]);
    }
    table
}

/// One run under these headings: its figures, what was done, what happened, how to make it again.
fn told(run: &Evidence, [of_figures, of_deeds, of_events, of_command]: [Block; 4]) -> Vec<Block> {
    let mut blocks = vec![of_figures, Block::Table(figures(run)), of_deeds];
    blocks.push(if run.actions.is_empty() {
        Block::Paragraph("Nothing: the run was left alone.".to_owned())
    } else {
        Block::Steps(run.actions.clone())
    });
    blocks.push(of_events);
    blocks.push(if run.events.is_empty() {
        Block::Paragraph("No server, service or address changed its state.".to_owned())
    } else {
        Block::Table(events(run))
    });
    if run.events.len() > EVENTS_MAX {
        let more = run.events.len() - EVENTS_MAX;
        blocks.push(Block::Paragraph(format!("And {more} more; the command shows them all.")));
    }
    blocks.push(of_command);
    blocks.push(Block::Paragraph(format!(
        "The same command gives the same run, to the bit. Its digest of every fact and outcome is {}.",
        run.hash
    )));
    blocks.push(Block::Code(run.command.clone()));
    blocks
}

/// The option that names a preset. The name may have come with somebody's link: only what a shell takes literally goes
/// into a command.
pub(super) fn preset_option(preset: &str) -> String {
    if is_plain(preset, "-") { format!(" --preset {preset}") } else { String::new() }
}

/// The option that kills a machine; a name that a shell would not take literally is left for the reader to write.
pub(super) fn kill_option(host: &str) -> String {
    format!("--kill {}@20s", if is_plain(host, "-_.") { host } else { "HOST" })
}

/// Whether a name is only a word, to a shell and to the program: letters, digits and these signs.
fn is_plain(name: &str, signs: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    name.chars().all(fits) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn figures(run: &Evidence) -> Table {
    let mut table = Table::new(&["Figure", "Value"]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("Plan", run.plan.clone());
    row("Seed", run.seed.to_string());
    row("Requests a second", number(run.rate));
    row("Duration", time(run.duration));
    row("Requests issued", run.issued.to_string());
    row("Answered well", run.ok.to_string());
    row("Failed", run.failed.to_string());
    row("Still under way", run.in_flight.to_string());
    let ended = run.ok + run.failed;
    if ended > 0 {
        row(
            "Answered well, of those ended",
            format!("{} %", fixed(run.ok as f64 / ended as f64 * 100.0, 2)),
        );
    }
    for (outcome, count) in &run.outcomes {
        row(&format!("Outcome: {outcome}"), count.to_string());
    }
    for (name, value) in [("p50", run.p50_ms), ("p95", run.p95_ms), ("p99", run.p99_ms)] {
        row(&format!("Response time {name}"), milliseconds(value));
    }
    table
}

fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "none ended".to_owned(), |ms| format!("{} ms", fixed(ms, 1)))
}

fn events(run: &Evidence) -> Table {
    let mut table = Table::new(&["Time", "Event"]);
    for (clock, text) in run.events.iter().take(EVENTS_MAX) {
        table.row([clock.clone(), text.clone()]);
    }
    table
}
