//! Prepared states: runs that are worth opening, each at its telling instant. What each shows is held to its words by a test.

use std::fmt::Write;

use crate::page;
use crate::submission::escape_html;

/// A run to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// What it shows, in a few words.
    pub title: &'static str,
    /// What happened, and what to look at; what is typed as it stands is between backticks.
    pub told: &'static str,
    /// The end of its link.
    pub link: &'static str,
}

/// The states, by whom they are chosen for.
pub const PREPARED: [(&str, &[State]); 3] = [
    ("For the exercise", &EXERCISE),
    ("For a lecture", &LECTURE),
    ("To find out by yourself", &PUZZLES),
];

const EXERCISE: [State; 4] = [
    State {
        title: "A balancer dies and its address moves",
        told: "lb-1 lost power at 0:10. lb-2 heard no advert of it any more, and has VIP A since 0:13: users turn to the same address as before.",
        link: "run/1/brief;seed=1;at=14s;10s+kill+lb-1;view=vip-vip-a",
    },
    State {
        title: "A dead server that nobody has noticed",
        told: "app-1 is off since 0:10, and both balancers still send it requests, which fail: the shaded window on the timeline. Play on to see it marked DOWN.",
        link: "run/1/brief;seed=1;at=15s;10s+kill+app-1;view=app-1",
    },
    State {
        title: "The only database dies",
        told: "Every page needs it and fails, and with the pages the checks of both application servers. Static files do not notice. No balancer helps: it is a single point of failure.",
        link: "run/1/brief;seed=1;at=20s;10s+kill+db-1;view=db-1",
    },
    State {
        title: "A rolling deploy without drain",
        told: "app-1 and then app-2 were stopped for 3 s each while they had requests: those failed, and what came next waited to be tried again. Go back, drain each first, and compare.",
        link: "run/1/brief;seed=1;rate=100;at=17s;10s+stop+app-1/app;13s+restore+app-1/app;14s+stop+app-2/app;17s+restore+app-2/app;view=app-2",
    },
];

const LECTURE: [State; 4] = [
    State {
        title: "A split brain",
        told: "The balancers hear each other no more, and each has taken the other's address. No request fails: the network delivers an address to whoever announced it last.",
        link: "run/1/brief;seed=1;at=16s;10s+cut+heartbeat;view=vip-vip-a",
    },
    State {
        title: "A one-way partition",
        told: "lb-1 still reaches app-1, but no answer comes back. lb-1 marks it DOWN, and lb-2 goes on sending: one server, two opinions, and both are right.",
        link: "run/1/brief;seed=1;at=20s;10s+link+app-1%3Elb-1:cut;view=app-1",
    },
    State {
        title: "The TCP check passes while HTTP fails",
        told: "Without `option httpchk` a check only connects. app-1 takes connections and answers none: it stays UP at both balancers, and what it is given ends in 504.",
        link: "run/1/brief;seed=1;at=25s;5s+backend+app:+no+option+httpchk;10s+degrade+app-1/app:hang;view=app-1",
    },
    State {
        title: "A silent firewall rule",
        told: "Every machine is UP, but the rule app-to-db is out. Nothing is refused: packets to the database vanish, and every page waits until its time is over.",
        link: "run/1/brief;seed=1;at=16s;10s+drop+rule+app-to-db;view=firewall-db",
    },
];

const PUZZLES: [State; 4] = [
    State {
        title: "Half of the pages fail, and every check passes",
        told: "Nothing is DOWN. What do the checks ask for, and what do users? Ask a failed request why.",
        link: "run/1/brief;seed=1;at=20s;10s+degrade+app-1/app:errors=0.5;10s+degrade+app-2/app:errors=0.5;view=app-1",
    },
    State {
        title: "The database is full",
        told: "Writes wait for room on the disk of db-1 and fail; what only reads is answered. Yet lb-2 has marked app-1 DOWN, which is whole. Whom do its workers wait for?",
        link: "run/1/brief;seed=1;at=20s;10s+degrade+db-1/mysql:disk-full;view=db-1",
    },
    State {
        title: "More users than two servers can serve",
        told: "No machine has died, yet servers are marked DOWN in turn: their checks wait in the same queue as 400 requests a second. What would you build otherwise?",
        link: "run/1/brief;seed=1;rate=400;at=20s;view=app-1",
    },
    State {
        title: "The primary database dies, and its replica is promoted",
        told: "db-1 died at 0:10: writes failed, and reads went on at db-2. Somebody promoted db-2 at 0:20, and what is written since then is kept. What had not been copied yet is lost.",
        link: "run/1/extended;seed=1;at=25s;10s+kill+db-1;20s+promote+db-2;view=db-2",
    },
];

/// Markup with all of them, each with a button that opens it.
pub(super) fn list() -> String {
    let mut markup = String::new();
    for (readers, states) in PREPARED {
        let _ = write!(markup, "<h3>{readers}</h3><ul class=\"states\">");
        for State { title, told, link } in states {
            let _ = write!(
                markup,
                "<li><button data-do=\"go\" data-on=\"#{}\">{}</button><p class=\"muted\">{}</p></li>",
                escape_html(link),
                escape_html(title),
                page::with_code(told)
            );
        }
        markup.push_str("</ul>");
    }
    markup
}
