//! Links that carry no requests: keepalived's adverts, and what a primary's replica gets. How their ends are set, with the controls, and what goes
//! over them.

use super::super::chart::Minute;
use super::super::plot::{Chart, Of};
use super::super::samples::{Sample, place};
use super::traffic::table;
use super::{at, muted, said};
use crate::diagram::Route;
use crate::infra::{Host, Infrastructure, Place, Purpose, Service, VrrpInstance};
use crate::kernel::SimDuration;
use crate::kernel::small::{decimal, fixed};
use crate::page::Named;
use crate::run::Run;
use crate::sim::{AdvertCount, Copying, VrrpView};
use crate::submission::time;

/// So many seconds the figures are of.
const SECONDS: usize = 5;

/// How the ends of such a link are set, each directive with its control; nothing of a link of requests.
pub(super) fn about(run: &Run, route: &Route) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let (from, to) = (at(&route.from), at(&route.to));
    let (told, names) = match route.purpose {
        Purpose::Requests => return String::new(),
        Purpose::Vrrp => (
            [from, to].map(|end| claims(infrastructure, end)).concat(),
            "`advert_int`, `priority`, `nopreempt`, `preempt_delay` and `vrrp_version` of keepalived"
                .to_owned(),
        ),
        Purpose::Replication => {
            (vec![follows(infrastructure, to)], format!("`lag` and `promote_after` on {to}"))
        }
    };
    let lines: String = told.iter().map(|line| said(line)).collect();
    let controls = Named::new(infrastructure, &route.key()).controls(&names, None);
    lines + &controls
}

/// What a machine claims by VRRP, and whether it takes back what it had.
fn claims(infrastructure: &Infrastructure, name: &str) -> Vec<String> {
    let own = infrastructure.host(name).and_then(Host::keepalived);
    let claim = |claim: &VrrpInstance| {
        let preempts = match (claim.nopreempt, claim.preempt_delay) {
            (true, _) => "leaves it with whoever has it and lives (`nopreempt`)".to_owned(),
            (false, SimDuration::ZERO) => {
                "takes it as soon as it hears a lower priority".to_owned()
            }
            (false, delay) => {
                let delay = time(delay);
                format!("takes it {delay} after it first hears a lower priority (`preempt_delay`)")
            }
        };
        format!("{name} claims {} with priority {}, and {preempts}.", claim.vip, claim.priority)
    };
    own.map_or(&[][..], |own| &own.instances).iter().map(claim).collect()
}

/// How a replica follows its primary.
fn follows(infrastructure: &Infrastructure, name: &str) -> String {
    let services = infrastructure.host(name).into_iter().flat_map(|host| &host.services);
    let replica = services.filter_map(Service::as_mysql).find_map(|mysql| mysql.replica.as_ref());
    let Some(replica) = replica else { return format!("{name} copies nothing.") };
    let promoted = replica.promote_after.map_or_else(
        || "It becomes the primary only if somebody makes it so.".to_owned(),
        |after| {
            let after = time(after);
            format!(
                "A watcher makes it the primary when {} has been silent for {after}.",
                replica.source
            )
        },
    );
    format!(
        "{name} opens the connection and is told of each change {} after it was committed, while all is well: {} waits for nobody. {promoted}",
        time(replica.lag),
        replica.source
    )
}

/// What goes over such a link: figures, and charts of the last minute; nothing of a link of requests.
pub(super) fn figures(run: &Run, samples: &[Sample], route: &Route) -> String {
    let ends = [at(&route.from), at(&route.to)];
    match route.purpose {
        Purpose::Requests => String::new(),
        Purpose::Vrrp => adverts(run, samples, ends),
        Purpose::Replication => copied(run, samples, ends),
    }
}

/// How many adverts there are of a sample that go one way for one address.
fn count(sample: &Sample, ends: [&str; 2], vip: &str, of: fn(&AdvertCount) -> u64) -> u64 {
    let its = sample.adverts.iter().filter(|own| [&*own.from, &*own.to] == ends && own.vip == vip);
    its.map(of).sum()
}

fn adverts(run: &Run, samples: &[Sample], ends: [&str; 2]) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let views = ends.map(|end| run.simulation().vrrp(end));
    let mut now = Vec::new();
    for (end, views) in ends.iter().zip(&views) {
        now.extend(views.iter().map(|view| (format!("{end}, {}", view.vip), standing(view))));
    }
    let last = samples.len().saturating_sub(1);
    let first = last.saturating_sub(SECONDS);
    let mut lately = Vec::new();
    let mut ways: Vec<([&str; 2], &str)> = Vec::new();
    for way in [ends, [ends[1], ends[0]]] {
        for vip in &infrastructure.vips {
            let claims = |views: &Vec<VrrpView>| views.iter().any(|own| own.vip == vip.name);
            if views.iter().all(claims) {
                ways.push((way, vip.name.as_str()));
            }
        }
    }
    for (way, vip) in &ways {
        let rate = |of: fn(&AdvertCount) -> u64| {
            let at = |index: usize| samples.get(index).map_or(0, |own| count(own, *way, vip, of));
            let grown = at(last).saturating_sub(at(first));
            fixed(grown as f64 / (last - first).max(1) as f64, 1)
        };
        let figure = format!(
            "{}/s sent, {}/s lost, {}/s heard",
            rate(|own| own.sent),
            rate(|own| own.lost),
            rate(|own| own.heard)
        );
        lately.push((format!("{} to {}, {vip}", way[0], way[1]), figure));
    }
    let minute = Minute::of(run, samples);
    let all = |of: fn(&AdvertCount) -> u64| {
        let sum = |sample: &Sample| {
            ways.iter().map(|(way, vip)| count(sample, *way, vip, of)).sum::<u64>() as f64
        };
        minute.grown(&sum)
    };
    let parts = vec![
        ("heard", all(|own| own.heard)),
        ("not taken", all(|own| own.untaken)),
        ("lost", all(|own| own.lost)),
    ];
    table("keepalived now, at each end", &now)
        + &table("Adverts of the last 5 seconds", &lately)
        + &muted(
            "Only a MASTER sends. What arrives is not taken where keepalived does not run, or has another version or another advert_int.",
        )
        + &minute.drawn(&[Chart::stacked("Adverts", "/s", 1.0, parts)], "this link")
}

/// How an instance stands, in words.
fn standing(view: &VrrpView) -> String {
    let Some(state) = view.state else { return "keepalived does not run".to_owned() };
    let waits = view.claims_in.map_or_else(String::new, |time| {
        format!("; without an advert it takes it in {} s", decimal(time.as_secs_f64(), 1))
    });
    format!("{state}, priority {}{waits}", view.priority)
}

fn copied(run: &Run, samples: &[Sample], [from, to]: [&str; 2]) -> String {
    let Some(now) = run.simulation().copying(to) else { return String::new() };
    let index = place(&run.simulation().plan().infrastructure, &Place::Host(to.to_owned()));
    let running = match (now.io_running, now.is_fed) {
        ("Yes", false) => "Yes, as it believes: nothing comes any more".to_owned(),
        (word, _) => word.to_owned(),
    };
    let seconds = |time: SimDuration| format!("{} s", decimal(time.as_secs_f64(), 1));
    let mut rows = vec![
        ("Replica_IO_Running".to_owned(), running),
        (
            "Seconds_Behind_Source, as it believes".to_owned(),
            now.behind.map_or_else(|| "NULL".to_owned(), seconds),
        ),
        ("Changes that it has not got yet".to_owned(), now.missing.to_string()),
        ("the first of them was committed".to_owned(), format!("{} ago", seconds(now.lag))),
    ];
    if now.missing == 0 {
        rows.pop();
    }
    if now.is_promoted {
        rows.insert(
            0,
            (format!("{to} was made the primary"), "it copies nothing any more".to_owned()),
        );
    }
    let minute = Minute::of(run, samples);
    let each = |of: fn(&Copying) -> f64| {
        let at = |sample: &Sample| {
            let own = sample.copies.iter().find(|(replica, _)| *replica == index);
            own.map_or(0.0, |(_, copying)| of(copying))
        };
        minute.each(&at)
    };
    let charts = [
        Chart::line("Not arrived", "", 4.0, each(|own| own.missing as f64)).of(Of::Moment),
        Chart::line("Lag", " s", 1.0, each(|own| own.lag.as_secs_f64())).of(Of::Moment),
    ];
    table("Copying now", &rows) + &minute.drawn(&charts, &format!("{from} to {to}"))
}
