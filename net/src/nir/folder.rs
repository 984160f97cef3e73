//! A group of an HDF5 file whose links of all kinds are followed.

use std::rc::Rc;

use hdf5_pure::{Dataset, Error, File};

use super::links::{Link, Links};

/// A group by its path; soft links in it and on the way to it are followed.
#[derive(Clone)]
pub(super) struct Folder {
    file: Rc<File>,
    links: Rc<Links>,
    /// Without soft links on the way; empty for the root.
    path: String,
}

impl Folder {
    /// The root of a file.
    pub(super) fn root(file: File) -> Folder {
        let links = Links::read(file.as_bytes(), file.superblock());
        Folder { file: Rc::new(file), links: Rc::new(links), path: String::new() }
    }

    fn resolved(&self, name: &str) -> String {
        let path = format!("{}/{name}", self.path);
        self.links.resolve(&path).unwrap_or(path)
    }

    pub(super) fn dataset(&self, name: &str) -> Result<Dataset, Error> {
        self.file.dataset(&self.resolved(name))
    }

    pub(super) fn group(&self, name: &str) -> Result<Folder, Error> {
        let path = self.resolved(name);
        self.file.group(&path)?;
        Ok(Folder { path, ..self.clone() })
    }

    /// Whether anything is called `name`, also a link that leads nowhere.
    pub(super) fn has(&self, name: &str) -> bool {
        self.link(name).is_some() || self.dataset(name).is_ok()
    }

    /// Where `name` leads, if it is no hard link: for messages.
    pub(super) fn link(&self, name: &str) -> Option<String> {
        match self.links.get(&self.path, name)? {
            Link::Hard { .. } => None,
            Link::Soft(target) => Some(format!("a link to {target}")),
            Link::External => Some("a link into another file".to_string()),
        }
    }

    /// Names of the groups in it, links that lead to a group, and links that lead nowhere.
    pub(super) fn groups(&self) -> Result<Vec<String>, Error> {
        self.names(|hard| hard, self.file.group(self.place())?.groups(), |name| self.dataset(name).is_err())
    }

    /// Names of the datasets in it, and links that lead to one.
    pub(super) fn datasets(&self) -> Result<Vec<String>, Error> {
        self.names(|hard| !hard, self.file.group(self.place())?.datasets(), |name| self.dataset(name).is_ok())
    }

    fn place(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }

    /// `listed`, or (of a group that cannot be listed, as it holds links) the hard links that `wants`; and other links that `fit`.
    fn names(
        &self,
        wants: impl Fn(bool) -> bool,
        listed: Result<Vec<String>, Error>,
        fit: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, Error> {
        let is_wanted = |link: &Link| matches!(link, Link::Hard { group } if wants(*group));
        let hard = self.links.of(&self.path).filter(|(_, link)| is_wanted(link));
        let mut names = match listed {
            Err(error) if self.links.of(&self.path).next().is_none() => return Err(error),
            Err(_) => hard.map(|(name, _)| name.clone()).collect(),
            Ok(names) => names,
        };
        let others = self.links.of(&self.path).filter(|(name, link)| !matches!(link, Link::Hard { .. }) && fit(name));
        for (name, _) in others {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        Ok(names)
    }
}
