//! The firewall's rules as the desk shows them: each with what takes it out, and a form that puts one more in. The values of the form's
//! enabled fields, one after the other, are the text of the edit; the ports are enabled while the protocol has some.

use crate::infra::{Edit, Infrastructure, Rule};
use crate::submission::escape_html;

/// One of the TCP ports 1 to 65535, as the `pattern` of a field.
const PORT: &str =
    "0*(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])";

/// The rules in their order, and a form for one more.
pub fn firewall(infrastructure: &Infrastructure) -> String {
    let rules = &infrastructure.rules;
    let rows: String = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            let button = if rules.len() > 1 { removing(rule) } else { String::new() };
            let said = format!("{}. {}: {}", index + 1, rule.name, words(rule));
            format!("<li><span>{}</span>{button}</li>", escape_html(&said))
        })
        .collect();
    format!(
        "<ul class=\"things\">{rows}<li><span>Then: deny everything (default deny)</span></li></ul>{}",
        form(infrastructure)
    )
}

fn words(rule: &Rule) -> String {
    let state = if rule.disabled { ", out of force" } else { "" };
    format!("{} {} from {} to {}{state}", rule.policy, rule.protocol, rule.from, rule.to)
}

fn removing(rule: &Rule) -> String {
    let name = escape_html(&rule.name);
    let edit = escape_html(&Edit::RemoveRule(rule.name.clone()).to_string());
    format!(
        "<button data-do=\"edit\" data-on=\"{edit}\">Take out<span class=\"visually-hidden\"> {name}</span></button>"
    )
}

fn form(infrastructure: &Infrastructure) -> String {
    let option = |(value, words): &(String, String)| {
        format!("<option value=\"{}\">{}</option>", escape_html(value), escape_html(words))
    };
    let select = |label: &str, name: &str, options: &[(String, String)]| {
        let options: String = options.iter().map(option).collect();
        format!(
            "<label>{label} <select id=\"rule-{name}\" name=\"{name}\" aria-describedby=\"rule-refused\">{options}</select></label>"
        )
    };
    let pair = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let verdicts = [pair("rule:deny:", "deny (drop silently)"), pair("rule:allow:", "allow")];
    let zones = infrastructure.zones.iter();
    let zones =
        zones.map(|zone| pair(&format!("zone/{}:", zone.name), &format!("zone {}", zone.name)));
    let hosts = infrastructure.hosts.iter();
    let hosts = hosts.map(|host| pair(&format!("host/{}:", host.name), &host.name));
    let inside: Vec<_> = zones.chain(hosts).chain([pair("any:", "anywhere")]).collect();
    let from = [vec![pair("internet:", "the internet")], inside.clone()].concat();
    let protocols = [pair("tcp/", "TCP"), pair("any", "anything (no ports)")];
    let places = infrastructure.rules.iter().enumerate();
    let places = places.map(|(index, rule)| {
        pair(&format!(":{}", index + 1), &format!("{}, before {}", index + 1, rule.name))
    });
    let places: Vec<_> = places.chain([pair("", "last")]).collect();
    let ports = "Ports are numbers from 1 to 65535, with commas between them, 15 at most.";
    // The keyboard finds what has an `id` again when the form is made anew.
    format!(
        "<form data-form=\"rule\"><p class=\"muted\" id=\"rule-means\">The first rule that matches decides. {ports}</p><div class=\"rule\">{}{}{}{}\
         <label>Ports <input type=\"text\" id=\"rule-ports\" name=\"ports\" size=\"8\" autocomplete=\"off\" maxlength=\"90\" placeholder=\"80,443\" \
         required=\"\" pattern=\"\\s*{PORT}(?:\\s*,\\s*{PORT}){{0,14}}\\s*\" title=\"{ports}\" aria-describedby=\"rule-means rule-refused\"/></label>{}</div>\
         <p class=\"error\" id=\"rule-refused\" role=\"alert\"></p><button id=\"put-rule\">Put the rule in</button></form>",
        select("What", "policy", &verdicts),
        select("From", "from", &from),
        select("To", "to", &inside),
        select("Protocol", "protocol", &protocols),
        select("Place", "place", &places),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    /// What the first choices of the form say, with a port, is an edit; and each rule but an only one can be taken out.
    #[test]
    fn the_form_writes_an_edit_and_every_rule_has_its_button() {
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            let markup = format!("<root>{}</root>", firewall(&infrastructure));
            let document = roxmltree::Document::parse(&markup).unwrap();
            let form = document.descendants().find(|node| node.has_tag_name("form")).unwrap();
            let (mut text, mut portless) = (String::new(), String::new());
            for field in form.descendants() {
                if field.has_tag_name("input") {
                    text.push_str("8000");
                } else if field.has_tag_name("select") {
                    let values = field.children().filter_map(|option| option.attribute("value"));
                    let values: Vec<&str> = values.collect();
                    text.push_str(values[0]);
                    let is_protocol = field.attribute("name") == Some("protocol");
                    portless.push_str(values[usize::from(is_protocol)]);
                }
            }
            // Without ports their field is disabled.
            let portless: Edit = portless.parse().unwrap();
            assert!(portless.to_string().contains(":any:"), "{preset}: {portless}");
            let edit: Edit = text.parse().unwrap();
            assert_eq!(edit.to_string(), text, "{preset}");
            edit.apply(&mut infrastructure.clone()).unwrap();
            let buttons = document.descendants().filter(|node| node.attribute("data-on").is_some());
            let edits: Vec<Edit> =
                buttons.map(|node| node.attribute("data-on").unwrap().parse().unwrap()).collect();
            let count = infrastructure.rules.len();
            assert_eq!(edits.len(), if count > 1 { count } else { 0 }, "{preset}");
            for edit in edits {
                edit.apply(&mut infrastructure.clone()).unwrap();
            }
        }
    }
}
