//! The `usher` binary.

use std::io::Write as _;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match usher::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be set up yet, and an operator at a terminal wants one line.
            let _ = writeln!(std::io::stderr(), "usher: {error:#}");
            ExitCode::FAILURE
        }
    }
}
