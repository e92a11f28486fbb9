//! Scene to SVG. The file is plain: presentation attributes with literal colours and nothing that some viewer would not
//! understand (../shared/svg.md C.3). The live stage gets the same marks with class names as well, for its style sheets.
//!
//! Elements are written straight into a string: a library that builds a tree of them first costs a phone 7 KB more of first load.

use super::font::FAMILY;
use super::geometry::{Rect, written};
use super::palette::LIGHT;
use super::scene::{Anchor, Group, Icon, Look, Mark, Scene};

/// Width of an icon's lines, on its square of 24.
const ICON_GRID: f64 = 24.0;

/// What goes inside the live stage's element for this group: one `g` with its classes, title and marks.
pub fn stage_group(group: &Group) -> String {
    let mut out = Xml::default();
    write_group(&mut out, group, true);
    out.0
}

/// The standalone file.
pub fn to_svg(scene: &Scene) -> String {
    let size = scene.size;
    let sheet = Mark::Box {
        at: Rect::new(0.0, 0.0, size.width, size.height),
        radius: 0.0,
        look: Look::Ground,
    };
    let mut out = Xml::default();
    out.open("svg");
    out.set("xmlns", "http://www.w3.org/2000/svg");
    out.set("width", &written(size.width));
    out.set("height", &written(size.height));
    out.set("viewBox", &format!("0 0 {} {}", written(size.width), written(size.height)));
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
    write_mark(&mut out, &sheet, false);
    for group in scene.groups.iter().filter(|group| !group.marks.is_empty()) {
        write_group(&mut out, group, false);
    }
    out.close("svg");
    out.0
}

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

fn write_group(out: &mut Xml, group: &Group, is_live: bool) {
    out.open("g");
    if is_live {
        out.set("class", &group.class);
    }
    out.inside();
    if let Some(title) = &group.title {
        out.open("title");
        out.text("title", title);
    }
    for mark in &group.marks {
        write_mark(out, mark, is_live);
    }
    out.close("g");
}

fn write_mark(out: &mut Xml, mark: &Mark, is_live: bool) {
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
            if *bold {
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
    paint(out, mark, look);
    if is_live {
        let weight = if matches!(mark, Mark::Text { bold: true, .. }) { " strong" } else { "" };
        out.set("class", &format!("{}{weight}", look.class()));
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

fn paint(out: &mut Xml, mark: &Mark, look: Look) {
    let paint = look.paint();
    out.set("fill", paint.fill.map_or("none", |role| LIGHT.color(role)));
    if let Some(role) = paint.stroke {
        let own = if let Mark::Path { width, .. } = mark { *width } else { None };
        out.set("stroke", LIGHT.color(role));
        out.set("stroke-width", &written(own.unwrap_or(paint.width)));
    }
    if let Some(dash) = paint.dash {
        out.set("stroke-dasharray", dash);
    }
    if paint.is_round {
        out.set("stroke-linecap", "round");
        out.set("stroke-linejoin", "round");
    }
}
