"""Studies: networks x measures, for the papers whose experiments have that form."""

from reproduce.studies.flexible import FLEXIBLE
from reproduce.studies.likelihood_ratio import LIKELIHOOD_RATIO
from reproduce.studies.randhet import RANDHET
from reproduce.studies.sources import SOURCES
from reproduce.studies.splash import SPLASH

STUDIES = {
    study.name: study
    for study in (*FLEXIBLE, *SPLASH, *RANDHET, *LIKELIHOOD_RATIO, *SOURCES)
}
# Figures that are part of another's study.
ALIASES = {"flexible_fig5b": "flexible_fig5a", "flexible_fig5b_small": "flexible_fig5a_small"}
