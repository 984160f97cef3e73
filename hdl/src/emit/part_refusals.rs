//! An inlined block is checked as a module is, and its parent may not reach into it.

use super::emit;
use crate::prelude::*;

fn word(width: u32) -> Sig<Local> {
    Sig::new(u(width))
}

/// A part with an input, an output and two signals of its own. Its kernel stands beside it: `hdl_gen` cannot be called from a macro.
macro_rules! part {
    ($name:ident) => {
        #[derive(LogicBlock)]
        struct $name {
            doc: Doc,
            pub a: Sig<In>,
            pub y: Sig<Out>,
            pub inner: Sig<Local>,
            small: Sig<Local>,
        }
        impl Default for $name {
            fn default() -> Self {
                let doc = Doc::new("part", "A part").inline();
                $name { doc, a: Sig::new(u(8)), y: Sig::new(u(8)), inner: word(8), small: word(3) }
            }
        }
    };
}

/// A block around one part.
macro_rules! parent {
    ($name:ident, $part:ident) => {
        #[derive(LogicBlock)]
        struct $name {
            pub a: Sig<In>,
            pub y: Sig<Out>,
            part: $part,
        }
        impl Default for $name {
            fn default() -> Self {
                $name { a: Sig::new(u(8)), y: Sig::new(u(8)), part: Default::default() }
            }
        }
    };
}

part!(Fine);
impl Logic for Fine {
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.next = self.a.val();
        self.small.next = bit_cast_slice(self.a.val(), 0, 3);
        self.y.next = self.inner.val();
    }
}
part!(Latch);
impl Logic for Latch {
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.next = self.a.val();
        self.small.next = bits_const(0, 3);
        if self.a.val().any() {
            self.y.next = self.a.val();
        }
    }
}
part!(Widths);
impl Logic for Widths {
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.next = self.a.val();
        self.small.next = self.a.val();
        self.y.next = self.inner.val();
    }
}
part!(Undriven);
impl Logic for Undriven {
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.next = self.a.val();
        self.small.next = bits_const(0, 3);
    }
}
part!(DrivesItsInput);
impl Logic for DrivesItsInput {
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.next = self.a.val();
        self.small.next = bits_const(0, 3);
        self.y.next = self.a.val();
        self.a.next = self.inner.val();
    }
}

parent!(Whole, Fine);
impl Logic for Whole {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.a.val();
        self.y.next = self.part.y.val();
    }
}
parent!(InputUndriven, Fine);
impl Logic for InputUndriven {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.part.y.val();
    }
}
parent!(OverLatch, Latch);
impl Logic for OverLatch {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.a.val();
        self.y.next = self.part.y.val();
    }
}
parent!(OverWidths, Widths);
impl Logic for OverWidths {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.a.val();
        self.y.next = self.part.y.val();
    }
}
parent!(OverUndriven, Undriven);
impl Logic for OverUndriven {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.a.val();
        self.y.next = self.part.y.val();
    }
}
parent!(OverDriven, DrivesItsInput);
impl Logic for OverDriven {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.a.val();
        self.y.next = self.part.y.val();
    }
}
parent!(DrivesItsOutput, Fine);
impl Logic for DrivesItsOutput {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.a.val();
        self.part.y.next = self.a.val();
        self.y.next = self.part.y.val();
    }
}
parent!(ReachesIn, Fine);
impl Logic for ReachesIn {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.a.val();
        self.y.next = self.part.inner.val();
    }
}
parent!(Circle, Fine);
impl Logic for Circle {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.a.next = self.part.y.val();
        self.y.next = self.part.y.val();
    }
}

fn found(top: &dyn Block) -> String {
    match emit(top, "dut", "", &[]) {
        Ok(files) => format!("{} file", files.len()),
        Err(found) => found.join("; "),
    }
}

#[test]
fn parts_are_checked_as_modules_are() {
    insta::assert_snapshot!(
        [
            found(&Whole::default()),
            found(&InputUndriven::default()),
            found(&OverLatch::default()),
            found(&OverWidths::default()),
            found(&OverUndriven::default()),
            found(&OverDriven::default()),
            found(&DrivesItsOutput::default()),
            found(&ReachesIn::default()),
            found(&Circle::default()),
        ]
        .join("\n")
    );
}
