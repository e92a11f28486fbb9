//! The rungs of the exercise's ladder, each with the shape that its task asks for, and the one beyond. Requests go the way of the
//! exercise's workflow: the balancer to Nginx, Nginx to the application, the application to the database.

use super::parts::{
    VIP_A, admin, allow, app, balancer, chaining, host, in_tiers, in_zone, monitoring, mysql,
    nginx, plain_address, replica, site, users_to_edge, vip, zone,
};
use crate::infra::{Haproxy, Host, Infrastructure, Mysql, Peer, Rule, Service, Tls, Vip};

/// Task 0: one server with Nginx, the application, its files and `MySQL`; `www` points at 8.8.8.8.
pub(super) fn simple() -> Infrastructure {
    Infrastructure {
        rules: vec![allow(
            "users-to-server",
            Peer::Internet,
            in_zone("server"),
            &[80],
            "users reach Nginx, and nothing else",
        )],
        ..site(
            "simple",
            "the simple web stack: everything on one server",
            vec![zone("server", "Server", 10)],
            vec![all_in_one("server-1", "Server", "server", [10, 11], "server-1", mysql())],
            vec![plain_address([8, 8, 8, 8], "server-1")],
        )
    }
}

/// Task 1: one balancer, two servers with everything on them, the database of one the replica of the other's.
pub(super) fn distributed() -> Infrastructure {
    let balancer = plain_balancer(Haproxy { port: 80, tls_round_trips: 0, ..all_in_ones() });
    Infrastructure {
        rules: vec![allow(
            "users-to-balancer",
            Peer::Internet,
            Peer::Host("lb-1".to_owned()),
            &[80],
            "no firewall stands here: the balancer's public address is the only way in",
        )],
        ..site(
            "distributed",
            "the distributed web infrastructure: one balancer, two servers with everything",
            vec![zone("site", "Site", 10)],
            pair_behind(balancer, "site", 10),
            vec![plain_address([203, 0, 113, 10], "lb-1")],
        )
    }
}

/// Task 2: the same with a firewall before each machine, a certificate on the balancer, and a monitoring agent on each.
pub(super) fn secured() -> Infrastructure {
    let haproxy = Haproxy { tls: Some(Tls::USUAL), ..all_in_ones() };
    let balancer = Host { zone: "edge".to_owned(), ..plain_balancer(haproxy) };
    let mut hosts = pair_behind(balancer, "servers", 20);
    for host in &mut hosts {
        host.services.push(Service::Agent);
    }
    let peers = |from: &str, to: &str, ports: &[u16], reason: &str| {
        let name = format!("{from}-to-{to}");
        allow(&name, Peer::Host(from.to_owned()), Peer::Host(to.to_owned()), ports, reason)
    };
    let requests = "requests and checks from the balancer";
    Infrastructure {
        monitoring: Some(monitoring()),
        rules: vec![
            users_to_edge(),
            peers("lb-1", "server-1", &[80], requests),
            peers("lb-1", "server-2", &[80], requests),
            peers(
                "server-2",
                "server-1",
                &[3306],
                "writes go to the primary database, and it is what the replica copies",
            ),
            admin(),
        ],
        ..site(
            "secured",
            "secured and monitored: three firewalls, one certificate, three monitoring agents",
            vec![
                zone("edge", "Edge", 10),
                zone("servers", "Servers", 20),
                zone("mgmt", "Management", 99),
            ],
            hosts,
            vec![plain_address([203, 0, 113, 10], "lb-1")],
        )
    }
}

/// Task 3 to the letter: a second balancer clustered with the first, and each component on a server of its own.
pub(super) fn literal() -> Infrastructure {
    let balancer = |name, title, last, priority| {
        balancer(name, title, last, chaining("web", &["web-1"]), &[(VIP_A, priority)])
    };
    tiers(
        "literal",
        "scaled up to the letter: two balancers, one web, one application and one database server",
        vec![
            balancer("lb-1", "Load balancer 1", 11, 101),
            balancer("lb-2", "Load balancer 2", 12, 100),
            web("web-1", "Server 1", 11, &["app-1"]),
            application("app-1", "Server 2", 11, None),
            database("db-1", "Server 3", 11, mysql()),
        ],
        vec![vip(VIP_A, 10, 51)],
    )
}

/// Beyond the exercise: no machine of the tiers before the database stands alone, and the database has a replica.
pub(super) fn extended() -> Infrastructure {
    let balancer = |name, title, last, priority| {
        let haproxy = chaining("web", &["web-1", "web-2"]);
        balancer(name, title, last, haproxy, &[(VIP_A, priority)])
    };
    let apps = ["app-1", "app-2"];
    tiers(
        "extended",
        "extended: two of everything, and a replica of the database",
        vec![
            balancer("lb-1", "Load balancer 1", 11, 101),
            balancer("lb-2", "Load balancer 2", 12, 100),
            web("web-1", "Server 1", 11, &apps),
            web("web-2", "Server 5", 12, &apps),
            application("app-1", "Server 2", 11, Some("db-2")),
            application("app-2", "Server 4", 12, Some("db-2")),
            database("db-1", "Server 3", 11, mysql()),
            database("db-2", "Server 6", 12, replica("db-1")),
        ],
        vec![vip(VIP_A, 10, 51)],
    )
}

/// A tier in a zone of its own, each open only to the one before it.
fn tiers(name: &str, title: &str, hosts: Vec<Host>, vips: Vec<Vip>) -> Infrastructure {
    let between = |name: &str, from: &str, to: &str, port: u16, reason: &str| -> Rule {
        allow(name, in_zone(from), in_zone(to), &[port], reason)
    };
    let middle = [
        between("edge-to-web", "edge", "web", 80, "requests and checks"),
        between("web-to-app", "web", "app", 8000, "what Nginx passes on: dynamic pages"),
    ];
    in_tiers(name, title, middle, hosts, vips)
}

fn web(name: &str, title: &str, last: u8, apps: &[&str]) -> Host {
    let role = "web server: static files, and the way to the application";
    host(name, title, role, "web", [20, last], nginx(apps))
}

fn application(name: &str, title: &str, last: u8, reads_from: Option<&str>) -> Host {
    host(name, title, "application server", "app", [30, last], app("db-1", reads_from))
}

fn database(name: &str, title: &str, last: u8, mysql: Mysql) -> Host {
    let role = if mysql.replica.is_some() {
        "database server: a copy of the data, for reads"
    } else {
        "database server: all data"
    };
    host(name, title, role, "db", [40, last], Service::Mysql(mysql))
}

/// A server with Nginx, the application and `MySQL` on it, whose writes go to the database on `primary`.
fn all_in_one(
    name: &str,
    title: &str,
    zone: &str,
    at: [u8; 2],
    primary: &str,
    mysql: Mysql,
) -> Host {
    let app = app(primary, (primary != name).then_some(name));
    let nginx = nginx(&[name]);
    Host {
        cores: 2,
        memory_gib: 8,
        services: vec![nginx.clone(), app, Service::Mysql(mysql)],
        ..host(name, title, "Nginx, application and MySQL", zone, at, nginx)
    }
}

/// The balancer and the two servers behind it.
fn pair_behind(balancer: Host, zone: &str, subnet: u8) -> Vec<Host> {
    let primary = "server-1";
    vec![
        balancer,
        all_in_one(primary, "Server 1", zone, [subnet, 21], primary, mysql()),
        all_in_one("server-2", "Server 2", zone, [subnet, 22], primary, replica(primary)),
    ]
}

/// A balancer that has nobody to take its address over.
fn plain_balancer(haproxy: Haproxy) -> Host {
    let service = Service::Haproxy(haproxy);
    let mut balancer = host("lb-1", "Load balancer", "HAProxy", "site", [10, 11], service);
    balancer.services.truncate(1);
    balancer
}

fn all_in_ones() -> Haproxy {
    chaining("servers", &["server-1", "server-2"])
}
