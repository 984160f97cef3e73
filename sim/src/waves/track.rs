//! One variable of the VCD: declared once, written when it changes.

use std::io::{self, Write};

use vcd::{IdCode, Value, VarType};

use crate::model::Signal;

/// A variable and the value written last.
pub struct Track {
    id: IdCode,
    width: u32,
    last: Option<Vec<u32>>,
}

impl Track {
    pub fn new<W: Write>(writer: &mut vcd::Writer<W>, kind: VarType, width: u32, name: &str) -> io::Result<Track> {
        Ok(Track {
            id: writer.add_var(kind, width.max(1), name, None)?,
            width: width.max(1),
            last: None,
        })
    }

    /// Writes 32-bit limbs, least significant first, if they differ from the value before.
    pub fn limbs<W: Write>(&mut self, writer: &mut vcd::Writer<W>, limbs: &[u32]) -> io::Result<()> {
        if self.last.as_deref() == Some(limbs) {
            return Ok(());
        }
        let bit = |i: u32| Value::from(limbs.get(i as usize / 32).is_some_and(|limb| limb >> (i % 32) & 1 == 1));
        if self.width == 1 {
            writer.change_scalar(self.id, bit(0))?;
        } else {
            writer.change_vector(self.id, (0..self.width).rev().map(bit))?;
        }
        self.last = Some(limbs.to_vec());
        Ok(())
    }

    /// Writes a number, two's complement in the variable's width.
    pub fn number<W: Write>(&mut self, writer: &mut vcd::Writer<W>, value: i64) -> io::Result<()> {
        self.limbs(writer, &[value as u32, (value >> 32) as u32])
    }

    /// Writes what a signal holds.
    pub fn signal<W: Write>(&mut self, writer: &mut vcd::Writer<W>, signal: &Signal) -> io::Result<()> {
        let mut limbs = vec![0u32; self.width.div_ceil(32) as usize];
        signal.read_limbs(&mut limbs);
        self.limbs(writer, &limbs)
    }
}

/// A text variable.
pub struct TextTrack {
    id: IdCode,
    last: Option<&'static str>,
}

impl TextTrack {
    pub fn new<W: Write>(writer: &mut vcd::Writer<W>, name: &str) -> io::Result<TextTrack> {
        Ok(TextTrack {
            id: writer.add_var(VarType::String, 1, name, None)?,
            last: None,
        })
    }

    pub fn text<W: Write>(&mut self, writer: &mut vcd::Writer<W>, value: &'static str) -> io::Result<()> {
        if self.last != Some(value) {
            writer.change_string(self.id, value)?;
            self.last = Some(value);
        }
        Ok(())
    }
}
