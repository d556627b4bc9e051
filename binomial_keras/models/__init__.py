"""Networks, one file per paper, and what can be done to any network of these layers."""

from .all_cnn import all_cnn
from .anytime_labels import anytime_labels
from .binomial_cnn import binomial_cnn
from .conv_substitute import conv_substitute
from .convert import convert
from .flexible_small import flexible_small
from .flexible_vgg16 import flexible_vgg16
from .glr_mlp import glr_mlp
from .hmax import hmax
from .lenet5 import lenet5
from .lif_small import lif_small
from .network_in_network import network_in_network
from .place_hinges import place_hinges
from .randhet_vgg9 import randhet_vgg9
from .relu_mlp import relu_mlp
from .reseed import reseed
from .resnet20 import resnet20
from .sew_resnet19 import sew_resnet19
from .step_by_step import StepByStep
from .with_backward import backward_rules, with_backward
from .with_decay import with_decay
from .with_threshold import with_threshold

__all__ = [
    "StepByStep",
    "all_cnn",
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
    "lif_small",
    "network_in_network",
    "place_hinges",
    "randhet_vgg9",
    "relu_mlp",
    "reseed",
    "resnet20",
    "sew_resnet19",
    "with_backward",
    "with_decay",
    "with_threshold",
]
