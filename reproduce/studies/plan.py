"""The plan of a study: the settings that decide which cells belong to it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class StudyPlan:
    """Settings of one study.

    Args:
        study: its name.
        data: name of the data set.
        seeds: number of training seeds (0 .. seeds - 1).
        training: dict with "recipe" ("cpu" or "paper"), "overrides" and "width".
        images: number of test images, of what changes them.
        draws: fresh draws per image, for networks with noise.
        batch_size: images in one forward pass.
        data_sha256: dict by split ("train", "test") of the hashes of the data.
        clean_images: number of test images of clean accuracies; None for `images`.
    """

    study: str
    data: str
    seeds: int
    training: dict
    images: int
    draws: int
    batch_size: int
    data_sha256: dict
    clean_images: int | None = None

    @property
    def name(self):
        """Of the plan's file and of those in the report."""
        return f"{self.study}-{self.data}"
