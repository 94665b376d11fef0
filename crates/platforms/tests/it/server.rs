//! A server written by hand: it answers, cuts off, or says nothing, as a test wants it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Reads the whole request and answers; the connection stays open if it may.
    Answer(Vec<u8>),
    /// Reads so many bytes of the request and closes.
    CutRequest(usize),
    /// Reads the whole request, sends so many bytes of the answer, and closes.
    CutAnswer(Vec<u8>, usize),
    /// Reads the whole request and never answers.
    Silence,
}

/// A running server.
pub struct Server {
    pub url: String,
    log: Arc<Log>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Log {
    /// What came on each connection that brought anything.
    heard: Mutex<Vec<Vec<u8>>>,
    complete: AtomicUsize,
}

impl Server {
    /// Does these acts in order, one a request; the last one again and again.
    pub async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let log = Arc::new(Log::default());
        let state = Arc::clone(&log);
        let next = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acts, state, next) = (acts.clone(), Arc::clone(&state), Arc::clone(&next));
                tokio::spawn(async move { serve(stream, &acts, &next, &state).await });
            }
        });
        Self { url, log, task }
    }

    /// How many requests came whole.
    pub fn complete(&self) -> usize {
        self.log.complete.load(Ordering::SeqCst)
    }

    /// What came, request by request, whole or not.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.log.heard.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, acts: &[Act], next: &AtomicUsize, log: &Log) {
    loop {
        // The act belongs to the request, so it is chosen when the request begins to come.
        let mut first = [0; 1];
        if !matches!(stream.read(&mut first).await, Ok(1)) {
            return;
        }
        let number = next.fetch_add(1, Ordering::SeqCst);
        let act = &acts[number.min(acts.len() - 1)];
        let mut heard = vec![first[0]];
        let most = match act {
            Act::CutRequest(bytes) => (*bytes).max(1),
            _ => usize::MAX,
        };
        let whole = read_request(&mut stream, &mut heard, most).await;
        log.heard.lock().unwrap().push(heard);
        if !whole {
            // Closing with bytes unread sends a reset, as a crash would.
            return;
        }
        log.complete.fetch_add(1, Ordering::SeqCst);
        match act {
            Act::CutRequest(_) => return,
            Act::Answer(answer) => {
                if stream.write_all(answer).await.is_err() {
                    return;
                }
            }
            Act::CutAnswer(answer, bytes) => {
                let _ = stream.write_all(&answer[..*bytes]).await;
                let _ = stream.shutdown().await;
                return;
            }
            Act::Silence => std::future::pending().await,
        }
    }
}

/// Reads a request, at most so many bytes of it; says whether it came whole.
async fn read_request(stream: &mut TcpStream, heard: &mut Vec<u8>, most: usize) -> bool {
    let mut byte = [0; 1];
    loop {
        if let Some(end) = find(heard, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&heard[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |text| text.trim().parse::<usize>().unwrap());
            if heard.len() >= end + 4 + length {
                return true;
            }
        }
        if heard.len() >= most || !matches!(stream.read(&mut byte).await, Ok(1)) {
            return false;
        }
        heard.push(byte[0]);
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// An answer with a JSON body.
pub fn json(status: &str, body: &str) -> Vec<u8> {
    answer(
        status,
        &[("content-type", "application/json")],
        body.as_bytes(),
    )
}

pub fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
