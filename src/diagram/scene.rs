//! What is drawn: a flat list of marks, every place and size resolved, in groups that keep their key as the state changes.

use super::geometry::{Point, Rect, Size};
use super::palette::Role;
use crate::sim::Condition;

/// A whole picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Its size.
    pub size: Size,
    /// One line for people.
    pub title: String,
    /// Everything it shows, as text.
    pub description: String,
    /// What is drawn, from the back to the front.
    pub groups: Vec<Group>,
}

/// Marks that belong together and change together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Its name, the same in every picture of one infrastructure, such as `host-app-1`.
    pub key: String,
    /// Its classes on the live stage, such as `host down`.
    pub class: String,
    /// What it shows, for people who point at it or have it read to them.
    pub title: Option<String>,
    /// What is drawn, from the back to the front.
    pub marks: Vec<Mark>,
    /// The machines it has to do with, with spaces between, if a stage lets people choose it; `*`: all of them. No file has it.
    pub of: String,
    /// The name of the firewall whose shield is drawn in it, and how many of its rules are out; empty if none is. No file has it.
    pub guard: String,
}

impl Group {
    /// Its name and its state, where a stage lets people choose it: what is written in it, so that it can be called by what is seen, and what
    /// that leaves out.
    pub fn label(&self) -> String {
        let title = self.title.as_deref().unwrap_or_default();
        let mut label = String::new();
        for mark in &self.marks {
            // An address with two owners is written above both.
            if let Mark::Text { content, .. } = mark
                && !label.contains(content.as_str())
            {
                label.push_str(content);
                label.push_str(", ");
            }
        }
        label.push_str(match self.key.split('-').next().unwrap_or_default() {
            "zone" => "zone",
            "vip" => {
                let owner = title.split_once(", ").map_or("", |(_, owner)| owner);
                // What is written may have said it.
                if label.contains(owner) { "" } else { owner }
            }
            "users" => "outside",
            _ => "Link ",
        });
        if label == "Link " {
            label.push_str(title);
        }
        label.truncate(label.trim_end_matches(", ").len());
        label
    }
}

/// One thing drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A rectangle.
    Box {
        /// Where.
        at: Rect,
        /// Of its corners.
        radius: f64,
        /// How.
        look: Look,
    },
    /// A circle.
    Dot {
        /// Its centre.
        at: Point,
        /// Its size.
        radius: f64,
        /// How.
        look: Look,
    },
    /// A line or a shape.
    Path {
        /// The `d` of a path.
        d: String,
        /// Its own width, where that tells something.
        width: Option<f64>,
        /// How.
        look: Look,
    },
    /// A small picture.
    Icon {
        /// Its top left corner.
        at: Point,
        /// Width and height.
        size: f64,
        /// Which.
        icon: Icon,
    },
    /// One line of text.
    Text {
        /// The end of its baseline that `anchor` names.
        at: Point,
        /// Which end `at` is.
        anchor: Anchor,
        /// The type size.
        size: f64,
        /// Whether it is bold.
        bold: bool,
        /// The text.
        content: String,
        /// How.
        look: Look,
    },
}

/// Which end of a text stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// Small pictures, drawn here: generic shapes, nobody's mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Icon {
    /// People.
    Users,
    /// One way in, three ways out.
    Balancer,
    /// A window.
    Web,
    /// Brackets.
    App,
    /// A drum.
    Database,
    /// A machine.
    Machine,
}

/// How a mark looks: its class on the live stage and its colours in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// The sheet.
    Ground,
    /// A zone.
    Band,
    /// The border of a zone where a firewall stands.
    Border,
    /// The shield on it.
    Shield,
    /// A host, by how it stands; also the users.
    Card(Condition),
    /// A small picture.
    Icon,
    /// Text of the first rank.
    Text,
    /// Text of the second rank.
    Muted,
    /// A link in use.
    Link,
    /// A link on which something fails.
    LinkFailing,
    /// A link that carries no requests: at most checks.
    LinkOut,
    /// The arrow head of a link.
    Head,
    /// The balancers' adverts.
    Vrrp,
    /// The adverts of a balancer that sends none.
    VrrpOut,
    /// A virtual address with its owner.
    Pill,
    /// A virtual address without one.
    PillLost,
    /// The frame of a short remark.
    Tag,
    /// The shape of a state.
    State(Condition),
}

/// The colours and lines of a look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paint {
    /// Inside.
    pub fill: Option<Role>,
    /// The line.
    pub stroke: Option<Role>,
    /// The line's width.
    pub width: f64,
    /// The line's dashes.
    pub dash: Option<&'static str>,
    /// Whether the line's ends are round.
    pub is_round: bool,
}

impl Look {
    /// Every one; in maintenance as draining.
    pub const ALL: [Self; 24] = [
        Self::Ground,
        Self::Band,
        Self::Border,
        Self::Shield,
        Self::Card(Condition::Up),
        Self::Card(Condition::Degraded),
        Self::Card(Condition::Down),
        Self::Card(Condition::Drain),
        Self::Icon,
        Self::Text,
        Self::Muted,
        Self::Link,
        Self::LinkFailing,
        Self::LinkOut,
        Self::Head,
        Self::Vrrp,
        Self::VrrpOut,
        Self::Pill,
        Self::PillLost,
        Self::Tag,
        Self::State(Condition::Up),
        Self::State(Condition::Degraded),
        Self::State(Condition::Down),
        Self::State(Condition::Drain),
    ];

    /// Its classes on the live stage, which `style/stage.css` colours.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Ground => "ground",
            Self::Band => "band",
            Self::Border => "border",
            Self::Shield => "shield",
            Self::Card(Condition::Up) => "card up",
            Self::Card(Condition::Degraded) => "card degraded",
            Self::Card(Condition::Down) => "card down",
            Self::Card(Condition::Drain | Condition::Maint) => "card out",
            Self::Icon => "icon",
            Self::Text => "text",
            Self::Muted => "text muted",
            Self::Link => "link",
            Self::LinkFailing => "link failing",
            Self::LinkOut => "link out",
            Self::Head => "head",
            Self::Vrrp => "vrrp",
            Self::VrrpOut => "vrrp out",
            Self::Pill => "pill",
            Self::PillLost => "pill lost",
            Self::Tag => "tag",
            Self::State(Condition::Up) => "state-up",
            Self::State(Condition::Degraded) => "state-degraded",
            Self::State(Condition::Down) => "state-down",
            Self::State(Condition::Drain | Condition::Maint) => "state-out",
        }
    }

    /// Its colours and lines.
    pub const fn paint(self) -> Paint {
        let none = Paint { fill: None, stroke: None, width: 0.0, dash: None, is_round: false };
        match self {
            Self::Ground => Paint { fill: Some(Role::Ground), ..none },
            Self::Band | Self::Tag => Paint { fill: Some(Role::Band), ..none },
            Self::Border => line(Role::Line, 3.0, Some("9 2")),
            Self::Shield => Paint { fill: Some(Role::Band), ..line(Role::Line, 1.5, None) },
            Self::Card(Condition::Up) | Self::Pill => outline(Role::Line, 1.5, None),
            Self::Card(Condition::Degraded) => outline(Role::Degraded, 2.5, Some("10 5")),
            Self::Card(Condition::Down) => outline(Role::Down, 2.5, Some("4 4")),
            Self::Card(Condition::Drain | Condition::Maint) => {
                outline(Role::Maint, 2.5, Some("2 4"))
            }
            Self::Icon => Paint { is_round: true, ..line(Role::Muted, 1.5, None) },
            Self::Text => Paint { fill: Some(Role::Ink), ..none },
            Self::Muted => Paint { fill: Some(Role::Muted), ..none },
            Self::Link => line(Role::Line, 1.5, None),
            Self::LinkFailing => line(Role::Down, 1.5, Some("16 4")),
            Self::LinkOut | Self::VrrpOut => line(Role::Line, 1.0, Some("2 5")),
            Self::Head => Paint { fill: Some(Role::Line), ..none },
            Self::Vrrp => line(Role::Line, 1.5, Some("7 5")),
            Self::PillLost => outline(Role::Down, 2.0, Some("4 4")),
            Self::State(Condition::Up) => Paint { fill: Some(Role::Up), ..none },
            Self::State(Condition::Degraded) => Paint { fill: Some(Role::Degraded), ..none },
            Self::State(Condition::Drain | Condition::Maint) => {
                Paint { fill: Some(Role::Maint), ..none }
            }
            Self::State(Condition::Down) => Paint { is_round: true, ..line(Role::Down, 3.0, None) },
        }
    }
}

const fn line(role: Role, width: f64, dash: Option<&'static str>) -> Paint {
    Paint { fill: None, stroke: Some(role), width, dash, is_round: false }
}

const fn outline(role: Role, width: f64, dash: Option<&'static str>) -> Paint {
    Paint { fill: Some(Role::Surface), ..line(role, width, dash) }
}

impl Icon {
    /// Its lines, on a square of 24.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Users => {
                "M9 11a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM2 21v-1a7 6 0 0 1 14 0v1M16 3.5a4 4 0 0 1 0 7.2M18.5 14.3a6.5 6 0 0 1 3.5 5.7v1"
            }
            Self::Balancer => {
                "M7 12a2.5 2.5 0 1 0-5 0a2.5 2.5 0 0 0 5 0zM7 12h10M6.4 10.3l10.6-5.3M6.4 13.7l10.6 5.3M22 4.5a2.5 2.5 0 1 0-5 0a2.5 2.5 0 0 0 5 0zM22 12a2.5 2.5 0 1 0-5 0a2.5 2.5 0 0 0 5 0zM22 19.5a2.5 2.5 0 1 0-5 0a2.5 2.5 0 0 0 5 0z"
            }
            Self::Web => {
                "M4 4h16a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-16a2 2 0 0 1-2-2v-12a2 2 0 0 1 2-2zM2 9h20M5.5 6.5h.1M8.5 6.5h.1"
            }
            Self::App => "M7 6l-5 6l5 6M17 6l5 6l-5 6M14 4l-4 16",
            Self::Database => {
                "M3 5.5a9 3 0 0 1 18 0a9 3 0 0 1-18 0v13a9 3 0 0 0 18 0v-13M3 12a9 3 0 0 0 18 0"
            }
            Self::Machine => "M3 4h18v7h-18zM3 13h18v7h-18zM6.5 7.5h.1M6.5 16.5h.1",
        }
    }
}
