//! Why a request did not get as far as a use-case.

use axum::http::StatusCode;

/// Why a request did not get as far as a use-case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing is served at the path.
    NoRoute,
    /// The path is served, but not by this method; the `Allow` header is added to the answer.
    WrongMethod,
    /// A segment of the path cannot be decoded or contains NUL, or the path is too long.
    BadPath,
    /// The query cannot be decoded, or has too many parts.
    BadQuery,
    /// The body is larger than that many bytes.
    TooLarge(usize),
    /// The body did not arrive whole in time.
    Incomplete,
    /// The body's content type is not one the dialect reads.
    WrongContentType,
    /// The body is not well-formed, or not of the shape that is read here: what is wrong, for people.
    Malformed(String),
    /// The JSON nests deeper than is read.
    TooDeep,
}

impl Rejection {
    /// The usual status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Rejection::NoRoute => StatusCode::NOT_FOUND,
            Rejection::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Rejection::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Rejection::Incomplete => StatusCode::REQUEST_TIMEOUT,
            Rejection::WrongContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Rejection::BadPath
            | Rejection::BadQuery
            | Rejection::Malformed(_)
            | Rejection::TooDeep => StatusCode::BAD_REQUEST,
        }
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rejection::NoRoute => f.write_str("nothing is served at this path"),
            Rejection::WrongMethod => f.write_str("the path does not know this method"),
            Rejection::BadPath => f.write_str("the path cannot be read"),
            Rejection::BadQuery => f.write_str("the query cannot be read"),
            Rejection::TooLarge(limit) => write!(f, "the body is larger than {limit} bytes"),
            Rejection::Incomplete => f.write_str("the body did not arrive whole"),
            Rejection::WrongContentType => f.write_str("the body must be JSON"),
            Rejection::Malformed(why) => f.write_str(why),
            Rejection::TooDeep => f.write_str("the JSON nests too deeply"),
        }
    }
}
