"""Measured beside predicted, row by row, and the report about it."""
import collections, statistics

import predict
from deployed import seconds

SLACK = 0.1  # Seconds.
VIP_TRIED = 0.7  # Within this somebody tries an address, all but once in a thousand times (ten users a second begin with it).
PAGE_ANSWERED = 1.0  # Within this somebody asks for a page (twelve users a second) and has it.


class Report:
    def __init__(self, faults):
        self.faults, self.rows, self.differs = faults, collections.defaultdict(list), []

    def add(self, fault, what, measured, predicted, low, high, form):
        verdict = "ok" if measured is not None and low <= measured <= high else "DIFFERS"
        shown = form.format(measured) if measured is not None else "never"
        self.rows[fault].append((what, shown, predicted, f"{form.format(low)} to {form.format(high)}" if low < float("inf") else "never", verdict))
        if verdict != "ok":
            self.differs.append((fault, what))


def compare(site, prediction, faults, done, end, requests, changes, lines):
    """Row by row: measured, predicted, what may lie between them."""
    report = Report(faults)
    bounds = [killed for _, killed, _ in done] + [end]
    times, odd = predict.read_changes(changes, done, bounds)
    terminations = {number: (status, termination) for _, _, _, status, termination, _, number in lines}
    failures = collections.Counter()
    for request in requests:
        fault = sum(request["ended"] >= bound for bound in bounds) - 1
        if request["outcome"] == 200 or request["ended"] >= end:
            continue
        outcome = request["outcome"]
        if isinstance(outcome, int):
            logged = terminations.get(request["n"])
            outcome = f"{outcome} {logged[1]}" if logged and logged[0] == outcome else f"{outcome} not logged"
        failures[fault, outcome] += 1

    first = done[0][1]
    for name, (begin, until) in prediction.counted.items():
        for balancer in ("lb-1", "lb-2"):
            if name != "quiet" and balancer == "lb-1" and until == end:
                continue
            for server in ("web-1", "app-1", "app-2"):
                counts = prediction.picks[name, balancer, server]
                measured = sum(1 + retries for at, by, to, _, _, retries, _ in lines if by == balancer and to == server and begin <= at < until)
                mean, low, high = predict.bounds_of(counts)
                report.add(name, f"{balancer} picks {server}, times", measured, f"{mean:.0f}", low, high, "{:.0f}")
            if name == "quiet":
                difference = lambda count: abs(count("app-1") - count("app-2"))
                simulated = [difference(lambda server: prediction.picks[name, balancer, server][run]) for run in range(predict.RUNS)]
                measured = difference(lambda server: sum(by == balancer and to == server and begin <= at < until for at, by, to, *_ in lines))
                report.add(name, f"{balancer} picks one of app-1 and app-2 more often by", measured, f"{min(simulated)} to {max(simulated)}", 0, max(simulated) + 1, "{}")
    report.add("quiet", "requests that failed", sum(count for (fault, _), count in failures.items() if fault < 0), "0", 0, 0, "{}")

    for index, (what, killed, restored) in enumerate(done):
        keys = {key for key in (*prediction.times, *times) if key[0] == index}
        for key in sorted(keys, key=lambda key: (key[1], key[2], key[3])):
            _, is_after, balancer, thing, is_up = key
            simulated = prediction.times.get(key, [])
            if simulated and len(simulated) < predict.RUNS and key not in times:
                continue  # Something that happens in some runs only.
            subject = f"{thing} {'UP' if is_up else 'DOWN'} for {balancer}" if thing in site.hosts else f"{balancer} {'takes' if is_up else 'gives up'} {thing}"
            when = "restored" if is_after else "killed"
            if not simulated:
                report.add(index, f"{subject}, s after it was {when}", times[key], "never", float("inf"), float("inf"), "{:.2f}")
                continue
            low, high = min(simulated), max(simulated)
            report.add(index, f"{subject}, s after it was {when}", times.get(key), f"{low:.2f} to {high:.2f}", low - SLACK, high + SLACK, "{:.2f}")
        if what.startswith("lb-1"):
            taken = prediction.times[index, False, "lb-2", "VIP A", True]
            address = site.vips["VIP A"]
            ends = [ended - killed for request in requests for to, begun, kind, ended in request["tries"] if to == address and kind == "taken" and begun > killed]
            report.add(index, "VIP A takes connections again, s after it was killed", min(ends, default=None), f"{min(taken):.2f} to {max(taken):.2f}", min(taken) - SLACK, max(taken) + VIP_TRIED, "{:.2f}")
        if what == "db-1/mysql":
            recovery = seconds(site.services["db-1"]["mysql"]["recovery_time"])
            again = [request["ended"] - restored for request in requests if request["at"] > restored and request["outcome"] == 200 and request["path"] != "/static/logo.png"]
            report.add(index, "pages are answered again, s after it was restored", min(again, default=None), f"{recovery:.2f}", recovery - SLACK, recovery + PAGE_ANSWERED, "{:.2f}")
        outcomes = {outcome for fault, outcome in (*prediction.failures, *failures) if fault == index}
        for outcome in sorted(outcomes):
            counts = prediction.failures.get((index, outcome), [0] * predict.RUNS)
            mean, low, high = predict.bounds_of(counts)
            if failures[index, outcome] == 0 and mean < 0.5:
                continue
            report.add(index, f"requests that ended in {outcome}", failures[index, outcome], f"{mean:.1f}", low, high, "{:.0f}")
        if not outcomes or not any(row[0].startswith("requests that") for row in report.rows[index]):
            report.add(index, "requests that failed", sum(count for (fault, _), count in failures.items() if fault == index), "0.0", 0, 1, "{:.0f}")
    report.add("all", "changes of state that come twice", odd, f"{max(prediction.changes)}", 0, max(prediction.changes), "{}")
    return report


TITLES = {
    "quiet": "Before the first fault: who is picked", "faulty": "With the faults before lb-1's: who is picked, repeated attempts counted", "whole": "All of lb-2's life: who is picked, repeated attempts counted",
    "all": "All of it",
}
WORDS = {"app": "the application's processes killed", "nginx": "Nginx killed", "mysql": "the database killed", "haproxy": "HAProxy killed", "": "the machine loses power"}


def write(report, prediction, faults, done, end, requests, site, versions):
    def title(key):
        if key in TITLES:
            return TITLES[key]
        what, killed, restored = faults[key]
        name, _, service = what.partition("/")
        return f"{name}, {WORDS[service]} at {killed} s, restored at {restored} s"

    said = []
    for key in ("quiet", *range(len(faults)), "faulty", "whole", "all"):
        if key in report.rows:
            said.append(f"### {title(key)}\n\n| what | measured | predicted | may be | verdict |\n|---|---|---|---|---|\n" + "".join("| " + " | ".join(map(str, row)) + " |\n" for row in report.rows[key]))
    total = sum(map(len, report.rows.values()))
    verdict = f"{total} figures compared, {total - len(report.differs)} within their tolerance, {len(report.differs)} beyond"
    ok = sorted(request["took"] * 1000 for request in requests if request["outcome"] == 200)
    late = max(request["late"] for request in requests) * 1000
    half, most = (statistics.fmean(values) for values in zip(*prediction.latency))
    recovery = next(of["mysql"]["recovery_time"] for of in site.services.values() if "mysql" in of)
    programs = ", ".join(f"{name} {version}" for name, version in versions.items())
    text = f"""# The twin: the exported files on the real programs

Made by `make twin`. The configuration that `foobar-lab export --preset brief --format config` writes runs on the real programs, each machine in
namespaces of its own; its components are killed and restored on a schedule; the simulation is given the same schedule. The figures of one run: they vary from run to
run, and so does what chance allows them.

> {verdict}

Programs: {programs}.

## What was deployed

- **Unchanged, byte for byte, in their own places:** `haproxy.cfg`, `keepalived.conf`, `nftables.conf` (loaded with `nft -f` on every machine), `nginx.conf`,
  `my.cnf`. Each machine has its own network, processes and mounts, so addresses, paths, users and `pgrep -x haproxy` mean what they say.
- **By what it says:** `netplan.yaml` (the card's name, its address and its gateway are read from it and set with `ip`) and `foobar-app.service` (user, folder,
  environment and command line are read from it).
- **Rewritten:** nothing but the VLAN tag: each zone is a bridge of its own instead of a VLAN on one switch, and the card is named `vlanN` itself. A router with the
  gateways' addresses joins the bridges and sends both virtual addresses into zone edge. As a Linux router does, it reports a machine as unreachable when nobody
  there has answered its ARP for three seconds; the model's network stays silent.
- **Added, because the files ask for it:** a certificate signed by itself, the users `foobar` and `mysql`, the accounts that the comments in `my.cnf` name, an
  application of twenty lines (it sleeps as long as a page takes in the model, exponential with the same mean; connects to the database with PyMySQL,
  asks it `SELECT SLEEP(...)` for as long as a query takes, and inserts a row when something is posted), one static file.
- **Not deployed:** `prometheus-node-exporter`, `prometheus.yml` and `alerts.yml`; the second uplink; `Restart=always` of the application (the schedule restarts it,
  as in the lab); HAProxy runs with `-db` (one process, no master).
- **What the simulation was told beside the preset:** distances of 50 us, as there are none here, and that the database recovers from its crash in {recovery}, as
  it did here, where it holds next to nothing (the preset says 6 s). Service times, rate, shares and time limits are the preset's.

## How it is measured

Users at {site.plan['workload']['rate']:g} requests a second, HTTPS, a connection for each request, from the internet's side, addresses in turn as DNS gives them. HAProxy's own log tells
who was picked, how a request ended, and when a server is DOWN or UP; `ip monitor` tells when an address comes and goes; the users tell what
they got. A process is killed by SIGKILL to all of a service. A machine that loses power is first cut off at the switch, then ended with all it has, and built
anew when it returns: the switch lets a server in when its service runs, a balancer at once. Restored is Nginx or the application when it takes connections,
the database and HAProxy when they are started, a server when it is let in, a balancer when keepalived is started.

Predicted are {predict.RUNS} runs with other seeds. Their faults are as far apart as they really were, to the millisecond, and come at {predict.RUNS} instants spread evenly over two
seconds: the phases of checks and adverts.

- **Times** may lie between the shortest and the longest of these runs, and {SLACK * 1000:.0f} ms beyond: a timer of the real programs runs out up to some milliseconds late, each check
  drifts by one, and a program takes up to 50 ms to start. What changes is noted as it comes; whether a
  service takes connections is looked at every 20 ms.
- **Counts** may differ from the mean of these runs by four of their standard deviations and one: more happens by chance once in ten thousand times.
- **VIP A takes connections again** may be {VIP_TRIED} s later than the takeover: ten users a second try it first, and so long none does once in a thousand times.
- **Pages are answered again** within {PAGE_ANSWERED:g} s of the database's recovery: twelve users a second ask for one, and it takes its time.

## Measured and predicted

{chr(10).join(said)}
Not judged: half of the good answers took at most {statistics.median(ok):.0f} ms and 95 of 100 at most {ok[int(len(ok) * 0.95)]:.0f} ms, where the simulation says {half:.0f} ms and {most:.0f} ms: here
one computer does the work of all machines and of the users, TLS included. {len(requests)} requests in {end + 2} s; the latest was sent {late:.0f} ms after its time (a busy computer is late in everything, and no
judge of milliseconds).
"""
    return text, verdict
