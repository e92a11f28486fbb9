//! How fast time passes: as a person chose it, or slower while a request is followed.

use leptos::prelude::*;

use super::lab::Lab;
use super::view::Followed;
use super::{bound, deeds};
use crate::run::permalink::Look;
use crate::run::{Playback, SPEEDS, Sight};

impl Lab {
    /// Follows the next request, slowly enough for the eye.
    pub(super) fn follow(self) {
        self.unfollow();
        let number = self.with_run(|run| run.simulation().counts().issued) + 1;
        let speed = self.view.with_untracked(|view| view.playback.speed);
        let slow = speed.min(Playback::nearest(0.1));
        let before = (slow < speed).then_some(speed);
        let followed = Followed { number, before, is_paced: true };
        self.bench.update_value(|bench| bench.sight = Sight::default());
        self.view.update(|view| (view.selected, view.followed) = (None, Some(followed)));
        self.set_speed(slow, false);
        self.play();
    }

    /// Follows no request any more; unless a speed was chosen meanwhile, it is again what it was.
    pub(super) fn unfollow(self) {
        let (followed, playback) = self.view.with_untracked(|view| (view.followed, view.playback));
        let Some(Followed { before, .. }) = followed else { return };
        self.view.update(|view| view.followed = None);
        if let Some(before) = before {
            self.set_speed(before, playback.is_playing);
        }
    }

    /// Another speed, so many places along.
    pub(super) fn shift_speed(self, places: isize) {
        let playback = self.view.with_untracked(|view| view.playback);
        self.choose_speed(playback.speed.saturating_add_signed(places).min(SPEEDS.len() - 1));
    }

    /// A speed that a person chose: it stays when no request is followed any more.
    pub(super) fn choose_speed(self, speed: usize) {
        self.view.update(|view| {
            if let Some(followed) = &mut view.followed {
                (followed.before, followed.is_paced) = (None, false);
            }
        });
        self.set_speed(speed, self.view.with_untracked(|view| view.playback.is_playing));
    }

    /// Looks at the run as a link says: what is chosen, and how fast time passes.
    pub(super) fn look_as(self, look: Look) {
        if let Some(speed) = look.speed {
            self.set_speed(speed, false);
        }
        self.view.update(|view| view.selected = look.chosen);
        deeds::mark_chosen(self);
    }

    /// Sets the speed, shows it in its control, and plays or not.
    pub(super) fn set_speed(self, speed: usize, is_playing: bool) {
        self.view.update(|view| {
            view.playback = Playback { is_playing, speed };
            view.is_stepped &= !is_playing;
        });
        if let Some(select) = bound::find::<web_sys::HtmlSelectElement>("#speed") {
            select.set_value(&speed.to_string());
        }
    }
}
