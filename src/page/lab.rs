//! The page before the app arrives, made at build time: the app takes it over as it stands and keeps it current.

use super::{
    Controls, EXPLANATIONS_FILE, MODEL_FILE, bindings, header, inspector_hint, lecture, readings,
    save_dialog, settings_dialog, share_dialog, timeline_frame, transport,
};
use crate::diagram::{Group, Layout, Orientation, Scene, compose, stage_group};
use crate::infra::Infrastructure;
use crate::run::Run;
use crate::sim::{History, Plan};
use crate::submission::escape_html;

/// Where the static lab goes in `index.html`.
pub const LAB_MARKER: &str = "<!-- static:lab -->";

/// What moves in the drawing, and what its lines say: the shapes are those of `style/app.css`.
const SIGNS: &str = "<ul id=\"signs\" class=\"key needs-script\" aria-label=\"Signs in the drawing\"><li class=\"sign-request\">request</li>\
     <li class=\"sign-answer\">answer</li><li class=\"sign-lost\">nobody answers</li><li class=\"mark-down\">lost, or an error</li>\
     <li class=\"sign-wide\">wider: busier</li><li class=\"sign-failing\">errors</li><li class=\"sign-out\">no requests</li><li class=\"upright\">SPOF: single point of failure</li>\
     <li>slowed for the eye</li></ul>";

/// On a phone one of the sections below is shown at a time: the style hides the others.
const TABS: &str = "<section id=\"tabs\" class=\"needs-script\" aria-label=\"Shown below\">\
     <label><input id=\"to-balancing\" type=\"radio\" name=\"tab\" checked=\"\"/>Balancers</label><label><input id=\"to-network\" type=\"radio\" name=\"tab\"/>Network</label>\
     <label><input id=\"to-workbench\" type=\"radio\" name=\"tab\"/>Build, check</label><label><input id=\"to-text\" type=\"radio\" name=\"tab\"/>As text</label></section>";

/// Everything that stands on the page. The controls of balancers and network can do nothing before the app is there,
/// which puts them in, and with them the text.
fn with_drawing(infrastructure: &Infrastructure, drawing: &str) -> String {
    format!(
        "<header id=\"head\">{header}</header><div id=\"notice\" role=\"status\"></div>\
         <section id=\"lecture\" tabindex=\"-1\" aria-label=\"Lecture\">{lecture}</section>\
         <main data-state-of=\"begun\"><section id=\"stage\" aria-label=\"The infrastructure\">{drawing}<canvas aria-hidden=\"true\"></canvas>\
         <div class=\"host-buttons\" role=\"group\" aria-label=\"Machines: arrows lead from one to another; choose one to kill, slow or restore it\"></div></section>{SIGNS}\
         <div id=\"transport\" class=\"needs-script\" role=\"group\" aria-label=\"Time\">{transport}</div>{timeline}\
         <aside id=\"panel\" aria-label=\"Readings and actions\">\
         <section id=\"readings\" class=\"needs-script\" aria-label=\"Readings over the last 5 seconds\">{readings}</section>\
         <section id=\"inspector\" class=\"needs-script\" aria-label=\"What you can do\">{hint}</section>\
         <section id=\"event-log\" class=\"needs-script\" aria-labelledby=\"event-log-title\">\
         <div class=\"title\"><h2 id=\"event-log-title\">What happened</h2><select id=\"log-pick\" aria-label=\"Which of it\"><option value=\"\">All events</option>\
         <option value=\"machine\">Of the chosen machine</option><option value=\"failures\">Failures</option><option value=\"deeds\">What you did</option></select>\
         <button id=\"copy-log\" data-do=\"copy-log\">Copy as text</button>\
         <form data-form=\"request\" data-hidden-of=\"not-begun\" hidden=\"\"><label>Why request <input id=\"request\" type=\"number\" min=\"1\" required=\"\"/></label><button>Why?</button></form></div>\
         <p class=\"muted empty\">Nothing yet. All is well.</p><ol class=\"log\" tabindex=\"0\" aria-labelledby=\"event-log-title\"></ol>\
         <div id=\"log-picked\" hidden=\"\"><ol class=\"log answer\" tabindex=\"0\" aria-labelledby=\"event-log-title\"></ol></div>\
         <label id=\"log-more\" class=\"choice\"><input id=\"log-all\" type=\"checkbox\"/>Show all</label></section>\
         </aside></main><section id=\"check\" aria-label=\"Self-check\"></section>{TABS}\
         <section id=\"balancing\" class=\"needs-script\" aria-labelledby=\"balancing-title\"><h2 id=\"balancing-title\">Balancers</h2></section>\
         <section id=\"network\" class=\"needs-script\" aria-label=\"Network\"></section>\
         <section id=\"workbench\" class=\"needs-script\" aria-labelledby=\"workbench-title\">{workbench}</section>\
         <section id=\"text-view\" aria-label=\"The infrastructure as text\">{text_view}</section>\
         <dialog id=\"save\" aria-labelledby=\"save-title\">{save}</dialog><dialog id=\"share\" aria-labelledby=\"share-title\">{share}</dialog>\
         <dialog id=\"settings\" aria-labelledby=\"settings-title\">{settings}</dialog>\
         <dialog id=\"steps\" aria-labelledby=\"steps-title\"><div class=\"title\"><h2 id=\"steps-title\">Steps of the lecture</h2><button data-do=\"close-dialog\" data-on=\"#steps\">Close</button></div>\
         <div data-tells=\"steps\"><div class=\"answer\"></div></div></dialog>\
         <p id=\"announcer\" class=\"visually-hidden\" role=\"status\"></p>\
         <p id=\"app-failure\" role=\"alert\" hidden=\"\">The live lab stopped because of an error in it. Reload the page to start \
         again; your saved files are not touched.</p>",
        header = header(&infrastructure.domain),
        lecture = lecture(),
        save = save_dialog(),
        share = share_dialog(),
        settings = settings_dialog(),
        transport = transport(),
        readings = readings(),
        hint = inspector_hint(),
        text_view = further(),
        timeline = timeline_frame(),
        workbench = super::workbench::workbench(),
    )
}

/// The lab as it looks before it lives: every button idle, and hidden where there is no scripting.
pub fn lab(infrastructure: &Infrastructure) -> String {
    let drawings = [(Orientation::Landscape, "landscape"), (Orientation::Portrait, "portrait")];
    let drawings =
        drawings.map(|(orientation, class)| drawing(infrastructure, orientation, class)).concat();
    let idle = with_drawing(infrastructure, &drawings)
        .replace("<button ", "<button disabled=\"\" ")
        .replace("<select ", "<select disabled=\"\" ")
        .replace("<input ", "<input disabled=\"\" ");
    at_rest(infrastructure, format!("<div id=\"lab\" data-state-of=\"mode\">{idle}</div>"))
}

/// Fills every binding with its value at the start, as the app will.
fn at_rest(infrastructure: &Infrastructure, markup: String) -> String {
    let Ok(run) = Run::new(Plan::new(infrastructure.clone(), 1), History::Off) else {
        return markup;
    };
    let controls = Controls { in_lab: true, ..Controls::default() };
    let values = bindings(&run, &run.simulation().snapshot(), &run.readings(), &controls);
    values.into_iter().fold(markup, |markup, binding| {
        let (key, value) = (escape_html(&binding.key), escape_html(&binding.value));
        let markup = markup.replace(
            &format!(" data-state-of=\"{key}\""),
            &format!(" data-state-of=\"{key}\" data-state=\"{value}\""),
        );
        fill(&markup, &key, &value)
    })
}

/// Puts the text into every element that names the key.
fn fill(markup: &str, key: &str, value: &str) -> String {
    let named = format!(" data-text=\"{key}\"");
    let mut pieces = markup.split(&named);
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        filled.push_str(&named);
        let (rest_of_tag, content) = piece.split_once('>').unwrap_or((piece, ""));
        let after = content.find('<').unwrap_or(content.len());
        filled.push_str(&format!("{rest_of_tag}>{value}{}", &content[after..]));
    }
    filled
}

/// What there is to read without the app, on pages of their own. It is in the place of the infrastructure as text, which the app puts in.
fn further() -> String {
    format!(
        "<h2>The same as text</h2><p class=\"beyond\"><a href=\"{EXPLANATIONS_FILE}\">Read the explanations</a>\
         <a href=\"{MODEL_FILE}\">How true is it?</a></p>"
    )
}

fn drawing(infrastructure: &Infrastructure, orientation: Orientation, class: &str) -> String {
    let layout = Layout::new(infrastructure, orientation);
    let Scene { title, description, groups, .. } = compose(infrastructure, None, &layout, &[]);
    // The app draws it anew at its start; until then the whole has a description, and no part one of its own.
    let shown = groups.into_iter().filter(|group| is_on_stage(&group.key));
    let untitled = shown.map(|group| Group { title: None, ..group });
    let groups: String = untitled.map(|group| format!("<g>{}</g>", stage_group(&group))).collect();
    format!(
        "<svg class=\"stage {class}\" viewBox=\"{}\" role=\"img\" aria-label=\"{}\">{groups}</svg>",
        view_box(&layout),
        escape_html(&format!("{title}. {description}")),
    )
}

/// Whether a group is shown on the page: title and legend are for the file, the page says them in its own words.
pub fn is_on_stage(key: &str) -> bool {
    !matches!(key, "caption" | "legend")
}

/// The part of the drawing that the page shows.
pub fn view_box(layout: &Layout) -> String {
    let stage = layout.stage;
    let written = |value: f64| crate::kernel::small::decimal(value, 2);
    [stage.x, stage.y, stage.width, stage.height].map(written).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    #[test]
    fn the_static_lab_is_well_formed_at_rest_and_draws_every_host() {
        let infrastructure = Preset::Brief.infrastructure();
        let html = lab(&infrastructure);
        let document = roxmltree::Document::parse(&html).unwrap();
        let drawings = document.descendants().filter(|node| node.has_tag_name("svg"));
        for drawing in drawings.filter(|node| node.attribute("role") == Some("img")) {
            let written: Vec<&str> = drawing.descendants().filter_map(|node| node.text()).collect();
            for host in &infrastructure.hosts {
                assert!(written.iter().any(|text| text.contains(&host.name)), "{}", host.name);
            }
        }
        let begun = document.descendants().find(|node| node.has_tag_name("main")).unwrap();
        assert_eq!(begun.attribute("data-state"), Some("no"));
        let totals =
            document.descendants().find(|node| node.attribute("data-text") == Some("totals"));
        assert!(totals.unwrap().text().is_some_and(|text| !text.is_empty()));
        let forbidden = |name: &str| name == "style" || name.starts_with("on");
        assert!(
            document
                .descendants()
                .all(|node| node.attributes().all(|attribute| !forbidden(attribute.name())))
        );
    }
}
