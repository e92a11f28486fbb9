//! Header, transport, lecture, dialogs, self-check: what stands around the infrastructure. What a button does is in its
//! `data-do`, and on what in `data-on`.

use crate::infra::Preset;
use crate::lesson::{LECTURE, LectureStep, WHAT_IFS};
use crate::run::{Playback, SELF_CHECKS, SPEEDS, SelfCheck};
use crate::sim::Action;
use crate::submission::escape_html;

/// The name under which the diagram is saved; the submission links to it.
pub const DIAGRAM_FILE: &str = "diagram.svg";
/// The name under which the submission is saved.
pub const SUBMISSION_FILE: &str = "submission.md";
/// The name of the page beside the app that says how true the model is.
pub const MODEL_FILE: &str = "model.html";
/// The name of the page beside the app that explains what stands there when it opens.
pub const EXPLANATIONS_FILE: &str = "explanations.html";

/// The name of the file beside the app that holds what the native program came to in the self-check.
pub const SELF_CHECK_FILE: &str = "self-check.txt";

/// Title, the infrastructure on the stage, and the ways to what-ifs, the lecture and the files.
pub fn header(domain: &str) -> String {
    let presets: String = Preset::ALL
        .iter()
        .map(|preset| {
            let selected = if *preset == Preset::Brief { " selected=\"\"" } else { "" };
            let name = preset.name();
            format!(
                "<option value=\"{name}\"{selected} data-text=\"preset-{name}\">{}</option>",
                preset_words(*preset)
            )
        })
        .collect();
    format!(
        "<h1>{domain}<label class=\"preset needs-script\"><span class=\"visually-hidden\">Infrastructure</span>\
         <select id=\"preset\" data-disabled-of=\"may-not-act\">{presets}</select></label></h1>\
         <nav aria-label=\"Parts of the lab\"><span class=\"parts needs-script\"><button id=\"to-lab\" data-do=\"go\" data-on=\"#lab\" data-hidden-of=\"in-lab\" hidden=\"\">Back to the lab</button>\
         <button id=\"open-what-if\" data-do=\"go\" data-on=\"#what-if/{first}\">What if\u{2026}</button>\
         <button id=\"open-lecture\" data-do=\"go\" data-on=\"#lecture/1\">Lecture</button>\
         <button id=\"open-share\" data-do=\"open-share\">Share\u{2026}</button>\
         <button id=\"open-save\" data-do=\"open-save\">Save\u{2026}</button>\
         <button id=\"open-settings\" data-do=\"open-settings\" aria-label=\"Keys and looks\" title=\"Keys and looks (?)\">?</button></span></nav>",
        domain = escape_html(domain),
        first = WHAT_IFS[0].id,
    )
}

/// A preset in the exercise's words.
pub(super) const fn preset_words(preset: Preset) -> &'static str {
    match preset {
        Preset::Simple => "0. Simple web stack",
        Preset::Distributed => "1. Distributed",
        Preset::Secured => "2. Secured and monitored",
        Preset::Literal => "3. Scale up, to the letter",
        Preset::Brief => "3. Scale up, active-active",
        Preset::Extended => "3. Scale up, extended",
    }
}

/// A preset's title: the exercise's words without the task's number.
pub fn preset_title(preset: Preset) -> &'static str {
    let words = preset_words(preset);
    words.split_once(". ").map_or(words, |(_, title)| title)
}

/// Requests per second that may be chosen.
pub const RATES: [u32; 8] = [2, 5, 20, 50, 100, 200, 400, 500];

/// The choice of how many requests users send.
pub(super) fn rate() -> String {
    let rates: String = RATES
        .iter()
        .map(|rate| {
            let selected = if *rate == 20 { " selected=\"\"" } else { "" };
            format!("<option value=\"{rate}\"{selected}>{rate} requests/s</option>")
        })
        .collect();
    format!(
        "<label class=\"rate\">Users send <select id=\"rate\" data-unit=\" requests/s\" data-value-of=\"rate\" data-disabled-of=\"may-not-act\">{rates}</select></label>"
    )
}

/// Restart, back, play, step, speed, undo, redo, clock, below it how far within its millisecond the time stands, and which event a step has made
/// happen.
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
         <button id=\"step-back\" data-do=\"step-back\" data-disabled-of=\"held\" title=\"Before the last event ([ or ,)\">Back</button>\
         <button id=\"play\" class=\"primary\" data-do=\"play\" data-disabled-of=\"held\" data-text=\"play\">Play</button>\
         <button id=\"step\" data-do=\"step\" title=\"To the next event (] or .)\" data-disabled-of=\"held\">Step</button>\
         <label class=\"speed\"><span class=\"visually-hidden\">Speed</span><select id=\"speed\">{speeds}</select></label>\
         <span class=\"edits\"><button id=\"undo\" data-do=\"undo\" data-hidden-of=\"nothing-to-undo\" hidden=\"\" data-label-of=\"undo\" title=\"\">Undo</button>\
         <button id=\"redo\" data-do=\"redo\" data-hidden-of=\"nothing-to-redo\" hidden=\"\" data-label-of=\"redo\" title=\"\">Redo</button>\
         <span class=\"muted\" id=\"drawn\" data-text=\"drawn\" title=\"Single requests are too quick to be drawn at this speed: the links tell their rates\"></span>\
         <output id=\"clock\" aria-live=\"off\" aria-label=\"Simulated time\" data-text=\"clock\">00:00.000</output></span>\
         <span class=\"muted\" id=\"within\" data-text=\"within\"></span><span id=\"event\" role=\"status\"></span>\
         <span class=\"muted\" data-hidden-of=\"keeps-up\" hidden=\"\">This device cannot keep up; time passes more slowly.</span>"
    )
}

/// The link that holds the run, and the file that does.
pub const fn share_dialog() -> &'static str {
    "<div class=\"title\"><h2 id=\"share-title\">Share this run</h2><button id=\"close-share\" data-do=\"close-dialog\" data-on=\"#share\">Close</button></div>\
     <p>The link holds everything: infrastructure, seed, what you did and when, the instant, what is chosen, the speed. Who opens it sees the same run, to the bit. \
     On your own device it is kept by itself. Nothing is sent anywhere.</p>\
     <label class=\"name\">Link<input id=\"run-link\" type=\"text\" readonly=\"\" autofocus=\"\"/></label>\
     <div class=\"actions\"><button id=\"copy-link\" class=\"primary\" data-do=\"copy-link\">Copy link</button>\
     <button id=\"save-run\" data-do=\"save-run\">Save as a file</button></div>\
     <details id=\"states\" data-ask=\"states\"><summary>Open a prepared state</summary><div class=\"answer\"></div></details>\
     <label class=\"name\">Open a file that was saved here<input id=\"open-run\" type=\"file\" accept=\".txt,.svg,text/plain,image/svg+xml\"/></label>\
     <p id=\"share-said\" role=\"status\"></p>"
}

/// What the panel says while no machine is chosen, and what else one may begin with. It stands in the static page alone: the app takes it
/// from there.
pub const fn inspector_hint() -> &'static str {
    "<p class=\"hint\" data-hidden-of=\"begun\"><strong>Choose a machine in the drawing and kill it.</strong> Time starts with what you do first.</p>\
     <p class=\"hint\" data-hidden-of=\"not-begun\" hidden=\"\">Choose a machine, a link, a zone or a firewall to act on it, or a mark on the timeline to see what happened and why.</p>\
     <div class=\"actions\"><button id=\"follow\" data-do=\"follow\" data-hidden-of=\"not-begun\" hidden=\"\">Follow the next request</button></div>\
     <p class=\"first\"><strong>What if\u{2026}</strong> lets you predict a failure, and tells how near you were.</p>\
     <p class=\"first\"><strong>Lecture</strong> shows it all, step by step.</p>\
     <p class=\"first\"><strong>Save\u{2026}</strong> makes what you hand in: the diagram, its explanations, the files of every machine.</p>"
}

/// Something the visitor should know; of what can be taken back, what it changed. What Undo and Redo tell, their names tell too: on a phone it passes.
pub fn notice(text: &str) -> String {
    let compare = if text.contains("Undo takes it back") {
        "<button data-do=\"compare\">Compare with before</button>"
    } else {
        ""
    };
    let passing = ["Undone", "Redone", "Restarted"].iter().any(|word| text.starts_with(word));
    format!(
        "<div{}><p>{}</p>{compare}<button data-do=\"close-notice\">Close</button></div>",
        if passing { " class=\"passing\"" } else { "" },
        escape_html(text)
    )
}

/// What follows from a changed line of the configuration, whatever the line is: a balancer whose HAProxy is dead begins with it later.
const RELOADED: &str = "Each HAProxy that runs reloads: its servers count as UP until checked, commands are forgotten. Undo takes it back.";

/// What deeds are told with: a line of HAProxy's configuration, which need not show in the drawing, as what was set and what that does; and in
/// the past, that so many later deeds are gone. `None`: the drawing tells all of it.
pub fn told_of(done: &[Action], later: usize) -> Option<String> {
    let mut told = Vec::new();
    for deed in done.iter().filter(|deed| matches!(deed, Action::Reload { .. })) {
        told.push(deed.told() + ".");
    }
    if !told.is_empty() {
        told.push(RELOADED.to_owned());
    }
    if later > 0 {
        let (deeds, them) = if later == 1 {
            ("deed no longer holds", "it")
        } else {
            ("deeds no longer hold", "them")
        };
        told.push(format!("{later} later {deeds}; Undo brings {them} back."));
    }
    (!told.is_empty()).then(|| told.join(" "))
}

/// The frame of the lecture; its words are bindings.
pub const fn lecture() -> &'static str {
    "<div class=\"caption\" aria-live=\"polite\"><h2 data-text=\"lecture-title\"></h2><p data-text=\"lecture-text\"></p></div>\
     <div class=\"steps\"><button id=\"previous\" data-do=\"previous\" data-disabled-of=\"lecture-is-first\">Previous</button>\
     <button id=\"lecture-place\" data-do=\"open-dialog\" data-on=\"#steps\" data-text=\"lecture-place\" title=\"All steps (O)\"></button>\
     <button id=\"next\" class=\"primary\" data-do=\"next\" data-disabled-of=\"lecture-is-last\">Next</button>\
     <button id=\"lecture-play\" data-do=\"play\" data-text=\"play\" data-disabled-of=\"lecture-is-still\"></button>\
     <button id=\"blank\" data-do=\"blank\">Blank</button><button id=\"full-screen\" data-do=\"full-screen\">Full screen</button>\
     <button id=\"lecture-theme\" data-do=\"theme\" title=\"Next theme (D)\">Theme</button>\
     <button data-do=\"open-settings\" aria-label=\"Keys and looks\" title=\"Keys and looks (?)\">?</button>\
     <button id=\"leave\" data-do=\"go\" data-on=\"#lab\">Leave</button></div>\
     <div id=\"blanked\" role=\"status\" data-do=\"blank\" data-hidden-of=\"not-blank\" hidden=\"\">\
     <span class=\"visually-hidden\">The screen is blank. Any key of the remote brings it back.</span></div>"
}

/// The lecture's steps, each a button that leads there. The desk answers it.
pub fn lecture_steps() -> String {
    let step = |(number, step): (usize, &LectureStep)| {
        let title = escape_html(step.title);
        format!("<li><button data-do=\"go\" data-on=\"#lecture/{number}\">{title}</button></li>")
    };
    format!("<ol>{}</ol>", (1..).zip(&LECTURE).map(step).collect::<String>())
}

/// What there is to hand in.
pub fn save_dialog() -> String {
    format!(
        "<div class=\"title\"><h2 id=\"save-title\">Save your submission</h2><button id=\"close-save\" data-do=\"close-save\">Close</button></div>\
         <p>The ZIP holds all of it, laid out as the exercise wants it: picture, text, answer file, and the configuration of every machine. \
         The run so far is the evidence in the text, and so is every run that you keep below. Nothing is sent anywhere.</p>\
         <label class=\"name\">Your name (stays on this device)<input id=\"author\" type=\"text\" autocomplete=\"name\" autofocus=\"\"/></label>\
         <label class=\"name\">Length of the text<select id=\"length\"><option value=\"\">In full</option><option value=\"brief\">In brief: what is graded, about one page</option></select></label>\
         <label class=\"choice\"><input id=\"as-it-stands\" type=\"checkbox\"/>Draw the diagram as it stands now, with what is down</label>\
         <label class=\"choice\"><input id=\"numbered-path\" type=\"checkbox\"/>Number the way of a request in the diagram</label>\
         <details id=\"own\"><summary>Add your own words</summary>\
         <p class=\"muted\" id=\"own-hint\">A line such as <code>## balancing</code> puts what follows it into that section. What stands before the first such \
         line goes with what is graded (in task 3: \u{201c}The five points that are graded\u{201d}).</p>\
         <label class=\"name\">Your own words<textarea id=\"own-words\" rows=\"5\" aria-describedby=\"own-error own-hint section-names\"></textarea></label>\
         <p class=\"error\" id=\"own-error\"></p><p class=\"muted\" id=\"section-names\"></p></details>\
         <details id=\"kept\"><summary>Keep several runs as evidence</summary><div class=\"actions\">\
         <button id=\"keep-run\" data-do=\"keep-run\">Keep this run as evidence</button></div>\
         <p id=\"keep-said\" role=\"status\"></p><div id=\"kept-runs\"></div></details>\
         <div class=\"actions\"><button id=\"save-zip\" class=\"primary\" data-do=\"save\" data-on=\"zip\">Save all as a ZIP</button></div>\
         <div id=\"save-state\"><progress id=\"save-progress\" max=\"5\" hidden=\"\" aria-label=\"How far the ZIP is\"></progress>\
         <p id=\"save-said\" role=\"status\"></p></div>\
         <div class=\"actions\"><button id=\"save-svg\" data-do=\"save\" data-on=\"svg\">Save {DIAGRAM_FILE}</button>\
         <button id=\"save-png\" data-do=\"save\" data-on=\"png\">Save diagram.png</button>\
         <button id=\"save-markdown\" data-do=\"save\" data-on=\"md\">Save {SUBMISSION_FILE}</button>\
         <button id=\"save-html\" data-do=\"save\" data-on=\"html\">Save submission.html</button>\
         <button id=\"save-pdf\" data-do=\"save\" data-on=\"pdf\">Print, or save as PDF</button>\
         <button id=\"open-check\" data-do=\"go\" data-on=\"#check\">Check this browser</button></div>"
    )
}

/// What stands in the self-check's place while the plans run: its heading takes the keyboard, and [`check`] has the same.
pub const CHECKING: &str = "<h2 id=\"check-title\" tabindex=\"-1\">Self-check of this browser</h2>\
     <p role=\"status\">Running the plans of the self-check\u{2026}</p>";

/// The digests of all that happened in the self-check's plans when they ran here, in their order.
pub fn hashes() -> Vec<String> {
    let hash = |check: &SelfCheck| check.hash().unwrap_or_else(|error| error.to_string());
    SELF_CHECKS.iter().map(hash).collect()
}

/// The self-check: whether the plans came to the same here as in the native program, whose [`hashes`] are given one a line (none, if
/// nobody knows them), and the plans with their digests.
pub fn check(native: &str) -> String {
    let here = hashes();
    let rows: String = (1..)
        .zip(SELF_CHECKS.iter().zip(&here))
        .map(|(number, (check, hash))| {
            format!(
                "<tr><td>{number}</td><td><code class=\"command\">{}</code></td><td><code class=\"hash\">{}</code></td></tr>",
                escape_html(&check.command()),
                escape_html(hash)
            )
        })
        .collect();
    format!(
        "<div class=\"title\"><h2 id=\"check-title\" tabindex=\"-1\">Self-check of this browser</h2>\
         <button data-do=\"go\" data-on=\"#lab\">Close</button></div><p class=\"verdict\">{}</p>\
         <p>A run is a value: the same plan gives the same hash here and on the command line.</p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"check-title\"><table>\
         <thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Command</th><th scope=\"col\">Hash of every fact and outcome</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>",
        verdict(&here, native)
    )
}

/// What the self-check found, in words.
fn verdict(here: &[String], native: &str) -> String {
    let count = here.len();
    if native.is_empty() {
        return format!(
            "{count} runs were made here. What the native program came to could not be loaded: they are compared with nothing."
        );
    }
    let natively: Vec<&str> = native.lines().collect();
    let is_other = |(index, hash): &(usize, &String)| natively.get(*index) != Some(&hash.as_str());
    let others = here.iter().enumerate().filter(is_other);
    let others: Vec<String> = others.map(|(index, _)| (index + 1).to_string()).collect();
    if others.is_empty() {
        return format!(
            "{count} runs were made here, each the same to the last bit as in the native program. Together they use everything that can be \
             done and set."
        );
    }
    format!(
        "<strong>{count} runs were made here, and not all are the same as in the native program.</strong> These differ: {}.",
        others.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{help, settings_dialog};

    /// What the panel at rest names is there to be pressed.
    #[test]
    fn what_one_may_begin_with_is_a_button_of_the_header() {
        let header = header("www.foobar.com");
        let mut named = 0;
        for piece in inspector_hint().split("class=\"first\"><strong>").skip(1) {
            let (name, _) = piece.split_once("</strong>").unwrap();
            assert!(header.contains(&format!(">{name}</button>")), "{name}");
            named += 1;
        }
        assert_eq!(named, 3);
    }

    /// What can be taken back can be compared with what was before.
    #[test]
    fn a_notice_of_an_edit_offers_the_comparison() {
        let edited = notice("Rebuilt: more. The run began anew; Undo takes it back.");
        assert!(edited.contains("data-do=\"compare\""), "{edited}");
        assert!(!notice("Undone: more.").contains("compare"));
    }

    /// What is told nowhere else stays until it is closed.
    #[test]
    fn only_what_the_names_of_undo_and_redo_tell_too_passes() {
        for text in ["Undone: kill app-1.", "Redone: kill app-1."] {
            assert!(notice(text).starts_with("<div class=\"passing\"><p>"), "{text}");
        }
        for text in
            ["Not done: no.", "Rebuilt: more. Undo takes it back.", "The link was not opened"]
        {
            assert!(notice(text).starts_with("<div><p>"), "{text}");
        }
    }

    #[test]
    fn everything_around_the_infrastructure_is_well_formed() {
        for markup in [
            header("www.foobar.com"),
            transport(),
            notice("<b>"),
            lecture().to_owned(),
            save_dialog(),
            settings_dialog(),
            share_dialog().to_owned(),
            CHECKING.to_owned(),
            check(""),
            inspector_hint().to_owned(),
            help(),
            lecture_steps(),
        ] {
            let document = format!("<root>{markup}</root>");
            assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        }
    }

    #[test]
    fn how_many_later_deeds_are_gone_is_said() {
        let kill: Action = "kill app-1".parse().unwrap();
        let told = |later| told_of(std::slice::from_ref(&kill), later);
        assert_eq!(told(0), None);
        assert_eq!(told(1).unwrap(), "1 later deed no longer holds; Undo brings it back.");
        assert_eq!(told(3).unwrap(), "3 later deeds no longer hold; Undo brings them back.");
    }

    /// Nothing in the drawing need show a line of the configuration: it is told what was set, what that does, and what was there before is
    /// offered.
    #[test]
    fn a_changed_directive_is_told_and_compared() {
        let limit = "backend app: default-server maxconn 4".parse::<Action>().unwrap();
        let told = told_of(&[limit], 0).unwrap();
        assert!(
            told.starts_with("You set default-server maxconn 4 in backend app. Each HAProxy"),
            "{told}"
        );
        assert!(notice(&told).contains("Compare with before"), "{told}");
        // One edit may be two lines: a cookie goes, a table comes.
        let lines =
            ["backend app: no cookie SRV insert indirect nocache", "backend app: stick on src"];
        let lines = lines.map(|line| line.parse::<Action>().unwrap());
        let told = told_of(&lines, 2).unwrap();
        for sentence in [
            "You set no cookie SRV insert indirect nocache in backend app. You set stick on src in backend app. ",
            "Undo takes it back. 2 later deeds no longer hold; Undo brings them back.",
        ] {
            assert!(told.contains(sentence), "{told}");
        }
    }

    #[test]
    fn the_self_check_says_what_differs() {
        let here = ["a1", "b2", "c3"].map(str::to_owned);
        let same = verdict(&here, "a1\nb2\nc3\n");
        assert!(same.starts_with("3 runs were made here, each the same to the last bit"), "{same}");
        assert!(verdict(&here, "a1\nb3\n").ends_with("These differ: 2, 3."));
        assert!(verdict(&here, "").ends_with("they are compared with nothing."));
    }
}
