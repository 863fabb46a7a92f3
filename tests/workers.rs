//! What several machines read gives the bytes of one machine; what does not fit together is refused.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::io::{BufRead as _, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use support::{Chance, Place, assert_same_tree, quoted};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A folder of everything: texts with chrome and copies, a file of lines that is read in several slices, streams,
/// pages, and inputs that cannot be used.
fn corpus() -> Place {
    let place = Place::new();
    let mut chance = Chance::new(11);
    let articles: Vec<String> = (0..80).map(|_| chance.article(90)).collect();
    let mut pick = |n: usize| articles[chance.below(n)].clone();
    for n in 0..30 {
        let chrome = if n % 3 == 0 { "\nShare on Facebook\n\nTerms of Use | Privacy Policy\n" } else { "" };
        place.write(format!("in/texts/{n}.txt"), pick(80) + chrome);
    }
    let line = |n: usize, text: &str| format!("{{\"id\":{n},\"text\":{}}}\n", quoted(text));
    let mut lines = String::new();
    for n in 0.. {
        lines += &if n % 50 == 7 { "no record\n".to_owned() } else { line(n, &pick(80)) };
        if lines.len() > 5 << 20 {
            break;
        }
    }
    place.write("in/large.jsonl", lines);
    place.write("in/empty.jsonl", "");
    place.write("in/packed.jsonl.gz", gz((0..20).map(|n| line(n, &pick(80))).collect::<String>().as_bytes()));
    let torn = gz(line(0, &pick(80)).repeat(3000).as_bytes());
    place.write("in/torn.jsonl.gz", &torn[..torn.len() / 2]);
    let rows: String = (0..20).map(|n| format!("{n},{}\n", quoted(&pick(80).replace('\n', " ")))).collect();
    place.write("in/rows.csv", format!("id,text\n{rows}"));
    let page = |text: &str| format!("<html><body><article><p>{text}</p></article></body></html>");
    place.write("in/page.html", page(&pick(80)));
    place.write("in/picture.txt", [0u8, 1, 2, 0, 0, 255]);
    let list: Vec<String> = (0..20).map(|n| line(n, &pick(80)).trim_end().to_owned()).collect();
    place.write("in/list.json", format!("[\n  {}\n]\n", list.join(",\n  ")));
    place.ok("clean in/rows.csv -o table --to parquet --copies off -q");
    fs::rename(place.path("table/data/part-00000-of-00001.parquet"), place.path("in/table.parquet")).unwrap();
    place
}

const INPUT: &str = "in -o out --rejects ok";

/// The lines of a plan: its head, and the units.
fn plan(place: &Place) -> (String, Vec<String>) {
    let mut lines = place.ok(&format!("worker plan {INPUT}")).text();
    let units = lines.split_off(lines.find('\n').unwrap() + 1);
    (lines, units.lines().map(|unit| format!("{unit}\n")).collect())
}

fn read(place: &Place, head: &str, units: &[String]) -> Vec<String> {
    let answers = place.feed(&format!("worker read {INPUT}"), (head.to_owned() + &units.concat()).as_bytes());
    answers.with(0).text().lines().map(|answer| format!("{answer}\n")).collect()
}

/// By unit and part, as an engine sorts them.
fn sorted(mut answers: Vec<String>) -> Vec<String> {
    answers.sort_by_key(|answer| {
        let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
        (answer["unit"].as_u64(), answer["part"].as_u64())
    });
    answers
}

fn finish(place: &Place, answers: &[String]) -> support::Ended {
    place.feed(&format!("worker finish {INPUT} -q"), answers.concat().as_bytes())
}

#[test]
fn what_many_read_in_any_order_gives_the_bytes_of_one_machine() {
    let place = corpus();
    let (head, units) = plan(&place);
    let hashes = units.iter().filter(|unit| unit.contains("\"hash\"")).count();
    assert_eq!((units.len(), hashes), (9, 1), "{}", units.concat());
    let mut answers = Vec::new();
    for machine in (0..3).rev() {
        let dealt: Vec<String> = units.iter().skip(machine).step_by(3).rev().cloned().collect();
        answers.extend(read(&place, &head, &dealt));
    }
    finish(&place, &sorted(answers)).with(0);
    place.ok("clean in -o alone --rejects ok -q");
    assert_same_tree(&place.tree("out"), &place.tree("alone"));
    let counts = support::assert_all_accounted_for(&place.path("out"));
    assert!(counts["rejected"].as_u64().unwrap() > 3 && counts["near"].as_u64().is_some(), "{counts}");
}

#[test]
fn a_unit_that_is_read_twice_does_no_harm_and_is_read_once() {
    let place = corpus();
    let (head, units) = plan(&place);
    read(&place, &head, &units);
    let again = read(&place, &head, &units);
    let with_shard = |answer: &&String| !answer.contains("\"shard\":null");
    assert!(again.iter().filter(with_shard).all(|answer| answer.contains("\"reused\":true")));
    finish(&place, &sorted(again)).with(0);
}

#[test]
fn a_run_after_a_change_plans_only_what_changed() {
    let place = corpus();
    // What was changed just now may be changed again in the same instant, and is read again.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    place.ok(&format!("clean {INPUT} -q"));
    place.write("in/texts/new.txt", Chance::new(5).article(70));
    let (head, units) = plan(&place);
    let names_new = |unit: &&String| unit.contains("texts/new.txt") || unit.contains("torn");
    assert_eq!(units.iter().filter(names_new).count(), units.len(), "{}", units.concat());
    finish(&place, &sorted(read(&place, &head, &units))).with(0);
    place.ok("clean in -o alone --rejects ok -q");
    assert_same_tree(&place.tree("out"), &place.tree("alone"));
}

#[test]
fn answers_that_are_missing_doubled_out_of_order_or_to_another_plan_are_refused_and_nothing_is_published() {
    let place = corpus();
    let (head, units) = plan(&place);
    let answers = sorted(read(&place, &head, &units));
    let refused = |answers: &[String], words: &str| {
        finish(&place, answers).with(2).says(&[words, "hint: "]);
        assert!(!place.exists("out/manifest.json"));
    };
    refused(&answers[..answers.len() - 1], "some are missing");
    refused(&answers[1..], "answers come sorted by unit and part");
    refused(&[&answers[..1], &answers[..]].concat(), "answers come sorted by unit and part");
    let mut swapped = answers.clone();
    swapped.swap(0, 1);
    refused(&swapped, "answers come sorted by unit and part");
    refused(&[&answers[..], &answers[..1]].concat(), "more answers than were planned");
    refused(&["no answer\n".into()], "no answer");
    place.write("in/texts/0.txt", "Another text than the one that was planned, and of another length.\n");
    refused(&answers, "is not what was planned");
}

#[test]
fn a_worker_refuses_the_plan_of_other_options_and_inputs_that_it_does_not_see() {
    let place = corpus();
    let (head, units) = plan(&place);
    let other = place.feed(&format!("worker read {INPUT} --no-layout"), head.as_bytes());
    other.with(2).says(&["other rules or options"]);
    fs::rename(place.path("in/rows.csv"), place.path("away.csv")).unwrap();
    let gone = place.feed(&format!("worker read {INPUT}"), (head.clone() + &units.concat()).as_bytes());
    gone.with(2).says(&["rows.csv: this input is not here"]);
    place.feed(&format!("worker read {INPUT}"), b"").with(2).says(&["holds no plan"]);
}

#[test]
fn what_one_machine_alone_can_do_is_no_plan() {
    let place = corpus();
    place.ends(2, "worker plan - -o out").says(&["standard input is at one machine only"]);
    for level in ["repeats", "main"] {
        place
            .ends(2, &format!("worker plan in -o out --strip {level}"))
            .says(&["rules suggest", "--strip page"]);
    }
    place.ends(2, "worker plan in -o out -n").says(&["no dry run"]);
    assert!(!place.exists("out"));
}

/// What `finish --deal` does with the answers of reading, and with those of writing that come of its head and its units.
fn deal(
    place: &Place,
    options: &str,
    read: &[String],
    answer: impl FnOnce(&str, &[String]) -> Vec<String>,
) -> support::Ended {
    place.converse(&format!("worker finish {INPUT} -q --deal {options}"), |input, output| {
        input.write_all(read.concat().as_bytes())?;
        let lines = output.lines().map_while(|line| line.ok().filter(|line| !line.is_empty()));
        let told: Vec<String> = lines.map(|line| line + "\n").collect();
        match told.split_first() {
            Some((head, units)) => input.write_all(answer(head, units).concat().as_bytes()),
            None => Ok(()),
        }
    })
}

/// The answers of one machine.
fn write(place: &Place, options: &str, head: &str, units: &[String]) -> Vec<String> {
    let plan = head.to_owned() + &units.concat();
    let answers = place.feed(&format!("worker write {INPUT} {options}"), plan.as_bytes());
    answers.with(0).text().lines().map(|answer| format!("{answer}\n")).collect()
}

fn read_all(place: &Place) -> Vec<String> {
    let (head, units) = plan(place);
    sorted(read(place, &head, &units))
}

fn number(answer: &str, name: &str) -> u64 {
    serde_json::from_str::<serde_json::Value>(answer).unwrap()[name].as_u64().unwrap()
}

#[test]
fn what_many_write_in_any_order_gives_the_bytes_of_one_machine() {
    let place = corpus();
    let read = read_all(&place);
    for options in ["", "--compress gz --copies tag --events off", "--to jsonl --shards 3"] {
        let mut units_dealt = 0;
        let many = |head: &str, units: &[String]| {
            units_dealt = units.len();
            assert_eq!(number(head, "units"), units.len() as u64);
            assert!(write(&place, options, head, &[]).is_empty());
            let one_by_one =
                units.iter().rev().flat_map(|unit| write(&place, options, head, std::slice::from_ref(unit)));
            let mut answers: Vec<String> = one_by_one.collect();
            answers.sort_by_key(|answer| number(answer, "unit"));
            answers
        };
        deal(&place, options, &read, many).with(0);
        // A file of lines that is longer than a slice, and all that comes behind it.
        assert_eq!(units_dealt, if options.contains("--to") { 0 } else { 2 }, "{options}");
        assert!(!place.exists("out/.tamis/cache/twins"), "{options}");
        place.ok(&format!("clean in -o alone --rejects ok -q {options}"));
        assert_same_tree(&place.tree("out"), &place.tree("alone"));
        place.ok("verify out");
        fs::remove_dir_all(place.path("alone")).unwrap();
        for entry in fs::read_dir(place.path("out")).unwrap() {
            let path = entry.unwrap().path();
            // The shards stay, and are what the answers of reading name.
            match path.file_name().unwrap() {
                name if name == ".tamis" => fs::remove_file(path.join("ledger.jsonl")).unwrap(),
                _ if path.is_dir() => fs::remove_dir_all(path).unwrap(),
                _ => fs::remove_file(path).unwrap(),
            }
        }
    }
}

#[test]
fn a_unit_of_writing_that_two_machines_do_is_taken_over_once() {
    let place = corpus();
    let read = read_all(&place);
    let twice = |head: &str, units: &[String]| {
        let first = write(&place, "", head, units);
        assert_eq!(write(&place, "", head, units), first);
        first
    };
    deal(&place, "", &read, twice).with(0);
    place.ok("clean in -o alone --rejects ok -q");
    assert_same_tree(&place.tree("out"), &place.tree("alone"));
}

#[test]
fn what_is_written_on_another_file_system_is_taken_over() {
    let (place, elsewhere) = (corpus(), Place::in_memory());
    let cache = format!("--cache {}/cache", elsewhere.root().display());
    let head_and_units = place.ok(&format!("worker plan {INPUT} {cache}")).text();
    let read = place.feed(&format!("worker read {INPUT} {cache}"), head_and_units.as_bytes()).with(0).text();
    let read: Vec<String> = read.lines().map(|line| format!("{line}\n")).collect();
    deal(&place, &cache, &sorted(read), |head, units| write(&place, &cache, head, units)).with(0);
    place.ok("clean in -o alone --rejects ok -q");
    assert_same_tree(&place.tree("out"), &place.tree("alone"));
    assert!(!elsewhere.exists("cache/twins"));
}

#[test]
fn a_run_after_one_that_was_dealt_out_leaves_what_stands_there_and_deals_only_what_changed() {
    let place = corpus();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    deal(&place, "", &read_all(&place), |head, units| write(&place, "", head, units)).with(0);
    place.write(
        "in/rows.csv",
        "id,text\n1,Another row than those that stood here before this one was written.\n",
    );
    let mut files = Vec::new();
    let changed = |head: &str, units: &[String]| {
        let answers = write(&place, "", head, units);
        for answer in &answers {
            let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
            let written = answer["files"].as_array().unwrap();
            files.extend(written.iter().map(|file| file["path"].as_str().unwrap().to_owned()));
        }
        answers
    };
    deal(&place, "", &read_all(&place), changed).with(0);
    assert_eq!(files, ["data/rows.csv"]);
    place.ok("clean in -o alone --rejects ok -q");
    assert_same_tree(&place.tree("out"), &place.tree("alone"));
}

#[test]
fn answers_of_writing_that_do_not_fit_are_refused_and_nothing_is_published() {
    let place = corpus();
    let read = read_all(&place);
    let refused = |words: &str, change: &dyn Fn(Vec<String>) -> Vec<String>| {
        let ended = deal(&place, "", &read, |head, units| change(write(&place, "", head, units)));
        let code = ended.code;
        ended.says(&[words]);
        assert!(matches!(code, Some(1 | 2)), "{code:?} {words}");
        assert!(!place.exists("out/manifest.json"));
    };
    refused("some are missing", &|answers| answers[..answers.len() - 1].to_vec());
    refused("they come sorted, each once", &|answers| [&answers[..1], &answers[..]].concat());
    refused("more answers than units of writing", &|answers| [&answers[..], &answers[..1]].concat());
    refused("no answer to a unit of writing", &|_| vec!["no answer\n".into()]);
    refused("is not of it", &|answers| vec![answers[0].replace("data/large.jsonl", "data/other.jsonl")]);
    refused("lost a source that is not of it", &|answers| {
        let mut answer: serde_json::Value = serde_json::from_str(&answers[0]).unwrap();
        answer["lost"] = serde_json::json!([99, "changed"]);
        vec![format!("{answer}\n")]
    });
    refused("did not make data/large.jsonl", &|answers| {
        let mut answer: serde_json::Value = serde_json::from_str(&answers[0]).unwrap();
        answer["files"].as_array_mut().unwrap().retain(|file| file["path"] != "data/large.jsonl");
        vec![format!("{answer}\n")]
    });
    refused("cannot take over what another machine wrote", &|answers| {
        let mut folders = fs::read_dir(place.path("out/.tamis/cache/twins")).unwrap();
        fs::remove_dir_all(folders.next().unwrap().unwrap().path()).unwrap();
        answers
    });
    refused("bytes instead of", &|answers| {
        let unit = serde_json::from_str::<serde_json::Value>(&answers[0]).unwrap()["plan"].clone();
        let mut folders = fs::read_dir(place.path("out/.tamis/cache/twins")).unwrap();
        let folder = folders.next().unwrap().unwrap().path().join(unit.as_str().unwrap());
        let mut twin = fs::File::options().append(true).open(folder.join("data/large.jsonl")).unwrap();
        twin.write_all(b"{}\n").unwrap();
        answers
    });
    let other = deal(&place, "", &read, |head, _| {
        let refused = place.feed(&format!("worker write {INPUT} --compress gz"), head.as_bytes());
        refused.with(2).says(&["other rules or options"]);
        place.feed(&format!("worker write {INPUT}"), b"").with(2).says(&["holds no plan of writing"]);
        Vec::new()
    });
    other.with(2).says(&["some are missing"]);
}

#[test]
fn an_input_that_changes_before_it_is_written_is_left_out_as_on_one_machine() {
    let place = corpus();
    let read = read_all(&place);
    let changed = |head: &str, units: &[String]| {
        place.write("in/rows.csv", "id,text\n1,another\n");
        write(&place, "", head, units)
    };
    deal(&place, "", &read, changed).with(0);
    let rejects = place.list("out/rejects.jsonl");
    let of_rows = |reject: &&serde_json::Value| reject["file"] == "rows.csv";
    assert_eq!(rejects.iter().filter(of_rows).count(), 1, "{rejects:?}");
    assert!(!place.exists("out/data/rows.csv") && place.exists("out/manifest.json"));
    support::assert_all_accounted_for(&place.path("out"));
}
