//! The title above and the legend below: what the file has and the page says elsewhere.

use super::Picture;
use super::pen::{self, Pen};
use crate::diagram::geometry::{Point, written};
use crate::diagram::layout::LegendItem;
use crate::diagram::scene::{Group, Look};

impl Picture<'_> {
    pub(super) fn caption(&self) -> Group {
        let pen = Pen::bold(self.metrics.title);
        let lines = self.layout.caption.iter();
        Group {
            key: "caption".to_owned(),
            class: "caption".to_owned(),
            marks: lines.map(|(text, at)| pen.write(at.x, at.y, text, f64::MAX)).collect(),
            ..Group::default()
        }
    }

    pub(super) fn legend(&self) -> Group {
        let size = self.metrics.label;
        let mut marks = Vec::new();
        for (item, at) in &self.layout.legend {
            if *item == LegendItem::Firewall && !self.shown.zones {
                continue;
            }
            let middle = at.y - size * 0.36;
            match item {
                LegendItem::State(condition) => {
                    marks.push(pen::state(Point::new(at.x + 6.0, middle), 6.0, *condition));
                }
                LegendItem::Vrrp => {
                    let (from, to) =
                        (Point::new(at.x, middle), Point::new(at.x + self.metrics.sample, middle));
                    marks.push(pen::line(from, to, Look::Vrrp));
                }
                LegendItem::Firewall => marks.push(pen::shield(at.x, middle - 8.0)),
                LegendItem::Out => {
                    let (from, to) =
                        (Point::new(at.x, middle), Point::new(at.x + self.metrics.sample, middle));
                    marks.push(pen::line(from, to, Look::LinkOut));
                }
                LegendItem::Rate => {
                    let [x, y] = [at.x, middle - 0.75].map(written);
                    marks.push(pen::path(
                        format!("M{x} {y}l{0}-2v5.5l-{0}-2z", written(self.metrics.sample)),
                        Look::Head,
                    ));
                }
                LegendItem::SinglePoint => {}
            }
            let pen = Pen::muted(size);
            marks.push(pen.write(at.x + item.sign(self.metrics), at.y, item.text(), f64::MAX));
        }
        Group { key: "legend".to_owned(), class: "legend".to_owned(), marks, ..Group::default() }
    }
}
