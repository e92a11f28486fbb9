//! What is done to a random infrastructure: somebody kills, restores, slows, types commands, reloads.

use foobar_lab::haproxy::{Command, Order, State};
use foobar_lab::infra::{Component, Directive, Infrastructure, Service};
use foobar_lab::infra::{LinkChange, LinkState, USERS_END};
use foobar_lab::kernel::SimDuration;
use foobar_lab::sim::{Action, Gray};

use super::case::{balance, component, hash_type, on_error};
use super::choices::Choices;

pub(crate) fn deed(choices: &mut Choices, infrastructure: &Infrastructure) -> Action {
    let is_plain = infrastructure.balancers().next().is_none();
    match choices.below(20) {
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
        14..16 => ailment(choices, infrastructure),
        16..18 => link(choices, infrastructure),
        18 => {
            let rule = choices.one_of(&infrastructure.rules).name;
            choices.one_of(&[Action::DropRule { rule: rule.clone() }, Action::RestoreRule { rule }])
        }
        19 => {
            let uplink = choices.one_of(&infrastructure.uplinks).name;
            let cut = Action::CutUplink { uplink: uplink.clone() };
            choices.one_of(&[cut, Action::HealUplink { uplink }])
        }
        _ => choices.one_of(&[Action::CutHeartbeat, Action::HealHeartbeat]),
    }
}

/// Something goes wrong with a service, if there is one that it can happen to.
fn ailment(choices: &mut Choices, infrastructure: &Infrastructure) -> Action {
    let flap = Gray::Flap { up: choices.ms(&[3000, 500]), down: choices.ms(&[2000, 100]) };
    let gray = choices.one_of(&[
        Gray::Hang,
        Gray::Errors(0.5),
        Gray::Errors(1.0),
        Gray::Leak(1000.0),
        flap,
        Gray::Lock,
        Gray::DiskFull,
        Gray::SlowDisk(30.0),
    ]);
    let hosts = infrastructure.hosts.iter();
    let services = hosts.flat_map(|host| {
        let names = host.services.iter().map(Service::name);
        let fit = names.filter(|name| gray.services().contains(name));
        fit.map(|name| Component::service(&host.name, name))
    });
    let services: Vec<Component> = services.collect();
    if services.is_empty() {
        return Action::HealHeartbeat;
    }
    Action::Degrade { component: choices.one_of(&services), gray }
}

/// The link between two hosts changes.
fn link(choices: &mut Choices, infrastructure: &Infrastructure) -> Action {
    let from = choices.one_of(&infrastructure.hosts).name;
    let mut to = choices.one_of(&infrastructure.hosts).name;
    if from == to && infrastructure.host(&from).is_some_and(|host| host.haproxy().is_some()) {
        USERS_END.clone_into(&mut to);
    }
    let state = choices.one_of(&[
        LinkState::CUT,
        LinkState::WHOLE,
        LinkState { loss: 0.3, ..LinkState::WHOLE },
        LinkState { loss: 1.0, ..LinkState::WHOLE },
        LinkState { delay: SimDuration::from_ms(40), ..LinkState::WHOLE },
        LinkState { jitter: SimDuration::from_ms(200), ..LinkState::WHOLE },
        LinkState {
            loss: 0.1,
            delay: SimDuration::from_ms(20),
            jitter: SimDuration::from_ms(10),
            ..LinkState::WHOLE
        },
    ]);
    Action::Link(LinkChange { from, to, one_way: choices.once_in(2), state })
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
