//! Scene to SVG. The file is plain: presentation attributes with literal colours and nothing that some viewer would not
//! understand (../shared/svg.md C.3). The live stage gets the same marks with class names instead: `style/stage.css` paints them.
//!
//! Elements are written straight into a string: a library that builds a tree of them first costs a phone 7 KB more of first load.

use super::font::FAMILY;
use super::geometry::{Rect, Size, written};
use super::palette::{LIGHT, Palette};
use super::scene::{Anchor, Group, Icon, Look, Mark, Scene};

/// Width of an icon's lines, on its square of 24.
const ICON_GRID: f64 = 24.0;

/// What goes inside the live stage's element for this group: one `g` with its classes, title and marks.
pub fn stage_group(group: &Group) -> String {
    let mut out = Xml::default();
    write_group(&mut out, group, None);
    out.0
}

/// The same for a group that people choose: over each of its lines lie wider ones that nobody sees. `far` is as wide as a finger needs;
/// where those of neighbours overlap, `near` says which line was meant. `style/stage.css` gives both their widths.
pub fn live_group(group: &Group) -> String {
    let mut markup = stage_group(group);
    let end = markup.trim_end().len() - "</g>".len();
    markup.truncate(end);
    for mark in &group.marks {
        match mark {
            Mark::Path {
                d,
                look: Look::Link | Look::LinkFailing | Look::LinkOut | Look::Vrrp | Look::VrrpOut,
                ..
            } => {
                for class in ["hit far", "hit near"] {
                    markup.push_str(&reach(d, class));
                }
            }
            Mark::Box { at, look: Look::Pill | Look::PillLost, .. } => {
                let [x, y, width] = [at.x, at.center().y, at.width].map(written);
                markup.push_str(&reach(&format!("M{x} {y}h{width}"), "hit"));
            }
            Mark::Path { .. }
            | Mark::Box { .. }
            | Mark::Dot { .. }
            | Mark::Icon { .. }
            | Mark::Text { .. } => {}
        }
    }
    markup + "</g>"
}

/// What a live stage lays over the shield of the firewall that is drawn in this group, so that people can choose it; empty without one.
pub fn guard_reach(group: &Group) -> String {
    let mut reached = String::new();
    for mark in &group.marks {
        if let Mark::Path { d, look: Look::Shield, .. } = mark {
            reached.push_str(&reach(d, "hit"));
        }
    }
    reached
}

fn reach(d: &str, class: &str) -> String {
    format!("<path class=\"{class}\" d=\"{d}\"/>")
}

/// The shape of the sheet that a picture lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// As large as what is drawn.
    AsDrawn,
    /// Paper: it lies, but for what is much higher than wide.
    A4,
    /// A screen, 16 to 9.
    Screen,
}

impl Sheet {
    /// The sheet around what is drawn, which lies in its middle.
    fn around(self, size: Size) -> Rect {
        let ratio = match self {
            Self::AsDrawn => return Rect::new(0.0, 0.0, size.width, size.height),
            Self::A4 if size.is_tower() => 210.0 / 297.0,
            Self::A4 => 297.0 / 210.0,
            Self::Screen => 16.0 / 9.0,
        };
        let width = size.width.max(size.height * ratio);
        let height = width / ratio;
        // By whole units, so that what is drawn on the grid of pixels stays on it.
        let left = ((size.width - width) / 2.0).trunc();
        let top = ((size.height - height) / 2.0).trunc();
        Rect::new(left, top, width, height)
    }
}

/// The standalone file, as it usually is: as large as what is drawn, by day.
pub fn to_svg(scene: &Scene) -> String {
    to_svg_on(scene, Sheet::AsDrawn, &LIGHT, None)
}

/// The standalone file on a sheet of this shape, in these colours. `source`: what the picture can be made again from, for programs alone; no
/// viewer shows it.
pub fn to_svg_on(scene: &Scene, sheet: Sheet, palette: &Palette, source: Option<&str>) -> String {
    let at = sheet.around(scene.size);
    let style = Some(palette);
    let sheet = Mark::Box { at, radius: 0.0, look: Look::Ground };
    let mut out = Xml::default();
    out.open("svg");
    out.set("xmlns", "http://www.w3.org/2000/svg");
    let [x, y, width, height] = [at.x, at.y, at.width, at.height].map(written);
    out.set("width", &width);
    out.set("height", &height);
    out.set("viewBox", &format!("{x} {y} {width} {height}"));
    out.set("role", "img");
    out.set("aria-labelledby", "diagram-title diagram-description");
    out.set("font-family", FAMILY);
    out.inside();
    for (name, id, text) in [
        ("title", "diagram-title", &scene.title),
        ("desc", "diagram-description", &scene.description),
    ] {
        out.open(name);
        out.set("id", id);
        out.text(name, text);
    }
    if let Some(source) = source {
        out.open("metadata");
        out.text("metadata", source);
    }
    write_mark(&mut out, &sheet, style);
    for group in scene.groups.iter().filter(|group| !group.marks.is_empty()) {
        write_group(&mut out, group, style);
    }
    out.close("svg");
    out.0
}

/// In which colours; none on the live stage, whose marks have classes.
type Style<'a> = Option<&'a Palette>;

/// A document that is written from its beginning to its end, an element a line.
#[derive(Default)]
struct Xml(String);

impl Xml {
    /// Begins an element; its attributes follow.
    fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
    }

    fn set(&mut self, name: &str, value: &str) {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        self.escaped(value);
        self.0.push('"');
    }

    /// Ends an element that has nothing inside.
    fn end(&mut self) {
        self.0.push_str("/>\n");
    }

    /// The attributes are over; other elements follow.
    fn inside(&mut self) {
        self.0.push_str(">\n");
    }

    /// The attributes are over; all that is inside is this text.
    fn text(&mut self, name: &str, text: &str) {
        self.0.push('>');
        self.escaped(text);
        self.close(name);
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push_str(">\n");
    }

    /// What XML can hold of a text: no control characters, and none of its own signs.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\u{fffe}' | '\u{ffff}' => {}
                c if c.is_control() => {}
                c => self.0.push(c),
            }
        }
    }
}

fn write_group(out: &mut Xml, group: &Group, style: Style<'_>) {
    out.open("g");
    if style.is_none() {
        out.set("class", &group.class);
    }
    out.inside();
    if let Some(title) = &group.title {
        out.open("title");
        out.text("title", title);
    }
    for mark in &group.marks {
        write_mark(out, mark, style);
    }
    out.close("g");
}

fn write_mark(out: &mut Xml, mark: &Mark, style: Style<'_>) {
    let look = match mark {
        Mark::Box { at, radius, look } => {
            out.open("rect");
            let sides = [("x", at.x), ("y", at.y), ("width", at.width), ("height", at.height)];
            set_numbers(out, &sides);
            if *radius > 0.0 {
                set_numbers(out, &[("rx", *radius)]);
            }
            *look
        }
        Mark::Dot { at, radius, look } => {
            out.open("circle");
            set_numbers(out, &[("cx", at.x), ("cy", at.y), ("r", *radius)]);
            *look
        }
        Mark::Path { d, look, .. } => {
            out.open("path");
            out.set("d", d);
            *look
        }
        Mark::Icon { at, size, icon } => {
            out.open("path");
            out.set("d", Icon::path(*icon));
            let [x, y, scale] = [at.x, at.y, size / ICON_GRID].map(written);
            out.set("transform", &format!("translate({x} {y}) scale({scale})"));
            Look::Icon
        }
        Mark::Text { at, anchor, size, bold, look, .. } => {
            out.open("text");
            set_numbers(out, &[("x", at.x), ("y", at.y), ("font-size", *size)]);
            if *bold && style.is_some() {
                out.set("font-weight", "bold");
            }
            match anchor {
                Anchor::Start => {}
                Anchor::Middle => out.set("text-anchor", "middle"),
                Anchor::End => out.set("text-anchor", "end"),
            }
            *look
        }
    };
    let own_width = if let Mark::Path { width, .. } = mark { *width } else { None };
    if let Some(palette) = style {
        paint(out, look, own_width, palette);
    } else {
        let weight = if matches!(mark, Mark::Text { bold: true, .. }) { " strong" } else { "" };
        out.set("class", &format!("{}{weight}", look.class()));
        if let Some(width) = own_width {
            set_numbers(out, &[("stroke-width", width)]);
        }
    }
    match mark {
        Mark::Text { content, .. } => out.text("text", content),
        Mark::Box { .. } | Mark::Dot { .. } | Mark::Path { .. } | Mark::Icon { .. } => out.end(),
    }
}

fn set_numbers(out: &mut Xml, numbers: &[(&str, f64)]) {
    for (name, number) in numbers {
        out.set(name, &written(*number));
    }
}

fn paint(out: &mut Xml, look: Look, own_width: Option<f64>, palette: &Palette) {
    let paint = look.paint();
    out.set("fill", paint.fill.map_or("none", |role| palette.color(role)));
    if let Some(role) = paint.stroke {
        out.set("stroke", palette.color(role));
        out.set("stroke-width", &written(own_width.unwrap_or(paint.width)));
    }
    if let Some(dash) = paint.dash {
        out.set("stroke-dasharray", dash);
    }
    if paint.is_round {
        out.set("stroke-linecap", "round");
        out.set("stroke-linejoin", "round");
    }
}
