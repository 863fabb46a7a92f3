//! Pages made to be slow.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Failure, peers};

const LIMIT: Duration = Duration::from_secs(10);
const CASES: [&str; 5] = ["deep", "divs", "large", "open", "nul"];

fn page(case: &str) -> String {
    let text = "A sentence of the article, with a comma and enough words to count. ";
    match case {
        "deep" => format!("{}{text}", "<b><i>".repeat(50_000)),
        "divs" => format!("{}{text}{}", "<div>".repeat(20_000), "</div>".repeat(20_000)),
        "large" => format!("<p>{text}</p>\n").repeat(64 * 1024 * 1024 / 75),
        "open" => format!("<p><b><a href=x>{text}<table><td>").repeat(5_000),
        _ => format!("<p>{text}\0</p>\0<div\0>").repeat(1_000),
    }
}

/// Seconds, `-` for too long, `!` for a crash, in the order deep, divs, large, open, nul.
pub fn row(peer: &str) -> Result<String, Failure> {
    let mut cells = Vec::new();
    for case in CASES {
        let start = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--hostile", peer, case])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let cell = loop {
            match child.try_wait()? {
                Some(end) if end.success() => break format!("{:.1}", start.elapsed().as_secs_f64()),
                Some(_) => break "!".into(),
                None if start.elapsed() > LIMIT => {
                    child.kill()?;
                    child.wait()?;
                    break "-".into();
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        cells.push(format!("{case} {cell}"));
    }
    Ok(cells.join(", "))
}

/// Extracts one hostile page; an error is a fine answer, a panic is none.
pub fn child(peer: &str, case: &str) -> Result<(), Failure> {
    let (_, extract) = peers::PEERS.iter().find(|(name, _)| *name == peer).ok_or("no such peer")?;
    drop(extract(&page(case)));
    Ok(())
}
