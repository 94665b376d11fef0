//! Paths: folded before routing, decoded within bounds.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::app_state::AppState;
use super::protocol::RequestError;
use super::rejection::Rejection;

/// The longest path that is looked at.
pub(super) const LONGEST: usize = 4_096;

/// Folds repeated slashes into one and drops trailing ones; the root stays `/`.
#[must_use]
pub fn fold_path(path: &str) -> Cow<'_, str> {
    let clean =
        path.starts_with('/') && !path.contains("//") && (path.len() == 1 || !path.ends_with('/'));
    if clean {
        return Cow::Borrowed(path);
    }
    let mut folded = String::with_capacity(path.len() + 1);
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        folded.push('/');
        folded.push_str(segment);
    }
    if folded.is_empty() {
        folded.push('/');
    }
    Cow::Owned(folded)
}

/// The path's `{…}` segments, decoded. Take text and parse it in the handler where a wrong shape has
/// an answer of its own; here it is [`Rejection::BadPath`].
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, RequestError> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(segments)| Path(segments))
            .map_err(|_| RequestError::Rejection(Rejection::BadPath))
    }
}
