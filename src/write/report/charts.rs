//! The charts of the page: where a whole went, how much of each, and when.
//!
//! Invariant: bands and bars are drawn from the same integers as the tables beside them; what is there is wide enough
//! to be seen.

use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::html::{Html, grouped};
use super::plot::{Drawn, GROUND, INK, KEPT, LETTERS, LINE, SOFT, WIDTH, label, letters, plot};
use crate::dates::Date;

/// A part of a whole: its name, how it is said in figures, its colour, how much.
pub(super) struct Share {
    pub(super) name: &'static str,
    pub(super) said: String,
    pub(super) color: RGBColor,
    pub(super) amount: u64,
}

/// `part` of `whole` on a scale of `scale` units, at least `least` for what is there.
fn scaled(part: u64, whole: u64, scale: i32, least: i32) -> i32 {
    let share = u128::from(part) * scale.unsigned_abs() as u128 / u128::from(whole.max(1));
    let share = i32::try_from(share).unwrap_or(scale).min(scale);
    if part == 0 { 0 } else { share.max(least) }
}

/// A whole at the left that flows into its parts at the right.
pub(super) fn flow(alternative: &str, whole: (&str, u64), shares: &[Share]) -> Html {
    const FULL: i32 = 260; // height of the whole
    const SLOT: i32 = 78; // two lines of letters
    const GAP: i32 = 16;
    const TOP: i32 = 46; // the name of the whole
    const STEPS: i32 = 24;
    let (bar, left, right) = (22, 22, 560);
    let heights: Vec<i32> = shares.iter().map(|share| scaled(share.amount, whole.1, FULL, 4)).collect();
    let slots: i32 = heights.iter().map(|h| (*h).max(SLOT) + GAP).sum::<i32>() - GAP;
    let sum: i32 = heights.iter().sum();
    let height = TOP + slots.max(sum) + 4;
    let mut labels = vec![whole.0.to_owned()];
    labels.extend(shares.iter().flat_map(|share| [share.name.to_owned(), share.said.clone()]));
    plot(height, alternative, &labels, |area| -> Drawn {
        let (mut from, mut to) = (TOP + (slots - sum).max(0) / 2, TOP);
        area.draw(&Text::new(label(0), (0, 2), letters(INK, HPos::Left, VPos::Top)))?;
        for (n, (share, high)) in shares.iter().zip(&heights).enumerate() {
            let slot = (*high).max(SLOT);
            let at = to + (slot - high) / 2;
            // Two edges that bend from left to right: 3t² − 2t³ in integers.
            let bend = |y0: i32, y1: i32, t: i32| {
                let eased = i64::from(t * t * (3 * STEPS - 2 * t));
                let x = left + (right - left) * t / STEPS;
                let steps = i64::from(STEPS * STEPS * STEPS);
                (x, y0 + (i64::from(y1 - y0) * eased / steps) as i32)
            };
            let upper = (0..=STEPS).map(|t| bend(from, at, t));
            let lower = (0..=STEPS).rev().map(|t| bend(from + high, at + high, t));
            area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), share.color.mix(0.35)))?;
            area.draw(&Rectangle::new([(0, from), (bar, from + high)], share.color.filled()))?;
            area.draw(&Rectangle::new([(right, at), (right + bar, at + high)], share.color.filled()))?;
            let (x, middle) = (right + bar + 18, to + slot / 2);
            let name = letters(INK, HPos::Left, VPos::Bottom);
            area.draw(&Text::new(label(2 * n + 1), (x, middle - 2), name))?;
            let said = letters(SOFT, HPos::Left, VPos::Top);
            area.draw(&Text::new(label(2 * n + 2), (x, middle + 4), said))?;
            from += high;
            to += slot + GAP;
        }
        Ok(())
    })
}

/// Bars that stand side by side, each of one or two parts, the first below. `edges` name the left edge of each bar and
/// the right edge of the last; `colors` are those of the parts.
pub(super) fn histogram(
    alternative: &str,
    edges: &[String],
    bars: &[[u64; 2]],
    colors: [RGBColor; 2],
) -> Html {
    // A bar is ten units wide, so that the marks of the axis, at round numbers, stand at edges.
    const BAR: i32 = 10;
    let most = bars.iter().map(|[a, b]| a + b).max().unwrap_or(0);
    let (most, count) = (i64::try_from(most).unwrap_or(i64::MAX).clamp(1, i64::MAX / 4), bars.len() as i32);
    let numbers = most.min(5) as usize + 1;
    // Every edge has a mark, and as many have their name as fit beside each other.
    let longest = edges.iter().map(|edge| edge.chars().count()).max().unwrap_or(1) as i32;
    let name = longest * LETTERS * 17 / 30 + 20;
    // What is there is high enough to be seen.
    let seen = |part: i64| if part == 0 { 0 } else { part.max(most / 120) };
    let wide = (grouped(most as u64).len() as i32 * LETTERS * 3 / 5 + 24).max(name / 2);
    let fits = |step: &i32| count / step * name <= WIDTH - wide - name / 2;
    let step = [1, 2, 5, 10, 20].into_iter().find(fits).unwrap_or(50);
    plot(430, alternative, edges, |area| -> Drawn {
        let mut chart = ChartBuilder::on(area)
            .margin_top(18)
            .margin_right((name / 2).max(30))
            .x_label_area_size(58)
            .y_label_area_size(wide)
            .build_cartesian_2d(0..count * BAR, 0..most + most / 20)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(LINE.mix(0.0))
            .bold_line_style(LINE)
            .axis_style(SOFT)
            .label_style(letters(SOFT, HPos::Left, VPos::Top))
            .x_labels(edges.len() + 1)
            .y_labels(numbers)
            .set_tick_mark_size(LabelAreaPosition::Bottom, 14)
            .x_label_formatter(&|x| match x % (step * BAR) {
                0 => label((x / BAR) as usize),
                _ => String::new(),
            })
            .y_label_formatter(&|y| grouped(y.unsigned_abs()))
            .draw()?;
        for (n, bar) in (0..).zip(bars) {
            let mut below = 0;
            for (part, color) in bar.iter().zip(colors) {
                let above = below + seen(i64::try_from(*part).unwrap_or(most).min(most));
                if above > below {
                    let corners = [(n * BAR + 1, below), (n * BAR + BAR - 1, above)];
                    chart.draw_series([Rectangle::new(corners, color.filled())])?;
                }
                below = above;
            }
        }
        Ok(())
    })
}

/// Bars that lie below each other, each under its name: (name, how much in words, how much).
pub(super) fn bars(alternative: &str, bars: &[(String, String, u64)], color: RGBColor) -> Html {
    const ROW: i32 = 74;
    let most = bars.iter().map(|bar| bar.2).max().unwrap_or(0);
    let labels: Vec<String> = bars.iter().flat_map(|(name, said, _)| [name.clone(), said.clone()]).collect();
    plot(ROW * bars.len() as i32, alternative, &labels, |area| -> Drawn {
        for (n, (.., amount)) in bars.iter().enumerate() {
            let top = ROW * n as i32;
            let end = scaled(*amount, most, WIDTH, 4);
            area.draw(&Text::new(label(2 * n), (0, top + 4), letters(INK, HPos::Left, VPos::Top)))?;
            let said = letters(SOFT, HPos::Right, VPos::Top);
            area.draw(&Text::new(label(2 * n + 1), (WIDTH, top + 4), said))?;
            area.draw(&Rectangle::new([(0, top + 44), (WIDTH, top + 58)], LINE.filled()))?;
            area.draw(&Rectangle::new([(0, top + 44), (end, top + 58)], color.filled()))?;
        }
        Ok(())
    })
}

/// Articles of one outlet on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dot {
    /// Number of the outlet.
    pub(super) lane: usize,
    /// Days after 1 January 1970.
    pub(super) day: i64,
    /// Whether the articles name no year, and that of the others was taken.
    pub(super) guessed: bool,
    /// Number of articles.
    pub(super) articles: u64,
}

/// A line for each outlet, and on it a dot where it had articles.
pub(super) fn timeline(alternative: &str, lanes: &[String], dots: &[Dot]) -> Html {
    const LANE: i32 = 70;
    let (Some(from), Some(to)) = (dots.iter().map(|d| d.day).min(), dots.iter().map(|d| d.day).max()) else {
        return Html::default();
    };
    let room = ((to - from) / 8).max(1);
    let (from, to) = (from - room, to + room);
    let high = LANE * lanes.len() as i32;
    plot(high + 56, alternative, lanes, |area| -> Drawn {
        // Room for half a day's name at both ends.
        let mut chart = ChartBuilder::on(area)
            .margin_left(100)
            .margin_right(100)
            .x_label_area_size(56)
            .build_cartesian_2d(from as i32..to as i32, high..0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(LINE.mix(0.0))
            .bold_line_style(LINE)
            .axis_style(SOFT)
            .label_style(letters(SOFT, HPos::Left, VPos::Top))
            .x_labels(4)
            .x_label_formatter(&|day| day_name(i64::from(*day)))
            .draw()?;
        for lane in 0..lanes.len() {
            let y = LANE * lane as i32 + 52;
            chart.draw_series([PathElement::new([(from as i32, y), (to as i32, y)], LINE)])?;
            let name = letters(INK, HPos::Left, VPos::Top);
            area.draw(&Text::new(label(lane), (4, y - 46), name))?;
        }
        for dot in dots {
            let at = (dot.day as i32, LANE * dot.lane as i32 + 52);
            chart.draw_series([Circle::new(at, 13, KEPT.filled())])?;
            if dot.guessed {
                chart.draw_series([Circle::new(at, 8, GROUND.filled())])?;
            }
            if dot.articles > 1 {
                let style = letters(INK, HPos::Left, VPos::Center);
                let (x, y) = chart.backend_coord(&at);
                area.draw(&Text::new(format!("×{}", dot.articles), (x + 18, y), style))?;
            }
        }
        Ok(())
    })
}

/// A day in figures, as dates are written everywhere on the page.
pub(super) fn day_name(day: i64) -> String {
    Date::from_unix_day(day).map_or_else(String::new, |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::plot::{CUT, NEAR};
    use super::*;

    #[test]
    fn what_is_there_is_seen_and_nothing_is_larger_than_the_whole() {
        assert_eq!(scaled(1, 1_000_000, 260, 4), 4);
        assert_eq!(scaled(0, 1_000_000, 260, 4), 0);
        assert_eq!(scaled(u64::MAX, u64::MAX, 260, 4), 260);
        assert_eq!(scaled(7, 0, 260, 4), 260);
    }

    #[test]
    fn charts_of_extreme_numbers_are_drawn() {
        let share = |amount| Share { name: "x", said: "y".into(), color: KEPT, amount };
        for shares in [vec![share(0)], vec![share(u64::MAX), share(1), share(0)], vec![]] {
            assert!(flow("f", ("w", u64::MAX), &shares).len() > 0);
        }
        let edges: Vec<String> = (0..4).map(|n| n.to_string()).collect();
        let drawn = histogram("h", &edges, &[[0, 0], [u64::MAX / 4, 3], [1, 0]], [CUT, NEAR]).into_string();
        assert_eq!(drawn.matches("#7D6BB0").count(), 2, "{drawn}");
        assert!(drawn.contains(">3</text>"), "the edges are named: {drawn}");
        assert!(histogram("h", &edges[..1], &[], [CUT, NEAR]).len() > 0);
        assert!(bars("b", &[("a".into(), "1".into(), 0)], CUT).len() > 0);
    }

    #[test]
    fn a_timeline_names_its_days_and_its_outlets() {
        let lanes = ["a.example".to_owned(), "b.example".to_owned()];
        let dot = |lane, day, articles| Dot { lane, day, guessed: false, articles };
        let drawn = timeline("t", &lanes, &[dot(0, 17_727, 1), dot(1, 17_729, 3)]).into_string();
        for word in ["2018-07-16", "2018-07-18", "a.example", "b.example", "×3"] {
            assert!(drawn.contains(word), "{word}: {drawn}");
        }
        assert!(timeline("t", &lanes, &[]).into_string().is_empty());
        assert!(timeline("t", &lanes, &[dot(0, 5, 1)]).into_string().contains("circle"));
    }
}
