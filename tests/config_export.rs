//! The configurations that are written for every machine: whether the real programs take them, whether our own reader finds the same
//! model in them, and whether each machine has what it needs and nothing else. What is not installed is skipped, and said so.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use foobar_lab::config::export::{ConfigFile, files};
use foobar_lab::config::haproxy_cfg::{read, site};
use foobar_lab::infra::{
    Backend, Balance, Cookie, CookieMode, Edit, Haproxy, HashFunction, HashMethod, HashType, Host,
    HttpCheck, Infrastructure, Observe, OnError, PathRule, Peer, Preset, PriorityClass, ProxyCache,
    Retries, RetryOn, Server, Service, StickTable, Timeouts, Tls, TrackScript, UriPart,
};
use foobar_lab::kernel::SimDuration;

// --- what the tests are about ---------------------------------------------------------------------------------------------------

/// The presets, and a site with every directive that no preset has.
fn sites() -> Vec<Infrastructure> {
    let presets = Preset::ALL.into_iter().map(Preset::infrastructure);
    presets.chain([everything()]).collect()
}

/// The extended preset with every directive set.
fn everything() -> Infrastructure {
    let mut made = Preset::Extended.infrastructure();
    "everything".clone_into(&mut made.name);
    let secs = SimDuration::from_secs;
    for service in made.hosts.iter_mut().flat_map(|host| &mut host.services) {
        match service {
            Service::Haproxy(haproxy) => *haproxy = full(haproxy),
            Service::Keepalived(keepalived) => {
                keepalived.vrrp_version = 3;
                keepalived.advert_int = SimDuration::from_ms(250);
                keepalived.track_script =
                    Some(TrackScript { weight: -5, ..TrackScript::default() });
                keepalived.instances[0].preempt_delay = SimDuration::from_ms(1500);
            }
            Service::Nginx(nginx) => {
                let proxy_pass = nginx.proxy_pass.as_mut().unwrap();
                proxy_pass.cache = Some(ProxyCache { valid: secs(5), use_stale: true });
                proxy_pass.connect_timeout = SimDuration::from_ms(500);
                proxy_pass.upstream.next_upstream_tries = 2;
                proxy_pass.upstream.servers[1].backup = true;
            }
            Service::App(app) => app.keeps_connections = true,
            Service::Mysql(mysql) => {
                if let Some(replica) = &mut mysql.replica {
                    replica.promote_after = Some(secs(30));
                }
            }
            Service::Agent => {}
        }
    }
    made.rules[1].disabled = true;
    made
}

fn full(haproxy: &Haproxy) -> Haproxy {
    let secs = SimDuration::from_secs;
    let ms = SimDuration::from_ms;
    let mut haproxy = haproxy.clone();
    haproxy.maxconn = 500;
    haproxy.tls_round_trips = 2;
    haproxy.peers = true;
    haproxy.timeouts =
        Timeouts { queue: Some(ms(1500)), http_request: Some(secs(5)), ..haproxy.timeouts };
    haproxy.retries = Retries {
        retries: 2,
        redispatch: Some(1),
        retry_on: vec![RetryOn::ConnFailure, RetryOn::ResponseTimeout, RetryOn::Status(503)],
    };
    let backend = &mut haproxy.backends[0];
    backend.cookie = Some(Cookie {
        name: "SRV".to_owned(),
        mode: CookieMode::Insert,
        indirect: true,
        nocache: true,
        preserve: true,
    });
    backend.stick_table = Some(StickTable { size: 102_400, expire: Some(secs(1800)) });
    backend.priority_classes = vec![PriorityClass { header: "X-Paying".to_owned(), class: -10 }];
    backend.disable_on_404 = true;
    backend.persist = true;
    backend.abortonclose = true;
    backend.allbackups = true;
    backend.fullconn = Some(50);
    let server = &mut backend.servers[0];
    server.cookie = Some("one".to_owned());
    server.weight = 3;
    server.maxconn = 20;
    server.minconn = 2;
    server.maxqueue = 100;
    server.slowstart = Some(secs(10));
    server.fastinter = Some(ms(500));
    server.downinter = Some(secs(5));
    server.observe = Some(Observe::Layer7);
    server.error_limit = 3;
    server.on_error = OnError::MarkDown;
    server.shutdown_sessions = true;
    let server = &mut backend.servers[1];
    server.backup = true;
    server.disabled = true;
    server.shutdown_backup_sessions = true;
    let by_path = Balance::Uri(UriPart { whole: true, path_only: false, len: 20, depth: 2 });
    haproxy.backends.push(Backend {
        hash_type: HashType {
            method: HashMethod::Consistent,
            function: Some(HashFunction::Djb2),
            avalanche: true,
        },
        hash_balance_factor: 150,
        httpchk: Some(HttpCheck { path: "/a b#c".to_owned() }),
        servers: vec![Server::new("srv:1", "web-1", 80)],
        ..Backend::new("second", by_path)
    });
    haproxy.path_rules =
        vec![PathRule { path_beg: "/second/".to_owned(), backend: "second".to_owned() }];
    haproxy
}

fn text<'a>(files: &'a [ConfigFile], host: &str, file: &str) -> Option<&'a str> {
    let path = format!("config/{host}/{file}");
    files.iter().find(|of| of.path == path).map(|of| of.text.as_str())
}

/// The files of this name, with the machine they are for.
fn each(site: &Infrastructure, file: &str) -> Vec<(String, String)> {
    let files = files(site);
    let of = |host: &Host| Some((host.name.clone(), text(&files, &host.name, file)?.to_owned()));
    site.hosts.iter().filter_map(of).collect()
}

// --- the real programs ----------------------------------------------------------------------------------------------------------

/// The installed program, or word that it is not there.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = places.map(|place: PathBuf| place.join(name)).find(|path| path.is_file());
    if found.is_none() {
        println!("config_export: skipped, {name} is not installed");
    }
    found
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// An empty folder of the test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config_export").join(test);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

/// Runs a program that has to be content.
#[track_caller]
fn accepts(command: &mut Command, text: &str) -> String {
    let output = command.output().unwrap();
    let said = said(&output);
    assert!(output.status.success(), "{command:?}: {}\n{said}\nin:\n{text}", output.status);
    said
}

/// A certificate that signs itself, with its key in the same file.
fn certificate(openssl: &Path, folder: &Path) {
    let (certificate, key) = (folder.join("certificate"), folder.join("key"));
    let mut command = Command::new(openssl);
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    command.args(["-subj", "/CN=www.foobar.com", "-keyout"]).arg(&key);
    accepts(command.arg("-out").arg(&certificate), "");
    let both = fs::read_to_string(&certificate).unwrap() + &fs::read_to_string(&key).unwrap();
    for name in ["www.foobar.com.pem", "servers-ca.pem"] {
        fs::write(folder.join(name), &both).unwrap();
    }
    let key = || accepts(Command::new(openssl).args(["rand", "-base64", "48"]), "");
    let keys: String = (0..3).map(|_| key()).collect();
    fs::write(folder.join("ticket.keys"), keys).unwrap();
}

#[test]
fn haproxy_takes_its_files() {
    let (Some(haproxy), Some(openssl)) = (program("haproxy"), program("openssl")) else { return };
    let folder = folder("haproxy");
    certificate(&openssl, &folder);
    for site in sites_by_tls() {
        for (host, text) in each(&site, "haproxy.cfg") {
            let text = text.replace("/etc/haproxy/certs", folder.to_str().unwrap());
            let text = text.replace("/etc/haproxy", folder.to_str().unwrap());
            let path = folder.join(format!("{}-{host}.cfg", site.name));
            fs::write(&path, &text).unwrap();
            let said = accepts(Command::new(&haproxy).arg("-c").arg("-f").arg(&path), &text);
            assert!(!said.contains("[WARNING]"), "{said}\nin:\n{text}");
        }
    }
}

#[test]
fn nginx_takes_its_files() {
    let Some(nginx) = program("nginx") else { return };
    let folder = folder("nginx");
    let here = folder.to_str().unwrap();
    fs::create_dir_all(folder.join("logs")).unwrap();
    for site in sites() {
        for (host, text) in each(&site, "nginx.conf") {
            // Its places and its port are root's; the rest stays.
            let text = text.replace("/run/", &format!("{here}/"));
            let text = text.replace("/var/log/nginx/", &format!("{here}/logs/"));
            let text = text.replace("/var/lib/nginx/", &format!("{here}/"));
            let text = text.replace("listen 80 ", "listen 127.0.0.1:48080 ");
            let path = folder.join(format!("{}-{host}.conf", site.name));
            fs::write(&path, &text).unwrap();
            accepts(Command::new(&nginx).arg("-t").arg("-p").arg(here).arg("-c").arg(&path), &text);
        }
    }
}

#[test]
fn keepalived_takes_its_files() {
    let Some(keepalived) = program("keepalived") else { return };
    if !is_root() {
        println!("config_export: skipped, keepalived needs root");
        return;
    }
    let folder = folder("keepalived");
    for site in sites() {
        for (host, text) in each(&site, "keepalived.conf") {
            let path = folder.join(format!("{}-{host}.conf", site.name));
            fs::write(&path, &text).unwrap();
            accepts(Command::new(&keepalived).arg("-t").arg("-f").arg(&path), &text);
        }
    }
}

#[test]
fn nft_takes_every_firewall() {
    let Some(nft) = program("nft") else { return };
    if !Command::new(&nft).args(["list", "ruleset"]).output().unwrap().status.success() {
        println!("config_export: skipped, nft may not look at the kernel's rules here");
        return;
    }
    let folder = folder("nft");
    for site in sites() {
        for (host, text) in each(&site, "nftables.conf") {
            let path = folder.join(format!("{}-{host}.conf", site.name));
            fs::write(&path, &text).unwrap();
            accepts(Command::new(&nft).arg("-c").arg("-f").arg(&path), &text);
        }
    }
}

#[test]
fn mariadbd_reads_its_files() {
    let Some(mariadbd) = program("mariadbd") else { return };
    let folder = folder("mariadbd");
    for site in sites() {
        for (host, text) in each(&site, "my.cnf") {
            let path = folder.join(format!("{}-{host}.cnf", site.name));
            fs::write(&path, &text).unwrap();
            let defaults = format!("--defaults-file={}", path.display());
            let said =
                accepts(Command::new(&mariadbd).arg(defaults).args(["--help", "--verbose"]), &text);
            assert!(!said.contains("[ERROR]"), "{said}\nin:\n{text}");
            let services = &site.host(&host).unwrap().services;
            let mysql = services.iter().find_map(Service::as_mysql).unwrap();
            let value = |name: &str| {
                let line = said.lines().find(|line| line.starts_with(&format!("{name} ")));
                line.and_then(|line| line.split_whitespace().nth(1)).unwrap_or("").to_owned()
            };
            assert_eq!(value("max-connections"), mysql.max_connections.to_string());
            let pool = u64::from(mysql.innodb_buffer_pool_mib) << 20;
            assert_eq!(value("innodb-buffer-pool-size"), pool.to_string());
            let is_copy = if mysql.replica.is_some() { "TRUE" } else { "FALSE" };
            assert_eq!(value("read-only"), is_copy);
        }
    }
}

#[test]
fn systemd_takes_the_units() {
    let Some(analyze) = program("systemd-analyze") else { return };
    let folder = folder("systemd");
    for site in sites() {
        for (host, text) in each(&site, "foobar-app.service") {
            let text = text.replace("/srv/foobar/venv/bin/gunicorn", "/bin/true");
            let path = folder.join(format!("{}-{host}.service", site.name));
            fs::write(&path, &text).unwrap();
            accepts(Command::new(&analyze).arg("verify").arg(&path), &text);
        }
    }
}

// --- our own reader -------------------------------------------------------------------------------------------------------------

/// The balancers' answers to TLS, as edits.
const TLS: [&str; 3] = ["tls:off", "tls:on", "tls:to-servers"];

fn edited(mut site: Infrastructure, edit: &str) -> Option<Infrastructure> {
    edit.parse::<Edit>().unwrap().apply(&mut site).ok()?;
    Some(site)
}

/// Every site as it is, with whatever else its balancers can do about TLS, and with figures of TLS that are not the usual ones.
fn sites_by_tls() -> Vec<Infrastructure> {
    let mut all = sites();
    let by_edit = |site: Infrastructure| TLS.map(|edit| edited(site.clone(), edit));
    let others: Vec<Infrastructure> = sites().into_iter().flat_map(by_edit).flatten().collect();
    let balancers = others.iter().filter(|site| site.balancers().next().is_some()).count();
    assert!(balancers >= 2 * (Preset::ALL.len() - 1), "{balancers} sites by edits");
    all.extend(others);
    for resumed_percent in [0, 37, 100] {
        let mut site = Preset::Secured.infrastructure();
        for service in site.hosts.iter_mut().flat_map(|host| &mut host.services) {
            let Service::Haproxy(haproxy) = service else { continue };
            haproxy.tls_round_trips = 2;
            haproxy.tls = Some(Tls {
                resumed_percent,
                full_work: SimDuration::from_us(1234),
                resumed_work: SimDuration::from_ns(56_789),
                to_servers: true,
                certificate: false,
                tls_ticket_keys: resumed_percent == 37,
            });
        }
        all.push(site);
    }
    all
}

#[test]
fn haproxy_cfg_is_read_back_to_the_same_model() {
    for site in sites_by_tls() {
        for (host, text) in each(&site, "haproxy.cfg") {
            let reading = read("haproxy.cfg", &text);
            let mut reading = reading.unwrap_or_else(|errors| panic!("{errors:#?}\nin:\n{text}"));
            assert_eq!(reading.not_modelled, [], "{} {host}", site.name);
            let servers = reading.haproxy.backends.iter_mut().flat_map(|of| &mut of.servers);
            for server in servers {
                let at = |host: &&Host| host.address.to_string() == server.host;
                server.host = site.hosts.iter().find(at).unwrap().name.clone();
            }
            let ours = site.host(&host).unwrap().haproxy().unwrap();
            assert_eq!(reading.haproxy, *ours, "{} {host}", site.name);
        }
    }
}

#[test]
fn the_brief_comes_back_whole_whatever_it_does_about_tls() {
    let brief = Preset::Brief.infrastructure();
    let by_edit = TLS.map(|edit| edited(brief.clone(), edit).unwrap());
    for brief in by_edit.into_iter().chain([brief]) {
        let files = files(&brief);
        let reading = read("haproxy.cfg", text(&files, "lb-1", "haproxy.cfg").unwrap()).unwrap();
        let made = site(&reading).unwrap();
        assert_eq!(made.hosts, brief.hosts, "{}", brief.title);
        assert_eq!(made.rules, brief.rules, "{}", brief.title);
    }
}

// --- which files, and what stands in them -----------------------------------------------------------------------------------------

#[test]
fn the_brief_has_these_files() {
    let files = files(&Preset::Brief.infrastructure());
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    insta::assert_snapshot!("brief-files", paths.join("\n"));
}

#[test]
fn each_machine_has_the_files_of_its_programs_and_no_others() {
    let kinds = [
        ("haproxy", "haproxy.cfg"),
        ("keepalived", "keepalived.conf"),
        ("nginx", "nginx.conf"),
        ("app", "foobar-app.service"),
        ("mysql", "my.cnf"),
        ("agent", "prometheus-node-exporter"),
    ];
    for site in sites() {
        let files = files(&site);
        for host in &site.hosts {
            for (service, file) in kinds {
                let is_there = text(&files, &host.name, file).is_some();
                assert_eq!(is_there, host.service(service).is_some(), "{} {file}", host.name);
            }
            for (file, wanted) in [("nftables.conf", site.has_firewall()), ("netplan.yaml", true)] {
                let is_there = text(&files, &host.name, file).is_some();
                assert_eq!(is_there, wanted, "{} {} {file}", site.name, host.name);
            }
        }
        let readme = files.iter().find(|file| file.path == "config/README.md").unwrap();
        for file in files.iter().filter(|file| file.path != "config/README.md") {
            let (folder, name) = file.path["config/".len()..].split_once('/').unwrap();
            assert!(readme.text.contains(&format!("| {folder} | `{name}` |")), "{}", file.path);
        }
    }
}

/// Tasks 0 and 1 have no firewall, say their documents and pictures; then no file speaks of one that would be there.
#[test]
fn where_no_firewall_stands_none_is_handed_out() {
    for site in sites() {
        let is_none = ["simple", "distributed"].contains(&site.name.as_str());
        assert_eq!(site.has_firewall(), !is_none, "{}", site.name);
        let files = files(&site);
        let readme = &files[0].text;
        assert_eq!(readme.contains("Firewall: none stands in this plan"), is_none, "{readme}");
        if is_none {
            for file in &files {
                let own = file.text.replace("there is no `nftables.conf`", "");
                for claim in ["nft", "the firewall", "policy drop"] {
                    assert!(!own.contains(claim), "{}: {claim}", file.path);
                }
            }
        } else {
            assert!(readme.contains("nft -c -f /etc/nftables.conf"), "{readme}");
        }
    }
}

#[test]
fn every_rule_stands_at_its_destination_and_nowhere_else() {
    for site in sites() {
        let firewalls = each(&site, "nftables.conf");
        for rule in &site.rules {
            for (name, text) in &firewalls {
                let host = site.host(name).unwrap();
                let is_meant = match &rule.to {
                    Peer::Any => true,
                    Peer::Internet => false,
                    Peer::Zone(zone) => *zone == host.zone,
                    Peer::Host(meant) => meant == name,
                };
                let stands = text.contains(&format!("comment \"{}\"", rule.name));
                assert_eq!(
                    stands,
                    is_meant && !rule.disabled,
                    "{} {name} {}",
                    site.name,
                    rule.name
                );
            }
        }
        for (name, text) in &firewalls {
            assert!(text.contains("hook input priority filter; policy drop;"), "{name}");
            let speaks = site.host(name).unwrap().keepalived().is_some();
            assert_eq!(text.contains("ip protocol 112 accept"), speaks, "{name}");
        }
    }
}

#[test]
fn a_virtual_address_has_one_priority_for_each_claim() {
    let brief = Preset::Brief.infrastructure();
    let both: [(String, String); 2] = each(&brief, "keepalived.conf").try_into().unwrap();
    let [(_, first), (_, second)] = both;
    let priorities = |text: &str| {
        let words = |line: &str| line.trim().strip_prefix("priority ").map(str::to_owned);
        text.lines().filter_map(words).collect::<Vec<_>>()
    };
    assert_eq!(priorities(&first), ["101", "100"]);
    assert_eq!(priorities(&second), ["100", "101"]);
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_names_are_only_names() {
    let mut hostile = Preset::Brief.infrastructure();
    assert_eq!(files(&hostile), files(&hostile));
    "x\nuser root\n".clone_into(&mut hostile.title);
    "../../etc".clone_into(&mut hostile.hosts[5].name);
    "a\"\naccept".clone_into(&mut hostile.rules[0].name);
    "because\n    accept".clone_into(&mut hostile.rules[0].reason);
    "x\" y\n".clone_into(&mut hostile.domain);
    for file in files(&hostile) {
        assert!(file.path.split('/').all(|part| part != ".."), "{}", file.path);
        let breaks_out = |line: &str| ["user root", "accept"].contains(&line.trim());
        assert!(!file.text.lines().any(breaks_out), "{}:\n{}", file.path, file.text);
        assert!(file.text.ends_with('\n'), "{}", file.path);
    }
}
