//! The PDF: what it holds where there is a browser, and what is said where there is none.

use std::fs;
use std::process::Command;

use super::{fresh, program, run};

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
fn found(name: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(name).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_pdf_is_tagged_and_can_be_searched() {
    let out = fresh("pdf");
    let output = run(&out, &["--name", "Ada Lovelace", "--format", "pdf"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(1) && told.contains("there is none here") {
        eprintln!("skipped: there is no Chromium here to print with");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{told}");
    let path = out.join("submission.pdf").display().to_string();
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
