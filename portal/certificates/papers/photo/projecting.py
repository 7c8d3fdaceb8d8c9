"""Projective maps between a page and its photo, fitted so that outliers cannot pull them."""

import numpy as np

from portal.certificates.papers.photo.matching import Points

_ROUNDS = 8


def projected(projection: Points, points: Points) -> Points:
    """Where the map (3 × 3) takes the points."""
    places = np.column_stack([points, np.ones(len(points))]) @ projection.T
    return np.asarray(places[:, :2] / places[:, 2:])


def affine(source: Points, target: Points, weights: Points) -> Points:
    """The affine map that brings the source points nearest to their targets."""
    root = np.sqrt(weights)[:, None]
    solved = np.linalg.lstsq(np.column_stack([source, np.ones(len(source))]) * root, target * root, rcond=None)[0]
    return np.vstack([solved.T, [0, 0, 1]])


def projective(source: Points, target: Points, weights: Points, stiffness: float) -> Points:
    """The projective map that does; `stiffness` holds it near an affine one while the points lie close together."""
    to_unit, from_unit = _normalisation(source), np.linalg.inv(_normalisation(target))
    (x, y), (u, v) = projected(to_unit, source).T, projected(_normalisation(target), target).T
    one, none = np.ones_like(x), np.zeros_like(x)
    rows = np.vstack(
        [
            np.column_stack([x, y, one, none, none, none, -u * x, -u * y]),
            np.column_stack([none, none, none, x, y, one, -v * x, -v * y]),
        ]
    )
    root = np.sqrt(np.tile(weights, 2))
    weighted = rows * root[:, None]
    normal = weighted.T @ weighted
    normal[6, 6] += stiffness * weights.sum()
    normal[7, 7] += stiffness * weights.sum()
    solved = np.linalg.solve(normal, weighted.T @ (np.concatenate([u, v]) * root))
    whole = from_unit @ np.append(solved, 1).reshape(3, 3) @ to_unit
    return np.asarray(whole / whole[2, 2])


def robust(source: Points, target: Points, weights: Points, stiffness: float | None) -> Points:
    """A projective map (affine with `stiffness` None) that follows the many and leaves the few."""
    now = weights
    fitted = np.eye(3)
    for _ in range(_ROUNDS):
        fitted = affine(source, target, now) if stiffness is None else projective(source, target, now, stiffness)
        misses = np.hypot(*(projected(fitted, source) - target).T)
        scale = max(1.0, 1.5 * float(np.median(misses)))
        now = weights / (1 + (misses / scale) ** 2) ** 2
    return fitted


def _normalisation(points: Points) -> Points:
    middle, size = points.mean(axis=0), points.std() + 1e-9
    return np.array([[1 / size, 0, -middle[0] / size], [0, 1 / size, -middle[1] / size], [0, 0, 1]])
