//! `account`: who may work on a case in a browser.

use std::io::IsTerminal as _;

use console::Term;

use crate::args::{Account, AccountVerb, Accounts, Common, Format};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Account, common: &Common) -> Outcome {
    let by = super::user().unwrap_or_else(|| "command line".into());
    match &args.what {
        AccountVerb::Add { of, name, role } => {
            folder(&of.case)?;
            let password = password()?;
            workbench::wait(async { accounts(of).await?.put(&by, name, *role, &password).await })?;
            output::print(&format!("{name} is {}\n", role.name()));
        }
        AccountVerb::Remove { of, name } => {
            workbench::wait(async { accounts(of).await?.remove(&by, name).await })?;
            output::print(&format!("{name} has no account any more\n"));
        }
        AccountVerb::List { of } => {
            let all = workbench::wait(async { accounts(of).await?.all().await })?;
            if common.format == Format::Json {
                output::print(&(serde_json::to_string_pretty(&all).map_err(|e| e.to_string())? + "\n"));
                return Ok(End::Done);
            }
            let mut rows = vec![vec!["name".to_owned(), "role".to_owned()]];
            rows.extend(all.iter().map(|a| vec![a.name.clone(), a.role.name().to_owned()]));
            output::print(&output::table(&rows));
        }
    }
    Ok(End::Done)
}

/// The accounts of a case that is there.
pub(crate) async fn accounts(of: &Accounts) -> Result<workbench::Accounts, String> {
    folder(&of.case)?;
    workbench::accounts_of(&of.case, of.database.database.as_deref()).await
}

/// A database is only made beside a case that is there.
fn folder(case: &std::path::Path) -> Result<(), String> {
    if case.is_dir() { Ok(()) } else { Err(format!("{} is not a folder", case.display())) }
}

/// Asked for twice at a terminal; else a line of standard input.
fn password() -> Result<String, String> {
    let term = Term::stderr();
    if !(term.is_term() && std::io::stdin().is_terminal()) {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map_err(|e| format!("cannot read the password: {e}"))?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let ask = |what: &str| -> Result<String, String> {
        term.write_str(what)
            .and_then(|()| term.read_secure_line())
            .map_err(|e| format!("cannot read the password: {e}"))
    };
    let first = ask("Password: ")?;
    if ask("Again: ")? != first {
        return Err("the two are not the same".into());
    }
    Ok(first)
}
