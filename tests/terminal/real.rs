//! The installed HAProxy, asked the same on its socket.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, process, thread};

use crate::REFUSED;
use crate::given::{plan, run};

/// It is ended when this is dropped.
struct Real {
    child: Child,
    port: u16,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Real {
    /// With the backends of the site; nothing listens where its servers should be.
    fn start() -> Self {
        let (port, front, nobody) = (free_port(), free_port(), free_port());
        let config = format!(
            "global\n stats socket ipv4@127.0.0.1:{port} level admin\n\
             defaults\n mode http\n timeout connect 1s\n timeout client 2s\n timeout server 2s\n\
             frontend www\n bind 127.0.0.1:{front}\n default_backend app\n\
             backend static\n server web-1 127.0.0.1:{nobody} check\n\
             backend app\n server app-1 127.0.0.1:{nobody} check\n server app-2 127.0.0.1:{nobody} check\n"
        );
        let path = env::temp_dir().join(format!("foobar-lab-terminal-{}.cfg", process::id()));
        fs::write(&path, config).unwrap();
        let program = if fs::exists("/usr/sbin/haproxy").unwrap_or(false) {
            "/usr/sbin/haproxy"
        } else {
            "haproxy"
        };
        let mut command = Command::new(program);
        command.arg("-db").arg("-f").arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let real = Self { child, port };
        let answers = |_: u32| {
            thread::sleep(Duration::from_millis(50));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        };
        assert!((0..100).any(answers), "it does not start");
        fs::remove_file(path).unwrap();
        real
    }

    fn ask(&self, line: &str) -> String {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut said = String::new();
        socket.read_to_string(&mut said).unwrap();
        said.trim_end().to_owned()
    }
}

#[test]
#[ignore = "starts the installed HAProxy"]
fn haproxy_says_the_same() {
    let real = Real::start();
    for (line, words) in REFUSED {
        assert_eq!(real.ask(line), words, "{line}");
    }
    let site = run(plan(1), &[], 2.0);
    for line in ["show servers state", "show backend", "get weight app/app-1"] {
        let own = crate::said(&site, line);
        let heads = |text: &str| text.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(heads(&own), heads(&real.ask(line)), "{line}");
    }
    // The header of the statistics is the real one's, and so is the place of what a line with two commands is answered.
    for line in ["show stat", "show stat; show backend"] {
        let (own, theirs) = (crate::said(&site, line), real.ask(line));
        assert_eq!(own.lines().next(), theirs.lines().next(), "{line}");
        let fields = |text: &str| {
            text.lines().map(|row| row.matches(',').count()).take(2).collect::<Vec<_>>()
        };
        assert_eq!(fields(&own), fields(&theirs), "{line}");
        assert_eq!(own.contains("\n\n# name\n"), theirs.contains("\n\n# name\n"), "{line}");
    }
    let (own, theirs) = (crate::said(&site, "show servers state"), real.ask("show servers state"));
    let widths = |text: &str| text.lines().map(|row| row.split(' ').count()).collect::<Vec<_>>();
    assert_eq!(widths(&own), widths(&theirs));
}
