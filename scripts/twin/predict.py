"""What the simulation says of the same plan and the same faults: many runs, each with other chances and at another phase of the checks."""
import collections, concurrent.futures, json, re, statistics, subprocess

RUNS = 100
PERIOD = 2.0  # The checks come every two seconds, the adverts every second: the runs' faults are spread evenly over this.
SETTLE = 10.0  # Simulated before the first second of the schedule.


# How the simulation's log tells what is no answer of HAProxy.
WORDS = {"no address of the site answered": "no connection", "what held its connection died, and it was reset": "connection reset", "the user gave up waiting": "no answer"}


class Prediction:
    def __init__(self, binary, plan, faults, bounds, counted):
        """`faults`: (what, killed, restored); `bounds`: where a fault's time begins, and the end; `counted`: (from, to) of the picks."""
        self.binary, self.plan, self.faults, self.bounds, self.counted = binary, plan, faults, bounds, counted
        self.times, self.failures = collections.defaultdict(list), collections.defaultdict(lambda: [0] * RUNS)
        self.picks, self.changes, self.latency = collections.defaultdict(lambda: [0] * RUNS), [], []
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(self.one, range(RUNS)))

    def simulate(self, run, until):
        shift = SETTLE + run * PERIOD / RUNS
        command = [self.binary, "simulate", f"--plan={self.plan}", f"--seed={run + 1}", "--format=json", f"--for={shift + until:.3f}s"]
        for what, killed, restored in self.faults:
            command += [f"--kill={what}@{shift + killed:.3f}s", f"--restore={what}@{shift + restored:.3f}s"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout), shift

    def one(self, run):
        report, shift = self.simulate(run, self.bounds[-1])
        events = [(fact["t_ns"] / 1e9 - shift, fact["kind"], fact["subject"], fact["text"]) for fact in report["facts"]]
        failed = 0
        for at, kind, _, text in events:
            if kind == "request-failed":
                failed += 1
                words = re.search(r"failed: (.*)\.$", text)[1]
                outcome = WORDS.get(words) or words.split(",")[0]
                fault = sum(at >= bound for bound in self.bounds) - 1
                self.failures[fault, outcome][run] += 1
        if failed != report["requests"]["failed"]:
            raise RuntimeError("the simulation did not tell every request that failed")
        self.latency.append((report["latency_ms"]["p50"], report["latency_ms"]["p95"]))
        changes = []
        for at, kind, subject, text in events:
            if kind in ("server-down", "server-up"):
                balancer, _, server = subject.split("/")
                changes.append((at, balancer, server, kind == "server-up"))
            elif kind in ("vip-taken", "vip-dropped") and at > 0:
                word = r"^(\S+) took" if kind == "vip-taken" else r"^(\S+) gave"
                changes.append((at, re.search(word, text)[1], subject, kind == "vip-taken"))
        times, odd = read_changes(changes, self.faults, self.bounds)
        for key, value in times.items():
            self.times[key].append(value)
        self.changes.append(odd)
        for name, (begin, end) in self.counted.items():
            for sign, until in ((1, end), (-1, begin)):
                for line in self.simulate(run, until)[0]["servers"]:
                    self.picks[name, line["balancer"], line["name"]][run] += sign * line["requests"]


def read_changes(changes, faults, bounds):
    """How long after the fault and after its end each change of state came, and how many came that no fault explains.

    A change: (when, balancer, server or address, whether it is there now).
    """
    times, odd = {}, 0
    for at, balancer, thing, is_up in sorted(changes):
        fault = sum(at >= bound for bound in bounds) - 1
        if fault < 0 or at >= bounds[-1]:
            continue
        what, killed, restored = faults[fault]
        since = killed if at < restored else restored
        key = fault, at >= restored, balancer, thing, is_up
        if key in times:
            odd += 1
        else:
            times[key] = at - since
    return times, odd


def bounds_of(counts):
    """What chance leaves a count: four standard deviations, and one, about the mean of the runs."""
    mean, deviation = statistics.fmean(counts), statistics.stdev(counts)
    return mean, max(0.0, mean - 4 * deviation - 1), mean + 4 * deviation + 1
