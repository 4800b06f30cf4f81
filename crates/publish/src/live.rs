//! A published page where JavaScript is on: the workbench's own bundle, and what its screens ask for, in the one file. It asks
//! nobody for anything, and without it the page is read as it stands.

use base64::Engine as _;
use minijinja::{Value, context};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::map;
use crate::page::Publication;
use crate::screens;

/// The page, driven; as it stands, where this program was built without its pages.
pub(crate) fn driven(p: &Publication) -> String {
    let Some(bundle) = pages::bundle() else { return p.page.clone() };
    let (case, a) = (&p.case, &p.assessment);
    let reports: Vec<_> = case.reports.values().map(|r| json!({"id": r.id, "title": r.title})).collect();
    let sources: Vec<_> = case.sources.iter().map(|(id, s)| json!({"id": id, "name": s.name})).collect();
    let asked = json!({
        "/api/assessment": screens::assessment(case, a, None),
        "/api/events": screens::events(a),
        "/api/areas": screens::areas(case),
        "/api/reports": reports,
        "/api/sources": {"sources": sources},
        "/countries.json": map::land(case, a),
    });
    // No `<` within a script: nothing of it can end it.
    let frozen = asked.to_string().replace('<', "\\u003c");
    let whole = |script: &str| script.replace("</script", "<\\/script").replace("<!--", "<\\!--");
    let script = whole(&bundle.script);
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script.as_bytes()));
    let raw = Value::from_safe_string;
    let live = context! {
        hash => raw(hash), script => raw(script), worker => raw(whole(&bundle.worker)), style => raw(bundle.style.replace("</style", "<\\/style")),
        frozen => raw(frozen),
    };
    crate::render("page.html", include_str!("../templates/page.html"), context! { live, ..p.said.clone() })
}
