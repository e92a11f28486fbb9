//! Edits of the balancers: one more of them, and what they do about TLS.

use super::apply::{Refusal, another, model, put, refusal};
use super::{Part, TlsMode};
use crate::infra::{
    Haproxy, Host, Infrastructure, Keepalived, Peer, Protocol, Service, Tls, TrackScript,
    VrrpInstance,
};

/// The priority of the first balancer of a pair that an edit makes; the other's is one less.
const FIRST: u8 = 101;

/// One more balancer with the same configuration. It waits behind the others for every virtual address.
pub(super) fn add(infrastructure: &mut Infrastructure) -> Result<(), Refusal> {
    let model = model(Part::Balancer, infrastructure)?;
    let mut added = another(&model, infrastructure)?;
    if model.keepalived().is_some() {
        let claims = infrastructure.hosts.iter().filter_map(Host::keepalived);
        let claims: Vec<&VrrpInstance> = claims.flat_map(|own| &own.instances).collect();
        for service in &mut added.services {
            let Service::Keepalived(keepalived) = service else { continue };
            for own in &mut keepalived.instances {
                let rivals = claims.iter().filter(|claim| claim.vip == own.vip);
                let lowest = rivals.map(|claim| claim.priority).min();
                own.priority = lowest.unwrap_or(FIRST).saturating_sub(1).max(1);
            }
        }
    } else {
        cluster(&model.name, &mut added, infrastructure);
    }
    put(infrastructure, &model.name, added);
    Ok(())
}

/// From an address that one balancer has and keeps to a virtual one: keepalived on both, the first ahead.
fn cluster(first: &str, added: &mut Host, infrastructure: &mut Infrastructure) {
    let mut addresses = Vec::new();
    for vip in &mut infrastructure.vips {
        if vip.host.as_deref() == Some(first) {
            vip.host = None;
            addresses.push(vip.name.clone());
        }
    }
    let join = |host: &mut Host, priority: u8| {
        let instances = addresses.iter().map(|vip| VrrpInstance::new(vip, priority));
        let keepalived = Keepalived {
            higher_prio_send_advert: true,
            track_script: Some(TrackScript::USUAL),
            ..Keepalived::new(instances.collect())
        };
        host.services.insert(1, Service::Keepalived(keepalived));
        "HAProxy and keepalived".clone_into(&mut host.role);
    };
    join(added, FIRST - 1);
    for host in infrastructure.hosts.iter_mut().filter(|host| host.name == first) {
        join(host, FIRST);
    }
}

/// What a balancer does about TLS; `None`: it ends it, but the work of it is not counted.
fn mode(haproxy: &Haproxy) -> Option<TlsMode> {
    match haproxy.tls {
        _ if haproxy.tls_round_trips == 0 => Some(TlsMode::Off),
        Some(tls) if tls.to_servers => Some(TlsMode::ToServers),
        Some(_) => Some(TlsMode::On),
        None => None,
    }
}

/// All balancers do this about TLS; the port that users come by, and the rule that lets them in, follow.
pub(super) fn set_tls(to: TlsMode, infrastructure: &mut Infrastructure) -> Result<(), Refusal> {
    if infrastructure.balancers().next().is_none() {
        return Err(refusal("no balancer here", "where balancers end TLS"));
    }
    let is_so = |host: &Host| host.haproxy().is_some_and(|haproxy| mode(haproxy) == Some(to));
    if infrastructure.balancers().all(is_so) {
        return Err(refusal("that it is so already", "a change"));
    }
    let (before, after) = if to == TlsMode::Off { (443, 80) } else { (80, 443) };
    let mut is_moved = false;
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        let Service::Haproxy(haproxy) = service else { continue };
        if haproxy.port == before {
            (haproxy.port, is_moved) = (after, true);
        }
        if to == TlsMode::Off {
            (haproxy.tls, haproxy.tls_round_trips) = (None, 0);
        } else {
            let tls = haproxy.tls.unwrap_or(Tls::USUAL);
            haproxy.tls = Some(Tls { to_servers: to == TlsMode::ToServers, ..tls });
            // Where TLS ends already its version stays.
            haproxy.tls_round_trips = haproxy.tls_round_trips.max(1);
        }
    }
    let rules = infrastructure.rules.iter_mut().filter(|rule| rule.from == Peer::Internet);
    for rule in rules.filter(|_| is_moved) {
        if let Protocol::Tcp(ports) = &mut rule.protocol {
            for port in ports.iter_mut().filter(|port| **port == before) {
                *port = after;
            }
        }
    }
    Ok(())
}
