//! A run told as evidence.

use super::Evidence;
use crate::infra::Preset;
use crate::kernel::small::decimal;
use crate::kernel::{SimDuration, SimTime};
use crate::run::{Gravity, Run, command_line_option, log_lines};
use crate::sim::{Plan, Workload};

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
            let more = match line.count {
                1 => String::new(),
                many => format!(" ({many} of this kind)"),
            };
            (line.at.clock(), format!("{}{more}", line.text))
        });
        let actions = run.actions().iter();
        Self {
            plan: plan.infrastructure.name.clone(),
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
    let Some(preset) = preset_of(plan).filter(|_| can_be_said(plan.workload)) else {
        // What its file holds cannot be said in options.
        return "foobar-lab simulate --plan plan.json".to_owned();
    };
    let mut command = format!("foobar-lab simulate --preset {preset}");
    for edit in &plan.edits {
        // What an edit of a preset names is letters, digits and `-`; the words of a directive have spaces.
        let edit = edit.to_string();
        let quote = if edit.contains(' ') { "\"" } else { "" };
        command.push_str(&format!(" --edit {quote}{edit}{quote}"));
    }
    command.push_str(&format!(
        " --seed {} --rate {} --for {}",
        plan.seed,
        decimal(plan.workload.rate, 3),
        run.now()
    ));
    let workload = plan.workload;
    if workload.write_share.to_bits() != Workload::default().write_share.to_bits() {
        command.push_str(&format!(" --write-share {}", decimal(workload.write_share, 9)));
    }
    let slow = workload.slow_clients;
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

/// Whether what differs from the usual in a workload has an option of `simulate`.
fn can_be_said(workload: Workload) -> bool {
    let Workload { rate, write_share, slow_clients, .. } = workload;
    workload == Workload { rate, write_share, slow_clients, ..Workload::default() }
}

/// The preset that a plan is made of, with its edits and nothing else.
fn preset_of(plan: &Plan) -> Option<Preset> {
    let preset =
        Preset::ALL.into_iter().find(|preset| preset.name() == plan.infrastructure.name)?;
    let mut own = Plan::new(preset.infrastructure(), plan.seed);
    for edit in &plan.edits {
        own.edit(edit.clone()).ok()?;
    }
    (own.infrastructure == plan.infrastructure).then_some(preset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::History;

    fn command_of(change: impl FnOnce(&mut Plan)) -> String {
        let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
        change(&mut plan);
        command(&Run::new(plan, History::Off).unwrap())
    }

    #[test]
    fn the_command_makes_this_run_and_no_other() {
        let command = command_of(|plan| plan.workload.write_share = 0.5);
        assert!(command.contains("--preset brief") && command.ends_with("--write-share 0.5"));
        let edited = command_of(|plan| plan.edit("add-app".parse().unwrap()).unwrap());
        assert!(edited.contains("--preset brief --edit add-app"));
        let chain = ["routing:chain", "nginx.proxy_next_upstream:web-1=error timeout"];
        let edited = command_of(|plan| {
            for edit in chain {
                plan.edit(edit.parse().unwrap()).unwrap();
            }
        });
        let quoted =
            "--edit routing:chain --edit \"nginx.proxy_next_upstream:web-1=error timeout\" ";
        assert!(edited.contains(quoted), "{edited}");
    }

    /// What is over is told only where its beginning is told, too.
    #[test]
    fn an_alert_is_told_from_its_beginning() {
        let mut run = Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Off).unwrap();
        for (seconds, deed) in [(20, "kill app-1"), (40, "restore app-1")] {
            run.advance_to(SimTime::from_ms(seconds * 1000));
            run.act(deed.parse().unwrap()).unwrap();
        }
        run.advance_to(SimTime::from_ms(60_000));
        let events = Evidence::of(&run).events;
        let place = |begins: &str| events.iter().position(|(_, text)| text.starts_with(begins));
        let [fired, over] = ["Alert: app-1: ", "Alert over: app-1: "].map(place);
        assert!(fired.is_some() && fired < over, "{events:?}");
    }

    /// A name comes from a file of anybody's, and the command is pasted into a shell.
    #[test]
    fn what_is_no_preset_is_not_called_one() {
        for change in [
            |plan: &mut Plan| plan.infrastructure.name = "brief; rm -rf ~".to_owned(),
            |plan: &mut Plan| plan.infrastructure.hosts[0].cores += 1,
            |plan: &mut Plan| plan.workload.static_share = 0.25,
        ] {
            assert_eq!(command_of(change), "foobar-lab simulate --plan plan.json");
        }
    }
}
