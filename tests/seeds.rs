//! The five texts of `seeds/` come out as the right result in `out/`: what is chrome is gone, what only looks like it
//! stays, and of the five two report the same event.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use support::{Place, assert_all_accounted_for, assert_same_tree, assert_sums_hold, end, tree};

const FIRST: &str = "000_cb6dcecd88c75d8b.txt";
const SECOND: &str = "001_d9bebe63d48056fc.txt";
const THIRD: &str = "002_7d48b1120a49c9a2.txt";
const FOURTH: &str = "003_423d67bf1be03677.txt";
const FIFTH: &str = "004_d1d9f478af14d5a6.txt";

fn home(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(part)
}

fn made() -> Place {
    let place = Place::new();
    let mut command = place.command("clean -o out -q");
    command.arg(home("seeds"));
    end(command).with(0);
    place
}

fn clean(name: &str) -> String {
    std::fs::read_to_string(home("out/data").join(name)).unwrap()
}

fn raw(name: &str) -> String {
    std::fs::read_to_string(home("seeds").join(name)).unwrap()
}

#[test]
fn the_committed_result_is_what_the_program_makes() {
    let place = made();
    assert_same_tree(&place.tree("out"), &tree(&home("out")));
    assert_sums_hold(&home("out"));
    let counts = assert_all_accounted_for(&home("out"));
    assert_eq!((counts["read"].as_u64(), counts["kept"].as_u64()), (Some(5), Some(5)));
}

#[test]
fn every_fragment_of_chrome_is_gone() {
    let gone: BTreeMap<&str, &[&str]> = BTreeMap::from([
        (FIRST, &[" date 2017-12 "][..]),
        (SECOND, &["International\n", "\nCe qu'ont fait les militaires russes, les Syriens", "Lire aussi :"]),
        (
            THIRD,
            &[
                "Publication: Mis à jour:",
                "\nPUTIN\n",
                "ATTENTION EDITORS",
                "Photo Agency",
                "Imprimer",
                "LIRE AUSSI:",
            ],
        ),
        (
            FOURTH,
            &[
                "© Omar Sanadiki",
                "\nSoldat russe près de Homs\n",
                "surTelegram",
                "Lire aussi :",
                "Raconter l'actualité",
                "ANO « TV-Novosti »",
                "\nOK\n",
                "utilise des cookies",
                "exprimer vos choix",
                "Politique de Confidentialité",
                "Tout AccepterTout refuser",
            ],
        ),
        (FIFTH, &[" date 2016-12", "Monde\n", "ALEXEY DRUZHININ", "20 Minutes avec AFP"]),
    ]);
    for (name, chrome) in gone {
        let (raw, clean) = (raw(name), clean(name));
        for fragment in chrome {
            assert!(raw.contains(fragment), "{name}: the test knows its text: {fragment}");
            assert!(!clean.contains(fragment), "{name}: {fragment}");
        }
    }
}

#[test]
fn what_only_looks_like_chrome_stays() {
    // Line numbers from 1, in the raw text: subheads, standfirsts, kickers, and a subhead that is part of a quotation.
    let stays = [(SECOND, 5), (SECOND, 21), (THIRD, 16), (FIFTH, 3), (FIFTH, 13)];
    for (name, number) in stays {
        let raw = raw(name);
        let line = raw.lines().nth(number - 1).unwrap().trim_end();
        assert!(line.len() > 10, "{name}:{number}: the test knows its text: {line}");
        assert!(clean(name).lines().any(|l| l == line), "{name}:{number}: {line}");
    }
    assert!(clean(THIRD).contains("RUSSIE - "));
}

#[test]
fn the_result_is_the_input_with_pieces_left_out() {
    for name in [FIRST, SECOND, THIRD, FOURTH, FIFTH] {
        let (raw, clean) = (raw(name), clean(name));
        let mut rest = raw.chars();
        assert!(clean.chars().all(|c| rest.any(|r| r == c)), "{name}: not a subsequence");
    }
}

#[test]
fn two_of_the_five_report_the_same_event_and_none_is_a_copy() {
    let place = made();
    let clusters = place.list("out/clusters.jsonl");
    assert_eq!(clusters.len(), 1, "{clusters:?}");
    assert_eq!(clusters[0]["relation"], "event");
    let members: Vec<&str> =
        clusters[0]["members"].as_array().unwrap().iter().map(|m| m["doc"].as_str().unwrap()).collect();
    assert_eq!(members, [FIRST, THIRD]);
    for evidence in ["terms", "sentences"] {
        assert!(!clusters[0][evidence].as_array().unwrap().is_empty(), "{evidence}");
    }
}
