//! The desk: what a person asks of a run away from the stage: the terminal, charts, the checker, the self-check, files to hand in. A question
//! comes with the run as a link holds it; the run is kept and goes on from one question to the next. In the browser the desk works beside
//! the page (`src/bin/desk.rs`), which stays small and quick. Knows no screen.

mod before;
mod both;
mod causes;
mod chart;
mod compare;
mod files;
mod findings;
mod followed;
mod judged;
mod kept;
mod lines;
mod log;
mod marks;
mod parts;
mod plot;
mod questions;
mod requests;
mod samples;
mod stands;
mod states;
mod tally;
mod whys;

use crate::kernel::SimTime;
use crate::page;
use crate::run::Run;
use crate::run::permalink::{self, LinkError};
use crate::sim::History;
use crate::submission::{ArchiveError, Length, UnknownSection, read_own_words};
use samples::Sample;
use tally::{EVENTS_AT_ONCE, Frames, Tally};

pub use files::{HandIn, Step, Wish};
pub use kept::MOST_RUNS;
pub use states::{PREPARED, State};

/// So much of the run's past the charts show, in seconds.
pub const CHART_SECONDS: usize = 60;

/// What a refusal begins with if people's own words name a section that is not there: the page tells it at their field.
pub const NO_SECTION: &str = "there is no section ";

/// Words as a sentence begins that stands alone: with a capital, but for a name such as `lb-1`, which is written as it is.
fn begun(words: &str) -> String {
    let first = words.split(' ').next().unwrap_or_default();
    let is_name = !first.trim_end_matches([',', ':', '.']).chars().all(char::is_alphabetic);
    if is_name { words.to_owned() } else { capital(words) }
}

fn capital(words: &str) -> String {
    let mut rest = words.chars();
    rest.next()
        .map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + rest.as_str())
}

/// A desk and the run on it.
#[derive(Debug, Default)]
pub struct Desk {
    held: Option<Held>,
    kept: kept::Kept,
    whys: whys::Whys,
}

#[derive(Debug)]
struct Held {
    /// The link without the instant.
    run_of: String,
    run: Run,
    /// Of every whole second up to the run's.
    samples: Vec<Sample>,
    /// Of the second that is under way.
    tally: Tally,
    frames: Frames,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DeskError {
    /// The run cannot be had.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Nobody knows this kind of question.
    #[error(
        "the desk does not know `{0}`; it knows terminal, complete, status, statistics, show-stat, edits, sizes, settings, directives, firewall, refusal, kept, compare, states, setting, lesson, sections, charts, part, traffic, around, explained, partition, log, log-text, marks, why, reading, event, links, help, steps, check and self-check"
    )]
    Kind(String),
    /// A run that was kept as evidence cannot be made again.
    #[error("kept run {number} cannot be made again (remove it): {error}")]
    Kept {
        /// Which of those that are kept, from 1.
        number: usize,
        /// Why not.
        error: LinkError,
    },
    /// Words belong to no section.
    #[error(transparent)]
    Words(#[from] UnknownSection),
    /// There is too much for a ZIP.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A place on the timeline is not named.
    #[error("`{0}` names no place on the timeline: an instant, how near, how far the run has come")]
    Place(String),
    /// The checker knows no such task.
    #[error("there is no task `{0}`: 0, 1, 2 or 3")]
    Task(String),
}

impl Desk {
    /// A file to hand in: `svg`, `md`, `html`, `print` (what stands in the page's body) `zip-name`, or `zip` with this PNG of the diagram in it. `wish`: a line for
    /// each of `name NAME`, `brief`, `as-it-stands`, `path` that is wanted, `run LINK` for each run that was kept as evidence, an empty
    /// line, and what people add in their own words. What is being done is told when it begins.
    ///
    /// # Errors
    /// If the link holds no run, or something is wished for that is not known.
    pub fn file(
        &mut self,
        format: &str,
        link: &str,
        wish: &str,
        png: &[u8],
        tell: &mut dyn FnMut(Step),
    ) -> Result<Vec<u8>, DeskError> {
        let (mut wish, links) = read_wish(wish)?;
        match format {
            "md" | "html" | "print" | "zip" => {
                tell(Step::Documents);
                wish.more_runs = self.kept.evidence(&links, link)?;
            }
            "svg" => tell(Step::Picture),
            _ => {}
        }
        let run = &self.take_up(link)?.run;
        let hand_in = HandIn::new(run, &wish);
        Ok(match format {
            "svg" => hand_in.svg().as_bytes().to_vec(),
            "md" => hand_in.markdown(page::DIAGRAM_FILE).into_bytes(),
            "html" => hand_in.page().into_bytes(),
            "print" => hand_in.printed().into_bytes(),
            "zip-name" => hand_in.archive_name().into_bytes(),
            "zip" => hand_in.archive(Some(png).filter(|png| !png.is_empty()), tell)?,
            _ => return Err(DeskError::Kind(format.chars().take(20).collect())),
        })
    }

    /// The run that a link holds, where the link says: the one that is held, if it is the same, moved there.
    fn take_up(&mut self, link: &str) -> Result<&Held, DeskError> {
        let run_of = permalink::without_instant(link);
        let same = self.held.take().filter(|held| held.run_of == run_of);
        let (mut held, at) = if let Some(held) = same {
            let at = permalink::instant(link)?;
            (held, at)
        } else {
            let (run, at) = permalink::begin(link, History::Recent)?;
            (Held::new(run_of, run), at)
        };
        held.go_to(at)?;
        Ok(self.held.insert(held))
    }
}

/// What is wished for, and the links of the runs that were kept.
fn read_wish(text: &str) -> Result<(Wish, Vec<&str>), DeskError> {
    let (lines, own_words) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut wish = Wish { own_words: read_own_words(own_words)?, ..Wish::default() };
    let mut links = Vec::new();
    for line in lines.lines() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("name", name) => name.clone_into(&mut wish.author.name),
            ("brief", _) => wish.length = Length::Brief,
            ("as-it-stands", _) => wish.as_it_stands = true,
            ("path", _) => wish.shown.path = true,
            ("run", link) => links.push(link),
            _ => {}
        }
    }
    Ok((wish, links))
}

impl Held {
    /// A run at its start.
    fn new(run_of: String, run: Run) -> Self {
        let (samples, tally, frames) = (Vec::new(), Tally::default(), Frames::default());
        Self { run_of, run, samples, tally, frames }
    }

    /// Moves the run, and looks at it at every whole second on the way.
    fn go_to(&mut self, at: SimTime) -> Result<(), LinkError> {
        if at < self.run.now() {
            self.go_back(at);
        }
        loop {
            let second = self.samples.len();
            let next = SimTime::from_ms(second as u64 * 1_000);
            if next > at {
                break;
            }
            self.advance(next)?;
            self.samples.push(Sample::of(&self.run, &mut self.tally));
            self.frames.keep(second, &self.tally);
        }
        self.advance(at)
    }

    /// To the last whole second before this instant from which the network can be listened to on. What was looked at up to there stays.
    fn go_back(&mut self, at: SimTime) {
        let second = (at.as_ns() / 1_000_000_000) as usize;
        let (last, tally) = self.frames.back_to(second).unzip();
        self.samples.truncate(last.map_or(0, |last| last + 1));
        self.tally = tally.unwrap_or_default();
        self.run.seek(SimTime::from_ms(last.unwrap_or(0) as u64 * 1_000));
    }

    /// Lets the run go on, and listens to the network meanwhile.
    fn advance(&mut self, until: SimTime) -> Result<(), LinkError> {
        let most = self.run.simulation().events() + u64::from(permalink::MOST_EVENTS);
        loop {
            let has_arrived = self.run.advance_within(until, EVENTS_AT_ONCE);
            self.tally.take_in(&self.run);
            if has_arrived {
                return Ok(());
            }
            if self.run.simulation().events() >= most {
                return Err(LinkError::TooMuch);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::lesson::LECTURE;
    use crate::submission::escape_html;

    const LINK: &str = "run/1/brief;seed=1;at=30s;10s%20kill%20app-1";

    #[test]
    fn the_run_goes_on_from_question_to_question_and_back_as_if_it_were_opened_anew() {
        let mut desk = Desk::default();
        let ask = |desk: &mut Desk, at: &str| {
            let link = LINK.replace("30s", at);
            desk.answer("terminal", &link, "show stat").unwrap()
        };
        for at in ["20s", "30s", "12.5s", "31s"] {
            assert_eq!(ask(&mut desk, at), ask(&mut Desk::default(), at), "{at}");
        }
        let charts = |desk: &mut Desk, at: &str| {
            desk.answer("charts", &LINK.replace("30s", at), "app-2").unwrap()
        };
        for at in ["40s", "15s", "35s", "330s", "150.5s", "20s", "151s", "329s"] {
            assert_eq!(charts(&mut desk, at), charts(&mut Desk::default(), at), "{at}");
        }
    }

    /// What the run keeps of its messages is less than a second of these.
    #[test]
    fn every_message_of_a_second_is_counted_however_many_there_are() {
        let mut desk = Desk::default();
        for at in ["2s", "1.5s", "3s"] {
            let link = format!("run/1/brief;seed=1;rate=20000;at={at}");
            let held = desk.take_up(&link).unwrap();
            let second = SimTime::from_ms((held.samples.len() as u64 - 1) * 1_000);
            let mut anew = permalink::begin(&link, History::Recent).unwrap().0;
            anew.advance_to(second);
            let all = anew.simulation().message_count();
            let seconds = held.samples.len() - 1;
            assert!(all > (seconds * crate::sim::MESSAGE_LIMIT) as u64, "{at}: {all}");
            assert!(held.samples.iter().all(|sample| sample.missed == 0), "{at}");
            let ended: u64 = held.samples.last().unwrap().outcomes.iter().sum();
            assert_eq!(ended, anew.simulation().record_count(), "{at}");
            // The users have got every answer that set out to them, but for those on their way.
            let ways = held.samples.iter().flat_map(|sample| &sample.ways);
            let to_users = ways.filter(|way| way.ends[1] == 0);
            let answered: u64 = to_users.map(|way| u64::from(way.answers + way.errors)).sum();
            let [good, bad, _] = held.samples.last().unwrap().outcomes;
            let on_their_way = answered.checked_sub(good + bad);
            assert!(on_their_way.is_some_and(|count| count < 2_000), "{at}: {on_their_way:?}");
        }
    }

    /// From far back it is not played again from its start.
    #[test]
    fn a_way_far_back_begins_near_its_end() {
        let mut held = Held::new(
            String::new(),
            permalink::begin("run/1/brief;seed=1;rate=5", History::Recent).unwrap().0,
        );
        held.go_to(SimTime::from_ms(400_000)).unwrap();
        for second in [250, 100] {
            held.go_back(SimTime::from_ms(second * 1_000));
            let from = held.samples.len() as u64 - 1;
            assert_eq!(held.run.now(), SimTime::from_ms(from * 1_000));
            assert!(second - from <= 400 / 32 + 1, "{second}: from {from}");
            held.go_to(SimTime::from_ms(second * 1_000)).unwrap();
            assert_eq!(held.samples.len() as u64, second + 1);
        }
    }

    /// Who steps is told which event it was.
    #[test]
    fn a_step_says_what_happened() {
        let mut desk = Desk::default();
        let mut run = permalink::read(LINK, History::Recent).unwrap();
        let mut wanted = vec![
            "a user sends request ",
            ": its query is done at db-1",
            "a check of app-2 by lb-1 arrives",
            ": the answer of app-2 is at lb-2",
            "an advert of lb-1 arrives at lb-2",
        ];
        for _ in 0..6_000 {
            run.step();
            let at = run.simulation().last_event_at();
            let link = permalink::write(&run).unwrap();
            let told = desk.answer("event", &link, &at.to_string()).unwrap();
            assert!(told.starts_with(&format!("At {}: ", at.clock())) && told.len() > 20, "{told}");
            wanted.retain(|words| !told.contains(words));
            if wanted.is_empty() {
                return;
            }
        }
        panic!("never told: {wanted:?}");
    }

    #[test]
    fn the_links_are_told_with_what_goes_over_them() {
        let link = "run/1/brief;seed=1;rate=200;at=25s;20s%20kill%20app-1";
        let markup = Desk::default().answer("links", link, "").unwrap();
        assert!(markup.contains("<li>users to lb-1: ") && markup.contains(" % errors"), "{markup}");
        assert!(!markup.contains("app-1 to db-1"), "nothing goes there: {markup}");
        let quiet = Desk::default().answer("links", "run/1/brief;seed=1;at=0s", "").unwrap();
        assert_eq!(quiet, "<p>Nothing goes over the links.</p>");
    }

    #[test]
    fn a_command_that_changes_something_hands_its_action_back() {
        let answer = Desk::default().answer("terminal", LINK, "disable server app/app-2").unwrap();
        let action = answer.lines().next().unwrap();
        assert!(action.parse::<crate::sim::Action>().is_ok(), "{action}");
    }

    #[test]
    fn what_is_asked_wrongly_is_refused() {
        let mut desk = Desk::default();
        assert!(matches!(desk.answer("tea", LINK, ""), Err(DeskError::Kind(_))));
        assert!(matches!(desk.answer("terminal", "run/9/x", ""), Err(DeskError::Link(_))));
        assert!(matches!(desk.answer("check", LINK, "7"), Err(DeskError::Task(_))));
        let words = desk.file("md", LINK, "brief\n\n## nonsense\nMine.", &[], &mut |_| {});
        let refused = words.unwrap_err().to_string();
        assert!(refused.starts_with(NO_SECTION) && refused.contains("`nonsense`"), "{refused}");
    }

    /// Where no machine can be added it is said why, and the way out can be gone.
    #[test]
    fn where_nothing_can_be_built_there_is_a_way_out() {
        let mut desk = Desk::default();
        let markup = desk.answer("edits", "run/1/simple;seed=7;at=1s", "").unwrap();
        let link = markup.split("data-on=\"#").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(link, "run/1/distributed;seed=7");
        let there = desk.answer("edits", link, "").unwrap();
        assert!(there.contains("data-do=\"edit\""), "{there}");
    }

    /// Beside the field, what is possible; and where nothing is wrong with the deed, that it is not the time for it.
    #[test]
    fn a_deed_that_cannot_be_done_says_why() {
        for (deed, why) in [
            ("link lb-1:app-1:loss=101%,delay=0ms,jitter=0ms", "allowed: 0 to 1"),
            ("slow app-1 x0.5", "slow factor: found 0.5"),
            ("backend app: default-server fall 0", "Possible: 1 to 100 checks"),
            ("kill app-1", "go back to the lab first"),
        ] {
            let told = Desk::default().answer("refusal", LINK, deed).unwrap();
            assert!(told.starts_with("\nNot ") && told.contains(why), "{deed}: {told}");
        }
    }

    /// What the keys do is the same in every run: none is needed to tell it.
    #[test]
    fn help_needs_no_run() {
        let told = Desk::default().answer("help", "", "").unwrap();
        assert!(told.contains("Page Down") && told.contains("a green ring"), "{told}");
        let steps = Desk::default().answer("steps", "", "").unwrap();
        assert_eq!(steps.matches("data-on=\"#lecture/").count(), LECTURE.len(), "{steps}");
    }

    /// Of every infrastructure, each machine of it; and it says which it is of.
    #[test]
    fn what_stands_there_is_explained_whatever_it_is() {
        let mut desk = Desk::default();
        for preset in Preset::ALL {
            let link = format!("run/1/{preset};seed=1;at=1s");
            let markup = desk.answer("reading", &link, "").unwrap();
            let infrastructure = preset.infrastructure();
            assert!(markup.contains(&escape_html(&infrastructure.title)), "{preset}");
            for host in &infrastructure.hosts {
                assert!(markup.contains(&host.name), "{preset}: {}", host.name);
            }
            assert!(!markup.contains("<h2>") && markup.contains("<h3>") && markup.contains("<h4>"));
            let document = format!("<root>{markup}</root>");
            assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        }
        let edited = desk.answer("reading", "run/1/brief;edit=add-app;seed=1", "").unwrap();
        assert!(edited.contains("app-3") && edited.contains("<code>add-app</code>"));
    }

    #[test]
    fn charts_and_findings_are_well_formed() {
        let mut desk = Desk::default();
        let mut markups =
            vec![desk.answer("check", LINK, "3\n# My text\n<b> & two servers").unwrap()];
        for host in Preset::Brief.infrastructure().hosts {
            markups.push(desk.answer("charts", LINK, &host.name).unwrap());
        }
        markups.push(desk.answer("charts", LINK, "").unwrap());
        markups.push(desk.answer("firewall", LINK, "").unwrap());
        markups.push(desk.answer("settings", LINK, "db-1").unwrap());
        markups.push(desk.answer("status", LINK, "mysql_status db-1").unwrap());
        assert!(
            markups.last().unwrap().contains("role=\"region\" aria-label=\"mysql_status db-1\"")
        );
        for markup in markups {
            let document = format!("<root>{markup}</root>");
            assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        }
    }
}
