//! What kind of logic each assigned signal is: a wire, a register's right-hand side, or part of an `always @(*)`.
//!
//! A kernel runs from top to bottom, as one big `always` block would. Here it is taken apart: a signal assigned once and
//! unconditionally becomes a wire. A signal whose value is read before its last assignment has an intermediate value;
//! it shares a block with everything that reads that.

use super::super::inline::Inline;
use super::ir::*;
use super::lower::shown;

/// How a signal is driven.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// Not by this kernel, or not at all.
    Elsewhere,
    /// Once, always: a wire.
    Wire(Expr),
    /// `d` of a register, assigned under conditions that can stand in the clocked block.
    Clocked,
    /// In the `always @(*)` of this number.
    Block(usize),
}

pub(super) struct Analysis {
    pub form: Vec<Form>,
    /// Number of the last statement that assigns the symbol, and its section.
    pub last: Vec<Option<(usize, usize)>>,
    /// Is the symbol read by the kernel?
    pub read: Vec<bool>,
}

/// Everything wrong goes to `errors`; the answer is usable only if there was nothing.
pub(super) fn analyse(module: &Module, errors: &mut Vec<String>) -> Analysis {
    let n = module.symbols.len();
    let mut scan = Scan {
        module,
        kernel: 0,
        position: 0,
        depth: 0,
        events: vec![],
        assigned: vec![false; n],
        errors: vec![],
    };
    for top in &module.stmts {
        scan.kernel = top.kernel;
        scan.statement(&top.stmt, top.section, &mut vec![]);
    }
    errors.append(&mut scan.errors);
    let (events, assigned) = (scan.events, scan.assigned);

    let mut last = vec![None; n];
    let mut count = vec![0; n];
    let mut read = vec![false; n];
    for event in &events {
        last[event.target] = Some((event.position, event.section));
        count[event.target] += 1;
        event.reads.iter().for_each(|(id, _)| read[*id] = true);
    }
    for (id, symbol) in module.symbols.iter().enumerate() {
        if !symbol.driven_here() {
            continue;
        }
        if last[id].is_none() {
            errors.push(format!("`{}` is not driven", shown(&symbol.path)));
        } else if !assigned[id] {
            errors.push(format!(
                "`{}` is not assigned on every path: a latch",
                shown(&symbol.path)
            ));
        }
    }

    let mut groups = Groups::new(n);
    let mut forced = vec![false; n];
    for event in &events {
        for (id, at) in &event.reads {
            let own = module.symbols[*id].driven_here() && module.symbols[*id].kernel == event.kernel;
            if own && last[*id].is_some_and(|(position, _)| position >= *at) {
                if let Role::ChildIn(_) | Role::PartIn = module.symbols[*id].role {
                    let path = shown(&module.symbols[*id].path);
                    errors.push(format!("`{path}`, an input of a child, is read before its last assignment, where the simulation sees another value: use a Sig<Local>"));
                }
                forced[event.target] = true;
                forced[*id] = true;
                groups.join(event.target, *id);
            }
        }
    }
    let mut sources = sources_through_children(module);
    for event in &events {
        let settled = event
            .reads
            .iter()
            .filter(|(id, at)| {
                module.symbols[*id].kernel != event.kernel || last[*id].is_none_or(|(position, _)| position < *at)
            });
        sources[event.target].extend(settled.map(|(id, _)| *id));
    }
    if let Some(id) = find_loop(&sources) {
        errors.push(format!(
            "`{}` depends on itself: a combinational loop",
            shown(&module.symbols[id].path)
        ));
    }
    let mut form = vec![Form::Elsewhere; n];
    for event in &events {
        let id = event.target;
        form[id] = match &event.value {
            Some(value) if count[id] == 1 && !forced[id] => Form::Wire(value.clone()),
            _ if is_register_input(module, id) && !forced[id] && !read[id] => Form::Clocked,
            _ => Form::Block(0),
        };
    }
    for top in &module.stmts {
        if let Stmt::If { .. } = top.stmt {
            let mut first = None;
            top.stmt.targets(&mut |id| {
                if matches!(form[id], Form::Block(_)) {
                    groups.join(id, *first.get_or_insert(id));
                }
            });
        }
    }
    for (id, form) in form.iter_mut().enumerate() {
        if let Form::Block(group) = form {
            *group = groups.root(id);
            let choice = if forced[id] { None } else { choice(module, id) };
            if let Some(value) = choice {
                *form = Form::Wire(value);
            }
        }
    }
    Analysis { form, last, read }
}

/// Is it the `d` of a register?
pub(super) fn is_register_input(module: &Module, id: SymId) -> bool {
    let Role::ChildIn(child) = module.symbols[id].role else {
        return false;
    };
    let child = &module.children[child];
    matches!(
        child.kind,
        ChildKind::Inline(Inline::Register | Inline::ResetRegister(_))
    ) && child.inputs.iter().any(|(port, input)| port == "d" && *input == id)
}

/// What each output of an inline block without registers is made of.
fn sources_through_children(module: &Module) -> Vec<Vec<SymId>> {
    let mut sources = vec![vec![]; module.symbols.len()];
    for child in &module.children {
        let through = match &child.kind {
            ChildKind::Inline(Inline::Register | Inline::ResetRegister(_) | Inline::Delay(1..)) => false,
            ChildKind::Inline(_) => true,
            ChildKind::Module(_) => false,
        };
        for (_, output) in child.outputs.iter().filter(|_| through) {
            sources[*output] = child
                .inputs
                .iter()
                .filter(|(port, _)| port != "clock")
                .map(|(_, input)| *input)
                .collect();
        }
    }
    sources
}

/// A symbol on a cycle, the first by number.
fn find_loop(sources: &[Vec<SymId>]) -> Option<SymId> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; sources.len()];
    for root in 0..sources.len() {
        let mut path = vec![(root, 0)];
        while let Some((id, next)) = path.pop() {
            if next == 0 {
                match state[id] {
                    State::Done => continue,
                    State::Open => return path.iter().map(|(id, _)| *id).skip_while(|on| *on != id).min(),
                    State::New => state[id] = State::Open,
                }
            }
            match sources[id].get(next) {
                Some(source) => path.extend([(id, next + 1), (*source, 0)]),
                None => state[id] = State::Done,
            }
        }
    }
    None
}

/// `test ? x : y`, if that is all there is to a signal: a default and one `if`, or an `if` with `else`, that assigns
/// nothing else.
fn choice(module: &Module, id: SymId) -> Option<Expr> {
    let mut mine = vec![];
    for top in &module.stmts {
        let (mut own, mut other) = (false, false);
        top.stmt
            .targets(&mut |target| if target == id { own = true } else { other = true });
        match (own, other) {
            (true, true) => return None,
            (true, false) => mine.push(&top.stmt),
            _ => {}
        }
    }
    match mine.as_slice() {
        [Stmt::Assign { value, .. }, choice @ Stmt::If { .. }] => branch(choice, Some(value), 2),
        [choice @ Stmt::If { .. }] => branch(choice, None, 2),
        _ => None,
    }
}

/// At most `depth` conditions in a row.
fn branch(stmt: &Stmt, default: Option<&Expr>, depth: usize) -> Option<Expr> {
    match stmt {
        Stmt::Assign { value, .. } => Some(value.clone()),
        Stmt::If { .. } if depth == 0 => None,
        Stmt::If { test, then, otherwise } => {
            let [Stmt::Assign { value: then, .. }] = then.as_slice() else {
                return None;
            };
            let otherwise = match otherwise.as_slice() {
                [] => default.cloned()?,
                [stmt] => branch(stmt, default, depth - 1)?,
                _ => return None,
            };
            Some(Expr::Mux(
                Box::new(test.clone()),
                Box::new(then.clone()),
                Box::new(otherwise),
            ))
        }
    }
}

/// One assignment.
struct Event {
    kernel: usize,
    target: SymId,
    position: usize,
    section: usize,
    /// The value, of an assignment without conditions.
    value: Option<Expr>,
    /// Symbols read, by the value or by the conditions around it, and where.
    reads: Vec<(SymId, usize)>,
}

struct Scan<'a> {
    module: &'a Module,
    /// Whose statements are read.
    kernel: usize,
    position: usize,
    /// Conditions around this point.
    depth: usize,
    events: Vec<Event>,
    /// Symbols that have a value at this point on every path.
    assigned: Vec<bool>,
    errors: Vec<String>,
}

impl Scan<'_> {
    fn statement(&mut self, stmt: &Stmt, section: usize, conditions: &mut Vec<(SymId, usize)>) {
        self.position += 1;
        let position = self.position;
        match stmt {
            Stmt::Assign { target, value } => {
                let mut reads = self.reads(value, position);
                let unconditional = self.depth == 0;
                reads.extend_from_slice(conditions);
                let value = unconditional.then(|| value.clone());
                self.events.push(Event {
                    kernel: self.kernel,
                    target: *target,
                    position,
                    section,
                    value,
                    reads,
                });
                self.assigned[*target] = true;
            }
            Stmt::If { test, then, otherwise } => {
                let reads = self.reads(test, position);
                let outer = conditions.len();
                conditions.extend(reads);
                self.depth += 1;
                let before = self.assigned.clone();
                then.iter().for_each(|stmt| self.statement(stmt, section, conditions));
                let after_then = std::mem::replace(&mut self.assigned, before);
                otherwise
                    .iter()
                    .for_each(|stmt| self.statement(stmt, section, conditions));
                for (now, then) in self.assigned.iter_mut().zip(after_then) {
                    *now &= then;
                }
                self.depth -= 1;
                conditions.truncate(outer);
            }
        }
    }

    fn reads(&mut self, expr: &Expr, position: usize) -> Vec<(SymId, usize)> {
        let mut reads = vec![];
        expr.reads(&mut |id| reads.push((id, position)));
        for (id, _) in &reads {
            let symbol = &self.module.symbols[*id];
            if symbol.driven_here() && symbol.kernel == self.kernel && !self.assigned[*id] {
                let message = format!("`{}` is read before it is assigned", shown(&symbol.path));
                if !self.errors.contains(&message) {
                    self.errors.push(message);
                }
            }
        }
        reads
    }
}

/// Union-find.
struct Groups(Vec<usize>);

impl Groups {
    fn new(n: usize) -> Self {
        Groups((0..n).collect())
    }

    fn root(&self, mut id: usize) -> usize {
        while self.0[id] != id {
            id = self.0[id];
        }
        id
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
