//! The graded points that a plan itself shows, task by task. Of task 3 it is one that also has to be said.

use super::super::figures::{count, list};
use super::super::reading::{haproxy, is_guarded, names, running};
use super::super::wording::graded::{self, Answer};
use super::asked::CLUSTER;
use super::text::Text;
use super::{Finding, Section, Task, Verdict};
use crate::infra::{Host, Infrastructure, Place, Service, Vip};

/// The address that task 0 prescribes.
const PRESCRIBED: std::net::Ipv4Addr = std::net::Ipv4Addr::new(8, 8, 8, 8);
/// How many firewalls and how many monitoring clients task 2 wants.
const THREE: usize = 3;

/// The points of a task that are drawn, in order.
pub(super) fn points(
    task: Task,
    infrastructure: &Infrastructure,
    text: Option<&Text>,
) -> Vec<Finding> {
    match task {
        Task::Simple => simple(infrastructure),
        Task::Distributed => distributed(infrastructure),
        Task::Secured => secured(infrastructure),
        Task::ScaleUp => scale_up(infrastructure, text),
    }
}

fn point(
    id: &'static str,
    (holds, found): (bool, String),
    why: &'static str,
    todo: &str,
) -> Finding {
    Finding::judged(Section::Graded, id, holds, found, why, todo)
}

fn is_web(host: &Host) -> bool {
    host.services.iter().any(|service| service.as_nginx().is_some())
}

fn is_app(host: &Host) -> bool {
    host.services.iter().any(|service| service.as_app().is_some())
}

fn is_database(host: &Host) -> bool {
    host.services.iter().any(|service| service.as_mysql().is_some())
}

/// Servers with web server, application and database on them.
fn complete(infrastructure: &Infrastructure) -> Vec<&Host> {
    let hosts = infrastructure.hosts.iter();
    hosts.filter(|host| is_web(host) && is_app(host) && is_database(host)).collect()
}

fn simple(infrastructure: &Infrastructure) -> Vec<Finding> {
    let hosts = infrastructure.hosts.len();
    let complete = complete(infrastructure);
    let records: Vec<String> =
        infrastructure.vips.iter().map(|vip| vip.address.to_string()).collect();
    let is_record = |vip: &Vip| vip.address == PRESCRIBED && vip.host.is_some();
    let is_named = infrastructure.domain.starts_with("www.");
    let from_users = infrastructure
        .links()
        .into_iter()
        .find(|link| link.from == Place::Users)
        .map(|link| link.to);
    let entrance = match &from_users {
        Some(Place::Host(host)) => format!("the users' way leads to {host}"),
        Some(Place::Users) | None => "no way leads from users to a server".to_owned(),
    };
    vec![
        point(
            "G0-1",
            (hosts == 1, count(hosts, "server", "servers")),
            "the task is the stack on one server",
            "leave one server",
        ),
        point(
            "G0-2",
            (
                !complete.is_empty(),
                format!(
                    "web server, application and database together on: {}",
                    list(&names(&complete))
                ),
            ),
            "a request for a page needs all three",
            "put Nginx, the application and MySQL on the server",
        ),
        point(
            "G0-3",
            (
                is_named
                    && infrastructure.vips.len() == 1
                    && infrastructure.vips.iter().all(is_record),
                format!("{} leads to {}", infrastructure.domain, list(&records)),
            ),
            "users know the name only",
            "let www.foobar.com lead to the server by one A record with 8.8.8.8",
        ),
        point(
            "G0-4",
            (matches!(from_users, Some(Place::Host(_))), entrance),
            "the story begins with a user who wants to see the site",
            "draw the user, and the way from there to the web server",
        ),
    ]
}

fn distributed(infrastructure: &Infrastructure) -> Vec<Finding> {
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let complete = complete(infrastructure);
    let lone = balancers.first().filter(|host| !is_web(host) && !is_app(host));
    let three = infrastructure.hosts.len() == 3 && lone.is_some() && complete.len() == 2;
    let missed: Vec<&Host> = infrastructure
        .hosts
        .iter()
        .filter(|host| is_web(host) && !is_behind(infrastructure, host))
        .collect();
    let behind = match (&missed[..], balancers.is_empty()) {
        (_, true) => "there is no load balancer".to_owned(),
        ([], false) => "the load balancer has every web server among its servers".to_owned(),
        (missed, false) => {
            format!("the load balancer does not have {} among its servers", list(&names(missed)))
        }
    };
    vec![
        point(
            "G1-1",
            (
                three,
                format!(
                    "{}: balancers {}; with web server, application and database {}",
                    count(infrastructure.hosts.len(), "machine", "machines"),
                    list(&names(&balancers)),
                    list(&names(&complete))
                ),
            ),
            "the second server is there so that the site outlives the first",
            "one machine for HAProxy, and two that each hold Nginx, the application and MySQL",
        ),
        point(
            "G1-2",
            (missed.is_empty() && !balancers.is_empty(), behind),
            "a server that gets no requests helps nobody",
            "name every web server in the balancer's backend",
        ),
        replication(infrastructure),
    ]
}

/// Whether some balancer sends requests to this host.
fn is_behind(infrastructure: &Infrastructure, host: &Host) -> bool {
    let mut servers = infrastructure.backends().flat_map(|backend| &backend.servers);
    servers.any(|server| server.host == host.name)
}

fn replication(infrastructure: &Infrastructure) -> Finding {
    let source = |host: &Host| {
        let mysql = host.services.iter().find_map(Service::as_mysql)?;
        mysql.replica.as_ref().map(|replica| replica.source.clone())
    };
    let databases = running(infrastructure, |service| service.as_mysql().is_some());
    let (replicas, primaries): (Vec<&Host>, Vec<&Host>) =
        databases.into_iter().partition(|host| source(host).is_some());
    let follow = |primary: &Host| {
        replicas.iter().all(|replica| source(replica).as_ref() == Some(&primary.name))
    };
    let holds =
        !replicas.is_empty() && primaries.len() == 1 && primaries.iter().all(|host| follow(host));
    let found =
        format!("primary: {}; replica: {}", list(&names(&primaries)), list(&names(&replicas)));
    point(
        "G1-3",
        (holds, found),
        "two databases that do not copy each other hold different data",
        "one primary, and a replica that copies it",
    )
}

fn secured(infrastructure: &Infrastructure) -> Vec<Finding> {
    let guarded: Vec<&Host> =
        infrastructure.hosts.iter().filter(|host| is_guarded(infrastructure, host)).collect();
    let agents = running(infrastructure, |service| matches!(service, Service::Agent));
    let all = infrastructure.hosts.len();
    let collector = match infrastructure.monitoring {
        Some(_) => "a collector asks them",
        None => "nobody collects what they know",
    };
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let encrypts = haproxy(infrastructure).is_some_and(|haproxy| {
        haproxy.tls_round_trips > 0 && haproxy.tls.is_none_or(|tls| tls.certificate)
    });
    let tls = if encrypts {
        format!("users speak HTTPS to {}, which has the certificate", list(&names(&balancers)))
    } else {
        "nobody has a certificate for users to speak HTTPS to".to_owned()
    };
    vec![
        point(
            "G2-1",
            (
                guarded.len() >= THREE && guarded.len() == all,
                format!(
                    "a firewall rule ends at {} of {all} machines: {}",
                    guarded.len(),
                    list(&names(&guarded))
                ),
            ),
            "a firewall that stands before no machine filters nothing",
            "three firewalls, one before each machine",
        ),
        point(
            "G2-2",
            (encrypts, tls),
            "the certificate proves the name and lets traffic be encrypted",
            "one certificate for www.foobar.com where the users' HTTPS ends",
        ),
        point(
            "G2-3",
            (
                agents.len() >= THREE && agents.len() == all && infrastructure.monitoring.is_some(),
                format!("monitoring agents on {} of {all} machines; {collector}", agents.len()),
            ),
            "a machine without an agent is a blind spot",
            "a monitoring agent on each of the three machines, and a collector for what they send",
        ),
    ]
}

fn scale_up(infrastructure: &Infrastructure, text: Option<&Text>) -> Vec<Finding> {
    let answered = |Answer { holds, text }: Answer| (holds, text);
    let cluster = graded::cluster(infrastructure);
    let cluster = if cluster.holds {
        let said = CLUSTER.judge(text);
        let found = match said.verdict {
            Verdict::Fail => said.found,
            Verdict::NotShown => format!("{}; here: {}", said.found, cluster.text),
            Verdict::Pass | Verdict::Advice => format!("{}; {}", cluster.text, said.found),
        };
        Finding { found, ..said }
    } else {
        let todo = "draw what joins the balancers: VRRP between them, and an address that the other takes over";
        point("G3-3", answered(cluster), CLUSTER.why, todo)
    };
    vec![
        point(
            "G3-1",
            answered(graded::server(infrastructure)),
            "three components need three servers; two are not enough to split them",
            "add a server: one for each of web server, application and database at least",
        ),
        point(
            "G3-2",
            answered(graded::balancer(infrastructure)),
            "with one balancer the site goes down with it, however healthy the rest",
            "add a second HAProxy on a machine of its own",
        ),
        cluster,
        point(
            "G3-4",
            answered(graded::single(infrastructure)),
            "components on one machine compete for it and share its fate",
            "give web server, application and database a machine each",
        ),
    ]
}
