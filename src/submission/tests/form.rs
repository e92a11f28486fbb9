//! Both formats are well-formed and short, and inert whatever people type.

use super::*;

#[track_caller]
fn well_formed(markdown: &str) {
    let mut level = 0;
    let mut columns = None;
    let mut in_code = false;
    for line in markdown.lines() {
        in_code ^= line.starts_with("```");
        let hashes = line.chars().take_while(|c| *c == '#').count();
        if hashes > 0 && !in_code {
            assert!(
                hashes <= level + 1 && (hashes > 1 || level == 0),
                "headings out of order: {line}"
            );
            level = hashes;
        }
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(line.starts_with('|') || bars == 0 || in_code, "a bar outside a table: {line}");
        columns = (bars > 0).then(|| {
            assert_eq!(columns.unwrap_or(bars), bars, "a ragged table: {line}");
            bars
        });
    }
    let deepest = [("\n#### Figures", 4), ("\n### Figures", 3)];
    let deepest = deepest.into_iter().find(|(heading, _)| markdown.contains(heading));
    assert_eq!(level, deepest.map_or(2, |(_, level)| level));
    assert!(!in_code);
}

#[track_caller]
fn html_tree(html: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions::default();
    roxmltree::Document::parse_with_options(html, options).unwrap()
}

#[test]
fn both_formats_are_well_formed() {
    let presets = Preset::ALL.map(Preset::infrastructure);
    for infrastructure in all().into_iter().chain(presets) {
        well_formed(&submission(&infrastructure));
        well_formed(&document(&infrastructure, Length::Brief).to_markdown());
        let html = format!("<main>{}</main>", html_sections(&infrastructure));
        let tree = html_tree(&html);
        let mut level = 1;
        for node in tree.root_element().descendants().filter(roxmltree::Node::is_element).skip(1) {
            let name = node.tag_name().name();
            if let Some(depth) = name.strip_prefix('h').and_then(|depth| depth.parse::<u8>().ok()) {
                assert!((2..=level + 1).contains(&depth), "{name} after h{level}");
                level = depth;
            }
            assert!(
                "h2 h3 p ol ul li strong div table thead tbody tr th td"
                    .split(' ')
                    .any(|known| known == name),
                "{name}"
            );
            let known = ["scope", "class", "tabindex", "role", "aria-label"];
            assert!(node.attributes().all(|attribute| known.contains(&attribute.name())), "{name}");
        }
    }
}

#[test]
fn brevity_is_kept() {
    for component in components(&brief()) {
        for text in [&component.what, &component.why_added, &component.without_it, &component.cost]
        {
            assert!(text.split(' ').count() <= 60, "{text}");
        }
    }
    for explanation in rationale(&brief()) {
        for text in &explanation.paragraphs {
            assert!(text.split(' ').count() <= 60, "{text}");
        }
    }
}

#[test]
fn what_people_type_stays_inert() {
    let nasty = "<script>alert(1)</script> | *x* `y`\n\n# z ``` ![i](j)";
    let mut infrastructure = brief();
    for host in &mut infrastructure.hosts {
        (host.title, host.role, host.disk) = (nasty.to_owned(), nasty.to_owned(), nasty.to_owned());
    }
    infrastructure.domain = nasty.to_owned();
    infrastructure.name = nasty.to_owned();
    infrastructure.rules[0].reason = nasty.to_owned();
    infrastructure.zones[0].title = nasty.to_owned();
    let run = Evidence {
        plan: nasty.to_owned(),
        actions: vec![nasty.to_owned()],
        outcomes: vec![(nasty.to_owned(), 1)],
        events: vec![(nasty.to_owned(), nasty.to_owned())],
        hash: nasty.to_owned(),
        command: nasty.to_owned(),
        ..Evidence::default()
    };
    let author = Author { name: nasty.to_owned() };
    let both = [run.clone(), run];
    for runs in [&both[..0], &both[..1], &both[..]] {
        let document = document(&infrastructure, Length::Full).by(&author).with_runs(runs);
        let text = document.with_diagram("a|b) <i>.svg").to_markdown();
        well_formed(&text);
        let outside =
            |part: &str| part.split_once("\n````\n").map_or("", |(_, after)| after).to_owned();
        let mut parts = text.split("````sh");
        let first = parts.next().unwrap().to_owned();
        let prose = parts.fold(first, |prose, part| prose + &outside(part));
        assert!(!text.contains("--preset"));
        for live in ["<script", "*x*", " `y`", "![i]"] {
            assert!(!prose.replace("\\*", "").replace("\\`", "").contains(live), "{live}");
        }
        assert!(text.contains("](a%7Cb%29%20%3Ci%3E.svg)"));
    }
    let html = html_sections(&infrastructure);
    assert!(!html.contains("<script"));
    html_tree(&format!("<main>{html}</main>"));
}

#[test]
fn the_evidence_is_told_with_the_command_that_makes_it_again() {
    let run = Evidence {
        plan: "brief".to_owned(),
        seed: 7,
        rate: 20.0,
        duration: SimDuration::from_secs(60),
        actions: vec!["00:20.000 kill app-1".to_owned()],
        issued: 1203,
        ok: 1100,
        failed: 100,
        in_flight: 3,
        outcomes: vec![("200".to_owned(), 1100), ("503 SC".to_owned(), 100)],
        p50_ms: Some(75.25),
        p95_ms: Some(140.0),
        p99_ms: None,
        events: (0..70).map(|n| (format!("00:20.{n:03}"), format!("event {n}"))).collect(),
        hash: "0123abcd".to_owned(),
        command: "foobar-lab simulate --seed 7 --kill app-1@20s".to_owned(),
    };
    let document = document(&brief(), Length::Full).by(&Author { name: "Ada".to_owned() });
    let text = document.clone().with_runs(std::slice::from_ref(&run)).to_markdown();
    well_formed(&text);
    for what in [
        "By Ada",
        "| Plan | brief |",
        "| Requests issued | 1203 |",
        "| Duration | 60 s |",
        "| Answered well, of those ended | 91.67 % |",
        "| Outcome: 503 SC | 100 |",
        "| Response time p99 | none ended |",
        "1. 00:20.000 kill app-1",
        "| 00:20.059 | event 59 |",
        "And 10 more",
        "0123abcd",
        &format!("```sh\n{}\n```", run.command),
    ] {
        assert!(text.contains(what), "{what}");
    }
    assert!(!text.contains("event 60"));
    let other =
        Evidence { seed: 8, command: "foobar-lab simulate --seed 8".to_owned(), ..run.clone() };
    let text = document.with_runs(&[run.clone(), other.clone()]).to_markdown();
    well_formed(&text);
    for what in [
        "| Run 1 | brief | 7 | 60 s | 1100 | 100 | 140.0 ms |",
        "| Run 2 | brief | 8 | 60 s | 1100 | 100 | 140.0 ms |",
        "### Run 2",
        "#### Figures of run 2",
        "#### How to make run 1 again",
        &format!("```sh\n{}\n```", run.command),
        &format!("```sh\n{}\n```", other.command),
    ] {
        assert!(text.contains(what), "{what}");
    }
}
