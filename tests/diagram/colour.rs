//! Every colour stands out from what lies behind it, and what a colour tells is told without it, too: by a shape and by a word.

use foobar_lab::diagram::{
    DARK, Group, LIGHT, Look, Mark, Orientation, PROJECTOR, Palette, Point, Rect, Role, Scene,
    Sheet, to_svg_on,
};
use foobar_lab::infra::Preset;
use foobar_lab::sim::{Condition, ServerStatus, Snapshot};

use crate::given::{ORIENTATIONS, at_its_worst, at_work, brief, host, picture, pictures};
use crate::space::start;

/// The file's two themes, and the page's third.
const THEMES: [(&str, &Palette); 3] = [("light", &LIGHT), ("print", &PROJECTOR), ("dark", &DARK)];
/// What text, and what everything else that has to be seen, needs at least: WCAG 2.1, 1.4.3 and 1.4.11.
const TEXT: f64 = 4.5;
const SHAPE: f64 = 3.0;
/// All that a line may run across.
const GROUNDS: [Role; 3] = [Role::Ground, Role::Surface, Role::Band];

/// The width of A4, landscape, in points.
const POINTS_ACROSS: f64 = 297.0 / 25.4 * 72.0;

/// A colour that has to be seen on others.
struct Seen {
    what: String,
    ink: Role,
    on: Vec<Role>,
    least: f64,
}

/// What lies behind a point: the last box that was painted there.
fn behind(painted: &[(Rect, Role)], at: Point) -> Role {
    let spot = Rect::new(at.x, at.y, 0.0, 0.0);
    let last = painted.iter().rev().find(|(room, _)| room.contains(&spot));
    last.map_or(Role::Ground, |(_, role)| *role)
}

/// Everything in a scene that has to be seen. A box without a line is a ground itself.
fn everything_seen(scene: &Scene) -> Vec<Seen> {
    let mut painted: Vec<(Rect, Role)> = Vec::new();
    let mut seen = Vec::new();
    for mark in scene.groups.iter().flat_map(|group| &group.marks) {
        let (look, at) = match mark {
            Mark::Text { at, look, .. } => (*look, Point::new(at.x, at.y - 1.0)),
            Mark::Box { at, look, .. } => (*look, Point::new(at.x, at.y)),
            Mark::Dot { at, look, .. } => (*look, *at),
            Mark::Path { d, look, .. } => (*look, start(d).unwrap()),
            Mark::Icon { at, .. } => (Look::Icon, *at),
        };
        let paint = look.paint();
        let is_line =
            matches!(mark, Mark::Path { .. }) && !matches!(look, Look::Shield | Look::State(_));
        let on = if is_line { GROUNDS.to_vec() } else { vec![behind(&painted, at)] };
        let (ink, least) = match mark {
            Mark::Text { .. } => (paint.fill, TEXT),
            Mark::Box { .. } => (paint.stroke, SHAPE),
            Mark::Dot { .. } | Mark::Path { .. } | Mark::Icon { .. } => {
                (paint.stroke.or(paint.fill), SHAPE)
            }
        };
        if let Some(ink) = ink {
            seen.push(Seen { what: format!("{mark:?}"), ink, on, least });
        }
        if let (Mark::Box { at, .. }, Some(fill)) = (mark, paint.fill) {
            painted.push((*at, fill));
        }
    }
    seen
}

/// Relative luminance, WCAG 2.1.
fn luminance(color: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn black_on_white_has_the_contrast_of_the_standard() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
    assert!((contrast(LIGHT.color(Role::Up), "#ffffff") - 3.4).abs() < 0.05);
}

/// Also what no drawing has at the moment: the page takes these colours for its words.
#[test]
fn text_and_lines_are_told_from_every_surface_in_every_theme() {
    use Role::{Accent, Degraded, Down, Ink, Line, Maint, Muted, Up};
    let wanted = [
        (TEXT, &[Ink, Muted][..], &GROUNDS[..]),
        (SHAPE, &[Line, Accent, Up, Degraded, Down, Maint][..], &GROUNDS[..]),
    ];
    for (theme, palette) in THEMES {
        for (least, inks, surfaces) in wanted {
            for (ink, surface) in inks.iter().flat_map(|ink| surfaces.iter().map(move |s| (ink, s)))
            {
                let found = contrast(palette.color(*ink), palette.color(*surface));
                assert!(
                    found >= least,
                    "{theme}: {ink:?} on {surface:?} is {found:.2}:1, wanted {least}:1"
                );
            }
        }
    }
}

#[test]
fn the_four_states_stay_apart_in_grey_in_the_light_theme() {
    let mut greys: Vec<f64> =
        [Role::Up, Role::Degraded, Role::Down].map(|role| luminance(LIGHT.color(role))).to_vec();
    greys.sort_by(f64::total_cmp);
    assert!(greys.windows(2).all(|pair| (pair[1] + 0.05) / (pair[0] + 0.05) > 1.4), "{greys:?}");
}

#[test]
fn everything_stands_out_from_what_lies_behind_it() {
    let mut scenes: Vec<(String, Scene)> =
        pictures().into_iter().map(|(name, _, scene)| (name, scene)).collect();
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let worst = at_its_worst(&infrastructure);
        for orientation in ORIENTATIONS {
            let name = format!("{preset} {orientation:?}");
            scenes.push((name.clone(), picture(&infrastructure, None, orientation)));
            scenes.push((name, picture(&infrastructure, Some(&worst), orientation)));
        }
    }
    for (name, scene) in &scenes {
        let seen = everything_seen(scene);
        let texts = seen.iter().filter(|seen| seen.least > SHAPE).count();
        assert!(texts > 5 && seen.len() > texts + 5, "{name}: {texts} of {}", seen.len());
        for Seen { what, ink, on, least } in &seen {
            for ground in on {
                for (theme, palette) in THEMES {
                    let found = contrast(palette.color(*ink), palette.color(*ground));
                    assert!(
                        found >= *least,
                        "{name}, {theme}: {ink:?} on {ground:?} is {found:.2}:1: {what}"
                    );
                }
            }
        }
    }
}

/// A part of the picture as somebody sees it who sees no colours.
#[derive(Debug, PartialEq, Eq)]
struct Colourless {
    shapes: Vec<String>,
    words: Vec<String>,
}

fn colourless(scene: &Scene, keys: &[&str]) -> Colourless {
    let is_meant = |group: &&Group| keys.contains(&group.key.as_str());
    let groups: Vec<&Group> = scene.groups.iter().filter(is_meant).collect();
    assert_eq!(groups.len(), keys.len(), "{keys:?}");
    let mut seen = Colourless { shapes: Vec::new(), words: Vec::new() };
    for mark in groups.iter().flat_map(|group| &group.marks) {
        let line = |look: &Look| (look.paint().width, look.paint().dash);
        let shape = match mark {
            Mark::Text { content, .. } => {
                seen.words.push(content.clone());
                continue;
            }
            Mark::Box { at, radius, look } => format!("box {at:?} {radius} {:?}", line(look)),
            Mark::Dot { at, radius, .. } => format!("dot {at:?} {radius}"),
            Mark::Path { d, width, look } => format!("path {d} {width:?} {:?}", line(look)),
            Mark::Icon { at, icon, .. } => format!("icon {at:?} {icon:?}"),
        };
        seen.shapes.push(shape);
    }
    seen
}

/// Each differs from each other, by what is compared.
#[track_caller]
fn assert_apart<T: PartialEq + std::fmt::Debug>(all: &[(String, T)]) {
    for (index, (name, one)) in all.iter().enumerate() {
        for (other, another) in &all[index + 1..] {
            assert_ne!(one, another, "{name} and {other} look alike without their colours");
        }
    }
}

#[test]
fn how_a_machine_stands_is_told_by_shape_and_by_word() {
    for orientation in ORIENTATIONS {
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            let name = infrastructure.hosts.last().unwrap().name.clone();
            let key = format!("host-{name}");
            let conditions =
                [Condition::Up, Condition::Degraded, Condition::Down, Condition::Drain];
            let seen = conditions.map(|condition| {
                let mut snapshot = at_work(&infrastructure);
                host(&mut snapshot, &name).condition = condition;
                let scene = picture(&infrastructure, Some(&snapshot), orientation);
                let seen = colourless(&scene, &[key.as_str()]);
                assert!(seen.words.iter().any(|word| word == condition.word()), "{seen:?}");
                (format!("{preset} {orientation:?} {condition:?}"), seen)
            });
            let (mut shapes, mut words) = (Vec::new(), Vec::new());
            for (name, seen) in seen {
                shapes.push((name.clone(), seen.shapes));
                words.push((name, seen.words));
            }
            assert_apart(&shapes);
            assert_apart(&words);
        }
    }
}

/// Up, down, draining, in maintenance, taken out by its own answer: at its card or at the link to it.
#[test]
fn what_a_balancer_thinks_of_a_server_is_told_without_colours() {
    let statuses = [
        ServerStatus::Up,
        ServerStatus::Down,
        ServerStatus::Drain,
        ServerStatus::Maint,
        ServerStatus::Nolb,
    ];
    for orientation in ORIENTATIONS {
        let seen = statuses.map(|status| {
            let mut snapshot = at_work(&brief());
            for server in snapshot.servers.iter_mut().filter(|server| server.name == "app-1") {
                server.status = Some(status);
            }
            let scene = picture(&brief(), Some(&snapshot), orientation);
            let keys = ["host-app-1", "link-lb-1-app-1", "link-lb-2-app-1"];
            (format!("{status:?} {orientation:?}"), colourless(&scene, &keys))
        });
        assert_apart(&seen);
    }
}

/// An address with an owner, with another one, without one; a balancer that owns it and one that stands by.
#[test]
fn who_owns_an_address_is_told_without_colours() {
    let with = |owner: Option<&str>| -> Snapshot {
        let mut snapshot = at_work(&brief());
        for vip in &mut snapshot.vips {
            vip.owner = owner.map(str::to_owned);
        }
        snapshot
    };
    for orientation in ORIENTATIONS {
        let seen = |key: &str| {
            [Some("lb-1"), Some("lb-2"), None].map(|owner| {
                let scene = picture(&brief(), Some(&with(owner)), orientation);
                (format!("{key} {owner:?} {orientation:?}"), colourless(&scene, &[key]))
            })
        };
        assert_apart(&seen("vip-vip-a"));
        let [(_, owns), (_, stands_by), (_, without)] = seen("host-lb-1");
        assert_ne!(owns.words, stands_by.words);
        assert_eq!(stands_by, without, "it stands by in both");
    }
}

/// In use, failing, no requests, adverts: four kinds of line.
#[test]
fn lines_are_told_apart_by_their_dashes() {
    let kinds = [Look::Link, Look::LinkFailing, Look::LinkOut, Look::Vrrp, Look::Border];
    assert_apart(&kinds.map(|look| (format!("{look:?}"), look.paint().dash)));
    assert_eq!(Look::VrrpOut.paint().dash, Look::LinkOut.paint().dash, "no requests");
    let cards = [Condition::Up, Condition::Degraded, Condition::Down, Condition::Drain];
    let cards = cards.map(Look::Card);
    assert_apart(&cards.map(|look| (format!("{look:?}"), look.paint().dash)));
}

/// On a sheet of A4, landscape, printed at its own size, the smallest text has 7 points.
#[test]
fn text_is_large_enough_on_paper() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let worst = at_its_worst(&infrastructure);
        for snapshot in [None, Some(&worst)] {
            let scene = picture(&infrastructure, snapshot, Orientation::Landscape);
            let svg = to_svg_on(&scene, Sheet::A4, &PROJECTOR, None);
            let document = roxmltree::Document::parse(&svg).unwrap();
            let width: f64 = document.root_element().attribute("width").unwrap().parse().unwrap();
            let sizes = document.descendants().filter_map(|node| node.attribute("font-size"));
            let smallest = sizes.map(|size| size.parse().unwrap()).fold(f64::MAX, f64::min);
            let points = smallest * POINTS_ACROSS / width;
            assert!(points >= 7.0, "{preset}: {points:.2} points");
        }
    }
}

/// A server that every balancer has taken out by command is marked as such, not as one that is up; of a balancer without servers it is said.
#[test]
fn who_gets_no_new_client_is_marked_and_outlined_otherwise() {
    for (status, condition) in
        [(ServerStatus::Drain, Condition::Drain), (ServerStatus::Maint, Condition::Maint)]
    {
        let mut snapshot = at_work(&brief());
        for server in snapshot.servers.iter_mut().filter(|server| server.host == "app-1") {
            server.status = Some(status);
        }
        host(&mut snapshot, "app-1").condition = condition;
        for orientation in ORIENTATIONS {
            let scene = picture(&brief(), Some(&snapshot), orientation);
            let group = scene.groups.iter().find(|group| group.key == "host-app-1").unwrap();
            let markup = foobar_lab::diagram::stage_group(group);
            for wanted in ["card out", "state-out", &format!(">{}<", condition.word())] {
                assert!(markup.contains(wanted), "{wanted}: {markup}");
            }
            assert_eq!(markup.matches(condition.word()).count(), 2, "title and card: {markup}");
        }
        for server in &mut snapshot.servers {
            server.status = Some(status);
        }
        host(&mut snapshot, "lb-1").condition = Condition::Degraded;
        let scene = picture(&brief(), Some(&snapshot), Orientation::Landscape);
        let group = scene.groups.iter().find(|group| group.key == "host-lb-1").unwrap();
        let markup = foobar_lab::diagram::stage_group(group);
        assert!(markup.contains("DEGRADED: no server in any backend"), "{markup}");
        assert!(markup.contains(">no server in any backend<"), "{markup}");
    }
}
