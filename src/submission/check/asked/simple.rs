//! Task 0: the parts of one server, and what is wrong with having one. Data, no judgement.

use super::super::point::Point;
use super::super::words::{DATABASE, WEB};
use super::{SPOF, graded_point};

pub(super) const POINTS: [Point; 10] = [
    graded_point(
        "G0-5",
        &[
            ("what a server is", "server|machine"),
            ("that it stands in a data centre", "data cent|datacent|hosted in|rack"),
            ("physical or virtual", "physical|virtual|bare metal|hardware"),
            ("its operating system", "operating system|os |linux|ubuntu|debian"),
        ],
        "everything else of this design runs on it",
        "say what a server is: a computer, physical or virtual, usually in a data centre, with an operating system",
    ),
    graded_point(
        "G0-6",
        &[
            ("the domain name", "domain|foobar com|dns"),
            ("the IP address", "ip |address"),
            (
                "that one leads to the other",
                "translat|resolv|map|point|lookup|look up|looks up|convert|human|remember|instead of|leads to",
            ),
        ],
        "people type a name, packets need an address",
        "say that DNS turns the name people remember into the server's IP address",
    ),
    graded_point(
        "G0-7",
        &[
            (
                "that www is an A record",
                "a record|address record|record a |type a |a type|record type a |record of type a ",
            ),
            ("that it holds an IP address", "ip |address|8 8 8 8|ipv4"),
        ],
        "an A record holds an address; a CNAME holds another name",
        "say that www is an A record, because it points to an IP address",
    ),
    graded_point(
        "G0-8",
        &[("the web server", WEB), ("what it hands out", "static|serv|http|page|html|file")],
        "it is the first program that a request meets",
        "say that the web server takes HTTP requests and serves pages: static content itself, the rest from the application",
    ),
    graded_point(
        "G0-9",
        &[
            (
                "the application server",
                "application server|app server|application|php|gunicorn|backend",
            ),
            (
                "that it makes dynamic content",
                "dynamic|logic|execut|comput|generat|runs the code|run the code|runs code|process",
            ),
        ],
        "without it every page would be the same for everybody",
        "say that the application server runs the code and makes the dynamic content",
    ),
    graded_point(
        "G0-10",
        &[
            ("the database", DATABASE),
            ("that it stores", "stor|keep|persist|sav|hold|manag"),
            ("data", "data |information|record|content"),
        ],
        "what users write has to outlive a request",
        "say that the database stores the application's data",
    ),
    graded_point(
        "G0-11",
        &[
            ("the network or its protocol", "tcp|network|internet|http |https "),
            ("who talks over it", "user|client|browser|computer|communicat|talk"),
        ],
        "server and user's computer meet only over the network",
        "say that they talk over a network: TCP/IP, and HTTP over it",
    ),
    graded_point(
        "G0-12",
        &[
            SPOF,
            (
                "that nothing is redundant",
                "redundan|only one|one server|single server|no backup|no other|no second|no spare|whole|entire|everything|down |fails|dies|unavailable",
            ),
        ],
        "one failure takes the whole site away",
        "say that the server is a single point of failure because nothing stands by",
    ),
    graded_point(
        "G0-13",
        &[
            ("deployment or maintenance", "deploy|maint|new code|updat|upgrad|restart"),
            (
                "that the site is down meanwhile",
                "downtime|down |unavailable|offline|outage|interrupt|stops|unreachable",
            ),
        ],
        "new code needs a restart, and nobody else answers meanwhile",
        "say that the site is down while code is deployed and the web server restarts",
    ),
    graded_point(
        "G0-14",
        &[
            (
                "too much traffic",
                "traffic|load |loads |many users|more users|many requests|visitors|demand|peak",
            ),
            (
                "the limit of one server",
                "scal|capacity|too much|overload|limit|exceed|more than|cannot handle|can t handle|overwhelm",
            ),
        ],
        "one machine has an end",
        "say that one server cannot scale: more traffic than it can take is lost",
    ),
];
