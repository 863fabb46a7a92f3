//! The features of the second pass: a line beside the article that the first pass found.

use super::context::{Columns, Logs, means, sums};
use super::page::Page;
use crate::math::{exp, ln};

/// Lines on either side over which the first pass is asked for its mean opinion.
const RADII: [usize; 4] = [1, 3, 8, 20];

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

/// Gives the features of the second pass to `out`; `score` is what the first pass said of each line (above 0: article),
/// `kept` what it took for the article, at least one line.
pub(super) fn columns(page: &Page, score: &[f32], kept: &[bool], out: &mut impl Columns) {
    let len = page.len();
    if len == 0 {
        return;
    }
    let logs = Logs::new(len);
    let words = &page.words;
    let score: Vec<f32> = score.iter().map(|s| s.clamp(-4.0, 4.0)).collect();
    let sure: Vec<f32> = score.iter().map(|s| (1.0 / (1.0 + exp(-f64::from(*s)))) as f32).collect();
    out.column(format_args!("first"), |i| score[i] / 2.0);
    let weight = sums(len, |i| words[i] + 1.0);
    let value = sums(len, |i| sure[i] * (words[i] + 1.0));
    for radius in RADII {
        out.column(format_args!("first~{radius}"), means(&value, &weight, radius));
    }
    for distance in [-1_isize, 1, -2, 2] {
        let at = |i: usize| i.checked_add_signed(distance).and_then(|j| sure.get(j));
        out.column(format_args!("first@{distance:+}"), |i| at(i).map_or(0.0, |s| s - 0.5));
    }
    blocks(page, kept, &logs, out);
    vocabulary(page, kept, out);
    likeness(page, kept, out);
}

/// Where a line stands beside the blocks of lines that were kept.
fn blocks(page: &Page, kept: &[bool], logs: &Logs, out: &mut impl Columns) {
    let (len, words) = (page.len(), &page.words);
    let all: f32 = words.iter().sum::<f32>().max(1.0);
    let article: f32 = (0..len).filter(|i| kept[*i]).map(|i| words[i]).sum();
    let size = ln(1.0 + f64::from(article)) as f32 / 4.0;
    out.column(format_args!("kept"), |i| flag(kept[i]));
    out.column(format_args!("article_words"), |_| size);
    out.column(format_args!("kept*article_words"), |i| if kept[i] { size } else { 0.0 });
    out.column(format_args!("article_share"), |_| article / all);
    let mut best = (0.0_f32, 0..0);
    let mut own_block = vec![0.0; len];
    let mut from = 0;
    for run in kept.chunk_by(|a, b| a == b) {
        let range = from..from + run.len();
        from = range.end;
        if run[0] {
            let sum: f32 = words[range.clone()].iter().sum();
            own_block[range.clone()].fill(sum / article.max(1.0));
            if sum > best.0 || best.1.is_empty() {
                best = (sum, range);
            }
        }
    }
    let main = best.1;
    let dropped_words = sums(len, |i| if kept[i] { 0.0 } else { words[i] });
    let dropped_lines = sums(len, |i| flag(!kept[i]));
    let kept_words = sums(len, |i| if kept[i] { words[i] } else { 0.0 });
    for (name, sums) in
        [("dropped_words", dropped_words), ("dropped_lines", dropped_lines), ("kept_words", kept_words)]
    {
        let log = |x: f64| ln(1.0 + x) as f32 / 3.0;
        out.column(format_args!("before_main:{name}"), |i| {
            if i < main.start { log(sums[main.start] - sums[i]) } else { 0.0 }
        });
        out.column(format_args!("after_main:{name}"), |i| {
            if i >= main.end { log(sums[i] - sums[main.end]) } else { 0.0 }
        });
    }
    let first = kept.iter().position(|k| *k).unwrap_or(0);
    let last = kept.iter().rposition(|k| *k).unwrap_or(len - 1);
    out.column(format_args!("in_main"), |i| flag(main.contains(&i)));
    out.column(format_args!("before_first"), |i| logs.of(first.saturating_sub(i)) / 3.0);
    out.column(format_args!("after_last"), |i| logs.of(i.saturating_sub(last)) / 3.0);
    out.column(format_args!("between"), |i| flag((first..=last).contains(&i)));
    out.column(format_args!("own_block"), |i| own_block[i]);
}

/// What a line is about, beside what the article and the rest are about.
fn vocabulary(page: &Page, kept: &[bool], out: &mut impl Columns) {
    let length = page.column("log_words");
    let (article, rest) = page.shared(|i| kept[i], |i| !kept[i]);
    out.column(format_args!("like_article"), |i| article[i]);
    out.column(format_args!("like_rest"), |i| rest[i]);
    out.column(format_args!("like_article*length"), |i| article[i] * length[i]);
    out.column(format_args!("like_rest*length"), |i| rest[i] * length[i]);
    out.column(format_args!("like_article*kept"), |i| article[i] * flag(kept[i]));
    out.column(format_args!("like_article-rest"), |i| (article[i] - rest[i]) * length[i] / 2.0);
}

/// How a line is written, beside how the article is written.
fn likeness(page: &Page, kept: &[bool], out: &mut impl Columns) {
    let weight = |i: usize| if kept[i] { f64::from(page.words[i]) + 1.0 } else { 0.0 };
    let all: f64 = (0..page.len()).map(weight).sum();
    for name in ["log_words", "stopwords", "ends_sentence", "bullet", "title_case", "digits"] {
        let column = page.column(name);
        let sum: f64 = (0..page.len()).map(|i| weight(i) * f64::from(column[i])).sum();
        let mean = (sum / all.max(1.0)) as f32;
        out.column(format_args!("{name}-article"), |i| column[i] - mean);
        out.column(format_args!("article:{name}"), |_| mean);
    }
}
