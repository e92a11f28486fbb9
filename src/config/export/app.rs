//! The systemd unit that keeps the application running under gunicorn, as the model has it: synchronous workers.

use super::text::{Text, said, seconds, token};
use super::{Kind, address, is_encrypted};
use crate::infra::{App, Host, Infrastructure, SessionStore};

pub(super) const KIND: Kind = Kind {
    file: "foobar-app.service",
    to: "/etc/systemd/system/foobar-app.service",
    check: "systemd-analyze verify /etc/systemd/system/foobar-app.service",
    load: "systemctl daemon-reload && systemctl enable --now foobar-app",
};

/// The unit of one application server.
pub(super) fn write(infrastructure: &Infrastructure, host: &Host, app: &App) -> String {
    let title = format!("Application on {} ({}): {}", host.name, host.title, infrastructure.title);
    let mut text = Text::new(&[&title]);
    text.part("[Unit]");
    let domain = token(&infrastructure.domain);
    text.line(0, &format!("Description=Application of {domain}"));
    text.note(0, "Its address has to be there before it can listen on it.");
    text.line(0, "Wants=network-online.target");
    text.line(0, "After=network-online.target");
    text.part("[Service]");
    text.note(0, "No rights but its own: whoever breaks in is this user, not root.");
    text.line(0, "User=foobar");
    text.line(0, "WorkingDirectory=/srv/foobar");
    environment(&mut text, infrastructure, app);
    text.blank();
    text.note(0, &format!("{} workers: so many requests at once. The backlog holds those that wait, the timeout ends a worker that hangs.", app.workers));
    let [page, check] = [said(app.service_time), said(app.health_time)];
    let (spread, memory) = (app.service_distribution, app.worker_mib);
    text.note(0, &format!("The lab reckons with {page} of its own work for a page ({spread}), {check} for a check, and {memory} MiB for a worker."));
    text.line(0, &exec_start(infrastructure, host, app, &domain));
    text.blank();
    text.note(
        0,
        "Ended by a crash, it is started again a second later. (In the lab somebody has to do it.)",
    );
    text.line(0, "Restart=always");
    text.line(0, "RestartSec=1");
    text.part("[Install]");
    text.note(0, "It comes up with the machine.");
    text.line(0, "WantedBy=multi-user.target");
    text.finish()
}

/// Where the database is and how long to wait for it. The names are an example's: the application says its own.
fn environment(text: &mut Text, infrastructure: &Infrastructure, app: &App) {
    text.blank();
    text.note(0, "What the application has to know; give the variables the names that yours reads. Writes go to the first host.");
    let mut set = |name: &str, value: String| text.line(0, &format!("Environment={name}={value}"));
    set("DB_HOST", address(infrastructure, &app.database));
    set("DB_PORT", infrastructure.database_port(&app.database).to_string());
    if let Some(replica) = &app.reads_from {
        set("DB_READ_HOST", address(infrastructure, replica));
        set("DB_READ_PORT", infrastructure.database_port(replica).to_string());
    }
    set("DB_CONNECT_TIMEOUT", seconds(app.database_connect_timeout).to_string());
    set("DB_READ_TIMEOUT", seconds(app.database_read_timeout).to_string());
    set("DB_KEEP_CONNECTIONS", u8::from(app.keeps_connections).to_string());
    let sessions = match app.sessions {
        SessionStore::Shared => "shared",
        SessionStore::Local => "local",
    };
    set("SESSION_STORE", sessions.to_owned());
    text.note(0, "Passwords are in a file of their own that only root reads.");
    text.line(0, "EnvironmentFile=-/etc/foobar/app.env");
}

fn exec_start(infrastructure: &Infrastructure, host: &Host, app: &App, domain: &str) -> String {
    let mut line = format!(
        "ExecStart=/srv/foobar/venv/bin/gunicorn --bind {}:{} --workers {} --worker-class sync --backlog {} --timeout {}",
        host.address,
        app.port,
        app.workers,
        app.backlog,
        seconds(app.timeout)
    );
    if is_encrypted(infrastructure, host, app.port) {
        let certificate = format!("/etc/foobar/certs/{domain}");
        line.push_str(&format!(" --certfile {certificate}.pem --keyfile {certificate}.key"));
    }
    line.push_str(" app:application");
    line
}
