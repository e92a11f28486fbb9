//! Five hundred infrastructures that somebody might build, none like another: random edits, one after the other, of random presets. Each
//! is drawn as clearly as the presets are, at rest and with everything wrong at once, and lies whole on every sheet.

use std::collections::BTreeSet;

use foobar_lab::diagram::{LIGHT, Orientation, Sheet, Size, to_svg, to_svg_on};
use foobar_lab::infra::{Edit, Infrastructure, Part, Preset, Routing, TlsMode};
use foobar_lab::kernel::{Chance, Draw};

use crate::clutter::{assert_clear, assert_uncluttered};
use crate::given::{ORIENTATIONS, at_its_worst, picture};

const SITES: usize = 500;
const MOST_EDITS: usize = 12;
/// About 1,100 are tried before 500 differ.
const MOST_TRIES: u64 = 10_000;

/// One of `count`, by chance.
fn pick(draw: &mut Draw, count: usize) -> usize {
    ((draw.unit() * count as f64) as usize).min(count - 1)
}

/// What somebody might want to do next, whether or not it can be done.
fn wishes(infrastructure: &Infrastructure) -> Vec<Edit> {
    let mut wishes: Vec<Edit> = Part::ALL.map(Edit::Add).to_vec();
    wishes.extend(infrastructure.hosts.iter().map(|host| Edit::Remove(host.name.clone())));
    wishes.extend([TlsMode::Off, TlsMode::On, TlsMode::ToServers].map(Edit::Tls));
    wishes.extend([Routing::Chain, Routing::Switching].map(Edit::Routing));
    wishes
}

/// A site and how it came about. What cannot be done is left out, as the page does.
fn site(draw: &mut Draw) -> (String, Infrastructure) {
    let preset = Preset::ALL[pick(draw, Preset::ALL.len())];
    let mut infrastructure = preset.infrastructure();
    let mut name = preset.name().to_owned();
    for _ in 0..=pick(draw, MOST_EDITS) {
        let wishes = wishes(&infrastructure);
        let edit = &wishes[pick(draw, wishes.len())];
        if edit.apply(&mut infrastructure).is_ok() {
            name = format!("{name} {edit}");
        }
    }
    (name, infrastructure)
}

/// The drawing is whole on the sheet, and away from its corner by whole units: on the grid of pixels as before.
#[track_caller]
fn assert_whole(name: &str, svg: &str, drawn: Size) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let shown = document.root_element().attribute("viewBox").unwrap();
    let shown: Vec<f64> = shown.split(' ').map(|number| number.parse().unwrap()).collect();
    let [left, top, across, down] = shown[..] else { panic!("{name}: {shown:?}") };
    // Numbers are written with two decimals.
    let is_whole = left <= 0.0
        && top <= 0.0
        && left + across >= drawn.width - 0.02
        && top + down >= drawn.height - 0.02;
    assert!(is_whole, "{name}: {shown:?} of {drawn:?}");
    assert!(left.fract().abs() + top.fract().abs() < 1e-9, "{name}: {shown:?}");
}

#[test]
fn five_hundred_sites_are_drawn_as_clearly() {
    let chance = Chance::new(14);
    let mut seen = BTreeSet::new();
    let mut largest = 0;
    for index in 0..MOST_TRIES {
        let (name, infrastructure) = site(&mut chance.draw(0, index));
        if !seen.insert(to_svg(&picture(&infrastructure, None, Orientation::Landscape))) {
            continue;
        }
        largest = largest.max(infrastructure.hosts.len());
        assert_clear(&name, &infrastructure);
        let worst = at_its_worst(&infrastructure);
        for orientation in ORIENTATIONS {
            let scene = picture(&infrastructure, Some(&worst), orientation);
            assert_uncluttered(&format!("{name}, at its worst, {orientation:?}"), &scene);
        }
        let scene = picture(&infrastructure, None, Orientation::Landscape);
        for sheet in [Sheet::AsDrawn, Sheet::A4, Sheet::Screen] {
            assert_whole(&name, &to_svg_on(&scene, sheet, &LIGHT, None), scene.size);
        }
        if seen.len() == SITES {
            break;
        }
    }
    assert_eq!(seen.len(), SITES, "so many differ");
    assert!(largest >= 10, "the largest site has {largest} machines");
}
