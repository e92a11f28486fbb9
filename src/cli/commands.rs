//! What is done.

#![allow(
    clippy::disallowed_types,
    reason = "a face may read the wall clock: it tells how long the computation took"
)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use super::arguments::{Arguments, Command, Format, Prerender, Simulate, WritePlan};
use super::experiment::Ordered;
use super::plan_file::{PlanFile, PlanFileError};
use crate::config::haproxy_cfg::{ConfigError, MOST_BYTES, read, site};
use crate::infra::{EditError, Infrastructure, Invalid, Preset};
use crate::replay::TraceError;
use crate::run::{Report, Run, SELF_CHECKS, log_lines};
use crate::sim::{History, PlanError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// What was typed cannot be run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What stands there cannot be edited so.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// There is no such request, or it has not ended.
    #[error(transparent)]
    Why(#[from] crate::run::WhyError),
    /// A trace cannot be read.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// What was wrong has been told already.
    #[error("")]
    Told(u8),
    /// A file could not be read or written.
    #[error("{path}: {error}", path = path.display())]
    File { path: PathBuf, error: std::io::Error },
    /// The configuration file cannot be read as one; each error names its line.
    #[error("{}", one_a_line(.0))]
    Config(Vec<ConfigError>),
    /// What the configuration file says cannot stand.
    #[error("{path}: {}", one_a_line(.invalid), path = path.display())]
    Site { path: PathBuf, invalid: Vec<Invalid> },
    /// A plan file is none; it is told where and why.
    #[error("{path}: {error}", path = path.display())]
    PlanFile { path: PathBuf, error: PlanFileError },
    /// What is to be checked cannot be read.
    #[error("{path}: {reason}", path = path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// The diagram could not be made a PNG.
    #[error(transparent)]
    Picture(#[from] super::picture::PictureError),
    /// The document could not be made a PDF.
    #[error(transparent)]
    Print(#[from] super::print::PrintError),
    /// The files could not be put into one.
    #[error(transparent)]
    Archive(#[from] crate::submission::ArchiveError),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// The report could not be written as JSON.
    #[error("cannot write the report: {0}")]
    Json(#[from] serde_json::Error),
    /// The built page has no place for the static page.
    #[error("{path}: the marker {marker} is missing", path = path.display())]
    Marker { path: PathBuf, marker: &'static str },
}

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Plan(_)
            | Self::Edit(_)
            | Self::Why(_)
            | Self::Trace(_)
            | Self::Config(_)
            | Self::Site { .. }
            | Self::PlanFile { .. }
            | Self::Unreadable { .. } => ExitCode::from(2),
            Self::Told(code) => ExitCode::from(*code),
            Self::File { .. }
            | Self::Picture(_)
            | Self::Print(_)
            | Self::Archive(_)
            | Self::Output(_)
            | Self::Json(_)
            | Self::Marker { .. } => ExitCode::FAILURE,
        }
    }
}

fn one_a_line<T: ToString>(errors: &[T]) -> String {
    errors.iter().map(T::to_string).collect::<Vec<_>>().join("\n")
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Presets => presets(),
        Command::Simulate(simulate) => self::simulate(&simulate),
        Command::Plan(write_plan) => self::write_plan(&write_plan),
        Command::Export(export) => super::export::export(&export),
        Command::Why(why) => super::why::why(&why),
        Command::Check(check) => super::check::check(&check),
        Command::Bench(bench) => self::bench(&bench),
        Command::ModelCard(model_card) => {
            let card = super::model_card::write(&model_card)?;
            std::io::stdout().lock().write_all(card.as_bytes())?;
            Ok(())
        }
        Command::Replay(replay) => super::replay::replay(&replay),
        Command::Prerender(prerender) => self::prerender(&prerender),
    }
}

fn bench(bench: &super::arguments::Bench) -> Result<(), Failure> {
    let of = super::bench::measure(bench.runs)?;
    let mut out = std::io::stdout().lock();
    match bench.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &of)?;
            writeln!(out)?;
        }
        Format::Text => {
            writeln!(
                out,
                "{} requests through 2 application servers of 4 workers and a database of 8 connections",
                of.requests
            )?;
            writeln!(
                out,
                "  model {:>8.3} s   mean response time {:.2} ms, {} events",
                of.model_s, of.model_mean_ms, of.events
            )?;
            writeln!(
                out,
                "  loop  {:>8.3} s   mean response time {:.2} ms",
                of.loop_s, of.loop_mean_ms
            )?;
            writeln!(out, "  ratio {:>8.2}     target 2.5", of.ratio)?;
            writeln!(
                out,
                "cost of an event with 1,000 servers by that with 10: {:.2}, target 1.5",
                of.cost_1000_by_10
            )?;
        }
    }
    Ok(())
}

fn presets() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for preset in Preset::ALL {
        writeln!(out, "{:<12} {}", preset.name(), preset.infrastructure().title)?;
    }
    Ok(())
}

/// The run that is asked for, run to its end, and the milliseconds it took.
pub(super) fn run_ordered(ordered: Ordered, history: History) -> Result<(Run, f64), Failure> {
    let Ordered { plan, actions, until } = ordered;
    for late in actions.iter().filter(|timed| timed.at > until) {
        eprintln!(
            "foobar-lab: note: {} at {} changes nothing: the run ends at {until} (--for)",
            late.action, late.at
        );
    }
    let mut run = Run::with_actions(plan, actions, history)?;
    let started = Instant::now();
    run.advance_to(until);
    Ok((run, started.elapsed().as_secs_f64() * 1000.0))
}

/// Writes a run as a plan file, if it can be run.
fn write_plan(write_plan: &WritePlan) -> Result<(), Failure> {
    let Ordered { plan, actions, until } = write_plan.experiment.ordered()?;
    let run = Run::with_actions(plan.clone(), actions.clone(), History::Off)?;
    let file = PlanFile::new(plan, actions, until.since(run.now()));
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&file)?)?;
    Ok(())
}

/// The site with the balancers configured by a file. What is not modelled is told, line by line.
fn configured(path: &Path) -> Result<Infrastructure, Failure> {
    let file = std::fs::File::open(path).map_err(|error| at(path, error))?;
    let mut bytes = Vec::new();
    // One byte more than is read is enough to see that there is too much.
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| at(path, error))?;
    let name = path.display().to_string();
    let reading = read(&name, &String::from_utf8_lossy(&bytes)).map_err(Failure::Config)?;
    for left_out in &reading.not_modelled {
        let (line, directive, reason) = (left_out.line, &left_out.directive, &left_out.reason);
        eprintln!("{name}:{line}: not modelled: {directive} ({reason})");
    }
    site(&reading).map_err(|invalid| Failure::Site { path: path.to_owned(), invalid })
}

fn simulate(simulate: &Simulate) -> Result<(), Failure> {
    let number = simulate.self_check.map(u64::from);
    let check = SELF_CHECKS.into_iter().find(|check| Some(check.seed) == number);
    let ordered = match (&simulate.config, check) {
        (Some(path), _) => simulate.experiment.with(configured(path)?)?,
        (None, Some(check)) => simulate.experiment.onto_check(&check),
        (None, None) => simulate.experiment.ordered()?,
    };
    let (run, wall_ms) = run_ordered(ordered, History::Off)?;
    let report = run.report(wall_ms);
    let mut out = std::io::stdout().lock();
    match simulate.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Format::Text => write_text(&mut out, &run, &report)?,
    }
    Ok(())
}

/// How many lines of the log the text report shows of each run.
const LINES_SHOWN: usize = 40;

fn write_text(out: &mut impl Write, run: &Run, report: &Report<'_>) -> std::io::Result<()> {
    let requests = &report.requests;
    writeln!(
        out,
        "{} requests: {} ok, {} failed, {} in flight",
        requests.issued, requests.ok, requests.failed, requests.in_flight
    )?;
    for (outcome, count) in &requests.by_outcome {
        writeln!(out, "  {count:>8}  {outcome}")?;
    }
    let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.1} ms"));
    let latency = &report.latency_ms;
    writeln!(
        out,
        "response time: p50 {}, p95 {}, p99 {}, max {}",
        ms(latency.p50),
        ms(latency.p95),
        ms(latency.p99),
        ms(latency.max)
    )?;
    for server in &report.servers {
        let name = format!("{}/{}/{}", server.balancer, server.backend, server.name);
        writeln!(out, "  {name:<24} {:<10} {:>8} requests", server.status, server.requests)?;
    }
    let lines = log_lines(run.simulation().facts(), usize::MAX);
    for line in lines.iter().take(LINES_SHOWN) {
        let more = match line.count - 1 {
            0 => String::new(),
            more => format!(" (and {more} more like it)"),
        };
        writeln!(out, "{}  {}{more}", line.at.clock(), line.text)?;
    }
    if let Some(hidden) = lines.len().checked_sub(LINES_SHOWN).filter(|hidden| *hidden > 0) {
        writeln!(out, "... and {hidden} more lines (--format json has every fact)")?;
    }
    let engine = report.engine;
    writeln!(out, "{} events in {:.1} ms, hash {}", engine.events, engine.wall_ms, report.hash)
}

fn prerender(prerender: &Prerender) -> Result<(), Failure> {
    use crate::page;
    let infrastructure = Preset::Brief.infrastructure();
    let mut html =
        std::fs::read_to_string(&prerender.html).map_err(|error| at(&prerender.html, error))?;
    let marker = page::LAB_MARKER;
    if !html.contains(marker) {
        return Err(Failure::Marker { path: prerender.html.clone(), marker });
    }
    html = html.replacen(marker, &page::lab(&infrastructure), 1);
    write_file(&prerender.html, &html)?;
    let folder = prerender.html.parent().unwrap_or(Path::new("."));
    let model =
        std::fs::read_to_string(&prerender.model).map_err(|error| at(&prerender.model, error))?;
    write_file(&folder.join(page::MODEL_FILE), &super::pages::model(&model, &html))?;
    let explanations = super::pages::explanations(&infrastructure, &html);
    write_file(&folder.join(page::EXPLANATIONS_FILE), &explanations)?;
    write_file(&folder.join(page::SELF_CHECK_FILE), &page::hashes().join("\n"))?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| at(folder, error))? {
        let entry = entry.map_err(|error| at(folder, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "sw.js" && entry.path().is_file() {
            let content = std::fs::read(entry.path()).map_err(|error| at(&entry.path(), error))?;
            files.push((name, content));
        }
    }
    files.sort();
    write_file(&prerender.sw, &page::service_worker(&files))
}

fn write_file(path: &Path, content: &str) -> Result<(), Failure> {
    std::fs::write(path, content).map_err(|error| at(path, error))
}

pub(super) fn at(path: &Path, error: std::io::Error) -> Failure {
    Failure::File { path: path.to_owned(), error }
}
