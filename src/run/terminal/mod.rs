//! A terminal on the operator's machine, in the management network: what the real programs would print now, answered from the simulation. To
//! ask changes nothing; what changes something is handed back as the action that does it. Here: the line, the machine it goes to, help and
//! completion. What the model does not know is not made up: a line that begins with `# ` says so.

mod clock;
mod curl;
mod dig;
mod haproxy;
mod sessions;
mod status;

use crate::infra::Service;
use crate::sim::{Action, Simulation};

/// The longest line that is read; the rest is left out.
const LONGEST_LINE: usize = 500;

/// What a line is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the program prints, without the last end of line.
    pub text: String,
    /// What the line does, if it changes something: for the caller to do.
    pub action: Option<Action>,
}

impl Answer {
    fn text(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.truncate(text.trim_end().len());
        Self { text, action: None }
    }
}

/// Answers one line. It takes nothing from the simulation and leaves no trace in it.
pub fn run_line(world: &Simulation, line: &str) -> Answer {
    let owned = words(line);
    let words: Vec<&str> = owned.iter().map(String::as_str).collect();
    let Some((first, rest)) = words.split_first() else { return Answer::text("") };
    if let Some(balancer) = first.strip_prefix('@') {
        return at(world, balancer, |host| haproxy::answer(world, host, rest));
    }
    match (*first, rest) {
        ("help", _) => Answer::text(help(world)),
        ("hosts", _) => Answer::text(hosts(world)),
        ("dig", _) => Answer::text(dig::dig(world, rest)),
        ("curl", _) => Answer::text(curl::curl(world, rest)),
        ("ping", _) => Answer::text(status::ping(world, rest)),
        ("ssh", [host, command @ ..]) => at(world, host, |host| on(world, host, command)),
        ("ssh", []) => Answer::text("usage: ssh destination command"),
        ("nginx_status", [host, ..]) => at(world, host, |host| status::nginx(world, host)),
        ("mysql_status", [host, ..]) => {
            at(world, host, |host| status::mysql(world, host, "SHOW STATUS"))
        }
        ("mysql", [host, "-e", sql, ..]) => at(world, host, |host| status::mysql(world, host, sql)),
        ("nginx_status" | "mysql_status" | "mysql", _) => Answer::text(
            "# name a host, as in `nginx_status web-1` or `mysql db-1 -e \"SHOW STATUS\"`",
        ),
        _ if haproxy::is_command(first) => match first_balancer(world) {
            Some(host) => haproxy::answer(world, host, &words),
            None => Answer::text("# no balancer runs here that could answer"),
        },
        _ => Answer::text(format!("{first}: command not found\n# `help` tells what there is")),
    }
}

/// The words that the last word of a line may become, in no order that means anything.
pub fn complete(world: &Simulation, line: &str) -> Vec<String> {
    let line: String = line.chars().take(LONGEST_LINE).collect();
    let begun = line.rsplit(char::is_whitespace).next().unwrap_or("");
    let is_first = begun.len() == line.trim_start().len();
    let infrastructure = &world.plan().infrastructure;
    let mut pool = Vec::new();
    if is_first {
        pool.extend(FIRST_WORDS.iter().chain(&haproxy::VERBS).map(|word| (*word).to_owned()));
        pool.extend(infrastructure.balancers().map(|host| format!("@{}", host.name)));
    } else {
        pool.extend(LATER_WORDS.iter().map(|word| (*word).to_owned()));
        pool.push(infrastructure.domain.clone());
        pool.push(url(world, "/"));
        pool.extend(infrastructure.hosts.iter().map(|host| host.name.clone()));
        for backend in infrastructure.backends() {
            let servers = backend.servers.iter();
            pool.push(backend.name.clone());
            pool.extend(servers.map(|server| format!("{}/{}", backend.name, server.name)));
        }
    }
    let mut found: Vec<String> = Vec::new();
    for word in pool {
        if word.starts_with(begun) && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

const FIRST_WORDS: [&str; 9] =
    ["help", "hosts", "dig", "curl", "ping", "ssh", "nginx_status", "mysql_status", "mysql"];
const LATER_WORDS: [&str; 18] = [
    "+short",
    "-I",
    "-sI",
    "-e",
    "addr",
    "info",
    "ip",
    "is-active",
    "errors",
    "server",
    "servers",
    "sess",
    "stat",
    "state",
    "systemctl",
    "table",
    "backend",
    "weight",
];

/// Lines that can be typed here, each with what it tells.
pub fn examples(world: &Simulation) -> Vec<(String, &'static str)> {
    let infrastructure = &world.plan().infrastructure;
    let domain = &infrastructure.domain;
    let running = |service: &str| {
        let mut hosts = infrastructure.hosts.iter();
        hosts.find(|host| host.service(service).is_some()).map(|host| host.name.as_str())
    };
    let mut all = vec![
        ("hosts".to_owned(), "the names that can be used"),
        (format!("dig {domain}"), "the addresses that a name server gives out now"),
        (format!("dig +short {domain}"), "the same, only the addresses"),
        (format!("curl -I {}", url(world, "/")), "what a user would get now who asked for a page"),
        (format!("curl -I {}", url(world, "/static/logo.png")), "and for a file"),
        (format!("ping {domain}"), "whether the machine that has the address answers"),
    ];
    let mut add = |line: String, words| all.push((line, words));
    if let Some(host) = infrastructure.hosts.first() {
        let service = host.services.first().map_or("agent", Service::name);
        add(format!("ssh {} ip addr", host.name), "which addresses a machine has");
        add(format!("ssh {} systemctl is-active {service}", host.name), "whether a service runs");
    }
    if let Some(host) = running("nginx") {
        add(format!("nginx_status {host}"), "Nginx's stub_status");
    }
    if let Some(host) = running("mysql") {
        add(format!("mysql_status {host}"), "MySQL's SHOW STATUS");
        add(format!("mysql {host} -e \"SHOW REPLICA STATUS\""), "how a replica follows");
    }
    let Some(balancer) = running("haproxy") else { return all };
    for (line, words) in haproxy::QUESTIONS {
        add(line.to_owned(), words);
    }
    add(format!("@{balancer} show stat"), "any of these at one balancer; without @ at the first");
    let backend = infrastructure.backends().find(|backend| !backend.servers.is_empty());
    if let Some(backend) = backend {
        let server = format!("{}/{}", backend.name, backend.servers[0].name);
        for (before, after, words) in haproxy::DEEDS {
            add(format!("{before} {server}{after}"), words);
        }
    }
    all
}

fn help(world: &Simulation) -> String {
    let lines = examples(world);
    let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
    let rows = lines.iter().map(|(line, words)| format!("{line:width$}  {words}\n"));
    rows.collect()
}

fn hosts(world: &Simulation) -> String {
    let infrastructure = &world.plan().infrastructure;
    let vips = infrastructure.vips.iter().map(|vip| (vip.address, &infrastructure.domain));
    let hosts = infrastructure.hosts.iter().map(|host| (host.address, &host.name));
    let rows = vips.chain(hosts);
    rows.map(|(address, name)| format!("{address:15} {name}\n")).collect()
}

/// The address of a page as users ask for it.
fn url(world: &Simulation, path: &str) -> String {
    let scheme = if curl::site_port(world) == 443 { "https" } else { "http" };
    format!("{scheme}://{}{path}", world.plan().infrastructure.domain)
}

/// Goes to a machine by ssh, if it is there and on.
fn at<'a>(world: &Simulation, host: &'a str, then: impl FnOnce(&'a str) -> Answer) -> Answer {
    match world.is_on(host) {
        Some(true) => then(host),
        Some(false) => {
            Answer::text(format!("ssh: connect to host {host} port 22: Connection timed out"))
        }
        None => Answer::text(format!(
            "ssh: Could not resolve hostname {host}: Name or service not known"
        )),
    }
}

/// A command on a machine.
fn on(world: &Simulation, host: &str, command: &[&str]) -> Answer {
    match command {
        [] => Answer::text(
            "# not modelled here: a shell of its own; name a command, as in `ssh lb-1 ip addr`",
        ),
        ["ip", "a" | "addr" | "address", ..] => Answer::text(status::addresses(world, host)),
        ["systemctl", "is-active", units @ ..] => {
            Answer::text(status::is_active(world, host, units))
        }
        ["curl", .., url] if url.ends_with("/nginx_status") => status::nginx(world, host),
        ["mysql", "-e", sql, ..] => status::mysql(world, host, sql),
        ["echo", typed @ .., "|", "socat", _, _] => {
            let typed = words(&typed.join(" "));
            let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
            haproxy::answer(world, host, &typed)
        }
        [first, ..] if haproxy::is_command(first) => haproxy::answer(world, host, command),
        [first, ..] => Answer::text(format!(
            "bash: line 1: {first}: command not found\n# `help` tells what there is"
        )),
    }
}

/// The first balancer whose HAProxy runs; if none does, the first that is on.
fn first_balancer(world: &Simulation) -> Option<&str> {
    let names = || world.plan().infrastructure.balancers().map(|host| host.name.as_str());
    let running = names().find(|name| world.haproxy(name).is_some());
    running.or_else(|| names().find(|name| world.is_on(name) == Some(true)))
}

/// The words of a line; what stands between quotes is one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quote, mut has_begun) = (None, false);
    for letter in line.chars().take(LONGEST_LINE) {
        if quote == Some(letter) {
            quote = None;
        } else if quote.is_none() && (letter == '"' || letter == '\'') {
            (quote, has_begun) = (Some(letter), true);
        } else if quote.is_none() && letter.is_whitespace() {
            if has_begun {
                words.push(std::mem::take(&mut word));
            }
            has_begun = false;
        } else {
            word.push(letter);
            has_begun = true;
        }
    }
    if has_begun {
        words.push(word);
    }
    words
}
