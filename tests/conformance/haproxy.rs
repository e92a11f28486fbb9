//! The process under test: started in the foreground with a configuration file of its own, its log received over UDP,
//! its stats socket spoken to.

use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{env, fs, io, process, thread};

use socket2::Socket;

use crate::agenda::Agenda;
use crate::clock::lock;
use crate::server::free_port;
use crate::text;

/// A directory that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A new one.
    pub(crate) fn new() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("foobar-lab-{}-{number}", process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What to say where it is not installed.
pub(crate) const MISSING: &str =
    "haproxy is not installed: `scripts/setup.sh test` (or `apt-get install haproxy`) installs it";

/// The first line of `haproxy -v`, as version; `None` if it is not installed.
pub(crate) fn version() -> Option<String> {
    let output = Command::new(program()).arg("-v").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().skip_while(|word| *word != "version").nth(1).map(str::to_owned)
}

/// Debian puts it where a user's PATH may not lead.
fn program() -> &'static str {
    if Path::new("/usr/sbin/haproxy").exists() { "/usr/sbin/haproxy" } else { "haproxy" }
}

/// The log, received: lines of requests apart from the others, with their time.
#[derive(Debug)]
pub(crate) struct Log {
    /// Where HAProxy has to send it.
    pub(crate) address: SocketAddr,
    /// `(request, line)`.
    pub(crate) requests: Arc<Mutex<Vec<(usize, String)>>>,
    /// `(time, line)`.
    pub(crate) events: Arc<Mutex<Vec<(f64, String)>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    /// Begins to listen.
    pub(crate) fn receive(agenda: &Arc<Agenda>, names: Vec<String>) -> io::Result<Self> {
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(200)))?;
        let address = socket.local_addr()?;
        let (requests, events) = (Arc::default(), Arc::default());
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (requests, events, stop) =
                (Arc::clone(&requests), Arc::clone(&events), Arc::clone(&stop));
            let agenda = Arc::clone(agenda);
            move || {
                let mut buffer = [0; 4096];
                while !stop.load(Ordering::Relaxed) {
                    let Ok(length) = socket.recv(&mut buffer) else { continue };
                    let at = agenda.clock.now();
                    let line = String::from_utf8_lossy(&buffer[..length]).trim().to_owned();
                    let number =
                        line.strip_prefix("REQ n=").and_then(|rest| rest.split(' ').next());
                    if let Some(i) = number.and_then(|n| n.parse().ok()) {
                        lock::<Vec<(usize, String)>>(&requests).push((i, line));
                    } else {
                        agenda.event(at, &line, &names);
                        lock::<Vec<(f64, String)>>(&events).push((at, line));
                    }
                }
            }
        });
        Ok(Self { address, requests, events, stop, thread: Some(thread) })
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The process; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    /// Where it takes requests.
    pub(crate) frontend: SocketAddr,
    socket: PathBuf,
    output: PathBuf,
    child: Child,
    /// Keeps the port until HAProxy listens, and does no harm afterwards.
    _reserved: Socket,
    _scratch: Scratch,
}

impl Process {
    /// Starts it with this configuration, whose golden addresses are replaced by the real ones: `ports` are pairs of a
    /// port in the text and the port that stands for it.
    pub(crate) fn start(cfg: &str, log: SocketAddr, ports: &[(u64, u16)]) -> io::Result<Self> {
        let scratch = Scratch::new()?;
        let (socket, output) = (scratch.0.join("sock"), scratch.0.join("output"));
        let (reserved, port) = free_port()?;
        let frontend = SocketAddr::from(([127, 0, 0, 1], port));
        let mut cfg = cfg
            .replace(text::SOCKET, &socket.display().to_string())
            .replace(text::LOG, &log.to_string())
            .replace(&format!("{}\n", text::FRONTEND), &format!("{frontend}\n"));
        for (port, real) in ports {
            cfg = cfg.replace(&format!(" 127.0.0.1:{port}"), &format!(" 127.0.0.1:{real}"));
        }
        let file = scratch.0.join("haproxy.cfg");
        fs::write(&file, cfg)?;
        let out = fs::File::create(&output)?;
        let child = Command::new(program())
            .args(["-db", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        Ok(Self { frontend, socket, output, child, _reserved: reserved, _scratch: scratch })
    }

    /// Waits until the stats socket answers.
    pub(crate) fn ready(&mut self) -> Result<(), String> {
        for _ in 0..2000 {
            if self.command("show info").is_ok_and(|answer| answer.contains("Version")) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let output = fs::read_to_string(&self.output).unwrap_or_default();
                return Err(format!("haproxy ended with {status}: {output}"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err("haproxy's stats socket does not answer".to_owned())
    }

    /// Gives a command to the stats socket.
    pub(crate) fn command(&self, command: &str) -> io::Result<String> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(format!("{command}\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
