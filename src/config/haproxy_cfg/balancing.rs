//! Which server: `balance`, `hash-type`, `cookie`, `stick-table`, `stick`, `retry-on` (HAProxy 2.6 manual 4.2).

use super::proxy::{At, Proxy, Settings};
use super::values::{MOST, one_of, size, time_above_zero, whole};
use super::words::{Args, Refusal, refuse};
use crate::infra::{
    Balance, Cookie, CookieMode, HashFunction, HashMethod, HashType, RetryOn, StickTable, UriPart,
};

const ALGORITHMS: &str =
    "roundrobin, static-rr, leastconn, first, random(draws), source, uri, url_param, hdr(name)";
const METHODS: [(&str, HashMethod); 2] =
    [("map-based", HashMethod::MapBased), ("consistent", HashMethod::Consistent)];
const FUNCTIONS: [(&str, HashFunction); 4] = [
    ("sdbm", HashFunction::Sdbm),
    ("djb2", HashFunction::Djb2),
    ("wt6", HashFunction::Wt6),
    ("crc32", HashFunction::Crc32),
];
const MODES: [(&str, CookieMode); 3] = [
    ("insert", CookieMode::Insert),
    ("prefix", CookieMode::Prefix),
    ("rewrite", CookieMode::Rewrite),
];
/// Parameters of `cookie` that change nothing that is modelled; the last two without a value.
const COOKIE_WORDS: [&str; 4] = ["domain", "attr", "httponly", "secure"];
const STATUSES: [u16; 11] = [401, 403, 404, 408, 425, 500, 501, 502, 503, 504, 0];
const FAILURES: [(&str, RetryOn); 4] = [
    ("conn-failure", RetryOn::ConnFailure),
    ("empty-response", RetryOn::EmptyResponse),
    ("junk-response", RetryOn::JunkResponse),
    ("response-timeout", RetryOn::ResponseTimeout),
];
const NOT_THIS_BALANCE: &str = "requests are balanced by roundrobin instead";

/// `name(argument)` in its two parts.
fn called(word: &str) -> (&str, Option<&str>) {
    match word.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')')),
        None => (word, None),
    }
}

/// `balance <algorithm>`
pub(super) fn balance(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    let word = args.next().unwrap_or("roundrobin");
    let (name, argument) = called(word);
    proxy.settings.balance = match (name, argument) {
        ("roundrobin", None) => Balance::Roundrobin,
        ("static-rr", None) => Balance::StaticRr,
        ("leastconn", None) => Balance::Leastconn,
        ("first", None) => Balance::First,
        ("source", None) => Balance::Source,
        ("random", None) if word == name => Balance::Random { draws: 2 },
        ("random", Some(draws)) => match draws.parse() {
            Ok(draws) if (1..=MOST).contains(&draws) => Balance::Random { draws },
            _ => return refuse(word, "random(draws), 1 or more"),
        },
        ("uri", None) => Balance::Uri(uri(args)?),
        ("url_param", None) => {
            let name = args.value("the parameter's name")?.to_owned();
            if args.peek() == Some("check_post") {
                proxy.notes.not_modelled(
                    line,
                    "check_post",
                    "the body of a request is not looked at",
                );
                args.by_ref().for_each(drop);
            }
            Balance::UrlParam { name }
        }
        ("hdr", Some(header)) if !header.is_empty() => {
            if args.peek() == Some("use_domain_only") {
                args.next();
                let reason = "the whole header is looked at";
                proxy.notes.not_modelled(line, "use_domain_only", reason);
            }
            Balance::Hdr { name: header.to_owned() }
        }
        ("rdp-cookie" | "hash", _) => {
            proxy.notes.not_modelled(line, &text, NOT_THIS_BALANCE);
            args.by_ref().for_each(drop);
            Balance::Roundrobin
        }
        _ => return refuse(&format!("balance {word}"), ALGORITHMS),
    };
    args.end()
}

fn uri(args: &mut Args<'_>) -> Result<UriPart, Refusal> {
    let mut part = UriPart::default();
    while let Some(word) = args.next() {
        match word {
            "whole" => part.whole = true,
            "path-only" => part.path_only = true,
            "len" => part.len = whole(args, word, 1, MOST)?,
            "depth" => part.depth = whole(args, word, 1, MOST)?,
            _ => return refuse(word, "whole, path-only, len <bytes>, depth <directories>"),
        }
    }
    Ok(part)
}

/// `hash-type <method> [<function>] [avalanche]`
pub(super) fn hash_type(settings: &mut Settings, args: &mut Args<'_>) -> Result<(), Refusal> {
    let mut made = HashType { method: one_of(args, "hash-type", &METHODS)?, ..HashType::default() };
    // The modifier comes after a function alone.
    if args.peek().is_some() {
        made.function = Some(one_of(args, "hash-type", &FUNCTIONS)?);
    }
    if args.peek() == Some("avalanche") {
        args.next();
        made.avalanche = true;
    }
    settings.hash_type = made;
    args.end()
}

/// `cookie <name> insert|prefix|rewrite ...`
pub(super) fn cookie(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    const ALLOWED: &str = "one of insert, prefix, rewrite, then indirect, nocache, preserve, \
        postonly, httponly, secure, domain <name>, attr <text>, maxidle <time>, maxlife <time>, dynamic";
    let (line, text) = (args.line, args.text());
    let name = args.value("the cookie's name")?.to_owned();
    let mut mode = None;
    let (mut indirect, mut nocache, mut preserve) = (false, false, false);
    while let Some(word) = args.next() {
        if let Some((_, found)) = MODES.iter().find(|(name, _)| *name == word) {
            if mode.is_some_and(|mode| mode != *found) {
                return refuse(&text, "one of insert, prefix and rewrite");
            }
            mode = Some(*found);
            continue;
        }
        match word {
            "indirect" => indirect = true,
            "nocache" => nocache = true,
            "preserve" => preserve = true,
            "maxidle" | "maxlife" => {
                args.value("a time")?;
                proxy.notes.not_modelled(line, word, "cookies do not grow old");
            }
            "postonly" => proxy.notes.not_modelled(line, word, "all requests alike get a cookie"),
            "dynamic" => {
                proxy.notes.not_modelled(line, word, "a server's cookie is what its line says");
            }
            word if COOKIE_WORDS.contains(&word) => {
                let value =
                    if COOKIE_WORDS[..2].contains(&word) { args.value("a text")? } else { "" };
                proxy.notes.without_effect(line, format!("cookie ... {word} {value}").trim_end());
            }
            _ => return refuse(word, ALLOWED),
        }
    }
    proxy.settings.cookie = mode.map(|mode| Cookie { name, mode, indirect, nocache, preserve });
    if mode.is_none() {
        let reason = "without insert, prefix or rewrite the application would name the server";
        proxy.notes.not_modelled(line, &text, reason);
    }
    Ok(())
}

/// `stick-table type ip size <size> [expire <time>] [peers <name>]`
pub(super) fn stick_table(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    const ALLOWED: &str = "type, size, expire, nopurge, peers, store, srvkey, write-to";
    let (line, text) = (args.line, args.text());
    let (mut kind, mut entries, mut expire, mut peers) = (None, None, None, None);
    while let Some(word) = args.next() {
        match word {
            "type" => {
                kind = Some(args.value("ip, ipv6, integer, string or binary")?);
                if args.peek() == Some("len") {
                    args.next();
                    whole(args, "len", 1, MOST)?;
                }
            }
            "size" => entries = Some(size(args, word)?),
            "expire" => expire = Some(time_above_zero(args, word)?),
            "peers" => peers = Some(args.value("a peers section's name")?.to_owned()),
            "nopurge" => proxy.notes.not_modelled(line, word, "the oldest entries make room"),
            "store" | "srvkey" | "write-to" => {
                let value = args.value("what it is for")?;
                proxy.notes.without_effect(line, &format!("stick-table ... {word} {value}"));
            }
            _ => return refuse(word, ALLOWED),
        }
    }
    let Some(kind) = kind else { return refuse(&text, "type ip in a stick-table") };
    let Some(size) = entries else { return refuse(&text, "size <entries> in a stick-table") };
    let table = match kind {
        "ip" => Some(StickTable { size, expire }),
        "ipv6" | "integer" | "string" | "binary" => {
            proxy.notes.not_modelled(line, &text, "of the tables those of type ip are modelled");
            None
        }
        kind => return refuse(kind, "ip, ipv6, integer, string or binary"),
    };
    proxy.stick_table = Some(At { line, text, value: (table, peers) });
    Ok(())
}

/// `stick on src`
pub(super) fn stick(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    let how = args.value("on, match, store-request or store-response")?;
    match (how, args.rest()) {
        ("on", [source]) if source == "src" => {
            proxy.stick_on_src = Some(At { line, text, value: () });
        }
        ("on" | "match" | "store-request" | "store-response", [_, ..]) => {
            proxy.notes.not_modelled(
                line,
                &text,
                "of the sticky keys only `stick on src` is modelled",
            );
        }
        _ => return refuse(&text, "stick on src"),
    }
    Ok(())
}

/// `retry-on ...`
pub(super) fn retry_on(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    const ALLOWED: &str = "none, conn-failure, empty-response, junk-response, response-timeout, \
        0rtt-rejected, all-retryable-errors, 401, 403, 404, 408, 425, 500, 501, 502, 503, 504";
    let (line, text) = (args.line, args.text());
    let mut value: Vec<RetryOn> = Vec::new();
    if args.peek().is_none() {
        return refuse(&text, ALLOWED);
    }
    for word in args.by_ref() {
        let status = word.parse().ok().filter(|status| *status > 0 && STATUSES.contains(status));
        let failure = FAILURES.iter().find(|(name, _)| *name == word).map(|(_, failure)| *failure);
        let more: Vec<RetryOn> = match (word, failure.or(status.map(RetryOn::Status))) {
            (_, Some(one)) => vec![one],
            ("none", _) => Vec::new(),
            ("all-retryable-errors", _) => {
                let statuses = [500, 502, 503, 504].map(RetryOn::Status);
                FAILURES.iter().map(|(_, failure)| *failure).chain(statuses).collect()
            }
            ("0rtt-rejected", _) => {
                let reason = "the handshake is always complete before the request";
                proxy.notes.not_modelled(line, word, reason);
                Vec::new()
            }
            _ => return refuse(word, ALLOWED),
        };
        value.extend(more.into_iter().filter(|one| !value.contains(one)).collect::<Vec<_>>());
    }
    proxy.settings.retry_on = Some(At { line, text, value });
    Ok(())
}
