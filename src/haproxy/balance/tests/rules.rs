//! Rules that the golden traces do not show, each tried out on the real HAProxy 2.6.12 where it could be, and those that
//! no client can see.

use super::*;
use crate::infra::HashType;

fn uri() -> Balance {
    Balance::Uri(UriPart::default())
}

pub(super) fn param() -> Balance {
    Balance::UrlParam { name: "x".to_owned() }
}

fn on_ring(mut backend: Backend) -> Backend {
    backend.hash_type = HashType { method: HashMethod::Consistent, ..HashType::default() };
    backend
}

fn limited(balance: Balance, weights: &[u32], limits: &[u32]) -> Backend {
    let mut backend = backend(balance, weights, 0);
    for (server, limit) in backend.servers.iter_mut().zip(limits) {
        server.maxconn = *limit;
    }
    backend
}

#[test]
fn weights_and_maintenance_move_the_servers_as_recorded() {
    let random = Balance::Random { draws: 2 };
    for (balance, weights, backups, history) in [
        (
            random.clone(),
            &[1, 2, 3][..],
            0,
            "bccacbcb -b acccccacaccc +b acabcacacccc a=4 cbabcbbbbaccbaab",
        ),
        (random, &[1, 1, 1, 1], 1, "-a -b -c ddddd +a +b +c bcbaccccbacabcbabaac"),
        (Balance::Random { draws: 3 }, &[1, 1, 1, 1], 1, "-a -b ccccc +a +b acccacbcaaacccccccaa"),
        (Balance::Leastconn, &[1, 1, 1, 1], 0, "abcdab a=3 cdbac -c dbadb +c adbcad"),
        (
            Balance::Roundrobin,
            &[3, 2, 1],
            0,
            "abac c=5 abcacbcacca a=0 bccbcc a=1 bcccbcacb b=9 b=1 ccccccabccccca -c c=2 +c cbccbcacbcac",
        ),
        (
            Balance::Roundrobin,
            &[50, 1, 1],
            0,
            "aaaaaaaaaaaaaaaaaaaaaaaaabaaaaaaaaaaaaaaaaaaaaaaaaa -b -a +b cbcbcbcbcbcb +a cabaaaaaaaaaaaaaaaaa",
        ),
        (Balance::StaticRr, &[1, 1, 1, 1], 0, "abc -a -b +a +b dabcdabc"),
        (
            Balance::StaticRr,
            &[4, 2, 6, 2, 4],
            2,
            "acacbcaca -b ccacacc -a ccccc -c ddddddddd +a aaaa a=0 ddddd +c ccc +b a=4 cacbcacac",
        ),
    ] {
        follow(&backend(balance, weights, backups), history);
    }
}

/// Chance histories of the real program: algorithm, weights, what was done.
#[test]
fn long_histories_go_as_recorded() {
    let mut histories = 0;
    for line in include_str!("histories.txt").lines() {
        let mut parts = line.split('|');
        let balance = match parts.next().unwrap() {
            "roundrobin" => Balance::Roundrobin,
            "static-rr" => Balance::StaticRr,
            "leastconn" => Balance::Leastconn,
            "random" => Balance::Random { draws: 2 },
            "nokeyring" => param(),
            name => panic!("{name}"),
        };
        let weights = parts.next().unwrap().split(',').map(|weight| weight.parse().unwrap());
        let weights: Vec<u32> = weights.collect();
        follow(&on_ring(backend(balance, &weights, 0)), parts.next().unwrap());
        histories += 1;
    }
    assert_eq!(histories, 49);
}

#[test]
fn full_servers_are_passed_over_as_recorded() {
    let (weights, limits) = (&[1, 2, 3, 2][..], &[1, 1, 1, 2][..]);
    for (balance, history) in [
        (Balance::Roundrobin, "cbcda [bcd daddaddadda ] bcdcbcdabcdcbc"),
        (Balance::StaticRr, "abcdb [cda bdbdbdbdbdb ] ccdabcdbccdabc"),
        (param(), "abcdb [cda bdbdbdbdbdb ] ccdabcdbccdabc"),
        (Balance::Leastconn, "abcda [bcd aaaaaaaaaaa ] abcdabcdabcdab"),
        (Balance::First, "aaaaa [abc ddddddddddd ] aaaaaaaaaaaaaa"),
        (Balance::Random { draws: 1 }, "dbbdc [c.d .d.d.ddb.a. ] cdbccbcbdcdddc"),
    ] {
        follow(&limited(balance, weights, limits), history);
    }
    follow(&on_ring(limited(param(), weights, limits)), "ccccc [ddc baaabaaabba ] dccbcccdabdcbd");
    follow(
        &limited(Balance::Roundrobin, &[5, 1, 1], &[1, 1, 0]),
        "aaa [ba ccccccccc ] aaaaaaaaaaaaaa",
    );
    follow(&backend(Balance::Leastconn, &[1, 2, 3], 0), "abca [bcacbcc bbbbbbbbb ] abcabcabcabcab");
}

#[test]
fn without_a_key_the_ring_is_walked_node_by_node_as_recorded() {
    let history =
        "ccbacaabcaaabbcaccbcabccabacbcbaacbabbcbacbacbabcc -a bcbcbbcccb +a cabccabacbcbaacbabbc";
    follow(&on_ring(backend(param(), &[1, 1, 1], 0)), history);
    let comings_and_goings = "cccacbaaaacacabcaaacababcaccbcaaababccac -a c +a bcbabacbb -a b +a cbabcac -b a +b cababcc \
        -c b +c cbbcbba -a b +a cbaccbb -b c +b cbbabba -c a +c cbaaaac a=1 acabc b=2 aacab c=3 bccca a=1 ccbcc b=4 cbabb \
        c=2 bbbcc a=1 cacbb b=5 bbbbb c=2 bacbb a=1 bcbbb b=1 acacb c=3 accbb";
    follow(&on_ring(backend(param(), &[2, 2, 2], 0)), comings_and_goings);
}

#[test]
fn a_walk_that_found_all_servers_full_begins_anew_as_recorded() {
    let backend = on_ring(limited(param(), &[2, 2], &[1, 1]));
    follow(&backend, "abaaa [ab.. ] abaaa");
}

#[test]
fn with_one_server_a_missing_header_is_no_step_of_the_walk_but_a_missing_parameter_is_as_recorded()
{
    let header = Balance::Hdr { name: "X-User".to_owned() };
    follow(&on_ring(backend(header, &[6, 6], 0)), "abbbbaaaabab -a bbbbb +a babbbaaaaabb");
    follow(&on_ring(backend(param(), &[6, 6], 0)), "abb -a bb +a aaaababbabbb");
}

/// One pointer serves both rings: after the backups' turn the walk first goes to the end of their ring.
#[test]
fn a_walk_on_the_backups_ring_ends_there_as_recorded() {
    let mut backend = on_ring(backend(param(), &[2, 2, 2, 2], 2));
    backend.allbackups = true;
    let history = "abaaaaa -a -b cccdd +a +b \
        ddcdddcdccdccdcccdddcdccddcdccddcdddcccccddccdcccdcdcdcddddabaaaaaabaaaabababaaa";
    follow(&backend, history);
}

#[test]
fn backups_share_the_load_only_if_told_to_and_maps_go_wrong_as_recorded() {
    let keys = |balance, weights: &[u32], allbackups| {
        let mut backend = backend(balance, weights, 2);
        backend.allbackups = allbackups;
        let mut scheduler = scheduler(&backend);
        scheduler.set_standing(0, down(1));
        let pick = |k: usize| {
            let uri = format!("/k{k}");
            let hash = scheduler.hash_of(&KeyOf { source: 0, uri: &uri, headers: &[] });
            let picked = scheduler.pick(&Ask { hash, ..ANY }, |_| IDLE);
            scheduler.load_changed(picked.unwrap(), 1, 0);
            scheduler.load_changed(picked.unwrap(), 0, 0);
            letter(picked)
        };
        (0..12).map(pick).collect::<String>()
    };
    for (balance, light, alone, heavy, all) in [
        (Balance::Roundrobin, "bbbbbbbbbbbb", "bbbbbbbbbbbb", "ccbcbccbcbcc", "cccbccbcccbc"),
        (Balance::StaticRr, "bcbcbcbcbcbc", "cccccccccccc", "bcbccbcbccbc", "bccbcccbccbc"),
        (Balance::Leastconn, "bbbbbbbbbbbb", "bbbbbbbbbbbb", "bcbcbcbcbcbc", "bcbcbcbcbcbc"),
        (
            Balance::Random { draws: 2 },
            "bbbbbbbbbbbb",
            "bbbbbbbbbbbb",
            "bccccbcbbcbc",
            "bccccbcbbcbc",
        ),
        (uri(), "bbbbbbbbbbbb", "cccccccccccc", "cbccbcbccbcb", "bcccbccbcccb"),
    ] {
        assert_eq!(keys(balance.clone(), &[1, 2, 3], false), light, "{balance:?}");
        assert_eq!(keys(balance.clone(), &[1, 2, 5], false), alone, "{balance:?}");
        assert_eq!(keys(balance.clone(), &[1, 2, 3], true), heavy, "{balance:?}");
        assert_eq!(keys(balance.clone(), &[1, 2, 5], true), all, "{balance:?}");
    }
}

/// Recorded: where more requests wait than the first of two backups can take, its own queue or the backend's.
#[test]
fn the_only_backup_is_picked_though_it_is_full_but_not_by_all() {
    let own = Some(1);
    let with_key = Ask { hash: Some(7), ..ANY };
    for (backend, ask, picked) in [
        (backend(Balance::Roundrobin, &[1, 1, 1], 2), ANY, own),
        (backend(Balance::Leastconn, &[1, 1, 1], 2), ANY, own),
        (backend(Balance::First, &[1, 1, 1], 2), ANY, own),
        (backend(Balance::Random { draws: 2 }, &[1, 1, 1], 2), ANY, None),
        (backend(Balance::StaticRr, &[1, 1, 1], 2), ANY, None),
        (backend(param(), &[1, 1, 1], 2), ANY, None),
        (backend(param(), &[1, 1, 1], 2), with_key, own),
        (on_ring(backend(param(), &[1, 1, 1], 2)), ANY, own),
        (on_ring(backend(param(), &[1, 1, 1], 2)), with_key, own),
    ] {
        let mut scheduler = scheduler(&backend);
        scheduler.set_standing(0, down(1));
        let full = Load { served: 1, limit: 1, ..IDLE };
        assert_eq!(scheduler.pick(&ask, |_| full), picked, "{:?}", backend.balance);
    }
}

/// Roundrobin, static-rr, leastconn, first and the rings turn to another server; a map of hashes does not.
#[test]
fn a_server_to_be_avoided_is_the_last_resort() {
    for balance in [
        Balance::Roundrobin,
        Balance::StaticRr,
        Balance::Leastconn,
        Balance::First,
        Balance::Random { draws: 2 },
    ] {
        let mut scheduler = scheduler(&backend(balance.clone(), &[1, 1, 1], 0));
        for server in [0, 1, 2, 0, 0, 1, 1] {
            let picked = scheduler.pick(&Ask { avoid: Some(server), ..ANY }, |_| IDLE);
            assert!(picked.is_some() && picked != Some(server), "{balance:?} {picked:?}");
        }
        scheduler.set_standing(0, down(1));
        scheduler.set_standing(1, down(1));
        let avoid_last = Ask { avoid: Some(2), ..ANY };
        assert_eq!(scheduler.pick(&avoid_last, |_| IDLE), Some(2), "{balance:?}");
        scheduler.set_standing(2, down(1));
        assert_eq!(scheduler.pick(&avoid_last, |_| IDLE), None, "{balance:?}");
    }
    for (backend, moves) in
        [(backend(uri(), &[1, 1, 1], 0), false), (on_ring(backend(uri(), &[1, 1, 1], 0)), true)]
    {
        for hash in [1, 0x2000_0000, 0x7000_0000, u32::MAX] {
            let mut scheduler = scheduler(&backend);
            let ask = Ask { hash: Some(hash), ..ANY };
            let first = scheduler.pick(&ask, |_| IDLE);
            let second = scheduler.pick(&Ask { avoid: first, ..ask }, |_| IDLE);
            assert_eq!(first != second, moves, "{hash}");
        }
    }
}

#[test]
fn leastconn_passes_over_a_server_only_when_its_queue_is_full_too() {
    let mut scheduler = scheduler(&backend(Balance::Leastconn, &[1, 1], 0));
    let carrying = |queued| {
        move |server| match server {
            0 => Load { served: 2, queued, limit: 2, maxqueue: 2 },
            _ => Load { served: 1, queued: 0, limit: 1, maxqueue: 0 },
        }
    };
    assert_eq!(scheduler.pick(&ANY, carrying(1)), Some(0));
    assert_eq!(scheduler.pick(&ANY, carrying(2)), None);
}

#[test]
fn a_slow_start_is_felt_where_weights_are_in_sixteenths() {
    let part = Standing { usable: true, weight: 2, sixteenths: 2 };
    for (balance, rare, shown) in [(Balance::Roundrobin, 2, 3), (Balance::StaticRr, 17, 4)] {
        let backend = backend(balance, &[2, 2], 0);
        let mut scheduler = Scheduler::new(&backend, [part, up(2)].into_iter());
        let made = letters(&mut scheduler, 34);
        assert_eq!(made.matches('a').count(), rare, "{made}");
        assert_eq!(scheduler.total_weight(), shown);
    }
}

#[test]
fn it_tells_who_shares_the_load() {
    for (allbackups, in_use, elected, weight) in
        [(false, 1, [false, false, true, false], 3), (true, 2, [false, false, true, true], 7)]
    {
        let mut backend = backend(Balance::Roundrobin, &[1, 2, 3, 4], 2);
        backend.allbackups = allbackups;
        let mut scheduler = scheduler(&backend);
        assert_eq!((scheduler.usable_active(), scheduler.usable_backup()), (2, 2));
        assert_eq!((scheduler.in_use(), scheduler.total_weight()), (2, 3));
        assert!(scheduler.is_elected(0) && !scheduler.is_elected(2));
        scheduler.set_standing(0, down(1));
        scheduler.set_standing(1, up(0));
        assert_eq!((scheduler.in_use(), scheduler.total_weight()), (in_use, weight));
        assert_eq!([0, 1, 2, 3].map(|server| scheduler.is_elected(server)), elected);
        scheduler.set_standing(2, down(3));
        scheduler.set_standing(3, down(4));
        assert!(!scheduler.has_usable() && scheduler.total_weight() == 0);
    }
    assert!(scheduler(&backend(uri(), &[1], 0)).is_hash());
    assert!(!scheduler(&backend(Balance::Leastconn, &[1], 0)).is_hash());
}
