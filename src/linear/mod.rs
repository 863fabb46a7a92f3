//! Linear models over the lines of a page: what words are, how weights are read, and how lines are chosen by their scores.
//!
//! All sums are made in a fixed order of operations that IEEE 754 fixes: the same on every machine.

mod viterbi;

use rustc_hash::FxHashMap;
pub(crate) use viterbi::viterbi;

/// Whether `c` is Han, Kana or Hangul, of which each counts as half a word.
pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Whether words are made of `c`.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '_' } else { c.is_alphanumeric() }
}

/// What one feature counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Feature {
    mean: f32,
    /// 1 / its deviation.
    scale: f32,
    /// By pass of the model.
    pub(crate) weights: Vec<f32>,
}

impl Feature {
    /// How many deviations `value` is from the mean, `most` at most.
    pub(crate) fn deviations(&self, value: f32, most: f32) -> f32 {
        ((value - self.mean) * self.scale).clamp(-most, most)
    }
}

/// A file of weights.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weights<'a> {
    settings: FxHashMap<&'a str, f32>,
    features: FxHashMap<&'a str, Feature>,
}

impl<'a> Weights<'a> {
    /// Reads `text`: lines of two fields are settings, of four or more a feature (name, mean, deviation, a weight for each
    /// pass).
    pub(crate) fn parse(text: &'a str) -> Self {
        let mut read = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let name = fields.next().unwrap_or_default();
            let numbers: Vec<f32> = fields.map(|field| field.parse().unwrap_or(0.0)).collect();
            match *numbers.as_slice() {
                [value] => {
                    read.settings.insert(name, value);
                }
                [mean, deviation, ref weights @ ..] if !weights.is_empty() => {
                    let scale = 1.0 / deviation.max(1e-3);
                    read.features.insert(name, Feature { mean, scale, weights: weights.to_vec() });
                }
                _ => {}
            }
        }
        read
    }

    /// The setting of that name; 0 if there is none.
    pub(crate) fn setting(&self, name: &str) -> f32 {
        self.settings.get(name).copied().unwrap_or(0.0)
    }

    /// The feature of that name.
    pub(crate) fn feature(&self, name: &str) -> Option<Feature> {
        self.features.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_counts_by_its_deviations() {
        let weights = Weights::parse("# of lines\nbias\t0.5\nlink\t1\t2\t-3\t4\nblank\t\n");
        assert_eq!(weights.setting("bias"), 0.5);
        assert_eq!(weights.setting("switch"), 0.0);
        let link = weights.feature("link").unwrap();
        assert_eq!((link.weights.as_slice(), link.deviations(4.0, 9.0)), ([-3.0, 4.0].as_slice(), 1.5));
        assert_eq!(link.deviations(-99.0, 4.0), -4.0);
        assert_eq!(weights.feature("bias"), None);
    }
}
