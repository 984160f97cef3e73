//! Where a chip's reset begins: the register, or the synchroniser, between its pin and its flip-flops.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use super::doc::Doc;
use super::inline::Inline;

/// How flip-flops are reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resets {
    /// At a clock edge.
    #[default]
    Synchronous,
    /// At once, without a clock; they leave reset at a clock edge.
    Asynchronous,
}

/// The reset of what is behind it: `q`, from a register.
///
/// Synchronous: `q` is `d` of the cycle before, a plain register in its parent. Asynchronous: a module of its own. `q` rises with `d`, and falls
/// `stages` clock edges after `d` has fallen; `also` holds it from the next edge on.
#[derive(Clone, Debug, LogicBlock)]
pub struct ResetSource {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub d: Signal<In, Bit>,
    pub also: Vec<Signal<In, Bit>>,
    pub q: Signal<Out, Bit>,
    _stages: Vec<bool>,
}

impl ResetSource {
    /// A register.
    pub fn synchronous() -> Self {
        ResetSource { doc: Doc::default(), clock: Default::default(), d: Default::default(), also: vec![], q: Default::default(), _stages: vec![] }
    }

    /// `q` falls so many edges (at least one) after `d`; with `also` a reset that comes from a flip-flop of this clock joins it.
    pub fn asynchronous(stages: u32, also: bool) -> Self {
        assert!(stages > 0, "a reset without a flip-flop");
        let text = if stages == 1 { "at the next edge".to_string() } else { format!("{stages} edges later") };
        ResetSource {
            doc: Doc::new(format!("reset_{stages}{}", if also { "_joined" } else { "" }), "A reset that acts at once and is released in step with the clock.")
                .rust("hdl::ResetSource")
                .latency(format!("rst rises with request, without a clock; it falls {text}"))
                .rename("d", "request")
                .rename("q", "rst")
                .port("request", "asynchronous; without glitches")
                .port("also", "from a flip-flop of clk: rst from the next edge on")
                .port("rst", "from a flip-flop"),
            also: vec![Default::default(); usize::from(also)],
            _stages: vec![true; stages as usize],
            ..ResetSource::synchronous()
        }
    }
}

impl Logic for ResetSource {
    fn update(&mut self) {
        let joined = self.also.iter().any(|also| also.val());
        if self.clock.pos_edge() {
            match self._stages.last_mut() {
                None => self.q.next = self.d.val(),
                Some(last) => {
                    *last = self.d.val();
                    self._stages.rotate_right(1);
                    self.q.next = self._stages[self._stages.len() - 1] | joined;
                }
            }
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let also = if self.also.is_empty() { "" } else { " | also" };
        Verilog::Custom(match self._stages.len() {
            0 => return Inline::Register.encode(),
            1 => {
                let next = if also.is_empty() { "1'b0" } else { "also" };
                format!("reg held;\n\nalways @(posedge clk or posedge request)\n    if (request)\n        held <= 1'b1;\n    else\n        held <= {next};\n\nassign rst = held;\n")
            }
            stages => {
                let (chain, top) = (stages - 1, stages - 2);
                let shifted = if top == 0 { "1'b0".to_string() } else { format!("{{settling[{}:0], 1'b0}}", top - 1) };
                format!(
                    "(* async_reg = \"true\", keep, shreg_extract = \"no\" *)\nreg [{top}:0] settling;\nreg held;\n\n\
                     always @(posedge clk or posedge request)\n    if (request) begin\n        settling <= {{{chain}{{1'b1}}}};\n        held <= 1'b1;\n    \
                     end else begin\n        settling <= {shifted};\n        held <= settling[{top}]{also};\n    end\n\nassign rst = held;\n"
                )
            }
        })
    }
}
