//! The submission against the infrastructure it speaks of: complete, true when the infrastructure changes, inert
//! whatever people type.

mod form;
mod lengths;
mod truth;

use super::*;
use crate::infra::{Backend, Host, Preset, Service};

fn brief() -> Infrastructure {
    Preset::Brief.infrastructure()
}

fn submission(infrastructure: &Infrastructure) -> String {
    document(infrastructure, Length::Full).to_markdown()
}

fn without(name: &str) -> Infrastructure {
    let mut infrastructure = brief();
    infrastructure.hosts.retain(|host| host.name != name);
    for_each_backend(&mut infrastructure, |backend| {
        backend.servers.retain(|server| server.host != name);
    });
    infrastructure
}

/// Every tier twice: each application server asks a database of its own, which nobody should do.
fn doubled() -> Infrastructure {
    let mut infrastructure = brief();
    let mut twin = |name: &str, twin: &str, last: u8| {
        let mut host = infrastructure.host(name).unwrap().clone();
        host.name = twin.to_owned();
        host.address = std::net::Ipv4Addr::from(u32::from(host.address) + u32::from(last));
        infrastructure.hosts.push(host);
    };
    twin("web-1", "web-2", 1);
    twin("db-1", "db-2", 1);
    for service in infrastructure
        .hosts
        .iter_mut()
        .filter(|host| host.name == "app-2")
        .flat_map(|host| &mut host.services)
    {
        if let Service::App(app) = service {
            app.database = "db-2".to_owned();
        }
    }
    for_each_backend(&mut infrastructure, |backend| {
        if backend.name == "static" {
            let mut server = backend.servers[0].clone();
            (server.name, server.host) = ("web-2".to_owned(), "web-2".to_owned());
            backend.servers.push(server);
        }
    });
    infrastructure
}

fn for_each_backend(infrastructure: &mut Infrastructure, mut change: impl FnMut(&mut Backend)) {
    for service in infrastructure.hosts.iter_mut().flat_map(|host: &mut Host| &mut host.services) {
        if let Service::Haproxy(haproxy) = service {
            haproxy.backends.iter_mut().for_each(&mut change);
        }
    }
}

fn all() -> Vec<Infrastructure> {
    let names = ["lb-1", "lb-2", "web-1", "app-1", "app-2", "db-1"];
    let mut all: Vec<_> = names.into_iter().map(without).collect();
    all.extend([brief(), doubled()]);
    all
}

/// The lines under a heading, up to the next.
fn section<'a>(markdown: &'a str, heading: &str) -> Vec<&'a str> {
    let lines =
        markdown.lines().skip_while(|line| !(line.starts_with('#') && line.ends_with(heading)));
    lines
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn the_submission_of_the_brief_reads_like_this() {
    insta::assert_snapshot!("submission", submission(&brief()));
}

#[test]
fn the_static_page_of_the_brief_reads_like_this() {
    insta::assert_snapshot!("html_sections", html_sections(&brief()));
}
