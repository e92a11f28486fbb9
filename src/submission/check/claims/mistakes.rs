//! The mistakes that students make most: each a claim that is wrong whatever else the text says.

use super::super::super::reading::{Role, tier};
use super::super::text::Text;
use super::super::words::{BALANCER, NEGATED, REPLICA, SUPPOSED, follows, has, is_plain};
use super::Claim;
use crate::infra::{Infrastructure, Service};

/// `www` a CNAME.
pub(super) fn cname(text: &Text) -> Claim {
    let claims = |words: &str| {
        has(words, "www ")
            && has(words, "cname")
            && is_plain(words)
            && !has(words, "a record|a type |differ|unlike|whereas|another name|while")
    };
    Claim {
        id: "C-cname",
        wrong: text.quote(claims).map(|said| format!("{said}: www holds an IP address here")),
        right: "the text does not call www a CNAME",
        why: "a record that holds an IP address is an A record; a CNAME holds another name",
        todo: "call www an A record",
    }
}

/// Writes to a replica.
pub(super) fn replica_writes(text: &Text) -> Claim {
    let claims = |words: &str| {
        let takes = follows(
            words,
            &[REPLICA, "accept|tak|handl|receiv|perform|process|support", "write|writes "],
            3,
        );
        let written_to = follows(words, &["write|writes |writing", "to ", REPLICA], 2);
        let either = follows(
            words,
            &[
                "both|any|either",
                "database|databases|mysql|node|nodes",
                "accept|tak|handl|perform",
                "write|writes ",
            ],
            3,
        );
        (takes || written_to || either)
            && is_plain(words)
            && !has(words, "primary|master|source|promot|once |after |only read|copies|copy")
    };
    Claim {
        id: "C-replica-writes",
        wrong: text.quote(claims).map(|said| format!("{said}: only the primary takes writes")),
        right: "the text lets no replica take writes",
        why: "what is written to a replica is lost to the primary, and stops the copying",
        todo: "say that writes go to the primary alone",
    }
}

/// The mode told of the databases.
pub(super) fn both_databases(text: &Text) -> Claim {
    let claims = |words: &str| {
        has(words, "active active")
            && has(
                words,
                "both database|both mysql|two databases|two mysql|databases are|mysql servers are|mysql databases",
            )
            && !has(words, NEGATED)
            && !has(words, SUPPOSED)
            && !has(words, BALANCER)
    };
    Claim {
        id: "C-both-databases",
        wrong: text
            .quote(claims)
            .map(|said| format!("{said}: primary and replica are not active-active")),
        right: "active-active is not said of the databases",
        why: "the mode tells which machines take requests; of the databases one takes the writes",
        todo: "explain the mode by the machines that take requests",
    }
}

/// A replica that promotes itself.
pub(super) fn promotion(infrastructure: &Infrastructure, text: &Text) -> Claim {
    let services = infrastructure.hosts.iter().flat_map(|host| &host.services);
    let replicas: Vec<bool> = services
        .filter_map(Service::as_mysql)
        .filter_map(|mysql| mysql.replica.as_ref())
        .map(|replica| replica.promote_after.is_some())
        .collect();
    let by_hand = !replicas.is_empty() && !replicas.contains(&true);
    let claims = |words: &str| {
        let by_itself = follows(words, &[REPLICA, "automatic", "promot|becom|tak"], 4)
            || follows(words, &[REPLICA, "promot|becom|tak", "automatic"], 6);
        by_itself
            && !has(words, NEGATED)
            && !has(words, "could|would|might|should|next step|future|rather|instead")
    };
    let said = text.quote(claims).filter(|_| by_hand);
    Claim {
        id: "C-promotion",
        wrong: said.map(|said| format!("{said}: in the plan somebody has to promote it")),
        right: "no replica is said to promote itself",
        why: "a replica is not failover: until it is promoted nothing can be written",
        todo: "say who promotes the replica, or let a watcher such as orchestrator or MHA do it in the plan, too",
    }
}

/// HTTPS to the database.
pub(super) fn https_to_database(text: &Text) -> Claim {
    let claims = |words: &str| {
        let to = follows(words, &["https ", "to |with ", "database|mysql|db "], 2);
        let over =
            follows(words, &["database|mysql|db ", "over |through |via |with ", "https "], 3);
        (to || over)
            && is_plain(words)
            && !has(words, "own protocol|browser|user|client|load balanc")
    };
    Claim {
        id: "C-https-database",
        wrong: text.quote(claims).map(|said| format!("{said}: MySQL does not speak HTTPS")),
        right: "HTTPS is not said of the database",
        why: "MySQL speaks its own protocol; it can be encrypted, but that is not HTTPS",
        todo: "say MySQL over TLS, or say that this link is not encrypted",
    }
}

/// A server that takes over the part of another kind.
pub(super) fn added_server(infrastructure: &Infrastructure, text: &Text) -> Claim {
    let tiers = [Role::Web, Role::App, Role::Database];
    let is_spare = tiers.into_iter().any(|role| tier(infrastructure, role).len() > 1);
    let claims = |words: &str| {
        let server = ["added|additional|new |fourth|extra", "server", "take|takes ", "over"];
        follows(words, &server, 4) && is_plain_but_if(words) && !has(words, BALANCER)
    };
    let said = text.quote(claims).filter(|_| !is_spare);
    Claim {
        id: "C-takes-over",
        wrong: said.map(|said| format!("{said}: each server of the plan has another part")),
        right: "no server is said to take over the part of another kind",
        why: "a server stands in only for one that does the same",
        todo: "say that the added server makes room for a component of its own",
    }
}

/// Whether a sentence says what happens, even if only in some case.
fn is_plain_but_if(words: &str) -> bool {
    !has(words, NEGATED)
        && !has(words, "could|would|might|should|rather|instead|wrong|mistake|claim")
}
