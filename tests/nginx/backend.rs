//! A server behind Nginx, on loopback: it answers, closes, answers with an error, or refuses connections.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// How it treats requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Status(u16),
    /// Closes when the request has come.
    Close,
    /// Nothing listens.
    Refuse,
}

/// The server.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) port: u16,
    /// Keeps the port while nothing listens.
    _reserved: Socket,
    listening: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Backend {
    /// One that answers 200.
    pub(crate) fn start() -> io::Result<Self> {
        let reserved = bound(0)?;
        let port = reserved.local_addr()?.as_socket().map_or(0, |address| address.port());
        let mut backend = Self { port, _reserved: reserved, listening: None };
        backend.turn(Mode::Status(200))?;
        Ok(backend)
    }

    /// From now on it does this.
    pub(crate) fn turn(&mut self, mode: Mode) -> io::Result<()> {
        self.stop();
        if mode == Mode::Refuse {
            return Ok(());
        }
        let socket = bound(self.port)?;
        socket.listen(64)?;
        socket.set_nonblocking(true)?;
        let listener = TcpListener::from(socket);
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => drop(serve(stream, mode)),
                    Err(_) => thread::sleep(Duration::from_micros(300)),
                }
            }
        });
        self.listening = Some((stop, thread));
        Ok(())
    }

    fn stop(&mut self) {
        if let Some((stop, thread)) = self.listening.take() {
            stop.store(true, Ordering::Relaxed);
            drop(thread.join());
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.stop();
    }
}

fn bound(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Two sockets that both say so share a port as long as only one of them listens.
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], port)).into())?;
    Ok(socket)
}

fn serve(mut stream: TcpStream, mode: Mode) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    // The body of a POST is `body\n`; a GET has none.
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"body\n") {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        head.extend_from_slice(&buffer[..count]);
        if head.starts_with(b"POST") && head.ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut buffer)?;
            head.extend_from_slice(&buffer[..count]);
            break;
        }
    }
    if let Mode::Status(status) = mode {
        write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    }
    Ok(())
}
