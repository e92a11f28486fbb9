//! Whether everybody can open the connections that the plan lives on: the firewall is asked for each, and the links as they are from the
//! start. What is within a machine, or in a plan that cannot stand, is no matter here.

use super::super::figures::list;
use super::{Finding, Section};
use crate::infra::{Host, Infrastructure, Nginx, Peer, Reach, Service, USERS_END};

/// A connection that has to come about: who opens it, and the host and the TCP port that take it.
struct Way<'a> {
    from: Peer,
    to: &'a str,
    port: u16,
}

/// All ways of one kind, and what is said where they are open.
struct Kind<'a> {
    id: &'static str,
    all: Vec<Way<'a>>,
    open: &'static str,
    why: &'static str,
}

/// What is in the way.
#[derive(PartialEq, Eq)]
enum Obstacle {
    /// No rule lets it through; the name of what drops it then.
    Unlisted(String),
    /// This rule drops it.
    Denied(String),
    /// The link is cut.
    Cut,
}

/// A port that some cannot open, for one reason.
struct Missing<'a> {
    from: Vec<String>,
    to: &'a str,
    port: u16,
    obstacle: Obstacle,
}

/// A finding for each kind of way that the plan has.
pub(super) fn findings(infrastructure: &Infrastructure) -> Vec<Finding> {
    let kinds = kinds(infrastructure).into_iter().filter(|kind| !kind.all.is_empty());
    let mut findings: Vec<Finding> = kinds.map(|kind| kind.judge(infrastructure)).collect();
    findings.extend(adverts(infrastructure));
    findings
}

fn kinds(infrastructure: &Infrastructure) -> [Kind<'_>; 5] {
    let database = |name: &str| infrastructure.database_port(name);
    [
        Kind {
            id: "C-way-users",
            all: entrances(infrastructure),
            open: "users reach",
            why: "a site that users do not reach serves nobody",
        },
        Kind {
            id: "C-way-servers",
            all: ways(infrastructure, |service| {
                let backends = service.as_haproxy().into_iter().flat_map(|own| &own.backends);
                let servers = backends.flat_map(|backend| &backend.servers);
                servers.map(|server| (server.host.as_str(), server.port)).collect()
            }),
            open: "every balancer reaches each of its servers, which are on",
            why: "a server that a balancer does not reach gets no requests from it, and its checks fail",
        },
        Kind {
            id: "C-way-apps",
            all: ways(infrastructure, |service| {
                let servers = service.as_nginx().into_iter().flat_map(Nginx::upstream_servers);
                servers.map(|server| (server.host.as_str(), server.port)).collect()
            }),
            open: "Nginx reaches the application on",
            why: "Nginx makes no pages itself: without the application users get errors",
        },
        Kind {
            id: "C-way-db",
            all: ways(infrastructure, |service| {
                let apps = service.as_app().into_iter();
                let databases =
                    apps.flat_map(|own| std::iter::once(&own.database).chain(&own.reads_from));
                databases.map(|name| (name.as_str(), database(name))).collect()
            }),
            open: "every application reaches the database it uses, on",
            why: "an application that cannot ask its database has nothing to show",
        },
        Kind {
            id: "C-way-replica",
            all: ways(infrastructure, |service| {
                let replica = service.as_mysql().and_then(|own| own.replica.as_ref());
                let source = replica.map(|own| (own.source.as_str(), database(&own.source)));
                source.into_iter().collect()
            }),
            open: "every replica reaches its source, on",
            why: "a replica that does not reach its source copies nothing",
        },
    ]
}

/// The ways of users to whatever has an address, or may take one over.
fn entrances(infrastructure: &Infrastructure) -> Vec<Way<'_>> {
    let may_have_one = |host: &Host| {
        infrastructure.vips.iter().any(|vip| match (&vip.host, host.keepalived()) {
            (Some(name), _) => *name == host.name,
            (None, Some(own)) => own.instances.iter().any(|instance| instance.vip == vip.name),
            (None, None) => host.haproxy().is_some(),
        })
    };
    let mut all = Vec::new();
    for host in infrastructure.hosts.iter().filter(|host| may_have_one(host)) {
        let nginx = host.services.iter().find_map(Service::as_nginx);
        let port = host.haproxy().map(|own| own.port).or_else(|| nginx.map(|own| own.port));
        all.extend(port.map(|port| Way { from: Peer::Internet, to: &host.name, port }));
    }
    all
}

/// The ways of services to what they connect to on other machines: `targets` tells the hosts and ports of each.
fn ways<'a>(
    infrastructure: &'a Infrastructure,
    targets: impl Fn(&'a Service) -> Vec<(&'a str, u16)>,
) -> Vec<Way<'a>> {
    let mut all = Vec::new();
    for host in &infrastructure.hosts {
        for (to, port) in host.services.iter().flat_map(&targets) {
            if to != host.name {
                all.push(Way { from: Peer::Host(host.name.clone()), to, port });
            }
        }
    }
    all
}

impl Kind<'_> {
    fn judge(&self, infrastructure: &Infrastructure) -> Finding {
        let missing = self.missing(infrastructure);
        let mut remedies: Vec<String> = Vec::new();
        for one in &missing {
            let remedy = one.obstacle.remedy();
            if !remedies.contains(&remedy) {
                remedies.push(remedy);
            }
        }
        let found = if missing.is_empty() {
            let mut reached: Vec<&str> = Vec::new();
            for way in &self.all {
                if !reached.contains(&way.to) {
                    reached.push(way.to);
                }
            }
            format!("{} {}", self.open, list(&reached))
        } else {
            missing.iter().map(Missing::told).collect::<Vec<_>>().join("; ")
        };
        let (holds, todo) = (missing.is_empty(), remedies.join("; "));
        Finding::judged(Section::Correctness, self.id, holds, found, self.why, &todo)
    }

    /// The ways that are not open, those to one port for one reason together.
    fn missing(&self, infrastructure: &Infrastructure) -> Vec<Missing<'_>> {
        let mut all: Vec<Missing<'_>> = Vec::new();
        for way in &self.all {
            let Way { to, port, .. } = *way;
            let Some(obstacle) = obstacle(infrastructure, &way.from, to, port) else { continue };
            let from = match &way.from {
                Peer::Internet => "users".to_owned(),
                Peer::Host(_) | Peer::Zone(_) | Peer::Any => way.from.to_string(),
            };
            let known = all
                .iter_mut()
                .find(|one| one.to == to && one.port == port && one.obstacle == obstacle);
            match known {
                Some(known) if known.from.contains(&from) => {}
                Some(known) => known.from.push(from),
                None => all.push(Missing { from: vec![from], to, port, obstacle }),
            }
        }
        all
    }
}

impl Missing<'_> {
    fn told(&self) -> String {
        let Self { from, to, port, obstacle } = self;
        let what = match obstacle {
            Obstacle::Unlisted(name) => format!("{name} drops it"),
            Obstacle::Denied(rule) => format!("the rule {rule} drops it"),
            Obstacle::Cut => "the link is cut from the start".to_owned(),
        };
        format!("{} cannot open TCP {port} on {to}: {what}", list(from))
    }
}

impl Obstacle {
    /// What to do about it.
    fn remedy(&self) -> String {
        match self {
            Self::Unlisted(_) => "put in a rule of the firewall that allows it".to_owned(),
            Self::Denied(rule) => {
                format!("take the rule {rule} out, or put one before it that allows what is needed")
            }
            Self::Cut => "make the link whole again".to_owned(),
        }
    }
}

/// What keeps a connection from coming about, if something does. A port where nothing listens is found when a plan is validated.
fn obstacle(infrastructure: &Infrastructure, from: &Peer, to: &str, port: u16) -> Option<Obstacle> {
    if let Some(Reach::Blocked { rule }) = infrastructure.reach(from, to, port) {
        let is_rule = infrastructure.rules.iter().any(|own| own.name == rule);
        return Some(if is_rule { Obstacle::Denied(rule) } else { Obstacle::Unlisted(rule) });
    }
    let from = match from {
        Peer::Host(name) => name.as_str(),
        Peer::Internet => USERS_END,
        Peer::Zone(_) | Peer::Any => return None,
    };
    // A connection needs both directions.
    let lacks_one = is_cut(infrastructure, from, to) || is_cut(infrastructure, to, from);
    lacks_one.then_some(Obstacle::Cut)
}

/// Whether nothing that one host sends to another arrives, from the start.
fn is_cut(infrastructure: &Infrastructure, from: &str, to: &str) -> bool {
    infrastructure.network.links.iter().any(|link| {
        let is_back = !link.one_way && link.from == to && link.to == from;
        let is_it = is_back || (link.from == from && link.to == to);
        is_it && (link.state.cut || link.state.loss >= 1.0)
    })
}

/// Whether balancers that claim the same address hear each other, where there are any.
fn adverts(infrastructure: &Infrastructure) -> Option<Finding> {
    let claims_same = |one: &Host, other: &Host| {
        let claims = |host: &Host, vip: &str| {
            host.keepalived().is_some_and(|own| own.instances.iter().any(|of| of.vip == vip))
        };
        let mut vips = infrastructure.vips.iter();
        vips.any(|vip| claims(one, &vip.name) && claims(other, &vip.name))
    };
    let mut is_shared = false;
    let mut deaf = Vec::new();
    for to in &infrastructure.hosts {
        let others = infrastructure.hosts.iter().filter(|from| from.name != to.name);
        for from in others.filter(|from| claims_same(from, to)) {
            is_shared = true;
            if is_cut(infrastructure, &from.name, &to.name) {
                deaf.push(format!("{} does not hear {}", to.name, from.name));
            }
        }
    }
    let found = if deaf.is_empty() {
        "balancers that share an address hear each other's adverts".to_owned()
    } else {
        format!("{}: the link is cut from the start", list(&deaf))
    };
    let why = "a balancer that hears no adverts takes the address, though another has it";
    let (id, todo) = ("C-way-vrrp", Obstacle::Cut.remedy());
    let finding = Finding::judged(Section::Correctness, id, deaf.is_empty(), found, why, &todo);
    is_shared.then_some(finding)
}
