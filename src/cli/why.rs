//! `foobar-lab why`: the chain of causes of one request.

use std::io::Write;

use serde_json::{Value, json};

use super::arguments::{Format, Why as Arguments};
use super::commands::Failure;
use super::experiment::Ordered;
use crate::kernel::SimTime;
use crate::kernel::small::decimal;
use crate::run::{Choice, Why};
use crate::sim::{Explained, ServerView, Spent, Step, method};

/// Tells why.
pub(super) fn why(arguments: &Arguments) -> Result<(), Failure> {
    let Ordered { plan, actions, until } = arguments.experiment.ordered()?;
    let why = Why::of(plan, actions, arguments.request, until)?;
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&as_json(&why))?)?,
        Format::Text => write_text(&mut out, &why)?,
    }
    Ok(())
}

fn write_text(out: &mut impl Write, why: &Why) -> std::io::Result<()> {
    let record = &why.record;
    let seconds = record.response_time().as_secs_f64();
    writeln!(
        out,
        "request {}, {} {}: {} after {seconds:.3} s",
        record.request,
        method(record.path),
        record.path,
        record.outcome
    )?;
    for moment in &why.moments {
        writeln!(out, "{}  {}", moment.at.clock(), moment.step)?;
        if let Some(choice) = &moment.choice {
            write_choice(out, &moment.step, choice)?;
        }
    }
    writeln!(out, "{}  the end: {}", record.ended_at.clock(), record.outcome)?;
    let Explained { cause, cure, usual, spent, .. } = &why.explained;
    for Spent { on, place, takes, usual } in spent {
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        let (takes, usual) = (decimal(takes.as_ms_f64(), 1), decimal(usual.as_ms_f64(), 1));
        writeln!(out, "{takes:>13} ms {on}{place}, usually {usual} ms")?;
    }
    let (took, usual) =
        (decimal(record.response_time().as_ms_f64(), 1), decimal(usual.as_ms_f64(), 1));
    writeln!(out, "{took:>13} ms together, usually {usual} ms")?;
    if let Some(cause) = cause {
        writeln!(out, "cause: {cause}")?;
    }
    if let Some(cure) = cure {
        writeln!(out, "what would have changed it: {cure}")?;
    }
    Ok(())
}

fn write_choice(out: &mut impl Write, step: &Step, choice: &Choice) -> std::io::Result<()> {
    let Choice { rule, notes, candidates, figures, turns } = choice;
    for line in std::iter::once(rule).chain(notes) {
        writeln!(out, "             {line}")?;
    }
    if turns.len() > 1 {
        writeln!(out, "             in turn: {}", turns.join(", "))?;
    }
    for (name, figure) in figures {
        let mark = if chosen(step) == Some(name) { "->" } else { "  " };
        let view = candidates.iter().find(|view| view.name == *name);
        let seen = view.map_or_else(String::new, |view| {
            let ServerView { weight, served, queued, .. } = view;
            let status = view.status_word();
            format!("{status:<10} weight {weight}, works on {served}, {queued} wait for it; ")
        });
        writeln!(out, "          {mark} {name:<10} {seen}{figure}")?;
    }
    Ok(())
}

/// The server that a step chose.
fn chosen(step: &Step) -> Option<&String> {
    match step {
        Step::Picked { server, .. } | Step::PassedOn { server, .. } => Some(server),
        _ => None,
    }
}

fn as_json(why: &Why) -> Value {
    let record = &why.record;
    let moments = why.moments.iter().map(|moment| {
        let choice = moment.choice.as_ref().map(|choice| choice_as_json(&moment.step, choice));
        json!({ "at_ms": moment.at.since(SimTime::ZERO).as_ms_f64(), "text": moment.step.to_string(), "choice": choice })
    });
    json!({
        "request": record.request,
        "path": record.path,
        "started_ms": record.started_at.since(SimTime::ZERO).as_ms_f64(),
        "ended_ms": record.ended_at.since(SimTime::ZERO).as_ms_f64(),
        "outcome": record.outcome.to_string(),
        "ok": record.outcome.is_ok(),
        "steps": moments.collect::<Vec<_>>(),
        "slow": why.explained.is_slow,
        "usual_ms": why.explained.usual.as_ms_f64(),
        "spent": why.explained.spent.iter().map(spent_as_json).collect::<Vec<_>>(),
        "cause": why.explained.cause,
        "cure": why.explained.cure,
    })
}

fn spent_as_json(spent: &Spent) -> Value {
    json!({
        "on": spent.on.to_string(),
        "place": spent.place,
        "ms": spent.takes.as_ms_f64(),
        "usual_ms": spent.usual.as_ms_f64(),
    })
}

/// The candidates with what the balancer sees of them; of an Nginx, which sees nothing but its figures, with those alone.
fn choice_as_json(step: &Step, choice: &Choice) -> Value {
    let candidates = choice.figures.iter().map(|(name, figure)| {
        let view = choice.candidates.iter().find(|view| view.name == *name);
        json!({
            "server": name,
            "status": view.map(ServerView::status_word),
            "weight": view.map(|view| view.weight),
            "served": view.map(|view| view.served),
            "queued": view.map(|view| view.queued),
            "figures": figure,
            "chosen": chosen(step) == Some(name),
        })
    });
    json!({
        "rule": choice.rule,
        "notes": choice.notes,
        "candidates": candidates.collect::<Vec<_>>(),
        "turns": choice.turns,
    })
}
