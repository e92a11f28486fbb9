//! The submission as files: the diagram, the document, the configuration, and all of it in one archive.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::arguments::{DiagramPart, Export, FileFormat, Length, SheetSize, Theme};
use super::commands::{Failure, at, run_ordered};
use super::experiment::as_filed;
use super::{picture, print};
use crate::desk::{HandIn, Wish};
use crate::diagram::{LIGHT, PROJECTOR, Sheet, Shown};
use crate::run::permalink::{self, LONGEST_LINK, RUN_LINK};
use crate::sim::History;
use crate::submission::{self, Author, Evidence, read_own_words};

/// Every format, in the order in which they are written.
const ORDER: [FileFormat; 7] = [
    FileFormat::Svg,
    FileFormat::Png,
    FileFormat::Md,
    FileFormat::Html,
    FileFormat::Pdf,
    FileFormat::Config,
    FileFormat::Zip,
];

/// Writes what is asked for, and prints the path of each file.
pub(super) fn export(export: &Export) -> Result<(), Failure> {
    let (run, _) = run_ordered(export.experiment.ordered()?, History::Off)?;
    let hand_in = HandIn::new(&run, &wish(export)?);
    std::fs::create_dir_all(&export.out).map_err(|error| at(&export.out, error))?;
    let mut out = std::io::stdout().lock();
    for format in ORDER.into_iter().filter(|format| export.format.contains(format)) {
        for (name, content) in files(&hand_in, format)? {
            let path = export.out.join(name);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| at(folder, error))?;
            }
            std::fs::write(&path, content).map_err(|error| at(&path, error))?;
            writeln!(out, "{}", path.display())?;
        }
    }
    Ok(())
}

/// How it is asked for.
fn wish(export: &Export) -> Result<Wish, Failure> {
    let has = |part: DiagramPart| !export.without.contains(&part);
    let own_words = match &export.own_words {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| at(path, error))?;
            let refuse = |error: submission::UnknownSection| Failure::Unreadable {
                path: path.clone(),
                reason: error.to_string(),
            };
            read_own_words(&text).map_err(refuse)?
        }
        None => Vec::new(),
    };
    Ok(Wish {
        author: Author { name: export.name.clone() },
        length: match export.length {
            Length::Brief => submission::Length::Brief,
            Length::Full => submission::Length::Full,
        },
        own_words,
        more_runs: export.evidence.iter().map(|text| evidence(text)).collect::<Result<_, _>>()?,
        as_it_stands: export.as_it_stands,
        shown: Shown {
            zones: has(DiagramPart::Zones),
            addresses: has(DiagramPart::Addresses),
            ports: has(DiagramPart::Ports),
            path: export.path,
        },
        sheet: match export.size {
            None => Sheet::AsDrawn,
            Some(SheetSize::A4) => Sheet::A4,
            Some(SheetSize::Screen) => Sheet::Screen,
        },
        palette: match export.theme {
            Theme::Light => &LIGHT,
            Theme::Print => &PROJECTOR,
        },
    })
}

/// A run as evidence, from a link of the lab or its end, or from a file that holds such an end (a diagram does) or a plan.
fn evidence(text: &str) -> Result<Evidence, Failure> {
    let of_link = |path: PathBuf, link: &str| match permalink::read(link, History::Off) {
        Ok(run) => Ok(Evidence::of(&run)),
        Err(error) => Err(Failure::Unreadable { path, reason: error.to_string() }),
    };
    let fragment = text.rsplit('#').next().unwrap_or(text);
    if fragment.starts_with(RUN_LINK) {
        return of_link(PathBuf::from(text), fragment);
    }
    let path = Path::new(text);
    let file = std::fs::File::open(path).map_err(|error| at(path, error))?;
    let mut bytes = Vec::new();
    // A little more than a link may have is enough to see that it is too long, or none; a diagram tells of itself before.
    file.take(LONGEST_LINK as u64 + 4_000)
        .read_to_end(&mut bytes)
        .map_err(|error| at(path, error))?;
    let beginning = String::from_utf8_lossy(&bytes);
    let link = permalink::within(&beginning);
    if link.starts_with(RUN_LINK) {
        return of_link(path.to_owned(), link);
    }
    let (run, _) = run_ordered(as_filed(path)?, History::Off)?;
    Ok(Evidence::of(&run))
}

/// The files of a format: path from the folder on, and content.
fn files(hand_in: &HandIn<'_>, format: FileFormat) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let one = |name: &str, content: Vec<u8>| vec![(name.to_owned(), content)];
    let png = || picture::png(hand_in.svg(), hand_in.description());
    Ok(match format {
        FileFormat::Svg => one("diagram.svg", hand_in.svg().as_bytes().to_vec()),
        FileFormat::Png => one("diagram.png", png()?),
        FileFormat::Md => one("submission.md", hand_in.markdown("diagram.svg").into_bytes()),
        FileFormat::Html => one("submission.html", hand_in.page().into_bytes()),
        FileFormat::Pdf => one("submission.pdf", print::pdf(&hand_in.page())?),
        FileFormat::Config => {
            hand_in.config().into_iter().map(|file| (file.path, file.text.into_bytes())).collect()
        }
        FileFormat::Zip => {
            one(&hand_in.archive_name(), hand_in.archive(Some(&png()?), &mut |_| {})?)
        }
    })
}
