"""Paper and what happens to it, in software: printed, copied, folded, stained, scanned, photographed, forged.

Everything is seeded: the same seed gives the same paper. Sizes are real (millimetres, dpi), the optics are simple.
"""
