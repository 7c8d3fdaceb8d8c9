"""What is changed: one comparison, one condition, one constant, one check at a time, wherever it stands.

Unlike the usual tools this reaches the tables at module level and decorated functions, where most of the rules are.
Left alone is what decides nothing: docstrings, annotations, words of a log line or of an exception.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
}
_QUANTIFIERS = {"any": "all", "all": "any", "min": "max", "max": "min"}

Change = tuple[ast.AST, str, Callable[[], None]]


@dataclass(frozen=True)
class Mutant:
    """One change of a module: where, what, and how to get at its code."""

    place: str
    what: str
    source: str
    path: str
    index: int

    @property
    def name(self) -> str:
        """How survivors are listed: it holds no line number, so that it outlives edits elsewhere in the file."""
        return f"{self.place}: {self.what}"

    @property
    def code(self) -> CodeType:
        """The whole module with this one change."""
        tree = ast.parse(self.source)
        _, _, apply = list(_changes(tree))[self.index]
        apply()
        ast.fix_missing_locations(tree)
        return compile(tree, self.path, "exec")


def mutants(source: str, path: str) -> Iterator[Mutant]:
    """Every mutant of a module, from the outside in."""
    tree = ast.parse(source)
    places = dict(_places(tree, ()))
    seen: Counter[str] = Counter()
    for index, (node, what, _) in enumerate(_changes(tree)):
        place = places.get(id(node), "module")
        seen[place + what] += 1
        number = seen[place + what]
        yield Mutant(place, what if number == 1 else f"{what} ({number})", source, path, index)


def _places(node: ast.AST, around: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """The functions and classes around each node, from the outside in."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        around = (*around, node.name)
    for inner in ast.iter_child_nodes(node):
        if around:
            yield id(inner), ".".join(around)
        yield from _places(inner, around)


def _changes(tree: ast.Module) -> Iterator[Change]:
    silent = _silent(tree)
    for node in ast.walk(tree):
        if id(node) not in silent:
            yield from _of_expression(node)
            yield from _of_statements(node, silent)


def _silent(tree: ast.Module) -> set[int]:
    """Everything that decides nothing."""
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
                roots.append(node)
            case ast.AnnAssign(annotation=annotation):
                roots.append(annotation)
            case ast.arg(annotation=ast.AST() as annotation):
                roots.append(annotation)
            case ast.Raise(exc=ast.Call(args=words)):
                roots.extend(words)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="_LOG"))):
                roots.append(node)
            case ast.FunctionDef(returns=returns, decorator_list=decorators):
                roots.extend([*decorators, *([returns] if returns else [])])
            case ast.ClassDef(decorator_list=decorators):
                roots.extend(decorators)
            case _:
                pass
    return {id(inner) for root in roots for inner in ast.walk(root)}


def _of_expression(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=ops):
            for place, operator in enumerate(ops):
                other = _COMPARISONS[type(operator)]
                yield node, f"{ast.unparse(node)}, {other.__name__}", _setting(ops, place, other())
        case ast.BoolOp(op=operator):
            swapped = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield node, f"{ast.unparse(node)}, {type(swapped).__name__}", _set(node, "op", swapped)
        case ast.BinOp(op=operator) if type(operator) in _ARITHMETIC:
            yield (
                node,
                f"{ast.unparse(node)}, {_ARITHMETIC[type(operator)].__name__}",
                _set(node, "op", _ARITHMETIC[type(operator)]()),
            )
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, f"{ast.unparse(node)}, not dropped", _set_both(node, ast.UAdd(), _truth(operand))
        case ast.Call(func=ast.Name(id=name)) if name in _QUANTIFIERS:
            yield node, f"{ast.unparse(node)}, {_QUANTIFIERS[name]}", _set(node.func, "id", _QUANTIFIERS[name])
        case ast.Constant(value=value) if value not in {None, "", b"", ...}:
            yield node, f"{value!r} altered", _set(node, "value", _altered(value))
        case _:
            pass


def _altered(value: object) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case bytes():
            return b"X" + value[1:]
        case _:
            return f"{value}X"


def _of_statements(node: ast.AST, silent: set[int]) -> Iterator[Change]:
    yield from _of_block(node, silent)
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            for value in (True, False):
                yield node, f"if {ast.unparse(test)}, always {value}", _set(node, "test", ast.Constant(value))
        case ast.Tuple(elts=parts, ctx=ast.Load()) | ast.List(elts=parts, ctx=ast.Load()) if len(parts) > 1:
            for place, part in enumerate(parts):
                yield node, f"{ast.unparse(part)} left out", _dropping(parts, place)
        case ast.Dict(keys=keys, values=values):
            for place, key in enumerate(keys):
                yield node, f"{ast.unparse(key or values[place])} left out", _dropping(keys, place, values)
        case _:
            pass


def _of_block(node: ast.AST, silent: set[int]) -> Iterator[Change]:
    """Statements that check, refuse or record, each left out."""
    blocks = [getattr(node, field, None) for field in ("body", "orelse", "finalbody")]
    for block in [block for block in blocks if isinstance(block, list)]:
        for place, statement in enumerate(block):
            decides = statement.value if isinstance(statement, ast.Expr) else statement
            if isinstance(statement, ast.Raise | ast.Expr) and id(decides) not in silent:
                words = ast.unparse(statement).splitlines()[0]
                yield statement, f"{words}, dropped", _setting(block, place, ast.Pass())


def _truth(operand: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("bool", ast.Load()), [operand], [])


def _set(node: ast.AST, field: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, field, value)


def _set_both(node: ast.UnaryOp, operator: ast.unaryop, operand: ast.expr) -> Callable[[], None]:
    def apply() -> None:
        node.op, node.operand = operator, operand

    return apply


def _setting(items: list[Any], place: int, value: ast.AST) -> Callable[[], None]:
    return lambda: items.__setitem__(place, value)


def _dropping(items: list[Any], place: int, beside: list[ast.expr] | None = None) -> Callable[[], None]:
    def apply() -> None:
        del items[place]
        if beside is not None:
            del beside[place]

    return apply
