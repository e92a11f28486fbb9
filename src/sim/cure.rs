//! The directive that would have changed the end of a failed request. Only what stands on the request's way is named, and only if another
//! value of it, or its being there at all, would have made a difference to this request or to one like it. Reading only.

use crate::haproxy::Termination;
use crate::infra::{Infrastructure, RetryOn};
use crate::kernel::SimDuration;
use crate::nginx::Failure;

use super::cause::{decisive, ends_at_the_firewall};
use super::fact::{DatabaseError, Outcome, RequestRecord, ServerError, Step};
use super::remedy;
use super::stop::{Doing, Part, Room, Stop};
use super::way::Way;

/// The directive that would have changed the end of a failed request, with what it would have done; `None` if the request was answered,
/// or its user left by himself. `site`: what stands there, as it is configured then.
pub fn cure(record: &RequestRecord, site: &Infrastructure) -> Option<String> {
    if record.outcome.is_ok() {
        return None;
    }
    if ends_at_the_firewall(record) {
        return Some("the firewall rule that drops it, or one before it that allows it".to_owned());
    }
    let way = Way { record, site };
    if let Some(Step::At(stop)) = decisive(record)
        && let Some(told) = remedy::of_stop(&way, stop).or_else(|| of_query(&way, stop))
    {
        return Some(told);
    }
    match record.outcome {
        Outcome::Ok => None,
        Outcome::Status { status, termination } => of_status(&way, status, termination),
        Outcome::NoConnection => Some(remedy::of_address(&way)),
        Outcome::NoAnswer if sends_slowly(&way) => Some(
            "`timeout http-request`: the balancer answers 408 sooner, and is free for others; the request was the client's to send"
                .to_owned(),
        ),
        Outcome::NoCertificate => {
            Some("`crt`: this site's certificate, renewed in time, in its file on every balancer of the cluster".to_owned())
        }
        Outcome::Reset | Outcome::NoAnswer => Some(of_silence(&way)),
    }
}

/// Of a query that was under way: whoever waited for the application waited for its database. `None`: it is no such stop, or the
/// database said itself what is wrong.
fn of_query(way: &Way<'_>, stop: &Stop) -> Option<String> {
    let is_told = matches!(last_error(way), Some(ServerError::Database(_)));
    match stop.doing {
        Doing::Works { part: Part::Query, .. } | Doing::Commits { .. } => {
            let driver = if is_told {
                "a longer `read_timeout` of the database driver waits for it"
            } else {
                "a shorter `read_timeout` of the database driver gives its worker back sooner"
            };
            Some(format!(
                "no directive of HAProxy: the query itself, a faster {}; {driver}",
                stop.host
            ))
        }
        Doing::Asks if !is_told => Some(of_database(way, DatabaseError::Silent)),
        _ => None,
    }
}

/// The last error that a server answered.
fn last_error(way: &Way<'_>) -> Option<ServerError> {
    way.record.steps.iter().rev().find_map(|step| match step {
        Step::Answered { error, .. } => *error,
        _ => None,
    })
}

/// Whether the balancer still waited for the client at the end, and did not die meanwhile.
fn sends_slowly(way: &Way<'_>) -> bool {
    way.has(|step| matches!(step, Step::SendsSlowly { .. }))
        && !way.has(|step| matches!(step, Step::BalancerDied { .. }))
}

/// Of a request that has a status, from HAProxy or from behind it.
fn of_status(way: &Way<'_>, status: u16, termination: Termination) -> Option<String> {
    let told = match termination {
        Termination::ProxyHeaders | Termination::ClientQueue => return None,
        Termination::ServerConnect | Termination::TimeoutConnect => of_connecting(way),
        Termination::ServerHeaders => of_empty_answer(way),
        Termination::TimeoutRequest => {
            "`timeout http-request`, `timeout client`: how long a client may take to send its request"
                .to_owned()
        }
        Termination::TimeoutHeaders => of_late_answer(way),
        Termination::TimeoutQueue => {
            "`timeout queue`, `maxconn`: how long a request waits and how many a server takes at once"
                .to_owned()
        }
        Termination::ServerQueue => {
            "`maxqueue`, `maxconn`: how many wait for a server and how many it takes at once".to_owned()
        }
        Termination::DownHeaders | Termination::DownConnect | Termination::Down => {
            "`on-marked-down`: without it sessions go on to their end".to_owned()
        }
        Termination::BackupHeaders | Termination::BackupConnect | Termination::Backup => {
            "`on-marked-up`: without it sessions go on to their end".to_owned()
        }
        Termination::Normal => of_error(way, status),
    };
    Some(told)
}

/// No server took the connection.
fn of_connecting(way: &Way<'_>) -> String {
    if way.has(|step| matches!(step, Step::NoServer { .. })) || !way.has_servers() {
        return "another `server` line: then one server more may fail".to_owned();
    }
    let redispatches = way.haproxy().is_some_and(|haproxy| haproxy.retries.redispatch.is_some());
    let sooner = remedy::sooner(way);
    if redispatches {
        format!("{sooner}; with more `retries` it comes further round")
    } else {
        format!("`option redispatch`: the next attempt may go to another server; {sooner}")
    }
}

/// A server closed without an answer.
fn of_empty_answer(way: &Way<'_>) -> String {
    let retries = way.haproxy().map(|haproxy| &haproxy.retries);
    let is_on = retries.is_some_and(|retries| retries.retry_on.contains(&RetryOn::EmptyResponse));
    if is_on {
        return remedy::sooner(way);
    }
    let elsewhere = elsewhere(way);
    format!(
        "`retry-on empty-response`: a request that died with its server is sent again{elsewhere}"
    )
}

/// A server that had the request did not answer in time: somebody was still working on it, or nothing would ever have come, as when its
/// machine died with it. Then a shorter timeout alone only makes the same error sooner.
fn of_late_answer(way: &Way<'_>) -> String {
    let limit = way.haproxy().map_or(SimDuration::ZERO, |haproxy| haproxy.timeouts.server);
    if matches!(decisive(way.record), Some(Step::At(Stop { doing: Doing::Works { .. }, .. }))) {
        let share = if way.has_servers() { "" } else { "; more `server` lines share the load" };
        return format!("a longer `timeout server` ({limit}) waits for it{share}");
    }
    if !way.has_servers() {
        return "another `server` line, with `retry-on response-timeout` and `option redispatch`: a request whose server has fallen silent is sent again to another"
            .to_owned();
    }
    match sent_again(way) {
        Some(again) => format!("{again}; a shorter `timeout server` ({limit}) makes that sooner"),
        None => format!(
            "more `retries`, and a shorter `timeout server` ({limit}) that leaves time for them"
        ),
    }
}

/// What is needed for a request whose server has fallen silent to go to another; `None`: it is all there.
fn sent_again(way: &Way<'_>) -> Option<String> {
    let retries = &way.haproxy()?.retries;
    let elsewhere = elsewhere(way);
    if !retries.retry_on.contains(&RetryOn::ResponseTimeout) {
        return Some(format!(
            "`retry-on response-timeout`{elsewhere}: a request whose server has fallen silent is sent again"
        ));
    }
    (!elsewhere.is_empty())
        .then(|| "`option redispatch`: the next attempt may go to another server".to_owned())
}

/// What is needed besides, if a request that is sent again is to go to another server.
fn elsewhere(way: &Way<'_>) -> &'static str {
    let redispatches = way.haproxy().is_some_and(|haproxy| haproxy.retries.redispatch.is_some());
    if way.has_servers() && !redispatches { ", with `option redispatch` to another" } else { "" }
}

/// A server answered with an error.
fn of_error(way: &Way<'_>, status: u16) -> String {
    match last_error(way) {
        Some(ServerError::Database(error)) => of_database(way, error),
        Some(ServerError::WorkerConnections) => {
            let by_line = way.server().map(|server| server.host.clone());
            let host = by_line.or_else(|| way.first_machine().map(str::to_owned));
            let stop = Stop {
                host: host.unwrap_or_default(),
                from: None,
                doing: Doing::Full(Room::Connections),
            };
            remedy::of_stop(way, &stop).unwrap_or_default()
        }
        Some(ServerError::BadGateway | ServerError::GatewayTimeout) => of_gateway(way),
        Some(ServerError::Itself) | None => of_own_error(way, status),
    }
}

/// Nginx had no answer from its upstream.
fn of_gateway(way: &Way<'_>) -> String {
    if way.has(|step| matches!(step, Step::NoLiveUpstream { .. })) {
        return "another `server` line in Nginx's `upstream`: then one server more may fail; with a shorter `fail_timeout` Nginx sees sooner that one is back".to_owned();
    }
    let is_alone = way.relay().is_none_or(|(_, nginx)| nginx.upstream_servers().len() < 2);
    let is_late =
        way.has(|step| matches!(step, Step::PassFailed { failure: Failure::Timeout, .. }));
    let sooner = if is_late {
        "; shorter `proxy_connect_timeout` and `proxy_read_timeout` leave time for it"
    } else {
        ""
    };
    if is_alone {
        format!("another `server` line in Nginx's `upstream`, with `proxy_next_upstream`{sooner}")
    } else {
        format!(
            "`proxy_next_upstream` and `proxy_next_upstream_tries`: another server of the `upstream` may answer it{sooner}; `fail_timeout` is how long one that failed is left alone"
        )
    }
}

/// A service fails requests by itself, though it runs and passes its checks.
fn of_own_error(way: &Way<'_>, status: u16) -> String {
    if let Some((_, nginx)) = way.relay() {
        return if nginx.upstream_servers().len() > 1 {
            format!(
                "`proxy_next_upstream http_{status}`: another server of the `upstream` answers it"
            )
        } else {
            format!(
                "another `server` line in Nginx's `upstream`, with `proxy_next_upstream http_{status}`"
            )
        };
    }
    if way.server().is_none() {
        return "a second web server, and a balancer before both: there is nothing else to ask"
            .to_owned();
    }
    let again = elsewhere(way);
    let alone = if way.has_servers() { "" } else { "; another `server` line to send them to" };
    format!(
        "`observe layer7` with `on-error mark-down` and a small `error-limit`: a server whose answers are errors is taken out; `retry-on {status}`: it is asked again{again}{alone}"
    )
}

/// The application had no data.
fn of_database(way: &Way<'_>, error: DatabaseError) -> String {
    let Some((app, database)) = way.query() else {
        return "no directive of HAProxy: a second database host, a replica to promote".to_owned();
    };
    if error == DatabaseError::TooManyConnections {
        let most = way.mysql(database).map_or(0, |mysql| mysql.max_connections);
        return format!(
            "`max_connections` of {database} ({most}), or fewer `workers` of the applications, each of which takes one"
        );
    }
    if error == DatabaseError::ReadOnly {
        return format!(
            "the application's `database` must be the primary: {database} is a replica, and takes no writes"
        );
    }
    if error == DatabaseError::Gone {
        return format!(
            "no directive of HAProxy: a pool of {app} that tests a connection before it uses it"
        );
    }
    if let Some(replica) = way.replica_of(database) {
        return format!(
            "no directive of HAProxy: {} copies {database}, a replica to promote; a watcher does it sooner than a person",
            replica.name
        );
    }
    let is_replica = way.mysql(database).is_some_and(|mysql| mysql.replica.is_some());
    if is_replica {
        return format!(
            "no directive of HAProxy: {database} fails {app}, which has no other database"
        );
    }
    "no directive of HAProxy: a second database host, a replica to promote".to_owned()
}

/// Its user gave up, or its connection was reset.
fn of_silence(way: &Way<'_>) -> String {
    if way.has(|step| matches!(step, Step::BalancerDied { .. })) {
        let next = if way.site.balancers().count() > 1 {
            "the next ones go to another"
        } else {
            "a second one takes the next ones"
        };
        return format!("none: a balancer that dies takes the requests in its hands along; {next}");
    }
    let Some(haproxy) = way.haproxy() else {
        return "a second web server, and a balancer before both that sends the request again"
            .to_owned();
    };
    let (connect, server) = (haproxy.timeouts.connect, haproxy.timeouts.server);
    match way.record.steps.last() {
        Some(Step::Queued { .. }) => {
            "`timeout queue`, `maxconn`: how long a request waits and how many a server takes at once"
                .to_owned()
        }
        // Whether it was connected by then, the chain does not tell.
        Some(Step::Picked { .. } | Step::TriedAgain { .. } | Step::ServerSilent { .. }) => format!(
            "`timeout connect` ({connect}) and `timeout server` ({server}): with shorter ones HAProxy gives up before the user does"
        ),
        _ => {
            let again = sent_again(way).filter(|_| way.has_servers());
            let again = again.map_or_else(String::new, |again| format!("; {again}"));
            format!(
                "`timeout server` ({server}): with a shorter one HAProxy gives up before the user does{again}"
            )
        }
    }
}
