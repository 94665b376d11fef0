//! The small pages behind mailed links: set a password, activate an account, confirm an address, ask
//! for a new password. They work without JavaScript, tell nobody which accounts exist, and keep tokens
//! out of logs and referrers: a token is in the address once, and in the body of what is sent.

mod html;

use axum::Router;
use axum::extract::{Extension, FromRequest, RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use directory::{Branding, Fault, PasswordFigures, Platform, RequestContext, Weakness};
use kit::{AppState, parse_pairs, read_body};

use html::{Field, Page};

/// The pages, to be mounted at the server's root.
pub fn router(state: &AppState) -> Router {
    Router::new()
        .route("/account/reset", get(show_reset).post(reset))
        .route("/account/activate", get(show_activate).post(activate))
        .route("/account/confirm", get(show_confirm).post(confirm))
        .route("/account/forgot", get(show_forgot).post(forgot))
        .route("/account/style.css", get(style))
        .with_state(state.clone())
}

/// The largest form, in bytes: far more than two passwords and a token.
const LARGEST: usize = 64 << 10;

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
}

impl FromRequest<AppState> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        match read_body(request.into_body(), LARGEST).await {
            Ok(body) => Ok(std::str::from_utf8(&body).map(Form::of).unwrap_or_default()),
            Err(trouble) => {
                let house = House::of(state).await;
                let page = house.told(
                    "This cannot be read",
                    "Nothing was changed. Please try again.",
                );
                Err(answer(trouble.status(), page))
            }
        }
    }
}

fn answer(status: StatusCode, page: String) -> Response {
    let mut response = (status, page).into_response();
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

/// What pages say of the installation.
struct House {
    name: String,
    /// The least number of characters of a password.
    least: u32,
}

impl House {
    /// What administrators have set. A store that cannot tell fails again when a form is sent, and says
    /// so then.
    async fn of(state: &AppState) -> Self {
        let face: Branding = state.directory().setting().await.unwrap_or_default();
        let figures: PasswordFigures = state.directory().setting().await.unwrap_or_default();
        Self {
            name: face.name().to_owned(),
            least: figures.minimum,
        }
    }

    /// A page that asks for a new password.
    fn password(&self, door: &ProvisioningDefaults, token: &str, problem: Option<&str>) -> String {
        let text = format!(
            "Choose a password of at least {} characters. A few words that belong together only for you are best.",
            self.least
        );
        Page {
            house: &self.name,
            title: door.title,
            text: &text,
            problem,
            action: Some(door.action),
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
            ..Page::default()
        }
        .render()
    }

    /// A page that only tells something.
    fn told(&self, title: &str, text: &str) -> String {
        self.told_with(title, text, None)
    }

    fn told_with(&self, title: &str, text: &str, onward: Option<(&str, &str)>) -> String {
        Page {
            house: &self.name,
            title,
            text,
            onward,
            ..Page::default()
        }
        .render()
    }

    /// One answer for used, expired and made-up tokens.
    fn refused(&self, fault: &Fault) -> Response {
        match fault {
            Fault::TooMany { retry_after } => {
                let text = "Too much was asked from where you are. Nothing was changed; come back in a while.";
                let mut response = answer(
                    StatusCode::TOO_MANY_REQUESTS,
                    self.told("Please try again later", text),
                );
                let seconds = retry_after.saturating_add(999).div_euclid(1_000).max(1);
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                response
            }
            Fault::Unavailable(_) => {
                let text =
                    "The server is busy at the moment. Nothing was changed; the link still works.";
                answer(
                    StatusCode::SERVICE_UNAVAILABLE,
                    self.told("Please try again", text),
                )
            }
            Fault::Internal(why) => {
                tracing::error!(why, "a page failed");
                let text = "Nothing was changed. Tell an administrator.";
                answer(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    self.told("Something went wrong", text),
                )
            }
            // Whoever presses a button twice sees the second answer alone.
            _ => answer(
                StatusCode::BAD_REQUEST,
                self.told_with(
                    "This link no longer works",
                    "It was used before, perhaps by you a moment ago, or its time is over.",
                    Some(("/account/forgot", "Ask for a new password")),
                ),
            ),
        }
    }
}

/// A page that sets a password, and where its form goes.
struct ProvisioningDefaults {
    title: &'static str,
    action: &'static str,
}

const RESET: ProvisioningDefaults = ProvisioningDefaults {
    title: "Set a new password",
    action: "/account/reset",
};
const ACTIVATE: ProvisioningDefaults = ProvisioningDefaults {
    title: "Activate your account",
    action: "/account/activate",
};

async fn show_reset(State(state): State<AppState>, RawQuery(query): RawQuery) -> Response {
    show_password(&state, &RESET, query).await
}

async fn show_activate(State(state): State<AppState>, RawQuery(query): RawQuery) -> Response {
    show_password(&state, &ACTIVATE, query).await
}

async fn show_password(
    state: &AppState,
    door: &ProvisioningDefaults,
    query: Option<String>,
) -> Response {
    let form = Form::of(&query.unwrap_or_default());
    let house = House::of(state).await;
    answer(StatusCode::OK, house.password(door, &form.token, None))
}

async fn reset(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    form: Form,
) -> Response {
    set_password(&state, &RESET, &form, context).await
}

async fn activate(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    form: Form,
) -> Response {
    set_password(&state, &ACTIVATE, &form, context).await
}

async fn set_password(
    state: &AppState,
    door: &ProvisioningDefaults,
    form: &Form,
    context: RequestContext,
) -> Response {
    let house = House::of(state).await;
    let again = |problem: &str| {
        let page = house.password(door, &form.token, Some(problem));
        answer(StatusCode::BAD_REQUEST, page)
    };
    if form.password != form.again {
        return again("The two passwords differ. Type the same one twice.");
    }
    let done = state
        .directory()
        .redeem_reset(&form.token, &form.password, Platform::USHER, context)
        .await;
    match done {
        Ok(_) => {
            let text = "You can sign in with it now. This page can be closed.";
            answer(StatusCode::OK, house.told("Your password is set", text))
        }
        Err(Fault::WeakPassword(why)) => again(&weakness(why)),
        Err(fault) => house.refused(&fault),
    }
}

/// Why a password is refused, for people.
pub fn weakness(why: Weakness) -> String {
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

async fn show_confirm(State(state): State<AppState>, RawQuery(query): RawQuery) -> Response {
    let form = Form::of(&query.unwrap_or_default());
    let house = House::of(&state).await;
    // A button, because programs that look through mail follow links: only a person presses it.
    let page = Page {
        house: &house.name,
        title: "Confirm your address",
        text: "Press the button to make this address the one of your account.",
        action: Some("/account/confirm"),
        button: "Confirm",
        token: Some(&form.token),
        ..Page::default()
    };
    answer(StatusCode::OK, page.render())
}

async fn confirm(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    form: Form,
) -> Response {
    let house = House::of(&state).await;
    let done = state
        .directory()
        .confirm_email(&form.token, Platform::USHER, context)
        .await;
    match done {
        Ok(_) => {
            let text = "This page can be closed.";
            answer(
                StatusCode::OK,
                house.told("Your address is confirmed", text),
            )
        }
        Err(Fault::Taken { .. }) => {
            let text = "Another account has it by now. Ask an administrator.";
            answer(
                StatusCode::CONFLICT,
                house.told("This address is in use", text),
            )
        }
        Err(fault) => house.refused(&fault),
    }
}

async fn show_forgot(State(state): State<AppState>) -> Response {
    let house = House::of(&state).await;
    let page = Page {
        house: &house.name,
        title: "Ask for a new password",
        text: "If there is an account with this login or address, a link is sent to its address.",
        action: Some("/account/forgot"),
        button: "Send the link",
        fields: &[Field {
            name: "name",
            label: "Login or e-mail address",
            kind: "text",
            complete: "username",
        }],
        ..Page::default()
    };
    answer(StatusCode::OK, page.render())
}

async fn forgot(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    form: Form,
) -> Response {
    let house = House::of(&state).await;
    // The same page whether or not there is such an account.
    let done = state
        .directory()
        .request_password_reset(&form.name, Platform::USHER, context)
        .await;
    match done {
        Ok(()) => {
            let text = "If there is an account with this login or address, a link is on its way.";
            answer(StatusCode::OK, house.told("Look into your mail", text))
        }
        Err(fault) => house.refused(&fault),
    }
}
