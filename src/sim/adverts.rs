//! keepalived's adverts, counted for who looks at the link that carries them, and how its instances stand. Nothing is decided by it.

use super::vrrp::{Advert, Instance, State};
use super::world::Simulation;
use crate::kernel::SimDuration;

/// Adverts from one balancer to another for one address, by their indices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    ends: [u16; 2],
    vip: usize,
    sent: u64,
    lost: u64,
    heard: u64,
    untaken: u64,
}

/// Adverts from one balancer to another for one virtual address, since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertCount {
    /// Who sent them.
    pub from: String,
    /// Whom they were for: an advert is sent to all at once, and counted here for each.
    pub to: String,
    /// The address, by name.
    pub vip: String,
    /// How many set out.
    pub sent: u64,
    /// How many of them the network lost.
    pub lost: u64,
    /// How many were heard: keepalived ran there and spoke the same version, in version 2 with the same `advert_int`.
    pub heard: u64,
    /// How many arrived where nobody heard them.
    pub untaken: u64,
}

/// A `vrrp_instance` of keepalived at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VrrpView {
    /// The virtual address, by name.
    pub vip: String,
    /// `MASTER`, `BACKUP` or `FAULT`; `None`: keepalived does not run.
    pub state: Option<&'static str>,
    /// The effective priority: with the tracked script's weight.
    pub priority: u8,
    /// Of a BACKUP: when it takes the address unless it hears an advert, from now.
    pub claims_in: Option<SimDuration>,
}

impl Simulation {
    /// An advert has set out; whether it is lost on the way. The page's own run does not count: who looks at a link asks the desk.
    pub(super) fn count_sent(&mut self, ends: [u16; 2], vip: usize, is_lost: bool) {
        if crate::IS_FIRST_LOAD {
            return;
        }
        let tally = self.tally(ends, vip);
        tally.sent += 1;
        tally.lost += u64::from(is_lost);
    }

    /// An advert has arrived; whether keepalived there takes it.
    pub(super) fn count_arrived(&mut self, advert: Advert, is_heard: bool) {
        if crate::IS_FIRST_LOAD {
            return;
        }
        let vip = self.instance(advert.to as usize, advert.instance as usize).vip;
        let tally = self.tally([advert.from, advert.to], vip);
        tally.heard += u64::from(is_heard);
        tally.untaken += u64::from(!is_heard);
    }

    fn tally(&mut self, ends: [u16; 2], vip: usize) -> &mut Tally {
        let known = self.adverts.iter().position(|own| own.ends == ends && own.vip == vip);
        let index = known.unwrap_or(self.adverts.len());
        if known.is_none() {
            self.adverts.push(Tally { ends, vip, sent: 0, lost: 0, heard: 0, untaken: 0 });
        }
        &mut self.adverts[index]
    }

    /// The adverts so far, in the order in which each way was first used. None are told by the run of the page itself.
    pub fn adverts(&self) -> Vec<AdvertCount> {
        let name = |balancer: u16| self.host_name(self.balancers[balancer as usize].host);
        let told = |own: &Tally| AdvertCount {
            from: name(own.ends[0]),
            to: name(own.ends[1]),
            vip: self.infrastructure().vips[own.vip].name.clone(),
            sent: own.sent,
            lost: own.lost,
            heard: own.heard,
            untaken: own.untaken,
        };
        self.adverts.iter().map(told).collect()
    }

    /// The instances of keepalived on this host, in the order of its configuration; none if it has no keepalived.
    pub fn vrrp(&self, host: &str) -> Vec<VrrpView> {
        let of = self.balancers.iter().find(|of| self.host_name(of.host) == host);
        let Some((of, keepalived)) = of.and_then(|of| Some((of, of.keepalived.as_ref()?))) else {
            return Vec::new();
        };
        let runs = keepalived.is_up && self.hosts[of.host].is_up;
        let view = |own: &Instance| {
            let state = match own.state {
                State::Master => "MASTER",
                State::Backup => "BACKUP",
                State::Fault => "FAULT",
            };
            let waits = runs && own.state == State::Backup && own.deadline > self.now;
            VrrpView {
                vip: self.infrastructure().vips[own.vip].name.clone(),
                state: runs.then_some(state),
                priority: own.priority,
                claims_in: waits.then(|| own.deadline.since(self.now)),
            }
        };
        keepalived.instances.iter().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::kernel::SimTime;
    use crate::sim::{Action, History, Plan};

    fn run_of(deeds: &[(u64, &str)], until_ms: u64) -> Simulation {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut simulation = Simulation::new(&plan, History::Off).unwrap();
        for (at, deed) in deeds {
            simulation.advance_to(SimTime::from_ms(*at));
            simulation.apply(&deed.parse::<Action>().unwrap()).unwrap();
        }
        simulation.advance_to(SimTime::from_ms(until_ms));
        simulation
    }

    fn sums(simulation: &Simulation, from: &str) -> [u64; 4] {
        let mut sums = [0; 4];
        for own in simulation.adverts().iter().filter(|own| own.from == from) {
            let own = [own.sent, own.lost, own.heard, own.untaken];
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
        sums
    }

    /// Each is master of one address and sends an advert a second for it.
    #[test]
    fn an_advert_a_second_is_sent_and_heard() {
        let simulation = run_of(&[], 30_500);
        for balancer in ["lb-1", "lb-2"] {
            let [sent, lost, heard, untaken] = sums(&simulation, balancer);
            assert!((30..=31).contains(&sent), "{balancer}: {sent}");
            assert!(lost == 0 && untaken == 0 && sent - heard <= 1, "{balancer}: {heard}");
        }
        let states = |host: &str| {
            let views = simulation.vrrp(host);
            views.iter().filter_map(|view| view.state).collect::<Vec<_>>()
        };
        assert_eq!(states("lb-1"), ["MASTER", "BACKUP"]);
        assert_eq!(states("lb-2"), ["BACKUP", "MASTER"]);
        let backup = &simulation.vrrp("lb-1")[1];
        let waits = backup.claims_in.unwrap().as_secs_f64();
        assert!(waits > 2.5 && waits < 4.0, "{waits}");
        assert!(simulation.vrrp("app-1").is_empty());
    }

    #[test]
    fn a_cut_heartbeat_loses_all_and_both_send_for_both() {
        let simulation = run_of(&[(10_000, "cut heartbeat")], 30_500);
        let [sent, lost, heard, _] = sums(&simulation, "lb-1");
        assert!(sent > 45, "{sent}");
        assert!(lost >= sent - 11 && heard <= 11, "{lost} {heard}");
        assert!(simulation.vrrp("lb-1").iter().all(|view| view.state == Some("MASTER")));
    }

    #[test]
    fn what_arrives_where_keepalived_is_dead_is_not_taken() {
        let simulation = run_of(&[(10_000, "kill lb-2/keepalived")], 30_500);
        let [sent, lost, heard, untaken] = sums(&simulation, "lb-1");
        assert!(lost == 0 && heard <= 11 && untaken > 25, "{sent} {lost} {heard} {untaken}");
        assert!(simulation.vrrp("lb-2").iter().all(|view| view.state.is_none()));
    }
}
