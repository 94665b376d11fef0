//! How tasks and the requests they came with are stored, and who a job acts as.

use serde::{Deserialize, Serialize};

use crate::access::caller::{Caller, CallerState, Credential, RequestContext};
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{Fault, KeyLimits, OrganisationId, Refusal, Standing, Task, UserId};
use crate::outcome::{Abort, Outcome};
use crate::rules;
use crate::store::job_tasks::StoredTask;
use crate::store::{Tx, credentials};

/// The request that a job came with: what a key's limits look at, and what the trail tells.
#[derive(Serialize, Deserialize)]
struct StoredContext {
    address: Option<std::net::IpAddr>,
    agent: Option<String>,
    request_id: String,
    method: String,
    path: String,
    /// The organisation that the session was limited to.
    organisation: Option<i64>,
}

pub(super) fn written(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Internal(format!("a job: {error}")))
}

pub(super) fn read_task(text: &str) -> Result<Task, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Internal(format!("stored job: {error}")))
}

pub(super) fn context_of(caller: &CallerState) -> Result<String, Fault> {
    let context = &caller.context;
    written(&StoredContext {
        address: context.address,
        agent: context.agent.clone(),
        request_id: context.request_id.clone(),
        method: context.method.clone(),
        path: context.path.clone(),
        organisation: caller.organisation.map(|organisation| organisation.0),
    })
}

/// Whether a job came with that request.
pub(crate) fn is_of_request(context: &str, request: &str) -> bool {
    let context = serde_json::from_str::<StoredContext>(context);
    context.is_ok_and(|context| context.request_id == request)
}

impl Directory {
    /// Who a job acts as: its owner, with the rights of now, by the key it was asked for with if it was
    /// one. A person who may not act any more ends it.
    pub(super) async fn handle_of_job(&self, stored: &StoredTask) -> Result<Handle, Fault> {
        let context: StoredContext = serde_json::from_str(&stored.context)
            .map_err(|error| Fault::Internal(format!("stored job: {error}")))?;
        let unknown = || Fault::Unauthenticated(Refusal::Unknown);
        let platform = self
            .0
            .platform_named(&stored.platform)
            .ok_or_else(unknown)?
            .platform;
        let owner = stored.owner.ok_or_else(unknown)?;
        let request = RequestContext {
            address: context.address,
            agent: context.agent,
            request_id: context.request_id,
            method: context.method,
            path: context.path,
        };
        if let Some(key) = stored.key {
            let caller = self.authenticate_key(platform, key, request).await?;
            if caller.user() != owner {
                return Err(unknown());
            }
            return Ok(self.act(&caller));
        }
        let state = self.state_of(owner).await?;
        let organisation = context.organisation.map(OrganisationId);
        Ok(self.act(&Caller(std::sync::Arc::new(CallerState {
            platform,
            organisation,
            context: request,
            ..state
        }))))
    }

    /// The rights of now of a person, for a job that they asked for in a session.
    async fn state_of(&self, owner: UserId) -> Result<CallerState, Fault> {
        let now = self.now();
        let lines = &self.0.platform_lines;
        let read = async |tx: &mut Tx<'_>| -> Outcome<_> {
            let Some(row) = credentials::owner(tx, owner).await? else {
                return Ok(None);
            };
            let holding = credentials::holding(tx, owner, lines, now).await?;
            Ok(Some((row, holding)))
        };
        let found = self.0.store.read(read).await.map_err(Abort::into_fault)?;
        let (row, holding) = found.ok_or(Fault::Unauthenticated(Refusal::Unknown))?;
        let standing = rules::standing(
            row.status,
            row.lock_after,
            row.locked_until,
            row.lockout_until,
            now,
        );
        if !matches!(standing, Standing::Active | Standing::LockedOut) {
            return Err(Fault::Unauthenticated(Refusal::Standing(standing)));
        }
        Ok(CallerState {
            user: row.user,
            uuid: row.uuid,
            login: row.login,
            home: row.home,
            platform: crate::model::Platform::USHER,
            credential: Credential::System,
            proof: false,
            delegated: true,
            proven: false,
            limits: KeyLimits::default(),
            organisation: None,
            held: holding.held.into(),
            version: row.version,
            epoch: row.epoch,
            held_until: holding.until,
            since: None,
            until: None,
            must_change_password: false,
            must_enrol_second_factor: false,
            context: RequestContext::default(),
            impersonator: None,
        })
    }
}
