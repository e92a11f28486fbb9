#!/usr/bin/env python3
"""`make twin`: the exported configuration on the real programs, in namespaces, beside the simulation of the same faults.

Usage: main.py BINARY [--quick] [--out FILE]. Writes the report (Markdown); without --out to the terminal. Ends with 1 if something differs from
the model by more than its tolerance, with 2 if the twin could not be built up, and with 0 where it cannot be had at all.
"""
import argparse, json, os, re, shlex, shutil, signal, subprocess, sys, tempfile, time

import machine
import predict
import report
from deployed import HERE, Site, seconds

# What, when it is killed and when it is restored, in seconds; the last figure is the end.
FULL = ([("app-1/app", 20, 32), ("app-1", 40, 54), ("web-1/nginx", 64, 76), ("db-1/mysql", 86, 94), ("lb-1/haproxy", 106, 116), ("lb-1", 128, 140)], 152)
QUICK = ([("app-1/app", 10, 20), ("lb-1/haproxy", 30, 38)], 48)
NEEDS = {
    "haproxy": "haproxy", "keepalived": "keepalived", "nginx": "nginx", "mariadbd": "mariadb-server-core", "gunicorn": "gunicorn", "nft": "nftables", "ip": "iproute2",
    "openssl": "openssl", "pgrep": "procps", "unshare": "util-linux", "nsenter": "util-linux", "setpriv": "util-linux", "mount": "mount",
}


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


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binary")
    arguments.add_argument("--quick", action="store_true", help="two faults in 48 s instead of six in 152 s")
    arguments.add_argument("--out", help="where to write the report")
    arguments.add_argument("--keep-logs", help="a folder for what the programs said")
    given = arguments.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    look_around()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
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
        found = report.compare(site, prediction, faults, done, end, requests, changes, lines)
        text, verdict = report.write(found, prediction, faults, done, end, requests, site, versions())
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"twin: {error}", file=sys.stderr)
        sys.exit(2)
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
    for fault, what in found.differs:
        print(f"twin: DIFFERS: {faults[fault][0] if isinstance(fault, int) else report.TITLES[fault]}: {what}")
    print(f"twin: {verdict}")
    sys.exit(1 if found.differs else 0)


if __name__ == "__main__":
    main()
