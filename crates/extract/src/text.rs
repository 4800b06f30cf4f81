//! A document as words and sentences. Nothing is rewritten: every word is a span of the text as it was received.

use std::ops::Range;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Letters, first one small.
    Small,
    /// Letters, first one a capital.
    Capital,
    /// Capitals only, two or more.
    Capitals,
    /// Begins with a digit.
    Number,
    /// Anything else: one mark.
    Mark,
}

/// A word, a number or a mark.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Its shape.
    pub shape: Shape,
}

/// A sentence: a run of tokens.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// Number of its paragraph.
    pub paragraph: usize,
}

/// A document, cut up.
#[derive(Debug)]
pub struct Text<'t> {
    /// As received.
    pub raw: &'t str,
    /// The same with ASCII letters small: offsets are the same.
    pub small: String,
    /// Words, numbers and marks in order.
    pub tokens: Vec<Token>,
    /// Sentences in order.
    pub sentences: Vec<Sentence>,
    /// Whether there are hardly any small letters, as in old wire copy.
    pub shouted: bool,
}

/// Words after which a full stop ends no sentence.
const ABBREVIATIONS: [&str; 40] = [
    "mr", "mrs", "ms", "dr", "prof", "gen", "col", "lt", "maj", "capt", "sgt", "cpl", "adm", "brig", "cmdr", "gov",
    "sen", "rep", "st", "sr", "jr", "no", "nos", "vs", "etc", "inc", "ltd", "co", "jan", "feb", "mar", "apr", "aug",
    "sept", "sep", "oct", "nov", "dec", "rev", "fr",
];

/// Beginnings of paragraphs that are no part of the report.
const FURNITURE: [&str; 12] = [
    "read more",
    "reproduced with",
    "copyright",
    "subscribe",
    "share this",
    "follow us",
    "related:",
    "sign up",
    "advertisement",
    "click here",
    "all rights reserved",
    "photo:",
];

impl<'t> Text<'t> {
    /// Cuts up a text from `body` on.
    pub fn new(raw: &'t str, body: usize) -> Self {
        let small = raw.to_ascii_lowercase();
        let tokens = tokens(raw, body);
        let letters = |f: fn(&u8) -> bool| raw.as_bytes()[body..].iter().filter(|b| f(b)).count();
        let shouted = letters(u8::is_ascii_lowercase) * 5 < letters(u8::is_ascii_uppercase);
        let mut out = Self { raw, small, tokens, sentences: Vec::new(), shouted };
        out.cut();
        out
    }

    /// A token as it stands.
    pub fn word(&self, token: usize) -> &'t str {
        self.tokens.get(token).map_or("", |t| &self.raw[t.start as usize..t.end as usize])
    }

    /// A token in small letters.
    pub fn small(&self, token: usize) -> &str {
        self.tokens.get(token).map_or("", |t| &self.small[t.start as usize..t.end as usize])
    }

    /// Bytes of a run of tokens.
    pub fn span(&self, tokens: Range<usize>) -> Range<usize> {
        match (self.tokens.get(tokens.start), self.tokens.get(tokens.end.saturating_sub(1))) {
            (Some(a), Some(b)) if tokens.start < tokens.end => a.start as usize..b.end as usize,
            _ => 0..0,
        }
    }

    /// A run of tokens as it stands.
    pub fn slice(&self, tokens: Range<usize>) -> &'t str {
        &self.raw[self.span(tokens)]
    }

    /// Paragraphs, page breaks healed, then sentences.
    fn cut(&mut self) {
        let mut paragraph = 0;
        let mut begin = 0;
        let mut sentences = Vec::new();
        for i in 0..self.tokens.len() {
            let gap_after = match self.tokens.get(i + 1) {
                Some(next) => &self.raw[self.tokens[i].end as usize..next.start as usize],
                None => "\n\n",
            };
            let breaks = gap_after.bytes().filter(|b| *b == b'\n').count() >= 2;
            let ends = self.ends_sentence(i);
            // A blank line in the middle of a sentence is the end of a page, not of a paragraph.
            let heals = breaks
                && !ends
                && self.tokens.get(i + 1).is_some_and(|t| t.shape == Shape::Small)
                && !matches!(self.word(i), ":" | "\u{201d}" | "\"");
            if (ends || breaks) && !heals {
                sentences.push(Sentence { tokens: begin..i + 1, paragraph });
                begin = i + 1;
            }
            if breaks && !heals {
                paragraph += 1;
            }
        }
        // Furniture goes by the paragraph.
        let mut bad = Vec::new();
        for s in &sentences {
            let first = self.tokens[s.tokens.start].start as usize;
            if FURNITURE.iter().any(|f| self.small[first..].starts_with(f)) {
                bad.push(s.paragraph);
            }
        }
        sentences.retain(|s| !bad.contains(&s.paragraph));
        self.sentences = sentences;
    }

    fn ends_sentence(&self, i: usize) -> bool {
        // A closing quotation mark belongs to the sentence before it.
        let mark = match self.word(i) {
            "." | "!" | "?" => i,
            "\"" | "\u{201d}" | ")" | "'" | "\u{2019}" if i > 0 && matches!(self.word(i - 1), "." | "!" | "?") => i - 1,
            _ => return false,
        };
        let Some(next) = self.tokens.get(i + 1) else { return true };
        if mark == i
            && matches!(self.word(i + 1), "\"" | "\u{201d}" | "'" | "\u{2019}" | ")")
            && self.tokens[i].end == next.start
        {
            return false;
        }
        if self.tokens[i].end == next.start {
            return false;
        }
        if mark > 0 && self.word(mark) == "." {
            let before = self.small(mark - 1);
            let joined = self.tokens[mark - 1].end == self.tokens[mark].start;
            let initial = before.len() == 1
                && before.as_bytes()[0].is_ascii_alphabetic()
                && self.tokens[mark - 1].shape != Shape::Small;
            if joined && (ABBREVIATIONS.contains(&before) || initial) {
                // "No. 3", "Nov. 9", "Gen. X": only a number or a name can follow.
                return false;
            }
        }
        !matches!(next.shape, Shape::Small) || self.shouted
    }
}

fn tokens(raw: &str, body: usize) -> Vec<Token> {
    let bytes = raw.as_bytes();
    let mut out = Vec::with_capacity((raw.len() - body) / 5);
    let mut i = body;
    while i < bytes.len() {
        let Some(c) = raw[i..].chars().next() else { break };
        if c.is_whitespace() {
            i += c.len_utf8();
            continue;
        }
        let start = i;
        let shape = if c.is_ascii_digit() {
            i += 1;
            while i < bytes.len()
                && (bytes[i].is_ascii_alphanumeric()
                    || (matches!(bytes[i], b',' | b'.' | b':') && bytes.get(i + 1).is_some_and(u8::is_ascii_digit)))
            {
                i += 1;
            }
            Shape::Number
        } else if c.is_alphabetic() {
            let mut all = c.is_uppercase();
            let mut n = 0;
            let mut rest = raw[i..].char_indices().peekable();
            let mut end = i;
            while let Some((at, d)) = rest.next() {
                let inner = matches!(d, '\'' | '\u{2019}' | '-')
                    && rest.peek().is_some_and(|(_, e)| e.is_alphabetic())
                    // A possessive is a mark of its own.
                    && !(d != '-' && raw[i + at + d.len_utf8()..].starts_with(['s', 'S'])
                        && !raw[i + at + d.len_utf8() + 1..].starts_with(char::is_alphanumeric));
                // Letters with stops between them are one word: U.S., U.N.
                let stop = d == '.'
                    && at > 0
                    && rest.peek().is_some_and(|(_, e)| e.is_uppercase())
                    && n == 1
                    && c.is_uppercase();
                if !(d.is_alphanumeric() || inner || stop) {
                    break;
                }
                if d.is_alphabetic() {
                    all &= d.is_uppercase();
                    n += 1;
                }
                if stop {
                    n = 0;
                }
                end = i + at + d.len_utf8();
            }
            // The last stop of U.S. is its own.
            let text = &raw[i..end];
            if text.contains('.') && bytes.get(end) == Some(&b'.') {
                end += 1;
            }
            i = end;
            if all && text.len() > 1 {
                Shape::Capitals
            } else if c.is_uppercase() {
                Shape::Capital
            } else {
                Shape::Small
            }
        } else {
            i += c.len_utf8();
            Shape::Mark
        };
        out.push(Token { start: start as u32, end: i as u32, shape });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Vec<String> {
        let t = Text::new(text, 0);
        t.sentences.iter().map(|s| t.slice(s.tokens.clone()).to_owned()).collect()
    }

    #[test]
    fn stops_that_end_nothing() {
        assert_eq!(
            sentences(
                "Gen. Ivanov met U.S. envoys on Nov. 9 in St. Petersburg. They left. \u{201c}We agree.\u{201d} He said no."
            ),
            [
                "Gen. Ivanov met U.S. envoys on Nov. 9 in St. Petersburg.",
                "They left.",
                "\u{201c}We agree.\u{201d}",
                "He said no."
            ]
        );
    }

    #[test]
    fn a_page_break_in_a_sentence_is_healed_and_furniture_goes() {
        assert_eq!(
            sentences(
                "The group carried out\n\nattacks in the south.\n\nA heading\n\nMore text.\n\nRead more: here. And here."
            ),
            ["The group carried out\n\nattacks in the south.", "A heading", "More text."]
        );
    }

    #[test]
    fn words_keep_their_places() {
        let text = "Tajikistan's well-armed 1,200 men \u{2014} U.S.-trained \u{2014} didn't move.";
        let t = Text::new(text, 0);
        let words: Vec<&str> = (0..t.tokens.len()).map(|i| t.word(i)).collect();
        assert_eq!(
            words,
            [
                "Tajikistan",
                "'",
                "s",
                "well-armed",
                "1,200",
                "men",
                "\u{2014}",
                "U.S.",
                "-",
                "trained",
                "\u{2014}",
                "didn't",
                "move",
                "."
            ]
        );
    }
}
