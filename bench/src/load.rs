//! A closed loop of keep-alive connections that counts good answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fill::Filled;
use crate::process::Server;

/// What one cell gave.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Good answers (or rows, pages …) per second of wall time.
    pub rate: f64,
    /// The same per second of the server's CPU time.
    pub per_cpu: f64,
    /// Latencies in milliseconds: median and 99th percentile.
    pub p50: f64,
    /// See `p50`.
    pub p99: f64,
}

/// A kind of load: how request `n` looks.
#[derive(Clone)]
pub struct Load {
    request: Arc<dyn Fn(u64) -> String + Send + Sync>,
    expected: &'static str,
}

fn get(path: &str, key: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n")
}

/// Spreads consecutive numbers over a range.
fn scatter(n: u64, range: u64) -> usize {
    usize::try_from(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % range.max(1)).unwrap_or(0)
}

impl Load {
    /// The bare server's page.
    pub fn hello() -> Load {
        Load {
            request: Arc::new(|_| get("/", "none")),
            expected: "200",
        }
    }

    /// The least that the server itself answers.
    pub fn health() -> Load {
        Load {
            request: Arc::new(|_| get("/healthz", "none")),
            expected: "200",
        }
    }

    /// One user by UUID, authenticated.
    pub fn reads(filled: &Filled) -> Load {
        let uuids = filled.uuids.clone();
        let keys = filled.keys.clone();
        let request = move |n: u64| {
            let key = &keys[scatter(n, keys.len() as u64)];
            let uuid = &uuids[scatter(n, uuids.len() as u64)];
            get(&format!("/api/v1/users/{uuid}"), key)
        };
        Load {
            request: Arc::new(request),
            expected: "200",
        }
    }

    /// One user as MISP shows it.
    pub fn misp(filled: &Filled) -> Load {
        let (keys, numbers) = (filled.keys.clone(), filled.numbers.clone());
        let request = move |n: u64| {
            let key = &keys[scatter(n, keys.len() as u64)];
            let number = numbers[scatter(n, numbers.len() as u64)];
            format!(
                "GET /misp/users/view/{number} HTTP/1.1\r\nHost: bench\r\nAuthorization: {key}\r\nAccept: application/json\r\n\r\n"
            )
        };
        Load {
            request: Arc::new(request),
            expected: "200",
        }
    }

    /// One user as Tenable shows it.
    pub fn tenable(filled: &Filled) -> Load {
        let (keys, numbers) = (filled.keys.clone(), filled.numbers.clone());
        let request = move |n: u64| {
            let key = &keys[scatter(n, keys.len() as u64)];
            let number = numbers[scatter(n, numbers.len() as u64)];
            format!(
                "GET /tenable/api/users/{number} HTTP/1.1\r\nHost: bench\r\nX-API-Key: {key}\r\n\r\n"
            )
        };
        Load {
            request: Arc::new(request),
            expected: "200",
        }
    }

    /// One user as pycti asks for it.
    pub fn opencti(filled: &Filled) -> Result<Load> {
        let recorded: Vec<serde_json::Value> = serde_json::from_str(include_str!(
            "../../crates/dialect-opencti/tests/fixtures/opencti.requests.json"
        ))?;
        let query = recorded
            .iter()
            .find(|one| one["call"] == "client.user.read(id=user_id)")
            .map(|one| one["body"]["query"].to_string())
            .context("no recorded user(id)")?;
        let (keys, uuids) = (filled.keys.clone(), filled.uuids.clone());
        let request = move |n: u64| {
            let key = &keys[scatter(n, keys.len() as u64)];
            let uuid = &uuids[scatter(n, uuids.len() as u64)];
            let body = format!(r#"{{"query":{query},"variables":{{"id":"{uuid}"}}}}"#);
            format!(
                "POST /opencti/graphql HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        Ok(Load {
            request: Arc::new(request),
            expected: "200",
        })
    }

    /// Sign-ins of the owner's.
    pub fn logins() -> Load {
        let body = format!(
            r#"{{"login":"{}","password":"{}"}}"#,
            crate::fill::OWNER,
            crate::fill::PASSWORD
        );
        let request = format!(
            "POST /api/v1/sign-in HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Load {
            request: Arc::new(move |_| request.clone()),
            expected: "200",
        }
    }

    /// A page of 100 by name, from anywhere in the directory.
    pub fn pages(server: &Server, filled: &Filled) -> Result<Load> {
        let keys = filled.keys.clone();
        // What stands before a cursor says of which list it is; an answer of that list shows it.
        let list = cursor_prefix(server, &keys[0])?;
        let cursors: Vec<_> = filled
            .cursors
            .iter()
            .map(|cursor| format!("{list}{cursor}"))
            .collect();
        let request = move |n: u64| {
            let key = &keys[scatter(n, keys.len() as u64)];
            let cursor = &cursors[scatter(n, cursors.len() as u64)];
            get(
                &format!("/api/v1/users?sort=name&limit=100&cursor={cursor}"),
                key,
            )
        };
        Ok(Load {
            request: Arc::new(request),
            expected: "200",
        })
    }

    /// The same by an administrator of one small organisation.
    pub fn small_pages(filled: &Filled) -> Load {
        let key = filled.small_key.clone();
        Load {
            request: Arc::new(move |_| get("/api/v1/users?sort=name&limit=100", &key)),
            expected: "200",
        }
    }

    /// Creates, each with a name of its own.
    pub fn creates(filled: &Filled) -> Load {
        static RUN: AtomicU64 = AtomicU64::new(0);
        let run = RUN.fetch_add(1, Ordering::SeqCst);
        let organisations = filled.organisations.clone();
        let keys = filled.keys.clone();
        let request = move |n: u64| {
            let key = &keys[scatter(n, keys.len() as u64)];
            let home = &organisations[scatter(n, organisations.len() as u64)];
            let body = format!(
                r#"{{"email":"new{run}x{n}@example.org","given_name":"New","family_name":"Person {n}","home":"{home}"}}"#
            );
            format!(
                "POST /api/v1/users HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        Load {
            request: Arc::new(request),
            expected: "201",
        }
    }
}

/// The direction and the fingerprint of the list of people by name, as they stand before each of its cursors.
fn cursor_prefix(server: &Server, key: &str) -> Result<String> {
    const MEMBER: &[u8] = b"\"next\":\"";
    const LENGTH: usize = 9;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut stream = TcpStream::connect(server.address).await?;
        let request = get("/api/v1/users?sort=name&limit=100", key);
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::new();
        answer(&mut stream, &mut buffer, "200").await?;
        let member = buffer
            .windows(MEMBER.len())
            .position(|window| window == MEMBER);
        let begin = member.context("the first page leads on to no other")? + MEMBER.len();
        let prefix = buffer
            .get(begin..begin + LENGTH)
            .context("a short cursor")?;
        Ok(String::from_utf8(prefix.to_vec())?)
    })
}

/// Sends so many requests, one after the other on one connection.
pub fn send(server: &Server, load: &Load, requests: u64) -> Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut stream = TcpStream::connect(server.address).await?;
        stream.set_nodelay(true)?;
        let mut buffer = Vec::with_capacity(256 * 1024);
        for _ in 0..requests {
            let request = (load.request)(NEXT.fetch_add(1, Ordering::Relaxed));
            stream.write_all(request.as_bytes()).await?;
            answer(&mut stream, &mut buffer, load.expected).await?;
        }
        Ok(())
    })
}

/// Runs a load from so many connections.
pub fn run(server: &Server, load: &Load, clients: u64, seconds: u64) -> Result<Measured> {
    let next = Arc::new(AtomicU64::new(0));
    // Warm caches, prepared statements and connections first; nothing of it counts.
    drive(server, load, clients, &next, Duration::from_millis(300))?;
    let (cpu, start) = (server.cpu(), Instant::now());
    let mut latencies = drive(server, load, clients, &next, Duration::from_secs(seconds))?;
    let (elapsed, used) = (start.elapsed().as_secs_f64(), server.cpu() - cpu);
    let count = latencies.len() as f64;
    latencies.sort_by(f64::total_cmp);
    let at = |share: f64| {
        latencies
            .get((count * share) as usize)
            .or(latencies.last())
            .copied()
            .unwrap_or(0.0)
    };
    Ok(Measured {
        rate: count / elapsed,
        per_cpu: count / used.max(0.01),
        p50: at(0.5),
        p99: at(0.99),
    })
}

/// Threads that the connections are spread over. A connection per thread would have the server pay for waking a sleeping
/// thread with every answer.
const THREADS: u64 = 2;

fn drive(
    server: &Server,
    load: &Load,
    clients: u64,
    next: &Arc<AtomicU64>,
    time: Duration,
) -> Result<Vec<f64>> {
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        let threads = clients.min(THREADS);
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let connections = clients / threads + u64::from(thread < clients % threads);
                scope.spawn(move || several(server, load, connections, next, end))
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(
                worker
                    .join()
                    .map_err(|_| anyhow::anyhow!("a client panicked"))??,
            );
        }
        Ok(all)
    })
}

/// Several connections on one thread.
fn several(
    server: &Server,
    load: &Load,
    connections: u64,
    next: &Arc<AtomicU64>,
    end: Instant,
) -> Result<Vec<f64>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..connections {
            all.spawn(one(server.address, load.clone(), Arc::clone(next), end));
        }
        let mut latencies = Vec::new();
        while let Some(ended) = all.join_next().await {
            latencies.append(&mut ended.context("a client panicked")??);
        }
        Ok(latencies)
    })
}

/// One connection, one request after the other.
async fn one(
    address: SocketAddr,
    load: Load,
    next: Arc<AtomicU64>,
    end: Instant,
) -> Result<Vec<f64>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(256 * 1024);
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let request = (load.request)(next.fetch_add(1, Ordering::Relaxed));
        let start = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream, &mut buffer, load.expected).await?;
        latencies.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(latencies)
}

/// Reads one answer; anything but the expected status ends the run, so refusals are never counted.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>, expected: &str) -> Result<()> {
    buffer.clear();
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, buffer).await?;
    };
    let text = std::str::from_utf8(&buffer[..head]).context("headers")?;
    let status = text.split(' ').nth(1).unwrap_or_default().to_owned();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    match length {
        Some(length) => {
            while buffer.len() < head + length {
                more(stream, buffer).await?;
            }
        }
        // Chunked: the last chunk is empty.
        None => {
            while !buffer.ends_with(b"\r\n0\r\n\r\n") {
                more(stream, buffer).await?;
            }
        }
    }
    let body = &buffer[head..];
    // GraphQL answers 200 and tells its faults in the body.
    let refused = body.starts_with(b"{\"errors\"") || body.starts_with(b"{\"data\":{\"user\":null");
    if status != expected || refused {
        bail!(
            "expected {expected}, got {status}: {}",
            String::from_utf8_lossy(&body[..body.len().min(400)])
        );
    }
    Ok(())
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        bail!("the server closed the connection");
    }
    Ok(())
}
