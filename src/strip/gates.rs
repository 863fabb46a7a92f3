//! One gate a language: rules of other languages make no line worth a look.

use std::sync::OnceLock;

use super::gate::Gate;

/// The number of a gate. Texts with the same number are bound by the same rules, but for those of sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Tongue(usize);

impl Tongue {
    /// Of texts in no known language: every rule may be in force.
    pub(super) const UNKNOWN: Self = Self(0);
    /// Of texts in a language that no rule names.
    const OTHER: usize = 1;
}

/// All gates; each is made when it is first needed.
#[derive(Debug)]
pub(super) struct Gates {
    /// The languages that rules name, sorted.
    langs: Vec<String>,
    gates: Vec<OnceLock<Gate>>,
}

impl Gates {
    /// For rules that name these languages.
    pub(super) fn new<'l>(langs: impl Iterator<Item = &'l String>) -> Self {
        let mut langs: Vec<String> = langs.cloned().collect();
        langs.sort_unstable();
        let gates = (0..=Tongue::OTHER + langs.len()).map(|_| OnceLock::new()).collect();
        Self { langs, gates }
    }

    /// The gate of a language, without its region.
    pub(super) fn tongue(&self, lang: Option<&str>) -> Tongue {
        let known = |lang: &str| self.langs.binary_search_by(|known| known.as_str().cmp(lang));
        match lang.map(known) {
            None => Tongue::UNKNOWN,
            Some(Ok(place)) => Tongue(Tongue::OTHER + 1 + place),
            Some(Err(_)) => Tongue(Tongue::OTHER),
        }
    }

    /// The language of a gate.
    pub(super) fn lang(&self, tongue: Tongue) -> Option<&str> {
        match tongue {
            Tongue::UNKNOWN => None,
            Tongue(Tongue::OTHER) => Some(""),
            Tongue(place) => Some(&self.langs[place - Tongue::OTHER - 1]),
        }
    }

    /// The gate with this number; `make` makes it.
    pub(super) fn get(&self, tongue: Tongue, make: impl FnOnce() -> Gate) -> &Gate {
        self.gates[tongue.0].get_or_init(make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_that_rules_name_have_gates_of_their_own() {
        let langs = ["fr".to_owned(), "de".to_owned()];
        let gates = Gates::new(langs.iter());
        assert_eq!(gates.tongue(None), Tongue::UNKNOWN);
        assert_eq!(gates.lang(Tongue::UNKNOWN), None);
        assert_ne!(gates.tongue(Some("de")), gates.tongue(Some("fr")));
        assert_eq!(gates.tongue(Some("sv")), gates.tongue(Some("hu")));
        for lang in ["de", "fr"] {
            assert_eq!(gates.lang(gates.tongue(Some(lang))), Some(lang));
        }
        assert_eq!(gates.lang(gates.tongue(Some("sv"))), Some(""));
    }
}
