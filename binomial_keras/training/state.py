"""The state of a training on disk."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .recipe import Recipe


class TrainingState:
    """Weights, optimiser and history after the last whole epoch, in one file.

    The file is written under another name, flushed and renamed, so that it is whole or absent
    whatever moment the process is killed at.

    Args:
        directory: folder, made if absent; `None` keeps nothing.
        model: compiled model whose optimiser is built.
        recipe, seed, images: what the training is; a state of another one is refused.
    """

    def __init__(
        self,
        directory: str | os.PathLike | None,
        model: keras.Model,
        recipe: Recipe,
        seed: int,
        images: int,
    ) -> None:
        self.model = model
        self.path = None if directory is None else Path(directory) / "training.npz"
        shapes = [list(weight.shape) for weight in model.weights]
        layers = [type(layer).__name__ for layer in model.layers]
        units = [
            getattr(layer, "neuron", "") + str(getattr(layer, "T", "")) for layer in model.layers
        ]
        purpose = {
            # A state from before recipes had shifts stays valid.
            "recipe": {k: v for k, v in recipe.to_dict().items() if (k, v) != ("shift", 0)},
            "seed": seed,
            "images": images,
            "network": [layers, units, shapes],
        }
        text = json.dumps(purpose, sort_keys=True)
        self.purpose = hashlib.sha256(text.encode()).hexdigest()

    def _variables(self):
        return [*self.model.weights, *self.model.optimizer.variables]

    def save(self, history: dict[str, list]) -> None:
        """Write the state; `history` is the dict of lists that `restore` gives back."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {f"v{i}": np.asarray(v) for i, v in enumerate(self._variables())}
        note = json.dumps({"purpose": self.purpose, "history": history})
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        with open(temporary, "wb") as file:
            np.savez(file, note=np.frombuffer(note.encode(), np.uint8), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def restore(self) -> dict[str, list]:
        """Load the state into model and optimiser; return its history, `{}` if there is none."""
        if self.path is None or not self.path.exists():
            return {}
        with np.load(self.path, allow_pickle=False) as stored:
            note = json.loads(stored["note"].tobytes())
            if note["purpose"] != self.purpose:
                raise ValueError(
                    f"{self.path} holds the state of another training (recipe, seed, network or "
                    "number of images differ). Remove it or give another `directory`."
                )
            for i, variable in enumerate(self._variables()):
                variable.assign(stored[f"v{i}"])
        return note["history"]
