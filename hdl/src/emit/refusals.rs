//! Every check of the emitter, met by a kernel that is wrong in one way.

use super::super::prelude::*;

/// The block of a kernel: fields with their initial values.
macro_rules! kernel {
    ($name:ident { $($field:ident: $kind:ty = $init:expr,)* }) => {
        #[derive(Clone, Debug, LogicBlock)]
        struct $name { $(pub $field: $kind,)* }
        impl Default for $name {
            fn default() -> Self {
                $name { $($field: $init,)* }
            }
        }
    };
}

/// The kernel is refused with just these messages.
fn refused(block: impl Block, messages: &[&str]) {
    match emit(&block, "dut", "", &[]) {
        Ok(files) => panic!("accepted:\n{}", files.last().map_or("", |file| &file.text)),
        Err(errors) => {
            let expected: Vec<String> = messages.iter().map(|message| format!("dut: {message}")).collect();
            assert_eq!(errors, expected);
        }
    }
}

fn word<D: rust_hdl::core::direction::Direction>(width: u32) -> Sig<D> {
    Sig::new(u(width))
}

kernel! {
    OperandShapes { a: Sig<In> = word(8), b: Sig<In> = word(7), y: Sig<Out> = word(8), }
}
impl Logic for OperandShapes {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() + self.b.val();
    }
}
kernel! {
    OperandSigns { a: Sig<In> = word(8), b: Sig<In> = Sig::new(s(8)), y: Signal<Out, Bit> = Default::default(), }
}
impl Logic for OperandSigns {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() < self.b.val();
    }
}
kernel! {
    AssignedWidth { a: Sig<In> = word(8), y: Sig<Out> = word(9), }
}
impl Logic for AssignedWidth {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val();
    }
}

#[test]
fn shapes() {
    refused(
        OperandShapes::default(),
        &["`y`: operands of `+` differ: unsigned 8 bit and unsigned 7 bit"],
    );
    refused(
        OperandSigns::default(),
        &["`y`: operands of `<` differ: unsigned 8 bit and signed 8 bit"],
    );
    refused(
        AssignedWidth::default(),
        &["`y` is unsigned 9 bit but is assigned unsigned 8 bit"],
    );
}

kernel! {
    Latch { a: Sig<In> = word(8), on: Signal<In, Bit> = Default::default(), y: Sig<Out> = word(8), }
}
impl Logic for Latch {
    #[hdl_gen]
    fn update(&mut self) {
        if self.on.val() {
            self.y.next = self.a.val();
        }
    }
}
kernel! {
    RegisterWithoutHold {
        clock: Signal<In, Clock> = Default::default(), a: Sig<In> = word(8), on: Signal<In, Bit> = Default::default(),
        r: Register = Register::new(u(8)), y: Sig<Out> = word(8),
    }
}
impl Logic for RegisterWithoutHold {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, r);
        if self.on.val() {
            self.r.d.next = self.a.val();
        }
        self.y.next = self.r.q.val();
    }
}
kernel! {
    ReadTooEarly { a: Sig<In> = word(8), x: Sig<Local> = word(8), y: Sig<Out> = word(8), }
}
impl Logic for ReadTooEarly {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.x.val();
        self.x.next = self.a.val();
    }
}
kernel! {
    ReadChildInput {
        clock: Signal<In, Clock> = Default::default(), a: Sig<In> = word(8), r: Register = Register::new(u(8)),
        y: Sig<Out> = word(8),
    }
}
impl Logic for ReadChildInput {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, r);
        self.r.d.next = self.a.val();
        self.r.d.next = self.r.d.val() + self.a.val();
        self.y.next = self.r.q.val();
    }
}

#[test]
fn order_of_assignments() {
    refused(Latch::default(), &["`y` is not assigned on every path: a latch"]);
    refused(
        RegisterWithoutHold::default(),
        &["`r.d` is not assigned on every path: a latch"],
    );
    refused(ReadTooEarly::default(), &["`x` is read before it is assigned"]);
    refused(
        ReadChildInput::default(),
        &[
            "`r.d`, an input of a child, is read before its last assignment, where the simulation sees another value: \
           use a Sig<Local>",
        ],
    );
}

kernel! {
    NotDriven {
        clock: Signal<In, Clock> = Default::default(), a: Sig<In> = word(8), x: Sig<Local> = word(8),
        memory: Ram = Ram::new(4, 8), y: Sig<Out> = word(8), z: Sig<Out> = word(8),
    }
}
impl Logic for NotDriven {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, memory);
        self.memory.write_enable.next = true;
        self.memory.write_data.next = self.a.val();
        self.memory.write_address.next = bits_const(0, 2);
        self.y.next = self.memory.read_data.val();
    }
}
kernel! {
    DrivenElsewhere { a: Sig<In> = word(8), part: Split = Split::of(&[u(4), u(4)]), y: Sig<Out> = word(4), }
}
impl Logic for DrivenElsewhere {
    #[hdl_gen]
    fn update(&mut self) {
        self.part.input.next = self.a.val();
        self.part.part[0].next = self.part.part[1].val();
        self.a.next = self.a.val();
        self.y.next = self.part.part[0].val();
    }
}
kernel! {
    Loop { part: Split = Split::of(&[u(4), u(4)]), both: Join = Join::of(&[u(4), u(4)]), y: Sig<Out> = word(8), }
}
impl Logic for Loop {
    #[hdl_gen]
    fn update(&mut self) {
        self.both.part[0].next = self.part.part[1].val();
        self.both.part[1].next = self.part.part[0].val();
        self.part.input.next = self.both.output.val();
        self.y.next = self.both.output.val();
    }
}
kernel! {
    Missing { a: Vec<Sig<In>> = Sig::several(2, u(4)), y: Vec<Sig<Out>> = Sig::several(3, u(4)), }
}
impl Logic for Missing {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..3 {
            self.y[i].next = self.a[i].val();
        }
    }
}

#[test]
fn drivers() {
    refused(
        NotDriven::default(),
        &[
            "`x` is not driven",
            "`z` is not driven",
            "`memory.read_address` is not driven",
        ],
    );
    refused(
        DrivenElsewhere::default(),
        &[
            "`part.part.0` is driven elsewhere and cannot be assigned here",
            "`a` is driven elsewhere and cannot be assigned here",
        ],
    );
    refused(
        Loop::default(),
        &["`part.input` depends on itself: a combinational loop"],
    );
    refused(Missing::default(), &["`y.2`: no signal `a.2` in this block"]);
}

kernel! {
    Reserved { a: Sig<In> = word(8), small: Sig<Out> = word(8), }
}
impl Logic for Reserved {
    #[hdl_gen]
    fn update(&mut self) {
        self.small.next = self.a.val();
    }
}
kernel! {
    SameName { a: Vec<Sig<In>> = Sig::several(2, u(8)), a_0: Sig<In> = word(8), y: Sig<Out> = word(8), }
}
impl Logic for SameName {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a[0].val() + self.a[1].val() + self.a_0.val();
    }
}

kernel! {
    StageName {
        clock: Signal<In, Clock> = Default::default(), a_d1: Sig<In> = word(8), a: Delay = Delay::new(u(8), 2),
        y: Sig<Out> = word(8),
    }
}
impl Logic for StageName {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, a);
        self.a.d.next = self.a_d1.val();
        self.y.next = self.a.q.val();
    }
}

#[test]
fn names() {
    refused(
        StageName::default(),
        &["`a_d1` and a stage of a delay or product are both called `a_d1`"],
    );
    refused(Reserved::default(), &["`small`: `small` is a keyword of Verilog"]);
    refused(
        SameName::default(),
        &["`a.0` and `a_0` are both called `a_0` in Verilog"],
    );
    let named = kernel_named("Not a name");
    assert_eq!(
        emit(&named, "dut", "", &[]).map(|files| files.len()),
        Err(vec!["dut.child: `Not a name` is not a Verilog identifier".to_string()])
    );
}

kernel! {
    Child { doc: Doc = Doc::default(), a: Sig<In> = word(8), y: Sig<Out> = word(8), }
}
impl Logic for Child {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val();
    }
}
kernel! {
    Parent { a: Sig<In> = word(8), child: Child = Child::default(), other: Child = Child::default(), y: Sig<Out> = word(8), }
}
impl Logic for Parent {
    #[hdl_gen]
    fn update(&mut self) {
        self.child.a.next = self.a.val();
        self.other.a.next = self.child.y.val();
        self.y.next = self.other.y.val();
    }
}

fn kernel_named(name: &str) -> Parent {
    let doc = Doc::new(name, "passes on");
    Parent {
        child: Child {
            doc: doc.clone(),
            ..Child::default()
        },
        other: Child {
            doc,
            ..Child::default()
        },
        ..Parent::default()
    }
}

#[test]
fn equal_modules_come_once() {
    let modules = |top: &Parent| -> Vec<String> {
        let files = emit(top, "dut", "net", &[]).unwrap_or_default();
        files.into_iter().filter_map(|file| Some(file.path.strip_prefix("rtl/")?.strip_suffix(".v")?.to_string())).collect()
    };
    let mut parent = kernel_named("pass");
    assert_eq!(modules(&parent), ["net_pass", "dut"]);
    // Whatever they say about themselves.
    parent.other.doc = Doc::new("pass", "passes on, too");
    assert_eq!(modules(&parent), ["net_pass", "dut"]);
    parent.other.doc = Doc::new("pass_second", "passes on");
    assert_eq!(modules(&parent), ["net_pass", "dut"]);
    // Unless that is a comment of its body.
    parent.other.doc = Doc::new("pass", "passes on").port("a", "a byte");
    assert_eq!(modules(&parent), ["net_pass", "net_pass_2", "dut"]);
}

kernel! {
    PartOfExpression { a: Sig<In> = word(8), y: Sig<Out> = word(4), }
}
impl Logic for PartOfExpression {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = bit_cast_slice(self.a.val() + self.a.val(), 2, 4);
    }
}
kernel! {
    Extension { a: Sig<In> = Sig::new(s(8)), y: Sig<Out> = Sig::new(s(9)), }
}
impl Logic for Extension {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = signed_cast_to(self.a.val() + self.a.val(), 9);
    }
}
kernel! {
    NoWidth { a: Sig<In> = word(8), y: Signal<Out, Bit> = Default::default(), }
}
impl Logic for NoWidth {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = unsigned_cast_to(self.a.val(), 9) == unsigned_cast_to(self.a.val(), 9);
    }
}
kernel! {
    WideIndex { a: Sig<In> = word(8), i: Sig<In> = word(4), y: Signal<Out, Bit> = Default::default(), }
}
impl Logic for WideIndex {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val().get_bit(self.i.val());
    }
}

#[test]
fn casts_that_verilog_reads_otherwise() {
    let name = "give the expression a name (a Sig<Local>)";
    refused(
        PartOfExpression::default(),
        &[&format!("`y`: a part of an expression: {name}")],
    );
    refused(
        Extension::default(),
        &[&format!("`y`: a sign extension of an expression: {name}")],
    );
    refused(
        NoWidth::default(),
        &["`y`: operands of `==` have no width of their own: use bit_cast_… for one"],
    );
    refused(
        WideIndex::default(),
        &["`y`: a bit index into 8 bits must be unsigned 3 bit, not unsigned 4 bit"],
    );
}
