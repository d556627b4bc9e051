"""Which trained network a hash of weights belongs to, and what people call it."""

import dataclasses

from reproduce.cells import GivenCheckpoint
from reproduce.experiments import EXPERIMENTS, find
from reproduce.experiments.networks import NETWORKS, architecture_of
from reproduce.experiments.rows import checkpoint
from reproduce.lookup import weights_of
from reproduce.plan import Plan
from reproduce.studies import STUDIES
from reproduce.studies.plan import StudyPlan

_BINOMIAL = {
    "D": "Binomial network, full precision (D)",
    "C_A1": "Binomial network, one spike (C, A graph)",
    "C_B1": "Binomial network, one spike (C, B graph)",
    "A2": "Binomial network, A with T = 2",
    "A3": "Binomial network, A with T = 3",
    "B2": "Binomial network, B with T = 2",
    "B3": "Binomial network, B with T = 3",
}
_STUDIES = {
    "flexible_small": "Flexible small", "flexible_vgg16": "Flexible VGG16", "hmax": "HMAX",
    "lenet5": "LeNet-5", "resnet20": "ResNet-20", "all_cnn": "All-CNN",
    "network_in_network": "Network in network", "lif_small": "Spiking (LIF) small",
    "randhet_vgg9": "Spiking VGG9", "sew_resnet19": "Spiking SEW-ResNet19", "glr_mlp": "GLR MLP",
}
_DATA = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
_PAPERS = ("flexible", "splash", "randhet", "glr")


@dataclasses.dataclass(frozen=True)
class Trained:
    """One trained network.

    Args:
        paper: key of its paper, or "other".
        data: name of the data set.
        network: its key.
        label: name for people, without the seed.
        seed: training seed.
        architecture: of a binomial network; "" of the others.
        usual: whether it is the one the experiments use unless told otherwise.
        short: whether it was trained with another recipe than the paper's.
    """

    paper: str
    data: str
    network: str
    label: str
    seed: int
    architecture: str = ""
    usual: bool = True
    short: bool = False


def paper_of(name):
    """Key of the paper that an experiment or a study belongs to."""
    if name in EXPERIMENTS:
        return "binomial"
    return next((paper for paper in _PAPERS if name.startswith(f"{paper}_")), "other")


def data_name(data):
    """Name for people of a data set."""
    return _DATA.get(data, data)


def twin_label(label):
    """Name for people of the network `label` that is tested as type D."""
    return f"{label}, tested without noise"


def study_label(network):
    """Name for people of a network of a study."""
    if network.label.startswith(_STUDIES.get(network.builder, "\0")):
        return network.label
    family = _STUDIES.get(network.builder)
    return network.label if family is None else f"{family}, {network.label}"


def trained_networks(plans, store):
    """{hash of weights: `Trained`} of all networks of the plans that exist."""
    found = {}
    for plan in plans:
        if isinstance(plan, StudyPlan):
            known = _of_study(plan, store)
        elif isinstance(plan, Plan):
            known = _of_experiment(plan, store)
        else:
            continue
        for weights, trained in known:
            found.setdefault(weights, trained)
    return found


def _of_study(plan, store):
    study = STUDIES[plan.study]
    for network in study.networks:
        for seed in range(plan.seeds):
            weights = weights_of(study.training(plan, network, seed), plan, store)
            if weights is not None:
                yield weights, Trained(paper_of(plan.study), plan.data, network.key,
                                       study_label(network), seed,
                                       short=plan.training["recipe"] != "paper")


def _of_experiment(plan, store):
    usual = plan.architecture == architecture_of(plan.data)
    for key in dict.fromkeys(row.network for row in find(plan.experiment).rows):
        for seed in range(plan.seeds):
            source = checkpoint(plan, key, seed)
            weights = None if source is None else weights_of(source, plan, store)
            if weights is None:
                continue
            label = _BINOMIAL[key] if usual else f"{_BINOMIAL[key]}, {plan.architecture}"
            if isinstance(source, GivenCheckpoint):
                label += ", given file"
            yield weights, Trained("binomial", plan.data, key, label, seed, plan.architecture,
                                   usual, plan.training["recipe"] != "paper")


def clear_names(plans, networks):
    """{name: name for people} of the models of `AdaptivePlan`s; the same where nothing is known.

    The training seed is said of networks that are there with several.
    """
    known = {plan.model: networks.get(plan.weights_sha256) for plan in plans}
    twins = {plan.model for plan in plans if plan.is_twin}
    seeds = {}
    for trained in known.values():
        if trained is not None:
            seeds.setdefault((trained.data, trained.label), set()).add(trained.seed)

    def name(model, trained):
        if trained is None:
            return model
        several = len(seeds[trained.data, trained.label]) > 1
        label = trained.label + (f", seed {trained.seed}" if several else "")
        return twin_label(label) if model in twins else label

    return {model: name(model, trained) for model, trained in known.items()}


assert set(_BINOMIAL) == set(NETWORKS)
