//! Edits of the firewall's rules: one more, wherever in the list, and one less. What would do nothing, or leave nothing to the default, is
//! refused.

use std::fmt;

use super::apply::Refusal;
use super::text::is_name;
use crate::infra::{Infrastructure, Invalid, Peer, Policy, Protocol, Rule};

/// The most ports of a rule, as of one match of iptables' `multiport`.
const MOST_PORTS: usize = 15;

/// A rule that is to be put in. Written `deny:zone/web:zone/app:tcp/8000,8001:1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// Let through or dropped.
    pub policy: Policy,
    /// Who opens the connection.
    pub from: Peer,
    /// Who accepts it.
    pub to: Peer,
    /// TCP ports, 1 to 65535; `None`: everything.
    pub ports: Option<Vec<u32>>,
    /// Which of the rules it becomes, counted from 1; `None`: the last.
    pub place: Option<u32>,
}

impl NewRule {
    /// What it says, in words.
    pub fn words(&self) -> String {
        let what = match &self.ports {
            None => "anything".to_owned(),
            Some(ports) => format!("TCP {}", list(ports)),
        };
        format!("{} {what} from {} to {}", self.policy, self.from, self.to)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let policy = match parts.next()? {
            "allow" => Policy::Allow,
            "deny" => Policy::Deny,
            _ => return None,
        };
        let [from, to] = [side(parts.next()?)?, side(parts.next()?)?];
        let ports = match parts.next()? {
            "any" => None,
            some => Some(ports(some.strip_prefix("tcp/")?)?),
        };
        let place = match parts.next() {
            None => None,
            Some(place) => Some(place.parse().ok()?),
        };
        parts.next().is_none().then_some(Self { policy, from, to, ports, place })
    }
}

fn ports(text: &str) -> Option<Vec<u32>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|port| port.trim().parse().ok()).collect()
}

fn list(ports: &[u32]) -> String {
    ports.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn side(text: &str) -> Option<Peer> {
    let name = |name: &str| is_name(name).then(|| name.to_owned());
    match text.split_once('/') {
        Some(("zone", zone)) => name(zone).map(Peer::Zone),
        Some(("host", host)) => name(host).map(Peer::Host),
        Some(_) => None,
        None if text == "internet" => Some(Peer::Internet),
        None if text == "any" => Some(Peer::Any),
        None => name(text).map(Peer::Host),
    }
}

impl fmt::Display for NewRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.policy)?;
        for peer in [&self.from, &self.to] {
            match peer {
                Peer::Internet => f.write_str(":internet")?,
                Peer::Any => f.write_str(":any")?,
                Peer::Zone(name) => write!(f, ":zone/{name}")?,
                Peer::Host(name) => write!(f, ":host/{name}")?,
            }
        }
        match &self.ports {
            None => f.write_str(":any")?,
            Some(ports) => write!(f, ":tcp/{}", list(ports))?,
        }
        self.place.map_or(Ok(()), |place| write!(f, ":{place}"))
    }
}

/// Puts a rule in. Whether its zones and hosts are there is checked with all the rest.
pub(super) fn add(new: &NewRule, infrastructure: &mut Infrastructure) -> Result<(), Invalid> {
    let last = infrastructure.rules.len() + 1;
    let place = new.place.map_or(last, |place| place as usize);
    if !(1..=last).contains(&place) {
        return Err(Invalid {
            field: "rules".to_owned(),
            found: format!("`place {place}`"),
            allowed: format!("place 1 to {last}"),
        });
    }
    let index = place - 1;
    let wrong = |field: &str, found: &str, allowed: String| Invalid {
        field: format!("rules[{index}]{field}"),
        found: format!("`{found}`"),
        allowed,
    };
    let protocol =
        protocol(new).map_err(|(found, allowed)| wrong(".protocol", &found, allowed.to_owned()))?;
    if let Some((found, allowed)) = without_effect(new, infrastructure) {
        return Err(wrong(".to", &found, allowed.to_owned()));
    }
    let is_for_all = new.from == Peer::Any && new.to == Peer::Any && protocol == Protocol::Any;
    if is_for_all && new.policy == Policy::Allow {
        let allowed = "a rule that leaves the default deny something to drop";
        return Err(wrong("", &new.words(), allowed.to_owned()));
    }
    let rule = Rule {
        name: name(new, infrastructure),
        from: new.from.clone(),
        to: new.to.clone(),
        protocol,
        policy: new.policy,
        reason: "put in by hand".to_owned(),
        disabled: false,
    };
    for (at, other) in infrastructure.rules.iter().enumerate().filter(|(_, one)| !one.disabled) {
        let decides = decides_before(other, &rule, infrastructure);
        let is_same =
            decides && decides_before(&rule, other, infrastructure) && other.policy == rule.policy;
        if is_same || (decides && at < index) {
            let does = if is_same { "says the same" } else { "decides all of this first" };
            let allowed =
                format!("a rule that adds something; rules[{at}], {}, {does}", other.name);
            return Err(wrong("", &new.words(), allowed));
        }
    }
    infrastructure.rules.insert(index, rule);
    Ok(())
}

fn protocol(new: &NewRule) -> Result<Protocol, (String, &'static str)> {
    let Some(ports) = &new.ports else { return Ok(Protocol::Any) };
    let mut own = Vec::new();
    for port in ports {
        match u16::try_from(*port) {
            Ok(port) if port > 0 && own.contains(&port) => {}
            Ok(port) if port > 0 => own.push(port),
            _ => return Err((port.to_string(), "TCP ports 1 to 65535")),
        }
    }
    if (1..=MOST_PORTS).contains(&own.len()) {
        Ok(Protocol::Tcp(own))
    } else {
        Err((format!("{} ports", own.len()), "1 to 15 TCP ports, or any"))
    }
}

/// What is wrong with its sides, if nothing that could meet it ever comes to a border.
fn without_effect(
    new: &NewRule,
    infrastructure: &Infrastructure,
) -> Option<(String, &'static str)> {
    let zone = |peer: &Peer| match peer {
        Peer::Zone(name) => Some(name.clone()),
        Peer::Host(name) => infrastructure.host(name).map(|host| host.zone.clone()),
        Peer::Internet | Peer::Any => None,
    };
    if new.to == Peer::Internet {
        let allowed = "a zone, a host or any: what goes out is judged where it arrives";
        return Some((new.to.to_string(), allowed));
    }
    let is_within = zone(&new.from).is_some_and(|from| zone(&new.to) == Some(from));
    let allowed = "another zone than that of `from`: no border lies within a zone";
    is_within.then(|| (new.to.to_string(), allowed))
}

/// Whether this rule matches everything that another one does.
fn decides_before(rule: &Rule, other: &Rule, infrastructure: &Infrastructure) -> bool {
    let takes_in = |wide: &Peer, narrow: &Peer| match (wide, narrow) {
        (Peer::Any, _) => true,
        (Peer::Zone(zone), Peer::Host(name)) => {
            infrastructure.host(name).is_some_and(|host| host.zone == *zone)
        }
        _ => wide == narrow,
    };
    let ports = match (&rule.protocol, &other.protocol) {
        (Protocol::Any, _) => true,
        (Protocol::Tcp(_), Protocol::Any) => false,
        (Protocol::Tcp(wide), Protocol::Tcp(narrow)) => {
            narrow.iter().all(|port| wide.contains(port))
        }
    };
    ports && takes_in(&rule.from, &other.from) && takes_in(&rule.to, &other.to)
}

/// A name that no other rule has, such as `deny-web-to-app`.
fn name(new: &NewRule, infrastructure: &Infrastructure) -> String {
    let short = |peer: &Peer| match peer {
        Peer::Internet => "internet".to_owned(),
        Peer::Any => "any".to_owned(),
        Peer::Zone(name) | Peer::Host(name) => name.clone(),
    };
    let first = format!("{}-{}-to-{}", new.policy, short(&new.from), short(&new.to));
    let is_taken = |name: &String| infrastructure.rules.iter().any(|rule| rule.name == *name);
    let (mut name, mut number) = (first.clone(), 2);
    while is_taken(&name) {
        name = format!("{first}-rule-{number}");
        number += 1;
    }
    name
}

/// Takes a rule out. One stays: where there is none, none is drawn, and still nothing would pass.
pub(super) fn remove(name: &str, infrastructure: &mut Infrastructure) -> Result<(), Refusal> {
    let rules = &mut infrastructure.rules;
    if !rules.iter().any(|rule| rule.name == name) {
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        return Err((format!("no rule `{name}`"), names.join(", ")));
    }
    if rules.len() < 2 {
        let allowed = "rules of which there are more: without any, nothing would pass";
        return Err((format!("{name}, the only rule"), allowed.to_owned()));
    }
    rules.retain(|rule| rule.name != name);
    Ok(())
}
