//! The weights: read from `rules/main_content/weights.tsv`, and summed up over the columns of a page.

use std::fmt::Arguments;

use rustc_hash::FxHashMap;

use super::context::{self, Columns};
use super::odds::WordOdds;
use super::page::Page;
use super::second;

/// What one feature counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weight {
    mean: f32,
    /// 1 / its deviation.
    scale: f32,
    /// In the first pass, and in the second.
    weights: [f32; 2],
}

/// The model.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// By number of the feature, in the order in which they are made.
    weights: Vec<Option<Weight>>,
    /// What a line scores before any feature, in the first and in the second pass.
    start: [f32; 2],
    /// Added to every score before decoding: how much it leans to keeping.
    pub(super) bias: f32,
    /// Cost of each change between article and rest.
    pub(super) switch: f32,
    /// A feature counts at most so many deviations.
    clip: f32,
}

/// Names of all features, in order.
#[derive(Debug, Default)]
pub(super) struct Names(pub(super) Vec<String>);

impl Columns for Names {
    fn column(&mut self, name: Arguments<'_>, _: impl Fn(usize) -> f32) {
        self.0.push(name.to_string());
    }
}

/// Names of the features of both passes: those of the first, then those of the second.
pub(super) fn names() -> (Vec<String>, Vec<String>) {
    let page = Page::read(b"One line.", &[], &[], &WordOdds::default());
    let (mut first, mut more) = (Names::default(), Names::default());
    context::columns(&page, &mut first);
    second::columns(&page, &[0.0], &[true], &mut more);
    (first.0, more.0)
}

impl Model {
    /// Reads the weights: lines of two fields are settings, of five a feature (name, mean, deviation, weight in the first
    /// pass, weight in the second). What it does not know counts nothing.
    pub(super) fn parse(text: &str) -> Self {
        let mut settings: FxHashMap<&str, f32> = FxHashMap::default();
        let mut features: FxHashMap<&str, Weight> = FxHashMap::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |at: usize| fields.get(at).and_then(|f: &&str| f.parse::<f32>().ok()).unwrap_or(0.0);
            match fields.len() {
                2 => {
                    settings.insert(fields[0], number(1));
                }
                5 => {
                    let weights = [number(3), number(4)];
                    let scale = 1.0 / number(2).max(1e-3);
                    features.insert(fields[0], Weight { mean: number(1), scale, weights });
                }
                _ => {}
            }
        }
        let (first, more) = names();
        let setting = |name: &str| settings.get(name).copied().unwrap_or(0.0);
        Self {
            weights: first.iter().chain(&more).map(|name| features.get(name.as_str()).copied()).collect(),
            start: [setting("first"), setting("second")],
            bias: setting("bias"),
            switch: setting("switch"),
            clip: setting("clip"),
        }
    }

    /// An empty sum over a page of `lines` lines.
    pub(super) fn scores(&self, lines: usize) -> Scores<'_> {
        Scores { model: self, next: 0, sums: self.start.map(|start| vec![start; lines]) }
    }
}

/// Sums up what the features of each line count, for both passes at once.
#[derive(Debug)]
pub(super) struct Scores<'m> {
    model: &'m Model,
    next: usize,
    /// By pass: a score for each line; above 0: article.
    pub(super) sums: [Vec<f32>; 2],
}

impl Columns for Scores<'_> {
    fn column(&mut self, _: Arguments<'_>, value: impl Fn(usize) -> f32) {
        let weight = self.model.weights.get(self.next).copied().flatten();
        self.next += 1;
        let Some(Weight { mean, scale, weights }) = weight else { return };
        let clip = self.model.clip;
        let [first, second] = &mut self.sums;
        for (i, (first, second)) in first.iter_mut().zip(second).enumerate() {
            let deviations = ((value(i) - mean) * scale).clamp(-clip, clip);
            *first += deviations * weights[0];
            *second += deviations * weights[1];
        }
    }
}
