//! One rule of a firewall, or its default deny: what it says, whether it is in force, what it decided about lately, what its loss means here, and
//! the line that it becomes.

use super::super::chart::Minute;
use super::super::judged::{Judged, peer, port, verdicts};
use super::super::plot::Chart;
use super::super::samples::{Sample, place};
use super::traffic::table;
use super::{Guarded, at, deeds, firewall_before, muted, offered, said, state, zone};
use crate::config::export::{is_in_nftables, nftables_of};
use crate::diagram::{Layout, Orientation};
use crate::infra::{
    DEFAULT_DENY, Host, Infrastructure, Link, Peer, Place, Policy, Protocol, Purpose, Reach, Rule,
    Service,
};
use crate::kernel::small::fixed;
use crate::run::Run;
use crate::sim::Step;
use crate::submission::escape_html;

/// So many seconds the figures are of.
const SECONDS: usize = 5;

/// What the figures of a rule count.
const COUNTED: &str = "Counted are users' requests and what they cause, each when it sets out; what is sent again, each time. Health checks and copying are not counted.";

/// A rule where it was chosen: at this firewall.
pub(super) struct Own<'a> {
    guarded: Guarded<'a>,
    /// The rule and its place among all; `None`: the default deny.
    rule: Option<(usize, &'a Rule)>,
}

impl<'a> Own<'a> {
    /// The rule of this name at a firewall; `None` if it has none.
    pub(super) fn find(
        infrastructure: &'a Infrastructure,
        guarded: Guarded<'a>,
        name: &str,
    ) -> Option<Self> {
        let mut all = zone::rules(infrastructure, guarded).into_iter();
        let rule = all.find(|(_, rule)| rule.name == name);
        (rule.is_some() || name == DEFAULT_DENY).then_some(Self { guarded, rule })
    }

    fn name(&self) -> &'a str {
        self.rule.map_or(DEFAULT_DENY, |(_, rule)| rule.name.as_str())
    }
}

/// A button that chooses a rule of a firewall.
pub(super) fn choosing(guarded: Guarded<'_>, name: &str) -> String {
    of_firewall(&guarded.firewall(), name)
}

fn of_firewall(firewall: &str, name: &str) -> String {
    super::choosing(&format!("{firewall}/{name}"), &format!("More about {name}"))
}

/// Buttons for the rules that decide about what goes from one place to another, for those that would were they in place, and for one more
/// that is named.
pub(in super::super) fn choosing_of(
    infrastructure: &Infrastructure,
    from: &Place,
    to: &Place,
    named: Option<&str>,
) -> String {
    let host = infrastructure.host(to.name());
    let Some(firewall) = host.and_then(|host| firewall_before(infrastructure, host)) else {
        return String::new();
    };
    let mut names: Vec<&str> = named.into_iter().collect();
    for verdict in verdicts(infrastructure, &infrastructure.links(), from, to) {
        for rule in [Some(verdict.rule), verdict.missing].into_iter().flatten() {
            let rule = infrastructure.rules.get(rule);
            let name = rule.map_or(DEFAULT_DENY, |rule| rule.name.as_str());
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    // Another infrastructure may have had the one that is named.
    let stands = |name: &&&str| {
        **name == DEFAULT_DENY || infrastructure.rules.iter().any(|rule| rule.name == **name)
    };
    names.iter().filter(stands).map(|name| of_firewall(&firewall, name)).collect()
}

/// The panel of a rule.
pub(super) fn panel(run: &Run, own: &Own<'_>) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let mut markup = own.rule.map_or_else(default_deny, |(index, rule)| stands(run, index, rule));
    let mut ways = Vec::new();
    if let Some((_, rule)) = own.rule {
        let needs = Needs::of(infrastructure, rule);
        markup.push_str(&said(&needs.told(rule)));
        ways = needs.ways;
    } else {
        markup.push_str(&said(
            "Without it whoever breaks into one machine reaches every port that listens on the next. Only what a rule lets in comes in: so a new program on a \
             machine is reached by nobody until a rule for it is written.",
        ));
    }
    markup.push_str(&becomes(run, own));
    let mut buttons = super::choosing(&own.guarded.firewall(), "Its firewall");
    for route in Layout::new(infrastructure, Orientation::Landscape).routes {
        let is_its = |way: &Link| {
            way.purpose == route.purpose && way.from == route.from && way.to == route.to
        };
        if ways.iter().any(is_its) {
            let words = format!("{} to {}", at(&route.from), at(&route.to));
            buttons.push_str(&super::choosing(&route.key(), &words));
        }
    }
    markup
        + &format!(
            "<div class=\"actions\" role=\"group\" aria-label=\"What it concerns\">{buttons}</div>"
        )
}

fn default_deny() -> String {
    let is = state("UP", "It is always in force");
    format!("<p>{is}: it comes last, and cannot be taken out.</p>")
        + &said(
            "What no rule lets in is dropped without a word: whoever sent it waits in vain, and takes the machine for dead. What belongs to a connection that \
             was let in passes, either way; machines of one zone reach each other freely.",
        )
}

/// What a rule says, and whether it is in force.
fn stands(run: &Run, index: usize, rule: &Rule) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let verb = match rule.policy {
        Policy::Allow => "lets",
        Policy::Deny => "drops, without a word,",
    };
    let end = match rule.policy {
        Policy::Allow => format!(" in to {}", receiver(&rule.to)),
        Policy::Deny => format!(" for {}", receiver(&rule.to)),
    };
    let what = match &rule.protocol {
        Protocol::Tcp(_) => format!("{} of", rule.protocol),
        Protocol::Any => "everything of".to_owned(),
    };
    let is = if rule.disabled {
        state("DEGRADED", "It is taken out") + ": all goes as if it did not stand there"
    } else {
        state("UP", "It is in force")
    };
    let choices = offered(infrastructure, &format!("net-rule-{}", rule.name));
    let first = match index {
        0 => "It is asked first.".to_owned(),
        1 => "One rule is asked before it, and the first that matches decides.".to_owned(),
        more => format!("{more} rules are asked before it, and the first that matches decides."),
    };
    let mut markup = format!("<p>{is}.</p>");
    markup.push_str(&said(&format!("It {verb} {what} {}{end}. {first}", sender(&rule.from))));
    markup.push_str(&muted(&format!("Why it stands there: {}.", rule.reason)));
    markup + &deeds(run, &format!("Rule {}", rule.name), &choices)
}

fn sender(peer: &Peer) -> String {
    match peer {
        Peer::Internet => "users on the internet".to_owned(),
        Peer::Zone(name) => format!("the machines of zone {name}"),
        Peer::Host(name) => name.clone(),
        Peer::Any => "anybody".to_owned(),
    }
}

fn receiver(peer: &Peer) -> String {
    match peer {
        Peer::Internet => "the internet".to_owned(),
        Peer::Zone(name) => format!("the machines of zone {name}"),
        Peer::Host(name) => name.clone(),
        Peer::Any => "every machine".to_owned(),
    }
}

/// What is otherwise without a rule.
struct Needs {
    /// The links that carry something else then.
    ways: Vec<Link>,
    /// Whoever else it names: who reaches what with it, or is barred from it.
    others: Vec<String>,
}

impl Needs {
    fn of(infrastructure: &Infrastructure, rule: &Rule) -> Self {
        let [mut with, mut without] = [infrastructure.clone(), infrastructure.clone()];
        for (stands, is_out) in [(&mut with, false), (&mut without, true)] {
            let mut own = stands.rules.iter_mut();
            if let Some(own) = own.find(|own| own.name == rule.name) {
                own.disabled = is_out;
            }
        }
        let is_other = |from: &Peer, to: &str, port: u16| {
            let open = |stands: &Infrastructure| stands.reach(from, to, port);
            open(&with).is_some_and(|reach| passes(&reach))
                != open(&without).is_some_and(|reach| passes(&reach))
        };
        let mut ways = infrastructure.links();
        ways.retain(|way| {
            let (opens, takes, port) = match way.purpose {
                Purpose::Requests => (&way.from, &way.to, port(way)),
                // The replica opens the connection over which it is sent the changes.
                Purpose::Replication => {
                    (&way.to, &way.from, Some(infrastructure.database_port(way.from.name())))
                }
                Purpose::Vrrp => return false,
            };
            port.is_some_and(|port| is_other(&peer(opens), takes.name(), port))
        });
        let mut others = Vec::new();
        let hosts = infrastructure.hosts.iter().filter(|host| is_in_nftables(rule, host));
        for host in hosts {
            let ports = listening(rule, host).into_iter();
            let ports = ports.filter(|port| is_other(&rule.from, &host.name, *port));
            let ports: Vec<String> = ports.map(|port| port.to_string()).collect();
            if !ports.is_empty() {
                others.push(format!("TCP {} of {}", ports.join(", "), host.name));
            }
        }
        Self { ways, others }
    }

    /// What its loss means here.
    fn told(&self, rule: &Rule) -> String {
        let of_ways =
            |way: &Link| format!("{} to {} ({})", at(&way.from), at(&way.to), way.protocol);
        let ways: Vec<String> = self.ways.iter().map(of_ways).collect();
        let (ways, others) = (ways.join(", "), self.others.join("; "));
        match (rule.policy, ways.is_empty(), others.is_empty()) {
            (Policy::Allow, false, _) => format!(
                "Without it no new connection is let in from {ways}: whoever opens one waits in vain. Connections that are open stay open."
            ),
            (Policy::Allow, true, false) => format!(
                "No request of users needs it. Without it {} no longer {} {others}.",
                sender(&rule.from),
                reach_of(&rule.from)
            ),
            (Policy::Allow, true, true) => {
                "Without it nothing is dropped that comes in now: other rules let the same in, or no machine stands there."
                    .to_owned()
            }
            (Policy::Deny, false, _) => format!(
                "It stops what this site needs: {ways}. Without it that is let in by a rule behind it."
            ),
            (Policy::Deny, true, false) => format!(
                "No request of users meets it. Without it {} {} {others}: a rule behind it lets that in.",
                sender(&rule.from),
                reach_of(&rule.from)
            ),
            (Policy::Deny, true, true) => {
                "Without it all is dropped as before, by the default deny or by another rule: it only says so aloud."
                    .to_owned()
            }
        }
    }
}

/// The verb that goes with a sender.
const fn reach_of(peer: &Peer) -> &'static str {
    match peer {
        Peer::Internet | Peer::Zone(_) => "reach",
        Peer::Host(_) | Peer::Any => "reaches",
    }
}

const fn passes(reach: &Reach) -> bool {
    matches!(reach, Reach::Open { .. } | Reach::NothingListens { .. })
}

/// The ports that a rule names, or those that listen on a machine where it names all.
fn listening(rule: &Rule, host: &Host) -> Vec<u16> {
    let ports = match &rule.protocol {
        Protocol::Tcp(ports) => ports.clone(),
        Protocol::Any => host.services.iter().flat_map(Service::ports).collect(),
    };
    ports.into_iter().take(8).collect()
}

/// The lines that it becomes in the files of the machines, as they are handed out.
fn becomes(run: &Run, own: &Own<'_>) -> String {
    let planned = &run.plan().infrastructure;
    let rule =
        own.rule.and_then(|(_, now)| planned.rules.iter().find(|rule| rule.name == now.name));
    let its = |host: &&Host| {
        rule.map_or_else(|| own.guarded.holds(host), |rule| is_in_nftables(rule, host))
    };
    let hosts: Vec<&str> =
        planned.hosts.iter().filter(its).map(|host| host.name.as_str()).collect();
    let place = if hosts.is_empty() {
        "No machine stands behind it; in a `nftables.conf` it would be:".to_owned()
    } else {
        format!(
            "In the `nftables.conf` of {}, among the files of \u{201c}Save\u{2026}\u{201d}:",
            hosts.join(", ")
        )
    };
    // Escaped line by line: what ends a line would be a blank.
    let lines = nftables_of(planned, rule);
    let lines: Vec<String> = lines.lines().map(escape_html).collect();
    format!(
        "<p>{}</p><pre tabindex=\"0\" role=\"region\" aria-label=\"{} in nftables.conf\">{}</pre>",
        crate::page::with_code(&place),
        escape_html(own.name()),
        lines.join("\n")
    )
}

/// What a rule decided about lately, with a chart of the last minute.
pub(super) fn figures(run: &Run, samples: &[Sample], own: &Own<'_>) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let index = own.rule.map_or(infrastructure.rules.len(), |(index, _)| index);
    let behind: Vec<usize> = infrastructure
        .hosts
        .iter()
        .filter(|host| own.guarded.holds(host))
        .map(|host| place(infrastructure, &Place::Host(host.name.clone())))
        .collect();
    let count = |sample: &Sample, of: fn(&Judged) -> u32| -> u32 {
        let its = sample.judged.iter();
        its.filter(|judged| judged.rule == index && behind.contains(&judged.to)).map(of).sum()
    };
    // The first sample is of no second.
    let seconds = samples.get(1..).unwrap_or_default();
    let lately = &seconds[seconds.len().saturating_sub(SECONDS)..];
    let rate = |of: fn(&Judged) -> u32| {
        let all: u32 = lately.iter().map(|sample| count(sample, of)).sum();
        format!("{}/s", fixed(f64::from(all) / lately.len().max(1) as f64, 1))
    };
    let minute = Minute::of(run, samples);
    let each = |of: fn(&Judged) -> u32| minute.counted(&|sample| count(sample, of));
    let lets_in = own.rule.is_some_and(|(_, rule)| rule.policy == Policy::Allow);
    let name = if lets_in { "Let in" } else { "Dropped" };
    let decided: fn(&Judged) -> u32 =
        if lets_in { |judged| judged.let_in } else { |judged| judged.dropped };
    let mut rows = vec![(name.to_owned(), rate(decided))];
    let chart = if own.rule.is_some() {
        let missed: fn(&Judged) -> u32 = |judged| judged.missed;
        rows.push(("Came while it was out".to_owned(), rate(missed)));
        let parts = vec![
            (if lets_in { "let in" } else { "dropped" }, each(decided)),
            ("came while it was out", each(missed)),
        ];
        Chart::stacked("What it is for", "/s", 1.0, parts)
    } else {
        Chart::line(name, "/s", 1.0, each(decided))
    };
    let whose = match own.rule {
        Some((_, rule)) => format!("rule {}", rule.name),
        None => "the default deny".to_owned(),
    };
    let mut notes = muted(COUNTED);
    if is_shared(infrastructure, index) {
        notes.push_str(&muted(
            "One of its links has several ports, which several rules judge: what goes over it is counted by none of them.",
        ));
    }
    table("The last 5 seconds", &rows) + &ended(run, own) + &notes + &minute.drawn(&[chart], &whose)
}

/// How many of the requests that ended lately it dropped something of.
fn ended(run: &Run, own: &Own<'_>) -> String {
    if own.rule.is_some_and(|(_, rule)| rule.policy == Policy::Allow) {
        return String::new();
    }
    let infrastructure = &run.simulation().plan().infrastructure;
    let is_its = |step: &Step| match step {
        Step::Blocked { to, rule, .. } => {
            let behind = infrastructure.host(to).is_some_and(|host| own.guarded.holds(host));
            rule == own.name() && behind
        }
        _ => false,
    };
    let (mut all, mut met) = (0_u32, 0_u32);
    for record in run.simulation().records() {
        all += 1;
        met += u32::from(record.steps.iter().any(is_its));
    }
    let rows = [("it dropped something of".to_owned(), met.to_string())];
    table(&format!("Of the last {all} requests that ended"), &rows)
}

/// Whether a link has several ports, of which this rule judges some and another the rest.
fn is_shared(infrastructure: &Infrastructure, index: usize) -> bool {
    let links = infrastructure.links();
    links.iter().any(|link| {
        let all = verdicts(infrastructure, &links, &link.from, &link.to);
        all.iter().any(|own| own.rule == index) && all.iter().any(|own| own.rule != index)
    })
}
