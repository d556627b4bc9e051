"""One line of a summary."""

import dataclasses

from .count import Count


@dataclasses.dataclass(frozen=True)
class Row:
    """What one layer call costs per image.

    Attributes:
        layer: name of the layer.
        kind: its class.
        output: shape of its output for one image, with the time axis.
        parameters: number of its weights; 0 where the layer is called again.
        receives: `"real"`, `"0/1"` (spikes) or `"0..n"` (numbers of spikes).
        rate: mean spikes per neuron and pass that it sends; None if it sends real numbers.
        count: the `Count`; None for a layer whose operations are not known.
        kept_bits: what it keeps between passes.
        sent_bits: its output in one pass.
    """

    layer: str
    kind: str
    output: tuple
    parameters: int
    receives: str
    rate: float | None
    count: Count | None
    kept_bits: int
    sent_bits: int

    def to_dict(self):
        """Plain values, ready for JSON."""
        found = {**dataclasses.asdict(self), "output": list(self.output)}
        del found["count"]
        counted = self.count and dataclasses.asdict(self.count)
        return {**found, "operations": counted}
