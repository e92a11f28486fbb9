"""The machines of the plan with the exported files in their places, and what is done to them."""
import json, os, re, shlex, shutil, time

from machine import Machine, Network, execute

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORD = "of-the-twin"
CERTIFICATE = "/etc/haproxy/certs/www.foobar.com.pem"


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
        """The machine with all its services, there at once for the others, as in the model: the switch lets a server in when its service runs, and a
        balancer before, as its checks begin at once. Returns when it was let in, or keepalived started."""
        on = self.machines[name]
        on.on(self.network)
        on.run("nft", "-f", "/etc/nftables.conf")
        is_balancer = "keepalived" in self.services[name]
        if is_balancer:
            self.network.let_in(on)
        for kind in self.services[name]:
            at = self.start(name, kind)
        return at if is_balancer else self.network.let_in(on)

    def start(self, name, kind):
        """Starts a service as its unit would. Returns when an application or Nginx took connections; the others: when they were started."""
        on, begun = self.machines[name], time.time()
        if kind == "haproxy":
            on.start(kind, "haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg")
            self.listens(on, 443)
            return begun
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
            self.write_plan(on.wait(begun, kind, "ready for connections", 60) - begun)
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
