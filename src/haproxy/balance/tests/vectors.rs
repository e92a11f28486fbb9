//! Picks and hashes of the pure algorithms: every line of `tests/golden/vectors.txt` that tells of them.

use super::super::hash::{avalanche, digest};
use super::*;
use crate::infra::{HashFunction, HashType};

const VECTORS: &str = include_str!("../../../../tests/golden/vectors.txt");

/// The lines between one heading and the next.
fn section(from: &str, to: &str) -> impl Iterator<Item = &'static str> {
    VECTORS
        .lines()
        .skip_while(move |line| *line != from)
        .skip(1)
        .take_while(move |line| *line != to)
}

/// `[1, 2, 3] rest`.
fn weights_and_rest(line: &str) -> (Vec<u32>, &str) {
    let (list, rest) = line[1..].split_once("] ").unwrap();
    (list.split(", ").map(|weight| weight.parse().unwrap()).collect(), rest)
}

#[test]
fn roundrobin_and_static_rr_pick_as_recorded() {
    let mut lines = 0;
    for line in section("RR", "trace 1:2:3") {
        let (weights, rest) = weights_and_rest(line);
        let words: Vec<&str> = rest.split(' ').collect();
        for (balance, picks) in [(Balance::Roundrobin, words[0]), (Balance::StaticRr, words[1])] {
            let mut scheduler = scheduler(&backend(balance.clone(), &weights, 0));
            assert_eq!(letters(&mut scheduler, picks.len()), picks, "{balance:?} {weights:?}");
        }
        let mut cycle = scheduler(&backend(Balance::StaticRr, &weights, 0));
        let (map, divisor) = (words[3], words[5].parse::<u32>().unwrap());
        assert_eq!(letters(&mut cycle, map.len() * 2), map.repeat(2), "{weights:?}");
        assert_eq!(map.len() as u32, weights.iter().sum::<u32>() / divisor);
        lines += 1;
    }
    assert_eq!(lines, 10);
}

#[test]
fn roundrobin_goes_through_deaths_returns_and_weights_as_recorded() {
    let mut lines = 0;
    for line in section("down/up", "LC hold all") {
        let (weights, history) = weights_and_rest(line);
        follow(&backend(Balance::Roundrobin, &weights, 0), history);
        lines += 1;
    }
    assert_eq!(lines, 5);
}

#[test]
fn leastconn_fills_servers_that_let_nothing_go_as_recorded() {
    let mut lines = 0;
    for line in section("LC hold all", "hash") {
        let (weights, rest) = weights_and_rest(line);
        let picks = rest.split(' ').next().unwrap();
        let mut scheduler = scheduler(&backend(Balance::Leastconn, &weights, 0));
        let mut served = vec![0; weights.len()];
        for expected in picks.chars() {
            let picked = scheduler.pick(&ANY, |server| Load { served: served[server], ..IDLE });
            assert_eq!(letter(picked), expected, "{line} {served:?}");
            served[picked.unwrap()] += 1;
            scheduler.load_changed(picked.unwrap(), served[picked.unwrap()], 0);
        }
        for (server, count) in served.iter().enumerate() {
            assert!(rest.contains(&format!("'{}': {count}", letter(Some(server)))), "{line}");
        }
        lines += 1;
    }
    assert_eq!(lines, 3);
}

#[test]
fn the_hash_functions_make_the_known_hashes() {
    let functions = [
        ("sdbm", HashFunction::Sdbm),
        ("djb2", HashFunction::Djb2),
        ("wt6", HashFunction::Wt6),
        ("crc32", HashFunction::Crc32),
    ];
    let (mut keys, mut addresses) = (0, 0);
    for line in VECTORS.lines().skip_while(|line| *line != "hash").skip(1) {
        let words: Vec<&str> = line.split(' ').collect();
        let hex = |word: &str| u32::from_str_radix(word, 16).unwrap();
        let number = |word: &str| word.parse::<u32>().unwrap();
        if line.contains("sdbm=") {
            for (word, (name, function)) in words[1..5].iter().zip(functions) {
                let hash = digest(function, words[0].as_bytes());
                assert_eq!(*word, format!("{name}={hash:08x}/{:08x}", avalanche(hash)), "{line}");
            }
            let hash = digest(HashFunction::Sdbm, words[0].as_bytes());
            assert_eq!((hash % 3, hash % 6), (number(words[6]), number(words[8])), "{line}");
            keys += 1;
        } else if words.get(3) == Some(&"aval") {
            let hash = hex(words[1]);
            assert_eq!((hash, avalanche(hash)), (number(words[2]), hex(words[4])), "{line}");
            for (servers, slot) in [(2, words[6]), (3, words[8])] {
                let backend = backend(Balance::Source, &vec![1; servers], 0);
                let ask = Ask { hash: Some(hash), ..ANY };
                let picked = scheduler(&backend).pick(&ask, |_| IDLE);
                assert_eq!(picked, Some(number(slot) as usize), "{line}");
            }
            addresses += 1;
        }
    }
    assert_eq!((keys, addresses), (5, 4));
}

/// `uri` on a ring, hashed as `hash-type consistent` does without a function.
fn by_uri(scheduler: &mut Scheduler, uri: &str) -> char {
    let hash = scheduler.hash_of(&KeyOf { source: 0, uri, headers: &[] });
    letter(scheduler.pick(&Ask { hash, ..ANY }, |_| IDLE))
}

#[test]
fn the_ring_gives_keys_to_the_known_servers() {
    let mut backend = backend(Balance::Uri(UriPart::default()), &[1, 1, 1], 0);
    backend.hash_type = HashType { method: HashMethod::Consistent, ..HashType::default() };
    let mut scheduler = scheduler(&backend);
    let lines: Vec<&str> =
        VECTORS.lines().skip_while(|line| !line.starts_with("chash nodes")).collect();
    for line in &lines[1..5] {
        let (key, server) = line.split_once(' ').unwrap();
        assert_eq!(by_uri(&mut scheduler, key).to_string(), server, "{line}");
    }
    let mut shares = [0; 3];
    for hash in (0..=u32::MAX).step_by(65_537) {
        let picked = scheduler.pick(&Ask { hash: Some(hash), ..ANY }, |_| IDLE);
        shares[picked.unwrap()] += 1;
    }
    let [a, b, c] = shares;
    assert_eq!(lines[5], format!("share Counter({{'c': {c}, 'a': {a}, 'b': {b}}})"));
    scheduler.set_standing(1, down(1));
    for pair in lines[6].trim_matches(['{', '}']).split(", ") {
        let (key, server) = pair.split_once(": ").unwrap();
        let picked = by_uri(&mut scheduler, key.trim_matches('\''));
        assert_eq!(picked.to_string(), server.trim_matches('\''), "{pair}");
    }
}

#[test]
fn the_ring_s_first_nodes_are_the_known_ones() {
    let mut rings = Rings::new(3);
    for server in 0..3 {
        rings.set_weight(0, server, 16);
    }
    let ring = rings.of(0);
    let line = VECTORS.lines().find(|line| line.starts_with("chash nodes 48 [")).unwrap();
    let (list, nodes) = line["chash nodes 48 [".len()..].split_once("] ").unwrap();
    assert_eq!(ring.nodes().len(), 48);
    for (known, (key, server)) in list.split(", ").zip(ring.nodes()) {
        let node = format!("'{key:08x}:{}'", letter(Some(usize::from(*server))));
        assert_eq!(known, node);
    }
    for (name, id, node) in [("node(1,0)", 1, 0), ("node(1,1)", 1, 1), ("node(2,0)", 2, 0)] {
        assert!(nodes.contains(&format!("{name} {:08x}", avalanche(id * 4096 + node))), "{name}");
    }
}
