//! `foobar-lab model-card`: what is modelled, from which source, how it is checked, what is left out. The figures come from the
//! judges themselves: traces and theory are run here, the rest is read from the logs of theirs.

use std::fmt::Write;
use std::path::Path;

use super::arguments::ModelCard;
use super::commands::Failure;
use crate::replay::{Verdict, replay};
use crate::run::proof;

/// The groups of the recorded traces, and what they show.
const GROUPS: [(&str, &str); 8] = [
    ("A", "which server is picked, by every algorithm"),
    ("B", "a server fails and returns; how long that is not noticed"),
    ("C", "cookies, backups, drain, maintenance, weights, stick table"),
    ("D", "queues and limits"),
    ("E", "observe, on-error, on-marked-down, on-marked-up"),
    ("F", "everything down"),
    ("G", "keepalived: takeover, return, tracked script"),
    ("H", "weights and members changed at run time, timeouts, requests killed in flight"),
];

const MODELLED: &str = "\
| what | as in | checked by |
|---|---|---|
| `balance` roundrobin, static-rr, leastconn, first, random(n), source, uri, url_param, hdr; `hash-type`, `hash-balance-factor` | HAProxy 2.6 manual 4.2; picks of 2.6.12 | traces A, C, H; live |
| weights and their change, `slowstart`, `backup`, `option allbackups` | manual 4.2, 5.2; management guide 9.3 | traces A, B, C, H; live |
| ready, drain, maint, weight and health by the operator | management guide 9.3 | traces C, H; live |
| checks L4 and HTTP: `inter`, `fastinter`, `downinter`, `rise`, `fall`, `timeout check`, spread start, `disable-on-404` | manual 4.2, 5.2; measured | traces B, H; live; theory |
| `observe`, `error-limit`, `on-error`; `on-marked-down`, `on-marked-up` | manual 5.2; measured | traces E; live |
| clients that are slow or silent: `timeout client`, `timeout http-request`, 408 | manual 4.2; measured | live; tests/slow_clients.rs |
| `retries`, `option redispatch`, `retry-on`, the turn-around pause; `timeout connect`, `server`, `queue` | manual 4.2; measured | traces B, D, F, H; live |
| `maxconn` of server and frontend, `minconn`, `fullconn`, `maxqueue`, both queues, priority classes | manual 4.2, 5.2; measured | traces D; live; laws |
| `cookie` insert, prefix, rewrite, preserve; `option persist` | manual 4.2, 8.5 | traces C; live |
| `stick-table type ip`, `stick on src`, `peers` | manual 4.2, 3.5 | traces C; laws |
| the statistics page and `show stat`, column by column | management guide 9.1; measured | laws: counters agree with what happened; tests/golden/show-stat-2.6.12.csv |
| VRRP: priorities, skew, preemption, tracked script with weight, gratuitous ARP, split brain | RFC 3768, RFC 9568, keepalived.conf(5) | traces G; theory; tests/keepalived.rs, live |
| DNS with a time to live, clients that try the next address, Happy Eyeballs | RFC 6298, RFC 8305 | tests/dns.rs |
| Nginx, application servers, MySQL as stations of workers with queues and limits | queueing theory | theory |
| Nginx as a reverse proxy: smooth weighted round robin, `max_fails`, `fail_timeout`, `proxy_next_upstream`, 502 against 504, `worker_connections`, `proxy_cache` with `use_stale` | ngx_http_upstream_module, ngx_http_proxy_module; picks of 1.22 | tests/nginx.rs, live; tests/what_ifs.rs |
| a replica with asynchronous lag: reads, promotion by hand or by a watcher, what is lost; its one connection to the source over links and firewall, `replica_net_timeout`, `MASTER_CONNECT_RETRY`; `super_read_only` until it is promoted (error 1290); crash recovery | MySQL manual: Replication, InnoDB Recovery; RFC 6298 | tests/databases.rs, src/sim/copying.rs |
| a database without a connection left (error 1040), and what HAProxy makes of it | MySQL manual: Server Error Reference; measured | MariaDB and HAProxy, live: tests/limits.rs |
| an application at its limits: workers, backlog and one more, work for users who have gone, errors, a worker that is killed, hangs or takes longer than `timeout` until its arbiter looks | gunicorn settings; measured | gunicorn, Linux and HAProxy, live: tests/limits.rs; tests/gray.rs |
| what an application and Nginx do when they are asked to end: they finish what they have, for 30 s and 5 s at most; Nginx refuses the next at once, the application's kernel takes them until the last worker has ended, and resets them | gunicorn 20.1 and Nginx 1.22, measured; Debian's nginx.service | tests/tiers.rs |
| TLS: round trips of 1.2 and 1.3, full and resumed, their work on the balancer's cores, encryption to the servers, a certificate that is another site's or has expired; session tickets, the full handshakes after a takeover or a restart, `tls-ticket-keys` | RFC 5246 7.3, RFC 8446 2; HAProxy 2.6 manual 5.1 | tests/tiers.rs |
| sessions kept locally or shared; a rolling deploy with and without drain | | tests/tiers.rs |
| connections that the application's workers keep open, and what that leaves of `max_connections` | MySQL manual | tests/tiers.rs |
| writes that wait for their commit on the machine's disk (`disk_iops`) | queueing theory | tests/tiers.rs |
| memory that is used up: the kernel kills the largest process, which on a shared machine is the database | Linux, `Documentation/filesystems/proc.rst` | tests/gray.rs |
| gray failures: hanging, failing by halves, leaking, flapping; a lock, a slow and a full disk | gunicorn `timeout`; MySQL manual | tests/gray.rs, tests/databases.rs |
| a connection request that meets silence is sent again after 1, 3, 7 s by its sender's clock and given up after 127 s, for users, requests, checks and queries alike | RFC 6298 2.1, 5.5; Linux `tcp_syn_retries` | tests/retransmission.rs; theory |
| links that are cut, lose, delay and jitter, one way or both, from the start or later, those to users too; the firewall's rules, named where they drop; the backup uplink after the routing time | RFC 6298 | tests/gray.rs, tests/user_links.rs |
| network cards that send so many megabits a second, answers of one size | | tests/tiers.rs |
| processor cores, where a machine's services have more workers than it has cores | queueing theory | tests/gray.rs |
| monitoring: agents, a collector outside that hears them over uplink, link and firewall, alert rules with their delay and thresholds, blind spots; rules for errors and p95 of the last minute, QPS, waiting requests, a replica, a full disk | Prometheus `scrape_interval`, `scrape_timeout`, `for` | tests/what_ifs.rs, tests/monitoring.rs |
";

const LEFT_OUT: &str = "\
- **Bytes.** Answers have a size only if you give them one (`answer_kib`): then the sending network card takes its time. Otherwise nothing has one, links are never full, and an answer
  arrives as a whole. So `D` and `L` as second letter of a termination state (death in the middle of the data) do not occur.
- **The statistics** have every column of `show stat`, and a value where the model has one. Empty are `bin` (requests have no size), `bout` without `answer_kib` (with it,
  the bodies of the pages that were answered 200, without heads), `need_conn_est`, TLS sessions where TLS is spoken, and the streams and bytes of HTTP/1. `qtime`, `ctime`, `rtime` and `ttime` are
  averages over the last 512 answers, as 2.6.12 makes them (its guide says 1024); their clock starts when the request is complete. Nothing is compressed, cached or denied: 0. Without `maxconn` a frontend's
  limit is what the process gets from systemd's limit of open files on Debian 12 (262129 with one thread): no simulated run comes near it.
- **One request, one connection.** No keep-alive, no HTTP/2: every request comes on a connection of its own, so `http-reuse` has nothing to
  decide, and the silent close of a second request is not seen. A client may take its time to send a request, but none takes it to read the
  answer: there `timeout client` never runs out.
- **One thread.** HAProxy shares the order of servers among its threads; recordings with two threads pick as those with one.
- **Milliseconds.** The real program's timers run out up to some milliseconds late, and its checks drift by one each; the model's are exact. Where the
  order of two things hangs on a millisecond, either can be right.
- **2.6.12, with its faults.** It enforces a `timeout check` that is shorter than `timeout connect` too late, so the model does; a request
  that a returning server takes from the queue is not counted against its `maxconn`; static-rr knows no single backup; `retries 1` with `option redispatch -2` makes it die of a division by zero (named, not
  modelled). Newer versions differ
  (leastconn picks at random among equals since 3.2).
- **Nginx's workers know of one another's failures**, as with a `zone` in the `upstream`; without one each worker process of the real one learns for
  itself. Its cache keeps one page, as good for everybody. That a balancer gave up on a request it learns only when the application's answer or a timeout comes.
- **Memory** is that of the application's workers and of MySQL (its buffer pool as if always full, so much for a connection); the other programs need next to none, and
  nothing is ever swapped out. **A disk** is full because you say so, and only writes of the database wait for it. A pool is as large as the application's workers, or there is none. Cores are taken in
  the order of asking, one job to its end; a real scheduler slices time, which spreads the same waiting differently.
- **The replica has no load of its own from copying**: it is behind by a constant time, longer by what its link delays and sends again. Over a cut link nothing
  comes; healed within the minute after which the replica gives up (`replica_net_timeout`), what was missed comes with the next packet that TCP sends again,
  otherwise when the replica next tries to connect: when it gives up, and each minute after (the real one's try into silence takes a minute itself). All that was missed
  arrives at once. A link cut one way stops both ways. No read tells that its data are old; `SHOW REPLICA STATUS` does. The watcher promotes when the primary is dead or hangs,
  not when a link is cut. A replica that returns needs no fresh copy: its disk is whole, and it goes on where it stopped. After a promotion the old primary, which would need
  one, stays out of use, even when it returns.
- **MySQL that hangs** still ends the queries that it had begun.
- **Asked to end** (`--stop`), HAProxy ends as when killed, as the real one does after SIGTERM. A machine that is shut down is off at once, whatever its services hold. A worker that its
  arbiter kills while it waits for a core leaves its work to the core.
- **What is under way when a link is cut is lost**, but for connection requests and for the changes that a replica copies; the real kernel would send it again after
  the cut. A query on a connection that an application has kept open waits its driver's `read_timeout`, at most the 924.6 s after which the kernel gives up (`tcp_retries2`), over a cut link
  as to a dead machine; then the connection is closed. One from before MySQL or its machine went away fails its next query at once (error 2013): no pool of this model tests a connection before it uses it. MySQL is taken to know at once; the real one counts it until `wait_timeout`. A machine without power is silent to whoever connects; the kernel of a neighbour would know after 3 s that it is not there.
- **The collector is no machine of the site.** It is a service outside, as Sumo Logic is one, and never fails. It asks the agents over the uplink in use (the exported firewalls let it
  in by a line of their own, whatever the rules say), and what they tell goes out unless a rule denies TCP 443 to the internet or anywhere. An agent is silent to it when it or its machine is dead, when
  there is no way out, when the link between the machine and the collector (`web-1:collector:cut`) is cut or takes longer than an answer may (10 s, or `scrape_interval`), or when every link of that
  machine is cut. Links to the collector are not drawn, as it is not. The p95 is of the times that the site's users had, as if their browsers told the balancers' logs, good answers alone; whoever gave up
  is in no percentile. Thresholds and `for` hold for all machines alike. The exported `alerts.yml` has the rule for a silent machine alone, and names the others with their thresholds: they need
  an exporter beside each program.
- **The links to users** come on top of the internet's way: what is wrong with one is drawn and told where it leads to, users to balancer or web server. A connection whose handshake has begun when the link is cut
  is made; a user who goes away is noticed at once, over whatever link.
- **VRRP and the peers of the stick tables** need no rule of the plan: the exported firewalls always let them in. Adverts do not leave their VLAN, so that all balancers of one
  virtual address stand in one zone.
- **One connection more** than `max_connections` is for an administrator in the real MySQL; the model keeps none.
- **Not there:** agent checks, `track`, `use-server`, ACLs other than `path_beg`, `tcp` mode, `http-reuse`, `force-persist`, weights of map-based hashing at
  run time (refused, as by the real one), dynamic cookies.
- **TLS** is its round trips; its arithmetic too where `tls` is configured (the preset `secured`). There a share of the connections brings the ticket of an earlier
  session, and a balancer resumes only what its own process issued, unless `tls_ticket_keys` gives all of them the same: a takeover, a restart and a reload
  cost each client a full handshake, which is a burst of work for the cores, and two active balancers make one for every second connection. A client keeps one ticket, its
  latest; before the run it got one where it used to come. No ticket is ever too old, and keys never rotate. A failed VRRP script runs in no time. A machine that restarts does so at once.
- **A reload** starts a process that knows nothing, as the real one does without a state file; the old process finishes what it holds.
";

pub(super) fn write(of: &ModelCard) -> Result<String, Failure> {
    let mut card = String::new();
    card.push_str("# How true is it?\n\n");
    card.push_str(
        "What the simulation does as the real programs do, from which source that is known, how it is checked on every run of the tests, and what is\nleft out. The tables of traces and theory are made by `make model-card`, which runs the judges; so are the other figures.\n\n",
    );
    card.push_str("## What is modelled\n\n");
    card.push_str(MODELLED);
    card.push_str("\n## Judge 1: recordings of the real programs\n\n");
    card.push_str(
        "HAProxy 2.6.12 and keepalived 2.2.7 were recorded while servers died, came back and were administered (`tests/golden`). `foobar-lab\nreplay` plays the same configuration and script on the model. Compared are, request by request: server, status, cookie, termination state, retries,\nredispatch, place in the queue, and durations within 30 ms; and every change of state within 30 ms.\n\n",
    );
    card.push_str(&traces(&of.traces)?);
    card.push_str("\nThe installed keepalived besides, live in network namespaces (`tests/keepalived.rs`, run by `make conformance`): how long after a failure of lb-1 lb-2 has its address, and\nafter its end lb-1 has it back. The model's is the shortest and longest of 400 runs that fail at other instants.\n\n| failure | what | real, s | model, s |\n|---|---|---|---|\n");
    card.push_str(&takeovers(&of.keepalived)?);
    card.push_str("\n## Judge 2: the real HAProxy, live\n\n");
    card.push_str(
        "On every run of the tests the installed HAProxy is driven on loopback with random configurations, deaths, drains and cookies, and each\npick is compared (`tests/conformance.rs`; `make conformance` for more). The last run:\n\n",
    );
    let _ = writeln!(card, "> {}", last_line(&of.conformance, "conformance: ")?);
    card.push_str("\nA case whose recording differs is recorded again up to two times: a stalled machine is no difference. One case in\nfifty may still differ, where two things fall within a millisecond; each is printed with its seed.\n");
    card.push_str("\n## Judge 3: theory\n\n");
    card.push_str("Each closed form (`src/theory`) lies in the interval that the simulation gives over many seeds (`tests/theory.rs`).\n\n");
    let rows = proof::theory_card()?;
    card.push_str(&proof::table(&rows));
    card.push_str("\n\n## Judge 4: laws under fire\n\n");
    card.push_str(
        "Random infrastructures, workloads and faults; after every event the books agree: no request is lost, no server that is DOWN is given a new one, queues\nand limits hold, counters agree with facts, an address has one owner (`tests/laws.rs`). The last soak (`make soak`):\n\n",
    );
    let _ = writeln!(card, "> {}", last_line(&of.soak, "the laws hold")?);
    card.push_str(
        "\nGoing to any instant by way of a kept state gives the same world as running there from the start, and twenty plans that use every feature have the same\nhash natively and in the browser (`src/run/self_check.rs`).\n",
    );
    if let Some(report) = of.twin.as_deref().filter(|report| report.exists()) {
        card.push_str(&twin(&read(report)?));
    }
    card.push_str("\n## The reader of haproxy.cfg\n\n");
    card.push_str(
        "`simulate --config` names every directive that is not modelled with its line. Its tests read the configuration of every trace, ask `haproxy -c` about\nright and wrong files, and throw random bytes, lines and mutations of real files at it (`tests/haproxy_cfg.rs`, proptest):\nno panic, no file takes longer than its size allows, every error names a line.\n",
    );
    let _ = writeln!(card, "Each property is tried with {} random files a run.", of.fuzz_cases);
    card.push_str("\n## Speed\n\n");
    let bench: serde_json::Value = serde_json::from_str(&read(&of.bench)?)?;
    let figure =
        |name: &str| bench.get(name).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
    let _ = writeln!(
        card,
        "`foobar-lab bench`: {} requests through two application servers and a database take the full model {:.2} s and a minimal loop by hand {:.2} s:\n{:.2} times as long (target 2.5). An event among 1,000 servers costs {:.2} times one among 10 (target 1.5).",
        figure("requests"),
        figure("model_s"),
        figure("loop_s"),
        figure("ratio"),
        figure("cost_1000_by_10"),
    );
    let web = read(&of.bench_web)?;
    let _ = writeln!(card, "\nIn a browser (`make bench-web`):\n\n```\n{}\n```", web.trim_end());
    card.push_str("\n## What is left out\n\n");
    card.push_str(LEFT_OUT);
    Ok(card)
}

/// A table of the groups: how many traces, how many agree.
fn traces(folder: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::File { path: folder.to_owned(), error };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    files.sort();
    let mut counts = [[0_u32; 2]; GROUPS.len()];
    for path in &files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(group) = GROUPS.iter().position(|(letter, _)| name.starts_with(letter)) else {
            continue;
        };
        counts[group][0] += 1;
        counts[group][1] += u32::from(replay(&name, &read(path)?)? == Verdict::Ok);
    }
    let mut table = "| group | what | traces | agree |\n|---|---|---|---|\n".to_owned();
    for ((letter, what), [all, agree]) in GROUPS.iter().zip(counts) {
        let _ = writeln!(table, "| {letter} | {what} | {all} | {agree} |");
    }
    Ok(table)
}

/// What the report of the twin found, and its tables.
fn twin(report: &str) -> String {
    let verdict = report.lines().find(|line| line.starts_with("> ")).unwrap_or("> not run");
    let figures = report.split_once("\n## Measured and predicted\n").map_or("", |(_, rest)| rest);
    let tables = figures.split("\n## ").next().unwrap_or("").trim();
    format!(
        "\n## Judge 5: the twin\n\nThe exported files on the real programs, in network namespaces: two HAProxy with keepalived, Nginx, two gunicorn, MariaDB. The same\ncomponents are killed at the same times as in the simulation (`make twin`; docs/twin.md tells what was deployed, how it is measured and why the\ntolerances are what they are):\n\n{verdict}\n\n{tables}\n"
    )
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::File { path: path.to_owned(), error })
}

/// The last line of a log that has this in it.
/// The rows of the table of takeovers, from the lines of the test.
fn takeovers(log: &Path) -> Result<String, Failure> {
    let name = |scenario: &str| match scenario {
        "kill" => "keepalived killed",
        "cut" => "machine lost",
        "stop" => "keepalived stopped in order",
        "script-0" => "HAProxy dead, script with weight 0",
        _ => "HAProxy dead, script with weight -5",
    };
    let text = read(log)?;
    let mut rows: Vec<String> = text
        .lines()
        .filter_map(|line| {
            let (scenario, rest) = line.strip_prefix("keepalived, ")?.split_once(": ")?;
            let (what, rest) = rest.split_once(" after ")?;
            let (real, model) = rest.split_once(" s, the model ")?;
            let model = model.strip_suffix(" s")?;
            Some(format!("| {} | {what} | {real} | {model} |\n", name(scenario)))
        })
        .collect();
    rows.sort();
    Ok(rows.concat())
}

fn last_line(path: &Path, wanted: &str) -> Result<String, Failure> {
    let text = read(path)?;
    let line = text.lines().rev().find(|line| line.contains(wanted));
    Ok(line.unwrap_or("not run").trim().to_owned())
}
