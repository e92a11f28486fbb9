//! The installed Nginx with one worker, before servers of the test's own.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, fs, process, thread};

use crate::backend::Backend;
use crate::case::Case;
use crate::clock::Clock;

/// Nginx counts whole seconds; so near to the next nothing is sent.
const EDGE: f64 = 0.03;

/// A request as it went.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// When, in seconds since 1970.
    pub(crate) at: f64,
    /// The servers that it tried, in order.
    pub(crate) tried: Vec<usize>,
    pub(crate) status: u16,
}

/// The process; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    directory: PathBuf,
    port: u16,
    backends: Vec<Backend>,
}

impl Nginx {
    pub(crate) fn start(case: &Case) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory =
            env::temp_dir().join(format!("foobar-lab-nginx-{}-{number}", process::id()));
        fs::create_dir_all(&directory)?;
        let backends: Vec<Backend> =
            case.upstream.servers.iter().map(|_| Backend::start()).collect::<io::Result<_>>()?;
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut upstream = case.configuration();
        for (index, backend) in backends.iter().enumerate() {
            upstream = upstream.replace(&format!("PORT{index} "), &format!("{} ", backend.port));
        }
        let here = directory.display();
        let text = format!(
            "daemon off; master_process off; pid {here}/pid; error_log {here}/error crit;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;\n\
             uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;\n{upstream}\
             server {{ listen 127.0.0.1:{port}; add_header X-Tried $upstream_addr always;\n\
             location / {{ proxy_pass http://app; }} }} }}\n"
        );
        fs::write(directory.join("nginx.conf"), text)?;
        let program = if fs::exists("/usr/sbin/nginx")? { "/usr/sbin/nginx" } else { "nginx" };
        let child = Command::new(program)
            .arg("-c")
            .arg(directory.join("nginx.conf"))
            .arg("-p")
            .arg(&directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(directory.join("output"))?)
            .spawn()?;
        let mut nginx = Self { child, directory, port, backends };
        for _ in 0..2000 {
            if TcpStream::connect(("127.0.0.1", nginx.port)).is_ok() {
                return Ok(nginx);
            }
            if let Some(status) = nginx.child.try_wait()? {
                let why = fs::read_to_string(nginx.directory.join("output"))?;
                return Err(io::Error::other(format!("nginx ended with {status}: {why}")));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err(io::Error::other("nginx does not listen"))
    }

    /// Does the script, one request after the other.
    pub(crate) fn run(&mut self, case: &Case) -> io::Result<Vec<Seen>> {
        let clock = Clock::start();
        let mut seen = Vec::new();
        for step in &case.steps {
            if let Some((server, mode)) = step.turn {
                self.backends[server].turn(mode)?;
            }
            clock.sleep_until(clock.now() + step.pause);
            let second = clock.epoch_at(clock.now()).fract();
            if second > 1.0 - EDGE {
                clock.sleep_until(clock.now() + 1.0 - second + EDGE);
            }
            let at = clock.epoch_at(clock.now());
            let (status, tried) = self.request(step.is_post)?;
            seen.push(Seen { at, tried, status });
        }
        Ok(seen)
    }

    fn request(&self, is_post: bool) -> io::Result<(u16, Vec<usize>)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let request = if is_post {
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nbody\n"
        } else {
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        };
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.get(9..12).and_then(|text| text.parse().ok()).unwrap_or(0);
        let line = answer.lines().find_map(|line| line.strip_prefix("X-Tried: ")).unwrap_or("");
        // Commas part the servers of one group, a colon those of the next; without a server it is the upstream's own name.
        let ports = line.split([',', ' ']).filter_map(|word| word.split_once(':'));
        let server =
            |port: &str| self.backends.iter().position(|backend| backend.port.to_string() == port);
        Ok((status, ports.filter_map(|(_, port)| server(port)).collect()))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
