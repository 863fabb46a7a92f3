//! The two ways out: data on standard output, talk on standard error.
//!
//! A reader that went away is a quiet end; a full device is an error; a terminal never sees a raw name.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};

use tamis::{Error, Result};

use super::words::{printable, shell_word};

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// 0 auto, 1 always, 2 never. One process has one standard error: this is the only state of the module.
static COLOR: AtomicU8 = AtomicU8::new(0);

/// Sets when standard error is coloured.
pub(crate) fn set_color(color: Color) {
    COLOR.store(color as u8, Ordering::Relaxed);
}

/// Whether standard error is coloured.
pub(crate) fn colored() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match COLOR.load(Ordering::Relaxed) {
        1 => true,
        2 => false,
        _ => !set("NO_COLOR") && !dumb() && io::stderr().is_terminal(),
    }
}

/// Whether the terminal cannot move its cursor.
pub(crate) fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Colours of the few words that have one; none of them carries meaning alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
    /// `error:`
    pub(crate) fn error(self, text: &str) -> String {
        self.wrap("1;31", text)
    }
    /// `note:`
    pub(crate) fn note(self, text: &str) -> String {
        self.wrap("1;33", text)
    }
    /// `hint:`
    pub(crate) fn hint(self, text: &str) -> String {
        self.wrap("1;36", text)
    }
    /// Headings.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }
}

/// Writes talk to standard error. Where that fails there is nobody left to tell.
pub(crate) fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Shows an error with its hint and returns its exit code.
pub(crate) fn say_error(error: &Error) -> ExitCode {
    say(&error_text(error, Paint(colored())));
    ExitCode::from(error.exit_code())
}

fn error_text(error: &Error, paint: Paint) -> String {
    // Names are escaped before they are joined with words: a line feed in a name must not make a second error.
    let lines: Vec<String> = match error {
        Error::Io { path, what, source } => {
            vec![format!("{}: {what}: {source}", printable(&path.to_string_lossy()))]
        }
        Error::Rules(problems) => problems
            .iter()
            .map(|p| match p.line {
                0 => format!("{}: {}", printable(&p.file), printable(&p.what)),
                line => format!("{}:{line}: {}", printable(&p.file), printable(&p.what)),
            })
            .collect(),
        Error::Locked { out, holder } => {
            let out = out.to_string_lossy();
            vec![format!("{}: another run works here ({})", printable(&out), printable(holder))]
        }
        other => other.to_string().lines().map(|line| printable(line).into_owned()).collect(),
    };
    let label = paint.error("error:");
    let mut text: String = lines.iter().map(|line| format!("{label} {line}\n")).collect();
    let hint = match error {
        // The library knows no command line; here the file is known, so the command can be typed as it stands.
        Error::Rules(problems) => {
            problems.first().map(|p| format!("tamis rules test {}", shell_word(&p.file)))
        }
        other => other.hint(),
    };
    if let Some(hint) = hint {
        text += &format!("{} {}\n", paint.hint("hint:"), printable(&hint));
    }
    text
}

/// Shows what clap has to say: help on standard output, a mistake on standard error.
pub(crate) fn say_clap(clap: &clap::Error) -> ExitCode {
    match clap.print().or_else(quiet_if_closed) {
        Ok(()) => ExitCode::from(u8::try_from(clap.exit_code()).unwrap_or(2)),
        Err(source) => say_error(&stdout_error(source)),
    }
}

/// Writes data to standard output and flushes it.
///
/// # Errors
/// If it cannot be written; a reader that went away is no error.
pub(crate) fn data(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).or_else(quiet_if_closed).map_err(stdout_error)
}

fn quiet_if_closed(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

fn stdout_error(source: io::Error) -> Error {
    Error::io("standard output", "cannot be written")(source)
}

/// Standard output for a stream of unknown length: remembers that its reader went away.
pub(crate) struct Pipe<W: Write> {
    inner: io::BufWriter<W>,
    /// Whether a write met a closed pipe.
    pub(crate) closed: bool,
}

impl<W: Write> Pipe<W> {
    /// Buffers `inner`; flush it at the end, or errors are lost.
    pub(crate) fn new(inner: W) -> Self {
        Self { inner: io::BufWriter::with_capacity(1 << 16, inner), closed: false }
    }

    fn watch<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.closed |= done.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe);
        done
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.inner.write(bytes);
        self.watch(done)
    }
    fn flush(&mut self) -> io::Result<()> {
        let done = self.inner.flush();
        self.watch(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tamis::error::Problem;

    #[test]
    fn an_error_names_its_place_and_the_next_command() {
        let usage = Error::usage("two things\nare wrong", "tamis clean --help");
        let text = error_text(&usage, Paint(false));
        assert_eq!(text, "error: two things\nerror: are wrong\nhint: tamis clean --help\n");
        let problem =
            |file: &str, line| Problem { file: file.into(), line, what: "unknown unit `word`".into() };
        let rules = Error::Rules(vec![problem("my rules.toml", 3), problem("b.toml", 0)]);
        let text = error_text(&rules, Paint(false));
        assert_eq!(
            text,
            "error: my rules.toml:3: unknown unit `word`\nerror: b.toml: unknown unit `word`\n\
             hint: tamis rules test 'my rules.toml'\n"
        );
    }

    #[test]
    fn a_name_cannot_forge_a_second_error_or_an_escape() {
        let error = Error::io("a\nerror: b\u{1b}[2J", "cannot be read")(io::Error::other("no"));
        let text = error_text(&error, Paint(true));
        assert_eq!(text, "\u{1b}[1;31merror:\u{1b}[0m a\\nerror: b\\u{1b}[2J: cannot be read: no\n");
    }

    #[test]
    fn a_pipe_remembers_that_its_reader_left() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut pipe = Pipe::new(Gone);
        assert!(pipe.write_all(b"x").is_ok() && !pipe.closed);
        assert!(pipe.flush().is_err() && pipe.closed);
    }
}
