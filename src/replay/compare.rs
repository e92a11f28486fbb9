//! What agrees and what differs first.

use super::Verdict;
use super::bench::{Bench, Change, time};
use super::trace::{Compare, Log, LogLine, Repetition, Request, Trace};
use crate::infra::Haproxy;
use crate::kernel::small::within;
use crate::kernel::{SimDuration, SimTime};

/// Times agree within this.
const TOLERANCE: f64 = 0.030;
/// The 0.1 % points of the chi-squared distribution, by degrees of freedom from 1.
const CHI_SQUARED: [f64; 9] = [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88];
/// Things that happen on a bench before it is given up: a trace of nonsense must end too.
const STEPS_MAX: u32 = 5_000_000;

/// So many requests have to wait in a recording before places in queues are no longer compared to the one.
const CROWD: usize = 16;

/// How far apart a recording and the model may be.
#[derive(Clone, Copy, Debug)]
struct Tolerance {
    /// Of durations and instants.
    seconds: f64,
    /// Whether queues are so long that places in them are not exact.
    is_crowded: bool,
}

/// Plays a trace and compares.
pub(super) fn compare(trace: &Trace, haproxy: &Haproxy) -> Verdict {
    let played = match trace.compare {
        Compare::Exact => exact(trace, haproxy),
        Compare::Times => times(trace, haproxy),
        Compare::Statistical => statistical(trace, haproxy),
        Compare::Irregular => Ok(None),
    };
    match played {
        Ok(None) => Verdict::Ok,
        Ok(Some(difference)) => Verdict::Differs(difference),
        Err(what) => Verdict::Unsupported(what),
    }
}

fn exact(trace: &Trace, haproxy: &Haproxy) -> Result<Option<String>, String> {
    let mut bench = Bench::new(trace, haproxy)?;
    bench.plan_script();
    let ends = trace.requests.iter().map(|request| request.t + request.dur.unwrap_or(0.0));
    let events = trace.events.iter().map(|event| event.t);
    let last = ends.chain(events).fold(0.0, f64::max);
    play(&mut bench, time(last + 2.0 * TOLERANCE))?;
    let waited = trace.requests.iter().filter_map(|request| request.log.as_ref());
    let waited = waited.filter(|log| log.sq + log.bq > 0).count();
    let tolerance = Tolerance {
        seconds: TOLERANCE + within(trace.max_lag, 0.0, 0.1),
        is_crowded: waited >= CROWD,
    };
    for (index, request) in trace.requests.iter().enumerate() {
        if let Some(difference) = request_differs(request, index, &bench, haproxy, tolerance) {
            return Ok(Some(format!("request {} at {:.3} s: {difference}", request.i, request.t)));
        }
    }
    Ok(changes_differ(&trace.events, &bench, tolerance.seconds))
}

fn play(bench: &mut Bench<'_>, until: SimTime) -> Result<(), String> {
    for _ in 0..STEPS_MAX {
        if !bench.step(until)? {
            return Ok(());
        }
    }
    Err("a script without end".to_owned())
}

fn request_differs(
    request: &Request,
    index: usize,
    bench: &Bench<'_>,
    haproxy: &Haproxy,
    tolerance: Tolerance,
) -> Option<String> {
    let Some(ended) = &bench.ended[index] else {
        return request
            .status
            .map(|status| format!("recorded {status}, the model has not ended it"));
    };
    let reply = &ended.reply;
    let differs = |what: &str, recorded: &str, model: &str| {
        (recorded != model).then(|| format!("{what}: recorded {recorded}, model {model}"))
    };
    let text = |value: Option<&str>| value.unwrap_or("none").to_owned();
    let name = |server: Option<u16>| server.map(|server| bench.name(server as usize));
    let status = request.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let answerer = name(reply.server.filter(|_| reply.from_server));
    let set_cookie = reply.set_cookie.and_then(|server| set_cookie(haproxy, server as usize));
    let took = ended.at.since(time(request.t)).as_secs_f64();
    let given = if reply.status == 0 { "none".to_owned() } else { reply.status.to_string() };
    let mut found = differs("status", &status, &given)
        .or_else(|| differs("server", &text(request.server.as_deref()), &text(answerer)))
        .or_else(|| {
            differs(
                "set-cookie",
                &text(request.set_cookie.as_deref()),
                &text(set_cookie.as_deref()),
            )
        });
    if let Some(log) = &request.log {
        let [sent, given] = reply.cookie.letters();
        let model = Log {
            srv: name(reply.server).unwrap_or("<NOSRV>").to_owned(),
            term: format!("{}{sent}{given}", reply.termination),
            retries: reply.retries,
            redisp: reply.redispatched,
            sq: reply.server_queue,
            bq: reply.backend_queue,
            response: log.response,
            total: log.total,
        };
        found = found
            .or_else(|| differs("srv", &log.srv, &model.srv))
            .or_else(|| differs("term", &log.term, &model.term))
            .or_else(|| differs("retries", &log.retries.to_string(), &model.retries.to_string()))
            .or_else(|| differs("redisp", &log.redisp.to_string(), &model.redisp.to_string()))
            .or_else(|| place_differs("sq", log.sq, model.sq, tolerance.is_crowded))
            .or_else(|| place_differs("bq", log.bq, model.bq, tolerance.is_crowded));
    }
    found.or_else(|| {
        let recorded = request.dur?;
        // The client's clock also counts the stalls of the recording machine, HAProxy's own only its work on the request.
        let own = request.log.as_ref().map_or(recorded, |log| log.total as f64 / 1000.0);
        let tolerance = tolerance.seconds + 0.01 * recorded;
        ((recorded - took).abs() > tolerance && (own - took).abs() > tolerance)
            .then(|| format!("duration: recorded {recorded:.3} s, model {took:.3} s"))
    })
}

/// A place in a queue agrees exactly, but where so many wait that what each server was late adds up, and with it who is first, the
/// arrival or the departure. There two recordings of one script differ too (`tests/golden/README.md`).
fn place_differs(queue: &str, recorded: u32, model: u32, is_crowded: bool) -> Option<String> {
    let tolerance = if is_crowded && recorded > 0 { 1 + recorded / 5 } else { 0 };
    (recorded.abs_diff(model) > tolerance)
        .then(|| format!("{queue}: recorded {recorded}, model {model}"))
}

/// The `Set-Cookie` of a server.
fn set_cookie(haproxy: &Haproxy, server: usize) -> Option<String> {
    let mut index = server;
    for backend in &haproxy.backends {
        if let Some(found) = backend.servers.get(index) {
            let name = &backend.cookie.as_ref()?.name;
            return found.cookie.as_ref().map(|value| format!("{name}={value}; path=/"));
        }
        index -= backend.servers.len();
    }
    None
}

/// The log's changes of state by checks, with their times; those by command are in the script.
fn recorded_changes(events: &[LogLine]) -> Vec<(String, Change, f64)> {
    let mut changes = Vec::new();
    for event in events {
        let Some(rest) =
            event.msg.strip_prefix("Server ").or_else(|| event.msg.strip_prefix("Backup Server "))
        else {
            continue;
        };
        let Some((name, what)) = rest.split_once(' ') else { continue };
        let change = if what.starts_with("is DOWN.") || what.starts_with("is DOWN,") {
            Change::Down
        } else if what.starts_with("is UP.")
            || what.starts_with("is UP,")
            // Out of maintenance, ready or to be drained.
            || what.starts_with("is UP/READY")
            || what.starts_with("is UP/DRAIN")
        {
            Change::Up
        } else if what.starts_with("is stopping") {
            Change::Stopping
        } else {
            continue;
        };
        changes.push((name.to_owned(), change, event.t));
    }
    changes
}

fn changes_differ(events: &[LogLine], bench: &Bench<'_>, tolerance: f64) -> Option<String> {
    let recorded = recorded_changes(events);
    let last = events.last().map_or(0.0, |event| event.t);
    for server in 0..bench.last_check.len() {
        let name = bench.name(server);
        let of = |full: &str| full.rsplit('/').next() == Some(name);
        let mut model = bench.changes.iter().filter(|(of, ..)| *of == server);
        for (_, change, at) in recorded.iter().filter(|(full, ..)| of(full)) {
            let Some((_, found, when)) = model.next() else {
                return Some(format!("{name}: recorded {change:?} at {at:.3} s, the model none"));
            };
            let when = when.as_ns() as f64 / 1e9;
            if found != change || (when - at).abs() > tolerance {
                return Some(format!(
                    "{name}: recorded {change:?} at {at:.3} s, model {found:?} at {when:.3} s"
                ));
            }
        }
        if let Some((_, change, when)) = model.next() {
            let when = when.as_ns() as f64 / 1e9;
            if when + tolerance < last {
                return Some(format!(
                    "{name}: the model goes {change:?} at {when:.3} s, recorded nothing"
                ));
            }
        }
    }
    None
}

/// Every repetition: the server is told to fail, and to be well again, at the recorded phase of the checks' period.
fn times(trace: &Trace, haproxy: &Haproxy) -> Result<Option<String>, String> {
    let mut bench = Bench::new(trace, haproxy)?;
    let deeds: Vec<_> = trace.script.iter().filter(|deed| deed.what == "mode").collect();
    let Some(name) = deeds.first().and_then(|deed| deed.server.as_deref()) else {
        return Err("timed repetitions without a failing server".to_owned());
    };
    let server = bench.server(name)?;
    let configured = haproxy.backends.iter().flat_map(|backend| &backend.servers).nth(server);
    let Some(config) = configured else { return Err(format!("server `{name}`")) };
    let timeouts = &haproxy.timeouts;
    let is_late = timeouts.check.is_some_and(|check| check < config.inter.min(timeouts.connect));
    for (index, Repetition { down, up }) in trace.reps.iter().enumerate() {
        let sides = [
            (
                2 * index,
                Change::Down,
                down,
                config.inter,
                trace.summary.map(|summary| summary.down),
            ),
            (
                2 * index + 1,
                Change::Up,
                up,
                config.downinter(),
                trace.summary.map(|summary| summary.up),
            ),
        ];
        for (deed, change, timed, period, range) in sides {
            let Some(deed) = deeds.get(deed) else { break };
            let wait =
                SimDuration::from_secs_f64(period.as_secs_f64() * within(timed.phase, 0.0, 1.0));
            let at = after_next_check(&mut bench, server, wait)?;
            bench.treat(deed, server)?;
            let seen = bench.changes.len();
            let horizon = at + SimDuration::from_secs(600);
            while bench.changes.len() == seen && bench.step(horizon)? {}
            let Some((_, found, when)) = bench.changes.get(seen).copied() else {
                return Ok(Some(format!("repetition {index}: the model never goes {change:?}")));
            };
            let took = when.since(at).as_secs_f64();
            let agrees = match range.filter(|_| is_late) {
                Some(range) => {
                    let widened = period.as_secs_f64() + TOLERANCE;
                    took >= range.min - widened && took <= range.max + widened
                }
                None => (took - timed.change).abs() <= TOLERANCE + 0.01 * timed.change,
            };
            if found != change || !agrees {
                return Ok(Some(format!(
                    "repetition {index}: recorded {change:?} after {:.3} s, model {found:?} after {took:.3} s",
                    timed.change
                )));
            }
        }
    }
    Ok(None)
}

/// Lets time pass until so long after the next check of a server begins.
fn after_next_check(
    bench: &mut Bench<'_>,
    server: usize,
    wait: SimDuration,
) -> Result<SimTime, String> {
    let before = bench.last_check[server];
    let horizon = bench.now + SimDuration::from_secs(600);
    // Two checks, so that the server has settled in its state.
    for _ in 0..2 {
        let before = bench.last_check[server];
        while bench.last_check[server] == before && bench.step(horizon)? {}
    }
    let Some(began) = bench.last_check[server].filter(|_| bench.last_check[server] != before)
    else {
        return Err("a server without checks".to_owned());
    };
    let at = began + wait;
    while bench.step(at)? {}
    bench.now = at;
    Ok(at)
}

fn statistical(trace: &Trace, haproxy: &Haproxy) -> Result<Option<String>, String> {
    let Some(distribution) = &trace.distribution else {
        return Err("a statistical trace without a distribution".to_owned());
    };
    let mut bench = Bench::new(trace, haproxy)?;
    bench.plan_script();
    play(&mut bench, time(1e6))?;
    let mut chi_squared = 0.0;
    let mut servers = 0;
    let recorded_sum: u64 = distribution.counts.values().sum();
    let model_sum: u64 = bench.counts.iter().sum();
    let (all, of_recorded) = ((recorded_sum + model_sum) as f64, recorded_sum as f64);
    for (name, recorded) in &distribution.counts {
        let (recorded, model) = (*recorded as f64, bench.counts[bench.server(name)?] as f64);
        let both = recorded + model;
        if both > 0.0 {
            let expected = both * of_recorded / all;
            let other = both - expected;
            let square = |difference: f64| difference * difference;
            chi_squared += square(recorded - expected) / expected + square(model - other) / other;
            servers += 1;
        }
    }
    let degrees = usize::clamp(servers, 2, CHI_SQUARED.len() + 1) - 2;
    Ok((chi_squared > CHI_SQUARED[degrees]).then(|| {
        format!(
            "shares: recorded {:?}, model {:?} (chi-squared {chi_squared:.1})",
            distribution.counts, bench.counts
        )
    }))
}
