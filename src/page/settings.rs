//! The directives of a machine's services as the desk shows them: each as a field with its unit, its range, its default and what it means. A
//! field's `data-edit` and its value are the text of the edit; `data-held` is the value that holds already, `data-done` what is said when
//! there is another.

use super::{directives, joined};
use crate::infra::{Host, Infrastructure, Service, Setting};
use crate::submission::escape_html;

/// The directives of the services on this machine, service by service, and of the lines that name it elsewhere.
pub fn settings(infrastructure: &Infrastructure, host: &str) -> String {
    let Some(machine) = infrastructure.host(host) else { return String::new() };
    let mut markup = String::new();
    for service in &machine.services {
        markup.push_str(&group(infrastructure, host, service.name(), service.title()));
        match service {
            Service::Haproxy(_) => markup.push_str(&turned_elsewhere()),
            Service::Agent => markup.push_str(&watched(infrastructure, machine)),
            Service::Nginx(_) | Service::App(_) | Service::Mysql(_) | Service::Keepalived(_) => {}
        }
    }
    for (service, title) in LINES {
        let is_named =
            |own: &Setting| own.service() == service && own.at(infrastructure, host).is_some();
        if Setting::ALL.iter().any(is_named) {
            markup.push_str(&group(infrastructure, host, service, title));
        }
    }
    if markup.is_empty() {
        let words = "What runs here has no directive that can be set.";
        return format!("<p class=\"muted\">{words}</p>");
    }
    markup
}

/// The figures of the site that stand on no machine.
pub fn site_settings(infrastructure: &Infrastructure) -> String {
    let of = |(service, title): (&str, &str)| group(infrastructure, SITE, service, title);
    [("network", "Network"), ("monitoring", "Monitoring")].map(of).concat()
}

/// What an edit calls the site where others name a machine.
pub(super) const SITE: &str = "site";

/// Whose lines name a machine, and what such a line is about.
const LINES: [(&str, &str); 2] =
    [("server", "Its line in HAProxy"), ("upstream", "Its line in Nginx")];

/// What can be set of one service, and what cannot as the rest stands.
fn group(infrastructure: &Infrastructure, host: &str, service: &str, title: &str) -> String {
    let (mut controls, mut idle) = (String::new(), String::new());
    for own in Setting::ALL.into_iter().filter(|own| own.service() == service) {
        if let Some(control) = control(own, infrastructure, host) {
            controls.push_str(&control);
        } else if let Some((needed, _)) = own.lacks(infrastructure, host) {
            let directive = escape_html(own.meaning().directive);
            let needed = escape_html(&needed.replace('`', ""));
            idle.push_str(&format!("<li><code>{directive}</code>: needs {needed}</li>"));
        }
    }
    if controls.is_empty() && idle.is_empty() {
        return String::new();
    }
    let idle = if idle.is_empty() {
        idle
    } else {
        let words = "Of no effect as the rest stands:";
        format!("<p class=\"muted\">{words}</p><ul class=\"muted\">{idle}</ul>")
    };
    format!("<h3>{title}</h3>{controls}{idle}")
}

/// What the collector asks an agent for, and what it does with the answers: its settings, under `id`s of their own.
fn watched(infrastructure: &Infrastructure, machine: &Host) -> String {
    let title = Service::Agent.title();
    if infrastructure.monitoring.is_none() {
        return format!(
            "<h3>{title}</h3><p class=\"muted\">No collector asks it for anything.</p>"
        );
    }
    let mut figures = vec!["whether each of its services runs"];
    let mut settings = vec![Setting::ScrapeInterval, Setting::AlertFor];
    for service in &machine.services {
        let (figure, setting) = match service {
            Service::Haproxy(_) => ("how many answers are errors", Some(Setting::AlertErrors)),
            Service::Nginx(_) => ("how many requests come in a second", Some(Setting::AlertRate)),
            Service::App(_) => ("how many requests wait for a worker", Some(Setting::AlertWaiting)),
            Service::Mysql(own) => (
                "how full its disk is and, of a replica, how far it is behind",
                own.replica.as_ref().map(|_| Setting::AlertReplica),
            ),
            Service::Keepalived(_) | Service::Agent => continue,
        };
        figures.push(figure);
        settings.extend(setting);
    }
    let control = |own: &Setting| {
        control_at(*own, infrastructure, SITE, &format!("agent-{}", own.name()), "")
    };
    let controls: String = settings.iter().filter_map(control).collect();
    format!(
        "<h3>{title}</h3><p class=\"muted\">The collector, which stands outside of the site, asks it: {}. What it asks and when it calls something \
         wrong is the same for all machines:</p>{controls}",
        figures.join("; ")
    )
}

fn turned_elsewhere() -> String {
    format!(
        "<p class=\"muted\">These hold from the start, on all balancers alike. The panel \u{201c}Balancers\u{201d} turns the following by a \
         reload while the run goes on, backend by backend:</p><ul class=\"muted\">{}</ul>",
        directives::list()
    )
}

fn control(setting: Setting, infrastructure: &Infrastructure, name: &str) -> Option<String> {
    let id = format!("{}-{}", setting.service(), setting.name());
    control_at(setting, infrastructure, name, &id, "")
}

/// The same for another place of the page: under an `id` that no other control has, with these words behind its name. `name`: the machine, or
/// [`SITE`]; nothing if it has no such setting.
pub(super) fn control_at(
    setting: Setting,
    infrastructure: &Infrastructure,
    name: &str,
    id: &str,
    on: &str,
) -> Option<String> {
    let now = setting.at(infrastructure, name)?;
    let host = infrastructure.host(name);
    let meaning = setting.meaning();
    let edit = format!("{}.{}:{}=", setting.service(), setting.name(), name);
    let words = setting.words();
    let held = words.get(now as usize).map_or(String::new(), |word| (*word).to_owned());
    let held = if words.is_empty() { setting.figure(now) } else { held };
    let of = escape_html(&whose(setting, host));
    let on = escape_html(on);
    let said = format!(
        " id=\"{id}\" aria-describedby=\"{id}-means {id}-refused\" data-edit=\"{}\" data-held=\"{}\" data-done=\"{}, {}{of}:\"",
        escape_html(&edit),
        escape_html(&held),
        escape_html(name),
        escape_html(meaning.directive),
    );
    let (least, most, step) = bounds(setting, host);
    let [least, most] = [least, most].map(|end| setting.figure(end));
    let (field, range) = if words.is_empty() {
        let stepped = if step > 1 { format!(" step=\"{step}\"") } else { String::new() };
        let field = format!(
            "<input type=\"number\"{said} required=\"\" min=\"{least}\" max=\"{most}\"{stepped} value=\"{held}\"/>"
        );
        let steps = match step {
            1 => "",
            1000 => " in whole seconds",
            _ => " in steps of 10 ms",
        };
        (field, format!("{least} to {most} {}{steps}; ", meaning.unit))
    } else {
        (format!("<select{said}>{}</select>", options(setting, now)), String::new())
    };
    Some(format!(
        "<div class=\"setting\"><label for=\"{id}\"><code>{}</code>{of}{on} <span class=\"muted\">{}</span></label>{field}\
         <p class=\"muted\" id=\"{id}-means\">{} ({range}default {})</p>\
         <p class=\"error\" id=\"{id}-refused\" role=\"alert\"></p></div>",
        joined(meaning.directive),
        meaning.unit,
        escape_html(meaning.line),
        escape_html(meaning.default),
    ))
}

/// The least, the most and the steps of a figure on this machine, in its own unit: of keepalived's adverts the version of VRRP decides.
fn bounds(setting: Setting, host: Option<&Host>) -> (u32, u32, u32) {
    let version = host.and_then(Host::keepalived).map_or(2, |own| own.vrrp_version);
    match setting {
        Setting::AdvertInt if version == 3 => (10, 40_950, 10),
        Setting::AdvertInt => (1000, 255_000, 1000),
        _ => {
            let (least, most) = setting.range();
            (least, most, 1)
        }
    }
}

/// Of which address it is the setting, where a machine has one for each.
pub(super) fn whose(setting: Setting, host: Option<&Host>) -> String {
    let place = match setting {
        Setting::Priority => 0,
        Setting::SecondPriority => 1,
        _ => return String::new(),
    };
    let instance = host.and_then(Host::keepalived).and_then(|own| own.instances.get(place));
    instance.map_or_else(String::new, |own| format!(" of {}", own.vip))
}

fn options(setting: Setting, now: u32) -> String {
    let option = |(place, word): (usize, &&str)| {
        let selected = if place == now as usize { " selected=\"\"" } else { "" };
        let word = escape_html(word);
        format!("<option value=\"{word}\"{selected}>{word}</option>")
    };
    let all: String = setting.words().iter().enumerate().map(option).collect();
    // A plan from a file may have what is not offered.
    let is_known = (now as usize) < setting.words().len();
    let other = "<option value=\"\" disabled=\"\" selected=\"\">as the plan says</option>";
    if is_known { all } else { format!("{other}{all}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Edit, Preset};

    /// Every field of every machine says something, and what stands in it is an edit that leaves all as it is.
    #[test]
    fn every_field_names_an_edit_and_what_it_means() {
        let mut count = 0;
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            let of_hosts = infrastructure.hosts.iter();
            let all = of_hosts.map(|host| settings(&infrastructure, &host.name));
            for markup in all.chain([site_settings(&infrastructure)]) {
                let markup = format!("<root>{markup}</root>");
                let document = roxmltree::Document::parse(&markup).unwrap();
                let id = |id: &str| {
                    let mut nodes = document.descendants();
                    nodes.find(|node| node.attribute("id") == Some(id)).unwrap()
                };
                for field in document.descendants() {
                    let Some(begun) = field.attribute("data-edit") else { continue };
                    let chosen = field.children().find(|own| own.attribute("selected").is_some());
                    let value = chosen.unwrap_or(field).attribute("value").unwrap();
                    let edit: Edit = format!("{begun}{value}").parse().unwrap();
                    let mut same = infrastructure.clone();
                    edit.apply(&mut same).unwrap();
                    assert_eq!(same, infrastructure, "{preset}: {edit}");
                    assert_eq!(field.attribute("data-held"), Some(value), "{edit}");
                    let described = field.attribute("aria-describedby").unwrap();
                    let (means, refused) = described.split_once(' ').unwrap();
                    assert_eq!(id(refused).attribute("role"), Some("alert"), "{edit}");
                    let means = id(means);
                    assert!(means.text().unwrap().contains("default "), "{edit}");
                    count += 1;
                }
            }
        }
        assert!(count > 100, "{count}");
    }

    /// A weight may be below 0; of two priorities each names its address.
    #[test]
    fn a_balancer_has_the_directives_of_keepalived() {
        let mut infrastructure = Preset::Brief.infrastructure();
        let weight: Edit = "keepalived.weight:lb-1=-60".parse().unwrap();
        weight.apply(&mut infrastructure).unwrap();
        let markup = settings(&infrastructure, "lb-1");
        assert!(markup.contains("min=\"-253\" max=\"253\" value=\"-60\""), "{markup}");
        assert!(markup.contains("(-253 to 253 points; default 0)"), "{markup}");
        for vip in ["VIP A", "VIP B"] {
            assert!(markup.contains(&format!("<code>priority</code> of {vip} <")), "{vip}");
            assert!(markup.contains(&format!("\"lb-1, priority of {vip}:\"")), "{vip}");
        }
    }

    /// What has no effect is told with what it needs, and is a field once that is there.
    #[test]
    fn what_is_idle_says_what_it_needs() {
        let mut infrastructure = Preset::Brief.infrastructure();
        let said = "<li><code>maxqueue</code>: needs a maxconn of the servers</li>";
        let markup = settings(&infrastructure, "lb-1");
        assert!(markup.contains(said) && !markup.contains("id=\"haproxy-maxqueue\""), "{markup}");
        let limit: Edit = "haproxy.maxconn:lb-1=5".parse().unwrap();
        limit.apply(&mut infrastructure).unwrap();
        let markup = settings(&infrastructure, "lb-1");
        assert!(!markup.contains(said) && markup.contains("id=\"haproxy-maxqueue\""), "{markup}");
    }

    /// A server has what HAProxy says of it; one that is alone has nothing to share. The site has the network.
    #[test]
    fn lines_and_the_site_have_their_fields() {
        let infrastructure = Preset::Brief.infrastructure();
        let markup = settings(&infrastructure, "app-1");
        assert!(markup.contains("data-edit=\"server.backup:app-1=\""), "{markup}");
        assert!(!settings(&infrastructure, "web-1").contains("server.backup"));
        let markup = site_settings(&infrastructure);
        assert!(markup.contains("data-edit=\"network.lan_latency:site=\""), "{markup}");
        assert!(markup.contains("data-edit=\"monitoring.alert_for:site=\""), "{markup}");
        // A machine with an agent has what concerns it.
        let markup = settings(&infrastructure, "app-1");
        for edit in ["scrape_interval", "alert_for", "alert_waiting"] {
            assert!(markup.contains(&format!("data-edit=\"monitoring.{edit}:site=\"")), "{edit}");
        }
        assert!(!markup.contains("alert_errors"), "{markup}");
        assert!(settings(&infrastructure, "lb-1").contains("alert_errors"));
    }

    /// What version 3 writes in hundredths of a second, version 2 writes in whole ones.
    #[test]
    fn how_often_a_master_speaks_is_as_its_version_writes_it() {
        let mut infrastructure = Preset::Brief.infrastructure();
        for (version, limits, said) in [
            ("2", "min=\"1000\" max=\"255000\" step=\"1000\" value=\"1000\"", "whole seconds"),
            ("3", "min=\"10\" max=\"40950\" step=\"10\" value=\"1000\"", "steps of 10 ms"),
        ] {
            for host in ["lb-1", "lb-2"] {
                let edit: Edit =
                    format!("keepalived.vrrp_version:{host}={version}").parse().unwrap();
                edit.apply(&mut infrastructure).unwrap();
            }
            let markup = settings(&infrastructure, "lb-1");
            assert!(markup.contains(limits), "{markup}");
            assert!(markup.contains(said), "{markup}");
        }
    }

    #[test]
    fn every_directive_is_explained_once() {
        for setting in Setting::ALL {
            let meaning = setting.meaning();
            assert!(meaning.line.ends_with('.') && meaning.line.len() < 120, "{setting:?}");
            assert_eq!(meaning.unit.is_empty(), !setting.words().is_empty(), "{setting:?}");
            let same = |other: &&Setting| {
                (other.service(), other.name()) == (setting.service(), setting.name())
            };
            assert_eq!(Setting::ALL.iter().filter(same).count(), 1, "{setting:?}");
        }
    }
}
