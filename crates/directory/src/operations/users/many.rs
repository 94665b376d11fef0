//! Several people made in one transaction, each whole or not at all, or all or none.

use std::sync::{Arc, Mutex, PoisonError};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Fault, NewUser, TaskMode, User};
use crate::outcome::Abort;
use crate::pending::Pending;

use super::create::create;

impl Handle {
    /// Makes several people; tells what became of each, in their order. With `all` everything is undone
    /// when one cannot be made, and the list ends with what was wrong with it.
    pub fn create_each(
        &self,
        new: Vec<NewUser>,
        mode: TaskMode,
    ) -> Pending<'_, Vec<Result<User, Fault>>> {
        Box::pin(async move {
            self.admit(Operation::CreateUser)?;
            self.check_batch(&new)?;
            let mut all = Vec::with_capacity(new.len());
            for one in new {
                let prepared = self.prepare_new(&one).await;
                let refused = prepared.is_err();
                let uuid = one.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
                all.push((one, uuid, prepared));
                if refused && mode == TaskMode::All {
                    // What comes behind is not looked at.
                    break;
                }
            }
            let undone = Arc::new(Mutex::new(Vec::new()));
            let told = Arc::clone(&undone);
            let done = self
                .write_or_undo(Operation::CreateUser, async move |work: &mut Work<'_>| {
                    let mut made: Vec<Result<User, Fault>> = Vec::with_capacity(all.len());
                    for (one, uuid, prepared) in &all {
                        let prepared = match prepared {
                            Ok(prepared) => prepared,
                            Err(fault) => {
                                made.push(Err(fault.clone()));
                                continue;
                            }
                        };
                        let part = work.tx.savepoint().await?;
                        match create(work, one, *uuid, prepared.as_ref()).await {
                            Ok(user) => {
                                work.tx.keep_part(part).await?;
                                made.push(Ok(user));
                            }
                            Err(Abort::Fault(fault)) => {
                                work.tx.undo_part(part).await?;
                                made.push(Err(fault));
                            }
                            Err(abort) => return Err(abort),
                        }
                        if mode == TaskMode::All && made.last().is_some_and(Result::is_err) {
                            break;
                        }
                    }
                    if mode == TaskMode::All && made.iter().any(Result::is_err) {
                        *told.lock().unwrap_or_else(PoisonError::into_inner) = made;
                        return Err(Abort::Undo);
                    }
                    Ok(made)
                })
                .await?;
            Ok(match done {
                Some(made) => made,
                None => {
                    let mut made = undone.lock().unwrap_or_else(PoisonError::into_inner);
                    std::mem::take(&mut *made)
                }
            })
        })
    }
}
