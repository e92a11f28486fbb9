//! What goes over the links is told: by width, by words where there is room, and by another line where something fails.

use foobar_lab::diagram::{Layout, Look, Mark, Orientation, Route, Scene, compose, live_group};
use foobar_lab::infra::{Edit, Infrastructure, Part, Preset, Purpose};
use foobar_lab::run::LinkFlow;

use crate::clutter::assert_uncluttered;
use crate::given::{ORIENTATIONS, at_work, brief};
use crate::space::{TextBox, texts};

/// The picture with so much over every link for requests, of which so much fails.
fn busy(
    infrastructure: &Infrastructure,
    orientation: Orientation,
    per_second: f64,
    failed_per_second: f64,
) -> Scene {
    let layout = Layout::new(infrastructure, orientation);
    let carry = layout.routes.iter().filter(|route| route.purpose == Purpose::Requests);
    let flow = |route: &Route| LinkFlow {
        from: route.from.clone(),
        to: route.to.clone(),
        per_second,
        failed_per_second,
    };
    let flows: Vec<LinkFlow> = carry.map(flow).collect();
    compose(infrastructure, Some(&at_work(infrastructure)), &layout, &flows)
}

/// So much over every link, little to very much, without errors and with them.
const FLOWS: [(f64, f64); 5] =
    [(0.2, 0.0), (70.0, 0.0), (70.0, 29.0), (12_345.0, 0.0), (12_345.0, 12_345.0)];

#[test]
fn the_words_beside_links_lie_over_nothing() {
    for preset in Preset::ALL {
        let mut full = preset.infrastructure();
        for part in Part::ALL {
            while Edit::Add(part).apply(&mut full).is_ok() {}
        }
        for infrastructure in [preset.infrastructure(), full] {
            for orientation in ORIENTATIONS {
                for (rate, failed) in FLOWS {
                    let scene = busy(&infrastructure, orientation, rate, failed);
                    assert_uncluttered(&format!("{preset} {orientation:?} {rate}"), &scene);
                }
            }
        }
    }
}

#[test]
fn every_link_that_carries_something_says_how_much_and_how_much_fails() {
    for preset in Preset::ALL {
        for orientation in ORIENTATIONS {
            let scene = busy(&preset.infrastructure(), orientation, 140.0, 16.8);
            let links = scene.groups.iter().filter(|group| group.key.starts_with("link-"));
            for group in links {
                let told = group.title.as_deref().unwrap();
                let is_out = told.ends_with("nothing is sent");
                assert!(is_out || told.ends_with(", 140/s, 12 % errors"), "{preset}: {told}");
                assert!(is_out || group.label().contains("140/s, 12 % errors"));
                let fails = live_group(group).contains("class=\"link failing\"");
                assert_ne!(is_out, fails, "{preset}: {told}");
            }
        }
    }
}

#[test]
fn without_errors_a_link_is_whole_and_says_nothing_of_them() {
    let scene = busy(&brief(), Orientation::Landscape, 140.0, 0.0);
    let markup: String = scene.groups.iter().map(live_group).collect();
    assert!(!markup.contains("failing") && !markup.contains("errors"));
    let few = busy(&brief(), Orientation::Landscape, 140.0, 0.2);
    let markup: String = few.groups.iter().map(live_group).collect();
    assert!(markup.contains("140/s, &lt;1 % errors"), "few are not none");
}

/// In landscape there is room for what users send and what comes to the database, and for most of what is between. What fails is told at
/// every machine that requests come to.
#[test]
fn the_scaled_sites_have_room_for_words_at_their_links() {
    for preset in [Preset::Literal, Preset::Brief, Preset::Extended] {
        let infrastructure = preset.infrastructure();
        let layout = Layout::new(&infrastructure, Orientation::Landscape);
        let carry = layout.routes.iter().filter(|route| route.purpose == Purpose::Requests);
        let all = carry.count();
        let scene = busy(&infrastructure, Orientation::Landscape, 140.0, 0.0);
        let told = texts(&scene).iter().filter(|text| text.text.contains("140/s")).count();
        assert!(told * 3 >= all * 2, "{preset}: {told} of {all} say 140/s");
    }
    let layout = Layout::new(&brief(), Orientation::Landscape);
    let scene = busy(&brief(), Orientation::Landscape, 140.0, 16.8);
    let says = |text: &&TextBox| text.text.contains("12 %");
    let told = texts(&scene).iter().filter(says).count();
    assert!(told >= layout.hosts.len(), "{told} say what fails");
}

/// What is written beside the links that end at this machine, if so much comes over each of them and nothing over others.
fn written_at(to: &str, per_second: f64, failed_per_second: f64) -> Vec<String> {
    let layout = Layout::new(&brief(), Orientation::Landscape);
    let at = layout.routes.iter().filter(|route| route.to.name() == to);
    let flow = |route: &Route| LinkFlow {
        from: route.from.clone(),
        to: route.to.clone(),
        per_second,
        failed_per_second,
    };
    let at = at.filter(|route| route.purpose == Purpose::Requests);
    let flows: Vec<LinkFlow> = at.map(flow).collect();
    assert_eq!(flows.len(), 2, "{to}");
    let scene = compose(&brief(), Some(&at_work(&brief())), &layout, &flows);
    let rates = scene.groups.iter().find(|group| group.key == "rates").unwrap();
    let written = rates.marks.iter().filter_map(|mark| match mark {
        Mark::Text { content, .. } => Some(content.clone()),
        _ => None,
    });
    written.collect()
}

/// Of two neighbours with words both are named, or neither: else nobody knows whose the other's are.
#[test]
fn neighbours_are_both_named_or_neither() {
    assert_eq!(written_at("app-2", 5.2, 0.0), ["lb-1: 5.2/s", "lb-2: 5.2/s"]);
    for machine in ["web-1", "app-1", "app-2", "db-1"] {
        let written = written_at(machine, 70.0, 0.0);
        let named = written.iter().filter(|words| words.contains(": ")).count();
        assert!(named == 0 || named == written.len(), "{written:?}");
    }
}

/// What fails on both links to a machine is told once where there is no room for two: in two lines at most.
#[test]
fn what_fails_on_neighbours_is_told_in_few_lines() {
    assert_eq!(written_at("app-1", 12.0, 12.0), ["in 24/s,", "100 % fail"]);
    for machine in ["web-1", "app-1", "app-2"] {
        let written = written_at(machine, 6.8, 3.4);
        assert!((1..=2).contains(&written.len()), "{machine}: {written:?}");
    }
}

/// Upright there is hardly any: then each machine says what comes to it.
#[test]
fn upright_each_machine_of_the_brief_says_what_comes_to_it() {
    for (rate, failed) in [(140.0, 0.0), (140.0, 16.8)] {
        let scene = busy(&brief(), Orientation::Portrait, rate, failed);
        let texts = texts(&scene);
        for host in Layout::new(&brief(), Orientation::Portrait).hosts {
            let card = host.rect;
            let told = texts.iter().any(|text| {
                let says = text.text.starts_with("in ") || text.text.ends_with("errors");
                says && card.contains(&text.room)
            });
            assert!(told, "{} {rate} {failed}", host.name);
        }
    }
}

/// From a few requests a second to thousands each has its own width, and no line is so wide that it hides its neighbour.
#[test]
fn widths_go_on_telling_up_to_high_rates() {
    let width = |rate: f64| {
        let scene = busy(&brief(), Orientation::Landscape, rate, 0.0);
        let group = scene.groups.iter().find(|group| group.key == "link-users-lb-1").unwrap();
        let found = group.marks.iter().find_map(|mark| match mark {
            Mark::Path { width, look: Look::Link, .. } => *width,
            _ => None,
        });
        found.unwrap()
    };
    let widths = [2.0, 20.0, 100.0, 400.0, 1_500.0, 6_000.0].map(width);
    assert!(widths.is_sorted_by(|one, other| one < other), "{widths:?}");
    assert!(width(1e9) <= 6.0);
}
