//! What stands below the drawing for whoever wants to go on: the terminal, what can be built, the checker. The desk answers here:
//! `data-ask` names the kind of question, `data-about` what it is about, and `.answer` is where the answer goes.

use super::joined;
use crate::infra::{Edit, Figure, Haproxy, Host, Infrastructure, TlsMode};
use crate::submission::{Task, escape_html};

/// The frame of it, its answers still empty.
pub(super) fn workbench() -> String {
    let tasks: String = Task::ALL
        .iter()
        .map(|task| {
            let selected = if *task == Task::ScaleUp { " selected=\"\"" } else { "" };
            format!(
                "<option value=\"{}\"{selected}>{}. {}</option>",
                task.number(),
                task.number(),
                task.title()
            )
        })
        .collect();
    format!(
        "<h2 id=\"workbench-title\">Try, build and check</h2>\
         <details id=\"terminal\"><summary>Terminal</summary>\
         <p class=\"muted\">A terminal of the operator: <code>help</code> tells what there is. What changes something is done to the run, and can be undone.</p>\
         <pre id=\"terminal-output\" role=\"log\" tabindex=\"0\" aria-label=\"What was typed and answered\"></pre>\
         <form data-form=\"terminal\"><label for=\"terminal-line\">$</label><input id=\"terminal-line\" type=\"text\" aria-label=\"Command\" autocomplete=\"off\" \
         autocapitalize=\"none\" spellcheck=\"false\" list=\"terminal-words\" maxlength=\"500\"/><datalist id=\"terminal-words\"></datalist><button>Run</button></form></details>\
         <details data-ask=\"edits\" id=\"build\"><summary>Build it otherwise</summary>\
         <p class=\"muted\">A site is rebuilt, not morphed: the run begins anew with the same users and all that you did, and comes to where it is.</p>\
         <div class=\"answer actions\"></div></details>\
         <details data-ask=\"firewall\" id=\"firewall\"><summary>Rebuild the firewall: rules put in and taken out for good</summary>\
         <p class=\"muted\">A rule holds from the start: the run begins anew. A link holds it, and undo takes it back. What is out only for a while is in the panel \u{201c}Network\u{201d}.</p>\
         <div class=\"answer\"></div></details>\
         <details data-ask=\"compare\" data-about=\"\" id=\"compare\" data-hidden-of=\"nothing-to-undo\" hidden=\"\">\
         <summary>Compare with the run before your last change</summary><div class=\"answer\"></div></details>\
         <details data-ask=\"charts\" data-about=\"\"><summary>Charts of the last minute</summary><div class=\"answer charts\"></div></details>\
         <details data-ask=\"reading\" id=\"read\"><summary>Read about this infrastructure</summary><div class=\"answer\"></div></details>\
         <details id=\"checker\"><summary>Check it against the exercise</summary>\
         <form data-form=\"check\"><label>Task <select id=\"check-task\">{tasks}</select></label>\
         <label>Your explanations (Markdown or plain text; may stay empty)<textarea id=\"check-text\" rows=\"6\"></textarea></label><button>Check</button></form>\
         <div id=\"check-findings\" role=\"status\"></div></details>"
    )
}

/// Buttons for what can be built now, or taken away.
pub fn edits(infrastructure: &Infrastructure) -> String {
    let edits = Edit::possible(infrastructure);
    let buttons: String = edits
        .iter()
        .map(|edit| {
            format!(
                "<button data-do=\"edit\" data-on=\"{}\">{}</button>",
                escape_html(&edit.to_string()),
                escape_html(&words(edit, infrastructure))
            )
        })
        .collect();
    if buttons.is_empty() { buttons } else { format!("{buttons}{REFUSED}") }
}

/// Where it is said why something cannot be.
const REFUSED: &str = "<p class=\"error\" role=\"alert\"></p>";

/// What an edit changes here. Where TLS ends at the balancers already, to end it there says nothing: what changes is what follows from it.
fn words(edit: &Edit, infrastructure: &Infrastructure) -> String {
    let balancers: Vec<&Haproxy> = infrastructure.balancers().filter_map(Host::haproxy).collect();
    if *edit == Edit::Tls(TlsMode::On) && balancers.iter().all(|own| own.tls_round_trips > 0) {
        let encrypts = balancers.iter().any(|own| own.tls.is_some_and(|tls| tls.to_servers));
        let changed = if encrypts {
            "Plain HTTP from the balancers to the servers"
        } else {
            "Count the work of TLS at the balancers"
        };
        return changed.to_owned();
    }
    edit.words()
}

/// Fields for the sizes of a machine; what its services have is among their directives.
pub fn sizes(infrastructure: &Infrastructure, host: &str) -> String {
    let Some(machine) = infrastructure.host(host) else { return String::new() };
    let field = |figure: Figure| {
        size(infrastructure, machine, figure, &format!("size-{}", figure.name()), "")
    };
    Figure::ALL.map(field).concat()
}

/// The field of one size of a machine, under this `id`, with these words behind its name.
pub(super) fn size(
    infrastructure: &Infrastructure,
    machine: &Host,
    figure: Figure,
    id: &str,
    on: &str,
) -> String {
    let now = figure.at(machine);
    let (least, most) = figure.range();
    let (name, counts) = (figure.name(), figure.counts());
    let edits = Edit::sizes(infrastructure, &machine.name);
    let usual = edits.iter().filter_map(|edit| match edit {
        Edit::Set(of, _, value) if *of == figure => {
            Some(format!("<option value=\"{value}\"></option>"))
        }
        _ => None,
    });
    let usual: String = usual.collect();
    let (line, default) = told(figure);
    let host = escape_html(&machine.name);
    format!(
        "<div class=\"setting\"><label for=\"{id}\"><code>{joints}</code>{on} <span class=\"muted\">{counts}</span></label>\
         <input type=\"number\" id=\"{id}\" aria-describedby=\"{id}-means {id}-refused\" data-edit=\"{name}:{host}=\" data-held=\"{now}\" \
         data-done=\"{host}, {counts}:\" required=\"\" min=\"{least}\" max=\"{most}\" list=\"{id}-usual\" value=\"{now}\"/>\
         <datalist id=\"{id}-usual\">{usual}</datalist>\
         <p class=\"muted\" id=\"{id}-means\">{line} ({least} to {most} {counts}; {default})</p>\
         <p class=\"error\" id=\"{id}-refused\" role=\"alert\"></p></div>",
        on = escape_html(on),
        joints = joined(name),
    )
}

/// What a size means, in one line, and what a machine has of which nothing is said.
fn told(figure: Figure) -> (&'static str, String) {
    let said = |value: u32| format!("default {value}");
    let must = || "no default, each machine has its own".to_owned();
    match figure {
        Figure::Cores => (
            "So many workers compute at the same time; the others wait for a core. Whoever waits for another machine needs none.",
            must(),
        ),
        Figure::MemoryGib => (
            "What its services may hold together. When it is used up, the kernel kills the largest process.",
            must(),
        ),
        Figure::DiskIops => (
            "Writes that its disk makes durable one after the other (fsync): each change of the data waits for one.",
            said(Host::DISK_IOPS),
        ),
        Figure::NetworkMbit => (
            "What its network card sends: a large answer takes its time, and the next waits for it.",
            said(Host::NETWORK_MBIT),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    /// What the buttons say changes: TLS is not offered to be ended where it ends, and nothing that is offered leaves all as it is.
    #[test]
    fn a_button_says_what_changes() {
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            let mut balancers = infrastructure.balancers().filter_map(Host::haproxy);
            let ends = balancers.any(|own| own.tls_round_trips > 0);
            let markup = edits(&infrastructure);
            assert!(!(ends && markup.contains("End TLS at the balancers")), "{preset}: {markup}");
            for edit in Edit::possible(&infrastructure) {
                let mut changed = infrastructure.clone();
                edit.apply(&mut changed).unwrap();
                assert_ne!(changed, infrastructure, "{preset}: {edit}");
            }
        }
        let markup = edits(&Preset::Brief.infrastructure());
        assert!(markup.contains("\"tls:on\">Count the work of TLS"), "{markup}");
        let plain = edits(&Preset::Distributed.infrastructure());
        assert!(plain.contains("\"tls:on\">End TLS at the balancers"), "{plain}");
    }

    /// Every size of every machine says what it means, between what it may be, and what it is, both of which are edits.
    #[test]
    fn a_size_has_its_meaning_its_range_and_its_value() {
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            for host in &infrastructure.hosts {
                let markup = format!("<root>{}</root>", sizes(&infrastructure, &host.name));
                let document = roxmltree::Document::parse(&markup).unwrap();
                let fields = document.descendants().filter(|node| node.has_tag_name("input"));
                for (field, figure) in fields.zip(Figure::ALL) {
                    let of = |name: &str| field.attribute(name).unwrap();
                    let now = figure.at(host).to_string();
                    assert_eq!([of("value"), of("data-held")], [&now, &now], "{}", host.name);
                    // Less memory than the pool of the database cannot be.
                    let least = Some(of("min")).filter(|_| figure != Figure::MemoryGib);
                    for value in [of("max"), of("value")].into_iter().chain(least) {
                        let edit: Edit = format!("{}{value}", of("data-edit")).parse().unwrap();
                        edit.apply(&mut infrastructure.clone()).unwrap();
                    }
                    let means = format!("({} to {} {}; ", of("min"), of("max"), figure.counts());
                    assert!(markup.contains(&means), "{means}: {markup}");
                }
                assert_eq!(markup.matches("<input").count(), Figure::ALL.len());
            }
        }
    }

    #[test]
    fn it_is_well_formed() {
        let mut markups = vec![workbench()];
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            // The simple site has one machine of each kind, and nobody to spread over more.
            let is_simple = preset == Preset::Simple;
            assert_eq!(edits(&infrastructure).is_empty(), is_simple, "{preset}");
            markups.push(edits(&infrastructure));
            for host in &infrastructure.hosts {
                assert!(sizes(&infrastructure, &host.name).contains("cores"));
                markups.push(sizes(&infrastructure, &host.name));
            }
        }
        for markup in markups {
            let document = format!("<root>{markup}</root>");
            assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        }
    }
}
