//! What people type, in the two formats that nobody can read as text: in the PDF it is words and nothing else, in the PNG it is drawn as
//! another renderer draws the SVG.

use std::fs;

use foobar_lab::kernel::Chance;
use foobar_lab::submission::SectionId;
use resvg::tiny_skia::Pixmap;
use serde_json::Value;

use super::pdf::{found, objects, printed};
use super::{export, fresh, program};

/// What is typed, and what is read of it: the same, but for what turns the reading round.
const TYPED: [(&str, &str); 12] = [
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("&amp; &lt; &#60; <!-- slot:evidence -->", "&amp; &lt; &#60; <!-- slot:evidence -->"),
    (
        "\"]]> </text></svg><a href=\"javascript:x\">y</a>",
        "\"]]> </text></svg><a href=\"javascript:x\">y</a>",
    ),
    ("Ada \u{202e}ecalevoL\u{202c} wrote it", "Ada Lovelace wrote it"),
    ("a \u{1f680} \u{1f469}\u{200d}\u{1f4bb} z", "a z"),
    ("Ада Лавлейс, é", "Ада Лавлейс, é"),
    ("\\href{http://a.example/}{x} $\\frac{1}{2}$", "\\href{http://a.example/}{x} $\\frac{1}{2}$"),
    (
        "[y](http://b.example/) ![i](i.png) <img src=c> | `d` **e** ~~f~~",
        "[y](http://b.example/) ![i](i.png) <img src=c> | `d` **e** ~~f~~",
    ),
    ("$(reboot); `reboot` & reboot", "$(reboot); `reboot` & reboot"),
    ("/Launch (x) /URI (http://c.example/) endobj", "/Launch (x) /URI (http://c.example/) endobj"),
    ("http://d.example/ www.e.example f@g.example", "http://d.example/ www.e.example f@g.example"),
    (
        "<iframe src=//h.example> onload=\"i()\" style='j'",
        "<iframe src=//h.example> onload=\"i()\" style='j'",
    ),
];
/// Letters that every font of the document has, and signs that mean something to some format.
const SIGNS: &str = "abcXYZ012 éßЖ<>&\"'`$|#*_~[]()!\\:;{}%@/-=";
/// What in a PDF can be clicked, run, opened or fetched.
const LIVE: [&str; 11] = [
    "/Annots",
    "/URI",
    "/JavaScript",
    "/JS",
    "/Launch",
    "/OpenAction",
    "/AA",
    "/AcroForm",
    "/EmbeddedFile",
    "/GoToR",
    "/SubmitForm",
];

/// The share of pixels in which the PNG may differ from librsvg's picture. Measured: 0.00016 %, and 0.014 % where each name ends in another
/// letter.
const BOUND: f64 = 0.000_02;

/// Something nobody would think of; the same each time.
fn by_chance(index: u64) -> String {
    let mut draw = Chance::new(61).draw(0, index);
    let signs: Vec<char> = SIGNS.chars().collect();
    let some = (0..60).map(|_| signs[(draw.unit() * signs.len() as f64) as usize]);
    format!("q{}p", some.collect::<String>())
}

/// For every section what is typed there, and what is read.
fn typed() -> Vec<(String, String)> {
    let known = TYPED.map(|(typed, read)| (typed.to_owned(), read.to_owned()));
    let chance = (0..).map(|index| (by_chance(index), by_chance(index)));
    let long = "W".repeat(500);
    known
        .into_iter()
        .chain([(long.clone(), long)])
        .chain(chance)
        .take(SectionId::ALL.len())
        .collect()
}

/// A text without spaces, breaks, marks of direction, and characters that not every font has.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c < '\u{530}').collect()
}

/// The names of [`LIVE`] that stand in these objects; `/AA` does not stand in `/AAAAAA+DejaVuSans`.
fn live(objects: &str) -> Vec<&'static str> {
    let is_whole = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let stands = |name: &str| {
        objects.match_indices(name).any(|(at, _)| is_whole(&objects[at + name.len()..]))
    };
    LIVE.into_iter().filter(|name| stands(name)).collect()
}

#[test]
fn what_is_typed_is_words_in_the_pdf_and_nothing_else() {
    let out = fresh("typed-pdf");
    fs::create_dir_all(&out).unwrap();
    let name = "Ada <script>x()</script> & \u{202e}\"$(reboot)\"";
    let own: String = SectionId::ALL
        .iter()
        .zip(typed())
        .map(|(section, (typed, _))| format!("## {}\n{typed}\n", section.name()))
        .collect();
    let words = out.join("own.md");
    fs::write(&words, own).unwrap();
    let words = words.display().to_string();
    let arguments = ["--name", name, "--own-words", &words, "--format", "pdf"];
    let Some(pdf) = printed(&out, &arguments) else { return };
    assert_eq!(live(&objects(&pdf)), [""; 0]);
    let Some(read) = found("pdftotext", &[&pdf.display().to_string(), "-"]) else {
        eprintln!("skipped: there is no pdftotext here (poppler-utils) to read the PDF with");
        return;
    };
    let read = letters(&read);
    assert!(read.contains(&letters("By Ada <script>x()</script> &")), "{read}");
    for (typed, wanted) in typed() {
        assert!(read.contains(&letters(&wanted)), "{typed:?} is not in {read}");
    }
}

#[test]
fn what_can_be_clicked_in_a_pdf_would_be_seen() {
    let link = "<</Type /Annot /A <</S /URI /URI (http://a.example/)>>>> /AAAAAA+DejaVuSans";
    assert_eq!(live(link), ["/URI"]);
    assert_eq!(live("<</Annots [1 0 R] /AA <<>>>>"), ["/Annots", "/AA"]);
}

/// The share of pixels that differ by more than a quarter of the range: not the soft edge of a letter.
fn difference(one: &Pixmap, other: &Pixmap) -> f64 {
    assert_eq!((one.width(), one.height()), (other.width(), other.height()));
    let differ = one.pixels().iter().zip(other.pixels()).filter(|(one, other)| {
        let sides =
            [(one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue())];
        sides.iter().any(|(one, other)| one.abs_diff(*other) > 64)
    });
    differ.count() as f64 / one.pixels().len() as f64
}

/// The brief with this title, and every machine called like it.
fn plan(called: &str) -> Value {
    let output = program().args(["plan", "--preset", "brief"]).output().unwrap();
    let mut plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let site = &mut plan["infrastructure"];
    site["title"] = called.into();
    for host in site["hosts"].as_array_mut().unwrap() {
        host["title"] = called.into();
        host["role"] = called.into();
    }
    plan
}

#[test]
fn what_is_typed_is_drawn_in_the_png_as_in_the_svg() {
    let random = by_chance(99);
    let names = [
        "<script>alert(1)</script>",
        "&amp; <b>x</b> \"]]></text></svg>",
        "Ada Lovelace, Ада é",
        "$(reboot) `reboot` \\frac{1}{2} [y](z)",
        random.as_str(),
    ];
    for (index, name) in names.into_iter().enumerate() {
        let folder = fresh(&format!("typed-plan-{index}"));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("plan.json");
        fs::write(&file, plan(name).to_string()).unwrap();
        let file = file.display().to_string();
        let out = export(&format!("typed-png-{index}"), &["--plan", &file, "--format", "svg,png"]);
        let ours = Pixmap::decode_png(&fs::read(out.join("diagram.png")).unwrap()).unwrap();
        assert!(ours.pixels().iter().all(|pixel| pixel.alpha() == 255), "{name}: opaque");
        let (svg, other) = (out.join("diagram.svg"), out.join("librsvg.png"));
        let (svg, other) = (svg.display().to_string(), other.display().to_string());
        let width = ours.width().to_string();
        if found("rsvg-convert", &["--width", &width, "--output", &other, &svg]).is_none() {
            eprintln!("skipped: there is no rsvg-convert here (librsvg2-bin) to compare with");
            return;
        }
        let theirs = Pixmap::decode_png(&fs::read(other).unwrap()).unwrap();
        let differ = difference(&ours, &theirs);
        assert!(differ <= BOUND, "{name}: {differ}");
    }
}
