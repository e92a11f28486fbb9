//! A run told as evidence.

use super::Evidence;
use crate::kernel::small::decimal;
use crate::kernel::{SimDuration, SimTime};
use crate::run::{Gravity, Run, command_line_option, log_lines};

impl Evidence {
    /// The figures of this run as it stands, and the command that makes it again to the nanosecond.
    pub fn of(run: &Run) -> Self {
        let simulation = run.simulation();
        let plan = run.plan();
        let counts = simulation.counts();
        let times = simulation.response_times();
        let quantile = |share| times.quantile(share).map(SimDuration::as_ms_f64);
        let lines = log_lines(simulation.facts(), usize::MAX);
        let telling = lines.iter().filter(|line| line.gravity != Gravity::Warning);
        let events = telling.map(|line| {
            let more =
                if line.count > 1 { format!(" ({} in a row)", line.count) } else { String::new() };
            (line.at.clock(), format!("{}{more}", line.text))
        });
        let actions = run.actions().iter();
        Self {
            seed: plan.seed,
            rate: plan.workload.rate,
            duration: run.now().since(SimTime::ZERO),
            actions: actions
                .map(|timed| format!("{} {}", timed.at.clock(), timed.action))
                .collect(),
            issued: counts.issued,
            ok: counts.ok,
            failed: counts.failed,
            in_flight: counts.in_flight,
            outcomes: simulation
                .outcomes()
                .map(|(outcome, count)| (outcome.to_string(), count))
                .collect(),
            p50_ms: quantile(0.50),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            events: events.collect(),
            hash: simulation.digest().to_string(),
            command: command(run),
        }
    }
}

fn command(run: &Run) -> String {
    let plan = run.plan();
    let mut command = format!("foobar-lab simulate --preset {}", plan.infrastructure.name);
    for edit in &plan.edits {
        command.push_str(&format!(" --edit {edit}"));
    }
    command.push_str(&format!(
        " --seed {} --rate {} --for {}",
        plan.seed,
        decimal(plan.workload.rate, 3),
        run.now()
    ));
    let slow = plan.workload.slow_clients;
    if slow.share > 0.0 {
        command.push_str(&format!(" --slow-clients {}", decimal(slow.share, 9)));
        if let Some(takes) = slow.takes {
            command.push_str(&format!(":{takes}"));
        }
    }
    for timed in run.actions() {
        command.push(' ');
        command.push_str(&command_line_option(timed));
    }
    command
}
