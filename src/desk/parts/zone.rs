//! A zone and its machines, and a firewall with its rules.

use super::{Guarded, choosing, deeds, muted, offered, rule, said, state};
use crate::diagram::part_key;
use crate::infra::{DEFAULT_DENY, Host, Infrastructure, Peer, Place, Purpose, Rule, Zone};
use crate::run::Run;
use crate::submission::escape_html;

/// The panel of a zone.
pub(super) fn panel(run: &Run, zone: &Zone) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let mut markup = muted(&format!("VLAN {}, {}", zone.vlan, zone.subnet));
    markup.push_str(&machines(run, infrastructure, zone));
    let cut = cutting(run, infrastructure, zone);
    if cut.is_empty() {
        markup.push_str(&muted("No machine in it speaks with one of another zone."));
    } else {
        markup.push_str(&cut);
        markup.push_str(&muted(PARTITION));
    }
    markup.push_str(&said(&guard(infrastructure, zone)));
    let stands = Guarded::Zone(zone);
    let rules = rules(infrastructure, stands);
    if infrastructure.has_firewall() && !rules.is_empty() {
        let item = |(index, own): &(usize, &Rule)| {
            let more = match firewall_of(infrastructure, zone, own) {
                Some(guarded) => rule::choosing(guarded, &own.name),
                None => String::new(),
            };
            format!("<li><span>{}</span>{more}</li>", line(*index, own))
        };
        let lines: String = rules.iter().map(item).collect();
        markup.push_str(&format!("<h3>What may enter</h3><ul class=\"things\">{lines}</ul>"));
    }
    if !infrastructure.guards_each_host() && infrastructure.has_firewall() {
        let firewall = choosing(&part_key("firewall", &zone.name), "Its firewall");
        markup.push_str(&format!("<div class=\"actions\">{firewall}</div>"));
    }
    markup
}

/// The firewall before a zone that has this rule, or before the first of its machines that has it.
fn firewall_of<'a>(
    infrastructure: &'a Infrastructure,
    zone: &'a Zone,
    rule: &Rule,
) -> Option<Guarded<'a>> {
    if !infrastructure.guards_each_host() {
        return Some(Guarded::Zone(zone));
    }
    let mut hosts = infrastructure.hosts_in(&zone.name).map(Guarded::Host);
    hosts.find(|host| rules(infrastructure, *host).iter().any(|(_, own)| own.name == rule.name))
}

/// What it is to cut a zone off.
const PARTITION: &str = "Cut off, it is a partition: its machines run, and see one another, but no machine of another zone that they speak with. What comes from \
     users is not cut by it: that is for their links and the uplinks.";

/// Buttons that cut all links of a zone to others, and mend them; nothing if it has none.
fn cutting(run: &Run, infrastructure: &Infrastructure, zone: &Zone) -> String {
    let ways = border(infrastructure, zone);
    if ways.is_empty() {
        return String::new();
    }
    let all = |state: &str| {
        let deeds: Vec<String> =
            ways.iter().map(|[from, to]| format!("link {from}:{to}:{state}")).collect();
        deeds.join(";")
    };
    let choices = [("Whole", "whole"), ("Cut off", "cut")];
    let choices = choices.map(|(words, state)| (words.to_owned(), all(state)));
    deeds(run, &format!("Links of the {} zone", zone.title), &choices)
}

/// For each zone that has links to others: buttons that cut it off from them.
pub(in super::super) fn partition(run: &Run) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let mut markup = String::new();
    for zone in &infrastructure.zones {
        let buttons = cutting(run, infrastructure, zone);
        if !buttons.is_empty() {
            let others: Vec<&str> = infrastructure
                .zones
                .iter()
                .filter(|other| other.name != zone.name)
                .filter(|other| !cutting(run, infrastructure, other).is_empty())
                .map(|other| other.title.as_str())
                .collect();
            let title = format!("{} | {}", zone.title, others.join(", "));
            markup.push_str(&format!("<h3>{}</h3>{buttons}", escape_html(&title)));
        }
    }
    if markup.is_empty() {
        return muted("All machines stand in one zone: there are no two sides to part.");
    }
    muted(PARTITION) + &markup
}

/// Its machines, each with its state and a button that chooses it.
fn machines(run: &Run, infrastructure: &Infrastructure, zone: &Zone) -> String {
    let snapshot = run.simulation().snapshot();
    let hosts = infrastructure.hosts_in(&zone.name);
    let row = |host: &Host| {
        let view = snapshot.hosts.iter().find(|view| view.name == host.name);
        let word = view.map_or("DOWN", |view| view.condition.word());
        format!(
            "<li><span>{} {}</span>{}</li>",
            escape_html(&host.role),
            state(word, word),
            choosing(&host.name, &host.name)
        )
    };
    let rows: String = hosts.map(row).collect();
    if rows.is_empty() {
        return muted(
            "No machine of the site stands in it. Whoever manages the machines, or watches over them, comes from here.",
        );
    }
    format!("<ul class=\"things\">{rows}</ul>")
}

/// The links between one of its machines and one of another zone, each once.
fn border(infrastructure: &Infrastructure, zone: &Zone) -> Vec<[String; 2]> {
    let is_in = |name: &str| infrastructure.host(name).is_some_and(|host| host.zone == zone.name);
    let mut ways: Vec<[String; 2]> = Vec::new();
    for link in infrastructure.links() {
        let (Place::Host(from), Place::Host(to)) = (link.from, link.to) else { continue };
        let crosses = is_in(&from) != is_in(&to) && link.purpose != Purpose::Vrrp;
        let back = [to, from];
        let way = [back[1].clone(), back[0].clone()];
        if crosses && !ways.contains(&way) && !ways.contains(&back) {
            ways.push(way);
        }
    }
    ways
}

/// What guards a zone, in words.
fn guard(infrastructure: &Infrastructure, zone: &Zone) -> String {
    let within = "Machines of one zone reach each other freely";
    if !infrastructure.has_firewall() {
        return format!("{within}. No firewall drops anything here.");
    }
    let before = if infrastructure.guards_each_host() {
        "each machine has a firewall of its own"
    } else {
        "a firewall stands at the zone's border"
    };
    format!(
        "{within}; {before}. What comes into VLAN {} from elsewhere is judged by the rules: the first that matches decides, and what none lets in is \
         dropped (default deny). So whoever breaks into one machine does not reach the next.",
        zone.vlan
    )
}

/// The panel of a firewall.
pub(super) fn firewall(run: &Run, guarded: Guarded<'_>) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let rules = rules(infrastructure, guarded);
    let out = rules.iter().filter(|(_, rule)| rule.disabled).count();
    let is = match out {
        0 => state("UP", "Every rule is in place"),
        1 => state("DEGRADED", "1 rule is taken out"),
        more => state("DEGRADED", &format!("{more} rules are taken out")),
    };
    let mut markup = format!("<p>{is}</p>");
    markup.push_str(&said(
        "The first rule that matches decides. What none lets in is dropped silently: whoever sent it waits in vain, and takes the machine for dead. Nftables \
         on the machines themselves does it, so no firewall is a single point of failure.",
    ));
    for (index, own) in &rules {
        let choices = offered(infrastructure, &format!("net-rule-{}", own.name));
        markup.push_str(&format!(
            "<h3>{}</h3>{}{}<div class=\"actions\">{}</div>",
            line(*index, own),
            muted(&own.reason),
            deeds(run, &format!("Rule {}", own.name), &choices),
            rule::choosing(guarded, &own.name)
        ));
    }
    markup.push_str(&format!(
        "<h3>Then: deny everything</h3><div class=\"actions\">{}</div>",
        rule::choosing(guarded, DEFAULT_DENY)
    ));
    markup.push_str(&muted(
        "A rule is out only as long as you leave it so. New rules, and rules taken out for good: \u{201c}Rebuild the firewall\u{201d} below the drawing.",
    ));
    markup.push_str(&match guarded {
        Guarded::Zone(zone) => {
            around(&part_key("zone", &zone.name), &format!("{} zone", zone.title))
        }
        Guarded::Host(host) => around(&host.name, &host.name),
    });
    markup
}

fn around(key: &str, words: &str) -> String {
    format!("<div class=\"actions\">{}</div>", choosing(key, words))
}

/// The rules that say what may come in to a zone, or to a machine; each with its place among all.
pub(super) fn rules<'a>(
    infrastructure: &'a Infrastructure,
    guarded: Guarded<'_>,
) -> Vec<(usize, &'a Rule)> {
    let enters = |peer: &Peer| match (peer, guarded) {
        (Peer::Any, _) => true,
        (Peer::Internet, _) => false,
        (Peer::Zone(name), Guarded::Zone(zone)) => *name == zone.name,
        (Peer::Zone(name), Guarded::Host(host)) => *name == host.zone,
        (Peer::Host(name), Guarded::Zone(zone)) => {
            infrastructure.host(name).is_some_and(|host| host.zone == zone.name)
        }
        (Peer::Host(name), Guarded::Host(host)) => *name == host.name,
    };
    infrastructure.rules.iter().enumerate().filter(|(_, rule)| enters(&rule.to)).collect()
}

/// A rule in one line, escaped.
fn line(index: usize, rule: &Rule) -> String {
    let out = if rule.disabled { ", taken out" } else { "" };
    escape_html(&format!(
        "{}. {}: {} {} from {} to {}{out}",
        index + 1,
        rule.name,
        rule.policy,
        rule.protocol,
        rule.from,
        rule.to
    ))
}
