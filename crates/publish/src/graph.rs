//! Actors and their links as GEXF 1.3, with closed intervals: a link is there on its first day and on its last.

use engine::Run;
use model::Case;

use crate::svg::escape;

/// The graph of the actors; `case` is what may be passed on.
pub(crate) fn gexf(case: &Case, run: &Run) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gexf xmlns=\"http://gexf.net/1.3\" version=\"1.3\">\n<meta lastmodifieddate=\"{}\"><creator>Bellwether</creator><description>{}, {}</description></meta>\n\
         <graph mode=\"dynamic\" timeformat=\"date\" timerepresentation=\"interval\" defaultedgetype=\"directed\">\n\
         <attributes class=\"node\"><attribute id=\"kind\" title=\"kind\" type=\"string\"/></attributes>\n\
         <attributes class=\"edge\"><attribute id=\"probability\" title=\"probability\" type=\"double\"/></attributes>\n<nodes>\n",
        case.as_of(),
        escape(&case.title),
        case.tlp.label(),
    );
    for (id, a) in &case.actors {
        let kind = serde_json::to_value(a.kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        out.push_str(&format!(
            "<node id=\"{}\" label=\"{}\"><attvalues><attvalue for=\"kind\" value=\"{kind}\"/></attvalues></node>\n",
            escape(id),
            escape(&a.name)
        ));
    }
    out.push_str("</nodes>\n<edges>\n");
    for (i, l) in run.worlds.links.iter().enumerate() {
        let Some(def) = case.actors.get(&l.actor).and_then(|a| a.link.get(l.index)) else { continue };
        if !case.actors.contains_key(&l.to) {
            continue;
        }
        let p = l.probability();
        let start = def.from.as_ref().map_or(String::new(), |d| format!(" start=\"{}\"", d.stated.from));
        let end = def.until.as_ref().map_or(String::new(), |d| format!(" end=\"{}\"", d.stated.to));
        out.push_str(&format!(
            "<edge id=\"{i}\" source=\"{}\" target=\"{}\" kind=\"{}\" weight=\"{p:.4}\"{start}{end}><attvalues><attvalue for=\"probability\" value=\"{p:.4}\"/></attvalues></edge>\n",
            escape(&l.actor),
            escape(&l.to),
            l.kind.name()
        ));
    }
    out.push_str("</edges>\n</graph>\n</gexf>\n");
    out
}
