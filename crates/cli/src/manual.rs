//! Manual pages: one for `usher`, and one for each command.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use crate::catalogue::{ALONE, NOUNS};
use crate::failure::{Exit, Failure, Result};

/// What every page says of its surroundings, in the language of man pages.
const SURROUNDINGS: &str = r#".SH ENVIRONMENT
.TP
\fBUSHER_URL\fR, \fBUSHER_TOKEN\fR
The server, and the API key or session token for it. They count before profiles.
.TP
\fBUSHER_PROFILE\fR
The profile to use where neither a flag nor USHER_URL says which server.
.TP
\fBNO_COLOR\fR, \fBCLICOLOR_FORCE\fR, \fBTERM=dumb\fR
Never, always, never colours.
.TP
\fBSSL_CERT_FILE\fR
The certificates to trust instead of those of the system.
.SH FILES
.TP
\fI$XDG_CONFIG_HOME/usher/profiles.toml\fR
The profiles: \fBcurrent = "prod"\fR, and for each \fB[prod]\fR, \fBurl\fR, \fBtoken_file\fR.
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed in a way that nothing else names: a defect, the server's 500.
.TP
.B 2
Not understood: arguments, configuration, or values that the server refuses.
.TP
.B 3
Not found.
.TP
.B 4
Not permitted.
.TP
.B 5
Conflict with what is there.
.TP
.B 6
Done in part: some of many failed.
.TP
.B 7
The server cannot be reached, took too long, or asked to come back.
.TP
.B 130
Interrupted.
"#;

/// Writes the page of the whole command.
pub fn write_page(tree: Command, out: &mut dyn Write) -> Result<()> {
    let tree = tree.disable_help_subcommand(true);
    let man = Man::new(tree.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    writeln!(
        out,
        ".SH SYNOPSIS\n\\fBusher\\fR \\fINOUN VERB\\fR [\\fIARGUMENTS\\fR]\n.br\n\\fBusher\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]"
    )?;
    man.render_description_section(out)?;
    writeln!(out, ".SH NOUNS AND THEIR VERBS")?;
    for noun in NOUNS {
        writeln!(
            out,
            ".TP\n\\fB{}\\fR \\- {}",
            roff(noun.name),
            roff(noun.about)
        )?;
        let verbs: Vec<&str> = noun.verbs.iter().map(|verb| verb.name).collect();
        writeln!(out, "{}", roff(&verbs.join(" ")))?;
    }
    writeln!(out, ".SH OTHER COMMANDS")?;
    let nouns: Vec<&str> = NOUNS.iter().map(|noun| noun.name).collect();
    for command in tree.get_subcommands() {
        if nouns.contains(&command.get_name()) {
            continue;
        }
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        writeln!(
            out,
            ".TP\n\\fB{}\\fR\n{}",
            roff(command.get_name()),
            roff(&about)
        )?;
    }
    writeln!(out, ".SH EXAMPLES")?;
    for verb in NOUNS
        .iter()
        .flat_map(|noun| noun.verbs.first())
        .chain(ALONE.verbs.first())
    {
        writeln!(out, ".PP\n.nf\n{}\n.fi", roff(verb.example))?;
    }
    write!(out, "{SURROUNDINGS}")?;
    man.render_version_section(out)?;
    Ok(())
}

/// Writes a page for each command into a folder, and says how many.
pub fn write_pages(tree: Command, folder: &Path) -> Result<usize> {
    let cannot = |error: std::io::Error| {
        Failure::new(
            Exit::Failed,
            format!(
                "The pages cannot be written into {}: {error}.",
                folder.display()
            ),
        )
    };
    fs::create_dir_all(folder).map_err(cannot)?;
    let mut page = fs::File::create(folder.join("usher.1")).map_err(cannot)?;
    write_page(tree.clone(), &mut page)?;
    let mut tree = tree.disable_help_subcommand(true);
    tree.build();
    let mut count = 1;
    let mut left: Vec<Command> = tree.get_subcommands().cloned().collect();
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let man = Man::new(command);
        let path = folder.join(man.get_filename());
        let mut page = fs::File::create(path).map_err(cannot)?;
        man.render(&mut page).map_err(cannot)?;
        write!(page, "{SURROUNDINGS}").map_err(cannot)?;
        count += 1;
    }
    Ok(count)
}

/// Text in which nothing is a request of the formatter's.
fn roff(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq");
    if escaped.starts_with('.') {
        format!("\\&{escaped}")
    } else {
        escaped
    }
}
