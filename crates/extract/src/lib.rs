//! Reads one document and returns claims with the spans that carry them.
//!
//! Cascaded and deterministic: `text` cuts words and sentences, `lexicon` finds forms in one pass, `figure` and `when` read
//! numbers and days, `read` makes claims of them; `tag` (a small linear-chain model, trained on what the user has; `kin` tells
//! it which words are alike) marks who did what to whom, to find what the rules miss.

pub mod figure;
mod kin;
pub mod lexicon;
pub mod read;
pub mod tag;
pub mod text;
pub mod when;

pub use kin::{Kin, kin};
pub use lexicon::Lexicon;
pub use read::{Known, Read, Setting, read};
pub use text::Text;
