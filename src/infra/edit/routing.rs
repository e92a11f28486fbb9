//! The edit of the routing: whether the balancers tell static files and pages apart, or Nginx does.

use super::apply::{Refusal, free, refusal};
use super::{Part, Routing, firewall};
use crate::infra::{
    Backend, Haproxy, Host, HttpCheck, Infrastructure, Nginx, PathRule, Peer, Policy, ProxyPass,
    Rule, Server, Service, UpstreamServer,
};
use crate::kernel::SimDuration;

/// What begins the path of a static file.
const FILES: &str = "/static/";

/// Routes as asked for, where web servers and application servers are machines of their own.
pub(super) fn set(to: Routing, infrastructure: &mut Infrastructure) -> Result<(), Refusal> {
    let [web, apps] = [Part::Web, Part::App].map(|part| {
        let of_part = |host: &&Host| Part::of(host) == Some(part);
        infrastructure.hosts.iter().filter(of_part).cloned().collect::<Vec<Host>>()
    });
    let balancer = infrastructure.balancers().next().cloned();
    let (Some(balancer), Some(first), Some(app)) = (balancer, web.first(), apps.first()) else {
        let found = "web and application servers that are not apart behind a balancer";
        return Err(refusal(found, "where each has machines of its own"));
    };
    let passes_on = web.iter().any(|host| !upstream(host).is_empty());
    if passes_on == (to == Routing::Chain) {
        return Err(refusal("that it is so already", "a change"));
    }
    let apps: Vec<(String, u16)> = apps.iter().filter_map(listening).collect();
    for host in &mut infrastructure.hosts {
        let is_web = Part::of(host) == Some(Part::Web);
        for service in &mut host.services {
            if let Service::Haproxy(haproxy) = service {
                balance(to, haproxy, &web, &apps)?;
            } else if let Service::Nginx(nginx) = service
                && is_web
            {
                nginx.proxy_pass = (to == Routing::Chain).then(|| pass_on(&apps));
            }
        }
        if is_web {
            let role = match to {
                Routing::Chain => "web server: static files, and the way to the application",
                Routing::Switching => "web server: static files",
            };
            role.clone_into(&mut host.role);
        }
    }
    let zones = [&balancer, first, app].map(|host| host.zone.as_str());
    move_rule(to, zones, infrastructure);
    for host in [&balancer].into_iter().chain(&web) {
        firewall::open(infrastructure, &host.name);
    }
    Ok(())
}

/// What a balancer does: everything to the web servers, or pages to the applications.
fn balance(
    to: Routing,
    haproxy: &mut Haproxy,
    web: &[Host],
    apps: &[(String, u16)],
) -> Result<(), Refusal> {
    let is_web = |line: &Server| web.iter().any(|host| host.name == line.host);
    let mut backends = haproxy.backends.iter();
    let Some(of_web) = backends.find(|own| own.servers.iter().any(is_web)).cloned() else {
        return Err(refusal("no backend of web servers", "where there is one"));
    };
    haproxy.path_rules.clear();
    haproxy.default_backend.clone_from(&of_web.name);
    haproxy.backends.retain(|own| own.name == of_web.name);
    if to == Routing::Switching {
        let pages = of_pages(&of_web, apps);
        haproxy.default_backend.clone_from(&pages.name);
        haproxy.backends.push(pages);
        haproxy.path_rules.push(PathRule { path_beg: FILES.to_owned(), backend: of_web.name });
    }
    Ok(())
}

fn upstream(host: &Host) -> &[UpstreamServer] {
    let nginx = host.services.iter().find_map(Service::as_nginx);
    nginx.map_or(&[], Nginx::upstream_servers)
}

fn listening(host: &Host) -> Option<(String, u16)> {
    let app = host.services.iter().find_map(Service::as_app)?;
    Some((host.name.clone(), app.port))
}

/// Shorter than the balancer's own timeouts: Nginx turns to another application while the balancer still waits.
fn pass_on(apps: &[(String, u16)]) -> ProxyPass {
    let servers = apps.iter().map(|(host, port)| UpstreamServer::new(host, *port)).collect();
    ProxyPass {
        connect_timeout: SimDuration::from_secs(1),
        read_timeout: SimDuration::from_secs(8),
        ..ProxyPass::new(servers)
    }
}

/// A backend for pages, set up as that of the web servers is.
fn of_pages(of_web: &Backend, apps: &[(String, u16)]) -> Backend {
    let line = |(host, port): &(String, u16)| {
        let like = of_web.servers.first().cloned();
        let like = like.unwrap_or_else(|| Server::new(host, host, *port));
        Server {
            name: host.clone(),
            host: host.clone(),
            port: *port,
            cookie: like.cookie.as_ref().map(|_| host.clone()),
            // Whose share a web server has among its like says nothing of an application.
            weight: 1,
            backup: false,
            ..like
        }
    };
    let name = if of_web.name == "app" {
        free("app", "-", &|name| name == of_web.name)
    } else {
        "app".to_owned()
    };
    let httpchk = of_web.httpchk.as_ref().map(|_| HttpCheck { path: "/health".to_owned() });
    Backend { name, httpchk, servers: apps.iter().map(line).collect(), ..of_web.clone() }
}

/// The rule that lets pages through to the applications: from the zone of those who now ask for them.
fn move_rule(to: Routing, [edge, web, app]: [&str; 3], infrastructure: &mut Infrastructure) {
    let (before, after, reason) = match to {
        Routing::Chain => (edge, web, "what Nginx passes on: dynamic pages"),
        Routing::Switching => (web, edge, "requests and checks for dynamic pages"),
    };
    let is_zone = |peer: &Peer, zone: &str| matches!(peer, Peer::Zone(name) if name == zone);
    let name = format!("{after}-to-{app}");
    if infrastructure.rules.iter().any(|rule| rule.name == name) {
        return;
    }
    let mut rules = infrastructure.rules.iter_mut();
    let lets_in = |rule: &&mut Rule| {
        rule.policy == Policy::Allow && is_zone(&rule.from, before) && is_zone(&rule.to, app)
    };
    if let Some(rule) = rules.find(lets_in) {
        rule.from = Peer::Zone(after.to_owned());
        reason.clone_into(&mut rule.reason);
        rule.name = name;
    }
}
