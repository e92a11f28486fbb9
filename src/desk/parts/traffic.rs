//! What goes over a part of the drawing: figures of the last seconds, and charts of the last minute.

use std::sync::Arc;

use super::super::chart::{self, Minute};
use super::super::samples::{self, Sample};
use super::{Part, background, find, rule, zone};
use crate::diagram::Route;
use crate::infra::{DEFAULT_DENY, Infrastructure, Place, Purpose, Vip, Zone};
use crate::kernel::small::{decimal, fixed};
use crate::kernel::{SimDuration, SimTime};
use crate::page;
use crate::run::{LinkFlow, Run};
use crate::sim::{Message, MessageKind, Step};
use crate::submission::escape_html;

/// The figures are of so long.
const WINDOW: SimDuration = SimDuration::from_secs(5);

/// Why the figures of a link need not be the readings.
const COUNTED: &str = "Of a link all is counted when it sets out or comes back. The readings requests/s and errors/s are of the same 5 seconds, but of requests that \
     ended in them: the answer to what failed at the beginning of its way may still be awaited.";

/// What the times of a link are of.
const ON_THE_WAY: &str = "\u{201c}On the way\u{201d} is more than one packet takes: a request counts with the handshake of its connection, if that is new, an answer alone.";
/// The same where users speak TLS.
const HANDSHAKES: &str = "\u{201c}On the way\u{201d} is more than one packet takes: a request counts with the handshakes of TCP and TLS before it and HAProxy's work on it, \
     an answer alone.";

/// Markup with the figures and charts of the part of this key; nothing if there are none.
pub(in super::super) fn traffic(run: &Run, samples: &[Sample], key: &str) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    match find(infrastructure, key) {
        Some(Part::Link(route)) => link(run, samples, &route),
        Some(Part::Zone(zone)) => over_border(infrastructure, &Minute::of(run, samples), zone),
        Some(Part::Firewall(guarded)) => dropped(run, guarded),
        Some(Part::Rule(own)) => rule::figures(run, samples, &own),
        Some(Part::Vip(vip)) => dialled(run, vip),
        Some(Part::Users) => chart::charts(infrastructure, &Minute::of(run, samples), ""),
        None => String::new(),
    }
}

/// Markup with what goes over each link that is in use.
pub(in super::super) fn links(run: &Run) -> String {
    let mut flows = run.link_flows();
    let infrastructure = &run.simulation().plan().infrastructure;
    flows.retain(|flow| flow.per_second > 0.0);
    flows.sort_by_key(|flow| [&flow.from, &flow.to].map(|end| samples::place(infrastructure, end)));
    let line = |flow: &LinkFlow| {
        let [rate, errors] = flow.words();
        let comma = if errors.is_empty() { "" } else { ", " };
        let ends = format!("{} to {}: ", flow.from.name(), flow.to.name());
        format!("<li>{}</li>", escape_html(&format!("{ends}{rate}{comma}{errors}")))
    };
    let lines: String = flows.iter().map(line).collect();
    if lines.is_empty() {
        return "<p>Nothing goes over the links.</p>".to_owned();
    }
    super::muted("Over the last 5 seconds:") + &format!("<ul>{lines}</ul>")
}

/// Rows of a name and a figure.
pub(super) fn table(caption: &str, rows: &[(String, String)]) -> String {
    let row = |(name, figure): &(String, String)| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            // A narrow panel breaks a name of MySQL's at its joints.
            page::joined(name),
            escape_html(figure)
        )
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<table><caption class=\"muted\">{}</caption><tbody>{rows}</tbody></table>",
        escape_html(caption)
    )
}

/// What went over a link lately, either way.
#[derive(Default)]
struct Lately {
    lost: u32,
    errors: u32,
    /// How long each packet is, or was, on its way.
    takes: Vec<SimDuration>,
}

fn lately(run: &Run, route: &Route) -> Lately {
    let simulation = run.simulation();
    let now = simulation.now();
    let mut all = Lately::default();
    let recent =
        simulation.messages().rev().take_while(|message| now.since(message.sent_at) <= WINDOW);
    for message in recent {
        let is_there = message.from == route.from && message.to == route.to;
        let is_back = message.from == route.to && message.to == route.from;
        if !is_there && !is_back {
            continue;
        }
        match message.kind {
            MessageKind::Request | MessageKind::Answer => {}
            MessageKind::Error => all.errors += 1,
            MessageKind::Lost => all.lost += 1,
        }
        all.takes.push(message.due_at.since(message.sent_at));
    }
    all.takes.sort_unstable();
    all
}

fn link(run: &Run, samples: &[Sample], route: &Route) -> String {
    if route.purpose != Purpose::Requests {
        return background::figures(run, samples, route);
    }
    let window = run.message_window();
    let seconds = window.as_secs_f64().max(1e-3);
    let flows = run.link_flows();
    let is_its = |from: &Place, to: &Place| {
        (*from == route.from && *to == route.to) || (*from == route.to && *to == route.from)
    };
    let mut flow = LinkFlow {
        from: route.from.clone(),
        to: route.to.clone(),
        per_second: 0.0,
        failed_per_second: 0.0,
    };
    for own in flows.iter().filter(|flow| is_its(&flow.from, &flow.to)) {
        flow.per_second += own.per_second;
        flow.failed_per_second += own.failed_per_second;
    }
    let [_, share] = flow.words();
    let Lately { lost, errors, takes } = lately(run, route);
    let rate = |count: u32| format!("{}/s", fixed(f64::from(count) / seconds, 1));
    let quantile = |share: f64| {
        let rank = libm::ceil(share * takes.len() as f64) as usize;
        takes
            .get(rank.max(1) - 1)
            .map_or("\u{2013}".to_owned(), |time| format!("{} ms", decimal(time.as_ms_f64(), 2)))
    };
    let mut rows = vec![
        ("Requests".to_owned(), format!("{}/s", fixed(flow.per_second, 1))),
        ("of them met silence".to_owned(), rate(lost)),
        ("Errors on their way back".to_owned(), rate(errors)),
        (
            "Silence and errors, as in the drawing".to_owned(),
            if share.is_empty() { "none".to_owned() } else { share },
        ),
        (
            "On the way, p50, p95, p99".to_owned(),
            format!("{}, {}, {}", quantile(0.5), quantile(0.95), quantile(0.99)),
        ),
    ];
    if let (Place::Host(from), Place::Host(to)) = (&route.from, &route.to) {
        for server in run.simulation().snapshot().servers {
            let infrastructure = &run.simulation().plan().infrastructure;
            if server.balancer == *from && leads_to(infrastructure, from, &server.name, to) {
                let figure = format!(
                    "{}, weight {}: {} at work, {} waiting, {} since the start",
                    server.status_word(),
                    server.weight,
                    server.served,
                    server.queued,
                    server.requests
                );
                rows.push((format!("{from} sees {}/{}", server.backend, server.name), figure));
            }
        }
    }
    let place = |place: &Place| samples::place(&run.simulation().plan().infrastructure, place);
    let ends = [place(&route.from), place(&route.to)];
    let minute = Minute::of(run, samples);
    let charts =
        chart::of_ways(&minute, "this link", &|from, to| ends == [from, to] || ends == [to, from]);
    let is_less = window < WINDOW.min(run.now().since(SimTime::ZERO));
    let caption = if is_less {
        format!("The last {} s: of more the messages are not kept at this rate", fixed(seconds, 2))
    } else {
        "The last 5 seconds".to_owned()
    };
    let counted = format!("{} {COUNTED}", on_the_way(run, route));
    table(&caption, &rows) + &super::muted(&counted) + &charts
}

/// What the times of this link are of.
fn on_the_way(run: &Run, route: &Route) -> &'static str {
    let infrastructure = &run.simulation().plan().infrastructure;
    match (&route.from, &route.to) {
        (Place::Users, Place::Host(to)) => {
            let haproxy = infrastructure.host(to).and_then(crate::infra::Host::haproxy);
            let speaks_tls = haproxy.is_some_and(|haproxy| haproxy.tls_round_trips > 0);
            if speaks_tls { HANDSHAKES } else { ON_THE_WAY }
        }
        _ => ON_THE_WAY,
    }
}

/// Whether a balancer's server of this name is on that host.
fn leads_to(infrastructure: &Infrastructure, balancer: &str, server: &str, host: &str) -> bool {
    let haproxy = infrastructure.host(balancer).and_then(crate::infra::Host::haproxy);
    let backends = haproxy.into_iter().flat_map(|haproxy| &haproxy.backends);
    backends.flat_map(|backend| &backend.servers).any(|own| own.name == server && own.host == host)
}

/// What crosses the border of a zone.
fn over_border(infrastructure: &Infrastructure, minute: &Minute<'_>, zone: &Zone) -> String {
    if infrastructure.hosts_in(&zone.name).next().is_none() {
        return String::new();
    }
    let is_in = |place: usize| {
        let host = place.checked_sub(1).and_then(|index| infrastructure.hosts.get(index));
        host.is_some_and(|host| host.zone == zone.name)
    };
    chart::of_ways(minute, "the zone's border", &|from, to| is_in(from) != is_in(to))
}

/// How often each rule of a firewall dropped something, of the requests that ended lately.
fn dropped(run: &Run, guarded: super::Guarded<'_>) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let is_its = |host: &str| infrastructure.host(host).is_some_and(|host| guarded.holds(host));
    let mut looked_at = 0;
    let rules = zone::rules(infrastructure, guarded);
    let names = rules.iter().map(|(_, rule)| rule.name.as_str()).chain([DEFAULT_DENY]);
    let mut counts: Vec<(String, u32)> = names.map(|name| (name.to_owned(), 0)).collect();
    for record in run.simulation().records() {
        looked_at += 1;
        for step in &record.steps {
            if let Step::Blocked { to, rule, .. } = step
                && is_its(to)
                && let Some((_, count)) = counts.iter_mut().find(|(name, _)| name == rule)
            {
                *count += 1;
            }
        }
    }
    let rows: Vec<(String, String)> =
        counts.into_iter().map(|(name, count)| (name, count.to_string())).collect();
    table(&format!("Connections dropped, of the last {looked_at} requests that ended"), &rows)
}

/// How often users turned to an address, of the requests that ended lately.
fn dialled(run: &Run, vip: &Vip) -> String {
    let [mut looked_at, mut tried, mut silent, mut refused] = [0_u32; 4];
    for record in run.simulation().records() {
        looked_at += 1;
        for step in &record.steps {
            match step {
                Step::Dialled { vip: name } if *name == vip.name => tried += 1,
                Step::AddressSilent { vip: name } if *name == vip.name => silent += 1,
                Step::AddressRefused { vip: name } if *name == vip.name => refused += 1,
                _ => {}
            }
        }
    }
    let rows = [("Connections tried", tried), ("nobody answered", silent), ("refused", refused)]
        .map(|(name, count)| (name.to_owned(), count.to_string()));
    let ended = table(&format!("Of the last {looked_at} requests that ended"), &rows);
    let rows = [("Users who wait for it in vain".to_owned(), waiting(run, vip).to_string())];
    table("Now", &rows) + &ended
}

/// How many requests are under way whose users have turned to an address, and have no connection yet: those of the last seconds.
fn waiting(run: &Run, vip: &Vip) -> usize {
    let simulation = run.simulation();
    let is_lost =
        |message: &&Arc<Message>| message.kind == MessageKind::Lost && message.from == Place::Users;
    let mut all: Vec<u64> =
        simulation.messages().filter(is_lost).map(|message| message.request).collect();
    all.sort_unstable();
    all.dedup();
    // Of several addresses the one that was tried last is waited for.
    let waits = |request: &&u64| {
        let mut steps = simulation.steps_of(**request).unwrap_or_default().iter().rev();
        let last = steps.find(|step| matches!(step, Step::Dialled { .. } | Step::Accepted { .. }));
        matches!(last, Some(Step::Dialled { vip: name }) if *name == vip.name)
    };
    all.iter().filter(waits).count()
}
