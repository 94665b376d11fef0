//! What an operator can do about a connection to PostgreSQL that was refused.

use rustls::{CertificateError, Error};
use tokio_postgres::error::SqlState;

/// What to do about a connection that failed for its encryption, in words for the operator.
pub(in crate::store) fn advice(error: &tokio_postgres::Error) -> Option<&'static str> {
    if let Some(reply) = error.as_db_error() {
        // This is how a server says which kind of connection it has no rule for.
        let clear = ["no encryption", "SSL off"];
        let demands = *reply.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            && clear.iter().any(|mark| reply.message().contains(mark));
        return demands.then_some(
            "the server has no rule for connections in the clear: say sslmode=require in the database address, \
             or better sslmode=verify-full with sslrootcert",
        );
    }
    let source = std::error::Error::source(error)?;
    let Some(handshake) = source.downcast_ref::<std::io::Error>() else {
        let refused = source.to_string() == "server does not support TLS";
        return refused.then_some(
            "switch it on at the server, or say sslmode=disable in the database address if the way there is safe",
        );
    };
    match handshake.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => Some("the authority in sslrootcert did not sign the server's certificate"),
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Some(
            "connect by a name that the server's certificate bears, or say sslmode=verify-ca to heed no names",
        ),
        Error::InvalidCertificate(_) => Some("give the server another certificate"),
        _ => None,
    }
}
