//! `serve`: the workbench.

use std::io::Write as _;

use crate::args::Serve;
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Serve) -> Outcome {
    if args.openapi {
        output::print(&workbench::openapi());
        return Ok(End::Done);
    }
    if !args.case.is_dir() {
        return Err(format!(
            "{} is not a folder; `bellwether init {}` makes a case there",
            args.case.display(),
            args.case.display()
        ));
    }
    if !workbench::has_pages() {
        return Err("this program was built without the pages of the workbench; with Node 20 or later: \
                    npm --prefix ui ci && npm --prefix ui run build, then build it again"
            .into());
    }
    let issuer = match (&args.oidc, &args.oidc_client) {
        (Some(url), Some(client)) => Some(workbench::Issuer {
            url: url.clone(),
            client: client.clone(),
            secret: std::env::var("BELLWETHER_OIDC_SECRET").ok().filter(|s| !s.is_empty()),
            named: args.oidc_name.into(),
        }),
        _ => None,
    };
    let options = workbench::Options {
        case: args.case.clone(),
        address: args.address,
        database: args.database.database.clone(),
        by: args.by.clone().or_else(super::user).unwrap_or_else(|| "workbench".into()),
        names: args.name.clone(),
        issuer,
        worlds: args.worlds as usize,
    };
    let by = options.by.clone();
    let ready = move |address: std::net::SocketAddr, accounts: bool| {
        let who = if accounts {
            "sign in with your account".to_owned()
        } else {
            format!("no accounts: whoever opens it rules as {by}")
        };
        output::print(&format!("http://{address}/  ({who}; Ctrl+C stops it)\n"));
        let _ = std::io::stdout().flush();
    };
    workbench::run(options, ready)?;
    Ok(End::Done)
}
