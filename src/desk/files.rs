//! What is handed in, as files: the diagram, the document in its forms, the configuration, and all of it in one archive. Alike in the
//! browser and on the command line.

use crate::config::export::{ConfigFile, files};
use crate::diagram::{LIGHT, Layout, Palette, Sheet, Shown, compose_shown, to_svg_on};
use crate::run::{Run, permalink};
use crate::sim::History;
use crate::submission::{
    ArchiveError, ArchiveParts, Author, Document, Evidence, Length, SectionId, Task, archive_files,
    diagram_file, document, zip,
};

/// So many bytes of a name stand in the name of an archive at most; a file system takes 255 in all.
const LONGEST_NAME: usize = 120;

/// A step on the way to everything in one archive, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The diagram as SVG.
    Picture,
    /// The same as PNG: the browser's work, or the command line's.
    Png,
    /// The runs that were kept, made again, and the text.
    Documents,
    /// The configuration files of every machine.
    Configuration,
    /// All of it in one file.
    Packing,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::Picture, Self::Png, Self::Documents, Self::Configuration, Self::Packing];

    /// How many steps come before it.
    pub const fn done(self) -> u32 {
        self as u32
    }

    /// What is being done.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Picture => "Drawing the diagram\u{2026}",
            Self::Png => "Drawing it as PNG\u{2026}",
            Self::Documents => "Writing the text\u{2026}",
            Self::Configuration => "Writing the configuration of every machine\u{2026}",
            Self::Packing => "Packing\u{2026}",
        }
    }
}

/// How it is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who hands it in.
    pub author: Author,
    /// How much the document says.
    pub length: Length,
    /// What people add.
    pub own_words: Vec<(SectionId, String)>,
    /// Other runs as evidence, after this one.
    pub more_runs: Vec<Evidence>,
    /// Whether the diagram shows the run as it stands, with what is down and what was changed; at rest if not.
    pub as_it_stands: bool,
    /// What the diagram shows.
    pub shown: Shown,
    /// On which sheet.
    pub sheet: Sheet,
    /// In which colours.
    pub palette: &'static Palette,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            author: Author::default(),
            length: Length::Full,
            own_words: Vec::new(),
            more_runs: Vec::new(),
            as_it_stands: false,
            shown: Shown::USUAL,
            sheet: Sheet::AsDrawn,
            palette: &LIGHT,
        }
    }
}

/// What a diagram keeps of the run that it shows, as JSON: its link, by which the lab opens it again. `None` for a plan that no link can say.
fn source(run: &Run) -> Option<String> {
    let link = permalink::write(run)?;
    let is_said =
        permalink::begin(&link, History::Off).is_ok_and(|(its, _)| its.plan() == run.plan());
    is_said.then(|| format!("{{\"foobar-lab\": \"{link}\"}}"))
}

/// What is handed in, before it has a format.
#[derive(Debug)]
pub struct HandIn<'a> {
    run: &'a Run,
    document: Document,
    author: Author,
    /// What makes the runs again.
    commands: Vec<String>,
    svg: String,
    description: String,
}

impl<'a> HandIn<'a> {
    /// Of a run.
    pub fn new(run: &'a Run, wish: &Wish) -> Self {
        // At rest it is the plan that is drawn; as it stands, with what reloads have changed.
        let plan = if wish.as_it_stands { run.simulation().plan() } else { run.plan() };
        let snapshot = wish.as_it_stands.then(|| run.simulation().snapshot());
        // Where things stand depends on what was built, not on what is out for a while.
        let layout = Layout::on_paper(&run.plan().infrastructure);
        let scene =
            compose_shown(&plan.infrastructure, snapshot.as_ref(), &layout, &[], wish.shown);
        let this = Evidence::of(run);
        let command = this.command.clone();
        // Where no time has passed there is nothing to tell.
        let this = Some(this).filter(|_| run.now().as_ns() > 0);
        let runs: Vec<Evidence> = this.into_iter().chain(wish.more_runs.iter().cloned()).collect();
        let commands = match runs.as_slice() {
            [] => vec![command],
            runs => runs.iter().map(|run| run.command.clone()).collect(),
        };
        let document = document(&run.plan().infrastructure, wish.length)
            .by(&wish.author)
            .with_runs(&runs)
            .with_own_words(&wish.own_words);
        Self {
            run,
            document,
            author: wish.author.clone(),
            commands,
            svg: to_svg_on(&scene, wish.sheet, wish.palette, source(run).as_deref()),
            description: scene.description,
        }
    }

    /// The diagram.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The diagram in words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The document as Markdown, with its picture in this file beside it.
    pub fn markdown(&self, diagram_file: &str) -> String {
        self.document.clone().with_diagram(diagram_file).to_markdown()
    }

    /// The document as one HTML file.
    pub fn page(&self) -> String {
        self.document.to_page(&self.svg)
    }

    /// What stands in that file, without the frame: for a page that prints it.
    pub fn printed(&self) -> String {
        self.document.to_body(&self.svg)
    }

    /// The configuration files of every machine.
    pub fn config(&self) -> Vec<ConfigFile> {
        files(&self.run.plan().infrastructure)
    }

    /// The task that it answers.
    pub fn task(&self) -> Task {
        Task::of(&self.run.plan().infrastructure)
    }

    /// All of it as the exercise's repository wants it, in a ZIP; with the diagram as PNG, too, if it is given. Each step is told when
    /// it begins.
    ///
    /// # Errors
    /// If it is larger than a ZIP can be.
    pub fn archive(
        &self,
        png: Option<&[u8]>,
        tell: &mut dyn FnMut(Step),
    ) -> Result<Vec<u8>, ArchiveError> {
        let task = self.task();
        tell(Step::Documents);
        let document = self.markdown(&diagram_file(task));
        tell(Step::Configuration);
        let config: Vec<_> = self.config().into_iter().map(|file| (file.path, file.text)).collect();
        let files = archive_files(&ArchiveParts {
            task,
            svg: &self.svg,
            png,
            document: &document,
            config: &config,
            commands: &self.commands,
        });
        tell(Step::Packing);
        zip(&files)
    }

    /// The archive's name: whose it is, and which task it answers. Letters of any script, no longer than file systems take.
    pub fn archive_name(&self) -> String {
        let mut words = String::new();
        for c in self.author.name.to_lowercase().chars() {
            let kept = match c {
                c if c.is_alphanumeric() => c,
                c if c.is_ascii() || c.is_whitespace() => ' ',
                // An accent that stands behind its letter parts no word.
                _ => continue,
            };
            if words.len() + kept.len_utf8() > LONGEST_NAME {
                break;
            }
            words.push(kept);
        }
        let whose = words.split_whitespace().collect::<Vec<_>>().join("-");
        let whose = if whose.is_empty() { "foobar-lab" } else { whose.as_str() };
        format!("{whose}-{}.zip", self.task().title().replace(' ', "-"))
    }
}
