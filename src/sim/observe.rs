//! Looking at the world without touching it: the snapshot.

use super::origin::Origin;
use super::snapshot::{
    Condition, HostView, Load, ServerStatus, ServerView, ServiceView, Snapshot, VipView,
};
use super::world::Simulation;

impl Simulation {
    /// The world at this instant.
    pub fn snapshot(&self) -> Snapshot {
        let hosts = 0..self.hosts.len();
        Snapshot {
            now: self.now,
            hosts: hosts.map(|host| self.host_view(host)).collect(),
            vips: (0..self.vips.len()).map(|vip| self.vip_view(vip)).collect(),
            servers: self.server_views(),
            requests: self.counts,
        }
    }

    fn host_view(&self, index: usize) -> HostView {
        let host = self.hosts[index];
        let config = &self.infrastructure().hosts[index];
        let services: Vec<ServiceView> = config
            .services
            .iter()
            .map(|service| ServiceView {
                name: service.name(),
                title: service.title(),
                is_up: host.is_up && self.is_running(index, service.name()),
            })
            .collect();
        let works = services.iter().filter(|service| service.name != "agent");
        let condition = if works.clone().all(|service| !service.is_up) {
            Condition::Down
        } else if services.iter().any(|service| !service.is_up) || host.slow_factor > 1.0 {
            Condition::Degraded
        } else {
            Condition::Up
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
        let (owner, holders) = (self.holder(vip).map(name), self.holders(vip).map(name).collect());
        VipView { name: config.name.clone(), address: config.address, owner, holders }
    }

    fn server_views(&self) -> Vec<ServerView> {
        let mut views = Vec::new();
        for balancer in &self.balancers {
            for server in &balancer.servers {
                views.push(ServerView {
                    balancer: self.host_name(balancer.host),
                    backend: balancer.backends[server.backend].name.clone(),
                    name: server.config.name.clone(),
                    status: if balancer.is_up && self.hosts[balancer.host].is_up {
                        server.health.status()
                    } else {
                        ServerStatus::Unseen
                    },
                    requests: server.requests,
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
