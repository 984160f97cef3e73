//! Several chips as one design: the files of all of them, and their probes as a board sees them that holds each as `chip_<i>`.
//!
//! There is no module for the board: a simulation makes one (clocks, wires between chips), and so does who solders them.

use std::ops::Range;

use crate::design::{ChipProbe, CoreProbe, Design, EdgeProbe, LinkProbe, ProbeSignal};
use crate::emit::emit as emit_chip;
use crate::plan::Plan;

/// Name of a chip's instance on the board.
pub fn instance(chip: usize) -> String {
    format!("chip_{chip}")
}

/// Files and probes of a plan with chips. [`Design::top`] is the plan's name, which no module has.
pub(crate) fn emit(plan: &Plan) -> Design {
    let mut board = Design {
        top: plan.name.clone(),
        files: vec![],
        inputs: plan.inputs.iter().map(|port| port.prefix.clone()).collect(),
        outputs: plan.outputs.iter().map(|port| port.prefix.clone()).collect(),
        cores: vec![],
        entries: vec![],
        edges: vec![],
        fabric: None,
        aer: vec![],
        guards: vec![],
        chips: vec![],
        inside: vec![],
    };
    let chain = plan.wiring.is_chain();
    for (number, chip) in plan.chips.iter().enumerate() {
        let mut design = emit_chip(&chip.plan);
        on_board(&mut design, number, &chip.layers);
        if !chain {
            let input = if number == 0 { "input".to_string() } else { format!("input of chip {number}") };
            let entry = design.entries.pop().unwrap_or_else(|| design.cores[0].input.clone());
            board.entries.push(LinkProbe { name: input, ..entry });
            let own = |core: &CoreProbe| EdgeProbe { sent: core.input.clone(), late: None };
            board.edges.extend(if chip.plan.is_chain() { design.cores.iter().map(own).collect() } else { design.edges });
        }
        let output = ["tvalid", "tready"].map(|what| ProbeSignal {
            instances: vec![instance(number), "streams".to_string()],
            module: format!("{}_streams", chip.plan.name),
            variable: format!("m_axis_{what}"),
            width: 1,
        });
        board.chips.push(ChipProbe { name: chip.plan.name.clone(), ticks: None, output });
        board.files.extend(design.files);
        board.cores.extend(design.cores);
        board.aer.extend(design.aer);
        board.guards.extend(design.guards);
    }
    board.files.sort_by(|a, b| a.path.cmp(&b.path));
    board
}

/// A chip's probes as the board has them, with the layers' numbers in the whole network.
fn on_board(design: &mut Design, number: usize, layers: &Range<usize>) {
    let chip = instance(number);
    for core in &mut design.cores {
        core.layer += layers.start;
    }
    for port in &mut design.aer {
        (port.name, port.chip) = (format!("{} of chip {number}", port.name), number);
    }
    for probe in design.probes_mut() {
        probe.instances.insert(0, chip.clone());
    }
}
