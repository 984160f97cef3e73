//! A monitor that never saw anything has found no fault, whatever there was.

use super::Run;
use crate::lockstep::finding::Finding;
use crate::lockstep::link::LinkMonitor;

impl Run<'_> {
    /// Behind the last sample: each watched link and port has handed over a word (every step has a TICK at least), each core has
    /// written states, and each counter of the bus was read.
    pub(super) fn check_seen(&mut self, samples: usize) {
        if samples == 0 {
            return;
        }
        let mut seen: Vec<(String, u64)> = Vec::new();
        let cores = self.cores.iter().flat_map(|core| [&core.input, &core.output]);
        let links = self.sources.iter().chain(cores).chain(self.drains.iter().map(|drain| &drain.link)).chain(self.edges.links());
        seen.extend(links.map(|link: &LinkMonitor| (format!("words of {}", link.stalls.name), link.stalls.words)));
        seen.extend(self.chips.ports().map(|port| (format!("words of {}", port.name), port.words)));
        let written = self.cores.iter().zip(&self.setup.design.cores);
        seen.extend(written.map(|(core, probe)| {
            let layer = &self.setup.net.layers[probe.layer].name;
            (format!("membrane writes of layer {layer:?}"), core.scoreboard.writes_compared)
        }));
        seen.extend(self.registers.iter().map(|registers| ("counters on the configuration bus".to_string(), registers.compared())));
        seen.extend(self.routed.iter().map(|routed| ("packets of the routers".to_string(), routed.words())));
        for (what, _) in seen.into_iter().filter(|(_, count)| *count == 0) {
            self.findings.add(Finding {
                check: "nothing seen",
                layer: None,
                neuron: None,
                sample: None,
                step: None,
                golden: format!("{what} in {samples} samples"),
                rtl: "none".into(),
            });
        }
    }
}
