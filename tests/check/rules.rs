//! Every rule that looks for words, against what only names the thing (titles, labels, lists of machines, words of another meaning), and
//! against what students really write. The rules are those of the exercise's checklist.

use super::{Preset, Task, Verdict, check, finding};

/// A rule, texts that do not make its point, and texts that do, each alone.
struct Rule {
    task: Task,
    id: &'static str,
    weak: &'static [&'static str],
    said: &'static [&'static str],
}

const fn rule(
    task: Task,
    id: &'static str,
    weak: &'static [&'static str],
    said: &'static [&'static str],
) -> Rule {
    Rule { task, id, weak, said }
}

const SIMPLE: [Rule; 10] = [
    rule(
        Task::Simple,
        "G0-5",
        &[
            "# Server in a data centre, physical or virtual, Linux",
            "The server is physical hardware. We use MySQL.",
            "Server\n\nData centre\n\nPhysical or virtual\n\nOperating system",
        ],
        &[
            "A server is a physical or virtual machine, usually in a data center, which runs an operating system like Linux.",
            "## What is a server?\n\nIt can be physical or virtual. It is hosted in a datacenter. It runs Ubuntu.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-6",
        &["## Domain name and IP address", "Domain name: foobar.com, IP address: 8.8.8.8."],
        &[
            "The domain name is a human-readable name that is mapped to the IP address of the server.",
            "DNS resolves foobar.com to 8.8.8.8, the server's IP.",
            "The role of the domain name is to let people remember a name instead of an IP address.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-7",
        &[
            "DNS keeps a record of the IP addresses.",
            "The www record is a CNAME that leads to an address.",
            "## A record",
        ],
        &[
            "www is an A record, since it points to the IP address 8.8.8.8.",
            "The `www` in www.foobar.com is a DNS record of type A: it maps the name to an IPv4 address.",
            "It's an \"A\" record because www resolves to the server's IP.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-8",
        &["- Web server: Nginx\n- Files: HTML", "## The web server (HTTP)\n\nNginx, version 1.22."],
        &[
            "The web server (Nginx) handles HTTP requests and serves web pages.",
            "- **Nginx**: serves static files to the browser.",
            "## Web server\n\nIts role is to deliver the pages that users ask for.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-9",
        &["- Application server: code", "Application server, dynamic content, business logic."],
        &[
            "The application server executes the code and generates dynamic content.",
            "## Application server\n\nIt runs the business logic of the website.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-10",
        &["- Database: MySQL, data", "The database is MySQL. Information about it is on its site."],
        &[
            "MySQL stores the data of the application, such as users and posts.",
            "The role of the database is to manage and retrieve information.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-11",
        &["- User\n- Internet\n- Server", "The user is on a computer."],
        &[
            "The server communicates with the user's computer over the internet using TCP/IP.",
            "It uses HTTP to talk to the browser of the user.",
            "Communication happens through the network.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-12",
        &["## Issues\n\n- SPOF\n- Downtime\n- Redundancy", "A SPOF is a bad thing."],
        &[
            "The server is a single point of failure: if it goes down, the whole site is down.",
            "## SPOF\n\nThere is only one server, so nothing can replace it.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-13",
        &["- Maintenance\n- Downtime", "We deploy on Mondays."],
        &[
            "When new code is deployed the web server must be restarted and the site is unavailable.",
            "Downtime when maintenance is needed: deploying new code requires a restart.",
        ],
    ),
    rule(
        Task::Simple,
        "G0-14",
        &["- Traffic: scaling", "The load average is shown by uptime."],
        &[
            "It cannot scale if there is too much incoming traffic.",
            "If the traffic exceeds the server's capacity, the site gets slow or crashes.",
        ],
    ),
];

const DISTRIBUTED: [Rule; 7] = [
    rule(
        Task::Distributed,
        "G1-4",
        &[
            "We have lb-1 with HAProxy, and server-1 and server-2 with Nginx, an application server, the code base and a MySQL database.",
            "| Part | Product |\n|---|---|\n| Load balancer | HAProxy |\n| Web server | Nginx |\n| Application server | Gunicorn |\n| Application files | code |\n| Database | MySQL |\n| Servers | 2 |",
        ],
        &[
            "The second server is added for redundancy. The load balancer distributes the traffic between both. The web server serves static pages. The application server handles the dynamic part. The code base is on both so that each can answer. The database stores the data.",
        ],
    ),
    rule(
        Task::Distributed,
        "G1-5",
        &[
            "Each machine has its source code. The next section is about databases.",
            "## Round robin",
            "The algorithm is round robin.",
        ],
        &[
            "We use round robin: requests are sent to each server in turn.",
            "The load balancer is configured with Round-Robin. It goes through the list of servers one by one.",
            "With leastconn the server with the fewest connections gets the request.",
        ],
    ),
    rule(
        Task::Distributed,
        "G1-6",
        &[
            "Active-active or active-passive. Both servers.",
            "## Active-active\n\n## Active-passive\n\nWhile both have Nginx.",
        ],
        &[
            "Our load balancer is set up active-active. In an active-active setup both servers handle traffic at the same time. In an active-passive setup one of them waits until the other fails.",
            "We use an Active-Active setup, where all nodes work simultaneously, unlike Active-Passive, where only one serves and the other is on standby.",
        ],
    ),
    rule(
        Task::Distributed,
        "G1-7",
        &["- Primary\n- Replica: copy", "A replica of MySQL runs on server-2."],
        &[
            "The replica is synchronized with the primary, so it has the same data.",
            "Every write on the master is copied to the slave.",
        ],
    ),
    rule(
        Task::Distributed,
        "G1-8",
        &[
            "Primary: server-1, writing. Replica: server-2, reading.",
            "The primary is on server-1. Write to us! The replica is on server-2. Read on.",
        ],
        &[
            "The application sends writes to the primary. The replica is only used to read.",
            "The primary node accepts read and write operations while the replica is read-only.",
        ],
    ),
    rule(
        Task::Distributed,
        "G1-9",
        &[
            "## SPOF\n\nThe load balancer distributes the traffic.",
            "The load balancer is not a SPOF.",
        ],
        &[
            "The load balancer is still a SPOF.",
            "## SPOF\n\nThere is one load balancer: if it fails nobody reaches the site.",
        ],
    ),
    rule(
        Task::Distributed,
        "G1-10",
        &[
            "There is a firewall and HTTPS.\n\nNo other problem is known.",
            "## Firewall and HTTPS\n\nThere is no monitoring.",
        ],
        &["Security issues: no firewall, no HTTPS.", "- No firewall\n- Traffic is not encrypted"],
    ),
];

const SECURED: [Rule; 9] = [
    rule(
        Task::Secured,
        "G2-4",
        &["- Firewalls: 3\n- Ports: 443", "Three firewalls were added."],
        &[
            "Firewalls filter the incoming and outgoing traffic of each server.",
            "A firewall is there to block access from outside to ports that should not be open.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-5",
        &["# Secured web infrastructure with an SSL certificate", "One SSL certificate was added."],
        &[
            "Traffic is served over HTTPS so that it is encrypted and nobody can read it.",
            "HTTPS prevents man-in-the-middle attacks on the data between user and site.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-6",
        &[
            "# Secured and monitored: performance, health, errors",
            "## Monitoring of health and performance\n\nThree clients.",
            "Secured and monitored web infrastructure\n=======\n\nProblems of health.",
        ],
        &[
            "Monitoring detects problems before users notice them.",
            "## Monitoring\n\nIt tells us if something is broken or slow.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-7",
        &["- Monitoring clients: 3\n- Logs\n- Server", "A monitoring agent is on each server."],
        &[
            "The Sumo Logic collector gathers logs on each server and sends them to Sumo Logic.",
            "An agent collects metrics of the host. It pushes them to the monitoring platform.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-8",
        &["QPS: metrics. Alert.", "We monitor the QPS of the web server."],
        &[
            "To monitor QPS, count the requests in the Nginx access log and set an alert above a threshold.",
            "## QPS\n\nWe enable stub_status in Nginx to measure the requests. Then we configure an alert when it is too high.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-9a",
        &[
            "SSL termination at the load balancer.",
            "The load balancer terminates SSL. Plain talk is good.",
        ],
        &[
            "SSL is terminated at the load balancer, so the traffic to the web servers is unencrypted.",
            "The load balancer decrypts HTTPS. Behind it the traffic is in clear text.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-9b",
        &["- Primary: writes\n- Replica: down", "Only one MySQL server accepts writes."],
        &[
            "Only one MySQL server can accept writes: if it goes down nothing can be written.",
            "There is a single database for writes. When the primary fails the application cannot add data.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-9c",
        &[
            "Each server has the same components: CPU, memory.",
            "Servers with all the same components are a problem.",
        ],
        &[
            "All servers have the same components, so they compete for the same resources, and upgrading one component can affect the others.",
            "Components on the same server do not scale in the same way. Maintenance of one may stop all of them.",
        ],
    ),
    rule(
        Task::Secured,
        "G2-9d",
        &["## SPOF\n\nThe load balancer is fast.", "There is no SPOF at the load balancer."],
        &["The load balancer remains a single point of failure."],
    ),
];

const SCALE_UP: [Rule; 11] = [
    rule(
        Task::ScaleUp,
        "G3-3",
        &["## HAProxy cluster with failover", "The load balancers are a cluster."],
        &[
            "The HAProxy load balancers form a cluster: if one fails, the other takes over.",
            "Both load balancers are configured as a cluster with keepalived. When the first one goes down the second one continues to serve.",
        ],
    ),
    rule(
        Task::ScaleUp,
        "G3-6",
        &[
            "We have two load balancers, a web server, an application server and a database, each on its own server, and one additional server.",
            "- lb-1: HAProxy\n- lb-2: HAProxy\n- web-1: Nginx web server\n- app-1: application server\n- db-1: MySQL database\n- one more server",
        ],
        &[
            "A new server is added so that the components can be separated. The second load balancer avoids downtime. The web server has its own machine because it serves many users. The application server is separated to scale independently. The database has dedicated resources.",
        ],
    ),
    rule(
        Task::ScaleUp,
        "G3-7",
        &[
            "See [the manual](https://nginx.org/en/docs/).",
            "There is a diagram.",
            "[Top](#diagram)",
        ],
        &["https://imgur.com/a/abc", "![x](3.png)", "The diagram: https://example.org/x"],
    ),
    rule(
        Task::ScaleUp,
        "C3-4",
        &[
            "- web-1: web server, static files\n- app-1: application server, code",
            "| Machine | Part |\n|---|---|\n| web-1 | web server: static files |\n| app-1 | application server: dynamic pages |",
            "The web server is Nginx. Static electricity is bad. The application server is Gunicorn.",
        ],
        &[
            "A web server serves static content while an application server generates dynamic content.",
            "- **Web server**: it returns HTML files.\n- **Application server**: it executes the business logic.",
        ],
    ),
    rule(
        Task::ScaleUp,
        "C3-12",
        &[
            "Round robin is fair when requests cost about the same.",
            "This reduces the cost of servers.",
            "| Component | Why it was added | Cost |\n|---|---|---|\n| a | b | c |",
            "The design has low latency.",
        ],
        &[
            "More servers cost more money.",
            "The drawback is that each hop adds latency.",
            "Two load balancers make the configuration more complex.",
        ],
    ),
    rule(
        Task::ScaleUp,
        "X-rationale",
        &[
            "# Scale up",
            "ALX System Engineering DevOps, exercise 3: Scale up.",
            "## Scaling rationale\n\nNone yet.",
        ],
        &[
            "The application tier reaches its limit first, so we scale it horizontally.",
            "Vertical scaling means a bigger server, horizontal scaling means more servers.",
        ],
    ),
    rule(
        Task::ScaleUp,
        "X-checks",
        &["## Health checks", "We value the health of our team."],
        &["HAProxy checks the health of each server every 2 seconds."],
    ),
    rule(
        Task::ScaleUp,
        "X-network",
        &["## VLAN and DMZ", "- Subnet: 10.0.0.0/8"],
        &["The database is in its own subnet, which only the application servers can reach."],
    ),
    rule(
        Task::ScaleUp,
        "X-monitoring",
        &["## Alerts", "- Alerting: Prometheus"],
        &["An alert is sent when the error rate is above 1 %."],
    ),
    rule(
        Task::ScaleUp,
        "X-backup",
        &[
            "lb-2 is a backup server of lb-1.",
            "## Backup",
            "The active-backup mode is used every day.",
        ],
        &["The database is backed up every night to another site."],
    ),
    rule(
        Task::ScaleUp,
        "X-next",
        &["## Future", "It would be nice."],
        &["As a next step we would add a replica of the database."],
    ),
];

fn rules() -> impl Iterator<Item = &'static Rule> {
    SIMPLE.iter().chain(&DISTRIBUTED).chain(&SECURED).chain(&SCALE_UP)
}

fn verdict(rule: &Rule, text: &str) -> Verdict {
    let plan = if rule.task == Task::ScaleUp { Preset::Literal } else { rule.task.preset() };
    finding(&check(rule.task, &plan.infrastructure(), Some(text)), rule.id).verdict
}

/// The texts that were judged so, with their rules.
fn judged(
    texts: impl Fn(&Rule) -> &'static [&'static str],
    is_wrong: impl Fn(Verdict) -> bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for rule in rules() {
        for text in texts(rule).iter().filter(|text| is_wrong(verdict(rule, text))) {
            wrong.push(format!("{}: {text}", rule.id));
        }
    }
    wrong
}

#[test]
fn what_only_names_a_thing_says_nothing_of_it() {
    assert_eq!(judged(|rule| rule.weak, |verdict| verdict == Verdict::Pass), [""; 0]);
}

#[test]
fn what_students_write_is_understood() {
    assert_eq!(judged(|rule| rule.said, |verdict| verdict != Verdict::Pass), [""; 0]);
}

/// Each point that words make has its texts here.
#[test]
fn every_rule_of_words_is_tried() {
    for task in Task::ALL {
        let report = check(task, &task.preset().infrastructure(), None);
        let of_words = report.of(Verdict::NotShown).map(|one| one.id);
        // The link is tried once for all tasks, the missing monitoring below.
        for id in of_words.filter(|id| !["G-all-2", "G1-11"].contains(id) && !id.starts_with("X-"))
        {
            assert!(rules().any(|rule| rule.task == task && rule.id == id), "task {task}: {id}");
        }
    }
    let missing = |text| {
        let plan = Preset::Distributed.infrastructure();
        finding(&check(Task::Distributed, &plan, Some(text)), "G1-11").verdict
    };
    assert_eq!(missing("There is no monitoring."), Verdict::Pass);
    assert_eq!(missing("- No monitoring"), Verdict::Pass);
    assert_eq!(missing("## Monitoring\n\nThere is no firewall."), Verdict::Fail);
    assert_eq!(missing("Monitoring is there."), Verdict::Fail);
}
