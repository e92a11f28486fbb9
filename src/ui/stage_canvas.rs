//! Moving requests, drawn on a canvas above the drawing. Where each is, the library computes; here it is only painted.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

use super::bound::{self, find, set};
use super::frame_loop::now_ms;
use super::lab::{Bench, Lab};
use super::view::Followed;
use super::{deeds, desk, settings};
use crate::diagram::{Layout, Mover, Point};
use crate::infra::Place;
use crate::kernel::small::{decimal, within};
use crate::lesson::{STEPS, failed_at, left_out, step_of, tried};
use crate::page;
use crate::run::{Playback, Seen};
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
    let (playback, followed) = lab.view.with_untracked(|view| (view.playback, view.followed));
    let drawing = lab.layout_generation.get_untracked();
    let mut told = None;
    lab.bench.update_value(|bench| {
        let paced = followed.filter(|followed| followed.is_paced);
        let passing = paced.map_or(playback, |_| bench.sight.playback(playback));
        let is_shown = easel.moves && passing.shows_requests();
        let movers = if is_shown { current(bench, drawing, passing) } else { Vec::new() };
        let _ = paint_on(&easel, &bench.layout, &movers);
        if let Some(followed) = followed {
            bench.sight.learn(bench.run.simulation(), followed.number);
            told = follow(&easel, bench, followed, playback.is_playing);
        }
    });
    lab.easel.set_value(Some(easel));
    if let Some(Told { outcome, place }) = told {
        deeds::bring_part_into_sight(&place);
        if let Some(outcome) = outcome {
            bound::put("#followed .outcome", &outcome);
            desk::refresh(lab, true);
        }
    }
}

/// What is new of the followed request.
struct Told {
    /// Markup with its outcome, if it has one.
    outcome: Option<String>,
    /// Where it is, or goes.
    place: String,
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
fn follow(easel: &Easel, bench: &Bench, followed: Followed, is_playing: bool) -> Option<Told> {
    let list = find::<Element>("#followed")?;
    let (simulation, now) = (bench.run.simulation(), bench.run.now());
    // The style says in words that nothing of it moves.
    bound::toggle(&list, "data-hurries", followed.is_paced && is_playing && bench.sight.hurries());
    // At a pause the truth is shown, as who opens the link to it sees it.
    let seen = bench.sight.seen(now, followed.is_paced && is_playing)?;
    let Seen { message, has_arrived, .. } = seen;
    let way: Vec<&Message> = seen.way.iter().map(|message| &**message).collect();
    let infrastructure = &simulation.plan().infrastructure;
    let is_file = simulation.is_static(followed.number as u32);
    let mut records = simulation.records();
    let record = records.rfind(|record| seen.is_latest && record.request == followed.number);
    let is_home = has_arrived && message.to == Place::Users;
    let step = step_of(infrastructure, message, has_arrived, is_file);
    let is_failing =
        message.kind == MessageKind::Error || has_arrived && message.kind == MessageKind::Lost;
    if !is_home {
        let _ = mark(easel, &bench.layout, &seen, step, is_failing);
    }
    // What is counted is of now: it is told once that is shown.
    let tries = simulation.tries_of(followed.number).filter(|_| seen.is_latest);
    let tried = tried(infrastructure, &way, has_arrived, tries).unwrap_or_default();
    let at = format!("{} {has_arrived} {} {tried}", way.len(), record.is_some());
    if list.get_attribute("data-at").as_ref() == Some(&at) {
        return None;
    }
    set(&list, "data-at", &at);
    let marked = if is_home { STEPS.len() } else { step };
    set(&list, "data-step", &marked.to_string());
    let failed = failed_at(infrastructure, &way, has_arrived, is_file, record.is_some());
    let mut notes = <[(&str, String); 6]>::default();
    let left_out = left_out(infrastructure, &way, step, has_arrived, is_file);
    for (note, is_left_out) in notes.iter_mut().zip(left_out) {
        if is_left_out {
            *note = ("left-out", "(not this time)".to_owned());
        }
    }
    if message.kind == MessageKind::Error {
        notes[5] = ("failed", "an error".to_owned());
    }
    let mut why = String::new();
    notes[step].1.push_str(&tried);
    if let Some((at, words)) = failed {
        why.clone_from(&words);
        let comma = if tried.is_empty() { "" } else { ", " };
        notes[at] = ("failed", words + comma + &tried);
    }
    mark_steps(step, &notes);
    let outcome = record.map(|record| page::outcome(record, &why));
    Some(Told { outcome, place: message.to.name().to_owned() })
}

/// Draws the mark of the followed request: the number of its step, on a cross if it came to nothing or goes back as an error.
fn mark(
    easel: &Easel,
    layout: &Layout,
    seen: &Seen<'_>,
    step: usize,
    is_failing: bool,
) -> Result<(), JsValue> {
    let Some(route) = layout.route(&seen.message.from, &seen.message.to) else { return Ok(()) };
    let at = route.at(seen.along, route.from != seen.message.from);
    let Easel { context, width, density, colors, .. } = easel;
    let scale = width / layout.stage.width;
    let (x, y) = ((at.x - layout.stage.x) * scale, (at.y - layout.stage.y) * scale);
    let radius = (11.0 * scale).max(9.0 * density);
    let color = &colors[if is_failing { 2 } else { 3 }];
    context.begin_path();
    if is_failing {
        cross(context, x, y, radius * 1.1);
        context.set_stroke_style_str(color);
        context.set_line_width(radius * 0.55);
        context.stroke();
        context.begin_path();
    }
    dot(context, x, y, radius)?;
    context.set_fill_style_str(color);
    context.fill();
    context.set_fill_style_str(&colors[4]);
    context.set_font(&format!("bold {}px sans-serif", decimal(radius * 1.4, 0)));
    context.set_text_align("center");
    context.set_text_baseline("middle");
    context.fill_text(&(step + 1).to_string(), x, y)
}

/// Marks in the list the step at which the request is, and what there is to say of each: how it is marked, and the words.
fn mark_steps(step: usize, notes: &[(&str, String); 6]) {
    let mut index = 0;
    bound::for_each("#followed .six > li", |item| {
        let (state, words) = &notes[index.min(5)];
        if index == step {
            set(item, "aria-current", "step");
        } else {
            let _ = item.remove_attribute("aria-current");
        }
        for name in ["left-out", "failed"] {
            bound::toggle(item, &format!("data-{name}"), *state == name);
        }
        if let Some(note) = item.last_element_child() {
            note.set_text_content(Some(words));
        }
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
        let is_drawn = settings::moves() && playback.shows_requests();
        let movers = if is_drawn { current(bench, drawing, playback) } else { Vec::new() };
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
    let shortest = playback.shortest_leg();
    legs.movers((layout, drawing), run.simulation().messages(), run.now(), shortest)
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
