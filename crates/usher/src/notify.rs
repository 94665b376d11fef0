//! Notices to the service manager: the protocol of sd_notify(3), where `NOTIFY_SOCKET` is set.

use std::os::unix::net::UnixDatagram;

/// Tells the service manager something; without one it does nothing.
pub fn notify(message: &str) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()) else {
        return;
    };
    if let Err(error) = send(&socket, message) {
        tracing::warn!(%error, "the service manager was not told");
    }
}

fn send(socket: &std::ffi::OsStr, message: &str) -> std::io::Result<()> {
    let datagram = UnixDatagram::unbound()?;
    #[cfg(target_os = "linux")]
    if let Some(name) = socket.as_encoded_bytes().strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt as _;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
        return datagram
            .send_to_addr(message.as_bytes(), &address)
            .map(drop);
    }
    datagram.send_to(message.as_bytes(), socket).map(drop)
}
