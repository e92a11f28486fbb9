//! How a link is disturbed, as a form: which way, and so much loss, delay and jitter. What stands in its fields, one after the other, is the text of
//! the action; `data-held` of the form is the text that would change nothing.

use super::joins;
use crate::infra::{LinkChange, LinkState};
use crate::kernel::SimDuration;
use crate::kernel::small::decimal;
use crate::run::Run;
use crate::submission::escape_html;

/// What stands behind the loss, the delay and the jitter in the text of the action.
const AFTER: [&str; 3] = ["%,delay=", "ms,jitter=", "ms"];

/// A form for the link between two ends: names of machines, or `users`.
pub(super) fn form(run: &Run, from: &str, to: &str) -> String {
    let outages = run.simulation().snapshot().outages;
    let now = outages.links.iter().find(|link| joins(link, from, to) && !link.state.cut);
    let way = |one: &str, sign: &str, other: &str| format!("link {one}{sign}{other}:loss=");
    let ways = [
        (way(from, ":", to), "both ways".to_owned()),
        (way(from, ">", to), format!("{from} to {to}")),
        (way(to, ">", from), format!("{to} to {from}")),
    ];
    let is_way = |link: &LinkChange| match (link.one_way, link.from == from) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    };
    let chosen = now.map_or(0, is_way);
    let figures = now.map_or(LinkState::WHOLE, |link| link.state);
    let ms = |time: SimDuration| decimal(time.as_ms_f64(), 3);
    let figures = [decimal(figures.loss * 100.0, 2), ms(figures.delay), ms(figures.jitter)];
    let mut held = ways[chosen].0.clone();
    let mut fields = String::new();
    let options = ways.iter().enumerate().map(|(index, (value, words))| {
        let selected = if index == chosen { " selected=\"\"" } else { "" };
        format!(
            "<option value=\"{}\"{selected}>{}</option>",
            escape_html(value),
            escape_html(words)
        )
    });
    let options: String = options.collect();
    for ((name, unit, most, step), (figure, after)) in [
        ("Loss", "%", 100, "0.01"),
        ("Delay", "ms", 3_600_000, "0.001"),
        ("Jitter", "ms", 3_600_000, "0.001"),
    ]
    .into_iter()
    .zip(figures.iter().zip(AFTER))
    {
        held.push_str(figure);
        held.push_str(after);
        let id = name.to_lowercase();
        fields.push_str(&format!(
            "<label>{name} ({unit}) <input type=\"number\" id=\"link-{id}\" required=\"\" min=\"0\" max=\"{most}\" step=\"{step}\" value=\"{figure}\" \
             aria-describedby=\"link-means link-refused\"/></label><input type=\"hidden\" value=\"{after}\"/>"
        ));
    }
    // What is cut is no state of these fields: whatever they say changes it.
    let is_cut = outages.links.iter().any(|link| joins(link, from, to) && link.state.cut);
    let held = if is_cut { String::new() } else { held };
    format!(
        "<form data-form=\"link\" data-held=\"{}\"><div class=\"rule\"><label>Which way <select id=\"link-way\" aria-describedby=\"link-means link-refused\">{options}</select></label>{fields}</div>\
         <p class=\"muted\" id=\"link-means\">So many packets in a hundred are lost (0 to 100 %; default 0), each takes so much longer, and longer again by anything up to the jitter \
         (0 to 3600000 ms; default 0). All 0 is whole.</p><p class=\"error\" id=\"link-refused\" role=\"alert\"></p><button id=\"set-link\">Set</button></form>",
        escape_html(&held),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::sim::{Action, History, Plan};

    /// The texts that the fields of the form are together, for each way.
    fn texts(markup: &str) -> Vec<String> {
        let document = roxmltree::Document::parse(markup).unwrap();
        let values = |name: &str| -> Vec<String> {
            let nodes = document.descendants().filter(|node| node.has_tag_name(name));
            nodes.filter_map(|node| node.attribute("value").map(str::to_owned)).collect()
        };
        let rest = values("input").concat();
        values("option").into_iter().map(|way| way + &rest).collect()
    }

    fn held(markup: &str) -> String {
        let document = roxmltree::Document::parse(markup).unwrap();
        document.root_element().attribute("data-held").unwrap().to_owned()
    }

    /// What stands in the form is how the link is; whichever way is chosen, it is an action that can be done.
    #[test]
    fn the_form_shows_how_a_link_is_and_sets_it_any_way() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        for (deed, way) in [
            ("link lb-1:app-1:whole", 0),
            ("link lb-1:app-1:loss=0.07,delay=50ms", 0),
            ("link lb-1>app-1:loss=0.333,jitter=0.5ms", 1),
            ("link app-1>lb-1:delay=2s", 2),
        ] {
            let mut run = Run::new(plan.clone(), History::Off).unwrap();
            let done: Action = deed.parse().unwrap();
            run.act(done.clone()).unwrap();
            let markup = form(&run, "lb-1", "app-1");
            let texts = texts(&markup);
            assert_eq!(texts.len(), 3);
            assert_eq!(texts[way], held(&markup), "{deed}");
            assert_eq!(texts[way].parse::<Action>(), Ok(done), "{deed}");
            for text in texts {
                run.act(text.parse().unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"));
            }
        }
        let mut run = Run::new(plan, History::Off).unwrap();
        let markup = form(&run, "users", "lb-1");
        for text in texts(&markup) {
            run.act(text.parse().unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        run.act("link lb-1:app-1:cut".parse().unwrap()).unwrap();
        assert_eq!(held(&form(&run, "lb-1", "app-1")), "", "a cut link is mended by any of them");
        let beyond = held(&markup).replace("loss=0", "loss=101").parse::<Action>().unwrap();
        assert!(run.act(beyond).is_err());
    }
}
