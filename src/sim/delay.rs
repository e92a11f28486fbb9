//! Why a request that was answered took so long, or had to move: the part of its time that is most beyond what is usual, and the directive
//! that would have spared it. Reading only.

use super::account::{On, Spent, sender, spent};
use super::cause::{behind, cause, is_of_server};
use super::chain::{time_words, title};
use super::cure::cure;
use super::fact::{Outcome, RequestRecord, Step};
use super::plan::Plan;
use super::remedy;
use super::stop::{Doing, Part, Stop, Wait};
use super::way::Way;
use crate::infra::{Balance, Haproxy};
use crate::kernel::{SimDuration, SimTime};
use crate::nginx::Failure;

/// A request is slow if it takes more than so many times what its way takes on average where nothing is in the way.
pub const SLOW_FACTOR: u64 = 2;

/// A request explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Why it failed, moved to another server, or was slow; `None`: it did none of that.
    pub cause: Option<String>,
    /// What would have changed that, as far as anything would.
    pub cure: Option<String>,
    /// Whether it was answered, and slow.
    pub is_slow: bool,
    /// What its way takes on average.
    pub usual: SimDuration,
    /// Where its time went.
    pub spent: Vec<Spent>,
}

/// Explains a request that has ended. `times`: when its steps happened, one each. `plan`: as it is by then.
pub fn explained(record: &RequestRecord, times: &[SimTime], plan: &Plan) -> Explained {
    let spent = spent(record, times, plan);
    let usual = spent.iter().fold(SimDuration::ZERO, |sum, part| sum + part.usual);
    let is_slow = record.outcome.is_ok() && record.response_time() > usual * SLOW_FACTOR;
    let way = Way { record, site: &plan.infrastructure };
    let worst = spent.iter().max_by_key(|part| part.takes - part.usual);
    let moved = first_move(&record.steps).filter(|_| record.outcome.is_ok());
    let (cause, cure) = if let Some(worst) = worst.filter(|_| was_on_its_way(record)) {
        (Some(of_delay(record, usual, worst)), Some(shorter(&way, plan, worst)))
    } else if !record.outcome.is_ok() {
        (Some(cause(record)), cure(record, &plan.infrastructure))
    } else if let Some(moved) = moved
        && (!is_slow || worst.is_some_and(|part| part.on == On::Retry))
    {
        (Some(of_move(&record.steps, times, moved)), Some(spared(&way, moved)))
    } else if let Some(worst) = worst.filter(|_| is_slow) {
        (Some(of_delay(record, usual, worst)), Some(shorter(&way, plan, worst)))
    } else {
        (None, None)
    };
    Explained { cause, cure, is_slow, usual, spent }
}

/// Whether nothing was in the way any more of a request whose user gave up: what counts is where its time had gone.
fn was_on_its_way(record: &RequestRecord) -> bool {
    record.outcome == Outcome::NoAnswer
        && record.steps.last().is_some_and(|step| match step {
            Step::Answered { error: None, .. } | Step::FromCache { .. } => true,
            Step::At(Stop { doing, .. }) => matches!(
                doing,
                Doing::Works { .. } | Doing::Commits { .. } | Doing::Asks | Doing::Answers
            ),
            _ => false,
        })
}

/// The step with which a request goes to another server than the one that has failed it.
fn first_move(steps: &[Step]) -> Option<usize> {
    steps.iter().position(|step| {
        matches!(step, Step::Picked { redispatched: true, .. } | Step::PassedOn { again: true, .. })
    })
}

/// The step before this one with which a server failed the request.
fn failure_before(steps: &[Step], index: usize) -> Option<usize> {
    let has_failed = |step: &Step| matches!(step, Step::ServerRefused { .. }) || is_of_server(step);
    steps[..index].iter().rposition(has_failed)
}

/// Why it had to move, and what that cost.
fn of_move(steps: &[Step], times: &[SimTime], moved: usize) -> String {
    let to = match &steps[moved] {
        Step::Picked { server, .. } | Step::PassedOn { server, .. } => server.as_str(),
        _ => "",
    };
    let is_relayed = matches!(steps[moved], Step::PassedOn { .. });
    let first = steps.iter().position(|step| match step {
        Step::PassedOn { .. } => is_relayed,
        Step::Picked { .. } | Step::Queued { .. } => !is_relayed,
        _ => false,
    });
    let at = |index: usize| times.get(index).copied().unwrap_or(SimTime::ZERO);
    let cost = time_words(at(moved).since(at(first.unwrap_or(moved))));
    match failure_before(steps, moved) {
        Some(failure) => {
            let reason = behind(&steps[..=failure]);
            let reason = reason.map_or_else(String::new, |reason| format!("{reason}; "));
            format!("{reason}{}; so it went to {to}, {cost} later", steps[failure])
        }
        None => {
            format!("the server it was meant for could not have it; it went to {to}, {cost} later")
        }
    }
}

/// What would have spared a request its move.
fn spared(way: &Way<'_>, moved: usize) -> String {
    let steps = &way.record.steps;
    let failure = failure_before(steps, moved);
    let Some(failure) = failure else {
        return "`maxqueue`, `maxconn`: how many wait for a server and how many it takes at once"
            .to_owned();
    };
    of_failure(way, failure)
}

/// What would have spared a request the failure with which this step tells that a server failed it.
fn of_failure(way: &Way<'_>, failure: usize) -> String {
    let steps = &way.record.steps;
    let timeouts = way.haproxy().map(|haproxy| &haproxy.timeouts);
    let connect = timeouts.map_or(SimDuration::ZERO, |timeouts| timeouts.connect);
    let server_timeout = timeouts.map_or(SimDuration::ZERO, |timeouts| timeouts.server);
    let sooner = |name: &str| {
        let line = way
            .backend()
            .and_then(|backend| backend.servers.iter().find(|server| server.name == name));
        remedy::sooner_of(line)
    };
    match &steps[failure] {
        Step::ServerSilent { server } => format!(
            "a shorter `timeout connect` ({connect} for each attempt); {}",
            sooner(server)
        ),
        // It had the request before it fell silent: no check would have kept it from that.
        Step::ServerTimedOut { .. } if was_worked_on(&steps[..failure]) => {
            format!("a shorter `timeout server` ({server_timeout})")
        }
        Step::ServerTimedOut { server } => format!("a shorter `timeout server`; {}", sooner(server)),
        Step::ServerRefused { server } | Step::ServerClosed { server } => sooner(server),
        Step::PassFailed { failure: how, server, .. } => of_pass(way, failure, *how, server),
        Step::Answered { server, .. } if way.relay().is_none() => format!(
            "`observe layer7` with `on-error mark-down` and a small `error-limit`: {server} would have been taken out for its errors"
        ),
        _ => "none: `proxy_next_upstream` did what can be done; why the first server answers errors is its own affair".to_owned(),
    }
}

/// Whether the last thing that these steps tell is that somebody works on the request.
fn was_worked_on(steps: &[Step]) -> bool {
    matches!(steps.last(), Some(Step::At(Stop { doing: Doing::Works { .. }, .. })))
}

/// A server of Nginx's upstream failed the request.
fn of_pass(way: &Way<'_>, failure: usize, how: Failure, server: &str) -> String {
    let proxy = way.relay().and_then(|(_, nginx)| nginx.proxy_pass.as_ref());
    let was_working = way.record.steps[..failure]
        .iter()
        .rev()
        .take_while(|step| !matches!(step, Step::PassedOn { .. }))
        .any(|step| {
            matches!(step, Step::At(Stop { doing: Doing::Works { .. } | Doing::Waits(_), .. }))
        });
    match (how, proxy) {
        (Failure::Timeout, Some(proxy)) if was_working => {
            format!("a shorter `proxy_read_timeout` ({})", proxy.read_timeout)
        }
        (Failure::Timeout, Some(proxy)) => {
            format!("a shorter `proxy_connect_timeout` ({})", proxy.connect_timeout)
        }
        (Failure::Error | Failure::Timeout, _) => format!(
            "a longer `fail_timeout`: Nginx has no checks, and tries {server} again once in that time to see whether it lives"
        ),
    }
}

/// Why it was slow.
fn of_delay(record: &RequestRecord, usual: SimDuration, worst: &Spent) -> String {
    let Spent { on, place, takes, usual: own } = worst;
    let what = match on {
        On::Address => format!("nobody answered at {place}"),
        On::Connect => format!("it was connecting to {place}"),
        On::Client => "the client was sending its request".to_owned(),
        On::Queue if place.is_empty() => "it waited in the backend's queue".to_owned(),
        On::Queue => format!("it waited in the queue of {place}"),
        On::Wait(wait) => waited(*wait, place),
        On::Work(part) => format!("{} on {place} worked on it", title(*part)),
        On::Disk => format!("the disk of {place} made its change durable"),
        On::Retry => format!("tries at {place} came to nothing"),
        On::Link => format!("it was on its way between {place}"),
        On::Answer => "the answer was on its way to the user".to_owned(),
    };
    let own = if *own > SimDuration::ZERO {
        format!(", usually {}", time_words(*own))
    } else {
        String::new()
    };
    let took = time_words(record.response_time());
    let end = if record.outcome.is_ok() {
        format!("slow, {took} where {} is usual", time_words(usual))
    } else {
        format!("its user gave up after {took}")
    };
    format!("{end}: for {} of that {what}{own}", time_words(*takes))
}

fn waited(wait: Wait, place: &str) -> String {
    match wait {
        Wait::Connection => format!("it waited for {place} to let its connection in"),
        Wait::Worker(part) => format!("it waited for a worker of {} on {place}", title(part)),
        Wait::Core => format!("it waited for a core of {place}"),
        Wait::Thread => format!("its query waited for others on {place}"),
        Wait::Lock => format!("it waited for a lock on {place} that somebody held"),
        Wait::Disk => format!("it waited for room on the disk of {place}"),
        Wait::Hang(part) => format!("{} on {place} hung", title(part)),
    }
}

/// What would have made it shorter.
fn shorter(way: &Way<'_>, plan: &Plan, worst: &Spent) -> String {
    let place = worst.place.as_str();
    let offline = || {
        way.record.steps.iter().find_map(|step| match step {
            Step::At(stop) if matches!(stop.doing, Doing::Offline { .. }) => {
                remedy::of_stop(way, stop)
            }
            _ => None,
        })
    };
    match worst.on {
        On::Address => offline().unwrap_or_else(|| remedy::of_address(way)),
        On::Connect => of_connect(way, worst),
        On::Client => {
            "`timeout http-request` bounds it; the request was the client's to send".to_owned()
        }
        On::Queue => "a larger `maxconn` of the `server` lines, if the servers can work on more at once; otherwise another `server` line".to_owned(),
        On::Wait(wait) => remedy::of_wait(way, wait, place),
        On::Work(part) => of_work(way, part, place),
        On::Disk => {
            let iops = way.site.host(place).map_or(0, |host| host.disk_iops);
            format!("a faster disk for {place} (`disk_iops`, {iops})")
        }
        On::Retry => of_tries(way),
        On::Link => match sender(way, place).filter(|_| plan.workload.answer_kib > 0) {
            Some(host) => format!(
                "a faster network card of {} (`network_mbit`), or smaller answers, if the link between {place} is whole",
                host.name
            ),
            None => format!("no directive: the link between {place} itself"),
        },
        On::Answer if plan.workload.answer_kib > 0 => {
            "a faster network card (`network_mbit`), or smaller answers".to_owned()
        }
        On::Answer => offline().unwrap_or_else(|| "no directive: the internet itself".to_owned()),
    }
}

fn of_connect(way: &Way<'_>, worst: &Spent) -> String {
    if way.has(|step| matches!(step, Step::At(Stop { doing: Doing::Late, .. }))) {
        return format!("no directive: the link between users and {} itself", worst.place);
    }
    let tls = way.haproxy().and_then(|haproxy| haproxy.tls);
    // A first packet that nobody answers is sent again after a second, and not before.
    if worst.takes - worst.usual >= SimDuration::from_secs(1) || tls.is_none() {
        return remedy::of_address(way);
    }
    if way.haproxy().is_some_and(has_ticket_keys) {
        return "no directive: a full handshake takes a round trip more than one that is resumed"
            .to_owned();
    }
    format!(
        "`tls-ticket-keys` on every balancer: a session that {} can resume takes a round trip less",
        worst.place
    )
}

/// Whether the balancers know each other's sessions already.
fn has_ticket_keys(haproxy: &Haproxy) -> bool {
    haproxy.tls.is_some_and(|tls| tls.tls_ticket_keys)
}

/// Work takes longer than it does on average: by chance, or because the machine is slow.
fn of_work(way: &Way<'_>, part: Part, place: &str) -> String {
    match part {
        Part::Handshake if way.haproxy().is_some_and(has_ticket_keys) => {
            format!(
                "no directive: a full handshake is work for {place}, a faster core does it sooner"
            )
        }
        Part::Handshake => format!(
            "`tls-ticket-keys` on every balancer: a session that {place} can resume is less work"
        ),
        Part::Query => {
            let reads = way.query().and_then(|(app, _)| way.app(app)?.reads_from.as_deref());
            let replica =
                if reads.is_none() { ", or a replica for the reads (`reads_from`)" } else { "" };
            format!("no directive of HAProxy: the query itself, a faster {place}{replica}")
        }
        Part::Nginx | Part::Application => {
            let is_servers = way.server().is_some_and(|server| server.host == place);
            let upstream = way.relay().map_or(0, |(_, nginx)| nginx.upstream_servers().len());
            let is_least = way.backend().is_some_and(|own| own.balance == Balance::Leastconn);
            if is_servers && way.has_servers() && is_least {
                format!("a smaller `weight` of {place}, if it is slower than the others")
            } else if is_servers && way.has_servers() {
                format!(
                    "`balance leastconn`: {place} gets fewer while it is slow; or a smaller `weight` of it"
                )
            } else if !is_servers && upstream > 1 {
                format!(
                    "a smaller `weight` of {place} in the `upstream`, if it is slower than the others"
                )
            } else if way.relay().is_some_and(|(web, _)| web != place) {
                format!(
                    "no directive makes {place} faster; another `server` line in the `upstream` shares the load"
                )
            } else if way.server().is_some() {
                format!("no directive makes {place} faster; another `server` line shares the load")
            } else {
                format!("no directive makes {place} faster; it is the only one")
            }
        }
    }
}

/// Tries came to nothing, and the request was answered after all.
fn of_tries(way: &Way<'_>) -> String {
    let steps = &way.record.steps;
    let Some(failure) = failure_before(steps, steps.len()) else {
        // What failed is a database.
        return "a shorter `connect_timeout` or `read_timeout` of the database driver".to_owned();
    };
    let told = of_failure(way, failure);
    let redispatches = way.haproxy().is_none_or(|haproxy| haproxy.retries.redispatch.is_some());
    let stayed = !redispatches && way.has_servers() && first_move(steps).is_none();
    if stayed {
        format!("`option redispatch`: the next attempt may go to another server; {told}")
    } else {
        told
    }
}
