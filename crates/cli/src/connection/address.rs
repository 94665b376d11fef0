//! The address of a server as it was stated.

use crate::failure::{Failure, Result};
use crate::text::printable;

/// Where the server's own API is.
pub const MOUNT: &str = "/api/v1";

/// The root of a server, from an address as it was stated.
pub fn checked_url(url: &str) -> Result<String> {
    let shown = printable(url);
    let parsed = reqwest::Url::parse(url.trim()).map_err(|_| {
        Failure::usage(format!(
            "`{shown}` is no address: write https://HOST[:PORT]."
        ))
    })?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(Failure::usage(
            "The address holds a name or password. Leave them out: a token signs in.",
        ));
    }
    let web = matches!(parsed.scheme(), "http" | "https") && parsed.host().is_some();
    if !web || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(Failure::usage(format!(
            "`{shown}` is no server's address: write https://HOST[:PORT]."
        )));
    }
    let root = parsed.as_str().trim_end_matches('/');
    Ok(root.strip_suffix(MOUNT).unwrap_or(root).to_owned())
}
