//! Words that stand in the same company. What a word is like that training texts hardly know is learned from its kin: of
//! "abducted" from "kidnapped", of "machete" from "shotgun".

use std::collections::HashMap;
use std::sync::LazyLock;

/// Where a word belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// One of 1,000 classes of words.
    pub class: u32,
    /// One of 100 wider classes, which hold whole classes.
    pub wide: u32,
}

/// Classes by word; `scripts/kin.py` made them, and says of what.
static WORDS: LazyLock<HashMap<&'static str, Kin>> = LazyLock::new(|| {
    let lines = include_str!("../kin.txt").lines().zip(0..);
    let of = |(line, class): (&'static str, u32)| {
        let mut words = line.split(' ');
        let wide = words.next().and_then(|w| w.parse().ok()).unwrap_or(0);
        words.map(move |w| (w, Kin { class, wide }))
    };
    lines.flat_map(of).collect()
});

/// The kin of a word in small letters, if it is one of the 60,000 most frequent ones of English.
pub fn kin(word: &str) -> Option<Kin> {
    WORDS.get(word).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_of_one_company_are_kin_and_others_are_not() {
        let class = |w: &str| kin(w).unwrap().class;
        assert_eq!(class("killed"), class("wounded"));
        assert_eq!(class("juan"), class("carlos"));
        assert_ne!(class("killed"), class("carlos"));
        assert_eq!(kin("Killed"), None);
        assert_eq!(kin(""), None);
    }

    #[test]
    fn every_line_is_a_class_and_no_word_is_in_two() {
        let lines: Vec<&str> = include_str!("../kin.txt").lines().collect();
        assert_eq!(lines.len(), 1000);
        let words: usize = lines.iter().map(|l| l.split(' ').count() - 1).sum();
        assert_eq!((words, WORDS.len()), (60_000, 60_000));
        assert!(lines.iter().all(|l| l.split(' ').next().unwrap().parse::<u32>().is_ok_and(|n| n < 100)));
        let classes: BTreeSet<(u32, u32)> = WORDS.values().map(|k| (k.class, k.wide)).collect();
        assert_eq!(classes.len(), 1000);
    }
}
