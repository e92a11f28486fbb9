//! Task 0: the parts of one server, and what is wrong with having one. Data, no judgement.

use super::super::point::{HERE, Point};
use super::super::words::{DATABASE, WEB};
use super::graded_point;

const MACHINE: &str = "server|machine|computer|hardware";

pub(super) const POINTS: [Point; 10] = [
    graded_point(
        "G0-5",
        &[
            (
                "that a server stands in a data centre",
                &[MACHINE, "data cent|datacent|hosted in|rack"],
            ),
            ("that it is physical or virtual", &[MACHINE, "physical|virtual|bare metal"]),
            (
                "that it has an operating system",
                &[
                    MACHINE,
                    "operating system|os |linux|ubuntu|debian",
                    "runs|run |running|has |have |with |uses |use |on |under|install|need|require|such as|like|operated|its ",
                ],
            ),
        ],
        "everything else of this design runs on it",
        "say what a server is: a computer, physical or virtual, usually in a data centre, with an operating system",
    ),
    graded_point(
        "G0-6",
        &[(
            "that the domain name leads to an IP address",
            &[
                "domain|foobar com|dns|name",
                "translat|resolv|map|points|pointing|pointed|lookup|look up|looks up|convert|remember|instead of|leads to|turns|match|associat|finds|find |get |gets |link",
                "ip |ips |address",
            ],
        )],
        "people type a name, packets need an address",
        "say that DNS turns the name people remember into the server's IP address",
    ),
    graded_point(
        "G0-7",
        &[
            ("that www is an A record", &[HERE, A_RECORD]),
            (
                "that it holds an IP address",
                &[
                    "www|dns|record",
                    "ip |ips |address|8 8 8 8|ipv4",
                    "a type|type|record|www|points|holds|maps|resolv",
                ],
            ),
        ],
        "an A record holds an address; a CNAME holds another name",
        "say that www is an A record, because it points to an IP address",
    ),
    graded_point(
        "G0-8",
        &[(
            "what the web server hands out",
            &[
                WEB,
                "serves|serve |served|serving|hands|hand |answer|return|deliver|receiv|accept|handl|process|takes|take |respond|sends|send |display|passes|pass |forward|listen",
                "static|http|page|html|file|request|content",
            ],
        )],
        "it is the first program that a request meets",
        "say that the web server takes HTTP requests and serves pages: static content itself, the rest from the application",
    ),
    graded_point(
        "G0-9",
        &[(
            "that the application server makes dynamic content",
            &[
                "application|app server|php|gunicorn|backend",
                "execut|comput|generat|runs|run |running|processes|process |processing|produc|creat|builds|build |makes|make |handl|perform|contain|interact",
                "dynamic|logic|code|content|script|program|what the user",
            ],
        )],
        "without it every page would be the same for everybody",
        "say that the application server runs the code and makes the dynamic content",
    ),
    graded_point(
        "G0-10",
        &[(
            "that the database stores the data",
            &[
                DATABASE,
                "stores|store |stored|storing|storage|keeps|keep |persist|saves|save |saved|holds|hold |manag|contain|retriev|organi",
                "data |information|record|content|user|post|table",
            ],
        )],
        "what users write has to outlive a request",
        "say that the database stores the application's data",
    ),
    graded_point(
        "G0-11",
        &[(
            "that server and user's computer talk over a network",
            &[
                "user|client|browser|computer|visitor|server|communicat|network",
                "tcp|network|internet|http |https ",
                "communicat|talk|speak|sends|send |sent|connect|request|over |via |through|use |uses |using|exchang|respond",
            ],
        )],
        "server and user's computer meet only over the network",
        "say that they talk over a network: TCP/IP, and HTTP over it",
    ),
    graded_point(
        "G0-12",
        &[(
            "that the server is a single point of failure because nothing is redundant",
            &[
                "spof",
                "redundan|only one|one server|one machine|single server|single machine|just one|no backup|no other|no second|no spare|whole|entire|everything|goes down|is down|be down|go down|fails|fail |dies|unavailable|without",
                "server|machine|site|nothing|component|infrastructure|everything|it ",
            ],
        )],
        "one failure takes the whole site away",
        "say that the server is a single point of failure because nothing stands by",
    ),
    graded_point(
        "G0-13",
        &[(
            "that the site is down while it is deployed or maintained",
            &[
                "deploy|maint|new code|updat|upgrad|restart",
                "downtime|down |unavailable|not available|inaccessible|offline|outage|interrupt|stops|stop |stopped|unreachable",
                "server|site|restart|deploy|maint|new code|updat|upgrad|user|service|nobody|it ",
            ],
        )],
        "new code needs a restart, and nobody else answers meanwhile",
        "say that the site is down while code is deployed and the web server restarts",
    ),
    graded_point(
        "G0-14",
        &[(
            "that too much traffic is more than one server can take",
            &[
                "traffic|load |loads |many users|more users|many requests|more requests|visitors|demand|peak",
                "scale|capacity|too much|too many|overload|limit|exceed|more than|cannot handle|can t handle|not handle|overwhelm|slow|crash",
                "cannot|can t |not |limit|capacity|overload|overwhelm|exceed|crash|slow|lost|more than|fails|fail ",
            ],
        )],
        "one machine has an end",
        "say that one server cannot scale: more traffic than it can take is lost",
    ),
];

/// How an A record is called; the reader has told its letter from the article.
const A_RECORD: &str = "a type|an a record|type a |address record|record a |record of type a |record type a |type of a ";
