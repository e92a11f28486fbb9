//! A random case: an infrastructure made from the brief's, users, and what is done to it and when.

use foobar_lab::infra::{
    Backend, Balance, Component, Cookie, CookieMode, Haproxy, HashFunction, HashMethod, HashType,
    Infrastructure, NextUpstream, Nginx, Observe, OnError, Preset, PriorityClass, ProxyCache,
    RetryOn, Server, Service, SessionStore, StickTable, Tls, UriPart,
};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::sim::{Dialling, Plan, TimedAction};

use super::choices::Choices;
use super::deeds::deed;

const MOST_APPS: u8 = 6;

/// A plan, what is done, and how long it runs.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) plan: Plan,
    pub(crate) actions: Vec<TimedAction>,
    pub(crate) until: SimTime,
    /// Whether the history is kept, and with it why each request ended as it did.
    pub(crate) keeps_history: bool,
}

impl Case {
    pub(crate) fn new(choices: &mut Choices) -> Self {
        let infrastructure =
            if choices.once_in(3) { rung(choices) } else { infrastructure(choices) };
        let mut plan = Plan::new(infrastructure, choices.below(1 << 16));
        let seconds = choices.one_of(&[4, 2, 8, 12, 20, 30]);
        let requests = choices.one_of(&[15_u32, 8, 40, 80, 150, 250]);
        let workload = &mut plan.workload;
        workload.rate = f64::from(requests) / seconds as f64;
        workload.clients = choices.one_of(&[200, 1, 3, 10]);
        workload.static_share = choices.one_of(&[0.4, 0.0, 1.0, 0.1]);
        workload.response_timeout = choices.ms(&[15_000, 3000, 800, 150, 70]);
        workload.connect_timeout = choices.ms(&[3000, 1000, 200]);
        if choices.once_in(4) {
            workload.slow_clients.share = choices.one_of(&[0.5, 1.0, 0.05]);
            workload.slow_clients.takes =
                choices.one_of(&[None, Some(10), Some(400), Some(6000)]).map(SimDuration::from_ms);
        }
        workload.answer_kib = choices.one_of(&[0, 0, 0, 10, 5000]);
        workload.dns.ttl = choices.ms(&[0, 1000, 5000]);
        if choices.once_in(3) {
            workload.dns.dialling = Dialling::HappyEyeballs;
        }
        let keeps_history = choices.once_in(4);
        let mut actions = Vec::new();
        while actions.len() < 20 && choices.below(8) > 0 {
            // Few instants, so that some things are done at the same one.
            let at = SimTime::from_ms(choices.below(24) * seconds * 1000 / 24);
            actions.push(TimedAction { at, action: deed(choices, &plan.infrastructure) });
        }
        actions.sort_by_key(|timed| timed.at);
        Self { plan, actions, until: SimTime::from_ms(seconds * 1000), keeps_history }
    }
}

fn infrastructure(choices: &mut Choices) -> Infrastructure {
    let mut infrastructure = Preset::Brief.infrastructure();
    let balancers = choices.one_of(&[2, 1, 3]);
    let apps = choices.one_of(&[2, 1, 3, 4, 6]);
    let has_web = !choices.once_in(4);
    let hosts = &mut infrastructure.hosts;
    match balancers {
        1 => hosts.retain(|host| host.name != "lb-2"),
        3 => {
            let mut third = hosts[1].clone();
            rename(&mut third, "lb-3", 13);
            for instance in third.services.iter_mut().filter_map(keepalived).flatten() {
                instance.priority = 90;
            }
            hosts.insert(2, third);
        }
        _ => {}
    }
    if !has_web {
        hosts.retain(|host| host.name != "web-1");
    }
    let first = hosts.iter().position(|host| host.name == "app-1").unwrap();
    let second = first + 1;
    for number in (3..=MOST_APPS).rev() {
        let mut app = hosts[second].clone();
        rename(&mut app, &format!("app-{number}"), 10 + number);
        hosts.insert(second + 1, app);
    }
    for host in hosts.iter_mut() {
        host.services.iter_mut().for_each(|service| serve(choices, service));
    }
    // All are drawn, so that the choices keep their places when the number is made smaller.
    hosts.drain(first + usize::from(apps)..first + usize::from(MOST_APPS));
    let mut haproxy = hosts[0].haproxy().unwrap().clone();
    configure(choices, &mut haproxy, apps, has_web);
    for host in hosts.iter_mut() {
        for service in &mut host.services {
            if let Service::Haproxy(own) = service {
                own.clone_from(&haproxy);
            }
        }
    }
    infrastructure.network.lan_latency =
        SimDuration::from_us(choices.one_of(&[200, 200, 200, 5000, 0]));
    infrastructure.network.internet_latency =
        SimDuration::from_us(choices.one_of(&[15_000, 15_000, 100_000, 0]));
    let lost = choices.one_of(&["", "", "", "", "", "edge-to-app", "app-to-db", "edge-to-web"]);
    infrastructure.rules.retain(|rule| rule.name != lost);
    infrastructure
}

/// A rung of the exercise's ladder, with figures of its own.
fn rung(choices: &mut Choices) -> Infrastructure {
    let presets = [Preset::Extended, Preset::Literal, Preset::Distributed, Preset::Simple];
    let mut infrastructure = choices.one_of(&presets.map(Preset::infrastructure));
    for host in &mut infrastructure.hosts {
        for service in &mut host.services {
            serve(choices, service);
            match service {
                Service::Nginx(nginx) => pass_on(choices, nginx),
                Service::Mysql(mysql) => {
                    mysql.recovery_time = choices.ms(&[6000, 0, 1000]);
                    if let Some(replica) = &mut mysql.replica {
                        replica.lag = choices.ms(&[500, 0, 5000]);
                        replica.promote_after =
                            choices.one_of(&[None, Some(0), Some(3000)]).map(SimDuration::from_ms);
                    }
                }
                Service::Haproxy(haproxy) => {
                    let full_work = choices.ms(&[1, 40]);
                    haproxy.tls = choices.one_of(&[
                        None,
                        Some(Tls::USUAL),
                        Some(Tls { to_servers: true, full_work, ..Tls::USUAL }),
                        Some(Tls { certificate: false, ..Tls::USUAL }),
                    ]);
                    haproxy.timeouts.server = choices.ms(&[10_000, 1000, 200]);
                    for server in haproxy.backends.iter_mut().flat_map(|of| &mut of.servers) {
                        limit(choices, server);
                    }
                }
                Service::App(app) => {
                    app.keeps_connections = choices.once_in(2);
                    app.sessions = choices.one_of(&[SessionStore::Shared, SessionStore::Local]);
                    app.timeout = choices.ms(&[30_000, 1000]);
                }
                Service::Keepalived(_) | Service::Agent => {}
            }
        }
    }
    infrastructure.network.lan_latency = SimDuration::from_us(choices.one_of(&[200, 200, 5000, 0]));
    let lost = choices.one_of(&["", "", "", "", "edge-to-web", "web-to-app", "app-to-db"]);
    infrastructure.rules.retain(|rule| rule.name != lost);
    infrastructure
}

/// How Nginx passes requests on.
fn pass_on(choices: &mut Choices, nginx: &mut Nginx) {
    nginx.worker_connections = choices.one_of(&[512, 1, 2, 5]);
    let Some(proxy_pass) = &mut nginx.proxy_pass else { return };
    proxy_pass.connect_timeout = choices.ms(&[60_000, 1000, 50]);
    proxy_pass.read_timeout = choices.ms(&[60_000, 1000, 50]);
    if choices.once_in(3) {
        let (valid, use_stale) = (choices.ms(&[1000, 0, 100]), choices.once_in(2));
        proxy_pass.cache = Some(ProxyCache { valid, use_stale });
    }
    let upstream = &mut proxy_pass.upstream;
    upstream.next_upstream_tries = choices.one_of(&[0, 1, 2]);
    let more = [NextUpstream::Status(500), NextUpstream::NonIdempotent];
    upstream.next_upstream.extend(more.into_iter().filter(|_| choices.once_in(3)));
    for server in &mut upstream.servers {
        server.weight = choices.one_of(&[1, 2, 5]);
        server.max_fails = choices.one_of(&[1, 0, 3]);
        server.fail_timeout = choices.ms(&[10_000, 1000]);
    }
    if let [_, second, ..] = &mut upstream.servers[..] {
        second.backup = choices.once_in(4);
    }
}

fn rename(host: &mut foobar_lab::infra::Host, name: &str, last: u8) {
    name.clone_into(&mut host.name);
    let [a, b, c, _] = host.address.octets();
    host.address = [a, b, c, last].into();
}

fn keepalived(service: &mut Service) -> Option<&mut Vec<foobar_lab::infra::VrrpInstance>> {
    if let Service::Keepalived(keepalived) = service {
        Some(&mut keepalived.instances)
    } else {
        None
    }
}

/// The servers' own figures.
fn serve(choices: &mut Choices, service: &mut Service) {
    match service {
        Service::App(app) => {
            app.workers = choices.one_of(&[4, 1, 2]);
            app.backlog = choices.one_of(&[128, 0, 1, 3]);
            app.service_time = choices.ms(&[30, 5, 200, 600]);
            app.database_read_timeout = choices.ms(&[5000, 300]);
        }
        Service::Nginx(nginx) => {
            nginx.worker_processes = choices.one_of(&[2, 1]);
            nginx.backlog = choices.one_of(&[511, 0, 2]);
            nginx.service_time = choices.ms(&[2, 100]);
        }
        Service::Mysql(mysql) => {
            mysql.max_connections = choices.one_of(&[151, 1, 3]);
            mysql.threads = choices.one_of(&[8, 1]);
            mysql.service_time = choices.ms(&[10, 1, 300]);
        }
        Service::Keepalived(keepalived) => {
            if choices.once_in(4) {
                keepalived.track_script = None;
            }
        }
        Service::Haproxy(_) | Service::Agent => {}
    }
}

fn configure(choices: &mut Choices, haproxy: &mut Haproxy, apps: u8, has_web: bool) {
    if !has_web {
        haproxy.backends.retain(|backend| backend.name != "static");
        haproxy.path_rules.clear();
    }
    haproxy.maxconn = choices.one_of(&[0, 0, 0, 1, 2, 5, 20]);
    haproxy.peers = choices.once_in(2);
    let timeouts = &mut haproxy.timeouts;
    timeouts.connect = choices.ms(&[1000, 300, 50, 1]);
    timeouts.server = choices.ms(&[10_000, 1000, 200, 30]);
    timeouts.queue =
        choices.one_of(&[None, Some(5000), Some(500), Some(20)]).map(SimDuration::from_ms);
    timeouts.client = choices.one_of(&[Some(30_000), None, Some(300)]).map(SimDuration::from_ms);
    timeouts.http_request = choices.one_of(&[None, Some(2000), Some(50)]).map(SimDuration::from_ms);
    timeouts.check =
        choices.one_of(&[Some(1000), None, Some(100), Some(2)]).map(SimDuration::from_ms);
    haproxy.retries.retries = choices.one_of(&[3, 0, 1, 2, 5]) as u32;
    haproxy.retries.redispatch =
        choices.one_of(&[None, Some(-1), Some(1), Some(2), Some(-2), Some(0)]);
    let all = [
        RetryOn::EmptyResponse,
        RetryOn::ResponseTimeout,
        RetryOn::Status(500),
        RetryOn::Status(503),
        RetryOn::JunkResponse,
    ];
    haproxy.retries.retry_on.extend(all.into_iter().filter(|_| choices.once_in(3)));
    for backend in &mut haproxy.backends {
        if backend.name == "app" {
            let model = backend.servers[0].clone();
            let own = |number| {
                let name = format!("app-{number}");
                Server { name: name.clone(), host: name, ..model.clone() }
            };
            backend.servers = (1..=MOST_APPS).map(own).collect();
        }
        distribute(choices, backend);
        backend.servers.iter_mut().for_each(|server| limit(choices, server));
        backend.servers.truncate(usize::from(apps));
    }
}

pub(crate) fn balance(choices: &mut Choices) -> Balance {
    let uri = UriPart { whole: choices.once_in(2), ..UriPart::default() };
    let name = "id".to_owned();
    choices.one_of(&[
        Balance::Roundrobin,
        Balance::Leastconn,
        Balance::StaticRr,
        Balance::First,
        Balance::Random { draws: 2 },
        Balance::Source,
        Balance::Uri(uri),
        Balance::UrlParam { name: name.clone() },
        Balance::Hdr { name },
        Balance::Random { draws: 1 },
    ])
}

pub(crate) fn hash_type(choices: &mut Choices) -> HashType {
    let functions =
        [HashFunction::Sdbm, HashFunction::Djb2, HashFunction::Wt6, HashFunction::Crc32];
    HashType {
        method: choices.one_of(&[HashMethod::MapBased, HashMethod::Consistent]),
        function: if choices.once_in(2) { Some(choices.one_of(&functions)) } else { None },
        avalanche: choices.once_in(2),
    }
}

fn distribute(choices: &mut Choices, backend: &mut Backend) {
    backend.balance = balance(choices);
    backend.hash_type = hash_type(choices);
    backend.hash_balance_factor = choices.one_of(&[0, 0, 101, 150]);
    if choices.once_in(3) {
        backend.httpchk = None;
    }
    backend.allbackups = choices.once_in(3);
    backend.persist = choices.once_in(4);
    backend.abortonclose = choices.once_in(2);
    backend.fullconn = choices.one_of(&[None, Some(1), Some(4), Some(20)]);
    if choices.once_in(3) {
        backend.cookie = Some(Cookie {
            name: "SRV".to_owned(),
            mode: choices.one_of(&[CookieMode::Insert, CookieMode::Prefix, CookieMode::Rewrite]),
            indirect: choices.once_in(2),
            nocache: false,
            preserve: choices.once_in(2),
        });
        for server in &mut backend.servers {
            server.cookie = if choices.once_in(5) { None } else { Some(server.name.clone()) };
        }
    }
    if choices.once_in(3) {
        let expire = choices.one_of(&[None, Some(200), Some(5000)]).map(SimDuration::from_ms);
        backend.stick_table = Some(StickTable { size: choices.one_of(&[100, 1, 2, 5]), expire });
    }
    if choices.once_in(8) {
        let class = PriorityClass { header: "X-Gold".to_owned(), class: -1 };
        backend.priority_classes.push(class);
    }
}

fn limit(choices: &mut Choices, server: &mut Server) {
    server.weight = choices.one_of(&[1, 1, 2, 3, 20, 0]);
    server.backup = choices.once_in(5);
    server.disabled = choices.once_in(12);
    server.maxconn = choices.one_of(&[0, 0, 1, 2, 4]);
    server.minconn = choices.one_of(&[0, 0, 1, 2]);
    server.maxqueue = choices.one_of(&[0, 0, 1, 3]);
    server.slowstart =
        choices.one_of(&[None, None, Some(2500), Some(8000)]).map(SimDuration::from_ms);
    server.check = !choices.once_in(6);
    server.inter = choices.ms(&[2000, 700, 200]);
    server.fastinter = choices.one_of(&[None, Some(300), Some(60)]).map(SimDuration::from_ms);
    server.downinter = choices.one_of(&[None, Some(400), Some(1000)]).map(SimDuration::from_ms);
    server.rise = choices.one_of(&[2, 1, 3]);
    server.fall = choices.one_of(&[3, 1, 2]);
    server.observe = choices.one_of(&[None, None, Some(Observe::Layer4), Some(Observe::Layer7)]);
    server.error_limit = choices.one_of(&[10, 1, 2]);
    server.on_error = on_error(choices);
    server.shutdown_sessions = choices.once_in(3);
    server.shutdown_backup_sessions = choices.once_in(4);
}

pub(crate) fn on_error(choices: &mut Choices) -> OnError {
    choices.one_of(&[
        OnError::FailCheck,
        OnError::Fastinter,
        OnError::SuddenDeath,
        OnError::MarkDown,
    ])
}

/// A host, or one of its services.
pub(crate) fn component(choices: &mut Choices, infrastructure: &Infrastructure) -> Component {
    let host = choices.one_of(&infrastructure.hosts);
    let service = choices.below(host.services.len() as u64 + 1) as usize;
    match service.checked_sub(1) {
        None => Component::host(&host.name),
        Some(service) => Component::service(&host.name, host.services[service].name()),
    }
}
