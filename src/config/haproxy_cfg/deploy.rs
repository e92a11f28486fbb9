//! A site for a configuration: the brief's infrastructure, with machines for the servers that the file names.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::{Reading, ServerAddress};
use crate::infra::{Backend, Haproxy, Host, Infrastructure, Invalid, Preset, Protocol, Service};

/// The first address of a zone that a machine gets, and how many fit a zone of 8 bits.
const FIRST: u16 = 11;
const SMALL: u16 = 240;
/// Backends of this kind serve files.
const STATIC_WORDS: [&str; 2] = ["static", "web"];

/// The brief's site with both balancers running this configuration. Servers at a preset's address or by its host's name are
/// that machine; for others machines are made, and the preset's own servers that the file does not name are left out.
///
/// # Errors
///
/// What cannot stand, such as a `rise` above what the model allows.
pub fn site(reading: &Reading) -> Result<Infrastructure, Vec<Invalid>> {
    let mut made = Preset::Brief.infrastructure();
    let pattern: Vec<Host> = made.hosts.clone();
    let is_server = |host: &Host| host.zone == "web" || host.zone == "app";
    made.hosts.retain(|host| !is_server(host));
    let (servers, mut haproxy) = machines(reading, &pattern, &made);
    for server in haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers) {
        // Without checks HAProxy looks at no traffic either.
        server.observe = server.observe.filter(|_| server.check);
    }
    let (mut web, mut app): (Vec<Host>, Vec<Host>) =
        servers.into_iter().partition(|host| host.zone == "web");
    for (zone, hosts) in [("web", &mut web), ("app", &mut app)] {
        address(&mut made, zone, hosts);
    }
    let ports =
        [("edge-to-web", &web), ("edge-to-app", &app)].map(|(rule, hosts)| (rule, ports(hosts)));
    let last = made.hosts.iter().position(|host| host.zone == "db").unwrap_or(made.hosts.len());
    made.hosts.splice(last..last, web.into_iter().chain(app));
    for (rule, ports) in ports {
        let rule = made.rules.iter_mut().find(|known| known.name == rule);
        if let Some(rule) = rule.filter(|_| !ports.is_empty()) {
            rule.protocol = Protocol::Tcp(ports);
        }
    }
    let doors = [("users-to-edge", vec![haproxy.port]), ("admin", vec![22, haproxy.stats_port])];
    for (name, ports) in doors {
        if let Some(rule) = made.rules.iter_mut().find(|rule| rule.name == name) {
            rule.protocol = Protocol::Tcp(ports);
        }
    }
    for service in made.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Haproxy(running) = service {
            *running = haproxy.clone();
        }
    }
    "haproxy.cfg".clone_into(&mut made.name);
    made.title = format!("{}, balanced as haproxy.cfg says", made.domain);
    let mut invalid = Vec::new();
    for mut one in made.validate() {
        one.field = in_file(&one.field, &haproxy);
        // Both balancers have the same configuration.
        if !invalid.contains(&one) {
            invalid.push(one);
        }
    }
    if invalid.is_empty() { Ok(made) } else { Err(invalid) }
}

/// What is wrong with a balancer by the names of the file, such as `backends.app.servers.one.fall`; its own path elsewhere.
fn in_file(field: &str, haproxy: &Haproxy) -> String {
    let Some((_, own)) = field.split_once(".haproxy.") else { return field.to_owned() };
    let mut backend: Option<&Backend> = None;
    let mut named = |part: &str| {
        let (list, index) = part.strip_suffix(']')?.split_once('[')?;
        let index = index.parse::<usize>().ok()?;
        let name = match (list, backend) {
            ("backends", _) => {
                backend = haproxy.backends.get(index);
                &backend?.name
            }
            ("servers", Some(of)) => &of.servers.get(index)?.name,
            _ => return None,
        };
        Some(format!("{list}.{name}"))
    };
    let parts = own.split('.').map(|part| named(part).unwrap_or_else(|| part.to_owned()));
    parts.collect::<Vec<_>>().join(".")
}

/// The machines of the servers, and the configuration with their names as hosts.
fn machines(reading: &Reading, pattern: &[Host], rest: &Infrastructure) -> (Vec<Host>, Haproxy) {
    let mut haproxy = reading.haproxy.clone();
    let mut names: BTreeSet<String> = rest.hosts.iter().map(|host| host.name.clone()).collect();
    let kept = |address: &ServerAddress| preset_host(pattern, address);
    names.extend(reading.addresses.iter().filter_map(kept).map(|host| host.name.clone()));
    let mut hosts: Vec<Host> = Vec::new();
    let mut known: BTreeMap<(&str, u16), String> = BTreeMap::new();
    let servers = haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers);
    for (server, address) in servers.zip(&reading.addresses) {
        let place = (address.address.as_str(), address.port);
        if let Some(name) = known.get(&place).filter(|_| !address.template) {
            server.host.clone_from(name);
            continue;
        }
        let host = match preset_host(pattern, address).filter(|_| !address.template) {
            Some(host) => host.clone(),
            None => new_host(&reading.haproxy, pattern, address, &mut names),
        };
        server.host.clone_from(&host.name);
        known.insert(place, host.name.clone());
        if !hosts.iter().any(|other| other.name == host.name) {
            hosts.push(host);
        }
    }
    (hosts, haproxy)
}

/// The machine of the preset that a server line means.
fn preset_host<'a>(pattern: &'a [Host], address: &ServerAddress) -> Option<&'a Host> {
    let serves = |host: &Host| {
        let mut services = host.services.iter();
        services.any(|service| {
            let is_server = matches!(service, Service::Nginx(_) | Service::App(_));
            is_server && service.ports().contains(&address.port)
        })
    };
    pattern.iter().find(|host| {
        let is_meant = host.name == address.address || host.address.to_string() == address.address;
        is_meant && serves(host)
    })
}

fn new_host(
    haproxy: &Haproxy,
    pattern: &[Host],
    address: &ServerAddress,
    names: &mut BTreeSet<String>,
) -> Host {
    let is_static = serves_files(haproxy, &address.backend);
    let model = pattern.iter().find(|host| host.zone == if is_static { "web" } else { "app" });
    let mut host = model.cloned().unwrap_or_else(|| pattern[0].clone());
    for service in &mut host.services {
        match service {
            Service::Nginx(nginx) => nginx.port = address.port,
            Service::App(app) => app.port = address.port,
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Mysql(_) | Service::Agent => {}
        }
    }
    host.address = Ipv4Addr::UNSPECIFIED;
    host.name = unique(&address.server, names);
    host.title = format!("Server {}", host.name);
    let kind = if is_static { "web server" } else { "application server" };
    host.role = format!("{kind}: {}:{} in haproxy.cfg", address.address, address.port);
    host
}

/// Whether a backend's servers are web servers: paths under /static lead there, or its name says so.
fn serves_files(haproxy: &Haproxy, backend: &str) -> bool {
    let by_path = haproxy
        .path_rules
        .iter()
        .any(|rule| rule.backend == backend && rule.path_beg.starts_with("/static"));
    by_path || STATIC_WORDS.iter().any(|word| backend.to_ascii_lowercase().contains(word))
}

/// A name that no machine has yet, of the letters that names of machines have.
fn unique(server: &str, names: &mut BTreeSet<String>) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    // A hyphen may not stand at an end, and there is room for a number.
    let base: String = server.chars().take(57).map(fit).collect();
    let base = if base.trim_matches('-').is_empty() { "server" } else { base.trim_matches('-') };
    let mut name = base.to_owned();
    let mut number = 2;
    while !names.insert(name.clone()) {
        name = format!("{base}-{number}");
        number += 1;
    }
    name
}

/// Gives the machines of a zone their addresses; a zone of very many gets a larger subnet.
fn address(made: &mut Infrastructure, zone: &str, hosts: &mut [Host]) {
    let vlan = made.zone(zone).map_or(0, |zone| zone.vlan);
    let vlan = u8::try_from(vlan).unwrap_or(0);
    let is_large = hosts.len() > usize::from(SMALL);
    if is_large && let Some(zone) = made.zones.iter_mut().find(|known| known.name == zone) {
        zone.subnet = format!("10.{vlan}.0.0/16");
    }
    let place = |number: u16| {
        let [high, low] = number.to_be_bytes();
        if is_large { Ipv4Addr::new(10, vlan, high, low) } else { Ipv4Addr::new(10, 0, vlan, low) }
    };
    // A preset's machine keeps its address, unless its zone has got another subnet.
    let is_made = |host: &Host| is_large || host.address.is_unspecified();
    let taken: Vec<Ipv4Addr> = hosts.iter().map(|host| host.address).collect();
    let mut free = (FIRST..).map(place).filter(|address| !taken.contains(address));
    for host in hosts.iter_mut().filter(|host| is_made(host)) {
        host.address = free.next().unwrap_or(Ipv4Addr::UNSPECIFIED);
    }
}

fn ports(hosts: &[Host]) -> Vec<u16> {
    let services = hosts.iter().flat_map(|host| &host.services);
    let all: BTreeSet<u16> = services.flat_map(Service::ports).collect();
    all.into_iter().collect()
}
