//! Why something cannot be built otherwise, in words for whoever filled in a form: without the grammar of the command line, and with the name
//! of the field that is wrong.

use super::directives;
use crate::infra::{Edit, EditError};
use crate::sim::Plan;

/// Why this edit of the plan, or this reload of a directive, cannot be made: on the first line the name of the rule form's field that is wrong (empty: it is all of it, or
/// the field that asked), then a sentence or two.
pub fn refusal(plan: &Plan, text: &str) -> String {
    if let Some((found, allowed)) = directives::refused(text) {
        return format!("\nNot changed: {}.", instead(&found, &allowed));
    }
    let is_rule = text.starts_with("rule:");
    let (field, why) = match text.parse::<Edit>().and_then(|edit| plan.clone().edit(edit)) {
        Ok(()) => {
            ("", "only the lab's own run can be rebuilt; go back to the lab first".to_owned())
        }
        Err(EditError::Text { .. }) if is_rule => unread(text),
        Err(EditError::Text { .. }) => ("", "what stands there cannot be read".to_owned()),
        Err(EditError::TooMany { most, .. }) => {
            ("", format!("there are {most} changes already, and room for no more; undo one first"))
        }
        Err(EditError::Refused { found, allowed, .. }) => ("", instead(&found, &allowed)),
        Err(EditError::Needs { needed, cure, .. }) => ("", before(needed, cure.as_deref())),
        Err(EditError::Invalid { invalid, .. }) if is_rule => {
            let allowed = invalid.allowed.replace("`from`", "\u{201c}From\u{201d}");
            (wrong_field(&invalid.field), format!("needed is {}", counted(&allowed)))
        }
        Err(EditError::Invalid { invalid, .. }) => ("", instead(&invalid.found, &invalid.allowed)),
    };
    let begun = if is_rule { "The rule is not put in" } else { "Not changed" };
    format!("{field}\n{begun}: {why}.")
}

/// A rule that is no rule: its ports are none, or a name in it is one that an edit cannot hold.
fn unread(text: &str) -> (&'static str, String) {
    let ports = text.split(':').nth(4).unwrap_or_default();
    let ports = ports.strip_prefix("tcp/").unwrap_or("0");
    if ports.split(',').all(|port| port.trim().parse::<u32>().is_ok()) {
        return ("", "a rule cannot name this zone or machine".to_owned());
    }
    ("ports", "the ports are numbers from 1 to 65535, with commas between them".to_owned())
}

fn instead(found: &str, allowed: &str) -> String {
    let (found, allowed) = (found.replace('`', ""), allowed.replace('`', ""));
    if found.is_empty() {
        return format!("a value is needed, {allowed}");
    }
    format!("{found} is not possible here. Possible: {allowed}")
}

/// What has to be there first, and the change that brings it.
fn before(needed: &str, cure: Option<&str>) -> String {
    let why = format!("it has no effect without {}", needed.replace('`', ""));
    let change = cure.and_then(|cure| cure.parse::<Edit>().ok());
    change.map_or_else(|| why.clone(), |change| format!("{why}. First: {}", change.words()))
}

/// The field of the form behind a path such as `rules[0].to`.
fn wrong_field(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("to") => "to",
        Some("from") => "from",
        Some("protocol") => "ports",
        _ => "",
    }
}

/// `rules[3]` as the list counts them: `rule 4`.
fn counted(text: &str) -> String {
    let parts = text.split_once("rules[").and_then(|(before, rest)| {
        let (index, after) = rest.split_once(']')?;
        Some((before, index.parse::<usize>().ok()?, after))
    });
    let whole = || text.to_owned();
    parts.map_or_else(whole, |(before, index, after)| format!("{before}rule {}{after}", index + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{NewRule, Preset, Protocol};

    /// The field, and words without anything of the grammar of edits.
    #[test]
    fn a_refusal_names_the_field_and_is_plain() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        for (edit, field, words) in [
            ("rule:deny:zone/web:zone/web:tcp/80:1", "to", "another zone than that of"),
            ("rule:deny:zone/web:zone/app:tcp/:1", "ports", "1 to 15 TCP ports"),
            ("rule:deny:zone/web:zone/app:tcp/x:1", "ports", "numbers from 1 to 65535"),
            ("rule:deny:zone/web:zone/app:tcp/80000:1", "ports", "TCP ports 1 to 65535"),
            ("rule:deny:zone/a b:zone/app:tcp/80:1", "", "cannot name this zone"),
            ("rule:allow:any:any:any:1", "", "something to drop"),
            ("mysql.max_connections:db-1=0", "", "0 is not possible here. Possible: 1 to 100000"),
            ("mysql.max_connections:db-1=", "", "a value is needed, 1 to 100000"),
            (
                "haproxy.maxqueue:lb-1=5",
                "",
                "no effect without a maxconn of the servers. First: Set maxconn of lb-1 to 100",
            ),
            ("mysql.lag:db-1=1s", "", "no effect without a primary that it copies"),
            ("server.backup:web-1=on", "", "without a balancer that chooses between it and others"),
            ("network.lan_latency:lb-1=1ms", "", "lb-1 is not possible here. Possible: site"),
            (
                "backend app: default-server inter 0s",
                "",
                "Possible: 1ms to 1h, such as 500ms or 2s",
            ),
            (
                "backend app: default-server fall 101",
                "",
                "101 is not possible here. Possible: 1 to 100 checks",
            ),
            ("retries ", "", "a value is needed, 0 to 100 attempts"),
            ("tea", "", "cannot be read"),
            ("add-app", "", "go back to the lab"),
        ] {
            let said = refusal(&plan, edit);
            let (of, why) = said.split_once('\n').unwrap();
            assert_eq!(of, field, "{edit}: {why}");
            assert!(why.contains(words) && why.ends_with('.'), "{edit}: {why}");
            assert!(!why.contains(['`', '[', '\n']) && !why.contains("rule:"), "{edit}: {why}");
        }
    }

    /// A rule that another one makes needless is told with that one's place in the list and its name.
    #[test]
    fn a_rule_that_is_there_already_is_named_as_the_list_names_it() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let (index, rule) = plan.infrastructure.rules.iter().enumerate().next_back().unwrap();
        let edit = NewRule {
            policy: rule.policy,
            from: rule.from.clone(),
            to: rule.to.clone(),
            ports: match &rule.protocol {
                Protocol::Tcp(ports) => Some(ports.iter().map(|port| u32::from(*port)).collect()),
                Protocol::Any => None,
            },
            place: Some(1),
        };
        let said = refusal(&plan, &Edit::AddRule(edit).to_string());
        let named = format!("rule {}, {}, says the same", index + 1, rule.name);
        assert!(said.contains(&named), "{said}");
    }
}
