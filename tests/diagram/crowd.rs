//! Five hundred infrastructures that somebody might build, none like another: random edits, one after the other, of random presets. Each
//! is drawn as clearly as the presets are, at rest and with everything wrong at once, lies whole on every sheet, and can be read on paper.

use std::collections::BTreeSet;

use foobar_lab::diagram::{LIGHT, Layout, Orientation, Scene, Sheet, Size, to_svg, to_svg_on};
use foobar_lab::infra::{Edit, Infrastructure, Part, Preset, Routing, TlsMode};
use foobar_lab::kernel::{Chance, Draw};

use crate::clutter::{assert_clear, assert_drawn_clearly, assert_uncluttered};
use crate::given::{ORIENTATIONS, at_its_worst, on_paper, picture};
use crate::space::texts;

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

/// In points, the smallest letters where the drawing fills so many millimetres, across and down.
fn points(scene: &Scene, (across, down): (f64, f64)) -> f64 {
    let smallest = texts(scene).iter().map(|text| text.size).fold(f64::MAX, f64::min);
    smallest * (across / scene.size.width).min(down / scene.size.height) * 72.0 / 25.4
}

/// What is handed in of a site, at rest and at its worst: on A4 its letters have 7 points, as a sheet of its own and in the printed
/// document with the caption below; and it is as clear as on the screen.
#[track_caller]
fn assert_legible_on_paper(name: &str, infrastructure: &Infrastructure) {
    for snapshot in [None, Some(&at_its_worst(infrastructure))] {
        let scene = on_paper(infrastructure, snapshot);
        let svg = to_svg_on(&scene, Sheet::A4, &LIGHT, None);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let side =
            |name: &str| document.root_element().attribute(name).unwrap().parse::<f64>().unwrap();
        let is_upright = side("height") > side("width");
        // The sheets of `html_page.css`, less their margins, and the height that it leaves the drawing.
        let (sheet, printed) = if is_upright {
            ((210.0, 297.0), (198.0, 250.0))
        } else {
            ((297.0, 210.0), (285.0, 165.0))
        };
        for room in [sheet, printed] {
            let points = points(&scene, room);
            assert!(points >= 7.0, "{name}: {points:.2} points on {room:?} mm, {:?}", scene.size);
        }
        assert_uncluttered(&format!("{name}, on paper"), &scene);
        assert_whole(name, &svg, scene.size);
    }
}

/// Every preset with as many of everything as can be added, in every order of which comes first.
#[test]
fn the_largest_sites_can_be_read_on_paper() {
    let mut seen = BTreeSet::new();
    for preset in Preset::ALL {
        for routing in [Routing::Chain, Routing::Switching] {
            for tls in [TlsMode::Off, TlsMode::ToServers] {
                for first in Part::ALL {
                    let mut infrastructure = preset.infrastructure();
                    // What cannot be done there is left out.
                    for edit in [Edit::Tls(tls), Edit::Routing(routing)] {
                        let _ = edit.apply(&mut infrastructure);
                    }
                    for part in [first].into_iter().chain(Part::ALL) {
                        while Edit::Add(part).apply(&mut infrastructure).is_ok() {
                            if seen.insert(to_svg(&on_paper(&infrastructure, None))) {
                                let name =
                                    format!("{preset} {routing:?} {tls:?} {first:?} {part:?}");
                                assert_legible_on_paper(&name, &infrastructure);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What can be read with the usual letters has them: the file is the drawing on the screen.
#[test]
fn a_preset_is_on_paper_as_it_is_on_the_screen() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let shown = Layout::new(&infrastructure, Orientation::Landscape);
        assert_eq!(Layout::on_paper(&infrastructure), shown, "{preset}");
    }
}

/// Three web servers above six application servers are too high for a sheet: they stand side by side, and the drawing says as much.
#[test]
fn zones_above_one_another_stand_side_by_side_where_they_are_too_high() {
    let mut infrastructure = Preset::Brief.infrastructure();
    for part in Part::ALL {
        while Edit::Add(part).apply(&mut infrastructure).is_ok() {}
    }
    let (shown, paper) =
        (Layout::new(&infrastructure, Orientation::Landscape), Layout::on_paper(&infrastructure));
    let left = |layout: &Layout, host: &str| layout.host(host).unwrap().x;
    assert!((left(&shown, "web-1") - left(&shown, "app-1")).abs() < 1.0);
    assert!(left(&paper, "web-1") < left(&paper, "app-1") - 200.0);
    assert_eq!(paper.routes.len(), shown.routes.len());
    let words = |layout: &Layout| {
        let mut words: Vec<_> = layout.labels.iter().map(|label| label.text.clone()).collect();
        words.sort();
        words
    };
    assert_eq!(words(&paper), words(&shown));
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
        assert_drawn_clearly(&name, &infrastructure, None, Orientation::Projector);
        let worst = at_its_worst(&infrastructure);
        for orientation in ORIENTATIONS.into_iter().chain([Orientation::Projector]) {
            let scene = picture(&infrastructure, Some(&worst), orientation);
            assert_uncluttered(&format!("{name}, at its worst, {orientation:?}"), &scene);
        }
        assert_legible_on_paper(&name, &infrastructure);
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
