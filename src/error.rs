//! The one error type: what failed, where, and the next command to type.

use std::io;
use std::path::{Path, PathBuf};

/// A name from outside as part of a message: it stays on one line, so that it cannot pass for a second message.
pub(crate) fn on_one_line(name: impl std::fmt::Display) -> String {
    name.to_string().replace('\n', "\\n").replace('\r', "\\r")
}

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One thing wrong with a rules file or a settings file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// Line from 1; 0 if the problem has no line.
    pub line: usize,
    /// What is wrong, with what would be right.
    pub what: String,
}

/// Everything that can stop a run. Inputs that cannot be used do not: they become rejects.
#[derive(Debug)]
pub enum Error {
    /// Reading or writing failed; `what` says what was being done and what was kept.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        what: &'static str,
        /// The operating system's words.
        source: io::Error,
    },
    /// The command line, the environment or `tamis.toml` ask for something impossible.
    Usage {
        /// What is wrong.
        what: String,
        /// The next command to type.
        hint: String,
    },
    /// Rules or settings with problems, all of them.
    Rules(Vec<Problem>),
    /// The safety brake: rules that cut too much.
    Brake(Vec<String>),
    /// Another process works on OUT; its number where known.
    Locked {
        /// The output folder.
        out: PathBuf,
        /// What the lock file says of its holder.
        holder: String,
    },
    /// An input that was read once cannot be read again as it was: it is rejected, and the run goes on without it.
    Lost {
        /// The input.
        path: PathBuf,
        /// Why, in plain words.
        cause: String,
    },
    /// Ctrl-C or SIGTERM; holds the signal's number.
    Interrupted(u8),
}

impl Error {
    /// Wraps an I/O error with its path and what was being done.
    pub fn io(path: impl AsRef<Path>, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { path, what, source }
    }

    /// A usage error with its hint.
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: hint.into() }
    }

    /// The exit code of the binary: 1 fatal, 2 usage or rules, 5 safety brake, 11 locked, 128 + signal.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io { .. } | Self::Lost { .. } => 1,
            Self::Usage { .. } | Self::Rules(_) => 2,
            Self::Brake(_) => 5,
            Self::Locked { .. } => 11,
            Self::Interrupted(signal) => 128 + signal,
        }
    }

    /// The next command to type, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } | Self::Lost { .. } | Self::Interrupted(_) => None,
            Self::Usage { hint, .. } => Some(hint.clone()).filter(|h| !h.is_empty()),
            Self::Rules(_) => Some("tamis rules test FILE".into()),
            Self::Brake(_) => {
                Some("look at the rule with `tamis rules show ID`, or go on with --allow-heavy-cuts".into())
            }
            Self::Locked { .. } => Some("wait for it to end, or choose another -o OUT".into()),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io { path, what, source } => write!(f, "{}: {what}: {source}", path.display()),
            Self::Usage { what, .. } => f.write_str(what),
            Self::Rules(problems) => {
                for (i, p) in problems.iter().enumerate() {
                    let end = if i + 1 == problems.len() { "" } else { "\n" };
                    write!(f, "{}:{}: {}{end}", p.file, p.line, p.what)?;
                }
                Ok(())
            }
            Self::Brake(causes) => f.write_str(&causes.join("\n")),
            Self::Locked { out, holder } => write!(f, "{}: another run works here ({holder})", out.display()),
            Self::Lost { path, cause } => write!(f, "{}: {cause} (nothing was published)", path.display()),
            Self::Interrupted(_) => f.write_str("interrupted; nothing was published"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
