//! Looking at the world without touching it: the snapshot.

use crate::kernel::Station;

use super::delivery::Plain;
use super::fact::Step;
use super::origin::Origin;
use super::snapshot::{
    Condition, Effort, HostView, Load, Outages, ServerView, ServiceView, Snapshot, VipView,
};
use super::standing;
use super::world::Simulation;

impl Simulation {
    /// The world at this instant.
    pub fn snapshot(&self) -> Snapshot {
        let hosts = 0..self.hosts.len();
        let servers = self.server_views();
        Snapshot {
            now: self.now,
            hosts: hosts.map(|host| self.host_view(host, &servers)).collect(),
            vips: (0..self.vips.len()).map(|vip| self.vip_view(vip)).collect(),
            servers,
            requests: self.counts,
            outages: self.outages(),
        }
    }

    fn outages(&self) -> Outages {
        let uplinks = self.infrastructure().uplinks.iter().zip(&self.uplinks.cut);
        let broken = uplinks.filter(|(_, is_cut)| **is_cut);
        Outages {
            links: self.changed_links(),
            heartbeat_is_cut: self.heartbeat_is_cut,
            uplinks: broken.map(|(uplink, _)| uplink.name.clone()).collect(),
            is_offline: !self.is_online(),
        }
    }

    /// What has happened so far to a request that is under way, if the history is kept.
    pub fn steps_of(&self, request: u64) -> Option<&[Step]> {
        let mut held = self.requests.iter().filter(|held| held.is_active);
        held.find(|held| held.number == request).map(|held| held.steps.as_slice())
    }

    /// Which try to connect to a server a request under way has come to at its balancer, from 1, and how many that makes at most: the first and
    /// `retries` more, of which a redispatch is one (HAProxy 2.6 manual 4.2 `retries`, `option redispatch`). `None`: there was none yet, or
    /// the history is not kept.
    pub fn tries_of(&self, request: u64) -> Option<[usize; 2]> {
        let mut held = self.requests.iter().filter(|held| held.is_active);
        let held = held.find(|held| held.number == request)?;
        let here = held.steps.iter().rev();
        let here = here.take_while(|step| !matches!(step, Step::Accepted { .. }));
        let is_try = |step: &&Step| matches!(step, Step::Picked { .. } | Step::TriedAgain { .. });
        let made = here.filter(is_try).count();
        // The process that took the connection goes by its own configuration, also after a reload.
        let of = self.balancers.get(usize::from(held.balancer?))?;
        let retired = of.retired.iter().find(|(epoch, _)| *epoch == held.process);
        let process = retired.map_or(&of.proxy, |(_, proxy)| proxy);
        let most = process.config().retries.retries as usize + 1;
        (made > 0).then_some([made, most])
    }

    /// The statistics page of a balancer, by its host's name; `None` if its HAProxy does not run.
    pub fn statistics(&self, balancer: &str) -> Option<Vec<crate::haproxy::Row>> {
        let of = self.balancers.iter().find(|of| self.host_name(of.host) == balancer)?;
        let is_running = of.is_up && self.hosts[of.host].is_up;
        let mut rows = is_running.then(|| of.proxy.stats(self.now))?;
        let kib = u64::from(self.plan.workload.answer_kib);
        for row in &mut rows {
            // Pages have the size that the plan gives them; errors, and the heads of all, have none.
            if kib > 0
                && let Ok(pages) = row.value("hrsp_2xx").parse::<u64>()
            {
                row.set("bout", pages * kib * 1024);
            }
        }
        for backend in &of.proxy.config().backends {
            for server in &backend.servers {
                let Some(host) = self.infrastructure().host(&server.host) else { continue };
                let address = format!("{}:{}", host.address, server.port);
                let is_it = |row: &&mut crate::haproxy::Row| {
                    row.value("pxname") == backend.name && row.value("svname") == server.name
                };
                if let Some(row) = rows.iter_mut().find(is_it) {
                    row.set("addr", address);
                }
            }
        }
        Some(rows)
    }

    /// What the first of a host's stations (Nginx, the application, else `MySQL`) has done since the start; `None` if it has
    /// none.
    pub fn effort(&self, host: &str) -> Option<Effort> {
        let host = self.infrastructure().hosts.iter().position(|known| known.name == host)?;
        let origin = self.origins.iter().find(|origin| origin.host == host);
        let database = self.databases.iter().find(|database| database.host == host);
        let of_origin = origin.map(|origin| self.effort_of(&origin.station));
        of_origin.or_else(|| database.map(|database| self.effort_of(&database.station)))
    }

    fn effort_of<J>(&self, station: &Station<J>) -> Effort {
        Effort {
            served: station.served(),
            busy: station.busy_time(self.now),
            waited: station.waiting_time(self.now),
        }
    }

    fn host_view(&self, index: usize, servers: &[ServerView]) -> HostView {
        let host = self.hosts[index];
        let config = &self.infrastructure().hosts[index];
        let services: Vec<ServiceView> = config
            .services
            .iter()
            .map(|service| ServiceView {
                name: service.name(),
                title: service.title(),
                is_up: host.is_up && self.is_running(index, service.name()),
                ailment: self.ailment(index, service.name()),
            })
            .collect();
        let works = services.iter().filter(|service| service.name != "agent");
        let condition = if works.clone().all(|service| !service.is_up) {
            Condition::Down
        } else if services.iter().any(|service| !service.is_up)
            || host.slow_factor > 1.0
            || self.ailments.iter().any(|ailment| ailment.host == index)
        {
            Condition::Degraded
        } else {
            standing::of_the_well(servers, &config.name)
        };
        HostView {
            name: config.name.clone(),
            condition,
            slow_factor: host.slow_factor,
            services,
            load: self.load(index),
        }
    }

    fn load(&self, host: usize) -> Option<Load> {
        let origin = self.origins.iter().find(|origin| origin.host == host).map(Origin::load);
        let database = self.databases.iter().find(|database| database.host == host);
        origin.or_else(|| {
            database.map(|database| Load {
                busy: database.station.busy(),
                workers: database.station.workers(),
                queue: database.station.queue_length() as u32,
            })
        })
    }

    fn vip_view(&self, vip: usize) -> VipView {
        let config = &self.infrastructure().vips[vip];
        let name = |balancer: usize| self.host_name(self.balancers[balancer].host);
        let (mut owner, mut holders): (_, Vec<String>) =
            (self.holder(vip).map(name), self.holders(vip).map(name).collect());
        if let Some(Plain::Web(link)) = self.vips[vip].plain
            && self.hosts[self.origins[link.origin].host].is_up
        {
            owner = Some(self.host_name(self.origins[link.origin].host));
            holders.extend(owner.clone());
        }
        let sent_to = self.door(vip).map(|host| self.host_name(host));
        VipView { name: config.name.clone(), address: config.address, owner, sent_to, holders }
    }

    /// Every server as each balancer sees it: those of the snapshot.
    pub fn server_views(&self) -> Vec<ServerView> {
        let mut views = Vec::new();
        for balancer in &self.balancers {
            let is_seen = balancer.is_up && self.hosts[balancer.host].is_up;
            let proxy = &balancer.proxy;
            for index in 0..proxy.server_count() {
                let (backend, server) = proxy.server(index);
                let (served, queued) = proxy.load_of(index);
                views.push(ServerView {
                    balancer: self.host_name(balancer.host),
                    backend: backend.name.clone(),
                    name: server.name.clone(),
                    host: server.host.clone(),
                    status: is_seen.then(|| proxy.status(index)),
                    weight: proxy.weight(index),
                    served,
                    queued,
                    requests: proxy.attempts(index),
                });
            }
        }
        views
    }
}

impl Origin {
    fn load(&self) -> Load {
        Load {
            busy: self.station.busy(),
            workers: self.station.workers(),
            queue: self.station.queue_length() as u32,
        }
    }
}
