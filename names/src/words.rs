//! Words that no module, port or instance may be called, by the language or tool that takes them.

/// Words, separated by white space, and what they are.
pub(super) struct Words {
    /// For messages: `"final" is <what>`.
    pub what: &'static str,
    pub words: &'static str,
    /// The emitter's own signals may not have these names either. VHDL meets ports and top modules only.
    pub everywhere: bool,
}

/// The first list with a word says what it is.
pub(super) const RESERVED: &[Words] = &[
    Words {
        what: "a keyword of Verilog",
        everywhere: true,
        words: "
            always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default
            defparam design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive
            endspecify endtable endtask event for force forever fork function generate genvar highz0 highz1 if ifnone
            incdir include initial inout input instance integer join large liblist library localparam macromodule
            medium module nand negedge nmos nor noshowcancelled not notif0 notif1 or output parameter pmos posedge
            primitive pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg
            release repeat rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam
            strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 triand trior trireg
            unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor",
    },
    Words {
        what: "a keyword of SystemVerilog",
        everywhere: true,
        words: "
            accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte
            chandle checker class clocking const constraint context continue cover covergroup coverpoint cross dist do
            endchecker endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum
            eventually expect export extends extern final first_match foreach forkjoin global iff ignore_bins
            illegal_bins implements implies import inside int interconnect interface intersect join_any join_none let
            local logic longint matches modport nettype new nexttime null package packed priority program property
            protected pure rand randc randcase randsequence ref reject_on restrict return s_always s_eventually
            s_nexttime s_until s_until_with sequence shortint shortreal soft solve static std string strong struct
            super sync_accept_on sync_reject_on tagged this throughout timeprecision timeunit type typedef union
            unique unique0 until until_with untyped var virtual void wait_order weak wildcard with within",
    },
    Words {
        what: "a keyword of Verilog-AMS",
        everywhere: true,
        words: "wreal",
    },
    Words {
        what: "a keyword of C++, which Verilator writes",
        everywhere: true,
        words: "
            alignas alignof and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool catch char
            char8_t char16_t char32_t co_await co_return co_yield compl concept const_cast consteval constexpr
            constinit decltype delete double dynamic_cast explicit false float friend goto inline long main mutable
            namespace noexcept not_eq nullptr operator or_eq override private public reflexpr register
            reinterpret_cast requires short sizeof static_assert static_cast switch synchronized template thread_local
            throw transaction_safe transaction_safe_dynamic true try typeid typename typeof using volatile wchar_t
            xor_eq",
    },
    Words {
        what: "a common word of C++, which Verilator warns of",
        everywhere: false,
        words: "
            EOF NULL abort bit_vector cdecl complex const_iterator const_reference deque far huge interrupt iterator
            list map near pascal queue reference sc_clock sc_in sc_inout sc_out sc_signal sensitive sensitive_neg
            sensitive_pos set stack type_info uint8_t uint16_t uint32_t uint64_t unused vector",
    },
    Words {
        what: "a keyword of VHDL",
        everywhere: false,
        words: "
            abs access after all architecture array assume_guarantee attribute block body buffer bus component
            configuration constant disconnect downto elsif entity exit fairness file generic group guarded impure
            in inertial is label linkage literal loop mod next of on open others out port postponed procedure process
            range record rem report restrict_guarantee rol ror select severity shared signal sla sll sra srl subtype
            then to transport unaffected units variable view vmode vpkg vprop vunit when",
    },
    Words {
        what: "a cell of an FPGA",
        everywhere: true,
        words: "
            ALU54B AND2B1L BUFG BUFGCTRL BUFHCE CARRY4 CARRY8 CCU2C CFGLUT5 CLKDIVF DCCA DCSC DCUA DDRDLLA DELAYF DELAYG
            DLLDELD DP16KD DPR16X4C DQSBUFM DSP48 DSP48A DSP48A1 DSP48E1 DTR ECLKBRIDGECS ECLKSYNCB EHXPLLL EXTREFB FDCE
            FDCE_1 FDCPE FDCPE_1 FDPE FDPE_1 FDRE FDRE_1 FDRSE FDRSE_1 FDSE FDSE_1 GND GSR IBUF IBUFG ICESTORM_LC
            ICESTORM_RAM IDDR71B IDDRX1F IDDRX2DQA IDDRX2F INV IOBUF JTAGG L6MUX21 LDCE LDCPE LDPE LUT1 LUT2 LUT3 LUT4
            LUT5 LUT6 LUT6_2 MULT18X18 MULT18X18D MULT18X18S MULT18X18SIO MULT_AND MUXCY MUXF5 MUXF6 MUXF7 MUXF8 MUXF9
            OBUF OBUFT ODDR71B ODDRX1F ODDRX2DQA ODDRX2DQSB ODDRX2F OR2L ORCY OSCG OSHX2A PCSCLKDIV PDPW16KD PFUMX PUR
            RAM128X1D RAM128X1S RAM128X1S_1 RAM16X1D RAM16X1D_1 RAM16X1S RAM16X1S_1 RAM16X2S RAM16X4S RAM16X8S RAM256X1D
            RAM256X1S RAM32M RAM32M16 RAM32X16DR8 RAM32X1D RAM32X1D_1 RAM32X1S RAM32X1S_1 RAM32X2S RAM32X4S RAM32X8S
            RAM512X1S RAM64M RAM64M8 RAM64X1D RAM64X1D_1 RAM64X1S RAM64X1S_1 RAM64X2S RAM64X8SW RAMB18E1 RAMB36E1
            ROM128X1 ROM16X1 ROM256X1 ROM32X1 ROM64X1 SB_CARRY SB_DFF SB_DFFE SB_DFFER SB_DFFES SB_DFFESR SB_DFFESS
            SB_DFFN SB_DFFNE SB_DFFNER SB_DFFNES SB_DFFNESR SB_DFFNESS SB_DFFNR SB_DFFNS SB_DFFNSR SB_DFFNSS SB_DFFR
            SB_DFFS SB_DFFSR SB_DFFSS SB_FILTER_50NS SB_GB SB_GB_IO SB_HFOSC SB_I2C SB_IO SB_IO_I3C SB_IO_OD SB_LEDDA_IP
            SB_LED_DRV_CUR SB_LFOSC SB_LUT4 SB_MAC16 SB_PLL40_2F_CORE SB_PLL40_2F_PAD SB_PLL40_2_PAD SB_PLL40_CORE
            SB_PLL40_PAD SB_RAM40_4K SB_RAM40_4KNR SB_RAM40_4KNRNW SB_RAM40_4KNW SB_RGBA_DRV SB_RGB_DRV SB_SPI
            SB_SPRAM256KA SB_WARMBOOT SGSR SRL16 SRL16E SRLC16 SRLC16E SRLC32E TRELLIS_DPR16X4 TRELLIS_FF TRELLIS_IO
            TRELLIS_RAM16X2 TRELLIS_SLICE TSHX2DQA TSHX2DQSA USRMCLK VCC XORCY",
    },
    Words {
        what: "a name in the emitted folder itself",
        everywhere: false,
        words: "aclk aresetn dut mem work",
    },
];
