//! STIX 2.1. Two profiles: `core` says what it can in the standard's own terms, so that any tool reads it; `full` adds what
//! these cannot hold (probabilities, intervals, rivals) in one property extension.
//!
//! Ids are UUIDs of version 5 over the case's own ids: the same publication, the same bytes. A warning indicator is a `note`,
//! never a STIX `indicator`, which is a pattern to match in network traffic.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Assessment, Run};
use model::{ActorKind, Case, LinkKind, Stance, Tlp, percent, stix_confidence, stix_credibility};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::page::when;

/// Whom everything here is from.
const NAMESPACE: Uuid = Uuid::from_u128(0x6b0b_5c8e_2f0d_5d0a_9d5f_3b1f_7c52_a901);
/// The extension of the full profile; its id never changes.
const EXTENSION: &str = "extension-definition--0d3c4a5e-7f1b-4a63-9b0e-5f2a8f6f3c11";

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The standard's own terms alone.
    Core,
    /// With the property extension.
    Full,
}

/// The marking of a level, as FIRST and OASIS give it for TLP 2.0.
fn marking(tlp: Tlp) -> (&'static str, &'static str) {
    match tlp {
        Tlp::Clear => ("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"),
        Tlp::Green => ("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"),
        Tlp::Amber => ("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"),
        Tlp::AmberStrict => ("marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict"),
        Tlp::Red => ("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "red"),
    }
}

struct Bundle<'a> {
    case: &'a Case,
    profile: Profile,
    at: String,
    tlp: &'static str,
    us: String,
    objects: Vec<Value>,
}

impl Bundle<'_> {
    /// The STIX id of a thing of the case.
    fn id(&self, kind: &str, name: &str) -> String {
        format!("{kind}--{}", Uuid::new_v5(&NAMESPACE, format!("{}/{kind}/{name}", self.case.id).as_bytes()))
    }

    /// Adds an object; `more` are its own properties, `extra` what only the full profile says.
    fn add(&mut self, kind: &str, name: &str, more: Value, extra: Value) -> String {
        let id = self.id(kind, name);
        let mut o = Map::new();
        o.insert("type".into(), kind.into());
        o.insert("spec_version".into(), "2.1".into());
        o.insert("id".into(), id.clone().into());
        o.insert("created_by_ref".into(), self.us.clone().into());
        o.insert("created".into(), self.at.clone().into());
        o.insert("modified".into(), self.at.clone().into());
        o.insert("object_marking_refs".into(), json!([self.tlp]));
        if let Value::Object(more) = more {
            o.extend(more.into_iter().filter_map(|(k, v)| Some((k, lean(v)?))));
        }
        if self.profile == Profile::Full
            && let Value::Object(extra) = extra
        {
            let mut said: Map<String, Value> = extra.into_iter().filter_map(|(k, v)| Some((k, lean(v)?))).collect();
            said.insert("extension_type".into(), "property-extension".into());
            o.insert("extensions".into(), json!({ EXTENSION: said }));
        }
        self.objects.push(Value::Object(o));
        id
    }
}

/// Without what is not said: the standard has no null, and no empty list.
fn lean(v: Value) -> Option<Value> {
    match v {
        Value::Null => None,
        Value::Array(list) => {
            let list: Vec<Value> = list.into_iter().filter_map(lean).collect();
            (!list.is_empty()).then_some(Value::Array(list))
        }
        Value::Object(map) => {
            let map: Map<String, Value> = map.into_iter().filter_map(|(k, v)| Some((k, lean(v)?))).collect();
            (!map.is_empty()).then_some(Value::Object(map))
        }
        other => Some(other),
    }
}

/// A number from 0 to 100, as `confidence` takes it.
fn hundred(p: f64) -> u8 {
    libm::round(100.0 * p.clamp(0.0, 1.0)) as u8
}

/// The bundle of a publication; `case` is what may be passed on.
pub(crate) fn stix(case: &Case, run: &Run, a: &Assessment, profile: Profile) -> String {
    let (tlp, level) = marking(case.tlp);
    let at = format!("{}T00:00:00.000Z", a.case.as_of);
    let us = format!("identity--{}", Uuid::new_v5(&NAMESPACE, b"bellwether"));
    let mut b = Bundle { case, profile, at: at.clone(), tlp, us: us.clone(), objects: Vec::new() };
    b.objects.push(json!({"type": "identity", "spec_version": "2.1", "id": us, "created": "2010-11-10T00:00:00.000Z",
        "modified": "2010-11-10T00:00:00.000Z", "name": "Bellwether", "identity_class": "system"}));
    b.objects.push(json!({"type": "marking-definition", "spec_version": "2.1", "id": tlp, "created": "2022-10-01T00:00:00.000Z",
        "name": case.tlp.label(),
        "extensions": {"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {"extension_type": "property-extension", "tlp_2_0": level}}}));
    if profile == Profile::Full {
        b.objects.push(
            json!({"type": "extension-definition", "spec_version": "2.1", "id": EXTENSION, "created_by_ref": us,
            "created": "2010-11-10T00:00:00.000Z", "modified": "2010-11-10T00:00:00.000Z", "name": "Bellwether",
            "description": "Probabilities as shares of possible worlds, intervals, rivals, and the ids of the case.",
            "schema": "docs/publish.md of Bellwether", "version": "1.0.0", "extension_types": ["property-extension"]}),
        );
    }
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    actors(&mut b, &mut ids);
    sources(&mut b, a, &mut ids);
    links(&mut b, run, &ids);
    events(&mut b, a, &mut ids);
    claims(&mut b, &mut ids);
    conclusions(&mut b, a, &ids);
    let refs: BTreeSet<String> = b
        .objects
        .iter()
        .filter(|o| o["type"] != "marking-definition")
        .filter_map(|o| Some(o["id"].as_str()?.to_owned()))
        .collect();
    let judged: Vec<&str> = a.judgments.iter().map(|j| j.text.as_str()).collect();
    b.add(
        "report",
        "assessment",
        json!({"name": a.case.title, "description": format!("{}\n\n{}", a.case.question, judged.join("\n")), "published": at,
            "report_types": ["threat-report"], "object_refs": refs}),
        json!({"worlds": a.case.worlds, "seed": a.case.seed, "as_of": a.case.as_of, "statements": a.case.statements}),
    );
    let id = b.id("bundle", if profile == Profile::Core { "core" } else { "full" });
    let lines: Vec<String> = b.objects.iter().map(Value::to_string).collect();
    format!("{{\"type\":\"bundle\",\"id\":\"{id}\",\"objects\":[\n{}\n]}}\n", lines.join(",\n"))
}

/// Armed groups are threat actors; everybody else is an identity.
fn actors(b: &mut Bundle<'_>, ids: &mut BTreeMap<String, String>) {
    for (id, x) in &b.case.actors {
        let names: Vec<&String> = x.aliases.iter().chain(x.known_as.iter().map(|k| &k.name)).collect();
        let extra = json!({"case_id": format!("actor:{id}"), "kind": x.kind});
        let stix = match x.kind {
            ActorKind::ArmedGroup => b.add(
                "threat-actor",
                id,
                json!({"name": x.name, "aliases": names, "threat_actor_types": ["non-state-armed-group"]}),
                extra,
            ),
            kind => {
                let class = match kind {
                    ActorKind::Leader => "individual",
                    ActorKind::Civilians => "class",
                    _ => "organization",
                };
                b.add("identity", id, json!({"name": x.name, "identity_class": class, "labels": names}), extra)
            }
        };
        ids.insert(format!("actor:{id}"), stix);
    }
}

fn sources(b: &mut Bundle<'_>, a: &Assessment, ids: &mut BTreeMap<String, String>) {
    for (id, s) in &b.case.sources {
        let card = a.sources.iter().find(|x| x.id.strip_prefix("source:") == Some(id));
        let stix = b.add(
            "identity",
            &format!("source/{id}"),
            json!({"name": s.name, "identity_class": "organization", "description": format!("Reliability {:?}, {}: {}", s.reliability, s.reliability.words(), s.why)}),
            json!({"case_id": format!("source:{id}"), "kind": s.kind, "admiralty_reliability": s.reliability,
                "sound": card.map(|c| c.reliability), "sound_90": card.map(|c| c.bounds)}),
        );
        ids.insert(format!("source:{id}"), stix);
    }
}

fn links(b: &mut Bundle<'_>, run: &Run, ids: &BTreeMap<String, String>) {
    for l in &run.worlds.links {
        let Some(def) = b.case.actors.get(&l.actor).and_then(|x| x.link.get(l.index)) else { continue };
        let (Some(from), Some(to)) = (ids.get(&format!("actor:{}", l.actor)), ids.get(&format!("actor:{}", l.to)))
        else {
            continue;
        };
        if from == to {
            continue;
        }
        let p = l.probability();
        // Kinds of our own are read by any tool, as the standard lets them be made; the core profile keeps to the one it has.
        let kind = match b.profile {
            Profile::Core => "related-to",
            Profile::Full => l.kind.name(),
        };
        let start = def.from.as_ref().map(|d| d.stated.from);
        let stop = def.until.as_ref().map(|d| d.stated.to).filter(|u| start.is_none_or(|s| *u > s));
        let day = |d: model::Day| format!("{d}T00:00:00.000Z");
        let more = json!({"relationship_type": kind, "source_ref": from, "target_ref": to, "confidence": hundred(p),
            "description": format!("{} ({})", words(l.kind), percent(p, run.worlds.n)), "start_time": start.map(day), "stop_time": stop.map(day)});
        b.add(
            "relationship",
            &format!("{}/{}/{}/{}", l.actor, l.kind.name(), l.to, l.index),
            more,
            json!({"probability": p, "kind": l.kind.name()}),
        );
    }
}

fn words(k: LinkKind) -> String {
    k.name().replace('-', " ")
}

fn events(b: &mut Bundle<'_>, a: &Assessment, ids: &mut BTreeMap<String, String>) {
    let n = a.case.worlds;
    for e in &a.events {
        let bare = e.id.trim_start_matches("event:");
        let figures: Vec<String> = e
            .figures
            .iter()
            .map(|f| {
                let of = b.case.actors.get(&f.of).map_or(f.of.as_str(), |x| &x.name);
                format!(
                    "{} of {of}: {} to {} (90 %), median {}",
                    f.measure, f.quantiles[0], f.quantiles[2], f.quantiles[1]
                )
            })
            .collect();
        let days = when(e);
        let kind = e.sub_type.as_ref().unwrap_or(&e.kind);
        let said = format!(
            "{kind}, {days}. It happened with {} ({}). {}",
            percent(e.probability, n),
            b.case.lexicon.words(e.probability),
            figures.join("; ")
        );
        let incident = b.add(
            "incident",
            bare,
            json!({"name": bare.replace('-', " "), "description": said.trim_end(), "confidence": hundred(e.probability)}),
            json!({"case_id": e.id, "probability": e.probability, "first_day": e.days[0], "last_day": e.days[1], "acled_type": e.kind,
                "acled_sub_type": e.sub_type, "perpetrators": e.who, "figures": e.figures.iter().map(|f| json!({"measure": f.measure, "of": f.of, "quantiles_5_50_95": f.quantiles})).collect::<Vec<_>>(),
                "areas": e.areas, "asserted_by": e.asserted_by, "denied_by": e.denied_by}),
        );
        if let Some([lon, lat]) = e.place {
            let precision = e.radius_km.map(|r| r * 1000.0);
            let place = b.add(
                "location",
                &format!("event/{bare}"),
                json!({"name": format!("where {} happened", bare.replace('-', " ")), "latitude": lat, "longitude": lon, "precision": precision}),
                json!({"radius_holds": 0.9}),
            );
            b.add("relationship", &format!("event/{bare}/at"), json!({"relationship_type": "related-to", "source_ref": incident, "target_ref": place, "description": "happened there"}), Value::Null);
        }
        for w in e.who.iter().filter(|w| w.actor != "unknown" && w.probability >= 0.01) {
            let Some(actor) = ids.get(&format!("actor:{}", w.actor)) else { continue };
            let kind = if b.profile == Profile::Core { "related-to" } else { "attributed-to" };
            let more = json!({"relationship_type": kind, "source_ref": incident, "target_ref": actor, "confidence": hundred(w.probability),
                "description": format!("did it, if it happened: {}", percent(w.probability, n))});
            b.add(
                "relationship",
                &format!("event/{bare}/by/{}", w.actor),
                more,
                json!({"probability_if_happened": w.probability}),
            );
        }
        ids.insert(e.id.clone(), incident);
    }
}

/// A claim is a note: the words, who said them, where they stand. What is denied is an opinion on the event.
fn claims(b: &mut Bundle<'_>, ids: &mut BTreeMap<String, String>) {
    for c in b.case.claims.values() {
        let about: Vec<String> = match &c.says {
            model::Says::Event(e) => ids.get(&format!("event:{}", e.id)).into_iter().cloned().collect(),
            model::Says::Link(l) => ids.get(&format!("actor:{}", l.actor)).into_iter().cloned().collect(),
            model::Says::Fact(_) | model::Says::Retracts(_) => {
                c.chain.first().and_then(|s| ids.get(&format!("source:{s}"))).into_iter().cloned().collect()
            }
        };
        if about.is_empty() {
            continue;
        }
        let report = b.case.reports.get(&c.report);
        let authors: Vec<&String> = c.chain.iter().filter_map(|s| Some(&b.case.sources.get(s)?.name)).collect();
        let stance = serde_json::to_value(c.stance).unwrap_or_default();
        let reference = report.map(|r| {
            let mut x = json!({"source_name": b.case.sources.get(&r.source).map_or(&r.source, |s| &s.name),
                "description": format!("{}, published {}", r.title, r.published), "external_id": r.id});
            if let Some(u) = r.url.as_ref().filter(|u| u.starts_with("http")) {
                x["url"] = u.clone().into();
            }
            x
        });
        let extra = json!({"case_id": format!("claim:{}", c.id), "stance": stance, "modality": c.modality, "basis": c.basis,
            "credibility": c.credibility, "origin": b.case.root(c).0, "says": c.says, "rule": c.rule});
        let more = json!({"abstract": format!("{}: {}", c.id, stance.as_str().unwrap_or_default().replace('-', " ")), "content": c.excerpt.exact,
            "authors": authors, "object_refs": about, "external_references": reference.into_iter().collect::<Vec<_>>(), "confidence": stix_credibility(c.credibility)});
        let note = b.add("note", &format!("claim/{}", c.id), more, extra);
        if matches!(c.stance, Stance::Denies | Stance::Disputes | Stance::DeniesResponsibility) && c.event().is_some() {
            let opinion = if c.stance == Stance::Denies { "strongly-disagree" } else { "disagree" };
            let more =
                json!({"opinion": opinion, "explanation": c.excerpt.exact, "authors": authors, "object_refs": about});
            b.add("opinion", &format!("claim/{}", c.id), more, json!({"claim": format!("claim:{}", c.id)}));
        }
        ids.insert(format!("claim:{}", c.id), note);
    }
}

/// Judgments, indicators, hypotheses and gaps.
fn conclusions(b: &mut Bundle<'_>, a: &Assessment, ids: &BTreeMap<String, String>) {
    let n = a.case.worlds;
    let incidents: Vec<String> = ids.iter().filter(|(k, _)| k.starts_with("event:")).map(|(_, v)| v.clone()).collect();
    let rests = |events: &[String]| if events.is_empty() { incidents.clone() } else { events.to_vec() };
    let on = |carriers: &[engine::stage::test::Carrier]| -> Vec<String> {
        carriers.iter().filter_map(|c| ids.get(&format!("event:{}", c.event)).cloned()).collect()
    };
    for j in &a.judgments {
        let carried = a.indicators.iter().find(|i| i.id == j.about).map_or(Vec::new(), |i| on(&i.events));
        let refs = rests(&carried);
        if refs.is_empty() {
            continue;
        }
        b.add(
            "note",
            &j.id,
            json!({"abstract": "key judgment", "content": format!("{} {}", j.text, j.confidence_text), "object_refs": refs,
                "confidence": stix_confidence(j.confidence), "labels": ["key-judgment"]}),
            json!({"case_id": j.id, "about": j.about, "outcome": j.outcome, "probability": j.probability, "changed": j.changed}),
        );
    }
    for i in &a.indicators {
        let refs = rests(&on(&i.events));
        if refs.is_empty() {
            continue;
        }
        let p = i.probability.map_or("not testable".to_owned(), |p| percent(p, n));
        b.add(
            "note",
            &i.id,
            json!({"abstract": "warning indicator", "content": format!("{}: {p}", i.title), "object_refs": refs, "labels": ["warning-indicator"]}),
            json!({"case_id": i.id, "probability": i.probability, "state": i.state, "reason": i.reason}),
        );
    }
    for q in &a.questions {
        for h in a
            .hypotheses
            .iter()
            .filter(|h| h.id.starts_with(&format!("hypothesis:{}/", q.id.trim_start_matches("question:"))))
        {
            let refs: BTreeSet<String> = q
                .evidence
                .iter()
                .flat_map(|e| &e.claims)
                .filter_map(|c| ids.get(&format!("claim:{c}")).cloned())
                .collect();
            let refs = if refs.is_empty() { incidents.iter().cloned().collect() } else { refs };
            if refs.is_empty() {
                continue;
            }
            let name = if h.text.is_empty() { h.id.as_str() } else { &h.text };
            b.add(
                "grouping",
                &h.id,
                json!({"name": name, "context": "competing-hypothesis", "description": format!("{} {}", q.question, percent(h.probability, n)),
                    "confidence": hundred(h.probability), "object_refs": refs}),
                json!({"case_id": h.id, "prior": h.prior, "posterior": h.probability, "bounds_80": h.bounds}),
            );
        }
    }
}
