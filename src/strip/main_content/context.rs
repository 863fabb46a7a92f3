//! The features of a line among its neighbours and on its page, column by column.
//!
//! Every column is made by one pass over the lines: time is linear in the length of the page, and nothing is held but
//! what the receiver of the columns wants to hold.

use std::fmt::Arguments;

use super::page::Page;
use crate::math::ln;

/// Takes the features, one column at a time, always in the same order.
pub(super) trait Columns {
    /// One more feature; `value` gives it for every line.
    fn column(&mut self, name: Arguments<'_>, value: impl Fn(usize) -> f32);
}

/// Columns that neighbours are asked for.
const NEIGHBOURS: [&str; 20] = [
    "log_words",
    "ends_sentence",
    "stopwords",
    "bullet",
    "sentences",
    "capitalised",
    "rule",
    "repeated",
    "separators",
    "after_cue",
    "site_cue",
    "date",
    "marker",
    "ends_colon",
    "topical",
    "caption_cue",
    "start_cue",
    "title_case",
    "word_odds",
    "pair_odds",
];
/// How far such neighbours stand.
const DISTANCES: [isize; 6] = [-1, 1, -2, 2, -3, 3];
/// Lines on either side that means are taken over.
const RADII: [usize; 3] = [2, 5, 12];
/// Columns of which they are taken, weighed by words.
const MEANS: [&str; 8] =
    ["ends_sentence", "stopwords", "bullet", "rule", "title_case", "digits", "word_odds", "pair_odds"];
/// Most lines that are counted to the next prose.
const FARTHEST: usize = 60;

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

/// ln(1 + x), looked up for small whole numbers.
pub(super) struct Logs(Vec<f32>);

impl Logs {
    pub(super) fn new(lines: usize) -> Self {
        Self((0..=lines.min(1 << 12)).map(|n| ln((n + 1) as f64) as f32).collect())
    }

    pub(super) fn of(&self, n: usize) -> f32 {
        self.0.get(n).copied().unwrap_or_else(|| ln((n + 1) as f64) as f32)
    }
}

/// Sums up to each line: `sums[i]` over the lines before `i`.
pub(super) fn sums(len: usize, value: impl Fn(usize) -> f32) -> Vec<f64> {
    let mut sum = 0.0;
    std::iter::once(0.0)
        .chain((0..len).map(|i| {
            sum += f64::from(value(i));
            sum
        }))
        .collect()
}

/// Means of `value` over up to `radius` lines on either side and the line itself, weighed by `weight`.
pub(super) fn means<'s>(value: &'s [f64], weight: &'s [f64], radius: usize) -> impl Fn(usize) -> f32 + 's {
    let len = weight.len() - 1;
    move |i| {
        let (from, end) = (i.saturating_sub(radius), (i + radius + 1).min(len));
        ((value[end] - value[from]) / (weight[end] - weight[from]).max(1e-6)) as f32
    }
}

/// Gives every feature of the lines of `page` to `columns`.
pub(super) fn columns(page: &Page, columns: &mut impl Columns) {
    let len = page.len();
    if len == 0 {
        return;
    }
    by_itself(page, columns);
    neighbours(page, columns);
    let logs = Logs::new(len);
    place(page, &logs, columns);
    segment(page, &logs, columns);
    prose(page, &logs, columns);
    gaps(page, &logs, columns);
}

fn by_itself(page: &Page, out: &mut impl Columns) {
    let own = |name: &str| page.column(name);
    let words = &page.words;
    for name in super::page::own_names() {
        let column = own(name);
        out.column(format_args!("{name}"), |i| column[i]);
    }
    let length = own("log_words");
    out.column(format_args!("log_words^2"), |i| length[i] * length[i] / 4.0);
    out.column(format_args!("short"), |i| flag(words[i] <= 3.0));
    out.column(format_args!("long"), |i| flag(words[i] >= 40.0));
    for name in [
        "stopwords",
        "ends_sentence",
        "bullet",
        "capitalised",
        "topical",
        "title_case",
        "elsewhere",
        "word_odds",
        "pair_odds",
    ] {
        let column = own(name);
        out.column(format_args!("{name}*length"), |i| column[i] * length[i]);
    }
    for name in ["caption_cue", "start_cue", "date", "after_cue", "title"] {
        let column = own(name);
        out.column(format_args!("{name}*length"), |i| column[i] * length[i] / 2.0);
    }
}

fn neighbours(page: &Page, out: &mut impl Columns) {
    let len = page.len();
    for distance in DISTANCES {
        for name in NEIGHBOURS {
            let column = page.column(name);
            let value = |i: usize| i.checked_add_signed(distance).and_then(|j| column.get(j)).copied();
            out.column(format_args!("{name}@{distance:+}"), |i| value(i).unwrap_or(0.0));
        }
    }
    let weight = sums(len, |i| page.words[i] + 1.0);
    let ones = sums(len, |_| 1.0);
    let length = page.column("log_words");
    for name in MEANS {
        let column = page.column(name);
        let value = sums(len, |i| column[i] * (page.words[i] + 1.0));
        for radius in RADII {
            out.column(format_args!("{name}~{radius}"), means(&value, &weight, radius));
        }
    }
    let value = sums(len, |i| length[i]);
    for radius in RADII {
        out.column(format_args!("log_words~{radius}"), means(&value, &ones, radius));
    }
}

fn place(page: &Page, logs: &Logs, out: &mut impl Columns) {
    let len = page.len();
    let words = &page.words;
    let before = sums(len, |i| words[i]);
    let all = before[len].max(1.0);
    let longest = (0..len).fold(0, |best, i| if words[i] > words[best] { i } else { best });
    let line_at = |i: usize| i as f32 / len as f32;
    let word_at = |i: usize| (before[i] / all) as f32;
    out.column(format_args!("line_at"), line_at);
    out.column(format_args!("line_at^2"), |i| line_at(i) * line_at(i));
    out.column(format_args!("word_at"), word_at);
    out.column(format_args!("word_at^2"), |i| word_at(i) * word_at(i));
    out.column(format_args!("from_top"), |i| logs.of(i) / 4.0);
    out.column(format_args!("from_bottom"), |i| logs.of(len - 1 - i) / 4.0);
    out.column(format_args!("relative_words"), |i| words[i] / words[longest].max(1.0));
    out.column(format_args!("to_longest"), |i| logs.of(longest.saturating_sub(i)) / 4.0);
    out.column(format_args!("from_longest"), |i| logs.of(i.saturating_sub(longest)) / 4.0);
    // How the page is made: the same for all of its lines.
    let prose: f64 = prose_lines(page)
        .iter()
        .zip(words)
        .filter(|(prose, _)| **prose)
        .map(|(_, words)| f64::from(*words))
        .sum();
    let prose = (prose / all) as f32;
    let length = page.column("log_words");
    let page_words = ln(1.0 + all) as f32 / 8.0;
    out.column(format_args!("page_prose"), |_| prose);
    out.column(format_args!("page_words"), |_| page_words);
    out.column(format_args!("page_prose*length"), |i| prose * length[i]);
    // Share of the page's words in lines that are no longer.
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| words[*a].total_cmp(&words[*b]));
    let mut rank = vec![0.0; len];
    let (mut sum, mut from) = (0.0, 0);
    while from < len {
        let ties = order[from..].iter().take_while(|i| words[**i] == words[order[from]]).count();
        sum += f64::from(words[order[from]]) * ties as f64;
        order[from..from + ties].iter().for_each(|i| rank[*i] = (sum / all) as f32);
        from += ties;
    }
    out.column(format_args!("rank"), |i| rank[i]);
}

fn segment(page: &Page, logs: &Logs, out: &mut impl Columns) {
    let (len, words) = (page.len(), &page.words);
    let (begin, end) = (page.segment.start, page.segment.end);
    let own = |name: &str| page.column(name);
    let length = own("log_words");
    let inside = |i: usize| page.segment.contains(&i);
    let relative = |i: usize| if inside(i) { (i - begin) as f32 / (end - begin) as f32 } else { 0.0 };
    out.column(format_args!("segment"), |i| flag(inside(i)));
    out.column(format_args!("above"), |i| flag(i < begin));
    out.column(format_args!("above_distance"), |i| logs.of(begin.saturating_sub(i)) / 3.0);
    out.column(format_args!("below"), |i| flag(i >= end));
    out.column(format_args!("below_distance"), |i| logs.of((i + 1).saturating_sub(end)) / 3.0);
    out.column(format_args!("segment_at"), relative);
    out.column(format_args!("segment_at^2"), |i| relative(i) * relative(i));
    out.column(format_args!("segment_begin"), |i| flag(i.abs_diff(begin) <= 1));
    out.column(format_args!("segment_end"), |i| flag((i + 1).abs_diff(end) <= 1));
    out.column(format_args!("segment*length"), |i| flag(inside(i)) * length[i]);
    out.column(format_args!("above*length"), |i| flag(i < begin) * length[i]);
    out.column(format_args!("below*length"), |i| flag(i >= end) * length[i]);
    for name in ["ends_sentence", "bullet", "topical", "stopwords", "elsewhere"] {
        let column = own(name);
        out.column(format_args!("segment*{name}"), |i| flag(inside(i)) * column[i]);
    }
    out.column(format_args!("segment*short"), |i| flag(inside(i) && words[i] <= 6.0));
    let middle = middle(page);
    let (cue, start, sentence) = (own("after_cue"), own("start_cue"), own("ends_sentence"));
    let (bullet, date, stop) = (own("bullet"), own("date"), own("stopwords"));
    let (rule, title, repeated) = (own("rule"), own("title"), own("repeated"));
    let marks: [(&str, &dyn Fn(usize) -> bool); 8] = [
        ("cue", &|i| (cue[i] >= 0.5 || start[i] > 0.0) && words[i] < 12.0),
        ("rule", &|i| rule[i] > 0.5),
        ("repeated", &|i| repeated[i] > 0.0),
        ("short", &|i| words[i] < 6.0 && sentence[i] == 0.0),
        ("bullet", &|i| bullet[i] > 0.0),
        ("date", &|i| date[i] > 0.0 && words[i] < 12.0),
        ("title", &|i| title[i] >= 0.6 && words[i] < 40.0),
        ("prose", &|i| words[i] >= 15.0 && sentence[i] > 0.0 && stop[i] > 0.2),
    ];
    for (name, mark) in marks {
        let count = sums(len, |i| flag(mark(i)));
        // Marked lines from here to the middle; the upper one of the two lines is not counted.
        let between = |i: usize| (count[i + 1] - count[middle + 1]).abs() as usize;
        let when = |on: bool, value: f32| if on { value } else { 0.0 };
        out.column(format_args!("until:{name}"), |i| when(i < middle, logs.of(between(i)) / 2.0));
        out.column(format_args!("since:{name}"), |i| when(i > middle, logs.of(between(i)) / 2.0));
        out.column(format_args!("any:{name}"), |i| flag(i > middle && between(i) > 0));
    }
}

/// Where a line stands beside the run of prose.
fn prose(page: &Page, logs: &Logs, out: &mut impl Columns) {
    let (begin, end) = (page.prose.start, page.prose.end);
    let length = page.column("log_words");
    let bullet = page.column("bullet");
    let inside = |i: usize| flag(page.prose.contains(&i));
    out.column(format_args!("prose"), inside);
    out.column(format_args!("prose*length"), |i| inside(i) * length[i]);
    out.column(format_args!("prose*bullet"), |i| inside(i) * bullet[i]);
    out.column(format_args!("prose_above"), |i| logs.of(begin.saturating_sub(i)) / 3.0);
    out.column(format_args!("prose_below"), |i| logs.of((i + 1).saturating_sub(end)) / 3.0);
    out.column(format_args!("prose_above*length"), |i| flag(i < begin) * length[i]);
    out.column(format_args!("prose_below*length"), |i| flag(i >= end) * length[i]);
    // Lines between the two runs are doubtful.
    let in_segment = |i: usize| flag(page.segment.contains(&i));
    out.column(format_args!("prose*segment"), |i| inside(i) * in_segment(i));
}

/// The line with the middle word of the segment; the longest line if there is no segment.
fn middle(page: &Page) -> usize {
    let segment = page.segment.clone();
    let words = &page.words;
    if segment.is_empty() {
        return (0..page.len()).fold(0, |best, i| if words[i] > words[best] { i } else { best });
    }
    let half = words[segment.clone()].iter().map(|w| f64::from(*w)).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    for i in segment.clone() {
        sum += f64::from(words[i]);
        if sum >= half {
            return i;
        }
    }
    segment.end - 1
}

/// Which lines read like a sentence or more.
pub(super) fn prose_lines(page: &Page) -> Vec<bool> {
    let (ends, stop) = (page.column("ends_sentence"), page.column("stopwords"));
    let is_prose = |i: usize| page.words[i] >= 12.0 && (ends[i] > 0.0 || stop[i] > 0.25);
    (0..page.len()).map(is_prose).collect()
}

fn gaps(page: &Page, logs: &Logs, out: &mut impl Columns) {
    let len = page.len();
    let prose = prose_lines(page);
    let ends = page.column("ends_sentence");
    let run = |lines: &mut dyn Iterator<Item = usize>| {
        let mut gaps = vec![0; len];
        let mut gap = 0_usize;
        for i in lines {
            gaps[i] = gap.min(FARTHEST);
            gap = if prose[i] { 0 } else { gap + 1 };
        }
        gaps
    };
    let (before, after) = (run(&mut (0..len)), run(&mut (0..len).rev()));
    let near = |i: usize| logs.of(before[i].min(after[i])) / 2.0;
    let far = |i: usize| logs.of(before[i].max(after[i])) / 2.0;
    out.column(format_args!("gap_before"), |i| logs.of(before[i]) / 2.0);
    out.column(format_args!("gap_after"), |i| logs.of(after[i]) / 2.0);
    out.column(format_args!("gap_near"), near);
    out.column(format_args!("gap_near*prose"), |i| if prose[i] { near(i) } else { 0.0 });
    out.column(format_args!("gap_far*prose"), |i| if prose[i] { far(i) } else { 0.0 });
    // The length of the run of lines without prose, and of short lines, in which the line stands.
    let runs = |inside: &dyn Fn(usize) -> bool| {
        let mut lengths = vec![0; len];
        let mut from = 0;
        while from < len {
            let end = (from..len).find(|i| !inside(*i)).unwrap_or(len);
            lengths[from..end].iter_mut().for_each(|length| *length = end - from);
            from = end.max(from) + 1;
        }
        lengths
    };
    let bare = runs(&|i| page.words[i] < 8.0 && ends[i] == 0.0);
    out.column(format_args!("bare_run"), |i| logs.of(bare[i]) / 2.0);
    let middling = runs(&|i| (4.0..20.0).contains(&page.words[i]) && ends[i] == 0.0);
    out.column(format_args!("teaser_run"), |i| logs.of(middling[i]) / 2.0);
}
