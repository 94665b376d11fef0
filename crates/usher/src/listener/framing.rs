//! Where one request ends and the next begins (RFC 9112), read strictly and in one pass.
//!
//! hyper's parser accepts what two readers could read in two ways: lines that end in a bare LF, a
//! request without `Host` or with two of them, two equal `Content-Length`s. So each head is checked
//! here before hyper sees it, and bodies are followed so that the beginning of the next head is known.

use axum::http::{StatusCode, Uri};

/// The most bytes of a request's head.
pub const HEAD_SIZE: usize = 64 << 10;

/// The most header fields of a request.
const FIELDS: usize = 100;

/// The longest request target.
const TARGET: usize = 32 << 10;

/// The most bytes of one chunk's size line, and of all trailer fields.
const CHUNK_LINE: usize = 1 << 10;
const TRAILERS: usize = 8 << 10;

/// Why a request is not read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is answered.
    pub status: StatusCode,
    /// Why, for the one who wrote the client.
    pub why: &'static str,
}

const fn malformed(why: &'static str) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        why,
    }
}

const fn too_large(why: &'static str) -> Refusal {
    Refusal {
        status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        why,
    }
}

/// What the bytes at hand are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A whole head of so many bytes.
    Head(usize),
    /// So many bytes of a body.
    Body(usize),
    /// Not enough to tell.
    More,
}

/// How far a connection's requests have been followed.
#[derive(Debug)]
pub struct Framing(Part);

#[derive(Debug)]
enum Part {
    Head(Head),
    /// A body of which so many bytes are to come.
    Length(u64),
    Chunked(Chunked),
}

impl Default for Framing {
    fn default() -> Self {
        Self(Part::Head(Head::default()))
    }
}

impl Framing {
    /// Tells what `bytes` begin with. They are those that follow what was told of before; while more are
    /// needed they must begin at the place they began at before.
    pub fn step(&mut self, bytes: &[u8]) -> Result<Step, Refusal> {
        match &mut self.0 {
            Part::Head(head) => {
                let Some((size, body)) = head.read(bytes)? else {
                    return Ok(Step::More);
                };
                self.0 = body;
                Ok(Step::Head(size))
            }
            Part::Length(left) => {
                let here = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                if here == 0 {
                    return Ok(Step::More);
                }
                *left -= here as u64;
                if *left == 0 {
                    self.0 = Part::Head(Head::default());
                }
                Ok(Step::Body(here))
            }
            Part::Chunked(chunked) => {
                let (here, ended) = chunked.follow(bytes)?;
                if ended {
                    self.0 = Part::Head(Head::default());
                }
                Ok(if here == 0 {
                    Step::More
                } else {
                    Step::Body(here)
                })
            }
        }
    }

    /// Whether a body is being read.
    pub fn in_body(&self) -> bool {
        !matches!(self.0, Part::Head(_))
    }
}

/// A head as far as it has been read.
#[derive(Debug, Default)]
struct Head {
    /// Where the current line begins.
    line: usize,
    /// Up to where that line has been searched for its end.
    searched: usize,
    /// Whether the request line has been read.
    begun: bool,
    /// Whether an empty line stood before it (RFC 9112, 2.2).
    empty_line: bool,
    /// Whether it is HTTP/1.1.
    one: bool,
    fields: usize,
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
}

impl Head {
    /// The head's size and what follows it, once it is whole.
    fn read(&mut self, bytes: &[u8]) -> Result<Option<(usize, Part)>, Refusal> {
        loop {
            let rest = bytes.get(self.searched..).unwrap_or_default();
            let Some(at) = rest.iter().position(|byte| *byte == b'\n') else {
                self.searched = bytes.len();
                if bytes.len() > HEAD_SIZE {
                    return Err(too_large("The head of the request is too large."));
                }
                return Ok(None);
            };
            let end = self.searched + at;
            if end >= HEAD_SIZE {
                return Err(too_large("The head of the request is too large."));
            }
            let line = bytes.get(self.line..end).unwrap_or_default();
            let Some(line) = line.strip_suffix(b"\r") else {
                return Err(malformed("A line of the head does not end in CR LF."));
            };
            self.line = end + 1;
            self.searched = self.line;
            if !self.begun {
                if line.is_empty() && !self.empty_line {
                    self.empty_line = true;
                } else {
                    self.request_line(line)?;
                }
            } else if line.is_empty() {
                return Ok(Some((self.line, self.body()?)));
            } else {
                self.field(line)?;
            }
        }
    }

    fn request_line(&mut self, line: &[u8]) -> Result<(), Refusal> {
        const WRONG: Refusal = malformed("The request line is not one of HTTP/1.1.");
        self.begun = true;
        let mut parts = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(WRONG);
        };
        if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
            return Err(WRONG);
        }
        self.one = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ if version.starts_with(b"HTTP/") => {
                return Err(Refusal {
                    status: StatusCode::HTTP_VERSION_NOT_SUPPORTED,
                    why: "HTTP/1.1 is spoken here.",
                });
            }
            _ => return Err(WRONG),
        };
        if target.len() > TARGET {
            return Err(Refusal {
                status: StatusCode::URI_TOO_LONG,
                why: "The address of the request is too long.",
            });
        }
        if method == b"CONNECT" {
            return Err(Refusal {
                status: StatusCode::NOT_IMPLEMENTED,
                why: "This server is not a proxy.",
            });
        }
        let absolute = target.starts_with(b"http://") || target.starts_with(b"https://");
        let whole = target == b"*" && method == b"OPTIONS";
        let graphic = target.iter().all(u8::is_ascii_graphic);
        if !graphic
            || !(target.starts_with(b"/") || absolute || whole)
            || Uri::try_from(target).is_err()
        {
            return Err(malformed("The address of the request is not a valid one."));
        }
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Refusal> {
        self.fields += 1;
        if self.fields > FIELDS {
            return Err(too_large("The request has too many header fields."));
        }
        let colon = line
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or_default();
        // A line that begins with a blank (obs-fold) has no name either.
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii();
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return Err(malformed("A header field has no valid name."));
        }
        if !value.iter().all(|byte| is_text(*byte)) {
            return Err(malformed("A header field holds a control character."));
        }
        if name.eq_ignore_ascii_case(b"host") {
            self.hosts += 1;
            if self.hosts > 1 {
                return Err(malformed("The request names its host more than once."));
            }
            if !value.iter().all(|byte| is_host(*byte)) {
                return Err(malformed("The request's Host is not a valid one."));
            }
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if self.length.is_some() {
                return Err(malformed("The request tells its length more than once."));
            }
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(value).ok().filter(|_| digits);
            let Some(length) = text.and_then(|text| text.parse().ok()) else {
                return Err(malformed("The request's Content-Length is not a number."));
            };
            self.length = Some(length);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked {
                return Err(malformed("The request has two transfer codings."));
            }
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Refusal {
                    status: StatusCode::NOT_IMPLEMENTED,
                    why: "The one transfer coding understood here is chunked.",
                });
            }
            self.chunked = true;
        }
        Ok(())
    }

    /// What follows the head.
    fn body(&self) -> Result<Part, Refusal> {
        if self.one && self.hosts == 0 {
            return Err(malformed("The request names no Host."));
        }
        if self.chunked {
            if self.length.is_some() {
                return Err(malformed(
                    "The request has both a length and a transfer coding.",
                ));
            }
            if !self.one {
                return Err(malformed("HTTP/1.0 knows no transfer codings."));
            }
            return Ok(Part::Chunked(Chunked::default()));
        }
        Ok(match self.length {
            None | Some(0) => Part::Head(Head::default()),
            Some(length) => Part::Length(length),
        })
    }
}

/// Where in a chunked body the next byte stands (RFC 9112, 7.1).
#[derive(Debug, Default)]
enum Place {
    /// In the size, of which so many digits have been read.
    #[default]
    Size,
    Extension,
    SizeEnd,
    Data(u64),
    DataCr,
    DataEnd,
    /// At the beginning of a trailer line, in one, or before the LF of one.
    TrailerStart,
    Trailer,
    TrailerEnd,
    LastEnd,
}

#[derive(Debug, Default)]
struct Chunked {
    place: Place,
    size: u64,
    digits: u32,
    /// Bytes of the present size line, or of all trailers.
    line: usize,
}

impl Chunked {
    /// How many of the bytes belong to the body, and whether it ends with them. What is wrong is told only
    /// once everything before it has been handed on.
    fn follow(&mut self, bytes: &[u8]) -> Result<(usize, bool), Refusal> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let Place::Data(left) = &mut self.place {
                let rest = bytes.len() - at;
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(rest);
                *left -= here as u64;
                at += here;
                if *left == 0 {
                    self.place = Place::DataCr;
                }
                continue;
            }
            match self.next(*byte) {
                Ok(true) => return Ok((at + 1, true)),
                Ok(false) => at += 1,
                Err(_) if at > 0 => return Ok((at, false)),
                Err(refusal) => return Err(refusal),
            }
        }
        Ok((at, false))
    }

    /// Takes one byte that is not data; true at the body's end.
    fn next(&mut self, byte: u8) -> Result<bool, Refusal> {
        const WRONG: Refusal = malformed("The chunked body of the request is malformed.");
        self.line += 1;
        let most = match self.place {
            Place::TrailerStart | Place::Trailer | Place::TrailerEnd => TRAILERS,
            _ => CHUNK_LINE,
        };
        if self.line > most {
            return Err(WRONG);
        }
        self.place = match (&self.place, byte) {
            (Place::Size, _) if byte.is_ascii_hexdigit() && self.digits < 15 => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                self.size = self.size << 4 | u64::from(digit);
                self.digits += 1;
                Place::Size
            }
            (Place::Size, b';') if self.digits > 0 => Place::Extension,
            (Place::Size, b'\r') if self.digits > 0 => Place::SizeEnd,
            (Place::Extension, b'\r') => Place::SizeEnd,
            (Place::Extension, _) if is_text(byte) => Place::Extension,
            (Place::SizeEnd, b'\n') => {
                let size = std::mem::take(&mut self.size);
                self.digits = 0;
                self.line = 0;
                if size == 0 {
                    Place::TrailerStart
                } else {
                    Place::Data(size)
                }
            }
            (Place::DataCr, b'\r') => Place::DataEnd,
            (Place::DataEnd, b'\n') => {
                self.line = 0;
                Place::Size
            }
            (Place::TrailerStart, b'\r') => Place::LastEnd,
            (Place::TrailerStart, _) if is_token(byte) => Place::Trailer,
            (Place::Trailer, b'\r') => Place::TrailerEnd,
            (Place::Trailer, _) if is_text(byte) => Place::Trailer,
            (Place::TrailerEnd, b'\n') => Place::TrailerStart,
            (Place::LastEnd, b'\n') => return Ok(true),
            _ => return Err(WRONG),
        };
        Ok(false)
    }
}

/// A character of a method or of a field's name (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A character of a field's value.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// A character of a host with its port (RFC 3986, 3.2.2).
fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:[]%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole of a connection's bytes, handed over in pieces of one size.
    fn read(bytes: &[u8], piece: usize) -> Result<Vec<Step>, Refusal> {
        let mut framing = Framing::default();
        let (mut held, mut steps) = (Vec::new(), Vec::new());
        for piece in bytes.chunks(piece) {
            held.extend_from_slice(piece);
            loop {
                match framing.step(&held)? {
                    Step::More => break,
                    Step::Head(size) => {
                        steps.push(Step::Head(size));
                        held.drain(..size);
                    }
                    Step::Body(size) => {
                        match steps.last_mut() {
                            Some(Step::Body(sum)) => *sum += size,
                            _ => steps.push(Step::Body(size)),
                        }
                        held.drain(..size);
                    }
                }
            }
        }
        Ok(steps)
    }

    #[test]
    fn the_pieces_that_bytes_arrive_in_change_nothing() {
        let requests = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloPUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\nGET / HTTP/1.0\r\n\r\n";
        let whole = read(requests, requests.len()).unwrap();
        assert_eq!(
            whole,
            [
                Step::Head(29),
                Step::Head(48),
                Step::Body(5),
                Step::Head(56),
                Step::Body(31),
                Step::Head(18)
            ]
        );
        for piece in 1..requests.len() {
            assert_eq!(read(requests, piece).unwrap(), whole, "{piece}");
        }
    }

    /// Each byte is looked at once, in however many pieces it comes.
    #[test]
    fn a_head_in_single_bytes_costs_no_more_than_its_size() {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}", "a".repeat(HEAD_SIZE));
        let mut framing = Framing::default();
        let mut refused = None;
        for end in 1..=head.len() {
            match framing.step(&head.as_bytes()[..end]) {
                Ok(step) => assert_eq!(step, Step::More),
                Err(refusal) => {
                    refused = Some((end, refusal.status.as_u16()));
                    break;
                }
            }
            let Part::Head(head) = &framing.0 else {
                panic!("a head");
            };
            assert_eq!(head.searched, end, "searched up to the end and no more");
        }
        assert_eq!(refused, Some((HEAD_SIZE + 1, 431)));
    }
}
