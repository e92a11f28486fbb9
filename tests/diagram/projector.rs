//! The drawing in a hall: letters that are read from the last row, and nothing over anything else all the same.

use foobar_lab::diagram::{Layout, Orientation, Rect};
use foobar_lab::infra::{Edit, Infrastructure, Part, Preset};

use crate::clutter::{assert_drawn_clearly, odd_shapes};
use crate::given::{at_its_worst, at_work, picture, without_owners};
use crate::space::texts;

/// What a window of 1280 x 720 leaves the drawing beside a scroll bar, the header, the lines of time and a notice, in CSS pixels.
const ROOM: (f64, f64) = (1265.0, 572.0);
/// What the smallest letters have at least there, in CSS pixels.
const LEAST: f64 = 18.0;

fn built(preset: Preset, edits: &[&str]) -> Infrastructure {
    let mut infrastructure = preset.infrastructure();
    for edit in edits {
        edit.parse::<Edit>().unwrap().apply(&mut infrastructure).unwrap();
    }
    infrastructure
}

#[test]
fn every_preset_is_read_from_the_last_row() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let stage = Layout::new(&infrastructure, Orientation::Projector).stage;
        let scale = (ROOM.0 / stage.width).min(ROOM.1 / stage.height);
        let worst = [None, Some(at_its_worst(&infrastructure)), Some(without_owners_of(preset))];
        for snapshot in worst {
            let scene = picture(&infrastructure, snapshot.as_ref(), Orientation::Projector);
            for text in texts(&scene) {
                let is_off_stage = !stage.contains(&text.room);
                let size = text.size * scale;
                assert!(is_off_stage || size >= LEAST, "{preset}: `{}` {size:.1} px", text.text);
            }
        }
    }
}

fn without_owners_of(preset: Preset) -> foobar_lab::sim::Snapshot {
    let infrastructure = preset.infrastructure();
    if preset == Preset::Brief { without_owners(&infrastructure) } else { at_work(&infrastructure) }
}

/// What a person in the hall is told of the brief is there in full.
#[test]
fn no_word_of_a_preset_is_cut_short() {
    for preset in [Preset::Literal, Preset::Brief, Preset::Extended] {
        let infrastructure = preset.infrastructure();
        let scene = picture(&infrastructure, None, Orientation::Projector);
        let texts = texts(&scene);
        for text in &texts {
            assert!(!text.text.contains('…'), "{preset}: {}", text.text);
        }
        let is_written = |wanted: &str| texts.iter().any(|text| text.text.contains(wanted));
        for host in &infrastructure.hosts {
            assert!(is_written(&host.name), "{preset}: {}", host.name);
        }
        for vip in &infrastructure.vips {
            assert!(is_written(&format!("{} {}", vip.name, vip.address)), "{preset}");
        }
        for wanted in ["HTTPS 443", "HTTP 80", "MySQL 3306", "SPOF"] {
            assert!(is_written(wanted), "{preset}: {wanted}");
        }
    }
}

/// Also a machine with a long name that is a single point of failure has both on its card.
#[test]
fn no_name_is_cut_short_for_a_remark() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let scene = picture(&infrastructure, None, Orientation::Projector);
        let texts = texts(&scene);
        for host in &infrastructure.hosts {
            let is_whole = texts.iter().any(|text| text.text == host.name);
            assert!(is_whole, "{preset}: {}", host.name);
        }
        let marked = texts.iter().filter(|text| text.text == "SPOF").count();
        assert_eq!(marked, infrastructure.single_points_of_failure().len(), "{preset}");
    }
}

#[test]
fn nothing_lies_over_anything_else_in_a_hall() {
    for (name, infrastructure) in odd_shapes() {
        assert_drawn_clearly(name, &infrastructure, None, Orientation::Projector);
    }
    for preset in Preset::ALL {
        let mut infrastructure = preset.infrastructure();
        let mut name = preset.name().to_owned();
        loop {
            for snapshot in [None, Some(&at_its_worst(&infrastructure))] {
                assert_drawn_clearly(&name, &infrastructure, snapshot, Orientation::Projector);
            }
            let adds = |part: &Part| Edit::Add(*part).apply(&mut infrastructure).is_ok();
            let Some(added) = Part::ALL.into_iter().find(adds) else { break };
            name = format!("{name} {added:?}");
        }
    }
}

/// Its place in the drawing, from the stage's upper edge on.
fn height(layout: &Layout, host: &str) -> f64 {
    layout.host(host).unwrap().y - layout.stage.y
}

/// Machines that were there stand as high as before, and the users, too; new ones stand below those of their kind.
#[test]
fn what_is_added_moves_nothing_up_or_down() {
    for orientation in [Orientation::Landscape, Orientation::Projector] {
        let before = Layout::new(&Preset::Brief.infrastructure(), orientation);
        for edits in [
            &["add-balancer"][..],
            &["add-app"],
            &["add-replica"],
            &["add-balancer", "add-app", "add-app", "add-replica"],
            &["remove:app-2"],
            &["remove:lb-2"],
            &["add-app", "remove:app-2"],
        ] {
            let infrastructure = built(Preset::Brief, edits);
            let now = Layout::new(&infrastructure, orientation);
            for host in &before.hosts {
                if infrastructure.host(&host.name).is_some() {
                    let (then, now) = (height(&before, &host.name), height(&now, &host.name));
                    assert!((then - now).abs() < 0.01, "{edits:?} {}: {then} {now}", host.name);
                }
            }
            let users = |layout: &Layout| layout.users.y - layout.stage.y;
            assert!((users(&before) - users(&now)).abs() < 0.01, "{edits:?}");
        }
        let more =
            Layout::new(&built(Preset::Brief, &["add-balancer", "add-replica"]), orientation);
        assert!(height(&more, "lb-3") > height(&more, "lb-2"));
        assert!(height(&more, "db-2") > height(&more, "db-1"));
    }
}

/// A second web server pushes down what stands below it, by no more than it needs.
#[test]
fn a_zone_that_grows_pushes_down_the_one_below_it() {
    let before = Layout::new(&Preset::Brief.infrastructure(), Orientation::Landscape);
    let now = Layout::new(&built(Preset::Brief, &["add-web"]), Orientation::Landscape);
    for host in ["lb-1", "lb-2", "web-1", "db-1"] {
        assert!((height(&before, host) - height(&now, host)).abs() < 0.01, "{host}");
    }
    let (web, app) = (now.host("web-2").unwrap(), now.host("app-1").unwrap());
    let by = height(&now, "app-1") - height(&before, "app-1");
    assert!(web.bottom() < app.y && by > 0.0 && by < web.height + 16.0, "{by}");
}

#[test]
fn a_machine_comes_back_to_its_place() {
    for orientation in [Orientation::Landscape, Orientation::Portrait, Orientation::Projector] {
        let before = Layout::new(&built(Preset::Brief, &["add-app"]), orientation);
        let again = built(Preset::Brief, &["add-app", "remove:app-2", "add-app"]);
        let now = Layout::new(&again, orientation);
        let place = |layout: &Layout, host: &str| layout.host(host).map(|card: Rect| card.y);
        for host in ["app-1", "app-2", "app-3"] {
            assert_eq!(place(&before, host), place(&now, host), "{host} {orientation:?}");
        }
    }
}
