//! The firewall while time passes: rules are taken out and put back, and what it drops it drops silently. Connections that are open
//! stay open; new ones meet the rules as they are now.

use crate::infra::{Peer, Reach};

use super::delivery::Plain;
use super::fact::{FactKind, Step};
use super::origin::{Kind, Target};
use super::world::Simulation;

impl Simulation {
    /// A rule is taken out, or put back.
    pub(super) fn change_rule(&mut self, name: &str, is_there: bool) {
        let rules = &mut self.plan.infrastructure.rules;
        let Some(rule) = rules.iter_mut().find(|rule| rule.name == name) else { return };
        if std::mem::replace(&mut rule.disabled, !is_there) != is_there {
            return;
        }
        let kind = if is_there { FactKind::RuleRestored } else { FactKind::RuleDropped };
        self.record_fact(format!("rule {name}"), kind);
        self.look_at_rules();
    }

    /// Who can reach whom now.
    fn look_at_rules(&mut self) {
        for index in 0..self.balancers.len() {
            let (host, port) = {
                let of = &self.balancers[index];
                (of.host, of.proxy.config().port)
            };
            self.balancers[index].is_reachable = self.users_reach(host, port);
            for link in 0..self.balancers[index].links.len() {
                let origin = self.balancers[index].links[link].origin;
                let is_reachable = self.reaches_origin(host, origin);
                self.balancers[index].links[link].is_reachable = is_reachable;
            }
        }
        for index in 0..self.origins.len() {
            self.look_at_origins_rules(index);
        }
        for index in 0..self.vips.len() {
            if let Some(Plain::Web(mut link)) = self.vips[index].plain {
                let of = &self.origins[link.origin];
                link.is_reachable = self.users_reach(of.host, of.port);
                self.vips[index].plain = Some(Plain::Web(link));
            }
        }
        self.look_at_replicas();
    }

    fn look_at_origins_rules(&mut self, index: usize) {
        let host = self.origins[index].host;
        match &self.origins[index].kind {
            Kind::Nginx { proxy: Some(relaying), .. } => {
                for server in 0..relaying.servers() {
                    self.look_at_upstreams_rules(index, server);
                }
            }
            Kind::Nginx { proxy: None, .. } => {}
            Kind::App { database, replica, .. } => {
                let looked_at = |target: &Target| Target {
                    is_reachable: self.reaches_database(host, target.database),
                    ..*target
                };
                let both = (looked_at(database), replica.as_ref().map(looked_at));
                if let Kind::App { database, replica, .. } = &mut self.origins[index].kind {
                    (*database, *replica) = both;
                }
            }
        }
    }

    fn look_at_upstreams_rules(&mut self, nginx: usize, server: usize) {
        if let Some(origin) = self.upstream_origin(nginx, server) {
            let is_reachable = self.reaches_origin(self.origins[nginx].host, origin);
            self.set_upstream_reach(nginx, server, is_reachable);
        }
    }

    fn reaches_origin(&self, from: usize, origin: usize) -> bool {
        let of = &self.origins[origin];
        self.reach(from, of.host, of.port).is_some_and(|reach| reach.is_open())
    }

    /// Whether a host may connect to a database.
    pub(super) fn reaches_database(&self, from: usize, database: usize) -> bool {
        let to = self.databases[database].host;
        let port = self.infrastructure().database_port(&self.infrastructure().hosts[to].name);
        self.reach(from, to, port).is_some_and(|reach| reach.is_open())
    }

    fn users_reach(&self, host: usize, port: u16) -> bool {
        let name = &self.infrastructure().hosts[host].name;
        let reach = self.infrastructure().reach(&Peer::Internet, name, port);
        reach.is_some_and(|reach| reach.is_open())
    }

    fn reach(&self, from: usize, to: usize, port: u16) -> Option<Reach> {
        let hosts = &self.infrastructure().hosts;
        self.infrastructure().reach(&Peer::Host(hosts[from].name.clone()), &hosts[to].name, port)
    }

    /// The step that names the rule which drops what users send to an address, if one does.
    pub(super) fn blocked_at_the_edge(&self, vip: usize) -> Option<Step> {
        let (host, port) = match self.vips[vip].plain {
            Some(Plain::Web(link)) => {
                let of = &self.origins[link.origin];
                (of.host, of.port)
            }
            Some(Plain::Balancer(_)) | None => {
                let of = &self.balancers[self.holder(vip)?];
                (of.host, of.proxy.config().port)
            }
        };
        let to = self.host_name(host);
        match self.infrastructure().reach(&Peer::Internet, &to, port)? {
            Reach::Blocked { rule } => Some(Step::Blocked { from: "a user".to_owned(), to, rule }),
            Reach::Open { .. } | Reach::NothingListens { .. } => None,
        }
    }

    /// The step that names the rule which drops what one host sends to a port of another, if one does.
    pub(super) fn blocked(&self, from: usize, to: usize, port: u16) -> Option<Step> {
        match self.reach(from, to, port)? {
            Reach::Blocked { rule } => {
                Some(Step::Blocked { from: self.host_name(from), to: self.host_name(to), rule })
            }
            Reach::Open { .. } | Reach::NothingListens { .. } => None,
        }
    }
}
