//! The controls of what a reload changes: whatever is offered can be set, ranges are what the run takes, and everything is told.

use super::*;
use crate::infra::{Preset, Service};
use crate::run::Run;
use crate::sim::{History, Plan};

/// The controls of a section: what a reload's text begins with, the values that are offered, the one that holds, and whether it can be changed.
fn controls(run: &Run, section: &str) -> Vec<(String, Vec<String>, String, bool)> {
    let stands = &run.simulation().plan().infrastructure;
    let markup = format!("<root>{}</root>", directives(stands, section));
    let document = roxmltree::Document::parse(&markup).unwrap();
    let mut found = Vec::new();
    for field in document.descendants().filter(|node| node.has_attribute("data-edit")) {
        let owned = |name: &str| field.attribute(name).unwrap().to_owned();
        let list = document.descendants().find(|node| {
            node.has_tag_name("datalist") && node.attribute("id") == field.attribute("list")
        });
        let options = list.unwrap_or(field).children();
        let values = options.filter_map(|own| own.attribute("value").map(str::to_owned));
        let values = values.collect::<Vec<String>>();
        let is_enabled = !field.has_attribute("disabled");
        found.push((owned("data-edit"), values, owned("data-held"), is_enabled));
    }
    found
}

/// Whatever is offered is accepted, and holds afterwards; so does what held before.
#[test]
fn every_value_that_is_offered_holds_once_it_was_set() {
    let plan = Plan::new(Preset::Brief.infrastructure(), 1);
    let mut run = Run::new(plan, History::Off).unwrap();
    for text in [
        "backend app: balance source",
        "default-server on-error mark-down observe layer7 error-limit 4",
    ] {
        run.act(text.parse().unwrap()).unwrap();
    }
    let mut count = 0;
    for section in ["static", "app", "defaults"] {
        for (index, (_, offered, before, _)) in controls(&run, section).into_iter().enumerate() {
            for value in offered.into_iter().chain([before]) {
                // What a reload begins with may say how another directive stands.
                let (begun, _, held, is_enabled) = controls(&run, section).swap_remove(index);
                if value == held || !is_enabled {
                    continue;
                }
                run.act(format!("{begun}{value}").parse().unwrap()).unwrap();
                let (_, _, held, _) = controls(&run, section).swap_remove(index);
                assert_eq!(held, value, "{section}: {begun}");
                count += 1;
            }
        }
    }
    assert!(count > 80, "{count}");
}

/// A file can have the servers watched by layer 4: then that holds, and is said.
#[test]
fn what_a_file_has_observed_is_said() {
    let mut infrastructure = Preset::Brief.infrastructure();
    for host in &mut infrastructure.hosts {
        for service in &mut host.services {
            let Service::Haproxy(own) = service else { continue };
            for server in own.backends.iter_mut().flat_map(|backend| &mut backend.servers) {
                (server.observe, server.on_error) = (Some(Observe::Layer4), OnError::MarkDown);
            }
        }
    }
    let markup = directives(&infrastructure, "app");
    assert!(markup.contains(">layer4, mark-down<"), "{markup}");
    let run = Run::new(Plan::new(infrastructure, 1), History::Off).unwrap();
    let (snapshot, readings) = (run.simulation().snapshot(), run.readings());
    let all = crate::page::bindings(&run, &snapshot, &readings, &crate::page::Controls::default());
    let closed = all.iter().find(|binding| binding.key == "section-app").unwrap();
    assert!(closed.value.contains("observe layer4"), "{}", closed.value);
    assert!(!markup.contains(">layer7, mark-down<") && markup.contains(">layer7, fail-check<"));
    assert!(directives(&Preset::Brief.infrastructure(), "app").contains(">layer7, mark-down<"));
}

/// Each end of a range can be set, and nothing beyond it; what is refused says what is possible.
#[test]
fn a_range_is_what_the_run_takes() {
    let plan = Plan::new(Preset::Brief.infrastructure(), 1);
    let mut count = 0;
    for told in &TOLD {
        let (ends, beyond) = match told.kind {
            Kind::Words(_) => continue,
            Kind::Time([least, most], _) => {
                let more = most.replace("1h", "3601s").replace("24h", "86401s");
                let less = if least == "0s" { "-1s" } else { "0s" };
                ([least.to_owned(), most.to_owned()], [less.to_owned(), more])
            }
            Kind::Count([least, most], ..) => (
                [least.to_string(), most.to_string()],
                [(i64::from(least) - 1).to_string(), (u64::from(most) + 1).to_string()],
            ),
        };
        let stands = &plan.infrastructure;
        let sections = Section::all(stands);
        let has = |own: &&Section<'_>| own.knobs().iter().any(|knob| knob.name == told.name);
        let section = sections.iter().find(has).unwrap();
        let begun = told.begun(section);
        for end in ends {
            let text = format!("{begun}{end}");
            let mut run = Run::new(plan.clone(), History::Off).unwrap();
            run.act(text.parse().unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(refused(&text), None);
        }
        for value in beyond.into_iter().chain(["", "x"].map(str::to_owned)) {
            let text = format!("{begun}{value}");
            let mut run = Run::new(plan.clone(), History::Off).unwrap();
            let is_done = text.parse::<Action>().is_ok_and(|action| run.act(action).is_ok());
            assert!(!is_done, "{text}");
            let (found, allowed) = refused(&text).unwrap();
            assert_eq!(found, value, "{text}");
            assert!(allowed.starts_with(&told.range()), "{text}: {allowed}");
            count += 1;
        }
    }
    assert_eq!(count, 4 * 8);
}

/// Each directive is told once, with its default, and every control says so.
#[test]
fn every_directive_is_told() {
    let stands = Preset::Brief.infrastructure();
    let mut names: Vec<&str> = Vec::new();
    for section in Section::all(&stands) {
        for knob in section.knobs() {
            let told = Told::of(knob).unwrap();
            let markup = control(&section, knob, "x");
            assert!(markup.contains(&format!("default {})", told.default)), "{markup}");
            assert!(markup.contains(&told.range()), "{markup}");
            names.push(knob.name);
        }
    }
    assert!(TOLD.iter().all(|told| names.contains(&told.name)));
    assert_eq!(directives(&stands, "none"), "");
    assert_eq!(refused("cores:web-1=4"), None);
}
