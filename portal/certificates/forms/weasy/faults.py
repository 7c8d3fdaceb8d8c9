"""Why a page cannot be set."""


class SubsetterMissing(Exception):
    """Raised at start when libharfbuzz-subset is not installed: fonts would be cut by a path four times slower."""


class TypesettingBroken(Exception):
    """Raised when what was drawn is not what was asked for: another font or glyph, text outside the page stream."""


class FormBroken(Exception):
    """Raised when a page template does not keep the rules of a form; names the place."""


class DoesNotFit(Exception):
    """Raised when a text is too long for every setting of its place; names the place, not the value."""
