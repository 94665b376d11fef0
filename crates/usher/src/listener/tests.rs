//! Time limits of connections, with short times.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use directory::{Directory, PasswordPolicy, Seams, StoreLocation};
use kit::ServerOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use super::places::Room;
use super::*;

/// A server whose `/large` answers with more than any system keeps for a client.
async fn server(patience: Patience, room: Room) -> (SocketAddr, watch::Sender<bool>) {
    let directory = Directory::open(directory::Configuration {
        location: StoreLocation::Temporary,
        platforms: crate::platforms(),
        passwords: PasswordPolicy::Default,
        secret: [7; 32],
        connections: 1,
        seams: Seams::default(),
    })
    .await
    .unwrap();
    let state = AppState::new(directory, ServerOptions::default());
    let large = || async { vec![b'x'; 32 << 20] };
    let root = Router::new()
        .route("/large", get(large))
        .route("/small", get(async || "small"));
    let dispatcher = Dispatcher::new(&[], root, &state);
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = watch::channel(false);
    let house = House {
        state,
        places: Places::new(room, Vec::new()),
        patience,
        tls: None,
    };
    serve(
        listener,
        Entrance::Dispatcher(Arc::new(dispatcher)),
        house,
        stopping,
    );
    (address, stop)
}

const ROOM: Room = Room { all: 8, share: 8 };
const SHORT: Duration = Duration::from_millis(400);

async fn connected(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2_048).unwrap();
    socket.connect(address).await.unwrap()
}

#[tokio::test]
async fn an_answer_that_is_not_taken_ends_the_connection() {
    let patience = Patience {
        head: Duration::from_secs(30),
        write: SHORT,
        rate: 4_096,
    };
    let (address, _stop) = server(patience, ROOM).await;
    let mut stream = connected(address).await;
    let begun = Instant::now();
    stream
        .write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(SHORT / 2).await;
    // What is taken slowly goes on for longer than the limit.
    let mut taken = 0;
    let mut piece = vec![0; 256 << 10];
    while begun.elapsed() < SHORT * 4 {
        taken += stream.read(&mut piece).await.unwrap();
        tokio::time::sleep(SHORT / 8).await;
    }
    assert!(taken > 0);
    // What is not taken at all ends.
    tokio::time::sleep(SHORT * 3).await;
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest).await;
    let whole = ended.is_ok() && taken + rest.len() >= 32 << 20;
    assert!(!whole, "all came: {taken} and {}", rest.len());
}

/// A client that takes some of its answer again and again, but less than the rate, ends in little more than
/// the time that one has which takes nothing. One that takes it as fast as it comes gets all of it.
#[tokio::test]
async fn an_answer_that_is_taken_too_slowly_ends_the_connection() {
    let request = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
    for (slow, write) in [(true, SHORT), (false, Duration::from_secs(10))] {
        let patience = Patience {
            head: Duration::from_secs(30),
            write,
            rate: 8 << 20,
        };
        let (address, _stop) = server(patience, ROOM).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let begun = Instant::now();
        let mut taken = 0;
        let mut piece = vec![0; 256 << 10];
        // A quarter of the rate would take sixteen seconds.
        while taken < 32 << 20 && begun.elapsed() < Duration::from_secs(12) {
            let Ok(size @ 1..) = stream.read(&mut piece).await else {
                break;
            };
            taken += size;
            if slow {
                tokio::time::sleep(SHORT / 4).await;
            }
        }
        assert_eq!(taken >= 32 << 20, !slow, "{taken} in {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(12));
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_ends_the_connection() {
    let patience = Patience {
        head: SHORT,
        write: Duration::from_secs(30),
        rate: 4_096,
    };
    let (address, _stop) = server(patience, ROOM).await;
    for beginning in ["", "GET /small HTTP/1.1\r\nHost", "\r\n"] {
        let mut stream = connected(address).await;
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let begun = Instant::now();
        let mut text = String::new();
        let read = stream.read_to_string(&mut text);
        let read = tokio::time::timeout(SHORT * 5, read).await.unwrap();
        assert!(begun.elapsed() >= SHORT, "{beginning:?}");
        assert!(
            read.is_err() || text.is_empty() || text.starts_with("HTTP/1.1 408"),
            "{text}"
        );
    }
}

/// Requests behind one whose answer is not taken are not read without end.
#[tokio::test]
async fn pipelining_is_read_only_as_far_as_answers_are_taken() {
    let patience = Patience::default();
    let (address, _stop) = server(patience, ROOM).await;
    let mut stream = connected(address).await;
    let request = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000);
    let mut sent = 0;
    while sent < 256 << 20 {
        match tokio::time::timeout(SHORT, stream.write(&request)).await {
            Ok(size) => sent += size.unwrap(),
            Err(_) => break,
        }
    }
    // The system's own buffers, hyper's, and the stream's: no more is taken in.
    assert!(sent < 16 << 20, "{sent} bytes of requests were taken");
}

#[tokio::test]
async fn a_newcomer_takes_the_place_of_the_connection_that_is_idle_longest() {
    let patience = Patience::default();
    let (address, _stop) = server(patience, Room { all: 3, share: 3 }).await;
    let ask = async |stream: &mut TcpStream| {
        stream
            .write_all(b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n")
            .await?;
        let mut answer = [0; 512];
        stream.read(&mut answer).await
    };
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(connected(address).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(ask(&mut kept[0]).await.unwrap() > 0);
    let mut fourth = connected(address).await;
    assert!(ask(&mut fourth).await.unwrap() > 0);
    let mut end = [0; 1];
    let ended = tokio::time::timeout(SHORT, kept[1].read(&mut end))
        .await
        .unwrap();
    assert!(
        matches!(ended, Ok(0) | Err(_)),
        "the second was idle longest"
    );
    assert!(ask(&mut kept[0]).await.unwrap() > 0);
    assert!(ask(&mut kept[2]).await.unwrap() > 0);
}
