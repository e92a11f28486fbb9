"""A machine of the twin: its own network, processes, mounts and name, in namespaces that end with its first process.

Nothing of it is left behind: what it mounts nobody else sees, its programs cannot outlive its first process, and that dies with the program
that made it, however that ends. `python3 machine.py FILE` is that first process.
"""
import ctypes, json, os, re, shutil, signal, socket, subprocess, sys, threading, time

NAMESPACES = ["--net", "--mount", "--pid", "--uts"]
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def dies_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def execute(*command, **options):
    """Runs a command; what it said is part of the error if it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL if "input" not in options else None, capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip() or done.returncode}")
    return done.stdout


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            found = [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return []
    return [*found, *(grandchild for child in found for grandchild in children(child))]


class Machine:
    """`files`: texts by their place on the machine; `folders`: by place, the user that owns it."""

    def __init__(self, name, scratch, files=(), folders=(), interface=None):
        self.name, self.scratch, self.files, self.folders = name, scratch, dict(files), dict(folders)
        self.interface = interface  # (name, address/length, gateway, bridge)
        self.programs, self.lines, self.changed, self.logs = {}, [], threading.Condition(), {}
        self.holder = self.pid = None
        os.makedirs(f"{scratch}/{name}/root", exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"{scratch}/{name}/log")
        os.chmod(f"{scratch}/{name}/log", 0o666)
        threading.Thread(target=self.read_log, daemon=True).start()

    def read_log(self):
        while True:
            self.saw("log", self.socket.recv(65536).decode(errors="replace"))

    def saw(self, kind, line):
        with self.changed:
            self.lines.append((time.time(), kind, line))
            self.changed.notify_all()

    def wait(self, since, kind, pattern, patience=30):
        """When the first line like that came after `since`."""
        end, start = time.time() + patience, 0
        with self.changed:
            while True:
                for at, what, line in self.lines[start:]:
                    if at >= since and what == kind and re.search(pattern, line):
                        return at
                start = len(self.lines)
                if not self.changed.wait(max(0, end - time.time())) and time.time() >= end:
                    said = "".join(line + "\n" for _, what, line in self.lines[-15:] if what == kind)
                    raise RuntimeError(f"{self.name}: {kind} never said {pattern}:\n{said}")

    def on(self, network=None):
        """The machine is switched on: nothing runs on it yet."""
        spec = f"{self.scratch}/{self.name}/spec.json"
        with open(spec, "w") as file:
            json.dump({"name": self.name, "scratch": f"{self.scratch}/{self.name}", "files": self.files, "folders": self.folders}, file)
        command = ["unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc", sys.executable, __file__, spec]
        self.holder = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=dies_with_parent)
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError(f"{self.name}: its namespaces could not be made")
        self.pid = children(self.holder.pid)[0]
        if network and self.interface:
            network.plug(self)

    def enter(self):
        return ["nsenter", f"--target={self.pid}", *NAMESPACES, "--"]

    def run(self, *command, **options):
        return execute(*self.enter(), *command, **options)

    def start(self, program, *command):
        """The program's lines are kept, each with its time."""
        process = subprocess.Popen([*self.enter(), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=dies_with_parent)
        self.programs[program] = process

        def read():
            for line in process.stdout:
                self.saw(program, line.rstrip("\n"))

        threading.Thread(target=read, daemon=True).start()
        return process

    def kill(self, program):
        """As by SIGKILL to all of a service: the first process first, so that it starts no others."""
        process = self.programs.pop(program)
        found = children(process.pid)
        at = time.time()
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        return at

    def off(self):
        """All of it ends at once; who wants a silent end unplugs it first."""
        if self.holder and self.holder.poll() is None:
            self.holder.kill()
            self.holder.wait()
        for process in self.programs.values():
            process.wait()
        self.programs, self.holder = {}, None


class Network:
    """The switch and the router between the zones: a machine with a bridge for each zone."""

    def __init__(self, scratch):
        self.machine = Machine("net", scratch)

    def on(self, bridges, routes):
        self.machine.on()
        self.machine.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done")
        for bridge, address in bridges.items():
            self.ip("link", "add", bridge, "up", "type", "bridge", "mcast_snooping", "0")
            self.ip("address", "add", address, "dev", bridge)
        for address, bridge in routes.items():
            self.ip("route", "add", address, "dev", bridge)

    def ip(self, *words):
        return execute("nsenter", f"--target={self.machine.pid}", "--net", "--", "ip", *words)

    def plug(self, machine):
        """A card with its address; the switch does not let it in yet."""
        card, address, gateway, bridge = machine.interface
        mac = "02:00:" + ":".join(f"{int(part):02x}" for part in address.split("/")[0].split("."))
        if f" {machine.name}@" in self.ip("-o", "link"):  # Of a machine that was switched off a moment ago.
            self.ip("link", "delete", machine.name)
        self.ip("link", "add", machine.name, "type", "veth", "peer", "name", card, "address", mac, "netns", str(machine.pid))
        self.ip("link", "set", machine.name, "master", bridge)
        machine.run("ip", "link", "set", card, "up")
        machine.run("ip", "address", "add", address, "dev", card)
        machine.run("ip", "route", "add", "default", "via", gateway)

    def let_in(self, machine):
        self.ip("link", "set", machine.name, "up")
        return time.time()

    def unplug(self, machine):
        self.ip("link", "set", machine.name, "down")
        return time.time()


def mount(*words):
    execute("mount", *words)


def first_process(spec):
    """In the namespaces: mounts that only this machine sees, its files, its users; then it waits, and reaps what is orphaned."""
    root = f"{spec['scratch']}/root"
    socket.sethostname(spec["name"])
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root)
    shutil.copytree("/etc", f"{root}/etc", symlinks=True, ignore_dangling_symlinks=True)
    mount("--bind", f"{root}/etc", "/etc")
    os.mkdir(f"{root}/dev")
    for name in DEVICES:
        open(f"{root}/dev/{name}", "w").close()
        mount("--bind", f"/dev/{name}", f"{root}/dev/{name}")
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    os.symlink(f"{spec['scratch']}/log", f"{root}/dev/log")
    os.mkdir(f"{root}/dev/shm", 0o1777)
    mount("--bind", f"{root}/dev", "/dev")
    for place in ("run", "var", "srv"):
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", f"/{place}")
    os.symlink("/run", "/var/run")
    for name, number in (("foobar", 64001), ("mysql", 64002)):
        for file, line in (("passwd", f"{name}:x:{number}:{number}::/:/usr/sbin/nologin\n"), ("group", f"{name}:x:{number}:\n")):
            with open(f"/etc/{file}", "r+") as opened:
                if not re.search(rf"^{name}:", opened.read(), re.MULTILINE):
                    opened.write(line)
    for place in ("/etc/hosts", "/etc/resolv.conf"):
        if os.path.islink(place):
            os.remove(place)
    open("/etc/resolv.conf", "w").close()
    for place, owner in spec["folders"].items():
        os.makedirs(place, exist_ok=True)
        shutil.chown(place, owner, owner)
    for place, text in spec["files"].items():
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w") as file:
            file.write(text)
    execute("ip", "link", "set", "lo", "up")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Who made it ends it.
    print("ready", flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    with open(sys.argv[1]) as opened:
        first_process(json.load(opened))
