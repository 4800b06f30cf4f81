//! A text is marked twice: the second time by something that is told what was marked of it the first time. Who is a victim
//! in one sentence may be one in another, and where nobody is hurt nobody hurt them.

use std::collections::BTreeMap;
use std::ops::Range;

use extract::tag::{Marked, Ready};

use super::key::ROLES;
use super::learn::is_of;

/// A run is the surer the more of these its probability has passed.
const SURE: [f64; 6] = [0.03, 0.1, 0.25, 0.45, 0.65, 0.85];

/// Says to whoever marks a text anew what was marked of it: of each token, of those beside it, of the same word elsewhere,
/// in its sentence and in the document.
pub(super) fn echo(ready: &mut Ready<'_>, marked: &[Marked]) {
    let t = &ready.text;
    let mut notes: Vec<(Range<usize>, String)> = Vec::new();
    for role in ROLES {
        let mut p = vec![0.0; t.tokens.len()];
        for m in marked.iter().filter(|m| is_of(m, role)) {
            p[m.tokens.clone()].iter_mut().for_each(|p| *p += m.p);
        }
        let sure: Vec<usize> = p.iter().map(|p| SURE.iter().filter(|s| p >= *s).count()).collect();
        let most = |tokens: Range<usize>| sure[tokens].iter().copied().max().unwrap_or(0);
        let mut words: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for i in (0..p.len()).filter(|i| sure[*i] > 0 && t.small(*i).len() > 2) {
            words.entry(t.small(i)).or_default().push(i);
        }
        let document = most(0..p.len());
        if document == 0 {
            continue;
        }
        for s in &t.sentences {
            notes.push((s.tokens.clone(), format!("document {role} {document}")));
            let sentence = most(s.tokens.clone());
            if sentence > 0 {
                notes.push((s.tokens.clone(), format!("sentence {role} {sentence}")));
            }
            for i in s.tokens.clone() {
                let mut note = |at: usize, what: &str, level: usize| {
                    if level > 0 && s.tokens.contains(&at) {
                        notes.push((at..at + 1, format!("{what} {role} {level}")));
                    }
                };
                note(i, "here", sure[i]);
                note(i.wrapping_sub(1), "next", sure[i]);
                note(i + 1, "last", sure[i]);
                let others = words.get(t.small(i)).into_iter().flatten().filter(|j| **j != i);
                let elsewhere = others.map(|j| sure[*j]).max().unwrap_or(0);
                note(i, "elsewhere", elsewhere);
                note(i, &format!("elsewhere, here {}", sure[i]), elsewhere);
            }
        }
    }
    for (tokens, what) in notes {
        ready.note(tokens, &what);
    }
}
