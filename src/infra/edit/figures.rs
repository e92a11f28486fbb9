//! Figures of a machine: where they stand, and how one is set.

use super::Figure;
use super::apply::{Refusal, known};
use crate::infra::{Host, Infrastructure};

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
    for host in infrastructure.hosts.iter_mut().filter(|host| host.name == name) {
        *figure.place(host) = value;
    }
    Ok(())
}

impl Figure {
    /// Where it stands.
    const fn place(self, host: &mut Host) -> &mut u32 {
        match self {
            Self::Cores => &mut host.cores,
            Self::MemoryGib => &mut host.memory_gib,
            Self::DiskIops => &mut host.disk_iops,
            Self::NetworkMbit => &mut host.network_mbit,
        }
    }

    /// What it is at this machine.
    pub const fn at(self, host: &Host) -> u32 {
        match self {
            Self::Cores => host.cores,
            Self::MemoryGib => host.memory_gib,
            Self::DiskIops => host.disk_iops,
            Self::NetworkMbit => host.network_mbit,
        }
    }
}
