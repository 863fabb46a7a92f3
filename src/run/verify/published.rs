//! Whether the published files are those that were written: manifest, SHA256SUMS and the tree agree.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::findings::Findings;
use crate::document::hex;
use crate::read::walk::plain;
use crate::write::card::{self, CardInput, Records};
use crate::write::durable::hash_file;
use crate::write::lists::List;
use crate::write::manifest::Manifest;
use crate::write::names::{name_of, path_of};
use crate::write::packed::Compress;
use crate::write::publish::{MANIFEST, SUMS, manifest_text, sums, was_stopped};

/// The manifest, if it can be read at all, held against SHA256SUMS.
pub(super) fn manifest(out: &Path, findings: &mut Findings) -> Option<Manifest> {
    if was_stopped(out) {
        findings.fail(MANIFEST, "a run was stopped while it published: run `tamis clean` again");
        return None;
    }
    let text = match fs::read(out.join(MANIFEST)) {
        Ok(text) => text,
        Err(e) => {
            findings.fail(MANIFEST, format!("cannot be read: {}", plain(&e)));
            return None;
        }
    };
    let manifest: Manifest = match serde_json::from_slice(&text) {
        Ok(manifest) => manifest,
        Err(e) => {
            findings.fail(MANIFEST, format!("damaged: {e}"));
            return None;
        }
    };
    check_sums(out, &manifest, &text, findings);
    if manifest.tool != "tamis" || manifest_text(&manifest).ok().as_ref() != Some(&text) {
        // Another version may know more fields; what the sums say of it holds all the same.
        if manifest.version == env!("CARGO_PKG_VERSION") {
            findings.fail(MANIFEST, "not as a run writes it");
        }
    }
    Some(manifest)
}

/// Hashes every published file, and looks for others.
pub(super) fn files(out: &Path, manifest: &Manifest, findings: &mut Findings) {
    for file in &manifest.outputs {
        match hash_file(&out.join(path_of(&file.path))) {
            Ok((bytes, _)) if bytes != file.bytes => {
                let cause = format!("has {bytes} bytes, the manifest says {}", file.bytes);
                findings.fail(&file.path, cause);
            }
            Ok((_, sha256)) if sha256 != file.sha256 => {
                findings.fail(&file.path, "its SHA-256 is not what the manifest says");
            }
            Ok(_) => findings.answer.files += 1,
            Err(e) if e.kind() == io::ErrorKind::NotFound => findings.fail(&file.path, "missing"),
            Err(e) => findings.fail(&file.path, format!("cannot be read: {}", plain(&e))),
        }
    }
    look_for_strangers(out, manifest, findings);
}

/// SHA256SUMS says of every file what the manifest says, and of the manifest what it is.
fn check_sums(out: &Path, manifest: &Manifest, text: &[u8], findings: &mut Findings) {
    let expected = sums(&manifest.outputs, &hex(&Sha256::digest(text)));
    match fs::read(out.join(SUMS)) {
        Err(e) => findings.fail(SUMS, format!("cannot be read: {}", plain(&e))),
        Ok(there) if there == expected => findings.answer.files += 2,
        Ok(there) => {
            let same = there.iter().zip(&expected).take_while(|(a, b)| a == b).count();
            let line = expected[..same].iter().filter(|b| **b == b'\n').count();
            let name = manifest.outputs.get(line).map_or(MANIFEST, |file| &file.path);
            let cause = format!("line {}: manifest and SHA256SUMS do not agree about {name}", line + 1);
            findings.fail_at(SUMS, None, Some(same as u64), cause);
        }
    }
}

/// A file in `data/` that no run wrote is read like the corpus by all who load it.
fn look_for_strangers(out: &Path, manifest: &Manifest, findings: &mut Findings) {
    let named: HashSet<&str> = manifest.outputs.iter().map(|file| file.path.as_str()).collect();
    let mut strangers = BTreeSet::new();
    let mut folders = vec![PathBuf::from("data")];
    while let Some(folder) = folders.pop() {
        // What cannot be read here is missing above.
        for entry in fs::read_dir(out.join(&folder)).into_iter().flatten().flatten() {
            let path = folder.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if !named.contains(name_of(&path).as_str()) {
                strangers.insert(name_of(&path));
            }
        }
    }
    for name in strangers {
        findings.fail(&name, "stands in data/, and the manifest does not name it");
    }
}

/// How the files of the corpus are compressed.
pub(super) fn compressed(manifest: &Manifest) -> Compress {
    let word = manifest.options.get("compress").map(String::as_str);
    let all = [Compress::None, Compress::Gzip, Compress::Zstd];
    all.into_iter().find(|compress| word == Some(compress.name())).unwrap_or_default()
}

/// What tamis wrote of the card says what the manifest says. The rest of it is people's.
pub(super) fn card(out: &Path, manifest: &Manifest, languages: BTreeSet<String>, findings: &mut Findings) {
    const CARD: &str = "README.md";
    let there = match fs::read(out.join(CARD)).map(String::from_utf8) {
        Err(e) => return findings.skip(CARD, format!("the dataset card cannot be read: {}", plain(&e))),
        Ok(Err(_)) => return findings.fail(CARD, "no UTF-8"),
        Ok(Ok(text)) => text,
    };
    if manifest.version != env!("CARGO_PKG_VERSION") {
        return findings.skip(CARD, "the dataset card was written by another version of tamis");
    }
    let languages: Vec<String> = languages.into_iter().collect();
    let Ok((_, lists)) = List::Documents.find(out) else { return };
    // What the sources held stands in no list: one of these must be right.
    let same = [Records::Texts, Records::Known, Records::Own].into_iter().any(|records| {
        let input = CardInput { manifest, languages: languages.clone(), records, lists };
        card::render(Some(&there), &input) == there
    });
    if !same {
        findings.fail(CARD, "what stands between its marks is not what a run writes there");
    }
}
