//! What is handed in as one file: the folder of the exercise's repository, and a writer of ZIP archives that is small enough for
//! the browser. Entries are stored as they are and dated 1980-01-01, the earliest day the format knows: the same files give the
//! same bytes.

use super::Task;
use super::block::{Block, Table};
use super::to_markdown;

/// The folder of the exercise in a student's repository.
const FOLDER: &str = "0x09-web_infrastructure_design";

/// What goes into the archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveParts<'a> {
    /// The task that is answered: it names the files.
    pub task: Task,
    /// The diagram as SVG.
    pub svg: &'a str,
    /// The same as PNG, where one could be made.
    pub png: Option<&'a [u8]>,
    /// The document in Markdown; its picture is [`diagram_file`].
    pub document: &'a str,
    /// The configuration files: path from the folder on, and text.
    pub config: &'a [(String, String)],
    /// The commands that make the document's runs again.
    pub commands: &'a [String],
}

/// The picture that the document in the archive shows.
pub fn diagram_file(task: Task) -> String {
    format!("{}.svg", task.answer_file())
}

impl Task {
    /// The file that the exercise asks for: no ending, one line.
    pub const fn answer_file(self) -> &'static str {
        match self {
            Self::Simple => "0-simple_web_stack",
            Self::Distributed => "1-distributed_web_infrastructure",
            Self::Secured => "2-secured_and_monitored_web_infrastructure",
            Self::ScaleUp => "3-scale_up",
        }
    }
}

/// The files of the archive: path and content.
pub fn archive_files(parts: &ArchiveParts<'_>) -> Vec<(String, Vec<u8>)> {
    let name = parts.task.answer_file();
    let picture = format!("{name}.{}", if parts.png.is_some() { "png" } else { "svg" });
    let answer = format!("https://github.com/USER/REPO/blob/main/{FOLDER}/{picture}\n");
    let mut files = vec![
        ("README.md".to_owned(), readme(parts, &picture).into_bytes()),
        (name.to_owned(), answer.into_bytes()),
        (format!("{name}.md"), parts.document.as_bytes().to_vec()),
        (diagram_file(parts.task), parts.svg.as_bytes().to_vec()),
    ];
    files.extend(parts.png.map(|png| (format!("{name}.png"), png.to_vec())));
    for (path, text) in parts.config {
        files.push((path.clone(), text.as_bytes().to_vec()));
    }
    for (path, _) in &mut files {
        path.insert(0, '/');
        path.insert_str(0, FOLDER);
    }
    files
}

/// What each file is, how it is handed in, and how its figures are made again.
fn readme(parts: &ArchiveParts<'_>, picture: &str) -> String {
    let name = parts.task.answer_file();
    let mut files = Table::new(&["File", "What it is"]);
    let mut row = |file: &str, what: &str| files.row([file.to_owned(), what.to_owned()]);
    row(name, "the answer: one line, the address of the picture");
    row(&format!("{name}.md"), "the document: components, rationale, technical documentation, run");
    row(&diagram_file(parts.task), "the diagram, sharp at every size");
    if parts.png.is_some() {
        row(picture, "the same diagram for programs that show no SVG");
    }
    if !parts.config.is_empty() {
        row("config/", "the configuration files of every machine; start at config/README.md");
    }
    let steps = [
        format!("Put the folder {FOLDER} into your repository."),
        format!(
            "In {name} replace USER and REPO by your user name on GitHub and the name of your repository, and main by the name of your \
             branch if it is another. Keep it one line."
        ),
        format!(
            "Commit, push, and open the address in {name} in a browser: it has to show {picture}."
        ),
    ];
    let mut blocks = vec![
        Block::Heading(1, format!("Web infrastructure design: {}", parts.task.title())),
        Block::Heading(2, "Files".to_owned()),
        Block::Table(files),
        Block::Heading(2, "How to hand it in".to_owned()),
        Block::Steps(Vec::from(steps)),
        Block::Heading(2, "How to make the figures again".to_owned()),
        Block::Paragraph("The same command gives the same run, to the bit:".to_owned()),
    ];
    blocks.extend(parts.commands.iter().cloned().map(Block::Code));
    to_markdown::write(&blocks)
}

/// Why there is no archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The format counts bytes in 32 bits.
    #[error("the files are larger than a ZIP archive can hold (4 GiB): leave some out")]
    TooLarge,
    /// The format counts files in 16 bits.
    #[error("there are more files than a ZIP archive can hold (65535): leave some out")]
    TooMany,
}

/// The version of the format that a reader has to know: 2.0.
const VERSION: u16 = 20;
/// The names are UTF-8.
const UTF_8: u16 = 1 << 11;
/// 1980-01-01: the year counts from 1980, month and day from 1.
const DATE: u16 = (1 << 5) | 1;

/// The files as a ZIP archive, in their order.
///
/// # Errors
///
/// If the format has no room for them.
pub fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, ArchiveError> {
    let count = u16::try_from(files.len()).map_err(|_| ArchiveError::TooMany)?;
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in files {
        let offset = length(&bytes)?;
        let facts = facts(name, content)?;
        bytes.extend(*b"PK\x03\x04");
        bytes.extend(&facts);
        bytes.extend(name.as_bytes());
        bytes.extend(content);
        directory.extend(*b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&facts);
        // No comment, the first disk, no attributes inside or outside.
        directory.extend([0_u8; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, size) = (length(&bytes)?, length(&directory)?);
    bytes.extend(directory);
    bytes.extend(*b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0_u8; 2]);
    Ok(bytes)
}

/// What both the file's own header and the directory say of it.
fn facts(name: &str, content: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let size = length(content)?;
    let name = u16::try_from(name.len()).map_err(|_| ArchiveError::TooLarge)?;
    let mut facts = Vec::with_capacity(26);
    // Stored: method 0. Midnight: time 0. No extra field: length 0.
    for half in [VERSION, UTF_8, 0, 0, DATE] {
        facts.extend(half.to_le_bytes());
    }
    for word in [crc_32(content), size, size] {
        facts.extend(word.to_le_bytes());
    }
    for half in [name, 0] {
        facts.extend(half.to_le_bytes());
    }
    Ok(facts)
}

fn length(bytes: &[u8]) -> Result<u32, ArchiveError> {
    u32::try_from(bytes.len()).map_err(|_| ArchiveError::TooLarge)
}

/// The checksum of the format, a bit at a time: a table would be faster and weigh more.
fn crc_32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc_32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc_32(b""), 0);
    }

    #[test]
    fn an_archive_without_files_is_its_end_alone() {
        let bytes = zip(&[]).unwrap();
        assert_eq!((bytes.len(), &bytes[..4]), (22, &b"PK\x05\x06"[..]));
    }

    #[test]
    fn headers_have_the_sizes_of_the_format() {
        let files = [("a/ü".to_owned(), b"text".to_vec()), ("b".to_owned(), Vec::new())];
        let bytes = zip(&files).unwrap();
        assert_eq!(bytes.len(), 2 * (30 + 46) + 2 * (4 + 1) + 4 + 22);
        assert_eq!(bytes[30..38], *b"a/\xc3\xbctext");
        assert_eq!(zip(&files), Ok(bytes));
    }

    #[test]
    fn more_files_than_the_format_counts_are_refused() {
        let files = vec![(String::new(), Vec::new()); 65_536];
        assert_eq!(zip(&files), Err(ArchiveError::TooMany));
    }

    #[test]
    fn every_preset_answers_a_task() {
        for preset in Preset::ALL {
            let task = Task::of(&preset.infrastructure());
            let expected = match preset {
                Preset::Simple => Task::Simple,
                Preset::Distributed => Task::Distributed,
                Preset::Secured => Task::Secured,
                Preset::Literal | Preset::Brief | Preset::Extended => Task::ScaleUp,
            };
            assert_eq!(task, expected, "{}", preset.name());
        }
    }

    #[test]
    fn the_answer_is_one_line_and_names_the_picture_that_is_there() {
        for png in [None, Some(&b"png"[..])] {
            let parts = ArchiveParts {
                task: Task::ScaleUp,
                svg: "<svg/>",
                png,
                document: "# D\n",
                config: &[("config/a/b".to_owned(), "c\n".to_owned())],
                commands: &["foobar-lab simulate", "foobar-lab simulate --seed 2"]
                    .map(str::to_owned),
            };
            let files = archive_files(&parts);
            let content = |name: &str| {
                let path = format!("{FOLDER}/{name}");
                let found = files.iter().find(|(known, _)| *known == path);
                found.map(|(_, content)| String::from_utf8(content.clone()).unwrap())
            };
            let answer = content("3-scale_up").unwrap();
            assert_eq!(answer.matches('\n').count(), 1);
            let picture = answer.trim_end().rsplit('/').next().unwrap();
            assert!(content(picture).is_some(), "{picture}");
            let readme = content("README.md").unwrap();
            for command in ["foobar-lab simulate", "foobar-lab simulate --seed 2"] {
                assert!(readme.contains(&format!("```sh\n{command}\n```")), "{readme}");
            }
            assert_eq!(content("config/a/b").unwrap(), "c\n");
        }
    }
}
