"""Small import folders for tests: a good one, and ways to spoil it."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from portal.register.importing.columns import FILES, TAX
from portal.register.numbers import check_digit
from tests.world.demo_city.seal_pictures import encoded

HOME, OTHER_HOME = "いずみ県みさき市港町一丁目1番1号", "いずみ県みさき市晴海町二丁目2番2号"


def household(number: str = "H1", **cells: str) -> dict[str, str]:
    """A row of households.csv."""
    return {"household_number": number, "postal_code": "0000001", "address": HOME, **cells}


def resident(number: str, **cells: str) -> dict[str, str]:
    """A row of residents.csv: a head, unless told otherwise. `number` is made of digits."""
    eleven = f"99{number:0>9}"
    return {
        "resident_number": number,
        "household_number": "H1",
        "status": "resident",
        "name": "山田　太郎",
        "reading": "ヤマダ　タロウ",
        "reading_registered": "1",
        "birth_date": "1980-05-05",
        "sex": "male",
        "relationship": "世帯主",
        "is_head": "1",
        "address": HOME,
        "became_resident_on": "2010-04-01",
        "notified_on": "2010-04-05",
        "change_in_progress": "0",
        "individual_number": eleven + check_digit(eleven),
        "resident_code": f"{number:0>11}",
        **cells,
    }


def child(number: str, **cells: str) -> dict[str, str]:
    """A row of residents.csv for someone who is not a head."""
    return resident(number, **{"relationship": "子", "is_head": "0", "name": "山田　小花", **cells})


def seal(number: str, **cells: str) -> dict[str, str]:
    """A row of seals.csv."""
    return {
        "resident_number": number,
        "seal_number": f"S{number}",
        "registered_on": "2020-01-01",
        "picture": encoded("山田"),
        **cells,
    }


def assessment(number: str, **cells: str) -> dict[str, str]:
    """A row of tax.csv: no income and no tax, unless told otherwise."""
    amounts = {column.name: "0" for column in TAX.columns if column.name.endswith("_yen")}
    return {"resident_number": number, "fiscal_year": "2026", "filed_on": "2026-03-10", **amounts, **cells}


def family_register(number: str = "F1", **cells: str) -> dict[str, str]:
    """A row of family_registers.csv."""
    return {"register_number": number, "domicile": HOME, "family_head": "山田　太郎", **cells}


def family_member(place: str, resident_number: str = "", **cells: str) -> dict[str, str]:
    """A row of family_members.csv."""
    return {
        "register_number": "F1",
        "place": place,
        "resident_number": resident_number,
        "name": "山田　太郎",
        "birth_date": "1980-05-05",
        "sex": "male",
        "protected": "0",
        **cells,
    }


def lived(place: str, sequence: str = "1", **cells: str) -> dict[str, str]:
    """A row of domicile.csv."""
    return {"register_number": "F1", "place": place, "sequence": sequence, "address": HOME, **cells}


def protection(number: str, **cells: str) -> dict[str, str]:
    """A row of protections.csv."""
    return {"resident_number": number, "starts_on": "2026-04-01", "ends_on": "2027-03-31", **cells}


def write(folder: Path, **tables: Iterable[Mapping[str, str]]) -> Path:
    """Write `households=…, residents=…, seals=…` into `folder`; files not named are not there."""
    folder.mkdir(exist_ok=True)
    for file in FILES:
        path = folder / file.name
        path.unlink(missing_ok=True)
        rows = tables.get(file.name.removesuffix(".csv"))
        if rows is not None:
            path.write_bytes(text_of(file.name, rows).encode())
    return folder


def text_of(file_name: str, rows: Iterable[Mapping[str, str]]) -> str:
    """The CSV text of some rows."""
    columns = [column.name for file in FILES if file.name == file_name for column in file.columns]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace text of a file, which must hold it."""
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode()))
