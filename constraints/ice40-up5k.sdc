# ice40-up5k: the clock of the emitted top module, 24 MHz (period in ns).
create_clock -name aclk -period 41.667 [get_ports aclk]
