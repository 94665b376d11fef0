//! The table that is kept in RESULTS.md.

use crate::load::Measured;

/// Rows of the table.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 6]>,
    notes: Vec<String>,
}

fn percent(ours: f64, other: f64) -> String {
    format!("{:.0} %", 100.0 * ours / other.max(0.001))
}

impl Table {
    fn row(
        &mut self,
        store: &str,
        what: &str,
        ours: &Measured,
        beside: &str,
        ratio: String,
        aim: &str,
    ) {
        let figures = format!(
            "{:.0}/cs, {:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
            ours.per_cpu, ours.rate, ours.p50, ours.p99
        );
        self.rows.push([
            store.to_owned(),
            what.to_owned(),
            figures,
            beside.to_owned(),
            ratio,
            aim.to_owned(),
        ]);
    }

    /// The bare server by itself.
    pub fn bare(&mut self, hello: &Measured) {
        self.row("-", "bare axum", hello, "-", "100 %".to_owned(), "-");
    }

    /// An authenticated read.
    pub fn read(&mut self, store: &str, ours: &Measured, bare: &Measured) {
        let aim = if store.starts_with("SQLite") {
            "60 %"
        } else {
            "35 %"
        };
        let beside = format!("bare axum {:.0}/cs", bare.per_cpu);
        self.row(
            store,
            "one user, authenticated",
            ours,
            &beside,
            percent(ours.per_cpu, bare.per_cpu),
            aim,
        );
    }

    /// A page of 100.
    pub fn page(&mut self, store: &str, who: &str, ours: &Measured, raw: Option<&Measured>) {
        let what = format!("page of 100, {who}");
        match raw {
            Some(raw) => {
                let beside = format!("raw SQLite {:.0}/cs", raw.per_cpu);
                self.row(
                    store,
                    &what,
                    ours,
                    &beside,
                    percent(ours.per_cpu, raw.per_cpu),
                    "80 %",
                );
            }
            None => self.row(store, &what, ours, "-", "-".to_owned(), "-"),
        }
    }

    /// Durable creates.
    pub fn creates(&mut self, store: &str, clients: u64, ours: &Measured, raw: Option<&Measured>) {
        let what = format!("create, {clients} clients");
        match raw {
            Some(raw) => {
                let beside = format!("raw group commit {:.0}/cs, {:.0}/s", raw.per_cpu, raw.rate);
                self.row(
                    store,
                    &what,
                    ours,
                    &beside,
                    percent(ours.per_cpu, raw.per_cpu),
                    "60 %",
                );
            }
            None => self.row(store, &what, ours, "-", "-".to_owned(), "-"),
        }
    }

    /// Resident memory.
    pub fn memory(&mut self, store: &str, megabytes: f64) {
        self.notes.push(format!(
            "{store}: {megabytes:.0} MB resident after the load"
        ));
    }

    /// Statements per request.
    pub fn statements(&mut self, store: &str, statements: &[(&'static str, u64)]) {
        let list: Vec<String> = statements
            .iter()
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        self.notes
            .push(format!("{store}, statements: {}", list.join(", ")));
    }

    /// Prints the table in Markdown.
    pub fn print(&self) {
        println!("| store | what | Usher | beside | ratio | aim |");
        println!("|---|---|---|---|---|---|");
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
        println!();
        for note in &self.notes {
            println!("- {note}");
        }
    }
}
