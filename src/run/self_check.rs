//! Plans that every face of the library runs alike: the browser shows their hashes, and a test compares them with the
//! command line's.

use super::Run;
use crate::infra::{Component, Preset};
use crate::kernel::SimTime;
use crate::sim::{Action, History, Plan, PlanError, TimedAction};

/// A plan to be run natively and in the browser.
#[derive(Clone, Copy, Debug)]
pub struct SelfCheck {
    /// The seed.
    pub seed: u64,
    /// Requests per second.
    pub rate: f64,
    /// Who dies, and at which millisecond.
    pub deaths: &'static [(&'static str, u64)],
    /// Who comes back, and at which millisecond.
    pub returns: &'static [(&'static str, u64)],
    /// Who gets how many times slower, and at which millisecond.
    pub slows: &'static [(&'static str, f64, u64)],
    /// How long it runs, in milliseconds.
    pub until_ms: u64,
}

/// The plans.
pub const SELF_CHECKS: [SelfCheck; 3] = [
    SelfCheck { seed: 1, rate: 20.0, deaths: &[], returns: &[], slows: &[], until_ms: 60_000 },
    SelfCheck {
        seed: 2,
        rate: 50.0,
        deaths: &[("app-1", 10_000), ("lb-1", 15_000), ("web-1/nginx", 20_000)],
        returns: &[("app-1", 30_000), ("lb-1", 35_000), ("web-1/nginx", 40_000)],
        slows: &[("app-2", 3.0, 12_000)],
        until_ms: 60_000,
    },
    SelfCheck {
        seed: 3,
        rate: 120.0,
        deaths: &[("db-1", 20_000), ("lb-2/haproxy", 25_000), ("lb-1/keepalived", 30_000)],
        returns: &[("db-1", 50_000), ("lb-2/haproxy", 55_000)],
        slows: &[("db-1", 2.5, 5_000)],
        until_ms: 90_000,
    },
];

impl SelfCheck {
    /// Runs it and returns the digest of all that happened.
    ///
    /// # Errors
    /// If its data do not fit the infrastructure (a test shows that they do).
    pub fn hash(&self) -> Result<String, PlanError> {
        let mut plan = Plan::new(Preset::Brief.infrastructure(), self.seed);
        plan.workload.rate = self.rate;
        let mut run = Run::with_actions(plan, self.actions(), History::Off)?;
        run.advance_to(SimTime::from_ms(self.until_ms));
        Ok(run.simulation().digest().to_string())
    }

    /// The command that runs the same natively.
    pub fn command(&self) -> String {
        let mut command = format!(
            "foobar-lab simulate --seed {} --rate {} --for {}ms",
            self.seed, self.rate, self.until_ms
        );
        for (component, ms) in self.deaths {
            command.push_str(&format!(" --kill {component}@{ms}ms"));
        }
        for (component, ms) in self.returns {
            command.push_str(&format!(" --restore {component}@{ms}ms"));
        }
        for (host, factor, ms) in self.slows {
            command.push_str(&format!(" --slow {host}:{factor}@{ms}ms"));
        }
        command
    }

    fn actions(&self) -> Vec<TimedAction> {
        let component = |name: &str| match name.split_once('/') {
            Some((host, service)) => Component::service(host, service),
            None => Component::host(name),
        };
        let deaths = self.deaths.iter().map(|(name, ms)| (*ms, Action::Kill(component(name))));
        let returns = self.returns.iter().map(|(name, ms)| (*ms, Action::Restore(component(name))));
        let slows = self.slows.iter().map(|(host, factor, ms)| {
            (*ms, Action::Slow { host: (*host).to_owned(), factor: *factor })
        });
        let all = deaths.chain(returns).chain(slows);
        all.map(|(ms, action)| TimedAction { at: SimTime::from_ms(ms), action }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_run_and_differ() {
        let hashes = SELF_CHECKS.map(|check| check.hash().unwrap());
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2], "{hashes:?}");
    }
}
