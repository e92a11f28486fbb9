//! A run of the model as evidence: its figures, its events, and the command that makes it again.

use super::Evidence;
use super::block::{Block, Table};
use super::figures::{number, time};
use crate::kernel::small::fixed;

/// Events beyond these are counted, not listed.
const EVENTS_MAX: usize = 60;

/// The run, or how to make one.
pub(super) fn blocks(preset: &str, run: Option<&Evidence>) -> Vec<Block> {
    let Some(run) = run else {
        let preset = preset_option(preset);
        let command = format!("foobar-lab simulate{preset} --seed 1 --for 60s");
        let text = "No run is attached. Make one in the lab, or with this command; the same seed gives the same run:";
        return vec![Block::Paragraph(text.to_owned()), Block::Code(command)];
    };
    let mut blocks = vec![
        Block::Heading(3, "Figures".to_owned()),
        Block::Table(figures(preset, run)),
        Block::Heading(3, "What was done".to_owned()),
    ];
    blocks.push(if run.actions.is_empty() {
        Block::Paragraph("Nothing: the run was left alone.".to_owned())
    } else {
        Block::Steps(run.actions.clone())
    });
    blocks.push(Block::Heading(3, "What happened".to_owned()));
    blocks.push(if run.events.is_empty() {
        Block::Paragraph("No server, service or address changed its state.".to_owned())
    } else {
        Block::Table(events(run))
    });
    if run.events.len() > EVENTS_MAX {
        let more = run.events.len() - EVENTS_MAX;
        blocks.push(Block::Paragraph(format!("And {more} more; the command shows them all.")));
    }
    blocks.push(Block::Heading(3, "How to make it again".to_owned()));
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
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let name = Some(preset).filter(|name| name.chars().all(is_plain) && !name.starts_with('-'));
    name.map_or_else(String::new, |name| format!(" --preset {name}"))
}

fn figures(preset: &str, run: &Evidence) -> Table {
    let mut table = Table::new(&["Figure", "Value"]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("Plan", preset.to_owned());
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
        let value =
            value.map_or_else(|| "none ended".to_owned(), |ms| format!("{} ms", fixed(ms, 1)));
        row(&format!("Response time {name}"), value);
    }
    table
}

fn events(run: &Evidence) -> Table {
    let mut table = Table::new(&["Time", "Event"]);
    for (clock, text) in run.events.iter().take(EVENTS_MAX) {
        table.row([clock.clone(), text.clone()]);
    }
    table
}
