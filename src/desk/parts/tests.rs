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
pub(super) fn keys(infrastructure: &Infrastructure) -> Vec<String> {
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
        // What a form does is said by its fields.
        let Some(on) = node.attribute("data-on") else { continue };
        match node.attribute("data-do").unwrap() {
            "choose" => {
                let infrastructure = &run.plan().infrastructure;
                assert!(
                    infrastructure.host(on).is_some() || find(infrastructure, on).is_some(),
                    "{on}"
                );
            }
            // What is so is pressed, and is no deed.
            "deed" | "held" => {
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
            if !key.starts_with("firewall-") {
                continue;
            }
            let Some(Part::Firewall(guarded)) = find(infrastructure, &key) else { panic!("{key}") };
            let rules = zone::rules(infrastructure, guarded);
            let names = rules.iter().map(|(_, rule)| rule.name.as_str());
            for name in names.chain([crate::infra::DEFAULT_DENY]) {
                let key = format!("{key}/{name}");
                let text = checked(&run, &part(&run, &key));
                assert!(text.contains("Without it") && text.len() > 200, "{preset} {key}: {text}");
                checked(&run, &traffic(&run, &[], &key));
            }
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
        ("link lb-1:app-1:delay=100ms", "takes 100 ms longer, both ways"),
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

/// What the rules of the database say, whether they are in force, what their loss means, and what they become.
#[test]
fn a_rule_tells_what_it_does_and_what_its_loss_means() {
    let run = run_of(Preset::Brief, &[]);
    let key = "firewall-db/app-to-db";
    let panel = part(&run, key);
    for words in [
        "It is in force",
        "It lets TCP 3306 of the machines of zone app in to the machines of zone db.",
        "restore rule app-to-db\" aria-pressed=\"true\"",
        "no new connection is let in from app-1 to db-1 (MySQL 3306), app-2 to db-1 (MySQL 3306)",
        "<code>nftables.conf</code> of db-1",
        "ip saddr 10.0.30.0/24 tcp dport { 3306 } accept comment &quot;app-to-db&quot;",
        "data-on=\"link-app-1-db-1\"",
        "data-on=\"firewall-db\"",
    ] {
        assert!(panel.contains(words), "{words}: {panel}");
    }
    let out = run_of(Preset::Brief, &["drop rule app-to-db"]);
    let panel = part(&out, key);
    assert!(panel.contains("It is taken out") && panel.contains("accept comment"), "{panel}");
    assert!(panel.contains("drop rule app-to-db\" aria-pressed=\"true\""), "{panel}");
    let deny = part(&run, "firewall-db/default deny");
    assert!(deny.contains("always in force") && deny.contains("policy drop;"), "{deny}");
    assert!(!deny.contains("data-do=\"deed\""), "{deny}");
}

/// The line that a panel shows is a line of the file that is handed out.
#[test]
fn the_lines_of_every_rule_stand_in_the_files() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        if !infrastructure.has_firewall() {
            continue;
        }
        let files = crate::config::export::files(&infrastructure);
        for rule in &infrastructure.rules {
            let lines = crate::config::export::nftables_of(&infrastructure, Some(rule));
            for host in &infrastructure.hosts {
                if !crate::config::export::is_in_nftables(rule, host) {
                    continue;
                }
                let path = format!("config/{}/nftables.conf", host.name);
                let file = files.iter().find(|file| file.path == path).unwrap();
                for line in lines.lines() {
                    let mut own = file.text.lines();
                    assert!(own.any(|own| own.trim() == line), "{preset} {path}: {line}");
                }
            }
        }
    }
}

/// What a rule lets in is counted; what comes while it is out is told of it, and dropped by the default deny.
#[test]
fn what_a_rule_decides_about_is_counted_and_drawn() {
    let figure = |markup: &str, name: &str| {
        let begun = markup.split(&format!("<th scope=\"row\">{name}</th><td>")).nth(1).unwrap();
        begun.split("/s<").next().unwrap().parse::<f64>().unwrap()
    };
    let mut desk = Desk::default();
    let mut ask = |link: &str, rule: &str| {
        desk.answer("traffic", link, &format!("firewall-db/{rule}")).unwrap()
    };
    let well = ask("run/1/brief;seed=1;rate=100;at=20s", "app-to-db");
    assert!(figure(&well, "Let in") > 10.0 && figure(&well, "Came while it was out") < 0.05);
    assert!(well.contains("What it is for of rule app-to-db over the last minute"), "{well}");
    let link = "run/1/brief;seed=1;rate=100;at=16s;10s+drop+rule+app-to-db";
    let out = ask(link, "app-to-db");
    assert!(figure(&out, "Let in") < 0.05, "{out}");
    let missed = figure(&out, "Came while it was out");
    let denied = ask(link, "default deny");
    assert!(missed > 0.0 && (figure(&denied, "Dropped") - missed).abs() < 0.05, "{denied}");
    assert!(!denied.contains("it dropped something of</th><td>0<"), "{denied}");
}

/// A link names the rule that lets it through, and the one that would if it stood there; so does the chain of a request.
#[test]
fn the_rule_is_chosen_from_what_it_stops() {
    let chosen = "data-on=\"firewall-app/edge-to-app\"";
    let panel = part(&run_of(Preset::Brief, &[]), "link-lb-1-app-1");
    assert!(panel.contains(chosen) && !panel.contains("/default deny"), "{panel}");
    let out = run_of(Preset::Brief, &["drop rule edge-to-app"]);
    let panel = part(&out, "link-lb-1-app-1");
    assert!(panel.contains(chosen), "{panel}");
    assert!(panel.contains("data-on=\"firewall-app/default deny\""), "{panel}");
    let mut desk = Desk::default();
    let link = "run/1/brief;seed=1;at=40s;20s+drop+rule+app-to-db";
    desk.answer("traffic", link, "users").unwrap();
    let blocked = desk.held.as_ref().and_then(|held| {
        let is_blocked = |step: &crate::sim::Step| matches!(step, crate::sim::Step::Blocked { .. });
        let mut records = held.run.simulation().records();
        records.find(|record| record.steps.iter().any(is_blocked)).map(|record| record.request)
    });
    let why = desk.answer("why", link, &blocked.unwrap().to_string()).unwrap();
    for rule in ["default deny", "app-to-db"] {
        assert!(why.contains(&format!("data-on=\"firewall-db/{rule}\"")), "{rule}: {why}");
    }
}

/// The figures of the rows of a panel's tables, by their names.
fn rows(markup: &str) -> Vec<(String, String)> {
    let markup = format!("<root>{}</root>", markup.replace("<wbr/>", ""));
    let document = roxmltree::Document::parse(&markup).unwrap();
    let rows = document.descendants().filter(|node| {
        let head = node.first_element_child().filter(|head| head.has_tag_name("th"));
        node.has_tag_name("tr") && head.is_some_and(|head| head.attribute("scope") == Some("row"))
    });
    let row = |row: roxmltree::Node<'_, '_>| {
        let mut cells = row.children().filter_map(|cell| cell.text().map(str::to_owned));
        (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
    };
    rows.map(row).collect()
}

fn row(markup: &str, name: &str) -> String {
    let found = rows(markup).into_iter().find(|(own, _)| own == name);
    found.unwrap_or_else(|| panic!("{name}: {markup}")).1
}

/// The heartbeat: what is sent and lost each second, how each end stands, whether it takes back what it had.
#[test]
fn the_heartbeat_has_figures_and_states() {
    let mut desk = Desk::default();
    let key = "vrrp-lb-1-lb-2";
    let whole = desk.answer("traffic", "run/1/brief;seed=1;at=20s", key).unwrap();
    for way in ["lb-1 to lb-2, VIP A", "lb-2 to lb-1, VIP B"] {
        assert_eq!(row(&whole, way), "1.0/s sent, 0.0/s lost, 1.0/s heard", "{way}");
    }
    assert_eq!(row(&whole, "lb-2 to lb-1, VIP A"), "0.0/s sent, 0.0/s lost, 0.0/s heard");
    assert!(row(&whole, "lb-1, VIP A").starts_with("MASTER, priority "), "{whole}");
    let backup = row(&whole, "lb-2, VIP A");
    assert!(
        backup.starts_with("BACKUP, priority 100; without an advert it takes it in "),
        "{backup}"
    );
    assert!(whole.contains("Adverts of this link over the last minute"), "{whole}");
    let cut = "run/1/brief;seed=1;at=30s;10s+cut+heartbeat";
    let cut = desk.answer("traffic", cut, key).unwrap();
    assert_eq!(row(&cut, "lb-2 to lb-1, VIP A"), "1.0/s sent, 1.0/s lost, 0.0/s heard");
    assert!(row(&cut, "lb-2, VIP A").starts_with("MASTER"), "{cut}");
    let dead = "run/1/brief;seed=1;at=30s;10s+kill+lb-1/keepalived";
    let dead = desk.answer("traffic", dead, key).unwrap();
    assert_eq!(row(&dead, "lb-1, VIP A"), "keepalived does not run");
    assert_eq!(row(&dead, "lb-2 to lb-1, VIP A"), "1.0/s sent, 0.0/s lost, 0.0/s heard");
    let panel = part(&run_of(Preset::Brief, &[]), key);
    for words in [
        "lb-1 claims VIP A with priority 101, and takes it as soon as it hears a lower priority.",
        "data-edit=\"keepalived.advert_int:lb-1=\"",
        "data-edit=\"keepalived.nopreempt:lb-2=\"",
    ] {
        assert!(panel.contains(words), "{words}: {panel}");
    }
}

/// Replication: what the replica believes, and what it has not got.
#[test]
fn replication_has_its_lag_and_what_has_not_arrived() {
    let mut desk = Desk::default();
    let run = run_of(Preset::Extended, &[]);
    let layout = Layout::new(&run.plan().infrastructure, Orientation::Landscape);
    let is_its = |route: &&Route| route.purpose == crate::infra::Purpose::Replication;
    let route = layout.routes.iter().find(is_its).unwrap();
    let (from, to, key) = (at(&route.from), at(&route.to), route.key());
    let link = "run/1/extended;seed=1;write=1;rate=40";
    let whole = desk.answer("traffic", &format!("{link};at=20s"), &key).unwrap();
    assert_eq!(row(&whole, "Replica_IO_Running"), "Yes");
    let few: u64 = row(&whole, "Changes that it has not got yet").parse().unwrap();
    let cut = format!("{link};at=40s;20s+link+{from}:{to}:cut");
    let cut = desk.answer("traffic", &cut, &key).unwrap();
    assert_eq!(row(&cut, "Replica_IO_Running"), "Yes, as it believes: nothing comes any more");
    assert_eq!(row(&cut, "Seconds_Behind_Source, as it believes"), "0 s");
    let many: u64 = row(&cut, "Changes that it has not got yet").parse().unwrap();
    assert!(many > few + 100, "{few} {many}");
    let age = row(&cut, "the first of them was committed");
    let age: f64 = age.split(' ').next().unwrap().parse().unwrap();
    assert!((19.0..=20.6).contains(&age), "{age}");
    assert!(cut.contains("Lag of ") && cut.contains("Not arrived of "), "{cut}");
    let panel = part(&run, &key);
    for words in [format!("data-edit=\"mysql.lag:{to}=\""), format!("{to} opens the connection")] {
        assert!(panel.contains(&words), "{words}: {panel}");
    }
}

#[test]
fn an_address_tells_its_owner_and_a_split_brain() {
    let run = run_of(Preset::Brief, &[]);
    let vip = run.plan().infrastructure.vips[0].clone();
    let key = part_key("vip", &vip.name);
    assert!(part(&run, &key).contains("Owned by lb-"), "{}", part(&run, &key));
    let split = run_of(Preset::Brief, &["cut heartbeat"]);
    let panel = part(&split, &key);
    assert!(panel.contains("Split brain: claimed by lb-1 and lb-2"), "{panel}");
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

/// Where very much is sent less than five seconds of it are kept: of how long the figures are is said, and they are of that.
#[test]
fn the_traffic_of_a_link_says_of_how_long_it_is() {
    let told = |link: &str| {
        let mut desk = Desk::default();
        let markup = desk.answer("traffic", link, "link-users-lb-1").unwrap();
        let run = desk.held.as_ref().map(|held| &held.run).unwrap();
        (markup, run.message_window().as_secs_f64())
    };
    let (calm, window) = told("run/1/brief;seed=1;at=20s");
    assert!(window > 4.99 && calm.contains("The last 5 seconds<"), "{window}: {calm}");
    let (busy, window) = told("run/1/brief;seed=1;rate=20000;at=3s");
    assert!(window < 1.0, "{window}");
    let caption = format!("The last {} s: of more", crate::kernel::small::fixed(window, 2));
    assert!(busy.contains(&caption), "{caption}: {busy}");
}

#[test]
fn what_is_not_there_is_said_to_be_gone() {
    let run = run_of(Preset::Brief, &[]);
    for key in [
        "",
        "link-lb-1-app-9",
        "zone-<script>",
        "firewall-",
        "vip-",
        "firewall-db/none",
        "zone-db/app-to-db",
    ] {
        assert_eq!(part(&run, key), GONE, "{key}");
        assert_eq!(traffic(&run, &[], key), "", "{key}");
    }
    assert_eq!(around(&run.plan().infrastructure, "app-9"), "");
}

/// Of an address that nobody has it is told how many users wait for it, and of the link to it that they are not answered.
#[test]
fn who_waits_at_an_address_without_owner_is_counted() {
    let mut desk = Desk::default();
    let dead = "run/1/brief;seed=1;at=12s;10s+kill+lb-1";
    let waiting =
        |markup: &str| -> u32 { row(markup, "Users who wait for it in vain").parse().unwrap() };
    let vip = desk.answer("traffic", dead, "vip-vip-a").unwrap();
    assert!(waiting(&vip) > 5, "{vip}");
    let other = desk.answer("traffic", dead, "vip-vip-b").unwrap();
    assert_eq!(waiting(&other), 0, "{other}");
    let link = desk.answer("traffic", dead, "link-users-lb-1").unwrap();
    assert_ne!(row(&link, "of them met silence"), "0.0/s", "{link}");
    let told = desk.answer("part", dead, "link-users-lb-1").unwrap();
    assert!(told.contains("Nobody has VIP A"), "{told}");
}

/// The time on the way to a balancer is of four packets more than the panel's one: it says why.
#[test]
fn the_time_on_the_way_says_that_handshakes_are_in_it() {
    let mut desk = Desk::default();
    let answer = |desk: &mut Desk, preset: &str, key: &str| {
        desk.answer("traffic", &format!("run/1/{preset};seed=1;at=30s"), key).unwrap()
    };
    let users = answer(&mut desk, "brief", "link-users-lb-1");
    let said = "a request counts with the handshakes of TCP and TLS before it and HAProxy&#39;s work on it, an answer alone.";
    assert!(users.contains(said), "{users}");
    let inside = answer(&mut desk, "brief", "link-lb-1-app-1");
    assert!(inside.contains("the handshake of its connection, if that is new"), "{inside}");
    assert!(!inside.contains("TLS before it"), "{inside}");
}

/// In a sentence a number and its unit stand apart.
#[test]
fn times_in_sentences_have_their_units_apart() {
    let run = run_of(Preset::Extended, &[]);
    let infrastructure = run.plan().infrastructure.clone();
    let all: String = keys(&infrastructure).iter().map(|key| part(&run, key)).collect();
    for said in [
        "takes 15 ms one way",
        "takes 0.2 ms one way",
        " 2 s apart",
        "an advert every 1 s",
        "foobar.com, 15 ms away",
    ] {
        assert!(all.contains(said), "{said}");
    }
    for glued in ["15ms one", "200us one", "2s apart", "every 1s", "takes 5s"] {
        assert!(!all.contains(glued), "{glued}");
    }
}
