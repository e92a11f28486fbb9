//! What is chosen in the drawing besides machines: links, zones, firewalls and their rules, virtual addresses, users. What it is and how it stands, what can
//! be done to it, and what follows; and apart from that, since it changes every second, what goes over it. Parts are named by the keys of
//! the drawing's groups; a rule, which is not drawn, by that of its firewall, a slash and its name.

mod address;
mod background;
mod disturbed;
mod link;
mod machine;
mod rule;
mod traffic;
mod zone;

use super::{begun, capital};
use crate::diagram::{Layout, Orientation, Route, part_key};
use crate::infra::{Host, Infrastructure, LinkChange, LinkState, Place, Vip, Zone};
use crate::page;
use crate::run::Run;
use crate::sim::Action;
use crate::submission::escape_html;

pub(super) use machine::{explained, speed};
pub(super) use rule::choosing_of as rules_of;
pub(super) use traffic::{links, traffic};
pub(super) use zone::partition;

/// A part of the drawing.
enum Part<'a> {
    Link(Box<Route>),
    Zone(&'a Zone),
    Firewall(Guarded<'a>),
    Rule(rule::Own<'a>),
    Vip(&'a Vip),
    Users,
}

/// What a firewall stands before.
#[derive(Clone, Copy)]
enum Guarded<'a> {
    Zone(&'a Zone),
    Host(&'a Host),
}

/// What is said of something that another infrastructure had.
const GONE: &str = "<p>It does not stand here any more. Choose another part of the drawing.</p>";

/// The part of this key; `None` if there is none.
fn find<'a>(infrastructure: &'a Infrastructure, key: &str) -> Option<Part<'a>> {
    if key == "users" {
        return Some(Part::Users);
    }
    if let Some((firewall, name)) = key.split_once('/') {
        let Some(Part::Firewall(guarded)) = find(infrastructure, firewall) else { return None };
        return rule::Own::find(infrastructure, guarded, name).map(Part::Rule);
    }
    let zone =
        |kind: &str| infrastructure.zones.iter().find(|zone| part_key(kind, &zone.name) == key);
    if let Some(zone) = zone("zone") {
        return Some(Part::Zone(zone));
    }
    if infrastructure.guards_each_host() {
        let is_its = |host: &&Host| part_key("firewall", &host.name) == key;
        if let Some(host) = infrastructure.hosts.iter().find(is_its) {
            return Some(Part::Firewall(Guarded::Host(host)));
        }
    } else if infrastructure.has_firewall()
        && let Some(zone) = zone("firewall")
    {
        return Some(Part::Firewall(Guarded::Zone(zone)));
    }
    if let Some(vip) = infrastructure.vips.iter().find(|vip| part_key("vip", &vip.name) == key) {
        return Some(Part::Vip(vip));
    }
    let routes = Layout::new(infrastructure, Orientation::Landscape).routes;
    routes.into_iter().find(|route| route.key() == key).map(|route| Part::Link(Box::new(route)))
}

/// Markup with what the part of this key is, how it stands and what can be done to it. It is the same as long as nothing of that changes.
pub(super) fn part(run: &Run, key: &str) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    match find(infrastructure, key) {
        Some(Part::Link(route)) => link::panel(run, &route),
        Some(Part::Zone(zone)) => zone::panel(run, zone),
        Some(Part::Firewall(guarded)) => zone::firewall(run, guarded),
        Some(Part::Rule(own)) => rule::panel(run, &own),
        Some(Part::Vip(vip)) => address::panel(run, vip),
        Some(Part::Users) => address::users(run),
        None => GONE.to_owned(),
    }
}

/// Buttons for the parts of the drawing that a machine has to do with.
pub(super) fn around(infrastructure: &Infrastructure, name: &str) -> String {
    let Some(host) = infrastructure.host(name) else { return String::new() };
    let mut buttons = String::new();
    let place = Place::Host(name.to_owned());
    for route in Layout::new(infrastructure, Orientation::Landscape).routes {
        if route.from == place || route.to == place {
            let words = format!("{} to {}, {}", at(&route.from), at(&route.to), route.protocol);
            buttons.push_str(&choosing(&route.key(), &words));
        }
    }
    if let Some(key) = firewall_before(infrastructure, host) {
        buttons.push_str(&choosing(&key, "Its firewall"));
    }
    if let Some(zone) = infrastructure.zone(&host.zone) {
        buttons.push_str(&choosing(&part_key("zone", &zone.name), &format!("{} zone", zone.title)));
    }
    let claims = |vip: &&Vip| {
        let instances = host.keepalived().map_or(&[][..], |keepalived| &keepalived.instances);
        vip.host.as_deref() == Some(name) || instances.iter().any(|own| own.vip == vip.name)
    };
    for vip in infrastructure.vips.iter().filter(claims) {
        buttons.push_str(&choosing(&part_key("vip", &vip.name), &vip.name));
    }
    buttons
}

/// The key of the firewall that stands before a machine, if one does.
fn firewall_before(infrastructure: &Infrastructure, host: &Host) -> Option<String> {
    let of = if infrastructure.guards_each_host() { &host.name } else { &host.zone };
    infrastructure.has_firewall().then(|| part_key("firewall", of))
}

impl Guarded<'_> {
    /// The key of its firewall.
    fn firewall(self) -> String {
        let name = match self {
            Self::Zone(zone) => &zone.name,
            Self::Host(host) => &host.name,
        };
        part_key("firewall", name)
    }

    /// Whether this machine is behind it.
    fn holds(self, host: &Host) -> bool {
        match self {
            Self::Zone(zone) => host.zone == zone.name,
            Self::Host(own) => own.name == host.name,
        }
    }
}

/// A button that chooses another part of the drawing, or a machine by its name.
fn choosing(key: &str, words: &str) -> String {
    format!(
        "<button data-do=\"choose\" data-on=\"{}\">{}</button>",
        escape_html(key),
        escape_html(words)
    )
}

/// The ways it can be, as buttons: the way it is now is pressed, and does nothing. `of`: what it is that can be so.
fn deeds(run: &Run, of: &str, choices: &[(String, String)]) -> String {
    let button = |(words, deed): &(String, String)| {
        let is_so = deed.split(';').all(|deed| is_so(run, deed));
        // What is so both ways is not pressed as one way, too.
        let is_half = is_so && is_half(run, deed);
        let (pressed, idle) = (is_so && !is_half, if is_half { " disabled=\"\"" } else { "" });
        // Nobody does what is so: it would be an edit to take back that has changed nothing.
        let verb = if is_so { "held" } else { "deed" };
        format!(
            "<button data-do=\"{verb}\" data-on=\"{}\" aria-pressed=\"{pressed}\"{idle} aria-label=\"{words}: {}\">{words}</button>",
            escape_html(deed),
            escape_html(of),
            words = escape_html(words),
        )
    };
    let buttons: String = choices.iter().map(button).collect();
    if buttons.is_empty() {
        return buttons;
    }
    format!(
        "<div class=\"actions\" role=\"group\" aria-label=\"{}\">{buttons}</div>",
        escape_html(of)
    )
}

/// What the panel "Network" offers for one of its things, its words as a sentence begins.
fn offered(infrastructure: &Infrastructure, key: &str) -> Vec<(String, String)> {
    let choices = page::choices(infrastructure, key).into_iter();
    choices.map(|(words, deed)| (capital(words), deed)).collect()
}

/// Whether things are as an action would make them.
fn is_so(run: &Run, deed: &str) -> bool {
    let Some(action) = page::deed(deed) else { return false };
    let simulation = run.simulation();
    let outages = simulation.snapshot().outages;
    let is_out = |name: &str| {
        let mut rules = simulation.plan().infrastructure.rules.iter();
        rules.any(|rule| rule.name == name && rule.disabled)
    };
    match action {
        Action::Link(change) => {
            let [from, to] = [change.from.as_str(), change.to.as_str()];
            let is_as_told = |from, to| state_of(&outages.links, from, to) == change.state;
            is_as_told(from, to) && (change.one_way || is_as_told(to, from))
        }
        Action::CutHeartbeat => outages.heartbeat_is_cut,
        Action::HealHeartbeat => !outages.heartbeat_is_cut,
        Action::CutUplink { uplink } => outages.uplinks.contains(&uplink),
        Action::HealUplink { uplink } => !outages.uplinks.contains(&uplink),
        Action::DropRule { rule } => is_out(&rule),
        Action::RestoreRule { rule } => !is_out(&rule),
        Action::Kill(_)
        | Action::Restore(_)
        | Action::Stop(_)
        | Action::Slow { .. }
        | Action::Promote { .. }
        | Action::Degrade { .. }
        | Action::Command { .. }
        | Action::Reload { .. } => false,
    }
}

/// Whether an action is for one way of a link of which the way back is like that, too.
fn is_half(run: &Run, deed: &str) -> bool {
    let links = run.simulation().snapshot().outages.links;
    matches!(page::deed(deed), Some(Action::Link(change))
        if change.one_way && state_of(&links, &change.to, &change.from) == change.state)
}

/// How the way from one place to another is.
fn state_of(links: &[LinkChange], from: &str, to: &str) -> LinkState {
    let is_its = |link: &&LinkChange| {
        (link.from == from && link.to == to)
            || (!link.one_way && link.from == to && link.to == from)
    };
    links.iter().find(is_its).map_or(LinkState::WHOLE, |link| link.state)
}

/// Whether a change is one of the link between two hosts, either way.
fn joins(link: &LinkChange, one: &str, other: &str) -> bool {
    (link.from == one && link.to == other) || (link.from == other && link.to == one)
}

/// A place's name for people.
fn at(place: &Place) -> &str {
    match place {
        Place::Users => "users",
        Place::Host(name) => name,
    }
}

/// A word for how something stands, with its sign: `UP`, `DEGRADED` or `DOWN`.
fn state(sign: &str, words: &str) -> String {
    format!("<span class=\"state\" data-state=\"{sign}\">{}</span>", escape_html(words))
}

/// A paragraph of plain text, with directives between backticks.
fn said(text: &str) -> String {
    format!("<p>{}</p>", page::with_code(&begun(text)))
}

/// A paragraph of the second rank.
fn muted(text: &str) -> String {
    format!("<p class=\"muted\">{}</p>", page::with_code(&begun(text)))
}

#[cfg(test)]
mod law;
#[cfg(test)]
mod tests;
