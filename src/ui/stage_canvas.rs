//! Moving requests, drawn on a canvas above the drawing. Where each is, the library computes; here it is only painted.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

use super::bound::{self, find, set};
use super::frame_loop::now_ms;
use super::lab::{Bench, Lab};
use super::settings;
use crate::diagram::{Layout, Mover, Point, followed};
use crate::infra::Place;
use crate::kernel::SimDuration;
use crate::kernel::small::{decimal, within};
use crate::lesson::{STEPS, left_out, step_of};
use crate::page;
use crate::run::Playback;
use crate::sim::{Message, MessageKind};

/// The colours of what moves, as the page names them: requests, answers, what went wrong; the followed one and its number.
const COLORS: [&str; 5] = ["--ink", "--up", "--down", "--accent", "--surface"];

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
    colors: [String; 5],
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
    let playback = lab.view.with_untracked(|view| view.playback);
    let drawing = lab.layout_generation.get_untracked();
    lab.bench.update_value(|bench| {
        let movers = if easel.moves { current(bench, drawing, playback) } else { Vec::new() };
        let _ = paint_on(&easel, &bench.layout, &movers);
        if let Some(request) = lab.view.with_untracked(|view| view.followed) {
            // Of it alone nothing is kept for longer: where time is faster, so is it.
            let shortest = playback.shortest_leg().min(Playback::default().shortest_leg());
            let _ = follow(&easel, bench, shortest, request.number);
        }
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

/// Marks the followed request with the number of its step, and the step in the list; its outcome once it has one.
fn follow(
    easel: &Easel,
    bench: &Bench,
    shortest: SimDuration,
    request: u64,
) -> Result<(), JsValue> {
    let Some(list) = find::<Element>("#followed") else { return Ok(()) };
    let simulation = bench.run.simulation();
    let messages: Vec<&Message> = simulation.messages().map(|message| &**message).collect();
    let place = followed(&bench.layout, &messages, bench.run.now(), shortest, request);
    let Some((at, message, has_arrived)) = place else { return Ok(()) };
    let is_home = has_arrived && message.to == Place::Users;
    let infrastructure = &simulation.plan().infrastructure;
    let is_file = simulation.is_static(request as u32);
    let step = step_of(infrastructure, message, has_arrived, is_file);
    let marked = if is_home { STEPS.len() } else { step };
    if list.get_attribute("data-step") != Some(marked.to_string()) {
        set(&list, "data-step", &marked.to_string());
        let mut way = Vec::new();
        for its in messages.iter().filter(|other| other.request == request) {
            way.push(*its);
            if std::ptr::eq(*its, message) {
                break;
            }
        }
        mark_steps(step, left_out(infrastructure, &way, step, has_arrived, is_file));
    }
    if let Some(record) = simulation.records().find(|record| record.request == request)
        && find::<Element>("#followed .outcome > *").is_none()
    {
        bound::put("#followed .outcome", &page::outcome(record));
    }
    if is_home {
        return Ok(());
    }
    let Easel { context, width, density, .. } = easel;
    let scale = width / bench.layout.stage.width;
    let (x, y) = ((at.x - bench.layout.stage.x) * scale, (at.y - bench.layout.stage.y) * scale);
    let radius = (11.0 * scale).max(9.0 * density);
    context.begin_path();
    dot(context, x, y, radius)?;
    context.set_fill_style_str(&easel.colors[3]);
    context.fill();
    context.set_fill_style_str(&easel.colors[4]);
    context.set_font(&format!("bold {}px sans-serif", decimal(radius * 1.4, 0)));
    context.set_text_align("center");
    context.set_text_baseline("middle");
    context.fill_text(&(step + 1).to_string(), x, y)
}

/// Marks in the list the step at which the request is, and those that it has left out.
fn mark_steps(step: usize, left_out: [bool; 6]) {
    let mut index = 0;
    bound::for_each("#followed .six > li", |item| {
        if index == step {
            set(item, "aria-current", "step");
        } else {
            let _ = item.remove_attribute("aria-current");
        }
        bound::toggle(item, "data-left-out", left_out.get(index) == Some(&true));
        index += 1;
    });
}

/// The request whose mark is painted nearest to a place in the window, at most so many pixels from it.
pub(super) fn request_at(lab: Lab, (x, y): (f64, f64), near: f64) -> Option<u64> {
    let canvas = find::<Element>("#stage canvas")?.get_bounding_client_rect();
    let playback = lab.view.with_untracked(|view| view.playback);
    let drawing = lab.layout_generation.get_untracked();
    let mut found = (near, None);
    lab.bench.update_value(|bench| {
        let movers = if settings::moves() { current(bench, drawing, playback) } else { Vec::new() };
        let stage = bench.layout.stage;
        let scale = canvas.width() / stage.width;
        let there =
            Point::new(stage.x + (x - canvas.x()) / scale, stage.y + (y - canvas.y()) / scale);
        for Mover { request, at, .. } in movers {
            let away = at.distance(there) * scale;
            if away <= found.0 {
                found = (away, Some(request));
            }
        }
    });
    found.1
}

fn current(bench: &mut Bench, drawing: u32, playback: Playback) -> Vec<Mover> {
    let Bench { run, layout, legs, .. } = bench;
    let pace = (playback.shortest_leg(), playback.one_in());
    legs.movers((layout, drawing), run.simulation().messages(), run.now(), pace)
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
