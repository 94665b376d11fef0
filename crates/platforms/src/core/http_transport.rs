//! The transport over the network.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use crate::core::client::Base;
use crate::core::error::{Error, Result};
use crate::core::network::{AddressCheck, Network, Proxy};
use crate::core::tls;
use crate::core::transport::{BoxFuture, Broken, Sent, Transport};

/// The most that is read of an answer, decompressed.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// Sends over the network: no cookies, no redirects, no repeating, verified TLS.
#[derive(Clone, Debug)]
pub(crate) struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    pub(crate) fn new(base: &Base, network: &Network) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::configuration(network)?)
            .redirect(Policy::none())
            // Whether to send again is decided above, where it is known what the request does.
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(network.connect_timeout)
            .user_agent(&network.user_agent);
        builder = match &network.proxy {
            Proxy::None => builder.no_proxy(),
            Proxy::Environment => builder,
            Proxy::Address(address) => {
                let proxy = reqwest::Proxy::all(address.expose())
                    .map_err(|_| Error::config("the proxy's address is no address"))?;
                builder.proxy(proxy)
            }
        };
        if let Some(check) = &network.address_check {
            // A literal address is connected to without a resolver, so it is looked at here.
            if let Some(address) = base.literal_address()
                && matches!(network.proxy, Proxy::None)
                && !check(address)
            {
                return Err(Error::config(
                    "connections to the platform's address are not allowed",
                ));
            }
            builder = builder.dns_resolver(Checked(check.clone()));
        }
        let client = builder.build().map_err(|error| {
            Error::config(format!(
                "the connection cannot be set up: {}",
                chain(&error)
            ))
        })?;
        Ok(Self { client })
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Broken> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| Broken::new(Sent::No, chain(&error)))?;
        let mut response = self
            .client
            .execute(request)
            .await
            .map_err(|error| broken(&error))?;
        if response
            .content_length()
            .is_some_and(|length| length > LARGEST_BODY as u64)
        {
            return Err(too_large());
        }
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        std::mem::swap(answer.headers_mut(), response.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        *answer.body_mut() = body.freeze();
        Ok(answer)
    }
}

impl Transport for HttpTransport {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'a, Result<Response<Bytes>, Broken>> {
        Box::pin(async move {
            match tokio::time::timeout(timeout, self.exchange(request)).await {
                Ok(result) => result,
                Err(_) => Err(Broken::new(
                    Sent::Maybe,
                    format!(
                        "no complete answer within {} s",
                        timeout.as_secs_f32().ceil()
                    ),
                )),
            }
        })
    }
}

/// What failed before the connection stood has sent nothing.
fn broken(error: &reqwest::Error) -> Broken {
    let sent = if error.is_connect() || error.is_builder() {
        Sent::No
    } else {
        Sent::Maybe
    };
    Broken::new(sent, chain(error))
}

fn too_large() -> Broken {
    Broken::new(
        Sent::Maybe,
        format!(
            "the answer is larger than {} MiB",
            LARGEST_BODY / 1024 / 1024
        ),
    )
}

/// The causes of an error without its address, which may hold names of people.
fn chain(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        cause = error.source();
    }
    if parts.is_empty() {
        let what = if error.is_timeout() {
            "it took too long"
        } else if error.is_builder() {
            "the request cannot be written"
        } else {
            "the exchange failed"
        };
        parts.push(what.to_owned());
    }
    parts.join(": ")
}

/// A resolver that leaves out what may not be connected to.
struct Checked(AddressCheck);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let check = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| check(address.ip())).collect();
            if allowed.is_empty() {
                return Err("connections to none of the host's addresses are allowed".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
