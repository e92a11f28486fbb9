//! The parts of the page that are text. An element that shows something changing names its binding in an attribute:
//! `data-text` (its text), `data-state` filled from `data-state-of`, `aria-label` from `data-label-of`, `disabled` from
//! `data-disabled-of`, `hidden` from `data-hidden-of`, a choice from `data-value-of`. An element with a `title` has its
//! `data-label-of` there, too. A button that acts says what it does: `data-do` and `data-on`; a field what it changes: `data-edit`.

use super::balancers;
use super::chrome::{MODEL_FILE, rate};
use super::deeds::service_deeds;
use crate::diagram::Layout;
use crate::infra::{Host, Infrastructure, Service};
use crate::submission::escape_html;

/// How many times slower "Slow" makes a machine.
pub const SLOW_FACTOR: u32 = 5;

/// The counters.
pub fn readings() -> String {
    let figure = |key: &str, name: &str| {
        format!(
            "<div data-state-of=\"{key}-state\"><dt>{name}</dt><dd id=\"{key}\" data-text=\"{key}\"></dd></div>"
        )
    };
    format!(
        "<dl class=\"figures\">{}{}{}{}</dl><p class=\"totals\" id=\"totals\" data-text=\"totals\"></p>{rate}",
        figure("requests-per-s", "requests/s"),
        figure("errors-per-s", "errors/s"),
        figure("p50", "p50"),
        figure("p95", "p95"),
        rate = rate(),
    )
}

/// The whole infrastructure as text: addresses, and machines with their actions.
pub fn text_view(infrastructure: &Infrastructure) -> String {
    let vips: String = infrastructure
        .vips
        .iter()
        .map(|vip| {
            format!(
                "<li>{name} {address}: <span data-text=\"vip-{name}\"></span></li>",
                name = escape_html(&vip.name),
                address = vip.address
            )
        })
        .collect();
    let hosts: String = infrastructure.hosts.iter().map(host_item).collect();
    format!(
        "<h2>The same as text</h2><p class=\"beyond\"><button class=\"needs-script\" data-do=\"open-settings\">Keys and looks</button><a href=\"{MODEL_FILE}\">How true is it?</a></p><ul class=\"vips\">{vips}</ul><p data-text=\"network-told\"></p><details class=\"needs-script\" data-ask=\"links\"><summary>What goes over the links</summary><div class=\"answer\"></div></details><ul class=\"hosts\">{hosts}</ul>"
    )
}

fn host_item(host: &Host) -> String {
    let title = format!("<h3>{}</h3>", named(host));
    format!("<li data-host=\"{}\">{}</li>", escape_html(&host.name), described(host, &title))
}

/// The panel of a chosen machine: its state, what can be done to it and ordered of it, and what the desk knows of it.
pub fn host_panel(infrastructure: &Infrastructure, host: &Host) -> String {
    let name = escape_html(&host.name);
    let title = format!(
        "<div class=\"title\"><h2>{}</h2><button data-do=\"let-go\">Close</button></div>",
        named(host)
    );
    let asked = |kind: &str, about: &str, summary: &str, class: &str| {
        format!(
            "<details data-ask=\"{kind}\" data-about=\"{about}\"><summary>{summary}</summary><div class=\"answer {class}\"></div></details>"
        )
    };
    let status = |service: &str, command: &str, title: &str| {
        let runs = host.services.iter().any(|known| known.name() == service);
        if runs { asked("status", &format!("{command} {name}"), title, "") } else { String::new() }
    };
    format!(
        "{}{}{}{}{}{}{}{}{}{}",
        described(host, &title),
        balancers::orders(infrastructure, &host.name),
        asked("explained", &name, "What it is for", ""),
        asked("part", &format!("why-{name}"), "Why it stands so", ""),
        asked("charts", &name, "Charts of the last minute", "charts"),
        status("nginx", "nginx_status", "Nginx status"),
        status("mysql", "mysql_status", "MySQL status"),
        asked("sizes", &name, "Its sizes", ""),
        asked("settings", &name, "Its directives", ""),
        asked("around", &name, "Its links, zone and firewall", "actions"),
    )
}

/// The panel of another chosen part of the drawing, or of a request; the desk says what there is to know and to do.
pub fn part_panel(key: &str, label: &str) -> String {
    let name = label.split([',', ':', '\u{b7}']).next().unwrap_or_default().trim();
    let kind = if key.starts_with("zone-") { " zone" } else { "" };
    let name = match (key.strip_prefix("request-"), key.split_once('/')) {
        (Some(own), _) => format!("Request {own}"),
        (_, Some((_, own))) => format!("Rule {own}"),
        _ => format!("{name}{kind}"),
    };
    let (name, key) = (escape_html(&name), escape_html(key));
    format!(
        "<div class=\"title part\"><h2>{name}</h2><button data-do=\"let-go\">Close</button></div>\
         <div data-ask=\"part\" data-about=\"{key}\"><div class=\"answer\"><p class=\"muted\">One moment\u{2026}</p></div></div>\
         <div data-ask=\"traffic\" data-about=\"{key}\"><div class=\"answer charts\"></div></div>"
    )
}

/// The beginning of a part of the live drawing. With a label it is a button, which a key of the drawing leads to.
pub fn part(key: &str, of: &str, label: &str) -> String {
    if label.is_empty() {
        return "<g aria-hidden=\"true\">".to_owned();
    }
    format!(
        "<g role=\"button\" tabindex=\"-1\" data-do=\"choose\" data-on=\"{key}\" data-of=\"{}\" aria-pressed=\"false\" aria-label=\"{}\">",
        escape_html(of),
        escape_html(label)
    )
}

/// The key of the firewall whose shield is drawn in the group of this key.
pub fn firewall_of(key: &str) -> String {
    let of = key.split_once('-').map_or(key, |(_, of)| of);
    format!("firewall-{of}")
}

/// A machine's name and its state.
fn named(host: &Host) -> String {
    format!("{} {}", escape_html(&host.name), state(&host.name))
}

/// A machine under this heading.
fn described(host: &Host, heading: &str) -> String {
    format!(
        "{heading}{about}<div class=\"actions\">{actions}</div>{services}",
        about = about(host),
        actions = actions(&host.name),
        services = services(host),
    )
}

fn state(component: &str) -> String {
    let key = escape_html(component);
    format!("<span class=\"state\" data-text=\"{key}-state\" data-state-of=\"{key}-state\"></span>")
}

fn about(host: &Host) -> String {
    format!(
        "<p class=\"muted\">{title}, {role}, {address}</p><p class=\"reading\" data-text=\"{name}-reading\"></p>",
        title = escape_html(&host.title),
        role = escape_html(&host.role),
        address = host.address,
        name = escape_html(&host.name),
    )
}

fn actions(host: &str) -> String {
    let host = escape_html(host);
    let button = |action: &str, words: &str, after: &str| {
        format!(
            "<button class=\"{action} needs-script\" data-do=\"{action}\" data-on=\"{host}\" data-disabled-of=\"{host}-{action}\">\
             {words} {host}{after}</button>"
        )
    };
    [
        // Side by side: where one of the two can do nothing, the other takes its place (`.restore` in style/app.css).
        button("kill", "Kill", ""),
        button("restore", "Restore", ""),
        button("slow", "Slow", &format!(" \u{d7}{SLOW_FACTOR}")),
    ]
    .concat()
}

fn services(host: &Host) -> String {
    let rows: String = host.services.iter().map(|service| service_item(host, service)).collect();
    format!("<ul class=\"services\">{rows}</ul>")
}

fn service_item(host: &Host, service: &Service) -> String {
    let component = escape_html(&format!("{}/{}", host.name, service.name()));
    format!(
        "<li><span class=\"service\">{title} {state}</span>\
         <button class=\"needs-script\" data-do=\"toggle\" data-on=\"{component}\" data-disabled-of=\"{component}-toggle\">\
         <span data-text=\"{component}-verb\"></span><span class=\"visually-hidden\"> {component}</span></button>{deeds}</li>",
        title = service.title(),
        state = state(&component),
        deeds = service_deeds(host, service),
    )
}

/// A button for every machine, to lie over the drawing. Where each lies is for the caller to set, machine by machine in
/// the order of the layout: styles in markup are forbidden on this page.
pub fn host_buttons(layout: &Layout) -> String {
    // One stop for Tab; arrows lead on from there.
    let buttons = layout.hosts.iter().enumerate().map(|(index, host)| {
        let name = escape_html(&host.name);
        let stop = if index == 0 { 0 } else { -1 };
        format!(
            "<button class=\"host needs-script\" tabindex=\"{stop}\" data-do=\"choose\" data-on=\"{name}\" data-host=\"{name}\" \
             data-label-of=\"{name}-label\" data-state-of=\"{name}-state\" aria-pressed=\"false\"></button>"
        )
    });
    buttons.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    /// What is chosen is named: a part as its label begins, a request by its number.
    #[test]
    fn a_panel_is_headed_by_what_it_is_of() {
        for (key, label, name) in [
            ("zone-db", "Database, VLAN 40", "Database zone"),
            ("link-lb-1-app-1", "Link lb-1 to app-1, HTTP 8000", "Link lb-1 to app-1"),
            ("firewall-db/app-to-db", "Firewall of the Database zone", "Rule app-to-db"),
            ("request-386", "", "Request 386"),
            ("request-<b>", "", "Request &lt;b&gt;"),
        ] {
            let markup = part_panel(key, label);
            assert!(markup.contains(&format!("<h2>{name}</h2>")), "{markup}");
        }
    }

    #[test]
    fn every_machine_can_be_asked_why_it_stands_so() {
        let infrastructure = Preset::Brief.infrastructure();
        for host in &infrastructure.hosts {
            let asked = format!("data-ask=\"part\" data-about=\"why-{}\"", host.name);
            assert!(host_panel(&infrastructure, host).contains(&asked), "{}", host.name);
        }
    }
}
