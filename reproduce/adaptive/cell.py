"""One adaptive attack on one block of images."""

import dataclasses
import json

from reproduce.cells import FORMAT, GivenCheckpoint, canonical

# The originals, scored like what an attack made of them.
NO_ATTACK = "no attack"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What all cells of a plan have in common.

    Args:
        norm: "inf" or 2.
        budget: "quick", "standard" or "full".
        draws: draws that the attacks average over.
        score_draws, votes: of the score, see `score_draws`.
        selection_draws: draws in which the worst attack of an image is chosen.
        seed: of attacks, selection and score.
        batch_size: images in one forward pass.
        sources: tuple of `GivenCheckpoint`, models that attacks are transferred from.
    """

    norm: str | int
    budget: str
    draws: int
    score_draws: int
    votes: tuple
    selection_draws: int
    seed: int
    batch_size: int
    sources: tuple = ()

    def to_dict(self):
        """JSON-able; a source is known by its name and the hash of its weights."""
        described = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        described["votes"] = list(self.votes)
        described["sources"] = {one.network: one.weights_sha256 for one in self.sources}
        return described


@dataclasses.dataclass(frozen=True)
class AdaptiveCell:
    """One attack of a suite on the images [start, stop) of the fixed list.

    Args:
        checkpoint: `GivenCheckpoint` of the model under attack.
        attack: name in the suite, or `NO_ATTACK`.
        spec: canonical JSON of everything that decides the attack (`AdaptiveAttack.to_dict`).
        eps: radius of the ball; 0 for `NO_ATTACK`.
        start, stop: the block.
        setting: `Setting`.
    """

    checkpoint: GivenCheckpoint
    attack: str
    spec: str
    eps: float
    start: int
    stop: int
    setting: Setting

    kind = "adaptive"
    split = "test"

    @property
    def sources(self):
        """Checkpoints that the attack needs beside that of the model under attack."""
        name = json.loads(self.spec)["source"] if self.spec else None
        return tuple(one for one in self.setting.sources if one.network == name)

    def identity(self, data_sha256, weights_sha256):
        """What decides the numbers, as JSON-able data."""
        # Only a transfer depends on a source: the others keep their records when one is added.
        setting = dataclasses.replace(self.setting, sources=self.sources).to_dict()
        if self.attack == NO_ATTACK:
            # The originals depend on no attack's settings: every ball shares their record.
            setting = {k: v for k, v in setting.items()
                       if k not in ("norm", "budget", "draws", "sources")}
        return {
            "format": FORMAT,
            "kind": self.kind,
            "data": self.checkpoint.data,
            "data_sha256": data_sha256,
            "model": self.checkpoint.network,
            "weights_sha256": weights_sha256,
            "attack": self.attack,
            "spec": self.spec,
            "eps": self.eps,
            "start": self.start,
            "stop": self.stop,
            "setting": setting,
        }

    def label(self):
        size = "" if self.attack == NO_ATTACK else f" eps {self.eps:g}"
        return f"{self.attack}{size} on {self.checkpoint.network}, images {self.start}-{self.stop}"


def spec_of(attack):
    """The `spec` of an `AdaptiveAttack`."""
    return canonical(attack.to_dict())
