//! What the explanations ask of an infrastructure: parts played, tiers, who owns and who takes over an address, what
//! users lose. Answers are data; the words are elsewhere.

use crate::infra::{
    Backend, Component, Haproxy, Host, Infrastructure, Keepalived, Mysql, Peer, Policy, Served,
    Server, Service, Vip,
};

/// The part a host plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Only `HAProxy`.
    Balancer,
    /// Only Nginx.
    Web,
    /// Only the application.
    App,
    /// Only `MySQL`.
    Database,
    /// Several of these.
    Mixed,
    /// None of these.
    Other,
}

/// How the balancers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Each is MASTER of an address and BACKUP of another's.
    ActiveActive,
    /// One is MASTER of every address, another waits.
    ActivePassive,
    /// Some address has nobody to take it over.
    NoCluster,
}

/// A balancer's claim to a virtual address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'a> {
    pub(super) host: &'a Host,
    pub(super) keepalived: &'a Keepalived,
    pub(super) priority: u8,
}

impl Role {
    pub(super) fn of(host: &Host) -> Self {
        let mut role = Self::Other;
        for service in &host.services {
            let plays = match service {
                Service::Haproxy(_) => Self::Balancer,
                Service::Nginx(_) => Self::Web,
                Service::App(_) => Self::App,
                Service::Mysql(_) => Self::Database,
                Service::Keepalived(_) | Service::Agent => continue,
            };
            role = if role == Self::Other { plays } else { Self::Mixed };
        }
        role
    }
}

/// The hosts that play this part alone, in order.
pub(super) fn tier(infrastructure: &Infrastructure, role: Role) -> Vec<&Host> {
    infrastructure.hosts.iter().filter(|host| Role::of(host) == role).collect()
}

/// The hosts on which some service is of this kind.
pub(super) fn running(
    infrastructure: &Infrastructure,
    is: impl Fn(&Service) -> bool,
) -> Vec<&Host> {
    infrastructure.hosts.iter().filter(|host| host.services.iter().any(&is)).collect()
}

pub(super) fn names<'a>(hosts: &[&'a Host]) -> Vec<&'a str> {
    hosts.iter().map(|host| host.name.as_str()).collect()
}

/// The balancers' configuration: all of a cluster carry the same.
pub(super) fn haproxy(infrastructure: &Infrastructure) -> Option<&Haproxy> {
    infrastructure.balancers().find_map(Host::haproxy)
}

/// Every `server` line with its backend.
pub(super) fn servers<'a>(infrastructure: &'a Infrastructure) -> Vec<(&'a Backend, &'a Server)> {
    let lines = |backend: &'a Backend| backend.servers.iter().map(move |server| (backend, server));
    infrastructure.backends().flat_map(lines).collect()
}

/// The database an application server on this host asks.
pub(super) fn database<'a>(infrastructure: &'a Infrastructure, host: &Host) -> Option<&'a Mysql> {
    let name = &host.services.iter().find_map(Service::as_app)?.database;
    infrastructure.host(name)?.services.iter().find_map(Service::as_mysql)
}

/// Who claims a virtual address, the highest priority first: MASTER, then BACKUP.
pub(super) fn claims<'a>(infrastructure: &'a Infrastructure, vip: &Vip) -> Vec<Claim<'a>> {
    let claim = |host: &'a Host| {
        let keepalived = host.keepalived()?;
        let instance = keepalived.instances.iter().find(|instance| instance.vip == vip.name)?;
        Some(Claim { host, keepalived, priority: instance.priority })
    };
    let mut claims: Vec<Claim<'a>> = infrastructure.balancers().filter_map(claim).collect();
    claims.sort_by_key(|claim| std::cmp::Reverse(claim.priority));
    claims
}

pub(super) fn mode(infrastructure: &Infrastructure) -> Mode {
    let claims: Vec<_> =
        infrastructure.vips.iter().map(|vip| claims(infrastructure, vip)).collect();
    if claims.is_empty() || claims.iter().any(|claims| claims.len() < 2) {
        return Mode::NoCluster;
    }
    let first = &claims[0][0].host.name;
    let one_owner = claims.iter().all(|claims| &claims[0].host.name == first);
    if one_owner { Mode::ActivePassive } else { Mode::ActiveActive }
}

/// How the servers behind a balancer stand to each other: active-passive if a backup server waits in some backend.
pub(super) fn mode_of_servers(infrastructure: &Infrastructure) -> Mode {
    let servers = servers(infrastructure);
    match (servers.len() > 1, servers.iter().any(|(_, server)| server.backup)) {
        (false, _) => Mode::NoCluster,
        (true, true) => Mode::ActivePassive,
        (true, false) => Mode::ActiveActive,
    }
}

/// Whether users speak HTTPS to the balancers.
pub(super) fn ends_tls(infrastructure: &Infrastructure) -> bool {
    haproxy(infrastructure).is_some_and(|haproxy| haproxy.tls_round_trips > 0)
}

/// Whether the balancers encrypt again what they pass on.
pub(super) fn encrypts_again(infrastructure: &Infrastructure) -> bool {
    haproxy(infrastructure).is_some_and(|haproxy| haproxy.tls.is_some_and(|tls| tls.to_servers))
}

/// Whether borders with a policy lie between the machines; the one at the way in is not counted.
pub(super) fn has_borders(infrastructure: &Infrastructure) -> bool {
    infrastructure.zones.len() > 1
}

/// Whether a rule says who may open a connection to this host.
pub(super) fn is_guarded(infrastructure: &Infrastructure, host: &Host) -> bool {
    infrastructure.rules.iter().any(|rule| {
        let ends_here =
            rule.to == Peer::Host(host.name.clone()) || rule.to == Peer::Zone(host.zone.clone());
        ends_here && rule.policy == Policy::Allow && !rule.disabled
    })
}

/// Whether Nginx passes on what is not for itself.
pub(super) fn is_chain(infrastructure: &Infrastructure) -> bool {
    let services = infrastructure.hosts.iter().flat_map(|host| &host.services);
    services.filter_map(Service::as_nginx).any(|nginx| nginx.proxy_pass.is_some())
}

/// The hosts that run Nginx.
pub(super) fn webs(infrastructure: &Infrastructure) -> Vec<&Host> {
    running(infrastructure, |service| service.as_nginx().is_some())
}

/// The hosts that run the application.
pub(super) fn applications(infrastructure: &Infrastructure) -> Vec<&Host> {
    running(infrastructure, |service| service.as_app().is_some())
}

/// The hosts whose database takes writes.
pub(super) fn primaries(infrastructure: &Infrastructure) -> Vec<&Host> {
    running(infrastructure, |service| {
        service.as_mysql().is_some_and(|mysql| mysql.replica.is_none())
    })
}

/// The hosts whose database copies another.
pub(super) fn replicas(infrastructure: &Infrastructure) -> Vec<&Host> {
    running(infrastructure, |service| {
        service.as_mysql().is_some_and(|mysql| mysql.replica.is_some())
    })
}

/// The hosts that a monitoring agent watches.
pub(super) fn agents(infrastructure: &Infrastructure) -> Vec<&Host> {
    running(infrastructure, |service| matches!(service, Service::Agent))
}

/// The hosts with keepalived, which moves addresses.
pub(super) fn movers(infrastructure: &Infrastructure) -> Vec<&Host> {
    running(infrastructure, |service| service.as_keepalived().is_some())
}

/// What users get without this host.
pub(super) fn served_without(infrastructure: &Infrastructure, host: &Host) -> Served {
    infrastructure.served_without(&[Component::host(&host.name)])
}

/// The share of a backend's requests that one of its servers gets while all are up.
pub(super) fn share(backend: &Backend, server: &Server) -> f64 {
    let total: u32 = backend.servers.iter().map(|server| server.weight).sum();
    if total == 0 { 0.0 } else { f64::from(server.weight) / f64::from(total) }
}

/// The TCP ports on which something of this zone answers whoever comes from there.
pub(super) fn open_ports(infrastructure: &Infrastructure, from: &Peer, zone: &str) -> Vec<u16> {
    let hosts = infrastructure.hosts_in(zone);
    let mut ports: Vec<u16> =
        hosts.flat_map(|host| open_ports_at(infrastructure, from, host)).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The TCP ports on which this host answers whoever comes from there.
pub(super) fn open_ports_at(infrastructure: &Infrastructure, from: &Peer, host: &Host) -> Vec<u16> {
    let is_open = |port: &u16| {
        infrastructure.reach(from, &host.name, *port).is_some_and(|reach| reach.is_open())
    };
    let mut ports: Vec<u16> =
        host.services.iter().flat_map(Service::ports).filter(is_open).collect();
    ports.sort_unstable();
    ports
}
