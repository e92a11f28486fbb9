//! The model of an Nginx that passes requests on, against the installed one: random upstreams on loopback, servers that refuse, close
//! or answer with errors and come back, and every server that every request tried.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "nginx/backend.rs"]
mod backend;
#[path = "nginx/case.rs"]
mod case;
#[path = "conformance/chance.rs"]
mod chance;
#[path = "conformance/clock.rs"]
mod clock;
#[path = "nginx/real.rs"]
mod real;

use case::Case;
use real::{Nginx, Seen};

/// Configurations of a run, and how many are run at once.
const CASES: u64 = 24;
const AT_ONCE: usize = 6;
/// A case that differs is run so often: a stall of the machine changes what is seen.
const ATTEMPTS: usize = 3;

#[test]
#[ignore = "starts the installed nginx and takes a quarter of a minute"]
fn the_model_passes_requests_on_as_nginx_does() {
    let seed = std::env::var("FOOBAR_LAB_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(clock::seed);
    println!("nginx seed {seed} (set FOOBAR_LAB_SEED={seed} to repeat)");
    let next = std::sync::atomic::AtomicU64::new(0);
    let told = std::sync::Mutex::new(Vec::new());
    let tries = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if number >= CASES {
                        return;
                    }
                    let case = Case::random(seed, number);
                    let mut differs = None;
                    for attempt in 0..ATTEMPTS {
                        differs = match Nginx::start(&case).and_then(|mut nginx| nginx.run(&case)) {
                            Ok(seen) => case.difference(&seen).or_else(|| {
                                let tried: usize =
                                    seen.iter().map(|seen: &Seen| seen.tried.len()).sum();
                                tries.fetch_add(tried as u64, std::sync::atomic::Ordering::Relaxed);
                                None
                            }),
                            Err(error) => Some(error.to_string()),
                        };
                        match &differs {
                            None => break,
                            Some(why) => println!("case {number}, attempt {attempt}: {why}"),
                        }
                    }
                    if let Some(differs) = differs {
                        let text = format!("case {number}: {differs}\n{}", case.configuration());
                        clock::lock(&told).push(text);
                    }
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    println!("nginx: {CASES} configurations, {} tries compared", tries.into_inner());
    assert!(told.is_empty(), "{}\nto repeat: FOOBAR_LAB_SEED={seed}", told.join("\n\n"));
}
