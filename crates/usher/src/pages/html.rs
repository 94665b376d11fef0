//! One plain page: a heading, a text, a form. Everything that is not ours is escaped.

/// No scripts, nothing from elsewhere, no frames, forms only to here.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A field of a form.
pub struct Field<'a> {
    /// Its name in the body.
    pub name: &'a str,
    /// What stands above it.
    pub label: &'a str,
    /// The input's type.
    pub kind: &'a str,
    /// What the browser may fill in.
    pub complete: &'a str,
}

/// A page. It answers for itself to whoever reads it in any way: the title names what it is and whose,
/// the summary of a problem leads to the field.
#[derive(Default)]
pub struct Page<'a> {
    /// The installation's name.
    pub house: &'a str,
    /// The heading and the window's title.
    pub title: &'a str,
    /// A sentence or two.
    pub text: &'a str,
    /// Where to go on, and what the link there says.
    pub onward: Option<(&'a str, &'a str)>,
    /// What was wrong with what was sent.
    pub problem: Option<&'a str>,
    /// Where the form goes; no form without.
    pub action: Option<&'a str>,
    /// What the button says.
    pub button: &'a str,
    /// The token that goes along.
    pub token: Option<&'a str>,
    /// The form's fields.
    pub fields: &'a [Field<'a>],
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

impl Page<'_> {
    /// The page in HTML.
    pub fn render(&self) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{error}{title} – {house}</title>\n\
             <link rel=\"stylesheet\" href=\"/account/style.css\">\n</head>\n<body>\n\
             <header>{house}</header>\n<main>\n<h1>{title}</h1>\n",
            title = escape(self.title),
            house = escape(self.house),
            // The title is what a screen reader says first of a new page.
            error = if self.problem.is_some() {
                "Error: "
            } else {
                ""
            },
        );
        if let Some(problem) = self.problem {
            let problem = escape(problem);
            // The summary leads to the field, as nothing here can move the focus there.
            let summary = match self.fields.first() {
                Some(field) => format!("<a href=\"#{}\">{problem}</a>", escape(field.name)),
                None => problem,
            };
            page.push_str(&format!("<p role=\"alert\" id=\"problem\">{summary}</p>\n"));
        }
        page.push_str(&format!("<p id=\"text\">{}</p>\n", escape(self.text)));
        if let Some((place, words)) = self.onward {
            page.push_str(&format!(
                "<p><a href=\"{}\">{}</a></p>\n",
                escape(place),
                escape(words)
            ));
        }
        if let Some(action) = self.action {
            page.push_str(&format!(
                "<form method=\"post\" action=\"{}\">\n",
                escape(action)
            ));
            if let Some(token) = self.token {
                page.push_str(&format!(
                    "<input type=\"hidden\" name=\"token\" value=\"{}\">\n",
                    escape(token)
                ));
            }
            for field in self.fields {
                page.push_str(&format!(
                    "<p><label for=\"{name}\">{label}</label>\n<input id=\"{name}\" name=\"{name}\" type=\"{kind}\" \
                     autocomplete=\"{complete}\" required{invalid} aria-describedby=\"{described}\"></p>\n",
                    name = escape(field.name),
                    label = escape(field.label),
                    kind = escape(field.kind),
                    complete = escape(field.complete),
                    invalid = if self.problem.is_some() {
                        " aria-invalid=\"true\""
                    } else {
                        ""
                    },
                    described = if self.problem.is_some() { "problem text" } else { "text" },
                ));
            }
            page.push_str(&format!(
                "<p><button type=\"submit\">{}</button></p>\n</form>\n",
                escape(self.button)
            ));
        }
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }
}

/// The pages' style.
pub const STYLE: &str = "\
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; }
header, main { max-width: 28rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 12vh; }
h1 { font-size: 1.5rem; }
label { display: block; font-weight: 600; }
input, button { font: inherit; box-sizing: border-box; width: 100%; padding: .5rem; }
button { cursor: pointer; }
[role=alert] { border-left: .25rem solid #b00020; padding-left: .75rem; font-weight: 600; }
:focus-visible { outline: .2rem solid; outline-offset: .1rem; }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_is_escaped() {
        let page = Page {
            house: "<i>",
            title: "T",
            text: "x",
            onward: Some(("/b?\"", "<u>")),
            problem: Some("<b>"),
            action: Some("/a"),
            button: "Go",
            token: Some("\"><script>"),
            fields: &[Field {
                name: "password",
                label: "Password",
                kind: "password",
                complete: "new-password",
            }],
        };
        let html = page.render();
        assert!(
            html.contains("value=\"&quot;&gt;&lt;script&gt;\""),
            "{html}"
        );
        assert!(
            html.contains("&lt;b&gt;") && html.contains("<a href=\"/b?&quot;\">&lt;u&gt;</a>"),
            "{html}"
        );
        assert!(
            html.contains("<title>Error: T – &lt;i&gt;</title>")
                && ["<i>", "<u>", "<script"]
                    .iter()
                    .all(|ours| !html.contains(ours)),
            "{html}"
        );
        assert!(
            html.contains("<label for=\"password\">") && html.contains("role=\"alert\""),
            "{html}"
        );
    }
}
