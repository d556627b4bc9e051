"""What a model says about images with some pixels replaced."""

import numpy as np

_BATCH = 256


class CandidatePixels:
    """Candidates of the pixel attack: built, asked about, remembered.

    Args:
        estimator: an ART classifier with `clip_values`.
        x: images `(images, height, width, channels)`.
        labels: classes `(images,)` to leave, or, if targeted, to reach.
        th: pixels that a candidate replaces.
        targeted: whether the class is to be reached.
        memory: whether an answer holds for every later request.

    Attributes:
        numbers: how many numbers describe a candidate, `th * (2 + channels)`.
        scale: their upper ends `(numbers,)`; the lower ends are 0.
        x: the images.
    """

    def __init__(self, estimator, x, labels, th, targeted, memory):
        self.x, self._estimator, self._labels = x, estimator, labels
        self._targeted = targeted
        # One pixel reaches few places of the first maps: the others need not be computed again.
        known = getattr(estimator, "with_one_pixel", None) if th == 1 else None
        self._known = known(x) if known else None
        _, height, width, channels = x.shape
        self.scale = np.tile([height, width, *[255] * channels], th).astype(float)
        self.numbers = len(self.scale)
        # A key is one integer; candidates of more than 63 bits hardly ever repeat.
        sizes = np.tile([height, width, *[256] * channels], th)
        fits = np.sum(np.log2(sizes)) + np.log2(len(x) + 1) < 63
        self._memory = {} if memory and fits else None
        if self._memory is not None:
            self._place = np.concatenate([[1], np.cumprod(sizes[:-1], dtype=np.int64)])
            self._next_image = int(np.prod(sizes, dtype=np.int64))

    def ask(self, rows, candidates):
        """Energies (the lower the better) and margins (below 0: the model is fooled).

        The energy is the output of the class to leave, or 1 minus that of the class to reach;
        the margin is the lead of that class, or of the best other class over it.

        Args:
            rows: which images the candidates belong to, `(n,)`.
            candidates: `(n, candidates, numbers)`, scaled to [0, 1].

        Returns:
            Two arrays `(n, candidates)`.
        """
        n, count = candidates.shape[:2]
        pixels = (candidates * self.scale).astype(np.int64).reshape(n * count, -1)
        # A coordinate of exactly 1 is the first row or column again, as in ART.
        step = 2 + self.x.shape[-1]
        pixels[:, 0::step] %= self.x.shape[1]
        pixels[:, 1::step] %= self.x.shape[2]
        owners = np.repeat(rows, count)
        if self._memory is None:
            energies, margins = self._predict(owners, pixels)
        else:
            energies, margins = self._recall(owners, pixels)
        return energies.reshape(n, count), margins.reshape(n, count)

    def build(self, owners, pixels):
        """The images themselves, from rows `(n,)` and integers `(n, numbers)`."""
        images = self.x[owners]
        n, step = np.arange(len(owners)), 2 + self.x.shape[-1]
        for start in range(0, pixels.shape[1], step):
            values = self._values(pixels[:, start + 2 : start + step])
            images[n, pixels[:, start], pixels[:, start + 1]] = values
        return images

    def _values(self, numbers):
        low, high = self._estimator.clip_values
        return numbers / 255 * (high - low) + low

    def clean_margins(self, rows):
        """The margins of the images as they are."""
        return self.energies_and_margins(self.x[rows], self._labels[rows])[1]

    def image(self, row, candidate):
        """The image of one candidate `(numbers,)`, scaled to [0, 1]."""
        pixels = (candidate[None] * self.scale).astype(np.int64)
        step = 2 + self.x.shape[-1]
        pixels[:, 0::step] %= self.x.shape[1]
        pixels[:, 1::step] %= self.x.shape[2]
        return self.build(np.array([row]), pixels)[0]

    def _recall(self, owners, pixels):
        keys = owners * self._next_image + pixels @ self._place
        keys, first, which = np.unique(keys, return_index=True, return_inverse=True)
        keys = keys.tolist()
        new = [i for i, key in enumerate(keys) if key not in self._memory]
        if new:
            at = first[new]
            answers = zip(*(part.tolist() for part in self._predict(owners[at], pixels[at])))
            self._memory.update(zip((keys[i] for i in new), answers))
        known = np.array([self._memory[key] for key in keys])
        return known[which, 0], known[which, 1]

    def _predict(self, owners, pixels):
        if self._known is not None:
            rows, columns, *numbers = pixels.T
            outputs = self._known(owners, rows, columns, self._values(np.stack(numbers, 1)))
            forwards, backwards = self._estimator.forwards, self._estimator.backwards
            self._estimator.reset_counts(forwards + len(owners), backwards)
            return np.stack(self._judge(outputs, self._labels[owners]))
        answers = np.empty((2, len(owners)))
        batch = max(1, getattr(self._estimator, "batch_size", None) or _BATCH)
        for start in range(0, len(owners), batch):
            part = slice(start, start + batch)
            images = self.build(owners[part], pixels[part])
            answers[:, part] = self.energies_and_margins(images, self._labels[owners[part]])
        return answers

    def energies_and_margins(self, images, labels):
        """As `ask`, for any images."""
        return self._judge(self._estimator.predict(images), labels)

    def _judge(self, outputs, labels):
        own = np.take_along_axis(outputs, labels[:, None], axis=1)[:, 0]
        np.put_along_axis(outputs, labels[:, None], -np.inf, axis=1)
        lead = own - outputs.max(axis=1)
        return (1 - own, -lead) if self._targeted else (own, lead)
