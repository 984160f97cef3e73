# xc7-100t: the clock of the emitted top module, 100 MHz (period in ns).
create_clock -name aclk -period 10.000 [get_ports aclk]
