//! A gazetteer: the places a name may mean, each with a probability, and what is left for a place it does not know.
//!
//! One line a place, with all its names folded; a look-up searches the text for the folded name between bars, so
//! nothing is indexed and nothing is kept but the text. A name that no place has is compared by its sounds and letters.

use std::io::Read;
use std::sync::OnceLock;

use memchr::memmem;
use model::{Geometry, LonLat, Polygon, distance_m};
use serde::Serialize;

use crate::spelling::Folded;

static PLACES: &[u8] = include_bytes!("../data/places.tsv.gz");
static DIVISIONS: &[u8] = include_bytes!("../data/divisions.tsv.gz");

/// Most bytes that the bundled files or a dump unpack to.
const MAX_BYTES: u64 = 1 << 31;

/// Mass that is left for a place that is in no gazetteer. In the Central Asian sources that Bellwether began with, gorges
/// and enclaves are missing about that often; our choice.
pub const NOBODY: f64 = 0.1;

/// What is known of where a name is used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// ISO codes of the countries that are spoken of.
    pub countries: Vec<String>,
    /// Places that are spoken of nearby.
    pub near: Vec<LonLat>,
}

/// A place that a name may mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// GeoNames id.
    pub id: String,
    /// Main name.
    pub name: String,
    /// ISO country code.
    pub country: String,
    /// First-order division, as GeoNames codes it.
    pub adm1: String,
    /// Longitude, latitude in degrees.
    pub at: [f64; 2],
    /// Inhabitants, as far as known.
    pub population: u32,
    /// Probability that the name means this place.
    pub p: f64,
    /// How the name was found: main, other (an alternate name), sound, letters.
    pub how: &'static str,
}

/// Places by name.
#[derive(Debug, Clone)]
pub struct Gazetteer {
    text: String,
}

impl Gazetteer {
    /// The bundled one: GeoNames places with at least 500 inhabitants. Unpacked once.
    pub fn bundled() -> &'static Self {
        static ONCE: OnceLock<Gazetteer> = OnceLock::new();
        ONCE.get_or_init(|| Self { text: unpack(PLACES) })
    }

    /// The bundled one with the places of a GeoNames dump (19 tab-separated columns, as `TJ.txt` or `allCountries.txt`)
    /// added. Lines that are none are counted.
    ///
    /// # Errors
    /// What reading says.
    pub fn with_dump(dump: impl Read) -> std::io::Result<(Self, usize)> {
        let mut bytes = Vec::new();
        dump.take(MAX_BYTES).read_to_end(&mut bytes)?;
        let mut out = Self::bundled().clone();
        let mut bad = 0;
        for line in String::from_utf8_lossy(&bytes).lines() {
            let f: Vec<&str> = line.split('\t').collect();
            let number = |i: usize| f.get(i).and_then(|t| t.parse::<f64>().ok()).filter(|x| x.is_finite());
            let (Some(lat), Some(lon), true) = (number(4), number(5), f.len() >= 15) else {
                bad += usize::from(!line.trim().is_empty());
                continue;
            };
            if memmem::find(out.text.as_bytes(), format!("\n{}\t", f[0]).as_bytes()).is_some() {
                continue;
            }
            let names = std::iter::once(f[1]).chain(f[3].split(','));
            let population = number(14).unwrap_or(0.0) as u32;
            out.text.push_str(&place_line(f[0], f[1], lat, lon, f[8], f[10], population, names));
        }
        Ok((out, bad))
    }

    /// Every place the name may mean, likeliest first; the probabilities sum to 1 less the mass of a place that is in no
    /// gazetteer ([`NOBODY`] and more, when the name was only found by likeness). Empty when nothing is like it.
    pub fn find(&self, name: &str, context: &Context) -> Vec<Candidate> {
        let folded = Folded::new(name);
        if folded.text.is_empty() {
            return vec![];
        }
        let mut found = self.by_key(&folded.text, "other");
        let mut surely = 1.0 - NOBODY;
        if found.is_empty() {
            // A likeness in another country than those spoken of is none.
            found = self.by_likeness(&folded);
            found.retain(|c| {
                let at = LonLat { lon: c.at[0], lat: c.at[1] };
                (context.countries.is_empty() || context.countries.contains(&c.country))
                    && (context.near.is_empty() || context.near.iter().any(|p| distance_m(*p, at) < 500_000.0))
            });
            surely = 0.5;
        }
        let mut weights: Vec<f64> = found.iter().map(|c| weight(c, &folded, context)).collect();
        let sum: f64 = weights.iter().sum();
        if sum > 0.0 {
            weights.iter_mut().for_each(|w| *w *= surely / sum);
        }
        for (c, w) in found.iter_mut().zip(weights) {
            c.p = w;
        }
        found.sort_by(|a, b| b.p.total_cmp(&a.p).then(a.id.cmp(&b.id)));
        found
    }

    fn by_key(&self, key: &str, how: &'static str) -> Vec<Candidate> {
        let bytes = self.text.as_bytes();
        let mut out: Vec<Candidate> = Vec::new();
        for at in memmem::find_iter(bytes, format!("|{key}|").as_bytes()) {
            let begin = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |i| i + 1);
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |i| at + i);
            if let Some(mut c) = candidate(&self.text[begin..end], how)
                && out.iter().all(|o| o.id != c.id)
            {
                if how == "other" && Folded::new(&c.name).text == key {
                    c.how = "main";
                }
                out.push(c);
            }
        }
        out
    }

    /// Places with a name that sounds or is written nearly so. Only names with the same first letter are looked at.
    fn by_likeness(&self, wanted: &Folded) -> Vec<Candidate> {
        let first = wanted.text.as_bytes()[0];
        let mut out: Vec<(f64, Candidate)> = Vec::new();
        for line in self.text.lines() {
            let Some(keys) = line.rsplit('\t').next() else { continue };
            let best = keys
                .split('|')
                .filter(|k| k.as_bytes().first() == Some(&first) && k.len().abs_diff(wanted.text.len()) <= 3)
                .map(|k| strsim::jaro_winkler(k, &wanted.text))
                .fold(0.0, f64::max);
            if best > 0.9 {
                let sounds = || keys.split('|').any(|k| !k.is_empty() && Folded::new(k).sounds_like(wanted));
                let how = if sounds() { "sound" } else { "letters" };
                if (how == "sound" || best > 0.93)
                    && let Some(c) = candidate(line, how)
                {
                    out.push((best, c));
                }
            }
        }
        out.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
        out.truncate(200);
        out.into_iter().map(|x| x.1).collect()
    }
}

/// How likely a place is meant, up to a factor: large places are named more often, by their main name more than by
/// others, and where one is spoken of others lie near.
fn weight(c: &Candidate, wanted: &Folded, context: &Context) -> f64 {
    let size = libm::pow(f64::from(c.population) + 500.0, 0.5);
    let how = match c.how {
        "main" => 1.0,
        "other" => 0.5,
        "sound" => 0.6,
        _ => 0.3 * strsim::jaro_winkler(&Folded::new(&c.name).text, &wanted.text),
    };
    let country = if context.countries.is_empty() || context.countries.contains(&c.country) { 1.0 } else { 0.01 };
    let at = LonLat { lon: c.at[0], lat: c.at[1] };
    let near = context
        .near
        .iter()
        .map(|p| {
            let km = distance_m(*p, at) / 1000.0;
            1.0 / (1.0 + (km / 50.0) * (km / 50.0))
        })
        .fold(0.0, f64::max);
    let near = if context.near.is_empty() { 1.0 } else { 0.002 + near };
    size * how * country * near
}

fn candidate(line: &str, how: &'static str) -> Option<Candidate> {
    let f: Vec<&str> = line.split('\t').collect();
    let [id, name, lat, lon, country, adm1, population, _] = f[..] else { return None };
    Some(Candidate {
        id: id.to_owned(),
        name: name.to_owned(),
        country: country.to_owned(),
        adm1: adm1.to_owned(),
        at: [lon.parse().ok()?, lat.parse().ok()?],
        population: population.parse().unwrap_or(0),
        p: 0.0,
        how,
    })
}

/// One line of the gazetteer's text: what `scripts/gazetteer` writes.
pub fn place_line<'n>(
    id: &str,
    name: &str,
    lat: f64,
    lon: f64,
    country: &str,
    adm1: &str,
    population: u32,
    names: impl Iterator<Item = &'n str>,
) -> String {
    let mut keys: Vec<String> = Vec::new();
    for n in names {
        let k = Folded::new(n).text;
        if k.len() >= 2 && !keys.contains(&k) {
            keys.push(k);
        }
    }
    let clean = |t: &str| t.replace(['\t', '\n', '\r', '|'], " ");
    format!(
        "{}\t{}\t{lat:.4}\t{lon:.4}\t{}\t{}\t{population}\t|{}|\n",
        clean(id),
        clean(name),
        clean(country),
        clean(adm1),
        keys.join("|")
    )
}

/// A first-order division.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// Natural Earth's code.
    pub id: String,
    /// ISO country code.
    pub country: String,
    /// Name.
    pub name: String,
    /// All names, folded.
    keys: String,
    /// Its extent, simplified to about two kilometres.
    pub geometry: Geometry,
    /// West, south, east, north.
    bounds: [f64; 4],
}

impl Division {
    /// Whether it goes by this name.
    pub fn is_called(&self, name: &str) -> bool {
        // "Idlib Governorate" is Idlib: what kind of division it is, is no part of its name.
        let text = Folded::new(name).text;
        let kinds = ["governorate", "province", "state", "region", "oblast", "district", "department", "division"];
        let bare = kinds.iter().find_map(|k| text.strip_suffix(&format!(" {k}"))).unwrap_or(&text);
        self.keys.contains(&format!("|{text}|")) || self.keys.contains(&format!("|{bare}|"))
    }
}

/// All first-order divisions of the world. Unpacked once.
pub fn divisions() -> &'static [Division] {
    static ONCE: OnceLock<Vec<Division>> = OnceLock::new();
    ONCE.get_or_init(|| unpack(DIVISIONS).lines().filter_map(division).collect())
}

impl Division {
    /// The division that a point lies in.
    pub fn at(p: LonLat) -> Option<&'static Division> {
        divisions().iter().find(|d| {
            let [w, s, e, n] = d.bounds;
            let inside = |lon: f64| w <= lon && lon <= e && s <= p.lat && p.lat <= n;
            (inside(p.lon) || inside(p.lon + 360.0)) && d.geometry.contains(p)
        })
    }
}

/// A division by its code, or as country/name with the country's ISO code, such as `TJ/Sughd`.
pub fn named_division(text: &str) -> Option<&'static Division> {
    match text.split_once('/') {
        None => divisions().iter().find(|d| d.id == text),
        Some((country, name)) => {
            let here = || divisions().iter().filter(|d| d.country == country);
            // "Viloyati Sughd" is Sughd, where no other division is.
            let text = Folded::new(name).text;
            let part = |d: &&Division| {
                !text.is_empty() && (d.keys.contains(&format!(" {text}|")) || d.keys.contains(&format!("|{text} ")))
            };
            here().find(|d| d.is_called(name)).or_else(|| {
                let mut found = here().filter(part);
                found.next().filter(|_| found.next().is_none())
            })
        }
    }
}

/// `id, country, name, |keys|, rings`: polygons are separated by `;`, rings by `/`, numbers by blanks: the first point and
/// then the steps, in hundredths of a degree.
fn division(line: &str) -> Option<Division> {
    let f: Vec<&str> = line.split('\t').collect();
    let [id, country, name, keys, shape] = f[..] else { return None };
    let ring = |text: &str| -> Option<Vec<LonLat>> {
        let (mut x, mut y) = (0i32, 0i32);
        let mut numbers = text.split(' ').map(|t| t.parse::<i32>().ok());
        let mut out = Vec::new();
        while let Some(dx) = numbers.next() {
            x += dx?;
            y += numbers.next()??;
            out.push(LonLat { lon: f64::from(x) / 100.0, lat: f64::from(y) / 100.0 });
        }
        (out.len() >= 4).then_some(out)
    };
    let polygons: Vec<Polygon> = shape
        .split(';')
        .filter_map(|p| Some(Polygon { rings: p.split('/').map(ring).collect::<Option<Vec<_>>>()? }))
        .collect();
    let geometry = Geometry::Polygons(polygons);
    Some(Division {
        id: id.to_owned(),
        country: country.to_owned(),
        name: name.to_owned(),
        keys: keys.to_owned(),
        bounds: geometry.bounds(),
        geometry,
    })
}

/// Bundled bytes are ours: were they damaged, the gazetteer would be empty and its tests would fail.
fn unpack(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    let _ = flate2::read::GzDecoder::new(bytes).take(MAX_BYTES).read_to_end(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(name: &str, countries: &[&str]) -> Vec<(String, String, f64)> {
        let context = Context { countries: countries.iter().map(|c| (*c).to_owned()).collect(), near: vec![] };
        Gazetteer::bundled().find(name, &context).into_iter().take(3).map(|c| (c.name, c.country, c.p)).collect()
    }

    /// Traps of the founding case's region.
    #[test]
    fn a_name_gives_a_distribution_that_context_moves() {
        // Rasht is an Iranian city, and Garm in Tajikistan by its present name.
        let open = first("Rasht", &[]);
        assert_eq!((open[0].1.as_str(), open[1].1.as_str()), ("IR", "TJ"), "{open:?}");
        assert!(open[0].2 > 0.7 && open[1].2 > 0.01, "{open:?}");
        let tajik = first("Rasht", &["TJ"]);
        assert_eq!(tajik[0].1, "TJ");
        assert!(tajik[0].2 > 0.7 && tajik[0].2 < 0.95, "{tajik:?}");
        for name in ["Gharm", "Garm", "Рашт"] {
            assert_eq!(first(name, &["TJ"])[0].0, "Rasht", "{name}");
        }
        // Jalalabad is Afghan; Jalal-Abad is Kyrgyz.
        assert_eq!(first("Jalalabad", &[])[0].1, "AF");
        assert_eq!(first("Jalal-Abad", &["KG"])[0].1, "KG");
        // Leninabad is Khujand.
        let khujand = first("Leninabad", &["TJ"]);
        assert!(khujand.iter().any(|c| c.0.starts_with("Khujand") || c.0 == "Leninobod"), "{khujand:?}");
        // What is in no gazetteer is not made up.
        assert!(first("Kamarob", &["TJ"]).is_empty(), "{:?}", first("Kamarob", &["TJ"]));
        assert!(first("", &[]).is_empty());
        // A spelling nobody lists is found by its likeness, and trusted less.
        let near = first("Kurgonteppaa", &["TJ"]);
        assert!(!near.is_empty() && near.iter().all(|c| c.1 == "TJ"), "{near:?}");
        assert!(near.iter().map(|c| c.2).sum::<f64>() <= 0.5 + 1e-9);
    }

    #[test]
    fn neighbours_decide_between_namesakes() {
        let valley = LonLat { lon: 70.5, lat: 39.1 };
        let context = Context { countries: vec![], near: vec![valley] };
        let found = Gazetteer::bundled().find("Rasht", &context);
        assert_eq!(found[0].country, "TJ");
        let sum: f64 = found.iter().map(|c| c.p).sum();
        assert!((sum - (1.0 - NOBODY)).abs() < 1e-9);
    }

    #[test]
    fn a_dump_adds_places() {
        let line = "9990001\tKamarob\tKamarob\tKamarob Gorge,Камароб\t39.1\t70.7\tV\tVAL\tTJ\t\tRR\t\t\t\t0\t\t2500\tAsia/Dushanbe\t2010-09-19\n";
        let (g, bad) = Gazetteer::with_dump(format!("{line}no line of a dump\n").as_bytes()).unwrap();
        assert_eq!(bad, 1);
        let found = g.find("Камароб", &Context::default());
        assert_eq!((found[0].name.as_str(), found[0].how), ("Kamarob", "main"));
    }

    #[test]
    fn divisions_of_the_world() {
        assert!(divisions().len() > 3500);
        let sughd = Division::at(LonLat { lon: 69.63, lat: 40.28 }).unwrap();
        assert_eq!(sughd.country, "TJ");
        assert!(sughd.is_called("Leninabad"));
        let idlib = Division::at(LonLat { lon: 36.63, lat: 35.93 }).unwrap();
        assert!(idlib.is_called("Idlib Governorate"), "{}", idlib.name);
        let km2 = idlib.geometry.km2();
        assert!((5_000.0..7_500.0).contains(&km2), "{km2}");
        assert!(Division::at(LonLat { lon: -30.0, lat: 0.0 }).is_none());
        assert_eq!(named_division("TJ/Sughd"), Some(sughd));
        assert_eq!(named_division(&sughd.id), Some(sughd));
        assert_eq!(named_division("TJ/Atlantis"), None);
    }
}
