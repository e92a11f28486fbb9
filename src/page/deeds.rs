//! What can go wrong beyond dying, as choices: each choice is an action in words, and is done when it is chosen.

use crate::infra::{Host, Infrastructure, Purpose, Service};
use crate::kernel::small;
use crate::run::Run;
use crate::sim::{Action, Snapshot, link_words};
use crate::submission::escape_html;

use super::bindings::Bindings;

/// A choice: its words, and the action that it is, as text.
type Choice = (&'static str, String);

fn select(key: Option<&str>, idle: &str, label: &str, choices: &[Choice]) -> String {
    let options: String = choices
        .iter()
        .map(|(words, deed)| format!("<option value=\"{}\">{words}</option>", escape_html(deed)))
        .collect();
    let bound = key.map_or(String::new(), |key| format!(" data-value-of=\"{}\"", escape_html(key)));
    format!(
        "<select class=\"needs-script\" data-deed=\"\"{bound} data-disabled-of=\"{}\" aria-label=\"{}\">{options}</select>",
        escape_html(idle),
        escape_html(label)
    )
}

/// What can go wrong with a service that goes on running.
pub(super) fn service_deeds(host: &Host, service: &Service) -> String {
    let component = format!("{}/{}", host.name, service.name());
    let gray = |words, what: &str| (words, format!("degrade {component}:{what}"));
    let mut choices: Vec<Choice> = vec![("Goes wrong\u{2026}", String::new())];
    match service {
        Service::Nginx(_) => {
            choices.push(gray("hangs", "hang"));
            choices.push(gray("fails half of its requests", "errors=0.5"));
            choices.push(gray("flaps: 3 s up, 2 s down", "flap=3s/2s"));
        }
        Service::App(_) => {
            choices.push(gray("hangs", "hang"));
            choices.push(gray("fails half of its requests", "errors=0.5"));
            choices.push(gray("leaks 64 MiB a request", "leak=64"));
            choices.push(gray("flaps: 3 s up, 2 s down", "flap=3s/2s"));
        }
        Service::Mysql(mysql) => {
            choices.push(gray("hangs", "hang"));
            choices.push(gray("has a lock that writes wait for", "lock"));
            choices.push(gray("has a full disk", "disk-full"));
            choices.push(gray("has a disk 20 times slower", "slow-disk=20"));
            if mysql.replica.is_some() {
                choices.push(("is promoted to primary", format!("promote {}", host.name)));
            }
        }
        Service::Haproxy(_) | Service::Keepalived(_) => {
            choices.push(gray("flaps: 3 s up, 2 s down", "flap=3s/2s"));
        }
        Service::Agent => return String::new(),
    }
    choices.push(("is stopped in order (SIGTERM)", format!("stop {component}")));
    let idle = format!("{component}-idle");
    select(None, &idle, &format!("What goes wrong with {component}"), &choices)
}

/// One thing of the network, with its key, its words and its choices; the first choice is how it is at the start.
struct Thing {
    key: String,
    name: String,
    choices: Vec<Choice>,
}

fn things(infrastructure: &Infrastructure) -> [(&'static str, Vec<Thing>); 3] {
    let mut links = Vec::new();
    for link in infrastructure.links() {
        let (from, to) = (link.from.name(), link.to.name());
        if link.purpose == Purpose::Vrrp {
            links.push(Thing {
                key: "net-heartbeat".to_owned(),
                name: format!("{from} \u{2194} {to}, VRRP adverts only"),
                choices: vec![
                    ("whole", "heal heartbeat".to_owned()),
                    ("cut", "cut heartbeat".to_owned()),
                ],
            });
            continue;
        }
        let both = |state: &str| format!("link {from}:{to}:{state}");
        links.push(Thing {
            key: format!("net-{from}-{to}"),
            name: format!("{from} \u{2192} {to}, {}", link.protocol),
            choices: vec![
                ("whole", both("whole")),
                ("cut", both("cut")),
                ("cut one way", format!("link {from}>{to}:cut")),
                ("loses 20 %", both("loss=0.2")),
                ("100 ms slower", both("delay=100ms")),
                ("slow, shaky and lossy", both("loss=0.1,delay=50ms,jitter=50ms")),
            ],
        });
    }
    small::sort_by_key(&mut links, |link| link.key.clone());
    links.dedup_by(|one, other| one.key == other.key);
    let uplinks = infrastructure.uplinks.iter().map(|uplink| Thing {
        key: format!("net-{}", uplink.name),
        name: format!("{}, {}", uplink.name, uplink.role),
        choices: vec![
            ("works", format!("heal uplink {}", uplink.name)),
            ("broken", format!("cut uplink {}", uplink.name)),
        ],
    });
    let rules = infrastructure.rules.iter().map(|rule| Thing {
        key: format!("net-rule-{}", rule.name),
        name: rule.name.clone(),
        choices: vec![
            ("in place", format!("restore rule {}", rule.name)),
            ("taken out", format!("drop rule {}", rule.name)),
        ],
    });
    let for_a_while = "Firewall rules, out for a while";
    [("Links", links), ("Uplinks", uplinks.collect()), (for_a_while, rules.collect())]
}

/// What can be done to one thing of the network: words, and the action as text; the first is how it is at the start. `key`: `net-lb-1-app-1`,
/// `net-heartbeat`, `net-` and an uplink's name, `net-rule-` and a rule's. Nothing for what is not there.
pub fn choices(infrastructure: &Infrastructure, key: &str) -> Vec<(&'static str, String)> {
    let mut all = things(infrastructure).into_iter().flat_map(|(_, things)| things);
    all.find(|thing| thing.key == key).map(|thing| thing.choices).unwrap_or_default()
}

/// Links, uplinks and firewall rules, each with what can be done to it.
pub fn network(infrastructure: &Infrastructure) -> String {
    let group = |(title, things): &(&str, Vec<Thing>)| {
        if things.is_empty() {
            return String::new();
        }
        let rows: String = things
            .iter()
            .map(|thing| {
                let select = select(Some(&thing.key), "may-not-act", &thing.name, &thing.choices);
                format!("<li><span>{}</span>{select}</li>", escape_html(&thing.name))
            })
            .collect();
        format!("<div><h3>{title}</h3><ul class=\"things\">{rows}</ul></div>")
    };
    let groups: String = things(infrastructure).iter().map(group).collect();
    format!(
        "<h2 id=\"network-title\">Network</h2><details data-ask=\"partition\"><summary>Partition: cut a zone off from the others</summary>\
         <div class=\"answer\"></div></details><div class=\"groups\">{groups}</div>"
    )
}

/// How each thing of the network is: what was last done to it; and in words, what is wrong.
pub(super) fn bind_network(all: &mut Bindings, run: &Run, snapshot: &Snapshot) {
    all.set("network-told", network_told(run, snapshot));
    for thing in things(&run.plan().infrastructure).into_iter().flat_map(|(_, things)| things) {
        let is_one = |deed: &String| thing.choices.iter().any(|(_, choice)| choice == deed);
        let done = run.actions().iter().rev().map(|timed| timed.action.to_string()).find(is_one);
        let held = done.or_else(|| thing.choices.first().map(|(_, deed)| deed.clone()));
        all.set(&thing.key, held.unwrap_or_default());
    }
}

/// What is wrong with the network, in words.
fn network_told(run: &Run, snapshot: &Snapshot) -> String {
    let outages = &snapshot.outages;
    let mut said = Vec::new();
    for link in &outages.links {
        let [between, and] = if link.one_way { ["", "to"] } else { ["between ", "and"] };
        let words = link_words(link.state);
        said.push(format!("link {between}{} {and} {} {words}", link.from, link.to));
    }
    if outages.heartbeat_is_cut {
        said.push("heartbeat is cut".to_owned());
    }
    said.extend(outages.uplinks.iter().map(|uplink| format!("{uplink} is broken")));
    let rules = run.simulation().plan().infrastructure.rules.iter().filter(|rule| rule.disabled);
    said.extend(rules.map(|rule| format!("rule {} is out", rule.name)));
    if said.is_empty() {
        "Network: whole".to_owned()
    } else {
        format!("Network: {}", said.join("; "))
    }
}

/// The action that a choice is; `None` for one that only names the control.
pub fn deed(text: &str) -> Option<Action> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::sim::{History, Plan};

    /// Every choice of every preset is an action that the preset can take.
    #[test]
    fn every_choice_can_be_done() {
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            let mut markup = network(&infrastructure);
            for host in &infrastructure.hosts {
                for service in &host.services {
                    markup.push_str(&service_deeds(host, service));
                }
            }
            let document = format!("<root>{markup}</root>");
            let document = roxmltree::Document::parse(&document).unwrap();
            let options = document.descendants().filter(|node| node.has_tag_name("option"));
            let values = options.filter_map(|node| node.attribute("value"));
            let mut count = 0;
            for value in values.filter(|value| !value.is_empty()) {
                let mut run = Run::new(Plan::new(infrastructure.clone(), 1), History::Off).unwrap();
                let action = deed(value).unwrap_or_else(|| panic!("{value}"));
                run.act(action).unwrap_or_else(|error| panic!("{value}: {error}"));
                count += 1;
            }
            assert!(count > 10, "{}: {count}", preset.name());
        }
    }
}
