//! A corpus is the same corpus however it is written down: as records or files, plain, compressed or in an archive.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::io::Write;

use serde_json::{Value, json};
use support::{Chance, Place, assert_all_accounted_for, assert_same_tree, assert_sums_hold};

/// Articles with chrome, quotes and line ends; every fifth is a copy of the one before.
fn articles() -> Vec<String> {
    let mut chance = Chance::new(5);
    let mut articles: Vec<String> = Vec::new();
    for n in 0..40 {
        let body = match articles.last() {
            Some(before) if n % 5 == 4 => before.clone(),
            _ => format!("{}\n\nHe said: \"{}\", and \\ left.\n", chance.article(60), chance.article(12)),
        };
        articles.push(if n % 3 == 0 { format!("{body}\nTerms of Use | Privacy Policy\n") } else { body });
    }
    articles
}

fn jsonl(articles: &[String]) -> Vec<u8> {
    articles
        .iter()
        .enumerate()
        .flat_map(|(n, text)| format!("{}\n", json!({"id": n, "text": text})).into_bytes())
        .collect()
}

fn csv(articles: &[String]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "text", "note"]).unwrap();
    for (n, text) in articles.iter().enumerate() {
        writer.write_record([&n.to_string(), text, "a, \"note\"\r\non two lines"]).unwrap();
    }
    writer.into_inner().unwrap()
}

fn gzip(parts: &[&[u8]]) -> Vec<u8> {
    let member = |part: &&[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(part).unwrap();
        packed.finish().unwrap()
    };
    parts.iter().flat_map(member).collect()
}

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn tar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn wet(articles: &[String]) -> Vec<u8> {
    let record = |kind: &str, number: usize, media: &str, block: &str| {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:{number}>\r\nContent-Type: {media}\r\n\
             WARC-Target-URI: https://example.org/{number}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
            block.len()
        )
    };
    let mut archive = record("warcinfo", 1000, "application/warc-fields", "software: made\r\n");
    for (n, text) in articles.iter().enumerate() {
        archive += &record("conversion", n, "text/plain", text);
    }
    archive.into_bytes()
}

fn parquet(articles: &[String]) -> Vec<u8> {
    use tamis::write::parquet::{Column, Kind, RecordWriter};
    let columns = vec![Column::required("id", Kind::Integer), Column::optional("text", Kind::Text)];
    let mut writer = RecordWriter::new(Vec::new(), columns).unwrap();
    for (n, text) in articles.iter().enumerate() {
        writer.write([("id".to_owned(), json!(n)), ("text".to_owned(), json!(text))]).unwrap();
    }
    writer.finish().unwrap()
}

fn files(articles: &[String]) -> Vec<(String, Vec<u8>)> {
    articles
        .iter()
        .enumerate()
        .map(|(n, text)| (format!("a/{n:02}.txt"), text.clone().into_bytes()))
        .collect()
}

/// Number of the article, status and sizes of every document.
fn fates(place: &Place, out: &str) -> Vec<(usize, Value, Value, Value)> {
    let number = |doc: &str| -> usize {
        let of_record = doc.rsplit_once('#').map(|(_, number)| number);
        let of_file = || doc.rsplit('/').next().and_then(|name| name.strip_suffix(".txt"));
        of_record.or_else(of_file).unwrap().parse().unwrap()
    };
    let mut fates: Vec<_> = place
        .list(format!("{out}/documents.jsonl"))
        .into_iter()
        .map(|d| {
            (
                number(d["doc"].as_str().unwrap()),
                d["status"].clone(),
                d["bytes_in"].clone(),
                d["bytes_out"].clone(),
            )
        })
        .collect();
    fates.sort_by_key(|fate| fate.0);
    // In a web archive the first record is about the archive.
    if fates.first().is_some_and(|fate| fate.0 == 1) {
        fates.iter_mut().for_each(|fate| fate.0 -= 1);
    }
    fates
}

#[test]
fn the_same_documents_are_kept_whatever_they_are_written_in() {
    let (place, articles) = (Place::new(), articles());
    let (lines, files) = (jsonl(&articles), files(&articles));
    let half = lines.len() / 2;
    let array: Vec<Value> =
        lines.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("h.jsonl", lines.clone()),
        ("h.jsonl.gz", gzip(&[&lines])),
        ("many.jsonl.gz", gzip(&[&lines[..half], &lines[half..], b""])),
        ("h.jsonl.zst", zstd::encode_all(lines.as_slice(), 1).unwrap()),
        ("h.json", serde_json::to_vec_pretty(&array).unwrap()),
        ("one.json.gz", gzip(&[&serde_json::to_vec(&array).unwrap()])),
        ("h.csv", csv(&articles)),
        ("h.csv.gz", gzip(&[&csv(&articles)])),
        ("h.warc.wet.gz", gzip(&[&wet(&articles)])),
        ("h.parquet", parquet(&articles)),
        ("h.zip", zip(&files)),
        ("h.tar", tar(&files)),
        ("h.tar.gz", gzip(&[&tar(&files)])),
        ("in.zip", zip(&[("h.jsonl".into(), lines.clone())])),
        ("in.tar.gz", gzip(&[&tar(&[("deep/h.csv.gz".into(), gzip(&[&csv(&articles)]))])])),
    ];
    for (name, bytes) in &files {
        place.write(format!("texts/{name}"), bytes);
    }
    place.ok("clean texts -o out -q --events off");
    let expected = fates(&place, "out");
    assert_eq!(expected.len(), articles.len());
    assert_eq!(expected.iter().filter(|fate| fate.1 == "identical").count(), 8);
    for (name, bytes) in cases {
        place.write(format!("in/{name}"), &bytes);
        place.ok(&format!("clean in/{name} -o out-{name} -q --events off"));
        assert_eq!(fates(&place, &format!("out-{name}")), expected, "{name}");
        assert_all_accounted_for(&place.path(format!("out-{name}")));
        assert_sums_hold(&place.path(format!("out-{name}")));
        if !name.ends_with("zip") && !name.contains(".tar") {
            let format = if name.contains("csv") { "--format csv" } else { "" };
            place.feed(&format!("clean - -o piped-{name} -q --events off {format}"), &bytes).with(0);
            assert_eq!(fates(&place, &format!("piped-{name}")), expected, "{name} on standard input");
        }
    }
    // All of them at once: everything is a copy of something, and a second run reads nothing.
    place.ok("clean in texts -o all -q --events off");
    let counts = assert_all_accounted_for(&place.path("all"));
    let kept = expected.iter().filter(|fate| fate.1 == "kept").count();
    assert_eq!(counts["kept"], kept);
    let before = place.tree("all");
    let again = place.ok("clean in texts -o all --events off --json");
    let summary: Value = serde_json::from_slice(&again.out).unwrap();
    assert_eq!(summary["parts"], summary["reused"]);
    assert_same_tree(&before, &place.tree("all"));
}

#[test]
fn other_fields_of_csv_keep_their_bytes_and_an_emptied_one_is_two_quotes() {
    let place = Place::new();
    let text = "\u{feff}id;\"te\"\"xt\";text;n\r\n\
        1;\"a;b\";\"Un \"\"pont\"\" est fermé.\r\n\r\nLire aussi : Le pont de Brest rouvre lundi\";007\r\n\
        \r\n\
        2;' x ;Lire aussi : Le pont de Brest rouvre lundi;\r\n\
        3;;Le texte d'ici.;\"\"";
    place.write("in.csv", text);
    place.ok("clean in.csv -o out -q --copies tag");
    let expected = "\u{feff}id;\"te\"\"xt\";text;n\r\n\
        1;\"a;b\";\"Un \"\"pont\"\" est fermé.\r\n\";007\r\n\
        3;;Le texte d'ici.;\"\"";
    assert_eq!(place.text("out/data/in.csv"), expected);
    let statuses: Vec<Value> =
        place.list("out/documents.jsonl").iter().map(|d| d["status"].clone()).collect();
    assert_eq!(statuses, ["kept", "emptied", "kept"]);
    let done = place.feed("strip --format csv", text.as_bytes()).with(0);
    assert!(done.text().contains("\r\n2;' x ;\"\";\r\n"), "{}", done.text());
}

#[test]
fn a_json_array_stays_an_array_whatever_is_removed() {
    let place = Place::new();
    let object = |n: usize, text: &str| format!("{{ \"n\": {n},\n  \"text\": \"{text}\" }}");
    let (first, second) = (object(1, "One text of some words."), object(2, "Another text of some words."));
    for (case, array, expected) in [
        ("all stay", format!("[\n{first},\n{second}\n]\n"), format!("[\n{first},\n{second}\n]\n")),
        ("the last goes", format!("[{first}, {second},{first}]"), format!("[{first}, {second}]")),
        ("one is none", format!("[{first},\n 7,\n{second}]"), format!("[{first},{second}]")),
        ("objects", format!("{first}\n{second}\n{first}\n"), format!("{first}\n{second}\n")),
    ] {
        place.write("in.json", &array);
        let out = case.replace(' ', "-");
        place.run(&format!("clean in.json -o {out} -q --rejects ok")).with(0);
        let found = place.text(format!("{out}/data/in.json"));
        assert_eq!(
            found.split_whitespace().collect::<String>(),
            expected.split_whitespace().collect::<String>(),
            "{case}"
        );
        if case == "all stay" {
            assert_eq!(found, expected);
        }
        if array.starts_with('[') {
            serde_json::from_str::<Vec<Value>>(&found).unwrap();
        }
    }
}

#[test]
fn a_bad_member_is_named_and_its_neighbours_are_used() {
    let place = Place::new();
    let members: Vec<(String, Vec<u8>)> = vec![
        ("a.txt".into(), b"A text in an archive.\n".to_vec()),
        ("b.pdf".into(), b"%PDF".to_vec()),
        (
            "c.jsonl.gz".into(),
            gzip(&[b"{\"text\":\"A whole record.\"}\n{\"text\":\"And one more that is long.\"}\n"])[..40]
                .to_vec(),
        ),
        ("d.jsonl".into(), b"{\"text\":\"Another record.\"}\nbroken\n".to_vec()),
        (".hidden.txt".into(), b"Hidden.\n".to_vec()),
        ("inner.zip".into(), zip(&[("x.txt".into(), b"Deep.\n".to_vec())])),
    ];
    for (name, bytes) in [("m.zip", zip(&members)), ("m.tar", tar(&members))] {
        place.write(name, bytes);
        let out = format!("out-{name}");
        place.ends(3, &format!("clean {name} -o {out}")).says(&["1 hidden file"]);
        let rejects = place.list(format!("{out}/rejects.jsonl"));
        let cause = |file: &str| {
            let key = format!("{name}/{file}");
            rejects
                .iter()
                .find(|r| r["file"] == key.as_str())
                .map(|r| r["cause"].as_str().unwrap().to_owned())
        };
        assert_eq!(cause("b.pdf").as_deref(), Some("files of type .pdf are not read yet"));
        assert_eq!(cause("c.jsonl.gz").as_deref(), Some("the compressed data ends too early"));
        assert!(cause("d.jsonl").is_some_and(|cause| cause.starts_with("not valid JSON")));
        assert!(cause("inner.zip").is_some_and(|cause| cause.contains("not unpacked")));
        assert_eq!(place.text(format!("{out}/data/{name}/a.txt")), "A text in an archive.\n");
        assert_all_accounted_for(&place.path(&out));
        let inputs = place.json(format!("{out}/manifest.json"))["inputs"].clone();
        let archive = inputs.as_array().unwrap().iter().find(|input| input["path"] == name).unwrap();
        assert_eq!(archive["sha256"], support::sha256(&place.read(name)));
        // The second run knows all of it, and says the same.
        let before = place.tree(&out);
        place.ends(3, &format!("clean {name} -o {out} -q"));
        assert_same_tree(&before, &place.tree(&out));
    }
}

#[test]
fn records_that_cannot_be_used_are_listed_by_every_run() {
    let place = Place::new();
    place.write("in/none.jsonl", "broken\nbroken too\n");
    place.write("in/none.csv", "id,text\n1\n");
    place.write("in/some.jsonl", "{\"text\":\"A record.\"}\n");
    place.ends(3, "clean in -o out -q");
    let before = place.tree("out");
    assert_eq!(place.list("out/rejects.jsonl").len(), 3);
    // A file that was changed just now is read again whatever is known of it.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    place.ends(3, "clean in -o out -q --force");
    std::thread::sleep(std::time::Duration::from_millis(10));
    place.ends(3, "clean in -o out -q");
    assert_same_tree(&before, &place.tree("out"));
}

#[test]
fn a_legacy_charset_becomes_utf8_and_the_manifest_says_so() {
    let place = Place::new();
    let text = "L'été dernier, la forêt a brûlé près du château ; « ça suffit », dit-il, déjà fâché.";
    let legacy: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    place.write("in/a.txt", &legacy);
    place.write("in/b.csv", [b"id;text\n1;", legacy.as_slice(), b"\n"].concat());
    let wide: Vec<u8> = format!("\u{feff}{}\r\n", json!({ "text": text }))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    place.write("in/c.jsonl", wide);
    place.ok("clean in -o out -q --copies tag --events off");
    assert_eq!(place.text("out/data/a.txt"), text);
    assert_eq!(place.text("out/data/b.csv"), format!("id;text\n1;{text}\n"));
    assert_eq!(place.text("out/data/c.jsonl"), format!("\u{feff}{}\r\n", json!({ "text": text })));
    let conversions = place.json("out/manifest.json")["conversions"].clone();
    assert_eq!(conversions, json!({"windows-1252": 2, "utf-16le": 1}));
    assert_eq!(place.list("out/documents.jsonl")[0]["converted"], "windows-1252");
    place.ok("explain out a.txt").says(&[]);
}

#[test]
fn what_came_by_a_pipe_or_in_an_archive_can_be_explained() {
    let place = Place::new();
    let text = "Le pont est fermé.\n\nLire aussi : Le pont de Brest rouvre lundi\n";
    place.feed("clean - -o piped -q", text.as_bytes()).with(0);
    assert!(place.ok("explain piped -").text().contains("Le pont de Brest rouvre"));
    place.write("a.zip", zip(&[("x/a.txt".into(), text.as_bytes().to_vec())]));
    place.ok("clean a.zip -o out -q");
    assert!(place.ok("explain out a.zip/x/a.txt").text().contains("Le pont de Brest rouvre"));
}

#[test]
fn of_a_saved_page_the_article_is_read_and_cleaned() {
    let (place, mut chance) = (Place::new(), Chance::new(8));
    let paragraphs: Vec<String> = (0..5).map(|_| chance.article(50)).collect();
    let article: String = paragraphs.iter().map(|text| format!("<p>{text}</p>\n")).collect();
    let page = |extra: &str| {
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>A headline of its own</title></head><body>\
             <nav><ul><li><a href=\"/\">Home</a></li><li><a href=\"/s\">Sport</a></li></ul></nav>\
             <article><h1>A headline of its own</h1>{article}{extra}</article>\
             <footer>Terms of Use | Privacy Policy</footer></body></html>"
        )
    };
    place.write("in/a.html", page(""));
    place.write("in/b.htm", page("<p>Read also: another piece</p>"));
    place.write("in/none.html", "<html><body><nav>Home</nav></body></html>");
    let pages = zip(&[("c.xhtml".into(), page("").into_bytes())]);
    place.write("in/c.zip", pages);
    place.ends(3, "clean in -o out --copies tag --events off -q");
    let clean = place.text("out/data/a.html.txt");
    for text in &paragraphs {
        let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(in_one_line(&clean).contains(&in_one_line(text)), "{text} is not in {clean}");
    }
    assert!(!clean.contains("Sport") && !clean.contains("Privacy Policy"), "{clean}");
    assert!(place.exists("out/data/b.htm.txt") && place.exists("out/data/c.zip/c.xhtml.txt"));
    assert_eq!(place.list("out/rejects.jsonl")[0]["file"], "none.html");
    assert_eq!(place.json("out/manifest.json")["conversions"], json!({"html": 3}));
    assert_all_accounted_for(&place.path("out"));
    let before = place.tree("out");
    place.ends(3, "clean in -o out --copies tag --events off -q");
    assert_same_tree(&before, &place.tree("out"));
    place.feed("clean - -o piped -q", page("").as_bytes()).with(0);
    assert_eq!(place.text("piped/data/stdin.txt"), clean);
}

#[test]
fn of_a_page_the_article_is_sought_once() {
    let (place, mut chance) = (Place::new(), Chance::new(13));
    // What the line model would cut from a page dumped as lines: short lines behind the prose.
    let prose: String = (0..6).map(|_| format!("<p>{}</p>\n", chance.article(60))).collect();
    let page = format!(
        "<html lang=\"en\"><head><title>One</title></head><body><article><h1>One</h1>{prose}\
         <p>Photos: Jane Roe</p><p>Music</p><p>Arts</p></article></body></html>"
    );
    place.write("in/a.html", page);
    place.ok("clean in -o rules -q --events off");
    place.ok("clean in -o main -q --events off --strip main");
    assert_eq!(place.text("main/data/a.html.txt"), place.text("rules/data/a.html.txt"));
    // The same lines as a text are a page that is still whole.
    let article = place.text("rules/data/a.html.txt");
    let menu = "Home\nNews\nSport\nWeather\nContact\n";
    place.write("dump/a.txt", format!("{menu}\n{article}\nOther stories\nSign in\nNewsletter\n{menu}"));
    place.ok("clean dump -o dumped -q --events off --strip main");
    let dumped = place.text("dumped/data/a.txt");
    assert!(!dumped.contains("Weather") && dumped.len() > article.len() / 2, "{dumped}");
}

#[test]
fn a_page_in_a_web_archive_becomes_a_record_with_what_the_page_says_of_itself() {
    let (place, mut chance) = (Place::new(), Chance::new(9));
    let text = chance.article(120);
    let page = format!(
        "<html lang=\"en\"><head><title>Harbour bridge opens</title>\
         <meta property=\"article:published_time\" content=\"2019-03-04T10:00:00Z\"></head>\
         <body><article><h1>Harbour bridge opens</h1><p>{text}</p></article></body></html>"
    );
    let block = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}");
    let archive = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:1>\r\nWARC-Date: 2020-01-02T03:04:05Z\r\n\
         WARC-Target-URI: https://news.example.org/bridge\r\nContent-Type: application/http; msgtype=response\r\n\
         Content-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    );
    place.write("crawl.warc.gz", gzip(&[archive.as_bytes()]));
    place.ok("clean crawl.warc.gz -o out -q");
    let record = &place.list("out/data/crawl.warc.jsonl")[0];
    assert_eq!(
        (&record["url"], &record["id"]),
        (&json!("https://news.example.org/bridge"), &json!("<urn:1>"))
    );
    assert_eq!((&record["title"], &record["lang"]), (&json!("Harbour bridge opens"), &json!("en")));
    assert_eq!((&record["date"], &record["crawled"]), (&json!("2019-03-04"), &json!("2020-01-02T03:04:05Z")));
    assert!(record["text"].as_str().unwrap().contains(&text[..60]));
    let document = &place.list("out/documents.jsonl")[0];
    assert_eq!((&document["site"], &document["converted"]), (&json!("news.example.org"), &json!("html")));
}

#[test]
fn of_a_legacy_table_that_is_cut_off_the_tail_is_a_reject() {
    let place = Place::new();
    let mut chance = Chance::new(21);
    // More than is looked at to find out the charset, and incompressible enough to be cut well behind that.
    let row = |n: usize| {
        [format!("{n};").as_bytes(), b"\xE9t\xE9 \xE0 ", chance.words(40).join(" ").as_bytes(), b"\n"]
            .concat()
    };
    let table: Vec<u8> = [b"id;text\n".to_vec()].into_iter().chain((0..8000).map(row)).flatten().collect();
    assert!(table.len() > 2 << 20);
    let packed = gzip(&[&table]);
    place.write("in.csv.gz", &packed[..packed.len() * 9 / 10]);
    place.ends(3, "clean in.csv.gz -o out -q --events off --copies off --strip none");
    let rejects = place.list("out/rejects.jsonl");
    assert_eq!(rejects.len(), 1, "{rejects:?}");
    assert_eq!(rejects[0]["cause"], "the compressed data ends too early");
    let counts = assert_all_accounted_for(&place.path("out"));
    assert!(counts["kept"].as_u64().unwrap() > 4000);
}

#[test]
fn binary_data_is_no_text_wherever_it_lies() {
    let place = Place::new();
    let binary = b"binary \0\x01\x02 data".to_vec();
    place.write("in/plain", &binary);
    place.write("in/packed.gz", gzip(&[&binary]));
    place.write("in/m.zip", zip(&[("member".into(), binary), ("b.txt".into(), b"A text.\n".to_vec())]));
    place.ends(3, "clean in -o out -q");
    let rejects = place.list("out/rejects.jsonl");
    let found: Vec<_> =
        rejects.iter().map(|r| (r["file"].as_str().unwrap(), r["cause"].as_str().unwrap())).collect();
    let cause = "binary data, not text";
    assert_eq!(found, [("m.zip/member", cause), ("packed.gz", cause), ("plain", cause)]);
    assert_all_accounted_for(&place.path("out"));
}

#[test]
fn a_mark_of_byte_order_is_no_part_of_the_first_element() {
    let place = Place::new();
    let two = "[{\"id\":1,\"text\":\"The bridge was opened on Monday.\"},\n {\"id\":2,\"text\":\"A ferry sank on Tuesday.\"}]\n";
    let objects =
        "{\n\"text\":\"The mayor spoke on Friday.\"\n}\n{\n\"text\":\"Nobody came on Sunday.\"\n}\n";
    let one = "[{\"text\":\"A letter arrived on Saturday.\"}]";
    for (name, text) in [("two", two), ("objects", objects), ("one", one)] {
        let marked = format!("\u{feff}{text}");
        place.write(format!("in/{name}.json"), &marked);
        let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        place.write(format!("wide/{name}.json"), wide);
    }
    place.ok("clean in -o out -q --strip none");
    assert_same_tree(&place.tree("in"), &place.tree("out/data"));
    place.ok("clean wide -o narrow -q --strip none");
    assert_same_tree(&place.tree("in"), &place.tree("narrow/data"));
    for out in ["out", "narrow"] {
        place.ok(&format!("verify {out}"));
    }
    // With one of two removed it is still an array, and so for the filter.
    let near = two.replace("A ferry sank on Tuesday.", "The bridge was opened on Monday.");
    place.write("again/a.json", format!("\u{feff}{near}"));
    place.ok("clean again -o kept -q");
    let kept = place.text("kept/data/a.json");
    let kept: Vec<Value> = serde_json::from_str(kept.strip_prefix('\u{feff}').unwrap()).unwrap();
    assert_eq!(kept.len(), 1);
    let filtered = place.ok("strip again/a.json").out;
    assert_eq!(String::from_utf8(filtered).unwrap(), format!("\u{feff}{near}"));
}
