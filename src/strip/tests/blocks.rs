//! Rules for blocks of lines.

use super::*;

#[test]
fn very_many_lines_that_look_like_the_first_of_a_block_take_linear_time() {
    const LINES: usize = 100_000;
    let prose = "word ".repeat(100).trim_end().to_owned();
    let notes: String = (0..LINES).map(|n| format!("Note {n}\n")).collect();
    let last = "Note 0\nkept\n";
    let block =
        |more: &str| format!("[[rule]]\nid='b'\nabout='x'\nunit='block'\nfrom='^Note [0-9]+$'\n{more}\n");
    let keep = "[[rule]]\nid='k'\nabout='x'\nunit='line'\naction='keep'\nregex='^kept$'\n";
    let start = std::time::Instant::now();
    for (more, text) in [
        // Never enough words above; each line twice; a line that stays at the end; no end within the bound.
        ("min_words=90", format!("{notes}{last}")),
        ("min_words=90", format!("{prose}\n{notes}{notes}")),
        ("min_words=90", format!("{prose}\n{notes}{last}")),
        ("to='^kept$'\nmax_lines=1000000", format!("{notes}{last}")),
        ("to='^End$'\nmax_lines=1000000", format!("{notes}{last}")),
    ] {
        let stripped = cleaned(&set(&format!("{}{keep}", block(more))), &Scope::default(), &text);
        assert!(stripped == text, "{more}");
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_block_without_an_end_cuts_nothing() {
    let rules = "[[rule]]\nid='b'\nabout='x'\nunit='block'\nfrom='^A$'\nto='^Z$'\nmax_lines=3\n";
    assert_eq!(clean(rules, "A\nb\nc\nZ\nd\n"), "A\nb\nc\nZ\nd\n");
    assert_eq!(clean(rules, "A\nb\nZ\nd\n"), "d\n");
}

#[test]
fn a_block_begins_only_where_its_first_line_matches() {
    let rules =
        "[[rule]]\nid='b'\nabout='x'\nunit='block'\nfrom='^Cookies'\nto='^OK$'\nkeywords=['cookies']\n";
    assert_eq!(clean(rules, "No cookies here.\nCookies\nMore\nOK\nText.\n"), "No cookies here.\nText.\n");
}

#[test]
fn a_block_without_end_runs_to_the_end_of_the_text_from_behind_the_article_only() {
    let rules = r#"
[[rule]]
id = "comments"
about = "Comments"
unit = "block"
from = '^Comments$'
min_words = 8
"#;
    let story = "The bridge was opened on Monday after three long years.\n";
    assert_eq!(clean(rules, &format!("{story}Comments\nPaul\n\nNo.\n")), story);
    // A link above the article, or an entry of a list of contents, is no heading.
    for kept in [format!("Comments\n{story}"), format!("{story}Comments\n{story}Comments\n")] {
        assert_eq!(clean(rules, &kept), kept);
    }
    assert_eq!(
        problems(&rules.replace("min_words = 8", "")).len(),
        1,
        "without `to`, what stands above must be said"
    );
}
