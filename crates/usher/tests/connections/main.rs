//! Thousands of connections that are of no use, from one address: a client from another is answered, and
//! the server stays small. There are as many as this machine lets a process open, 4,096 at most.
//! They are a program of their own, so that no other test takes the cores they measure.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../it/http.rs"]
#[expect(dead_code, reason = "the program `it` uses the rest")]
mod http;
#[path = "../it/server.rs"]
#[expect(dead_code, reason = "the program `it` uses the rest")]
mod server;

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

use crate::server::{Folder, Server};

/// How connections are hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// Nothing is sent.
    Idle,
    /// A head comes in single bytes and does not end.
    DrippingHead,
    /// A body does so.
    DrippingBody,
    /// An answer larger than all buffers is never read.
    NeverReading,
    /// Sixty requests for a large answer at once, of which none is read.
    Pipelining,
}

const DOCUMENT: &str = "GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";

/// One hostile connection, and another in its place when the server has ended it.
async fn attack(sort: Sort, from: String, server: SocketAddr, open: Arc<AtomicUsize>) {
    loop {
        let Ok(mut stream) = connect(&from, server, 2_048).await else {
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        open.fetch_add(1, Ordering::Relaxed);
        let beginning = match sort {
            Sort::Idle => String::new(),
            Sort::DrippingHead => "GET /healthz HTTP/1.1\r\nHost: x\r\nA: ".to_owned(),
            Sort::DrippingBody => "POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n".to_owned(),
            Sort::NeverReading => DOCUMENT.to_owned(),
            Sort::Pipelining => DOCUMENT.repeat(60),
        };
        let mut alive = stream.write_all(beginning.as_bytes()).await.is_ok();
        let drips = matches!(sort, Sort::DrippingHead | Sort::DrippingBody);
        while alive {
            tokio::time::sleep(Duration::from_secs(2)).await;
            alive = if drips {
                stream.write_all(b"a").await.is_ok()
            } else {
                let gone = stream.ready(tokio::io::Interest::ERROR | tokio::io::Interest::READABLE);
                match tokio::time::timeout(Duration::from_millis(1), gone).await {
                    Ok(Ok(ready)) => !ready.is_error() && !ready.is_read_closed(),
                    _ => true,
                }
            };
        }
        open.fetch_sub(1, Ordering::Relaxed);
        // An attacker that comes back at once only takes places from itself.
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

async fn connect(from: &str, to: SocketAddr, buffer: u32) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(buffer)?;
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0))?;
    socket.connect(to).await
}

/// A newcomer's request, and how long it took from connecting to the whole answer.
async fn ask(server: SocketAddr) -> (String, Duration) {
    ask_for("/readyz", "", server).await
}

async fn ask_for(path: &str, headers: &str, server: SocketAddr) -> (String, Duration) {
    let begun = Instant::now();
    let mut text = String::new();
    let asked = async {
        let mut stream = connect("127.0.0.2", server, 64 << 10).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_string(&mut text).await
    };
    let outcome = tokio::time::timeout(Duration::from_secs(10), asked).await;
    if !matches!(outcome, Ok(Ok(_))) {
        text = format!("{outcome:?}: {text}");
    }
    (text, begun.elapsed())
}

/// How much of the server is in memory, in MB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap() / 1_024
}

/// How much the system holds for TCP, in MB: what has been written to sockets and not been read from them.
fn held_by_system() -> u64 {
    let text = std::fs::read_to_string("/proc/net/sockstat").unwrap();
    let line = text.lines().find(|line| line.starts_with("TCP:")).unwrap();
    let pages = line
        .split_once(" mem ")
        .and_then(|(_, pages)| pages.trim().parse::<u64>().ok());
    pages.unwrap() * rustix::param::page_size() as u64 / (1 << 20)
}

/// How many connections the limits allow this process and the server, 4,096 at most.
fn connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let files = usize::try_from(files.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    files.saturating_sub(512).min(4_096)
}

/// These tests measure how long answers take, so that none runs while another attacks.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn one_address_with_thousands_of_connections_keeps_no_one_out() {
    let _alone = ALONE.lock();
    let count = connections();
    assert!(
        count >= 256,
        "the limit of open files is too low to try: {count}"
    );
    for sort in [
        Sort::Idle,
        Sort::DrippingHead,
        Sort::DrippingBody,
        Sort::NeverReading,
        Sort::Pipelining,
    ] {
        let folder = Folder::new();
        // What strangers may ask for in a minute is another test's matter.
        let server = Server::start_with(&folder, &["--limits-per-address", "0"], &[]);
        let address: SocketAddr = server.address.parse().unwrap();
        let runtime = Runtime::new().unwrap();
        let open = Arc::new(AtomicUsize::new(0));
        let held_before = held_by_system();
        for _ in 0..count {
            let from = "127.0.0.1".to_owned();
            runtime.spawn(attack(sort, from, address, Arc::clone(&open)));
        }
        runtime.block_on(async {
            // They come in while others ask; then they stay for a while.
            let begun = Instant::now();
            let (mut arriving, mut staying) = (Duration::ZERO, Duration::ZERO);
            let (mut largest, mut held, mut most) = (0, 0, 0);
            // They have come when no more of them come, and what they asked for at the door has been answered.
            let (mut come, mut at_rest) = (None, 0);
            while come.is_none_or(|come: Instant| come.elapsed() < Duration::from_secs(3)) {
                assert!(begun.elapsed() < Duration::from_secs(30), "{sort:?}: they come and come");
                let before = open.load(Ordering::Relaxed);
                let (text, took) = ask(address).await;
                assert!(text.starts_with("HTTP/1.1 200"), "{sort:?}: {text}");
                let phase = match come {
                    None => &mut arriving,
                    Some(_) => &mut staying,
                };
                *phase = took.max(*phase);
                let quiet = open.load(Ordering::Relaxed) <= before && took < Duration::from_millis(500);
                at_rest = if quiet { at_rest + 1 } else { 0 };
                if come.is_none() && at_rest >= 10 && begun.elapsed() > Duration::from_secs(2) {
                    come = Some(Instant::now());
                }
                largest = largest.max(resident(server.id()));
                held = held.max(held_by_system().saturating_sub(held_before));
                most = most.max(open.load(Ordering::Relaxed));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            println!(
                "{sort:?}: {most} of {count} connections, slowest answer {arriving:?} while they came and \
                 {staying:?} while they stayed, {largest} MB and {held} MB of the system's"
            );
            // All of them at once on the few cores of a test machine, with a program that is not optimised,
            // are work that takes its time. What they hold is what is bounded.
            assert!(arriving < Duration::from_secs(4), "{sort:?}: {arriving:?}");
            assert!(staying < Duration::from_secs(1), "{sort:?}: {staying:?}");
            assert!(largest < 200, "{sort:?}: {largest} MB");
            assert!(held < 200, "{sort:?}: {held} MB of the system's");
        });
        runtime.shutdown_background();
        let (code, _, log) = server.stop("TERM");
        assert_eq!(code, Some(0), "{sort:?}: {log}");
        assert!(log.lines().count() < 20, "{sort:?}: {log}");
    }
}

/// The number a variable states, or the usual one.
fn size(variable: &str, usual: usize) -> usize {
    let stated = std::env::var(variable).ok();
    stated.map_or(usual, |text| text.parse().unwrap())
}

/// Idle and slow connections from many addresses beside clients that work. `USHER_IDLE_CONNECTIONS=10000` and
/// `USHER_SLOW_CONNECTIONS=2000` are the nightly sizes.
#[test]
fn idle_and_slow_connections_from_everywhere_hold_up_no_client() {
    let _alone = ALONE.lock();
    let idle = size("USHER_IDLE_CONNECTIONS", 1_500).min(connections() * 3);
    let slow = size("USHER_SLOW_CONNECTIONS", 300);
    let seconds = size("USHER_CONNECTION_SECONDS", 5) as u64;
    let folder = Folder::new();
    let server = Server::start_with(&folder, &["--limits-per-address", "0"], &[]);
    let address: SocketAddr = server.address.parse().unwrap();
    let authorization = format!("Authorization: Bearer {}\r\n", server.token());
    let runtime = Runtime::new().unwrap();
    let open = Arc::new(AtomicUsize::new(0));
    let slow_sorts = [Sort::DrippingHead, Sort::DrippingBody, Sort::NeverReading];
    let sorts = (0..idle)
        .map(|_| Sort::Idle)
        .chain((0..slow).map(|number| slow_sorts[number % 3]));
    for (number, sort) in sorts.enumerate() {
        let from = format!("127.0.{}.{}", 1 + number % 8, 1 + number % 125);
        runtime.spawn(attack(sort, from, address, Arc::clone(&open)));
    }
    let (took, most, largest) = runtime.block_on(async {
        let begun = Instant::now();
        let (mut took, mut most, mut largest) = (Vec::new(), 0, 0);
        while begun.elapsed() < Duration::from_secs(seconds) {
            let asked = (0..4).map(|_| ask_for("/api/v1/me", &authorization, address));
            for (text, one) in futures_util::future::join_all(asked).await {
                assert!(text.starts_with("HTTP/1.1 200"), "{text}");
                took.push(one);
            }
            most = most.max(open.load(Ordering::Relaxed));
            largest = largest.max(resident(server.id()));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        took.sort_unstable();
        (took, most, largest)
    });
    runtime.shutdown_background();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    println!(
        "{idle} idle and {slow} slow connections, {most} open at once; {} requests of clients: half within {:?}, 99 % within {:?}, \
         the slowest {:?}; {largest} MB",
        took.len(),
        at(50),
        at(99),
        at(100)
    );
    assert!(at(50) < Duration::from_secs(1), "{:?}", at(50));
    // Thousands of connections arrive while the first requests are made.
    assert!(at(99) < Duration::from_secs(4), "{:?}", at(99));
    assert!(largest < 250, "{largest} MB");
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
}

/// A process that may open few files raises its limit, or gives fewer places; it never runs out of them.
#[test]
fn few_files_are_few_places() {
    let _alone = ALONE.lock();
    let folder = Folder::new();
    let server = start_limited(&folder, 256);
    let address: SocketAddr = server.address.parse().unwrap();
    let runtime = Runtime::new().unwrap();
    let open = Arc::new(AtomicUsize::new(0));
    for _ in 0..400 {
        let from = "127.0.0.1".to_owned();
        runtime.spawn(attack(Sort::Idle, from, address, Arc::clone(&open)));
    }
    runtime.block_on(async {
        for _ in 0..20 {
            let (text, took) = ask(address).await;
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            assert!(took < Duration::from_secs(1), "{took:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    runtime.shutdown_background();
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("connections=128"), "{log}");
    assert!(!log.contains("cannot accept"), "{log}");
}

/// Starts a server in a process that may open only so many files.
fn start_limited(folder: &Folder, files: u32) -> Server {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
    command
        .args(["-c", &script])
        .arg(server::binary())
        .args(["serve", "--data", "data", "--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .stdin(Stdio::null());
    Server::begin(folder, command)
}
