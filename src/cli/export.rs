//! The submission as files: the diagram, the document, the configuration, and all of it in one archive.

use std::io::Write;

use super::arguments::{DiagramPart, Export, FileFormat, Length, SheetSize, Theme};
use super::commands::{Failure, at, run_ordered};
use super::{picture, print};
use crate::config;
use crate::diagram::{
    LIGHT, Layout, Orientation, PROJECTOR, Scene, Sheet, Shown, compose_shown, to_svg_on,
};
use crate::run::Run;
use crate::sim::History;
use crate::submission::{
    ArchiveParts, Author, Evidence, Task, archive_files, diagram_file, html, markdown, zip,
};

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
    let submission = Submission::new(export, &run);
    std::fs::create_dir_all(&export.out).map_err(|error| at(&export.out, error))?;
    let mut out = std::io::stdout().lock();
    for format in ORDER.into_iter().filter(|format| export.format.contains(format)) {
        for (name, content) in submission.files(format)? {
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

/// What is handed in, before it has a format.
struct Submission<'a> {
    run: &'a Run,
    author: Author,
    evidence: Evidence,
    length: Length,
    svg: String,
    /// The picture in words.
    description: String,
}

impl<'a> Submission<'a> {
    fn new(export: &Export, run: &'a Run) -> Self {
        let scene = scene(export, run);
        let palette = match export.theme {
            Theme::Light => &LIGHT,
            Theme::Print => &PROJECTOR,
        };
        let sheet = match export.size {
            None => Sheet::AsDrawn,
            Some(SheetSize::A4) => Sheet::A4,
            Some(SheetSize::Screen) => Sheet::Screen,
        };
        Self {
            run,
            author: Author { name: export.name.clone() },
            evidence: Evidence::of(run),
            length: export.length,
            svg: to_svg_on(&scene, sheet, palette),
            description: scene.description,
        }
    }

    /// The files of a format: path from the folder on, and content.
    fn files(&self, format: FileFormat) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let one = |name: &str, content: Vec<u8>| vec![(name.to_owned(), content)];
        Ok(match format {
            FileFormat::Svg => one("diagram.svg", self.svg.clone().into_bytes()),
            FileFormat::Png => one("diagram.png", self.png()?),
            FileFormat::Md => {
                one("submission.md", self.document(Form::Markdown("diagram.svg")).into_bytes())
            }
            FileFormat::Html => one("submission.html", self.document(Form::Html).into_bytes()),
            FileFormat::Pdf => one("submission.pdf", print::pdf(&self.document(Form::Html))?),
            FileFormat::Config => {
                self.config().into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
            }
            FileFormat::Zip => one(&self.archive_name(), self.archive()?),
        })
    }

    /// The document in a form and at the length that is asked for.
    fn document(&self, form: Form<'_>) -> String {
        // Length: the library has one document, which is the full one and stands for the brief one, too.
        let (Length::Brief | Length::Full) = self.length;
        let infrastructure = &self.run.plan().infrastructure;
        match form {
            Form::Markdown(diagram) => {
                markdown(infrastructure, &self.author, Some(&self.evidence), diagram)
            }
            Form::Html => html(infrastructure, &self.author, Some(&self.evidence), &self.svg),
        }
    }

    fn png(&self) -> Result<Vec<u8>, Failure> {
        Ok(picture::png(&self.svg, &self.description)?)
    }

    fn config(&self) -> Vec<(String, String)> {
        let files = config::export::files(&self.run.plan().infrastructure);
        files.into_iter().map(|file| (file.path, file.text)).collect()
    }

    fn task(&self) -> Task {
        Task::answered_by(&self.run.plan().infrastructure.name)
    }

    fn archive(&self) -> Result<Vec<u8>, Failure> {
        let (task, png, config) = (self.task(), self.png()?, self.config());
        let files = archive_files(&ArchiveParts {
            task,
            svg: &self.svg,
            png: Some(&png),
            document: &self.document(Form::Markdown(&diagram_file(task))),
            config: &config,
            command: &self.evidence.command,
        });
        Ok(zip(&files)?)
    }

    /// Whose it is, and which task it answers, in letters that every file system takes.
    fn archive_name(&self) -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
        let words: String = self.author.name.chars().map(keep).take(60).collect();
        let whose = words.split_whitespace().collect::<Vec<_>>().join("-");
        let whose = if whose.is_empty() { "foobar-lab" } else { whose.as_str() };
        format!("{whose}-{}.zip", self.task().title().replace(' ', "-"))
    }
}

/// A form of the document.
#[derive(Clone, Copy)]
enum Form<'a> {
    /// Markdown, with the picture in this file.
    Markdown(&'a str),
    /// One page with the picture in it.
    Html,
}

/// The diagram of the plan, at rest or as the run left it.
fn scene(export: &Export, run: &Run) -> Scene {
    let plan = if export.as_it_stands { run.simulation().plan() } else { run.plan() };
    let snapshot = export.as_it_stands.then(|| run.simulation().snapshot());
    let has = |part: DiagramPart| !export.without.contains(&part);
    let shown = Shown {
        zones: has(DiagramPart::Zones),
        addresses: has(DiagramPart::Addresses),
        ports: has(DiagramPart::Ports),
        path: export.path,
    };
    let layout = Layout::new(&plan.infrastructure, Orientation::Landscape);
    compose_shown(&plan.infrastructure, snapshot.as_ref(), &layout, &[], shown)
}
