//! The directives of a machine's services as the desk shows them: each as a field with its unit, its range, its default and what it means. A
//! field's `data-edit` and its value are the text of the edit; `data-held` is the value that holds already, `data-done` what is said when
//! there is another.

use crate::infra::{Host, Infrastructure, Setting};
use crate::submission::escape_html;

/// The directives of the services on this machine, service by service.
pub fn settings(infrastructure: &Infrastructure, host: &str) -> String {
    let Some(machine) = infrastructure.host(host) else { return String::new() };
    let mut markup = String::new();
    for service in &machine.services {
        let own = Setting::ALL.into_iter().filter(|own| own.service() == service.name());
        let controls: String = own.filter_map(|own| control(own, machine)).collect();
        if !controls.is_empty() {
            markup.push_str(&format!("<h3>{}</h3>{controls}", service.title()));
        }
    }
    if markup.is_empty() {
        let words = "The directives of HAProxy are in the panel \u{201c}Balancers\u{201d}; what else runs here has none that can be set.";
        return format!("<p class=\"muted\">{words}</p>");
    }
    markup
}

fn control(setting: Setting, host: &Host) -> Option<String> {
    let now = setting.at(host)?;
    let meaning = setting.meaning();
    let id = format!("{}-{}", setting.service(), setting.name());
    let edit = format!("{}.{}:{}=", setting.service(), setting.name(), host.name);
    let words = setting.words();
    let held = words.get(now as usize).map_or(String::new(), |word| (*word).to_owned());
    let held = if words.is_empty() { now.to_string() } else { held };
    let said = format!(
        " id=\"{id}\" aria-describedby=\"{id}-means {id}-refused\" data-edit=\"{}\" data-held=\"{}\" data-done=\"{}, {}:\"",
        escape_html(&edit),
        escape_html(&held),
        escape_html(&host.name),
        escape_html(meaning.directive),
    );
    let (least, most) = setting.range();
    let (field, range) = if words.is_empty() {
        let field = format!(
            "<input type=\"number\"{said} required=\"\" min=\"{least}\" max=\"{most}\" value=\"{now}\"/>"
        );
        (field, format!("{least} to {most} {}; ", meaning.unit))
    } else {
        (format!("<select{said}>{}</select>", options(setting, now)), String::new())
    };
    Some(format!(
        "<div class=\"setting\"><label for=\"{id}\"><code>{}</code> <span class=\"muted\">{}</span></label>{field}\
         <p class=\"muted\" id=\"{id}-means\">{} ({range}default {})</p>\
         <p class=\"error\" id=\"{id}-refused\" role=\"alert\"></p></div>",
        escape_html(meaning.directive),
        meaning.unit,
        escape_html(meaning.line),
        escape_html(meaning.default),
    ))
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
            for host in &infrastructure.hosts {
                let markup = format!("<root>{}</root>", settings(&infrastructure, &host.name));
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
