//! The way that a request went, and what the plan says of those on it: who is looked for when a directive is to be named. Only what
//! stands on the way can be named.

use super::fact::{RequestRecord, Step};
use super::stop::{Doing, Stop};
use crate::infra::{App, Backend, Haproxy, Host, Infrastructure, Mysql, Nginx, Server, Service};

/// A request's way through a site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub(super) record: &'a RequestRecord,
    pub(super) site: &'a Infrastructure,
}

impl<'a> Way<'a> {
    /// The last that the chain tells of something.
    fn last<T>(&self, of: impl Fn(&'a Step) -> Option<T>) -> Option<T> {
        self.record.steps.iter().rev().find_map(of)
    }

    pub(super) fn has(&self, is_it: impl Fn(&Step) -> bool) -> bool {
        self.record.steps.iter().any(is_it)
    }

    /// The machine that took its connection: a balancer, or the web server.
    pub(super) fn first_machine(&self) -> Option<&'a str> {
        self.last(|step| match step {
            Step::Accepted { balancer } => Some(balancer.as_str()),
            _ => None,
        })
    }

    /// The HAProxy that took its connection, if one did.
    pub(super) fn haproxy(&self) -> Option<&'a Haproxy> {
        self.site.host(self.first_machine()?)?.haproxy()
    }

    /// The backend that it came to last.
    pub(super) fn backend(&self) -> Option<&'a Backend> {
        let name = self.last(|step| match step {
            Step::Picked { backend, .. } | Step::NoServer { backend } => Some(backend),
            _ => None,
        })?;
        self.haproxy()?.backends.iter().find(|backend| backend.name == *name)
    }

    /// The `server` line that it was given to last.
    pub(super) fn server(&self) -> Option<&'a Server> {
        let name = self.last(|step| match step {
            Step::Picked { server, .. } => Some(server),
            _ => None,
        })?;
        self.backend()?.servers.iter().find(|server| server.name == *name)
    }

    /// Whether its backend has more than one `server` line.
    pub(super) fn has_servers(&self) -> bool {
        self.backend().is_some_and(|backend| backend.servers.len() > 1)
    }

    /// The Nginx that passed it on, by its host.
    pub(super) fn relay(&self) -> Option<(&'a str, &'a Nginx)> {
        let web = self.last(|step| match step {
            Step::PassedOn { web, .. } | Step::NoLiveUpstream { web } => Some(web.as_str()),
            _ => None,
        })?;
        Some((web, self.nginx(web)?))
    }

    /// The application and the database between which its last query went.
    pub(super) fn query(&self) -> Option<(&'a str, &'a str)> {
        self.last(|step| match step {
            Step::At(Stop { host, from: Some(from), doing: Doing::Asks }) => {
                Some((from.as_str(), host.as_str()))
            }
            Step::Blocked { from, to, .. } if self.app(from).is_some() => {
                Some((from.as_str(), to.as_str()))
            }
            _ => None,
        })
    }

    pub(super) fn app(&self, host: &str) -> Option<&'a App> {
        self.site.host(host)?.services.iter().find_map(|service| match service {
            Service::App(app) => Some(app),
            _ => None,
        })
    }

    pub(super) fn nginx(&self, host: &str) -> Option<&'a Nginx> {
        self.site.host(host)?.services.iter().find_map(|service| match service {
            Service::Nginx(nginx) => Some(nginx),
            _ => None,
        })
    }

    pub(super) fn mysql(&self, host: &str) -> Option<&'a Mysql> {
        self.site.host(host)?.services.iter().find_map(|service| match service {
            Service::Mysql(mysql) => Some(mysql),
            _ => None,
        })
    }

    /// The replica that a database has, by its host.
    pub(super) fn replica_of(&self, database: &str) -> Option<&'a Host> {
        self.site.hosts.iter().find(|host| {
            let of_host = self.mysql(&host.name).and_then(|mysql| mysql.replica.as_ref());
            of_host.is_some_and(|replica| replica.source == database)
        })
    }
}
