#!/usr/bin/env python3
"""Measures how long the real keepalived takes until another machine holds the address, and until the first one has it back.

Needs root, iproute2, tcpdump and keepalived. Each scenario has its own three network namespaces (a switch, lb1, lb2), and all run at once.
Prints one line of JSON per run, in seconds, and fails if one is not as the theory says. Usage: vrrp_times.py [runs] [scenario...]
"""
import json, os, re, signal, subprocess, sys, tempfile, threading, time

SCENARIOS = ("kill", "cut", "stop", "script-0", "script-5")
VIP = "10.51.0.100"
HELD, GONE = rf"^\d.* {VIP}/", rf"^Deleted .* {VIP}/"
CONFIG = """
global_defs {{
  script_user root
  enable_script_security
}}
vrrp_script alive {{
  script "/usr/bin/test -e {here}/alive"
  interval 1
  fall 2
  rise 2
  weight {weight}
}}
vrrp_instance one {{
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority {priority}
  advert_int 1
  virtual_ipaddress {{ {vip}/24 dev eth0 }}
  {track}
}}
"""

SKEW_100, SKEW_101 = (256 - 100) / 256, (256 - 101) / 256
START, SLACK = 0.04, 0.06  # What keepalived takes to start; what the machine may add.


def expected(scenario, phase):
    """Between which times the address is taken over, and is back."""
    adverts = {"taken": (3 + SKEW_100 - phase,) * 2, "since_advert_101": (3 + SKEW_100,) * 2}
    farewell = {"since_priority_0": (SKEW_100,) * 2}
    return {
        "kill": adverts | {"back": (START + 3 + SKEW_101,) * 2},
        "cut": adverts | {"back": (3 + SKEW_101,) * 2},
        "stop": farewell | {"taken": (SKEW_100,) * 2, "back": (START + 3 + SKEW_101,) * 2},
        # The script fails, or succeeds, for the second time after one to two seconds.
        "script-0": farewell | {"taken": (1 + SKEW_100, 2 + SKEW_100), "back": (4 + SKEW_101, 5 + SKEW_101)},
        # Then it is 2 to 3 seconds and the skew: an advertisement was heard up to a second ago.
        "script-5": {"since_advert_101": (3 + SKEW_100,) * 2, "taken": (3 + SKEW_100, 5 + SKEW_100), "back": (3 + SKEW_101, 5 + SKEW_101)},
    }[scenario]


class Lab:
    def __init__(self, scenario, here):
        self.scenario, self.here, self.processes, self.nodes = scenario, here, [], {}
        self.seen, self.changed = [], threading.Condition()
        self.names = {node: f"vrrp-{os.getpid()}-{scenario}-{node}" for node in ("switch", "lb1", "lb2")}
        self.weight = -5 if scenario == "script-5" else 0

    def ip(self, node, *words):
        subprocess.run(["ip", "-n", self.names[node], *words], check=True)

    def run(self, node, *command, **options):
        command = ["ip", "netns", "exec", self.names[node], *command]  # It becomes the command: one process, one pid.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, **options)
        self.processes.append(process)
        return process

    def watch(self, kind, node, *command):
        """Each line of the command is seen at the moment it comes."""
        process = self.run(node, *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

        def read():
            for line in process.stdout:
                with self.changed:
                    self.seen.append((time.time(), kind, node, line))
                    self.changed.notify_all()

        threading.Thread(target=read, daemon=True).start()

    def wait(self, since, kind, node, pattern, patience=15):
        """When the first line like that came after `since`."""
        end, start = time.time() + patience, 0
        with self.changed:
            while True:
                for at, *what, line in self.seen[start:]:
                    if at >= since and what == [kind, node] and re.search(pattern, line):
                        return at
                start = len(self.seen)
                if not self.changed.wait(end - time.time()) and time.time() >= end:
                    raise TimeoutError(f"{self.scenario}: no {pattern} on {node}: {self.log()}")

    def log(self):
        return "".join(open(f"{self.here}/{node}.log").read()[-1500:] for node in ("lb1", "lb2"))

    def last(self, until, pattern):
        """When lb2 last heard or sent an advertisement like that."""
        return max((at for at, kind, _, line in self.seen if kind == "advert" and at < until and re.search(pattern, line)), default=None)

    def set_up(self):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("switch", "link", "add", "br0", "up", "type", "bridge", "mcast_snooping", "0")
        for number, node in enumerate(("lb1", "lb2"), 1):
            self.ip("switch", "link", "add", node, "type", "veth", "peer", "name", "eth0", "netns", self.names[node])
            self.ip("switch", "link", "set", node, "up", "master", "br0")
            self.ip(node, "link", "set", "lo", "up")
            self.ip(node, "link", "set", "eth0", "up")
            self.ip(node, "address", "add", f"10.51.0.{number}/24", "dev", "eth0")
            self.watch("address", node, "ip", "monitor", "address")
        self.watch("advert", "lb2", "tcpdump", "--immediate-mode", "-l", "-n", "-i", "eth0", "ip proto 112")
        open(f"{self.here}/alive", "w").close()
        time.sleep(0.5)
        self.keepalived("lb2", 100)
        self.keepalived("lb1", 101)

    def keepalived(self, node, priority):
        track = "track_script { alive }" if node == "lb1" else ""
        config = f"{self.here}/{node}.conf"
        with open(config, "w") as file:
            file.write(CONFIG.format(here=self.here, vip=VIP, priority=priority, weight=self.weight, track=track))
        files = [f"--pid={self.here}/{node}.pid", f"--vrrp_pid={self.here}/{node}.vrrp"]
        with open(f"{self.here}/{node}.log", "a") as log:
            command = ["/usr/sbin/keepalived", "--vrrp", "--dont-fork", "--log-console", "--log-detail", f"--use-file={config}"]
            self.nodes[node] = self.run(node, *command, *files, stdout=log, stderr=log)

    def fail(self):
        if self.scenario == "kill":
            parent = self.nodes["lb1"].pid
            with open(f"/proc/{parent}/task/{parent}/children") as file:
                children = [int(pid) for pid in file.read().split()]
            for pid in [*children, parent]:  # The parent last: a child whose parent dies ends in order, as after SIGTERM.
                os.kill(pid, signal.SIGKILL)
        elif self.scenario == "stop":
            self.nodes["lb1"].terminate()
        elif self.scenario == "cut":
            self.ip("switch", "link", "set", "lb1", "down")  # Not a cable straight to lb2: that would be without carrier too.
        else:
            os.remove(f"{self.here}/alive")

    def heal(self):
        if self.scenario == "cut":
            self.ip("switch", "link", "set", "lb1", "up")
        elif self.scenario.startswith("script"):
            open(f"{self.here}/alive", "w").close()
        else:
            self.keepalived("lb1", 101)

    def measure(self, phase):
        """One failure, so long after an advertisement of lb1, and its end."""
        time.sleep(max(0, self.wait(time.time(), "advert", "lb2", r"10\.51\.0\.1 .*prio 101") + phase - time.time()))
        self.fail()
        failed = time.time()
        taken = self.wait(failed, "address", "lb2", HELD)
        result = {"scenario": self.scenario, "phase": phase, "taken": taken - failed}
        result["since_advert_101"] = taken - self.last(taken, r"10\.51\.0\.1 .*prio 101")
        if self.scenario in ("stop", "script-0"):
            result["since_priority_0"] = taken - self.last(taken, r"10\.51\.0\.1 .*prio 0,")
        if self.scenario in ("kill", "stop"):  # It ends a second after SIGTERM; until it is reaped, a new one says "daemon is already running".
            self.nodes["lb1"].wait()
        time.sleep(1 + phase)
        dropped = [at - failed for at, *what, line in self.seen if at > failed - 0.05 and what == ["address", "lb1"] and re.search(GONE, line)]
        result["dropped"] = dropped[0] if dropped else None
        self.heal()
        healed = time.time()
        back = self.wait(healed, "address", "lb1", HELD)
        result["back"] = back - healed
        result["overlap"] = self.wait(healed, "address", "lb2", GONE) - back
        time.sleep(1)
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in result.items()}

    def tear_down(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.wait()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    failures = []

    def work(scenario):
        with tempfile.TemporaryDirectory() as here:
            lab = Lab(scenario, here)
            try:
                lab.set_up()
                lab.wait(0, "address", "lb1", HELD)
                for run in range(runs):
                    phase = (run + 0.5) / runs
                    result = lab.measure(phase)
                    print(json.dumps(result), flush=True)
                    for key, (low, high) in expected(scenario, phase).items():
                        if not low - SLACK <= result[key] <= high + SLACK:
                            failures.append(f"{scenario}, phase {phase}: {key} is {result[key]}, not {low:.3f} to {high:.3f}")
            except Exception as error:
                failures.append(f"{scenario}: {error!r}")
            finally:
                lab.tear_down()

    threads = [threading.Thread(target=work, args=(scenario,)) for scenario in sys.argv[2:] or SCENARIOS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit("\n".join(failures) or 0)


if __name__ == "__main__":
    main()
