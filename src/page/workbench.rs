//! What stands below the drawing for whoever wants to go on: the terminal, what can be built, the checker. The desk answers here:
//! `data-ask` names the kind of question, `data-about` what it is about, and `.answer` is where the answer goes.

use crate::infra::{Edit, Figure, Infrastructure};
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
         <details data-ask=\"firewall\" id=\"firewall\"><summary>Firewall rules</summary>\
         <p class=\"muted\">A rule holds from the start: the run begins anew. A link holds it, and undo takes it back.</p>\
         <div class=\"answer\"></div></details>\
         <details data-ask=\"charts\" data-about=\"\"><summary>Charts of the last minute</summary><div class=\"answer charts\"></div></details>\
         <details data-ask=\"reading\" id=\"read\" hidden=\"\"><summary>Read about this infrastructure</summary><div class=\"answer\"></div></details>\
         <details id=\"checker\"><summary>Check it against the exercise</summary>\
         <form data-form=\"check\"><label>Task <select id=\"check-task\">{tasks}</select></label>\
         <label>Your explanations (Markdown or plain text; may stay empty)<textarea id=\"check-text\" rows=\"6\"></textarea></label><button>Check</button></form>\
         <div id=\"check-findings\" role=\"status\"></div></details>"
    )
}

/// Buttons for what can be built now, or taken away.
pub fn edits(infrastructure: &Infrastructure) -> String {
    let edits = Edit::possible(infrastructure);
    edits
        .iter()
        .map(|edit| {
            format!(
                "<button data-do=\"edit\" data-on=\"{}\">{}</button>",
                escape_html(&edit.to_string()),
                escape_html(&edit.words())
            )
        })
        .collect()
}

/// Choices for the sizes of a machine; what its services have is among their directives.
pub fn sizes(infrastructure: &Infrastructure, host: &str) -> String {
    let Some(machine) = infrastructure.host(host) else { return String::new() };
    let edits = Edit::sizes(infrastructure, host);
    let choice = |figure: &Figure| {
        let now = figure.at(machine);
        let is_its = |edit: &&Edit| matches!(edit, Edit::Set(of, ..) if of == figure);
        let others: String = edits
            .iter()
            .filter(is_its)
            .map(|edit| {
                let text = edit.to_string();
                let value = text.rsplit('=').next().unwrap_or_default();
                format!("<option value=\"{}\">{value}</option>", escape_html(&text))
            })
            .collect();
        format!(
            "<label>{} <select data-edit=\"\"><option value=\"\">{now} now</option>{others}</select></label>",
            figure.counts()
        )
    };
    Figure::ALL.iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

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
