//! What a machine says of itself and its services: addresses, whether a service runs, the status of Nginx and of MySQL, and whether it
//! answers at all.

use crate::kernel::small::fixed;
use crate::sim::{FactKind, MysqlStatus, NginxStatus, Simulation};

use super::Answer;

/// `stub_status`, as Nginx writes it.
pub(super) fn nginx(world: &Simulation, host: &str) -> Answer {
    let infrastructure = &world.plan().infrastructure;
    if infrastructure.host(host).is_none_or(|host| host.service("nginx").is_none()) {
        return Answer::text(format!("# there is no Nginx on {host}"));
    }
    Answer::text(match world.nginx_status(host) {
        None => "curl: (7) Failed to connect to localhost port 80 after 0 ms: Couldn't connect to server"
            .to_owned(),
        Some(NginxStatus { active, accepts, handled, requests, reading, writing, waiting }) => {
            format!(
                "Active connections: {active} \nserver accepts handled requests\n {accepts} {handled} {requests} \n\
                 Reading: {reading} Writing: {writing} Waiting: {waiting} \n\
                 # this question itself is not counted: it is no part of the run"
            )
        }
    })
}

/// What MySQL answers to a statement, as its client prints it to a file.
pub(super) fn mysql(world: &Simulation, host: &str, sql: &str) -> Answer {
    let infrastructure = &world.plan().infrastructure;
    if infrastructure.host(host).is_none_or(|host| host.service("mysql").is_none()) {
        return Answer::text(format!("# there is no MySQL on {host}"));
    }
    if world.mysql_hangs(host) {
        return Answer::text("# no answer: MySQL takes the connection and says nothing");
    }
    let Some(status) = world.mysql_status(host) else {
        return Answer::text(
            "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (111)",
        );
    };
    let sql = sql.trim().trim_end_matches("\\G").trim_end_matches(';').to_ascii_uppercase();
    let words: Vec<&str> = sql.split_whitespace().collect();
    Answer::text(match words.as_slice() {
        ["SHOW", "GLOBAL", "STATUS"] | ["SHOW", "STATUS"] => variables(&status, ""),
        ["SHOW", "GLOBAL", "STATUS", "LIKE", like] | ["SHOW", "STATUS", "LIKE", like] => {
            variables(&status, like.trim_matches(['\'', '"']))
        }
        ["SHOW", "REPLICA" | "SLAVE", "STATUS"] => replica(&status),
        _ => format!("# not modelled here: {sql}"),
    })
}

/// The variables whose names are like the pattern: all of it, or what stands before its `%`.
fn variables(status: &MysqlStatus, like: &str) -> String {
    let all = [
        ("Connection_errors_max_connections", status.connection_errors_max_connections),
        ("Connections", status.connections),
        ("Max_used_connections", status.max_used_connections),
        ("Threads_connected", status.threads_connected),
        ("Threads_running", status.threads_running),
        ("Uptime", status.uptime.as_ns() / 1_000_000_000),
    ];
    let is_like = |name: &str| {
        let name = name.to_ascii_uppercase();
        like.strip_suffix('%')
            .map_or(like.is_empty() || name == like, |begin| name.starts_with(begin))
    };
    let rows = all.iter().filter(|(name, _)| is_like(name));
    let rows: String = rows.map(|(name, value)| format!("{name}\t{value}\n")).collect();
    if rows.is_empty() { rows } else { format!("Variable_name\tValue\n{rows}") }
}

/// As with `\G`, one column a line.
fn replica(status: &MysqlStatus) -> String {
    let Some(replica) = &status.replica else {
        return "# an empty set: it copies nobody".to_owned();
    };
    let (io, io_runs) = match replica.behind {
        Some(_) => ("Waiting for source to send event", "Yes"),
        None => ("Reconnecting after a failed source event read", "Connecting"),
    };
    let behind = replica
        .behind
        .map_or_else(|| "NULL".to_owned(), |behind| (behind.as_ns() / 1_000_000_000).to_string());
    format!(
        "*************************** 1. row ***************************\n\
         \x20            Replica_IO_State: {io}\n\
         \x20                 Source_Host: {}\n\
         \x20                 Source_Port: {}\n\
         \x20          Replica_IO_Running: {io_runs}\n\
         \x20         Replica_SQL_Running: Yes\n\
         \x20       Seconds_Behind_Source: {behind}",
        replica.source, replica.port
    )
}

/// `systemctl is-active`: a line for each unit.
pub(super) fn is_active(world: &Simulation, host: &str, units: &[&str]) -> String {
    let view = world.snapshot().hosts.into_iter().find(|view| view.name == host);
    let services = view.map(|view| view.services).unwrap_or_default();
    let word = |unit: &str| {
        let unit = unit.trim_end_matches(".service");
        let service = services.iter().find(|service| service.name == unit);
        if service.is_some_and(|service| service.is_up) {
            return "active";
        }
        // One that was asked to end is inactive, one that died of itself has failed.
        let name = format!("{host}/{unit}");
        let mut facts = world.facts().iter().rev().filter(|fact| fact.subject == name);
        let died = facts.find_map(|fact| match fact.kind {
            FactKind::ServiceDied | FactKind::OutOfMemory { .. } => Some(true),
            FactKind::Stopped | FactKind::ServiceReturned => Some(false),
            _ => None,
        });
        if service.is_some() && died == Some(true) { "failed" } else { "inactive" }
    };
    units.iter().map(|unit| format!("{}\n", word(unit))).collect()
}

/// `ip addr`: the machine's own address, and the virtual ones that it has now.
pub(super) fn addresses(world: &Simulation, host: &str) -> String {
    let infrastructure = &world.plan().infrastructure;
    let Some(of) = infrastructure.host(host) else { return String::new() };
    let subnet = infrastructure.zone(&of.zone).and_then(|zone| zone.subnet.split_once('/'));
    let bits = subnet.map_or("32", |(_, bits)| bits);
    let mut text = format!(
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n\
         2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    inet {}/{bits} scope global eth0\n",
        of.address
    );
    for vip in world.snapshot().vips {
        if vip.holders.iter().any(|holder| holder == host) {
            text.push_str(&format!("    inet {}/32 scope global eth0\n", vip.address));
        }
    }
    text
}

/// `ping`, one packet: a machine inside answers if it is on, the site's address if somebody has it and the internet gets in.
pub(super) fn ping(world: &Simulation, words: &[&str]) -> String {
    let infrastructure = &world.plan().infrastructure;
    let network = &infrastructure.network;
    let Some(name) = words.last().filter(|word| !word.starts_with('-')) else {
        return "ping: usage error: Destination address required".to_owned();
    };
    let is_named =
        |host: &&crate::infra::Host| host.name == **name || host.address.to_string() == **name;
    let inside = infrastructure.hosts.iter().find(is_named);
    let (addresses, _) = world.dns_answer();
    let is_site = **name == infrastructure.domain;
    let is_it = |address: &&std::net::Ipv4Addr| is_site || address.to_string() == **name;
    let (address, answers, latency) = match (inside, addresses.iter().find(is_it)) {
        (Some(host), _) => {
            (host.address, world.is_on(&host.name) == Some(true), network.lan_latency)
        }
        (None, Some(address)) => (*address, world.is_reached(*address), network.internet_latency),
        (None, None) => return format!("ping: {name}: Name or service not known"),
    };
    let ms = fixed((latency * 2).as_ms_f64(), 3);
    let mut text = format!("PING {name} ({address}) 56(84) bytes of data.\n");
    if answers {
        text.push_str(&format!("64 bytes from {address}: icmp_seq=1 ttl=64 time={ms} ms\n"));
    }
    let (received, lost) = if answers { (1, 0) } else { (0, 100) };
    text.push_str(&format!(
        "\n--- {name} ping statistics ---\n1 packets transmitted, {received} received, {lost}% packet loss\n"
    ));
    text
}
