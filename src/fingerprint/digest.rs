//! The digest of a text's normal form: its lower-cased words joined by one space.
//!
//! Invariant: two texts have one digest exactly if they have the same words in the same order (SHA-256 collisions
//! apart). The normal form exists only here and in blocks; no output holds it.
//!
//! SHA-256 is a chain in which each step waits for the one before, and most of the machine idles. So digests that are
//! not wanted at once are made several together (`Chains`): four chains take little longer than one.

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

use super::simd::{CHAINS, Chains};
use crate::document::Digest;

/// Bytes that SHA-256 takes at a time.
pub(super) const BLOCK: usize = 64;
/// Bytes of one text that may wait for a digest; then its blocks are hashed at once.
const LONG: usize = 32 << 10;
/// Bytes of all texts that may wait.
const WAITING: usize = 128 << 10;
/// The state before the first block: from the square roots of the first eight primes.
const START: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

pub(super) type State = [u32; 8];

/// Digest of a text without words.
pub fn empty() -> Digest {
    Sha256::new().finalize().into()
}

/// A text of which the blocks, padded as SHA-256 wants them, stand in the buffer.
struct Waiting {
    state: State,
    from: usize,
    to: usize,
}

/// Takes the words of texts, each with a space behind it, and makes digests of them.
pub(super) struct NormalForm {
    chains: Option<Chains>,
    /// Texts that wait, then the text that is being read.
    buffer: Vec<u8>,
    filled: usize,
    /// Where the text that is being read begins, its state, and how many of its bytes are gone into that.
    from: usize,
    state: State,
    hashed: u64,
    wanted: bool,
    waiting: Vec<Waiting>,
    digests: Vec<Digest>,
}

impl NormalForm {
    /// With the instructions for several chains, where there are some.
    pub(super) fn new(chains: Option<Chains>) -> Self {
        Self {
            chains,
            buffer: Vec::new(),
            filled: 0,
            from: 0,
            state: START,
            hashed: 0,
            wanted: false,
            waiting: Vec::new(),
            digests: Vec::new(),
        }
    }

    /// Begins a text; a digest is `wanted` of it or not.
    pub(super) fn begin(&mut self, wanted: bool) {
        if self.filled > WAITING {
            self.settle();
        }
        (self.from, self.state, self.hashed, self.wanted) = (self.filled, START, 0, wanted);
    }

    /// Whether a digest is wanted of the text that is being read.
    pub(super) fn wanted(&self) -> bool {
        self.wanted
    }

    /// Room for at least `bytes` more.
    pub(super) fn room(&mut self, bytes: usize) -> &mut [u8] {
        if self.filled - self.from > LONG {
            // The last byte may be the space that is held back.
            let (blocks, _) = self.buffer[self.from..self.filled - 1].as_chunks::<BLOCK>();
            compress256(&mut self.state, blocks);
            let done = BLOCK * blocks.len();
            self.buffer.copy_within(self.from + done..self.filled, self.from);
            self.hashed += done as u64;
            self.filled -= done;
        }
        // Also for what is put behind a text.
        let all = self.filled + bytes + 2 * BLOCK;
        if self.buffer.len() < all {
            self.buffer.resize(all, b' ');
        }
        &mut self.buffer[self.filled..]
    }

    /// What was written into the room last given.
    pub(super) fn written(&self) -> &[u8] {
        &self.buffer[self.filled..]
    }

    /// Keeps so many bytes of what was written into the room last given.
    pub(super) fn keep(&mut self, bytes: usize) {
        if self.wanted {
            self.filled += bytes;
        }
    }

    /// Ends the text: it waits for its digest.
    pub(super) fn end(&mut self) {
        self.room(0);
        // The last space is no part of it.
        let end = self.filled - usize::from(self.filled > self.from);
        let bits = 8 * (self.hashed + (end - self.from) as u64);
        let blocks = (end - self.from + 1 + size_of_val(&bits)).div_ceil(BLOCK);
        let to = self.from + BLOCK * blocks;
        self.buffer[end..to].fill(0);
        self.buffer[end] = 0x80;
        self.buffer[to - size_of_val(&bits)..to].copy_from_slice(&bits.to_be_bytes());
        self.waiting.push(Waiting { state: self.state, from: self.from, to });
        self.filled = to;
    }

    /// The digest of the text that has just ended, which waits no more.
    pub(super) fn last(&mut self) -> Digest {
        let Some(Waiting { mut state, from, to }) = self.waiting.pop() else { return Digest::default() };
        compress256(&mut state, self.buffer[from..to].as_chunks().0);
        self.filled = from;
        bytes(&state)
    }

    /// The digests of all texts that wait, in order; none waits then.
    pub(super) fn all(&mut self) -> Vec<Digest> {
        self.settle();
        std::mem::take(&mut self.digests)
    }

    fn settle(&mut self) {
        let first = self.digests.len();
        self.digests.resize(first + self.waiting.len(), Digest::default());
        digests(self.chains, &self.buffer, &self.waiting, &mut self.digests[first..]);
        self.waiting.clear();
        self.filled = 0;
    }
}

/// A text on its way: its state and the blocks that are left of it.
struct Chain<'a> {
    state: State,
    blocks: &'a [[u8; BLOCK]],
    to: &'a mut Digest,
}

impl Chain<'_> {
    fn finish(&mut self) {
        compress256(&mut self.state, self.blocks);
        self.blocks = &[];
        *self.to = bytes(&self.state);
    }
}

/// The digests of the texts that wait.
fn digests(chains: Option<Chains>, buffer: &[u8], waiting: &[Waiting], to: &mut [Digest]) {
    let mut waiting = waiting.iter().zip(to).map(|(text, to)| Chain {
        state: text.state,
        blocks: buffer[text.from..text.to].as_chunks().0,
        to,
    });
    let mut several: Vec<Chain<'_>> = waiting.by_ref().take(CHAINS).collect();
    if let (Some(chains), Some(several)) = (chains, several.first_chunk_mut::<CHAINS>()) {
        let mut full = true;
        while full {
            // As many blocks of each as the shortest has.
            let blocks = several.iter().map(|chain| chain.blocks.len()).min().unwrap_or(0);
            let mut states = several.each_ref().map(|chain| chain.state);
            chains.compress(&mut states, several.each_ref().map(|chain| &chain.blocks[..blocks]));
            for (chain, state) in several.iter_mut().zip(states) {
                (chain.state, chain.blocks) = (state, &chain.blocks[blocks..]);
                if chain.blocks.is_empty() {
                    chain.finish();
                    match waiting.next() {
                        Some(next) => *chain = next,
                        None => full = false,
                    }
                }
            }
        }
    }
    several.into_iter().chain(waiting).for_each(|mut chain| chain.finish());
}

fn bytes(state: &State) -> Digest {
    let mut digest = Digest::default();
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The digests of texts that are given in parts, some of them at once.
    fn by_form(form: &mut NormalForm, texts: &[(Vec<u8>, bool)]) -> Vec<Digest> {
        let mut at_once = Vec::new();
        for (text, now) in texts {
            form.begin(true);
            for part in text.chunks(20_000) {
                form.room(part.len())[..part.len()].copy_from_slice(part);
                form.keep(part.len());
            }
            form.end();
            at_once.push(now.then(|| form.last()));
        }
        let mut later = form.all().into_iter();
        at_once.into_iter().map(|digest| digest.unwrap_or_else(|| later.next().unwrap())).collect()
    }

    proptest! {
        #[test]
        fn digests_are_sha_256_of_all_but_the_last_byte_in_order(
            lengths in proptest::collection::vec((prop_oneof![0usize..300, 0usize..90_000], any::<bool>()), 0..24)
        ) {
            let text = |n: usize, i: usize| (0..n).map(|at| (at * (i + 3) / 4) as u8).collect::<Vec<u8>>();
            let texts: Vec<(Vec<u8>, bool)> =
                lengths.iter().enumerate().map(|(i, (n, now))| (text(*n, i), *now)).collect();
            let sha = |text: &[u8]| Digest::from(Sha256::digest(&text[..text.len().saturating_sub(1)]));
            let want: Vec<Digest> = texts.iter().map(|(text, _)| sha(text)).collect();
            for mut form in [NormalForm::new(None), NormalForm::new(Chains::detect())] {
                prop_assert_eq!(&by_form(&mut form, &texts), &want);
                prop_assert_eq!(&by_form(&mut form, &texts), &want);
            }
        }
    }
}
