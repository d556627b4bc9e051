"""The same network, one pass per call."""

from typing import Any

import keras
from keras import ops

from ..backend import compiled
from ..layers import BU, EConv2D, EDense, Evidence, PerPass, Present
from ..layers.random_words import next_key
from .program import apply, trace
from .traversal import walk


class StepByStep:
    """Run a type A network pass by pass, as asynchronous or neuromorphic hardware would.

    In pass t every unit emits one spike per neuron, `EConv2D` and `EDense` work on the mean of
    the spikes so far, and the read-out gives the prediction of the passes 1..t ("anytime"): what
    it says after pass t is exactly what a network with T = t would have said. All state is
    handed in and out; the object itself keeps none. Given the same draws it emits the same
    spikes as the vectorised model: `reseed` both with one seed.

    What comes before the first unit is computed once, in `start`.

    Args:
        model: functional or sequential model whose units are all of type A
            (`convert(model, "A", T)` makes one of any network of this library).

    Example:

    >>> network = StepByStep(convert(model, "A", T=5))
    >>> state = network.start(images)
    >>> for t in range(5):
    ...     probabilities, state = network.step(state)
    """

    def __init__(self, model: keras.Model) -> None:
        units = [layer for layer in walk(model) if isinstance(layer, BU)]
        if not units or any(unit.neuron != "A" for unit in units):
            raise ValueError(
                "Invalid value received for argument `model`. Expected a model whose units are "
                "all of type 'A' (see binomial_keras.convert). Received: types "
                f"{sorted({unit.neuron for unit in units})}"
            )
        self.model = model
        self.calls, self.source, self.result = trace(model)
        moving: set[int] = set()
        for call in self.calls:
            if isinstance(call.layer, (BU, Present)) or moving & set(call.inputs):
                moving.add(call.output)
        self.moving = [call for call in self.calls if call.output in moving]
        self.fixed = [call for call in self.calls if call.output not in moving]
        self._check(units)
        self._start = compiled(self._run_fixed, model)
        self._step = compiled(self._run_moving, model)

    def _check(self, units):
        """Refuse what would not give the spikes of the vectorised network."""
        reached = {id(call.layer) for call in self.moving}
        hidden = [unit.name for unit in units if id(unit) not in reached]
        if hidden:
            raise ValueError(
                "Invalid value received for argument `model`. Expected units that are layers of "
                f"the model itself. Received: {hidden} inside another layer."
            )
        stateful = (BU, EConv2D, EDense, Evidence)
        names = [call.layer.name for call in self.moving if isinstance(call.layer, stateful)]
        if len(set(names)) < len(names):
            raise ValueError(
                "Invalid value received for argument `model`. Expected units and accumulating "
                "layers that are called once. Received: "
                f"{sorted({name for name in names if names.count(name) > 1})} "
                "called more than once."
            )
        ready = {self.source, *(call.output for call in self.fixed)}
        if any(call.timed and ready & set(call.inputs) for call in self.moving):
            raise ValueError(
                "Invalid value received for argument `model`. Expected an input without time "
                "axis: the passes come from the units."
            )

    def start(self, x: Any) -> dict:
        """The state before the first pass, for images `(batch, height, width, channels)`.

        Draws one key per unit. The state is a dictionary: `t` (passes done), `keys`, `sums`
        (accumulated spikes per accumulating layer) and `fixed` (values that do not change).
        """
        keys = {
            call.layer.name: next_key(call.layer.seed_generator)
            for call in self.moving
            if isinstance(call.layer, BU)
        }
        sums = {
            call.layer.name: ops.zeros((len(x), *call.args[0].shape[2:]))
            for call in self.moving
            if _accumulates(call)
        }
        fixed = self._start(ops.convert_to_tensor(x, "float32"))
        return {"t": 0, "keys": keys, "sums": sums, "fixed": fixed}

    def step(self, state: dict, return_spikes: bool = False) -> tuple:
        """One pass: `(output, new state)`, and the spikes of this pass by unit if asked for.

        The output is the model's, from the evidence of all passes so far.
        """
        t = state["t"] + 1
        output, sums, spikes = self._step(
            ops.convert_to_tensor(t, "int32"), state["keys"], state["sums"], state["fixed"]
        )
        state = {**state, "t": t, "sums": sums}
        return (output, state, spikes) if return_spikes else (output, state)

    def _run_fixed(self, x):
        values = {self.source: x}
        for call in self.fixed:
            values[call.output] = apply(call, values)
        needed = {number for call in self.moving for number in call.inputs}
        return {str(number): value for number, value in values.items() if number in needed}

    def _run_moving(self, t, keys, sums, fixed):
        values = {int(number): value for number, value in fixed.items()}
        new_sums, spikes = {}, {}

        def evidence(call):
            name = call.layer.name
            total = new_sums[name] = sums[name] + values[call.inputs[0]]
            return total / ops.cast(t, total.dtype)

        for call in self.moving:
            layer, x = call.layer, values[call.inputs[0]]
            if isinstance(layer, BU):
                out = spikes[layer.name] = layer.emit_pass(x, keys[layer.name], t)
            elif isinstance(layer, Present):
                out = x
            elif _accumulates(call):
                mean = evidence(call)
                out = mean if isinstance(layer, Evidence) else layer.potential(mean)
            elif isinstance(layer, PerPass):
                out = layer.layer(x)
            else:
                out = apply(call, values)
            values[call.output] = out
        return values[self.result], new_sums, spikes


def _accumulates(call):
    return call.timed and isinstance(call.layer, (EConv2D, EDense, Evidence))
