//! The proof: the closed forms of `theory` held against the whole simulation, many seeds each. A law holds if its value lies
//! in the confidence interval of what the runs came to, and the interval must be narrow, or it would prove nothing.

mod availability;
mod case;
mod closed;
mod detection;
mod queueing;

use std::fmt;

pub use case::{CASES, Case, Figure, Room, Tier};

use crate::kernel::Chance;
use crate::sim::PlanError;

/// Seeds of each law: 1 to so many, none of them chosen.
const SEEDS: u64 = 24;
/// Student's t, two-sided 99.9 %, one degree of freedom fewer than seeds.
const STUDENT: f64 = 3.7676;

/// One figure of one law, as it should be and as the simulation has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The law and its parameters.
    pub law: String,
    /// The figure and its unit.
    pub figure: &'static str,
    /// What the law says.
    pub closed_form: f64,
    /// Mean of the runs, one value each.
    pub mean: f64,
    /// Half of the 99.9 % confidence interval.
    pub half_width: f64,
    /// The widest half-width, as a share of the closed form, with which the row still proves something.
    pub sharpness: f64,
    /// Runs.
    pub seeds: u64,
    /// Requests, or faults where faults are timed, over all runs.
    pub samples: u64,
    /// Where every single value must lie and where all of them did, if the law says that too.
    pub extent: Option<Extent>,
}

/// A shortest and a longest time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// What the law allows.
    pub allowed: [f64; 2],
    /// By how much a value may lie outside: what the law leaves out.
    pub slack: f64,
    /// What was found.
    pub found: [f64; 2],
}

/// What is claimed of a figure.
#[derive(Clone, Debug)]
struct Claim {
    law: String,
    figure: &'static str,
    closed_form: f64,
    sharpness: f64,
}

impl Claim {
    /// Held against one value of each run.
    fn against(self, values: &[f64], samples: u64) -> Row {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let half_width = STUDENT * (squares / (n - 1.0) / n).sqrt();
        let Self { law, figure, closed_form, sharpness } = self;
        let seeds = values.len() as u64;
        Row { law, figure, closed_form, mean, half_width, sharpness, seeds, samples, extent: None }
    }
}

impl Row {
    /// Whether the closed form lies in the confidence interval, and every value where the law allows.
    pub fn holds(&self) -> bool {
        let inside = |extent: Extent| {
            extent.found[0] >= extent.allowed[0] - extent.slack
                && extent.found[1] <= extent.allowed[1] + extent.slack
        };
        (self.mean - self.closed_form).abs() <= self.half_width && self.extent.is_none_or(inside)
    }

    /// Whether the interval is narrow enough to tell right from wrong.
    pub fn is_sharp(&self) -> bool {
        self.half_width <= self.sharpness * self.closed_form
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, figure, closed_form, mean, half_width, seeds, samples, .. } = self;
        let share = 100.0 * half_width / closed_form;
        write!(
            f,
            "| {law} | {figure} | {closed_form:.4} | {mean:.4} ± {half_width:.4} ({share:.1} %) | {seeds} | {samples} |"
        )
    }
}

/// The chance of when things die: not that of the run, whose draws are taken.
const fn faults(seed: u64) -> Chance {
    Chance::new(!seed)
}

/// The rows as a Markdown table.
pub fn table(rows: &[Row]) -> String {
    let head = "| law | figure | closed form | simulated, 99.9 % interval | seeds | samples |\n|---|---|---|---|---|---|";
    rows.iter().fold(head.to_owned(), |table, row| format!("{table}\n{row}"))
}

/// Stations: every case of queueing theory, the closed loop too.
///
/// # Errors
/// If a plan cannot be run (a test shows that all can).
pub fn queueing() -> Result<Vec<Row>, PlanError> {
    let mut rows = Vec::new();
    for case in &CASES {
        rows.extend(case.prove()?);
    }
    rows.extend(closed::prove()?);
    Ok(rows)
}

/// Health checks and VRRP: how long a death and a return go unnoticed.
///
/// # Errors
/// If a plan cannot be run (a test shows that all can).
pub fn detection() -> Result<Vec<Row>, PlanError> {
    detection::prove()
}

/// Parts that fail and are repaired: what still answers, by structure and as users meet it.
///
/// # Errors
/// If a plan cannot be run (a test shows that all can).
pub fn availability() -> Result<Vec<Row>, PlanError> {
    availability::prove()
}

/// Every law.
///
/// # Errors
/// If a plan cannot be run (a test shows that all can).
pub fn theory_card() -> Result<Vec<Row>, PlanError> {
    Ok([queueing()?, detection()?, availability()?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        let claim = Claim { law: "a law".into(), figure: "x", closed_form: 2.0, sharpness: 0.5 };
        let row = claim.against(&[1.0, 2.0, 3.0, 4.0], 9);
        assert!((row.mean - 2.5).abs() < 1e-12);
        // Standard deviation sqrt(5/3), over the square root of 4.
        assert!((row.half_width - STUDENT * (5.0_f64 / 3.0).sqrt() / 2.0).abs() < 1e-12);
        assert!(row.holds() && !row.is_sharp());
        let extent = Extent { allowed: [1.0, 3.0], slack: 0.5, found: [1.0, 4.0] };
        assert!(!Row { extent: Some(extent), ..row }.holds());
    }
}
