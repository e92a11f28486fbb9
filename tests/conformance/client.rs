//! The client: one request on a connection of its own, from an address of its own where that matters.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Map, Value};
use socket2::{Domain, Socket, Type};

use crate::server::header;

/// A request to send.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its number, sent in the header X-N.
    pub(crate) i: usize,
    /// The client's address.
    pub(crate) src: Ipv4Addr,
    /// Path and query.
    pub(crate) path: String,
    /// The header Cookie.
    pub(crate) cookie: Option<String>,
    /// Other headers.
    pub(crate) headers: Map<String, Value>,
}

/// What the client got.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status; `None` if the connection was closed without one.
    pub(crate) status: Option<u16>,
    /// Who answered; `None` for HAProxy itself.
    pub(crate) server: Option<String>,
    /// The header Set-Cookie.
    pub(crate) set_cookie: Option<String>,
}

/// Sends it, on a connection of its own.
pub(crate) fn send(request: &Request, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if request.src != Ipv4Addr::LOCALHOST {
        socket.bind(&SocketAddr::from((request.src, 0)).into())?;
    }
    socket.connect(&to.into())?;
    let mut stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(40)))?;
    let mut head =
        format!("GET {} HTTP/1.1\r\nHost: www.foobar.com\r\nX-N: {}\r\n", request.path, request.i);
    if let Some(cookie) = &request.cookie {
        head += &format!("Cookie: {cookie}\r\n");
    }
    for (name, value) in &request.headers {
        head += &format!("{name}: {}\r\n", value.as_str().unwrap_or_default());
    }
    head += "Connection: close\r\n\r\n";
    stream.write_all(head.as_bytes())?;
    Ok(stream)
}

/// Waits for the end of the answer.
pub(crate) fn receive(mut stream: TcpStream) -> Response {
    let mut answer = Vec::new();
    // A reset after the answer is no less an answer.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let text = |name: &str| header(&answer, name).map(str::to_owned);
    Response {
        status: answer.split(' ').nth(1).and_then(|status| status.parse().ok()),
        server: text("x-server"),
        set_cookie: text("set-cookie"),
    }
}
