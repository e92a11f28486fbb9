//! The PDF: what it holds where there is a browser, and what is said where there is none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{fresh, program, run, text};

#[test]
fn without_a_browser_it_is_said_what_to_do() {
    let out = fresh("no-browser");
    let mut command = program();
    command.env("CHROMIUM", "no-such-browser").args(["export", "--for", "1s", "--out"]).arg(&out);
    let output = command.args(["--format", "md,pdf"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    for part in ["no-such-browser", "install Chromium", "--format html"] {
        assert!(told.contains(part), "no {part} in {told}");
    }
    assert!(out.join("submission.md").is_file(), "what needs no browser is written");
}

#[test]
fn a_browser_that_prints_nothing_is_named() {
    let out = fresh("no-print");
    let mut command = program();
    command.env("CHROMIUM", "true").args(["export", "--for", "1s", "--out"]).arg(&out);
    let output = command.args(["--format", "pdf"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("true printed no PDF") && told.contains("--format html"), "{told}");
    assert!(!out.join("submission.pdf").exists());
}

/// A program of this name, if it can be started.
pub(super) fn found(name: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(name).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The PDF of an export with these arguments; `None`, and a word about it, where there is no browser.
pub(super) fn printed(out: &Path, arguments: &[&str]) -> Option<PathBuf> {
    let output = run(out, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(1) && told.contains("there is none here") {
        eprintln!("skipped: there is no Chromium here to print with");
        return None;
    }
    assert_eq!(output.status.code(), Some(0), "{told}");
    Some(out.join("submission.pdf"))
}

/// A PDF's objects as text, without the streams: what it has to say about itself, but no page.
pub(super) fn objects(pdf: &Path) -> String {
    let bytes = fs::read(pdf).unwrap();
    let all = String::from_utf8_lossy(&bytes);
    all.split("endstream").filter_map(|part| part.split("stream").next()).collect()
}

/// Depth and words of every heading in a tree; the words without spaces, which a PDF may lose where a line ends.
fn headings(
    text: &str,
    depth: impl Fn(roxmltree::Node<'_, '_>) -> Option<usize>,
) -> Vec<(usize, String)> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let tree = roxmltree::Document::parse_with_options(text, options).unwrap();
    let words = |node: roxmltree::Node<'_, '_>| {
        let words = node.descendants().filter_map(|part| part.text().filter(|_| part.is_text()));
        words.flat_map(str::split_whitespace).collect::<String>()
    };
    tree.descendants().filter_map(|node| Some((depth(node)?, words(node)))).collect()
}

/// In the program's own PDF, headings are what a reader's list of bookmarks shows, at their depth.
#[test]
fn the_pdf_has_an_outline_of_its_headings_and_a_language() {
    let out = fresh("outline");
    let Some(path) = printed(&out, &["--format", "html,pdf"]) else { return };
    assert!(objects(&path).contains("/Lang (en)"), "the whole is English");
    let path = path.display().to_string();
    let Some(inside) = found("pdftohtml", &["-xml", "-i", "-stdout", &path]) else {
        eprintln!("skipped: there is no pdftohtml here (poppler-utils) to look into the PDF with");
        return;
    };
    let outline = inside.find("<outline>").unwrap_or_else(|| panic!("no outline in {inside}"));
    let outline = inside[outline..].trim_end().trim_end_matches("</pdf2xml>");
    let told = headings(outline, |node| {
        node.has_tag_name("item")
            .then(|| node.ancestors().filter(|outer| outer.has_tag_name("outline")).count())
    });
    let written = headings(&text(&out.join("submission.html")), |node| {
        node.tag_name().name().strip_prefix('h').and_then(|level| level.parse().ok())
    });
    assert!(written.len() > 20, "{written:?}");
    assert_eq!(told, written);
}

#[test]
fn the_pdf_is_tagged_and_can_be_searched() {
    let Some(path) = printed(&fresh("pdf"), &["--name", "Ada Lovelace", "--format", "pdf"]) else {
        return;
    };
    let path = path.display().to_string();
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"%PDF-") && bytes.len() < 2_000_000, "{} bytes", bytes.len());
    let Some(info) = found("pdfinfo", &[&path]) else {
        eprintln!("skipped: there is no pdfinfo here (poppler-utils) to look into the PDF with");
        return;
    };
    let line = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("no {name} in {info}")).to_owned()
    };
    assert!(line("Tagged:").ends_with("yes"), "{info}");
    assert!(line("Title:").contains("Scaled web infrastructure"), "{info}");
    assert!(line("Page size:").contains("A4"), "{info}");
    let words = found("pdftotext", &[&path, "-"]).unwrap();
    for word in ["Ada Lovelace", "lb-1", "db-1", "HTTPS 443", "Scaling rationale"] {
        assert!(words.contains(word), "{word} cannot be found in the PDF");
    }
    let images = found("pdfimages", &["-list", &path]).unwrap();
    assert_eq!(images.lines().count(), 2, "a drawing of lines, not of pixels: {images}");
    let fonts = found("pdffonts", &[&path]).unwrap();
    for font in fonts.lines().skip(2) {
        let columns: Vec<&str> = font.split_whitespace().rev().collect();
        // From the right: the object's two numbers, uni, sub, emb.
        assert_eq!((columns[2], columns[4]), ("yes", "yes"), "{font}");
    }
}
