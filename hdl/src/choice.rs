//! Parts that are chosen when a block is built. They share ports, which `ports!` declares once; `choice!` makes one type of several parts.
//!
//! A kernel sees the ports only, as fields of the choice: `self.reset.state.next = ...`, whichever part is there. `hdl/README.md` shows both.

/// Ports that several blocks have in common. A block holds them in its field `ports`, and [`choice!`](crate::choice) lets kernels
/// name them as the block's own; in the Verilog they are its own, too.
#[macro_export]
macro_rules! ports {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$about:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[$about])* pub $field: $type,)*
        }
        impl $crate::prelude::Logic for $name {
            fn update(&mut self) {}
        }
        impl $crate::prelude::Block for $name {
            fn connect_all(&mut self) {}
            fn update_all(&mut self) {
                $($crate::prelude::Block::update_all(&mut self.$field);)*
            }
            fn has_changed(&self) -> bool {
                false $(|| $crate::prelude::Block::has_changed(&self.$field))*
            }
            fn accept(&self, _: &str, probe: &mut dyn $crate::prelude::probe::Probe) {
                $($crate::prelude::Block::accept(&self.$field, stringify!($field), probe);)*
            }
        }
    };
}

/// One of several blocks with the same [`ports!`](crate::ports), as a block: an enum whose variants hold them.
#[macro_export]
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident: $ports:ident { $($(#[$about:meta])* $variant:ident($block:ty),)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub enum $name {
            $($(#[$about])* $variant($block),)*
        }
        $(
            impl std::ops::Deref for $block {
                type Target = $ports;
                fn deref(&self) -> &$ports {
                    &self.ports
                }
            }
            impl std::ops::DerefMut for $block {
                fn deref_mut(&mut self) -> &mut $ports {
                    &mut self.ports
                }
            }
        )*
        impl std::ops::Deref for $name {
            type Target = $ports;
            fn deref(&self) -> &$ports {
                match self { $($name::$variant(block) => &block.ports,)* }
            }
        }
        impl std::ops::DerefMut for $name {
            fn deref_mut(&mut self) -> &mut $ports {
                match self { $($name::$variant(block) => &mut block.ports,)* }
            }
        }
        impl $crate::prelude::Logic for $name {
            fn update(&mut self) {}
        }
        impl $crate::prelude::Block for $name {
            fn connect_all(&mut self) {
                match self { $($name::$variant(block) => block.connect_all(),)* }
            }
            fn update_all(&mut self) {
                match self { $($name::$variant(block) => block.update_all(),)* }
            }
            fn has_changed(&self) -> bool {
                match self { $($name::$variant(block) => block.has_changed(),)* }
            }
            fn accept(&self, name: &str, probe: &mut dyn $crate::prelude::probe::Probe) {
                match self { $($name::$variant(block) => block.accept(name, probe),)* }
            }
        }
    };
}
