//! Where an application keeps what it knows of a user. In a shared store every server knows every user; kept on the server that the user
//! logged in at, it is not known at any other, and is gone when that one dies.

use crate::infra::SessionStore;

use super::fact::Step;
use super::origin::{Job, Kind};
use super::world::{Simulation, Work};

/// Where a user's session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Session {
    /// The user has not been here yet.
    #[default]
    None,
    /// On this application server, by its index.
    On(u16),
    /// It was on a server that died.
    Lost,
}

impl Simulation {
    /// A page is answered: its user is logged in there, or was until now at another.
    pub(super) fn look_up_session(&mut self, work: Work) {
        if !self.keeps_sessions || !self.is_local(work.origin as usize) {
            return;
        }
        let Some(slot) = self.slot_of_job(self.asked_by(work.job)) else { return };
        let client = self.requests[slot as usize].client as usize;
        if self.sessions.len() <= client {
            self.sessions.resize(client + 1, Session::None);
        }
        let here = Session::On(work.origin);
        let before = std::mem::replace(&mut self.sessions[client], here);
        if before != Session::None && before != here {
            self.logged_out += 1;
            let server = self.host_name(self.origins[work.origin as usize].host);
            self.step(slot, |_| Step::LoggedOut { server });
        }
    }

    /// An application server is gone, and with it the sessions that only it knew.
    pub(super) fn lose_sessions(&mut self, origin: usize) {
        if self.keeps_sessions && self.is_local(origin) {
            let here = Session::On(origin as u16);
            let own = self.sessions.iter_mut().filter(|session| **session == here);
            own.for_each(|session| *session = Session::Lost);
        }
    }

    /// How often a user who had logged in was asked to log in again.
    pub const fn logged_out(&self) -> u64 {
        self.logged_out
    }

    /// Whether some application keeps its sessions to itself.
    pub(super) fn has_local_sessions(&self) -> bool {
        (0..self.origins.len()).any(|origin| self.is_local(origin))
    }

    fn is_local(&self, origin: usize) -> bool {
        match &self.origins[origin].kind {
            Kind::App { app, .. } => app.sessions == SessionStore::Local,
            Kind::Nginx { .. } => false,
        }
    }

    /// The job of a balancer or a user that a job was passed on for.
    pub(super) fn asked_by(&self, job: Job) -> Job {
        match job {
            Job::Relayed(hop) => self.downstream(hop).unwrap_or(job),
            Job::Request(_) | Job::Check(_) | Job::Direct { .. } => job,
        }
    }
}
