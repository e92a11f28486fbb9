//! What is wrong with the network is drawn: each by a shape and a word, in both orientations.

use foobar_lab::diagram::{
    Layout, Look, Mark, Orientation, Rect, Scene, compose, guard_reach, live_group, stage_group,
};
use foobar_lab::infra::{Place, Preset, Purpose};
use foobar_lab::kernel::SimTime;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, Condition, History, Message, MessageKind, Plan, TimedAction};

use super::given::{ORIENTATIONS, brief};
use super::space::{TextBox, inside, texts};

const CROSS: Look = Look::State(Condition::Down);
const TRIANGLE: Look = Look::State(Condition::Degraded);

/// The brief, ten seconds after these deeds.
fn after(deeds: &[&str]) -> Run {
    let mut run = Run::new(Plan::new(brief(), 1), History::Recent).unwrap();
    for deed in deeds {
        run.act(deed.parse::<Action>().unwrap()).unwrap();
    }
    run.advance_to(SimTime::from_ms(10_000));
    run
}

/// As the stage draws it: the layout of what was built, the rules as they are now.
fn drawn(run: &Run, orientation: Orientation) -> Scene {
    let layout = Layout::new(&run.plan().infrastructure, orientation);
    let snapshot = run.simulation().snapshot();
    compose(&run.simulation().plan().infrastructure, Some(&snapshot), &layout, &[])
}

fn markup(scene: &Scene, key: &str) -> String {
    stage_group(scene.groups.iter().find(|group| group.key == key).unwrap())
}

fn count(scene: &Scene, key: &str, wanted: Look) -> usize {
    let group = scene.groups.iter().find(|group| group.key == key).unwrap();
    let is_it = |mark: &&Mark| matches!(mark, Mark::Path { look, .. } if *look == wanted);
    group.marks.iter().filter(is_it).count()
}

/// Whether a card has the remark, beside the group's title, which says it too.
fn is_single(scene: &Scene, key: &str) -> bool {
    let card = markup(scene, key);
    card.contains(">single point of failure<") || card.contains(">SPOF<")
}

#[test]
fn a_whole_network_has_no_marks() {
    for orientation in ORIENTATIONS {
        let scene = drawn(&after(&[]), orientation);
        assert!(!markup(&scene, "troubles").contains("<path"));
    }
}

#[test]
fn a_cut_link_is_dashed_crossed_and_named() {
    let run = after(&["link lb-1:app-1:cut"]);
    for orientation in ORIENTATIONS {
        let scene = drawn(&run, orientation);
        assert!(markup(&scene, "link-lb-1-app-1").contains("class=\"link out\""));
        assert!(markup(&scene, "link-lb-1-app-1").contains("HTTP 8000, cut"));
        assert!(!markup(&scene, "link-lb-2-app-1").contains("cut"));
        assert_eq!(count(&scene, "troubles", CROSS), 1);
        assert!(markup(&scene, "troubles").contains(">cut<"));
        assert!(scene.description.contains("lb-1 to app-1, HTTP 8000, cut"));
    }
}

/// Who is asked by nobody asks nobody: a server in maintenance at every balancer sends its database nothing; at one of two, it does.
#[test]
fn a_server_that_no_balancer_asks_sends_its_database_nothing() {
    for orientation in ORIENTATIONS {
        let out = drawn(&after(&["set server app/app-1 state maint"]), orientation);
        assert!(markup(&out, "link-lb-1-app-1").contains("class=\"link out\""));
        let link = markup(&out, "link-app-1-db-1");
        assert!(link.contains("class=\"link out\"") && link.contains("nothing is sent"), "{link}");
        assert!(!markup(&out, "link-app-2-db-1").contains("out"));
        let at_one = drawn(&after(&["lb-1: set server app/app-1 state maint"]), orientation);
        assert!(!markup(&at_one, "link-app-1-db-1").contains("out"));
        // The other one is asked by nobody itself.
        let alone = after(&["kill lb-2", "lb-1: set server app/app-1 state maint"]);
        let alone = markup(&drawn(&alone, orientation), "link-app-1-db-1");
        assert!(alone.contains("class=\"link out\""), "{alone}");
    }
}

/// However many links are cut: the words stand clear of each other, of what the links speak, and of the firewalls.
#[test]
fn the_words_on_cut_links_have_clear_room() {
    for preset in [Preset::Literal, Preset::Brief, Preset::Extended] {
        let infrastructure = preset.infrastructure();
        let mut run = Run::new(Plan::new(infrastructure.clone(), 1), History::Recent).unwrap();
        let layout = Layout::new(&infrastructure, Orientation::Landscape);
        let mut cut = 0;
        for route in &layout.routes {
            let (Place::Host(from), Place::Host(to)) = (&route.from, &route.to) else { continue };
            if route.purpose == Purpose::Requests {
                run.act(format!("link {from}:{to}:cut").parse().unwrap()).unwrap();
                cut += 1;
            }
        }
        run.advance_to(SimTime::from_ms(1_000));
        let scene = drawn(&run, Orientation::Landscape);
        let texts = texts(&scene);
        let words: Vec<&TextBox> = texts.iter().filter(|text| text.text == "cut").collect();
        assert_eq!(words.len(), cut, "{preset}");
        for word in words {
            let room = inside(word.room, -1.5);
            for other in texts.iter().filter(|other| !std::ptr::eq(*other, word)) {
                assert!(!room.overlaps(&other.room), "{preset}: {room:?} at `{}`", other.text);
            }
            for zone in &layout.zones {
                let wall = Rect::new(zone.rect.x, zone.rect.y, 0.5, zone.rect.height);
                assert!(!room.overlaps(&wall), "{preset}: {room:?} on the wall of {}", zone.name);
            }
        }
    }
}

/// The link between users and a machine is one as any other.
#[test]
fn users_cut_from_one_balancer_are_drawn_so() {
    let run = after(&["link users>lb-1:cut", "link users:lb-2:delay=100ms"]);
    for orientation in ORIENTATIONS {
        let scene = drawn(&run, orientation);
        assert!(scene.description.contains("users to lb-1, HTTPS 443, cut"));
        assert!(scene.description.contains("users to lb-2, HTTPS 443, slow"));
        assert_eq!(count(&scene, "troubles", CROSS), 1);
        assert_eq!(count(&scene, "troubles", TRIANGLE), 1);
    }
}

#[test]
fn a_lossy_and_a_slow_link_have_a_triangle_and_their_word() {
    let run = after(&["link lb-1:app-1:loss=0.2", "link lb-2>app-2:delay=100ms"]);
    for orientation in ORIENTATIONS {
        let scene = drawn(&run, orientation);
        assert_eq!(count(&scene, "troubles", TRIANGLE), 2);
        let signs = markup(&scene, "troubles");
        assert!(signs.contains(">lossy<") && signs.contains(">slow<"), "{signs}");
    }
}

#[test]
fn a_cut_heartbeat_is_named_and_both_claim_each_address() {
    let run = after(&["cut heartbeat"]);
    for orientation in ORIENTATIONS {
        let scene = drawn(&run, orientation);
        let labels: String = scene.groups.iter().map(stage_group).collect();
        assert!(labels.contains(">VRRP: cut<"));
        assert_eq!(count(&scene, "troubles", CROSS), 1);
        for key in ["vip-vip-a", "vip-vip-b"] {
            let pills = markup(&scene, key);
            assert_eq!(pills.matches(" 2 owners<").count(), 2, "{pills}");
            assert!(pills.contains("split brain: claimed by lb-1 and lb-2"), "{pills}");
        }
        for key in ["host-lb-1", "host-lb-2"] {
            assert!(markup(&scene, key).contains("owns VIP A, VIP B"));
        }
    }
}

#[test]
fn a_broken_uplink_and_a_rule_that_is_out_are_marked() {
    let infrastructure = brief();
    let uplink = &infrastructure.uplinks[0];
    let cut = format!("cut uplink {}", uplink.name);
    let scene = drawn(&after(&[&cut]), Orientation::Landscape);
    assert!(markup(&scene, "users").contains(&format!(">{} broken<", uplink.role)));
    assert_eq!(count(&scene, "users", CROSS), 1);
    let tall = drawn(&after(&[&cut]), Orientation::Portrait);
    assert!(markup(&tall, "users").contains(&format!("{} (broken)", uplink.role)));

    for rule in &infrastructure.rules {
        let run = after(&[&format!("drop rule {}", rule.name)]);
        for orientation in ORIENTATIONS {
            let scene = drawn(&run, orientation);
            let zones = scene.groups.iter().filter(|group| group.key.starts_with("zone-"));
            let marked: Vec<&str> = zones
                .filter(|group| stage_group(group).contains(" · 1 rule out<"))
                .map(|group| group.key.as_str())
                .collect();
            assert!(!marked.is_empty(), "{}", rule.name);
            for key in marked {
                assert_eq!(count(&scene, key, CROSS), 1, "{}: {key}", rule.name);
                assert_eq!(count(&scene, key, Look::Border), 0, "{}: {key}", rule.name);
            }
            for key in ["host-db-1", "host-web-1"] {
                assert!(is_single(&scene, key), "{}: {key}", rule.name);
            }
        }
    }
}

/// Where each machine has a firewall of its own, its shield is crossed.
#[test]
fn a_rule_that_is_out_crosses_the_shield_of_a_machine() {
    let infrastructure = Preset::Secured.infrastructure();
    let layout = Layout::new(&infrastructure, Orientation::Landscape);
    let mut without = infrastructure.clone();
    for rule in &mut without.rules {
        rule.disabled = true;
    }
    let crossed = |scene: &Scene| {
        let hosts = infrastructure.hosts.iter();
        hosts.map(|host| count(scene, &format!("host-{}", host.name), CROSS)).sum::<usize>()
    };
    assert_eq!(crossed(&compose(&infrastructure, None, &layout, &[])), 0);
    assert!(crossed(&compose(&without, None, &layout, &[])) > 0);
}

#[test]
fn a_gray_failure_is_named_on_the_card() {
    let run = after(&["degrade app-1/app:hang", "degrade db-1/mysql:lock", "slow web-1 x5"]);
    for orientation in ORIENTATIONS {
        let scene = drawn(&run, orientation);
        assert!(markup(&scene, "host-app-1").contains(" hangs<"));
        let database = markup(&scene, "host-db-1");
        assert!(database.contains("MySQL locked<"), "{database}");
        for key in ["host-db-1", "host-web-1"] {
            assert!(is_single(&scene, key), "{key}");
        }
    }
}

/// What can be chosen says how it is, and is called by what is written in it. The lines that the pointer meets lie in the live drawing alone.
#[test]
fn what_can_be_chosen_says_how_it_is() {
    let run = after(&["link lb-1:app-1:cut", "drop rule app-to-db", "kill lb-1/keepalived"]);
    for orientation in ORIENTATIONS {
        let scene = drawn(&run, orientation);
        let group = |key: &str| scene.groups.iter().find(|group| group.key == key).unwrap();
        for (key, wanted) in [
            ("link-lb-1-app-1", "Link lb-1 to app-1, HTTP 8000, cut"),
            (
                "vip-vip-a",
                "VIP A: 2 owners, split brain: claimed by lb-1 and lb-2, delivered to lb-2",
            ),
            ("vip-vip-b", "VIP B 203.0.113.11, owned by lb-2"),
            ("zone-db", "Database \u{b7} 1 rule out, "),
            ("users", "Users, "),
        ] {
            let label = group(key).label();
            assert!(label.starts_with(wanted), "{key}: {label}");
        }
        assert_eq!(group("zone-db").guard, "Firewall of the Database zone, 1 rule out");
        assert_eq!(guard_reach(group("zone-db")).matches("class=\"hit\"").count(), 1);
        let link = live_group(group("link-lb-1-app-1"));
        assert!(roxmltree::Document::parse(&link).is_ok(), "{link}");
        assert_eq!(link.matches("class=\"hit").count(), 2, "{link}");
        for group in &scene.groups {
            assert!(roxmltree::Document::parse(&live_group(group)).is_ok(), "{}", group.key);
            assert!(!stage_group(group).contains("class=\"hit"), "{}", group.key);
        }
    }
}

/// The brief, whose first balancer loses power after ten seconds, at this instant.
fn without_lb_1(ms: u64) -> Run {
    let kill = TimedAction { at: SimTime::from_ms(10_000), action: "kill lb-1".parse().unwrap() };
    let plan = Plan::new(brief(), 1);
    let mut run = Run::with_actions(plan, vec![kill], History::Recent).unwrap();
    run.advance_to(SimTime::from_ms(ms));
    run
}

/// Until keepalived takes over, half of the users send to an address that nobody has. They are seen to do so at once, not only when they give up.
#[test]
fn users_who_send_into_silence_are_drawn_and_their_link_says_it() {
    let run = without_lb_1(12_000);
    let snapshot = run.simulation().snapshot();
    assert_eq!(
        (&snapshot.vips[0].owner, snapshot.vips[0].sent_to.as_deref()),
        (&None, Some("lb-1"))
    );
    let is_lost = |message: &&Message| {
        message.kind == MessageKind::Lost && message.sent_at > SimTime::from_ms(10_000)
    };
    let messages = run.simulation().messages().map(|message| &**message);
    let lost: Vec<&Message> = messages.filter(is_lost).collect();
    assert!(lost.len() > 5, "{lost:?}");
    let mut requests: Vec<u64> = lost.iter().map(|message| message.request).collect();
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), lost.len(), "each attempt is told once");
    let to = Place::Host("lb-1".to_owned());
    assert!(lost.iter().all(|message| message.from == Place::Users && message.to == to));
    let scene = |run: &Run, orientation| {
        let layout = Layout::new(&brief(), orientation);
        compose(&brief(), Some(&run.simulation().snapshot()), &layout, &run.link_flows())
    };
    for orientation in ORIENTATIONS {
        let drawn = scene(&run, orientation);
        let vip = drawn.groups.iter().find(|group| group.key == "vip-vip-a").unwrap();
        assert_eq!(vip.label(), "VIP A: no owner", "said once");
        let link = markup(&drawn, "link-users-lb-1");
        assert!(link.contains("nobody answers at VIP A"), "{link}");
        assert!(link.contains("class=\"link failing\"") && !link.contains("nothing"), "{link}");
        let after = scene(&without_lb_1(15_000), orientation);
        let link = markup(&after, "link-users-lb-1");
        assert!(link.contains("nothing is sent") && link.contains("class=\"link out\""), "{link}");
    }
}

/// A balancer that no address leads to passes nothing on, but goes on checking its servers; in maintenance they are not even checked.
#[test]
fn a_link_that_carries_only_checks_is_dotted_and_says_so() {
    let infrastructure = Preset::Extended.infrastructure();
    let plan = Plan::new(infrastructure.clone(), 1);
    let mut run = Run::new(plan, History::Recent).unwrap();
    run.advance_to(SimTime::from_ms(8_000));
    let scene = |run: &Run, orientation| {
        let layout = Layout::new(&infrastructure, orientation);
        compose(&infrastructure, Some(&run.simulation().snapshot()), &layout, &run.link_flows())
    };
    for orientation in ORIENTATIONS {
        let scene = scene(&run, orientation);
        for web in ["web-1", "web-2"] {
            let idle = markup(&scene, &format!("link-lb-2-{web}"));
            assert!(idle.contains("only checks") && idle.contains("class=\"link out\""), "{idle}");
            let used = markup(&scene, &format!("link-lb-1-{web}"));
            assert!(!used.contains("only checks") && !used.contains("link out"), "{used}");
        }
    }
    let backend = run.simulation().snapshot().servers[0].backend.clone();
    run.act(format!("set server {backend}/web-1 state maint").parse().unwrap()).unwrap();
    run.advance_to(SimTime::from_ms(16_000));
    let scene = scene(&run, Orientation::Landscape);
    for balancer in ["lb-1", "lb-2"] {
        let link = markup(&scene, &format!("link-{balancer}-web-1"));
        assert!(link.contains("nothing is sent") && link.contains("MAINT"), "{link}");
    }
}
