//! Form tokens: a form that changes something is sent once, by the credential that it was shown to.
//!
//! A token is sealed and stored nowhere, so that showing a form writes nothing, and it reads differently each time it
//! is shown. Only the tokens that were used are noted, in the transaction of the change ([`crate::WriteMode`]): a form
//! that was refused can be corrected and sent again, and one that was done cannot be done twice.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::handle::Handle;
use crate::model::{Fault, FormTicket, FormToken, Time};
use crate::rules;
use crate::write_mode::FORM_TOKEN;

/// What tokens are sealed for.
const PURPOSE: &str = "form token";
/// Milliseconds for which a form may stand open.
const LASTS: i64 = 12 * 3_600_000;
/// Characters of a token at most; those that are made have fewer.
const LONGEST: usize = 1_000;
/// Characters of a form's name.
const NAME: usize = 500;

/// What a token says, sealed.
#[derive(Serialize, Deserialize)]
struct Content {
    user: i64,
    /// Which kind of credential, and its number.
    credential: (u8, i64),
    form: String,
    expires_at: i64,
    /// Tells tokens of one form apart.
    nonce: [u8; 16],
}

impl Handle {
    /// A token for one sending of a form of that name, by the caller's credential, within twelve hours.
    pub fn create_form_token(&self, form: &str) -> Result<FormToken, Fault> {
        self.admit(Operation::CreateFormToken)?;
        if form.is_empty() {
            return Err(Fault::invalid("form", "must not be empty"));
        }
        rules::check_text("form", form, NAME, false)?;
        let expires_at = self.now().plus(LASTS);
        let mut nonce = [0_u8; 16];
        self.inner.seams.entropy.fill(&mut nonce);
        let content = Content {
            user: self.caller.user.0,
            credential: number_of(self.caller.credential),
            form: form.to_owned(),
            expires_at: expires_at.0,
            nonce,
        };
        let plain = serde_json::to_vec(&content)
            .map_err(|error| Fault::Internal(format!("a form token: {error}")))?;
        Ok(FormToken {
            token: URL_SAFE_NO_PAD.encode(self.inner.seal(PURPOSE, &plain)?),
            expires_at,
        })
    }

    /// What a form that was sent uses its token up with; a token of another form, another credential or another
    /// time is refused.
    pub fn read_form_token(&self, form: &str, token: &str) -> Result<FormTicket, Fault> {
        let foreign = || Fault::invalid(FORM_TOKEN, "is not one of this form, or has ended");
        if token.len() > LONGEST {
            return Err(foreign());
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| foreign())?;
        let plain = self.inner.unseal(PURPOSE, &sealed).map_err(|_| foreign())?;
        let content: Content = serde_json::from_slice(&plain).map_err(|_| foreign())?;
        let own = content.user == self.caller.user.0
            && content.credential == number_of(self.caller.credential)
            && content.form == form;
        let expires_at = Time(content.expires_at);
        if !own || expires_at <= self.now() {
            return Err(foreign());
        }
        let mut used_by = vec![0_u8; 16];
        self.inner.seams.entropy.fill(&mut used_by);
        Ok(FormTicket {
            digest: Sha256::digest(&plain).to_vec(),
            used_by,
            expires_at,
        })
    }
}

/// A credential as a token names it.
fn number_of(credential: Credential) -> (u8, i64) {
    match credential {
        Credential::Key(key) => (1, key.0),
        Credential::Session(session, _) => (2, session.0),
        Credential::System => (3, 0),
    }
}
