//! The outline of an expression: how every text in which it is found must begin, or end.
//!
//! An outline follows an expression that is tied to one side of the text from there inwards, and stops where anything
//! may stand (a letter, any character). It is found in every text in which the expression is found, never the other
//! way round, so it may turn a text away and never accept one.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// The side of a text that an outline is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Start,
    End,
}

/// Characters that a class may have to be followed; beyond, it says too little.
const MOST_CHARACTERS: u32 = 1000;

/// Repetitions that are followed one by one.
const MOST_REPETITIONS: u32 = 16;

/// Bytes after which an outline ends: enough to tell chrome from an article, few enough to be compiled quickly.
const DEPTH: usize = 8;

/// The outline of `source` on `side`; `None` if the expression is not tied to it, or fits an empty piece of text.
pub(super) fn outline(source: &str, side: Side) -> Option<Hir> {
    let hir = regex_syntax::Parser::new().parse(source).ok()?;
    let tied = match side {
        Side::Start => hir.properties().look_set_prefix().contains(Look::Start),
        Side::End => hir.properties().look_set_suffix().contains(Look::End),
    };
    let parts = if tied { follow(&hir, side) } else { return None };
    let outline = either(parts.whole, parts.open)?;
    (outline.properties().minimum_len()? > 0).then_some(outline)
}

/// What is known of a piece of an expression.
struct Parts {
    /// The piece as far as it can be followed through to its other side.
    whole: Option<Hir>,
    /// The piece up to where anything may stand.
    open: Option<Hir>,
}

fn follow(hir: &Hir, side: Side) -> Parts {
    let whole = |hir: Hir| Parts { whole: Some(hir), open: None };
    let anything = Parts { whole: None, open: Some(Hir::empty()) };
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.len() > DEPTH => {
            let bytes = match side {
                Side::Start => &literal.0[..DEPTH],
                Side::End => &literal.0[literal.0.len() - DEPTH..],
            };
            Parts { whole: None, open: Some(Hir::literal(bytes)) }
        }
        HirKind::Empty | HirKind::Literal(_) => whole(hir.clone()),
        // Other assertions are left out: an outline is found more often than its expression.
        HirKind::Look(look) => {
            whole(if matches!(look, Look::Start | Look::End) { hir.clone() } else { Hir::empty() })
        }
        HirKind::Class(class) => {
            let few = match class {
                Class::Unicode(class) => {
                    let size = |r: &regex_syntax::hir::ClassUnicodeRange| {
                        u32::from(r.end()) - u32::from(r.start()) + 1
                    };
                    class.iter().map(size).sum::<u32>() <= MOST_CHARACTERS
                }
                Class::Bytes(_) => false,
            };
            if few { whole(hir.clone()) } else { anything }
        }
        HirKind::Capture(capture) => follow(&capture.sub, side),
        HirKind::Repetition(repetition) => repeated(repetition, side),
        HirKind::Concat(pieces) => {
            let mut outer: Vec<&Hir> = Vec::new();
            let mut depth = 0;
            let mut all = Parts { whole: Some(Hir::empty()), open: None };
            let mut pieces = pieces.iter();
            while let Some(piece) = if side == Side::Start { pieces.next() } else { pieces.next_back() } {
                if depth >= DEPTH {
                    all = anything;
                    break;
                }
                depth += piece.properties().minimum_len().unwrap_or(0);
                outer.push(piece);
            }
            for piece in outer.into_iter().rev() {
                let Parts { whole, open } = follow(piece, side);
                all = Parts {
                    open: either(open, whole.clone().zip(all.open).map(|(a, b)| beside(a, b, side))),
                    whole: whole.zip(all.whole).map(|(a, b)| beside(a, b, side)),
                };
            }
            all
        }
        HirKind::Alternation(choices) => {
            let parts: Vec<Parts> = choices.iter().map(|choice| follow(choice, side)).collect();
            let (whole, open): (Vec<_>, Vec<_>) = parts.into_iter().map(|p| (p.whole, p.open)).unzip();
            let any = |of: Vec<Option<Hir>>| {
                let of: Vec<Hir> = of.into_iter().flatten().collect();
                (!of.is_empty()).then(|| Hir::alternation(of))
            };
            Parts { whole: any(whole), open: any(open) }
        }
    }
}

fn repeated(repetition: &Repetition, side: Side) -> Parts {
    let Parts { whole, open } = follow(&repetition.sub, side);
    let none = (repetition.min == 0).then(Hir::empty);
    if repetition.min.max(repetition.max.unwrap_or(0)) > MOST_REPETITIONS {
        return Parts { whole: None, open: either(none, either(whole, open)) };
    }
    let times =
        |sub: Hir, min: u32| Hir::repetition(Repetition { min, sub: Box::new(sub), ..repetition.clone() });
    // Some rounds that can be followed through, then one that cannot.
    let open = open.map(|open| match &whole {
        Some(whole) => beside(times(whole.clone(), 0), open, side),
        None => open,
    });
    Parts { whole: whole.map_or(none, |whole| Some(times(whole, repetition.min))), open }
}

/// `outer`, then `inner` further inwards.
fn beside(outer: Hir, inner: Hir, side: Side) -> Hir {
    Hir::concat(match side {
        Side::Start => vec![outer, inner],
        Side::End => vec![inner, outer],
    })
}

fn either(a: Option<Hir>, b: Option<Hir>) -> Option<Hir> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Hir::alternation(vec![a, b])),
        (a, b) => a.or(b),
    }
}
