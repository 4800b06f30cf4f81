//! Numbers as people write them: figures, words, dozens and a few hundred, each with its hedge.

use std::ops::Range;

use model::Hedge;

use crate::text::{Shape, Text};

/// A number found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Its tokens, hedge included.
    pub tokens: Range<usize>,
    /// The number itself; the lower end where the hedge is `between`.
    pub best: u32,
    /// Upper end, where there is one.
    pub high: Option<u32>,
    /// How it is hedged.
    pub hedge: Hedge,
}

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

fn unit(word: &str) -> Option<u32> {
    if let Some(n) = UNITS.iter().position(|u| *u == word) {
        return Some(n as u32);
    }
    if let Some(n) = TENS.iter().position(|t| *t == word) {
        return Some(20 + 10 * n as u32);
    }
    let (tens, ones) = word.split_once('-')?;
    let (t, o) = (TENS.iter().position(|t| *t == tens)?, UNITS.iter().position(|u| *u == ones)?);
    (1..10).contains(&o).then_some(20 + 10 * t as u32 + o as u32)
}

/// A plain number from token `i` on, without a hedge, and the token after it. Years are no counts.
fn plain(t: &Text<'_>, i: usize) -> Option<(u32, usize)> {
    let token = t.tokens.get(i)?;
    let mut at = i;
    // What has been closed by thousands, and what is being counted.
    let (mut total, mut value): (u64, u64) = (0, 0);
    // A unit may follow at the beginning, and after hundred and thousand.
    let mut open = true;
    if token.shape == Shape::Number {
        let digits: String = t.word(i).chars().filter(|c| *c != ',').collect();
        if digits.contains(['.', ':']) {
            return None;
        }
        value = digits.parse().ok()?;
        (at, open) = (i + 1, false);
    } else if matches!(t.small(i), "a" | "an") && matches!(t.small(i + 1), "hundred" | "thousand" | "dozen" | "million")
    {
        (value, at, open) = (1, i + 1, false);
    }
    loop {
        // "two hundred and fifty"
        let word = at + usize::from(open && at > i && t.small(at) == "and");
        if open && let Some(mut n) = unit(t.small(word)) {
            at = word + 1;
            if n >= 20
                && n.is_multiple_of(10)
                && let Some(ones) = unit(t.small(at)).filter(|o| (1..10).contains(o))
            {
                n += ones;
                at += 1;
            }
            value += u64::from(n);
            open = false;
            continue;
        }
        if at == i {
            return None;
        }
        match t.small(at) {
            "hundred" if value > 0 => (value, open) = (value.checked_mul(100)?, true),
            "dozen" if value > 0 => value = value.checked_mul(12)?,
            w @ ("thousand" | "million") if value > 0 => {
                let factor = if w == "thousand" { 1000 } else { 1_000_000 };
                total += value.checked_mul(factor)?;
                (value, open) = (0, true);
            }
            _ => break,
        }
        at += 1;
    }
    let value = total.checked_add(value)?;
    Some((u32::try_from(value).ok()?, at))
}

/// The number that begins at token `i`, if one does.
pub fn number(t: &Text<'_>, i: usize) -> Option<Number> {
    let of = |hedge, best, end| Some(Number { tokens: i..end, best, high: None, hedge });
    let (a, b, c) = (t.small(i), t.small(i + 1), t.small(i + 2));
    match (a, b, c) {
        ("a", "few", "hundred") => return of(Hedge::AFewHundred, 300, i + 3),
        ("a", "few", "dozen") => return of(Hedge::Roughly, 36, i + 3),
        ("a", "couple", "of") => return of(Hedge::ACouple, 2, i + 3),
        ("a", "few", _) => return of(Hedge::Several, 4, i + 2),
        ("several", "hundred", _) => return of(Hedge::AFewHundred, 300, i + 2),
        ("several", "dozen", _) => return of(Hedge::Roughly, 48, i + 2),
        ("several", _, _) => return of(Hedge::Several, 5, i + 1),
        ("dozens", _, _) => return of(Hedge::Dozens, 36, i + 1),
        ("scores", "of", _) => return of(Hedge::Dozens, 60, i + 1),
        ("hundreds", _, _) => return of(Hedge::Hundreds, 300, i + 1),
        ("between", _, _) => {
            let (low, at) = plain(t, i + 1)?;
            let (high, end) = plain(t, at + 1).filter(|_| t.small(at) == "and")?;
            return Some(Number { tokens: i..end, best: low, high: Some(high), hedge: Hedge::Between });
        }
        _ => {}
    }
    let (hedge, begin) = match (a, b, c) {
        ("at", "least", _) => (Hedge::AtLeast, i + 2),
        ("no" | "not", "fewer" | "less", "than") => (Hedge::AtLeast, i + 3),
        ("more", "than", _) | ("upward" | "upwards", "of", _) => (Hedge::MoreThan, i + 2),
        ("over" | "above", _, _) => (Hedge::MoreThan, i + 1),
        ("up", "to", _) => (Hedge::UpTo, i + 2),
        ("as", "many", "as") => (Hedge::UpTo, i + 3),
        ("at", "most", _) => (Hedge::UpTo, i + 2),
        ("fewer" | "less", "than", _) => (Hedge::LessThan, i + 2),
        ("about" | "roughly" | "some" | "nearly" | "almost" | "around" | "approximately", _, _) => {
            (Hedge::Roughly, i + 1)
        }
        _ => (Hedge::Exact, i),
    };
    // "roughly two dozen", "at least a few hundred"
    if begin > i
        && let Some(inner) = number(t, begin).filter(|n| n.hedge != Hedge::Exact)
    {
        return Some(Number { tokens: i..inner.tokens.end, ..inner });
    }
    let (best, end) = plain(t, begin)?;
    if hedge == Hedge::Exact
        && matches!(t.small(end), "to" | "or" | "-")
        && let Some((high, end)) = plain(t, end + 1).filter(|h| h.0 > best && h.0 < best.saturating_mul(10).max(20))
    {
        return Some(Number { tokens: i..end, best, high: Some(high), hedge: Hedge::Between });
    }
    // Dozens are round by their nature.
    let round = hedge == Hedge::Exact && t.small(end.saturating_sub(1)) == "dozen" && end - begin > 1;
    Some(Number { tokens: i..end, best, high: None, hedge: if round { Hedge::Roughly } else { hedge } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (said, best, high, hedge) in [
            ("25", 25, None, Hedge::Exact),
            ("roughly two dozen", 24, None, Hedge::Roughly),
            ("two dozen", 24, None, Hedge::Roughly),
            ("at least 25", 25, None, Hedge::AtLeast),
            ("no fewer than twelve", 12, None, Hedge::AtLeast),
            ("more than 1,200", 1200, None, Hedge::MoreThan),
            ("a few hundred", 300, None, Hedge::AFewHundred),
            ("nearly a hundred", 100, None, Hedge::Roughly),
            ("between 20 and 30", 20, Some(30), Hedge::Between),
            ("15 to 20", 15, Some(20), Hedge::Between),
            ("twenty-three", 23, None, Hedge::Exact),
            ("forty two", 42, None, Hedge::Exact),
            ("two hundred and fifty", 250, None, Hedge::Exact),
            ("three thousand", 3000, None, Hedge::Exact),
            ("as many as 60", 60, None, Hedge::UpTo),
            ("dozens", 36, None, Hedge::Dozens),
            ("several", 5, None, Hedge::Several),
        ] {
            let text = Text::new(said, 0);
            let n = number(&text, 0).unwrap_or_else(|| panic!("{said}"));
            assert_eq!((n.best, n.high, n.hedge), (best, high, hedge), "{said}");
            assert_eq!(n.tokens, 0..text.tokens.len(), "{said}");
        }
        for none in ["the", "3.5", "12:30", "someone"] {
            assert_eq!(number(&Text::new(none, 0), 0), None, "{none}");
        }
    }

    /// A number in words, as a person writes it.
    fn words(n: u32) -> String {
        let below = |n: u32| match n {
            0..20 => UNITS[n as usize].to_owned(),
            _ if n.is_multiple_of(10) => TENS[n as usize / 10 - 2].to_owned(),
            _ => format!("{}-{}", TENS[n as usize / 10 - 2], UNITS[n as usize % 10]),
        };
        match n {
            0..100 => below(n),
            100..1000 if n.is_multiple_of(100) => format!("{} hundred", below(n / 100)),
            100..1000 => format!("{} hundred and {}", below(n / 100), words(n % 100)),
            _ if n.is_multiple_of(1000) => format!("{} thousand", words(n / 1000)),
            _ => format!("{} thousand {}", words(n / 1000), words(n % 1000)),
        }
    }

    /// Every number that a report may write in words, against a grammar that is not ours.
    #[test]
    fn numbers_in_words_agree_with_another_grammar() {
        let english = text2num::Language::english();
        for n in (0..1000).chain((1000..20_000).step_by(37)) {
            let said = words(n);
            let text = Text::new(&said, 0);
            let ours = number(&text, 0).map(|x| (x.best, x.tokens.end));
            assert_eq!(ours, Some((n, text.tokens.len())), "{said}");
            assert_eq!(text2num::text2digits(&said, &english).ok().as_deref(), Some(n.to_string().as_str()), "{said}");
        }
    }
}
