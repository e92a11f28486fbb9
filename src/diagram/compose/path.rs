//! The way of a request, its steps numbered: links that are alternatives to one another have the same number.

use super::Picture;
use super::pen::Pen;
use crate::diagram::geometry::{Point, Rect};
use crate::diagram::layout::Route;
use crate::diagram::scene::{Anchor, Group, Look, Mark};
use crate::infra::{Place, Purpose};

/// Of the disc that a number stands on.
const RADIUS: f64 = 9.0;
/// How far along its link a number may stand, the best first.
const PLACES: [f64; 9] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];
/// On the link, or if there is no room, right below it.
const OFFSETS: [f64; 2] = [0.0, RADIUS + 3.0];

impl Picture<'_> {
    /// The numbers, each on its link and beside everything that can be read.
    pub(super) fn path(&self) -> Group {
        let taken = self.taken();
        let mut discs: Vec<(usize, Rect)> = Vec::new();
        for (number, route) in self.steps() {
            let along = |offset: f64| {
                PLACES.map(|fraction| {
                    let on = route.at(fraction, false);
                    disc(Point::new(on.x, on.y + offset))
                })
            };
            let mut free = OFFSETS
                .into_iter()
                .flat_map(along)
                .filter(|disc| !taken.iter().any(|rect| rect.overlaps(disc)));
            let Some(place) = free.find(|disc| {
                !discs.iter().any(|(other, there)| *other != number && there.overlaps(disc))
            }) else {
                continue;
            };
            // Where alternatives run side by side, one number is enough for them.
            if !discs.iter().any(|(other, there)| *other == number && there.overlaps(&place)) {
                discs.push((number, place));
            }
        }
        let size = self.metrics.label;
        let mut marks = Vec::new();
        for (number, rect) in discs {
            let at = rect.center();
            marks.push(Mark::Dot { at, radius: RADIUS, look: Look::Pill });
            let baseline = Point::new(at.x, at.y + size * 0.36);
            let content = number.to_string();
            marks.push(Pen::bold(size).anchored(baseline, Anchor::Middle, &content, f64::MAX));
        }
        Group {
            key: "path".to_owned(),
            class: "path".to_owned(),
            title: Some("The way of a request, its steps numbered".to_owned()),
            marks,
            ..Group::default()
        }
    }

    /// The links that requests take, from the users on: how many links it is from them, this one included.
    fn steps(&self) -> Vec<(usize, &Route)> {
        let users = Place::Users;
        let mut reached = vec![(&users, 0)];
        let mut steps = Vec::new();
        let mut next = 0;
        while let Some(&(place, before)) = reached.get(next) {
            next += 1;
            let is_its =
                |route: &&Route| route.purpose == Purpose::Requests && route.from == *place;
            for route in self.layout.routes.iter().filter(is_its) {
                steps.push((before + 1, route));
                if !reached.iter().any(|(known, _)| **known == route.to) {
                    reached.push((&route.to, before + 1));
                }
            }
        }
        steps
    }

    /// Where a number would hide something.
    pub(super) fn taken(&self) -> Vec<Rect> {
        let layout = self.layout;
        let pen = Pen::muted(self.metrics.label);
        let labels = layout.labels.iter().map(|label| {
            let width = pen.width(&label.text);
            let left = match label.anchor {
                Anchor::Start => label.at.x,
                Anchor::Middle => label.at.x - width / 2.0,
                Anchor::End => label.at.x - width,
            };
            Rect::new(left, label.at.y - pen.size, width, pen.size * 1.25)
        });
        let slots = layout.vips.iter().flat_map(|vips| vips.slots.iter().copied());
        let hosts = layout.hosts.iter().map(|host| host.rect);
        labels.chain(slots).chain(hosts).chain([layout.users]).collect()
    }
}

fn disc(center: Point) -> Rect {
    Rect::new(center.x - RADIUS, center.y - RADIUS, 2.0 * RADIUS, 2.0 * RADIUS)
}
