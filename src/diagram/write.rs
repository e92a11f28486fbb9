//! Scene to SVG. The file is plain: presentation attributes with literal colours and nothing that some viewer would not
//! understand (../shared/svg.md C.3). The live stage gets the same marks with class names as well, for its style sheets.

use svg::Document;
use svg::node::element::{Circle, Description, Element, Group as G, Path, Rectangle, Text, Title};

use super::font::FAMILY;
use super::geometry::{Rect, written};
use super::palette::LIGHT;
use super::scene::{Anchor, Group, Icon, Look, Mark, Scene};

/// Width of an icon's lines, on its square of 24.
const ICON_GRID: f64 = 24.0;

/// What goes inside the live stage's element for this group: one `g` with its classes, title and marks.
pub fn stage_group(group: &Group) -> String {
    element(group, true).to_string()
}

/// The standalone file.
pub fn to_svg(scene: &Scene) -> String {
    let size = scene.size;
    let sheet = Mark::Box {
        at: Rect::new(0.0, 0.0, size.width, size.height),
        radius: 0.0,
        look: Look::Ground,
    };
    let mut document = Document::new()
        .set("width", written(size.width))
        .set("height", written(size.height))
        .set("viewBox", format!("0 0 {} {}", written(size.width), written(size.height)))
        .set("role", "img")
        .set("aria-labelledby", "diagram-title diagram-description")
        .set("font-family", FAMILY)
        .add(Title::new(clean(&scene.title)).set("id", "diagram-title"))
        .add(Description::new().set("id", "diagram-description").add(text_node(&scene.description)))
        .add(mark(&sheet, false));
    for group in scene.groups.iter().filter(|group| !group.marks.is_empty()) {
        document = document.add(element(group, false));
    }
    format!("{document}\n")
}

/// What XML can hold of a text: no control characters.
fn clean(text: &str) -> String {
    let is_allowed = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(is_allowed).collect()
}

fn text_node(text: &str) -> svg::node::Text {
    svg::node::Text::new(clean(text))
}

fn element(group: &Group, is_live: bool) -> G {
    let mut g = G::new();
    if is_live {
        g = g.set("class", group.class.clone());
    }
    if let Some(title) = &group.title {
        g = g.add(Title::new(clean(title)));
    }
    for each in &group.marks {
        g = g.add(mark(each, is_live));
    }
    g
}

fn mark(mark: &Mark, is_live: bool) -> Element {
    let (mut element, look): (Element, Look) = match mark {
        Mark::Box { at, radius, look } => {
            let mut rect = Rectangle::new()
                .set("x", written(at.x))
                .set("y", written(at.y))
                .set("width", written(at.width))
                .set("height", written(at.height));
            if *radius > 0.0 {
                rect = rect.set("rx", written(*radius));
            }
            (rect.into(), *look)
        }
        Mark::Dot { at, radius, look } => {
            let circle = Circle::new()
                .set("cx", written(at.x))
                .set("cy", written(at.y))
                .set("r", written(*radius));
            (circle.into(), *look)
        }
        Mark::Path { d, look, .. } => (Path::new().set("d", d.as_str()).into(), *look),
        Mark::Icon { at, size, icon } => {
            let scale = written(size / ICON_GRID);
            let [x, y] = [at.x, at.y].map(written);
            let path = Path::new()
                .set("d", Icon::path(*icon))
                .set("transform", format!("translate({x} {y}) scale({scale})"));
            (path.into(), Look::Icon)
        }
        Mark::Text { at, anchor, size, bold, content, look } => {
            let mut text = Text::new(clean(content))
                .set("x", written(at.x))
                .set("y", written(at.y))
                .set("font-size", written(*size));
            if *bold {
                text = text.set("font-weight", "bold");
            }
            match anchor {
                Anchor::Start => {}
                Anchor::Middle => text = text.set("text-anchor", "middle"),
                Anchor::End => text = text.set("text-anchor", "end"),
            }
            (text.into(), *look)
        }
    };
    paint(&mut element, mark, look);
    if is_live {
        let weight = if matches!(mark, Mark::Text { bold: true, .. }) { " strong" } else { "" };
        set(&mut element, "class", format!("{}{weight}", look.class()));
    }
    element
}

fn set(element: &mut Element, name: &str, value: impl Into<svg::node::Value>) {
    element.get_attributes_mut().insert(name.to_owned(), value.into());
}

fn paint(element: &mut Element, mark: &Mark, look: Look) {
    let paint = look.paint();
    set(element, "fill", paint.fill.map_or("none", |role| LIGHT.color(role)));
    if let Some(role) = paint.stroke {
        let own = if let Mark::Path { width, .. } = mark { *width } else { None };
        set(element, "stroke", LIGHT.color(role));
        set(element, "stroke-width", written(own.unwrap_or(paint.width)));
    }
    if let Some(dash) = paint.dash {
        set(element, "stroke-dasharray", dash);
    }
    if paint.is_round {
        set(element, "stroke-linecap", "round");
        set(element, "stroke-linejoin", "round");
    }
}
