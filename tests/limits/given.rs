//! The programs, on loopback, each ended when it is dropped.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::{env, fs, process, thread};

use socket2::{Domain, Socket, Type};

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A directory of its own.
fn scratch() -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("foobar-lab-limits-{}-{number}", process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

/// A process and its directory.
#[derive(Debug)]
struct Program {
    child: Child,
    directory: PathBuf,
}

impl Program {
    /// Starts it and waits until `is_ready`.
    fn start(command: &mut Command, directory: PathBuf, is_ready: impl Fn(&Path) -> bool) -> Self {
        let output = fs::File::create(directory.join("output")).unwrap();
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).spawn().unwrap();
        let mut program = Self { child, directory };
        for _ in 0..3000 {
            if is_ready(&program.directory) {
                return program;
            }
            if program.child.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let why = fs::read_to_string(program.directory.join("output")).unwrap();
        panic!("{command:?} does not run: {why}");
    }
}

impl Program {
    fn said(&self) -> String {
        fs::read_to_string(self.directory.join("output")).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Where Debian puts it, or wherever the PATH leads.
fn program(name: &str) -> String {
    let usual = format!("/usr/sbin/{name}");
    if Path::new(&usual).exists() { usual } else { name.to_owned() }
}

/// MariaDB without grant tables: nobody logs in, it only counts its connections.
#[derive(Debug)]
pub(crate) struct Database {
    _program: Program,
    pub(crate) port: u16,
}

impl Database {
    pub(crate) fn start(max_connections: usize) -> Self {
        let (directory, port) = (scratch(), free_port());
        let here = directory.display().to_string();
        fs::create_dir_all(directory.join("data")).unwrap();
        let mut command = Command::new(program("mariadbd"));
        command.args(["--no-defaults", "--skip-grant-tables", "--bind-address=127.0.0.1"]).args([
            format!("--datadir={here}/data"),
            format!("--socket={here}/socket"),
            format!("--pid-file={here}/pid"),
            format!("--port={port}"),
            format!("--max-connections={max_connections}"),
        ]);
        if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
            command.arg("--user=root");
        }
        // It is not asked by a connection: that would be counted.
        let is_ready = |here: &Path| {
            let said = fs::read_to_string(here.join("output")).unwrap_or_default();
            said.contains("ready for connections")
        };
        Self { _program: Program::start(&mut command, directory, is_ready), port }
    }
}

/// The first packet of a connection to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    Welcome,
    Error(u16),
    Nothing,
}

/// Connects and reads the first packet: three bytes of length, a number, then 10 for protocol 10 or 255 and the error's code. The
/// connection is held as long as what is returned.
pub(crate) fn greeting(port: u16) -> (Greeting, Option<TcpStream>) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return (Greeting::Nothing, None);
    };
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut head = [0; 7];
    if stream.read_exact(&mut head).is_err() {
        return (Greeting::Nothing, None);
    }
    match head[4] {
        10 => (Greeting::Welcome, Some(stream)),
        255 => (Greeting::Error(u16::from_le_bytes([head[5], head[6]])), Some(stream)),
        _ => (Greeting::Nothing, Some(stream)),
    }
}

/// An application that holds a connection of the database for each page.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) port: u16,
    /// Whether those that hold a connection may answer.
    pub(crate) may_answer: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Pages {
    pub(crate) fn start(database: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let may_answer = Arc::new(AtomicBool::new(false));
        let (stopped, may) = (Arc::clone(&stop), Arc::clone(&may_answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let may = Arc::clone(&may);
                thread::spawn(move || Self::answer(stream, database, &may));
            }
        });
        Self { port, may_answer, stop }
    }

    fn answer(mut stream: TcpStream, database: u16, may: &AtomicBool) {
        let mut head = [0; 1024];
        let _ = stream.read(&mut head);
        let (said, _connection) = greeting(database);
        let status = if said == Greeting::Welcome {
            for _ in 0..4000 {
                if may.load(Ordering::Relaxed) {
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
            "200 OK"
        } else {
            "500 Internal Server Error"
        };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes());
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// A socket that listens and takes nothing.
#[derive(Debug)]
pub(crate) struct Hanging(Socket);

impl Hanging {
    pub(crate) fn listen(backlog: i32) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&address.into()).unwrap();
        socket.listen(backlog).unwrap();
        Self(socket)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().as_socket().unwrap().port()
    }
}

/// Waits until the kernel keeps so many connections for who listens here: only then is it sure that the next one finds no room. Those that
/// come at the same time as the last that finds room may seem connected, too.
pub(crate) fn wait_until_it_keeps(port: u16, connections: u32) {
    let own = format!("0100007F:{port:04X} ");
    let mut kept = 0;
    for _ in 0..200_000 {
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        // Of a listener (0A), the second figure of the queues is the length of its accept queue.
        let is_its = |line: &&str| line.contains(&own) && line.contains(" 0A ");
        let queues = table.lines().find(is_its).unwrap().split_whitespace().nth(4).unwrap();
        kept = u32::from_str_radix(queues.split(':').nth(1).unwrap(), 16).unwrap();
        if kept == connections {
            return;
        }
        thread::yield_now();
    }
    panic!("{kept} connections wait, not {connections}");
}

/// HAProxy before one server.
#[derive(Debug)]
pub(crate) struct Balancer {
    program: Program,
    pub(crate) port: u16,
}

/// What HAProxy is told to log of each request: path, status, termination state.
const LOG: &str = "log stderr format raw local0\nlog-format \"%HU %ST %tsc\"\n";

impl Balancer {
    pub(crate) fn start(server: u16, defaults: &str) -> Self {
        let (directory, port) = (scratch(), free_port());
        let text = format!(
            "defaults\nmode http\ntimeout connect 1s\ntimeout client 20s\ntimeout server 20s\n{LOG}{defaults}\
             frontend web\nbind 127.0.0.1:{port}\ndefault_backend app\nbackend app\nserver app-1 127.0.0.1:{server}\n"
        );
        let file = directory.join("haproxy.cfg");
        fs::write(&file, text).unwrap();
        let mut command = Command::new(program("haproxy"));
        command.arg("-db").arg("-f").arg(file);
        let is_ready = |_: &Path| TcpStream::connect(("127.0.0.1", port)).is_ok();
        Self { program: Program::start(&mut command, directory, is_ready), port }
    }

    /// How requests for these paths ended, once so many have: status and termination state, in order.
    pub(crate) fn log(&self, count: usize) -> Vec<String> {
        let is_asked = |line: &&str| line.starts_with('/');
        let ended = || -> Vec<String> {
            let said = self.program.said();
            said.lines()
                .filter(is_asked)
                .map(|line| line.trim_end_matches('-').to_owned())
                .collect()
        };
        until(|| ended().len() >= count);
        let mut ended = ended();
        ended.sort();
        ended
    }
}

/// gunicorn with synchronous workers that do what the path says.
#[derive(Debug)]
pub(crate) struct Gunicorn {
    program: Program,
    pub(crate) port: u16,
}

/// Waits until it is so.
pub(crate) fn until(is_so: impl Fn() -> bool) {
    let waited = (0..2000).find(|_| {
        let so = is_so();
        if !so {
            thread::sleep(Duration::from_millis(10));
        }
        so
    });
    assert!(waited.is_some(), "it does not become so");
}

impl Gunicorn {
    pub(crate) fn start(workers: usize, options: &[&str]) -> Self {
        let (directory, port) = (scratch(), free_port());
        fs::write(directory.join("app.py"), include_str!("app.py")).unwrap();
        let here = directory.display().to_string();
        let mut command = Command::new("gunicorn");
        command
            .args(["--chdir", &here, "--workers", &workers.to_string()])
            .args(["--bind", &format!("127.0.0.1:{port}")])
            .args(options)
            .arg("app:app");
        // It says that it listens before its workers have loaded the application.
        let is_ready = move |here: &Path| {
            let said = fs::read_to_string(here.join("output")).unwrap_or_default();
            said.lines().filter(|line| *line == "ready").count() == workers
        };
        Self { program: Program::start(&mut command, directory, is_ready), port }
    }

    /// Lets the workers answer that hold a request for `/hold`.
    pub(crate) fn let_go(&self) {
        fs::write(self.program.directory.join("let-go"), "").unwrap();
    }

    /// How often the application has said so.
    pub(crate) fn said(&self, word: &str) -> usize {
        self.program.said().lines().filter(|line| *line == word).count()
    }
}

/// The status of the page at `/`.
pub(crate) fn request(port: u16) -> u16 {
    ask(port, "/")
}

/// The status of a page.
pub(crate) fn ask(port: u16, path: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.get(9..12).and_then(|text| text.parse().ok()).unwrap_or(0)
}
