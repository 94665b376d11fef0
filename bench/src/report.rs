//! The table that is kept in RESULTS.md.

use std::process::Command;

use crate::fill::Filled;
use crate::load::Measured;
use crate::process::Server;

/// Rows of the table.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 6]>,
    notes: Vec<String>,
    missed: Vec<String>,
}

impl Table {
    /// A row with its ratio and its aim, both in percent.
    fn row(
        &mut self,
        store: &str,
        what: &str,
        ours: &Measured,
        beside: &str,
        ratio: Option<f64>,
        aim: Option<u32>,
    ) {
        let mut figures = format!("{:.0}/cs, {:.0}/s", ours.per_cpu, ours.rate);
        if ours.p50 > 0.0 {
            figures.push_str(&format!(", p50 {:.2} ms, p99 {:.2} ms", ours.p50, ours.p99));
        }
        if let (Some(ratio), Some(aim)) = (ratio, aim)
            && ratio < f64::from(aim)
        {
            self.missed
                .push(format!("{store}, {what}: {ratio:.0} % of {aim} %"));
        }
        let percent = |number: Option<f64>| {
            number.map_or_else(|| "-".to_owned(), |number| format!("{number:.0} %"))
        };
        self.rows.push([
            store.to_owned(),
            what.to_owned(),
            figures,
            beside.to_owned(),
            percent(ratio),
            percent(aim.map(f64::from)),
        ]);
    }

    /// The bare server by itself.
    pub fn bare(&mut self, hello: &Measured) {
        self.row("-", "bare axum", hello, "-", None, None);
    }

    /// How the directory was filled, and what its requests cost.
    pub fn filled(&mut self, store: &str, filled: &Filled) {
        let list: Vec<String> = filled
            .statements
            .iter()
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        self.notes.push(format!(
            "{store}: filled by 500 at {:.0} users/s; statements: {}",
            filled.rate,
            list.join(", ")
        ));
    }

    /// An authenticated read.
    pub fn read(&mut self, store: &str, what: &str, ours: &Measured, bare: &Measured, aim: u32) {
        let beside = format!("bare axum {:.0}/cs", bare.per_cpu);
        let ratio = 100.0 * ours.per_cpu / bare.per_cpu.max(0.001);
        self.row(store, what, ours, &beside, Some(ratio), Some(aim));
    }

    /// A page of 100.
    pub fn page(&mut self, store: &str, who: &str, ours: &Measured, raw: Option<&Measured>) {
        let what = format!("page of 100, {who}");
        let beside = raw.map_or_else(
            || "-".to_owned(),
            |raw| format!("raw SQLite {:.0}/cs", raw.per_cpu),
        );
        let ratio = raw.map(|raw| 100.0 * ours.per_cpu / raw.per_cpu.max(0.001));
        self.row(store, &what, ours, &beside, ratio, ratio.map(|_| 80));
    }

    /// Durable creates. On SQLite all work is done in the process that is measured; PostgreSQL does most of it in its own,
    /// so there the rates are compared.
    pub fn creates(
        &mut self,
        store: &str,
        clients: u64,
        ours: &Measured,
        raw: &Measured,
        who: &str,
    ) {
        let what = format!("create, {clients} clients");
        let beside = format!("{who} {:.0}/cs, {:.0}/s", raw.per_cpu, raw.rate);
        let ratio = if store.starts_with("SQLite") {
            ours.per_cpu / raw.per_cpu.max(0.001)
        } else {
            ours.rate / raw.rate.max(0.001)
        };
        self.row(store, &what, ours, &beside, Some(100.0 * ratio), Some(60));
    }

    /// Sign-ins.
    pub fn logins(&mut self, store: &str, ours: &Measured, hashes: &Measured) {
        let beside = format!("argon2id {:.0}/cs, {:.0}/s", hashes.per_cpu, hashes.rate);
        let ratio = 100.0 * ours.per_cpu / hashes.per_cpu.max(0.001);
        self.row(store, "sign-in", ours, &beside, Some(ratio), Some(95));
    }

    /// Resident memory and the time to start.
    pub fn memory(&mut self, store: &str, server: &Server, idle: f64, after_reads: f64) {
        self.notes.push(format!(
            "{store}: ready after {:.0} ms; resident {idle:.0} MB after the start, {after_reads:.0} MB after the reads, \
             {:.0} MB at the end",
            server.ready,
            server.resident()
        ));
    }

    /// Prints the table in Markdown.
    pub fn print(&self) {
        let said = |program: &str, arguments: &[&str]| -> String {
            let output = Command::new(program).args(arguments).output();
            output.map_or_else(
                |_| "unknown".to_owned(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            )
        };
        println!(
            "{}, commit {}, {} cores\n",
            said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            said("git", &["describe", "--always", "--dirty"]),
            std::thread::available_parallelism().map_or(0, usize::from)
        );
        println!("| store | what | Usher | beside | ratio | aim |");
        println!("|---|---|---|---|---|---|");
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
        println!();
        for note in &self.notes {
            println!("- {note}");
        }
        if !self.missed.is_empty() {
            println!("\nAims missed:");
            for one in &self.missed {
                println!("- {one}");
            }
        }
    }
}
