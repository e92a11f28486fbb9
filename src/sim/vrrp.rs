//! keepalived: one VRRP instance for each virtual address on each balancer (RFC 9568, and version 2 as keepalived speaks
//! it by default): who claims an address, who gives way, and how long each waits. The script that it tracks is in
//! `track.rs`, what the network makes of it in `delivery.rs`.

use crate::infra::VrrpInstance;
use crate::kernel::{SimDuration, SimTime};
use crate::theory::vrrp;

use super::event::Event;
use super::fact::FactKind;
use super::world::{Purpose, Simulation, VrrpTicket};

/// keepalived on one balancer at an instant.
#[derive(Clone, Debug)]
pub(super) struct Keepalived {
    pub(super) config: crate::infra::Keepalived,
    pub(super) is_up: bool,
    /// Grows when the process starts or dies: its script's events carry it.
    pub(super) epoch: u32,
    pub(super) instances: Vec<Instance>,
    pub(super) script: super::track::Script,
}

/// A VRRP instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instance {
    pub(super) vip: usize,
    /// `priority` as configured.
    pub(super) base_priority: u8,
    /// The effective one: with the tracked script's weight.
    pub(super) priority: u8,
    nopreempt: bool,
    preempt_delay: SimDuration,
    pub(super) state: State,
    /// Whether the address is configured on the machine: it outlives a killed keepalived.
    pub(super) has_address: bool,
    /// Grows when its timer is set anew.
    pub(super) round: u32,
    /// The timer of a BACKUP: how long it was set for, and when it runs out.
    wait: SimDuration,
    pub(super) deadline: SimTime,
    /// The master's `advert_int`, which version 3 learns from its adverts.
    master_advert_int: SimDuration,
    /// When `preempt_delay` is over, once it runs.
    preempt_at: Option<SimTime>,
}

/// A VRRP state (RFC 9568 6.4); FAULT is keepalived's, while the tracked script fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Backup,
    Master,
    Fault,
}

/// An advert on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Advert {
    pub(super) from: u16,
    pub(super) to: u16,
    /// The receiver's instance.
    pub(super) instance: u16,
    pub(super) priority: u8,
}

/// The advert that was sent last for an address, whether or not it got through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAdvert {
    /// The balancer that sent it.
    pub by: String,
    /// The priority in it; 0 is good-bye.
    pub priority: u8,
    /// When.
    pub at: SimTime,
}

impl Instance {
    pub(super) const fn new(vip: usize, config: &VrrpInstance, advert_int: SimDuration) -> Self {
        Self {
            vip,
            base_priority: config.priority,
            priority: config.priority,
            nopreempt: config.nopreempt,
            preempt_delay: config.preempt_delay,
            state: State::Backup,
            has_address: false,
            round: 0,
            wait: SimDuration::ZERO,
            deadline: SimTime::ZERO,
            master_advert_int: advert_int,
            preempt_at: None,
        }
    }

    /// Whether an advert keeps it waiting, though it may be lower than its own.
    fn gives_way_to(&self, is_lower: bool, now: SimTime) -> bool {
        let is_delayed = self.preempt_delay > SimDuration::ZERO
            && self.preempt_at.is_none_or(|preempt_at| preempt_at > now);
        !is_lower || self.nopreempt || is_delayed
    }
}

impl Simulation {
    /// The start of a run: the election is long over, each address is with its highest priority.
    pub(super) fn start_keepalived_elected(&mut self, balancer: usize) {
        (0..self.balancers.len()).for_each(|any| self.assume_script_succeeds(any));
        for index in 0..self.balancers[balancer].instances().len() {
            let vip = self.instance(balancer, index).vip;
            let rivals = (0..self.balancers.len()).filter(|other| *other != balancer);
            let highest_rival = rivals.filter_map(|other| self.claim(other, vip)).max();
            if self.claim(balancer, vip) > highest_rival {
                let advert_int = self.advert_int(balancer);
                let phase = self.draw(Purpose::AdvertPhase, vip as u64).uniform(advert_int);
                let instance = self.instance_mut(balancer, index);
                instance.state = State::Master;
                instance.has_address = true;
                instance.round += 1;
                let ticket = VrrpTicket::new(balancer, index, instance.round);
                self.vips[vip].delivered_to = Some(balancer);
                self.after(phase, Event::AdvertDue(ticket));
            } else {
                self.wait_for_adverts(balancer, index);
            }
        }
        self.start_script_somewhere(balancer);
    }

    /// keepalived has just been started: it takes away the addresses that an earlier life left, and every instance listens
    /// for a full interval before it claims anything; with a script that decides, only once the script has succeeded.
    pub(super) fn start_keepalived(&mut self, balancer: usize) {
        let Some(keepalived) = &mut self.balancers[balancer].keepalived else { return };
        keepalived.is_up = true;
        let waits_for_script =
            keepalived.config.track_script.is_some_and(|script| script.weight == 0);
        for index in 0..keepalived.instances.len() {
            self.remove_address(balancer, index);
            let advert_int = self.advert_int(balancer);
            let instance = self.instance_mut(balancer, index);
            instance.priority = instance.base_priority;
            instance.master_advert_int = advert_int;
            if waits_for_script {
                instance.state = State::Fault;
                instance.round += 1;
            } else {
                self.wait_for_adverts(balancer, index);
            }
        }
        self.start_script_at_once(balancer);
    }

    /// keepalived dies without a word. The addresses stay configured as long as the machine lives.
    pub(super) fn stop_keepalived(&mut self, balancer: usize, machine_lives: bool) {
        let Some(keepalived) = &mut self.balancers[balancer].keepalived else { return };
        keepalived.is_up = false;
        keepalived.epoch += 1;
        for instance in &mut keepalived.instances {
            instance.round += 1;
            instance.state = State::Backup;
        }
        if !machine_lives {
            for index in 0..self.balancers[balancer].instances().len() {
                self.remove_address(balancer, index);
            }
        }
    }

    /// keepalived is asked to end (SIGTERM): what it is master of it gives up, with an advert of priority 0.
    pub(super) fn end_keepalived(&mut self, balancer: usize) {
        for index in 0..self.balancers[balancer].instances().len() {
            self.resign(balancer, index);
        }
        self.stop_keepalived(balancer, true);
    }

    /// FAULT: a master says good-bye with priority 0 and gives its address up.
    pub(super) fn enter_fault(&mut self, balancer: usize, index: usize) {
        self.resign(balancer, index);
        let instance = self.instance_mut(balancer, index);
        instance.state = State::Fault;
        instance.round += 1;
    }

    fn resign(&mut self, balancer: usize, index: usize) {
        if self.instance(balancer, index).state == State::Master {
            self.send_advert(balancer, index, 0);
            self.drop_address(balancer, index);
        }
    }

    /// BACKUP: claim the address unless an advert comes within the master-down interval.
    pub(super) fn wait_for_adverts(&mut self, balancer: usize, index: usize) {
        let wait = self.master_down_interval(balancer, index);
        self.wait_as_backup(balancer, index, wait);
    }

    fn wait_as_backup(&mut self, balancer: usize, index: usize, wait: SimDuration) {
        let deadline = self.now + wait;
        let instance = self.instance_mut(balancer, index);
        if instance.state != State::Backup {
            instance.preempt_at = None;
        }
        instance.state = State::Backup;
        instance.round += 1;
        instance.wait = wait;
        instance.deadline = deadline;
        let ticket = VrrpTicket::new(balancer, index, instance.round);
        self.after(wait, Event::MasterDown(ticket));
    }

    /// Another effective priority, and with it another skew: the timer of a BACKUP runs on from the same advert.
    pub(super) fn set_priority(&mut self, balancer: usize, index: usize, priority: u8) {
        self.instance_mut(balancer, index).priority = priority;
        let Instance { state, wait, deadline, .. } = self.instance(balancer, index);
        if state != State::Backup {
            return;
        }
        let new_wait = self.master_down_interval(balancer, index);
        let due =
            SimTime::from_ns((deadline.as_ns() + new_wait.as_ns()).saturating_sub(wait.as_ns()));
        self.wait_as_backup(balancer, index, due.since(self.now.min(due)));
        self.instance_mut(balancer, index).wait = new_wait;
    }

    pub(super) fn master_down(&mut self, ticket: VrrpTicket) {
        let (balancer, index) = (ticket.balancer as usize, ticket.instance as usize);
        if self.instance(balancer, index).round != ticket.round {
            return;
        }
        let instance = self.instance_mut(balancer, index);
        instance.state = State::Master;
        instance.has_address = true;
        let vip = instance.vip;
        let by = self.host_name(self.balancers[balancer].host);
        self.record_fact(self.infrastructure().vips[vip].name.clone(), FactKind::VipTaken { by });
        self.announce(balancer, index);
        self.look_for_split(vip);
        self.advert_due(ticket);
    }

    pub(super) fn advert_due(&mut self, ticket: VrrpTicket) {
        let (balancer, index) = (ticket.balancer as usize, ticket.instance as usize);
        let instance = self.instance(balancer, index);
        if instance.round == ticket.round {
            self.send_advert(balancer, index, instance.priority);
            self.after(self.advert_int(balancer), Event::AdvertDue(ticket));
        }
    }

    fn send_advert(&mut self, balancer: usize, index: usize, priority: u8) {
        let vip = self.instance(balancer, index).vip;
        self.vips[vip].last_advert = Some((balancer, priority, self.now));
        for other in (0..self.balancers.len()).filter(|other| *other != balancer) {
            let position = self.balancers[other].instances().iter().position(|own| own.vip == vip);
            if let Some(instance) = position {
                let (from, to, instance) = (balancer as u16, other as u16, instance as u16);
                let ends = [self.balancers[balancer].host, self.balancers[other].host];
                let takes = if self.heartbeat_is_cut { None } else { self.datagram(ends) };
                self.count_sent([from, to], vip, takes.is_none());
                if let Some(takes) = takes {
                    let advert = Advert { from, to, instance, priority };
                    self.after(takes, Event::AdvertArrives(advert));
                }
            }
        }
    }

    pub(super) fn advert_arrives(&mut self, advert: Advert) {
        let Advert { from, to, instance, priority } = advert;
        let (balancer, index) = (to as usize, instance as usize);
        let theirs = self.hears(balancer, from as usize);
        self.count_arrived(advert, theirs.is_some());
        let Some(theirs) = theirs else { return };
        let own = self.instance(balancer, index);
        let is_lower =
            (priority, self.address(from as usize)) < (own.priority, self.address(balancer));
        match own.state {
            State::Fault => {}
            State::Backup if priority == 0 => {
                let skew = self.skew(balancer, index);
                self.wait_as_backup(balancer, index, skew);
            }
            State::Backup => {
                let is_lower = priority < own.priority;
                if own.gives_way_to(is_lower, self.now) {
                    let delay_ends = self.now + own.preempt_delay;
                    let instance = self.instance_mut(balancer, index);
                    instance.preempt_at =
                        if is_lower { own.preempt_at.or(Some(delay_ends)) } else { None };
                    instance.master_advert_int = theirs;
                    self.wait_for_adverts(balancer, index);
                }
            }
            State::Master if priority == 0 => self.send_advert(balancer, index, own.priority),
            State::Master if is_lower => {
                self.send_advert(balancer, index, own.priority);
                self.announce(balancer, index);
            }
            State::Master => {
                if self.configured(balancer).is_some_and(|config| config.higher_prio_send_advert) {
                    self.send_advert(balancer, index, own.priority);
                }
                self.instance_mut(balancer, index).master_advert_int = theirs;
                self.drop_address(balancer, index);
                self.wait_for_adverts(balancer, index);
            }
        }
    }

    /// The `advert_int` that an advert tells, if the receiver runs and takes it: of its own version and, in version 2, of
    /// its own `advert_int`.
    fn hears(&self, balancer: usize, from: usize) -> Option<SimDuration> {
        let keepalived = self.balancers[balancer].keepalived.as_ref()?;
        let (own, theirs) = (&keepalived.config, self.configured(from)?);
        let is_listening = keepalived.is_up && self.hosts[self.balancers[balancer].host].is_up;
        let is_valid = own.vrrp_version == theirs.vrrp_version
            && (own.vrrp_version == 3 || own.advert_int == theirs.advert_int);
        (is_listening && is_valid).then_some(theirs.advert_int)
    }

    fn drop_address(&mut self, balancer: usize, index: usize) {
        let vip = self.instance(balancer, index).vip;
        let by = self.host_name(self.balancers[balancer].host);
        self.record_fact(self.infrastructure().vips[vip].name.clone(), FactKind::VipDropped { by });
        self.remove_address(balancer, index);
    }

    fn remove_address(&mut self, balancer: usize, index: usize) {
        let instance = self.instance_mut(balancer, index);
        let had_address = std::mem::replace(&mut instance.has_address, false);
        let vip = instance.vip;
        if had_address {
            self.address_removed(vip);
        }
    }

    /// A balancer's claim to an address: its priority, and the higher address of its own on a tie.
    fn claim(&self, balancer: usize, vip: usize) -> Option<(u8, u32)> {
        let own = self.balancers[balancer].instances().iter().find(|own| own.vip == vip)?;
        Some((own.priority, self.address(balancer)))
    }

    /// A balancer's own address as a number: the tie-break of equal priorities.
    fn address(&self, balancer: usize) -> u32 {
        u32::from(self.infrastructure().hosts[self.balancers[balancer].host].address)
    }

    fn configured(&self, balancer: usize) -> Option<&crate::infra::Keepalived> {
        Some(&self.balancers[balancer].keepalived.as_ref()?.config)
    }

    fn advert_int(&self, balancer: usize) -> SimDuration {
        self.configured(balancer).map_or(SimDuration::from_secs(1), |config| config.advert_int)
    }

    fn master_down_interval(&self, balancer: usize, index: usize) -> SimDuration {
        let Instance { priority, master_advert_int, .. } = self.instance(balancer, index);
        if self.speaks_version_3(balancer) {
            vrrp::master_down_interval_v3(master_advert_int, priority)
        } else {
            vrrp::master_down_interval(self.advert_int(balancer), priority)
        }
    }

    fn skew(&self, balancer: usize, index: usize) -> SimDuration {
        let Instance { priority, master_advert_int, .. } = self.instance(balancer, index);
        if self.speaks_version_3(balancer) {
            vrrp::skew_v3(master_advert_int, priority)
        } else {
            vrrp::skew(priority)
        }
    }

    fn speaks_version_3(&self, balancer: usize) -> bool {
        self.configured(balancer).is_some_and(|config| config.vrrp_version == 3)
    }

    /// Only called with an index that came from the balancer's own instances.
    pub(super) fn instance(&self, balancer: usize, index: usize) -> Instance {
        self.balancers[balancer].instances()[index]
    }

    pub(super) fn instance_mut(&mut self, balancer: usize, index: usize) -> &mut Instance {
        &mut self.balancers[balancer].instances_mut()[index]
    }
}

impl super::balancer::Balancer {
    pub(super) fn instances(&self) -> &[Instance] {
        self.keepalived.as_ref().map_or(&[], |keepalived| &keepalived.instances)
    }

    fn instances_mut(&mut self) -> &mut [Instance] {
        self.keepalived.as_mut().map_or(&mut [], |keepalived| &mut keepalived.instances)
    }
}

impl VrrpTicket {
    pub(super) const fn new(balancer: usize, instance: usize, round: u32) -> Self {
        Self { balancer: balancer as u16, instance: instance as u16, round }
    }
}
