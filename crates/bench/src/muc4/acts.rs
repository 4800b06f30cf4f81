//! What the rules read of a document, as something to learn from: who is said to have done what to whom, by tokens.

use std::ops::Range;

use extract::read::Party;
use extract::tag::Ready;
use extract::{Known, Setting};
use model::Stance;

use super::key::Document;

/// An event that the rules read.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) sentence: usize,
    /// Event type and sub-type.
    pub(super) kind: String,
    pub(super) by: Vec<(Range<usize>, &'static str)>,
    pub(super) to: Vec<(Range<usize>, &'static str)>,
    /// How firmly it is said.
    pub(super) mood: String,
    /// What kind of source says so; nothing where it is the report itself.
    pub(super) says: &'static str,
    /// How long before the dateline.
    pub(super) when: &'static str,
    /// The first event of the document that it goes on about.
    pub(super) root: usize,
}

/// Events of a document.
pub(super) fn acts(d: &Document, ready: &Ready<'_>) -> Vec<Act> {
    let t = &ready.text;
    let read = extract::read(t, &Known::default(), Setting { anchor: d.dateline });
    let token = |byte: usize| t.tokens.partition_point(|x| (x.end as usize) <= byte);
    let tokens = |span: &Range<usize>| token(span.start)..token(span.end.saturating_sub(1)) + 1;
    let parties = |list: &[Party]| list.iter().map(|p| (tokens(&p.part.span), p.class)).collect();
    let mut out: Vec<Act> = Vec::new();
    for (n, e) in read.events.iter().enumerate() {
        let at = token(e.trigger.span.start);
        let root = e.same_as.filter(|k| *k < n).map_or(n, |k| out[k].root);
        let when = match (&e.days, d.dateline) {
            (Some(days), Some(base)) => match base.0 - days.to.0 {
                ..=10 => "days ago",
                11..=60 => "weeks ago",
                _ => "long ago",
            },
            _ => "any time",
        };
        out.push(Act {
            sentence: t.sentences.iter().position(|s| s.tokens.contains(&at)).unwrap_or(0),
            kind: format!("{} {}", e.kind.name(), e.sub_type),
            by: parties(&e.by),
            to: parties(&e.to),
            mood: if e.stance == Stance::Asserts { format!("{:?}", e.modality) } else { format!("{:?}", e.stance) },
            says: e.speakers.first().map_or("", |s| s.kind),
            when,
            root,
        });
    }
    out
}

impl Act {
    /// What it says, as features.
    pub(super) fn tell(&self) -> Vec<String> {
        let mut out = vec![
            format!("!{}", self.kind),
            format!("!{} {}", self.kind, self.mood),
            format!("!{}", self.when),
            format!("!{} {}", self.mood, self.when),
        ];
        let by = self.by.first().map_or("none", |p| p.1);
        let to = self.to.first().map_or("none", |p| p.1);
        out.push(format!("!{by}>{to}"));
        out.push(format!("!{by}> {}", self.kind));
        out.push(format!("!>{to} {}", self.kind));
        out.push(format!("!>{to} {} {}", self.mood, self.when));
        out
    }

    /// The part that a run of tokens has in it.
    pub(super) fn part(&self, run: &Range<usize>) -> Option<&'static str> {
        let meets = |p: &(Range<usize>, &str)| p.0.start < run.end && run.start < p.0.end;
        if self.by.iter().any(meets) {
            Some("by")
        } else if self.to.iter().any(meets) {
            Some("to")
        } else {
            None
        }
    }
}
