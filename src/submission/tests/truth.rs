//! What the text says is what stands there, and changes with it.

use super::super::escape::escape_inline;
use super::*;
use crate::infra::{Edit, Part, Protocol};

#[test]
fn everything_that_stands_there_is_named() {
    let infrastructure = brief();
    let (text, html) = (submission(&infrastructure), html_sections(&infrastructure));
    let says = |what: &str| assert!(text.contains(&escape_inline(what)), "{what}");
    for host in &infrastructure.hosts {
        for what in [&host.name, &host.title, &host.role, &host.disk] {
            says(what);
        }
        says(&host.address.to_string());
        assert!(
            html.contains(&host.name) && html.contains(&host.address.to_string()),
            "{}",
            host.name
        );
        for port in host.services.iter().flat_map(Service::ports) {
            says(&port.to_string());
        }
    }
    for zone in &infrastructure.zones {
        let row = format!("| {} | {} | {} | {} |", zone.name, zone.title, zone.vlan, zone.subnet);
        assert!(text.contains(&row), "{row}");
    }
    for vip in &infrastructure.vips {
        let row = format!("| {} | {} | {} |", vip.name, vip.address, vip.virtual_router_id);
        assert!(text.contains(&row), "{row}");
    }
    infrastructure
        .uplinks
        .iter()
        .for_each(|uplink| says(&format!("{} ({})", uplink.name, uplink.role)));
    for rule in &infrastructure.rules {
        let Protocol::Tcp(_) = &rule.protocol else { panic!("unexpected") };
        let row = [
            rule.name.clone(),
            rule.from.to_string(),
            rule.to.to_string(),
            rule.protocol.to_string(),
            rule.policy.to_string(),
            rule.reason.clone(),
        ];
        assert!(text.contains(&format!("| {} |", row.join(" | "))), "{}", rule.name);
    }
}

#[test]
fn every_row_of_the_brief_is_covered() {
    let text = submission(&brief()).to_lowercase();
    for words in [
        "nginx|static|server 1",
        "application server|server 2",
        "mysql|server 3",
        "server 4|additional|horizontal scaling|redundancy",
        "haproxy|cluster|failover|health checks",
        "component separation|machines of their own",
        "workflow|same path",
        "high availability|performance|security",
        "round robin|persistence|dynamic server pools",
        "specialization|tuned|sized for",
        "vlan|zone|routing|firewall rules",
        "active-active|tls (ssl) termination|statistics",
        "cpu|memory|storage|network capacity",
        "backup connectivity|default deny",
        "learning objectives",
        "infrastructure diagram|component explanation|scaling rationale|technical documentation",
        "alx system engineering devops|scale up",
    ] {
        for word in words.split('|') {
            assert!(text.contains(word), "{word}");
        }
    }
}

#[test]
fn counts_follow_the_data() {
    for infrastructure in all() {
        let text = submission(&infrastructure);
        let servers: usize = infrastructure.backends().map(|backend| backend.servers.len()).sum();
        let numbers = [
            (infrastructure.hosts.len(), "machines in all,"),
            (infrastructure.zones.len(), "zones with a policy each"),
            (infrastructure.rules.len(), "rules say"),
            (infrastructure.vips.len(), "A records of"),
            (servers, "servers stand in the configuration"),
        ];
        for (number, what) in numbers {
            assert!(text.contains(&format!("{number} {what}")), "{number} {what}");
        }
        assert_eq!(section(&text, "Machines").len(), infrastructure.hosts.len() + 2);
        assert_eq!(
            section(&text, "firewall rules").iter().filter(|line| line.contains(" allow ")).count(),
            infrastructure.rules.len()
        );
        assert_eq!(section(&text, "Workflow").len(), 6);
    }
}

#[test]
fn the_single_points_are_exactly_the_computed_ones() {
    for infrastructure in all() {
        let text = submission(&infrastructure);
        let lines = section(&text, "Single points of failure and the next step");
        let told: Vec<&str> =
            lines.iter().skip(1).map(|line| line.split_once(':').unwrap().0).collect();
        let computed: Vec<String> =
            infrastructure.single_points_of_failure().into_iter().map(|point| point.host).collect();
        assert_eq!(told, computed);
        for component in components(&infrastructure) {
            let is_single = component.without_it.contains("A single point of failure.");
            assert_eq!(is_single, computed.contains(&component.name), "{}", component.name);
        }
    }
    assert!(
        submission(&without("app-2"))
            .contains("app-1: Static files are still served; dynamic pages fail.")
    );
    assert!(submission(&without("lb-2")).contains("lb-1: Static files and dynamic pages fail."));
}

#[test]
fn nothing_claims_that_all_single_points_are_gone() {
    for infrastructure in all() {
        let text = submission(&infrastructure) + &html_sections(&infrastructure);
        let text = text.to_lowercase();
        for claim in [
            "no single point",
            "without a single point",
            "no spof",
            "single: none",
            "cannot fail",
            "no downtime",
            "removed",
            "eliminat",
        ] {
            assert!(!text.contains(claim), "{claim}");
        }
    }
    assert_eq!(doubled().single_points_of_failure(), []);
}

#[test]
fn the_graded_points_are_answered_from_the_data() {
    let answers = |infrastructure: &Infrastructure| -> Vec<bool> {
        let text = submission(infrastructure);
        section(&text, "graded").iter().map(|line| line.contains(".** Yes: ")).collect()
    };
    assert_eq!(answers(&brief()), [true; 5]);
    assert_eq!(answers(&without("lb-2")), [true, false, false, true, true]);
    let mut crowded = without("app-2");
    crowded.hosts.retain(|host| host.name != "db-1");
    let mysql = brief().host("db-1").unwrap().services[0].clone();
    crowded.hosts.iter_mut().find(|host| host.name == "app-1").unwrap().services.push(mysql);
    assert_eq!(answers(&crowded), [false, true, true, false, true]);
}

#[test]
fn the_picture_is_told_in_words() {
    let text = submission(&brief());
    let alt = text.lines().find_map(|line| line.strip_prefix("![")).unwrap();
    let (alt, file) = alt.split_once("](").unwrap();
    assert_eq!(file, "diagram.svg)");
    assert!(alt.len() >= 40);
    for word in ["balancer cluster", "web", "application", "database", "lb-1", "app-2"] {
        assert!(alt.contains(word), "{word}");
    }
}

#[test]
fn components_are_the_hosts_and_what_joins_them() {
    let named: Vec<String> =
        components(&brief()).into_iter().map(|component| component.name).collect();
    assert_eq!(
        named,
        [
            "lb-1",
            "lb-2",
            "web-1",
            "app-1",
            "app-2",
            "db-1",
            "vips",
            "firewall",
            "tls",
            "monitoring"
        ]
    );
}

/// A third balancer has no address of its own: it is not said to take traffic, nor that half of three is idle.
#[test]
fn who_takes_traffic_is_told_of_three_balancers_too() {
    for (preset, told) in [
        (
            Preset::Brief,
            "lb-1 and lb-2 take traffic, each on an address of its own, and lb-3 waits.",
        ),
        (Preset::Literal, "one takes all traffic, the others wait. All balancers but one are idle"),
    ] {
        let mut infrastructure = preset.infrastructure();
        Edit::Add(Part::Balancer).apply(&mut infrastructure).unwrap();
        let text = submission(&infrastructure);
        assert!(text.contains(told), "{preset}: {text}");
        assert!(!text.contains("all take traffic") && !text.contains("One balancer is idle"));
    }
}

#[test]
fn a_single_address_is_told_as_one() {
    let text = submission(&Preset::Literal.infrastructure());
    assert!(text.contains("gets the cluster's A record (VIP A 203.0.113.10 on lb-1)"), "{text}");
    assert!(text.contains("opens HTTPS, TCP 443, to it."));
    let text = submission(&Preset::Distributed.infrastructure());
    assert!(text.contains("Nobody takes it over: not a cluster."), "{text}");
}

/// The exercise asks for one more server: each document says by name which it is, and why it is there.
#[test]
fn the_additional_server_has_a_name() {
    for (preset, told) in [
        (Preset::Literal, "; the additional one, beyond the 2 there were before: db-1."),
        (Preset::Brief, "; the additional one, beyond one of each kind: app-2."),
        (
            Preset::Extended,
            "; the additional ones, beyond one of each kind: web-2, app-2 and db-2.",
        ),
    ] {
        let infrastructure = preset.infrastructure();
        for length in [Length::Brief, Length::Full] {
            let text = document(&infrastructure, length).to_markdown();
            assert!(text.contains(told), "{preset} {length:?}: {text}");
        }
        for component in components(&infrastructure) {
            let begins = component.why_added.contains("dditional server. ");
            let is_named = told.contains(&component.name);
            assert_eq!(begins, is_named, "{preset} {}: {}", component.name, component.why_added);
        }
        let brief = document(&infrastructure, Length::Brief).to_markdown();
        assert!(brief.contains("- **Additional server"), "{brief}");
    }
    for preset in [Preset::Simple, Preset::Distributed, Preset::Secured] {
        assert!(!submission(&preset.infrastructure()).contains("dditional server"), "{preset}");
    }
}

/// What a plan alone has is told in words: whoever looks for it in a manual finds nothing.
#[test]
fn no_document_names_a_directive_that_no_program_has() {
    for preset in Preset::ALL {
        let text = submission(&preset.infrastructure());
        assert!(!text.contains("promote_after"), "{preset}");
    }
    let extended = submission(&Preset::Extended.infrastructure());
    assert!(extended.contains("let a watcher, a program such as orchestrator or MHA,"));
}

/// Text, picture and configuration tell the same of the firewall.
#[test]
fn the_firewall_is_told_as_it_stands() {
    let text = |preset: Preset| submission(&preset.infrastructure());
    let own = "Each machine has a firewall of its own.";
    assert_eq!(text(Preset::Secured).matches(own).count(), 2, "{}", text(Preset::Secured));
    for preset in [Preset::Literal, Preset::Brief, Preset::Extended] {
        assert!(!text(preset).contains(own), "{preset}");
    }
    for preset in [Preset::Simple, Preset::Distributed] {
        for claim in ["firewall rule", "no rule lets", "another zone", "nftables"] {
            assert!(!text(preset).contains(claim), "{preset}: {claim}");
        }
    }
    assert!(text(Preset::Brief).contains("its way to the agents needs a firewall rule of its own"));
}

#[test]
fn a_database_is_asked_by_all_workers_and_has_its_own_room() {
    let text = submission(&Preset::Extended.infrastructure());
    assert!(text.contains("room for 151 on db-1 and 151 on db-2: they fit."), "{text}");
    let mut tight = Preset::Extended.infrastructure();
    for service in tight.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Mysql(mysql) = service {
            mysql.max_connections = 5;
        }
    }
    assert!(submission(&tight).contains("they do not fit"));
}

/// What holds of two servers is not said of three, and a design that encrypts again still says where TLS ends.
#[test]
fn more_servers_and_more_encryption_are_told_as_they_are() {
    let mut three = Preset::Distributed.infrastructure();
    Edit::Add(Part::Server).apply(&mut three).unwrap();
    let brief = document(&three, Length::Brief).to_markdown();
    for told in ["and all share the work", "the replicas on server-2 and server-3 copy every"] {
        assert!(brief.contains(told), "{told}: {brief}");
    }
    let text = submission(&three);
    assert!(text.contains("about 33 % of the requests"), "{text}");
    assert!(text.contains("server-2 and server-3 copy what server-1 commits"), "{text}");
    assert!(text.contains("(asynchronous replication) and answer reads"), "{text}");
    let mut again = Preset::Secured.infrastructure();
    "tls:to-servers".parse::<Edit>().unwrap().apply(&mut again).unwrap();
    for length in [Length::Brief, Length::Full] {
        let text = document(&again, length).to_markdown();
        let report = check(Task::Secured, &again, Some(&text));
        assert_eq!(report.of(Verdict::Fail).count(), 0, "{}", report.to_text());
    }
}
