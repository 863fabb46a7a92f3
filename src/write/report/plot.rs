//! Plots: `plotters` draws them, the style sheet of the page colours them.
//!
//! Invariants: the library sees numbers only, and labels that come from data are put in afterwards, as text; what is
//! drawn depends on no font, no clock and no machine (coordinates are integers); a plot has a text alternative.

use std::io;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, RGBColor, TextStyle};

use super::html::Html;

/// Colours as the library writes them; the style sheet has rules for each, in light and in dark.
pub(super) const KEPT: RGBColor = RGBColor(0x2f, 0x7d, 0x4f);
pub(super) const IDENTICAL: RGBColor = RGBColor(0xc9, 0xa2, 0x27);
pub(super) const NEAR: RGBColor = RGBColor(0xd9, 0x77, 0x2b);
pub(super) const CUT: RGBColor = RGBColor(0x7d, 0x6b, 0xb0);
pub(super) const REJECTED: RGBColor = RGBColor(0xb3, 0x36, 0x2b);
pub(super) const UNKNOWN: RGBColor = RGBColor(0x77, 0x77, 0x77);
pub(super) const INK: RGBColor = RGBColor(0x1d, 0x21, 0x25);
pub(super) const SOFT: RGBColor = RGBColor(0x5a, 0x62, 0x6a);
pub(super) const LINE: RGBColor = RGBColor(0xd9, 0xd6, 0xce);
pub(super) const GROUND: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Width of every plot in its own units; about two of them are a pixel where a plot stands beside another one.
pub(super) const WIDTH: i32 = 1000;
/// Size of the letters, in the same units: readable at the width of a telephone too.
pub(super) const LETTERS: i32 = 30;

/// What a plot is drawn on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing gives.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;

/// The signs around the number of a label; they stand in no markup of the library.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// What the library is given in place of label `number`.
pub(super) fn label(number: usize) -> String {
    format!("{OPEN}{number}{CLOSE}")
}

/// How letters are set: anchored at the point given, in a colour.
pub(super) fn letters(color: RGBColor, h_pos: HPos, v_pos: VPos) -> TextStyle<'static> {
    ("sans-serif", LETTERS).into_font().color(&color).pos(Pos::new(h_pos, v_pos))
}

/// A plot of this height, with its alternative in words. Nothing at all if it cannot be drawn: the words and the table
/// beside every plot say the same.
pub(super) fn plot(
    height: i32,
    alternative: &str,
    labels: &[String],
    paint: impl FnOnce(&Area<'_>) -> Drawn,
) -> Html {
    let mut html = Html::default();
    let mut svg = String::new();
    {
        let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        if paint(&area).and_then(|()| area.present()).is_err() {
            return html;
        }
    }
    let inside = svg.find('>').map_or("", |at| &svg[at + 1..]);
    let inside = inside.trim().strip_suffix("</svg>").unwrap_or(inside);
    html.raw("<svg class=\"plot\" role=\"img\" viewBox=\"0 0 ").text(&WIDTH.to_string()).raw(" ");
    html.text(&height.to_string()).raw("\" aria-label=\"").attr(alternative).raw("\">");
    for (n, piece) in plain(inside).split(OPEN).enumerate() {
        let Some((number, rest)) = piece.split_once(CLOSE).filter(|_| n > 0) else {
            html.drawn(piece);
            continue;
        };
        let label = number.parse().ok().and_then(|n: usize| labels.get(n));
        html.attr(label.map_or("", String::as_str)).drawn(rest);
    }
    html.raw("</svg>");
    html
}

/// The markup without what the style sheet says once for all.
fn plain(markup: &str) -> String {
    let size = f64::from(LETTERS) / 1.24;
    let font = format!(" font-family=\"sans-serif\" font-size=\"{size}\"");
    let markup = markup.replace(&font, "").replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    markup.replace(">\n", ">").replace("\n</", "</").replace(" \"", "\"").replace(" stroke-width=\"1\"", "")
}

#[cfg(test)]
mod tests {
    use plotters::element::{Rectangle, Text};
    use plotters::style::Color;

    use super::*;

    #[test]
    fn labels_are_text_and_attributes_of_style_are_left_to_the_style_sheet() {
        let labels = ["</text><script>\u{202e}".to_owned()];
        let html = plot(100, "\"one\" bar", &labels, |area| {
            area.draw(&Rectangle::new([(0, 0), (10, 20)], KEPT.filled()))?;
            area.draw(&Text::new(label(0), (5, 5), letters(INK, HPos::Left, VPos::Top)))
        });
        assert_eq!(
            html.into_string(),
            "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 1000 100\" aria-label=\"&quot;one&quot; bar\">\
             <rect x=\"0\" y=\"0\" width=\"10\" height=\"20\" fill=\"#2F7D4F\"/>\
             <text x=\"5\" y=\"5\" dy=\"0.76em\" text-anchor=\"start\" fill=\"#1D2125\">\
             &lt;/text&gt;&lt;script&gt;U+202E</text></svg>"
        );
    }

    #[test]
    fn the_style_sheet_knows_every_colour() {
        let style = include_str!("style.css");
        for RGBColor(r, g, b) in [KEPT, IDENTICAL, NEAR, CUT, REJECTED, UNKNOWN, INK, SOFT, LINE, GROUND] {
            let fill = format!("[fill=\"#{r:02X}{g:02X}{b:02X}\"]");
            assert!(style.contains(&fill), "{fill}");
        }
        assert!(style.contains(&format!(".plot text {{ font-size: {LETTERS}px;")));
    }
}
