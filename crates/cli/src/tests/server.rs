//! A server that answers as a test says, over real sockets.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Below the mount, with its parameters.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    pause: Duration,
}

impl Reply {
    pub fn json(body: impl Into<serde_json::Value>) -> Self {
        Self::new(200, body.into().to_string()).header("content-type", "application/json")
    }

    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            pause: Duration::ZERO,
        }
    }

    /// A refusal, as the server words it.
    pub fn problem(status: u16, code: &str) -> Self {
        let body = serde_json::json!({
            "type": format!("urn:usher:problem:{code}"),
            "code": code,
            "title": "A title",
            "status": status,
            "detail": format!("The detail of {code}."),
            "request_id": "0190-request",
        });
        Self::new(status, body.to_string()).header("content-type", "application/problem+json")
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn after(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }
}

/// The server.
pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers each request by a function.
    pub fn by(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (kept.clone(), answer.clone());
                std::thread::spawn(move || {
                    let Some(request) = read(stream.as_ref().unwrap()) else {
                        return;
                    };
                    kept.lock().unwrap().push(request.clone());
                    write(&stream.unwrap(), answer(&request));
                });
            }
        });
        Self { url, seen }
    }

    /// Answers requests with these replies in order, without a look at the request; afterwards it answers none.
    pub fn answering(replies: Vec<Reply>) -> Self {
        let replies = Mutex::new(replies.into_iter());
        Self::by(move |_| {
            let next = replies.lock().unwrap().next();
            next.unwrap_or_else(|| Reply::new(599, "no more answers"))
        })
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Method and path of every request.
    pub fn asked(&self) -> Vec<String> {
        let seen = self.seen();
        seen.iter()
            .map(|seen| format!("{} {}", seen.method, seen.path))
            .collect()
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    if reader.read_line(&mut first).unwrap_or(0) == 0 {
        return None;
    }
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().ok()?, 0);
        reader.read_exact(&mut body).ok()?;
    } else if headers.contains_key("transfer-encoding") {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }
    Some(Seen {
        method,
        path: path.strip_prefix("/api/v1").unwrap_or(&path).to_owned(),
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

fn write(mut stream: &TcpStream, reply: Reply) {
    std::thread::sleep(reply.pause);
    let mut text = format!(
        "HTTP/1.1 {} Scripted\r\nconnection: close\r\n",
        reply.status
    );
    for (name, value) in &reply.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.status != 204 {
        text.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    text.push_str("\r\n");
    text.push_str(&reply.body);
    let _ = stream.write_all(text.as_bytes());
}
