"""Where patches of one picture lie in another: normalised cross-correlation, many patches at a time."""

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]


def offsets(reference: Grey, photo: Grey, centres: Points, half: int, reach: int) -> tuple[Points, Grey]:
    """For each centre (x, y): how far its patch has moved in the photo, and how alike the two are there (-1 to 1).

    Patches have sides of 2 × `half`; they are looked for up to `reach` pixels away. One found at the very edge of
    that is not found: its likeness is 0.
    """
    side, window = 2 * half, 2 * half + 2 * reach
    steps = 2 * reach + 1
    places = np.clip(np.rint(centres).astype(int), 0, np.array(reference.shape[::-1]) - 1)
    patches = _cut(reference, places, half)
    windows = _cut(photo, places, half + reach)
    patches = patches - patches.mean(axis=(1, 2), keepdims=True)
    windows = windows - windows.mean(axis=(1, 2), keepdims=True)
    spectrum = np.fft.rfft2(windows) * np.conj(np.fft.rfft2(patches, (window, window)))
    product = np.fft.irfft2(spectrum, (window, window))[:, :steps, :steps]
    mean, square = _sums(windows, side), _sums(windows * windows, side)
    spread = np.sqrt(np.maximum(square - mean * mean / (side * side), 1e-3))
    strength = np.sqrt((patches * patches).sum(axis=(1, 2)))[:, None, None]
    alike = product / (strength * spread + 1e-6)
    count = np.arange(len(places))
    down, across = np.divmod(alike.reshape(len(places), -1).argmax(axis=1), steps)
    best = alike[count, down, across]
    inner_down, inner_across = np.clip(down, 1, steps - 2), np.clip(across, 1, steps - 2)
    at_edge = (down != inner_down) | (across != inner_across)
    middle = alike[count, inner_down, inner_across]
    finer_x = _peak(alike[count, inner_down, inner_across - 1], middle, alike[count, inner_down, inner_across + 1])
    finer_y = _peak(alike[count, inner_down - 1, inner_across], middle, alike[count, inner_down + 1, inner_across])
    moved = np.column_stack([inner_across + finer_x - reach, inner_down + finer_y - reach])
    return moved.astype(np.float64), np.where(at_edge, 0, best).astype(np.float32)


def _cut(picture: Grey, places: npt.NDArray[np.int_], half: int) -> Grey:
    padded = np.pad(picture, half, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, (2 * half, 2 * half))
    return np.ascontiguousarray(views[places[:, 1], places[:, 0]])


def _sums(windows: Grey, side: int) -> npt.NDArray[np.float64]:
    """Sums over all squares of that side in each window."""
    sums = np.pad(windows, ((0, 0), (1, 0), (1, 0))).cumsum(axis=1, dtype=np.float64).cumsum(axis=2)
    inner = sums[:, side:, side:] - sums[:, :-side, side:] - sums[:, side:, :-side] + sums[:, :-side, :-side]
    return np.asarray(inner)


def _peak(before: Grey, middle: Grey, after: Grey) -> Grey:
    """Where the top of the parabola through three values lies, from -0.5 to 0.5."""
    bend = before - 2 * middle + after
    bent = np.abs(bend) > 1e-9
    top = 0.5 * (before - after) / np.where(bent, bend, 1)
    return np.where(bent, np.clip(top, -0.5, 0.5), 0).astype(np.float32)


def placed(photo: Grey, box: tuple[int, int, int, int], moved: Points) -> Grey:
    """The part of the photo that belongs to this box (left, top, right, bottom) of the page, found `moved` away.

    Between pixels where need be.
    """
    x0, y0, x1, y1 = box
    right, down = (int(part) for part in np.floor(moved))
    part = photo[y0 + down : y1 + down + 1, x0 + right : x1 + right + 1]
    x, y = (np.float32(part) for part in moved - np.floor(moved))
    upper = part[:-1, :-1] * (1 - x) + part[:-1, 1:] * x
    lower = part[1:, :-1] * (1 - x) + part[1:, 1:] * x
    return np.asarray(upper * (1 - y) + lower * y, dtype=np.float32)
