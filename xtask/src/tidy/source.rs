//! A Rust file taken apart just far enough: code, comments, and the texts of string literals.

/// The parts of one file. Line numbers begin at one.
#[derive(Debug, Default)]
pub struct Source {
    /// The file with every comment blanked out, line for line.
    pub code: String,
    /// The file with the contents of strings blanked out as well.
    pub bare: String,
    /// Every string literal with the line it begins on.
    pub strings: Vec<(usize, String)>,
    /// Every comment with the line it begins on, without its slashes.
    pub comments: Vec<(usize, String)>,
}

impl Source {
    /// Takes a file apart. It need not compile: what is not understood counts as code.
    pub fn parse(text: &str) -> Self {
        let mut source = Self::default();
        let mut rest = text;
        let mut line = 1;
        while let Some(first) = rest.chars().next() {
            let length;
            if rest.starts_with("//") {
                length = rest.find('\n').unwrap_or(rest.len());
                let comment = rest[..length].trim_start_matches(['/', '!']).trim();
                source.comments.push((line, comment.to_owned()));
                source.blank(&rest[..length]);
            } else if rest.starts_with("/*") {
                length = block_comment(rest);
                source.comments.push((line, rest[..length].to_owned()));
                source.blank(&rest[..length]);
            } else if let Some(literal) = Literal::begin(rest, source.code.chars().last()) {
                let open = literal.open;
                let inside = literal.length(&rest[open..]);
                length = (open + inside + literal.close.len()).min(rest.len());
                source
                    .strings
                    .push((line, rest[open..open + inside].to_owned()));
                source.code.push_str(&rest[..length]);
                source.bare.push_str(&blanked(&rest[..length]));
            } else {
                length = character(rest).unwrap_or(first.len_utf8());
                source.code.push_str(&rest[..length]);
                source.bare.push_str(&rest[..length]);
            }
            line += rest[..length].matches('\n').count();
            rest = &rest[length..];
        }
        source
    }

    fn blank(&mut self, text: &str) {
        self.code.push_str(&blanked(text));
        self.bare.push_str(&blanked(text));
    }
}

/// Nothing but the line ends.
fn blanked(text: &str) -> String {
    text.chars()
        .map(|letter| if letter == '\n' { '\n' } else { ' ' })
        .collect()
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The beginning of a string literal.
struct Literal {
    /// How many bytes stand before its text.
    open: usize,
    /// What ends it.
    close: String,
    /// In a raw literal a backslash is only a backslash.
    raw: bool,
}

impl Literal {
    fn begin(text: &str, before: Option<char>) -> Option<Self> {
        // `r` and `b` begin a literal only where they do not end a name.
        let in_name = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let prefixes = ["br", "cr", "r", "b", "c"].into_iter();
        let prefix = prefixes
            .filter(|_| !in_name)
            .find(|start| text.starts_with(start));
        let prefix = prefix.unwrap_or("");
        let after = &text[prefix.len()..];
        let hashes = after.len() - after.trim_start_matches('#').len();
        let raw = prefix.ends_with('r');
        if !after[hashes..].starts_with('"') || (hashes > 0 && !raw) {
            return None;
        }
        let close = format!("\"{}", "#".repeat(hashes));
        Some(Self {
            open: prefix.len() + hashes + 1,
            close,
            raw,
        })
    }

    fn length(&self, text: &str) -> usize {
        if self.raw {
            return text.find(&self.close).unwrap_or(text.len());
        }
        let mut escaped = false;
        for (at, letter) in text.char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return at,
                _ => {}
            }
        }
        text.len()
    }
}

/// The length of a character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if let Some(escape) = inside.strip_prefix('\\') {
        let skipped = escape.chars().next()?.len_utf8();
        return Some(2 + skipped + escape[skipped..].find('\'')? + 1);
    }
    let letter = inside.chars().next()?;
    inside[letter.len_utf8()..]
        .starts_with('\'')
        .then(|| 2 + letter.len_utf8())
}
