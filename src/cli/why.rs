//! `foobar-lab why`: the chain of causes of one request.

use std::io::Write;

use serde_json::{Value, json};

use super::arguments::{Format, Why as Arguments};
use super::commands::Failure;
use super::experiment::Ordered;
use crate::kernel::SimTime;
use crate::run::{Choice, Why};
use crate::sim::{ServerView, Step, cause, cure, method};

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
        let Some(Choice { rule, candidates, turns }) = &moment.choice else { continue };
        writeln!(out, "             {rule}")?;
        if turns.len() > 1 {
            writeln!(out, "             in turn: {}", turns.join(", "))?;
        }
        for view in candidates {
            let mark = if is_chosen(&moment.step, view) { "->" } else { "  " };
            let ServerView { name, weight, served, queued, .. } = view;
            let status = view.status_word();
            writeln!(
                out,
                "          {mark} {name:<10} {status:<10} weight {weight}, works on {served}, {queued} wait for it"
            )?;
        }
    }
    writeln!(out, "{}  the end: {}", record.ended_at.clock(), record.outcome)?;
    if !record.outcome.is_ok() {
        writeln!(out, "cause: {}", cause(record))?;
    }
    if let Some(cure) = cure(record) {
        writeln!(out, "what would have changed it: {cure}")?;
    }
    Ok(())
}

fn is_chosen(step: &Step, view: &ServerView) -> bool {
    matches!(step, Step::Picked { server, .. } if *server == view.name)
}

fn as_json(why: &Why) -> Value {
    let record = &why.record;
    let candidate = |step: &Step, view: &ServerView| {
        json!({
            "server": view.name,
            "status": view.status_word(),
            "weight": view.weight,
            "served": view.served,
            "queued": view.queued,
            "chosen": is_chosen(step, view),
        })
    };
    let moments = why.moments.iter().map(|moment| {
        let choice = moment.choice.as_ref().map(|choice| {
            let candidates = choice.candidates.iter();
            let candidates: Vec<Value> =
                candidates.map(|view| candidate(&moment.step, view)).collect();
            json!({ "rule": choice.rule, "candidates": candidates, "turns": choice.turns })
        });
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
        "cause": (!record.outcome.is_ok()).then(|| cause(record)),
        "cure": cure(record),
    })
}
