//! Keys and looks: what each key does, and where. The page listens by this table, and the map of the keys is made from it.

use super::chrome::MODEL_FILE;
use crate::submission::escape_html;

/// Where a key is heard: on the whole page, in the lab or in the lecture, or at what has the keyboard in the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Anywhere in the lab and in an exercise.
    Lab,
    /// On the slider of the timeline.
    Timeline,
    /// On a part of the drawing.
    Drawing,
    /// In the terminal's field.
    Terminal,
    /// Anywhere in the lecture.
    Lecture,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It is not a key of ours.
    Nothing,
    /// Plays or pauses.
    Play,
    /// To just before the last event.
    StepBack,
    /// To the next event.
    Step,
    /// A second back.
    SecondBack,
    /// A second forth.
    SecondForth,
    /// Ten seconds back.
    TenBack,
    /// Ten seconds forth.
    TenForth,
    /// To the start of the run.
    Start,
    /// As far as was played.
    Furthest,
    /// Tells why something is marked there.
    Why,
    /// A lower speed.
    Slower,
    /// A higher speed.
    Faster,
    /// Takes the last edit back.
    Undo,
    /// Makes it again.
    Redo,
    /// Lets go what is chosen.
    Close,
    /// The whole screen, or the window again.
    FullScreen,
    /// The next theme.
    Theme,
    /// The projector's theme, or the one before it.
    Hall,
    /// The map of the keys, and the settings.
    Help,
    /// To the machine that stands in the arrow's direction.
    Walk,
    /// To the next part that has to do with a machine.
    NextPart,
    /// To the part before.
    PartBefore,
    /// Opens what is there.
    Open,
    /// Kills a machine, or brings it back.
    Strike,
    /// The line that was typed before.
    LineBefore,
    /// The line that was typed after it.
    LineAfter,
    /// The lecture's next step.
    Next,
    /// The lecture's step before.
    Previous,
    /// The lecture's first step.
    First,
    /// The lecture's last step.
    Last,
    /// All steps of the lecture, to choose from.
    Overview,
    /// A blank screen.
    Blank,
}

/// All keys: where, which of them do the same, and what. Letters are small here; the others are called what browsers call them, but the space bar.
pub const KEYS: [(Place, &str, Meaning); 43] = [
    (Place::Lab, "k Space", Meaning::Play),
    (Place::Lab, "[ ,", Meaning::StepBack),
    (Place::Lab, "] .", Meaning::Step),
    (Place::Lab, "j", Meaning::TenBack),
    (Place::Lab, "l", Meaning::TenForth),
    (Place::Lab, "<", Meaning::Slower),
    (Place::Lab, ">", Meaning::Faster),
    (Place::Lab, "Ctrl+Z", Meaning::Undo),
    (Place::Lab, "Ctrl+Shift+Z Ctrl+Y", Meaning::Redo),
    (Place::Lab, "Escape", Meaning::Close),
    (Place::Lab, "f", Meaning::FullScreen),
    (Place::Lab, "d", Meaning::Theme),
    (Place::Lab, "h", Meaning::Hall),
    (Place::Lab, "? F1", Meaning::Help),
    (Place::Drawing, "ArrowLeft ArrowRight ArrowUp ArrowDown", Meaning::Walk),
    (Place::Drawing, "PageDown", Meaning::NextPart),
    (Place::Drawing, "PageUp", Meaning::PartBefore),
    (Place::Drawing, "Enter Space", Meaning::Open),
    (Place::Drawing, "Delete", Meaning::Strike),
    (Place::Timeline, "ArrowLeft ArrowDown", Meaning::SecondBack),
    (Place::Timeline, "ArrowRight ArrowUp", Meaning::SecondForth),
    (Place::Timeline, "PageUp", Meaning::TenBack),
    (Place::Timeline, "PageDown", Meaning::TenForth),
    (Place::Timeline, "Home", Meaning::Start),
    (Place::Timeline, "End", Meaning::Furthest),
    (Place::Timeline, "Enter", Meaning::Why),
    (Place::Terminal, "ArrowUp", Meaning::LineBefore),
    (Place::Terminal, "ArrowDown", Meaning::LineAfter),
    (Place::Lecture, "n Space ArrowRight ArrowDown PageDown", Meaning::Next),
    (Place::Lecture, "p Shift+Space ArrowLeft ArrowUp PageUp", Meaning::Previous),
    (Place::Lecture, "Home", Meaning::First),
    (Place::Lecture, "End", Meaning::Last),
    (Place::Lecture, "o g Escape", Meaning::Overview),
    (Place::Lecture, "b .", Meaning::Blank),
    (Place::Lecture, "k", Meaning::Play),
    (Place::Lecture, "[", Meaning::StepBack),
    (Place::Lecture, "]", Meaning::Step),
    (Place::Lecture, "<", Meaning::Slower),
    (Place::Lecture, ">", Meaning::Faster),
    (Place::Lecture, "f", Meaning::FullScreen),
    (Place::Lecture, "d", Meaning::Theme),
    (Place::Lecture, "h", Meaning::Hall),
    (Place::Lecture, "? F1", Meaning::Help),
];

/// What a key, as [`KEYS`] calls it, does in a place.
pub fn meaning(place: Place, key: &str) -> Meaning {
    let is_it =
        |row: &&(Place, &str, Meaning)| row.0 == place && row.1.split(' ').any(|own| own == key);
    KEYS.iter().find(is_it).map_or(Meaning::Nothing, |row| row.2)
}

/// Whether a key types a sign: who speaks to a computer, or rests a hand on the keyboard, presses such by accident, so it can be turned off
/// where it is heard on the whole page (WCAG 2.1.4).
pub fn is_single(key: &str) -> bool {
    key.len() == 1 || key.ends_with("Space")
}

/// In which order the map of the keys tells of the places, and under which heading.
const PLACES: [(Place, &str); 5] = [
    (Place::Lab, "Anywhere in the lab"),
    (Place::Drawing, "In the drawing"),
    (Place::Timeline, "On the timeline"),
    (Place::Terminal, "In the terminal"),
    (Place::Lecture, "In the lecture"),
];

/// What a key does, in words.
const fn words(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Nothing => "",
        Meaning::Play => "Play or pause",
        Meaning::StepBack => "Before the last event",
        Meaning::Step => "To the next event",
        Meaning::SecondBack => "A second back",
        Meaning::SecondForth => "A second forth",
        Meaning::TenBack => "10 seconds back",
        Meaning::TenForth => "10 seconds forth",
        Meaning::Start => "To the start",
        Meaning::Furthest => "As far as was played",
        Meaning::Why => "Why something is marked there",
        Meaning::Slower => "Slower",
        Meaning::Faster => "Faster",
        Meaning::Undo => "Take the last edit back",
        Meaning::Redo => "Make it again",
        Meaning::Close => "Close the dialog, then the panel of what is chosen, then the exercise",
        Meaning::FullScreen => "Whole screen, or the window again",
        Meaning::Theme => "Next theme",
        Meaning::Hall => "High contrast for a projector, or the theme before",
        Meaning::Help => "This table",
        Meaning::Walk => "From machine to machine",
        Meaning::NextPart => "From a machine to its links, firewall and zone, and on",
        Meaning::PartBefore => "The same backwards",
        Meaning::Open => "Open what is there",
        Meaning::Strike => "Kill a machine, or bring it back",
        Meaning::LineBefore => "The line that was typed before",
        Meaning::LineAfter => "The line that was typed after it",
        Meaning::Next => "Next step",
        Meaning::Previous => "Previous step",
        Meaning::First => "First step",
        Meaning::Last => "Last step",
        Meaning::Overview => "All steps, to choose from: a number, then Enter",
        Meaning::Blank => "Blank screen; any key here brings it back",
    }
}

/// What stands on a key.
fn shown(key: &str) -> &str {
    match key {
        "ArrowLeft" => "\u{2190}",
        "ArrowRight" => "\u{2192}",
        "ArrowUp" => "\u{2191}",
        "ArrowDown" => "\u{2193}",
        "PageUp" => "Page Up",
        "PageDown" => "Page Down",
        "Escape" => "Esc",
        key => key,
    }
}

/// Every key and what it does, a table for each place.
fn map() -> String {
    let row = |keys: &str, meaning: Meaning| {
        let keys: Vec<String> =
            keys.split(' ').map(|key| format!("<kbd>{}</kbd>", escape_html(shown(key)))).collect();
        format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", keys.join(" "), words(meaning))
    };
    let table = |(place, heading): &(Place, &str)| {
        let rows = KEYS.iter().filter(|own| own.0 == *place);
        let rows: String = rows.map(|(_, keys, meaning)| row(keys, *meaning)).collect();
        let class = if *place == Place::Lecture { " class=\"of-lecture\"" } else { "" };
        format!("<table{class}><caption>{heading}</caption><tbody>{rows}</tbody></table>")
    };
    PLACES.iter().map(table).collect()
}

/// The map of the keys, and what moves in the drawing. The desk answers it.
pub fn help() -> String {
    format!(
        "{}<details><summary>What moves in the drawing</summary>\
         <p class=\"muted\">A click on it tells why: a dot is a request, a green ring an answer, a red ring goes where nobody answers, a red cross is lost there or is an \
         error on its way back. A wider line has more requests/s, a red broken one has errors, a dotted one carries none, at most the checks of a balancer; SPOF is a single point of failure. Each hop is drawn for 0.35 s \
         or longer, though inside the site it takes 0.2 ms: while time passes a mark may be on its way whose request has been answered. At a pause only what is under way is there.</p></details>",
        map()
    )
}

/// The theme, what is spoken, whether single keys are heard, and the place of the map of the keys.
pub fn settings_dialog() -> String {
    let themes =
        [("", "As the device"), ("light", "Light"), ("dark", "Dark"), ("projector", "Projector")];
    let themes: String = themes
        .iter()
        .map(|(value, words)| format!("<option value=\"{value}\">{words}</option>"))
        .collect();
    format!(
        "<div class=\"title\"><h2 id=\"settings-title\">Keys and looks</h2><button data-do=\"close-dialog\" data-on=\"#settings\">Close</button></div>\
         <label class=\"name\">Theme<select id=\"theme\" autofocus=\"\">{themes}</select></label>\
         <label class=\"name\">A screen reader is told<select id=\"announces\"><option value=\"\">Every change</option>\
         <option value=\"important\">What fails or moves</option><option value=\"off\">Nothing by itself</option></select></label>\
         <label class=\"choice\"><input id=\"hears-keys\" type=\"checkbox\" checked=\"\"/>Single keys are heard (outside of text fields)</label>\
         <label class=\"choice\"><input id=\"moves\" type=\"checkbox\" checked=\"\"/>Requests move in the drawing</label>\
         <p class=\"beyond\"><a href=\"{MODEL_FILE}\">How true is it?</a></p>\
         <div data-tells=\"help\"><div class=\"answer sections\"></div></div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Place; 5] =
        [Place::Lab, Place::Timeline, Place::Drawing, Place::Terminal, Place::Lecture];

    /// The keys of a place as its table in the map shows them.
    fn mapped(place: Place) -> Vec<(Vec<String>, String)> {
        let markup = format!("<root>{}</root>", help());
        let document = roxmltree::Document::parse(&markup).unwrap();
        let (_, heading) = PLACES.iter().find(|own| own.0 == place).unwrap();
        let table = document
            .descendants()
            .find(|node| {
                node.has_tag_name("table")
                    && node
                        .children()
                        .any(|own| own.has_tag_name("caption") && own.text() == Some(*heading))
            })
            .unwrap();
        let rows = table.descendants().filter(|node| node.has_tag_name("tr"));
        rows.map(|row| {
            let keys = row.descendants().filter(|node| node.has_tag_name("kbd"));
            let cell = row.descendants().find(|node| node.has_tag_name("td")).unwrap();
            let keys = keys.map(|key| key.text().unwrap().to_owned()).collect();
            (keys, cell.text().unwrap_or_default().to_owned())
        })
        .collect()
    }

    /// R31 of the study of interfaces: the rows of the help are the bindings, in every place.
    #[test]
    fn every_key_has_a_row_and_every_row_its_words() {
        for place in ALL {
            let rows = mapped(place);
            for (keys, words) in &rows {
                assert!(!words.is_empty(), "{place:?}: {keys:?} does something unsaid");
            }
            let told: Vec<&str> =
                rows.iter().flat_map(|(keys, _)| keys).map(String::as_str).collect();
            let own = KEYS.iter().filter(|row| row.0 == place).flat_map(|row| row.1.split(' '));
            let own: Vec<&str> = own.collect();
            assert_eq!(told, own.iter().map(|key| shown(key)).collect::<Vec<_>>(), "{place:?}");
            for (index, key) in own.iter().enumerate() {
                assert_ne!(meaning(place, key), Meaning::Nothing, "{place:?}: {key}");
                assert!(!own[..index].contains(key), "{place:?}: {key} means two things");
            }
        }
    }

    /// The table of the study of interfaces, section 3.1, as far as the lab has what it names.
    #[test]
    fn the_keys_are_those_of_the_study() {
        for (place, keys, wanted) in [
            (Place::Lab, "k Space", Meaning::Play),
            (Place::Lab, ". ]", Meaning::Step),
            (Place::Lab, ", [", Meaning::StepBack),
            (Place::Lab, "Ctrl+Z", Meaning::Undo),
            (Place::Lab, "Ctrl+Shift+Z Ctrl+Y", Meaning::Redo),
            (Place::Drawing, "Delete", Meaning::Strike),
            (Place::Drawing, "Enter", Meaning::Open),
            (Place::Timeline, "Home", Meaning::Start),
            (Place::Lecture, "ArrowRight ArrowDown PageDown Space n", Meaning::Next),
            (Place::Lecture, "ArrowLeft ArrowUp PageUp Shift+Space p", Meaning::Previous),
            (Place::Lecture, "b .", Meaning::Blank),
            (Place::Lecture, "o g Escape", Meaning::Overview),
            (Place::Lecture, "k", Meaning::Play),
            (Place::Lecture, "]", Meaning::Step),
            (Place::Lecture, "[", Meaning::StepBack),
            (Place::Lecture, "? F1", Meaning::Help),
            (Place::Lecture, "d", Meaning::Theme),
            (Place::Lecture, "h", Meaning::Hall),
        ] {
            for key in keys.split(' ') {
                assert_eq!(meaning(place, key), wanted, "{place:?}: {key}");
            }
        }
        assert_eq!(meaning(Place::Lab, "n"), Meaning::Nothing, "the remote is the lecture's");
        assert_eq!(meaning(Place::Lab, ""), Meaning::Nothing);
        let never = ["F5", "F10", "F11", "F12", "Ctrl+R", "Ctrl+W", "Ctrl+T", "Ctrl+L", "Ctrl+P"];
        for key in never.iter().chain(&["Backspace", "Tab"]) {
            for place in ALL {
                assert_eq!(meaning(place, key), Meaning::Nothing, "{key} is the browser's");
            }
        }
    }

    #[test]
    fn what_types_a_sign_is_single() {
        for key in ["n", "?", ".", "Space", "Shift+Space"] {
            assert!(is_single(key), "{key}");
        }
        for key in ["PageDown", "ArrowLeft", "Escape", "F1", "Ctrl+Z", "Delete"] {
            assert!(!is_single(key), "{key}");
        }
    }
}
