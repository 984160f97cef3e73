//! Built models on disk, shared by all processes of a user.
//!
//! `$SPIKEWRIGHT_CACHE`, else `$XDG_CACHE_HOME/spikewright`, else `~/.cache/spikewright`. An entry is a folder named by
//! the hash of all that went into it; it is built beside its place and renamed, so that it is there whole or not at
//! all. Beside it lies `<key>.lock`: exclusive while building or removing, shared while a process uses the entry.
//! The entries longest unused go when all of them exceed `$SPIKEWRIGHT_CACHE_MB` (default 1024).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::SimError;

const DEFAULT_LIMIT_MB: u64 = 1024;

pub struct Cache {
    root: PathBuf,
}

/// Holds an entry's shared lock.
pub struct InUse {
    _lock: File,
}

impl Cache {
    pub fn open(root: Option<&Path>) -> Result<Cache, SimError> {
        let root = match root {
            Some(root) => root.to_path_buf(),
            None => default_root(),
        };
        fs::create_dir_all(&root).map_err(SimError::io(&root))?;
        let root = root.canonicalize().map_err(SimError::io(&root))?;
        Ok(Cache { root })
    }

    /// Where an entry lies once it is built.
    pub fn place(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The entry, built by `make` in an empty folder if it is not there. Others who want the same entry wait.
    pub fn entry(&self, key: &str, make: impl Fn(&Path) -> Result<(), SimError>) -> Result<(PathBuf, InUse), SimError> {
        let place = self.place(key);
        let lock_path = self.root.join(format!("{key}.lock"));
        loop {
            let lock = File::options()
                .create(true)
                .append(true)
                .open(&lock_path)
                .map_err(SimError::io(&lock_path))?;
            lock.lock_shared().map_err(SimError::io(&lock_path))?;
            if place.is_dir() {
                // Its time of last use decides what is removed first.
                let _ = lock.set_modified(SystemTime::now());
                return Ok((place, InUse { _lock: lock }));
            }
            lock.unlock().map_err(SimError::io(&lock_path))?;
            lock.lock().map_err(SimError::io(&lock_path))?;
            if !place.is_dir() {
                self.make_room();
                let work = self.root.join(format!("{key}.tmp"));
                let _ = fs::remove_dir_all(&work);
                fs::create_dir_all(&work).map_err(SimError::io(&work))?;
                let made = make(&work);
                if let Err(error) = made {
                    let _ = fs::remove_dir_all(&work);
                    return Err(error);
                }
                fs::rename(&work, &place).map_err(SimError::io(&place))?;
            }
        }
    }

    /// Removes the entries longest unused until the rest is below the limit. Never fails: a full cache is no error.
    fn make_room(&self) {
        let limit = std::env::var("SPIKEWRIGHT_CACHE_MB")
            .ok()
            .and_then(|text| text.parse().ok());
        let limit = limit.unwrap_or(DEFAULT_LIMIT_MB) << 20;
        let mut entries: Vec<(SystemTime, u64, PathBuf, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && path.extension().is_none() {
                let lock = path.with_extension("lock");
                let used = lock
                    .metadata()
                    .and_then(|m| m.modified())
                    .unwrap_or(SystemTime::UNIX_EPOCH);
                entries.push((used, size_of(&path), path, lock));
            }
        }
        entries.sort();
        let mut total: u64 = entries.iter().map(|e| e.1).sum();
        for (_, size, path, lock) in entries {
            if total <= limit {
                break;
            }
            let Ok(file) = File::options().create(true).append(true).open(&lock) else {
                continue;
            };
            if file.try_lock().is_ok() && fs::remove_dir_all(&path).is_ok() {
                total -= size;
            }
        }
    }
}

fn default_root() -> PathBuf {
    let named = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    named("SPIKEWRIGHT_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|path| path.join("spikewright")))
        .or_else(|| named("HOME").map(|path| path.join(".cache/spikewright")))
        .unwrap_or_else(|| std::env::temp_dir().join("spikewright-cache"))
}

fn size_of(path: &Path) -> u64 {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size_of(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
