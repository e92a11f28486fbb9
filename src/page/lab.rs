//! The page before the app arrives: the same drawing and the same words, made at build time by the same code, in the places
//! where the app will put its own.

use super::{bindings, readings, text_view};
use crate::diagram::{Layout, Orientation, Scene, compose, stage_group};
use crate::infra::Infrastructure;
use crate::run::Run;
use crate::sim::{History, Plan};
use crate::submission::{escape_html, html_sections};

/// Where the static lab goes in `index.html`.
pub const LAB_MARKER: &str = "<!-- static:lab -->";
/// Where the explanations go in `index.html`.
pub const READING_MARKER: &str = "<!-- static:reading -->";

/// The lab as it looks before it lives. What needs the app is disabled, and hidden where there is no scripting.
pub fn lab(infrastructure: &Infrastructure) -> String {
    let button =
        |id: &str, text: &str| format!("<button id=\"{id}\" disabled=\"\">{text}</button>");
    let nav: String = [
        ("open-what-if", "What if\u{2026}"),
        ("open-lecture", "Lecture"),
        ("open-save", "Save\u{2026}"),
    ]
    .map(|(id, text)| button(id, text))
    .concat();
    let transport: String = [("restart", "Restart"), ("step", "Step"), ("play", "Play")]
        .map(|(id, text)| button(id, text))
        .concat();
    let static_lab = format!(
        "<div id=\"lab\" data-mode=\"lab\">\
         <header id=\"head\"><h1>{domain}, scaled up</h1><nav class=\"needs-script\">{nav}</nav></header>\
         <main><section id=\"stage\" aria-label=\"The infrastructure\">{landscape}{portrait}</section>\
         <div id=\"transport\" class=\"needs-script\">{transport}</div>\
         <aside id=\"panel\"><section id=\"readings\" class=\"needs-script\">{readings}</section>\
         <section id=\"inspector\"><p class=\"hint\"><strong>{title}.</strong> \
         <span class=\"no-script\">The drawing and the explanations below can be read as they are; the live lab needs JavaScript.</span>\
         </p></section></aside></main>\
         <section id=\"text-view\">{text_view}</section></div>",
        domain = escape_html(&infrastructure.domain),
        title = escape_html(&infrastructure.title),
        landscape = drawing(infrastructure, Orientation::Landscape, "landscape"),
        portrait = drawing(infrastructure, Orientation::Portrait, "portrait"),
        readings = readings(),
        text_view = text_view(infrastructure),
    );
    at_rest(infrastructure, static_lab)
}

/// Fills every binding with its value at the start, as the app will.
fn at_rest(infrastructure: &Infrastructure, markup: String) -> String {
    let Ok(run) = Run::new(Plan::new(infrastructure.clone(), 1), History::Off) else {
        return markup;
    };
    let values = bindings(infrastructure, &run.simulation().snapshot(), &run.readings(), false);
    values.into_iter().fold(markup, |markup, binding| {
        let (key, value) = (escape_html(&binding.key), escape_html(&binding.value));
        let markup = markup.replace(
            &format!(" data-state-of=\"{key}\""),
            &format!(" data-state-of=\"{key}\" data-state=\"{value}\""),
        );
        let disabled = if value == "yes" { " disabled=\"\"" } else { "" };
        let markup = markup.replace(
            &format!(" data-disabled-of=\"{key}\""),
            &format!(" data-disabled-of=\"{key}\"{disabled}"),
        );
        fill(markup, &key, &value)
    })
}

/// Puts the text into every element that names the key.
fn fill(markup: String, key: &str, value: &str) -> String {
    let named = format!(" data-text=\"{key}\"");
    let mut pieces = markup.split(&named);
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        filled.push_str(&named);
        filled.push_str(&piece.replacen('>', &format!(">{value}"), 1));
    }
    filled
}

/// The component explanations.
pub fn reading(infrastructure: &Infrastructure) -> String {
    html_sections(infrastructure)
}

fn drawing(infrastructure: &Infrastructure, orientation: Orientation, class: &str) -> String {
    let layout = Layout::new(infrastructure, orientation);
    let Scene { title, description, groups, .. } = compose(infrastructure, None, &layout, &[]);
    let shown = groups.iter().filter(|group| is_on_stage(&group.key));
    let groups: String = shown.map(|group| format!("<g>{}</g>", stage_group(group))).collect();
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
    fn the_static_lab_is_well_formed_and_names_every_host_with_its_state() {
        let infrastructure = Preset::Brief.infrastructure();
        let html = lab(&infrastructure);
        let document = roxmltree::Document::parse(&html).unwrap();
        for host in &infrastructure.hosts {
            let item = document
                .descendants()
                .find(|node| node.attribute("data-host") == Some(host.name.as_str()));
            let state =
                item.unwrap().descendants().find(|node| node.attribute("data-state") == Some("UP"));
            assert_eq!(state.and_then(|state| state.text()), Some("UP"), "{}", host.name);
        }
        let forbidden = |name: &str| name == "style" || name.starts_with("on");
        assert!(
            document
                .descendants()
                .all(|node| node.attributes().all(|attribute| !forbidden(attribute.name())))
        );
    }
}
