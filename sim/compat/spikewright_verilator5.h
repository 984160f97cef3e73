// Forced in front of the C++ files of the crate `verilated` 0.1.2 (2021), which was written for Verilator 4.
// Verilator 5 has renamed a callback type and four static functions; this gives them their old names back.
// Used with the cargo feature `verilated` only (see .cargo/config.toml); the crate itself is not changed.
#ifndef SPIKEWRIGHT_VERILATOR5_H
#define SPIKEWRIGHT_VERILATOR5_H
#if defined(__cplusplus) && defined(__has_include)
#if __has_include("verilated.h")
#include "verilated.h"
#include "verilated_vcd_c.h"
typedef void (*VerilatedVoidCb)(void*);
#define flushCb(cb) addFlushCb(cb, nullptr)
#define flushCall() runFlushCallbacks()
#define rolloverMB(mb) rolloverSize(mb)
// The crate does not compile verilated_threads.cpp, which the runtime refers to. Never called: the host runs no model.
#if VERILATOR_VERSION_INTEGER < 5012000
#include "verilated_threads.h"
inline VlThreadPool::VlThreadPool(VerilatedContext*, unsigned) {}
inline VlThreadPool::~VlThreadPool() {}
#endif
#endif
#endif
#endif
