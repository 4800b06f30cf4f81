//! Words of estimative likelihood: lexicons as data, one per assessment. And the scales of STIX 2.1, which are not
//! likelihoods.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::{Confidence, Credibility};

/// A word with the probabilities it stands for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// As in files.
    pub key: String,
    /// As printed.
    pub words: String,
    /// How `It is WORDS` is said, where that is no English.
    pub phrase: Option<String>,
    /// Lower edge, inclusive.
    pub low: f64,
    /// Upper edge, exclusive but for 1.
    pub high: f64,
}

impl Band {
    fn holds(&self, p: f64) -> bool {
        self.low <= p && (p < self.high || (p >= 1.0 && self.high >= 1.0))
    }

    /// `It is likely`, or as the words want it.
    pub fn phrase(&self) -> String {
        self.phrase.clone().unwrap_or_else(|| format!("It is {}", self.words))
    }
}

/// A lexicon: the only one of an assessment.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// As in `case.toml`.
    #[serde(skip)]
    pub id: &'static str,
    /// As printed.
    pub name: String,
    /// Where its table stands, and how it is read.
    pub source: String,
    /// Its words, from the least likely on.
    #[serde(rename = "band")]
    pub bands: Vec<Band>,
}

/// Names of the lexicons, as in `case.toml`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LexiconName {
    /// ICD 203, row A.
    #[default]
    #[serde(rename = "icd-203-a")]
    Icd203A,
    /// ICD 203, row B.
    #[serde(rename = "icd-203-b")]
    Icd203B,
    /// Sherman Kent, 1964.
    Kent,
    /// The probability yardstick of the United Kingdom's PHIA.
    Phia,
    /// NATO AJP-2.1.
    Nato,
    /// The IPCC's calibrated language.
    Ipcc,
}

impl LexiconName {
    /// The lexicon.
    pub fn lexicon(self) -> &'static Lexicon {
        &LEXICONS[self as usize]
    }
}

/// Every lexicon that is known, in the order of their names; the first is the default.
static LEXICONS: LazyLock<Vec<Lexicon>> = LazyLock::new(|| {
    [
        ("icd-203-a", include_str!("../lexicons/icd-203-a.toml")),
        ("icd-203-b", include_str!("../lexicons/icd-203-b.toml")),
        ("kent", include_str!("../lexicons/kent.toml")),
        ("phia", include_str!("../lexicons/phia.toml")),
        ("nato", include_str!("../lexicons/nato.toml")),
        ("ipcc", include_str!("../lexicons/ipcc.toml")),
    ]
    .into_iter()
    .map(|(id, text)| match toml::from_str::<Lexicon>(text) {
        Ok(lexicon) => Lexicon { id, ..lexicon },
        Err(e) => unreachable!("lexicon {id}: {e}"),
    })
    .collect()
});

impl Default for &'static Lexicon {
    fn default() -> Self {
        &LEXICONS[0]
    }
}

impl Lexicon {
    /// All of them; the first is the default.
    pub fn all() -> &'static [Lexicon] {
        &LEXICONS
    }

    /// The word for `p` in [0, 1]: the narrowest band that holds it; none in a gap.
    pub fn word(&self, p: f64) -> Option<&Band> {
        self.bands.iter().filter(|b| b.holds(p)).min_by(|a, b| (a.high - a.low).total_cmp(&(b.high - b.low)))
    }

    /// The band of that key.
    pub fn band(&self, key: &str) -> Option<&Band> {
        self.bands.iter().find(|b| b.key == key)
    }

    /// Words for `p`; in a gap, that there is none.
    pub fn words(&self, p: f64) -> String {
        self.word(p).map_or_else(|| format!("no word in {}", self.name), |b| b.words.clone())
    }

    /// `likely (62 %)`; in a gap the number alone, and that there is no word for it.
    pub fn likelihood(&self, p: f64, worlds: usize) -> String {
        let number = crate::percent(p, worlds);
        self.word(p).map_or_else(
            || format!("{number}, for which {} has no word", self.name),
            |b| format!("{} ({number})", b.words),
        )
    }

    /// The sentence with `{likelihood}` said of `p`.
    pub fn sentence(&self, text: &str, p: f64, worlds: usize) -> String {
        let number = crate::percent(p, worlds);
        let phrase = match self.word(p) {
            Some(b) => format!("{} ({number})", b.phrase()),
            None => format!("The chance is {number}, for which {} has no word,", self.name),
        };
        let small = phrase[..1].to_lowercase() + &phrase[1..];
        text.replace("It is {likelihood}", &phrase)
            .replace("it is {likelihood}", &small)
            .replace("{likelihood}", &self.likelihood(p, worlds))
    }

    /// The edge nearest to `p` where another word begins, if it is within `distance`, and what is said on its other side.
    pub fn near_edge(&self, p: f64, distance: f64) -> Option<(f64, String)> {
        let word = |p: f64| self.word(p).map(|b| b.key.as_str());
        self.bands
            .iter()
            .flat_map(|b| [b.low, b.high])
            .filter(|e| (0.001..0.999).contains(e) && (p - e).abs() < distance && word(e - 1e-9) != word(*e))
            .min_by(|a, b| (p - a).abs().total_cmp(&(p - b).abs()))
            .map(|e| (e, self.words(if p < e { e } else { e - 1e-9 })))
    }
}

/// A rung of a STIX 2.1 confidence scale: its words, the value to write, the values that read as it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rung {
    /// Words of the scale.
    pub words: &'static str,
    /// The value to write.
    pub value: u8,
    /// Least value that reads as it.
    pub low: u8,
    /// Greatest.
    pub high: u8,
}

const fn rung(words: &'static str, value: u8, low: u8, high: u8) -> Rung {
    Rung { words, value, low, high }
}

/// None, low, medium, high (STIX 2.1, appendix A). `confidence` there is how sure the creator is that *its own data are
/// correct*: no likelihood of an event and no posterior of a hypothesis is ever written there.
pub const STIX_LEVELS: [Rung; 4] =
    [rung("None", 0, 0, 0), rung("Low", 15, 1, 29), rung("Med", 50, 30, 69), rung("High", 85, 70, 100)];

/// Admiralty credibility 5 to 1 (STIX 2.1, appendix A); 6 is no value at all.
pub const STIX_ADMIRALTY: [Rung; 5] = [
    rung("5 - Improbable", 10, 0, 19),
    rung("4 - Doubtful", 30, 20, 39),
    rung("3 - Possibly True", 50, 40, 59),
    rung("2 - Probably True", 70, 60, 79),
    rung("1 - Confirmed by other sources", 90, 80, 100),
];

/// Words of estimative probability as STIX 2.1 has them (appendix A).
pub const STIX_WEP: [Rung; 7] = [
    rung("Impossible", 0, 0, 0),
    rung("Highly Unlikely/Almost Certainly Not", 10, 1, 19),
    rung("Unlikely/Probably Not", 30, 20, 39),
    rung("Even Chance", 50, 40, 59),
    rung("Likely/Probable", 70, 60, 79),
    rung("Highly likely/Almost Certain", 90, 80, 99),
    rung("Certain", 100, 100, 100),
];

/// The DNI scale as STIX 2.1 has it (appendix A): its bins are not those of ICD 203.
pub const STIX_DNI: [Rung; 7] = [
    rung("Almost No Chance / Remote", 5, 0, 9),
    rung("Very Unlikely / Highly Improbable", 15, 10, 19),
    rung("Unlikely / Improbable", 30, 20, 39),
    rung("Roughly Even Chance / Roughly Even Odds", 50, 40, 59),
    rung("Likely / Probable", 70, 60, 79),
    rung("Very Likely / Highly Probable", 85, 80, 89),
    rung("Almost Certain / Nearly Certain", 95, 90, 100),
];

/// The rung of a scale that a value reads as.
pub fn stix_rung(scale: &'static [Rung], value: u8) -> Option<&'static Rung> {
    scale.iter().find(|r| (r.low..=r.high).contains(&value))
}

/// The STIX value of an information credibility: none where truth cannot be judged, for which the property is left out.
pub fn stix_credibility(c: Credibility) -> Option<u8> {
    (1..=5).contains(&c.0).then(|| STIX_ADMIRALTY[usize::from(5 - c.0)].value)
}

/// The STIX value of an analytic confidence.
pub fn stix_confidence(c: Confidence) -> u8 {
    STIX_LEVELS[match c {
        Confidence::Low => 1,
        Confidence::Moderate => 2,
        Confidence::High => 3,
    }]
    .value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str) -> &'static Lexicon {
        Lexicon::all().iter().find(|l| l.id == id).unwrap()
    }

    fn said(lexicon: &str, p: f64) -> String {
        named(lexicon).words(p)
    }

    /// The published tables, edges included (a value on an edge takes the upper word).
    #[test]
    fn icd_203_words() {
        for (p, a, b) in [
            (0.0, "almost no chance", "remote"),
            (0.049, "almost no chance", "remote"),
            (0.05, "very unlikely", "highly improbable"),
            (0.19, "very unlikely", "highly improbable"),
            (0.20, "unlikely", "improbable"),
            (0.449, "unlikely", "improbable"),
            (0.45, "roughly even chance", "roughly even odds"),
            (0.55, "likely", "probable"),
            (0.80, "very likely", "highly probable"),
            (0.95, "almost certain", "nearly certain"),
            (1.0, "almost certain", "nearly certain"),
        ] {
            assert_eq!((said("icd-203-a", p).as_str(), said("icd-203-b", p).as_str()), (a, b), "{p}");
        }
        assert_eq!(<&Lexicon>::default().id, "icd-203-a");
    }

    /// Kent and PHIA have gaps, and say so; the IPCC's bands lie within one another.
    #[test]
    fn gaps_have_no_word() {
        for (p, word) in [
            (0.04, Some("remote chance")),
            (0.07, None),
            (0.10, Some("highly unlikely")),
            (0.22, None),
            (0.30, Some("unlikely")),
            (0.37, None),
            (0.45, Some("realistic possibility")),
            (0.52, None),
            (0.55, Some("likely")),
            (0.77, None),
            (0.85, Some("highly likely")),
            (0.92, None),
            (0.97, Some("almost certain")),
        ] {
            assert_eq!(named("phia").word(p).map(|b| b.words.as_str()), word, "{p}");
        }
        let phia = named("phia");
        assert_eq!(
            phia.sentence("It is {likelihood} that it rains.", 0.22, 1024),
            "The chance is 22 %, for which PHIA probability yardstick has no word, that it rains."
        );
        assert_eq!(
            phia.sentence("It is {likelihood} that it rains.", 0.44, 1024),
            "There is a realistic possibility (44 %) that it rains."
        );
        for (p, word) in
            [(0.07, "almost certainly not"), (0.30, "probably not"), (0.75, "probable"), (0.93, "almost certain")]
        {
            assert_eq!(said("kent", p), word);
        }
        assert!(named("kent").word(0.61).is_none() && named("kent").word(0.15).is_none());
        for (p, word) in [
            (0.005, "exceptionally unlikely"),
            (0.05, "very unlikely"),
            (0.2, "unlikely"),
            (0.5, "about as likely as not"),
            (0.7, "likely"),
            (0.95, "very likely"),
            (0.995, "virtually certain"),
        ] {
            assert_eq!(said("ipcc", p), word);
        }
        for (p, word) in [
            (0.05, "highly unlikely"),
            (0.3, "unlikely"),
            (0.5, "even chance"),
            (0.7, "likely"),
            (0.95, "highly likely"),
        ] {
            assert_eq!(said("nato", p), word);
        }
    }

    #[test]
    fn every_lexicon_is_in_order_and_names_its_source() {
        let names = [
            LexiconName::Icd203A,
            LexiconName::Icd203B,
            LexiconName::Kent,
            LexiconName::Phia,
            LexiconName::Nato,
            LexiconName::Ipcc,
        ];
        assert_eq!(names.len(), Lexicon::all().len());
        for (l, name) in Lexicon::all().iter().zip(names) {
            assert_eq!(serde_json::json!(name), l.id);
            assert_eq!(name.lexicon().id, l.id);
            assert!(l.source.len() > 20 && l.bands.iter().all(|b| b.low < b.high), "{}", l.id);
            let middle = |b: &Band| b.low + b.high;
            assert!(l.bands.windows(2).all(|w| middle(&w[0]) < middle(&w[1])), "{}", l.id);
            // Every band is the word for some number.
            for b in &l.bands {
                assert!((0..1000).any(|i| l.word(f64::from(i) / 1000.0) == Some(b)), "{} {}", l.id, b.key);
            }
        }
        assert_eq!(<&Lexicon>::default().near_edge(0.54, 0.02), Some((0.55, "likely".into())));
        assert_eq!(<&Lexicon>::default().near_edge(0.5, 0.02), None);
    }

    /// STIX 2.1, appendix A; the scales have no gap, and every value reads back as its own rung.
    #[test]
    fn stix_scales() {
        for scale in [&STIX_LEVELS[..], &STIX_ADMIRALTY, &STIX_WEP, &STIX_DNI] {
            assert!((0..=100).all(|v| scale.iter().filter(|r| (r.low..=r.high).contains(&v)).count() == 1));
            assert!(scale.iter().all(|r| (r.low..=r.high).contains(&r.value)));
        }
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(|c| stix_credibility(Credibility(c))),
            [Some(90), Some(70), Some(50), Some(30), Some(10), None]
        );
        assert_eq!([Confidence::Low, Confidence::Moderate, Confidence::High].map(stix_confidence), [15, 50, 85]);
        assert_eq!(STIX_WEP[2].value, 30);
    }

    /// The DNI scale of STIX gives 18 whole percentages another word than ICD 203 does.
    #[test]
    fn stix_and_icd_203_differ() {
        let differ: Vec<u8> = (1..=99)
            .filter(|p| {
                let ours = &<&Lexicon>::default().word(f64::from(*p) / 100.0).unwrap().words;
                let theirs = stix_rung(&STIX_DNI, *p).unwrap().words.to_lowercase();
                theirs.split(" / ").next() != Some(ours.as_str())
            })
            .collect();
        let expected: Vec<u8> = (5..=9).chain(40..=44).chain(55..=59).chain(90..=94).collect();
        // The bands' shared edges, 5 and 55, are read upwards here; read downwards they agree, and 18 remain.
        assert_eq!(differ, expected);
        assert_eq!(differ.iter().filter(|p| ![5, 55].contains(*p)).count(), 18);
    }
}
