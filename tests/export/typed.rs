//! What people type is text, and nothing else, in every format: their name, their own words, and every name and title in a plan.

use std::fs;

use foobar_lab::config::haproxy_cfg;
use foobar_lab::desk::{Desk, HandIn, Wish};
use foobar_lab::infra::{Component, Host, Infrastructure, Preset, Service};
use foobar_lab::kernel::SimTime;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, History, Plan, TimedAction};
use foobar_lab::submission::{Author, Evidence, SectionId, Task, check};
use proptest::prelude::*;

use super::{FOLDER, check_page, drawn, entries, export, text, unpacked};

#[test]
fn a_name_is_text_in_every_format() {
    for (index, name) in [
        "</script><script>alert(1)</script>",
        "a|b `c` ```d",
        "\"quoted\" 'twice' onload=x",
        "one\n\n# two\r\n- three",
        "../../../etc/passwd",
        "![x](https://example.org/y.png) <img src=z>",
        "&lt; &amp; <!-- slot:evidence --> ]]>",
        "Ада Лавлейс 愛 \u{202e}x",
        "$(reboot); `reboot`",
    ]
    .iter()
    .enumerate()
    {
        let out = export(&format!("typed-{index}"), &["--name", name, "--format", "md,html,zip"]);
        let markdown = text(&out.join("submission.md"));
        assert!(!markdown.contains("<script") && !markdown.contains("<img"), "{name}");
        assert!(!markdown.contains("[x]("), "{name}");
        let by = markdown.lines().filter(|line| line.starts_with("By ")).count();
        assert_eq!(by, 1, "{name} is one line");
        assert!(!markdown.lines().any(|line| line == "# two" || line == "- three"), "{name}");
        check_page(&text(&out.join("submission.html")));
        let files: Vec<String> = fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files.len(), 3, "{files:?}");
        let archive = files.iter().find(|file| file.ends_with("-scale-up.zip")).unwrap();
        assert!(archive.chars().all(|c| c.is_alphanumeric() || "-.".contains(c)));
        for (entry, _) in unpacked(&out.join(archive)) {
            assert!(entry.starts_with(FOLDER) && !entry.contains(".."), "{entry}");
        }
    }
}

/// The brief with everything that a plan file may call as it likes called like this.
fn called(text: &str) -> Infrastructure {
    let mut made = Preset::Brief.infrastructure();
    for field in [&mut made.title, &mut made.domain] {
        text.clone_into(field);
    }
    for host in &mut made.hosts {
        for field in [&mut host.title, &mut host.role, &mut host.disk] {
            text.clone_into(field);
        }
    }
    for zone in &mut made.zones {
        text.clone_into(&mut zone.title);
    }
    let rule = &mut made.rules[0];
    for field in [&mut rule.name, &mut rule.reason] {
        text.clone_into(field);
    }
    let is_web = |host: &&mut Host| host.name == "web-1";
    let web = made.hosts.iter_mut().find(is_web).unwrap();
    text.clone_into(&mut web.name);
    for service in made.hosts.iter_mut().flat_map(|host| &mut host.services) {
        let Service::Haproxy(haproxy) = service else { continue };
        for server in haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers) {
            if server.host == "web-1" {
                text.clone_into(&mut server.host);
                text.clone_into(&mut server.name);
            }
        }
    }
    // A name is short and printable, or refused.
    let usual = std::mem::replace(&mut made.name, text.to_owned());
    if made.validate().iter().any(|fault| fault.field == "infrastructure.name") {
        made.name = usual;
    }
    made
}

/// Some seconds of it, in which that machine dies.
fn run_of(text: &str) -> Run {
    let kill = Action::Kill(Component::host(text));
    let actions = vec![TimedAction { at: SimTime::from_ms(1_000), action: kill }];
    let mut run = Run::with_actions(Plan::new(called(text), 1), actions, History::Off).unwrap();
    run.advance_to(SimTime::from_ms(9_000));
    run
}

/// As much typed as can be.
fn wish(text: &str, run: &Run) -> Wish {
    Wish {
        author: Author { name: text.to_owned() },
        own_words: SectionId::ALL.map(|section| (section, text.to_owned())).to_vec(),
        more_runs: vec![Evidence::of(run)],
        as_it_stands: true,
        ..Wish::default()
    }
}

/// Marks of SVG that can do nothing.
fn check_drawing(svg: &str) {
    let tree = roxmltree::Document::parse(svg).unwrap();
    for node in tree.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(
            ["svg", "title", "desc", "g", "path", "rect", "circle", "line", "text"].contains(&name),
            "{name}"
        );
        let is_live = |name: &str| name.starts_with("on") || name == "style" || name == "href";
        assert!(!node.attributes().any(|attribute| is_live(attribute.name())), "{name}");
    }
    assert!(drawn(svg).iter().any(|text| text.contains("lb-1")));
}

fn headings(markdown: &str) -> usize {
    markdown.lines().filter(|line| line.starts_with('#')).count()
}

/// Markdown in which nothing that was typed has become markup, a line of its own, or a part of a command.
fn check_markdown(markdown: &str, like: &str) {
    assert!(!markdown.contains('<'), "{markdown}");
    assert!(!markdown.contains(|c: char| c.is_control() && c != '\n'), "{markdown:?}");
    assert_eq!(headings(markdown), headings(like), "{markdown}");
    let commands = markdown.split("foobar-lab ").skip(1);
    for command in commands.filter_map(|rest| rest.split(['\n', '|']).next()) {
        let is_known = command.starts_with("simulate") || command.starts_with("check");
        let signs = |c: char| c.is_ascii_alphanumeric() || " -_.@`".contains(c);
        assert!(!is_known || command.chars().all(signs), "{command}");
    }
}

/// The same directives, line by line: the first word of each tells which.
fn check_config(file: &str, written: &str, like: &str) {
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let words = |text: &str| text.split('\n').map(first).collect::<Vec<_>>();
    assert_eq!(words(written), words(like), "{file}:\n{written}");
    let is_live = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!written.contains(is_live), "{file}: {written:?}");
    if file == "haproxy.cfg" {
        let reading = haproxy_cfg::read(file, written).unwrap();
        assert_eq!(reading.not_modelled, []);
        assert_eq!(reading.haproxy.tls, None, "no name is a comment of the lab");
    }
}

fn inert_in_every_format(text: &str) {
    let (run, plain) = (run_of(text), run_of("plain"));
    let (hand_in, like) =
        (HandIn::new(&run, &wish(text, &run)), HandIn::new(&plain, &wish("plain", &plain)));
    check_drawing(hand_in.svg());
    check_page(&hand_in.page());
    check_markdown(&hand_in.markdown("diagram.svg"), &like.markdown("diagram.svg"));
    for (file, like) in hand_in.config().iter().zip(like.config()) {
        let name = file.path.rsplit('/').next().unwrap();
        assert_eq!(Some(name), like.path.rsplit('/').next());
        assert!(file.path.split('/').all(|part| part != "..") && file.path.is_ascii());
        check_config(name, &file.text, &like.text);
    }
    let archive = hand_in.archive(None, &mut |_| {}).unwrap();
    let readme = format!("{FOLDER}/README.md");
    let (_, readme) = entries(archive).into_iter().find(|(name, _)| *name == readme).unwrap();
    let readme = String::from_utf8(readme).unwrap();
    assert!(!readme.contains('<') && headings(&readme) == 4, "{readme}");
    let name = hand_in.archive_name();
    assert!(name.chars().all(|c| c.is_alphanumeric() || "-.".contains(c)), "{name}");
    assert!(name.len() < 200, "a file system takes 255 bytes: {name}");
}

/// Letters of any script, and of accents only the letters; what is no name stands for none.
#[test]
fn a_name_in_any_letters_is_in_that_of_its_archive() {
    let long = "\u{1d4d0}".repeat(60);
    for (name, whose) in [
        ("\u{130}brahim Mu\u{308}ller", "ibrahim-muller"),
        (
            "\u{645}\u{62d}\u{645}\u{62f} \u{639}\u{644}\u{64a}",
            "\u{645}\u{62d}\u{645}\u{62f}-\u{639}\u{644}\u{64a}",
        ),
        ("\u{674e}\u{a0}\u{96f7}", "\u{674e}-\u{96f7}"),
        ("\u{202e}../\u{7}", "foobar-lab"),
        (&long, &long[..120]),
    ] {
        let run = run_of("lb-1");
        let archive = HandIn::new(&run, &wish(name, &run)).archive_name();
        assert_eq!(archive, format!("{whose}-scale-up.zip"));
    }
}

/// The checker quotes what was written, for a terminal and as markup.
fn quoted_as_text(text: &str) {
    let about = format!("# Mine\n\nMySQL is reached over HTTPS {text}.\n\n{text}\n");
    let report = check(Task::ScaleUp, &called(text), Some(&about));
    let told = report.to_text();
    assert!(!told.contains(|c: char| c.is_control() && c != '\n'), "{told:?}");
    let link = "run/1/brief;seed=1;at=1s";
    let markup = Desk::default().answer("check", link, &format!("3\n{about}")).unwrap();
    let markup = format!("<root>{markup}</root>");
    let tree = roxmltree::Document::parse(&markup).unwrap();
    for node in tree.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(
            ["root", "p", "ul", "li", "strong", "h3", "details", "summary"].contains(&name),
            "{name}"
        );
    }
}

const NASTY: [&str; 12] = [
    "</script><script>alert(1)</script>",
    "a|b `c` ```d",
    "\"quoted\" 'twice' onload=x",
    "one\n\n# two\r\n- three\nuser root",
    "../../../etc/passwd",
    "![x](https://example.org/y.png) <img src=z>",
    "&lt; &amp; <!-- slot:evidence --> ]]>",
    "\u{611b} \u{202e}x \u{1b}[31m \u{7} \u{fffe}",
    "$(reboot); `reboot` & reboot",
    "- x",
    "[a]: http://example.org",
    "foobar-lab tls: certificate=false",
];

#[test]
fn what_is_typed_anywhere_is_text_in_every_format() {
    for text in NASTY {
        inert_in_every_format(text);
        quoted_as_text(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_typed_is_text_in_every_format(text in "(\\PC|[\\r\\n\\t<>&\"'`$|#*_~\\[\\]()!\\\\:;-]){1,40}") {
        prop_assume!(!text.trim().is_empty());
        inert_in_every_format(&text);
        quoted_as_text(&text);
    }
}
