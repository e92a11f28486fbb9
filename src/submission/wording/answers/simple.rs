//! Task 0: what one server is, what runs on it, and what is wrong with having one.

use super::super::super::SectionId;
use super::super::super::block::Item;
use super::super::super::figures::{app_rate, capital, count, list, number, of_many};
use super::super::super::reading::{applications, database, names, running, webs};
use super::super::workflow;
use super::{Part, shared};
use crate::infra::{Host, Infrastructure};

pub(super) fn parts(infrastructure: &Infrastructure) -> Vec<Part> {
    vec![
        Part::new(SectionId::Addresses, "The server and its name", server(infrastructure)),
        Part::new(SectionId::Workflow, "A user wants to see the site", way(infrastructure)),
        Part::new(
            SectionId::Components,
            "What runs on the server, and why",
            programs(infrastructure),
        ),
        Part::new(SectionId::Issues, "What is wrong with it", issues(infrastructure)),
    ]
}

fn server(infrastructure: &Infrastructure) -> Vec<Item> {
    let hosts: Vec<&Host> = infrastructure.hosts.iter().collect();
    let domain = &infrastructure.domain;
    let addresses: Vec<String> =
        infrastructure.vips.iter().map(|vip| vip.address.to_string()).collect();
    let addresses = list(&addresses);
    let records = infrastructure.vips.len();
    vec![
        Item::new(
            of_many(hosts.len(), "Server", "Servers"),
            format!(
                "{}: a computer, physical or virtual, usually in a data centre. It runs an operating system such as \
                 Linux, and on it the programs that serve users.",
                list(&names(&hosts))
            ),
        ),
        Item::new(
            "Domain name",
            format!(
                "People remember {domain}; DNS translates the name to the IP {} {addresses}.",
                of_many(records, "address", "addresses")
            ),
        ),
        Item::new(
            "DNS record",
            format!(
                "{} of {domain} is an A record, because it holds an IP address.",
                if domain.starts_with("www.") { "The www record" } else { "The record" }
            ),
        ),
    ]
}

fn way(infrastructure: &Infrastructure) -> Vec<Item> {
    let mut items = vec![Item::new(
        "Network",
        "The user's computer and the server communicate over a network by TCP/IP, and in it by HTTP.",
    )];
    let steps = workflow::steps(infrastructure).into_iter().enumerate();
    // The second step is the balancer's.
    let told = steps.filter(|(step, _)| *step != 1).map(|(_, text)| text);
    let names = ["To the server", "Static content", "Dynamic requests", "Data", "Back"];
    items.extend(names.into_iter().zip(told).map(|(name, text)| {
        // A step that begins with its own name says it once.
        let rest = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        Item::new(name, rest.map_or_else(|| text.clone(), capital))
    }));
    items
}

fn programs(infrastructure: &Infrastructure) -> Vec<Item> {
    let databases = running(infrastructure, |service| service.as_mysql().is_some());
    let mut items = Vec::new();
    if !webs(infrastructure).is_empty() {
        items.push(Item::new(
            "Web server (Nginx)",
            "It takes HTTP requests and serves static pages and files from the disk, so that no code has to run for them; \
             the rest it passes on.",
        ));
    }
    if !applications(infrastructure).is_empty() {
        items.push(Item::new(
            "Application server",
            "It computes the dynamic content: it runs the logic of the site, because a page differs from user to user.",
        ));
        items.push(Item::new(
            "Application files (code base)",
            "The source code that the application server executes; it lies on the same disk.",
        ));
    }
    if !databases.is_empty() {
        items.push(Item::new(
            "Database (MySQL)",
            "It stores the data of the application, so that what users write outlives the request.",
        ));
    }
    items
}

fn issues(infrastructure: &Infrastructure) -> Vec<Item> {
    let mut items = shared::single(infrastructure);
    items.push(Item::new(
        "Maintenance",
        "While new code is deployed and the web server restarts, the site is down: nobody else answers meanwhile.",
    ));
    let rate: f64 = infrastructure
        .hosts
        .iter()
        .flat_map(|host| host.services.iter().map(move |service| (host, service)))
        .filter_map(|(host, service)| Some((host, service.as_app()?)))
        .map(|(host, app)| app_rate(app, database(infrastructure, host)))
        .sum();
    let cores: u32 = infrastructure.hosts.iter().map(|host| host.cores).sum();
    items.push(Item::new(
        "Scaling",
        format!(
            "All traffic meets {}: it cannot scale past that capacity, on paper at most {} pages a second. What is more \
             waits, then fails.",
            count(cores as usize, "core", "cores"),
            number(libm::round(rate))
        ),
    ));
    items.extend(shared::next(infrastructure));
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Preset, Service};

    #[test]
    fn the_way_is_told_step_by_step() {
        let infrastructure = Preset::Simple.infrastructure();
        assert_eq!(way(&infrastructure).len(), workflow::steps(&infrastructure).len());
        let services = infrastructure.hosts.iter().flat_map(|host| &host.services);
        assert_eq!(services.filter_map(Service::as_app).count(), 1);
    }
}
