//! `dig`: what a name server answers now, as DiG 9.18 prints it. It asks the cache that the clients share, or the site's own name servers if
//! nothing is kept. A query that is looked at here turns no addresses round.

use crate::kernel::SimDuration;
use crate::sim::Simulation;

use super::clock;

/// What `dig` with these words prints.
pub(super) fn dig(world: &Simulation, words: &[&str]) -> String {
    let is_type = |word: &str| {
        ["A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"]
            .contains(&word.to_ascii_uppercase().as_str())
    };
    let mut names = words.iter().filter(|word| !word.starts_with(['+', '-', '@']));
    let is_short = words.contains(&"+short");
    let kind = names.clone().find(|word| is_type(word)).copied().unwrap_or("A");
    let kind = kind.to_ascii_uppercase();
    let Some(name) = names.find(|word| !is_type(word)) else {
        return "# name what to look up, as in `dig www.foobar.com`".to_owned();
    };
    if kind != "A" && kind != "AAAA" {
        return format!("# not modelled here: records of type {kind}; there are A records only");
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let domain = &world.plan().infrastructure.domain;
    let is_known = name == *domain;
    let (addresses, left) = world.dns_answer();
    let seconds = left.as_ns() / 1_000_000_000;
    let is_answered = is_known && kind == "A";
    let addresses = if is_answered { addresses } else { Vec::new() };
    if is_short {
        return addresses.iter().map(|address| format!("{address}\n")).collect();
    }
    let status = if is_known { "NOERROR" } else { "NXDOMAIN" };
    let mut text = format!(
        "; <<>> DiG 9.18 <<>> {}\n;; global options: +cmd\n;; Got answer:\n\
         ;; ->>HEADER<<- opcode: QUERY, status: {status}, id: {}\n\
         ;; flags: qr rd ra; QUERY: 1, ANSWER: {}, AUTHORITY: 0, ADDITIONAL: 0\n\n\
         ;; QUESTION SECTION:\n;{name}.\t\tIN\t{kind}\n",
        words.join(" "),
        world.now().as_ns() / 1_000_000 % 65_536,
        addresses.len()
    );
    if is_answered {
        text.push_str("\n;; ANSWER SECTION:\n");
    }
    for address in &addresses {
        text.push_str(&format!("{name}.\t{seconds}\tIN\tA\t{address}\n"));
    }
    // The head, the question, and each answer with a pointer to the name (RFC 1035 4.1).
    let bytes = 12 + name.len() + 2 + 4 + 16 * addresses.len();
    let when = clock::dig(world.now());
    text.push_str(&format!(
        "\n;; Query time: 0 msec\n;; WHEN: {when}\n;; MSG SIZE  rcvd: {bytes}\n\n{}\n",
        clock::SINCE
    ));
    let dns = world.plan().workload.dns;
    let resolvers = dns.resolvers;
    text.push_str(if dns.ttl == SimDuration::ZERO {
        "# the site's own name server was asked: at a TTL of 0 no cache keeps an answer. A look-up takes no time here.\n"
    } else {
        "# a cache of the clients was asked. A look-up takes no time here.\n"
    });
    if is_answered && seconds > 0 && resolvers > 1 {
        text.push_str(&format!(
            "# the first of {resolvers} caches; another may answer otherwise\n"
        ));
    }
    if !is_known {
        text.push_str(&format!("# the model knows no name but {domain}\n"));
    }
    text
}
