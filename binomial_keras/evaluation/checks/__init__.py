"""Checks that an adversarial evaluation has to pass before its numbers mean anything."""

from .check import Check
from .comparisons import (
    fooled_images_are_changed,
    gradients_beat_noise,
    iteration_beats_one_step,
    monotone_in_eps,
    role,
    white_box_beats_black_box,
)
from .frozen_noise import frozen_noise
from .gradient_signal import gradient_signal
from .large_eps import large_eps
from .model_flags import logits, randomness
from .probe import Probe
from .run_checks import ModelChecks, most_passes, run_checks
from .saturation import draws_curve, more_draws, more_steps
from .zero_gradients import zero_gradients

__all__ = [
    "Check",
    "ModelChecks",
    "Probe",
    "draws_curve",
    "fooled_images_are_changed",
    "frozen_noise",
    "gradient_signal",
    "gradients_beat_noise",
    "iteration_beats_one_step",
    "large_eps",
    "logits",
    "monotone_in_eps",
    "more_draws",
    "more_steps",
    "most_passes",
    "randomness",
    "role",
    "run_checks",
    "white_box_beats_black_box",
    "zero_gradients",
]
