//! From the sections to one HAProxy: which frontend, which backends, and what the model's one set of timeouts and retries
//! leaves out.

use super::proxy::{At, Kind, Notes, Proxy};
use super::words::{Refusal, lacks, refuse};
use super::{MOST_BACKENDS, ServerAddress};
use super::{clocks, tls};
use crate::infra::{Backend, Haproxy, HttpCheck, PathRule, StickTable, Tls};
use crate::kernel::SimDuration;

/// Time HAProxy works on one request; no directive sets it.
const PROCESSING_TIME: SimDuration = SimDuration::from_us(100);
/// Where the statistics page is by custom, for files without one.
const STATS_PORT: u16 = 8404;

/// What stands outside of the proxies.
#[derive(Clone, Debug, Default)]
pub(super) struct Outside {
    /// `maxconn` of `global`.
    pub(super) maxconn: Option<At<u32>>,
    /// `ssl-default-bind-options` without TLS 1.3.
    pub(super) oldest: bool,
    /// The line of `ssl-default-bind-options` with `no-tls-tickets`.
    pub(super) no_tickets: Option<usize>,
    /// The line of `tune.ssl.cachesize 0`.
    pub(super) no_cache: Option<usize>,
    /// What a comment of the lab says of TLS.
    pub(super) tls_figures: Option<Tls>,
    /// The names of the `peers` sections.
    pub(super) peers: Vec<String>,
    /// The last line.
    pub(super) last_line: usize,
}

/// What comes of it, or what is wrong at which line.
type Assembled<T> = Result<T, (usize, Refusal)>;

fn at<T>(line: usize, result: Result<T, Refusal>) -> Assembled<T> {
    result.map_err(|refusal| (line, refusal))
}

/// Puts the sections together.
pub(super) fn assemble(
    proxies: &[Proxy],
    outside: &Outside,
    notes: &mut Notes,
) -> Assembled<(Haproxy, Vec<ServerAddress>)> {
    let front = front(proxies, outside)?;
    named(proxies)?;
    let mut backends = Vec::new();
    let mut addresses = Vec::new();
    let mut ssl = Vec::new();
    let mut peers = false;
    for proxy in proxies {
        if let Some(reason) = left_out(proxy, front) {
            proxy.leave_out(&reason, notes);
            continue;
        }
        notes.extend(proxy.notes.clone());
        let table = stick_table(proxy, outside, notes, &mut peers)?;
        if proxy.servers.is_empty() || proxy.kind == Kind::Defaults {
            continue;
        }
        if proxy.kind == Kind::Listen && proxy.line != front.line && !proxy.binds.is_empty() {
            let reason = format!("one frontend is modelled, `{}`; the servers stay", front.name);
            notes.not_modelled(proxy.line, &proxy.header(), reason);
        }
        backends.push(backend(proxy, front, table, notes));
        addresses.extend(proxy.addresses.iter().cloned());
        ssl.extend(proxy.ssl.iter().copied());
        if backends.len() > MOST_BACKENDS {
            return at(
                proxy.line,
                refuse(&proxy.header(), format!("at most {MOST_BACKENDS} backends")),
            );
        }
    }
    let (path_rules, main) = ways(proxies, front, &backends, notes)?;
    clocks::note_crash(main, notes);
    clocks::differences(proxies, main, &backends, notes);
    let bind = front.binds.iter().find(|bind| bind.tls_round_trips > 0).or(front.binds.first());
    let bind = at(front.line, bind.map_or_else(|| lacks("no bind", "bind :443"), Ok))?;
    for other in front.binds.iter().filter(|other| other.port != bind.port) {
        notes.not_modelled(other.line, &other.text, format!("clients use port {}", bind.port));
    }
    let older = u32::from(outside.oldest && bind.tls_round_trips == 1);
    let haproxy = Haproxy {
        port: bind.port,
        tls_round_trips: bind.tls_round_trips + older,
        tls: tls::assemble(bind, &ssl, outside, notes),
        processing_time: PROCESSING_TIME,
        maxconn: limit(front, outside, notes),
        path_rules,
        default_backend: main.name.clone(),
        backends,
        timeouts: at(main.line, clocks::timeouts(front, main))?,
        retries: clocks::retries(main),
        peers,
        stats_port: stats_port(proxies, bind.port),
    };
    Ok((haproxy, addresses))
}

fn leads(proxy: &Proxy) -> bool {
    let own = proxy.kind == Kind::Listen && !proxy.servers.is_empty();
    own || !proxy.switches.is_empty() || proxy.settings.default_backend.is_some()
}

fn is_stats_page(proxy: &Proxy) -> bool {
    proxy.settings.stats && !proxy.binds.is_empty() && !leads(proxy)
}

/// Whether the section is part of what runs.
pub(super) fn runs(proxy: &Proxy) -> bool {
    proxy.kind != Kind::Defaults && proxy.settings.http && !proxy.settings.disabled
}

/// The frontend that clients use: the first with TLS, or else the first.
fn front<'a>(proxies: &'a [Proxy], outside: &Outside) -> Assembled<&'a Proxy> {
    let leading: Vec<&Proxy> = proxies
        .iter()
        .filter(|proxy| runs(proxy) && proxy.kind.is_front() && leads(proxy))
        .filter(|proxy| !proxy.binds.is_empty())
        .collect();
    let with_tls =
        leading.iter().find(|proxy| proxy.binds.iter().any(|bind| bind.tls_round_trips > 0));
    let allowed = "a frontend or listen section in mode http with bind, such as bind :443, and default_backend";
    let found = with_tls.or(leading.first()).copied();
    at(
        outside.last_line,
        found.map_or_else(|| lacks("no frontend that leads to a backend", allowed), Ok),
    )
}

/// Why a section is not part of the model.
fn left_out(proxy: &Proxy, front: &Proxy) -> Option<String> {
    if proxy.kind == Kind::Defaults || proxy.line == front.line {
        return None;
    }
    if proxy.settings.disabled {
        return Some("the section is disabled".to_owned());
    }
    if !proxy.settings.http {
        return Some("mode tcp is not modelled (mode http has to be set)".to_owned());
    }
    match proxy.kind {
        _ if is_stats_page(proxy) => None,
        Kind::Backend if proxy.servers.is_empty() => Some("it has no servers".to_owned()),
        Kind::Backend => None,
        Kind::Listen if !proxy.servers.is_empty() => None,
        _ => Some(format!("one frontend is modelled, `{}`", front.name)),
    }
}

fn stick_table(
    proxy: &Proxy,
    outside: &Outside,
    notes: &mut Notes,
    peers: &mut bool,
) -> Assembled<Option<StickTable>> {
    let Some(At { line, text, value: (table, group) }) = &proxy.stick_table else {
        return match &proxy.stick_on_src {
            None => Ok(None),
            Some(stick) => {
                at(stick.line, refuse(&stick.text, "stick-table in the same section, too"))
            }
        };
    };
    if let Some(group) = group {
        let allowed = "stick-table with the name of a peers section of this file";
        let known = outside.peers.contains(group);
        at(*line, if known { Ok(()) } else { refuse(&format!("peers {group}"), allowed) })?;
    }
    if proxy.stick_on_src.is_none() || proxy.servers.is_empty() {
        let reason = "without `stick on src` a table remembers no server";
        if table.is_some() {
            notes.not_modelled(*line, text, reason);
        }
        return Ok(None);
    }
    *peers |= table.is_some() && group.is_some();
    Ok(*table)
}

fn backend(proxy: &Proxy, front: &Proxy, table: Option<StickTable>, notes: &mut Notes) -> Backend {
    let settings = &proxy.settings;
    let path = settings.httpchk.as_ref().map(|path| settings.check_uri.as_ref().unwrap_or(path));
    if let (Some(_), Some(method)) = (path, &settings.check_method)
        && method.text != "GET"
    {
        let reason = "servers answer each method of a check like GET";
        notes.not_modelled(method.line, &format!("method {}", method.text), reason);
    }
    let of_front = (front.line != proxy.line).then_some(front).into_iter();
    let classes = of_front.chain([proxy]).flat_map(|section| section.priority_classes.clone());
    Backend {
        hash_type: settings.hash_type,
        hash_balance_factor: settings.hash_balance_factor,
        httpchk: path.map(|path| HttpCheck { path: path.clone() }),
        disable_on_404: settings.disable_on_404,
        allbackups: settings.allbackups,
        persist: settings.persist,
        abortonclose: settings.abortonclose,
        fullconn: settings.fullconn,
        cookie: settings.cookie.clone(),
        stick_table: table,
        priority_classes: classes.collect(),
        servers: proxy.servers.clone(),
        ..Backend::new(&proxy.name, settings.balance.clone())
    }
}

/// Which path leads where, and the section of the default backend.
fn ways<'a>(
    proxies: &'a [Proxy],
    front: &Proxy,
    backends: &[Backend],
    notes: &mut Notes,
) -> Assembled<(Vec<PathRule>, &'a Proxy)> {
    let mut rules = Vec::new();
    let mut main: Option<(usize, &str)> = None;
    for switch in &front.switches {
        if main.is_some() {
            notes.without_effect(switch.line, &format!("{} (never reached)", switch.text));
            continue;
        }
        let Some(paths) = &switch.paths else {
            main = Some((switch.line, &switch.backend));
            continue;
        };
        if !backends.iter().any(|backend| backend.name == switch.backend) {
            notes.not_modelled(switch.line, &switch.text, "its backend is left out");
            continue;
        }
        let rule =
            |path: &String| PathRule { path_beg: path.clone(), backend: switch.backend.clone() };
        rules.extend(paths.iter().map(rule));
    }
    if let Some(default) = &front.settings.default_backend {
        if main.is_some() {
            notes.without_effect(default.line, &format!("{} (never reached)", default.text));
        }
        main = main.or(Some((default.line, &default.value)));
    }
    let own = (!front.servers.is_empty()).then_some((front.line, front.name.as_str()));
    let Some((line, name)) = main.or(own) else {
        let allowed = format!("default_backend <name> in frontend `{}`", front.name);
        return at(front.line, lacks("no default_backend", allowed));
    };
    if !backends.iter().any(|backend| backend.name == name) {
        let allowed = "as default a backend in mode http, with servers, that is not disabled";
        return at(line, refuse(name, allowed));
    }
    find(proxies, name, line, name).map(|main| (rules, main))
}

/// Every backend that a section leads to has to be there.
fn named(proxies: &[Proxy]) -> Assembled<()> {
    let is_front = |proxy: &&Proxy| matches!(proxy.kind, Kind::Frontend | Kind::Listen);
    for proxy in proxies.iter().filter(is_front).filter(|proxy| !proxy.settings.disabled) {
        for switch in &proxy.switches {
            find(proxies, &switch.backend, switch.line, &switch.text)?;
        }
        if let Some(default) = &proxy.settings.default_backend {
            find(proxies, &default.value, default.line, &default.text)?;
        }
    }
    Ok(())
}

/// The section with servers of this name.
fn find<'a>(proxies: &'a [Proxy], name: &str, line: usize, text: &str) -> Assembled<&'a Proxy> {
    let is_back = |proxy: &&Proxy| matches!(proxy.kind, Kind::Backend | Kind::Listen);
    let mut named = proxies.iter().filter(is_back);
    if let Some(proxy) = named.find(|proxy| proxy.name == name) {
        return Ok(proxy);
    }
    let backs = proxies.iter().filter(is_back);
    let names: Vec<&str> = backs.map(|proxy| proxy.name.as_str()).take(20).collect();
    at(line, refuse(text, format!("a backend of this file: {}", names.join(", "))))
}

/// The lower of the two limits of connections; the other one has no effect.
fn limit(front: &Proxy, outside: &Outside, notes: &mut Notes) -> u32 {
    let set = [&front.settings.maxconn, &outside.maxconn].into_iter().flatten();
    let mut limits: Vec<&At<u32>> = set.filter(|at| at.value > 0).collect();
    limits.sort_by_key(|at| at.value);
    for other in limits.iter().skip(1) {
        notes.without_effect(other.line, &other.text);
    }
    limits.first().map_or(0, |at| at.value)
}

fn stats_port(proxies: &[Proxy], port: u16) -> u16 {
    let pages = || proxies.iter().filter(|proxy| runs(proxy) && proxy.settings.stats);
    let ports = |proxy: &Proxy| proxy.binds.first().map(|bind| bind.port);
    let own = pages().filter(|proxy| is_stats_page(proxy)).find_map(ports);
    let shared = || pages().filter_map(ports).find(|found| *found == port);
    own.or_else(shared).unwrap_or(STATS_PORT)
}
