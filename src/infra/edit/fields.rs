//! Where each setting stands, said once: whoever reads one and whoever sets one is shown the same field.

use super::rows::{NEXT, Setting};
use super::settings::LIGHTEST;
use crate::infra::directive::RETRYABLE;
use crate::infra::{
    App, Backend, Haproxy, Keepalived, Monitoring, Mysql, NextUpstream, Nginx, ProxyCache,
    ProxyPass, RetryOn, Service, SessionStore, TrackScript,
};
use crate::kernel::SimDuration;

/// A field of a service, and what of it is a value.
pub(super) enum Field<'a> {
    Count(&'a mut u32),
    /// Counted from this number.
    Small(&'a mut u8, u8),
    Weight(&'a mut i32),
    Time(&'a mut SimDuration),
    /// 0: not set.
    SomeTime(&'a mut Option<SimDuration>),
    Flag(&'a mut bool),
    Sessions(&'a mut SessionStore),
    Next(&'a mut Vec<NextUpstream>),
    Retry(&'a mut Vec<RetryOn>),
    /// How long a page is kept; 0: no cache.
    Cache(&'a mut Option<ProxyCache>),
    /// Whether there is a script.
    Script(&'a mut Option<TrackScript>),
}

/// What is done with a field.
type Act<'a> = dyn FnMut(Field<'_>) + 'a;

impl Field<'_> {
    /// Gives it a value of this setting's range; a time counts units of so many nanoseconds.
    pub(super) fn set(self, unit: u64, value: u32) {
        let time = SimDuration::from_ns(u64::from(value) * unit);
        match self {
            Self::Count(field) => *field = value,
            Self::Small(field, from) => *field = value as u8 + from,
            Self::Weight(field) => {
                *field = value.cast_signed() - LIGHTEST.cast_signed();
            }
            Self::Time(field) => *field = time,
            Self::SomeTime(field) => *field = (value > 0).then_some(time),
            Self::Flag(field) => *field = value == 1,
            Self::Sessions(field) => {
                *field = if value == 0 { SessionStore::Shared } else { SessionStore::Local };
            }
            Self::Next(field) => {
                *field = NEXT.get(value as usize).map_or_else(Vec::new, |words| conditions(words));
            }
            Self::Retry(field) => {
                let all = if value == 0 { &RETRYABLE[..1] } else { &RETRYABLE[..] };
                *field = all.to_vec();
            }
            Self::Cache(field) => {
                let use_stale = field.is_some_and(|cache| cache.use_stale);
                *field = (value > 0).then_some(ProxyCache { valid: time, use_stale });
            }
            Self::Script(field) if value == 0 => *field = None,
            Self::Script(field) => {
                field.get_or_insert(TrackScript::USUAL);
            }
        }
    }

    /// Its value, times in whole units, rounded up; [`u32::MAX`]: none of the words.
    pub(super) fn value(self, unit: u64) -> u32 {
        let whole =
            |time: SimDuration| u32::try_from(time.as_ns().div_ceil(unit)).unwrap_or(u32::MAX);
        match self {
            Self::Count(field) => *field,
            Self::Small(field, from) => u32::from(field.saturating_sub(from)),
            Self::Weight(field) => LIGHTEST.saturating_add_signed(*field),
            Self::Time(field) => whole(*field),
            Self::SomeTime(field) => field.map_or(0, whole),
            Self::Flag(field) => u32::from(*field),
            Self::Sessions(field) => u32::from(*field == SessionStore::Local),
            Self::Next(field) => {
                let place = NEXT.iter().position(|words| conditions(words) == *field);
                place.map_or(u32::MAX, |place| place as u32)
            }
            Self::Retry(field) if field[..] == RETRYABLE[..1] => 0,
            Self::Retry(field) if field[..] == RETRYABLE[..] => 1,
            Self::Retry(_) => u32::MAX,
            Self::Cache(field) => field.map_or(0, |cache| whole(cache.valid)),
            Self::Script(field) => u32::from(field.is_some()),
        }
    }
}

impl Setting {
    /// Shows every field of a service where it stands; none, if the service has no such thing.
    pub(super) fn fields(self, service: &mut Service, act: &mut Act<'_>) {
        match service {
            Service::Haproxy(haproxy) => self.of_haproxy(haproxy, act),
            Service::Keepalived(keepalived) => self.of_keepalived(keepalived, act),
            Service::Nginx(nginx) => self.of_nginx(nginx, act),
            Service::App(app) => self.of_app(app, act),
            Service::Mysql(mysql) => self.of_mysql(mysql, act),
            Service::Agent => {}
        }
    }

    fn of_haproxy(self, haproxy: &mut Haproxy, act: &mut Act<'_>) {
        let timeouts = &mut haproxy.timeouts;
        let field = match self {
            Self::FrontendMaxconn => Field::Count(&mut haproxy.maxconn),
            Self::TimeoutConnect => Field::Time(&mut timeouts.connect),
            Self::TimeoutServer => Field::Time(&mut timeouts.server),
            Self::TimeoutClient => Field::SomeTime(&mut timeouts.client),
            Self::TimeoutHttpRequest => Field::SomeTime(&mut timeouts.http_request),
            Self::TimeoutCheck => Field::SomeTime(&mut timeouts.check),
            Self::RetryOn => Field::Retry(&mut haproxy.retries.retry_on),
            Self::TlsTicketKeys => {
                let Some(tls) = &mut haproxy.tls else { return };
                Field::Flag(&mut tls.tls_ticket_keys)
            }
            _ => {
                for backend in &mut haproxy.backends {
                    self.of_backend(backend, act);
                }
                return;
            }
        };
        act(field);
    }

    fn of_backend(self, backend: &mut Backend, act: &mut Act<'_>) {
        if self == Self::Abortonclose {
            act(Field::Flag(&mut backend.abortonclose));
        }
        for server in &mut backend.servers {
            let field = match self {
                Self::Fastinter => Field::SomeTime(&mut server.fastinter),
                Self::Downinter => Field::SomeTime(&mut server.downinter),
                Self::Maxconn => Field::Count(&mut server.maxconn),
                // Without a limit nobody waits for a server.
                Self::Maxqueue if server.maxconn > 0 => Field::Count(&mut server.maxqueue),
                Self::OnMarkedDown => Field::Flag(&mut server.shutdown_sessions),
                _ => continue,
            };
            act(field);
        }
    }

    fn of_keepalived(self, keepalived: &mut Keepalived, act: &mut Act<'_>) {
        let field = match self {
            Self::VrrpVersion => Field::Small(&mut keepalived.vrrp_version, 2),
            Self::AdvertInt => Field::Time(&mut keepalived.advert_int),
            Self::HigherPrioSendAdvert => Field::Flag(&mut keepalived.higher_prio_send_advert),
            Self::TrackScript => Field::Script(&mut keepalived.track_script),
            Self::Interval | Self::Fall | Self::Rise | Self::Weight => {
                let Some(script) = &mut keepalived.track_script else { return };
                match self {
                    Self::Interval => Field::Time(&mut script.interval),
                    Self::Fall => Field::Count(&mut script.fall),
                    Self::Rise => Field::Count(&mut script.rise),
                    _ => Field::Weight(&mut script.weight),
                }
            }
            _ => {
                for (place, own) in keepalived.instances.iter_mut().enumerate() {
                    let field = match (self, place) {
                        (Self::Priority, 0) | (Self::SecondPriority, 1) => {
                            Field::Small(&mut own.priority, 0)
                        }
                        (Self::Nopreempt, _) => Field::Flag(&mut own.nopreempt),
                        (Self::PreemptDelay, _) => Field::Time(&mut own.preempt_delay),
                        _ => continue,
                    };
                    act(field);
                }
                return;
            }
        };
        act(field);
    }

    fn of_nginx(self, nginx: &mut Nginx, act: &mut Act<'_>) {
        let field = match self {
            Self::WorkerProcesses => Field::Count(&mut nginx.worker_processes),
            Self::WorkerConnections => Field::Count(&mut nginx.worker_connections),
            Self::ListenBacklog => Field::Count(&mut nginx.backlog),
            Self::FileTime => Field::Time(&mut nginx.service_time),
            _ => {
                if let Some(proxy) = &mut nginx.proxy_pass {
                    self.of_proxy(proxy, act);
                }
                return;
            }
        };
        act(field);
    }

    fn of_proxy(self, proxy: &mut ProxyPass, act: &mut Act<'_>) {
        let upstream = &mut proxy.upstream;
        let field = match self {
            Self::ProxyConnectTimeout => Field::Time(&mut proxy.connect_timeout),
            Self::ProxyReadTimeout => Field::Time(&mut proxy.read_timeout),
            Self::NextUpstream => Field::Next(&mut upstream.next_upstream),
            Self::NextUpstreamTries => Field::Count(&mut upstream.next_upstream_tries),
            Self::CacheValid => Field::Cache(&mut proxy.cache),
            Self::CacheUseStale => {
                let Some(cache) = &mut proxy.cache else { return };
                Field::Flag(&mut cache.use_stale)
            }
            _ => {
                for server in &mut upstream.servers {
                    let field = match self {
                        Self::MaxFails => Field::Count(&mut server.max_fails),
                        Self::FailTimeout => Field::Time(&mut server.fail_timeout),
                        _ => return,
                    };
                    act(field);
                }
                return;
            }
        };
        act(field);
    }

    fn of_app(self, app: &mut App, act: &mut Act<'_>) {
        act(match self {
            Self::Workers => Field::Count(&mut app.workers),
            Self::Backlog => Field::Count(&mut app.backlog),
            Self::Timeout => Field::Time(&mut app.timeout),
            Self::WorkerMib => Field::Count(&mut app.worker_mib),
            Self::PageTime => Field::Time(&mut app.service_time),
            Self::Sessions => Field::Sessions(&mut app.sessions),
            Self::KeepsConnections => Field::Flag(&mut app.keeps_connections),
            Self::DatabaseConnectTimeout => Field::Time(&mut app.database_connect_timeout),
            Self::DatabaseReadTimeout => Field::Time(&mut app.database_read_timeout),
            _ => return,
        });
    }

    fn of_mysql(self, mysql: &mut Mysql, act: &mut Act<'_>) {
        let field = match self {
            Self::MaxConnections => Field::Count(&mut mysql.max_connections),
            Self::ThreadConcurrency => Field::Count(&mut mysql.threads),
            Self::BufferPool => Field::Count(&mut mysql.innodb_buffer_pool_mib),
            Self::ConnectionMib => Field::Count(&mut mysql.connection_mib),
            Self::QueryTime => Field::Time(&mut mysql.service_time),
            Self::RecoveryTime => Field::Time(&mut mysql.recovery_time),
            Self::Lag | Self::PromoteAfter => {
                let Some(replica) = &mut mysql.replica else { return };
                if self == Self::Lag {
                    Field::Time(&mut replica.lag)
                } else {
                    Field::SomeTime(&mut replica.promote_after)
                }
            }
            _ => return,
        };
        act(field);
    }
}

impl Setting {
    /// Shows the field of what the collector is told, which holds for all machines.
    pub(super) fn of_monitoring(self, monitoring: &mut Monitoring, act: &mut Act<'_>) {
        let thresholds = &mut monitoring.thresholds;
        act(match self {
            Self::AlertFor => Field::Time(&mut monitoring.alert_for),
            Self::AlertErrors => Field::Count(&mut thresholds.errors_percent),
            Self::AlertLatency => Field::Time(&mut thresholds.latency_p95),
            Self::AlertRate => Field::Count(&mut thresholds.busy_percent),
            Self::AlertWaiting => Field::Count(&mut thresholds.waiting_percent),
            Self::AlertReplica => Field::Time(&mut thresholds.replica_lag),
            _ => return,
        });
    }
}

/// What the words of `proxy_next_upstream` mean.
fn conditions(words: &str) -> Vec<NextUpstream> {
    let condition = |word: &str| match word {
        "error" => Some(NextUpstream::Error),
        "timeout" => Some(NextUpstream::Timeout),
        "non_idempotent" => Some(NextUpstream::NonIdempotent),
        _ => Some(NextUpstream::Status(word.strip_prefix("http_")?.parse().ok()?)),
    };
    words.split(' ').filter_map(condition).collect()
}
