//! Inside a zone: the cards of its hosts below one another, the balancers' virtual addresses above their cards. And the
//! zones without hosts as strips, the title above and the legend below.

use super::wires::Wire;
use super::{HostBox, Layout, Metrics, Orientation, VipSlots, ZoneBand, legend};
use crate::diagram::font;
use crate::diagram::geometry::{Point, Rect, Size};
use crate::infra::{Host, Infrastructure, Place, Purpose, Zone};
use crate::kernel::small;

/// From the upper edge of the stage to what stands there.
pub(super) const ABOVE: f64 = 8.0;

/// What is placed, and with which sizes.
pub(super) struct Site<'a> {
    pub(super) infrastructure: &'a Infrastructure,
    pub(super) metrics: &'static Metrics,
    pub(super) wires: &'a [Wire],
    /// The single points of failure, by name.
    pub(super) single: Vec<String>,
}

impl<'a> Site<'a> {
    pub(super) fn new(
        infrastructure: &'a Infrastructure,
        metrics: &'static Metrics,
        wires: &'a [Wire],
    ) -> Self {
        let single = infrastructure.single_points_of_failure();
        let single = single.into_iter().map(|point| point.host).collect();
        Self { infrastructure, metrics, wires, single }
    }

    /// The height a zone needs.
    pub(super) fn height(&self, zone: &Zone) -> f64 {
        let hosts: Vec<&Host> = self.infrastructure.hosts_in(&zone.name).collect();
        let blocks: f64 = hosts.iter().map(|host| self.block(host)).sum();
        let gaps: f64 = hosts.windows(2).map(|pair| self.gap(pair[0], pair[1])).sum();
        self.metrics.header + blocks + gaps + self.metrics.band_pad
    }

    /// Places a zone and its hosts; room that is left is spread around the hosts.
    pub(super) fn place_zone(&self, zone: &Zone, band: Rect, layout: &mut Layout) {
        let metrics = self.metrics;
        let hosts: Vec<&Host> = self.infrastructure.hosts_in(&zone.name).collect();
        let left = (band.height - self.height(zone)).max(0.0);
        let spread = (left / (hosts.len() as f64 + 1.0) / 4.0).floor() * 4.0;
        let mut y = band.y + metrics.header + spread;
        if let ([only], true) = (&hosts[..], left > 0.0) {
            y += small::within(self.toward_sources(only, y, layout), -spread, left - spread);
        }
        for (index, host) in hosts.iter().enumerate() {
            y = self.place_host(host, band, y + self.slots_height(host), layout) + spread;
            if let Some(next) = hosts.get(index + 1) {
                y += self.gap(host, next);
            }
        }
        layout.zones.push(ZoneBand { name: zone.name.clone(), rect: band, is_strip: false });
    }

    /// Places a host's card at this height of its band, and above it the virtual addresses; its bottom is returned.
    pub(super) fn place_host(&self, host: &Host, band: Rect, y: f64, layout: &mut Layout) -> f64 {
        let x = band.x + self.metrics.band_pad;
        let width = band.width - 2.0 * self.metrics.band_pad;
        let card = Rect::new(x, y, width, self.card_height(host));
        if self.slots_height(host) > 0.0 {
            layout.vips.push(VipSlots { balancer: host.name.clone(), slots: self.slots(card) });
        }
        layout.hosts.push(HostBox { name: host.name.clone(), rect: card });
        card.bottom()
    }

    /// What comes into a zone speaks this.
    pub(super) fn spoken_into(&self, zone: &Zone) -> String {
        let is_within = |place: &Place| match place {
            Place::Users => false,
            Place::Host(name) => {
                self.infrastructure.host(name).is_some_and(|host| host.zone == zone.name)
            }
        };
        let mut protocols: Vec<&str> = Vec::new();
        for wire in self.wires.iter().filter(|wire| is_within(&wire.to) && !is_within(&wire.from)) {
            for protocol in &wire.protocols {
                if !protocols.contains(&protocol.as_str()) {
                    protocols.push(protocol);
                }
            }
        }
        protocols.join(", ")
    }

    /// How far down a host that would stand at `y` has to go to be at the height of the hosts that it is reached from.
    fn toward_sources(&self, host: &Host, y: f64, layout: &Layout) -> f64 {
        let place = Place::Host(host.name.clone());
        let sources =
            self.wires.iter().filter(|wire| wire.to == place && wire.from != Place::Users);
        let heights: Vec<f64> = sources
            .filter_map(|wire| layout.place(&wire.from))
            .map(|card| card.center().y)
            .collect();
        if heights.is_empty() {
            return 0.0;
        }
        let middle = heights.iter().sum::<f64>() / heights.len() as f64;
        (middle - y - self.slots_height(host) - self.card_height(host) / 2.0).round()
    }

    /// The room between two neighbours of a zone, the lower one's virtual addresses apart.
    pub(super) fn gap_height(&self, upper: &str, lower: &str) -> f64 {
        let joins = |wire: &&Wire| {
            let ends = |from: &str, to: &str| {
                wire.from == Place::Host(from.to_owned()) && wire.to == Place::Host(to.to_owned())
            };
            wire.purpose != Purpose::Requests && (ends(upper, lower) || ends(lower, upper))
        };
        let joined = self.wires.iter().any(|wire| joins(&wire));
        if joined { self.metrics.linked_gap } else { self.metrics.gap }
    }

    pub(super) fn gap(&self, upper: &Host, lower: &Host) -> f64 {
        self.gap_height(&upper.name, &lower.name)
    }

    fn block(&self, host: &Host) -> f64 {
        self.slots_height(host) + self.card_height(host)
    }

    fn card_height(&self, host: &Host) -> f64 {
        let has_remark = host.haproxy().is_some() || self.single.contains(&host.name);
        let lines = host.haproxy().map_or(0, |haproxy| haproxy.backends.len());
        self.metrics.card_height
            + if has_remark { self.metrics.tag_height } else { 0.0 }
            + lines as f64 * self.metrics.algorithm
    }

    pub(super) fn slots_height(&self, host: &Host) -> f64 {
        let vips = &self.infrastructure.vips;
        let keeps = vips.iter().filter(|vip| vip.host.as_ref() == Some(&host.name)).count();
        let count = if host.haproxy().is_some() { vips.len() } else { keeps };
        let rows = count.div_ceil(self.metrics.pills_in_row);
        rows as f64 * (self.metrics.pill + self.metrics.pill_gap)
    }

    fn slots(&self, card: Rect) -> Vec<Rect> {
        let metrics = self.metrics;
        let in_row = metrics.pills_in_row;
        let width = self.infrastructure.vips.iter().map(|vip| {
            let width = |text: String| font::text_width(&text, metrics.text, false);
            let owned = width(format!("{} {}", vip.name, vip.address));
            let lost = width(format!("{}: no owner", vip.name)) + metrics.text + 2.0;
            owned.max(lost) + 2.0 * metrics.pill_pad
        });
        let gaps = (in_row as f64 - 1.0) * metrics.pill_gap;
        let most = (card.width - metrics.adverts - gaps) / in_row as f64;
        let width = width.fold(0.0, f64::max).ceil().min(most);
        let slot = |index: usize| {
            let (row, column) = (index / in_row, index % in_row);
            Rect::new(
                card.x + column as f64 * (width + metrics.pill_gap),
                card.y - (row as f64 + 1.0) * (metrics.pill + metrics.pill_gap),
                width,
                metrics.pill,
            )
        };
        (0..self.infrastructure.vips.len()).map(slot).collect()
    }

    /// Places the title; what comes below it begins at the returned height.
    pub(super) fn place_title(&self, width: f64, layout: &mut Layout) -> f64 {
        let metrics = self.metrics;
        let room = width - 2.0 * metrics.margin;
        let size = metrics.title;
        let lines = font::wrap(&self.infrastructure.title, size, true, room);
        let mut y = metrics.margin;
        for line in lines {
            let at = Point::new(metrics.margin, y + metrics.title_line * 0.7);
            layout.caption.push((line, at));
            y += metrics.title_line;
        }
        y + 8.0
    }

    /// Places the strips of the zones without hosts and the legend from `y` on, and so ends the sheet.
    pub(super) fn place_foot(&self, width: f64, top: f64, mut y: f64, layout: &mut Layout) {
        let metrics = self.metrics;
        for zone in &self.infrastructure.zones {
            if self.infrastructure.hosts_in(&zone.name).next().is_none() {
                y += metrics.band_gap;
                let across = width - 2.0 * metrics.margin;
                let rect = Rect::new(metrics.margin, y, across, metrics.strip);
                layout.zones.push(ZoneBand { name: zone.name.clone(), rect, is_strip: true });
                y += metrics.strip;
            }
        }
        layout.single.clone_from(&self.single);
        // A stage has an edge of its own: of the sheet's it needs what the lines of the outermost boxes take.
        let beside = match metrics.orientation {
            Orientation::Landscape | Orientation::Projector => metrics.margin - 4.0,
            Orientation::Portrait => 0.0,
        };
        let across = width - 2.0 * beside;
        layout.stage = Rect::new(beside, top - ABOVE, across, y + 2.0 * ABOVE - top);
        layout.legend = legend::place(self.infrastructure, metrics, width, y + 8.0);
        let last = layout.legend.last().map_or(y, |(_, at)| at.y);
        layout.size = Size { width, height: (last + metrics.margin + 4.0).ceil() };
        let order =
            |name: &str| self.infrastructure.zones.iter().position(|zone| zone.name == name);
        small::sort_by_key(&mut layout.zones, |band| order(&band.name));
        let order =
            |name: &str| self.infrastructure.hosts.iter().position(|host| host.name == name);
        small::sort_by_key(&mut layout.hosts, |host| order(&host.name));
    }
}
