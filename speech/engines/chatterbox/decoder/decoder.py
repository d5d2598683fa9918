"""The decoder: requests join and leave between any two steps, and each step gives every one of them a token."""

from __future__ import annotations

from exceptions import GenerationError
from speech.engines.chatterbox.decoder.alignment import AlignmentGuard
from speech.engines.chatterbox.decoder.gpt2 import GPT2Network
from speech.engines.chatterbox.decoder.linear import Arithmetic, LinearFactory
from speech.engines.chatterbox.decoder.llama import LlamaNetwork
from speech.engines.chatterbox.decoder.network import Network
from speech.engines.chatterbox.decoder.prefixes import PrefixCache
from speech.engines.chatterbox.decoder.request import DecodeRequest, Reason, Sequence
from speech.engines.chatterbox.decoder.sampling import Sampler
from speech.engines.chatterbox.decoder.slots import KVSlots, PrefillSpan, Prefix
from speech.engines.chatterbox.decoder.steps import StepRunner
from speech.engines.chatterbox.tensors import Tensor

# Two seconds of one and the same token (25 a second) is a loop that the model does not leave.
REPEAT_LIMIT = 50


class Decoder:
    """Continuous batching over static slots; used from one thread.

    In float32 the tokens of a request are those that upstream draws for it with the same seed
    (``T3.inference`` and ``T3.inference_turbo`` of chatterbox 0.1.7), whatever runs beside it, except that the
    guard against loops ends a request after ``repeat_limit`` equal tokens in a row, where upstream goes on.
    int8 and bfloat16 promise neither; see `LinearFactory`.

    Args:
        t3: upstream's T3 in evaluation mode, on its device. The decoder takes its weights over: with other
            arithmetic than float32 the module itself is of no use afterwards.
        rows: slot rows; a request needs one, or two with guidance.
        positions: positions of each row: conditioning (34 with a prompt, Turbo and Nano one more than the prompt's
            tokens), text, one or two for the start of speech, and ``max_tokens``. On the CPU only those that
            were ever used take memory.
        arithmetic: of the network; bfloat16 is meant for CUDA, int8 for the CPU.
        graphs: round the batch up to buckets and, on CUDA, replay captured graphs.
        prefix_cache_bytes: for keys and values of conditioning; 0 keeps none. Tokens do not depend on it.
        repeat_limit: equal tokens in a row that end a request, 2 or more.

    Attributes:
        running: requests that have not ended, in the order in which they joined.

    Raises:
        ModelLoadError: this arithmetic does not exist on the device.
    """

    def __init__(
        self,
        t3: Tensor,
        *,
        rows: int,
        positions: int,
        arithmetic: Arithmetic,
        graphs: bool,
        prefix_cache_bytes: int,
        repeat_limit: int = REPEAT_LIMIT,
    ) -> None:
        import torch

        self._torch = torch
        linear = LinearFactory(arithmetic, t3.device)
        self._network: Network = (GPT2Network if t3.is_gpt else LlamaNetwork)(t3, linear, positions)
        network = self._network
        layers, heads, size = network.shape
        positions = min(positions, network.position_limit)
        self._slots = KVSlots((layers, rows, heads, positions, size), network.dtype, network.device)
        self._run = StepRunner(network, self._slots, graphs)
        self._sampler = Sampler(network.order, network.vocabulary, network.start_token, network.device)
        self._guard = AlignmentGuard(network.stop_token, network.device) if network.watched else None
        self._prefixes = PrefixCache(prefix_cache_bytes)
        self._repeat_limit = repeat_limit
        self._free = list(range(rows))
        self._logits = torch.zeros(0, network.vocabulary, device=network.device)
        self.running: list[Sequence] = []

    @property
    def free_rows(self) -> int:
        """Rows that no running request holds."""
        return len(self._free)

    @property
    def nbytes(self) -> int:
        """Bytes of the slots and of the kept prefixes, on the model's device; the weights are not counted."""
        return self._slots.nbytes + self._prefixes.nbytes

    def fits(self, request: DecodeRequest) -> bool:
        """Whether the rows that the request needs are free now; `join` checks its length."""
        return self._rows_for(request) <= len(self._free)

    def join(self, request: DecodeRequest) -> Sequence:
        """Take a request in: its prompt is computed now, its first token comes with the next step.

        Raises:
            GenerationError: too long for the positions of a row or of the model, or not enough rows are free.
        """
        if not self.fits(request):
            raise GenerationError("The decoder has no free rows for this request.")
        self._check_lengths(request)
        with self._torch.inference_mode():
            sequence, logits, text_at = self._prefill(request, self._free[: self._rows_for(request)])
            del self._free[: len(sequence.rows)]
            self._sampler.add(request.sampling, request.seed)
            if self._guard is not None:
                logits = self._guard.add(logits, text_at, request.text_tokens.shape[1])
            self._logits = self._torch.cat([self._logits, logits])
        self.running.append(sequence)
        return sequence

    def step(self) -> list[Sequence]:
        """Draw one token for every running request; returns those that ended with it, in the order of joining.

        Nothing runs: an empty list. After an exception of the device the running requests can only `leave`.
        """
        if not self.running:
            return []
        with self._torch.inference_mode():
            for sequence, token in zip(self.running, self._sampler.draw(self._logits), strict=True):
                self._accept(sequence, token)
            ended = [sequence for sequence in self.running if sequence.finished]
            self._drop(ended)
            if self.running:
                self._advance()
        return ended

    def leave(self, sequence: Sequence) -> None:
        """End a request and free its rows; one that has ended already stays as it is."""
        if sequence in self.running:
            sequence.reason = "left"
            with self._torch.inference_mode():
                self._drop([sequence])

    def _rows_for(self, request: DecodeRequest) -> int:
        return 2 if self._network.guided(request) else 1

    def _check_lengths(self, request: DecodeRequest) -> None:
        network, text = self._network, request.text_tokens.shape[1]
        if text > network.text_limit or request.max_tokens > network.token_limit:
            raise GenerationError(
                f"The model takes {network.text_limit} text tokens and {network.token_limit} speech tokens; "
                f"asked were {text} and {request.max_tokens}."
            )

    def _prefill(self, request: DecodeRequest, rows: list[int]) -> tuple[Sequence, Tensor, int]:
        network, slots = self._network, self._slots
        prefix = self._prefix(request, rows[0])
        text = network.text(request)
        length = prefix.length + text.shape[1]
        if length + request.max_tokens > slots.positions:
            raise GenerationError(
                f"The decoder holds {slots.positions} positions; this request needs {length + request.max_tokens}."
            )
        for row in rows:
            slots.write(row, prefix)
        hidden = network.forward(text, PrefillSpan(slots, rows, prefix.length, text.shape[1]))
        logits = network.logits(hidden[:, -1])
        weight = self._torch.tensor(request.sampling.cfg_weight, device=logits.device)
        if len(rows) == 2:
            logits = logits[:1] + weight * (logits[:1] - logits[1:])
        return Sequence(request, rows, length), logits, prefix.length

    def _prefix(self, request: DecodeRequest, row: int) -> Prefix:
        # Computed apart from the text also when nothing is kept, so that a hit cannot change a single bit.
        key = self._network.prefix_key(request)
        prefix = self._prefixes.get(key)
        if prefix is None:
            conditioning = self._network.conditioning(request)
            length = conditioning.shape[1]
            if length > self._slots.positions:
                raise GenerationError(f"The decoder holds {self._slots.positions} positions, too few for a voice.")
            self._network.forward(conditioning, PrefillSpan(self._slots, [row], 0, length))
            prefix = self._slots.read(row, length)
            self._prefixes.put(key, prefix)
        return prefix

    def _accept(self, sequence: Sequence, token: int) -> None:
        network = self._network
        may_stop = network.first_may_stop or bool(sequence.tokens)
        if token < 0:
            sequence.reason = "not_finite"
        elif token == network.stop_token and may_stop:
            sequence.reason = "stop"
        else:
            sequence.tokens.append(token)
            sequence.reason = self._guarded(sequence)

    def _guarded(self, sequence: Sequence) -> Reason | None:
        if len(sequence.tokens) >= sequence.request.max_tokens:
            return "length"
        tail = sequence.tokens[-self._repeat_limit :]
        return "repetition" if len(tail) == self._repeat_limit and len(set(tail)) == 1 else None

    def _drop(self, ended: list[Sequence]) -> None:
        if not ended:
            return
        places = [place for place, sequence in enumerate(self.running) if not sequence.finished]
        self.running = [self.running[place] for place in places]
        self._logits = self._logits[places]
        self._sampler.keep(places)
        if self._guard is not None:
            self._guard.keep(places)
        for sequence in ended:
            if sequence.reason == "not_finite":
                for row in sequence.rows:
                    self._slots.clear(row)
            self._release(sequence.rows)

    def _release(self, rows: list[int]) -> None:
        self._free = sorted([*self._free, *rows])

    def _advance(self) -> None:
        self._close_gaps()
        inputs = [(0, 0, 0)] * (self._slots.rows - len(self._free))
        for sequence in self.running:
            for row in sequence.rows:
                inputs[row] = (sequence.tokens[-1], len(sequence.tokens), sequence.length)
            sequence.length += 1
        logits, weights = self._run(inputs)
        first = [sequence.rows[0] for sequence in self.running]
        # Without guidance both are the same row, and the weight 0 leaves it untouched.
        logits = self._sampler.guide(logits[first], logits[[sequence.rows[-1] for sequence in self.running]])
        if self._guard is not None and weights is not None:
            repeats = [sequence.repeats for sequence in self.running]
            logits = self._guard.check(logits, weights[first], repeats)
        self._logits = logits

    def _close_gaps(self) -> None:
        """Move rows down, so that the rows in use are the first ones; only a leave without a join costs a copy."""
        used = self._slots.rows - len(self._free)
        for sequence in self.running:
            for place, row in enumerate(sequence.rows):
                if row >= used:
                    target = self._free.pop(0)
                    self._slots.move(row, target, sequence.length)
                    sequence.rows[place] = target
                    self._release([row])
