//! What people type as their name is text, and nothing else, in every format.

use std::fs;

use super::{FOLDER, check_page, export, text, unpacked};

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
        assert!(archive.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)));
        for (entry, _) in unpacked(&out.join(archive)) {
            assert!(entry.starts_with(FOLDER) && !entry.contains(".."), "{entry}");
        }
    }
}
