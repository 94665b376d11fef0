//! Every kind of problem this API answers, in one table: the code, the status, the exit code of the command
//! line, the title and what to do. Answers, the description's enumeration and `GET /problems` are made from it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// What a code stands for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Facts {
    /// The code, which never changes.
    #[schemars(with = "CodeWord")]
    pub code: &'static str,
    /// The HTTP status it comes with; 401 or 403 for `second-factor-missing`.
    pub status: u16,
    /// How the command line ends.
    pub exit_code: u8,
    /// The kind of problem in a few words.
    pub title: &'static str,
    /// What it means, and what to do.
    pub explanation: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $status:literal $exit:literal $title:literal, $explanation:literal;)*) => {
        /// The kinds of problems.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        /// Every code, in the table's order.
        pub const ALL: &[Code] = &[$(Code::$name),*];

        impl Code {
            /// What it stands for.
            #[must_use]
            pub const fn facts(self) -> &'static Facts {
                match self {
                    $(Code::$name => const { &Facts {
                        code: $code,
                        status: $status,
                        exit_code: $exit,
                        title: $title,
                        explanation: $explanation,
                    } },)*
                }
            }
        }
    };
}

codes! {
    NoCredential "no-credential" 401 4 "Not signed in",
        "The request came without a credential. Send an API key or a session token: Authorization: Bearer <token>.";
    UnknownCredential "unknown-credential" 401 4 "Not signed in",
        "The credential is unknown, expired or revoked. Check it, have a new key made, or sign in again.";
    NotActive "not-active" 401 4 "The account is not active",
        "The account is switched off, suspended, expired or locked. An administrator can activate or unlock it.";
    WrongAddress "wrong-address" 401 4 "Not valid from this address",
        "The key may be used from certain addresses only. Call from one of them, or have this one added to the key.";
    LockedOut "locked-out" 401 4 "Locked out",
        "Too many wrong passwords came. Wait a few minutes, reset the password by mail, or have the account unlocked.";
    SecondFactorNeeded "second-factor-needed" 401 4 "A second factor is needed",
        "The password was right, and the account has a second factor. Repeat the sign-in with `code`.";
    SecondFactorWrong "second-factor-wrong" 401 4 "The code is wrong",
        "The code is wrong, too old or was used before. Wait for the next one and try again.";
    SecondFactorMissing "second-factor-missing" 403 4 "A second factor must be enrolled first",
        "The account must have a second factor. Enrol one: POST /me/second-factor. At sign-in the status is 401.";
    Forbidden "forbidden" 403 4 "Not permitted",
        "The caller lacks a permission where the target is. An administrator can grant a role that brings it.";
    KeyLimit "key-limit" 403 4 "The key's own limits forbid this",
        "The key is read-only or limited to other paths. Use another key, or have its limits widened.";
    ExceedsOwn "exceeds-own" 403 4 "Nobody grants more than they hold",
        "The change would give rights that the caller does not hold there. Somebody who holds them can make it.";
    OutranksYou "outranks-you" 403 4 "The account's rights exceed your own",
        "The account may be seen but not changed by the caller. Somebody with at least its rights can change it.";
    PasswordChangeNeeded "password-change-needed" 403 4 "The password must be changed first",
        "The password was set by somebody else. Choose your own first: PUT /me/password.";
    NotFound "not-found" 404 3 "Not found",
        "There is nothing of that reference, or the caller may not see it. Check the reference; a list shows what there is.";
    NoSuchPath "no-such-path" 404 3 "No such path",
        "Nothing is served at the path. /openapi.json at the root of this API names all paths.";
    InvalidParameter "invalid-parameter" 400 2 "A parameter cannot be accepted",
        "A parameter of the address is unknown or has a value that is not understood. `field` names it.";
    InvalidFilter "invalid-filter" 400 2 "The filter is not understood",
        "The filter breaks the grammar, compares a field in a way it does not know, or is too large. `detail` names the \
         place and what was expected there.";
    MalformedBody "malformed-body" 400 2 "The body cannot be read",
        "The body is not well-formed JSON, nests too deeply, or is no object.";
    BadPath "bad-path" 400 2 "The path cannot be read",
        "Write other characters than letters, digits and -._~ in UTF-8, percent-encoded.";
    Invalid "invalid" 422 2 "A value cannot be accepted",
        "A member of the body has a value that cannot be accepted. `field` names it, `detail` says why.";
    UnknownField "unknown-field" 422 2 "A field is not known",
        "The body has members that are not known or cannot be changed here. Correct the spelling or leave them out.";
    WeakPassword "weak-password" 422 2 "The password is not acceptable",
        "The password is too short, too common or made of one's own names. `detail` says which.";
    WrongPassword "wrong-password" 422 2 "The present password is wrong",
        "The present password does not match. Try again, or have a reset link mailed.";
    UnknownReference "unknown-reference" 422 2 "Something the request names does not exist",
        "The body names something that does not exist or that the caller may not see. `field` says where.";
    IdempotencyKeyReused "idempotency-key-reused" 422 2 "The idempotency key was used for another request",
        "A key stands for one request with one body for 24 hours. Send a new Idempotency-Key.";
    Taken "taken" 409 5 "Already taken",
        "Another one has the value already, perhaps one that the caller may not see. Choose a different one.";
    InUse "in-use" 409 5 "Still in use",
        "Something still depends on it. Move or remove that first.";
    Protected "protected" 409 5 "Protected",
        "It is built in, or belongs to what the caller holds, and cannot be changed or removed this way.";
    LastOwner "last-owner" 409 5 "The last active owner stays",
        "An installation keeps at least one active owner. Make somebody else an owner first.";
    IdempotencyKeyInUse "idempotency-key-in-use" 409 5 "The first request of this key is under way",
        "A request with the same Idempotency-Key has not been answered yet. Try again in a second.";
    AnswerLost "answer-lost" 409 5 "Done, and the answer was lost",
        "The first request of this Idempotency-Key was done, and its answer was lost before it was kept. `done` names what \
         it did; nothing was done again. Look there. What was shown once, such as a key's secret, must be made anew.";
    ExpectationFailed "expectation-failed" 409 5 "Another number than expected",
        "The filter matches another number of rows than was expected, and nothing was changed.";
    Stale "stale" 412 5 "Changed by somebody else",
        "It has changed since it was read. Read it again, look at the difference, and repeat the change with the new ETag.";
    TooLarge "too-large" 413 2 "The body is too large",
        "Send less at a time.";
    TooManyRequests "too-many-requests" 429 7 "Too many requests",
        "Come back after the seconds that Retry-After states.";
    Incomplete "incomplete" 408 2 "The body did not arrive whole",
        "The body ended early or took too long. Send the request again.";
    MethodNotAllowed "method-not-allowed" 405 2 "Method not allowed",
        "The path does not take the method. The Allow header names those it takes.";
    UnsupportedMediaType "unsupported-media-type" 415 2 "The body must be of another kind",
        "Send the kind of body that the description of the API names, usually Content-Type: application/json.";
    FormTokenInvalid "form-token-invalid" 403 4 "The form token is not one of this form",
        "The token was made for another request or another credential, or has ended. Ask for a new one: POST /form-tokens.";
    FormTokenUsed "form-token-used" 409 5 "The form was sent already",
        "A request with this Form-Token was done. Look at what it did, and ask for a new token to send another one.";
    Internal "internal" 500 1 "A defect",
        "The server failed, and nothing was changed. The operator finds the cause in the log under the request id.";
    Unavailable "unavailable" 503 7 "The directory is not available",
        "Nothing was changed. Try again in a moment.";
}

/// The schema of a code: every word of the table.
pub struct CodeWord;

impl JsonSchema for CodeWord {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("ProblemCode")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = ALL.iter().map(|code| code.facts().code).collect();
        json_schema!({
            "type": "string",
            "description": "The kind of a problem. It never changes its meaning.",
            "enum": words,
        })
    }
}
