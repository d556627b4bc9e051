"""SPLASH against the nine activations that its paper compares it with.

Tavakoli, Agostinelli, Baldi, "SPLASH: Learnable activation functions for improving accuracy and
adversarial robustness", Neural Networks 140 (2021). Of the paper the abstract alone was at hand:
it names networks, data, activations and attacks, and prints that SPLASH is up to 31 % more robust
than ReLU. Every setting here is a reconstruction and no published number stands beside ours.
"""

from reproduce.studies.study import CLEAN, Measure, Network, Study

_LABELS = {
    "relu": "ReLU",
    "splash": "SPLASH",
    "leaky_relu": "leaky ReLU",
    "prelu": "PReLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "elu": "ELU",
    "maxout": "maxout",
    "swish": "Swish",
    "apl": "APL",
}
_MNIST = {"cpu": "splash-cpu", "paper": "splash"}
_CIFAR = {"cpu": "splash-cifar-cpu", "paper": "splash-cifar"}
# Half of the weight decay of 1e-4; of kernels alone.
_L2 = 0.5e-4
# Activations differ by tenths of a point in clean accuracy: 500 images cannot tell.
_ALL = 10_000
_PGD_STEPS, _APGD_STEPS = 40, 100

_NOTE = (
    "A reconstruction: the paper's tables, budgets and training were not at hand. Batch "
    "normalisation stands before every activation. FGSM and PGD are the usual single attacks; "
    "APGD on the difference of logits ratio does not mind the scale of the logits, and counts."
)
_BLACK_BOX = (
    "A reconstruction, see splash_mnist. C&W and boundary attack: share that no change of an L2 "
    "norm within the budget fooled. One pixel: black-box, by differential evolution."
)


def _networks(builder, recipes, **arguments):
    """One network per activation; ReLU first, which the others are compared with."""
    return tuple(
        Network(f"{builder}-bn-{key}", label, builder, {"activation": key, **arguments}, recipes)
        for key, label in _LABELS.items()
    )


def _curve(budgets, names):
    """FGSM, PGD and APGD at every budget; APGD stands on the axis of the figure."""
    kinds = (
        ("fgsm", "FGSM", {}),
        ("pgd", "PGD", {"steps": _PGD_STEPS}),
        ("apgd", "APGD", {"steps": _APGD_STEPS, "loss": "dlr"}),
    )
    measures = []
    for kind, label, settings in kinds:
        for eps, name in zip(budgets, names, strict=True):
            step = {"step_size": 2.5 * eps / _PGD_STEPS} if kind == "pgd" else {}
            measures.append(Measure(
                f"{kind}-{name}", f"{label} {name}", kind, {"eps": eps, **settings, **step},
                at=eps if kind == "apgd" else None, group=f"{kind}-curve",
            ))
    return tuple(measures)


def _others(budget, searches=9, steps=100):
    """C&W, boundary and one-pixel attack."""
    return (
        Measure("carlini", f"C&W, L2 {budget:g}", "carlini",
                {"eps": budget, "searches": searches, "steps": steps}),
        Measure("boundary", f"boundary attack, L2 {budget:g}", "boundary",
                {"eps": budget, "steps": 500, "trials": 10}),
        Measure("pixel", "one pixel", "pixel", {"steps": 20}),
    )


_LENET = _networks("lenet5", _MNIST, batch_normalization=True, l2=_L2)
_RESNET = _networks("resnet20", _CIFAR, l2=_L2)
_GREY, _COLOUR = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3), (1, 2, 4, 8)

SPLASH = (
    Study(
        "splash_mnist", "SPLASH: LeNet-5 on MNIST with ten activations, FGSM, PGD and APGD",
        "mnist", _LENET, (CLEAN, *_curve(_GREY, [f"{eps:g}" for eps in _GREY])), seeds=3,
        images=500, clean_images=_ALL, view="curves", axis="eps of APGD", note=_NOTE,
    ),
    Study(
        "splash_mnist_black_box", "SPLASH: LeNet-5 on MNIST under C&W, boundary and one-pixel "
        "attacks", "mnist", _LENET, (CLEAN, *_others(2.0)), seeds=3, images=50,
        clean_images=_ALL, note=_BLACK_BOX,
    ),
    Study(
        "splash_cifar10", "SPLASH: ResNet-20 on CIFAR-10 with ten activations, FGSM, PGD and APGD",
        "cifar10", _RESNET,
        (CLEAN, *_curve([k / 255 for k in _COLOUR], [f"{k}/255" for k in _COLOUR])), seeds=3,
        images=500, clean_images=_ALL, view="curves", axis="eps of APGD", width=0.25,
        short_epochs=4, note=_NOTE,
    ),
    Study(
        "splash_cifar10_black_box", "SPLASH: ResNet-20 on CIFAR-10 under C&W, boundary and "
        "one-pixel attacks", "cifar10", _RESNET, (CLEAN, *_others(0.5)), seeds=3, images=50,
        clean_images=_ALL, width=0.25, short_epochs=4, note=_BLACK_BOX,
    ),
)
