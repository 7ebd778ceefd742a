"""The closed forms against what they stand for: models fitted without the phrases in question."""

from __future__ import annotations

import unittest

import numpy as np

from bot.rasa_runtime.understanding import fitting
from bot.rasa_runtime.understanding.intents import PROFILE_WEIGHT, alike, near, profiles
from bot.rasa_runtime.understanding.ridge import FittingError, solve, weigh

PENALTY = 0.1


class RidgeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        chance = np.random.default_rng(7)
        cls.intents = np.arange(40) % 4
        centres = chance.standard_normal((4, 6))
        vectors = centres[cls.intents] + chance.standard_normal((40, 6))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        cls.gram = near(vectors @ vectors.T, 1.5).astype(np.float32)
        cls.wanted = np.eye(4, dtype=np.float32)[cls.intents]

    def test_weights_alone_are_those_of_the_whole_solution(self) -> None:
        weights = weigh(self.gram, self.wanted, PENALTY)
        np.testing.assert_allclose(weights, solve(self.gram, self.wanted, PENALTY).weights, atol=1e-4)
        np.testing.assert_allclose(
            self.gram @ weights + PENALTY * weights, self.wanted, atol=1e-4, err_msg="not the ridge's equations"
        )

    def test_held_out_scores_are_those_of_models_that_have_not_seen_the_phrase(self) -> None:
        held_out = solve(self.gram, self.wanted, PENALTY).held_out
        for left_out in range(len(self.gram)):
            rest = np.delete(np.arange(len(self.gram)), left_out)
            weights = weigh(self.gram[np.ix_(rest, rest)], self.wanted[rest], PENALTY)
            np.testing.assert_allclose(held_out[left_out], self.gram[left_out, rest] @ weights, atol=1e-4)

    def test_a_part_left_out_is_as_never_seen(self) -> None:
        out = np.array([1, 4, 17, 38])
        (part,) = solve(self.gram, self.wanted, PENALTY, [out]).parts
        self.assertEqual(36, len(part.rest))
        fewer = solve(self.gram[np.ix_(part.rest, part.rest)], self.wanted[part.rest], PENALTY)
        np.testing.assert_allclose(part.weights, fewer.weights, atol=1e-3)
        np.testing.assert_allclose(part.held_out, fewer.held_out, atol=1e-4)

    def test_both_looks_at_a_part_left_out_know_nothing_of_it(self) -> None:
        out = np.array([0, 3, 20, 33])
        (part,) = solve(self.gram, self.wanted, PENALTY, [out]).parts
        said = fitting._unseen(self.gram, self.wanted, PENALTY, part)
        turned = self.wanted.copy()
        turned[out] = np.roll(turned[out], 1, axis=1)  # other labels for what was left out must change nothing
        (other,) = solve(self.gram, turned, PENALTY, [out]).parts
        np.testing.assert_allclose(said, fitting._unseen(self.gram, turned, PENALTY, other), atol=1e-3)
        rest = part.rest
        first = solve(self.gram[np.ix_(rest, rest)], self.wanted[rest], PENALTY)
        seen = profiles(first.held_out)
        again = weigh(self.gram[np.ix_(rest, rest)] + PROFILE_WEIGHT * alike(seen @ seen.T), self.wanted[rest], PENALTY)
        at_first = self.gram[np.ix_(out, rest)] @ first.weights
        across = self.gram[np.ix_(out, rest)] + PROFILE_WEIGHT * alike(profiles(at_first) @ seen.T)
        np.testing.assert_allclose(said, (at_first + across @ again) / 2, atol=1e-3)

    def test_tenths_hold_every_intent_and_are_only_as_many_as_needed(self) -> None:
        few = fitting._tenths(self.intents)
        self.assertEqual(list(range(40)), sorted(int(place) for tenth in few for place in tenth))
        self.assertTrue(all(len(tenth) == 4 for tenth in few))
        many = np.repeat(np.arange(30), 100)
        tenths = fitting._tenths(many)
        self.assertEqual([300] * 4, [len(tenth) for tenth in tenths])
        for tenth in tenths:
            self.assertEqual(set(range(30)), set(many[tenth].tolist()))

    def test_a_penalty_too_small_is_named(self) -> None:
        twice = np.ones((3, 3), dtype=np.float32)
        for fit in (solve, weigh):
            with self.assertRaisesRegex(FittingError, "higher one in config.yml"):
                fit(twice, np.eye(3, dtype=np.float32), -1.0)


if __name__ == "__main__":
    unittest.main()
