//! What happened, oldest first, each event exactly once for a reader who goes on from the last place.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::Response;
use directory::{EventField, Handle, Query, StreamPlace};
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::watch;

use kit::{Authenticated, reply};

use super::errors::Problem;
use super::events::{EventBody, LISTING};
use super::lists;

/// Events read at once.
const CHUNK: u32 = 500;
/// How often is looked for more while the answer is kept open.
const PAUSE: Duration = Duration::from_millis(500);
/// So many pauses without an event make an empty line, which shows that the connection stands.
const SILENT: u32 = 30;

/// An event with its place in the order.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: EventBody<'a>,
    cursor: String,
}

/// `GET /events/stream?cursor=…&follow=…`, with the filters of the list.
pub async fn stream(request: Authenticated) -> Result<Response, Problem> {
    let given = &request.query()?.0;
    let (mut after, mut follow) = (StreamPlace::START, false);
    let mut filters = Vec::new();
    for (name, value) in given {
        match name.as_str() {
            "cursor" if value == "now" => after = request.event_stream_end().await?,
            "cursor" => {
                after = StreamPlace::decode(value).ok_or_else(|| {
                    let why = "must be `now`, or the `cursor` of an earlier event";
                    Problem::parameter("cursor", why)
                })?;
            }
            "follow" => follow = lists::flag(name, value)?,
            "sort" | "limit" | "total" => {
                let why = "is fixed here: all events, oldest first";
                return Err(Problem::parameter(name, why));
            }
            _ => filters.push((name.clone(), value.clone())),
        }
    }
    let handle = request.handle();
    let mut query = LISTING.query(&request, &filters).await?;
    query.limit = CHUNK;
    // The first part is read before the status goes out, so that a refusal is an ordinary answer.
    let first = lines(&handle, &query, after).await?;
    let state = State {
        ending: handle.ending(),
        handle,
        query,
        follow,
        after: first.1,
        silent: 0,
    };
    let stream = unfold((Some(first.0), Some(state)), |(ready, state)| async move {
        if let Some(ready) = ready {
            return Some((Ok(Bytes::from(ready)), (None, state)));
        }
        next(state?).await
    });
    let body = Body::from_stream(stream);
    Ok(reply::with_type(
        StatusCode::OK,
        "application/x-ndjson",
        body,
    ))
}

struct State {
    handle: Handle,
    query: Query<EventField>,
    follow: bool,
    after: StreamPlace,
    /// Pauses since something was sent.
    silent: u32,
    ending: watch::Receiver<bool>,
}

type Part = (
    Result<Bytes, std::io::Error>,
    (Option<Vec<u8>>, Option<State>),
);

/// The next events; `None` when the answer ends.
async fn next(mut state: State) -> Option<Part> {
    loop {
        match lines(&state.handle, &state.query, state.after).await {
            Ok((bytes, after)) if !bytes.is_empty() => {
                state.after = after;
                state.silent = 0;
                return Some((Ok(Bytes::from(bytes)), (None, Some(state))));
            }
            Ok(_) if !state.follow => return None,
            Ok(_) => {}
            // A credential that stopped counting ends the answer; what else went wrong breaks it off.
            Err(directory::Fault::Unauthenticated(_) | directory::Fault::Forbidden(_)) => {
                return None;
            }
            Err(fault) => {
                tracing::warn!(%fault, "a stream of events broke off");
                let error = std::io::Error::other("the stream broke off");
                return Some((Err(error), (None, None)));
            }
        }
        let ended = state.ending.wait_for(|ending| *ending);
        let over = tokio::time::timeout(PAUSE, ended).await.is_ok();
        if over {
            return None;
        }
        state.silent += 1;
        if state.silent >= SILENT {
            state.silent = 0;
            return Some((Ok(Bytes::from_static(b"\n")), (None, Some(state))));
        }
    }
}

/// Events behind a place as lines, and the place behind them.
async fn lines(
    handle: &Handle,
    query: &Query<EventField>,
    after: StreamPlace,
) -> Result<(Vec<u8>, StreamPlace), directory::Fault> {
    let found = handle.event_stream(query, after).await?;
    let place = found.last().map_or(after, |(_, place)| *place);
    let mut bytes = Vec::new();
    for (event, place) in &found {
        let line = Line {
            event: EventBody::of(event),
            cursor: place.encode(),
        };
        serde_json::to_writer(&mut bytes, &line)
            .map_err(|error| directory::Fault::Internal(format!("writing an event: {error}")))?;
        bytes.push(b'\n');
    }
    Ok((bytes, place))
}
