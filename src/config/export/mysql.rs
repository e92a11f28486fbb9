//! `my.cnf` of a primary and of a replica, as MySQL and MariaDB both read it.

use super::text::{Text, said};
use super::{Kind, address};
use crate::infra::{Host, Infrastructure, Mysql, Replica, Service};

pub(super) const KIND: Kind = Kind {
    file: "my.cnf",
    to: "/etc/mysql/my.cnf",
    check: "mariadbd --defaults-file=/etc/mysql/my.cnf --help --verbose > /dev/null",
    load: "systemctl restart mariadb",
};

/// The configuration of one database server.
pub(super) fn write(infrastructure: &Infrastructure, host: &Host, mysql: &Mysql) -> String {
    let title = format!("MySQL on {} ({}): {}", host.name, host.title, infrastructure.title);
    let what = match &mysql.replica {
        None => "The primary: every write comes here.".to_owned(),
        Some(replica) => format!("A replica: it copies what {} has committed.", replica.source),
    };
    let mut text = Text::new(&[&title, &what]);
    text.part("[mysqld]");
    text.note(
        0,
        if infrastructure.has_firewall() {
            "One address inside, none outside; the firewall says who may come."
        } else {
            "One address inside, none outside; no firewall says who may come, only the accounts below do."
        },
    );
    text.line(0, &format!("bind_address = {}", host.address));
    text.line(0, &format!("port = {}", mysql.port));
    text.blank();
    let memory = u64::from(mysql.max_connections) * u64::from(mysql.connection_mib);
    text.note(
        0,
        &format!("One more is refused with error 1040. Together they may take about {memory} MiB."),
    );
    text.line(0, &format!("max_connections = {}", mysql.max_connections));
    let [query, repair] = [said(mysql.service_time), said(mysql.recovery_time)];
    let spread = mysql.service_distribution;
    text.note(0, &format!("The lab reckons with {query} for a query ({spread}), and with {repair} of repair (the redo log) after a crash."));
    text.note(0, "Queries that are worked on at once; more of them only get into each other's way. (loose: newer servers manage");
    text.note(0, "this themselves, and go on without it.)");
    text.line(0, &format!("loose_innodb_thread_concurrency = {}", mysql.threads));
    text.note(0, "Data that is kept in memory: what is in here needs no disk.");
    text.line(0, &format!("innodb_buffer_pool_size = {}M", mysql.innodb_buffer_pool_mib));
    text.blank();
    text.note(
        0,
        "What was committed is on the disk before the answer goes out: a crash loses none of it.",
    );
    text.line(0, "innodb_flush_log_at_trx_commit = 1");
    text.line(0, "sync_binlog = 1");
    text.blank();
    text.note(0, "Every server of a replication has a number of its own, and writes what changed into its binary log.");
    text.line(0, &format!("server_id = {}", server_id(infrastructure, host)));
    text.line(0, "log_bin = mysql-bin");
    text.line(0, "binlog_format = ROW");
    match &mysql.replica {
        Some(replica) => copying(&mut text, infrastructure, replica),
        None => copied(&mut text, infrastructure, host),
    }
    clients(&mut text, infrastructure, host);
    text.finish()
}

/// A number that no other database of this infrastructure has.
fn server_id(infrastructure: &Infrastructure, host: &Host) -> usize {
    let databases = infrastructure.hosts.iter().filter(|other| runs_mysql(other));
    databases.take_while(|other| other.name != host.name).count() + 1
}

fn runs_mysql(host: &Host) -> bool {
    host.services.iter().any(|service| service.as_mysql().is_some())
}

fn copying(text: &mut Text, infrastructure: &Infrastructure, replica: &Replica) {
    let source = address(infrastructure, &replica.source);
    let port = infrastructure.database_port(&replica.source);
    text.blank();
    text.note(0, "Nobody writes here but the replication; not even administrators, where the server knows the second line.");
    text.line(0, "read_only = ON");
    text.line(0, "loose_super_read_only = ON");
    text.line(0, "relay_log = relay-bin");
    text.note(0, "What it copies it writes into its own binary log, too: once promoted it can be copied itself.");
    text.line(0, "log_slave_updates = ON");
    text.blank();
    text.note(0, "No directive begins the copying. Once, with the data and the position of a backup of the primary:");
    text.note(0, &format!("  CHANGE MASTER TO MASTER_HOST='{source}', MASTER_PORT={port}, MASTER_USER='replica', MASTER_PASSWORD='...',"));
    text.note(0, "    MASTER_LOG_FILE='mysql-bin.000001', MASTER_LOG_POS=4;");
    text.note(0, "  START SLAVE;");
    text.note(0, "MySQL 8.0.23 and later say CHANGE REPLICATION SOURCE TO SOURCE_HOST=..., and START REPLICA.");
    text.note(0, &format!("The primary does not wait for its copy: what it committed in the last {} may be lost with it.", said(replica.lag)));
    text.note(0, &match replica.promote_after {
        None => "Promotion is somebody's decision: STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = OFF; then lead the application here.".to_owned(),
        Some(after) => format!(
            "The plan promotes it when the primary has not answered for {}; a tool such as Orchestrator does that, not this file.",
            said(after)
        ),
    });
}

fn copied(text: &mut Text, infrastructure: &Infrastructure, host: &Host) {
    let copies = |other: &&Host| {
        let mut all = other.services.iter().filter_map(Service::as_mysql);
        all.any(|mysql| mysql.replica.as_ref().is_some_and(|own| own.source == host.name))
    };
    let mut is_first = true;
    for replica in infrastructure.hosts.iter().filter(copies) {
        if is_first {
            text.blank();
            text.note(0, "Who copies this server, an account each:");
            is_first = false;
        }
        let account = format!("'replica'@'{}'", replica.address);
        text.note(0, &format!("  CREATE USER {account} IDENTIFIED BY '...'; GRANT REPLICATION SLAVE ON *.* TO {account};"));
    }
}

fn clients(text: &mut Text, infrastructure: &Infrastructure, host: &Host) {
    let asks = |other: &&Host| {
        let mut apps = other.services.iter().filter_map(Service::as_app);
        apps.any(|app| app.database == host.name || app.reads_from.as_ref() == Some(&host.name))
    };
    text.blank();
    text.note(0, "Who asks this server, an account each (a replica has them by copying):");
    for client in infrastructure.hosts.iter().filter(asks) {
        let account = format!("'app'@'{}'", client.address);
        text.note(0, &format!("  CREATE USER {account} IDENTIFIED BY '...'; GRANT SELECT, INSERT, UPDATE, DELETE ON foobar.* TO {account};"));
    }
}
