"""Networks that no paper asks for, trained to make attacks on."""

from reproduce.studies.study import CLEAN, Network, Study

# A tenth of the learning rate of "cpu", with which this network diverges.
_RECIPES = {"cpu": "flexible-cpu", "paper": "flexible-cpu"}

SOURCES = (
    Study(
        "transfer_source",
        "An independently trained LeNet-5 with ReLU: the source of transferred attacks",
        "mnist", (Network("lenet5-relu", "LeNet-5, ReLU", "lenet5", {}, _RECIPES),), (CLEAN,),
        note="For `run adaptive --source`. Its recipe is that of the short runs.",
    ),
)
