//! From layout and state to marks. Every group keeps its key whatever happens, so that a stage redraws only what changed.

mod cards;
mod legend;
mod links;
mod path;
mod pen;
mod places;
mod rates;
mod servers;
mod troubles;
mod words;

use super::layout::{Layout, Metrics};
use super::scene::Scene;
use crate::infra::{Host, Infrastructure, Vip};
use crate::run::LinkFlow;
use crate::sim::{Condition, HostView, Snapshot, VipView};

/// What a picture shows. The words that go with it say everything all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The zones with their firewalls.
    pub zones: bool,
    /// The addresses of hosts and clusters.
    pub addresses: bool,
    /// What the links speak, with its port.
    pub ports: bool,
    /// The way of a request, its steps numbered.
    pub path: bool,
}

impl Shown {
    /// As a picture usually is.
    pub const USUAL: Self = Self { zones: true, addresses: true, ports: true, path: false };
}

/// The picture of an infrastructure, at rest or as a snapshot found it; `flows` give the links their width and their words.
pub fn compose(
    infrastructure: &Infrastructure,
    snapshot: Option<&Snapshot>,
    layout: &Layout,
    flows: &[LinkFlow],
) -> Scene {
    compose_shown(infrastructure, snapshot, layout, flows, Shown::USUAL)
}

/// The same picture, with more or less in it.
pub fn compose_shown(
    infrastructure: &Infrastructure,
    snapshot: Option<&Snapshot>,
    layout: &Layout,
    flows: &[LinkFlow],
    shown: Shown,
) -> Scene {
    let metrics = layout.metrics();
    let picture = Picture { infrastructure, snapshot, layout, metrics, shown };
    let mut groups = if shown.zones { picture.zones() } else { Vec::new() };
    groups.extend(picture.links(flows));
    if shown.ports {
        groups.extend(picture.labels());
    }
    groups.push(picture.users());
    groups.extend(infrastructure.hosts.iter().filter_map(|host| picture.host(host)));
    groups.extend(picture.vips());
    groups.push(picture.troubles());
    let rates = picture.rates(flows, &groups);
    groups.push(rates);
    if shown.path {
        groups.push(picture.path());
    }
    groups.push(picture.caption());
    groups.push(picture.legend());
    Scene {
        size: layout.size,
        title: infrastructure.title.clone(),
        description: picture.description(),
        groups,
    }
}

/// What is drawn, and from what.
struct Picture<'a> {
    infrastructure: &'a Infrastructure,
    snapshot: Option<&'a Snapshot>,
    layout: &'a Layout,
    metrics: &'static Metrics,
    shown: Shown,
}

impl<'a> Picture<'a> {
    fn view(&self, host: &str) -> Option<&'a HostView> {
        self.snapshot?.hosts.iter().find(|view| view.name == host)
    }

    /// How a host stands; at rest everything is up.
    fn condition(&self, host: &str) -> Condition {
        self.view(host).map_or(Condition::Up, |view| view.condition)
    }

    fn is_single(&self, host: &Host) -> bool {
        self.layout.single.contains(&host.name)
    }

    /// Who has a virtual address; at rest whom its VRRP priorities give it to.
    fn owner(&self, vip: &Vip) -> Option<&'a str> {
        match self.snapshot {
            Some(_) => self.vip_view(vip)?.owner.as_deref(),
            None => self.home(vip),
        }
    }

    /// The machine that users come to who turn to a virtual address: its owner, and without one in vain the machine that had it last.
    fn leads_to(&self, vip: &Vip) -> Option<&'a str> {
        let sent_to = || self.vip_view(vip)?.sent_to.as_deref();
        self.owner(vip).or_else(sent_to).or_else(|| self.home(vip))
    }

    fn vip_view(&self, vip: &Vip) -> Option<&'a VipView> {
        self.snapshot?.vips.iter().find(|view| view.name == vip.name)
    }

    /// All who have a virtual address: its owner, or in a split brain several machines.
    fn holders(&self, vip: &Vip) -> Vec<&'a str> {
        match self.vip_view(vip).filter(|view| view.is_split()) {
            Some(view) => view.holders.iter().map(String::as_str).collect(),
            None => self.owner(vip).into_iter().collect(),
        }
    }

    /// The machine that keeps an address; else the balancer with the highest priority for it, or the first where there is no
    /// VRRP.
    fn home(&self, vip: &Vip) -> Option<&'a str> {
        let keeper = vip.host.as_ref().and_then(|name| self.infrastructure.host(name));
        if let Some(keeper) = keeper {
            return Some(&keeper.name);
        }
        let mut best: Option<(u8, &str)> = None;
        for host in self.infrastructure.balancers() {
            let instances = host.keepalived().map_or(&[][..], |keepalived| &keepalived.instances);
            for instance in instances.iter().filter(|instance| instance.vip == vip.name) {
                if best.is_none_or(|(priority, _)| instance.priority > priority) {
                    best = Some((instance.priority, &host.name));
                }
            }
        }
        let first = || self.infrastructure.balancers().next().map(|host| host.name.as_str());
        best.map(|(_, name)| name).or_else(first)
    }

    /// The virtual addresses a host has.
    fn owned(&self, host: &str) -> Vec<&'a Vip> {
        self.infrastructure.vips.iter().filter(|vip| self.holders(vip).contains(&host)).collect()
    }
}

/// The key of a part of a picture: what it is, such as `zone`, and its name.
pub fn part_key(kind: &str, name: &str) -> String {
    format!("{kind}-{}", slug(name))
}

/// A name as part of a key: lower case, everything else a hyphen.
fn slug(name: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(keep).collect()
}
