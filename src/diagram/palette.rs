//! The colours, by role. The file is drawn in [`LIGHT`]; the page takes the same roles from `style/tokens.css`, and a test
//! holds the two equal. The states' colours are those measured in ux.md 3.4 (colour-blind safe; shape and word carry
//! them too); every other colour is a neutral, so that colour always means a state or the request being followed.

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The sheet everything lies on.
    Ground,
    /// Cards and pills.
    Surface,
    /// Zones.
    Band,
    /// Text.
    Ink,
    /// Text of the second rank.
    Muted,
    /// Links and outlines.
    Line,
    /// The request being followed, and the focus.
    Accent,
    /// Up.
    Up,
    /// Degraded.
    Degraded,
    /// Down.
    Down,
    /// In maintenance or draining.
    Maint,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Ground,
        Self::Surface,
        Self::Band,
        Self::Ink,
        Self::Muted,
        Self::Line,
        Self::Accent,
        Self::Up,
        Self::Degraded,
        Self::Down,
        Self::Maint,
    ];

    /// The custom property of `style/tokens.css` that holds it.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Ground => "--ground",
            Self::Surface => "--surface",
            Self::Band => "--band",
            Self::Ink => "--ink",
            Self::Muted => "--ink-muted",
            Self::Line => "--line",
            Self::Accent => "--accent",
            Self::Up => "--up",
            Self::Degraded => "--degraded",
            Self::Down => "--down",
            Self::Maint => "--maint",
        }
    }
}

/// A colour for every role, as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The colours, in the order of [`Role::ALL`].
    pub colors: [&'static str; 11],
}

impl Palette {
    /// The colour of a role.
    pub const fn color(&self, role: Role) -> &'static str {
        self.colors[role as usize]
    }
}

/// On paper and by day.
pub const LIGHT: Palette = Palette {
    colors: [
        "#f8f9fa", "#ffffff", "#eef1f4", "#17202b", "#4a5765", "#65717e", "#1d5fd0", "#009e73",
        "#8f5a00", "#5c0a22", "#5b6770",
    ],
};

/// By night.
pub const DARK: Palette = Palette {
    colors: [
        "#0b1016", "#10151c", "#1b232d", "#eef2f6", "#a9b5c2", "#7f8c9a", "#6ea8ff", "#2dd4bf",
        "#ffd166", "#ff4d6d", "#7380a0",
    ],
};

/// In front of a class: black on white, nothing pale.
pub const PROJECTOR: Palette = Palette {
    colors: [
        "#ffffff", "#ffffff", "#e6e9ec", "#000000", "#1f2933", "#333d47", "#0038b8", "#007a59",
        "#7a4a00", "#7a0022", "#3d464d",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: &str = include_str!("../../style/tokens.css");

    /// The declarations of the first block after this selector.
    fn block(selector: &str) -> &'static str {
        let start = TOKENS.find(selector).unwrap_or_else(|| panic!("no {selector} in tokens.css"));
        let rest = &TOKENS[start + selector.len()..];
        &rest[..rest.find('}').unwrap()]
    }

    #[test]
    fn the_page_has_the_colours_of_this_table() {
        let places = [
            (":root {", LIGHT),
            (":root:not([data-theme]) {", DARK),
            (":root[data-theme=\"dark\"] {", DARK),
            (":root[data-theme=\"projector\"] {", PROJECTOR),
        ];
        for (selector, palette) in places {
            for role in Role::ALL {
                let wanted = format!("{}: {};", role.token(), palette.color(role));
                assert!(block(selector).contains(&wanted), "{selector} lacks {wanted}");
            }
        }
    }
}
