#!/usr/bin/env python3
"""`make twin`: the exported configuration on the real programs, in namespaces, beside the simulation of the same faults.

Usage: main.py BINARY [--quick] [--out FILE]. Writes the report (Markdown); without --out to the terminal. Ends with 1 if something differs from
the model by more than its tolerance, with 2 if the twin could not be built up, and with 0 where it cannot be had at all.
"""
import argparse, collections, json, os, re, shlex, shutil, signal, statistics, subprocess, sys, tempfile, time

import machine
import predict
from machine import Machine, Network, execute

HERE = os.path.dirname(os.path.abspath(__file__))
# What, when it is killed and when it is restored, in seconds; the last figure is the end.
FULL = ([("app-1/app", 20, 32), ("app-1", 40, 54), ("web-1/nginx", 64, 76), ("db-1/mysql", 86, 94), ("lb-1/haproxy", 106, 116), ("lb-1", 128, 140)], 152)
QUICK = ([("app-1/app", 10, 20), ("lb-1/haproxy", 30, 38)], 48)
NEEDS = {
    "haproxy": "haproxy", "keepalived": "keepalived", "nginx": "nginx", "mariadbd": "mariadb-server-core", "gunicorn": "gunicorn", "nft": "nftables", "ip": "iproute2",
    "openssl": "openssl", "pgrep": "procps", "unshare": "util-linux", "nsenter": "util-linux", "setpriv": "util-linux", "mount": "mount",
}
SLACK = 0.1  # Seconds.
VIP_TRIED = 0.7  # Within this somebody tries an address, all but once in a thousand times (ten users a second begin with it).
PAGE_ANSWERED = 1.0  # Within this somebody asks for a page (twelve users a second) and has it.
PASSWORD = "of-the-twin"
CERTIFICATE = "/etc/haproxy/certs/www.foobar.com.pem"


def skip(why, cure):
    print(f"twin: skipped: {why}; {cure}")
    sys.exit(0)


def look_around():
    """Ends, with what would help, where there can be no twin."""
    if os.geteuid() != 0:
        skip("it makes network namespaces, and you are not root", "run it as root")
    missing = [program for program in NEEDS if not shutil.which(program)]
    if missing:
        skip(f"{', '.join(missing)} not found", f"install them (Debian: apt-get install {' '.join(sorted({NEEDS[program] for program in missing}))})")
    if subprocess.run([*app_python(), "-c", "import pymysql"], capture_output=True).returncode:
        skip("gunicorn's Python has no PyMySQL", "install it (Debian: apt-get install python3-pymysql)")
    trial = "mount -t tmpfs tmpfs /srv && ip link add bridge0 type bridge && ip link add veth0 type veth peer name veth1 && nft add table inet t"
    tried = subprocess.run(["unshare", *machine.NAMESPACES, "--fork", "--kill-child", "--mount-proc", "sh", "-c", trial], capture_output=True, text=True)
    if tried.returncode:
        skip(f"no namespaces here ({tried.stderr.strip().splitlines()[-1] if tried.stderr.strip() else 'refused'})", "run it on a machine or in a container that may make network and mount namespaces")


def app_python():
    with open(shutil.which("gunicorn")) as file:
        first = file.readline()
    return shlex.split(first[2:]) if first.startswith("#!") else [sys.executable]


def versions():
    def said(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().splitlines()[0]

    def number(text):
        return re.search(r"\d+\.\d+(\.\d+)?", text)[0]

    pymysql = said(*app_python(), "-c", "import pymysql; print(pymysql.__version__)")
    return {
        "HAProxy": number(said("haproxy", "-v")), "keepalived": number(said("keepalived", "--version")), "Nginx": number(said("nginx", "-v")),
        "MariaDB": number(said("mariadbd", "--version")), "gunicorn": number(said("gunicorn", "--version")), "PyMySQL": pymysql,
        "nftables": number(said("nft", "--version")), "Linux": number(os.uname().release),
    }


def seconds(text):
    """A time as the plan writes it."""
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[unit]


class Site:
    """The machines of the plan, with the exported files in their places."""

    def __init__(self, binary, scratch):
        self.binary, self.scratch = binary, scratch
        self.plan = json.loads(execute(binary, "plan", "--preset", "brief"))
        self.infrastructure = self.plan["infrastructure"]
        self.hosts = {host["name"]: host for host in self.infrastructure["hosts"]}
        self.zones = {zone["name"]: zone for zone in self.infrastructure["zones"]}
        self.vips = {vip["name"]: vip["address"] for vip in self.infrastructure["vips"]}
        self.domain = self.infrastructure["domain"]
        self.services = {name: {kind: of for service in host["services"] if isinstance(service, dict) for kind, of in service.items()} for name, host in self.hosts.items()}
        self.write_plan()
        execute(binary, "export", f"--plan={self.plan_file}", f"--out={scratch}/export", "--format=config")
        self.network, self.machines = Network(scratch), {}
        self.certificate = self.make_certificate()
        for name in self.hosts:
            self.machines[name] = self.describe(name)
        self.client = Machine("client", scratch, interface=("eth0", "198.18.0.1/15", "198.19.255.254", "internet"))

    def write_plan(self, recovery=None):
        """The plan as it is here: no distances, and a database that recovers as quickly as this one does."""
        self.infrastructure["network"] |= {"internet_latency": "50us", "lan_latency": "50us"}
        if recovery is not None:
            for of in self.services.values():
                if "mysql" in of:
                    of["mysql"]["recovery_time"] = f"{round(recovery * 1000)}ms"
        self.plan_file = f"{self.scratch}/plan.json"
        with open(self.plan_file, "w") as file:
            json.dump(self.plan, file)

    def make_certificate(self):
        key, own = f"{self.scratch}/key.pem", f"{self.scratch}/certificate.pem"
        execute("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={self.domain}",
                "-addext", f"subjectAltName=DNS:{self.domain}", "-keyout", key, "-out", own)
        return open(own).read() + open(key).read()

    def exported(self, host, file):
        with open(f"{self.scratch}/export/config/{host}/{file}") as opened:
            return opened.read()

    def describe(self, name):
        """The exported files where they belong, and what they ask for besides."""
        places = {"nftables.conf": "/etc/nftables.conf", "haproxy.cfg": "/etc/haproxy/haproxy.cfg", "keepalived.conf": "/etc/keepalived/keepalived.conf",
                  "nginx.conf": "/etc/nginx/nginx.conf", "foobar-app.service": "/etc/systemd/system/foobar-app.service", "my.cnf": "/etc/mysql/my.cnf"}
        there = set(os.listdir(f"{self.scratch}/export/config/{name}"))
        files = {place: self.exported(name, file) for file, place in places.items() if file in there}
        files["/etc/hosts"] = "127.0.0.1 localhost\n" + "".join(f"{host['address']} {other}\n" for other, host in self.hosts.items())
        folders, kinds = {}, self.services[name]
        if "haproxy" in kinds:
            files[CERTIFICATE] = self.certificate
            folders |= {"/run/haproxy": "root", "/var/lib/haproxy": "root"}
        if "nginx" in kinds:
            files[f"/var/www/{self.domain}/static/logo.png"] = "a picture\n"
            folders |= {"/var/log/nginx": "root", "/var/lib/nginx": "root"}
        if "app" in kinds:
            app = kinds["app"]
            with open(f"{HERE}/app.py") as file:
                files["/srv/foobar/app.py"] = file.read()
            files["/srv/foobar/venv/bin/gunicorn"] = f"#!/bin/sh\nexec {shutil.which('gunicorn')} \"$@\"\n"
            query = next(of["mysql"]["service_time"] for of in self.services.values() if "mysql" in of)
            environment = {"DB_PASSWORD": PASSWORD, "TWIN_WORK": seconds(app["service_time"]), "TWIN_HEALTH": seconds(app["health_time"]), "TWIN_QUERY": seconds(query)}
            files["/etc/foobar/app.env"] = "".join(f"{key}={value}\n" for key, value in environment.items())
        if "mysql" in kinds:
            folders |= {"/run/mysqld": "mysql", "/var/lib/mysql": "mysql"}
        netplan = self.exported(name, "netplan.yaml")
        card = re.search(r"vlans:.*?^    (\S+):", netplan, re.DOTALL | re.MULTILINE)[1]
        address, gateway = re.search(r"- (\d\S+/\d+)", netplan)[1], re.search(r"via: (\S+)", netplan)[1]
        return Machine(name, self.scratch, files, folders, (card, address, gateway, self.hosts[name]["zone"]))

    def switch_on(self, name):
        """The machine with all its services, there at once for the others, as in the model: the switch lets it in when they run. Returns when."""
        on = self.machines[name]
        on.on(self.network)
        on.run("nft", "-f", "/etc/nftables.conf")
        for kind in self.services[name]:
            if kind != "keepalived":
                self.start(name, kind)
        at = self.network.let_in(on)
        if "keepalived" in self.services[name]:
            self.start(name, "keepalived")
        return at

    def start(self, name, kind):
        """Starts a service as its unit would. Returns when it took connections; keepalived and a database: when they were started."""
        on, begun = self.machines[name], time.time()
        if kind == "haproxy":
            on.start(kind, "haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg")
            self.listens(on, 443)
        elif kind == "keepalived":
            on.start("address", "ip", "monitor", "address")
            on.start(kind, "keepalived", "--dont-fork", "--log-console", "--log-detail", "--use-file=/etc/keepalived/keepalived.conf")
            return begun
        elif kind == "nginx":
            on.start(kind, "nginx", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;")
            self.listens(on, self.services[name][kind]["port"])
        elif kind == "app":
            unit = self.exported(name, "foobar-app.service")
            value = lambda key: re.search(rf"^{key}=(.*)$", unit, re.MULTILINE)[1]
            environment = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE) + on.files[value("EnvironmentFile").lstrip("-")].splitlines()
            on.run("chmod", "755", value("ExecStart").split()[0])
            command = ["setpriv", f"--reuid={value('User')}", f"--regid={value('User')}", "--clear-groups", "env", f"--chdir={value('WorkingDirectory')}", *environment]
            on.start(kind, *command, *shlex.split(value("ExecStart")))
            self.listens(on, self.services[name][kind]["port"])
        elif kind == "mysql":
            as_mysql = ["setpriv", "--reuid=mysql", "--regid=mysql", "--clear-groups", "mariadbd"]
            first = []
            if not on.run("ls", "/var/lib/mysql").strip():
                first = [f"--init-file={self.make_database(on, as_mysql)}"]
                begun = time.time()
            on.start(kind, *as_mysql, "--defaults-file=/etc/mysql/my.cnf", *first)
            on.wait(begun, kind, "ready for connections", 60)
            return begun
        return time.time()

    def make_database(self, on, as_mysql):
        """The system tables, and the accounts that the comments of my.cnf name."""
        share = "/usr/share/mysql"
        text = "CREATE DATABASE mysql;\nUSE mysql;\n"
        for file in ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql"):
            with open(f"{share}/{file}") as opened:
                text += opened.read() + "\n"
        on.run(*as_mysql, "--no-defaults", "--bootstrap", "--datadir=/var/lib/mysql", input=text)
        accounts = re.findall(r"^#   (CREATE USER .*)$", self.exported(on.name, "my.cnf"), re.MULTILINE)
        lines = ["CREATE DATABASE foobar;", "CREATE TABLE foobar.comments (number INT);"]
        lines += [statement.strip().replace("'...'", f"'{PASSWORD}'") + ";" for account in accounts for statement in account.split(";") if statement.strip()]
        place = f"{self.scratch}/accounts.sql"
        with open(place, "w") as file:
            file.write("\n".join(lines) + "\n")
        return place

    def listens(self, on, port):
        for _ in range(300):
            with open(f"/proc/{on.pid}/net/tcp") as file:
                if re.search(rf":{port:04X} \S+ 0A ", file.read()):
                    return
            time.sleep(0.02)
        raise RuntimeError(f"{on.name}: nobody listens on {port}: " + "\n".join(line for _, _, line in on.lines[-10:]))

    def build_up(self):
        bridges = {name: re.sub(r"\.0/", ".1/", zone["subnet"]) for name, zone in self.zones.items()} | {"internet": "198.19.255.254/15"}
        self.network.on(bridges, {address: "edge" for address in self.vips.values()})
        self.client.on(self.network)
        self.network.let_in(self.client)
        for name in ("db-1", "app-1", "app-2", "web-1", "lb-1", "lb-2"):
            self.switch_on(name)
        # A crash before the run: how long this database takes to be there again is a figure of the plan.
        self.machines["db-1"].kill("mysql")
        begun = self.start("db-1", "mysql")
        self.write_plan(time.time() - begun)
        for number, vip in enumerate(self.vips.values(), 1):
            self.machines[f"lb-{number}"].wait(0, "address", rf"^\d.* {re.escape(vip)}/", 20)

    def kill(self, what):
        name, _, service = what.partition("/")
        if service:
            return self.machines[name].kill(service)
        if "address" in self.machines[name].programs:
            self.machines[name].kill("address")  # keepalived sees the cut and gives its addresses up, unheard; a machine without power does not.
        at = self.network.unplug(self.machines[name])
        self.machines[name].off()
        return at

    def restore(self, what):
        name, _, service = what.partition("/")
        return self.start(name, service) if service else self.switch_on(name)

    def tear_down(self):
        for on in (*self.machines.values(), self.client, self.network.machine):
            on.off()


def run_schedule(site, faults, end):
    """Users, faults and their ends; everything told in seconds of the schedule."""
    workload = site.plan["workload"]
    zero = time.time() + 5
    spec = {
        "begin": zero - 2, "end": zero + end, "vips": list(site.vips.values()), "domain": site.domain, "certificate": f"{site.scratch}/certificate.pem", "seed": 1,
        "rate": workload["rate"], "static_share": workload["static_share"], "write_share": workload["write_share"],
        "connect_timeout": seconds(workload["connect_timeout"]), "response_timeout": seconds(workload["response_timeout"]),
    }
    shutil.copy(f"{HERE}/clients.py", site.scratch)
    users = site.client.start("users", sys.executable, f"{site.scratch}/clients.py", json.dumps(spec))
    happened = []
    steps = sorted([(killed, what, True) for what, killed, _ in faults] + [(restored, what, False) for what, _, restored in faults])
    times = {}
    for at, what, is_kill in steps:
        time.sleep(max(0, zero + at - time.time()))
        print(f"twin: {at:3d} s of {end} s: {what} {'killed' if is_kill else 'restored'}", flush=True)
        times[what, is_kill] = (site.kill(what) if is_kill else site.restore(what)) - zero
    users.wait(timeout=end + 60)
    time.sleep(0.5)
    if users.returncode:
        raise RuntimeError("the users stopped: " + "\n".join(line for _, what, line in site.client.lines[-10:] if what == "users"))
    requests = [json.loads(line) for _, what, line in site.client.lines if what == "users"]
    for request in requests:
        request["at"] -= zero
        request["ended"] = request["at"] + request["took"]
        request["tries"] = [(address, begun - zero, kind, ended - zero) for address, begun, kind, ended in request["tries"]]
    done = [(what, times[what, True], times[what, False]) for what, _, _ in faults]
    return requests, done, zero


def read_logs(site, zero):
    """From HAProxy's log and the machines' addresses: changes of state, and what each request came to."""
    changes, lines = [], []
    names = {address: name for name, address in site.vips.items()}
    for name, of in site.machines.items():
        for at, kind, line in list(of.lines):
            if kind == "log":
                if found := re.search(r"Server \S+/(\S+) is (UP|DOWN)", line):
                    changes.append((at - zero, name, found[1], found[2] == "UP"))
                elif found := re.search(r" (\S+)/(\S+) [-\d/]+ (\d+) \d+ - - (\S\S)\S\S [\d]+/[\d]+/[\d]+/[\d]+/\+?(\d+) .*[?]n=(\d+)", line):
                    lines.append((at - zero, name, found[2], int(found[3]), found[4], int(found[5]), int(found[6])))
            elif kind == "address":
                if found := re.search(r"^(Deleted )?.* inet (\S+)/32 ", line):
                    if found[2] in names:
                        changes.append((at - zero, name, names[found[2]], not found[1]))
    return changes, lines


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


def write(report, prediction, faults, done, end, requests, site):
    def title(key):
        if key in TITLES:
            return TITLES[key]
        what, killed, restored = faults[key]
        name, _, service = what.partition("/")
        return f"{name}, {WORDS[service]} at {killed} s, restored at {restored} s"

    said = []
    for key in ("quiet", *range(len(faults)), "faulty", "whole", "all"):
        if key in report.rows:
            said.append(f"### {title(key)}\n\n| what | measured | predicted | may be | |\n|---|---|---|---|---|\n" + "".join("| " + " | ".join(map(str, row)) + " |\n" for row in report.rows[key]))
    total = sum(map(len, report.rows.values()))
    verdict = f"{total} figures compared, {total - len(report.differs)} within their tolerance, {len(report.differs)} beyond"
    ok = sorted(request["took"] * 1000 for request in requests if request["outcome"] == 200)
    half, most = (statistics.fmean(values) for values in zip(*prediction.latency))
    recovery = next(of["mysql"]["recovery_time"] for of in site.services.values() if "mysql" in of)
    programs = ", ".join(f"{name} {version}" for name, version in versions().items())
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
  gateways' addresses, which never answers for a zone's machines, joins the bridges and sends both virtual addresses into zone edge.
- **Added, because the files ask for it:** a certificate signed by itself, the users `foobar` and `mysql`, the accounts that the comments in `my.cnf` name, an
  application of twenty lines (it sleeps as long as a page takes in the model, exponential with the same mean; connects to the database with PyMySQL,
  asks it `SELECT SLEEP(...)` for as long as a query takes, and inserts a row when something is posted), one static file.
- **Not deployed:** `prometheus-node-exporter`, `prometheus.yml` and `alerts.yml`; the second uplink; `Restart=always` of the application (the schedule restarts it,
  as in the lab); HAProxy runs with `-db` (one process, no master).
- **What the simulation was told beside the preset:** distances of 50 us, as there are none here, and that this database is back {recovery} after a start that
  follows a crash (a crash before the run took so long; the preset says 6 s). Service times, rate, shares and time limits are the preset's.

## How it is measured

Users at {site.plan['workload']['rate']:g} requests a second, HTTPS, a connection for each request, from the internet's side, addresses in turn as DNS gives them. HAProxy's own log tells
who was picked, how a request ended, and when a server is DOWN or UP; `ip monitor` tells when an address comes and goes; the users tell what
they got. A process is killed by SIGKILL to all of a service. A machine that loses power is first cut off at the switch, then ended with all it has, and built
anew when it returns: the switch lets it in when its services run. A service counts as restored when it takes connections, the database when it is started (it recovers first), a machine when it is let in.

Predicted are {predict.RUNS} runs with other seeds. Their faults are as far apart as they really were, to the millisecond, and come at {predict.RUNS} instants spread evenly over two
seconds: the phases of checks and adverts.

- **Times** may lie between the shortest and the longest of these runs, and {SLACK * 1000:.0f} ms beyond: a timer of the real programs runs out up to some milliseconds late, each check
  drifts by one, and a program takes up to 50 ms to start. Nothing is polled: each line is noted as it comes.
- **Counts** may differ from the mean of these runs by four of their standard deviations and one: more happens by chance once in ten thousand times.
- **VIP A takes connections again** may be {VIP_TRIED} s later than the takeover: ten users a second try it first, and so long none does once in a thousand times.
- **Pages are answered again** within {PAGE_ANSWERED:g} s of the database's recovery: twelve users a second ask for one, and it takes its time.

## Measured and predicted

{chr(10).join(said)}
Not judged: half of the good answers took at most {statistics.median(ok):.0f} ms and 95 of 100 at most {ok[int(len(ok) * 0.95)]:.0f} ms, where the simulation says {half:.0f} ms and {most:.0f} ms: here
one computer does the work of all machines and of the users, TLS included. {len(requests)} requests in {end + 2} s.
"""
    return text, verdict


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binary")
    arguments.add_argument("--quick", action="store_true", help="two faults in 48 s instead of six in 152 s")
    arguments.add_argument("--out", help="where to write the report")
    arguments.add_argument("--keep-logs", help="a folder for what the programs said")
    given = arguments.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    look_around()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    faults, end = QUICK if given.quick else FULL
    scratch = tempfile.mkdtemp(prefix="foobar-twin-")
    os.chmod(scratch, 0o755)
    site = None
    try:
        print("twin: building up", flush=True)
        site = Site(os.path.abspath(given.binary), scratch)
        site.build_up()
        print(f"twin: {end} s of the real programs", flush=True)
        requests, done, zero = run_schedule(site, faults, end)
        changes, lines = read_logs(site, zero)
        # At the times at which it was really done: a check's phase at the end of a fault hangs on how long the fault took.
        first, of_lb = done[0][1], next(killed for what, killed, _ in done if what.startswith("lb-1"))
        counted = {"quiet": (0, first), "faulty": (first, of_lb), "whole": (first, end)}
        print(f"twin: {predict.RUNS} simulated runs", flush=True)
        prediction = predict.Prediction(site.binary, site.plan_file, done, [killed for _, killed, _ in done] + [end], counted)
        report = compare(site, prediction, faults, done, end, requests, changes, lines)
        text, verdict = write(report, prediction, faults, done, end, requests, site)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"twin: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if site:
            if given.keep_logs:
                os.makedirs(given.keep_logs, exist_ok=True)
                for on in (*site.machines.values(), site.client):
                    with open(f"{given.keep_logs}/{on.name}.log", "w") as file:
                        file.writelines(f"{at:.3f} {kind}: {line}\n" for at, kind, line in on.lines)
            site.tear_down()
        shutil.rmtree(scratch, ignore_errors=True)
    if given.out:
        with open(given.out, "w") as file:
            file.write(text)
        print(f"twin: {given.out} written")
    else:
        print(text)
    for fault, what in report.differs:
        print(f"twin: DIFFERS: {faults[fault][0] if isinstance(fault, int) else TITLES[fault]}: {what}")
    print(f"twin: {verdict}")
    sys.exit(1 if report.differs else 0)


if __name__ == "__main__":
    main()
