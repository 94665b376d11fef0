//! Tokens: one for each customer that an API client speaks for, asked for once for all callers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use crate::core::auth::Authorize;
use crate::core::client::{Base, Core};
use crate::core::environment::{Environment, fraction};
use crate::core::error::{Error, Lost, Result};
use crate::core::secret::Secret;
use crate::core::transport::BoxFuture;
use crate::falcon::cloud::Cloud;
use crate::falcon::ids::Cid;
use crate::falcon::operations;

/// How long before its end a token is given up, on the average.
const MARGIN: Duration = Duration::from_secs(120);
/// By how much that varies, so that many programs do not renew at one moment.
const JITTER: Duration = Duration::from_secs(30);

/// The API client, and where it has been found to be at home.
pub(super) struct Credentials {
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) cloud: Cloud,
    moved: Mutex<Option<Base>>,
}

impl Credentials {
    pub(super) fn new(client_id: String, client_secret: Secret, cloud: Cloud) -> Self {
        Self {
            client_id,
            client_secret,
            cloud,
            moved: Mutex::new(None),
        }
    }

    /// Goes to the cloud that the platform names, or says why not.
    fn follow(&self, region: &str) -> Result<()> {
        let refuse = |advice: &str| {
            Err(Error::config(format!(
                "the credentials belong to Falcon's cloud {region:?}{advice}"
            )))
        };
        let Some(named) = Cloud::of_region(region) else {
            return refuse(", which this library does not know");
        };
        if self.cloud != Cloud::Auto {
            return refuse(": set the client up for that one, or for `Cloud::Auto`");
        }
        *lock(&self.moved) = Some(Base::parse(named.address())?);
        Ok(())
    }
}

/// The tokens of all views.
pub(super) struct Views {
    credentials: Arc<Credentials>,
    by_cid: Mutex<BTreeMap<Option<Cid>, Arc<Tokens>>>,
}

impl Views {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            credentials: Arc::new(credentials),
            by_cid: Mutex::new(BTreeMap::new()),
        }
    }

    /// The tokens for a customer: for one customer always those.
    pub(super) fn tokens(&self, member: Option<Cid>) -> Arc<Tokens> {
        let mut by_cid = lock(&self.by_cid);
        let made = by_cid.entry(member.clone()).or_insert_with(|| {
            Arc::new(Tokens {
                credentials: Arc::clone(&self.credentials),
                member,
                state: Mutex::default(),
                turn: tokio::sync::Mutex::new(()),
            })
        });
        Arc::clone(made)
    }

    /// Takes every live token away from here, and ends it on the platform.
    pub(super) async fn revoke(&self, core: &Core) -> Result<()> {
        let all: Vec<_> = lock(&self.by_cid).values().cloned().collect();
        let mut failed = None;
        for tokens in all {
            let Some(token) = tokens.take() else { continue };
            let operation = operations::revoke_token(
                &self.credentials.client_id,
                &self.credentials.client_secret,
                &token,
            )?;
            if let Err(error) = core.call(operation).await {
                failed.get_or_insert(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// The token for one customer.
pub(super) struct Tokens {
    credentials: Arc<Credentials>,
    member: Option<Cid>,
    state: Mutex<State>,
    /// Held while a token is asked for.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// The one before: an answer that is still under way may echo it.
    former: Option<Secret>,
    /// How often a token has been asked for.
    asked: u64,
    /// How the last time failed, if it did.
    failure: Option<Error>,
}

struct Token {
    secret: Secret,
    header: HeaderValue,
    renew_at: Duration,
}

impl Tokens {
    async fn header(&self, core: &Core) -> Result<HeaderValue> {
        let environment = core.environment();
        let asked = {
            let state = lock(&self.state);
            if let Some(header) = state.valid(environment) {
                return Ok(header);
            }
            state.asked
        };
        let _turn = self.turn.lock().await;
        {
            let state = lock(&self.state);
            if let Some(header) = state.valid(environment) {
                return Ok(header);
            }
            // Another caller asked while this one waited: its refusal counts for all that waited.
            if state.asked != asked
                && let Some(failure) = state.failure.as_ref().and_then(copy)
            {
                return Err(failure);
            }
        }
        let result = self.ask(core).await;
        let mut state = lock(&self.state);
        state.asked += 1;
        match result {
            Ok(token) => {
                let header = token.header.clone();
                state.failure = None;
                state.former = state.token.replace(token).map(|former| former.secret);
                Ok(header)
            }
            Err(error) => {
                state.failure = copy(&error);
                Err(error)
            }
        }
    }

    async fn ask(&self, core: &Core) -> Result<Token> {
        let Credentials {
            client_id,
            client_secret,
            cloud,
            ..
        } = &*self.credentials;
        let operation = || operations::token(client_id, client_secret, self.member.as_ref());
        let environment = core.environment();
        let answer = match core.call(operation()?).await {
            // A redirect names the region in its code; other answers have codes of their own.
            Err(Error::Unexpected(vendor))
                if vendor.code.is_some()
                    && vendor
                        .status
                        .is_some_and(|status| (300..400).contains(&status)) =>
            {
                let region = vendor.code.as_deref().unwrap_or_default();
                self.credentials.follow(region)?;
                core.call(operation()?).await?
            }
            other => other?,
        };
        if let Some(region) = &answer.region {
            let custom = matches!(cloud, Cloud::Custom(_));
            // An address of one's own may be a proxy in front of any cloud: it is not left, and what it says is no error.
            if !custom && cloud.region() != Some(region.as_str()) {
                self.credentials.follow(region)?;
            }
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {}", answer.access_token.expose()))
            .map_err(|_| Error::config("the platform gave a token that no header can carry"))?;
        header.set_sensitive(true);
        let margin = MARGIN - JITTER + (JITTER * 2).mul_f64(fraction(environment));
        let life = Duration::from_secs(answer.expires_in);
        Ok(Token {
            secret: answer.access_token,
            header,
            // A token that lives no longer than the margin is used for half of its life.
            renew_at: environment.elapsed() + life.saturating_sub(margin).max(life / 2),
        })
    }

    fn take(&self) -> Option<Secret> {
        lock(&self.state).drop_token()
    }
}

impl State {
    fn valid(&self, environment: &dyn Environment) -> Option<HeaderValue> {
        let token = self.token.as_ref()?;
        (environment.elapsed() < token.renew_at).then(|| token.header.clone())
    }

    fn drop_token(&mut self) -> Option<Secret> {
        let secret = self.token.take()?.secret;
        self.former = Some(secret.clone());
        Some(secret)
    }
}

impl Authorize for Tokens {
    fn authorize<'a>(
        &'a self,
        core: &'a Core,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            headers.insert(AUTHORIZATION, self.header(core).await?);
            Ok(())
        })
    }

    /// Gives the token up, unless another caller has renewed it already.
    fn refused<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, bool> {
        let refused = headers.get(AUTHORIZATION);
        let mut state = lock(&self.state);
        if state.token.as_ref().map(|token| &token.header) == refused {
            state.drop_token();
        }
        Box::pin(std::future::ready(refused.is_some()))
    }

    fn base(&self) -> Option<Base> {
        lock(&self.credentials.moved).clone()
    }

    fn secrets(&self) -> Vec<Secret> {
        let state = lock(&self.state);
        let token = state.token.as_ref().map(|token| token.secret.clone());
        let own = [self.credentials.client_secret.clone()];
        own.into_iter()
            .chain(token)
            .chain(state.former.clone())
            .collect()
    }
}

impl fmt::Debug for Views {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Views").finish_non_exhaustive()
    }
}

/// A failure once more, for those that waited for it.
fn copy(error: &Error) -> Option<Error> {
    let lost = |lost: &Lost| {
        Box::new(Lost {
            platform: lost.platform,
            operation: lost.operation,
            message: lost.message.clone(),
            outcome: lost.outcome,
        })
    };
    Some(match error {
        Error::Config(message) => Error::Config(message.clone()),
        Error::Unreachable(inner) => Error::Unreachable(lost(inner)),
        Error::Deadline(inner) => Error::Deadline(lost(inner)),
        Error::Unauthenticated(vendor) => Error::Unauthenticated(vendor.clone()),
        Error::Unavailable(vendor) => Error::Unavailable(vendor.clone()),
        Error::Unexpected(vendor) => Error::Unexpected(vendor.clone()),
        Error::Invalid(vendor) => Error::Invalid(vendor.clone()),
        Error::RateLimited { until, vendor } => Error::RateLimited {
            until: *until,
            vendor: vendor.clone(),
        },
        _ => return None,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
