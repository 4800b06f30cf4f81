//! Vocabulary bridges: other event codes into our event types, each line with what is lost. The tables are data files
//! beside this crate's source (`bridges/*.csv`).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use model::EventType;

/// A vocabulary that is bridged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bridge {
    /// CAMEO codes; the longest prefix decides.
    Cameo,
    /// PLOVER `TYPE/mode`.
    Plover,
    /// ACLED types and sub-types, old and new.
    Acled,
    /// UCDP types of violence.
    Ucdp,
    /// GTD attack types.
    Gtd,
}

/// Every bridge, with its name and table.
const BRIDGES: [(Bridge, &str, &str); 5] = [
    (Bridge::Cameo, "cameo", include_str!("../bridges/cameo.csv")),
    (Bridge::Plover, "plover", include_str!("../bridges/plover.csv")),
    (Bridge::Acled, "acled", include_str!("../bridges/acled.csv")),
    (Bridge::Ucdp, "ucdp", include_str!("../bridges/ucdp.csv")),
    (Bridge::Gtd, "gtd", include_str!("../bridges/gtd.csv")),
];

/// What a code becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Our type; none for what lies outside the vocabulary.
    pub kind: Option<EventType>,
    /// Our sub-type; empty for none.
    pub sub_type: &'static str,
    /// What the translation loses.
    pub loss: &'static str,
}

/// One bridge, read.
#[derive(Debug)]
pub struct Table {
    targets: BTreeMap<&'static str, Target>,
    /// For CAMEO: the target of every code of two to four digits, by [`slot`].
    codes: Vec<Option<Target>>,
}

/// Place of a numeric code of two to four digits: leading zeros count.
fn slot(code: &[u8]) -> Option<usize> {
    let base = match code.len() {
        2 => 0,
        3 => 100,
        4 => 1100,
        _ => return None,
    };
    code.iter().try_fold(0usize, |n, b| b.is_ascii_digit().then(|| n * 10 + usize::from(b - b'0'))).map(|n| base + n)
}

const SLOTS: usize = 11_100;

impl Table {
    /// The target of a code as written in the table.
    pub fn get(&self, code: &str) -> Option<&Target> {
        self.targets.get(code.trim())
    }

    /// The target of a CAMEO code: that of the longest prefix in the table.
    pub(crate) fn code(&self, code: &[u8]) -> Option<&Target> {
        self.codes.get(slot(code)?)?.as_ref()
    }
}

/// A bridge's table; read once.
pub fn bridge(which: Bridge) -> &'static Table {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    &TABLES.get_or_init(|| BRIDGES.iter().map(|(b, _, text)| parse(*b, text)).collect())[which as usize]
}

fn parse(which: Bridge, text: &'static str) -> Table {
    let mut targets = BTreeMap::new();
    for line in text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).skip(1) {
        // The tables are ours: fields hold no quotes but the last may be quoted whole.
        let mut it = line.splitn(4, ',');
        let mut next = || it.next().unwrap_or("").trim_matches('"');
        let (code, kind, sub_type, loss) = (next(), next(), next(), next());
        let kind = EventType::from_name(kind);
        targets.insert(code, Target { kind, sub_type, loss });
    }
    let mut codes = Vec::new();
    if which == Bridge::Cameo {
        codes = vec![None; SLOTS];
        for width in 2..=4usize {
            for n in 0..10usize.pow(width as u32) {
                let code = format!("{n:0width$}");
                let found = (2..=width).rev().find_map(|w| targets.get(&code[..w]));
                if let Some(s) = slot(code.as_bytes()) {
                    codes[s] = found.copied();
                }
            }
        }
    }
    Table { targets, codes }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line names a type and a sub-type of ours, or says what is lost.
    #[test]
    fn every_line_leads_somewhere() {
        for (b, name, text) in BRIDGES {
            let table = bridge(b);
            let lines = text.lines().filter(|l| !l.starts_with('#')).count() - 1;
            assert_eq!(table.targets.len(), lines, "{name}: a code stands twice");
            let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
            for row in reader.records() {
                let row = row.unwrap();
                let t = table.get(&row[0]).unwrap_or_else(|| panic!("{name}: {}", &row[0]));
                assert_eq!(t.kind.map_or("", EventType::name), &row[1], "{name}: {}", &row[0]);
                assert_eq!((t.sub_type, t.loss), (&row[2], &row[3]), "{name}: {}", &row[0]);
                match t.kind {
                    Some(k) => {
                        assert!(t.sub_type.is_empty() || k.sub_types().contains(&t.sub_type), "{name}: {}", &row[0])
                    }
                    None => assert!(!t.loss.is_empty(), "{name}: {} says no loss", &row[0]),
                }
            }
        }
    }

    #[test]
    fn the_longest_prefix_of_a_cameo_code_decides() {
        let t = bridge(Bridge::Cameo);
        let sub = |c: &str| t.code(c.as_bytes()).map_or("-", |t| t.sub_type);
        assert_eq!(
            ["190", "1831", "1834", "043", "18", "1411", "0871", "0872", "9", "", "19x"].map(sub),
            [
                "Armed clash",
                "Suicide bomb",
                "Remote explosive/landmine/IED",
                "-",
                "Attack",
                "Peaceful protest",
                "Agreement",
                "",
                "-",
                "-",
                "-"
            ]
        );
    }
}
