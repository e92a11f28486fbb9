//! The plans of the self-check, as constants. They come with the desk, not with the first load.

use super::self_check::{Deed, SelfCheck};
use super::self_check_changes as changes;
use crate::haproxy::{Order, State};
use crate::infra::{
    Balance, Directive, HashFunction, HashMethod, HashType, LinkState, OnError, Preset, UriPart,
};
use crate::kernel::SimDuration;
use crate::sim::{Gray, Plan};

use Deed::{
    Ail, App, Backup, CutHeartbeat, CutUplink, DropRule, Header, HealHeartbeat, HealUplink, Kill,
    Line, Promote, Restore, RestoreRule, Slow, Stop, UrlParam, Wire,
};
use Directive::{
    Allbackups, Cookie, Downinter, Fall, Fastinter, FrontendMaxconn, Fullconn, Httpchk, Inter,
    Maxconn, Maxqueue, Minconn, Observe, Peers, Redispatch, Retries, RetryOnAll, Rise,
    ShutdownSessions, Slowstart, StickOnSource, TimeoutCheck, TimeoutConnect, TimeoutQueue,
    TimeoutServer,
};

const fn ms(ms: u64) -> SimDuration {
    SimDuration::from_ms(ms)
}

const fn balance(balance: Balance) -> Deed {
    App(Directive::Balance(balance))
}

const fn hashed(method: HashMethod, function: HashFunction, avalanche: bool) -> Deed {
    App(Directive::HashType(HashType { method, function: Some(function), avalanche }))
}

const fn state(server: &'static str, state: State) -> Deed {
    Deed::Order(server, Order::State(state))
}

const fn weight(server: &'static str, weight: u32) -> Deed {
    Deed::Order(server, Order::Weight(weight))
}

const fn plan(seed: u64, rate: u32, seconds: u64, deeds: &'static [(u64, Deed)]) -> SelfCheck {
    on(Preset::Brief, seed, rate, seconds, deeds)
}

const fn on(
    preset: Preset,
    seed: u64,
    rate: u32,
    seconds: u64,
    deeds: &'static [(u64, Deed)],
) -> SelfCheck {
    SelfCheck { preset, seed, rate, seconds, deeds, edits: &[], change: None }
}

impl SelfCheck {
    /// Built otherwise.
    const fn built(self, edits: &'static [&'static str]) -> Self {
        Self { edits, ..self }
    }

    /// Otherwise in what no option says.
    const fn changed(self, change: fn(&mut Plan)) -> Self {
        Self { change: Some(change), ..self }
    }
}

const DJB2: HashType =
    HashType { method: HashMethod::MapBased, function: Some(HashFunction::Djb2), avalanche: true };

const FLAP: Gray = Gray::Flap { up: ms(900), down: ms(400) };

const WHOLE: UriPart = UriPart { whole: true, path_only: false, len: 0, depth: 0 };
const DEEP: UriPart = UriPart { whole: false, path_only: true, len: 12, depth: 2 };

pub(super) const PLANS: [SelfCheck; 20] = [
    // As it stands.
    plan(1, 20, 60, const { &[] }),
    // Machines and processes die and come back.
    plan(
        2,
        50,
        60,
        const {
            &[
                (10_000, Kill("app-1")),
                (12_000, Slow("app-2", 3)),
                (15_000, Kill("lb-1")),
                (20_000, Kill("web-1/nginx")),
                (30_000, Restore("app-1")),
                (35_000, Restore("lb-1")),
                (40_000, Restore("web-1/nginx")),
                (45_000, Restore("app-2")),
            ]
        },
    )
    .changed(changes::names_and_bytes),
    plan(
        3,
        60,
        60,
        const {
            &[
                (5000, Slow("db-1", 3)),
                (10_000, Kill("db-1")),
                (15_000, Kill("lb-2/haproxy")),
                (20_000, Kill("lb-1/keepalived")),
                (35_000, Restore("db-1")),
                (40_000, Restore("lb-2/haproxy")),
            ]
        },
    )
    .changed(changes::hurried_and_slow_users),
    // The heartbeat is lost, and keepalived says good-bye.
    plan(
        4,
        20,
        60,
        const {
            &[
                (5000, CutHeartbeat),
                (20_000, HealHeartbeat),
                (30_000, Stop("lb-1/keepalived")),
                (40_000, Restore("lb-1/keepalived")),
                (46_000, Stop("lb-2")),
                (50_000, Kill("lb-1")),
            ]
        },
    )
    .changed(changes::hesitant_keepalived),
    // roundrobin with weights, drained and returned slowly.
    plan(
        5,
        60,
        40,
        const {
            &[
                (1000, Line(Slowstart(ms(5000)))),
                (4000, weight("app-1", 3)),
                (8000, state("app-2", State::Drain)),
                (11_000, state("app-2", State::Ready)),
                (14_000, state("app-1", State::Maint)),
                (18_000, Deed::Order("app-1", Order::Enable)),
                (28_000, Deed::Order("app-2", Order::Percent(50))),
                (32_000, weight("app-2", 0)),
            ]
        },
    )
    .changed(changes::other_spreads),
    plan(
        6,
        60,
        40,
        const {
            &[
                (1, balance(Balance::StaticRr)),
                (4000, state("app-1", State::Maint)),
                (9000, state("app-1", State::Ready)),
                (12_000, state("app-2", State::Drain)),
                (16_000, balance(Balance::First)),
                (16_500, App(Maxconn(2))),
                (20_000, Kill("app-1")),
                (30_000, Restore("app-1")),
            ]
        },
    )
    .changed(changes::users_who_leave),
    plan(
        7,
        120,
        40,
        const {
            &[
                (1, balance(Balance::Leastconn)),
                (5000, Slow("app-1", 4)),
                (14_000, Kill("app-2")),
                (20_000, Restore("app-2")),
                (24_000, balance(Balance::Random { draws: 2 })),
                (28_000, weight("app-2", 5)),
                (34_000, Kill("app-1/app")),
            ]
        },
    )
    .built(&[
        "add-app",
        "cores:app-1=1",
        "app.workers:app-2=2",
        "mysql.max_connections:db-1=12",
    ]),
    // The other rungs of the ladder, with what goes wrong in half.
    on(
        Preset::Extended,
        8,
        60,
        60,
        const {
            &[
                (
                    2000,
                    Wire(
                        "web-1",
                        "app-1",
                        true,
                        LinkState { loss: 0.05, delay: ms(5), ..LinkState::WHOLE },
                    ),
                ),
                (
                    4000,
                    Wire("app-2", "db-2", false, LinkState { jitter: ms(30), ..LinkState::WHOLE }),
                ),
                (8000, Kill("app-1/app")),
                (12_000, Restore("app-1/app")),
                (14_000, Ail("db-1/mysql", Gray::Lock)),
                (20_000, Restore("db-1/mysql")),
                (22_000, Wire("web-1", "app-1", false, LinkState::WHOLE)),
                (24_000, Kill("db-2/mysql")),
                (28_000, Restore("db-2/mysql")),
                (36_000, Kill("db-1")),
                (42_000, Promote("db-2")),
                (48_000, CutUplink("uplink-1")),
                (55_000, HealUplink("uplink-1")),
            ]
        },
    )
    .changed(changes::watched_replica_and_cache),
    on(
        Preset::Literal,
        9,
        40,
        60,
        const {
            &[
                (3000, Wire("lb-1", "lb-2", true, LinkState::CUT)),
                (9000, Wire("lb-1", "lb-2", false, LinkState::WHOLE)),
                (12_000, Ail("app-1/app", Gray::Hang)),
                (26_000, Restore("app-1/app")),
                (28_000, DropRule("web-to-app")),
                (34_000, RestoreRule("web-to-app")),
                (
                    36_000,
                    Wire("app-1", "db-1", false, LinkState { delay: ms(40), ..LinkState::WHOLE }),
                ),
                (40_000, Ail("db-1/mysql", Gray::DiskFull)),
                (
                    42_000,
                    Wire(
                        "users",
                        "lb-1",
                        true,
                        LinkState { delay: ms(10), jitter: ms(20), ..LinkState::WHOLE },
                    ),
                ),
                (46_000, Kill("web-1")),
            ]
        },
    )
    .changed(changes::shaky_links_and_kept_connections),
    // Hashes.
    on(
        Preset::Distributed,
        10,
        60,
        30,
        const {
            &[
                (1, Line(Directive::Balance(Balance::Source))),
                (6000, Line(Directive::HashType(DJB2))),
                (12_000, Kill("server-2")),
                (22_000, Restore("server-2")),
            ]
        },
    )
    .built(&["add-server", "cores:server-3=1", "app.sessions:server-1=local"]),
    plan(
        11,
        60,
        50,
        const {
            &[
                (1, balance(Balance::Uri(WHOLE))),
                (4000, hashed(HashMethod::Consistent, HashFunction::Wt6, false)),
                (9000, balance(Balance::Uri(DEEP))),
                (12_000, hashed(HashMethod::Consistent, HashFunction::Crc32, true)),
                (18_000, Kill("app-2")),
                (24_000, Restore("app-2")),
                (28_000, Header("X-User")),
                (32_000, UrlParam("id")),
                (36_000, hashed(HashMethod::Consistent, HashFunction::Sdbm, false)),
                (40_000, balance(Balance::Source)),
                (44_000, Kill("app-1")),
            ]
        },
    )
    .changed(changes::bounded_loads_and_prefix),
    on(
        Preset::Secured,
        12,
        60,
        40,
        const {
            &[
                (4000, Ail("server-1/app", Gray::Errors(0.5))),
                (9000, Ail("server-1/mysql", Gray::SlowDisk(20.0))),
                (20_000, Restore("server-1")),
                (26_000, Kill("server-1")),
            ]
        },
    )
    .changed(changes::secrets_shared),
    // Checks: only connecting, fast, slow to be believed, on a machine that is too slow to answer.
    plan(
        13,
        30,
        40,
        const {
            &[
                (1, Line(Httpchk(None))),
                (2, Line(Inter(ms(500)))),
                (3, Line(Rise(3))),
                (4, Line(Fall(2))),
                (6000, Kill("app-1/app")),
                (12_000, Restore("app-1/app")),
                (20_000, Kill("web-1")),
            ]
        },
    )
    .changed(changes::wrong_certificate_and_rewrite),
    plan(
        14,
        30,
        40,
        const {
            &[
                (1, Line(Fastinter(ms(300)))),
                (2, Line(Downinter(ms(700)))),
                (3, Line(TimeoutCheck(ms(50)))),
                (8000, Slow("app-1", 300)),
                (20_000, Restore("app-1")),
            ]
        },
    )
    .changed(changes::little_memory),
    // Errors in the traffic.
    plan(
        15,
        60,
        50,
        const {
            &[
                (1, Line(Observe(3, OnError::MarkDown))),
                (8000, Kill("db-1/mysql")),
                (12_000, Restore("db-1/mysql")),
                (20_000, Line(Observe(3, OnError::SuddenDeath))),
                (24_000, Kill("db-1/mysql")),
                (28_000, Restore("db-1/mysql")),
                (34_000, Line(Observe(4, OnError::FailCheck))),
                (36_000, Kill("db-1")),
                (40_000, Restore("db-1")),
                (44_000, Line(Observe(2, OnError::Fastinter))),
                (46_000, Kill("db-1/mysql")),
            ]
        },
    ),
    // Sessions cut.
    plan(
        16,
        80,
        40,
        const {
            &[
                (1, Line(ShutdownSessions(true))),
                (5000, Slow("app-1", 60)),
                (9000, Deed::Order("app-1", Order::Health(false))),
                (15_000, Deed::Order("app-1", Order::Health(true))),
                (20_000, state("app-1", State::Maint)),
            ]
        },
    ),
    // Timeouts and retries.
    plan(
        17,
        60,
        40,
        const {
            &[
                (1, Line(TimeoutServer(ms(200)))),
                (2, Line(TimeoutConnect(ms(300)))),
                (6000, Slow("app-1", 10)),
                (12_000, Line(RetryOnAll(true))),
                (18_000, Line(Redispatch(true))),
                (24_000, Kill("app-2")),
                (32_000, Line(Retries(0))),
                (34_000, Kill("app-1/app")),
            ]
        },
    ),
    // Queues.
    plan(
        18,
        150,
        30,
        const {
            &[
                (1, App(Maxconn(3))),
                (2, App(Minconn(1))),
                (3, App(Fullconn(8))),
                (4, Line(TimeoutQueue(ms(400)))),
                (5000, Slow("app-1", 6)),
                (10_000, App(Maxqueue(2))),
                (11_000, Line(Cookie(true))),
                (20_000, Line(FrontendMaxconn(12))),
            ]
        },
    ),
    // Persistence, and backups.
    plan(
        19,
        60,
        70,
        const {
            &[
                (1, Line(Cookie(true))),
                (8000, Kill("app-1")),
                (16_000, Restore("app-1")),
                (22_000, Line(Peers(true))),
                (23_000, Line(StickOnSource(true))),
                (24_000, Line(Cookie(false))),
                (30_000, Kill("app-2/app")),
                (36_000, Restore("app-2/app")),
                (40_000, Backup("app-2")),
                (46_000, Kill("app-1")),
                (52_000, App(Allbackups(true))),
                (58_000, Restore("app-1")),
                (64_000, Kill("app-1/agent")),
            ]
        },
    ),
    on(
        Preset::Simple,
        20,
        50,
        60,
        const {
            &[
                (3000, Ail("server-1/app", Gray::Leak(20.0))),
                (20_000, Restore("server-1/app")),
                (22_000, Ail("server-1/nginx", FLAP)),
                (32_000, Restore("server-1/nginx")),
                (36_000, Kill("server-1/app")),
                (42_000, Restore("server-1/app")),
                (46_000, Kill("server-1/mysql")),
                (48_000, Restore("server-1/mysql")),
            ]
        },
    ),
];
