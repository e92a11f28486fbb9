//! A what-if on the page: the form of the prediction, the locked prediction, prediction and result side by side.

use super::log::{instant, why};
use crate::infra::Vip;
use crate::kernel::small::fixed;
use crate::lesson::{Exercise, Judgement, Prediction, Verdict, WHAT_IFS, WhatIf};
use crate::submission::escape_html;

/// The exercise as it stands.
pub fn exercise(what_if: &WhatIf, state: &Exercise, vips: &[Vip]) -> String {
    let stage = match state {
        Exercise::Open => form(vips),
        Exercise::Locked(prediction) => {
            format!(
                "{}<button id=\"skip\" data-do=\"skip\">Skip to the result</button>",
                said(prediction)
            )
        }
        Exercise::Judged(judgement) => result(what_if, judgement),
    };
    format!(
        "<nav class=\"choices\" aria-label=\"What-ifs\">{}</nav><h2 id=\"exercise-title\">{}</h2>{}{stage}",
        WHAT_IFS.iter().map(|choice| self::choice(choice, what_if)).collect::<String>(),
        what_if.title,
        asked("setting", what_if.id),
    )
}

/// Where the desk puts what it tells of an exercise.
fn asked(kind: &str, id: &str) -> String {
    format!("<div data-ask=\"{kind}\" data-about=\"{id}\"><div class=\"answer\"></div></div>")
}

fn choice(choice: &WhatIf, open: &WhatIf) -> String {
    let current = if choice == open { " aria-current=\"page\"" } else { "" };
    format!(
        "<button data-do=\"go\" data-on=\"#what-if/{id}\" data-what-if=\"{id}\"{current}>{} dies</button>",
        choice.victim,
        id = choice.id
    )
}

fn form(vips: &[Vip]) -> String {
    let tick = |name: &str, value: &str, label: &str| {
        format!(
            "<label class=\"choice\"><input type=\"checkbox\" name=\"{name}\" value=\"{value}\"/>{label}</label>"
        )
    };
    let addresses: String = vips
        .iter()
        .map(|vip| {
            let name = escape_html(&vip.name);
            tick("address", &name, &format!("{name}, {}", vip.address))
        })
        .collect();
    format!(
        "<form id=\"prediction\" novalidate=\"\"><p><strong>Your prediction first.</strong> The run is allowed once it is locked.</p>\
         <label class=\"number\">How many requests will have failed at the end?\
         <input id=\"predicted-failures\" type=\"text\" inputmode=\"numeric\" autocomplete=\"off\" \
         aria-describedby=\"prediction-error\"/></label>\
         <fieldset><legend>Which addresses will answer at the end?</legend>{addresses}</fieldset>\
         <fieldset><legend>What will still work at the end?</legend>{files}{pages}</fieldset>\
         <p id=\"prediction-error\" class=\"error\" role=\"alert\" data-text=\"prediction-error\"></p>\
         <button id=\"lock\" class=\"primary\" type=\"submit\">Lock my prediction and run</button></form>",
        files = tick("works", "static", "Static files"),
        pages = tick("works", "dynamic", "Dynamic pages"),
    )
}

fn said(prediction: &Prediction) -> String {
    format!(
        "<div id=\"locked\" class=\"said\"><p>Your prediction: {} failed requests. Now watch.</p>\
         <p>Addresses that answer: {}.</p><p>Still working: {}.</p></div>",
        prediction.failed,
        listed(&prediction.addresses),
        works(prediction.static_files, prediction.dynamic_pages),
    )
}

fn result(what_if: &WhatIf, judgement: &Judgement) -> String {
    let Judgement { prediction, observation, failed, addresses, works: met } = judgement;
    let answering: Vec<String> = observation
        .addresses
        .iter()
        .filter(|(_, answers)| *answers)
        .map(|(name, _)| name.clone())
        .collect();
    let row = |what: &str, said: String, was: String, so: Verdict| {
        let gravity = if so == Verdict::Otherwise { "bad" } else { "good" };
        let so = so.word();
        format!(
            "<tr><th scope=\"row\">{what}</th><td>{said}</td><td>{was}</td><td data-gravity=\"{gravity}\">{so}</td></tr>"
        )
    };
    let rows = [
        row(
            "Failed requests",
            prediction.failed.to_string(),
            observation.failed.to_string(),
            *failed,
        ),
        row("Addresses that answer", listed(&prediction.addresses), listed(&answering), *addresses),
        row(
            "Still working",
            works(prediction.static_files, prediction.dynamic_pages),
            works(observation.static_files, observation.dynamic_pages),
            *met,
        ),
    ]
    .concat();
    let noticed = observation.noticed_at.map_or(String::new(), |at| {
        let after = fixed(at.since(what_if.at).as_secs_f64(), 1);
        format!(
            "<p>It died at {}; the cluster acted on it {after} s later.</p>",
            instant(what_if.at)
        )
    });
    let example = observation.example.map_or(String::new(), |request| {
        why(request, &format!("Request {request}, the first that failed"))
    });
    format!(
        "<div id=\"result\" tabindex=\"-1\"><table><caption>Prediction and result</caption>\
         <thead><tr><td></td><th scope=\"col\">You said</th><th scope=\"col\">It was</th><th scope=\"col\">So</th></tr></thead>\
         <tbody>{rows}</tbody></table><h3>Why</h3>{}{noticed}{example}\
         <button id=\"again\" data-do=\"restart\">Predict again</button></div>",
        asked("lesson", what_if.id)
    )
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { escape_html(&names.join(", ")) }
}

fn works(static_files: bool, dynamic_pages: bool) -> String {
    let parts = [(static_files, "static files"), (dynamic_pages, "dynamic pages")];
    let working: Vec<&str> =
        parts.iter().filter(|(works, _)| *works).map(|(_, what)| *what).collect();
    if working.is_empty() { "nothing".to_owned() } else { working.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_well_formed_and_only_the_open_one_asks() {
        for what_if in WHAT_IFS {
            let mut run = what_if.run().unwrap();
            let vips = run.plan().infrastructure.vips.clone();
            let mut state = Exercise::default();
            let shown = |state: &Exercise| {
                let markup = exercise(&what_if, state, &vips);
                assert!(
                    roxmltree::Document::parse(&format!("<root>{markup}</root>")).is_ok(),
                    "{markup}"
                );
                markup
            };
            assert!(shown(&state).contains("id=\"lock\""));
            state.lock("7", Prediction::default()).unwrap();
            assert!(shown(&state).contains("Your prediction: 7 failed requests."));
            assert!(!shown(&state).contains("id=\"lock\""));
            run.advance_to(what_if.until);
            state.judge(&what_if, &run);
            let result = shown(&state);
            let failed = run.simulation().counts().failed;
            assert!(result.contains(&format!("<td>7</td><td>{failed}</td>")), "{result}");
        }
    }
}
