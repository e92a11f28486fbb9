//! From options and files to a run.

use std::path::Path;

use super::arguments::{At, Experiment, Failing, Name, Order, Slowness};
use super::commands::Failure;
use super::plan_file::{self, FromFile};
use crate::config::Change;
use crate::infra::Infrastructure;
use crate::kernel::{SimDuration, SimTime};
use crate::run::SelfCheck;
use crate::sim::{Action, Plan, TimedAction};

/// How long a run is if nobody says.
const USUAL_DURATION: SimDuration = SimDuration::from_secs(60);

/// A run that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Ordered {
    pub(super) plan: Plan,
    /// In order of time.
    pub(super) actions: Vec<TimedAction>,
    pub(super) until: SimTime,
}

/// The run that a plan file says, with nothing changed.
pub(super) fn as_filed(path: &Path) -> Result<Ordered, Failure> {
    let file = plan_file::read(path)?;
    file.expect_sound(path)?;
    let FromFile { plan, mut actions, duration } = file;
    actions.sort_by_key(|timed| timed.at);
    let duration = duration.unwrap_or(USUAL_DURATION);
    Ok(Ordered { plan, actions, until: SimTime::ZERO + duration })
}

impl Experiment {
    /// The run that is asked for: the file's or a preset's, with what the other options say.
    pub(super) fn ordered(&self) -> Result<Ordered, Failure> {
        match &self.plan {
            Some(path) => {
                let mut file = plan_file::read(path)?;
                // The plan is checked before the edits, what is done where they have left it.
                file.plan.validate()?;
                self.rebuild(&mut file.plan)?;
                file.expect_actions(path)?;
                Ok(self.onto(file))
            }
            None => self.with(self.preset.infrastructure()),
        }
    }

    /// The run that is asked for, in this infrastructure.
    pub(super) fn with(&self, infrastructure: Infrastructure) -> Result<Ordered, Failure> {
        let mut plan = Plan::new(infrastructure, 1);
        if !self.edit.is_empty() {
            plan.validate()?;
        }
        self.rebuild(&mut plan)?;
        Ok(self.onto(FromFile { plan, actions: Vec::new(), duration: None }))
    }

    /// Makes the edits that are asked for. An edit takes for granted that what it changes can stand.
    fn rebuild(&self, plan: &mut Plan) -> Result<(), Failure> {
        for edit in &self.edit {
            plan.edit(edit.clone())?;
        }
        Ok(())
    }

    /// A plan of the self-check, with what the other options say.
    pub(super) fn onto_check(&self, check: &SelfCheck) -> Ordered {
        let duration = Some(SimDuration::from_secs(check.seconds));
        self.onto(FromFile { plan: check.plan(), actions: check.actions().collect(), duration })
    }

    fn onto(&self, file: FromFile) -> Ordered {
        let FromFile { mut plan, mut actions, duration } = file;
        plan.seed = self.seed.unwrap_or(plan.seed);
        let workload = &mut plan.workload;
        workload.rate = self.rate.unwrap_or(workload.rate);
        workload.write_share = self.write_share.unwrap_or(workload.write_share);
        workload.slow_clients = self.slow_clients.unwrap_or(workload.slow_clients);
        actions.extend(self.actions());
        actions.sort_by_key(|timed| timed.at);
        let duration = self.duration.or(duration).unwrap_or(USUAL_DURATION);
        Ordered { plan, actions, until: SimTime::ZERO + duration }
    }

    /// The actions that the options ask for, in order of time.
    fn actions(&self) -> Vec<TimedAction> {
        let kills = self.kill.iter().map(|kill| (kill.at, Action::Kill(kill.what.clone())));
        let restores =
            self.restore.iter().map(|restore| (restore.at, Action::Restore(restore.what.clone())));
        let slows = self.slow.iter().map(|slow| {
            let Slowness { host, factor } = slow.what.clone();
            (slow.at, Action::Slow { host, factor })
        });
        let commands = self.command.iter().map(|order| {
            let Order { balancer, command } = order.what.clone();
            (order.at, Action::Command { balancer, command })
        });
        let reloads = self.reload.iter().map(|change| {
            let Change { backend, directive } = change.what.clone();
            (change.at, Action::Reload { backend, directive })
        });
        let stops = self.stop.iter().map(|stop| (stop.at, Action::Stop(stop.what.clone())));
        let promotions = self
            .promote
            .iter()
            .map(|promotion| (promotion.at, Action::Promote { host: promotion.what.0.clone() }));
        let cuts = self.cut_heartbeat.iter().map(|at| (*at, Action::CutHeartbeat));
        let heals = self.heal_heartbeat.iter().map(|at| (*at, Action::HealHeartbeat));
        let faults = kills.chain(restores).chain(slows).chain(stops).chain(cuts).chain(heals);
        let ailments = self.degrade.iter().map(|failing| {
            let Failing { component, gray } = failing.what.clone();
            (failing.at, Action::Degrade { component, gray })
        });
        let links = self.link.iter().map(|change| (change.at, Action::Link(change.what.clone())));
        let all = faults.chain(promotions).chain(ailments).chain(links).chain(commands);
        let all = all.chain(reloads).chain(self.changes_by_name());
        let mut actions: Vec<TimedAction> =
            all.map(|(at, action)| TimedAction { at, action }).collect();
        actions.sort_by_key(|timed| timed.at);
        actions
    }

    /// Uplinks and firewall rules.
    fn changes_by_name(&self) -> impl Iterator<Item = (SimTime, Action)> {
        type Make = fn(String) -> Action;
        let all: [(&[At<Name>], Make); 4] = [
            (&self.cut_uplink, |uplink| Action::CutUplink { uplink }),
            (&self.heal_uplink, |uplink| Action::HealUplink { uplink }),
            (&self.drop_rule, |rule| Action::DropRule { rule }),
            (&self.restore_rule, |rule| Action::RestoreRule { rule }),
        ];
        all.into_iter().flat_map(|(named, make)| {
            named.iter().map(move |named| (named.at, make(named.what.0.clone())))
        })
    }
}
