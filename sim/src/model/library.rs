//! A built model in this process.

use std::ffi::{c_char, c_int, c_void, CString};
use std::path::Path;
use std::sync::Arc;

use rtl::{Design, ProbeSignal};

use super::cache::InUse;
use super::signal::{Drive, InputStream, Memory, OutputStream, Ports, Signal};
use crate::error::SimError;

type New = unsafe extern "C" fn() -> *mut c_void;
type Eval = unsafe extern "C" fn(*mut c_void);
type Port = unsafe extern "C" fn(*mut c_void, *const c_char, *mut u32) -> *mut c_void;
type Find = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char, *mut u32, *mut u32) -> *const c_void;
type Trace = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;

/// A loaded model. Cheap to clone; instances may be made on any thread. Its code stays in the process to the end:
/// Verilator's runtime keeps thread-local data that must outlive every use.
#[derive(Clone)]
pub struct Library {
    functions: Functions,
    top: Arc<str>,
    /// Names of the streams, as the design has them.
    inputs: Arc<[String]>,
    outputs: Arc<[String]>,
    /// Where probes begin, as Verilator names it.
    scope: Arc<str>,
    /// Keeps the cache entry, as instances read memory files when they are made.
    _in_use: Arc<InUse>,
}

#[derive(Clone, Copy)]
struct Functions {
    new: New,
    eval: Eval,
    port: Port,
    find: Find,
    trace: Trace,
    delete: Eval,
}

impl Library {
    pub(super) fn load(path: &Path, design: &Design, in_use: InUse) -> Result<Library, SimError> {
        let wrong = |error: libloading::Error| SimError::Model(format!("{}: {error}", path.display()));
        // SAFETY: the library was built by us from generated C++; its initialisers are Verilator's.
        let library = unsafe { libloading::Library::new(path) }.map_err(wrong)?;
        // SAFETY: the types are those of the shim.
        let functions = unsafe {
            Functions {
                new: *library.get::<New>(b"sw_new").map_err(wrong)?,
                eval: *library.get::<Eval>(b"sw_eval").map_err(wrong)?,
                port: *library.get::<Port>(b"sw_port").map_err(wrong)?,
                find: *library.get::<Find>(b"sw_signal").map_err(wrong)?,
                trace: *library.get::<Trace>(b"sw_trace").map_err(wrong)?,
                delete: *library.get::<Eval>(b"sw_delete").map_err(wrong)?,
            }
        };
        std::mem::forget(library);
        Ok(Library {
            functions,
            top: design.top.as_str().into(),
            inputs: design.inputs.clone().into(),
            outputs: design.outputs.clone().into(),
            scope: [&["TOP".to_string(), design.top.clone()], design.inside.as_slice()].concat().join(".").into(),
            _in_use: Arc::new(in_use),
        })
    }

    /// A model of its own, powered up and not yet reset. It stays on the thread that made it.
    pub fn instance(&self) -> Result<Instance, SimError> {
        let mut instance = self.block();
        instance.ports = Some(instance.find_ports()?);
        Ok(instance)
    }

    /// The same for a design whose ports are not those of docs/link.md: see [`Instance::drive`] and [`Instance::read`].
    pub fn block(&self) -> Instance {
        // SAFETY: the shim's contract.
        let handle = unsafe { (self.functions.new)() };
        Instance {
            library: self.clone(),
            handle,
            ports: None,
        }
    }
}

/// One simulated chip. Not `Send`: Verilator ties a model to its thread's context.
pub struct Instance {
    library: Library,
    handle: *mut c_void,
    ports: Option<Ports>,
}

impl Instance {
    /// Ports of the top; not of a [`Library::block`]. Drive inputs, then [`Instance::eval`], then read outputs.
    pub fn ports(&self) -> &Ports {
        self.ports.as_ref().expect("set by Library::instance")
    }

    /// Settles all logic, and clocks registers if the clock rose since the last call.
    #[inline(always)]
    pub fn eval(&mut self) {
        // SAFETY: the handle is alive until drop.
        unsafe { (self.library.functions.eval)(self.handle) }
    }

    /// A probed signal; its size must be what the emitter said.
    pub fn signal(&self, probe: &ProbeSignal) -> Result<Signal, SimError> {
        let (pointer, bytes, _) = self.find(probe)?;
        // SAFETY: Verilator's own table says where and how long; it lives as long as the model.
        Ok(unsafe { Signal::new(pointer, bytes) })
    }

    /// A probed memory array.
    pub fn memory(&self, probe: &ProbeSignal) -> Result<Memory, SimError> {
        let (pointer, bytes, words) = self.find(probe)?;
        // SAFETY: as in `signal`.
        Ok(unsafe { Memory::new(pointer, bytes, words as usize) })
    }

    /// Lets a dump file of Verilator's runtime see all signals; only in a library built with tracing.
    ///
    /// # Safety
    /// `vcd` points to a `VerilatedVcdC` of the same Verilator version. It must be closed before the instance goes.
    pub unsafe fn trace(&mut self, vcd: *mut c_void) -> Result<(), SimError> {
        match (self.library.functions.trace)(self.handle, vcd) {
            0 => Ok(()),
            _ => Err(SimError::Model("the model was built without tracing".into())),
        }
    }

    fn find(&self, probe: &ProbeSignal) -> Result<(*const u8, u32, u32), SimError> {
        let mut scope = self.library.scope.to_string();
        for instance in &probe.instances {
            scope.push('.');
            scope.push_str(instance);
        }
        let (scope_text, name) = (c_string(&scope), c_string(&probe.variable));
        let (mut bytes, mut words) = (0, 0);
        // SAFETY: the shim's contract.
        let pointer = unsafe {
            (self.library.functions.find)(self.handle, scope_text.as_ptr(), name.as_ptr(), &mut bytes, &mut words)
        };
        let expected = match probe.width {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            33..=64 => 8,
            wide => 4 * wide.div_ceil(32),
        };
        if pointer.is_null() || bytes != expected {
            let found = if pointer.is_null() {
                "missing".to_string()
            } else {
                format!("{} bits", 8 * bytes)
            };
            let (name, width) = (&probe.variable, probe.width);
            return Err(SimError::Model(format!(
                "signal {scope}.{name} of {width} bits: {found}"
            )));
        }
        Ok((pointer.cast(), bytes, words))
    }

    /// An input of the top, of at most 64 bits.
    pub fn drive(&self, name: &str) -> Result<Drive, SimError> {
        let (pointer, bytes) = self.port(name)?;
        // SAFETY: the address is a member of the model, which lives as long as the instance.
        Ok(unsafe { Drive::new(pointer, bytes) })
    }

    /// An output of the top, of at most 64 bits.
    pub fn read(&self, name: &str) -> Result<Signal, SimError> {
        let (pointer, bytes) = self.port(name)?;
        // SAFETY: as in `drive`.
        Ok(unsafe { Signal::new(pointer, bytes) })
    }

    fn port(&self, name: &str) -> Result<(*mut u8, u32), SimError> {
        let mut bytes = 0;
        let text = c_string(name);
        // SAFETY: the shim's contract.
        let pointer = unsafe { (self.library.functions.port)(self.handle, text.as_ptr(), &mut bytes) };
        if pointer.is_null() || ![1, 2, 4, 8].contains(&bytes) {
            return Err(SimError::Model(format!("module {} has no port {name}", self.library.top)));
        }
        Ok((pointer.cast::<u8>(), bytes))
    }

    fn find_ports(&self) -> Result<Ports, SimError> {
        let input = |name: &String| -> Result<InputStream, SimError> {
            Ok(InputStream {
                tdata: self.drive(&format!("{name}_tdata"))?,
                tvalid: self.drive(&format!("{name}_tvalid"))?,
                tready: self.read(&format!("{name}_tready"))?,
                tlast: self.drive(&format!("{name}_tlast"))?,
            })
        };
        let output = |name: &String| -> Result<OutputStream, SimError> {
            Ok(OutputStream {
                tdata: self.read(&format!("{name}_tdata"))?,
                tvalid: self.read(&format!("{name}_tvalid"))?,
                tready: self.drive(&format!("{name}_tready"))?,
                tlast: self.read(&format!("{name}_tlast"))?,
            })
        };
        Ok(Ports {
            aclk: self.drive("aclk")?,
            aresetn: self.drive("aresetn")?,
            inputs: self.library.inputs.iter().map(input).collect::<Result<_, _>>()?,
            outputs: self.library.outputs.iter().map(output).collect::<Result<_, _>>()?,
        })
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: made by `sw_new`, deleted once, on the thread that made it (the type is not `Send`).
        unsafe { (self.library.functions.delete)(self.handle) }
    }
}

/// Names come from Verilog identifiers and paths; what follows a zero byte could name nothing.
fn c_string(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}
