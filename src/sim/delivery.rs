//! Where the network delivers a virtual address: to whoever sent the last gratuitous ARP for it, whether or not that
//! balancer still has the address; and what it is to have one address on two machines (split brain).

use crate::kernel::SimDuration;

use super::balancer::Link;
use super::event::Event;
use super::fact::FactKind;
use super::origin::Admission;
use super::vrrp::LastAdvert;
use super::world::{Simulation, VrrpTicket};

/// `garp_master_delay` and `garp_lower_prio_delay`: gratuitous ARP is sent once more after so long.
const GARP_DELAY: SimDuration = SimDuration::from_secs(5);
/// How long a router goes on sending to a machine that no longer has the address before it asks the network again: a Linux
/// router that has just confirmed it, 30 s, then 5 s of doubt and three unanswered probes of 1 s.
const NEIGHBOUR_LIFETIME: SimDuration = SimDuration::from_secs(38);

/// A virtual address as the network sees it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vip {
    /// What has it as a plain address, which never moves.
    pub(super) plain: Option<Plain>,
    /// The balancer whose gratuitous ARP was the last.
    pub(super) delivered_to: Option<usize>,
    /// Grows with each gratuitous ARP.
    round: u32,
    /// Whether two machines have it and neither will step down for the other's adverts.
    is_split: bool,
    /// The advert sent last: by whom, with which priority, when.
    pub(super) last_advert: Option<(usize, u8, crate::kernel::SimTime)>,
}

/// What has an address that never moves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plain {
    Balancer(usize),
    /// A web server, for users without a balancer.
    Web(Link),
}

impl Vip {
    /// At the start: what never moves is there, and nobody has announced the others.
    pub(super) fn new(plain: Option<Plain>) -> Self {
        let delivered_to = match plain {
            Some(Plain::Balancer(balancer)) => Some(balancer),
            Some(Plain::Web(_)) | None => None,
        };
        Self { plain, delivered_to, ..Self::default() }
    }
}

/// What becomes of a connection request to a virtual address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// By the balancer of this index.
    Accepted(usize),
    /// By the web server's process of this epoch.
    Direct {
        origin: usize,
        epoch: u32,
    },
    Refused,
    Silent,
}

impl Simulation {
    /// The advert that was sent last for this address, if there was one.
    pub fn last_advert(&self, vip: &str) -> Option<LastAdvert> {
        let index = self.infrastructure().vips.iter().position(|known| known.name == vip)?;
        let (balancer, priority, at) = self.vips[index].last_advert?;
        Some(LastAdvert { by: self.host_name(self.balancers[balancer].host), priority, at })
    }

    /// What a connection request to this address meets that has come in.
    pub(super) fn deliver(&self, vip: usize) -> Delivery {
        if let Some(Plain::Web(link)) = self.vips[vip].plain {
            return match self.knock_at(link) {
                Admission::Accepted(epoch) => Delivery::Direct { origin: link.origin, epoch },
                Admission::Refused => Delivery::Refused,
                Admission::Silent => Delivery::Silent,
            };
        }
        match self.holder(vip) {
            Some(balancer) if !self.balancers[balancer].is_reachable => Delivery::Silent,
            Some(balancer) if self.balancers[balancer].is_up => Delivery::Accepted(balancer),
            Some(_) => Delivery::Refused,
            None => Delivery::Silent,
        }
    }

    /// The balancer that the network delivers the address to, if it is there and has the address.
    pub(super) fn holder(&self, vip: usize) -> Option<usize> {
        self.vips[vip].delivered_to.filter(|balancer| self.holds(*balancer, vip))
    }

    /// All balancers that have the address configured and are there.
    pub(super) fn holders(&self, vip: usize) -> impl Iterator<Item = usize> {
        (0..self.balancers.len()).filter(move |balancer| self.holds(*balancer, vip))
    }

    fn holds(&self, balancer: usize, vip: usize) -> bool {
        let is_plain =
            matches!(self.vips[vip].plain, Some(Plain::Balancer(own)) if own == balancer);
        let balancer = &self.balancers[balancer];
        let has_address =
            is_plain || balancer.instances().iter().any(|own| own.vip == vip && own.has_address);
        has_address && self.hosts[balancer.host].is_up
    }

    /// A master sends gratuitous ARP, and once more a while later.
    pub(super) fn announce(&mut self, balancer: usize, index: usize) {
        let instance = self.instance(balancer, index);
        self.deliver_to(instance.vip, balancer);
        let ticket = VrrpTicket::new(balancer, index, instance.round);
        self.after(GARP_DELAY, Event::GarpAgain(ticket));
    }

    pub(super) fn garp_again(&mut self, ticket: VrrpTicket) {
        let (balancer, index) = (ticket.balancer as usize, ticket.instance as usize);
        let instance = self.instance(balancer, index);
        if instance.round == ticket.round {
            self.deliver_to(instance.vip, balancer);
        }
    }

    fn deliver_to(&mut self, vip: usize, balancer: usize) {
        self.vips[vip].delivered_to = Some(balancer);
        self.vips[vip].round += 1;
    }

    /// A balancer has taken the address while another has it: once the adverts have had time to cross, it shows whether one
    /// of them steps down.
    pub(super) fn look_for_split(&mut self, vip: usize) {
        if self.holders(vip).nth(1).is_some() {
            self.after(self.lan_latency() * 4, Event::SplitShows(vip as u16));
        }
    }

    pub(super) fn split_shows(&mut self, vip: u16) {
        let vip = vip as usize;
        if self.vips[vip].is_split || self.holders(vip).nth(1).is_none() {
            return;
        }
        self.vips[vip].is_split = true;
        let holders: Vec<usize> = self.holders(vip).collect();
        let name = |balancer: usize| self.host_name(self.balancers[balancer].host);
        let holders = holders.into_iter().map(name).collect();
        let subject = self.infrastructure().vips[vip].name.clone();
        self.record_fact(subject, FactKind::SplitBrainBegan { holders });
    }

    /// A machine no longer has the address, or is no longer there.
    pub(super) fn address_removed(&mut self, vip: usize) {
        if self.vips[vip].is_split && self.holders(vip).nth(1).is_none() {
            self.vips[vip].is_split = false;
            let holder = self.holders(vip).next();
            let holder = holder.map(|balancer| self.host_name(self.balancers[balancer].host));
            let subject = self.infrastructure().vips[vip].name.clone();
            self.record_fact(subject, FactKind::SplitBrainEnded { holder });
        }
        if self.holder(vip).is_none() && self.holders(vip).next().is_some() {
            let round = self.vips[vip].round;
            self.after(NEIGHBOUR_LIFETIME, Event::NeighbourForgotten { vip: vip as u16, round });
        }
    }

    /// The router asks the network again who has the address, if nobody has told it meanwhile.
    pub(super) fn neighbour_forgotten(&mut self, vip: u16, round: u32) {
        let vip = vip as usize;
        let holder = self.holders(vip).next().filter(|_| self.vips[vip].round == round);
        if let Some(balancer) = holder {
            self.deliver_to(vip, balancer);
        }
    }

    /// The heartbeat between the balancers is lost, or gets through again.
    pub(super) fn cut_heartbeat(&mut self, is_cut: bool) {
        if self.heartbeat_is_cut != is_cut {
            self.heartbeat_is_cut = is_cut;
            let kind = if is_cut { FactKind::HeartbeatCut } else { FactKind::HeartbeatHealed };
            self.record_fact("heartbeat".to_owned(), kind);
        }
    }
}
