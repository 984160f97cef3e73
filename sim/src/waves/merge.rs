//! Puts the readable scope into Verilator's own dump: one file, as a wave viewer opens one.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use vcd::{Command, IdCode, Parser, ScopeItem, Writer};

use crate::error::SimError;

type Ids = HashMap<IdCode, IdCode>;

/// Replaces `readable` by `full` plus the scope `spikewright` of `readable`, and removes `full`.
pub fn merge(full: &Path, readable: &Path) -> Result<(), SimError> {
    let work = readable.with_extension("vcd.tmp");
    merge_files(full, readable, &work).map_err(SimError::io(&work))?;
    fs::rename(&work, readable).map_err(SimError::io(readable))?;
    fs::remove_file(full).map_err(SimError::io(full))
}

fn merge_files(full: &Path, readable: &Path, to: &Path) -> io::Result<()> {
    let mut first = Stream::open(full)?;
    let mut second = Stream::open(readable)?;
    let mut out = Writer::new(BufWriter::new(File::create(to)?));
    let header = first.parser.parse_header()?;
    if let Some((count, unit)) = header.timescale {
        // Times are nanoseconds in both files; Verilator may write them in a finer unit.
        first.per_nanosecond = match unit {
            vcd::TimescaleUnit::PS => 1000 / u64::from(count.max(1)),
            _ => 1,
        };
    }
    out.timescale(1, vcd::TimescaleUnit::NS)?;
    declare(&mut out, &header.items, &mut first.ids)?;
    let items = second.parser.parse_header()?.items;
    let wanted: Vec<ScopeItem> = items
        .into_iter()
        .filter(|item| matches!(item, ScopeItem::Scope(scope) if scope.identifier == "spikewright"))
        .collect();
    declare(&mut out, &wanted, &mut second.ids)?;
    out.enddefinitions()?;
    first.advance()?;
    second.advance()?;
    while let Some(time) = [first.time, second.time].into_iter().flatten().min() {
        out.timestamp(time)?;
        for stream in [&mut first, &mut second] {
            if stream.time == Some(time) {
                stream.copy(&mut out)?;
            }
        }
    }
    out.flush()
}

/// Declares items under fresh ids.
fn declare<W: Write>(out: &mut Writer<W>, items: &[ScopeItem], ids: &mut Ids) -> io::Result<()> {
    for item in items {
        match item {
            ScopeItem::Scope(scope) => {
                out.scope_def(scope.scope_type, &scope.identifier)?;
                declare(out, &scope.items, ids)?;
                out.upscope()?;
            }
            ScopeItem::Var(var) => match ids.get(&var.code) {
                Some(&id) => out.var_def(var.var_type, var.size, id, &var.reference, var.index)?,
                None => {
                    let id = out.add_var(var.var_type, var.size, &var.reference, var.index)?;
                    ids.insert(var.code, id);
                }
            },
            _ => {}
        }
    }
    Ok(())
}

/// One input file, at a time stamp.
struct Stream {
    parser: Parser<BufReader<File>>,
    ids: Ids,
    /// Time stamp whose changes come next.
    time: Option<u64>,
    per_nanosecond: u64,
}

impl Stream {
    fn open(path: &Path) -> io::Result<Stream> {
        let parser = Parser::new(BufReader::new(File::open(path)?));
        Ok(Stream {
            parser,
            ids: Ids::new(),
            time: None,
            per_nanosecond: 1,
        })
    }

    /// Reads up to the next time stamp.
    fn advance(&mut self) -> io::Result<()> {
        loop {
            match self.parser.next().transpose()? {
                None => {
                    self.time = None;
                    return Ok(());
                }
                Some(Command::Timestamp(time)) => {
                    self.time = Some(time / self.per_nanosecond);
                    return Ok(());
                }
                Some(_) => {}
            }
        }
    }

    /// Copies the changes up to the next time stamp.
    fn copy<W: Write>(&mut self, out: &mut Writer<W>) -> io::Result<()> {
        loop {
            match self.parser.next().transpose()? {
                None => {
                    self.time = None;
                    return Ok(());
                }
                Some(Command::Timestamp(time)) => {
                    self.time = Some(time / self.per_nanosecond);
                    return Ok(());
                }
                Some(Command::ChangeScalar(id, value)) => {
                    if let Some(&id) = self.ids.get(&id) {
                        out.change_scalar(id, value)?;
                    }
                }
                Some(Command::ChangeVector(id, value)) => {
                    if let Some(&id) = self.ids.get(&id) {
                        out.change_vector(id, value.iter())?;
                    }
                }
                Some(Command::ChangeString(id, value)) => {
                    if let Some(&id) = self.ids.get(&id) {
                        out.change_string(id, &value)?;
                    }
                }
                Some(_) => {}
            }
        }
    }
}
