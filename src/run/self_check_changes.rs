//! What the plans of the self-check have otherwise than their presets, where no option of the command line says it.

use crate::infra::{
    Backend, Cookie, CookieMode, Distribution, Haproxy, LinkChange, LinkState, ProxyCache, Service,
    SessionStore, Tls,
};
use crate::kernel::SimDuration;
use crate::sim::{Dialling, Dns, Plan, SlowClients};

const SECOND: SimDuration = SimDuration::from_secs(1);
const TLS: Tls = Tls::USUAL;

fn services(plan: &mut Plan) -> impl Iterator<Item = &mut Service> {
    plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services)
}

fn balancers(plan: &mut Plan) -> impl Iterator<Item = &mut Haproxy> {
    services(plan).filter_map(|service| match service {
        Service::Haproxy(haproxy) => Some(haproxy),
        Service::Keepalived(_)
        | Service::Nginx(_)
        | Service::App(_)
        | Service::Mysql(_)
        | Service::Agent => None,
    })
}

fn backends(plan: &mut Plan) -> impl Iterator<Item = &mut Backend> {
    balancers(plan).flat_map(|haproxy| &mut haproxy.backends)
}

fn with_cookie(plan: &mut Plan, mode: CookieMode) {
    let cookie =
        Cookie { name: "SRV".to_owned(), mode, indirect: false, nocache: false, preserve: false };
    for backend in backends(plan) {
        backend.cookie = Some(cookie.clone());
        for server in &mut backend.servers {
            server.cookie = Some(server.name.clone());
        }
    }
}

pub(super) fn names_and_bytes(plan: &mut Plan) {
    plan.workload.dns = Dns { ttl: SECOND * 5, resolvers: 3, ..Dns::default() };
    plan.workload.answer_kib = 64;
    plan.infrastructure.hosts[0].network_mbit = 100;
}

pub(super) fn hurried_and_slow_users(plan: &mut Plan) {
    plan.workload.dns.dialling = Dialling::HappyEyeballs;
    plan.workload.slow_clients = SlowClients { share: 0.1, takes: Some(SECOND * 2) };
}

pub(super) fn hesitant_keepalived(plan: &mut Plan) {
    for service in services(plan) {
        let Service::Keepalived(keepalived) = service else { continue };
        keepalived.vrrp_version = 3;
        keepalived.advert_int = SimDuration::from_ms(300);
        if let Some(script) = &mut keepalived.track_script {
            script.weight = -2;
        }
        for (index, instance) in keepalived.instances.iter_mut().enumerate() {
            instance.nopreempt = index == 0;
            instance.preempt_delay = SECOND * (2 * index as u64);
        }
    }
}

pub(super) fn other_spreads(plan: &mut Plan) {
    for service in services(plan) {
        match service {
            Service::Nginx(nginx) => nginx.service_distribution = Distribution::Constant,
            Service::App(app) => app.service_distribution = Distribution::Erlang { stages: 3 },
            Service::Mysql(mysql) => {
                mysql.service_distribution = Distribution::Hyperexponential { squared_cv: 4.0 };
            }
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => {}
        }
    }
}

pub(super) fn users_who_leave(plan: &mut Plan) {
    plan.workload.response_timeout = SimDuration::from_ms(1200);
    backends(plan).for_each(|backend| backend.abortonclose = true);
}

pub(super) fn watched_replica_and_cache(plan: &mut Plan) {
    for (index, service) in services(plan).enumerate() {
        match service {
            Service::Nginx(nginx) => {
                let Some(proxy_pass) = &mut nginx.proxy_pass else { continue };
                proxy_pass.cache =
                    Some(ProxyCache { valid: SECOND, use_stale: index.is_multiple_of(4) });
                if let [first, second, ..] = &mut proxy_pass.upstream.servers[..] {
                    (first.weight, second.backup) = (3, index.is_multiple_of(4));
                }
            }
            Service::Mysql(mysql) => {
                if let Some(replica) = &mut mysql.replica {
                    replica.promote_after = Some(SECOND * 4);
                }
            }
            Service::Haproxy(_) | Service::Keepalived(_) | Service::App(_) | Service::Agent => {}
        }
    }
}

pub(super) fn shaky_links_and_kept_connections(plan: &mut Plan) {
    let jitter = SimDuration::from_ms(10);
    plan.infrastructure.network.links.push(LinkChange {
        from: "web-1".to_owned(),
        to: "app-1".to_owned(),
        one_way: true,
        state: LinkState { loss: 0.02, jitter, ..LinkState::WHOLE },
    });
    for service in services(plan) {
        if let Service::App(app) = service {
            app.keeps_connections = true;
        }
    }
}

pub(super) fn bounded_loads_and_prefix(plan: &mut Plan) {
    backends(plan).for_each(|backend| backend.hash_balance_factor = 130);
    with_cookie(plan, CookieMode::Prefix);
}

pub(super) fn secrets_shared(plan: &mut Plan) {
    let tls = Tls { to_servers: true, tls_ticket_keys: true, ..TLS };
    balancers(plan).for_each(|haproxy| haproxy.tls = Some(tls));
    for service in services(plan) {
        if let Service::App(app) = service {
            app.sessions = SessionStore::Local;
        }
    }
}

pub(super) fn wrong_certificate_and_rewrite(plan: &mut Plan) {
    if let Some(second) = balancers(plan).nth(1) {
        second.tls = Some(Tls { certificate: false, ..TLS });
    }
    with_cookie(plan, CookieMode::Rewrite);
}

/// The workers of an application want more than its machine has.
pub(super) fn little_memory(plan: &mut Plan) {
    for service in services(plan) {
        if let Service::App(app) = service {
            app.worker_mib = 2500;
        }
    }
}
