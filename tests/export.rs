//! The files that are handed in, as the program writes them: every format of every preset, read by somebody else's reader, the same
//! every time, and inert whatever people type.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "export/options.rs"]
mod options;
#[path = "export/pdf.rs"]
mod pdf;
#[path = "export/seen.rs"]
mod seen;
#[path = "export/typed.rs"]
mod typed;

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use foobar_lab::config;
use foobar_lab::infra::Preset;
use foobar_lab::submission::Task;

const FOLDER: &str = "0x09-web_infrastructure_design";
/// Every format but the one that needs a browser.
const FORMATS: &str = "svg,png,md,html,config,zip";

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_foobar-lab"))
}

/// A folder of its own for each test, with nothing in it.
fn fresh(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("export").join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

fn run(out: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command.args(["export", "--for", "5s", "--out"]).arg(out).args(arguments);
    command.output().unwrap()
}

/// An export that has to succeed; the paths that it told are there.
fn export(name: &str, arguments: &[&str]) -> PathBuf {
    let out = fresh(name);
    let output = run(&out, arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        assert!(Path::new(line).is_file(), "{line} was told and is not there");
    }
    out
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The entries of an archive: name and content, their checksums verified by the reader.
fn unpacked(path: &Path) -> Vec<(String, Vec<u8>)> {
    entries(fs::read(path).unwrap())
}

fn entries(archive: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.name().unwrap().into_owned(), content));
    }
    entries
}

/// Width and height of a PNG, from its header.
fn png_size(bytes: &[u8]) -> (u32, u32) {
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes[12..16] == *b"IHDR");
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (word(16), word(20))
}

/// The words that are drawn, each text of its own.
fn drawn(svg: &str) -> Vec<String> {
    let tree = roxmltree::Document::parse(svg).unwrap();
    let texts = tree.descendants().filter(|node| node.tag_name().name() == "text");
    texts.filter_map(|node| node.text().map(str::to_owned)).collect()
}

/// The page has what a page needs, and asks nobody for anything.
fn check_page(page: &str) {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let tree = roxmltree::Document::parse_with_options(page, options).unwrap();
    assert_eq!(tree.root_element().attribute("lang"), Some("en"));
    let elements: Vec<_> = tree.descendants().filter(roxmltree::Node::is_element).collect();
    let named = |name: &str| elements.iter().filter(|node| node.tag_name().name() == name).count();
    for name in ["h1", "header", "main", "nav", "footer", "svg"] {
        assert_eq!(named(name), 1, "{name}");
    }
    for name in ["script", "img", "link", "iframe", "object", "form"] {
        assert_eq!(named(name), 0, "{name}");
    }
    assert_eq!(named("table"), named("caption"));
    let mut level = 0;
    for node in &elements {
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on") && name != "src" && name != "style", "{name}");
            assert!(name != "href" || value.starts_with('#'), "{value}");
        }
        if let Some(depth) = node.tag_name().name().strip_prefix('h')
            && let Ok(depth) = depth.parse::<u8>()
        {
            assert!(depth <= level + 1, "h{depth} after h{level}");
            level = depth;
        }
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    let drawing = elements.iter().find(|node| node.tag_name().name() == "svg").unwrap();
    assert_eq!(drawing.attribute("role"), Some("img"));
    for id in drawing.attribute("aria-labelledby").unwrap().split(' ') {
        let its = elements.iter().filter(|node| node.attribute("id") == Some(id)).count();
        assert_eq!(its, 1, "{id}");
    }
}

#[test]
fn every_preset_is_written_in_every_format() {
    for preset in Preset::ALL {
        let arguments = ["--preset", preset.name(), "--format", FORMATS];
        let out = export(&format!("preset-{}", preset.name()), &arguments);
        let svg = text(&out.join("diagram.svg"));
        assert!(svg.len() <= 60_000, "{}: {} bytes", preset.name(), svg.len());
        assert!(!drawn(&svg).is_empty());
        let png = fs::read(out.join("diagram.png")).unwrap();
        assert!(png_size(&png).0 >= 2400, "{}", preset.name());
        assert!(png.len() <= 500_000, "{}: {} bytes", preset.name(), png.len());
        assert!(text(&out.join("submission.md")).contains("](diagram.svg)"));
        check_page(&text(&out.join("submission.html")));
        let config = config::export::files(&preset.infrastructure());
        for file in &config {
            assert_eq!(text(&out.join(&file.path)), file.text);
        }
        let (task, archive) = match preset {
            Preset::Simple => ("0-simple_web_stack", "foobar-lab-simple-web-stack.zip"),
            Preset::Distributed => (
                "1-distributed_web_infrastructure",
                "foobar-lab-distributed-web-infrastructure.zip",
            ),
            Preset::Secured => (
                "2-secured_and_monitored_web_infrastructure",
                "foobar-lab-secured-and-monitored-web-infrastructure.zip",
            ),
            Preset::Literal | Preset::Brief | Preset::Extended => {
                ("3-scale_up", "foobar-lab-scale-up.zip")
            }
        };
        let entries = unpacked(&out.join(archive));
        let own = ["README.md", task].map(str::to_owned).into_iter();
        let own = own.chain(["md", "svg", "png"].map(|ending| format!("{task}.{ending}")));
        let expected: Vec<String> = own
            .chain(config.iter().map(|file| file.path.clone()))
            .map(|path| format!("{FOLDER}/{path}"))
            .collect();
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected);
        let content = |name: &str| {
            let path = format!("{FOLDER}/{name}");
            entries.iter().find(|(known, _)| *known == path).unwrap().1.clone()
        };
        assert_eq!(
            String::from_utf8(content(task)).unwrap(),
            format!("https://github.com/USER/REPO/blob/main/{FOLDER}/{task}.png\n")
        );
        assert_eq!(content(&format!("{task}.png")), png);
        assert_eq!(content(&format!("{task}.svg")), svg.as_bytes());
        let document = String::from_utf8(content(&format!("{task}.md"))).unwrap();
        assert!(document.contains(&format!("]({task}.svg)")), "the picture beside it is shown");
        assert!(!content("README.md").is_empty());
    }
}

#[test]
fn two_exports_are_the_same_to_the_byte() {
    let arguments = ["--kill", "app-1@2s", "--name", "Ada Lovelace", "--format", FORMATS];
    let [one, two] = ["once", "again"].map(|name| export(name, &arguments));
    for file in [
        "diagram.svg",
        "diagram.png",
        "submission.md",
        "submission.html",
        "config/README.md",
        "ada-lovelace-scale-up.zip",
    ] {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(two.join(file)).unwrap(), "{file}");
    }
}

#[test]
fn without_a_format_the_diagram_and_the_markdown_are_written() {
    let out = export("usual", &[]);
    let mut names: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["diagram.svg", "submission.md"]);
    let old = export("author", &["--author", "Ada"]);
    let new = export("name", &["--name", "Ada", "--length", "full"]);
    let [old, new] = [old, new].map(|out| text(&out.join("submission.md")));
    assert!(old.contains("By Ada"));
    assert_eq!(old, new, "the old name of the option still counts");
    export("brief", &["--length", "brief", "--format", "md,html"]);
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--format", "docx"], &["docx", "svg", "png", "pdf", "md", "html", "config", "zip"]),
        (&["--format", "svg,gif"], &["gif", "svg"]),
        (&["--length", "long"], &["long", "brief", "full"]),
        (&["--size", "a3"], &["a3", "a4", "16:9"]),
        (&["--theme", "dark"], &["dark", "light", "print"]),
        (&["--without", "hosts"], &["hosts", "zones", "addresses", "ports"]),
    ];
    for (arguments, named) in cases {
        let output = run(&fresh("refused"), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        for name in named {
            assert!(told.contains(name), "{arguments:?}: no {name} in {told}");
        }
    }
}

#[test]
fn each_task_has_its_own_answer_file() {
    let names = Task::ALL.map(Task::answer_file);
    let expected = [
        "0-simple_web_stack",
        "1-distributed_web_infrastructure",
        "2-secured_and_monitored_web_infrastructure",
        "3-scale_up",
    ];
    assert_eq!(names, expected);
}
