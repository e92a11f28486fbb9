//! What came before a fact and may have caused it, and who did that. What happened elsewhere at that time is no cause.

use super::marks::Told;
use crate::haproxy::Order;
use crate::infra::{Component, Peer, Policy, Protocol, Server};
use crate::kernel::SimTime;
use crate::sim::{Action, Fact, FactKind, TimedAction};

/// The last thing before the fact of this place that went wrong with a server, or else that came right. `by`: the balancer that tells.
/// A dead machine needs no other cause; otherwise what came last counts, with the machine or on the way from the balancer to it. Only
/// if there is nothing of that it is a way between the machine and another.
pub(super) fn of_server<'a>(
    told: &'a Told,
    index: usize,
    server: &Server,
    by: &str,
    is_wrong: bool,
) -> Option<&'a Fact> {
    let facts = &told.facts[..index];
    let on = server.host.as_str();
    let states = facts.iter().enumerate().rev();
    let own = states
        .filter(|(_, fact)| host(&fact.subject) == on && !fact.subject.ends_with("/agent"))
        .find_map(|(place, fact)| Some((place, goes_wrong(&fact.kind)?)))
        .filter(|(_, goes_wrong)| *goes_wrong == is_wrong)
        .map(|(place, _)| place);
    let is_dead = own.is_some_and(|place| is_death(&facts[place].kind));
    let way = || last_of_way(told, index, &Way { from: by, to: Some((on, server.port)) }, is_wrong);
    let found = if is_dead { own } else { own.max(way()) };
    let around = || last_of_way(told, index, &Way { from: on, to: None }, is_wrong);
    found.or_else(around).map(|place| &facts[place])
}

/// What made an address move to a balancer, from the one that had it: that one's death or this one's return, or else what became of
/// the way between them. `is_tracked`: whether the death of its HAProxy makes the one that had it give it up.
pub(super) fn of_takeover<'a>(
    told: &'a Told,
    index: usize,
    had: &str,
    by: &str,
    is_tracked: bool,
) -> Option<&'a Fact> {
    let facts = &told.facts[..index];
    let is_of = |fact: &Fact, balancer: &str| {
        let (machine, service) = match fact.subject.split_once('/') {
            Some((machine, service)) => (machine, Some(service)),
            None => (fact.subject.as_str(), None),
        };
        let counts = match service {
            None | Some("keepalived") => true,
            Some(service) => service == "haproxy" && is_tracked,
        };
        machine == balancer && counts
    };
    let is_return =
        |kind: &FactKind| matches!(kind, FactKind::HostReturned | FactKind::ServiceReturned);
    let last = facts
        .iter()
        .rev()
        .find(|fact| is_of(fact, had) && (is_death(&fact.kind) || is_return(&fact.kind)));
    let is_dead = last.is_some_and(|fact| is_death(&fact.kind));
    facts.iter().rev().find(|fact| match &fact.kind {
        FactKind::HeartbeatCut | FactKind::HeartbeatHealed => !is_dead,
        FactKind::LinkChanged { .. } => {
            let ends = ends(&fact.subject);
            !is_dead && ends.is_some_and(|ends| ends.contains(&had) && ends.contains(&by))
        }
        kind if is_death(kind) => is_dead && is_of(fact, had),
        kind => is_return(kind) && is_of(fact, by),
    })
}

/// What a person did that this fact tells of; nothing if nobody did it.
pub(super) fn deed(told: &Told, fact: &Fact) -> Option<String> {
    let timed = doing(told, fact)?;
    Some(format!("{} (`{}`).", timed.action.told(), timed.action))
}

/// The same as it was done.
fn doing<'a>(told: &'a Told, fact: &Fact) -> Option<&'a TimedAction> {
    doing_place(told, fact).map(|place| &told.actions[place])
}

/// Its place among the actions. What is done at one instant is done in order, and what it does at once is told in order: so the same deed
/// done twice is two, and each has its own.
pub(super) fn doing_place(told: &Told, fact: &Fact) -> Option<usize> {
    let first = told.actions.partition_point(|timed| timed.at < fact.at);
    let at_once = &told.actions[first..];
    let at_once = &at_once[..at_once.partition_point(|timed| timed.at == fact.at)];
    if at_once.is_empty() {
        return None;
    }
    let mut order = AtOnce { actions: at_once, last: 0, told: Vec::new() };
    for own in facts_at(told, fact.at) {
        if std::ptr::eq(own, fact) {
            break;
        }
        order.take(own);
    }
    order.take(fact).map(|place| first + place)
}

/// What is told of an instant.
pub(super) fn facts_at(told: &Told, at: SimTime) -> &[Fact] {
    let from = told.facts.partition_point(|fact| fact.at < at);
    let to = told.facts.partition_point(|fact| fact.at <= at);
    &told.facts[from..to]
}

/// The actions of an instant, while the facts that tell of them are gone through.
struct AtOnce<'a> {
    actions: &'a [TimedAction],
    /// The place of the one that the last fact told of.
    last: usize,
    /// What has been told of that one.
    told: Vec<&'a Fact>,
}

impl<'a> AtOnce<'a> {
    /// The place of the action that the next fact tells of; `None`: nobody did it.
    fn take(&mut self, fact: &'a Fact) -> Option<usize> {
        let is_same =
            |own: &&Fact| own.subject == fact.subject && own.kind.name() == fact.kind.name();
        // No deed does the same thing twice.
        let from = self.last + usize::from(self.told.iter().any(is_same));
        let does = |place: &usize| is_told_by(&self.actions[*place].action, fact);
        let onwards = (from..self.actions.len()).find(does);
        let place = onwards.or_else(|| (0..self.actions.len()).find(does))?;
        if place != self.last {
            self.last = place;
            self.told.clear();
        }
        self.told.push(fact);
        Some(place)
    }
}

/// Whether a fact tells of an action: it names what the action is about, and is of a kind that the action makes.
fn is_told_by(action: &Action, fact: &Fact) -> bool {
    let (kind, subject) = (&fact.kind, fact.subject.as_str());
    // What is done to a machine is done to its services, not the other way round.
    let is_on = |component: &Component| match &component.service {
        Some(_) => component.to_string() == subject,
        None => host(subject) == component.host,
    };
    match action {
        Action::Kill(component) => {
            matches!(kind, FactKind::HostDied | FactKind::ServiceDied) && is_on(component)
        }
        Action::Restore(component) => {
            let is_it = matches!(
                kind,
                FactKind::HostReturned
                    | FactKind::ServiceReturned
                    | FactKind::Cured
                    | FactKind::HostSlowed { .. }
            );
            is_it && is_on(component)
        }
        Action::Stop(component) => matches!(kind, FactKind::Stopped) && is_on(component),
        Action::Slow { host, .. } => matches!(kind, FactKind::HostSlowed { .. }) && host == subject,
        Action::Promote { host: replica } => {
            matches!(kind, FactKind::Promoted { .. }) && host(subject) == replica
        }
        Action::Degrade { component, .. } => {
            matches!(kind, FactKind::Degraded { .. }) && is_on(component)
        }
        Action::Link(change) => {
            let ends = ends(subject).unwrap_or_default();
            matches!(kind, FactKind::LinkChanged { state } if *state == change.state)
                && ends.contains(&change.from.as_str())
                && ends.contains(&change.to.as_str())
        }
        Action::CutHeartbeat => matches!(kind, FactKind::HeartbeatCut),
        Action::HealHeartbeat => matches!(kind, FactKind::HeartbeatHealed),
        Action::CutUplink { uplink } => matches!(kind, FactKind::UplinkCut) && uplink == subject,
        Action::HealUplink { uplink } => {
            matches!(kind, FactKind::UplinkHealed) && uplink == subject
        }
        Action::DropRule { rule } => {
            matches!(kind, FactKind::RuleDropped) && rule_name(subject) == Some(rule.as_str())
        }
        Action::RestoreRule { rule } => {
            matches!(kind, FactKind::RuleRestored) && rule_name(subject) == Some(rule.as_str())
        }
        Action::Command { balancer, command } => {
            let is_it = match command.order {
                Order::Health(_) => {
                    matches!(kind, FactKind::ServerDown { .. } | FactKind::ServerUp { .. })
                }
                Order::State(_) | Order::Enable => matches!(kind, FactKind::ServerState { .. }),
                Order::Weight(_) | Order::Percent(_) => {
                    matches!(kind, FactKind::ServerWeight { .. })
                }
            };
            is_it
                && balancer.as_ref().is_none_or(|balancer| host(subject) == balancer)
                && subject.ends_with(&format!("/{}/{}", command.backend, command.server))
        }
        Action::Reload { .. } => matches!(kind, FactKind::Reloaded { .. }),
    }
}

/// Whether a machine or a service went wrong, or came right; nothing if the fact is of neither.
pub(super) fn goes_wrong(kind: &FactKind) -> Option<bool> {
    match kind {
        FactKind::HostDied
        | FactKind::ServiceDied
        | FactKind::Stopped
        | FactKind::OutOfMemory { .. }
        | FactKind::Degraded { .. } => Some(true),
        FactKind::HostSlowed { factor } => Some(*factor > 1.0),
        FactKind::HostReturned
        | FactKind::ServiceReturned
        | FactKind::Recovered
        | FactKind::Cured => Some(false),
        _ => None,
    }
}

pub(super) const fn is_death(kind: &FactKind) -> bool {
    matches!(
        kind,
        FactKind::HostDied
            | FactKind::ServiceDied
            | FactKind::Stopped
            | FactKind::OutOfMemory { is_worker: false }
    )
}

/// A way over the network.
struct Way<'a> {
    from: &'a str,
    /// The machine that is connected to and its port; `None`: any.
    to: Option<(&'a str, u16)>,
}

/// The place of the last fact before this one by which a way went wrong, or else came right, unless it has been otherwise since.
fn last_of_way(told: &Told, index: usize, way: &Way<'_>, is_wrong: bool) -> Option<usize> {
    let facts = &told.facts[..index];
    let is_undone = |place: usize| {
        let fact = &facts[place];
        let is_link = matches!(fact.kind, FactKind::LinkChanged { .. });
        facts[place + 1..].iter().any(|later| {
            let is_same = later.subject == fact.subject
                || is_link && ends(&later.subject) == ends(&fact.subject);
            is_same && way.goes_wrong(told, later) == Some(!is_wrong)
        })
    };
    (0..index)
        .rev()
        .find(|place| way.goes_wrong(told, &facts[*place]) == Some(is_wrong) && !is_undone(*place))
}

impl Way<'_> {
    /// Whether it went wrong, or came right; nothing if the fact is about another.
    fn goes_wrong(&self, told: &Told, fact: &Fact) -> Option<bool> {
        match fact.kind {
            FactKind::LinkChanged { state } => {
                let ends = ends(&fact.subject)?;
                let is_it =
                    ends.contains(&self.from) && self.to.is_none_or(|(to, _)| ends.contains(&to));
                is_it.then_some(!state.is_whole())
            }
            FactKind::RuleDropped | FactKind::RuleRestored => {
                let name = rule_name(&fact.subject)?;
                let infrastructure = &told.plan.infrastructure;
                let rule = infrastructure.rules.iter().find(|rule| rule.name == name)?;
                let is_there = matches!(fact.kind, FactKind::RuleRestored);
                let covers = |peer: &Peer, on: &str| match peer {
                    Peer::Any => true,
                    Peer::Internet => false,
                    Peer::Host(name) => name == on,
                    Peer::Zone(zone) => {
                        infrastructure.host(on).is_some_and(|host| host.zone == *zone)
                    }
                };
                let lets = |port: u16| match &rule.protocol {
                    Protocol::Tcp(ports) => ports.contains(&port),
                    Protocol::Any => true,
                };
                let is_it = covers(&rule.from, self.from)
                    && self.to.is_none_or(|(to, port)| covers(&rule.to, to) && lets(port));
                // A rule that denies does harm while it stands there, one that allows when it does not.
                is_it.then_some(is_there == (rule.policy == Policy::Deny))
            }
            _ => None,
        }
    }
}

/// The two machines of `lb-1 and app-1`, or of `lb-1 to app-1`, in the order of their names.
pub(super) fn ends(link: &str) -> Option<[&str; 2]> {
    let (from, to) = link.split_once(" and ").or_else(|| link.split_once(" to "))?;
    Some([from.min(to), from.max(to)])
}

/// The name in `rule edge-to-app`.
fn rule_name(subject: &str) -> Option<&str> {
    subject.strip_prefix("rule ")
}

/// The machine of `app-1/app`, or of `app-1`.
pub(super) fn host(subject: &str) -> &str {
    subject.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Desk;
    use crate::run::permalink;
    use crate::sim::History;

    fn run(deeds: &str) -> (String, Told) {
        let link = format!("run/1/brief;seed=1;at=60s;{deeds}");
        let told = Told::by(&permalink::read(&link, History::Recent).unwrap());
        (link, told)
    }

    /// What is told of the last fact that is so.
    fn why(deeds: &str, is_it: impl Fn(&Fact) -> bool) -> String {
        let (link, told) = run(deeds);
        let at = told.facts.iter().rev().find(|fact| is_it(fact)).unwrap().at;
        Desk::default().answer("marks", &link, &format!("{at} 0s 60s")).unwrap()
    }

    #[test]
    fn who_did_it_is_who_did_this_and_not_what_else_was_done_then() {
        let (link, told) = run("20s+kill+web-1;20s+kill+app-1");
        let markup = Desk::default().answer("marks", &link, "20s 0s 60s").unwrap();
        for machine in ["web-1", "app-1"] {
            let heading = format!("{machine} is dead, and nobody knows");
            let (_, window) = markup.split_once(&heading).unwrap();
            let window = window.split("<h3>").next().unwrap();
            let deed = format!("You killed {machine} (<code>kill {machine}</code>).");
            assert!(window.contains(&deed), "{window}");
        }
        let died = |subject: &str, kind: FactKind| {
            deed(&told, &Fact { at: SimTime::from_ms(20_000), subject: subject.to_owned(), kind })
        };
        assert!(died("app-1", FactKind::HostDied).unwrap().contains("kill app-1"));
        assert_eq!(died("app-2", FactKind::HostDied), None);
        assert_eq!(died("app-1", FactKind::HostReturned), None);
    }

    #[test]
    fn a_server_is_down_for_what_befell_it_or_its_way_and_not_for_what_happened_elsewhere() {
        let lost_power =
            "at 00:20.000: app-1 lost power. You killed app-1 (<code>kill app-1</code>).";
        for (deeds, expected) in [
            ("20s+kill+app-1;22s+drop+rule+admin", lost_power),
            ("10s+drop+rule+admin;20s+kill+app-1;22s+restore+rule+admin", lost_power),
            ("20s+kill+app-1;22s+link+lb-2:app-1:cut", lost_power),
            ("20s+kill+app-1;22s+link+web-1:app-2:cut", lost_power),
            ("20s+slow+app-1+x500;22s+drop+rule+admin", "app-1 is 500 times slower."),
            (
                "20s+link+lb-2:app-1:cut;21s+drop+rule+admin",
                "The link between lb-2 and app-1 is cut. You cut the link lb-2 to app-1",
            ),
            ("20s+drop+rule+edge-to-app;21s+drop+rule+admin", "rule edge-to-app is taken out."),
        ] {
            let markup = why(deeds, |fact| {
                fact.subject == "lb-2/app/app-1" && matches!(fact.kind, FactKind::ServerDown { .. })
            });
            assert!(markup.contains(expected), "{deeds}: {markup}");
            // Whatever it is, a check waits in vain.
            assert!(markup.contains("7 to 9 s"), "{deeds}: {markup}");
        }
    }

    #[test]
    fn a_server_is_up_for_what_came_right_last() {
        let deeds = "5s+kill+app-1;12s+restore+app-1;20s+link+lb-1:app-1:cut;40s+link+lb-1:app-1:whole;41s+drop+rule+admin";
        for (balancer, expected) in [
            ("lb-1", "at 00:40.000: The link between lb-1 and app-1 is whole again."),
            ("lb-2", "at 00:12.000: app-1 is switched on"),
        ] {
            let markup = why(deeds, |fact| {
                host(&fact.subject) == balancer && matches!(fact.kind, FactKind::ServerUp { .. })
            });
            assert!(markup.contains(expected), "{markup}");
        }
    }

    #[test]
    fn an_address_moves_for_what_befell_its_balancer_or_the_way_between_the_two() {
        for (deeds, expected) in [
            ("20s+kill+lb-1;22s+link+lb-2:app-1:cut", "at 00:20.000: lb-1 lost power."),
            ("20s+kill+lb-1;22s+drop+rule+admin", "at 00:20.000: lb-1 lost power."),
            ("20s+cut+heartbeat;21s+drop+rule+admin", "at 00:20.000: The heartbeat is cut"),
        ] {
            let markup =
                why(deeds, |fact| matches!(&fact.kind, FactKind::VipTaken { by } if by == "lb-2"));
            assert!(markup.contains(expected), "{deeds}: {markup}");
            assert!(markup.contains("heard no advert"), "{deeds}: {markup}");
        }
    }
}
