//! Which rule of the firewall decides about what goes from machine to machine: told from the messages of each second, by the rules as they were
//! when each of them set out. A message names no port: its link does, and where a link's ports are judged by several rules none of them counts it.

use std::borrow::Cow;

use super::samples::place;
use crate::infra::{
    DEFAULT_DENY, Infrastructure, Link, Peer, Place, Purpose, Reach, Service, USERS_END,
};
use crate::kernel::SimDuration;
use crate::sim::{Fact, FactKind, Message, MessageKind, Simulation, Snapshot};

/// What a rule decided in a second about what set out for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// The machine, as [`place`] counts it.
    pub(super) to: usize,
    /// The rule's place among all; the default deny comes behind the last.
    pub(super) rule: usize,
    pub(super) let_in: u32,
    pub(super) dropped: u32,
    /// What it would have decided about, had it not been taken out.
    pub(super) missed: u32,
}

/// What decides about a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The rule's place among all; the default deny comes behind the last.
    pub(super) rule: usize,
    pub(super) is_open: bool,
    /// The rule that would decide were no rule taken out, if that is another.
    pub(super) missing: Option<usize>,
}

/// What the rules decided about these messages of the last second, the newest first.
pub(super) fn judged<'a>(
    simulation: &Simulation,
    messages: impl Iterator<Item = &'a Message>,
) -> Vec<Judged> {
    let plan = &simulation.plan().infrastructure;
    if !plan.has_firewall() {
        return Vec::new();
    }
    let (now, second) = (simulation.now(), SimDuration::from_secs(1));
    let late = simulation.facts().iter().rev().take_while(|fact| now.since(fact.at) <= second);
    let mut changes = late.filter(|fact| rule_of(fact).is_some()).peekable();
    let mut stands = Cow::Borrowed(plan);
    let links = plan.links();
    let mut known: Vec<([usize; 2], Option<Verdict>)> = Vec::new();
    let mut snapshot = None;
    let mut all = Vec::new();
    for message in messages {
        while let Some(fact) = changes.next_if(|fact| fact.at > message.sent_at) {
            let (name, was_out) = rule_of(fact).unwrap_or_default();
            let mut rules = stands.to_mut().rules.iter_mut();
            if let Some(rule) = rules.find(|rule| rule.name == name) {
                rule.disabled = was_out;
            }
            known.clear();
        }
        if !matches!(message.kind, MessageKind::Request | MessageKind::Lost) {
            continue;
        }
        let ends = [place(plan, &message.from), place(plan, &message.to)];
        let told = known.iter().find(|(own, _)| *own == ends).map(|(_, verdict)| *verdict);
        let verdict = told.unwrap_or_else(|| {
            let verdict = verdict(&stands, &links, &message.from, &message.to);
            known.push((ends, verdict));
            verdict
        });
        let Some(verdict) = verdict else { continue };
        // What a rule drops is lost, and so is what it lets in to a process that is dead; what goes over a connection that stands is not asked
        // for again.
        let is_lost = message.kind == MessageKind::Lost;
        let arrives = !is_lost || arrives(simulation, &mut snapshot, message);
        let is_let_in = verdict.is_open && arrives;
        let is_dropped = !verdict.is_open && is_lost && arrives;
        if !is_let_in && !is_dropped {
            continue;
        }
        let own = counted(&mut all, ends[1], verdict.rule);
        if is_let_in {
            own.let_in += 1;
        } else {
            own.dropped += 1;
        }
        if let Some(missing) = verdict.missing {
            counted(&mut all, ends[1], missing).missed += 1;
        }
    }
    all
}

/// Adds what was decided about others.
pub(super) fn add(all: &mut Vec<Judged>, more: Vec<Judged>) {
    for own in more {
        let known = counted(all, own.to, own.rule);
        known.let_in += own.let_in;
        known.dropped += own.dropped;
        known.missed += own.missed;
    }
}

/// The rule that a fact is about, and whether it was out before.
fn rule_of(fact: &Fact) -> Option<(&str, bool)> {
    let was_out = match fact.kind {
        FactKind::RuleDropped => false,
        FactKind::RuleRestored => true,
        _ => return None,
    };
    Some((fact.subject.strip_prefix("rule ")?, was_out))
}

fn counted(all: &mut Vec<Judged>, to: usize, rule: usize) -> &mut Judged {
    let known = all.iter().position(|own| own.to == to && own.rule == rule);
    let index = known.unwrap_or(all.len());
    if known.is_none() {
        all.push(Judged { to, rule, let_in: 0, dropped: 0, missed: 0 });
    }
    &mut all[index]
}

/// Whether it comes as far as the firewall: the machine behind it is on, and the way to it not cut.
fn arrives(simulation: &Simulation, seen: &mut Option<Snapshot>, message: &Message) -> bool {
    let Place::Host(to) = &message.to else { return false };
    let outages = &seen.get_or_insert_with(|| simulation.snapshot()).outages;
    let from = message.from.name();
    let is_cut = outages.links.iter().any(|link| {
        let is_there = link.from == from && link.to == *to;
        let is_back = !link.one_way && link.from == *to && link.to == from;
        link.state.cut && (is_there || is_back)
    });
    let is_offline = from == USERS_END && outages.is_offline;
    simulation.is_on(to) == Some(true) && !is_cut && !is_offline
}

/// What decides about what goes from one place to a machine; `None` if no border lies between them, or several rules do, by the port.
pub(super) fn verdict(
    infrastructure: &Infrastructure,
    links: &[Link],
    from: &Place,
    to: &Place,
) -> Option<Verdict> {
    let all = verdicts(infrastructure, links, from, to);
    let first = *all.first()?;
    all.iter().all(|own| *own == first).then_some(first)
}

/// What decides about each port of a machine that something from this place goes to: those of their links, or what listens there.
pub(super) fn verdicts(
    infrastructure: &Infrastructure,
    links: &[Link],
    from: &Place,
    to: &Place,
) -> Vec<Verdict> {
    let Place::Host(name) = to else { return Vec::new() };
    let mut ports: Vec<u16> = Vec::new();
    for link in links {
        match link.purpose {
            Purpose::Requests if link.from == *from && link.to == *to => ports.extend(port(link)),
            // A replica opens the connection over which it is sent the changes.
            Purpose::Replication if link.to == *from && link.from == *to => {
                ports.push(infrastructure.database_port(name));
            }
            Purpose::Requests | Purpose::Replication | Purpose::Vrrp => {}
        }
    }
    if ports.is_empty() {
        let services = infrastructure.host(name).into_iter().flat_map(|host| &host.services);
        ports = services.flat_map(Service::ports).collect();
    }
    let peer = peer(from);
    ports.into_iter().filter_map(|port| of_port(infrastructure, &peer, name, port)).collect()
}

/// The port that the requests of a link go to.
pub(super) fn port(link: &Link) -> Option<u16> {
    let is_of_requests = link.purpose == Purpose::Requests;
    link.protocol.rsplit(' ').next().filter(|_| is_of_requests)?.parse().ok()
}

/// Who sends, as rules name them.
pub(super) fn peer(place: &Place) -> Peer {
    match place {
        Place::Users => Peer::Internet,
        Place::Host(name) => Peer::Host(name.clone()),
    }
}

/// What decides about this port; `None` if no border lies before it.
pub(super) fn of_port(
    infrastructure: &Infrastructure,
    from: &Peer,
    to: &str,
    port: u16,
) -> Option<Verdict> {
    let decides = |infrastructure: &Infrastructure| {
        let (name, is_open) = match infrastructure.reach(from, to, port)? {
            Reach::Open { rule } | Reach::NothingListens { rule } => (rule, true),
            Reach::Blocked { rule } => (rule, false),
        };
        let rules = &infrastructure.rules;
        let of_name = rules.iter().position(|rule| rule.name == name);
        let rule = of_name.or_else(|| (name == DEFAULT_DENY).then_some(rules.len()))?;
        Some((rule, is_open))
    };
    let (rule, is_open) = decides(infrastructure)?;
    let mut missing = None;
    if infrastructure.rules.iter().any(|rule| rule.disabled) {
        let mut whole = infrastructure.clone();
        whole.rules.iter_mut().for_each(|rule| rule.disabled = false);
        missing = decides(&whole).map(|(rule, _)| rule).filter(|own| *own != rule);
    }
    Some(Verdict { rule, is_open, missing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::kernel::SimTime;
    use crate::run::Run;
    use crate::sim::{History, Plan};

    /// What the rules decided in each second, by their names.
    fn seconds(deeds: &[(u64, &str)], until: u64) -> Vec<Vec<(String, Judged)>> {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut run = Run::new(plan, History::Recent).unwrap();
        let mut all = Vec::new();
        for second in 1..=until {
            for (at, deed) in deeds.iter().filter(|(at, _)| at / 1_000 == second - 1) {
                run.advance_to(SimTime::from_ms(*at));
                run.act(deed.parse().unwrap()).unwrap();
            }
            run.advance_to(SimTime::from_ms(second * 1_000));
            let simulation = run.simulation();
            let now = simulation.now();
            let recent = simulation.messages().rev();
            let recent: Vec<_> = recent
                .take_while(|message| now.since(message.sent_at) < SimDuration::from_secs(1))
                .collect();
            let rules = &simulation.plan().infrastructure.rules;
            let named = |own: Judged| {
                let name = rules.get(own.rule).map_or(DEFAULT_DENY, |rule| rule.name.as_str());
                (name.to_owned(), own)
            };
            let own = judged(simulation, recent.iter().map(|message| &***message));
            all.push(own.into_iter().map(named).collect());
        }
        all
    }

    fn sum(second: &[(String, Judged)], rule: &str, of: fn(&Judged) -> u32) -> u32 {
        second.iter().filter(|(name, _)| name == rule).map(|(_, own)| of(own)).sum()
    }

    #[test]
    fn every_request_that_comes_in_is_let_in_by_the_rule_of_the_edge() {
        let seconds = seconds(&[], 10);
        let edge = Preset::Brief.infrastructure().rules[0].name.clone();
        let let_in: u32 = seconds.iter().map(|own| sum(own, &edge, |own| own.let_in)).sum();
        assert!((150..=250).contains(&let_in), "20 a second: {let_in}");
        let queries: u32 = seconds.iter().map(|own| sum(own, "app-to-db", |own| own.let_in)).sum();
        assert!(queries > 0, "{let_in}");
        let all = seconds.iter().flatten();
        assert!(all.clone().all(|(_, own)| own.dropped == 0 && own.missed == 0));
    }

    /// In the second in which it is taken out each message meets the rules as they were.
    #[test]
    fn a_rule_that_is_taken_out_is_missed_from_then_on() {
        let seconds = seconds(&[(10_500, "drop rule app-to-db")], 16);
        let before = &seconds[9];
        assert_eq!(sum(before, DEFAULT_DENY, |own| own.dropped), 0);
        let change = &seconds[10];
        assert!(sum(change, "app-to-db", |own| own.let_in) > 0, "{change:?}");
        for after in &seconds[11..] {
            assert_eq!(sum(after, "app-to-db", |own| own.let_in), 0, "{after:?}");
            let dropped = sum(after, DEFAULT_DENY, |own| own.dropped);
            assert_eq!(sum(after, "app-to-db", |own| own.missed), dropped, "{after:?}");
        }
        let dropped: u32 =
            seconds[11..].iter().map(|own| sum(own, DEFAULT_DENY, |own| own.dropped)).sum();
        assert!(dropped > 0);
    }

    /// What meets a machine without power never came to its firewall.
    #[test]
    fn what_a_dead_machine_does_not_answer_no_rule_has_dropped() {
        let seconds = seconds(&[(5_000, "drop rule app-to-db"), (5_000, "kill db-1")], 9);
        assert!(seconds.iter().flatten().all(|(_, own)| own.dropped == 0));
    }

    /// What its kernel refuses has passed its firewall.
    #[test]
    fn what_a_dead_process_does_not_answer_was_let_in() {
        let seconds = seconds(&[(5_000, "kill db-1/mysql")], 12);
        for second in &seconds[6..] {
            assert!(sum(second, "app-to-db", |own| own.let_in) > 0, "{second:?}");
        }
    }

    #[test]
    fn a_message_of_two_ports_is_told_of_no_rule() {
        let mut infrastructure = Preset::Brief.infrastructure();
        let links = infrastructure.links();
        let [from, to] = ["lb-1", "app-1"].map(|name| Place::Host(name.to_owned()));
        assert!(verdict(&infrastructure, &links, &from, &to).is_some());
        let mut more = links.clone();
        let mut other =
            links.iter().find(|link| link.from == from && link.to == to).unwrap().clone();
        other.protocol = "HTTP 9".to_owned();
        more.push(other);
        assert_eq!(verdict(&infrastructure, &more, &from, &to), None);
        infrastructure.rules.clear();
        let denied = verdict(&infrastructure, &more, &from, &to).unwrap();
        assert_eq!((denied.rule, denied.is_open), (0, false));
    }
}
