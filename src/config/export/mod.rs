//! The real programs' configuration files, written: `infra` to the text of every machine, with a line for learners over every
//! group of directives. The same data as the simulation's, so what is tried here can be built. Pure text: no files are
//! touched, and what the model does not know (passwords, certificates) is left open and named in the README.

mod app;
mod haproxy;
mod keepalived;
mod monitoring;
mod mysql;
mod netplan;
mod nftables;
mod nginx;
mod readme;
mod servers;
mod text;

use crate::infra::{Haproxy, Host, Infrastructure, Keepalived, Rule, Service, Vip};

/// The port that balancers share their stick tables by; the model has none of its own for it.
const PEERS_PORT: u16 = 10_000;
/// The port of the monitoring agent, Prometheus' node exporter by default.
const AGENT_PORT: u16 = 9100;

/// A file to be put on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Where it lies in what is handed out, such as `config/lb-1/haproxy.cfg`.
    pub path: String,
    /// All of its text, ending with a newline.
    pub text: String,
}

/// A kind of file: what it is called, where it goes on the machine, how it is checked and loaded.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// Its name in the machine's folder.
    file: &'static str,
    /// Its place on the machine.
    to: &'static str,
    /// The command that checks it.
    check: &'static str,
    /// The command that makes it count.
    load: &'static str,
}

/// A file, with the machine it is for.
#[derive(Debug)]
struct Piece {
    folder: String,
    kind: Kind,
    text: String,
}

/// Every configuration file of this infrastructure, machine by machine in its order, after a README that says what goes where.
/// A machine gets the files of the programs on it, and of them only; each has its network and, where the plan has a firewall, its
/// firewall. The same infrastructure gives the same bytes.
pub fn files(infrastructure: &Infrastructure) -> Vec<ConfigFile> {
    let mut pieces = Vec::new();
    for (index, host) in infrastructure.hosts.iter().enumerate() {
        let folder = folder(infrastructure, index);
        let mut add = |kind: Kind, text: String| {
            pieces.push(Piece { folder: folder.clone(), kind, text });
        };
        add(netplan::KIND, netplan::write(infrastructure, host));
        if infrastructure.has_firewall() {
            add(nftables::KIND, nftables::write(infrastructure, host));
        }
        for service in &host.services {
            let (kind, text) = match service {
                Service::Haproxy(haproxy) => {
                    (haproxy::KIND, haproxy::write(infrastructure, host, haproxy))
                }
                Service::Keepalived(keepalived) => {
                    (keepalived::KIND, keepalived::write(infrastructure, host, keepalived))
                }
                Service::Nginx(nginx) => (nginx::KIND, nginx::write(infrastructure, host, nginx)),
                Service::App(app) => (app::KIND, app::write(infrastructure, host, app)),
                Service::Mysql(mysql) => (mysql::KIND, mysql::write(infrastructure, host, mysql)),
                Service::Agent => (monitoring::AGENT, monitoring::agent(host)),
            };
            add(kind, text);
        }
    }
    pieces.extend(monitoring::collector(infrastructure));
    let readme = ConfigFile {
        path: "config/README.md".to_owned(),
        text: readme::write(infrastructure, &pieces),
    };
    let made = pieces.into_iter().map(|piece| ConfigFile {
        path: format!("config/{}/{}", piece.folder, piece.kind.file),
        text: piece.text,
    });
    std::iter::once(readme).chain(made).collect()
}

/// What one rule of the firewall becomes in the `nftables.conf` of every machine that it leads to: its comment and its line, with what the line names;
/// without a rule, the line of the default deny.
pub fn nftables_of(infrastructure: &Infrastructure, rule: Option<&Rule>) -> String {
    nftables::excerpt(infrastructure, rule)
}

/// Whether a rule of the firewall stands in the `nftables.conf` of this machine.
pub fn is_in_nftables(rule: &Rule, host: &Host) -> bool {
    nftables::leads_to(rule, host)
}

/// The folder of a machine: its name, of letters that every file system takes, and not another machine's.
fn folder(infrastructure: &Infrastructure, index: usize) -> String {
    let name = |of: &Host| text::token(&of.name);
    let Some(own) = infrastructure.hosts.get(index).map(name) else { return String::new() };
    let is_taken = infrastructure.hosts[..index].iter().any(|other| name(other) == own);
    if is_taken { format!("{own}-{}", index + 1) } else { own }
}

/// The address of a machine by name, for the programs that connect to it.
fn address(infrastructure: &Infrastructure, name: &str) -> String {
    let host = infrastructure.host(name);
    host.map_or_else(|| text::token(name), |host| host.address.to_string())
}

/// The network interface of a machine in its zone's VLAN.
fn interface(infrastructure: &Infrastructure, host: &Host) -> String {
    infrastructure
        .zone(&host.zone)
        .map_or_else(|| "eth0".to_owned(), |zone| format!("vlan{}", zone.vlan))
}

/// Whether this balancer shares its stick tables: without a table there is nothing to share.
fn shares_tables(haproxy: &Haproxy) -> bool {
    haproxy.peers && haproxy.backends.iter().any(|backend| backend.stick_table.is_some())
}

/// Whether a balancer encrypts again what it sends to this port of this machine.
fn is_encrypted(infrastructure: &Infrastructure, host: &Host, port: u16) -> bool {
    let encrypting = infrastructure.balancers().filter_map(Host::haproxy);
    let encrypting = encrypting.filter(|haproxy| haproxy.tls.is_some_and(|tls| tls.to_servers));
    let mut servers =
        encrypting.flat_map(|haproxy| &haproxy.backends).flat_map(|backend| &backend.servers);
    servers.any(|server| server.host == host.name && server.port == port)
}

/// The other machines that claim one of these addresses.
fn rivals<'a>(
    infrastructure: &'a Infrastructure,
    host: &'a Host,
    claims: impl Fn(&Keepalived) -> bool + 'a,
) -> impl Iterator<Item = &'a Host> {
    infrastructure
        .hosts
        .iter()
        .filter(move |other| other.name != host.name && other.keepalived().is_some_and(&claims))
}

/// The virtual addresses that a machine has without keepalived.
fn plain_addresses<'a>(
    infrastructure: &'a Infrastructure,
    host: &'a Host,
) -> impl Iterator<Item = &'a Vip> {
    infrastructure.vips.iter().filter(move |vip| vip.host.as_ref() == Some(&host.name))
}
