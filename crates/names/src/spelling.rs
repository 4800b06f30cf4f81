//! Names: when two spellings may mean the same actor or place.
//!
//! A name is folded (any script to Latin letters, lower case, no punctuation), then compared by words: rare words say
//! more than common ones, and words are compared with tolerance for transliteration. Every score keeps how it came
//! about, so that a person can overrule it.

use std::collections::BTreeMap;

/// How two names were found alike, from the surest down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Letter by letter, after folding.
    Same,
    /// By the spelling of sounds: transliterations of one name.
    Sound,
    /// One is the initials of the other.
    Initials,
    /// By the words they share.
    Words,
}

/// A name, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Latin letters and digits in lower case, one space between words.
    pub text: String,
    /// Words.
    pub words: Vec<String>,
    /// First letters of the words that count.
    initials: String,
    /// How it sounds, roughly.
    sound: String,
    /// Without what stands in parentheses, where something does.
    outer: Option<String>,
}

/// Words that tell nothing of whose name it is.
const STOP: [&str; 9] = ["of", "the", "and", "for", "in", "de", "la", "al", "el"];

impl Folded {
    /// Folds a name.
    pub fn new(name: &str) -> Self {
        let latin = deunicode::deunicode(name).to_lowercase();
        let (mut text, mut outer) = (String::with_capacity(latin.len()), String::new());
        let mut depth = 0u32;
        let mut parentheses = false;
        let put = |to: &mut String, c: char| match c {
            // An apostrophe is part of its word.
            '\'' | '`' | '"' => {}
            c if c.is_ascii_alphanumeric() => to.push(c),
            _ if !to.ends_with(' ') && !to.is_empty() => to.push(' '),
            _ => {}
        };
        for c in latin.chars() {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            parentheses |= depth > 0;
            put(&mut text, c);
            if depth == 0 {
                put(&mut outer, c);
            }
        }
        let text = text.trim_end().to_owned();
        let words: Vec<String> = text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
        let counted = || words.iter().filter(|w| !STOP.contains(&w.as_str()));
        let initials = counted().filter_map(|w| w.chars().next()).collect();
        let sound = counted().map(|w| sound(w)).collect::<Vec<_>>().join(" ");
        Self { initials, sound, outer: parentheses.then(|| outer.trim_end().to_owned()), text, words }
    }
}

impl Folded {
    /// Whether two names are transliterations of one.
    pub fn sounds_like(&self, other: &Self) -> bool {
        !self.sound.is_empty() && self.sound == other.sound
    }
}

/// A word by its sounds: spellings that transliterations vary are made one.
fn sound(word: &str) -> String {
    const PAIRS: [(&str, &str); 16] = [
        ("dzh", "j"),
        ("kh", "h"),
        ("gh", "g"),
        ("zh", "j"),
        ("ph", "f"),
        ("ck", "k"),
        ("ts", "z"),
        ("sch", "sh"),
        ("ou", "u"),
        ("oo", "u"),
        ("ee", "i"),
        ("iy", "i"),
        ("ay", "ai"),
        ("dj", "j"),
        ("q", "k"),
        ("w", "v"),
    ];
    let mut out = word.to_owned();
    for (a, b) in PAIRS {
        out = out.replace(a, b);
    }
    let mut last = ' ';
    out.chars()
        .map(|c| match c {
            'y' => 'i',
            'o' => 'a',
            'e' => 'i',
            c => c,
        })
        .filter(|c| {
            let keep = *c != last;
            last = *c;
            keep
        })
        .collect()
}

/// How common words are among many names.
#[derive(Debug, Clone, Default)]
pub struct Words {
    counts: BTreeMap<String, u32>,
    names: u32,
}

impl Words {
    /// Counts the words of distinct names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n Folded>) -> Self {
        let mut out = Self::default();
        for n in names {
            out.names += 1;
            for w in &n.words {
                *out.counts.entry(w.clone()).or_default() += 1;
            }
        }
        out
    }

    /// What a word tells, in nats.
    fn weight(&self, word: &str) -> f64 {
        if STOP.contains(&word) {
            return 0.05;
        }
        let n = self.counts.get(word).copied().unwrap_or(1);
        libm::log(1.0 + f64::from(self.names.max(1)) / f64::from(n))
    }

    /// How alike two names are, from 0 to 1, and how that was found.
    pub fn alike(&self, a: &Folded, b: &Folded) -> (f64, How) {
        if a.text.is_empty() || b.text.is_empty() {
            return (0.0, How::Words);
        }
        if a.text == b.text {
            return (1.0, How::Same);
        }
        if a.sound == b.sound && !a.sound.is_empty() {
            return (0.95, How::Sound);
        }
        // "Myanmar (Burma)" is Myanmar; "Military (Syria)" is not "Military (Iraq)".
        let bracketed = |x: &Folded, y: &Folded| {
            y.outer.is_none() && x.outer.as_ref().is_some_and(|o| !o.is_empty() && *o == y.text)
        };
        if bracketed(a, b) || bracketed(b, a) {
            return (0.9, How::Words);
        }
        let acronym = |short: &Folded, long: &Folded| {
            short.words.len() == 1 && short.text.len() >= 2 && long.words.len() >= 2 && short.text == long.initials
        };
        if acronym(a, b) || acronym(b, a) {
            return (0.85, How::Initials);
        }
        // Soft TF-IDF (Cohen, Ravikumar and Fienberg 2003): the weight of the words that find a close word, against
        // the weight of all.
        let side = |x: &Folded, y: &Folded| {
            let (mut found, mut all) = (0.0, 0.0);
            for w in &x.words {
                let weight = self.weight(w);
                all += weight;
                let best = y.words.iter().map(|v| near(w, v)).fold(0.0, f64::max);
                found += weight * best;
            }
            if all > 0.0 { found / all } else { 0.0 }
        };
        ((0.9 * libm::sqrt(side(a, b) * side(b, a))).min(0.9), How::Words)
    }
}

/// Likeness of two words; short ones must be the same or an abbreviation.
fn near(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    // An abbreviation keeps the first letter and the order of the others: govt, grp, bde.
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let mut rest = long.chars();
    if short.len() >= 3 && short[..1] == long[..1] && short.chars().all(|c| rest.any(|d| d == c)) {
        return 0.9;
    }
    if a.len() < 4 || b.len() < 4 {
        return 0.0;
    }
    let j = strsim::jaro_winkler(a, b);
    if j > 0.9 { j } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> (f64, How) {
        let common: Vec<Folded> = [
            "Islamic Movement of Uzbekistan",
            "Islamic State",
            "Islamic Jihad Union",
            "Government of Tajikistan",
            "Group A",
            "Group B",
            "Group C",
        ]
        .map(Folded::new)
        .into();
        Words::new(&common).alike(&Folded::new(a), &Folded::new(b))
    }

    #[test]
    fn spellings_scripts_and_initials() {
        assert_eq!(alike("Исламское движение Узбекистана", "Islamskoe dvizhenie Uzbekistana").1, How::Same);
        assert_eq!(alike("Jamaat Ansarullah", "Jamaat Ansorulloh"), (0.95, How::Sound));
        assert_eq!(alike("IMU", "Islamic Movement of Uzbekistan"), (0.85, How::Initials));
        assert_eq!(alike("Myanmar (Burma)", "MYANMAR"), (0.9, How::Words));
        assert!(alike("Military (Syria)", "Military (Iraq)").0 < 0.6);
        // A rare word says more than a common one.
        assert!(alike("Group A", "Grp A").0 > alike("Group A", "Group B").0);
        assert!(alike("Government of Tajikistan", "Govt. of Tajikistan").0 > 0.5);
        assert!(alike("Islamic State", "Islamic Jihad Union").0 < 0.5);
        assert_eq!(alike("", "x").0, 0.0);
    }
}
