//! The infrastructure of the brief: six machines, content switching.

use super::parts::{
    VIP_A, VIP_B, allow, app, balancer, host, in_tiers, in_zone, mysql, nginx, switching, vip,
};
use crate::infra::{Infrastructure, Service};

pub(super) fn brief() -> Infrastructure {
    let claims = |a, b| [(VIP_A, a), (VIP_B, b)];
    let additional = "application server, the additional one";
    in_tiers(
        "brief",
        "scaled up: two balancers, one web server, two application servers, one database",
        [
            allow(
                "edge-to-web",
                in_zone("edge"),
                in_zone("web"),
                &[80],
                "requests and checks for static files",
            ),
            allow(
                "edge-to-app",
                in_zone("edge"),
                in_zone("app"),
                &[8000],
                "requests and checks for dynamic pages",
            ),
        ],
        vec![
            balancer("lb-1", "Load balancer 1", 11, switching(), &claims(101, 100)),
            balancer("lb-2", "Load balancer 2", 12, switching(), &claims(100, 101)),
            host("web-1", "Server 1", "web server: static files", "web", [20, 11], nginx(&[])),
            host("app-1", "Server 2", "application server", "app", [30, 11], app("db-1", None)),
            host("app-2", "Server 4", additional, "app", [30, 12], app("db-1", None)),
            host(
                "db-1",
                "Server 3",
                "database server: all data",
                "db",
                [40, 11],
                Service::Mysql(mysql()),
            ),
        ],
        vec![vip(VIP_A, 10, 51), vip(VIP_B, 11, 52)],
    )
}
