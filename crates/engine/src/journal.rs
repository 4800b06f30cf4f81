//! Which stage runs, and why: a stage whose inputs are as they were is taken from the store.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{Because, Manifest, Record, Store, StoreError};

/// Told what is being done: stage and subject.
pub type Progress<'a> = &'a (dyn Fn(&str, &str) + Sync);

/// Says nothing.
pub fn silent(_: &str, _: &str) {}

/// BLAKE3 of a value.
pub(crate) fn hash(value: &(impl Serialize + ?Sized)) -> String {
    // Our own types: serialising them to memory cannot fail.
    blake3::hash(&serde_json::to_vec(value).unwrap_or_default()).to_hex().to_string()
}

/// Runs stages, from the store where their inputs are unchanged, and keeps account.
pub struct Journal<'s> {
    store: Option<&'s Store>,
    writes: bool,
    /// What ran for the last good build, by stage and subject.
    old: BTreeMap<(String, String), Record>,
    pub(crate) records: Vec<Record>,
    pub(crate) ran: Vec<(Record, Because)>,
    failed: Option<StoreError>,
    progress: Progress<'s>,
}

impl std::fmt::Debug for Journal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("records", &self.records).field("ran", &self.ran).finish_non_exhaustive()
    }
}

impl<'s> Journal<'s> {
    fn new(store: Option<&'s Store>, writes: bool, progress: Progress<'s>) -> Self {
        let old: Manifest = store.and_then(Store::manifest).unwrap_or_default();
        let old = old.records.into_iter().map(|r| ((r.stage.clone(), r.subject.clone()), r)).collect();
        Self { store, writes, old, records: Vec::new(), ran: Vec::new(), failed: None, progress }
    }

    /// Takes from the store what is unchanged, and keeps there what was run.
    pub fn building(store: &'s Store, progress: Progress<'s>) -> Self {
        Self::new(Some(store), true, progress)
    }

    /// Takes from the store what is unchanged; writes nothing.
    pub fn reading(store: &'s Store) -> Self {
        Self::new(Some(store), false, &silent)
    }

    /// Runs everything, stores and reuses nothing.
    pub fn in_memory() -> Self {
        Self::new(None, false, &silent)
    }

    /// Whether anything can be reused; if not, no key need be made.
    pub(crate) fn is_stored(&self) -> bool {
        self.store.is_some()
    }

    /// Whether outputs are kept.
    pub(crate) fn keeps(&self) -> bool {
        self.writes
    }

    /// Tells what is being done.
    pub(crate) fn say(&self, stage: &str, subject: &str) {
        (self.progress)(stage, subject);
    }

    /// An error when an output could not be kept.
    pub(crate) fn sound(&mut self) -> Result<(), StoreError> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// The stage's output and the hash of it.
    pub(crate) fn run<T: Serialize + DeserializeOwned>(
        &mut self,
        stage: &str,
        version: u32,
        subject: &str,
        inputs: Vec<(String, String)>,
        work: impl FnOnce() -> T,
    ) -> (T, String) {
        if self.store.is_none() {
            return (work(), String::new());
        }
        let key = hash(&(env!("CARGO_PKG_VERSION"), stage, version, subject, &inputs));
        let before = self.old.get(&(stage.to_owned(), subject.to_owned()));
        if let Some(r) = before.filter(|r| r.key == key)
            && let Some(value) = self.store.and_then(|s| s.cached::<T>(&key, &r.output))
        {
            self.records.push(r.clone());
            return (value, r.output.clone());
        }
        let because = match before {
            None => Because::New,
            Some(r) if r.key == key => Because::Lost,
            Some(r) => Because::Changed(changed(&r.inputs, &inputs)),
        };
        self.say(stage, subject);
        let value = work();
        let bytes = serde_json::to_vec(&value).unwrap_or_default();
        let output = blake3::hash(&bytes).to_hex().to_string();
        if self.writes
            && let Some(store) = self.store
            && let Err(e) = store.keep(&key, &bytes)
        {
            self.failed.get_or_insert(e);
        }
        let record = Record { stage: stage.into(), subject: subject.into(), key, output: output.clone(), inputs };
        self.records.push(record.clone());
        self.ran.push((record, because));
        (value, output)
    }
}

fn changed(old: &[(String, String)], new: &[(String, String)]) -> Vec<String> {
    let by_name = |list: &[(String, String)]| -> BTreeMap<String, String> { list.iter().cloned().collect() };
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let names: Vec<String> = names.into_iter().filter(|n| old.get(*n) != new.get(*n)).cloned().collect();
    if names.is_empty() { vec!["the program".into()] } else { names }
}
