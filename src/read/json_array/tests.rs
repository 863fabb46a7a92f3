use proptest::prelude::*;

use super::*;
use crate::read::blocks::{BLOCK, Blocks, Piece};
use crate::read::jsonl;
use crate::run::options::Fields;

/// All pieces of a file in blocks of `size` bytes, with what stands before each; and what stands behind the last.
fn pieces(text: &[u8], size: usize) -> (Vec<(Vec<u8>, Piece)>, Vec<u8>) {
    let fields = Fields::default();
    let elements = Elements::new(shape(text).unwrap(), &fields);
    let mut blocks = Blocks::new(text, elements, jsonl::mark_len(text), size);
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some(block) = blocks.next_block().unwrap() {
        for piece in block.pieces {
            all.push((text[at..piece.start as usize].to_vec(), piece.clone()));
            at = piece.end as usize;
        }
    }
    (all, text[at..].to_vec())
}

/// The elements and whether each is a record.
fn elements(text: &str) -> Vec<(&str, bool)> {
    let read = |(_, piece): (_, Piece)| {
        let element = &text[piece.start as usize..piece.end as usize];
        (element, piece.cause.is_none() && jsonl::parse(element.as_bytes(), &Fields::default()).is_ok())
    };
    pieces(text.as_bytes(), BLOCK).0.into_iter().map(read).collect()
}

/// The file with those elements that `keep` says.
fn joined(text: &[u8], keep: impl Fn(usize) -> bool) -> Vec<u8> {
    let (all, rest) = pieces(text, BLOCK);
    let mut joiner = Joiner::new(shape(text).unwrap());
    let mut out = Vec::new();
    for (i, (before, piece)) in all.iter().enumerate() {
        let element = &text[piece.start as usize..piece.end as usize];
        joiner.element(before, keep(i).then_some(element), &mut out);
    }
    joiner.finish(&rest, &mut out);
    out
}

#[test]
fn the_shape_is_seen_at_the_beginning() {
    assert_eq!(shape(b"\xEF\xBB\xBF\n{\"a\":\"}\"}\n{"), Some(Shape::Lines));
    assert_eq!(shape(b"{\"a\": {\"b\": 1}, \"c\": \"long"), Some(Shape::Lines));
    assert_eq!(shape(b"{\n\"a\": 1}"), Some(Shape::Objects));
    assert_eq!(shape(b" [ {"), Some(Shape::Array));
    assert_eq!(shape(b"[]"), Some(Shape::Array));
    assert_eq!(shape(b"[1, 2]"), None);
    assert_eq!(shape(b"text"), None);
    assert!(looks_like_lines(b"{}\n") && !looks_like_lines(b"[{}]"));
}

#[test]
fn elements_are_found_whatever_their_strings_hold() {
    let text = r#"[{"text":"a ] } \" \\"}, {"text":"b","n":[{"text":"no"}]},3,"x,\"y",null,{}]"#;
    assert_eq!(
        elements(text),
        [
            (r#"{"text":"a ] } \" \\"}"#, true),
            (r#"{"text":"b","n":[{"text":"no"}]}"#, true),
            ("3", false),
            (r#""x,\"y""#, false),
            ("null", false),
            ("{}", false),
        ]
    );
}

#[test]
fn objects_on_several_lines_are_records() {
    let text = "\n{\n \"text\": \"a\"\n}\n{\n \"text\": \"b\"\n}\n";
    assert_eq!(elements(text).iter().filter(|(_, record)| *record).count(), 2);
    assert_eq!(joined(text.as_bytes(), |i| i == 1), b"\n{\n \"text\": \"b\"\n}\n");
}

#[test]
fn a_broken_element_costs_no_other() {
    let ok = r#"{"text":"x"}"#;
    for broken in
        [r#"{"text":"x""#, r#"{"text":"x}"#, r#"{"text":["x"}"#, r#"{"text":tru}"#, "}", r#"{"text":x"}"#]
    {
        let text = format!("[{ok},\n{broken},\n{ok},\n{ok}]");
        let found = elements(&text);
        assert_eq!(found.iter().filter(|(_, record)| *record).count(), 3, "{broken}: {found:?}");
    }
}

#[test]
fn of_an_array_that_is_cut_off_the_whole_elements_are_kept() {
    let text = r#"[{"text":"a"},{"text":"b"},{"text":"c"#;
    assert_eq!(elements(text).iter().map(|(_, record)| *record).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(joined(text.as_bytes(), |_| true), text.as_bytes());
    assert_eq!(joined(text.as_bytes(), |i| i < 2), br#"[{"text":"a"},{"text":"b"}]"#);
    let behind = r#"[{"text":"a"}] {"text":"b"}"#;
    assert_eq!(elements(behind).iter().map(|(_, record)| *record).collect::<Vec<_>>(), [true, false]);
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("12345678901234567890123".to_owned()),
        Just(r#""\ud83d ]}{[,\\\"""#.to_owned()),
        "\\PC{0,5}".prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(5, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(" ,\n"))),
            proptest::collection::vec(inner, 0..4).prop_map(|v| format!(
                "{{{}}}",
                v.iter().map(|v| format!("\"a\": {v}")).collect::<Vec<_>>().join(",")
            )),
        ]
    })
}

fn space() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["", " ", "\n  ", "\r\n"])
}

proptest! {
    #[test]
    fn any_rest_of_a_valid_array_is_valid_and_the_whole_is_the_same(
        values in proptest::collection::vec((value(), any::<bool>(), space(), space()), 0..6),
        around in (space(), space(), space()),
        size in 1usize..40,
    ) {
        let inside: Vec<String> = values.iter().map(|(v, _, a, b)| format!("{a}{v}{b}")).collect();
        let text = format!("{}[{}{}]{}", around.0, inside.join(","), around.1, around.2);
        prop_assume!(shape(text.as_bytes()).is_some());
        let bytes = text.as_bytes();
        prop_assert_eq!(pieces(bytes, size), pieces(bytes, BLOCK));
        let found: Vec<&str> = elements(&text).into_iter().map(|(element, _)| element).collect();
        prop_assert_eq!(found, values.iter().map(|(v, ..)| v.as_str()).collect::<Vec<_>>());
        prop_assert_eq!(joined(bytes, |_| true), bytes);
        let rest = joined(bytes, |i| values[i].1);
        let read: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&rest).unwrap();
        let kept = values.iter().filter(|(_, keep, ..)| *keep).map(|(v, ..)| v.as_str());
        prop_assert_eq!(read.into_iter().map(|v| v.get()).collect::<Vec<_>>(), kept.collect::<Vec<_>>());
    }

    #[test]
    fn however_broken_json_is_cut_into_blocks_the_same_pieces_are_found(
        parts in proptest::collection::vec(
            proptest::sample::select(vec!["{\"text\":\"a\"}", "{", "}", "[", "]", "\"", "\\", ",", "\n", "x"]), 0..30),
        size in 1usize..40,
    ) {
        let text = format!("[{{\"text\":\"a\"}}{}", parts.concat());
        prop_assert_eq!(pieces(text.as_bytes(), size), pieces(text.as_bytes(), BLOCK));
    }
}
