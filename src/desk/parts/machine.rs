//! A machine: what it is and why it is there, and how much slower than itself it is.

use super::muted;
use crate::infra::Infrastructure;
use crate::kernel::small::decimal;
use crate::page::with_code;
use crate::run::Run;
use crate::submission::{components, escape_html};

/// Why there is none.
const NOTHING: &str = "Nothing is told of it.";

/// What the machine of this name is, why it was added, what users lose without it and what it costs: as the explanations to hand in say it.
pub(in super::super) fn explained(infrastructure: &Infrastructure, name: &str) -> String {
    let all = components(infrastructure);
    let Some(own) = all.into_iter().find(|own| own.name == name) else { return muted(NOTHING) };
    let parts = [
        ("", own.what),
        ("Why it is there", own.why_added),
        ("Without it", own.without_it),
        ("What it costs", own.cost),
    ];
    let part = |(heading, text): &(&str, String)| {
        let heading =
            if heading.is_empty() { String::new() } else { format!("<h3>{heading}</h3>") };
        format!("{heading}<p>{}</p>", with_code(text))
    };
    parts.iter().filter(|(_, text)| !text.is_empty()).map(part).collect()
}

/// A field for how many times slower the machine is; one that is off cannot be slowed.
pub(in super::super) fn speed(run: &Run, name: &str) -> String {
    let snapshot = run.simulation().snapshot();
    let Some(view) = snapshot.hosts.iter().find(|view| view.name == name) else {
        return String::new();
    };
    let now = decimal(view.slow_factor, 2);
    let is_off = view.services.iter().all(|service| !service.is_up);
    let disabled = if is_off { " disabled=\"\"" } else { "" };
    let why = if is_off { " Nothing runs on it now: restore it first." } else { "" };
    format!(
        "<div class=\"setting\"><label for=\"slower\">Times slower</label>\
         <input type=\"number\" id=\"slower\" aria-describedby=\"slower-means slower-refused\" data-edit=\"slow {} x\" data-held=\"{now}\" \
         required=\"\" min=\"1\" max=\"1000\" step=\"any\" list=\"slower-usual\" value=\"{now}\"{disabled}/>\
         <datalist id=\"slower-usual\"><option value=\"1\"></option><option value=\"2\"></option><option value=\"5\"></option><option value=\"20\"></option></datalist>\
         <p class=\"muted\" id=\"slower-means\">So many times longer everything takes that it computes, from now on, while the run goes on.{why} (1 to 1000 times; default 1, \
         its own speed)</p><p class=\"error\" id=\"slower-refused\" role=\"alert\"></p></div>",
        escape_html(name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::kernel::SimTime;
    use crate::sim::{History, Plan};

    /// Of every machine, in words that the documents have as well.
    #[test]
    fn every_machine_is_explained() {
        for preset in Preset::ALL {
            let infrastructure = preset.infrastructure();
            for host in &infrastructure.hosts {
                let markup = explained(&infrastructure, &host.name);
                for words in ["<h3>Why it is there</h3>", "<h3>Without it</h3>"] {
                    assert!(markup.contains(words), "{preset} {}: {markup}", host.name);
                }
                let document = format!("<root>{markup}</root>");
                assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
            }
        }
        assert!(explained(&Preset::Brief.infrastructure(), "app-9").contains(NOTHING));
    }

    /// The field says how slow it is, and what stands in it can be done; a dead machine's can not be turned.
    #[test]
    fn how_slow_a_machine_is_can_be_any_factor() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut run = Run::new(plan, History::Off).unwrap();
        assert!(speed(&run, "app-1").contains("value=\"1\"/>"), "{}", speed(&run, "app-1"));
        run.act("slow app-1 x2.5".parse().unwrap()).unwrap();
        let markup = speed(&run, "app-1");
        assert!(markup.contains("data-edit=\"slow app-1 x\" data-held=\"2.5\""), "{markup}");
        run.act("kill app-1".parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(1));
        let markup = speed(&run, "app-1");
        assert!(markup.contains("disabled=\"\"/>") && markup.contains("restore it"), "{markup}");
        for factor in ["0.5", "1001", "-1"] {
            let action = format!("slow app-1 x{factor}").parse::<crate::sim::Action>();
            assert!(!action.is_ok_and(|action| run.act(action).is_ok()), "{factor}");
        }
    }
}
