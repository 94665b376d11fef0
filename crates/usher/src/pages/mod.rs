//! The small pages behind mailed links: set a password, activate an account, confirm an address, ask
//! for a new password. They work without JavaScript, tell nobody which accounts exist, and keep tokens
//! out of logs and referrers: a token is in the address once, and in the body of what is sent.

mod html;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use dialects::kit::{PeerAddress, Shared, parse_pairs};
use directory::{Fault, Platform, RequestContext, Weakness};

use html::{Field, Page};

/// The pages, to be mounted at the server's root.
pub fn router(shared: &Shared) -> Router {
    Router::new()
        .route("/account/reset", get(show_reset).post(reset))
        .route("/account/activate", get(show_activate).post(activate))
        .route("/account/confirm", get(show_confirm).post(confirm))
        .route("/account/forgot", get(show_forgot).post(forgot))
        .route("/account/style.css", get(style))
        .with_state(shared.clone())
}

/// What a page knows of its request. Query and body are never logged.
#[derive(Default)]
struct Form {
    token: String,
    password: String,
    again: String,
    name: String,
}

impl Form {
    fn of(text: &str) -> Form {
        // What cannot be read is as good as not sent.
        let Ok(pairs) = parse_pairs(text) else {
            return Form::default();
        };
        let last = |name| pairs.last(name).unwrap_or_default().to_owned();
        Form {
            token: last("token"),
            password: last("password"),
            again: last("again"),
            name: last("name"),
        }
    }

    fn of_body(body: &Bytes) -> Form {
        std::str::from_utf8(body).map(Form::of).unwrap_or_default()
    }
}

fn answer(status: StatusCode, page: &Page<'_>) -> Response {
    let mut response = (status, page.render()).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(html::POLICY),
    );
    response
}

async fn style() -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "max-age=3600"),
        ],
        html::STYLE,
    )
        .into_response()
}

fn context(peer: Option<Extension<PeerAddress>>, path: &str) -> RequestContext {
    RequestContext {
        address: peer.map(|Extension(PeerAddress(address))| address.ip()),
        method: "POST".to_owned(),
        path: path.to_owned(),
        ..RequestContext::default()
    }
}

fn password_page<'a>(
    title: &'a str,
    action: &'a str,
    token: &'a str,
    problem: Option<&'a str>,
) -> Page<'a> {
    Page {
        title,
        text: "Choose a password of at least 12 characters. A few words that belong together only for you are best.",
        problem,
        action: Some(action),
        button: "Set password",
        token: Some(token),
        fields: &[
            Field {
                name: "password",
                label: "New password",
                kind: "password",
                complete: "new-password",
            },
            Field {
                name: "again",
                label: "The same once more",
                kind: "password",
                complete: "new-password",
            },
        ],
    }
}

fn told<'a>(title: &'a str, text: &'a str) -> Page<'a> {
    Page {
        title,
        text,
        problem: None,
        action: None,
        button: "",
        token: None,
        fields: &[],
    }
}

async fn show_reset(RawQuery(query): RawQuery) -> Response {
    let form = Form::of(&query.unwrap_or_default());
    answer(
        StatusCode::OK,
        &password_page("Set a new password", "/account/reset", &form.token, None),
    )
}

async fn show_activate(RawQuery(query): RawQuery) -> Response {
    let form = Form::of(&query.unwrap_or_default());
    answer(
        StatusCode::OK,
        &password_page(
            "Activate your account",
            "/account/activate",
            &form.token,
            None,
        ),
    )
}

async fn reset(
    State(shared): State<Shared>,
    peer: Option<Extension<PeerAddress>>,
    body: Bytes,
) -> Response {
    let context = context(peer, "account/reset");
    set_password(
        &shared,
        "Set a new password",
        "/account/reset",
        &Form::of_body(&body),
        context,
    )
    .await
}

async fn activate(
    State(shared): State<Shared>,
    peer: Option<Extension<PeerAddress>>,
    body: Bytes,
) -> Response {
    let context = context(peer, "account/activate");
    set_password(
        &shared,
        "Activate your account",
        "/account/activate",
        &Form::of_body(&body),
        context,
    )
    .await
}

async fn set_password(
    shared: &Shared,
    title: &str,
    action: &str,
    form: &Form,
    context: RequestContext,
) -> Response {
    if form.password != form.again {
        let problem = Some("The two passwords differ. Type the same one twice.");
        return answer(
            StatusCode::BAD_REQUEST,
            &password_page(title, action, &form.token, problem),
        );
    }
    let done = shared
        .directory()
        .redeem_reset(&form.token, &form.password, Platform::USHER, context)
        .await;
    match done {
        Ok(_) => answer(
            StatusCode::OK,
            &told(
                "Your password is set",
                "You can sign in with it now. This page can be closed.",
            ),
        ),
        Err(Fault::WeakPassword(why)) => {
            let problem = weakness(why);
            answer(
                StatusCode::BAD_REQUEST,
                &password_page(title, action, &form.token, Some(&problem)),
            )
        }
        Err(fault) => refused(&fault),
    }
}

fn weakness(why: Weakness) -> String {
    match why {
        Weakness::TooShort(least) => {
            format!("The password is too short: use at least {least} characters.")
        }
        Weakness::TooLong(most) => {
            format!("The password is too long: use at most {most} characters.")
        }
        Weakness::Common => {
            "The password is one of the most common ones. Choose another.".to_owned()
        }
        Weakness::OwnNames => {
            "The password is made of your own or the organisation's names. Choose another."
                .to_owned()
        }
        Weakness::Composition => {
            "The password needs lower-case and upper-case letters, a digit and a special character."
                .to_owned()
        }
        Weakness::Unchanged => "That is the present password. Choose another.".to_owned(),
    }
}

/// One answer for used, expired and made-up tokens.
fn refused(fault: &Fault) -> Response {
    match fault {
        Fault::TooMany { .. } | Fault::Unavailable(_) => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            &told(
                "Please try again",
                "The server is busy at the moment. Nothing was changed; the link still works.",
            ),
        ),
        Fault::Internal(why) => {
            tracing::error!(why, "a page failed");
            answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                &told(
                    "Something went wrong",
                    "Nothing was changed. Tell an administrator.",
                ),
            )
        }
        _ => answer(
            StatusCode::BAD_REQUEST,
            &told(
                "This link no longer works",
                "It was used before, or its time is over. Ask for a new one at /account/forgot, or ask an administrator.",
            ),
        ),
    }
}

async fn show_confirm(RawQuery(query): RawQuery) -> Response {
    let form = Form::of(&query.unwrap_or_default());
    // A button, because programs that look through mail follow links: only a person presses it.
    let page = Page {
        title: "Confirm your address",
        text: "Press the button to make this address the one of your account.",
        problem: None,
        action: Some("/account/confirm"),
        button: "Confirm",
        token: Some(&form.token),
        fields: &[],
    };
    answer(StatusCode::OK, &page)
}

async fn confirm(
    State(shared): State<Shared>,
    peer: Option<Extension<PeerAddress>>,
    body: Bytes,
) -> Response {
    let form = Form::of_body(&body);
    match shared
        .directory()
        .confirm_email(
            &form.token,
            Platform::USHER,
            context(peer, "account/confirm"),
        )
        .await
    {
        Ok(_) => answer(
            StatusCode::OK,
            &told("Your address is confirmed", "This page can be closed."),
        ),
        Err(Fault::Taken { .. }) => answer(
            StatusCode::CONFLICT,
            &told(
                "This address is in use",
                "Another account has it by now. Ask an administrator.",
            ),
        ),
        Err(fault) => refused(&fault),
    }
}

fn forgot_page() -> Page<'static> {
    Page {
        title: "Ask for a new password",
        text: "If there is an account with this login or address, a link is sent to its address.",
        problem: None,
        action: Some("/account/forgot"),
        button: "Send the link",
        token: None,
        fields: &[Field {
            name: "name",
            label: "Login or e-mail address",
            kind: "text",
            complete: "username",
        }],
    }
}

async fn show_forgot() -> Response {
    answer(StatusCode::OK, &forgot_page())
}

async fn forgot(
    State(shared): State<Shared>,
    peer: Option<Extension<PeerAddress>>,
    body: Bytes,
) -> Response {
    let form = Form::of_body(&body);
    // The same page whether or not there is such an account.
    match shared
        .directory()
        .request_password_reset(&form.name, Platform::USHER, context(peer, "account/forgot"))
        .await
    {
        Ok(()) => answer(
            StatusCode::OK,
            &told(
                "Look into your mail",
                "If there is an account with this login or address, a link is on its way.",
            ),
        ),
        Err(fault) => refused(&fault),
    }
}
