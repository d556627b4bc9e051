"""Differential evolution of many populations in lock step."""

import numpy as np

_DITHER = (0.5, 1.0)
# The generation after which images are given up.
_TRIED = 5


class DifferentialEvolution:
    """`best/1` evolution with full recombination, one population per image.

    Candidates lie in [0, 1]^numbers and start as a Latin hypercube. In a generation, candidate i
    is opposed by the trial `best + F * (r - s)` with two others r != s of the population and one
    F of [0.5, 1) for all; numbers outside [0, 1] are drawn anew. A trial with a lower energy
    takes the place of its candidate, and the lowest of all is the next best.

    Args:
        size: integer >= 3, candidates of a population.
        numbers: integer >= 1.
        draws: `DrawsPerImage`, one stream per population.
    """

    def __init__(self, size, numbers, draws):
        self.size, self.numbers, self.draws = size, numbers, draws

    def run(self, candidates, generations, give_up=None):
        """Evolve until a candidate fools the model, for every image.

        Args:
            candidates: `CandidatePixels`.
            generations: integer >= 0.
            give_up: part of an image's margin that has to be gone after 5 generations for the
                search to go on; `None` to go on regardless.

        Returns:
            The images (the original where none was found) and which of them were found.
        """
        images, found = candidates.x.copy(), np.zeros(len(candidates.x), bool)
        rows, lowest = np.arange(len(images)), np.full(len(images), np.inf)
        trials = population = self.start(rows)
        energies = None
        for generation in range(generations + 1):
            if generation:
                uniform = self.draws.uniform(rows, self.size * (2 + self.numbers) + 1)
                trials = self.trials(population, uniform)
            new, margins = candidates.ask(rows, trials)
            done = np.any(margins < 0, axis=1)
            best = np.where(margins < 0, new, np.inf).argmin(axis=1)
            for i in np.flatnonzero(done):
                images[rows[i]] = candidates.image(rows[i], trials[i, best[i]])
            found[rows[done]] = True
            lowest[rows] = np.minimum(lowest[rows], margins.min(axis=1))
            if give_up is not None and generation == _TRIED:
                done |= lowest[rows] > (1 - give_up) * candidates.clean_margins(rows)
            if generation:
                population, energies = self.select(population, energies, trials, new)
            else:
                energies = new
                self.best_first(population, energies)
            rows, population, energies = rows[~done], population[~done], energies[~done]
            if not rows.size:
                break
        return images, found

    def start(self, rows):
        """Latin hypercubes `(rows, size, numbers)`: each number once in each of `size` bins."""
        uniform = self.draws.uniform(rows, 2 * self.size * self.numbers)
        uniform = uniform.reshape(len(rows), 2, self.size, self.numbers)
        return (uniform[:, 0].argsort(axis=1) + uniform[:, 1]) / self.size

    def trials(self, population, uniform):
        """One trial for every candidate, from `size * (2 + numbers) + 1` uniform numbers.

        The best of a population stands first.
        """
        n, size = population.shape[:2]
        factor = _DITHER[0] + (_DITHER[1] - _DITHER[0]) * uniform[:, -1]
        picks = uniform[:, : 2 * size].reshape(n, 2, size)
        r, s = two_others(size, picks[:, 0], picks[:, 1])
        each = np.arange(n)[:, None]
        difference = population[each, r] - population[each, s]
        trials = population[:, :1] + factor[:, None, None] * difference
        redrawn = uniform[:, 2 * size : -1].reshape(trials.shape)
        return np.where((trials < 0) | (trials > 1), redrawn, trials)

    @staticmethod
    def select(population, energies, trials, new):
        """The next population and its energies, the best first."""
        better = new < energies
        lowest, each = new.argmin(axis=1), np.arange(len(new))
        best, best_trials = new[each, lowest], trials[each, lowest]
        population = np.where(better[..., None], trials, population)
        energies = np.where(better, new, energies)
        # The best trial takes the first place too, and keeps the one that it won.
        ahead = best < energies[:, 0]
        population[ahead, 0], energies[ahead, 0] = best_trials[ahead], best[ahead]
        return population, energies

    @staticmethod
    def best_first(population, energies):
        """Exchange the best candidate with the first, in place."""
        each, best = np.arange(len(energies)), energies.argmin(axis=1)
        first = population[:, 0].copy(), energies[:, 0].copy()
        population[:, 0], energies[:, 0] = population[each, best], energies[each, best]
        population[each, best], energies[each, best] = first


def two_others(size, first, second):
    """Two different indices below `size`, both different from the candidate's own.

    Args:
        first, second: uniform numbers in [0, 1), `(n, size)`.
    """
    own = np.arange(size)
    r = (first * (size - 1)).astype(int)
    r += r >= own
    s = (second * (size - 2)).astype(int)
    s += s >= np.minimum(own, r)
    s += s >= np.maximum(own, r)
    return r, s
