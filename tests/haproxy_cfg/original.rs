//! What HAProxy 2.6 itself accepts and refuses (`haproxy -c`), where it is installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use foobar_lab::config::haproxy_cfg::read;

use super::HEAD;

/// Lines of the backend `be`, after [`HEAD`] and `backend be`.
const GOOD: [&str; 26] = [
    "server a 127.0.0.1:80",
    "server a 127.0.0.1:80 check inter 500us fall 1 rise 100",
    "default-server inter 3s fall 2\n server a 127.0.0.1:80 check no-check weight 0",
    "server-template s 1-3 127.0.0.1:80 check\n server a 127.0.0.1:81",
    "balance\n server a 127.0.0.1:80",
    "balance uri whole len 10 depth 2\n server a 127.0.0.1:80",
    "balance random(3)\n server a 127.0.0.1:80",
    "balance hdr(Host) use_domain_only\n hash-type consistent wt6 avalanche\n server a 127.0.0.1:80",
    "balance url_param id check_post\n hash-type map-based sdbm avalanche\n server a 127.0.0.1:80",
    "hash-type consistent\n hash-balance-factor 101\n server a 127.0.0.1:80",
    "cookie S insert indirect nocache domain a.b maxidle 10s\n server a 127.0.0.1:80 cookie x",
    "cookie S\n server a 127.0.0.1:80",
    "stick-table type ip size 1k expire 30m nopurge\n stick on src\n server a 127.0.0.1:80",
    "no option redispatch\n option redispatch -2\n retries 0\n server a 127.0.0.1:80",
    "retry-on all-retryable-errors\n server a 127.0.0.1:80",
    "retry-on none\n server a 127.0.0.1:80",
    "option httpchk HEAD /x HTTP/1.0\n http-check expect status 200-399\n server a 127.0.0.1:80 check",
    "option httpchk\n http-check send meth GET uri /x ver HTTP/1.1 hdr Host a\n server a 127.0.0.1:80",
    "acl x path_beg /a\n acl x path_beg -i /b\n http-request deny if x !TRUE\n server a 127.0.0.1:80",
    "http-request set-priority-class int(-5) if { req.hdr(X) -m found }\n server a 127.0.0.1:80",
    "timeout queue 1m # comment\n server \"a\" '127.0.0.1:80' # more",
    "server a\\x41 127.0.0.1:80 weight 256",
    "default option redispatch\n no log\n server a 127.0.0.1:80",
    "balance leastconn\nbackend fe\n server a 127.0.0.1:80\nbackend x\nlisten be2\n server a 127.0.0.1:80\nbackend b\n server a 127.0.0.1:80\nfrontend f\n bind :81\n use_backend x if { path /y } or TRUE\n default_backend b",
    "mode http\n stats enable\n fullconn 10\n server a 127.0.0.1:80 maxconn 10 minconn 2 maxqueue 5",
    "server a 127.0.0.1:80 observe layer7 error-limit 3 on-error mark-down check on-marked-down shutdown-sessions",
];

/// The same: what both refuse.
const BAD: [&str; 50] = [
    "no option forwardfor\n server a 127.0.0.1:80",
    "no balance\n server a 127.0.0.1:80",
    "retries 3 4\n server a 127.0.0.1:80",
    "balance uri len 0\n server a 127.0.0.1:80",
    "server a 127.0.0.1:80 fastinter 0",
    "server a 127.0.0.1:80 no-foo",
    "block if TRUE\n server a 127.0.0.1:80",
    "server a 127.0.0.1:80\nfrontend f\n bind :81\n default-server inter 1s",
    "server a 127.0.0.1:80\ndefaults\n server a 127.0.0.1:80",
    "hash-type map-based avalanche\n server a 127.0.0.1:80",
    "server a 127.0.0.1:80\nfrontend f\n mode tcp\n bind :81\n default_backend nope",
    "bal roundrobin\n server a 127.0.0.1:80",
    "balance fastest\n server a 127.0.0.1:80",
    "balance random(0)\n server a 127.0.0.1:80",
    "balance uri len\n server a 127.0.0.1:80",
    "balance uri wholly\n server a 127.0.0.1:80",
    "hash-type ring\n server a 127.0.0.1:80",
    "hash-type consistent md5\n server a 127.0.0.1:80",
    "hash-balance-factor 50\n server a 127.0.0.1:80",
    "server a 127.0.0.1:80 inter fast",
    "server a 127.0.0.1:80 inter 0",
    "server a 127.0.0.1:80 fall 0",
    "server a 127.0.0.1:80 weight 257",
    "server a 127.0.0.1:80 wieght 2",
    "server a 127.0.0.1:80 observe layer5",
    "server a 127.0.0.1:80 on-error panic",
    "server a 127.0.0.1:80 on-marked-up sing",
    "server a 127.0.0.1:99999",
    "server a '127.0.0.1:80",
    "server a\\ b 127.0.0.1:80",
    "server a",
    "server a 127.0.0.1:80\n server a 127.0.0.1:81",
    "server-template s 3-1 127.0.0.1:80",
    "timeout queue 1.5s\n server a 127.0.0.1:80",
    "timeout queue 25d\n server a 127.0.0.1:80",
    "timeout queue 1s 2s\n server a 127.0.0.1:80",
    "timeout patience 1s\n server a 127.0.0.1:80",
    "option turbo\n server a 127.0.0.1:80",
    "no option httpchk\n server a 127.0.0.1:80",
    "no balance\n server a 127.0.0.1:80",
    "retry-on sometimes\n server a 127.0.0.1:80",
    "cookie S insert prefix\n server a 127.0.0.1:80",
    "cookie S insert forever\n server a 127.0.0.1:80",
    "stick on src\n server a 127.0.0.1:80",
    "stick-table type ip\n stick on src\n server a 127.0.0.1:80",
    "stick-table type ip size 1k peers nobody\n stick on src\n server a 127.0.0.1:80",
    "server a 127.0.0.1:80\nfrontend f\n bind :81\n use_backend nope if TRUE",
    "server a 127.0.0.1:80\nfrontend f\n bind :81\n use_backend be if nope",
    "server a 127.0.0.1:80\nbackend be\n server b 127.0.0.1:80",
    "server a 127.0.0.1:80\nbackend x from nowhere\n server b 127.0.0.1:80",
];

fn is_installed() -> bool {
    let version = Command::new("haproxy").arg("-v").output();
    version.is_ok_and(|output| output.stdout.starts_with(b"HAProxy version 2.6"))
}

fn haproxy_accepts(path: &Path, text: &str) -> bool {
    fs::write(path, text).unwrap();
    let output = Command::new("haproxy").args(["-c", "-f"]).arg(path).output().unwrap();
    // 2: no error, but nothing to listen on.
    matches!(output.status.code(), Some(0 | 2))
}

#[test]
fn samples_are_read_or_refused() {
    for lines in GOOD {
        let text = format!("{HEAD}backend be\n {lines}\n");
        let text =
            text.replace("balance leastconn\nbackend fe", "server z 127.0.0.1:1\nbackend fe");
        let reading = read("haproxy.cfg", &text);
        assert!(reading.is_ok(), "{text}\n{reading:#?}");
    }
    for lines in BAD {
        let text = format!("{HEAD}backend be\n {lines}\n");
        assert!(read("haproxy.cfg", &text).is_err(), "{text}");
    }
}

#[test]
fn haproxy_itself_agrees_with_what_is_accepted() {
    if !is_installed() {
        eprintln!("skipped: HAProxy 2.6 is not installed (apt-get install haproxy on Debian 12)");
        return;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("original.cfg");
    for (samples, good) in [(GOOD.as_slice(), true), (BAD.as_slice(), false)] {
        for lines in samples {
            let text = format!("{HEAD}backend be\n {lines}\n");
            assert_eq!(haproxy_accepts(&path, &text), good, "{text}");
        }
    }
    let cut = format!("{HEAD}backend be\n server a 127.0.0.1:80");
    assert!(!haproxy_accepts(&path, &cut) && read("haproxy.cfg", &cut).is_err());
}
