//! What a random script does to the servers: commands to the stats socket, deaths and returns.

use serde_json::{Value, json};

use crate::generate::Draft;
use crate::record::Deed;

/// How far a server is from what it was at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Ready,
    Maint,
    Drain,
    Reweighted,
    Refusing,
    Misbehaving,
}

/// What was done to the servers so far.
#[derive(Debug)]
pub(crate) struct Admin {
    standing: Vec<Standing>,
}

fn mode(k: usize, key: &str, value: &str) -> Deed {
    Deed::Mode(json!({ "server": format!("s{}", k + 1), key: value }))
}

fn cli(k: usize, what: &str) -> Deed {
    Deed::Cli(format!("set server be/s{} {what}", k + 1))
}

impl Admin {
    /// Nothing yet.
    pub(crate) fn new(servers: usize) -> Self {
        Self { standing: vec![Standing::Ready; servers] }
    }

    /// Something to do between requests that come one after the other.
    pub(crate) fn quick(&mut self, draft: &mut Draft) -> Option<Deed> {
        // Where an attempt that fails is tried elsewhere at once. Anything else takes a second.
        let at_once = ["roundrobin", "static-rr", "leastconn"].contains(&draft.balance())
            && draft.config["redispatch"] == true
            && !draft.config["cookie"].is_string();
        let spared = self.standing.iter().all(|s| *s != Standing::Refusing) && draft.servers > 2;
        self.some(draft, at_once && spared)
    }

    /// Something to do while requests are in flight.
    pub(crate) fn held(&mut self, draft: &mut Draft) -> Option<Deed> {
        self.some(draft, true)
    }

    fn some(&mut self, draft: &mut Draft, may_refuse: bool) -> Option<Deed> {
        let k = draft.chance.index(self.standing.len());
        let (deed, standing) = match self.standing[k] {
            Standing::Ready => self.worse(draft, k, may_refuse)?,
            Standing::Maint if draft.chance.percent(30) => {
                (Deed::Cli(format!("enable server be/s{}", k + 1)), Standing::Ready)
            }
            Standing::Maint | Standing::Drain => (cli(k, "state ready"), Standing::Ready),
            Standing::Reweighted => {
                let weight = draft.config["servers"][k]["weight"].as_u64().unwrap_or(1);
                let text = if draft.has_fixed_weights() || draft.chance.percent(30) {
                    "weight 100%".to_owned()
                } else {
                    format!("weight {weight}")
                };
                (cli(k, &text), Standing::Ready)
            }
            Standing::Refusing => (mode(k, "net", "up"), Standing::Ready),
            Standing::Misbehaving => (mode(k, "traffic", "ok"), Standing::Ready),
        };
        self.standing[k] = standing;
        Some(deed)
    }

    fn worse(&self, draft: &mut Draft, k: usize, may_refuse: bool) -> Option<(Deed, Standing)> {
        let ready = self.standing.iter().filter(|s| **s == Standing::Ready).count();
        // Everything away at once is worth seeing, but not often.
        if ready < 2 && draft.chance.percent(80) {
            return None;
        }
        Some(match draft.chance.index(8) {
            0 => (Deed::Cli(format!("disable server be/s{}", k + 1)), Standing::Maint),
            1 => (cli(k, "state maint"), Standing::Maint),
            2 => (cli(k, "state drain"), Standing::Drain),
            3 | 4 if draft.has_fixed_weights() => (cli(k, "weight 0%"), Standing::Reweighted),
            3 => (cli(k, &format!("weight {}", draft.chance.whole(0, 12))), Standing::Reweighted),
            4 => (cli(k, &format!("weight {}", draft.chance.whole(1, 256))), Standing::Reweighted),
            5 | 6 if may_refuse => (mode(k, "net", "refuse"), Standing::Refusing),
            5 => (mode(k, "traffic", "500"), Standing::Misbehaving),
            _ => (
                mode(k, "traffic", draft.chance.pick(&["500", "close", "404"])),
                Standing::Misbehaving,
            ),
        })
    }
}

/// Health checks, of all servers alike.
pub(crate) fn add_checks(draft: &mut Draft) {
    let chance = &mut draft.chance;
    let inter = chance.whole(12, 40) * 25;
    let mut server = json!({
        "check": true,
        "inter": inter,
        "fall": chance.whole(1, 3),
        "rise": chance.whole(1, 3),
    });
    if chance.percent(25) {
        server["fastinter"] = json!(inter * chance.whole(4, 8) / 10);
    }
    if chance.percent(20) {
        server["downinter"] = json!(inter * chance.whole(5, 15) / 10);
    }
    if chance.percent(60) {
        draft.config["httpchk"] = json!("GET /_check");
    }
    if chance.percent(18) {
        server["observe"] = json!(chance.pick(&["layer4", "layer7"]));
        server["error_limit"] = json!(chance.whole(2, 5));
        server["on_error"] =
            json!(chance.pick(&["fastinter", "fail-check", "sudden-death", "mark-down"]));
    }
    if chance.percent(12) {
        server["on_marked_down"] = json!("shutdown-sessions");
    }
    if chance.percent(6) {
        server["slowstart"] = json!(chance.whole(2, 4) * 1000);
    }
    draft.config["default_server"] = server;
}

/// Deaths and returns within so many seconds, the last first.
pub(crate) fn incidents(draft: &mut Draft, end: f64) -> Vec<(f64, Deed)> {
    let mut out = Vec::new();
    if draft.chance.percent(8) {
        let k = draft.chance.index(draft.servers);
        draft.config["initial_net"] = json!({ format!("s{}", k + 1): "refuse" });
        out.push((draft.chance.real(0.2, 0.6) * end, mode(k, "net", "up")));
    }
    for _ in 0..draft.chance.whole(1, 3) {
        let k = draft.chance.index(draft.servers);
        let from = draft.chance.real(0.08, 0.6) * end;
        let until = from + draft.chance.real(0.8, 2.8);
        let (bad, good) = incident(draft, k);
        out.push((from, bad));
        // Some stay away.
        if draft.chance.percent(85) {
            out.push((until, good));
        }
    }
    out.sort_by(|a, b| b.0.total_cmp(&a.0));
    out
}

fn incident(draft: &mut Draft, k: usize) -> (Deed, Deed) {
    let checked = draft.config["httpchk"].is_string();
    let observed = draft.config["default_server"]["observe"].is_string();
    let name = format!("s{}", k + 1);
    let change = |value: Value| {
        let mut mode = value;
        mode["server"] = json!(name);
        Deed::Mode(mode)
    };
    match draft.chance.index(10) {
        0 => (cli(k, "state maint"), cli(k, "state ready")),
        1 => (cli(k, "state drain"), cli(k, "state ready")),
        2 if !draft.has_fixed_weights() => {
            (cli(k, &format!("weight {}", draft.chance.whole(0, 20))), cli(k, "weight 100%"))
        }
        3 | 4 if checked => {
            let how = draft.chance.pick(&["500", "404", "close", "503"]);
            (change(json!({ "check": how })), change(json!({ "check": "ok" })))
        }
        5 if checked => {
            let how = draft.chance.pick(&["500", "close"]);
            (
                change(json!({ "check": how, "traffic": how })),
                change(json!({ "check": "ok", "traffic": "ok" })),
            )
        }
        6 | 7 if observed => {
            (change(json!({ "traffic": "500" })), change(json!({ "traffic": "ok" })))
        }
        _ => (change(json!({ "net": "refuse" })), change(json!({ "net": "up" }))),
    }
}
