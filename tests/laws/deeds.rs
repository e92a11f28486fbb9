//! What is done to a random infrastructure: somebody kills, restores, slows, types commands, reloads.

use foobar_lab::haproxy::{Command, Order, State};
use foobar_lab::infra::{Directive, Infrastructure, Service};
use foobar_lab::sim::Action;

use super::case::{balance, component, hash_type, on_error};
use super::choices::Choices;

pub(crate) fn deed(choices: &mut Choices, infrastructure: &Infrastructure) -> Action {
    let is_plain = infrastructure.balancers().next().is_none();
    match choices.below(15) {
        0..4 => Action::Kill(component(choices, infrastructure)),
        4..7 => Action::Restore(component(choices, infrastructure)),
        7 => Action::Stop(component(choices, infrastructure)),
        8 => {
            let host = choices.one_of(&infrastructure.hosts).name;
            Action::Slow { host, factor: choices.one_of(&[2.0, 1.0, 7.5, 40.0]) }
        }
        9..13 if is_plain => Action::Restore(component(choices, infrastructure)),
        9..12 => order(choices, infrastructure),
        12 => reload(choices, infrastructure),
        13 => promotion(infrastructure),
        _ => choices.one_of(&[Action::CutHeartbeat, Action::HealHeartbeat]),
    }
}

/// The replica is promoted, if there is one.
fn promotion(infrastructure: &Infrastructure) -> Action {
    let is_replica =
        |service: &Service| service.as_mysql().is_some_and(|mysql| mysql.replica.is_some());
    let mut hosts = infrastructure.hosts.iter();
    let replica = hosts.find(|host| host.services.iter().any(is_replica));
    replica.map_or(Action::HealHeartbeat, |host| Action::Promote { host: host.name.clone() })
}

fn order(choices: &mut Choices, infrastructure: &Infrastructure) -> Action {
    let backends: Vec<_> = infrastructure.backends().cloned().collect();
    let backend = choices.one_of(&backends);
    let server = choices.one_of(&backend.servers).name;
    let order = choices.one_of(&[
        Order::State(State::Maint),
        Order::State(State::Drain),
        Order::State(State::Ready),
        Order::Enable,
        Order::Weight(0),
        Order::Weight(1),
        Order::Weight(7),
        Order::Percent(50),
        Order::Health(false),
        Order::Health(true),
    ]);
    let names: Vec<String> = infrastructure.balancers().map(|host| host.name.clone()).collect();
    let balancer = choices.once_in(2).then(|| choices.one_of(&names));
    Action::Command { balancer, command: Command { backend: backend.name, server, order } }
}

fn reload(choices: &mut Choices, infrastructure: &Infrastructure) -> Action {
    let names: Vec<String> =
        infrastructure.backends().map(|backend| backend.name.clone()).collect();
    let directive = match choices.below(18) {
        0 => Directive::Balance(balance(choices)),
        1 => Directive::HashType(hash_type(choices)),
        2 => Directive::Inter(choices.ms(&[2000, 100])),
        3 => Directive::Fastinter(choices.ms(&[500, 50])),
        4 => Directive::Downinter(choices.ms(&[500, 50])),
        5 => Directive::Rise(choices.one_of(&[1, 3])),
        6 => Directive::Fall(choices.one_of(&[1, 3])),
        7 => Directive::Slowstart(choices.ms(&[0, 3000])),
        8 => Directive::Maxconn(choices.one_of(&[0, 1, 3])),
        9 => Directive::Observe(choices.one_of(&[0, 1, 3]), on_error(choices)),
        10 => Directive::ShutdownSessions(choices.once_in(2)),
        11 => Directive::Cookie(choices.once_in(2)),
        12 => Directive::StickOnSource(choices.once_in(2)),
        13 => Directive::Retries(choices.one_of(&[3, 0, 1])),
        14 => Directive::Redispatch(choices.once_in(2)),
        15 => Directive::TimeoutQueue(choices.ms(&[1000, 50])),
        16 => Directive::TimeoutServer(choices.ms(&[1000, 50])),
        _ => Directive::TimeoutConnect(choices.ms(&[1000, 20])),
    };
    let is_local = choices.once_in(2) && !directive.is_global();
    let backend = is_local.then(|| choices.one_of(&names));
    Action::Reload { backend, directive }
}
