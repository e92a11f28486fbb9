//! What `scripts/bench-web.mjs` times in a browser: the app's own simulation without its page, built with the app's own flags.
//! Time is read by the script.

#![cfg(target_arch = "wasm32")]

use foobar_lab::infra::{Component, Preset};
use foobar_lab::kernel::SimTime;
use foobar_lab::run::Run;
use foobar_lab::run::bench_network::{SERVERS, advance_until, plan};
use foobar_lab::sim::{Action, History, Plan};
use wasm_bindgen::prelude::wasm_bindgen;

/// The network of `foobar-lab bench`, so many requests long: how many events it had.
#[wasm_bindgen]
pub fn network(requests: u32) -> f64 {
    let Ok(mut run) = Run::new(plan(SERVERS), History::Off) else { return f64::NAN };
    advance_until(&mut run, u64::from(requests));
    run.simulation().events() as f64
}

/// A run of ten minutes at 200 requests a second, played to its end.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TenMinutes(Run);

#[wasm_bindgen]
impl TenMinutes {
    /// `with_death`: the database dies after five minutes.
    pub fn play(with_death: bool) -> Option<Self> {
        let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
        plan.workload.rate = 200.0;
        let mut run = Run::new(plan, History::Recent).ok()?;
        run.advance_to(SimTime::from_ms(300_000));
        if with_death {
            run.act(Action::Kill(Component::host("db-1"))).ok()?;
        }
        run.advance_to(SimTime::from_ms(600_000));
        Some(Self(run))
    }

    /// Goes to this millisecond: how many events had happened by then.
    pub fn seek(&mut self, ms: u32) -> f64 {
        self.0.seek(SimTime::from_ms(u64::from(ms)));
        self.0.simulation().events() as f64
    }
}
