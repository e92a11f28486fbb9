//! What HAProxy and Nginx would not take, or what in their configuration contradicts itself: the ranges of HAProxy 2.6 (`haproxy -c`) and
//! of Nginx (`nginx -t`), and for times those of a reload.

use super::faults::{DAY, Faults, HOUR, MINUTE, MOST, MS, SECOND, each, join};
use crate::infra::{
    Backend, Balance, Haproxy, Infrastructure, NextUpstream, Nginx, ProxyPass, RetryOn, Server,
    Service, Setting,
};
use crate::kernel::SimDuration;

/// What `retry-on` takes (HAProxy 2.6 manual 4.2).
const RETRIED: [u16; 10] = [401, 403, 404, 408, 425, 500, 501, 502, 503, 504];
/// What `proxy_next_upstream` takes (ngx_http_proxy_module).
const PASSED_ON: [u16; 7] = [500, 502, 503, 504, 403, 404, 429];
const NO_SERVERS: &str = "at least one server";
const NONE: SimDuration = SimDuration::ZERO;

impl Infrastructure {
    pub(super) fn check_haproxy(&self, haproxy: &Haproxy, faults: &mut Faults) {
        faults.count("tls_round_trips", haproxy.tls_round_trips, 0, 2);
        faults.time("processing_time", haproxy.processing_time, NONE, MINUTE);
        faults.count("maxconn", haproxy.maxconn, 0, MOST);
        if let Some(tls) = haproxy.tls {
            faults.count("tls.resumed_percent", tls.resumed_percent, 0, 100);
            faults.time("tls.full_work", tls.full_work, NONE, MINUTE);
            faults.time("tls.resumed_work", tls.resumed_work, NONE, MINUTE);
        }
        check_clocks(haproxy, faults);
        let is_known = |name: &String| haproxy.backends.iter().any(|backend| &backend.name == name);
        let backends = join(haproxy.backends.iter().map(|backend| &backend.name));
        let default = &haproxy.default_backend;
        faults.expect(!haproxy.backends.is_empty(), "backends", &"[]", "at least one backend");
        faults.expect(is_known(default), "default_backend", default, &backends);
        for (index, rule) in haproxy.path_rules.iter().enumerate() {
            let back = faults.enter_item("path_rules", index);
            faults.line("path_beg", &rule.path_beg);
            faults.expect(is_known(&rule.backend), "backend", &rule.backend, &backends);
            faults.leave(back);
        }
        faults.unique(each("backends", "name", &haproxy.backends, |one| one.name.clone()));
        for (index, backend) in haproxy.backends.iter().enumerate() {
            let back = faults.enter_item("backends", index);
            check_backend(backend, faults);
            for (index, server) in backend.servers.iter().enumerate() {
                let back = faults.enter_item("servers", index);
                self.check_server(server, faults);
                faults.leave(back);
            }
            faults.leave(back);
        }
    }

    fn check_server(&self, server: &Server, faults: &mut Faults) {
        expect_proxy_name(&server.name, faults);
        let serves = |service: &Service| matches!(service, Service::Nginx(_) | Service::App(_));
        self.check_target((&server.host, server.port), serves, "nginx or app", faults);
        faults.line("cookie", server.cookie.as_deref().unwrap_or_default());
        for (field, found, least, most) in [
            ("weight", server.weight, 0, 256),
            ("maxconn", server.maxconn, 0, MOST),
            ("minconn", server.minconn, 0, MOST),
            ("maxqueue", server.maxqueue, 0, MOST),
            ("rise", server.rise, 1, 100),
            ("fall", server.fall, 1, 100),
            ("error_limit", server.error_limit, 1, MOST),
        ] {
            faults.count(field, found, least, most);
        }
        for (field, found, least) in [
            ("inter", Some(server.inter), MS),
            ("fastinter", server.fastinter, MS),
            ("downinter", server.downinter, MS),
            ("slowstart", server.slowstart, NONE),
        ] {
            faults.time(field, found.unwrap_or(least), least, DAY);
        }
        // HAProxy takes it, and looks at nothing then.
        if let Some(observe) = server.observe {
            let found = format!("{observe:?}").to_lowercase();
            faults.expect(server.check, "observe", &found, "null where `check` is false");
        }
    }

    /// Something that listens stands at this host and port.
    fn check_target(
        &self,
        (host, port): (&str, u16),
        serves: fn(&Service) -> bool,
        who: &str,
        faults: &mut Faults,
    ) {
        let services = self.host(host).into_iter().flat_map(|host| &host.services);
        let ports: Vec<u16> =
            services.filter(|service| serves(service)).flat_map(Service::ports).collect();
        if ports.is_empty() {
            faults.expect(false, "host", &host, &format!("a host with the service {who}"));
        } else if !ports.contains(&port) {
            let all: Vec<String> = ports.iter().map(u16::to_string).collect();
            let allowed = format!("{}, where {who} listens on {host}", all.join(" or "));
            faults.expect(false, "port", &port, &allowed);
        }
    }

    pub(super) fn check_nginx(&self, nginx: &Nginx, faults: &mut Faults) {
        faults.time("service_time", nginx.service_time, NONE, MINUTE);
        faults.distribution(nginx.service_distribution);
        faults.set("worker_processes", nginx.worker_processes, Setting::WorkerProcesses);
        faults.set("worker_connections", nginx.worker_connections, Setting::WorkerConnections);
        faults.count("backlog", nginx.backlog, 0, Setting::ListenBacklog.range().1);
        let Some(proxy_pass) = &nginx.proxy_pass else { return };
        let back = faults.enter("proxy_pass");
        self.check_proxy_pass(proxy_pass, faults);
        faults.leave(back);
    }

    fn check_proxy_pass(&self, proxy_pass: &ProxyPass, faults: &mut Faults) {
        faults.time("connect_timeout", proxy_pass.connect_timeout, MS, SECOND * 75);
        faults.time("read_timeout", proxy_pass.read_timeout, MS, HOUR);
        if let Some(cache) = proxy_pass.cache {
            faults.time("cache.valid", cache.valid, NONE, HOUR);
        }
        faults.enter("upstream");
        let upstream = &proxy_pass.upstream;
        let servers = &upstream.servers;
        faults.expect(!servers.is_empty(), "servers", &"[]", NO_SERVERS);
        let is_all_backup = !servers.is_empty() && servers.iter().all(|server| server.backup);
        let allowed = "false for at least one server: nginx counts those alone";
        faults.expect(!is_all_backup, "servers[0].backup", &true, allowed);
        for (index, server) in servers.iter().enumerate() {
            let back = faults.enter_item("servers", index);
            let is_app = |service: &Service| matches!(service, Service::App(_));
            self.check_target((&server.host, server.port), is_app, "app", faults);
            faults.count("weight", server.weight, 1, 65_535);
            faults.set("max_fails", server.max_fails, Setting::MaxFails);
            let time = server.fail_timeout;
            let is_whole = time.as_ns().is_multiple_of(SECOND.as_ns());
            let is_allowed = is_whole && (SECOND..=HOUR).contains(&time);
            faults.expect(is_allowed, "fail_timeout", &time, "1s to 1h in whole seconds");
            faults.leave(back);
        }
        for (index, condition) in upstream.next_upstream.iter().enumerate() {
            if let NextUpstream::Status(status) = condition {
                let back = faults.enter_item("next_upstream", index);
                expect_status(*status, &PASSED_ON, faults);
                faults.leave(back);
            }
        }
        let tries = upstream.next_upstream_tries;
        faults.set("next_upstream_tries", tries, Setting::NextUpstreamTries);
    }
}

/// Timeouts and what is tried again. 0 would mean no limit to HAProxy; the model has none without.
fn check_clocks(haproxy: &Haproxy, faults: &mut Faults) {
    let of = haproxy.timeouts;
    let back = faults.enter("timeouts");
    for (field, time) in [
        ("connect", Some(of.connect)),
        ("server", Some(of.server)),
        ("client", of.client),
        ("queue", of.queue),
        ("http_request", of.http_request),
        ("check", of.check),
    ] {
        faults.time(field, time.unwrap_or(MS), MS, DAY);
    }
    faults.leave(back);
    let back = faults.enter("retries");
    faults.count("retries", haproxy.retries.retries, 0, 100);
    for (index, on) in haproxy.retries.retry_on.iter().enumerate() {
        if let RetryOn::Status(status) = on {
            let back = faults.enter_item("retry_on", index);
            expect_status(*status, &RETRIED, faults);
            faults.leave(back);
        }
    }
    faults.leave(back);
}

fn check_backend(backend: &Backend, faults: &mut Faults) {
    expect_proxy_name(&backend.name, faults);
    faults.expect(!backend.servers.is_empty(), "servers", &"[]", NO_SERVERS);
    faults.unique(each("servers", "name", &backend.servers, |one| one.name.clone()));
    let factor = backend.hash_balance_factor;
    let is_allowed = factor == 0 || (101..=MOST).contains(&factor);
    faults.expect(is_allowed, "hash_balance_factor", &factor, "0, or more than 100");
    faults.count("fullconn", backend.fullconn.unwrap_or(1), 1, MOST);
    match &backend.balance {
        Balance::Random { draws } => faults.count("balance.random.draws", *draws, 1, 100),
        Balance::UrlParam { name } => faults.short_name("balance.url-param.name", name),
        Balance::Hdr { name } => faults.short_name("balance.hdr.name", name),
        Balance::Uri(part) => {
            faults.count("balance.uri.len", part.len, 0, MOST);
            faults.count("balance.uri.depth", part.depth, 0, MOST);
        }
        Balance::Roundrobin
        | Balance::StaticRr
        | Balance::Leastconn
        | Balance::First
        | Balance::Source => {}
    }
    if let Some(check) = &backend.httpchk {
        faults.line("httpchk.path", &check.path);
    }
    if let Some(cookie) = &backend.cookie {
        faults.short_name("cookie.name", &cookie.name);
    }
    if let Some(table) = backend.stick_table {
        faults.count("stick_table.size", table.size, 1, MOST);
        faults.time("stick_table.expire", table.expire.unwrap_or(MS), MS, DAY * 30);
    }
    for (index, own) in backend.priority_classes.iter().enumerate() {
        let back = faults.enter_item("priority_classes", index);
        faults.short_name("header", &own.header);
        let is_allowed = (-2047..=2047).contains(&own.class);
        faults.expect(is_allowed, "class", &own.class, "-2047 to 2047");
        faults.leave(back);
    }
}

/// What HAProxy takes as the name of a backend or a server.
fn expect_proxy_name(name: &str, faults: &mut Faults) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    let is_allowed = (1..=200).contains(&name.len()) && name.bytes().all(fits);
    faults.expect(is_allowed, "name", &name, "1 to 200 letters, digits and - _ . :");
}

fn expect_status(status: u16, of: &[u16], faults: &mut Faults) {
    if !of.contains(&status) {
        let all: Vec<String> = of.iter().map(u16::to_string).collect();
        faults.expect(false, "status", &status, &all.join(", "));
    }
}
