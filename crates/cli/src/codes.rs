//! The codes of problems: what each means, and what to do. They are stable; a test holds them to those that
//! the server's description lists.

use crate::exit::Exit;

/// One code.
#[derive(Debug)]
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// What a command ends with.
    pub exit: Exit,
    /// In a few words.
    pub title: &'static str,
    /// Why it happens, and what to do.
    pub text: &'static str,
}

/// The code of this name.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|known| known.code == code)
}

const fn code(
    code: &'static str,
    status: u16,
    exit: Exit,
    title: &'static str,
    text: &'static str,
) -> Code {
    Code {
        code,
        status,
        exit,
        title,
        text,
    }
}

/// Every code.
pub const CODES: &[Code] = &[
    code(
        "no-credential",
        401,
        Exit::NotPermitted,
        "No credential was sent",
        "The request came without an API key or session token.\n\
         Set USHER_TOKEN, or keep a token in a profile: usher profile set NAME --url URL --token @FILE.",
    ),
    code(
        "unknown-credential",
        401,
        Exit::NotPermitted,
        "The credential is not known",
        "The token is misspelled, has expired, was revoked, or belongs to another server. The server does not say which.\n\
         Check which server is asked (-v shows the address), then make a new key: usher key create. An administrator sees \
         in the events (usher event list) why a key stopped.",
    ),
    code(
        "not-active",
        401,
        Exit::NotPermitted,
        "The account is not active",
        "The account behind the credential is switched off, suspended, expired or locked.\n\
         An administrator sees which with usher user show, and lifts it with usher user enable or usher user unlock.",
    ),
    code(
        "wrong-address",
        401,
        Exit::NotPermitted,
        "The key may not be used from here",
        "The key is limited to certain addresses or networks, and the request came from another one.\n\
         Call from one of them, or widen the key: usher key set KEY --address NET. Behind a proxy, the server's \
         setting `proxies` must name it.",
    ),
    code(
        "locked-out",
        401,
        Exit::NotPermitted,
        "Locked out after wrong passwords",
        "Too many wrong passwords were tried for this account. It opens by itself after a while.\n\
         An administrator opens it at once: usher user unlock USER.",
    ),
    code(
        "second-factor-needed",
        401,
        Exit::NotPermitted,
        "A second factor is needed",
        "Signing in takes a code of the authenticator, too.\n\
         Scripts use an API key instead of a password: usher key create.",
    ),
    code(
        "second-factor-wrong",
        401,
        Exit::NotPermitted,
        "The code of the second factor is wrong",
        "The code is wrong, too old, or was used before. Wait for the next one. A wrong clock on either side has the same \
         effect.",
    ),
    code(
        "second-factor-missing",
        403,
        Exit::NotPermitted,
        "A second factor must be enrolled first",
        "The account must have a second factor and has none yet; until then nothing lasting can be done with it.\n\
         Enrol one on the account's page, then sign in again.",
    ),
    code(
        "forbidden",
        403,
        Exit::NotPermitted,
        "A permission is missing",
        "The caller does not hold the permission that this needs, at the place where its target is. The detail names it.\n\
         usher me shows what you hold, usher user why USER PERMISSION --org ORG says what would give it.",
    ),
    code(
        "key-limit",
        403,
        Exit::NotPermitted,
        "The key's own limits forbid it",
        "The key is read-only or limited to certain paths.\n\
         Use another key. usher key show KEY shows the limits, usher key set changes them.",
    ),
    code(
        "exceeds-own",
        403,
        Exit::NotPermitted,
        "This would give more than you hold",
        "A caller grants only rights that it holds at that place, whether by a role, a group or a key.\n\
         Ask a person who holds them.",
    ),
    code(
        "outranks-you",
        403,
        Exit::NotPermitted,
        "The account may do more than you",
        "Setting the password, address or keys of an account, switching it off and deleting it are powers over the account; \
         they take every right that the account holds.\n\
         Ask a person with at least its rights. usher grant list USER shows what it holds.",
    ),
    code(
        "password-change-needed",
        403,
        Exit::NotPermitted,
        "The password must be changed first",
        "An administrator chose the password, so nothing but changing it works.\n\
         Sign in on the account's page and choose your own.",
    ),
    code(
        "not-found",
        404,
        Exit::NotFound,
        "Not there, or not for you to see",
        "What does not exist and what the caller may not see answer alike.\n\
         Check the spelling; usher user list and its like show what you may see. Numbers, ids, logins, e-mail addresses and \
         names all do.",
    ),
    code(
        "no-such-path",
        404,
        Exit::NotFound,
        "The server does not offer this",
        "The server is older than this command line, or what answers at that address is not the root of an Usher server.\n\
         Compare usher --version on both sides, and the address (-v shows it).",
    ),
    code(
        "invalid-parameter",
        400,
        Exit::NotUnderstood,
        "A parameter cannot be accepted",
        "The field names the parameter: of --sort, --limit, a cursor, or a flag that this server does not know yet.",
    ),
    code(
        "invalid-filter",
        400,
        Exit::NotUnderstood,
        "The filter cannot be read",
        "The detail names the position and what was expected there.\n\
         Fields are the members shown; operators eq ne co sw ew gt ge lt le and pr (is present); and, or, not, parentheses. \
         Text with blanks stands in double quotes; times may be relative: last_seen_at lt -90d.",
    ),
    code(
        "malformed-body",
        400,
        Exit::NotUnderstood,
        "The body cannot be read",
        "The body is no JSON object, or nests too deeply. With --from FILE, look at the file.",
    ),
    code(
        "bad-path",
        400,
        Exit::NotUnderstood,
        "The path cannot be read",
        "The address holds characters that are not encoded. If the command line made it, report a defect.",
    ),
    code(
        "invalid",
        422,
        Exit::NotUnderstood,
        "A value cannot be accepted",
        "The field names the member and the detail says what is wrong with its value.",
    ),
    code(
        "unknown-field",
        422,
        Exit::NotUnderstood,
        "There is no such member",
        "Unknown members are refused by name, so that a misspelling is not silently lost. --help lists the members.",
    ),
    code(
        "weak-password",
        422,
        Exit::NotUnderstood,
        "The password is not acceptable",
        "The detail says which rule it breaks. Long ones of a password manager pass them all.",
    ),
    code(
        "wrong-password",
        422,
        Exit::NotUnderstood,
        "The present password is wrong",
        "A session must prove itself again before it changes keys, addresses or passwords: --current-password @FILE. API keys \
         are not asked.",
    ),
    code(
        "unknown-reference",
        422,
        Exit::NotUnderstood,
        "Something that the request names is not there",
        "The field names it: an organisation, a group, a role. Missing and hidden ones answer alike.\n\
         usher org list, usher group list and usher role list show what you may name.",
    ),
    code(
        "idempotency-key-reused",
        422,
        Exit::NotUnderstood,
        "The idempotency key belongs to another request",
        "This --idempotency-key was used within 24 hours for another body. Choose a new key for a new request.",
    ),
    code(
        "incomplete",
        408,
        Exit::NotUnderstood,
        "The body did not arrive whole",
        "The connection broke while the body was sent. Repeat the command.",
    ),
    code(
        "method-not-allowed",
        405,
        Exit::NotUnderstood,
        "The path does not take that method",
        "The server is of another version than this command line.",
    ),
    code(
        "unsupported-media-type",
        415,
        Exit::NotUnderstood,
        "The body is of the wrong kind",
        "Imports take CSV or NDJSON: --format csv or --format ndjson.",
    ),
    code(
        "too-large",
        413,
        Exit::NotUnderstood,
        "The body is too large",
        "Split it. Files of imports may be as long as the setting limits.import says.",
    ),
    code(
        "taken",
        409,
        Exit::Conflict,
        "Another one has it already",
        "The field is one that must be unique: an address, a login, a name. One that you may not see may hold it.\n\
         usher user ensure changes the one that is there instead.",
    ),
    code(
        "in-use",
        409,
        Exit::Conflict,
        "Something still depends on it",
        "Move or delete what depends on it first. A role is taken from its holders by usher role delete ROLE --take-away.",
    ),
    code(
        "protected",
        409,
        Exit::Conflict,
        "It is built in, or carries what you hold",
        "Built-in roles and groups stay as they are, and so does what the caller's own rights rest on.",
    ),
    code(
        "last-owner",
        409,
        Exit::Conflict,
        "The last active owner stays",
        "An installation without an owner could not be administered. Make another person an owner first:\n\
         usher grant create USER usher:owner.",
    ),
    code(
        "idempotency-key-in-use",
        409,
        Exit::Conflict,
        "The first request with this key is under way",
        "Wait a second and repeat the command with this --idempotency-key: it then gives the first answer.",
    ),
    code(
        "answer-lost",
        409,
        Exit::Conflict,
        "Done, and the answer was lost",
        "The first command with this --idempotency-key was done, and the server stopped before its answer was kept.\n\
         Nothing was done again. The problem's member `done` names what was made: look there.",
    ),
    code(
        "form-token-used",
        409,
        Exit::Conflict,
        "The form was sent already",
        "A request with this form token was done. Look at what it did; another one needs a new token.",
    ),
    code(
        "form-token-invalid",
        403,
        Exit::NotPermitted,
        "The form token is not one of this form",
        "The token was made for another request or another credential, or has ended. Ask for a new one.",
    ),
    code(
        "expectation-failed",
        409,
        Exit::Conflict,
        "Another number of people fits",
        "The filter matches another number of people than was expected, so nothing was done. List them again and look.",
    ),
    code(
        "stale",
        412,
        Exit::Conflict,
        "It has changed in the meantime",
        "The revision given with --if-match is not the present one; nothing was changed.\n\
         Show it again, look at the difference, and repeat with the new revision.",
    ),
    code(
        "too-many-requests",
        429,
        Exit::NotReached,
        "Too many requests",
        "The caller or the address asks more often than the server allows. Wait for the time that the answer names.",
    ),
    code(
        "internal",
        500,
        Exit::Failed,
        "A defect of the server",
        "Nothing was changed. Give the operator the request's id: the server's log explains it under that id.",
    ),
    code(
        "unavailable",
        503,
        Exit::NotReached,
        "The directory cannot be reached just now",
        "The server runs, and its database does not answer. Nothing was changed. Try again; /readyz says why.",
    ),
];
