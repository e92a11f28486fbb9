//! keepalived: one VRRP instance for each virtual address on each balancer (RFC 9568; version 2 timers as keepalived's
//! default), the script that watches `HAProxy`, and where the network delivers an address.

use crate::kernel::SimDuration;
use crate::theory::vrrp;

use super::fact::FactKind;
use super::world::{Event, Purpose, Simulation, VrrpTicket};

/// A virtual address as the network sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vip {
    /// The balancer whose gratuitous ARP was the last.
    pub(super) delivered_to: Option<usize>,
}

/// What becomes of a connection request to a virtual address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Accepted(usize),
    Refused,
    Silent,
}

/// keepalived on one balancer at an instant.
#[derive(Clone, Debug)]
pub(super) struct Keepalived {
    pub(super) config: crate::infra::Keepalived,
    pub(super) is_up: bool,
    /// Grows when the process starts or dies: its script's events carry it.
    pub(super) epoch: u32,
    pub(super) instances: Vec<Instance>,
    pub(super) script_failures: u32,
    pub(super) script_successes: u32,
    pub(super) script_failed: bool,
}

/// A VRRP instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instance {
    pub(super) vip: usize,
    pub(super) priority: u8,
    pub(super) state: State,
    /// Whether the address is configured on the machine: it outlives a killed keepalived.
    pub(super) has_address: bool,
    /// Grows when its timer is set anew.
    pub(super) round: u32,
}

/// A VRRP state (RFC 9568 6.4); FAULT is keepalived's, while the tracked script fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Backup,
    Master,
    Fault,
}

impl Simulation {
    /// The start of a run: the election is long over, each address is with its highest priority.
    pub(super) fn start_keepalived_elected(&mut self, balancer: usize) {
        let Some(keepalived) = &self.balancers[balancer].keepalived else { return };
        for index in 0..keepalived.instances.len() {
            let Instance { vip, priority, .. } = self.instance(balancer, index);
            let rivals = (0..self.balancers.len()).filter(|other| *other != balancer);
            let highest_rival = rivals.filter_map(|other| self.claim(other, vip)).max();
            if highest_rival.is_none_or(|rival| (priority, usize::MAX - balancer) > rival) {
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
        self.start_script(balancer);
    }

    /// keepalived has just been started: every instance listens for a full interval before it claims anything.
    pub(super) fn start_keepalived(&mut self, balancer: usize) {
        let Some(keepalived) = &mut self.balancers[balancer].keepalived else { return };
        keepalived.is_up = true;
        keepalived.script_failed = false;
        keepalived.script_failures = 0;
        keepalived.script_successes = 0;
        for index in 0..keepalived.instances.len() {
            self.instance_mut(balancer, index).has_address = false;
            self.wait_for_adverts(balancer, index);
        }
        self.start_script(balancer);
    }

    /// keepalived dies without a word. The addresses stay configured as long as the machine lives.
    pub(super) fn stop_keepalived(&mut self, balancer: usize, machine_lives: bool) {
        let Some(keepalived) = &mut self.balancers[balancer].keepalived else { return };
        keepalived.is_up = false;
        keepalived.epoch += 1;
        for instance in &mut keepalived.instances {
            instance.round += 1;
            instance.state = State::Backup;
            instance.has_address &= machine_lives;
        }
    }

    fn start_script(&mut self, balancer: usize) {
        let Some(keepalived) = &mut self.balancers[balancer].keepalived else { return };
        keepalived.epoch += 1;
        let epoch = keepalived.epoch;
        if let Some(script) = keepalived.config.track_script {
            let address = (balancer as u64) << 32 | u64::from(epoch);
            let phase = self.draw(Purpose::ScriptPhase, address).uniform(script.interval);
            self.after(phase, Event::ScriptDue { balancer: balancer as u16, epoch });
        }
    }

    pub(super) fn script_due(&mut self, balancer: u16, epoch: u32) {
        let index = balancer as usize;
        let haproxy_runs = self.balancers[index].is_up;
        let Some(keepalived) = &mut self.balancers[index].keepalived else { return };
        let Some(script) = keepalived.config.track_script else { return };
        if keepalived.epoch != epoch {
            return;
        }
        if haproxy_runs {
            keepalived.script_failures = 0;
            keepalived.script_successes += 1;
        } else {
            keepalived.script_successes = 0;
            keepalived.script_failures += 1;
        }
        let fails = !keepalived.script_failed && keepalived.script_failures >= script.fall;
        let recovers = keepalived.script_failed && keepalived.script_successes >= script.rise;
        if fails || recovers {
            keepalived.script_failed = fails;
            for instance in 0..keepalived.instances.len() {
                if fails {
                    self.enter_fault(index, instance);
                } else {
                    self.wait_for_adverts(index, instance);
                }
            }
        }
        self.after(script.interval, Event::ScriptDue { balancer, epoch });
    }

    /// FAULT: a master says good-bye with priority 0 and gives its address up.
    fn enter_fault(&mut self, balancer: usize, index: usize) {
        let was_master = self.instance(balancer, index).state == State::Master;
        if was_master {
            self.send_advert(balancer, index, 0);
            self.drop_address(balancer, index);
        }
        let instance = self.instance_mut(balancer, index);
        instance.state = State::Fault;
        instance.round += 1;
    }

    /// BACKUP: claim the address unless an advert comes within the master-down interval.
    fn wait_for_adverts(&mut self, balancer: usize, index: usize) {
        let advert_int = self.advert_int(balancer);
        let priority = self.instance(balancer, index).priority;
        self.wait_as_backup(balancer, index, vrrp::master_down_interval(advert_int, priority));
    }

    fn wait_as_backup(&mut self, balancer: usize, index: usize, wait: SimDuration) {
        let instance = self.instance_mut(balancer, index);
        instance.state = State::Backup;
        instance.round += 1;
        let ticket = VrrpTicket::new(balancer, index, instance.round);
        self.after(wait, Event::MasterDown(ticket));
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
        self.vips[vip].delivered_to = Some(balancer);
        let by = self.host_name(self.balancers[balancer].host);
        self.record_fact(self.infrastructure().vips[vip].name.clone(), FactKind::VipTaken { by });
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
        let latency = self.lan_latency();
        for other in (0..self.balancers.len()).filter(|other| *other != balancer) {
            let rivals = self.balancers[other].keepalived.iter().flat_map(|rival| &rival.instances);
            let to = rivals.enumerate().find(|(_, rival)| rival.vip == vip).map(|(to, _)| to);
            if let Some(to) = to {
                let (balancer, instance) = (other as u16, to as u16);
                self.after(latency, Event::AdvertArrives { balancer, instance, priority });
            }
        }
    }

    pub(super) fn advert_arrives(&mut self, balancer: u16, instance: u16, priority: u8) {
        let (balancer, index) = (balancer as usize, instance as usize);
        let is_listening =
            self.balancers[balancer].keepalived.as_ref().is_some_and(|rival| rival.is_up);
        if !is_listening || !self.hosts[self.balancers[balancer].host].is_up {
            return;
        }
        let own = self.instance(balancer, index);
        match own.state {
            State::Backup if priority == 0 => {
                let skew = vrrp::skew(own.priority);
                self.wait_as_backup(balancer, index, skew);
            }
            State::Backup if priority >= own.priority => self.wait_for_adverts(balancer, index),
            State::Master if priority > own.priority => {
                self.drop_address(balancer, index);
                self.wait_for_adverts(balancer, index);
            }
            State::Master if priority > 0 => {
                self.send_advert(balancer, index, own.priority);
                self.vips[own.vip].delivered_to = Some(balancer);
            }
            State::Backup | State::Master | State::Fault => {}
        }
    }

    fn drop_address(&mut self, balancer: usize, index: usize) {
        let instance = self.instance_mut(balancer, index);
        instance.has_address = false;
        let vip = instance.vip;
        let by = self.host_name(self.balancers[balancer].host);
        self.record_fact(self.infrastructure().vips[vip].name.clone(), FactKind::VipDropped { by });
    }

    /// What a connection request to this address meets now.
    pub(super) fn deliver(&self, vip: usize) -> Delivery {
        match self.holder(vip) {
            Some(balancer) if !self.balancers[balancer].is_reachable => Delivery::Silent,
            Some(balancer) if self.balancers[balancer].is_up => Delivery::Accepted(balancer),
            Some(_) => Delivery::Refused,
            None => Delivery::Silent,
        }
    }

    /// The balancer that the network delivers the address to, if it is there and has the address.
    pub(super) fn holder(&self, vip: usize) -> Option<usize> {
        let balancer = self.vips[vip].delivered_to?;
        let keepalived = self.balancers[balancer].keepalived.as_ref()?;
        let has_address = keepalived.instances.iter().any(|own| own.vip == vip && own.has_address);
        (has_address && self.hosts[self.balancers[balancer].host].is_up).then_some(balancer)
    }

    /// A balancer's claim to an address: its priority, and the earlier declared on a tie.
    fn claim(&self, balancer: usize, vip: usize) -> Option<(u8, usize)> {
        let keepalived = self.balancers[balancer].keepalived.as_ref()?;
        let own = keepalived.instances.iter().find(|instance| instance.vip == vip)?;
        Some((own.priority, usize::MAX - balancer))
    }

    fn advert_int(&self, balancer: usize) -> SimDuration {
        let keepalived = self.balancers[balancer].keepalived.as_ref();
        keepalived.map_or(SimDuration::from_secs(1), |keepalived| keepalived.config.advert_int)
    }

    /// Only called with an index that came from the balancer's own instances.
    fn instance(&self, balancer: usize, index: usize) -> Instance {
        self.balancers[balancer].instances()[index]
    }

    fn instance_mut(&mut self, balancer: usize, index: usize) -> &mut Instance {
        &mut self.balancers[balancer].instances_mut()[index]
    }
}

impl super::balancer::Balancer {
    fn instances(&self) -> &[Instance] {
        self.keepalived.as_ref().map_or(&[], |keepalived| &keepalived.instances)
    }

    fn instances_mut(&mut self) -> &mut [Instance] {
        self.keepalived.as_mut().map_or(&mut [], |keepalived| &mut keepalived.instances)
    }
}

impl VrrpTicket {
    const fn new(balancer: usize, instance: usize, round: u32) -> Self {
        Self { balancer: balancer as u16, instance: instance as u16, round }
    }
}
