//! Many random configurations: recorded, judged, recorded again where the model differs, and summed up.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use foobar_lab::replay::{Verdict, replay};
use serde_json::Value;

use crate::clock::lock;
use crate::generate::{Style, case};
use crate::haproxy;
use crate::record::{Case, record};

/// A case that differs is recorded so often before it counts: a stall of the machine changes what the real one does.
const ATTEMPTS: usize = 3;
/// Recordings at once. Quick ones keep a core busy; the others mostly wait, and a late one is worth nothing.
const QUICK_AT_ONCE: usize = 2;
const WAITING_AT_ONCE: usize = 12;

/// What a run is asked to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Campaign {
    /// The seed of everything random.
    pub(crate) seed: u64,
    /// How many configurations.
    pub(crate) configurations: u64,
    /// The number of the first.
    pub(crate) first: u64,
    /// Requests of each.
    pub(crate) requests: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    /// Configurations whose recording was judged.
    pub(crate) judged: usize,
    /// Requests recorded in the last recording of each.
    pub(crate) requests: u64,
    /// Those that a server answered.
    pub(crate) picks: u64,
    /// Configurations that differ each time they are recorded.
    pub(crate) different: usize,
    /// Configurations with something that the model says it does not have.
    pub(crate) unsupported: usize,
    /// Configurations of which no recording could be made.
    pub(crate) unrecorded: usize,
    /// Recordings made again.
    pub(crate) again: usize,
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}: a whole number is wanted"))
    })
}

impl Campaign {
    /// As the environment says; a new seed if it says none.
    pub(crate) fn from_environment(new_seed: u64) -> Self {
        Self {
            seed: number("FOOBAR_LAB_SEED", new_seed),
            configurations: number("FOOBAR_LAB_CONFIGURATIONS", 66),
            first: number("FOOBAR_LAB_FIRST", 0),
            requests: number("FOOBAR_LAB_REQUESTS", 200) as usize,
        }
    }

    /// Runs it, telling of each difference as it is found.
    pub(crate) fn run(&self) -> Result<Sum, String> {
        let version = haproxy::version().ok_or(haproxy::MISSING)?;
        println!("conformance seed {} (set FOOBAR_LAB_SEED={} to repeat)", self.seed, self.seed);
        println!("haproxy {version}");
        let sum = Mutex::new(Sum::default());
        let (quick, waiting): (Vec<u64>, Vec<u64>) = (self.first..self.first + self.configurations)
            .partition(|number| Style::of(*number) == Style::Quick);
        self.all(&quick, QUICK_AT_ONCE, &version, &sum);
        self.all(&waiting, WAITING_AT_ONCE, &version, &sum);
        Ok(sum.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn all(&self, numbers: &[u64], at_once: usize, version: &str, sum: &Mutex<Sum>) {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                        self.one(*number, version, sum);
                    }
                });
            }
        });
    }

    fn one(&self, number: u64, version: &str, sum: &Mutex<Sum>) {
        let case = case(self.seed, number, self.requests);
        let mut last = None;
        let mut judged = 0;
        for attempt in 0..2 * ATTEMPTS {
            if judged == ATTEMPTS {
                break;
            }
            if attempt > 0 {
                lock(sum).again += 1;
            }
            let trace = match record(&case, version) {
                Ok(trace) => trace,
                Err(why) => {
                    println!("configuration {number} ({}): no recording: {why}", case.about);
                    continue;
                }
            };
            let text = serde_json::to_string(&trace).unwrap_or_default();
            let verdict = match replay(&case.name, &text) {
                Ok(verdict) => verdict,
                Err(error) => Verdict::Differs(error.to_string()),
            };
            judged += 1;
            let agrees = verdict == Verdict::Ok;
            if let Verdict::Differs(what) = &verdict {
                println!("configuration {number}, recording {judged}: {what} ({})", case.about);
            }
            last = Some((trace, verdict));
            // What is not modelled will not be the next time either.
            if agrees || matches!(last, Some((_, Verdict::Unsupported(_)))) {
                break;
            }
        }
        lock(sum).add(&case, last, self.seed, number);
    }
}

impl Sum {
    fn add(&mut self, case: &Case, last: Option<(Value, Verdict)>, seed: u64, number: u64) {
        let Some((trace, verdict)) = last else {
            self.unrecorded += 1;
            return;
        };
        let requests = trace["requests"].as_array().map_or(0, Vec::len) as u64;
        let shared = trace["distribution"]["n"].as_u64().unwrap_or(0);
        let answered = trace["requests"].as_array().into_iter().flatten();
        self.judged += 1;
        self.requests += requests + shared;
        match verdict {
            Verdict::Ok => {
                self.picks +=
                    answered.filter(|r| r["log"]["srv"] != "<NOSRV>").count() as u64 + shared;
                return;
            }
            Verdict::Differs(_) => self.different += 1,
            Verdict::Unsupported(_) => self.unsupported += 1,
        }
        println!("\nseed {seed}, configuration {number}: {verdict}\n{}\n{}", case.about, case.cfg);
        match keep(case, &trace) {
            Ok(file) => println!("foobar-lab replay {}\n", file.display()),
            Err(error) => println!("the trace could not be kept: {error}\n"),
        }
    }
}

/// Writes the trace where it can be replayed from.
fn keep(case: &Case, trace: &Value) -> std::io::Result<PathBuf> {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let directory = target.join("conformance");
    fs::create_dir_all(&directory)?;
    let file = directory.join(format!("{}.json", case.name));
    fs::write(&file, serde_json::to_string(trace)?)?;
    Ok(file)
}
