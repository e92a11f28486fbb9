//! A link: what it carries, how it is, what can be done to it, and what its loss means here.

use super::{
    at, background, choosing, deeds, disturbed, firewall_before, joins, muted, offered, rule, said,
    state,
};
use crate::diagram::Route;
use crate::infra::{Host, Infrastructure, Peer, Place, Purpose, Reach, Service, USERS_END};
use crate::run::Run;
use crate::sim::{Condition, Snapshot, link_words};
use crate::submission::{escape_html, time};

/// The panel of a link.
pub(super) fn panel(run: &Run, route: &Route) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let snapshot = run.simulation().snapshot();
    let mut markup = muted(&format!("{}. {}", route.protocol, zones(infrastructure, route)));
    markup.push_str(&told(infrastructure, &snapshot, route));
    markup.push_str(&controls(run, infrastructure, route));
    markup.push_str(&said(&carries(infrastructure, route)));
    markup.push_str(&background::about(run, route));
    if let Some(passes) = passes(infrastructure, route) {
        markup.push_str(&said(&passes));
    }
    markup.push_str("<div class=\"actions\" role=\"group\" aria-label=\"Its ends\">");
    for place in [&route.from, &route.to] {
        markup.push_str(&match place {
            Place::Users => choosing("users", "Users and uplinks"),
            Place::Host(name) => choosing(name, name),
        });
    }
    // What a replica is sent goes over a connection that the replica has opened.
    let (opens, takes) = match route.purpose {
        Purpose::Requests | Purpose::Vrrp => (&route.from, &route.to),
        Purpose::Replication => (&route.to, &route.from),
    };
    let guarded = host_at(infrastructure, takes);
    if let Some(key) = guarded.and_then(|host| firewall_before(infrastructure, host)) {
        markup.push_str(&choosing(&key, "The firewall before it"));
        if route.purpose != Purpose::Vrrp {
            markup.push_str(&rule::choosing_of(infrastructure, opens, takes, None));
        }
    }
    markup + "</div>"
}

fn host_at<'a>(infrastructure: &'a Infrastructure, place: &Place) -> Option<&'a Host> {
    match place {
        Place::Users => None,
        Place::Host(name) => infrastructure.host(name),
    }
}

/// Through which zones it goes.
fn zones(infrastructure: &Infrastructure, route: &Route) -> String {
    let zone = |place: &Place| match host_at(infrastructure, place) {
        None => "the internet".to_owned(),
        Some(host) => infrastructure.zone(&host.zone).map_or_else(
            || host.zone.clone(),
            |zone| format!("the {} zone (VLAN {})", zone.title, zone.vlan),
        ),
    };
    let (from, to) = (zone(&route.from), zone(&route.to));
    if from == to { format!("Within {from}.") } else { format!("From {from} to {to}.") }
}

/// How it is now.
fn told(infrastructure: &Infrastructure, snapshot: &Snapshot, route: &Route) -> String {
    let outages = &snapshot.outages;
    let mut wrong = Vec::new();
    let mut is_cut = false;
    match (&route.from, &route.to) {
        (Place::Host(from), Place::Host(to)) => {
            for link in outages.links.iter().filter(|link| joins(link, from, to)) {
                let ways = if link.one_way {
                    format!("from {} to {}", link.from, link.to)
                } else {
                    "both ways".to_owned()
                };
                is_cut |= link.state.cut;
                wrong.push(format!("{}, {ways}", link_words(link.state)));
            }
            if route.purpose == Purpose::Vrrp && outages.heartbeat_is_cut {
                is_cut = true;
                wrong.push("loses every VRRP advert; all else gets through".to_owned());
            }
        }
        (Place::Users, host) | (host, Place::Users) => {
            for link in outages.links.iter().filter(|link| joins(link, USERS_END, host.name())) {
                let ways = match (link.one_way, link.from == USERS_END) {
                    (false, _) => "both ways",
                    (true, true) => "from users",
                    (true, false) => "to users",
                };
                is_cut |= link.state.cut;
                wrong.push(format!("{}, {ways}", link_words(link.state)));
            }
            if outages.is_offline {
                is_cut = true;
                wrong.push("is cut: by no uplink does anything get in or out".to_owned());
            } else if !outages.uplinks.is_empty() {
                wrong.push(format!(
                    "goes by another uplink: {} is broken",
                    outages.uplinks.join(", ")
                ));
            }
        }
    }
    let takes = time(match &route.from {
        Place::Users => infrastructure.network.internet_latency,
        Place::Host(_) => infrastructure.network.lan_latency,
    });
    let is = match (wrong.is_empty(), is_cut) {
        (true, _) => state("UP", "It is whole"),
        (false, false) => state("DEGRADED", &format!("It {}", wrong.join("; it "))),
        (false, true) => state("DOWN", &format!("It {}", wrong.join("; it "))),
    };
    let dead = [&route.from, &route.to].into_iter().filter(|place| {
        let mut hosts = snapshot.hosts.iter();
        hosts.any(|host| host.name == at(place) && host.condition == Condition::Down)
    });
    let dead: String = dead.map(|place| format!(" {} is DOWN.", at(place))).collect();
    let unheard = snapshot.vips.iter().filter(|vip| {
        let leads_here = vip.sent_to.as_deref() == Some(route.to.name());
        route.from == Place::Users && vip.owner.is_none() && leads_here
    });
    let unheard: String = unheard
        .map(|vip| format!(" Nobody has {}: what users send there is not answered.", vip.name))
        .collect();
    let rest = escape_html(&(dead + &unheard));
    format!("<p>{is}. Undisturbed, a packet takes {takes} one way.{rest}</p>")
}

/// What can be done to it: for users' links, to the uplinks they come by, too.
fn controls(run: &Run, infrastructure: &Infrastructure, route: &Route) -> String {
    if route.purpose == Purpose::Vrrp {
        return deeds(run, "VRRP adverts", &offered(infrastructure, "net-heartbeat"));
    }
    if let (Place::Host(from), Place::Host(to)) = (&route.from, &route.to) {
        let mut choices = offered(infrastructure, &format!("net-{from}-{to}"));
        if choices.is_empty() {
            choices = offered(infrastructure, &format!("net-{to}-{from}"));
        }
        return deeds(run, &format!("Link {from} to {to}"), &choices)
            + &disturbed::form(run, from, to);
    }
    let host = [&route.from, &route.to].into_iter().find(|place| **place != Place::Users);
    let host = host.map_or("", |place| place.name());
    let own = deeds(
        run,
        &format!("Link users to {host}"),
        &offered(infrastructure, &format!("net-users-{host}")),
    );
    let uplinks = infrastructure.uplinks.iter();
    let of = |name: &String| deeds(run, name, &offered(infrastructure, &format!("net-{name}")));
    let all: String = uplinks
        .map(|uplink| muted(&format!("{}, {}:", uplink.name, uplink.role)) + &of(&uplink.name))
        .collect();
    own + &disturbed::form(run, USERS_END, host) + &muted("All users come by the uplinks:") + &all
}

/// What it carries, and what its loss means.
fn carries(infrastructure: &Infrastructure, route: &Route) -> String {
    let (from, to) = (at(&route.from), at(&route.to));
    match route.purpose {
        Purpose::Vrrp => {
            let own = infrastructure.host(from).and_then(Host::keepalived);
            let every =
                own.map_or(String::new(), |own| format!(", one every {}", time(own.advert_int)));
            format!(
                "It carries keepalived's adverts for each virtual address{every}. Without them a backup takes the owner for dead after a little more \
                 than three of them, and takes the address as well: a split brain, in which the network delivers to who announced last."
            )
        }
        Purpose::Replication => format!(
            "It carries the changes of the data from {from} to the replica {to}. Without it users notice nothing at first: what is read from {to} grows \
             old, and what {from} commits meanwhile is lost if {to} is promoted."
        ),
        Purpose::Requests => requests(infrastructure, route, from, to),
    }
}

fn requests(infrastructure: &Infrastructure, route: &Route, from: &str, to: &str) -> String {
    let Some(sender) = host_at(infrastructure, &route.from) else {
        return format!(
            "It carries what users send to the addresses that {to} has, and the answers. Cut, the other address is tried after the connect timeout; if no uplink \
             works, it meets silence as well."
        );
    };
    if let Some(haproxy) = sender.haproxy()
        && let Some(server) = haproxy
            .backends
            .iter()
            .flat_map(|backend| &backend.servers)
            .find(|server| server.host == to)
    {
        let connect = time(haproxy.timeouts.connect);
        let checks = if server.check {
            format!(
                "Without it {} checks in a row fail, {} apart at first, and {from} marks {to} DOWN and gives its requests to others, if there are any; until then some \
                 of them wait for `timeout connect` ({connect}) and are tried again. Other balancers still reach {to}.",
                server.fall,
                time(server.inter)
            )
        } else {
            format!(
                "Nobody checks {to}: without the link every request that {from} gives it waits for `timeout connect` ({connect})."
            )
        };
        return format!(
            "It carries the requests that HAProxy on {from} gives to {to}, its checks of {to}, and the answers. {checks}"
        );
    }
    let passes_on = |service: &Service| {
        let nginx = service.as_nginx();
        nginx.is_some_and(|nginx| nginx.upstream_servers().iter().any(|server| server.host == to))
    };
    if sender.services.iter().any(passes_on) {
        return format!(
            "It carries what Nginx on {from} passes on to {to}. Without it Nginx waits in vain, then tries another server of its upstream if there is \
             one; else it answers 504 or 502. Its own files it hands out as before."
        );
    }
    let app = sender.services.iter().find_map(Service::as_app);
    if app.is_some_and(|app| app.database != to) {
        return format!(
            "It carries what the application on {from} reads from the replica {to}. What the replica does not answer is asked of the primary: \
             without the link reads take longer, by the time that the driver waits for nothing."
        );
    }
    let waits = app.map_or(String::new(), |app| {
        format!(
            " waits for its driver (`connect_timeout` {}, `read_timeout` {}) and then",
            time(app.database_connect_timeout),
            time(app.database_read_timeout)
        )
    });
    format!(
        "It carries the queries of the application on {from} to MySQL on {to}. Without it the application{waits} answers 500, and its worker is busy \
         all that time."
    )
}

/// Which rule of the firewall lets it through, or drops it.
fn passes(infrastructure: &Infrastructure, route: &Route) -> Option<String> {
    let Place::Host(to) = &route.to else { return None };
    let from = match &route.from {
        Place::Users => Peer::Internet,
        Place::Host(name) => Peer::Host(name.clone()),
    };
    if route.purpose != Purpose::Requests {
        return None;
    }
    let links = infrastructure.links();
    let its = links.iter().filter(|link| link.from == route.from && link.to == route.to);
    let mut words = Vec::new();
    for link in its.filter(|link| link.purpose == Purpose::Requests) {
        let port = link.protocol.rsplit(' ').next().and_then(|port| port.parse::<u16>().ok());
        let Some(port) = port else { continue };
        let told = match infrastructure.reach(&from, to, port)? {
            Reach::Open { rule } => format!("TCP {port} is let through ({rule})"),
            Reach::NothingListens { rule } => {
                format!("TCP {port} is let through ({rule}), but nothing listens there")
            }
            Reach::Blocked { rule } => format!("TCP {port} is dropped now ({rule})"),
        };
        if !words.contains(&told) {
            words.push(told);
        }
    }
    (!words.is_empty()).then(|| format!("The firewall: {}.", words.join("; ")))
}
