//! Nothing lies over anything else, whatever stands there and however it is called.

use foobar_lab::diagram::{Layout, Orientation, Rect, Scene};
use foobar_lab::infra::{Edit, Infrastructure, Part, Place, Preset, Service};
use foobar_lab::sim::Snapshot;
use proptest::prelude::*;

use crate::given::{ORIENTATIONS, brief, in_trouble, picture, pictures, wider};
use crate::space::{boxes, inside, lines, runs_through, sheet, signs, texts};

/// Nothing is written over anything else, everything keeps clear of the edge, nothing is too small to read.
#[track_caller]
pub(crate) fn assert_uncluttered(name: &str, scene: &Scene) {
    let (texts, boxes, signs, lines) = (texts(scene), boxes(scene), signs(scene), lines(scene));
    let smallest = if scene.size.width < 400.0 { 12.0 } else { 13.0 };
    let sheet = inside(sheet(scene), 8.0);
    for (index, text) in texts.iter().enumerate() {
        let what = || format!("{name}: `{}` {:?}", text.text, text.room);
        assert!(text.size >= smallest, "{} is too small", what());
        assert!(sheet.contains(&text.room), "{} leaves the sheet", what());
        for other in &texts[index + 1..] {
            assert!(!text.room.overlaps(&other.room), "{} over `{}`", what(), other.text);
        }
        for sign in &signs {
            assert!(!text.room.overlaps(sign), "{} over a sign {sign:?}", what());
        }
        for each in &boxes {
            let is_apart = !text.room.overlaps(each) || each.contains(&text.room);
            assert!(is_apart, "{} crosses the edge of {each:?}", what());
        }
        for (line, half) in &lines {
            assert!(
                !runs_through(*line, inside(text.room, -half - 1.0)),
                "{} on a line {line:?}",
                what()
            );
        }
    }
    for each in boxes.iter().chain(&signs) {
        assert!(sheet.contains(each), "{name}: {each:?} leaves the sheet");
    }
}

/// No link runs through a card, the users, or a place for a virtual address.
#[track_caller]
fn assert_in_gutters(name: &str, layout: &Layout) {
    let cards = layout.hosts.iter().map(|host| host.rect).chain([layout.users]);
    let slots = layout.vips.iter().flat_map(|vips| vips.slots.iter().copied());
    for room in cards.chain(slots) {
        for route in &layout.routes {
            for pair in route.corners().windows(2) {
                let is_through = runs_through((pair[0], pair[1]), inside(room, 0.5));
                assert!(!is_through, "{name}: {:?} to {:?} through {room:?}", route.from, route.to);
            }
        }
    }
}

/// The stage alone, without title and legend, shows every card, band and line.
#[track_caller]
fn assert_on_stage(name: &str, layout: &Layout) {
    let cards = layout.hosts.iter().map(|host| host.rect);
    let bands = layout.zones.iter().map(|zone| zone.rect);
    for room in cards.chain(bands).chain([layout.users]) {
        assert!(layout.stage.contains(&room), "{name}: {room:?} is off the stage");
    }
    for point in layout.routes.iter().flat_map(|route| &route.points) {
        let at = Rect::new(point.x, point.y, 0.0, 0.0);
        assert!(layout.stage.contains(&at), "{name}: {point:?} is off the stage");
    }
}

#[test]
fn nothing_lies_over_anything_else() {
    for (name, _, scene) in pictures() {
        assert_uncluttered(&name, &scene);
    }
}

/// The brief with everything in one zone; with a link that passes a layer by; with one machine that does everything.
pub(crate) fn odd_shapes() -> Vec<(&'static str, Infrastructure)> {
    let mut flat = brief();
    flat.hosts.iter_mut().for_each(|host| host.zone = "edge".into());
    let mut far = brief();
    let mut web = far.host("web-1").unwrap().services[0].clone();
    std::mem::swap(&mut far.hosts[5].services[1], &mut web);
    far.hosts[5].services.push(web);
    for host in far.hosts.iter_mut().take(2) {
        if let Service::Haproxy(haproxy) = &mut host.services[0] {
            haproxy.backends[0].servers[0].host = "db-1".into();
        }
    }
    let mut alone = brief();
    let services: Vec<_> = alone.hosts.iter().flat_map(|host| host.services.clone()).collect();
    alone.hosts.truncate(1);
    alone.hosts[0].services = services;
    alone.rules.clear();
    let mut empty = brief();
    empty.hosts.clear();
    vec![("flat", flat), ("far", far), ("alone", alone), ("empty", empty)]
}

#[test]
fn links_stay_in_the_gutters_and_reach_both_ends() {
    let mut worlds = odd_shapes();
    worlds.extend([("brief", brief()), ("wider", wider())]);
    worlds.extend(Preset::ALL.map(|preset| (preset.name(), preset.infrastructure())));
    for (name, infrastructure) in worlds {
        for orientation in ORIENTATIONS {
            let layout = Layout::new(&infrastructure, orientation);
            let name = format!("{name} {orientation:?}");
            assert_in_gutters(&name, &layout);
            assert_on_stage(&name, &layout);
            assert_uncluttered(&name, &picture(&infrastructure, None, orientation));
            for link in infrastructure.links().iter().filter(|link| link.from != link.to) {
                let there = layout.route(&link.from, &link.to);
                assert_eq!(there, layout.route(&link.to, &link.from), "either way");
                let stands = [&link.from, &link.to].into_iter().all(|end| match end {
                    Place::Users => true,
                    Place::Host(host) => infrastructure.host(host).is_some(),
                });
                assert_eq!(there.is_some(), stands, "{name}: {link:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn long_names_are_cut_and_not_drawn_over_anything(
        names in prop::collection::vec("[A-Za-z0-9-]{1,40}", 6),
        titles in prop::collection::vec("[A-Za-z ]{1,40}", 6),
        vip in "[A-Z ]{1,30}",
        zone in "[A-Za-z ]{1,40}",
        trouble: bool,
    ) {
        let mut odd = brief();
        for (host, title) in odd.hosts.iter_mut().zip(titles) {
            host.title = title;
        }
        // Links name hosts; the hosts without links to them can be renamed freely.
        odd.hosts[0].name.clone_from(&names[0]);
        odd.vips[0].name = vip;
        odd.zones[2].title = zone;
        odd.domain.clone_from(&names[1]);
        odd.uplinks[1].role.clone_from(&names[2]);
        let snapshot = in_trouble(&brief());
        for orientation in ORIENTATIONS {
            let scene = picture(&odd, trouble.then_some(&snapshot), orientation);
            assert_uncluttered("long names", &scene);
        }
    }

    #[test]
    fn what_edits_make_is_drawn_as_clearly(
        preset in prop::sample::select(Preset::ALL.to_vec()),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let mut infrastructure = preset.infrastructure();
        let mut name = preset.name().to_owned();
        for choice in choices {
            let possible = Edit::possible(&infrastructure);
            if possible.is_empty() {
                break;
            }
            let edit = choice.get(&possible);
            edit.apply(&mut infrastructure).unwrap();
            name = format!("{name} {edit}");
        }
        assert_clear(&name, &infrastructure);
    }
}

/// As many of everything as can be added.
#[test]
fn a_full_site_is_drawn_as_clearly() {
    for preset in Preset::ALL {
        let mut infrastructure = preset.infrastructure();
        for part in Part::ALL {
            while Edit::Add(part).apply(&mut infrastructure).is_ok() {}
        }
        assert_clear(&format!("full {preset}"), &infrastructure);
    }
}

/// The picture at rest, in both orientations, by every law of this file.
#[track_caller]
pub(crate) fn assert_clear(name: &str, infrastructure: &Infrastructure) {
    for orientation in ORIENTATIONS {
        assert_drawn_clearly(name, infrastructure, None, orientation);
    }
}

/// The picture in this state, by every law of this file.
#[track_caller]
pub(crate) fn assert_drawn_clearly(
    name: &str,
    infrastructure: &Infrastructure,
    snapshot: Option<&Snapshot>,
    orientation: Orientation,
) {
    let layout = Layout::new(infrastructure, orientation);
    let name = format!("{name} {orientation:?}");
    assert_in_gutters(&name, &layout);
    assert_on_stage(&name, &layout);
    assert_uncluttered(&name, &picture(infrastructure, snapshot, orientation));
}
