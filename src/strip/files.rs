//! The files that rules stand in: those that come with the program, and those that are given.

use std::path::{Path, PathBuf};

use crate::error::{Error, Problem, Result, on_one_line};

/// The rules that come with the program.
const BUILT_IN: &[(&str, &str)] = &[
    ("rules/ar.toml", include_str!("../../rules/ar.toml")),
    ("rules/de.toml", include_str!("../../rules/de.toml")),
    ("rules/el.toml", include_str!("../../rules/el.toml")),
    ("rules/en.toml", include_str!("../../rules/en.toml")),
    ("rules/es.toml", include_str!("../../rules/es.toml")),
    ("rules/fr.toml", include_str!("../../rules/fr.toml")),
    ("rules/global.toml", include_str!("../../rules/global.toml")),
    ("rules/it.toml", include_str!("../../rules/it.toml")),
    ("rules/pl.toml", include_str!("../../rules/pl.toml")),
    ("rules/pt.toml", include_str!("../../rules/pt.toml")),
    ("rules/ru.toml", include_str!("../../rules/ru.toml")),
    ("rules/zh.toml", include_str!("../../rules/zh.toml")),
    ("rules/sites/20minutes.fr.toml", include_str!("../../rules/sites/20minutes.fr.toml")),
    ("rules/sites/francais.rt.com.toml", include_str!("../../rules/sites/francais.rt.com.toml")),
    ("rules/sites/huffpostmaghreb.com.toml", include_str!("../../rules/sites/huffpostmaghreb.com.toml")),
];

/// Name and text of each of them.
pub(super) fn built_in() -> Vec<(String, String)> {
    BUILT_IN.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// Name and text of every rules file in `paths`: files, or folders of `.toml` files, in byte order.
///
/// # Errors
/// [`Error::Io`] if one cannot be read, [`Error::Rules`] if one is not UTF-8, [`Error::Usage`] if there is none.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    let mut texts = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).map_err(Error::io(&file, "cannot read the rules"))?;
        let name = file.display().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => texts.push((name, text)),
            Err(_) => problems.push(Problem { file: name, line: 1, what: "the file is not UTF-8".into() }),
        }
    }
    if problems.is_empty() { Ok(texts) } else { Err(Error::Rules(problems)) }
}

/// Rules files under `path`, in byte order.
fn collect(path: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::usage(
                format!("{}: no such file or folder", on_one_line(path.display())),
                "give a rules file or a folder of them; without --rules the built-in ones are used",
            ));
        }
        Err(e) => return Err(Error::io(path, "cannot find the rules")(e)),
    };
    if !meta.is_dir() {
        into.push(path.to_path_buf());
        return Ok(());
    }
    let before = into.len();
    collect_folder(path, into, 0)?;
    if into.len() == before {
        return Err(Error::usage(
            format!("{}: no .toml file in this folder", on_one_line(path.display())),
            "give a rules file, or a folder that holds some",
        ));
    }
    Ok(())
}

fn collect_folder(folder: &Path, into: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder, "cannot read the rules folder"))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(Error::io(folder, "cannot read the rules folder"))?.path());
    }
    paths.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    for path in paths {
        if path.is_dir() && depth < 4 {
            collect_folder(&path, into, depth + 1)?;
        } else if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
            into.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rules_file_of_the_repository_is_built_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        collect(&root.join("rules"), &mut files).unwrap();
        let names: Vec<String> = files
            .iter()
            .map(|f| f.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"))
            .collect();
        let mut shipped: Vec<&str> = BUILT_IN.iter().map(|b| b.0).collect();
        shipped.sort_unstable();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(shipped, names);
    }

    #[test]
    fn the_built_in_files_pass_every_check_that_strangers_files_must_pass() {
        assert!(super::super::RuleSet::from_texts(built_in()).is_ok());
    }
}
