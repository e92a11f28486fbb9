//! Moving requests, drawn on a canvas above the drawing. Where each is, the library computes; here it is only painted.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::bound::find;
use super::frame_loop::now_ms;
use super::lab::{Bench, Lab};
use super::settings;
use crate::diagram::{Layout, Mover, movers};
use crate::kernel::SimDuration;
use crate::kernel::small::within;
use crate::sim::MessageKind;

/// How far back, in legs of the shortest length, a message may still be on the screen.
const LEGS_SHOWN: u64 = 24;
/// The colours of what moves, as the page names them: requests, answers, what went wrong.
const COLORS: [&str; 3] = ["--ink", "--up", "--down"];

/// Milliseconds after which the page is asked anew for what rarely changes: asking makes the browser lay everything out.
const ASK_EVERY_MS: f64 = 1_000.0;

/// What to paint with, as the page said when it was last asked.
#[derive(Clone)]
pub(super) struct Easel {
    context: CanvasRenderingContext2d,
    /// In pixels of the canvas.
    width: f64,
    height: f64,
    density: f64,
    colors: [String; 3],
    /// Whether anything shall move.
    moves: bool,
    asked_at: f64,
}

/// The page has another size, drawing or look: it is asked anew before the next painting.
pub(super) fn forget(lab: Lab) {
    lab.easel.set_value(None);
}

/// Paints what moves now. Nothing is painted for people who asked for less motion.
pub(super) fn paint(lab: Lab) {
    let now = now_ms();
    let known = lab.easel.get_value().filter(|easel| now - easel.asked_at < ASK_EVERY_MS);
    let Some(easel) = known.or_else(|| set_up(now).ok().flatten()) else { return };
    let shortest = lab.view.with_untracked(|view| view.playback.shortest_leg());
    lab.bench.with_value(|bench| {
        let movers = if easel.moves { current(bench, shortest) } else { Vec::new() };
        let _ = paint_on(&easel, &bench.layout, &movers);
    });
    lab.easel.set_value(Some(easel));
}

fn set_up(now: f64) -> Result<Option<Easel>, JsValue> {
    let Some(canvas) = find::<HtmlCanvasElement>("#stage canvas") else { return Ok(None) };
    let Some(context) = canvas.get_context("2d")? else { return Ok(None) };
    let density = within(window().device_pixel_ratio(), 1.0, 3.0);
    let width = f64::from(canvas.client_width()) * density;
    let height = f64::from(canvas.client_height()) * density;
    if (f64::from(canvas.width()) - width).abs() >= 1.0
        || (f64::from(canvas.height()) - height).abs() >= 1.0
    {
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
    }
    let style = window().get_computed_style(&canvas)?;
    let colors = COLORS.map(|token| {
        style.as_ref().and_then(|style| style.get_property_value(token).ok()).unwrap_or_default()
    });
    let context = context.unchecked_into();
    let moves = settings::moves();
    Ok(Some(Easel { context, width, height, density, colors, moves, asked_at: now }))
}

fn current(bench: &Bench, shortest: SimDuration) -> Vec<Mover> {
    let now = bench.run.now();
    let messages = bench.run.simulation().messages().rev();
    let recent = messages.take_while(|message| now.since(message.sent_at) <= shortest * LEGS_SHOWN);
    let mut recent: Vec<_> = recent.collect();
    recent.reverse();
    movers(&bench.layout, &recent, now, shortest)
}

fn paint_on(easel: &Easel, layout: &Layout, movers: &[Mover]) -> Result<(), JsValue> {
    let Easel { context, width, height, density, .. } = easel;
    context.clear_rect(0.0, 0.0, *width, *height);
    if movers.is_empty() {
        return Ok(());
    }
    let scale = width / layout.stage.width;
    let radius = (5.0 * scale).max(3.0 * density);
    for (kind, color) in [
        (MessageKind::Request, 0),
        (MessageKind::Answer, 1),
        (MessageKind::Error, 2),
        (MessageKind::Lost, 2),
    ] {
        context.begin_path();
        for mover in movers.iter().filter(|mover| mover.kind == kind) {
            let (x, y) =
                ((mover.at.x - layout.stage.x) * scale, (mover.at.y - layout.stage.y) * scale);
            let is_cross = kind == MessageKind::Error || mover.arrived;
            if is_cross { cross(context, x, y, radius) } else { dot(context, x, y, radius)? }
        }
        let color = &easel.colors[color];
        context.set_fill_style_str(color);
        context.set_stroke_style_str(color);
        context.set_line_width(radius * 0.55);
        match kind {
            MessageKind::Request => context.fill(),
            MessageKind::Answer | MessageKind::Error | MessageKind::Lost => context.stroke(),
        }
    }
    Ok(())
}

fn dot(context: &CanvasRenderingContext2d, x: f64, y: f64, radius: f64) -> Result<(), JsValue> {
    context.move_to(x + radius, y);
    context.arc(x, y, radius, 0.0, std::f64::consts::TAU)
}

fn cross(context: &CanvasRenderingContext2d, x: f64, y: f64, radius: f64) {
    for (dx, dy) in [(radius, radius), (radius, -radius)] {
        context.move_to(x - dx, y - dy);
        context.line_to(x + dx, y + dy);
    }
}
