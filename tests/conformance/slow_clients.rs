//! Clients that do not send their request at once: what the real HAProxy has of them, and what the model says of its limits.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use std::{io, thread};

use foobar_lab::config::haproxy_cfg;
use foobar_lab::haproxy::Proxy;
use foobar_lab::kernel::{SimDuration, SimTime};

use crate::clock::Clock;
use crate::haproxy::Process;
use crate::text;

/// Between two bytes.
const PAUSE: Duration = Duration::from_millis(10);
/// A client does not wait longer than this.
const PATIENCE: Duration = Duration::from_secs(3);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: www.foobar.com\r\n\r\n";

/// A configuration and a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// The lines about timeouts.
    pub(crate) timeouts: &'static str,
    /// Whether the client sends nothing at all; else a byte after the other.
    pub(crate) is_silent: bool,
}

/// A status and after how long it came; 0 if none did.
pub(crate) type End = (u16, Duration);

fn cfg(case: Case) -> String {
    format!(
        "global\n  stats socket {} mode 600 level admin\ndefaults\n  mode http\n  timeout connect 1s\n  timeout server 1s\n  retries 0\n{}\n\
         frontend fe\n  bind {}\n  default_backend be\nbackend be\n  server s1 127.0.0.1:9\n",
        text::SOCKET,
        case.timeouts,
        text::FRONTEND
    )
}

/// What the real one does. Its server refuses, so that a request that is complete gets 503.
pub(crate) fn real(case: Case, log: SocketAddr) -> io::Result<End> {
    let mut process = Process::start(&cfg(case), log, &[])?;
    process.ready().map_err(io::Error::other)?;
    let mut stream = TcpStream::connect(process.frontend)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let clock = Clock::start();
    if !case.is_silent {
        let mut writer = stream.try_clone()?;
        thread::spawn(move || {
            for byte in REQUEST {
                if writer.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(PAUSE);
            }
        });
    }
    let mut answer = [0; 12];
    let status = match stream.read_exact(&mut answer) {
        Ok(()) => std::str::from_utf8(&answer[9..]).unwrap_or("").parse().unwrap_or(0),
        Err(_) => 0,
    };
    Ok((status, Duration::from_secs_f64(clock.now())))
}

/// What the model says.
pub(crate) fn model(case: Case) -> Result<End, String> {
    let reading =
        haproxy_cfg::read("slow.cfg", &cfg(case)).map_err(|errors| format!("{errors:?}"))?;
    let limit = Proxy::new(&reading.haproxy, SimTime::ZERO, SimDuration::ZERO)
        .request_limit(case.is_silent);
    let limit = limit.map(|limit| Duration::from_secs_f64(limit.as_secs_f64()));
    let sends = PAUSE * (REQUEST.len() as u32 - 1);
    Ok(match limit.filter(|limit| *limit < PATIENCE) {
        None if case.is_silent => (0, PATIENCE),
        Some(limit) if case.is_silent || limit <= sends => (408, limit),
        _ => (503, sends),
    })
}
