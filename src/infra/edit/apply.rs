//! Edits made: machines that come and go, and figures that are set.

use std::net::Ipv4Addr;

use super::{
    Edit, EditError, Part, balancers, figures, firewall, has_primary, routing, rules, settings,
};
use crate::infra::{Host, Infrastructure, Peer, Replica, Server, Service};
use crate::kernel::SimDuration;

/// Why an edit is refused: what was found, and what is allowed.
pub(super) type Refusal = (String, String);

pub(super) fn refusal(found: &str, allowed: &str) -> Refusal {
    // The first load does without the words: the page's own refusals are told by the desk, and a link has its edits from a page.
    if crate::IS_FIRST_LOAD {
        return ("what cannot be made there".to_owned(), super::GRAMMAR.to_owned());
    }
    (found.to_owned(), allowed.to_owned())
}

impl Edit {
    /// Makes the edit. What comes out can stand, and nothing that users get is lost, unless a rule of the firewall is the edit: to see what
    /// a rule drops is what it is there for. Where that cannot be, nothing is changed.
    ///
    /// # Errors
    /// What is in the way, and what is allowed.
    pub fn apply(&self, infrastructure: &mut Infrastructure) -> Result<(), EditError> {
        let mut changed = infrastructure.clone();
        let made = match self {
            Self::Add(Part::Balancer) => balancers::add(&mut changed),
            Self::Add(Part::Replica) => add_replica(&mut changed),
            Self::Add(part) => add_server(*part, &mut changed),
            Self::Remove(host) => remove(host, &mut changed),
            Self::Set(figure, host, value) => figures::set(*figure, host, *value, &mut changed),
            Self::Tls(mode) => balancers::set_tls(*mode, &mut changed),
            Self::Routing(to) => routing::set(*to, &mut changed),
            Self::AddRule(rule) => {
                let invalid = |invalid| EditError::Invalid { edit: self.to_string(), invalid };
                rules::add(rule, &mut changed).map_err(invalid)?;
                Ok(())
            }
            Self::RemoveRule(name) => rules::remove(name, &mut changed),
            Self::Tune(setting, host, value) => {
                let set = settings::set(*setting, host, *value, &mut changed);
                if set == Ok(false) {
                    let (needed, cure) = setting.needs(infrastructure, host);
                    return Err(EditError::Needs { edit: self.to_string(), needed, cure });
                }
                set.map(|_| ())
            }
        };
        let refuse =
            |(found, allowed)| EditError::Refused { edit: self.to_string(), found, allowed };
        made.map_err(refuse)?;
        let is_rule = matches!(self, Self::AddRule(_) | Self::RemoveRule(_));
        if !is_rule && !matches!(self, Self::Set(..) | Self::Tune(..)) {
            changed.title = title(&changed);
        }
        if let Some(invalid) = changed.validate_edited() {
            return Err(EditError::Invalid { edit: self.to_string(), invalid });
        }
        // What stood there before, in a plan from a file, is not this edit's doing.
        if let Some(found) = changed.contradiction()
            && infrastructure.contradiction().is_none()
        {
            return Err(refuse(found));
        }
        let (before, after) = (infrastructure.served_without(&[]), changed.served_without(&[]));
        let is_lost = (before.static_files && !after.static_files)
            || (before.dynamic_pages && !after.dynamic_pages)
            || (before.writes && !after.writes);
        if is_lost && !is_rule {
            let found = "that users would lose something that is served now";
            return Err(refuse(refusal(found, "edits after which everything is still served")));
        }
        *infrastructure = changed;
        Ok(())
    }
}

/// A title that tells what stands there.
fn title(infrastructure: &Infrastructure) -> String {
    let mut title = format!("{}, edited: ", infrastructure.domain);
    let mut comma = "";
    let mut tell = |count: usize, called: &str| {
        if count > 0 {
            title.push_str(&format!("{comma}{count} {called}"));
            comma = ", ";
        }
    };
    for part in Part::ALL {
        if part == Part::Replica {
            let alone = |host: &&Host| has_primary(host) && Part::of(host).is_none();
            let count = infrastructure.hosts.iter().filter(alone).count();
            tell(count, if count == 1 { "database" } else { "databases" });
        }
        let count = count(part, infrastructure);
        tell(count, part.called(count == 1));
    }
    title
}

fn count(part: Part, infrastructure: &Infrastructure) -> usize {
    infrastructure.hosts.iter().filter(|host| Part::of(host) == Some(part)).count()
}

/// The machine after whose pattern one more of this part is made, if there is room for it.
pub(super) fn model(part: Part, infrastructure: &Infrastructure) -> Result<Host, Refusal> {
    let of_part = |host: &&Host| Part::of(host) == Some(part);
    let Some(last) = infrastructure.hosts.iter().rfind(of_part) else {
        let found = format!("no {} here", part.called(true));
        return Err((found, "where there is one already".to_owned()));
    };
    has_room(part, infrastructure).map(|()| last.clone())
}

fn has_room(part: Part, infrastructure: &Infrastructure) -> Result<(), Refusal> {
    let (count, most) = (count(part, infrastructure), part.most());
    if count < most {
        return Ok(());
    }
    let called = part.called(count == 1);
    Err((format!("{count} {called}"), format!("at most {most} {}", part.called(most == 1))))
}

/// A machine like this one, with a name, a title and an address of its own.
pub(super) fn another(model: &Host, infrastructure: &Infrastructure) -> Result<Host, Refusal> {
    let hosts = &infrastructure.hosts;
    let zone = infrastructure.zone(&model.zone);
    let is_free = |address: &Ipv4Addr| {
        zone.is_some_and(|zone| zone.holds(*address))
            && !matches!(address.octets()[3], 0 | 255)
            && hosts.iter().all(|host| host.address != *address)
            && infrastructure.vips.iter().all(|vip| vip.address != *address)
    };
    let first = model.address.to_bits();
    let mut next = (1..250).map(|by| Ipv4Addr::from_bits(first.wrapping_add(by)));
    let Some(address) = next.find(is_free) else {
        let allowed = "a zone with a free address";
        return Err((format!("no free address in zone {}", model.zone), allowed.to_owned()));
    };
    Ok(Host {
        name: free(&model.name, "-", &|name| hosts.iter().any(|host| host.name == name)),
        title: free(&model.title, " ", &|title| hosts.iter().any(|host| host.title == title)),
        address,
        ..model.clone()
    })
}

/// The first of `app-1`, `app-2` and so on that is not taken, for a name such as `app-2`.
pub(super) fn free(like: &str, separator: &str, is_taken: &dyn Fn(&str) -> bool) -> String {
    let stem = like.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_numbered = stem.len() < like.len();
    let separator = if is_numbered { "" } else { separator };
    // Beside a `Load balancer` without a number the next one is the second, whichever of them is the model.
    let mut number = if is_numbered && !is_taken(stem.trim_end()) { 1 } else { 2 };
    loop {
        let name = format!("{stem}{separator}{number}");
        if !is_taken(&name) {
            return name;
        }
        number += 1;
    }
}

/// A name's stem, and the number behind it: `app-` and 2.
fn number(name: &str) -> (&str, u32) {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (stem, name[stem.len()..].parse().unwrap_or(0))
}

/// Puts a machine among those of its model's kind, by their numbers, and lets it through the firewalls to what it needs.
pub(super) fn put(infrastructure: &mut Infrastructure, model: &str, added: Host) {
    let hosts = &mut infrastructure.hosts;
    let place = number(&added.name);
    let is_before = |host: &Host| number(&host.name).0 == place.0 && number(&host.name) < place;
    let after = hosts.iter().rposition(|host| host.name == model || is_before(host));
    let follows = |host: &Host| number(&host.name).0 == place.0 && number(&host.name) > place;
    let at = hosts.iter().position(follows).or(after.map(|at| at + 1)).unwrap_or(hosts.len());
    let name = added.name.clone();
    hosts.insert(at, added);
    firewall::open(infrastructure, &name);
}

/// One more in a pool of servers: wherever its model is asked, it is asked too.
fn add_server(part: Part, infrastructure: &mut Infrastructure) -> Result<(), Refusal> {
    let model = model(part, infrastructure)?;
    let mut added = another(&model, infrastructure)?;
    if part == Part::Server {
        make_its_own(&mut added, &model.name);
    }
    let mut is_asked = false;
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Haproxy(haproxy) = service {
            for backend in &mut haproxy.backends {
                is_asked |= put_line(&mut backend.servers, &model.name, &added.name);
            }
        } else if let Service::Nginx(nginx) = service
            && let Some(proxy_pass) = &mut nginx.proxy_pass
            && part != Part::Server
        {
            let servers = &mut proxy_pass.upstream.servers;
            if let Some(at) = servers.iter().position(|line| line.host == model.name) {
                let mut line = servers[at].clone();
                line.host.clone_from(&added.name);
                servers.insert(at + 1, line);
                is_asked = true;
            }
        }
    }
    if !is_asked {
        let found = format!("nobody who chooses between {}", part.called(false));
        return Err((found, "where a balancer or Nginx chooses".to_owned()));
    }
    put(infrastructure, &model.name, added);
    Ok(())
}

/// A `server` line like that of the model.
fn put_line(servers: &mut Vec<Server>, model: &str, added: &str) -> bool {
    let Some(at) = servers.iter().position(|line| line.host == model) else { return false };
    let mut line = servers[at].clone();
    line.cookie = line.cookie.map(|_| added.to_owned());
    added.clone_into(&mut line.name);
    added.clone_into(&mut line.host);
    servers.insert(at + 1, line);
    true
}

/// A server with everything turns to its own application and reads from its own database, a replica.
fn make_its_own(added: &mut Host, model: &str) {
    let name = added.name.clone();
    for service in &mut added.services {
        match service {
            Service::Nginx(nginx) => {
                let servers = nginx.proxy_pass.iter_mut().flat_map(|to| &mut to.upstream.servers);
                for line in servers.filter(|line| line.host == model) {
                    line.host.clone_from(&name);
                }
            }
            Service::App(app) => app.reads_from = Some(name.clone()),
            Service::Mysql(mysql) => {
                mysql.replica.get_or_insert_with(|| replica_of(model));
            }
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => {}
        }
    }
}

/// A replica half a second behind, promoted by hand.
fn replica_of(primary: &str) -> Replica {
    let lag = SimDuration::from_ms(500);
    Replica { source: primary.to_owned(), lag, promote_after: None }
}

/// A replica of the database, from which the applications read.
fn add_replica(infrastructure: &mut Infrastructure) -> Result<(), Refusal> {
    has_room(Part::Replica, infrastructure)?;
    let alone = |host: &&Host| has_primary(host) && Part::of(host).is_none();
    let Some(model) = infrastructure.hosts.iter().find(alone).cloned() else {
        let found = "no database on a machine of its own";
        return Err(refusal(found, "where the database has a machine of its own"));
    };
    let mut added = another(&model, infrastructure)?;
    "database server: a copy of the data, for reads".clone_into(&mut added.role);
    for service in &mut added.services {
        if let Service::Mysql(mysql) = service {
            mysql.replica = Some(replica_of(&model.name));
        }
    }
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::App(app) = service
            && app.database == model.name
        {
            app.reads_from = Some(added.name.clone());
        }
    }
    put(infrastructure, &model.name, added);
    Ok(())
}

/// Takes a machine away, and every line that names it.
fn remove(name: &str, infrastructure: &mut Infrastructure) -> Result<(), Refusal> {
    let host = known(name, infrastructure)?;
    let Some(part) = Part::of(host).filter(|_| !has_primary(host)) else {
        let found = format!("{name}, without which the rest cannot be");
        return Err((found, "balancers, servers and replicas".to_owned()));
    };
    if part != Part::Replica && count(part, infrastructure) < 2 {
        let found = format!("{name}, the last {}", part.called(true));
        return Err((found, "machines of which there are more".to_owned()));
    }
    infrastructure.hosts.retain(|host| host.name != name);
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        match service {
            Service::Haproxy(haproxy) => {
                for backend in &mut haproxy.backends {
                    backend.servers.retain(|line| line.host != name);
                }
            }
            Service::Nginx(nginx) => {
                if let Some(to) = &mut nginx.proxy_pass {
                    to.upstream.servers.retain(|line| line.host != name);
                }
            }
            Service::App(app) => app.reads_from = app.reads_from.take().filter(|at| at != name),
            Service::Mysql(_) | Service::Keepalived(_) | Service::Agent => {}
        }
    }
    let is_it = |peer: &Peer| matches!(peer, Peer::Host(host) if host == name);
    infrastructure.rules.retain(|rule| !is_it(&rule.from) && !is_it(&rule.to));
    infrastructure.network.links.retain(|link| link.from != name && link.to != name);
    Ok(())
}

/// The machine of this name.
pub(super) fn known<'a>(
    name: &str,
    infrastructure: &'a Infrastructure,
) -> Result<&'a Host, Refusal> {
    infrastructure.host(name).ok_or_else(|| {
        let names = infrastructure.hosts.iter().map(|host| host.name.as_str());
        (format!("no `{name}` here"), names.collect::<Vec<_>>().join(", "))
    })
}
