//! The bundled example, inside the program: it works from any folder.

use std::path::{Path, PathBuf};

use net::Problems;

/// A file of `examples/mnist`, by name.
struct Bundled {
    name: &'static str,
    bytes: &'static [u8],
}

macro_rules! bundled {
    ($($name:literal),* $(,)?) => {
        &[$(Bundled { name: $name, bytes: include_bytes!(concat!("../examples/mnist/", $name)) }),*]
    };
}

const MNIST: &[Bundled] = bundled![
    "mnist_cnn.nir",
    "mnist_fc.nir",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

/// A folder with the bundled files; it goes away with this value.
pub struct ExampleFolder {
    folder: tempfile::TempDir,
}

impl ExampleFolder {
    /// Unpacks the example into a temporary folder.
    pub fn unpack() -> Result<ExampleFolder, Problems> {
        let failed = |path: &Path, error: std::io::Error| crate::build::folder::write_problem(path, &error);
        let folder = tempfile::Builder::new()
            .prefix("spikewright-example-")
            .tempdir()
            .map_err(|error| failed(&std::env::temp_dir(), error))?;
        for file in MNIST {
            let path = folder.path().join(file.name);
            std::fs::write(&path, file.bytes).map_err(|error| failed(&path, error))?;
        }
        Ok(ExampleFolder { folder })
    }

    /// The folder with images and labels.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Path of a bundled net.
    pub fn net(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
