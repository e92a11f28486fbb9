//! What must hold whatever the weights, the loads and the history are.

use proptest::prelude::*;

use super::*;
use crate::infra::HashType;

fn algorithms() -> impl Strategy<Value = (Balance, HashMethod)> {
    let methods = vec![HashMethod::MapBased, HashMethod::Consistent];
    let balances = vec![
        Balance::Roundrobin,
        Balance::StaticRr,
        Balance::Leastconn,
        Balance::First,
        Balance::Random { draws: 2 },
        Balance::Source,
    ];
    (prop::sample::select(balances), prop::sample::select(methods))
}

/// What happens to one server, or a pick.
#[derive(Clone, Debug)]
enum Step {
    Pick { hash: u32, avoid: usize },
    Serve(usize, u32),
    Stand(usize, bool, u32, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let server = 0_usize..5;
    let step = prop_oneof![
        4 => (any::<u32>(), 0_usize..8).prop_map(|(hash, avoid)| Step::Pick { hash, avoid }),
        2 => (server.clone(), 0_u32..4).prop_map(|(server, served)| Step::Serve(server, served)),
        2 => (server, any::<bool>(), 0_u32..5, 1_u32..17)
            .prop_map(|(server, usable, weight, part)| Step::Stand(server, usable, weight, part)),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    /// Over whole cycles every server gets its weight; roundrobin may be one pick early or late.
    #[test]
    fn a_cycle_gives_every_server_its_weight(weights in prop::collection::vec(1_u32..20, 1..6)) {
        let total: u32 = weights.iter().sum();
        for (balance, slack) in [(Balance::Roundrobin, 1), (Balance::StaticRr, 0)] {
            let mut scheduler = scheduler(&backend(balance.clone(), &weights, 0));
            let mut picks = vec![0_u32; weights.len()];
            for _ in 0..total * 3 {
                picks[scheduler.pick(&ANY, |_| IDLE).unwrap()] += 1;
            }
            for (picked, weight) in picks.iter().zip(&weights) {
                prop_assert!(picked.abs_diff(weight * 3) <= slack, "{balance:?} {picks:?}");
            }
        }
    }

    /// Whoever is picked is elected, has room unless the algorithm looks at no load, and is not the one to avoid if
    /// there is another; nobody is picked only where nobody could be.
    #[test]
    fn only_servers_that_may_be_are_picked(
        (balance, method) in algorithms(),
        weights in prop::collection::vec(1_u32..5, 5),
        backups in 0_usize..4,
        allbackups in any::<bool>(),
        limit in 0_u32..3,
        steps in steps(),
    ) {
        let mut backend = backend(balance.clone(), &weights, backups);
        backend.hash_type = HashType { method, ..HashType::default() };
        backend.allbackups = allbackups;
        let mut scheduler = scheduler(&backend);
        let mut served = [0_u32; 5];
        let is_map = matches!(balance, Balance::StaticRr)
            || balance == Balance::Source && method == HashMethod::MapBased;
        for step in steps {
            match step {
                Step::Serve(server, count) => {
                    served[server] = count;
                    scheduler.load_changed(server, count, 0);
                }
                Step::Stand(server, usable, weight, part) => {
                    // A map takes no weight but the configured one and 0.
                    let weight = if is_map { weights[server] * weight.min(1) } else { weight };
                    let sixteenths = weight * part;
                    scheduler.set_standing(server, Standing { usable, weight, sixteenths });
                }
                Step::Pick { hash, avoid } => {
                    let load = |server: usize| Load { served: served[server], limit, ..IDLE };
                    let avoid = Some(avoid).filter(|server| *server < 5);
                    let picked = scheduler.pick(&Ask { hash: Some(hash), avoid, backend_served: 0 }, load);
                    let backups_only = scheduler.usable_active() == 0;
                    // A map lets all backups compete, though only one should.
                    let candidates: Vec<usize> = (0..5)
                        .filter(|server| {
                            scheduler.is_elected(*server) || is_map && backups_only
                                && backend.servers[*server].backup && scheduler.weight_of(*server) > 0
                        })
                        .collect();
                    let looks = !scheduler.is_hash() && (is_map || !backups_only || allbackups);
                    let free: Vec<usize> =
                        candidates.iter().copied().filter(|server| !load(*server).is_full()).collect();
                    if let Some(server) = picked {
                        prop_assert!(candidates.contains(&server));
                        prop_assert!(!looks || free.contains(&server));
                        let spared = looks && !matches!(balance, Balance::Random { .. });
                        if spared && avoid == Some(server) && !is_map {
                            prop_assert_eq!(free, vec![server]);
                        }
                    } else {
                        // Random draws no second time, and lets a full backup be even if it is the only one.
                        let is_random = matches!(balance, Balance::Random { .. });
                        // A map made for one backup may have no slot for the others.
                        let misses = is_map && backups_only && !allbackups;
                        let hindered = is_random || looks && (misses || free.is_empty());
                        prop_assert!(candidates.is_empty() || hindered);
                        prop_assert!(scheduler.has_usable() != candidates.is_empty());
                    }
                }
            }
        }
    }

    /// On a ring the survivors' keys stay where they are; with its return the dead server gets its own back.
    #[test]
    fn a_death_moves_only_the_dead_server_s_keys(
        weights in prop::collection::vec(1_u32..5, 2..6),
        dead in 0_usize..6,
        keys in prop::collection::vec(any::<u32>(), 50),
    ) {
        let mut backend = backend(Balance::Source, &weights, 0);
        backend.hash_type.method = HashMethod::Consistent;
        let mut scheduler = scheduler(&backend);
        let dead = dead % weights.len();
        let owners = |scheduler: &mut Scheduler| -> Vec<usize> {
            let ask = |key: &u32| Ask { hash: Some(*key), ..ANY };
            keys.iter().map(|key| scheduler.pick(&ask(key), |_| IDLE).unwrap()).collect()
        };
        let before = owners(&mut scheduler);
        scheduler.set_standing(dead, down(weights[dead]));
        for (was, is) in before.iter().zip(owners(&mut scheduler)) {
            prop_assert!(is != dead && (*was == dead || *was == is));
        }
        scheduler.set_standing(dead, up(weights[dead]));
        prop_assert_eq!(before, owners(&mut scheduler));
    }
}

/// Recorded: of three equal servers one dies, and half of the survivors' keys move.
#[test]
fn in_a_map_a_death_moves_the_survivors_keys_too() {
    let mut scheduler = scheduler(&backend(Balance::Source, &[1, 1, 1], 0));
    let owners = |scheduler: &mut Scheduler| -> Vec<Option<usize>> {
        let ask = |hash: u32| Ask { hash: Some(hash), ..ANY };
        (0..6000).map(|hash| scheduler.pick(&ask(hash), |_| IDLE)).collect()
    };
    let before = owners(&mut scheduler);
    scheduler.set_standing(1, down(1));
    let after = owners(&mut scheduler);
    let kept = before.iter().zip(&after).filter(|(was, is)| was == is).count();
    assert_eq!(kept, 2000, "half of the 4000 that the survivors had");
}
