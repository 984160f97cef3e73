//! Identifiers that Verilog, SystemVerilog readers and the C++ of Verilator take.

/// What is wrong with this name, if anything.
pub(super) fn problem(name: &str) -> Option<String> {
    let head = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !head || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some(format!("`{name}` is not a Verilog identifier"));
    }
    if name.len() > 200 {
        return Some(format!("`{name}` is longer than 200 characters"));
    }
    RESERVED
        .split_whitespace()
        .any(|word| word == name)
        .then(|| format!("`{name}` is a reserved word"))
}

const RESERVED: &str = "
    always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam
    design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable
    endtask event for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial inout
    input instance integer join large liblist library localparam macromodule medium module nand negedge nmos nor
    noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup
    pulsestyle_onevent pulsestyle_ondetect rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1
    scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0
    tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor
    accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle
    checker class clocking const constraint context continue cover covergroup coverpoint cross dist do endchecker
    endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum eventually expect
    export extends extern final first_match foreach forkjoin global iff ignore_bins illegal_bins implements implies
    import inside int interconnect interface intersect let local logic longint matches modport nettype new nexttime null
    package packed priority program property protected pure rand randc randcase randsequence ref reject_on restrict
    return s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal soft solve static string
    strong struct super sync_accept_on sync_reject_on tagged this throughout timeprecision timeunit type typedef union
    unique unique0 until until_with untyped var virtual void wait_order weak wildcard with within
    asm auto bool catch char delete double explicit false float friend goto inline long mutable namespace operator
    private public register short sizeof switch template throw true try typename using volatile unused";

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn names() {
        for name in ["address1", "lane_0", "_x", "Reg"] {
            assert_eq!(problem(name), None);
        }
        for name in ["", "1a", "a$b", "a-b", "reg", "wire", "int", "bit"] {
            assert!(problem(name).is_some(), "{name}");
        }
    }
}
