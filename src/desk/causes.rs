//! What led to a mark on the timeline, read from the facts before it: since when, what caused it, which directive sets how long it took.

use super::before::{self, deed, host};
use super::marks::Told;
use crate::haproxy::CheckResult;
use crate::infra::{Host, Infrastructure, Keepalived, Server, Timeouts, VrrpInstance};
use crate::kernel::small::decimal;
use crate::kernel::{SimDuration, SimTime};
use crate::page::{Named, with_code};
use crate::run::Span;
use crate::sim::{Fact, FactKind, RequestRecord, Step};
use crate::theory::{detection, vrrp};

/// What led to something: sentences, in which what stands between backticks is something to type, each with the backend of HAProxy whose
/// directives it names, if it names some.
#[derive(Debug, Default)]
pub(super) struct Cause(Vec<(String, Option<String>)>);

impl Cause {
    pub(super) fn say(&mut self, sentence: impl Into<String>) {
        self.0.push((sentence.into(), None));
    }

    fn say_of(&mut self, backend: &str, sentence: impl Into<String>) {
        self.0.push((sentence.into(), Some(backend.to_owned())));
    }

    /// As paragraphs, without the sentences that `told` has already, and below them the controls of the directives that they name.
    pub(super) fn markup(&self, told: &mut Vec<String>, named: &mut Named<'_>) -> String {
        let (mut paragraphs, mut controls) = (String::new(), String::new());
        for (sentence, backend) in &self.0 {
            if told.contains(sentence) {
                continue;
            }
            told.push(sentence.clone());
            paragraphs.push_str(&format!("<p>{}</p>", with_code(sentence)));
            controls.push_str(&named.controls(sentence, backend.as_deref()));
        }
        paragraphs + &controls
    }
}

/// Of an address that moved, a server that went DOWN or UP, memory that ran out.
pub(super) fn of_event(told: &Told, stands: &Infrastructure, index: usize) -> Cause {
    let fact = &told.facts[index];
    let mut cause = Cause::default();
    match &fact.kind {
        FactKind::VipTaken { by } => takeover(&mut cause, told, stands, index, by),
        FactKind::ServerDown { result, .. } => down(&mut cause, told, stands, index, *result),
        FactKind::ServerUp { .. } => up(&mut cause, told, stands, index),
        FactKind::OutOfMemory { .. } => {
            let is_leak = |before: &&Fact| {
                matches!(before.kind, FactKind::Degraded { .. })
                    && host(&before.subject) == host(&fact.subject)
            };
            if let Some(leak) = told.facts[..index].iter().rev().find(is_leak) {
                cause.say(since(told, leak, fact.at));
            }
            cause.say(format!(
                "No directive sets when: it is the memory of the machine, `memory_gib` of {}.",
                host(&fact.subject)
            ));
        }
        _ => {}
    }
    cause
}

/// Of a stretch of time in which something was dead and nobody knew.
pub(super) fn of_blind_window(told: &Told, stands: &Infrastructure, span: &Span) -> Cause {
    let mut cause = Cause::default();
    let is_over = span.to < told.until;
    let seconds = seconds(span.to.since(span.from));
    cause.say(if is_over {
        format!("Dead since {}, known at {}: {seconds} s.", span.from.clock(), span.to.clock())
    } else {
        format!("Dead since {}, and {seconds} s later nobody knew yet.", span.from.clock())
    });
    let failed = told.facts.iter().filter(|fact| {
        fact.at >= span.from
            && fact.at <= span.to
            && matches!(fact.kind, FactKind::RequestFailed { .. })
    });
    cause.say(format!("Requests that failed meanwhile: {}.", failed.count()));
    let death = told.facts.iter().find(|fact| {
        fact.at == span.from
            && fact.subject == span.component
            && matches!(fact.kind, FactKind::HostDied | FactKind::ServiceDied)
    });
    cause.say(
        death
            .and_then(|death| deed(told, death))
            .unwrap_or_else(|| "Nobody did it: it died by itself.".to_owned()),
    );
    finding_out(&mut cause, stands, &span.component);
    cause
}

/// Who finds out that something is dead, and what sets how long that takes.
pub(super) fn finding_out(cause: &mut Cause, stands: &Infrastructure, component: &str) {
    let on = host(component);
    let service = component.split_once('/').map(|(_, service)| service);
    let mut is_checked = false;
    for (backend, server, timeouts) in servers(stands) {
        if server.host == on && server.check && service != Some("agent") {
            is_checked = true;
            // A machine without power answers nothing; a living one refuses the port of a dead service.
            let result = if service.is_none() { CheckResult::L4tout } else { CheckResult::L4con };
            cause.say_of(backend, fall(server, timeouts, result));
        }
    }
    let keepalived = stands.host(on).and_then(Host::keepalived);
    match (service, keepalived.and_then(|keepalived| keepalived.track_script)) {
        (Some("haproxy"), Some(script)) => {
            is_checked = true;
            cause.say(format!(
                "`interval` {} and `fall` {} of the `vrrp_script` in keepalived.conf set how long.",
                script.interval, script.fall
            ));
        }
        (None | Some("keepalived"), _) => {
            if let Some(keepalived) = keepalived {
                is_checked = true;
                cause.say(format!(
                    "`advert_int` in keepalived.conf ({} s) sets how long: the other waits three of them and its skew.",
                    decimal(keepalived.advert_int.as_secs_f64(), 3)
                ));
            }
        }
        _ => {}
    }
    if !is_checked {
        cause.say("No balancer checks it. Where there is monitoring, its collector tells once something has been wrong for as long as `for` of its rules says.");
    }
}

/// Why a balancer took an address.
fn takeover(cause: &mut Cause, told: &Told, stands: &Infrastructure, index: usize, by: &str) {
    let fact = &told.facts[index];
    let had = holder(told, stands, index).unwrap_or_default();
    let script = claim(stands, &had, &fact.subject).and_then(|(of, _)| of.track_script);
    let before = before::of_takeover(told, index, &had, by, script.is_some());
    let Some(before) = before else {
        cause.say(format!(
            "No death, return or cut came before it: the `priority` for {} decided.",
            fact.subject
        ));
        return;
    };
    cause.say(since(told, before, fact.at));
    let Some((keepalived, own)) = claim(stands, by, &fact.subject) else { return };
    let is_haproxy = before.subject.ends_with("/haproxy");
    let [skew, whole] = waits(keepalived, own.priority);
    cause.say(match (&before.kind, script.filter(|_| is_haproxy)) {
        (FactKind::HostReturned | FactKind::ServiceReturned, _) => format!(
            "{by} has the higher `priority` for {} ({}). No `nopreempt` keeps it from taking the address back, and `preempt_delay` ({}) says how long it waits first.",
            fact.subject, own.priority, own.preempt_delay
        ),
        (FactKind::ServiceDied | FactKind::Stopped, Some(script)) => format!(
            "The `vrrp_script` of {had} found out: `interval` {}, `fall` {}. It gave the address up, and {by} waited its skew of {skew} s.",
            script.interval, script.fall
        ),
        (FactKind::Stopped, None) => {
            format!(
                "It said good-bye, so {by} waited only its skew of {skew} s: the higher its `priority` for {}, the shorter.",
                fact.subject
            )
        }
        _ => format!(
            "{by} heard no advert of a higher priority for 3 \u{d7} `advert_int` ({} s) and its skew ({skew} s): {whole} s after the last.",
            decimal(keepalived.advert_int.as_secs_f64(), 3)
        ),
    });
    cause.say("This stands in keepalived.conf. With another value the run begins anew, and comes to the same instant.");
}

/// The skew and the master-down interval of a claim, in seconds.
fn waits(keepalived: &Keepalived, priority: u8) -> [String; 2] {
    let advert = keepalived.advert_int;
    let waits = if keepalived.vrrp_version == 3 {
        [vrrp::skew_v3(advert, priority), vrrp::master_down_interval_v3(advert, priority)]
    } else {
        [vrrp::skew(priority), vrrp::master_down_interval(advert, priority)]
    };
    waits.map(|wait| decimal(wait.as_secs_f64(), 3))
}

/// Who had an address before the fact of this place.
pub(super) fn holder(told: &Told, stands: &Infrastructure, index: usize) -> Option<String> {
    let address = &told.facts[index].subject;
    let taken = told.facts[..index].iter().rev().find_map(|fact| match &fact.kind {
        FactKind::VipTaken { by } if fact.subject == *address => Some(by.clone()),
        _ => None,
    });
    let priority = |name: &str| claim(stands, name, address).map(|(_, own)| own.priority);
    let masters = stands.balancers().filter(|host| priority(&host.name).is_some());
    taken.or_else(|| {
        masters.max_by_key(|host| priority(&host.name)).map(|master| master.name.clone())
    })
}

/// How a balancer claims an address.
pub(super) fn claim<'a>(
    stands: &'a Infrastructure,
    balancer: &str,
    address: &str,
) -> Option<(&'a Keepalived, &'a VrrpInstance)> {
    let keepalived = stands.host(balancer)?.keepalived()?;
    let own = keepalived.instances.iter().find(|instance| instance.vip == address)?;
    Some((keepalived, own))
}

/// Why a server is out.
fn down(
    cause: &mut Cause,
    told: &Told,
    stands: &Infrastructure,
    index: usize,
    result: Option<CheckResult>,
) {
    let fact = &told.facts[index];
    let Some((backend, server, timeouts)) = server(stands, &fact.subject) else { return };
    let Some(result) = result else {
        cause.say(
            deed(told, fact).unwrap_or_else(|| "A command of the operator did it.".to_owned()),
        );
        return;
    };
    let ill = before::of_server(told, index, server, host(&fact.subject), true);
    if let Some(ill) = ill {
        cause.say(since(told, ill, fact.at));
    } else {
        cause.say("Nothing is dead: it was too slow, or too busy, to answer its checks in time.");
    }
    if result == CheckResult::Hana {
        cause.say_of(backend, "Errors in its traffic counted (`observe layer7`), not its checks.");
        return;
    }
    let checks = told.facts[..index].iter().rev().filter(|before| before.subject == fact.subject);
    let failing = checks.take_while(|check| matches!(check.kind, FactKind::CheckFailed { .. }));
    if let Some(first) = failing.last() {
        cause.say(format!(
            "Its first check failed at {}, {} s before it was marked DOWN.",
            first.at.clock(),
            seconds(fact.at.since(first.at))
        ));
    }
    cause.say_of(backend, fall(server, timeouts, result));
}

/// Why a server is in again.
fn up(cause: &mut Cause, told: &Told, stands: &Infrastructure, index: usize) {
    let fact = &told.facts[index];
    let Some((backend, server, _)) = server(stands, &fact.subject) else { return };
    if let Some(back) = before::of_server(told, index, server, host(&fact.subject), false) {
        cause.say(since(told, back, fact.at));
    }
    let sentence = format!(
        "While a server is DOWN it is checked every {} (`downinter`, or `inter`); `rise` {} of them in a row must pass.",
        server.downinter(),
        server.rise
    );
    cause.say_of(backend, sentence);
}

/// How long checks that end like this take to find out that something is wrong.
fn fall(server: &Server, timeouts: &Timeouts, result: CheckResult) -> String {
    let fails = match (result, timeouts.check) {
        (CheckResult::L4tout | CheckResult::L7tout, None) => server.inter,
        (CheckResult::L4tout, Some(_)) => server.inter.min(timeouts.connect),
        (CheckResult::L7tout, Some(check)) => check,
        _ => SimDuration::ZERO,
    };
    let bounds = detection::down(server.fall.max(1), server.inter, server.fastinter(), fails);
    format!(
        "`inter` {} and `fall` {} of {} set how long a balancer takes to find out: {} to {} s.",
        server.inter,
        server.fall,
        server.name,
        seconds(bounds.shortest),
        seconds(bounds.longest)
    )
}

/// What happened before, how long before, and who did it.
fn since(told: &Told, before: &Fact, at: SimTime) -> String {
    let did = deed(told, before).map_or_else(String::new, |did| format!(" {did}"));
    let ago = seconds(at.since(before.at));
    format!("{ago} s before, at {}: {before}{did}", before.at.clock())
}

/// The number of the request that a fact tells of.
pub(super) fn request(fact: &Fact) -> Option<u64> {
    fact.subject.rsplit(' ').next()?.parse().ok()
}

/// The backend that a request came to last.
pub(super) fn backend(record: &RequestRecord) -> Option<String> {
    record.steps.iter().rev().find_map(|step| match step {
        Step::Picked { backend, .. } | Step::NoServer { backend } => Some(backend.clone()),
        _ => None,
    })
}

/// Every `server` line of the balancers, which are configured alike, with its backend.
fn servers(stands: &Infrastructure) -> Vec<(&str, &Server, &Timeouts)> {
    let Some(haproxy) = stands.balancers().find_map(Host::haproxy) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for backend in &haproxy.backends {
        for server in &backend.servers {
            all.push((backend.name.as_str(), server, &haproxy.timeouts));
        }
    }
    all
}

/// The line of a server that is named as a balancer sees it: `lb-1/app/app-2`.
pub(super) fn server<'a>(
    stands: &'a Infrastructure,
    subject: &str,
) -> Option<(&'a str, &'a Server, &'a Timeouts)> {
    let mut words = subject.split('/').skip(1);
    let (backend, name) = (words.next()?, words.next()?);
    servers(stands).into_iter().find(|(of, server, _)| *of == backend && server.name == name)
}

fn seconds(duration: SimDuration) -> String {
    decimal(duration.as_secs_f64(), 1)
}
