//! One line of HAProxy's configuration as a person types it: `backend app: balance leastconn`, `option redispatch`.

use std::str::FromStr;

use crate::infra::{Balance, Directive, HashFunction, HashMethod, HashType, OnError, UriPart};
use crate::kernel::SimDuration;

/// A directive, and the backend it stands in; `None`: all backends, or the defaults section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The backend.
    pub backend: Option<String>,
    /// The directive.
    pub directive: Directive,
}

/// A line that is no directive of the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "found `{0}`; allowed, after `backend NAME: ` or for all: balance ALGORITHM, hash-type map-based|consistent [FUNCTION], \
     default-server inter|fastinter|downinter|slowstart TIME, default-server rise|fall|maxconn|minconn|maxqueue NUMBER, default-server observe \
     layer7 error-limit NUMBER on-error fastinter|fail-check|sudden-death|mark-down, default-server on-marked-down \
     shutdown-sessions, server NAME backup, [no] option allbackups, [no] option httpchk [GET PATH], fullconn NUMBER, [no] cookie \
     SRV insert indirect nocache, [no] stick on src, [no] peers NAME, maxconn NUMBER, retries NUMBER, [no] option redispatch, \
     retry-on all-retryable-errors|conn-failure, timeout connect|server|queue|check TIME"
)]
pub struct UnknownChange(String);

impl FromStr for Change {
    type Err = UnknownChange;

    fn from_str(text: &str) -> Result<Self, UnknownChange> {
        let (backend, line) =
            match text.trim().strip_prefix("backend ").and_then(|rest| rest.split_once(':')) {
                Some((backend, line)) => (Some(backend.trim().to_owned()), line),
                None => (None, text),
            };
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let directive =
            directive(&words).ok_or_else(|| UnknownChange(text.chars().take(80).collect()))?;
        let backend = backend.filter(|_| !directive.is_global());
        Ok(Self { backend, directive })
    }
}

fn directive(words: &[&str]) -> Option<Directive> {
    Some(match words {
        ["balance", rest @ ..] => Directive::Balance(balance(rest)?),
        ["hash-type", rest @ ..] => Directive::HashType(hash_type(rest)?),
        ["default-server", "inter", value] => Directive::Inter(time(value)?),
        ["default-server", "fastinter", value] => Directive::Fastinter(time(value)?),
        ["default-server", "downinter", value] => Directive::Downinter(time(value)?),
        ["default-server", "slowstart", value] => Directive::Slowstart(time(value)?),
        ["default-server", "rise", value] => Directive::Rise(value.parse().ok()?),
        ["default-server", "fall", value] => Directive::Fall(value.parse().ok()?),
        ["default-server", "maxconn", value] => Directive::Maxconn(value.parse().ok()?),
        ["default-server", "observe", "layer7", "error-limit", limit, "on-error", what]
        | ["default-server", "on-error", what, "observe", "layer7", "error-limit", limit] => {
            // HAProxy takes no limit of 0.
            Directive::Observe(
                limit.parse::<u32>().ok().filter(|limit| *limit > 0)?,
                on_error(what)?,
            )
        }
        ["default-server", "without", "observe"] => Directive::Observe(0, OnError::FailCheck),
        ["default-server", "on-marked-down", "shutdown-sessions"] => {
            Directive::ShutdownSessions(true)
        }
        ["default-server", "without", "on-marked-down"] => Directive::ShutdownSessions(false),
        ["cookie", "SRV", "insert", "indirect", "nocache"] => Directive::Cookie(true),
        ["no", "cookie", ..] => Directive::Cookie(false),
        ["stick", "on", "src"] => Directive::StickOnSource(true),
        ["no", "stick", "on", "src"] => Directive::StickOnSource(false),
        ["retries", value] => Directive::Retries(value.parse().ok()?),
        ["option", "redispatch"] => Directive::Redispatch(true),
        ["no", "option", "redispatch"] => Directive::Redispatch(false),
        ["timeout", "connect", value] => Directive::TimeoutConnect(time(value)?),
        ["timeout", "server", value] => Directive::TimeoutServer(time(value)?),
        ["timeout", "queue", value] => Directive::TimeoutQueue(time(value)?),
        ["timeout", "check", value] => Directive::TimeoutCheck(time(value)?),
        ["maxconn", value] => Directive::FrontendMaxconn(value.parse().ok()?),
        ["retry-on", "all-retryable-errors"] => Directive::RetryOnAll(true),
        ["retry-on", "conn-failure"] => Directive::RetryOnAll(false),
        ["peers", _] => Directive::Peers(true),
        ["no", "peers", ..] => Directive::Peers(false),
        ["option", "httpchk", "GET", path] => Directive::Httpchk(Some((*path).to_owned())),
        ["no", "option", "httpchk"] => Directive::Httpchk(None),
        ["option", "allbackups"] => Directive::Allbackups(true),
        ["no", "option", "allbackups"] => Directive::Allbackups(false),
        ["fullconn", value] => Directive::Fullconn(value.parse().ok()?),
        ["default-server", "minconn", value] => Directive::Minconn(value.parse().ok()?),
        ["default-server", "maxqueue", value] => Directive::Maxqueue(value.parse().ok()?),
        ["server", name, "backup"] => Directive::Backup((*name).to_owned()),
        _ => return None,
    })
}

fn balance(words: &[&str]) -> Option<Balance> {
    let inside = |word: &str, name: &str| {
        let rest = word.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?;
        Some(rest.to_owned())
    };
    Some(match words {
        ["roundrobin"] => Balance::Roundrobin,
        ["static-rr"] => Balance::StaticRr,
        ["leastconn"] => Balance::Leastconn,
        ["first"] => Balance::First,
        ["random"] => Balance::Random { draws: 2 },
        ["source"] => Balance::Source,
        ["uri", rest @ ..] => Balance::Uri(uri(rest)?),
        ["url_param", name] => Balance::UrlParam { name: (*name).to_owned() },
        [word] => match inside(word, "random") {
            Some(draws) => Balance::Random { draws: draws.parse().ok()? },
            None => Balance::Hdr { name: inside(word, "hdr")? },
        },
        _ => return None,
    })
}

fn uri(words: &[&str]) -> Option<UriPart> {
    let mut part = UriPart::default();
    let mut rest = words;
    loop {
        rest = match rest {
            [] => return Some(part),
            ["whole", rest @ ..] => {
                part.whole = true;
                rest
            }
            ["path-only", rest @ ..] => {
                part.path_only = true;
                rest
            }
            ["len", value, rest @ ..] => {
                part.len = value.parse().ok()?;
                rest
            }
            ["depth", value, rest @ ..] => {
                part.depth = value.parse().ok()?;
                rest
            }
            _ => return None,
        };
    }
}

fn hash_type(words: &[&str]) -> Option<HashType> {
    let (method, rest) = words.split_first()?;
    let method = match *method {
        "map-based" => HashMethod::MapBased,
        "consistent" => HashMethod::Consistent,
        _ => return None,
    };
    let (function, rest) = match rest {
        ["sdbm", rest @ ..] => (Some(HashFunction::Sdbm), rest),
        ["djb2", rest @ ..] => (Some(HashFunction::Djb2), rest),
        ["wt6", rest @ ..] => (Some(HashFunction::Wt6), rest),
        ["crc32", rest @ ..] => (Some(HashFunction::Crc32), rest),
        rest => (None, rest),
    };
    match rest {
        [] => Some(HashType { method, function, avalanche: false }),
        ["avalanche"] => Some(HashType { method, function, avalanche: true }),
        _ => None,
    }
}

fn on_error(word: &str) -> Option<OnError> {
    let all = [OnError::Fastinter, OnError::FailCheck, OnError::SuddenDeath, OnError::MarkDown];
    all.into_iter().find(|known| known.word() == word)
}

/// As in HAProxy, a bare number is in milliseconds.
fn time(word: &str) -> Option<SimDuration> {
    match word.parse::<u64>() {
        Ok(ms) => Some(SimDuration::from_ms(ms.min(1_000_000_000))),
        Err(_) => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_typed() {
        for line in [
            "balance roundrobin",
            "backend app: balance static-rr",
            "balance random(3)",
            "balance uri whole len 5 depth 2",
            "balance url_param id",
            "balance hdr(X-User)",
            "hash-type consistent djb2 avalanche",
            "default-server inter 500ms",
            "default-server fall 2",
            "default-server slowstart 10s",
            "default-server observe layer7 error-limit 3 on-error mark-down",
            "default-server on-marked-down shutdown-sessions",
            "cookie SRV insert indirect nocache",
            "no stick on src",
            "no option redispatch",
            "timeout queue 5s",
            "timeout check 500ms",
            "maxconn 20",
            "retry-on all-retryable-errors",
            "peers balancers",
            "option httpchk GET /health",
            "backend app: no option httpchk",
            "no option allbackups",
            "fullconn 8",
            "default-server minconn 2",
            "default-server maxqueue 2",
            "server app-2 backup",
        ] {
            let change: Change = line.parse().unwrap();
            let shown = match &change.backend {
                Some(backend) => format!("backend {backend}: {}", change.directive),
                None => change.directive.to_string(),
            };
            assert_eq!(shown, line);
        }
    }

    /// What belongs to a server stands in any order, as HAProxy reads it.
    #[test]
    fn the_limit_may_come_last() {
        let line = "default-server on-error mark-down observe layer7 error-limit 4";
        let told = "default-server observe layer7 error-limit 4 on-error mark-down";
        assert_eq!(line.parse::<Change>().unwrap().directive.to_string(), told);
        for line in [line, told] {
            assert!(line.replace('4', "0").parse::<Change>().is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_no_directive_is_refused_with_what_is_allowed() {
        for line in ["", "balance", "balance fastest", "backend app balance first", "retries -1"] {
            let error = line.parse::<Change>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("found `{line}`; allowed")), "{error}");
        }
    }
}
