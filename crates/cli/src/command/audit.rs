//! `audit`: who did what in the browser, and whether the log of it is whole.

use super::account::accounts;
use crate::args::{Audit, AuditVerb, Common, Format};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Audit, common: &Common) -> Outcome {
    match &args.what {
        AuditVerb::Verify { of, noted } => {
            let (lines, last) = workbench::wait(async { accounts(of).await?.verify(noted.as_deref()).await })?;
            if common.format == Format::Json {
                output::print(&format!("{}\n", serde_json::json!({"lines": lines, "last": last})));
            } else if lines == 0 {
                output::print("the log is empty\n");
            } else {
                output::print(&format!("{lines} lines, each chained to the one before\nlast hash: {last}\n"));
            }
        }
        AuditVerb::Log { of, lines } => {
            let mut log = workbench::wait(async { accounts(of).await?.log(i64::from(*lines)).await })?;
            log.reverse();
            if common.format == Format::Json {
                output::print(&(serde_json::to_string_pretty(&log).map_err(|e| e.to_string())? + "\n"));
                return Ok(End::Done);
            }
            let mut rows = vec![["line", "when", "who", "did", "to what"].map(str::to_owned).to_vec()];
            rows.extend(log.into_iter().map(|e| vec![e.seq.to_string(), e.when(), e.who, e.did, e.about]));
            output::print(&output::table(&rows));
        }
    }
    Ok(End::Done)
}
