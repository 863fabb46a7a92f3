use std::io::Read;

use proptest::prelude::*;

use super::scan::End;
use super::*;
use crate::document::Cut;
use crate::read::Decoded;
use crate::read::blocks::{BLOCK, Block, Blocks, Piece};
use crate::strip::remaining;

const COMMA: Dialect = Dialect { delimiter: Some(b','), quoting: true };

fn head(text: &[u8]) -> Result<Header, String> {
    header(text, sniff(text, false), &Fields::default())
}

/// All pieces of a file, read in blocks of `size` bytes, and how many bytes the blocks hold.
fn pieces(text: &[u8], size: usize) -> Vec<(Piece, Vec<u8>)> {
    let header = head(text).unwrap();
    let fields = Fields::default();
    // A reader that hands out little at a time.
    let input = text.chunks(3).fold(Box::new(std::io::empty()) as Box<dyn Read>, |r, c| Box::new(r.chain(c)));
    let mut blocks = Blocks::new(input, Rows::new(&header, &fields), header.end, size);
    let (mut all, mut bytes) = (Vec::new(), Vec::new());
    while let Some(block) = blocks.next_block().unwrap() {
        assert_eq!(block.offset, bytes.len() as u64);
        bytes.extend_from_slice(&block.bytes);
        assert_eq!(block.end(), bytes.len() as u64);
        all.extend(block.pieces.iter().map(|piece| (piece.clone(), block.piece(piece).to_vec())));
    }
    assert_eq!(bytes, text);
    all
}

/// The texts of a file's records, `None` for those that are rejected.
fn texts(text: &[u8]) -> Vec<Option<String>> {
    let header = head(text).unwrap();
    let read = |(piece, bytes): (Piece, Vec<u8>)| {
        let record = parse(&bytes, &header, &Fields::default()).ok().filter(|_| piece.cause.is_none())?;
        Some(name(&Decoded::new(&bytes[record.body], record.encoding).text).into_owned())
    };
    pieces(text, BLOCK).into_iter().map(read).collect()
}

#[test]
fn the_delimiter_is_the_one_on_which_header_and_rows_agree() {
    let delimiter = |text: &str, is_tsv| sniff(text.as_bytes(), is_tsv).delimiter;
    assert_eq!(delimiter("id,text\n1,\"a;b\nc\"\n2,x\n", false), Some(b','));
    assert_eq!(delimiter("titre;texte, corps;date\na, b;c;d\ne;f, g, h;i\n", false), Some(b';'));
    assert_eq!(delimiter("id|text\r1|a, b\r", false), Some(b'|'));
    assert_eq!(delimiter("id,a\ttext,b\n1,2\t3,4\n", true), Some(b'\t'));
    assert_eq!(delimiter("\u{FEFF}sep=;\r\nid,x;text\r\n1,2;3\r\n", false), Some(b';'));
    assert_eq!(delimiter("text\nHello, world; all\n", false), None);
}

#[test]
fn quotes_mean_nothing_in_a_file_whose_rows_agree_only_without_them() {
    let text = b"id\ttext\n1\t\"Hello\" said he\n2\t\"Never closed\n3\tx\n";
    assert!(!sniff(text, true).quoting);
    assert!(sniff(b"id\ttext\n1\t\"a\n\tb\"\n", true).quoting);
    assert_eq!(texts(text)[1].as_deref(), Some("\"Never closed"));
}

#[test]
fn a_header_finds_its_columns_whatever_their_case() {
    let header = head(b"\xEF\xBB\xBF\r\nId, Text ,URL\r\n1,x,y\r\n").unwrap();
    assert_eq!((header.names.clone(), header.text), (vec!["Id".into(), "Text".into(), "URL".into()], 1));
    let record = parse(b"1,x,https://www.example.org/a\r\n", &header, &Fields::default()).unwrap();
    assert_eq!(record.meta.site.as_deref(), Some("example.org"));
    assert_eq!(record.meta.id.as_deref(), Some("1"));
}

#[test]
fn a_name_that_is_no_column_lists_those_that_are_there() {
    let fields = Fields { text: Some("corps".into()), ..Fields::default() };
    let cause = header(b"id;text\n1;x\n", sniff(b"id;text\n1;x\n", false), &fields).unwrap_err();
    assert_eq!(cause, "the header has no `corps`; its columns are: id, text");
    assert!(head(b"\n").unwrap_err().contains("empty"));
    assert!(head(b"id,\"text\n1,x\n").unwrap_err().contains("not closed"));
}

#[test]
fn numbers_of_rows_without_a_name_shift_the_columns() {
    assert_eq!(
        texts(b"\"text\";\"date\"\n\"1\";\"a\";2016\n\"2\";\"b\";2017\n"),
        [Some("a".into()), Some("b".into())]
    );
}

#[test]
fn rows_may_be_short_or_have_empty_fields_too_many_but_no_values() {
    let header = head(b"id,text,url\n").unwrap();
    let read = |row: &str| parse(row.as_bytes(), &header, &Fields::default());
    assert_eq!(read("1,x").unwrap().body, 2..3);
    assert_eq!(read("1,x,y,,\r\n").unwrap().body, 2..3);
    assert_eq!(read("1,x,y,,z,\n").unwrap_err(), "the row has 6 fields, the header 3");
    assert_eq!(read("1").unwrap_err(), "the row has 1 fields, its text (`text`) would be number 2");
    assert_eq!(read("1,\"x\" y,z").unwrap_err(), "the text goes on behind its closing quote");
    assert_eq!(read("1,\"x\" ,z").unwrap().body, 3..4);
    assert_eq!(read("1,x \"y\" z,u").unwrap().body, 2..9);
    assert_eq!(read("1,\"\",u").unwrap().body, 3..3);
}

#[test]
fn blank_lines_and_all_line_ends_part_records() {
    let text = b"id,text\r\n1,a\r\n\r\n2,b\n\n3,\"c\r\nd\"\r4,\0e\n  \n5,f";
    let expected = ["a", "b", "c\r\nd", "\0e", "f"].map(|t| Some(t.to_owned()));
    assert_eq!(texts(text), expected);
}

#[test]
fn an_open_quote_costs_its_own_row_and_not_those_behind_it() {
    let row = |i: usize| format!("{i},\"text, {i}\",http://example.org/{i}\n");
    let rows: String = (0..9).map(row).collect();
    let plain: String = (0..9).map(|i| format!("{i},text,http://example.org/{i}\n")).collect();
    for (after, count) in [(&rows, 9), (&plain, 9)] {
        let text = format!("id,text,url\n1,a,\n2,\"open,http://example.org/\n{after}");
        let read = texts(text.as_bytes());
        assert_eq!(read.len(), count + 2, "{read:?}");
        assert_eq!(read.iter().filter(|text| text.is_none()).count(), 1);
        assert!(read[1].is_none());
    }
}

#[test]
fn a_text_that_is_cut_off_at_the_end_of_a_file_is_one_reject() {
    let text = b"id,text,url\n1,a,\n2,\"One, two, three.\n\nFour, five, six.\nSeven, eight, nine.\n\nTen, el";
    assert_eq!(texts(text).len(), 2);
    let text = b"id,text,url\n1,a,http://b\n2,\"One, two, three.\nFour, five, six.\nSeven, eight, nine.\nTen, a, b\n";
    assert_eq!(texts(text), [Some("a".into()), None]);
}

#[test]
fn a_rest_that_would_be_read_as_a_quoted_field_is_not_left() {
    let text = b"More: \"quoted\" text";
    let cut = |start, end| Cut { start, end, rule: 0 };
    let refused = |cuts: &[Cut]| {
        let mut left = cuts.to_vec();
        Encoding::CsvBare.refuse_unsafe(text, &mut left);
        left
    };
    assert_eq!(refused(&[cut(0, 6), cut(14, 19)]), [cut(14, 19)]);
    assert_eq!(refused(&[cut(0, 2), cut(2, 6)]), [cut(2, 6)]);
    assert_eq!(refused(&[cut(0, 5)]), [cut(0, 5)]);
    assert_eq!(refused(&[cut(0, 19)]), [cut(0, 19)]);
    assert_eq!(refused(&[cut(1, 6)]), [cut(1, 6)]);
}

fn piece() -> impl Strategy<Value = &'static [u8]> {
    let pieces: Vec<&[u8]> = vec![
        b"\"",
        b"\"",
        b"\"\"",
        b",",
        b",",
        b",\"",
        b"\",",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"a",
        b"bc",
        b"\0",
        b"\xC3",
        "é".as_bytes(),
    ];
    proptest::sample::select(pieces)
}

/// A row as simple programs write it: quotes only where they are needed, and where `quoted` says so.
fn row(fields: &[(Vec<u8>, bool)]) -> Vec<u8> {
    let mut row = Vec::new();
    for (i, (field, quoted)) in fields.iter().enumerate() {
        row.extend_from_slice(if i > 0 { b"," } else { b"" });
        let special = field.iter().any(|b| b",\r\n".contains(b)) || field.starts_with(b"\"");
        if *quoted || special || (fields.len() == 1 && is_blank(field)) {
            row.push(b'"');
            field.iter().for_each(|b| {
                row.extend_from_slice(if *b == b'"' { b"\"\"" } else { std::slice::from_ref(b) })
            });
            row.push(b'"');
        } else {
            row.extend_from_slice(field);
        }
    }
    row.push(b'\n');
    row
}

fn by_the_crate(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    reader.byte_records().map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
}

proptest! {
    #[test]
    fn rows_and_fields_are_those_of_the_csv_crate(pieces in proptest::collection::vec(piece(), 0..40)) {
        let bytes = pieces.concat();
        let twin = by_the_crate(&bytes);
        let (mut at, mut ours) = (0, Vec::new());
        let mut open = false;
        while at < bytes.len() && !open {
            let end = COMMA.record_end(&bytes, at).unwrap_or(bytes.len());
            open = end == bytes.len() && COMMA.end(&bytes, at, false) == End::Open;
            let record = &bytes[at..end];
            at = end;
            if !open && record.iter().any(|b| !b"\r\n".contains(b)) {
                ours.push(COMMA.fields(record).map(|f| f.value(record).into_owned()).collect::<Vec<_>>());
            }
        }
        prop_assert_eq!(&ours[..], &twin[..ours.len().min(twin.len())]);
        prop_assert!(twin.len() == ours.len() || open && twin.len() == ours.len() + 1);
    }

    #[test]
    fn however_a_stream_is_cut_the_same_records_are_found(
        rest in proptest::collection::vec(piece(), 0..60),
        size in 1usize..50,
    ) {
        let text = [b"text,url\n", &rest.concat()[..]].concat();
        prop_assert_eq!(pieces(&text, size), pieces(&text, BLOCK));
    }

    #[test]
    fn only_the_text_field_changes_and_by_what_is_cut(
        before in proptest::collection::vec(piece(), 0..6),
        text in proptest::collection::vec((piece(), any::<bool>()), 0..8),
        after in proptest::collection::vec(piece(), 0..6),
        quoted in any::<[bool; 3]>(),
        alone in any::<bool>(),
    ) {
        let whole: Vec<u8> = text.iter().flat_map(|(piece, _)| piece.iter().copied()).collect();
        let mut fields = vec![(whole.clone(), quoted[1])];
        if !alone {
            fields.insert(0, (before.concat(), quoted[0]));
            fields.push((after.concat(), quoted[2]));
        }
        let raw = row(&fields);
        let names: &[u8] = if alone { b"text\n" } else { b"a,text,b\n" };
        let mut header = head(names).unwrap();
        header.dialect = COMMA;
        let record = parse(&raw, &header, &Fields::default()).unwrap();
        let body = &raw[record.body.clone()];
        let decoded = Decoded::new(body, record.encoding);
        prop_assert_eq!(&*decoded.text, &whole[..]);

        let (mut cuts, mut at) = (Vec::new(), 0);
        for (piece, cut) in &text {
            if *cut {
                cuts.push(Cut { start: at, end: at + piece.len(), rule: 0 });
            }
            at += piece.len();
        }
        record.encoding.refuse_unsafe(&decoded.text, &mut cuts);
        let left = remaining(&whole, &cuts).into_owned();
        let raw_cuts: Vec<Cut> = cuts.iter().map(|c| {
            Cut { start: decoded.raw_offset(c.start), end: decoded.raw_offset(c.end), rule: 0 }
        }).collect();
        let rest = remaining(body, &raw_cuts);
        prop_assert_eq!(&*Decoded::new(&rest, record.encoding).text, &left[..]);

        let rest = if rest.is_empty() { record.encoding.emptied() } else { &rest };
        let clean = [&raw[..record.body.start], rest, &raw[record.body.end..]].concat();
        fields[usize::from(!alone)].0 = left;
        let expected: Vec<Vec<u8>> = fields.into_iter().map(|(field, _)| field).collect();
        prop_assert_eq!(by_the_crate(&clean), [expected]);
    }
}

#[test]
fn a_block_ends_where_a_record_ends() {
    let header = head(b"text\n").unwrap();
    let fields = Fields::default();
    let mut blocks = Blocks::new(&b"text\nabc\ndef\n"[..], Rows::new(&header, &fields), header.end, 10);
    let first: Block = blocks.next_block().unwrap().unwrap();
    assert_eq!((first.bytes.as_slice(), first.pieces.len()), (&b"text\nabc\n"[..], 1));
}
