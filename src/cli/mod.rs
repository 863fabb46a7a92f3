//! Everything that knows a terminal: the command line, the settings, progress, the summary.
//!
//! One file a verb; each turns its arguments into one call of the library and the answer into text.
//! Data goes to standard output, talk to standard error; nothing else is written from here.

pub(crate) mod args;
pub(crate) mod clean;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod man;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod restore;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod signals;
pub(crate) mod strip;
pub(crate) mod summary;
pub(crate) mod values;
pub(crate) mod verify;
pub(crate) mod words;
pub(crate) mod worker;
