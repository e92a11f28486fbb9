//! The panels of links, zones, firewalls, addresses and users: of every preset, none empty, everything escaped, each state told.

use super::*;
use crate::diagram::compose;
use crate::infra::Preset;
use crate::kernel::SimTime;
use crate::sim::{History, Plan};

use super::super::Desk;

fn run_of(preset: Preset, deeds: &[&str]) -> Run {
    let mut run = Run::new(Plan::new(preset.infrastructure(), 1), History::Recent).unwrap();
    run.advance_to(SimTime::from_ms(1_000));
    for deed in deeds {
        run.act(deed.parse().unwrap()).unwrap();
    }
    run.advance_to(SimTime::from_ms(8_000));
    run
}

/// The keys of all that can be chosen in the drawing of an infrastructure, but for machines.
fn keys(infrastructure: &Infrastructure) -> Vec<String> {
    let mut keys = Vec::new();
    for orientation in [Orientation::Landscape, Orientation::Portrait] {
        let layout = Layout::new(infrastructure, orientation);
        for group in compose(infrastructure, None, &layout, &[]).groups {
            let is_host = group.key.starts_with("host-");
            if !group.guard.is_empty() {
                keys.push(page::firewall_of(&group.key));
            }
            if !group.of.is_empty() && !is_host {
                assert!(!group.label().is_empty(), "{}", group.key);
                keys.push(group.key);
            }
        }
    }
    keys
}

/// What stands in a panel: well-formed, and every button does something that can be done.
fn checked(run: &Run, markup: &str) -> String {
    let markup = format!("<root>{markup}</root>");
    let document =
        roxmltree::Document::parse(&markup).unwrap_or_else(|error| panic!("{error}: {markup}"));
    for node in document.descendants().filter(|node| node.has_tag_name("button")) {
        let on = node.attribute("data-on").unwrap();
        match node.attribute("data-do").unwrap() {
            "choose" => {
                let infrastructure = &run.plan().infrastructure;
                assert!(
                    infrastructure.host(on).is_some() || find(infrastructure, on).is_some(),
                    "{on}"
                );
            }
            "deed" => {
                for deed in on.split(';') {
                    let mut run = Run::new(run.plan().clone(), History::Off).unwrap();
                    run.act(deed.parse().unwrap())
                        .unwrap_or_else(|error| panic!("{deed}: {error}"));
                }
            }
            other => panic!("{other}"),
        }
    }
    let texts = document.descendants().filter_map(|node| node.text());
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_part_of_every_preset_has_its_panel() {
    for preset in Preset::ALL {
        let run = run_of(preset, &[]);
        let keys = keys(&run.plan().infrastructure);
        let infrastructure = &run.plan().infrastructure;
        assert!(keys.len() >= 2 * (infrastructure.zones.len() + infrastructure.vips.len() + 1));
        for key in keys {
            let text = checked(&run, &part(&run, &key));
            assert!(text.len() > 60 && part(&run, &key) != GONE, "{preset} {key}: {text}");
            checked(&run, &traffic(&run, &[], &key));
        }
        for host in &infrastructure.hosts {
            let text = checked(&run, &around(infrastructure, &host.name));
            assert!(text.contains(" zone"), "{preset} {}: {text}", host.name);
        }
    }
}

#[test]
fn a_cut_link_says_so_and_its_button_is_pressed() {
    let key = "link-lb-1-app-1";
    let pressed = |run: &Run| {
        let markup = format!("<root>{}</root>", part(run, key));
        let document = roxmltree::Document::parse(&markup).unwrap();
        let mut pressed = document
            .descendants()
            .filter(|node| node.attribute("aria-pressed") == Some("true"))
            .filter_map(|node| node.attribute("data-on").map(str::to_owned));
        let first = pressed.next();
        assert_eq!(pressed.next(), None);
        first
    };
    let whole = run_of(Preset::Brief, &[]);
    assert_eq!(pressed(&whole).as_deref(), Some("link lb-1:app-1:whole"));
    assert!(part(&whole, key).contains("It is whole"));
    for (deed, told) in [
        ("link lb-1:app-1:cut", "It is cut, both ways"),
        ("link lb-1>app-1:cut", "It is cut, from lb-1 to app-1"),
        ("link lb-1:app-1:loss=0.2", "loses 20 % of the packets, both ways"),
        ("link lb-1:app-1:delay=100ms", "takes 100ms longer, both ways"),
    ] {
        let run = run_of(Preset::Brief, &[deed]);
        assert_eq!(pressed(&run).as_deref(), Some(deed));
        assert!(part(&run, key).contains(told), "{deed}: {}", part(&run, key));
    }
}

/// Where the network's panel asks: each zone against those it speaks with, in one act; the one that is cut off is pressed.
#[test]
fn a_partition_is_one_act_for_every_zone_that_has_links() {
    for preset in Preset::ALL {
        let run = run_of(preset, &[]);
        checked(&run, &partition(&run));
    }
    let run = run_of(Preset::Brief, &[]);
    let markup = partition(&run);
    for title in ["Database | Edge, Web, Application", "Web | Edge, Application, Database"] {
        assert!(markup.contains(&format!("<h3>{title}</h3>")), "{title}: {markup}");
    }
    assert!(!markup.contains("Management"), "{markup}");
    let cut = run_of(Preset::Brief, &["link app-1:db-1:cut", "link app-2:db-1:cut"]);
    let database = partition(&cut).split("<h3>Database").nth(1).unwrap().to_owned();
    let buttons: Vec<&str> = database.split("aria-pressed=\"").skip(1).collect();
    assert!(buttons[0].starts_with("false") && buttons[1].starts_with("true"), "{database}");
}

#[test]
fn a_zone_that_is_cut_off_is_cut_at_every_link_over_its_border() {
    let run = run_of(Preset::Brief, &[]);
    let database = run.plan().infrastructure.host("db-1").unwrap().zone.clone();
    let key = part_key("zone", &database);
    let markup = format!("<root>{}</root>", part(&run, &key));
    let document = roxmltree::Document::parse(&markup).unwrap();
    let mut deeds = document.descendants().filter_map(|node| node.attribute("data-on"));
    let cut = deeds.find(|deed| deed.ends_with(":cut")).unwrap();
    let all: Vec<&str> = cut.split(';').collect();
    assert!(all.iter().all(|deed| deed.contains("db-1")), "{cut}");
    let run = run_of(Preset::Brief, &all);
    assert!(is_so(&run, all[0]));
    assert!(part(&run, &key).contains(&format!("{cut}\" aria-pressed=\"true\"")));
}

#[test]
fn a_rule_that_is_out_is_told_and_what_is_dropped_is_counted() {
    let mut run = run_of(Preset::Brief, &[]);
    let database = run.plan().infrastructure.host("db-1").unwrap().zone.clone();
    let key = part_key("firewall", &database);
    assert!(part(&run, &key).contains("Every rule is in place"));
    run.act("drop rule app-to-db".parse().unwrap()).unwrap();
    run.advance_to(SimTime::from_ms(30_000));
    let panel = part(&run, &key);
    assert!(panel.contains("1 rule is taken out"), "{panel}");
    assert!(panel.contains("drop rule app-to-db\" aria-pressed=\"true\""), "{panel}");
    let counted = traffic(&run, &[], &key);
    assert!(counted.contains("default deny"), "{counted}");
    assert!(!counted.contains("default deny</th><td>0<"), "{counted}");
}

#[test]
fn an_address_tells_its_owner_and_a_split_brain() {
    let run = run_of(Preset::Brief, &[]);
    let vip = run.plan().infrastructure.vips[0].clone();
    let key = part_key("vip", &vip.name);
    assert!(part(&run, &key).contains("owned by lb-"), "{}", part(&run, &key));
    let split = run_of(Preset::Brief, &["cut heartbeat"]);
    let panel = part(&split, &key);
    assert!(panel.contains("split brain: claimed by lb-1 and lb-2"), "{panel}");
    assert!(panel.contains(" took it at 00:0"), "{panel}");
    let dead = run_of(Preset::Brief, &["kill lb-1/keepalived"]);
    assert!(part(&dead, &key).contains("restore lb-1/keepalived"));
}

#[test]
fn users_are_told_which_way_in_is_broken() {
    let infrastructure = Preset::Brief.infrastructure();
    let uplink = &infrastructure.uplinks[0].name;
    let run = run_of(Preset::Brief, &[format!("cut uplink {uplink}").as_str()]);
    assert!(part(&run, "users").contains(&format!("Broken: {uplink}")));
}

/// What goes over a link is counted: against the flow that its width is drawn with.
#[test]
fn the_traffic_of_a_link_is_its_flow() {
    let mut desk = Desk::default();
    let link = "run/1/brief;seed=1;at=20s";
    let markup = desk.answer("traffic", link, "link-users-lb-1").unwrap();
    let run = desk.held.as_ref().map(|held| &held.run).unwrap();
    let flow: f64 = run
        .link_flows()
        .iter()
        .filter(|flow| flow.to == Place::Host("lb-1".to_owned()))
        .map(|flow| flow.per_second)
        .sum();
    let shown = format!("<td>{}/s</td>", crate::kernel::small::fixed(flow, 1));
    assert!(flow > 1.0 && markup.contains(&shown), "{shown}: {markup}");
    assert!(markup.contains("Requests of this link over the last minute"));
    // Both tell of which time they are: here, and below the readings.
    assert!(markup.contains("The last 5 seconds") && markup.contains("errors/s"), "{markup}");
}

#[test]
fn what_is_not_there_is_said_to_be_gone() {
    let run = run_of(Preset::Brief, &[]);
    for key in ["", "link-lb-1-app-9", "zone-<script>", "firewall-", "vip-"] {
        assert_eq!(part(&run, key), GONE, "{key}");
        assert_eq!(traffic(&run, &[], key), "", "{key}");
    }
    assert_eq!(around(&run.plan().infrastructure, "app-9"), "");
}
