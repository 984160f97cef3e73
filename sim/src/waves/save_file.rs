//! The GTKWave save file: which signals to show, and how.

/// How GTKWave shows a trace; values of its `TraceFlags`.
#[derive(Clone, Copy)]
pub enum Show {
    /// Hexadecimal, right-justified.
    Hex = 0x22,
    /// Unsigned decimal, right-justified.
    Decimal = 0x24,
    /// Bits.
    Binary = 0x28,
    /// Signed decimal, right-justified.
    Signed = 0x420,
    /// A comment line between traces.
    Comment = 0x200,
}

/// Collects traces in the order they are shown.
pub struct SaveFile {
    text: String,
}

impl SaveFile {
    /// `vcd` is the file name of the dump, in the same folder.
    pub fn new(vcd: &str) -> SaveFile {
        SaveFile {
            text: format!("[dumpfile] \"{vcd}\"\n[timestart] 0\n[size] 1600 900\n[pos] -1 -1\n"),
        }
    }

    pub fn comment(&mut self, text: &str) {
        self.text.push_str(&format!("@{:x}\n-{text}\n", Show::Comment as u32));
    }

    /// `path` with dots, vectors without their range: GTKWave wants `name[msb:0]` for more than one bit.
    pub fn trace(&mut self, path: &str, width: u32, show: Show) {
        self.text.push_str(&format!("@{:x}\n{path}", show as u32));
        if width > 1 {
            self.text.push_str(&format!("[{}:0]", width - 1));
        }
        self.text.push('\n');
    }

    pub fn into_text(self) -> String {
        self.text
    }
}
