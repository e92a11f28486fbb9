//! The infrastructures and states that the pictures are tested with.

use foobar_lab::diagram::{Layout, Orientation, Scene, compose};
use foobar_lab::infra::{Infrastructure, Place, Preset, Service};
use foobar_lab::kernel::SimTime;
use foobar_lab::run::LinkFlow;
use foobar_lab::sim::{
    Condition, HostView, Load, Outages, RequestCounts, ServerStatus, ServerView, ServiceView,
    Snapshot, VipView,
};

pub(crate) const ORIENTATIONS: [Orientation; 2] = [Orientation::Landscape, Orientation::Portrait];

pub(crate) fn brief() -> Infrastructure {
    Preset::Brief.infrastructure()
}

/// The brief with a third application server.
pub(crate) fn wider() -> Infrastructure {
    let mut wider = brief();
    let mut added = wider.host("app-2").unwrap().clone();
    added.name = "app-3".into();
    added.title = "Server 5".into();
    added.address = [10, 0, 30, 13].into();
    let at = wider.hosts.iter().position(|host| host.name == "app-2").unwrap();
    wider.hosts.insert(at + 1, added);
    for host in &mut wider.hosts {
        for service in &mut host.services {
            if let Service::Haproxy(haproxy) = service {
                let servers = &mut haproxy.backends[1].servers;
                let mut line = servers[1].clone();
                (line.name, line.host) = ("app-3".into(), "app-3".into());
                servers.push(line);
            }
        }
    }
    assert_eq!(wider.validate(), []);
    wider
}

/// Everything up and at work.
pub(crate) fn at_work(infrastructure: &Infrastructure) -> Snapshot {
    let hosts = infrastructure.hosts.iter().map(|host| HostView {
        name: host.name.clone(),
        condition: Condition::Up,
        slow_factor: 1.0,
        services: host
            .services
            .iter()
            .map(|each| ServiceView {
                name: each.name(),
                title: each.title(),
                is_up: true,
                ailment: None,
            })
            .collect(),
        load: host.haproxy().is_none().then_some(Load { busy: 2, workers: 4, queue: 0 }),
    });
    let servers = infrastructure.balancers().flat_map(|balancer| {
        let backends = &balancer.haproxy().unwrap().backends;
        backends.iter().flat_map(|backend| {
            backend.servers.iter().map(|server| ServerView {
                balancer: balancer.name.clone(),
                backend: backend.name.clone(),
                name: server.name.clone(),
                host: server.host.clone(),
                status: Some(ServerStatus::Up),
                weight: 1,
                served: 0,
                queued: 0,
                requests: 7,
            })
        })
    });
    let vips = infrastructure.vips.iter().zip(["lb-1", "lb-2"]).map(|(vip, owner)| VipView {
        name: vip.name.clone(),
        address: vip.address,
        owner: Some(owner.to_owned()),
        sent_to: Some(owner.to_owned()),
        holders: vec![owner.to_owned()],
    });
    Snapshot {
        now: SimTime::from_ms(5000),
        hosts: hosts.collect(),
        vips: vips.collect(),
        servers: servers.collect(),
        requests: RequestCounts::default(),
        outages: Outages::default(),
    }
}

pub(crate) fn host<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut HostView {
    snapshot.hosts.iter_mut().find(|host| host.name == name).unwrap()
}

/// db-1 and lb-1 down, app-1 slowed, app-2 taken out, VIP A taken over.
pub(crate) fn in_trouble(infrastructure: &Infrastructure) -> Snapshot {
    let mut snapshot = at_work(infrastructure);
    host(&mut snapshot, "db-1").condition = Condition::Down;
    host(&mut snapshot, "lb-1").condition = Condition::Down;
    let app = host(&mut snapshot, "app-1");
    (app.condition, app.slow_factor) = (Condition::Degraded, 5.0);
    app.load = Some(Load { busy: 4, workers: 4, queue: 128 });
    snapshot.vips[0].owner = Some("lb-2".into());
    for server in snapshot.servers.iter_mut().filter(|server| server.name == "app-2") {
        server.status = Some(ServerStatus::Down);
    }
    snapshot
}

/// Nobody has an address; a program of lb-2 is gone.
pub(crate) fn without_owners(infrastructure: &Infrastructure) -> Snapshot {
    let mut snapshot = in_trouble(infrastructure);
    for vip in &mut snapshot.vips {
        vip.owner = None;
    }
    let lb = host(&mut snapshot, "lb-2");
    lb.condition = Condition::Degraded;
    lb.services[1].is_up = false;
    snapshot
}

/// Everything wrong at once, with the longest words for it: every machine slow and busy, every server draining, no address owned.
pub(crate) fn at_its_worst(infrastructure: &Infrastructure) -> Snapshot {
    let mut snapshot = at_work(infrastructure);
    for host in &mut snapshot.hosts {
        (host.condition, host.slow_factor) = (Condition::Degraded, 12.5);
        if host.load.is_some() {
            host.load = Some(Load { busy: 64, workers: 64, queue: 4096 });
        }
    }
    for server in &mut snapshot.servers {
        (server.status, server.weight) = (Some(ServerStatus::Drain), 128);
    }
    for vip in &mut snapshot.vips {
        vip.owner = None;
    }
    snapshot
}

pub(crate) fn rates() -> Vec<LinkFlow> {
    let rate = |from: Place, to: &str, per_second| LinkFlow {
        from,
        to: Place::Host(to.to_owned()),
        per_second,
        failed_per_second: 0.0,
    };
    let lb = || Place::Host("lb-2".to_owned());
    vec![
        rate(Place::Users, "lb-2", 20.0),
        rate(lb(), "web-1", 6.0),
        rate(lb(), "app-1", 14.0),
        rate(Place::Host("app-1".into()), "db-1", 140.0),
    ]
}

pub(crate) fn picture(
    infrastructure: &Infrastructure,
    snapshot: Option<&Snapshot>,
    orientation: Orientation,
) -> Scene {
    let layout = Layout::new(infrastructure, orientation);
    let rates = if snapshot.is_some() { rates() } else { Vec::new() };
    compose(infrastructure, snapshot, &layout, &rates)
}

/// The picture of a file, which may be printed.
pub(crate) fn on_paper(infrastructure: &Infrastructure, snapshot: Option<&Snapshot>) -> Scene {
    compose(infrastructure, snapshot, &Layout::on_paper(infrastructure), &[])
}

/// Every picture that the tests look at, each with its name.
pub(crate) fn pictures() -> Vec<(String, Infrastructure, Scene)> {
    let mut pictures = Vec::new();
    for (size, infrastructure) in [("brief", brief()), ("wider", wider())] {
        let states = [
            ("rest", None),
            ("work", Some(at_work(&infrastructure))),
            ("trouble", Some(in_trouble(&infrastructure))),
            ("orphans", Some(without_owners(&infrastructure))),
        ];
        for orientation in ORIENTATIONS {
            for (state, snapshot) in &states {
                let scene = picture(&infrastructure, snapshot.as_ref(), orientation);
                let name = format!("{size}-{orientation:?}-{state}").to_lowercase();
                pictures.push((name, infrastructure.clone(), scene));
            }
        }
    }
    pictures
}
