//! The weights: read from `rules/main_content/weights.tsv`, and summed up over the columns of a page.

use std::fmt::Arguments;

use super::context::{self, Columns};
use super::odds::WordOdds;
use super::page::Page;
use super::second;
use crate::linear::{Feature, Weights};

/// The model.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// By number of the feature, in the order in which they are made.
    weights: Vec<Option<Feature>>,
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
    /// Reads the weights: settings and features, each with its weight in the first pass and in the second. What it does not
    /// know counts nothing.
    pub(super) fn parse(text: &str) -> Self {
        let file = Weights::parse(text);
        let (first, more) = names();
        let weight = |name: &String| file.feature(name).filter(|feature| feature.weights.len() == 2);
        Self {
            weights: first.iter().chain(&more).map(weight).collect(),
            start: [file.setting("first"), file.setting("second")],
            bias: file.setting("bias"),
            switch: file.setting("switch"),
            clip: file.setting("clip"),
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
        let feature = self.model.weights.get(self.next).and_then(Option::as_ref);
        self.next += 1;
        let Some(feature) = feature else { return };
        let clip = self.model.clip;
        let [first, second] = &mut self.sums;
        for (i, (first, second)) in first.iter_mut().zip(second).enumerate() {
            let deviations = feature.deviations(value(i), clip);
            *first += deviations * feature.weights[0];
            *second += deviations * feature.weights[1];
        }
    }
}
