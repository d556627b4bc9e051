"""Networks, one file per paper, and what can be done to any network of these layers."""

from .anytime_labels import anytime_labels
from .binomial_cnn import binomial_cnn
from .conv_substitute import conv_substitute
from .convert import convert
from .flexible_small import flexible_small
from .flexible_vgg16 import flexible_vgg16
from .glr_mlp import glr_mlp
from .hmax import hmax
from .lenet5 import lenet5
from .relu_mlp import relu_mlp
from .lif_small import lif_small
from .randhet_vgg9 import randhet_vgg9
from .reseed import reseed
from .sew_resnet19 import sew_resnet19
from .step_by_step import StepByStep
from .with_backward import backward_rules, with_backward
from .with_decay import with_decay
from .with_threshold import with_threshold

__all__ = [
    "StepByStep",
    "anytime_labels",
    "backward_rules",
    "binomial_cnn",
    "conv_substitute",
    "convert",
    "flexible_small",
    "flexible_vgg16",
    "glr_mlp",
    "hmax",
    "lenet5",
    "relu_mlp",
    "lif_small",
    "randhet_vgg9",
    "reseed",
    "sew_resnet19",
    "with_backward",
    "with_decay",
    "with_threshold",
]
