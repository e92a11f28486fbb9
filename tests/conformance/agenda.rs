//! What is expected when, while a recording runs: health checks, answers, retries. Two things that fall together may happen
//! in either order, and then a difference says nothing about the model; so the recorder asks here for a quiet moment
//! before it sends a request or does anything to a server.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use crate::clock::{Clock, lock};

/// How far a request stays from what is expected. Checks and answers come 1 to 3 ms late, more on a busy machine.
pub(crate) const ASIDE: f64 = 0.009;
/// How far what is done to a server stays from everything, and the next request from it.
pub(crate) const WELL_ASIDE: f64 = 0.016;
/// How far two late requests stay from each other, even where a busy machine takes long over the first.
pub(crate) const APART: f64 = 0.05;
/// How far the later happenings of a request (answer, retries) stay from others.
const LATER_ASIDE: f64 = 0.006;
/// A quiet moment is sought for this long; after that any will do.
const PATIENCE: f64 = 0.25;
/// A health check starts this much late, and the next counts from its end.
const CHECK_DRIFT: f64 = 0.001;

/// What is known of one recording while it runs.
#[derive(Debug)]
pub(crate) struct Agenda {
    /// Its clock.
    pub(crate) clock: Clock,
    pace: Pace,
    settle: bool,
    state: Mutex<State>,
}

/// What the configuration says about time, in seconds.
#[derive(Debug, Default)]
struct Pace {
    checked: bool,
    inter: f64,
    fastinter: f64,
    downinter: f64,
    rise: u64,
    fall: u64,
    slowstart: f64,
    retries: u64,
    pause: f64,
    server_timeout: f64,
    queue_timeout: f64,
}

#[derive(Debug, Default)]
struct State {
    checks: Vec<Check>,
    pending: BTreeMap<usize, Pending>,
    served: BTreeMap<usize, (usize, f64)>,
    /// How long the servers took.
    delays: BTreeMap<usize, f64>,
    /// When the first check of all was, told by each server's first.
    first_checks: Vec<f64>,
    /// When servers came UP, for slowstart.
    risen: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Check {
    health: u64,
    next: Option<f64>,
    up: bool,
    passes: bool,
    seen: bool,
}

#[derive(Debug)]
struct Pending {
    since: f64,
    answer: Option<f64>,
}

impl Agenda {
    /// Of this configuration; `settle` lets answers be put off to a quiet moment.
    pub(crate) fn new(config: &Value, settle: bool) -> Self {
        let server = &config["default_server"];
        let seconds = |of: &Value| of.as_f64().map(|ms| ms / 1000.0);
        let inter = seconds(&server["inter"]).unwrap_or(2.0);
        let connect = seconds(&config["timeouts"]["connect"]).unwrap_or(1.0);
        let (rise, fall) =
            (server["rise"].as_u64().unwrap_or(2), server["fall"].as_u64().unwrap_or(3));
        let pace = Pace {
            checked: server["check"] == true,
            inter,
            fastinter: seconds(&server["fastinter"]).unwrap_or(inter),
            downinter: seconds(&server["downinter"]).unwrap_or(inter),
            rise,
            fall,
            slowstart: seconds(&server["slowstart"]).unwrap_or(0.0),
            retries: config["retries"].as_u64().unwrap_or(3),
            pause: connect.min(1.0),
            server_timeout: seconds(&config["timeouts"]["server"]).unwrap_or(30.0),
            queue_timeout: seconds(&config["timeouts"]["queue"]).unwrap_or(connect),
        };
        let servers = config["servers"].as_array().map_or(0, Vec::len);
        let check = Check { health: rise, next: None, up: true, passes: true, seen: false };
        let state = State { checks: vec![check; servers], ..State::default() };
        Self { clock: Clock::start(), pace, settle, state: Mutex::new(state) }
    }

    /// A server was changed: whether it takes connections, and whether it answers an HTTP check well.
    pub(crate) fn server_is(&self, index: usize, up: bool, passes: bool) {
        let check = &mut lock(&self.state).checks[index];
        (check.up, check.passes) = (up, passes);
    }

    /// A request is about to be sent.
    pub(crate) fn sent(&self, i: usize, at: f64) {
        lock(&self.state).pending.insert(i, Pending { since: at, answer: None });
    }

    /// A server took it, and would answer after `delay` (or never): the delay that it shall take.
    pub(crate) fn accepted(&self, i: usize, server: usize, at: f64, delay: Option<f64>) -> f64 {
        let mut state = lock(&self.state);
        state.served.insert(i, (server, at));
        let asked = delay.unwrap_or(self.pace.server_timeout);
        let mut taken = asked;
        if self.settle && delay.is_some_and(|d| d > 0.0) {
            let mut expected = self.others(&state, at);
            expected.extend(self.checks(&state, at + asked + PATIENCE, true));
            let clashes = |d: f64| expected.iter().any(|x| (x - at - d).abs() < LATER_ASIDE);
            while taken < asked + PATIENCE && clashes(taken) {
                taken += 0.001;
            }
        }
        if let Some(pending) = state.pending.get_mut(&i) {
            pending.answer = Some(at + taken);
        }
        taken
    }

    /// It answers, after so long.
    pub(crate) fn answered(&self, i: usize, took: f64) {
        lock(&self.state).delays.insert(i, took);
    }

    /// It is over: the server that took it last, and when; and how long it took to answer.
    pub(crate) fn ended(&self, i: usize) -> (Option<(usize, f64)>, Option<f64>) {
        let mut state = lock(&self.state);
        state.pending.remove(&i);
        (state.served.get(&i).copied(), state.delays.get(&i).copied())
    }

    /// When the first check of all was, as each server's first tells; the lines about them may have been read late.
    pub(crate) fn first_checks(&self) -> Vec<f64> {
        lock(&self.state).first_checks.clone()
    }

    /// HAProxy is started again.
    pub(crate) fn forget_checks(&self) {
        let mut state = lock(&self.state);
        state.first_checks.clear();
        for check in &mut state.checks {
            (check.health, check.next, check.seen) = (self.pace.rise, None, false);
        }
    }

    /// A server got an HTTP check. Those that change nothing are not logged.
    pub(crate) fn check_seen(&self, index: usize, at: f64) {
        let mut state = lock(&self.state);
        let next = at + self.interval(state.checks[index].health);
        if state.checks[index].seen {
            state.checks[index].next = Some(next);
        }
    }

    /// A line of HAProxy's log that is not a request: the steps of health are read from it.
    pub(crate) fn event(&self, at: f64, line: &str, names: &[String]) {
        let Some((_, rest)) = line.split_once("be/") else { return };
        let Some(index) = names.iter().position(|name| {
            rest.strip_prefix(name.as_str()).is_some_and(|r| !r.starts_with(char::is_alphanumeric))
        }) else {
            return;
        };
        let mut state = lock(&self.state);
        if !line.starts_with("Health") && line.contains(" is UP") {
            state.risen.push(at);
        }
        // `Health check for backup server` too.
        if !line.starts_with("Health check for ") {
            return;
        }
        if let Some((steps, word)) = status(line) {
            state.checks[index].health = match word {
                "DOWN" => steps,
                _ => steps + self.pace.rise - 1,
            };
        }
        if !line.contains("Health analyze") {
            if !state.checks[index].seen {
                let offset =
                    self.interval(self.pace.rise) * index as f64 / state.checks.len() as f64;
                state.first_checks.push(at - offset);
                state.checks[index].seen = true;
            }
            let next = at + self.interval(state.checks[index].health);
            state.checks[index].next = Some(next);
        }
        // The first of all tells when the others are due: see the first checks in tests/golden/README.md.
        if index == 0 && state.checks.iter().filter(|check| check.next.is_some()).count() == 1 {
            let (start, n) = (self.interval(self.pace.rise), state.checks.len());
            for (k, check) in state.checks.iter_mut().enumerate().skip(1) {
                check.next = Some(at + start * k as f64 / n as f64);
            }
        }
    }

    fn interval(&self, health: u64) -> f64 {
        match health {
            0 => self.pace.downinter,
            full if full == self.pace.rise + self.pace.fall - 1 => self.pace.inter,
            _ => self.pace.fastinter,
        }
    }

    /// A moment from `from` on at which nothing else is expected: for a request whose answer takes `delay`, or for
    /// something done to a server.
    pub(crate) fn quiet(&self, from: f64, delay: Option<f64>) -> f64 {
        let state = lock(&self.state);
        let horizon = from
            + PATIENCE
            + delay.unwrap_or(0.0)
            + self.pace.retries as f64 * self.pace.pause
            + 0.1;
        let checks = self.checks(&state, horizon, false);
        let turning = self.checks(&state, horizon, true);
        let mut others = self.others(&state, from);
        others.extend(self.slowstart_steps(&state, from, horizon));
        let near = |t: f64, of: &[f64], by: f64| of.iter().any(|x| (x - t).abs() < by);
        let someone_dead = state.checks.iter().any(|check| !check.up);
        let aside = if delay.is_some() { ASIDE } else { WELL_ASIDE };
        let mut t = from;
        while t < from + PATIENCE {
            let clash = near(t, &checks, aside)
                || near(t, &others, aside)
                || delay.is_some_and(|d| {
                    d > 0.0
                        && (near(t + d, &others, LATER_ASIDE) || near(t + d, &turning, LATER_ASIDE))
                })
                || (delay.is_some() && someone_dead)
                    && (1..=self.pace.retries).any(|k| {
                        // Each pause is a millisecond or so longer than it says.
                        let retry = t + k as f64 * (self.pace.pause + CHECK_DRIFT);
                        near(retry, &turning, LATER_ASIDE) || near(retry, &others, LATER_ASIDE)
                    });
            if !clash {
                return t;
            }
            t += 0.001;
        }
        from
    }

    /// When checks are due until then: of all servers, or only of those whose state is about to turn.
    fn checks(&self, state: &State, until: f64, turning_only: bool) -> Vec<f64> {
        let mut instants = Vec::new();
        if !self.pace.checked {
            return instants;
        }
        let full = self.pace.rise + self.pace.fall - 1;
        for check in &state.checks {
            let passes = check.up && check.passes;
            if turning_only && check.health == if passes { full } else { 0 } {
                continue;
            }
            let (Some(mut t), mut health) = (check.next, check.health) else { continue };
            while t < until {
                instants.push(t);
                health = if passes {
                    if health + 1 >= self.pace.rise { full } else { health + 1 }
                } else if health > self.pace.rise {
                    health - 1
                } else {
                    0
                };
                t += self.interval(health) + CHECK_DRIFT;
            }
        }
        instants
    }

    /// Answers and retries of the requests under way.
    fn others(&self, state: &State, now: f64) -> Vec<f64> {
        let mut instants = Vec::new();
        for pending in state.pending.values() {
            match pending.answer {
                Some(at) => instants.push(at),
                None if now - pending.since > 0.005 => {
                    let pauses =
                        (1..=self.pace.retries).map(|k| k as f64 * (self.pace.pause + CHECK_DRIFT));
                    instants.extend(pauses.map(|pause| pending.since + pause));
                    instants.push(pending.since + self.pace.queue_timeout);
                }
                None => {}
            }
        }
        instants
    }

    /// Slowstart goes by whole seconds of the wall clock, and by seconds since the server came UP.
    fn slowstart_steps(&self, state: &State, from: f64, until: f64) -> Vec<f64> {
        let mut instants = Vec::new();
        if self.pace.slowstart > 0.0 {
            let next_second = from.floor() - self.clock.epoch_at(0.0).fract();
            instants.extend((0..8).map(|k| next_second + f64::from(k)));
            for risen in &state.risen {
                instants.extend((1..60).map(|k| risen + f64::from(k)).filter(|t| *t < until));
            }
        }
        instants
    }
}

/// `... status: 2/3 UP.` as 2 and UP.
fn status(line: &str) -> Option<(u64, &str)> {
    let (steps, rest) = line.rsplit_once("status: ")?.1.split_once('/')?;
    Some((steps.parse().ok()?, rest.split_once(' ')?.1.trim_end_matches(['.', '\n'])))
}
