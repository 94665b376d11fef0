//! Text from elsewhere, made fit for a terminal.

/// Text in which nothing moves the cursor, colours what follows or turns its direction: what a server
/// holds may have been written by anyone.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if acts(letter) { '\u{fffd}' } else { letter })
        .collect()
}

/// As [`printable`], on one line.
pub fn one_line(text: &str) -> String {
    let text = text.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
    printable(&text)
}

/// JSON in which the control characters that JSON leaves alone are escaped, too.
pub fn plain_json(text: String) -> String {
    if !text.chars().any(|letter| acts(letter) && letter != '\n') {
        return text;
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        // JSON escapes what lies below the blank itself; a line end stands between members.
        if acts(letter) && letter > ' ' {
            plain.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// Control characters, and those that turn the direction of text.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}
