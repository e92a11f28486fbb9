//! The way of one request in six steps, as the exercise counts them, and at which of them a request is.

use crate::infra::{Infrastructure, Place};
use crate::sim::{Message, MessageKind};

/// The six steps.
pub const STEPS: [&str; 6] = [
    "The browser asks DNS for the name, and opens a connection to the address",
    "The balancer ends TLS and chooses a server",
    "The web server answers with a file, or passes the request on",
    "The application server computes the page",
    "It asks the database",
    "The answer goes back by the same way",
];

/// At which of the [`STEPS`], counted from 0, a request is whose last message is this one: still on its way, or arrived.
pub fn step_of(infrastructure: &Infrastructure, message: &Message, has_arrived: bool) -> usize {
    if matches!(message.kind, MessageKind::Answer | MessageKind::Error) {
        return 5;
    }
    let at = if has_arrived { &message.to } else { &message.from };
    let host = match at {
        Place::Users => return 0,
        Place::Host(name) => infrastructure.host(name),
    };
    let has = |service: &str| host.is_some_and(|host| host.service(service).is_some());
    let asks = matches!(&message.to, Place::Host(to)
        if infrastructure.host(to).is_some_and(|to| to.service("mysql").is_some()));
    match () {
        () if has("haproxy") => 1,
        () if asks || (has_arrived && has("mysql") && !has("app")) => 4,
        () if has("nginx") && !(has("app") && has_arrived) => 2,
        () if has("app") => 3,
        () => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::infra::Preset;
    use crate::kernel::SimTime;
    use crate::run::Run;
    use crate::sim::{History, Plan};

    /// A page and a file of the brief, message by message.
    #[test]
    fn a_page_goes_through_the_steps_in_order_and_a_file_needs_no_database() {
        let infrastructure = Preset::Brief.infrastructure();
        let mut run = Run::new(Plan::new(infrastructure.clone(), 1), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(3_000));
        let mut ways: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for message in run.simulation().messages() {
            let way = ways.entry(message.request).or_default();
            for has_arrived in [false, true] {
                let step = step_of(&infrastructure, message, has_arrived);
                if way.last() != Some(&step) {
                    way.push(step);
                }
            }
        }
        let all: Vec<&Vec<usize>> = ways.values().collect();
        assert!(all.contains(&&vec![0, 1, 3, 4, 5]), "a page: {all:?}");
        assert!(all.contains(&&vec![0, 1, 2, 5]), "a file: {all:?}");
    }
}
