//! Sizes and spaces of the orientations.

use super::Orientation;

/// Sizes and spaces, in user units.
#[derive(Debug, PartialEq)]
pub(in crate::diagram) struct Metrics {
    /// What they are for.
    pub(in crate::diagram) orientation: Orientation,
    /// Around everything.
    pub(in crate::diagram) margin: f64,
    /// Width of a card in landscape; in portrait what the lanes leave.
    pub(in crate::diagram) card_width: f64,
    /// Height of a card without a line for remarks.
    pub(in crate::diagram) card_height: f64,
    /// What a line for remarks adds.
    pub(in crate::diagram) tag_height: f64,
    /// What each line adds that says how a balancer spreads its requests.
    pub(in crate::diagram) algorithm: f64,
    /// Inside a card, on both sides.
    pub(in crate::diagram) card_pad: f64,
    /// Inside a band, on both sides and at its end.
    pub(in crate::diagram) band_pad: f64,
    /// The band's line with its name.
    pub(in crate::diagram) header: f64,
    /// Of that, the line below the name that says what comes in; 0 where that stands elsewhere.
    pub(in crate::diagram) inflow: f64,
    /// Between two cards.
    pub(in crate::diagram) gap: f64,
    /// Between two cards that a link joins.
    pub(in crate::diagram) linked_gap: f64,
    /// Between two bands.
    pub(in crate::diagram) band_gap: f64,
    /// Height of the strip of a zone without hosts.
    pub(in crate::diagram) strip: f64,
    /// Height of a virtual address.
    pub(in crate::diagram) pill: f64,
    /// Between virtual addresses, and from them to the card.
    pub(in crate::diagram) pill_gap: f64,
    /// Inside a virtual address, on both sides.
    pub(in crate::diagram) pill_pad: f64,
    /// Virtual addresses side by side.
    pub(in crate::diagram) pills_in_row: usize,
    /// Between two lanes.
    pub(in crate::diagram) lane: f64,
    /// Between two links where they end.
    pub(in crate::diagram) port: f64,
    /// Of the links' corners.
    pub(in crate::diagram) radius: f64,
    /// Width and height of a host's picture.
    pub(in crate::diagram) icon: f64,
    /// Type size of names.
    pub(in crate::diagram) name: f64,
    /// Type size of text.
    pub(in crate::diagram) text: f64,
    /// Type size of labels.
    pub(in crate::diagram) label: f64,
    /// Type size of the title.
    pub(in crate::diagram) title: f64,
    /// Height of a line of the title.
    pub(in crate::diagram) title_line: f64,
    /// Length of a line in the legend.
    pub(in crate::diagram) sample: f64,
    /// Between two signs of the legend.
    pub(in crate::diagram) legend_gap: f64,
    /// Height of a line of the legend.
    pub(in crate::diagram) legend_line: f64,
    /// To the right of the virtual addresses, for the adverts' line, and for its label where that stands beside.
    pub(in crate::diagram) adverts: f64,
    /// What a gutter has at least for words beside its links, in width.
    pub(in crate::diagram) words: f64,
    /// The sizes for sites of many columns, where these would make the drawing too wide to be read in a window.
    pub(in crate::diagram) narrow: Option<&'static Metrics>,
}

const LANDSCAPE: Metrics = Metrics { narrow: Some(&NARROW), ..ROOMY };

/// A landscape of few columns, and what the others differ from.
const ROOMY: Metrics = Metrics {
    orientation: Orientation::Landscape,
    margin: 12.0,
    card_width: 240.0,
    card_height: 112.0,
    tag_height: 24.0,
    algorithm: 20.0,
    card_pad: 12.0,
    band_pad: 12.0,
    header: 36.0,
    inflow: 0.0,
    gap: 16.0,
    linked_gap: 24.0,
    band_gap: 16.0,
    strip: 40.0,
    pill: 28.0,
    pill_gap: 8.0,
    pill_pad: 12.0,
    pills_in_row: 1,
    lane: 12.0,
    port: 16.0,
    radius: 8.0,
    icon: 28.0,
    name: 20.0,
    text: 15.0,
    label: 14.5,
    title: 16.0,
    title_line: 28.0,
    sample: 32.0,
    legend_gap: 24.0,
    legend_line: 28.0,
    adverts: 64.0,
    words: 0.0,
    narrow: None,
};

/// Four columns, so that the smallest letters have 11 px in a window of 1440 px: larger ones than usual, on cards that are as wide as their
/// longest lines at rest (`HAProxy, keepalived` beside the state, and a zone's name with `2 rules out`). What the links speak stands in the
/// bands, so that the gutters may be narrow: as wide as what goes over a link, in its shortest lines. Links end further apart, so that words
/// have room between them.
const NARROW: Metrics = Metrics {
    card_width: 230.0,
    card_pad: 8.0,
    band_pad: 8.0,
    header: 52.0,
    inflow: 20.0,
    port: 20.0,
    text: 15.5,
    label: 15.5,
    adverts: 30.0,
    words: 44.0,
    ..ROOMY
};

/// A landscape that is so large that its letters would be too small on paper: larger ones, on the same cards.
const CROWDED: Metrics = Metrics { text: 15.5, label: 15.5, ..ROOMY };

/// Letters to be read from the last row: larger ones on cards with fewer words. What the links speak stands in the bands, so that the
/// gutters may be narrow.
const PROJECTOR: Metrics = Metrics {
    orientation: Orientation::Projector,
    margin: 8.0,
    card_width: 220.0,
    card_height: 120.0,
    tag_height: 0.0,
    algorithm: 0.0,
    card_pad: 10.0,
    band_pad: 8.0,
    header: 54.0,
    inflow: 24.0,
    gap: 10.0,
    linked_gap: 30.0,
    band_gap: 10.0,
    strip: 34.0,
    pill: 28.0,
    pill_gap: 6.0,
    pill_pad: 8.0,
    name: 24.0,
    text: 18.0,
    label: 18.0,
    adverts: 30.0,
    ..ROOMY
};

const PORTRAIT: Metrics = Metrics {
    orientation: Orientation::Portrait,
    margin: 8.0,
    card_width: 0.0,
    card_height: 60.0,
    tag_height: 0.0,
    algorithm: 15.0,
    card_pad: 10.0,
    band_pad: 10.0,
    header: 26.0,
    inflow: 0.0,
    gap: 8.0,
    linked_gap: 20.0,
    band_gap: 10.0,
    strip: 28.0,
    pill: 22.0,
    pill_gap: 6.0,
    pill_pad: 8.0,
    pills_in_row: 2,
    lane: 12.0,
    port: 14.0,
    radius: 6.0,
    icon: 20.0,
    name: 16.0,
    text: 12.0,
    label: 12.0,
    title: 12.0,
    title_line: 18.0,
    sample: 22.0,
    legend_gap: 14.0,
    legend_line: 20.0,
    adverts: 14.0,
    words: 0.0,
    narrow: None,
};

impl Metrics {
    pub(in crate::diagram) const fn of(orientation: Orientation) -> &'static Self {
        match orientation {
            Orientation::Landscape => &LANDSCAPE,
            Orientation::Portrait => &PORTRAIT,
            Orientation::Projector => &PROJECTOR,
        }
    }

    /// Those of a landscape that is too large for paper with its usual letters.
    pub(super) const fn crowded() -> &'static Self {
        &CROWDED
    }
}
