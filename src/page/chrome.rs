//! Header, transport, lecture, save dialog, self-check: what stands around the infrastructure. What a button does is in its
//! `data-do`, and on what in `data-on`.

use crate::lesson::WHAT_IFS;
use crate::run::{Playback, SELF_CHECKS, SPEEDS};
use crate::submission::escape_html;

/// The name under which the diagram is saved; the submission links to it.
pub const DIAGRAM_FILE: &str = "diagram.svg";
/// The name under which the submission is saved, and its template kept beside the app.
pub const SUBMISSION_FILE: &str = "submission.md";
/// The name of the page beside the app that says how true the model is.
pub const MODEL_FILE: &str = "model.html";

/// Title and the ways to what-ifs, the lecture and the files.
pub fn header(domain: &str) -> String {
    format!(
        "<h1>{domain}, scaled up</h1><nav aria-label=\"Parts of the lab\"><a href=\"{MODEL_FILE}\">How true<span> is it</span>?</a>\
         <span class=\"parts needs-script\"><button id=\"to-lab\" data-do=\"go\" data-on=\"#lab\" data-hidden-of=\"in-lab\" hidden=\"\">Back to the lab</button>\
         <button id=\"open-what-if\" data-do=\"go\" data-on=\"#what-if/{first}\">What if\u{2026}</button>\
         <button id=\"open-lecture\" data-do=\"go\" data-on=\"#lecture/1\">Lecture</button>\
         <button id=\"open-save\" data-do=\"open-save\">Save\u{2026}</button></span></nav>",
        domain = escape_html(domain),
        first = WHAT_IFS[0].id,
    )
}

/// Restart, step, play, speed, undo, clock.
pub fn transport() -> String {
    let chosen = Playback::default().speed;
    let speeds: String = SPEEDS
        .iter()
        .enumerate()
        .map(|(index, speed)| {
            let selected = if index == chosen { " selected=\"\"" } else { "" };
            format!("<option value=\"{index}\"{selected}>{}</option>", speed.name)
        })
        .collect();
    format!(
        "<button id=\"restart\" data-do=\"restart\" title=\"Back to the start, with the same users\">Restart</button>\
         <button id=\"step\" data-do=\"step\" title=\"To the next event\" data-disabled-of=\"held\">Step</button>\
         <button id=\"play\" class=\"primary\" data-do=\"play\" data-disabled-of=\"held\" data-text=\"play\">Play</button>\
         <label class=\"speed\"><span class=\"visually-hidden\">Speed</span><select id=\"speed\">{speeds}</select></label>\
         <button id=\"undo\" data-do=\"undo\" data-hidden-of=\"nothing-to-undo\" hidden=\"\">Undo</button>\
         <output id=\"clock\" aria-label=\"Simulated time\" data-text=\"clock\">00:00.000</output>\
         <span class=\"muted\" data-hidden-of=\"keeps-up\" hidden=\"\">This device cannot keep up; time passes more slowly.</span>"
    )
}

/// What the panel says while no machine is chosen.
pub const fn inspector_hint() -> &'static str {
    "<p class=\"hint\"><strong>Choose a machine in the drawing and kill it.</strong> Time starts with what you do first.</p>"
}

/// Something the visitor should know.
pub fn notice(text: &str) -> String {
    format!("<p>{}</p><button data-do=\"close-notice\">Close</button>", escape_html(text))
}

/// The frame of the lecture; its words are bindings.
pub const fn lecture() -> &'static str {
    "<div class=\"caption\" aria-live=\"polite\"><h2 data-text=\"lecture-title\"></h2><p data-text=\"lecture-text\"></p></div>\
     <div class=\"steps\"><button id=\"previous\" data-do=\"previous\" data-disabled-of=\"lecture-is-first\">Previous</button>\
     <span class=\"muted\" id=\"lecture-place\" data-text=\"lecture-place\"></span>\
     <button id=\"next\" class=\"primary\" data-do=\"next\" data-disabled-of=\"lecture-is-last\">Next</button>\
     <button id=\"blank\" data-do=\"blank\">Blank</button><button id=\"full-screen\" data-do=\"full-screen\">Full screen</button>\
     <button id=\"leave\" data-do=\"go\" data-on=\"#lab\">Leave</button></div>\
     <div id=\"blanked\" role=\"status\" data-do=\"blank\" data-hidden-of=\"not-blank\" hidden=\"\">\
     <span class=\"visually-hidden\">The screen is blank. Any key of the remote brings it back.</span></div>"
}

/// The two files to hand in.
pub fn save_dialog() -> String {
    format!(
        "<h2 id=\"save-title\">Save your submission</h2>\
         <p>Two files: keep them side by side, the text shows the picture. The run so far is the evidence in the text.</p>\
         <label class=\"name\">Your name (stays on this device)<input id=\"author\" type=\"text\" autocomplete=\"name\"/></label>\
         <label class=\"choice\"><input id=\"as-it-stands\" type=\"checkbox\"/>Draw the diagram as it stands now, with what is down</label>\
         <div class=\"actions\"><button id=\"save-svg\" class=\"primary\" data-do=\"save-svg\">Save {DIAGRAM_FILE}</button>\
         <button id=\"save-markdown\" class=\"primary\" data-do=\"save-markdown\">Save {SUBMISSION_FILE}</button>\
         <button id=\"open-check\" data-do=\"go\" data-on=\"#check\">Check this browser</button>\
         <button id=\"close-save\" data-do=\"close-save\">Close</button></div>"
    )
}

/// The self-check: the plans, and the digests of all that happened when they ran here.
pub fn check() -> String {
    let rows: String = SELF_CHECKS
        .iter()
        .map(|check| {
            let hash = check.hash().unwrap_or_else(|error| error.to_string());
            format!(
                "<tr><td><code class=\"command\">{}</code></td><td><code class=\"hash\">{}</code></td></tr>",
                escape_html(&check.command()),
                escape_html(&hash)
            )
        })
        .collect();
    format!(
        "<h2 id=\"check-title\">Self-check of this browser</h2>\
         <p>A run is a value: the same plan gives the same hash here and on the command line.</p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"check-title\"><table>\
         <thead><tr><th scope=\"col\">Command</th><th scope=\"col\">Hash of every fact and outcome</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_around_the_infrastructure_is_well_formed() {
        for markup in [
            header("www.foobar.com"),
            transport(),
            notice("<b>"),
            lecture().to_owned(),
            save_dialog(),
            check(),
            inspector_hint().to_owned(),
        ] {
            let document = format!("<root>{markup}</root>");
            assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        }
    }
}
