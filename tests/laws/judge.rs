//! The judge: runs a case event by event and asks after each whether the laws hold; and what it says of a case that breaks one.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use foobar_lab::infra::Preset;
use foobar_lab::run::command_line_option;
use foobar_lab::sim::{Auditor, FactKind, History, Plan, Simulation, cause};
use serde_json::Value;

use super::case::Case;
use super::choices::{Choices, shrink};

/// A case after which nothing happens any more within its time.
const MOST_EVENTS: u64 = 200_000;
/// How often the rows of the statistics are read: that takes long.
const ROWS_EVERY: u64 = 97;

/// How many events it took, or the law that was broken, and when.
pub(crate) fn judge(case: &Case) -> Result<u64, String> {
    let history = if case.keeps_history { History::Recent } else { History::Off };
    let mut simulation = Simulation::new(&case.plan, history).map_err(|error| error.to_string())?;
    let mut auditor = Auditor::default();
    let mut told = 0;
    let mut look = |simulation: &Simulation| {
        let at = |reason: String| {
            format!("at {}, event {}: {reason}", simulation.now(), simulation.events())
        };
        auditor.look(simulation).map_err(|breach| at(breach.to_string()))?;
        if simulation.events().is_multiple_of(ROWS_EVERY) {
            rows(simulation).map_err(at)?;
        }
        facts(simulation, &mut told).map_err(at)
    };
    look(&simulation)?;
    for timed in &case.actions {
        while !simulation.advance_within(timed.at, 1) {
            look(&simulation)?;
        }
        simulation.apply(&timed.action).map_err(|error| error.to_string())?;
        look(&simulation)?;
    }
    while !simulation.advance_within(case.until, 1) {
        look(&simulation)?;
        if simulation.events() > MOST_EVENTS {
            return Err(format!("more than {MOST_EVENTS} events: something goes round in circles"));
        }
    }
    rows(&simulation)?;
    whys(&simulation)?;
    Ok(simulation.events())
}

/// The rows of the statistics say what is the case.
fn rows(simulation: &Simulation) -> Result<(), String> {
    let snapshot = simulation.snapshot();
    for balancer in simulation.plan().infrastructure.balancers() {
        let Some(rows) = simulation.statistics(&balancer.name) else { continue };
        let field = |row: &foobar_lab::haproxy::Row, name: &str| {
            let index = foobar_lab::haproxy::FIELDS.iter().position(|field| *field == name);
            row.values[index.unwrap()].clone()
        };
        for server in snapshot.servers.iter().filter(|server| server.balancer == balancer.name) {
            let row = rows
                .iter()
                .find(|row| row.values[0] == server.backend && row.values[1] == server.name);
            let row = row.ok_or_else(|| format!("{} has no row", server.name))?;
            let pairs = [
                ("qcur", server.queued.to_string()),
                ("stot", server.requests.to_string()),
                ("status", server.status_word()),
                ("weight", server.weight.to_string()),
            ];
            for (name, expected) in pairs {
                let found = field(row, name);
                if found != expected {
                    return Err(format!(
                        "{name} of {}: the row says {found}, it is {expected}",
                        server.name
                    ));
                }
            }
            let [now, most] =
                ["rate", "rate_max"].map(|name| field(row, name).parse::<u64>().unwrap());
            if most > server.requests || now > 2 * most.max(1) {
                return Err(format!("rate {now}, at most {most}, of {} requests", server.requests));
            }
        }
    }
    Ok(())
}

/// Facts are in order of time, and no dead machine is said to have done anything.
fn facts(simulation: &Simulation, told: &mut usize) -> Result<(), String> {
    let facts = simulation.facts();
    let snapshot = (facts.len() > *told).then(|| simulation.snapshot());
    for fact in &facts[*told..] {
        if fact.at != simulation.now() {
            return Err(format!("a fact of {}: {fact}", fact.at));
        }
        let is_of_a_process = matches!(
            fact.kind,
            FactKind::ServerDown { .. }
                | FactKind::ServerUp { .. }
                | FactKind::CheckFailed { .. }
                | FactKind::ServerWarm
        );
        let host = fact.subject.split('/').next().unwrap_or_default();
        let view =
            snapshot.iter().flat_map(|snapshot| &snapshot.hosts).find(|view| view.name == host);
        let runs = view.is_none_or(|view| {
            view.services.iter().any(|service| service.name == "haproxy" && service.is_up)
        });
        if is_of_a_process && !runs {
            return Err(format!("a dead process did it: {fact}"));
        }
    }
    *told = facts.len();
    Ok(())
}

/// Every failure has a why (law 8).
fn whys(simulation: &Simulation) -> Result<(), String> {
    for record in simulation.records().filter(|record| !record.outcome.is_ok()) {
        if record.steps.is_empty() || cause(record).is_empty() {
            return Err(format!("request {} failed and nobody knows why", record.request));
        }
    }
    Ok(())
}

/// A panic is a broken law too.
fn verdict(choices: &mut Choices) -> Result<u64, String> {
    let case = Case::new(choices);
    catch_unwind(AssertUnwindSafe(|| judge(&case))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("panic: {}", text.or_else(|| panic.downcast_ref().copied()).unwrap_or("?")))
    })
}

/// How many events the case of a seed took; or, in words, what it breaks and the smallest case found that breaks something too.
pub(crate) fn trial(seed: u64) -> Result<u64, String> {
    let mut choices = Choices::of_seed(seed);
    let first = match verdict(&mut choices) {
        Ok(events) => return Ok(events),
        Err(first) => first,
    };
    let smallest =
        shrink(choices.taken(), 4000, |candidate| verdict(&mut Choices::of(candidate)).is_err());
    let mut choices = Choices::of(&smallest);
    let broken = verdict(&mut choices).err().unwrap_or_default();
    let case = Case::new(&mut Choices::of(&smallest));
    Err(format!("seed {seed}: {first}\nthe smallest case found: {broken}\n{}", shown(&case)))
}

/// A case in words: what differs from the preset it was made from, what is done, and the command if there is one.
fn shown(case: &Case) -> String {
    let preset: Preset = case.plan.infrastructure.name.parse().unwrap();
    let plain = Plan::new(preset.infrastructure(), case.plan.seed);
    let mut text = format!("until {}\n", case.until);
    let [is, was] = [&case.plan, &plain].map(|plan| serde_json::to_value(plan).unwrap());
    let mut differences = Vec::new();
    differ("plan", &was, &is, &mut differences);
    let _ = writeln!(text, "{}", differences.join("\n"));
    for timed in &case.actions {
        let _ = writeln!(text, "{}: {}", timed.at, timed.action);
    }
    let mut tame = plain;
    tame.workload.rate = case.plan.workload.rate;
    if tame == case.plan {
        let (seed, rate) = (case.plan.seed, case.plan.workload.rate);
        let _ = write!(
            text,
            "foobar-lab simulate --preset {preset} --seed {seed} --rate {rate} --for {}",
            case.until
        );
        for timed in &case.actions {
            let _ = write!(text, " {}", command_line_option(timed));
        }
    }
    text
}

/// The leaves in which two values differ.
fn differ(path: &str, was: &Value, is: &Value, into: &mut Vec<String>) {
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => {
            for (key, value) in is {
                differ(&format!("{path}.{key}"), was.get(key).unwrap_or(&Value::Null), value, into);
            }
        }
        (Value::Array(was), Value::Array(is)) => {
            for (index, item) in is.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str);
                let twin = was.iter().find(|twin| name.is_some() && twin["name"] == item["name"]);
                let index_name = name.map_or_else(|| index.to_string(), str::to_owned);
                let twin = twin.or_else(|| was.get(index).filter(|_| name.is_none()));
                differ(&format!("{path}.{index_name}"), twin.unwrap_or(&Value::Null), item, into);
            }
            let names =
                |list: &[Value]| list.iter().map(|item| item["name"].clone()).collect::<Vec<_>>();
            if names(was) != names(is) {
                into.push(format!("{path}: {}", Value::from(names(is))));
            }
        }
        (Value::Null, Value::Object(_)) => into.push(format!("{path}: another")),
        (was, is) if was != is => into.push(format!("{path}: {is}")),
        _ => {}
    }
}
