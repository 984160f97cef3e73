//! Classic AER at a chip's edge: four-phase handshake with bundled data, no common clock.
//!
//! The sender puts the data out, raises `req`; the receiver takes them, raises `ack`; `req` falls, `ack` falls. Data hold from
//! before `req` rises until `ack` rises. `req` and `ack` come from flip-flops at both ends.

use super::queue::Queue;
use super::synchroniser::{Stages, Synchroniser};
use crate::prelude::*;

/// Takes words from an event camera or another chip and offers them on a valid/ready link.
///
/// A word goes into the queue when `req` has passed the synchroniser; data need none, as they hold until `ack`. While the
/// queue is full `ack` stays low: the other chip waits, nothing is lost. At best one word in the time of two passes through
/// the synchronisers of both ends, some six cycles.
#[derive(Clone, Debug, LogicBlock)]
pub struct AerReceiver {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub aer_req: Signal<In, Bit>,
    pub aer_ack: Signal<Out, Bit>,
    pub aer_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    request: Synchroniser,
    acknowledge: Flag,
    queue: Vec<Queue>,
    asked: Signal<Local, Bit>,
    _queues: usize,
    _direct: usize,
}

impl AerReceiver {
    /// Words of `width` bits, `depth` of them in the queue (a power of two).
    pub fn new(depth: usize, width: u32) -> Self {
        let doc = Doc::new(format!("aer_receiver_{depth}x{width}"), "Four-phase bundled-data AER in, valid/ready out.")
            .line("A word is taken when req has passed the synchroniser; ack stays low while the queue is full.")
            .latency("three to four cycles from req to out_valid; a word at most every four cycles and the other chip's answer")
            .fact("Memory", format!("{} in distributed RAM", several(depth, "word")));
        AerReceiver::with(doc, Some(depth), width, Stages::default())
    }

    /// Without a queue: `ack` answers when the link takes the word, so that what was answered is behind nothing.
    pub fn direct(width: u32, stages: Stages) -> Self {
        let (soon, late, every) = (stages.and(0), stages.and(1), 2 * stages.0);
        let doc = Doc::new(format!("aer_receiver_{width}"), "Four-phase bundled-data AER in, valid/ready out, without a queue.")
            .line("A word is offered when req has passed the synchroniser; ack stays low until the link has taken it.")
            .latency(format!("{soon} to {late} cycles from req to out_valid; a word at most every {} cycles and the other chip's answer", Stages(every).and(0)));
        AerReceiver::with(doc, None, width, stages)
    }

    fn with(doc: Doc, depth: Option<usize>, width: u32, stages: Stages) -> Self {
        AerReceiver {
            doc: doc
                .rust("hdl::blocks::AerReceiver")
                .port("aer_req", "asynchronous; from a flip-flop of the other chip")
                .port("aer_ack", "from a register")
                .port("aer_data", "asynchronous; holds from before req rises until ack rises")
                .port("out_data", "held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            aer_req: Default::default(),
            aer_ack: Default::default(),
            aer_data: Sig::new(u(width)),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(width)),
            request: Synchroniser::new(stages),
            acknowledge: Flag::new(),
            queue: depth.iter().map(|depth| Queue::new(*depth, width)).collect(),
            asked: Default::default(),
            _queues: depth.iter().count(),
            _direct: usize::from(depth.is_none()),
        }
    }
}

impl Logic for AerReceiver {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, request, acknowledge);
        self.acknowledge.reset.next = self.reset.val();
        self.request.input.next = self.aer_req.val();
        self.asked.next = self.request.output.val();
        self.aer_ack.next = self.acknowledge.q.val();
        for i in 0..self._queues {
            self.queue[i].clock.next = self.clock.val();
            self.queue[i].reset.next = self.reset.val();
            comment!("req is answered once: when its word goes into the queue");
            self.queue[i].in_valid.next = self.asked.val() & !self.acknowledge.q.val();
            self.queue[i].in_data.next = self.aer_data.val();
            self.acknowledge.d.next = self.asked.val() & (self.acknowledge.q.val() | self.queue[i].in_ready.val());
            comment!("The link");
            self.out_valid.next = self.queue[i].out_valid.val();
            self.out_data.next = self.queue[i].out_data.val();
            self.queue[i].out_ready.next = self.out_ready.val();
        }
        for _i in 0..self._direct {
            comment!("req is answered once: when the link takes its word");
            self.out_valid.next = self.asked.val() & !self.acknowledge.q.val();
            self.out_data.next = self.aer_data.val();
            self.acknowledge.d.next = self.asked.val() & (self.acknowledge.q.val() | self.out_ready.val());
        }
    }
}

/// Sends the words of a valid/ready link to another chip.
///
/// Words wait in the queue, so that a slow receiver stalls nobody until that is full. Data are out one cycle before `req`.
#[derive(Clone, Debug, LogicBlock)]
pub struct AerSender {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub aer_req: Signal<Out, Bit>,
    pub aer_ack: Signal<In, Bit>,
    pub aer_data: Sig<Out>,
    queue: Queue,
    answer: Synchroniser,
    answered: Signal<Local, Bit>,
    request: Flag,
    loaded: Flag,
    word: Register,
    load: Signal<Local, Bit>,
}

impl AerSender {
    /// Words of `width` bits, `depth` of them in the queue (a power of two).
    pub fn new(depth: usize, width: u32, stages: Stages) -> Self {
        let every = 2 * (stages.0 + 1);
        let every = if every > 8 { every.to_string() } else { Stages(every).and(0).to_string() };
        AerSender {
            doc: Doc::new(format!("aer_sender_{depth}x{width}"), "Valid/ready in, four-phase bundled-data AER out.")
                .line("A word is out one cycle before req rises and holds until ack has passed the synchroniser.")
                .rust("hdl::blocks::AerSender")
                .latency(format!("three cycles from in_valid to req; a word at most every {every} cycles and the other chip's answer"))
                .fact("Memory", format!("{} in distributed RAM", several(depth, "word")))
                .port("in_ready", "from a register: the queue has a free place")
                .port("aer_req", "from a register")
                .port("aer_ack", "asynchronous; from a flip-flop of the other chip")
                .port("aer_data", "from registers; holds from a cycle before req rises until ack has risen"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            aer_req: Default::default(),
            aer_ack: Default::default(),
            aer_data: Sig::new(u(width)),
            queue: Queue::new(depth, width),
            answer: Synchroniser::new(stages),
            answered: Default::default(),
            request: Flag::new(),
            loaded: Flag::new(),
            word: Register::new(u(width)),
            load: Default::default(),
        }
    }
}

impl Logic for AerSender {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, queue, answer, request, loaded, word);
        self.queue.reset.next = self.reset.val();
        self.request.reset.next = self.reset.val();
        self.loaded.reset.next = self.reset.val();
        comment!("The link");
        self.queue.in_valid.next = self.in_valid.val();
        self.queue.in_data.next = self.in_data.val();
        self.in_ready.next = self.queue.in_ready.val();
        comment!("A word is held until its answer is there; the next one may be loaded while that answer still stands");
        self.answer.input.next = self.aer_ack.val();
        self.answered.next = self.answer.output.val();
        self.load.next = !self.loaded.q.val();
        self.queue.out_ready.next = self.load.val();
        self.word.d.next = self.word.q.val();
        if self.load.val() {
            self.word.d.next = self.queue.out_data.val();
        }
        self.loaded.d.next = self.loaded.q.val() & !(self.request.q.val() & self.answered.val());
        if self.load.val() {
            self.loaded.d.next = self.queue.out_valid.val();
        }
        comment!("req rises behind the data, when the answer to the word before has gone, and falls when the answer is there");
        self.request.d.next = self.loaded.q.val() & !self.answered.val();
        self.aer_req.next = self.request.q.val();
        self.aer_data.next = self.word.q.val();
    }
}
