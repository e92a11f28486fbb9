//! The drawing in the windows of a desk and of a tablet that lies: its letters can be read, and say all that they say elsewhere.

use foobar_lab::diagram::{Layout, Orientation};
use foobar_lab::infra::{Edit, Part, Preset};

use crate::given::{at_its_worst, at_work, picture};
use crate::space::texts;

/// For windows of 1440 x 900 and 1024 x 768 what `style/app.css` leaves the drawing in width, and what its smallest letters have at least,
/// in CSS pixels. In height there is more room than any preset needs.
const WINDOWS: [(f64, f64); 2] = [(1040.0, 11.0), (992.0, 10.0)];
/// So many times its own size the drawing is shown at most (`src/ui/stage.rs`).
const WIDEST: f64 = 1.25;

#[test]
fn every_preset_is_read_at_a_desk() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let stage = Layout::new(&infrastructure, Orientation::Landscape).stage;
        let (work, worst) = (at_work(&infrastructure), at_its_worst(&infrastructure));
        for snapshot in [None, Some(&work), Some(&worst)] {
            let scene = picture(&infrastructure, snapshot, Orientation::Landscape);
            for text in texts(&scene).iter().filter(|text| stage.contains(&text.room)) {
                for (across, least) in WINDOWS {
                    let size = text.size * (across / stage.width).min(WIDEST);
                    assert!(size >= least, "{preset}: `{}` {size:.1} px, {across}", text.text);
                }
            }
        }
    }
}

/// Where the columns are many, the cards are narrower. All that they say at rest is there all the same, and so is what each link speaks.
#[test]
fn narrow_cards_say_as_much() {
    for preset in [Preset::Literal, Preset::Extended] {
        let infrastructure = preset.infrastructure();
        let scene = picture(&infrastructure, None, Orientation::Landscape);
        let texts = texts(&scene);
        for text in &texts {
            assert!(!text.text.contains('…'), "{preset}: {}", text.text);
        }
        let is_written = |wanted: &str| texts.iter().any(|text| text.text.contains(wanted));
        for zone in &infrastructure.zones {
            assert!(is_written(&format!("{} · VLAN {}", zone.title, zone.vlan)), "{preset}");
        }
        for vip in &infrastructure.vips {
            assert!(is_written(&format!("{} {}", vip.name, vip.address)), "{preset}");
        }
        for link in infrastructure.links() {
            let protocol = link.protocol.split(" (").next().unwrap();
            assert!(is_written(protocol), "{preset}: {protocol}");
        }
        for wanted in ["HAProxy, keepalived", " · application", "TLS ends here"] {
            assert!(is_written(wanted), "{preset}: {wanted}");
        }
    }
}

/// As with fewer columns: machines that were there stand as high as before when one is added.
#[test]
fn what_is_added_to_many_columns_moves_nothing_up_or_down() {
    let infrastructure = Preset::Extended.infrastructure();
    let before = Layout::new(&infrastructure, Orientation::Landscape);
    for part in [Part::Balancer, Part::App] {
        let mut more = infrastructure.clone();
        Edit::Add(part).apply(&mut more).unwrap();
        let now = Layout::new(&more, Orientation::Landscape);
        assert_eq!(now.hosts.len(), before.hosts.len() + 1);
        for host in &before.hosts {
            let then = host.rect.y - before.stage.y;
            let now = now.host(&host.name).unwrap().y - now.stage.y;
            assert!((then - now).abs() < 0.01, "{part:?} {}: {then} {now}", host.name);
        }
    }
}
