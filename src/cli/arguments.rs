//! What can be typed.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::Change;
use crate::haproxy::Command as RuntimeCommand;
use crate::infra::{Component, Edit, LinkChange, ParseComponentError, Preset};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Gray, ParseGrayError, Plan, PlanError, SlowClients};
use crate::submission::Task;

/// Simulates www.foobar.com's scaled web infrastructure truthfully and writes the submission.
#[derive(Debug, Parser)]
#[command(name = "foobar-lab", version)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the ready-made infrastructures
    Presets,
    /// Run a simulation and report what happened
    Simulate(Simulate),
    /// Write a run as a plan file for --plan, to be changed by hand
    Plan(WritePlan),
    /// Write the diagram and the submission, in the formats that are asked for
    Export(Export),
    /// Check a plan, and what you wrote about it, against a task of the exercise
    Check(Check),
    /// Measure the model's speed beside that of a minimal loop over the same queueing network
    Bench(Bench),
    /// Tell why one request of a run ended as it did: its steps, and at each choice of a server the candidates
    Why(Why),
    /// Compare the model with traces recorded from the real HAProxy and keepalived, a line for each file
    Replay(Replay),
    /// Write the model card from what the judges say (called by `make model-card`)
    #[command(hide = true)]
    ModelCard(ModelCard),
    /// Put the static page and the service worker into a built app (called by the build)
    #[command(hide = true)]
    Prerender(Prerender),
}

#[derive(Debug, clap::Args)]
pub(super) struct Simulate {
    #[command(flatten)]
    pub(super) experiment: Experiment,
    /// A haproxy.cfg for both balancers; machines are made for its servers, and what is not modelled is named
    #[arg(long, value_name = "FILE", conflicts_with_all = ["preset", "plan"])]
    pub(super) config: Option<PathBuf>,
    /// Run the plan of this number of the browser's self-check (the page's "Check this browser")
    #[arg(long, value_name = "N", conflicts_with_all = ["preset", "plan", "config"])]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=20))]
    pub(super) self_check: Option<u8>,
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct Why {
    #[command(flatten)]
    pub(super) experiment: Experiment,
    /// The number of the request, as the log of `simulate` tells it
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = request)]
    pub(super) request: u64,
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct WritePlan {
    #[command(flatten)]
    pub(super) experiment: Experiment,
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    #[command(flatten)]
    pub(super) experiment: Experiment,
    /// The folder to write to; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// What to write, with commas between
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FileFormat::Svg, FileFormat::Md])]
    pub(super) format: Vec<FileFormat>,
    /// How much the document says
    #[arg(long, value_enum, default_value_t = Length::Full)]
    pub(super) length: Length,
    /// Your name, for the head of the submission and the name of the ZIP
    #[arg(long, alias = "author", default_value = "")]
    pub(super) name: String,
    /// The shape of the diagram's sheet [default: as large as what is drawn]
    #[arg(long, value_enum)]
    pub(super) size: Option<SheetSize>,
    /// The colours of the diagram
    #[arg(long, value_enum, default_value_t = Theme::Light)]
    pub(super) theme: Theme,
    /// What the diagram leaves out, with commas between
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub(super) without: Vec<DiagramPart>,
    /// Number the way of a request in the diagram
    #[arg(long)]
    pub(super) path: bool,
    /// What you add in your own words: under a line `## SECTION` stands what belongs to that section
    #[arg(long, value_name = "FILE.md")]
    pub(super) own_words: Option<PathBuf>,
    /// Draw the diagram as the run left it, with what is down
    #[arg(long)]
    pub(super) as_it_stands: bool,
    /// Tell one more run as evidence, after this one: a link of the lab or its end (run/1/...), or a file that holds such an end or a plan;
    /// several are told in order
    #[arg(long, value_name = "LINK|FILE")]
    pub(super) evidence: Vec<String>,
}

/// What can be written, in the order in which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    /// diagram.svg
    Svg,
    /// diagram.png, 2,400 pixels wide or more
    Png,
    /// submission.md, for GitHub
    Md,
    /// submission.html, one file with the diagram in it
    Html,
    /// submission.pdf, printed by Chromium
    Pdf,
    /// config/, the configuration files of every machine
    Config,
    /// All of the exercise's folder in one file
    Zip,
}

/// How much a document says.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Length {
    Brief,
    Full,
}

/// The shape of a sheet.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SheetSize {
    /// Paper: landscape, or portrait for a drawing that is much higher than wide
    A4,
    /// A screen
    #[value(name = "16:9")]
    Screen,
}

/// The colours of the diagram.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Theme {
    Light,
    /// Black on white
    Print,
}

/// What a diagram can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiagramPart {
    Zones,
    Addresses,
    Ports,
}

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The task of the exercise: 0, 1, 2 or 3
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) task: Task,
    /// A ready-made infrastructure [default: the one of the task: simple, distributed, secured, brief]
    #[arg(long)]
    pub(super) preset: Option<Preset>,
    /// A plan from a file, as `foobar-lab plan` writes it
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    pub(super) plan: Option<PathBuf>,
    /// Your explanations, in Markdown; without them only the diagram is checked
    #[arg(long, value_name = "FILE.md")]
    pub(super) text: Option<PathBuf>,
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// How often each is run; the fastest counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) runs: u32,
}

#[derive(Debug, clap::Args)]
pub(super) struct ModelCard {
    /// The folder of the traces
    #[arg(long, value_name = "DIR")]
    pub(super) traces: PathBuf,
    /// What the judge of the live HAProxy printed
    #[arg(long, value_name = "FILE")]
    pub(super) conformance: PathBuf,
    /// What the test of the live keepalived printed
    #[arg(long, value_name = "FILE")]
    pub(super) keepalived: PathBuf,
    /// What the soak of the laws printed
    #[arg(long, value_name = "FILE")]
    pub(super) soak: PathBuf,
    /// How many random files each property of the reader of haproxy.cfg is tried with
    #[arg(long, value_name = "COUNT")]
    pub(super) fuzz_cases: u32,
    /// What `bench --format json` printed
    #[arg(long, value_name = "FILE")]
    pub(super) bench: PathBuf,
    /// What the measurement in a browser printed
    #[arg(long, value_name = "FILE")]
    pub(super) bench_web: PathBuf,
    /// The report of `make twin`, if there is one
    #[arg(long, value_name = "FILE")]
    pub(super) twin: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Replay {
    /// The traces
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Prerender {
    /// The built index.html; its markers are replaced
    #[arg(long, value_name = "FILE")]
    pub(super) html: PathBuf,
    /// The model card; it becomes model.html beside the page
    #[arg(long, value_name = "FILE")]
    pub(super) model: PathBuf,
    /// The service worker to write; it lists the files beside the page
    #[arg(long, value_name = "FILE")]
    pub(super) sw: PathBuf,
}

/// What determines a run.
#[derive(Debug, clap::Args)]
pub(super) struct Experiment {
    /// A ready-made infrastructure (see `foobar-lab presets`)
    #[arg(long, default_value_t = Preset::Brief)]
    pub(super) preset: Preset,
    /// A run from a file, as `foobar-lab plan` writes it; the other options change it or add to it
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    pub(super) plan: Option<PathBuf>,
    /// Change what stands there before the run begins: add-balancer, add-web, add-app, add-server, add-replica, remove:HOST, cores:HOST=N
    /// (also memory_gib, disk_iops, network_mbit), tls:off, tls:on, tls:to-servers, routing:chain,
    /// routing:switching, rule:deny:zone/web:zone/app:tcp/8000:1 (or allow; the last part is the place), remove-rule:NAME, or a directive
    /// such as mysql.max_connections:db-1=300, app.workers:app-1=8, app.timeout:app-1=10s; several are made in order
    #[arg(long, value_name = "EDIT")]
    pub(super) edit: Vec<Edit>,
    /// The seed of all chance [default: 1]
    #[arg(long, allow_hyphen_values = true, value_parser = seed)]
    pub(super) seed: Option<u64>,
    /// Requests per second [default: 20]
    #[arg(long, allow_hyphen_values = true, value_parser = rate)]
    pub(super) rate: Option<f64>,
    /// The share of the requests for pages that write to the database [default: 0.2]
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, value_parser = write_share)]
    pub(super) write_share: Option<f64>,
    /// A share of the clients that send their request as slowly as this, such as 0.2:5s; without a time they stay silent
    #[arg(long, value_name = "SHARE[:TIME]", allow_hyphen_values = true, value_parser = slow_clients)]
    pub(super) slow_clients: Option<SlowClients>,
    /// How long to run, in simulated time [default: 60s]
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) duration: Option<SimDuration>,
    /// Kill a host or a service at a time, such as app-1@20s or lb-1/haproxy@20s
    #[arg(long, value_name = "HOST[/SERVICE]@T", value_parser = At::<Component>::from_str)]
    pub(super) kill: Vec<At<Component>>,
    /// Bring a host or a service back at a time
    #[arg(long, value_name = "HOST[/SERVICE]@T", value_parser = At::<Component>::from_str)]
    pub(super) restore: Vec<At<Component>>,
    /// Ask a host or a service to end in order at a time: keepalived gives its addresses up with a good-bye
    #[arg(long, value_name = "HOST[/SERVICE]@T", value_parser = At::<Component>::from_str)]
    pub(super) stop: Vec<At<Component>>,
    /// Make a replica the primary database at a time, such as db-2@30s
    #[arg(long, value_name = "HOST@T", value_parser = At::<Name>::from_str)]
    pub(super) promote: Vec<At<Name>>,
    /// Let something go wrong with a service that goes on running, from a time on: hang, errors=SHARE, leak=MIB, flap=UP/DOWN, lock,
    /// disk-full or slow-disk=FACTOR, such as app-1/app:hang@20s; --restore cures it
    #[arg(long, value_name = "HOST/SERVICE:FAILURE@T", value_parser = At::<Failing>::from_str)]
    pub(super) degrade: Vec<At<Failing>>,
    /// Change the link between two hosts at a time, both ways (FROM:TO) or one (FROM>TO): cut, loss=SHARE, delay=TIME, jitter=TIME or
    /// whole, such as lb-1:app-1:cut@20s; one end may be users or collector, as in users>lb-1:delay=50ms@20s
    #[arg(long, value_name = "FROM:TO:STATE@T", value_parser = At::<LinkChange>::from_str)]
    pub(super) link: Vec<At<LinkChange>>,
    /// Break a way in from the internet at a time, such as uplink-1@20s
    #[arg(long, value_name = "UPLINK@T", value_parser = At::<Name>::from_str)]
    pub(super) cut_uplink: Vec<At<Name>>,
    /// Mend a way in from the internet at a time
    #[arg(long, value_name = "UPLINK@T", value_parser = At::<Name>::from_str)]
    pub(super) heal_uplink: Vec<At<Name>>,
    /// Take a firewall rule out at a time, such as app-to-db@20s
    #[arg(long, value_name = "RULE@T", value_parser = At::<Name>::from_str)]
    pub(super) drop_rule: Vec<At<Name>>,
    /// Put a firewall rule back at a time
    #[arg(long, value_name = "RULE@T", value_parser = At::<Name>::from_str)]
    pub(super) restore_rule: Vec<At<Name>>,
    /// Lose the VRRP adverts between the balancers from a time on
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub(super) cut_heartbeat: Vec<SimTime>,
    /// Let the VRRP adverts between the balancers through again from a time on
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub(super) heal_heartbeat: Vec<SimTime>,
    /// Make everything on a host take so many times longer, from a time on, such as app-1:5@20s
    #[arg(long, value_name = "HOST:FACTOR@T", value_parser = At::<Slowness>::from_str)]
    pub(super) slow: Vec<At<Slowness>>,
    /// Type a command on HAProxy's runtime socket at a time, such as "set server app/app-1 state drain@20s"; begin with
    /// "lb-1: " for one balancer only
    #[arg(long, value_name = "[HOST: ]COMMAND@T", value_parser = At::<Order>::from_str)]
    pub(super) command: Vec<At<Order>>,
    /// Change a line of HAProxy's configuration and reload at a time, such as "backend app: balance leastconn@20s"
    #[arg(long, value_name = "[backend NAME: ]LINE@T", value_parser = At::<Change>::from_str)]
    pub(super) reload: Vec<At<Change>>,
}

/// A command, and the balancer it is for; `None`: all.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) balancer: Option<String>,
    pub(super) command: RuntimeCommand,
}

impl FromStr for Order {
    type Err = crate::haproxy::CommandError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (balancer, command) = match text.split_once(':') {
            Some((balancer, command)) => (Some(balancer.trim().to_owned()), command),
            None => (None, text),
        };
        Ok(Self { balancer, command: command.parse()? })
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number, 0 to {}", u64::MAX))
}

/// A number that a request can have.
fn request(text: &str) -> Result<u64, String> {
    let number = text.parse::<u64>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| {
        format!(
            "requests are numbered from 1: write a whole number, 1 to {}, such as the log of `simulate` tells",
            u64::MAX
        )
    })
}

/// A rate that can be run: the plan knows which can.
fn rate(text: &str) -> Result<f64, String> {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 0);
    plan.workload.rate = text.parse().unwrap_or(f64::NAN);
    valid(&plan).map(|()| plan.workload.rate)
}

fn write_share(text: &str) -> Result<f64, String> {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 0);
    plan.workload.write_share = text.parse().unwrap_or(f64::NAN);
    valid(&plan).map(|()| plan.workload.write_share)
}

fn slow_clients(text: &str) -> Result<SlowClients, String> {
    let (share, takes) = match text.split_once(':') {
        None => (text, None),
        Some((share, time)) => {
            let takes = time.parse::<SimDuration>().map_err(|error| error.to_string())?;
            (share, Some(takes))
        }
    };
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 0);
    plan.workload.slow_clients = SlowClients { share: share.parse().unwrap_or(f64::NAN), takes };
    valid(&plan).map(|()| plan.workload.slow_clients)
}

fn valid(plan: &Plan) -> Result<(), String> {
    match plan.validate() {
        Ok(()) => Ok(()),
        Err(PlanError::Workload { allowed, .. }) => Err(format!("allowed: {allowed}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Something, and when.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) what: T,
    pub(super) at: SimTime,
}

/// A name of something.
#[derive(Clone, Debug)]
pub(super) struct Name(pub(super) String);

impl FromStr for Name {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// A service and what goes wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Failing {
    pub(super) component: Component,
    pub(super) gray: Gray,
}

impl FromStr for Failing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not HOST/SERVICE:FAILURE, such as app-1/app:hang");
        let (component, gray) = text.split_once(':').ok_or_else(refuse)?;
        Ok(Self {
            component: component.parse().map_err(|error: ParseComponentError| error.to_string())?,
            gray: gray.parse().map_err(|error: ParseGrayError| error.to_string())?,
        })
    }
}

/// A host and how many times slower it is to be.
#[derive(Clone, Debug)]
pub(super) struct Slowness {
    pub(super) host: String,
    pub(super) factor: f64,
}

impl<T> FromStr for At<T>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, at) =
            text.rsplit_once('@').ok_or("the time is missing: end with @T, such as @20s")?;
        let what = what.parse().map_err(|error: T::Err| error.to_string())?;
        let at = at.parse().map_err(|error: crate::kernel::ParseTimeError| error.to_string())?;
        Ok(Self { what, at })
    }
}

impl FromStr for Slowness {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not HOST:FACTOR, such as app-1:5");
        let (host, factor) = text.split_once(':').ok_or_else(refuse)?;
        if host.contains('/') {
            return Err(format!("`{host}` is a service: only a whole host can be slowed"));
        }
        let factor = factor.parse().ok().filter(|factor: &f64| factor.is_finite());
        Ok(Self { host: host.to_owned(), factor: factor.ok_or_else(refuse)? })
    }
}
