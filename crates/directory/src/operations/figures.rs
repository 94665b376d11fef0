//! Numbers for those who watch the server. They name no person.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::Platform;
use crate::pending::Pending;
use crate::store::{WriteFigures, figures};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// The spans within which keys that end are counted, in days.
const WITHIN: [i64; 3] = [1, 7, 30];

/// How many there are of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Users by status.
    pub users: Vec<(String, i64)>,
    /// Mails by state.
    pub mails: Vec<(String, i64)>,
    /// Jobs by state.
    pub jobs: Vec<(String, i64)>,
    /// Keys in force that end within so many days.
    pub keys_expiring: Vec<(i64, i64)>,
    /// Sign-ins by password since the start: platform, outcome, count.
    pub sign_ins: Vec<(&'static str, &'static str, u64)>,
    /// Writes to the store since it was opened, by how they ended, and how long they took.
    pub writes: WriteFigures,
}

impl Directory {
    /// The numbers for callers whom the operator lets read them.
    pub fn figures(&self) -> Pending<'_, Figures> {
        Box::pin(async move { self.act(&self.system(Platform::USHER)).figures().await })
    }
}

impl Handle {
    /// The numbers for who may read the settings of the whole installation.
    pub fn figures(&self) -> Pending<'_, Figures> {
        Box::pin(async move {
            let writes = self.inner.store.write_figures();
            let sign_ins = self.inner.sign_ins.counts();
            self.read_slow(Operation::ReadSettings, async move |work: &mut Work<'_>| {
                work.require_everywhere()?;
                let sign_ins = sign_ins.clone();
                let now = work.now;
                let mut keys_expiring = Vec::new();
                for days in WITHIN {
                    let until = now.plus(days * DAY);
                    let count = figures::keys_ending(&mut work.tx, now, until).await?;
                    keys_expiring.push((days, count));
                }
                Ok(Figures {
                    users: figures::users(&mut work.tx).await?,
                    mails: figures::mails(&mut work.tx).await?,
                    jobs: figures::jobs(&mut work.tx).await?,
                    keys_expiring,
                    sign_ins,
                    writes,
                })
            })
            .await
        })
    }
}
