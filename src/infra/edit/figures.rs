//! Figures of a machine, and of its services: where they stand, and how one is set.

use super::Figure;
use super::apply::{Refusal, known};
use crate::infra::{Host, Infrastructure, Service};

/// Gives a figure of the machine of this name another value.
pub(super) fn set(
    figure: Figure,
    name: &str,
    value: u32,
    infrastructure: &mut Infrastructure,
) -> Result<(), Refusal> {
    known(name, infrastructure)?;
    let (least, most) = figure.range();
    if !(least..=most).contains(&value) {
        return Err((value.to_string(), format!("{least} to {most} {}", figure.counts())));
    }
    let host = infrastructure.hosts.iter_mut().find(|host| host.name == name);
    let Some(place) = host.and_then(|host| figure.place(host)) else {
        let found = format!("no service on {name} that has it");
        let allowed = "workers of a machine with app, max_connections of one with mysql";
        return Err((found, allowed.to_owned()));
    };
    *place = value;
    Ok(())
}

impl Figure {
    /// Where it stands.
    fn place(self, host: &mut Host) -> Option<&mut u32> {
        let mut services = host.services.iter_mut();
        match self {
            Self::Cores => Some(&mut host.cores),
            Self::MemoryGib => Some(&mut host.memory_gib),
            Self::DiskIops => Some(&mut host.disk_iops),
            Self::NetworkMbit => Some(&mut host.network_mbit),
            Self::Workers => services.find_map(|service| {
                if let Service::App(app) = service { Some(&mut app.workers) } else { None }
            }),
            Self::MaxConnections => services.find_map(|service| {
                let Service::Mysql(mysql) = service else { return None };
                Some(&mut mysql.max_connections)
            }),
        }
    }

    /// What it is at this machine, if it has it.
    pub fn at(self, host: &Host) -> Option<u32> {
        let mut services = host.services.iter();
        match self {
            Self::Cores => Some(host.cores),
            Self::MemoryGib => Some(host.memory_gib),
            Self::DiskIops => Some(host.disk_iops),
            Self::NetworkMbit => Some(host.network_mbit),
            Self::Workers => services.find_map(Service::as_app).map(|app| app.workers),
            Self::MaxConnections => {
                services.find_map(Service::as_mysql).map(|mysql| mysql.max_connections)
            }
        }
    }
}
