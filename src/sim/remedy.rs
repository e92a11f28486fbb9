//! What would have helped at one place: at a stop of the request, at a server that failed it, at the site's addresses. Both who failed and
//! who was slow is told by these. Reading only.

use super::fact::Step;
use super::stop::{Doing, Killer, Part, Room, Stop, Wait};
use super::way::Way;
use crate::infra::{Host, Server, Service};

/// What would have changed this stop; `None` if it is no obstacle.
pub(super) fn of_stop(way: &Way<'_>, stop: &Stop) -> Option<String> {
    let host = stop.host.as_str();
    Some(match stop.doing {
        Doing::Waits(wait) => of_wait(way, wait, host),
        Doing::Full(room) => of_room(way, room, host),
        Doing::Cut | Doing::Late => of_cut(way, stop),
        Doing::Offline { has_other: true } => {
            "`routing_time`: a shorter one finds the other uplink sooner".to_owned()
        }
        Doing::Offline { has_other: false } if way.site.uplinks.len() > 1 => {
            "a further uplink, which does not break together with these".to_owned()
        }
        Doing::Offline { has_other: false } => {
            "a second uplink, which routing finds within `routing_time`".to_owned()
        }
        Doing::Unheld => format!("one more balancer: each that may have {host} is dead"),
        Doing::Killed(killer) => of_killer(way, killer, host),
        Doing::Works { .. } | Doing::Commits { .. } | Doing::Asks | Doing::Answers => return None,
    })
}

/// What a request would have waited for less.
pub(super) fn of_wait(way: &Way<'_>, wait: Wait, host: &str) -> String {
    let is_upstreams = way.relay().is_some_and(|(web, _)| web != host);
    let upstream = way.relay().map_or(0, |(_, nginx)| nginx.upstream_servers().len());
    let more = match (is_upstreams, way.haproxy()) {
        (true, _) if upstream < 2 => {
            ", or another `server` line in Nginx's `upstream` to share the load"
        }
        (false, Some(_)) if !way.has_servers() => ", or another `server` line to share the load",
        _ => "",
    };
    match wait {
        Wait::Connection => format!(
            "`maxconn` of HAProxy on {host}: how many connections it lets in; `timeout http-request`, if clients hold them that send nothing"
        ),
        Wait::Worker(Part::Nginx) => {
            format!("more `worker_processes` of Nginx on {host}{more}")
        }
        Wait::Worker(_) => {
            let workers = way.app(host).map_or(0, |app| app.workers);
            format!("more `workers` on {host} ({workers} work at once){more}")
        }
        Wait::Core => {
            let cores = way.site.host(host).map_or(0, |host| host.cores);
            format!("more `cores` for {host} ({cores})")
        }
        Wait::Thread => {
            format!("`innodb_thread_concurrency` of {host}: how many queries it works on at once")
        }
        Wait::Lock => format!(
            "the transaction on {host} that holds the lock; a shorter `read_timeout` of the database driver gives its worker back sooner"
        ),
        Wait::Disk => format!(
            "a larger disk for {host}, or an alert before it is full; a shorter `read_timeout` of the database driver gives its worker back sooner"
        ),
        Wait::Hang(Part::Application) => {
            let timeout = way.app(host).map_or_else(String::new, |app| app.timeout.to_string());
            let sooner = if way.server().is_some_and(|server| server.check) {
                format!("; {}", sooner(way))
            } else {
                String::new()
            };
            format!(
                "`timeout` of the application's workers on {host} ({timeout}): its arbiter kills one that hangs{sooner}"
            )
        }
        Wait::Hang(Part::Query) => format!(
            "a new start of MySQL on {host}; a shorter `read_timeout` of the database driver gives its worker back sooner"
        ),
        Wait::Hang(Part::Nginx | Part::Handshake) => match way.server() {
            Some(server) if server.check => {
                format!("a new start of Nginx on {host}; {}", sooner(way))
            }
            _ => format!("a new start of Nginx on {host}"),
        },
    }
}

fn of_room(way: &Way<'_>, room: Room, host: &str) -> String {
    match room {
        Room::Connections => {
            let most = way.nginx(host).map_or(0, |nginx| nginx.worker_connections);
            format!(
                "`worker_connections` of Nginx on {host} ({most} for each of its `worker_processes`, those to the application included)"
            )
        }
        Room::Backlog(Part::Nginx) => {
            format!("more `worker_processes` of Nginx on {host}, or a longer `backlog`")
        }
        Room::Backlog(_) => {
            let (workers, backlog) = way.app(host).map_or((0, 0), |app| (app.workers, app.backlog));
            format!(
                "more `workers` on {host} ({workers}), or a longer `backlog` ({backlog}) if they only fall behind for a moment"
            )
        }
    }
}

fn of_killer(way: &Way<'_>, killer: Killer, host: &str) -> String {
    let gib = way.site.host(host).map_or(0, |host| host.memory_gib);
    match killer {
        Killer::Memory(Part::Query) => format!(
            "a smaller `innodb_buffer_pool_size` or `max_connections` of {host}, fewer `workers` where an application runs there too, or more memory ({gib} GiB)"
        ),
        Killer::Memory(_) => {
            let workers = way.app(host).map_or(0, |app| app.workers);
            format!(
                "fewer `workers` on {host} ({workers}), or more memory for it ({gib} GiB): what they take and what they leak has to fit into it"
            )
        }
        Killer::Arbiter => {
            let timeout = way.app(host).map_or_else(String::new, |app| app.timeout.to_string());
            let again = if way.haproxy().is_some() && way.has_servers() {
                "; `retry-on empty-response` sends the request again"
            } else {
                ""
            };
            format!("`timeout` of the application's workers on {host} ({timeout}){again}")
        }
    }
}

/// A link that is cut; another server may be reached by another.
fn of_cut(way: &Way<'_>, stop: &Stop) -> String {
    let from = stop.from.as_deref().unwrap_or_default();
    let link = format!("no directive mends the link between {from} and {}", stop.host);
    let is_servers = way.server().is_some_and(|server| server.host == stop.host);
    let redispatches = way.haproxy().is_some_and(|haproxy| haproxy.retries.redispatch.is_some());
    if !is_servers || !way.has_servers() {
        link
    } else if redispatches {
        format!("{link}; {}", sooner(way))
    } else {
        format!("{link}; `option redispatch` sends the next attempt to another server")
    }
}

/// How HAProxy would have known sooner that the server of this request is dead.
pub(super) fn sooner(way: &Way<'_>) -> String {
    sooner_of(way.server())
}

/// The same of another server.
pub(super) fn sooner_of(server: Option<&Server>) -> String {
    match server {
        Some(server) if server.check => format!(
            "a smaller `inter` ({}) or `fall` ({}) shortens the blind window",
            server.inter, server.fall
        ),
        Some(server) => {
            format!("`check` on the line of {}: nobody asks whether it lives", server.name)
        }
        None => "a smaller `inter` or `fall` shortens the blind window".to_owned(),
    }
}

/// No address answered.
pub(super) fn of_address(way: &Way<'_>) -> String {
    let site = way.site;
    let is_refused = way.has(|step| matches!(step, Step::AddressRefused { .. }));
    let name = way.record.steps.iter().rev().find_map(|step| match step {
        Step::AddressRefused { vip } => Some(vip),
        Step::AddressSilent { vip } if !is_refused => Some(vip),
        _ => None,
    });
    let dialled = way.record.steps.iter().rev().find_map(|step| match step {
        Step::Dialled { vip } => Some(vip),
        _ => None,
    });
    let name = name.or(dialled);
    let vip = site.vips.iter().find(|vip| Some(&vip.name) == name);
    if let Some(host) = vip.and_then(|vip| vip.host.as_deref()) {
        let is_balancer = site.host(host).is_some_and(|host| host.haproxy().is_some());
        return if is_balancer {
            format!(
                "a second balancer, with keepalived on both: the address is {host}'s and never moves"
            )
        } else {
            format!(
                "a second web server, and a balancer before both: the address is {host}'s alone"
            )
        };
    }
    let has_vip = |host: &&Host| {
        host.services.iter().any(|service| match service {
            Service::Keepalived(keepalived) => {
                keepalived.instances.iter().any(|instance| Some(&instance.vip) == name)
            }
            _ => false,
        })
    };
    let holders: Vec<&Host> = site.hosts.iter().filter(has_vip).collect();
    if holders.len() < 2 {
        return "a second balancer with keepalived: nobody else may have the address".to_owned();
    }
    if !is_refused {
        return "`advert_int` in keepalived.conf: a shorter one moves the address sooner"
            .to_owned();
    }
    // The machine lives and keeps the address, and nothing listens there.
    if holders.iter().all(|host| is_tracked(host)) {
        "`interval` and `fall` of the `vrrp_script`: how soon keepalived sees that HAProxy is dead, and gives the address up".to_owned()
    } else {
        "`track_script` in keepalived.conf: without it nobody tells keepalived that HAProxy is dead, and the address stays".to_owned()
    }
}

/// Whether keepalived of a balancer watches its HAProxy by a script.
fn is_tracked(host: &Host) -> bool {
    host.keepalived().is_some_and(|keepalived| keepalived.track_script.is_some())
}
