//! The servers behind HAProxy: each listens on loopback, answers as its mode says, and can be killed and started again.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::agenda::Agenda;
use crate::clock::lock;

/// What a server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 200, or what `?e=` asks for.
    Ok,
    /// Nothing, the connection stays open.
    Hang,
    /// Closes the connection.
    Close,
    /// This status.
    Status(u16),
}

impl Answer {
    fn read(text: &str) -> Self {
        match text {
            "hang" => Self::Hang,
            "close" => Self::Close,
            other => other.parse().map_or(Self::Ok, Self::Status),
        }
    }
}

/// A server and its threads; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) port: u16,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    name: String,
    index: usize,
    listener: Socket,
    agenda: Arc<Agenda>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    up: bool,
    stop: bool,
    traffic: Answer,
    check: Answer,
    /// Connections whose request has not been answered, by number.
    open: BTreeMap<u64, TcpStream>,
    accepted: u64,
}

impl Server {
    /// Starts the server of this index.
    pub(crate) fn start(name: &str, index: usize, agenda: &Arc<Agenda>) -> io::Result<Self> {
        let (probe, port) = free_port()?;
        // Bound to a port that is named: only then shutting it down leaves it bound.
        let listener = bound(port)?;
        drop(probe);
        listener.listen(256)?;
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            index,
            listener,
            agenda: Arc::clone(agenda),
            state: Mutex::new(State {
                up: true,
                stop: false,
                traffic: Answer::Ok,
                check: Answer::Ok,
                open: BTreeMap::new(),
                accepted: 0,
            }),
            changed: Condvar::new(),
        });
        let listening = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || listen(&shared))
        };
        Ok(Self { port, shared, listening: Some(listening) })
    }

    /// Does what an entry `mode` of a script says.
    pub(crate) fn change(&self, mode: &Value) -> io::Result<()> {
        if let Some(net) = mode["net"].as_str() {
            self.net(net == "up")?;
        }
        let mut state = lock(&self.shared.state);
        if let Some(answer) = mode["traffic"].as_str() {
            state.traffic = Answer::read(answer);
        }
        if let Some(answer) = mode["check"].as_str() {
            state.check = Answer::read(answer);
        }
        drop(state);
        self.tell_agenda();
        Ok(())
    }

    /// Takes connections, or refuses them and resets the open ones. The socket stays bound while it refuses, so that
    /// nobody else gets the port.
    fn net(&self, up: bool) -> io::Result<()> {
        let mut state = lock(&self.shared.state);
        if state.up == up {
            return Ok(());
        }
        state.up = up;
        if up {
            self.shared.listener.listen(256)?;
        } else {
            self.shared.listener.shutdown(Shutdown::Read)?;
            // In the order of their arrival, and all by this thread: the order of the resets is that of the releases.
            for stream in std::mem::take(&mut state.open).into_values() {
                reset(stream);
            }
        }
        self.shared.changed.notify_all();
        Ok(())
    }

    fn tell_agenda(&self) {
        let state = lock(&self.shared.state);
        let passes = matches!(state.check, Answer::Ok | Answer::Status(200..=399));
        self.shared.agenda.server_is(self.shared.index, state.up, passes);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.shared.state);
            state.stop = true;
            state.open.clear();
            // Wakes the thread that accepts; it has nothing to say if the socket is shut already.
            let _ = self.shared.listener.shutdown(Shutdown::Read);
            self.shared.changed.notify_all();
        }
        if let Some(thread) = self.listening.take() {
            let _ = thread.join();
        }
    }
}

/// A free port of loopback, and the socket that keeps it from being given to others until somebody listens there.
pub(crate) fn free_port() -> io::Result<(Socket, u16)> {
    let socket = bound(0)?;
    let port = socket.local_addr()?.as_socket().map_or(0, |address| address.port());
    Ok((socket, port))
}

fn bound(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Two sockets that both say so share a port as long as neither listens.
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], port)).into())?;
    Ok(socket)
}

/// Closes with RST instead of FIN, as the kernel does for a process that died with unread data.
fn reset(stream: TcpStream) {
    let socket = Socket::from(stream);
    let _ = socket.set_linger(Some(Duration::ZERO));
}

fn listen(shared: &Arc<Shared>) {
    loop {
        {
            let mut state = lock(&shared.state);
            while !state.up && !state.stop {
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.stop {
                return;
            }
        }
        match shared.listener.accept() {
            Ok((socket, _)) => {
                let (at, shared) = (shared.agenda.clock.now(), Arc::clone(shared));
                thread::spawn(move || serve(&shared, TcpStream::from(socket), at));
            }
            // Shut down by `net`, which changes the state next; anything else must not spin either.
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// One connection: one request. HAProxy's own L4 checks say nothing and are gone.
fn serve(shared: &Shared, mut stream: TcpStream, at: f64) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let Some(head) = read_head(&mut stream) else { return };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let is_check = path == "/_check";
    let mut delay: f64 = parameter(&path, "d").and_then(|d| d.parse().ok()).unwrap_or(0.0);

    let mut state = lock(&shared.state);
    if !state.up {
        return reset(stream);
    }
    let answer = if is_check { state.check } else { state.traffic };
    if is_check {
        shared.agenda.check_seen(shared.index, at);
    }
    let number = state.accepted;
    state.accepted += 1;
    if let (false, Some(i)) = (is_check, number_of(&head)) {
        let asked =
            (answer != Answer::Hang).then_some(if answer == Answer::Close { 0.0 } else { delay });
        delay = shared.agenda.accepted(i, shared.index, at, asked);
    }
    state.open.insert(number, stream);
    if answer == Answer::Hang || (delay > 0.0 && answer != Answer::Close) {
        let due = at + if answer == Answer::Hang { 120.0 } else { delay };
        loop {
            let left = due - shared.agenda.clock.now();
            if left <= 0.0 || state.stop || !state.open.contains_key(&number) {
                break;
            }
            let wait = shared.changed.wait_timeout(state, Duration::from_secs_f64(left));
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
    let Some(mut stream) = state.open.remove(&number) else { return };
    drop(state);
    let status = match answer {
        Answer::Hang | Answer::Close => return,
        Answer::Status(status) => status,
        Answer::Ok => parameter(&path, "e").and_then(|e| e.parse().ok()).unwrap_or(200),
    };
    if let Some(i) = number_of(&head).filter(|_| !is_check) {
        shared.agenda.answered(i, shared.agenda.clock.now() - at);
    }
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Told\r\nX-Server: {}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        shared.name
    );
}

/// The number of a request.
fn number_of(head: &str) -> Option<usize> {
    header(head, "x-n")?.parse().ok()
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(n) => head.extend_from_slice(&buffer[..n]),
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// The value of a header, found whatever its case.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The value of a parameter of the query.
pub(crate) fn parameter<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let query = path.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(k, _)| *k == name).map(|x| x.1))
}
