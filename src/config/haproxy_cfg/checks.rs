//! What a check asks and what it takes for an answer: `option httpchk`, `http-check` (HAProxy 2.6 manual 4.2).

use super::proxy::{At, Proxy};
use super::words::{Args, Refusal, refuse};

const DEFAULT_CHECK: &str = "a check passes when the answer is any 2xx or 3xx";

/// `option httpchk [<method>] [<uri>] [<version>]`
pub(super) fn httpchk(proxy: &mut Proxy, args: &mut Args<'_>) {
    let line = args.line;
    let words: Vec<&str> = args.by_ref().collect();
    let (method, uri) = match words.as_slice() {
        [] => ("OPTIONS", "/"),
        [uri] => ("OPTIONS", *uri),
        [method, uri, version @ ..] => {
            if !version.is_empty() {
                proxy
                    .notes
                    .without_effect(line, &format!("option httpchk ... {}", version.join(" ")));
            }
            (*method, *uri)
        }
    };
    asked_by(proxy, line, method, false);
    proxy.settings.httpchk = Some(uri.to_owned());
}

/// Keeps the method of the checks; that of `http-check send` wins wherever it stands.
fn asked_by(proxy: &mut Proxy, line: usize, method: &str, send: bool) {
    let kept = &mut proxy.settings.check_method;
    if send || kept.as_ref().is_none_or(|kept| !kept.value) {
        *kept = Some(At { line, text: method.to_owned(), value: send });
    }
}

/// `http-check send|expect|disable-on-404|...`
pub(super) fn http_check(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    let what = args.value("disable-on-404, expect or send")?;
    match what {
        "disable-on-404" => {
            proxy.settings.disable_on_404 = true;
            args.end()
        }
        "expect" if args.rest() == ["status", "200-399"] => {
            proxy.notes.without_effect(line, &text);
            Ok(())
        }
        "expect" => {
            proxy.notes.not_modelled(line, &text, DEFAULT_CHECK);
            Ok(())
        }
        "send" => send(proxy, args),
        "comment" | "connect" | "send-state" | "set-var" | "set-var-fmt" | "unset-var" => {
            proxy.notes.not_modelled(line, &text, "a check is one request and its answer");
            Ok(())
        }
        _ => refuse(what, "disable-on-404, expect, send, connect, comment, send-state"),
    }
}

/// `http-check send ...`
fn send(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let line = args.line;
    while let Some(word) = args.next() {
        let value = match word {
            "meth" | "uri" | "ver" | "hdr" | "body" | "uri-lf" | "body-lf" => {
                args.value("a value")?
            }
            "comment" => args.value("a text")?,
            _ => return refuse(word, "meth, uri, ver, hdr, body"),
        };
        match word {
            "meth" => asked_by(proxy, line, value, true),
            "uri" => proxy.settings.check_uri = Some(value.to_owned()),
            "uri-lf" => {
                let reason = "a check asks for one path";
                proxy.notes.not_modelled(line, &format!("uri-lf {value}"), reason);
            }
            _ => {
                if word == "hdr" {
                    args.value("the header's value")?;
                }
                proxy.notes.without_effect(line, &format!("http-check send {word} {value}"));
            }
        }
    }
    Ok(())
}
