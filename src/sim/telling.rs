//! What a balancer's process tells, as facts and as steps of its requests.

use crate::haproxy::{Event as Seen, Queue};

use super::fact::{FactKind, Step};
use super::world::Simulation;

impl Simulation {
    /// What the process tells becomes a fact, or a step of a request.
    pub(super) fn tell(&mut self, balancer: usize, event: Seen) {
        let unanswered = match event {
            Seen::AttemptFailed { server, explicit: false, .. } | Seen::TimedOut { server, .. } => {
                Some(server)
            }
            _ => None,
        };
        let server = |simulation: &Self, server| simulation.server_short(balancer, server);
        let (client, step) = match event {
            Seen::Picked { client, server: index, redispatched, persistent } => (
                client,
                Step::Picked {
                    backend: self.backend_of(balancer, index),
                    server: server(self, index),
                    redispatched,
                    persistent,
                },
            ),
            Seen::TriedAgain { client, server: index } => {
                (client, Step::TriedAgain { server: server(self, index) })
            }
            Seen::Queued { client, queue } => {
                let at = match queue {
                    Queue::Backend => None,
                    Queue::Server(index) => Some(server(self, index)),
                };
                (client, Step::Queued { server: at })
            }
            Seen::NoServer { client, backend } => {
                let backend =
                    self.balancers[balancer].proxy.config().backends[backend as usize].name.clone();
                (client, Step::NoServer { backend })
            }
            Seen::AttemptFailed { client, server: index, explicit: true } => {
                (client, Step::ServerRefused { server: server(self, index) })
            }
            Seen::AttemptFailed { client, server: index, explicit: false } => {
                (client, Step::ServerSilent { server: server(self, index) })
            }
            Seen::Closed { client, server: index } => {
                (client, Step::ServerClosed { server: server(self, index) })
            }
            Seen::TimedOut { client, server: index } => {
                (client, Step::ServerTimedOut { server: server(self, index) })
            }
            Seen::Cut { client, server: index } => {
                (client, Step::SessionCut { server: server(self, index) })
            }
            other => {
                self.tell_fact(balancer, other);
                return;
            }
        };
        let is_here = self
            .requests
            .get(client as usize)
            .is_some_and(|request| request.is_active && request.balancer == Some(balancer as u16));
        if is_here {
            if let Some(server) = unanswered {
                self.tell_server_cut(client, balancer, server);
            }
            self.step(client, |_| step);
        }
    }

    fn tell_fact(&mut self, balancer: usize, event: Seen) {
        let (server, kind) = match event {
            Seen::CheckFailed { server, result, left } => {
                (server, FactKind::CheckFailed { result, left })
            }
            Seen::Down { server, result, failures } => {
                (server, FactKind::ServerDown { failures, result })
            }
            Seen::Up { server, by_command: false } => {
                let rise = self.server_config(balancer, server).rise;
                (server, FactKind::ServerUp { rise })
            }
            Seen::Warm { server } => (server, FactKind::ServerWarm),
            Seen::Stopping { server } => (server, FactKind::ServerStopping),
            Seen::Administered { server, state } => (server, FactKind::ServerState { state }),
            Seen::Weighed { server, weight } => (server, FactKind::ServerWeight { weight }),
            Seen::Empty { backend } => {
                let of = &self.balancers[balancer];
                let name = &of.proxy.config().backends[backend as usize].name;
                let subject = format!("{}/{name}", self.host_name(of.host));
                self.record_fact(subject, FactKind::BackendEmpty);
                return;
            }
            _ => return,
        };
        let of = &self.balancers[balancer];
        let subject = format!(
            "{}/{}/{}",
            self.host_name(of.host),
            self.backend_of(balancer, server),
            self.server_short(balancer, server)
        );
        self.record_fact(subject, kind);
    }

    pub(super) fn server_config(&self, balancer: usize, server: u16) -> &crate::infra::Server {
        self.balancers[balancer].proxy.server(server as usize).1
    }

    fn backend_of(&self, balancer: usize, server: u16) -> String {
        self.balancers[balancer].proxy.server(server as usize).0.name.clone()
    }

    pub(super) fn server_short(&self, balancer: usize, server: u16) -> String {
        self.server_config(balancer, server).name.clone()
    }
}
