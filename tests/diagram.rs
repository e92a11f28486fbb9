//! The picture as it is handed in: plain, complete, the same every time, nothing over anything else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "diagram/clutter.rs"]
mod clutter;
#[path = "diagram/colour.rs"]
mod colour;
#[path = "diagram/crowd.rs"]
mod crowd;
#[path = "diagram/given.rs"]
mod given;
#[path = "diagram/projector.rs"]
mod projector;
#[path = "diagram/rates.rs"]
mod rates;
#[path = "diagram/space.rs"]
mod space;
#[path = "diagram/troubles.rs"]
mod troubles;
#[path = "diagram/window.rs"]
mod window;

use std::collections::{BTreeMap, BTreeSet};

use foobar_lab::diagram::{
    Layout, Look, Mark, Orientation, Role, Scene, Shown, compose, compose_shown, stage_group,
    to_svg,
};
use foobar_lab::infra::{Edit, Preset};
use given::{ORIENTATIONS, brief, in_trouble, picture, pictures};
use space::texts;

#[test]
fn the_brief_at_rest() {
    insta::assert_snapshot!("brief-rest", to_svg(&picture(&brief(), None, Orientation::Landscape)));
}

#[test]
fn the_brief_in_trouble() {
    let snapshot = in_trouble(&brief());
    let wide = picture(&brief(), Some(&snapshot), Orientation::Landscape);
    insta::assert_snapshot!("brief-trouble", to_svg(&wide));
    let tall = picture(&brief(), Some(&snapshot), Orientation::Portrait);
    insta::assert_snapshot!("brief-trouble-portrait", to_svg(&tall));
}

#[test]
fn the_file_is_well_formed_sized_and_named() {
    for (name, _, scene) in pictures() {
        let file = to_svg(&scene);
        let document = roxmltree::Document::parse(&file).unwrap();
        let root = document.root_element();
        let attribute = |key| root.attribute(key).unwrap_or_else(|| panic!("{name}: no {key}"));
        let (width, height) = (attribute("width"), attribute("height"));
        assert_eq!(attribute("viewBox"), format!("0 0 {width} {height}"));
        assert_eq!(attribute("role"), "img");
        let first = root.first_element_child().unwrap();
        assert!(first.has_tag_name("title") || first.tag_name().name() == "title", "{name}");
        for id in attribute("aria-labelledby").split(' ') {
            let named = root.children().find(|node| node.attribute("id") == Some(id)).unwrap();
            assert!(named.text().unwrap().len() > 20, "{name}: {id}");
        }
        let sheet = root.children().find(|node| node.tag_name().name() == "rect").unwrap();
        assert_eq!(
            (sheet.attribute("width"), sheet.attribute("height")),
            (Some(width), Some(height))
        );
        assert_eq!(sheet.attribute("fill"), Some("#f8f9fa"), "the ground is opaque");
    }
}

#[test]
fn the_file_holds_nothing_that_a_viewer_might_not_know() {
    let elements = ["svg", "title", "desc", "g", "rect", "circle", "path", "text"];
    let attributes = [
        "x",
        "y",
        "width",
        "height",
        "rx",
        "cx",
        "cy",
        "r",
        "d",
        "transform",
        "fill",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "font-family",
        "font-size",
        "font-weight",
        "text-anchor",
        "viewBox",
        "role",
        "aria-labelledby",
        "id",
    ];
    for (name, _, scene) in pictures() {
        let file = to_svg(&scene);
        let document = roxmltree::Document::parse(&file).unwrap();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            assert!(elements.contains(&node.tag_name().name()), "{name}: {node:?}");
            for attribute in node.attributes() {
                assert!(attributes.contains(&attribute.name()), "{name}: {attribute:?}");
                if matches!(attribute.name(), "fill" | "stroke") {
                    let value = attribute.value();
                    let is_literal = value.len() == 7 && value.starts_with('#');
                    assert!(value == "none" || is_literal, "{name}: {attribute:?}");
                }
            }
        }
        for forbidden in
            ["<tspan", "<style", "style=", "<script", "href", "var(", "foreignObject", "url("]
        {
            assert!(!file.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[test]
fn the_file_is_small_the_same_every_time_and_one_element_a_line() {
    for ((name, _, scene), (_, _, again)) in pictures().into_iter().zip(pictures()) {
        let file = to_svg(&scene);
        assert!(file.len() < 20_000, "{name}: {} bytes", file.len());
        assert_eq!(file, to_svg(&again), "{name}");
        for line in file.lines() {
            let opened = line.matches('<').count() - line.matches("</").count();
            assert!(opened <= 1, "{name}: {line}");
        }
    }
}

/// Where the document says that no firewall stands, none is drawn: the first two tasks have one zone, and no rule that drops anything.
#[test]
fn a_firewall_is_drawn_where_one_stands() {
    let told = ["firewall: default deny", "irewall "];
    for preset in Preset::ALL {
        let has_one = !matches!(preset, Preset::Simple | Preset::Distributed);
        for orientation in ORIENTATIONS {
            let svg = to_svg(&picture(&preset.infrastructure(), None, orientation));
            assert_eq!(told.map(|words| svg.contains(words)), [has_one; 2], "{preset}");
        }
    }
    let mut guarded = Preset::Simple.infrastructure();
    let rule = "rule:deny:internet:zone/server:tcp/22:1".parse::<Edit>().unwrap();
    rule.apply(&mut guarded).unwrap();
    assert!(to_svg(&picture(&guarded, None, Orientation::Landscape)).contains(told[0]));
}

/// Task 2 asks for three firewalls, one for each machine: there they are, and no others. Elsewhere they stand at the zones' borders.
#[test]
fn each_machine_of_task_2_has_a_firewall_of_its_own() {
    for preset in [Preset::Secured, Preset::Literal, Preset::Brief, Preset::Extended] {
        let infrastructure = preset.infrastructure();
        let each = preset == Preset::Secured;
        assert_eq!(infrastructure.guards_each_host(), each, "{preset}");
        for orientation in ORIENTATIONS {
            let scene = picture(&infrastructure, None, orientation);
            for group in scene.groups.iter().filter(|group| group.key != "legend") {
                let is_shield =
                    |mark: &&Mark| matches!(mark, Mark::Path { look: Look::Shield, .. });
                let shields = group.marks.iter().filter(is_shield).count();
                let told = group.title.as_deref().unwrap_or_default();
                let wanted = match group.class.split(' ').next() {
                    Some("host") => usize::from(each),
                    Some("zone") => usize::from(!each),
                    _ => 0,
                };
                assert_eq!(shields, wanted, "{preset}: {}", group.key);
                assert_eq!(told.ends_with("with a firewall"), each && wanted == 1, "{told}");
            }
            assert_eq!(
                scene.description.matches("with a firewall").count(),
                if each { 3 } else { 0 }
            );
        }
    }
    let shown = Shown { zones: false, ..Shown::USUAL };
    let infrastructure = Preset::Secured.infrastructure();
    let layout = Layout::new(&infrastructure, Orientation::Landscape);
    let bare = compose_shown(&infrastructure, None, &layout, &[], shown);
    assert!(!to_svg(&bare).contains("l7-2.5l7 2.5"));
}

#[test]
fn every_component_is_written_and_read_aloud() {
    for (name, infrastructure, scene) in pictures() {
        let written: Vec<String> = texts(&scene).into_iter().map(|text| text.text).collect();
        let is_written = |wanted: &str| written.iter().any(|text| text.contains(wanted));
        let titles: Vec<&str> =
            scene.groups.iter().filter_map(|group| group.title.as_deref()).collect();
        for host in &infrastructure.hosts {
            assert!(is_written(&host.name) && is_written(&host.title), "{name}: {}", host.name);
            let begins = format!("{}, {}, {}, ", host.name, host.title, host.role);
            assert!(titles.iter().any(|title| title.starts_with(&begins)), "{name}: {begins}");
            assert!(scene.description.contains(&begins), "{name}: {begins}");
        }
        for vip in &infrastructure.vips {
            assert!(is_written(&vip.name), "{name}: {}", vip.name);
            assert!(scene.description.contains(&vip.address.to_string()), "{name}");
        }
        for zone in &infrastructure.zones {
            let wanted = format!("{} · VLAN {}", zone.title, zone.vlan);
            assert!(is_written(&wanted), "{name}: {wanted}");
        }
        for link in infrastructure.links() {
            let protocol = link.protocol.split(" (").next().unwrap();
            assert!(is_written(protocol), "{name}: {protocol}");
        }
        let users = scene.groups.iter().find(|group| group.key == "users").unwrap();
        let markup = stage_group(users);
        let written = markup.split("</title>").nth(1).unwrap();
        assert!(written.contains(&infrastructure.domain), "{name}: {written}");
    }
}

#[test]
fn states_are_told_in_words_and_shapes() {
    let scene = picture(&brief(), Some(&in_trouble(&brief())), Orientation::Landscape);
    let group = |key: &str| scene.groups.iter().find(|group| group.key == key).unwrap();
    let holds = |key: &str, wanted: &str| stage_group(group(key)).contains(wanted);
    for (key, word, shape) in [
        ("host-db-1", ">DOWN<", "state-down"),
        ("host-app-1", ">DEGRADED<", "state-degraded"),
        ("host-web-1", ">UP<", "state-up"),
        ("host-app-1", ">5x slower<", "card degraded"),
        ("host-app-1", ">4 of 4 busy, 128 waiting<", "card degraded"),
        ("host-lb-2", ">owns VIP A, VIP B<", "card up"),
        ("host-web-1", ">single point of failure<", "tag"),
        ("link-lb-2-app-2", "only checks", "link out"),
        ("link-lb-2-app-1", "lb-2 to app-1, HTTP 8000, 14/s<", "class=\"link\""),
    ] {
        assert!(holds(key, word) && holds(key, shape), "{key}: {}", stage_group(group(key)));
    }
}

#[test]
fn keys_are_unique_and_stay_whatever_happens() {
    let keys =
        |scene: &Scene| scene.groups.iter().map(|group| group.key.clone()).collect::<Vec<_>>();
    for orientation in ORIENTATIONS {
        let rest = keys(&picture(&brief(), None, orientation));
        assert_eq!(rest, keys(&picture(&brief(), Some(&in_trouble(&brief())), orientation)));
        assert_eq!(rest.iter().collect::<BTreeSet<_>>().len(), rest.len(), "{rest:?}");
    }
}

/// How many classes of a mark a selector of the stage's style sheet names, if it is one of a mark with these classes: `svg.stage` alone is
/// inherited by all; `svg.stage .card.degraded`, `svg.stage .out:is(.link, .vrrp)` and the like are of the mark.
fn met(selector: &str, classes: &[&str]) -> Option<usize> {
    let rest = selector.strip_prefix("svg.stage").filter(|rest| !rest.contains(['[', '>']))?;
    let (all, any) = rest.split_once(":is(").unwrap_or((rest, ""));
    let all: Vec<&str> = all.trim().split('.').skip(1).collect();
    let mut any = any.trim_end_matches(')').split(", ").map(|class| class.trim_start_matches('.'));
    let is_met = all.iter().all(|class| classes.contains(class))
        && any.any(|class| class.is_empty() || classes.contains(&class));
    is_met.then_some(all.len() + usize::from(rest.contains(":is(")))
}

/// What the sheet gives an element of these classes: a rule that names more of them wins, then the later one.
fn declared<'a>(sheet: &'a str, classes: &str) -> BTreeMap<&'a str, &'a str> {
    let classes: Vec<&str> = classes.split(' ').collect();
    let before_states = sheet.split("/* What can be chosen").next().unwrap();
    let rules = before_states.split('}').filter_map(|rule| rule.split_once(" {"));
    let mut rules: Vec<(usize, &str)> = rules
        .filter_map(|(selector, body)| {
            Some((met(selector.trim().rsplit('\n').next()?, &classes)?, body))
        })
        .collect();
    rules.sort_by_key(|(named, _)| *named);
    let bodies = rules.iter().flat_map(|(_, body)| body.split(';'));
    bodies.filter_map(|one| one.trim().split_once(": ")).collect()
}

#[test]
fn the_stage_paints_every_look_as_the_file_does() {
    let sheet = include_str!("../style/stage.css");
    for look in Look::ALL {
        let (rules, paint) = (declared(sheet, look.class()), look.paint());
        let color = |role: Option<Role>| role.map(|role| format!("var({})", role.token()));
        let said = |property: &str| rules.get(property).copied();
        let fill = color(paint.fill).unwrap_or("none".into());
        assert_eq!(said("fill"), Some(&*fill), "{look:?}");
        assert_eq!(said("stroke"), color(paint.stroke).as_deref(), "{look:?}");
        if paint.stroke.is_some() {
            assert_eq!(said("stroke-width").unwrap().parse(), Ok(paint.width), "{look:?}");
        }
        assert_eq!(said("stroke-dasharray"), paint.dash, "{look:?}");
        for property in ["stroke-linecap", "stroke-linejoin"] {
            assert_eq!(said(property), paint.is_round.then_some("round"), "{look:?}");
        }
    }
}

#[test]
fn no_group_is_taken_for_a_look() {
    let classes: BTreeSet<&str> =
        Look::ALL.iter().flat_map(|look| look.class().split(' ')).collect();
    for (_, _, scene) in pictures() {
        for group in &scene.groups {
            let first = group.class.split(' ').next().unwrap();
            assert!(!classes.contains(first), "{}", group.class);
            let markup = stage_group(group);
            assert!(
                roxmltree::Document::parse(&markup).is_ok() && !markup.contains("style="),
                "{markup}"
            );
        }
    }
}

#[test]
fn what_people_type_stays_text() {
    let mut odd = brief();
    let name = "<b>&\"'\u{7}\u{fffe}";
    "<i>&".clone_into(&mut odd.title);
    "<script>".clone_into(&mut odd.domain);
    odd.hosts[2].name = name.into();
    odd.vips[0].name = "</text>".into();
    odd.zones[0].title = "]]>&amp;".into();
    for orientation in ORIENTATIONS {
        let scene = picture(&odd, None, orientation);
        let file = to_svg(&scene);
        let document = roxmltree::Document::parse(&file).unwrap();
        let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
        for wanted in ["<b>&\"'", "<script>", "</text> 203.0.113.10", "]]>&amp; · VLAN 10", "<i>&"]
        {
            assert!(texts.iter().any(|text| text.contains(wanted)), "{wanted} in {texts:?}");
        }
        assert!(!file.contains("<script") && !file.contains("<b>"));
        for group in &scene.groups {
            assert!(roxmltree::Document::parse(&stage_group(group)).is_ok(), "{}", group.key);
        }
    }
}

/// What a person must read off the brief's diagram is there in full: nothing is cut short for want of room.
#[test]
fn no_word_of_the_brief_is_cut_short() {
    for orientation in [Orientation::Landscape, Orientation::Portrait] {
        let infrastructure = Preset::Brief.infrastructure();
        let layout = Layout::new(&infrastructure, orientation);
        let svg = to_svg(&compose(&infrastructure, None, &layout, &[]));
        assert!(!svg.contains('…'), "{orientation:?}");
    }
}
