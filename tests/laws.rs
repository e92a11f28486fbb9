//! The laws of the simulation, under storms of faults: how time was passed makes no difference, no request is lost from
//! the count, and a server seen DOWN gets nothing new.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Component, Preset};
use foobar_lab::kernel::SimTime;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, FactKind, History, ServerStatus, TimedAction};
use given::{SECOND, at, hash, plan, run};
use proptest::prelude::*;

fn component() -> impl Strategy<Value = Component> {
    let names: Vec<Component> = Preset::Brief
        .infrastructure()
        .hosts
        .iter()
        .flat_map(|host| {
            let services =
                host.services.iter().map(|service| Component::service(&host.name, service.name()));
            std::iter::once(Component::host(&host.name)).chain(services.collect::<Vec<_>>())
        })
        .collect();
    prop::sample::select(names)
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => component().prop_map(Action::Kill),
        3 => component().prop_map(Action::Restore),
        1 => (component(), 1.0_f64..50.0).prop_map(|(component, factor)| Action::Slow { host: component.host, factor }),
    ]
}

fn storm() -> impl Strategy<Value = Vec<(f64, Action)>> {
    prop::collection::vec((0.0_f64..60.0, action()), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Law 1: the world is a function of plan, actions and time, however the time was passed.
    #[test]
    fn small_steps_and_one_leap_end_in_the_same_world(
        seed in any::<u64>(), storm in storm(), stops in prop::collection::vec(0.0_f64..60.0, 0..30),
    ) {
        let leap = run(plan(seed), &storm, 60.0);
        let timed = storm.iter().map(|(seconds, action)| TimedAction { at: at(*seconds), action: action.clone() });
        let mut walk = Run::with_actions(plan(seed), timed.collect(), History::Off).unwrap();
        let mut stops = stops;
        stops.sort_by(f64::total_cmp);
        for stop in stops {
            while !walk.advance_within(at(stop), 7) {}
        }
        walk.advance_to(at(60.0));
        prop_assert_eq!(hash(&leap), hash(&walk));
    }

    /// Conservation, and no request given to a server that the balancer sees DOWN, under any storm.
    #[test]
    fn the_laws_hold_under_fire(seed in any::<u64>(), storm in storm()) {
        let timed = storm.iter().map(|(seconds, action)| TimedAction { at: at(*seconds), action: action.clone() });
        let mut run = Run::with_actions(plan(seed), timed.collect(), History::Recent).unwrap();
        let mut before = run.simulation().snapshot();
        for tick in 1..=120_u64 {
            run.advance_to(SimTime::from_ms(tick * 500));
            let counts = run.simulation().counts();
            prop_assert_eq!(counts.issued, counts.ok + counts.failed + counts.in_flight);
            let now = run.simulation().snapshot();
            for (earlier, later) in before.servers.iter().zip(&now.servers) {
                let changed = run.simulation().facts().iter().any(|fact| {
                    fact.at >= before.now
                        && matches!(fact.kind, FactKind::ServerUp { .. } | FactKind::ServerDown { .. }
                            | FactKind::ServiceReturned | FactKind::HostReturned | FactKind::ServiceDied | FactKind::HostDied)
                });
                // Requests bound to a server before it went DOWN go on trying it (no redispatch), so only a server that has
                // been DOWN for longer than all their attempts take must see nothing new.
                let long_down = earlier.status == Some(ServerStatus::Down) && later.status == Some(ServerStatus::Down);
                let recently = run.simulation().facts().iter().any(|fact| {
                    fact.at + SECOND * 8 >= before.now && fact.kind.name() != "request-failed"
                });
                if long_down && !changed && !recently {
                    prop_assert_eq!(earlier.requests, later.requests, "{:?}", later);
                }
            }
            before = now;
        }
    }
}
