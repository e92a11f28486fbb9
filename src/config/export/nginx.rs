//! `nginx.conf`: static files, and where everything else is passed on to if it is a reverse proxy.

use super::text::{Text, said, seconds, time, token};
use super::{Kind, address, is_encrypted};
use crate::infra::{Host, Infrastructure, NextUpstream, Nginx, ProxyPass, Service, Upstream};

pub(super) const KIND: Kind = Kind {
    file: "nginx.conf",
    to: "/etc/nginx/nginx.conf",
    check: "nginx -t -c /etc/nginx/nginx.conf",
    load: "systemctl reload nginx",
};
/// What begins so is a file.
const STATIC: &str = "/static/";
/// Where Nginx keeps pages, if it does.
const CACHE: &str = "/var/lib/nginx/pages";

/// The configuration of one web server.
pub(super) fn write(infrastructure: &Infrastructure, host: &Host, nginx: &Nginx) -> String {
    let title = format!("Nginx on {} ({}): {}", host.name, host.title, infrastructure.title);
    let what = if nginx.proxy_pass.is_some() {
        "It hands out files itself and passes everything else on to the application."
    } else {
        "It hands out files, unchanged: cheap, and so never mixed with the work of computing pages."
    };
    let mut text = Text::new(&[&title, what]);
    text.line(0, "user www-data;");
    text.line(0, "pid /run/nginx.pid;");
    text.line(0, "error_log /var/log/nginx/error.log;");
    let (file, spread) = (said(nginx.service_time), nginx.service_distribution);
    text.note(0, &format!("Processes that work at the same time: about one for each core. The lab reckons with {file} for a file ({spread})."));
    text.line(0, &format!("worker_processes {};", nginx.worker_processes));
    text.part("events {");
    text.note(1, "Connections that each of them holds, those to the application included.");
    text.line(1, &format!("worker_connections {};", nginx.worker_connections));
    text.line(0, "}");
    text.part("http {");
    text.line(1, "include /etc/nginx/mime.types;");
    text.line(1, "default_type application/octet-stream;");
    text.note(1, "Counting its lines tells how many requests there are in a second.");
    text.line(1, "access_log /var/log/nginx/access.log;");
    behind_balancers(&mut text, infrastructure, host, nginx);
    if let Some(proxy_pass) = &nginx.proxy_pass {
        upstream(&mut text, infrastructure, proxy_pass);
    }
    server(&mut text, infrastructure, host, nginx);
    text.line(0, "}");
    text.finish()
}

/// The balancers that send requests here, with the paths that their checks ask for.
fn checked_by<'a>(
    infrastructure: &'a Infrastructure,
    host: &Host,
    nginx: &Nginx,
) -> (Vec<&'a Host>, Vec<&'a str>) {
    let mut balancers: Vec<&Host> = Vec::new();
    let mut paths: Vec<&str> = Vec::new();
    for balancer in infrastructure.balancers() {
        let mut is_before = false;
        for backend in balancer.haproxy().into_iter().flat_map(|haproxy| &haproxy.backends) {
            let mut servers = backend.servers.iter();
            if !servers.any(|server| server.host == host.name && server.port == nginx.port) {
                continue;
            }
            is_before = true;
            let path = backend.httpchk.as_ref().map(|check| check.path.as_str());
            paths.extend(path.filter(|path| !paths.contains(path)));
        }
        if is_before {
            balancers.push(balancer);
        }
    }
    (balancers, paths)
}

fn behind_balancers(text: &mut Text, infrastructure: &Infrastructure, host: &Host, nginx: &Nginx) {
    let (balancers, _) = checked_by(infrastructure, host, nginx);
    if balancers.is_empty() {
        return;
    }
    text.blank();
    text.note(1, "Users come through these balancers, which say in a header who they are. Nobody else is believed.");
    for balancer in balancers {
        text.line(1, &format!("set_real_ip_from {};", balancer.address));
    }
    text.line(1, "real_ip_header X-Forwarded-For;");
}

fn upstream(text: &mut Text, infrastructure: &Infrastructure, proxy_pass: &ProxyPass) {
    text.blank();
    let is_alone = proxy_pass.upstream.servers.len() == 1;
    text.note(1, if is_alone {
        "The only server: Nginx asks it whatever its failures were, since there is no other."
    } else {
        "In turn, by weight. After max_fails failures within fail_timeout a server is left alone for as long."
    });
    text.line(1, "upstream application {");
    for server in &proxy_pass.upstream.servers {
        let place = format!("{}:{}", address(infrastructure, &server.host), server.port);
        let timeout = seconds(server.fail_timeout);
        let (weight, fails) = (server.weight, server.max_fails);
        let backup = if server.backup { " backup" } else { "" };
        let figures = format!("weight={weight} max_fails={fails} fail_timeout={timeout}s");
        text.line(2, &format!("server {place} {figures}{backup};"));
    }
    text.line(1, "}");
    if proxy_pass.cache.is_some() {
        text.note(1, "Pages are kept here; the names of what is kept fit 10 MB of memory.");
        text.line(1, &format!("proxy_cache_path {CACHE} keys_zone=pages:10m;"));
    }
}

fn server(text: &mut Text, infrastructure: &Infrastructure, host: &Host, nginx: &Nginx) {
    let domain = token(&infrastructure.domain);
    let is_encrypted = is_encrypted(infrastructure, host, nginx.port);
    text.blank();
    text.line(1, "server {");
    text.note(2, "The backlog is how many connections the kernel holds before Nginx takes them.");
    let ssl = if is_encrypted { " ssl" } else { "" };
    text.line(2, &format!("listen {} backlog={}{ssl};", nginx.port, nginx.backlog));
    if is_encrypted {
        text.note(2, "The balancer encrypts again what it sends, and checks this certificate.");
        text.line(2, &format!("ssl_certificate /etc/nginx/certs/{domain}.pem;"));
        text.line(2, &format!("ssl_certificate_key /etc/nginx/certs/{domain}.key;"));
    }
    text.line(2, &format!("server_name {domain};"));
    text.line(2, &format!("root /var/www/{domain};"));
    let (_, paths) = checked_by(infrastructure, host, nginx);
    let answers = |path: &&&str| nginx.proxy_pass.is_none() || path.starts_with(STATIC);
    for path in paths.iter().filter(answers) {
        text.blank();
        text.note(2, "The balancer's check: it asks whether Nginx answers, not whether a certain file is there.");
        text.line(2, &format!("location = {} {{", quoted(path)));
        text.line(3, "access_log off;");
        text.line(3, "default_type text/plain;");
        text.line(3, "return 200 \"ok\\n\";");
        text.line(2, "}");
    }
    if host.services.contains(&Service::Agent) {
        text.blank();
        text.note(
            2,
            "Totals of connections and requests, for the monitoring agent on this machine alone.",
        );
        text.line(2, "location = /nginx_status {");
        text.line(3, "stub_status;");
        text.line(3, "allow 127.0.0.1;");
        text.line(3, "deny all;");
        text.line(2, "}");
    }
    text.blank();
    text.note(2, "Files come from the disk; one that is not there is nobody else's business.");
    text.line(2, &format!("location {STATIC} {{"));
    text.line(3, "try_files $uri =404;");
    text.line(2, "}");
    text.blank();
    if let Some(proxy_pass) = &nginx.proxy_pass {
        pass_on(text, proxy_pass);
    } else {
        text.line(2, "location / {");
        text.line(3, "try_files $uri $uri/ =404;");
        text.line(2, "}");
    }
    text.line(1, "}");
}

fn pass_on(text: &mut Text, proxy_pass: &ProxyPass) {
    text.note(2, "Everything else is computed by the application.");
    text.line(2, "location / {");
    text.line(3, "proxy_pass http://application;");
    text.line(3, "proxy_set_header Host $host;");
    text.line(3, "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;");
    text.note(3, "How long to wait for a server. A balancer in front should wait longer, or a second try comes too late.");
    text.line(3, &format!("proxy_connect_timeout {};", time(proxy_pass.connect_timeout)));
    text.line(3, &format!("proxy_read_timeout {};", time(proxy_pass.read_timeout)));
    next_upstream(text, &proxy_pass.upstream);
    if let Some(cache) = proxy_pass.cache {
        text.note(3, "A good page is kept for so long and given to others as it is.");
        text.line(3, "proxy_cache pages;");
        text.line(3, &format!("proxy_cache_valid 200 {}s;", seconds(cache.valid)));
        if cache.use_stale {
            text.note(3, "An old page is better than an error.");
            text.line(3, "proxy_cache_use_stale error timeout http_500 http_502 http_504;");
        }
    }
    text.line(2, "}");
}

fn next_upstream(text: &mut Text, upstream: &Upstream) {
    text.note(3, "What sends a request on to the next server, and how many it tries (0: all).");
    let word = |condition: &NextUpstream| match condition {
        NextUpstream::Error => "error".to_owned(),
        NextUpstream::Timeout => "timeout".to_owned(),
        NextUpstream::Status(status) => format!("http_{status}"),
        NextUpstream::NonIdempotent => "non_idempotent".to_owned(),
    };
    let words: Vec<String> = upstream.next_upstream.iter().map(word).collect();
    let words = if words.is_empty() { "off".to_owned() } else { words.join(" ") };
    text.line(3, &format!("proxy_next_upstream {words};"));
    text.line(3, &format!("proxy_next_upstream_tries {};", upstream.next_upstream_tries));
}

/// A path as Nginx reads it: in quotes only where it needs them.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    let mut made = "\"".to_owned();
    for c in path.chars().filter(|c| !c.is_control()) {
        if c == '"' || c == '\\' {
            made.push('\\');
        }
        made.push(c);
    }
    made.push('"');
    made
}
