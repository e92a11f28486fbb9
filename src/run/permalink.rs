//! A run as the end of a link: preset, edits, seed, what differs in the workload, actions, where it stands, and how it is looked at. A link
//! comes from anybody: its length is bounded, every part is checked, and what is wrong is named.

use std::fmt::Write;

use super::{Run, SPEEDS};
use crate::infra::{Component, Edit, EditError, Preset};
use crate::kernel::small::{decimal, read_decimal};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Action, History, Plan, PlanError, TimedAction, Workload};

/// What the fragment of a link that holds a run begins with: its kind and version.
pub const RUN_LINK: &str = "run/1/";
/// The most characters of a link's end.
pub const LONGEST_LINK: usize = 16_384;
/// The most actions that a link may hold.
pub const MOST_ACTIONS: usize = 500;
/// The latest that a run of a link may stand or anything in it may be done.
pub const LATEST: SimTime = SimTime::from_ms(3 * 3_600_000);

/// The most events that happen before a link's run stands where it says.
pub const MOST_EVENTS: u32 = 4_000_000;

/// Why the end of a link is no run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// It is of another version, or of nothing known.
    #[error(
        "the link is not one of this version of the lab (it begins with `{0}`, not with `{RUN_LINK}`)"
    )]
    Version(String),
    /// It is too long.
    #[error("the link is longer than {LONGEST_LINK} characters")]
    TooLong,
    /// Too much is done in it.
    #[error("the link holds more than {MOST_ACTIONS} actions")]
    TooMany,
    /// It would take too long to come to where it stands.
    #[error("the link's run takes more than {MOST_EVENTS} events to come to where it stands")]
    TooMuch,
    /// A part of it says nothing.
    #[error("the link's part `{found}` is not understood; allowed: {allowed}")]
    Part {
        /// The part.
        found: String,
        /// What could stand there.
        allowed: &'static str,
    },
    /// What stands there cannot be edited as it says.
    #[error("the link's infrastructure cannot be edited so: {0}")]
    Edit(#[from] EditError),
    /// What it says cannot be run.
    #[error("the link's run cannot be: {0}")]
    Plan(#[from] PlanError),
    /// What was kept of the edits says nothing.
    #[error("what could be taken back is not written as `undo LINK` and `redo LINK`, few of each")]
    Edits,
}

/// The end of a link in a file that was saved here: all of its text, or what a diagram keeps in its `metadata`.
pub fn within(file: &str) -> &str {
    let file = file.trim();
    let kept = file.strip_prefix('<').and_then(|svg| svg.split_once(RUN_LINK));
    let Some((before, after)) = kept else { return file };
    let begin = 1 + before.len();
    let length = after.find(['&', '"', '<']).unwrap_or(after.len());
    &file[begin..begin + RUN_LINK.len() + length]
}

/// Why a file that was chosen is not opened, and what can be: a sentence without its begin, which names the file.
pub fn file_refused(file: &str, error: &LinkError) -> String {
    if let LinkError::Version(_) = error {
        let why = if file.trim().is_empty() { "is empty" } else { "holds no run of this version" };
        return format!(
            "it {why}. Save a run with \u{201c}Save as a file\u{201d}, and open that file."
        );
    }
    // What is wrong within it is worded of a link.
    let said = error.to_string();
    format!("the file{}.", said.strip_prefix("the link").unwrap_or(&said))
}

/// The end of a link that holds this run, without `#`. `None` for a run whose infrastructure is none that edits make of a preset's.
pub fn write(run: &Run) -> Option<String> {
    write_parts(run.plan(), Some(run.now()), run.all_actions())
}

/// How a run is looked at: a link may say it besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What is chosen in the drawing: a machine by its name, another part by the key of its group.
    pub chosen: Option<String>,
    /// How fast time passes, an index into [`SPEEDS`].
    pub speed: Option<usize>,
}

/// As [`write()`], with how it is looked at. A machine that does not stand there is left out.
pub fn write_look(run: &Run, look: &Look) -> Option<String> {
    let mut link = write(run)?;
    let stands =
        |name: &&String| is_part(name) || run.plan().infrastructure.host(name.as_str()).is_some();
    if let Some(name) = look.chosen.as_ref().filter(stands) {
        link.push_str(";view=");
        encode(name, &mut link);
    }
    if let Some(speed) = look.speed.and_then(|speed| SPEEDS.get(speed)) {
        let _ = write!(link, ";speed={}x", decimal(speed.factor, 2));
    }
    Some(link)
}

/// Whether this is the key of a part of the drawing that is no machine. Which of them there are, the drawing alone knows: one that is not
/// there is not chosen.
fn is_part(name: &str) -> bool {
    name == "users"
        || ["link-", "vrrp-", "replication-", "zone-", "firewall-", "vip-"]
            .iter()
            .any(|kind| name.starts_with(kind))
}

/// How the run of a link is looked at, as far as the link says.
pub fn look(fragment: &str) -> Look {
    read_parts(fragment).map(|parts| parts.look).unwrap_or_default()
}

/// The same of what determines a run; where it stands may stay open.
pub(super) fn write_parts(
    plan: &Plan,
    at: Option<SimTime>,
    actions: &[TimedAction],
) -> Option<String> {
    let preset =
        Preset::ALL.into_iter().find(|preset| preset.name() == plan.infrastructure.name)?;
    let usual = Workload::default();
    let mut link = format!("{RUN_LINK}{}", preset.name());
    for edit in &plan.edits {
        link.push_str(";edit=");
        encode(&edit.to_string(), &mut link);
    }
    let _ = write!(link, ";seed={}", plan.seed);
    for (name, now, usual) in [
        ("rate", plan.workload.rate, usual.rate),
        ("static", plan.workload.static_share, usual.static_share),
        ("write", plan.workload.write_share, usual.write_share),
    ] {
        if now.to_bits() != usual.to_bits() {
            let _ = write!(link, ";{name}={}", decimal(now, 3));
        }
    }
    if let Some(at) = at {
        let _ = write!(link, ";{INSTANT}{at}");
    }
    for timed in actions {
        link.push(';');
        encode(&format!("{} {}", timed.at, timed.action), &mut link);
    }
    Some(link)
}

/// The run that the end of a link holds, at the instant that it names.
///
/// # Errors
/// If it holds none: why, and which part is wrong.
pub fn read(fragment: &str, history: History) -> Result<Run, LinkError> {
    let (mut run, at) = begin(fragment, history)?;
    if run.advance_within(at, MOST_EVENTS) { Ok(run) } else { Err(LinkError::TooMuch) }
}

/// The run that the end of a link holds, at its start, and the instant that the link names.
///
/// # Errors
/// If it holds none: why, and which part is wrong.
pub fn begin(fragment: &str, history: History) -> Result<(Run, SimTime), LinkError> {
    let Parts { plan, at, actions, look } = read_parts(fragment)?;
    if let Some(name) = look.chosen.filter(|name| !is_part(name)) {
        // Refused as an action would be that names a machine which does not stand there.
        plan.validate_action(&Action::Restore(Component::host(&name)))?;
    }
    Ok((Run::with_actions(plan, actions, history)?, at.unwrap_or_default()))
}

/// What determines a run, and where it stands if that is said.
pub(super) struct Parts {
    pub(super) plan: Plan,
    pub(super) at: Option<SimTime>,
    pub(super) actions: Vec<TimedAction>,
    look: Look,
}

/// What the end of a link holds; whether it can be run nobody has looked.
pub(super) fn read_parts(fragment: &str) -> Result<Parts, LinkError> {
    if fragment.len() > LONGEST_LINK {
        return Err(LinkError::TooLong);
    }
    let rest = fragment.strip_prefix(RUN_LINK);
    let rest = rest.ok_or_else(|| LinkError::Version(fragment.chars().take(12).collect()))?;
    let mut parts = rest.split(';').map(decode);
    let name = parts.next().unwrap_or_default();
    let preset = Preset::ALL.into_iter().find(|preset| preset.name() == name);
    let allowed = "simple, distributed, secured, literal, brief or extended";
    let preset = preset.ok_or_else(|| wrong(&name, allowed))?;
    let plan = Plan::new(preset.infrastructure(), 1);
    let mut all = Parts { plan, at: None, actions: Vec::new(), look: Look::default() };
    for part in parts {
        take_in(&part, &mut all)?;
        if all.actions.len() > MOST_ACTIONS {
            return Err(LinkError::TooMany);
        }
    }
    Ok(all)
}

/// The end of a link without the instant: alike for every instant of one run.
pub fn without_instant(fragment: &str) -> String {
    let parts = fragment.split(';').filter(|part| !part.starts_with(INSTANT));
    parts.collect::<Vec<_>>().join(";")
}

/// The instant that the end of a link names; the start if it names none.
///
/// # Errors
/// If it names something else.
pub fn instant(fragment: &str) -> Result<SimTime, LinkError> {
    let named = fragment.split(';').find_map(|part| part.strip_prefix(INSTANT));
    named.map_or(Ok(SimTime::ZERO), |text| time(&decode(text)))
}

/// What the part with the instant begins with.
const INSTANT: &str = "at=";

fn time(text: &str) -> Result<SimTime, LinkError> {
    let time = text.parse::<SimDuration>().ok().map(|since| SimTime::ZERO + since);
    time.filter(|at| *at <= LATEST).ok_or_else(|| wrong(text, "a time up to three hours"))
}

/// What may stand in a link, and how speeds are written there.
const PARTS: &str = "edit, seed, rate, static, write, at, view, speed, or TIME ACTION";
const SPELLED: &str = "speed=0.01x, 0.1x, 0.5x, 1x, 5x, 20x or 60x";

/// The speed that is written so.
fn speed(text: &str) -> Option<usize> {
    let factor = read_decimal(text.strip_suffix('x')?)?;
    SPEEDS.iter().position(|speed| speed.factor.to_bits() == factor.to_bits())
}

fn wrong(found: &str, allowed: &'static str) -> LinkError {
    LinkError::Part { found: found.chars().take(60).collect(), allowed }
}

fn take_in(part: &str, Parts { plan, at, actions, look }: &mut Parts) -> Result<(), LinkError> {
    let number = |text: &str| read_decimal(text).ok_or_else(|| wrong(part, "a plain number"));
    let named = part.split_once('=').filter(|(name, _)| !name.contains(' '));
    match named {
        Some(("edit", value)) => plan.edit(value.parse::<Edit>()?)?,
        Some(("seed", value)) => {
            plan.seed = value.parse().map_err(|_| wrong(part, "seed= and a whole number"))?;
        }
        Some(("rate", value)) => plan.workload.rate = number(value)?,
        Some(("static", value)) => plan.workload.static_share = number(value)?,
        Some(("write", value)) => plan.workload.write_share = number(value)?,
        Some(("at", value)) => *at = Some(time(value)?),
        Some(("view", value)) => look.chosen = Some(value.to_owned()),
        Some(("speed", value)) => {
            look.speed = Some(speed(value).ok_or_else(|| wrong(part, SPELLED))?);
        }
        Some(_) => return Err(wrong(part, PARTS)),
        None => {
            let allowed = "TIME ACTION, such as `20s kill app-1`";
            let (when, what) = part.split_once(' ').ok_or_else(|| wrong(part, allowed))?;
            let action: Action = what.parse().map_err(|_| wrong(part, allowed))?;
            actions.push(TimedAction { at: time(when)?, action });
        }
    }
    Ok(())
}

/// Writes what may stand in a fragment as it is, a space as `+`, the rest as `%` and its bytes.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b' ' => into.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => into.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'/' | b':' | b'=' | b',' | b'(' | b')' => {
                into.push(char::from(byte));
            }
            _ => {
                let _ = write!(into, "%{byte:02X}");
            }
        }
    }
}

/// Reads that back. What is not well written is left as it stands.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'+', ..) => out.push(b' '),
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (byte, ..) => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn busy() -> Run {
        let mut plan = Plan::new(Preset::Extended.infrastructure(), 42);
        plan.workload.rate = 37.5;
        let rule = plan.infrastructure.rules[0].name.clone();
        let mut run = Run::new(plan, History::Recent).unwrap();
        for (ms, text) in [
            (1500, "kill app-1".to_owned()),
            (4000, "degrade app-2/app:flap=3s/500ms".to_owned()),
            (6001, "link lb-1>web-1:loss=0.1,delay=50ms".to_owned()),
            (9000, format!("drop rule {rule}")),
            (9500, "set server web/web-1 state drain".to_owned()),
            (12_000, "backend web: balance leastconn".to_owned()),
        ] {
            run.advance_to(SimTime::from_ms(ms));
            run.act(text.parse().unwrap()).unwrap();
        }
        run.advance_to(SimTime::from_ms(20_000));
        run
    }

    /// A file is not called a link, and what could be opened is said.
    #[test]
    fn a_refused_file_is_told_as_a_file_with_the_cure() {
        let said = |file: &str| {
            let error = read(within(file), History::Off).unwrap_err();
            format!("bad.json was not opened: {}", file_refused(file, &error))
        };
        let cure = "Save a run with \u{201c}Save as a file\u{201d}, and open that file.";
        assert_eq!(said(" \n"), format!("bad.json was not opened: it is empty. {cure}"));
        for file in ["{\"x\": 1}", "run/9/brief", "<svg/>"] {
            let begin = "bad.json was not opened: it holds no run of this version.";
            assert_eq!(said(file), format!("{begin} {cure}"), "{file}");
        }
        let damaged = said("run/1/brief;seed=1;at=5s;nonsense");
        assert!(
            damaged.contains("not opened: the file's part `nonsense` is not understood;"),
            "{damaged}"
        );
        let long = "run/1/brief;".to_owned() + &"x".repeat(LONGEST_LINK);
        let begin = "bad.json was not opened: the file is longer than 16384 characters.";
        assert_eq!(said(&long), begin);
    }

    #[test]
    fn a_link_opens_the_same_run_where_it_stood() {
        let mut run = busy();
        run.seek(SimTime::from_ms(7_000));
        let link = write(&run).unwrap();
        assert!(link.len() < 400, "{link}");
        assert!(link.bytes().all(|byte| byte.is_ascii_graphic()), "{link}");
        let mut opened = read(&link, History::Recent).unwrap();
        assert_eq!(opened.now(), run.now());
        assert_eq!(opened.simulation().digest(), run.simulation().digest());
        assert_eq!(opened.all_actions(), run.all_actions());
        for each in [&mut opened, &mut run] {
            each.advance_to(SimTime::from_ms(25_000));
        }
        assert_eq!(opened.simulation().digest(), run.simulation().digest());
        assert_eq!(write(&opened), write(&run));
    }

    /// Whatever can be chosen, at every speed; the run is the same, and so is a link that says nothing of it.
    #[test]
    fn a_link_holds_how_the_run_is_looked_at() {
        let run = busy();
        let plain = write(&run).unwrap();
        assert_eq!(look(&plain), Look::default());
        assert_eq!(write_look(&run, &Look::default()), Some(plain));
        for (chosen, speed) in [
            (Some("app-2"), Some(4)),
            (Some("link-lb-1-web-1"), Some(0)),
            (Some("vrrp-lb-1-lb-2"), None),
            (Some("replication-db-1-db-2"), None),
            (Some("firewall-db/app-to-db"), None),
            (Some("users"), None),
            (None, Some(3)),
            (None, Some(SPEEDS.len() - 1)),
        ] {
            let wanted = Look { chosen: chosen.map(str::to_owned), speed };
            let link = write_look(&run, &wanted).unwrap();
            assert_eq!(look(&link), wanted, "{link}");
            let opened = read(&link, History::Recent).unwrap();
            assert_eq!(opened.simulation().digest(), run.simulation().digest());
        }
        for speed in 0..SPEEDS.len() {
            let link = write_look(&run, &Look { chosen: None, speed: Some(speed) }).unwrap();
            assert_eq!(look(&link).speed, Some(speed), "{link}");
        }
        // What was chosen in another infrastructure makes no link that is refused.
        let gone = Look { chosen: Some("app-9".to_owned()), speed: None };
        assert_eq!(write_look(&run, &gone), write(&run));
        let written = look("run/1/brief;view=app-1;speed=0.1x");
        assert_eq!(written, Look { chosen: Some("app-1".to_owned()), speed: Some(1) });
    }

    #[test]
    fn what_is_wrong_with_a_link_is_named() {
        let refused = |link: &str| read(link, History::Off).unwrap_err().to_string();
        assert!(refused("run/2/brief").contains("run/1/"));
        assert!(refused("run/1/wonder").contains("`wonder`"));
        assert!(refused("run/1/brief;seed=x").contains("`seed=x`"));
        assert!(refused("run/1/brief;rate=NaN").contains("plain number"));
        assert!(refused("run/1/brief;rate=9000000").contains("rate"));
        assert!(refused("run/1/brief;colour=red").contains("`colour=red`"));
        assert!(refused("run/1/brief;5s+dance").contains("`5s dance`"));
        assert!(refused("run/1/brief;5s+kill+app-9").contains("app-9"));
        assert!(refused("run/1/brief;at=4h").contains("three hours"));
        assert!(refused("run/1/brief;view=app-9").contains("app-9"));
        assert!(refused("run/1/brief;edit=remove:app-2;view=app-2").contains("app-2"));
        assert!(refused("run/1/brief;view=").contains("app-1"), "the names that there are");
        assert!(refused("run/1/brief;speed=7x").contains("`speed=7x`"));
        assert!(refused("run/1/brief;speed=5").contains("20x"));
        assert_eq!(
            refused(&format!("run/1/brief;{}", "x".repeat(LONGEST_LINK))),
            LinkError::TooLong.to_string()
        );
        assert_eq!(
            refused(&format!("run/1/brief{}", ";1s+kill+app-1".repeat(501))),
            LinkError::TooMany.to_string()
        );
    }

    /// A link that would keep a browser busy for an hour is refused after a second or two.
    #[test]
    fn a_link_that_takes_too_long_is_refused() {
        let refused = read("run/1/brief;rate=100000;at=3h", History::Off).unwrap_err();
        assert_eq!(refused, LinkError::TooMuch);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Whatever becomes of a link on its way, it is a run or it is refused; nothing panics and nothing takes long.
        #[test]
        fn mutated_links_are_runs_or_refused(
            cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..6)
        ) {
            let mut bytes = write(&busy()).unwrap().into_bytes();
            for (index, byte, kind) in cuts {
                let at = index.index(bytes.len());
                match kind {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => { bytes.remove(at); }
                }
            }
            let link = String::from_utf8_lossy(&bytes).into_owned();
            // A later instant only takes longer.
            let link = link.replace(";at=", ";at=0s;x=");
            let _ = read(&link, History::Off);
        }

        #[test]
        fn any_text_survives_being_encoded(text in ".{0,60}") {
            let mut encoded = String::new();
            encode(&text, &mut encoded);
            prop_assert_eq!(decode(&encoded), text);
        }
    }
}
