//! Reading beside a running server.

use super::postgres::{self, Patience};
use super::{Location, Store, StoreError, Tx, sqlite};

impl Store {
    /// Reads in one snapshot beside a server that may have the database open, for commands of an operator: nothing is made, changed
    /// or brought up to date, and no row is waited for less than an hour.
    pub(crate) async fn read_beside<T, E, F>(location: &Location, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        match location {
            Location::Postgres(url) => {
                let pool = postgres::pool(url, 1)?;
                let client = pool.get().await.map_err(StoreError::from)?;
                // The one connection of this pool: the setting stays with it.
                drop(client.batch_execute("SET statement_timeout = 0").await);
                drop(client);
                let (result, _) = postgres::read(&pool, Patience::OFFLINE, work).await;
                result
            }
            Location::Sqlite(folder) | Location::SqliteCopy(folder) => {
                let mut connection = sqlite::open_beside(folder)?;
                let (result, _) = sqlite::read_on(&mut connection, work);
                result
            }
            Location::DerivedCache => {
                Err(StoreError::Bug("a temporary store has nothing beside it".to_owned()).into())
            }
        }
    }
}
