"""Rows as canonical lines: one JSON text per row, the same whichever engine read the table.

Long and decimal values are JSON strings of their digits, timestamps end in `Z` (instants) or not (wall-clock times), binary is
base64, maps are sorted lists of pairs. Lines are sorted by their bytes; their SHA-256 is the table's digest.
"""

import base64
import datetime
import hashlib
import json
import math

import pyarrow as pa

EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()


def report(folder, version, schema, table):
    """What a reader tells about one table."""
    lines = rows(schema, table)
    return {
        "folder": folder,
        "version": version,
        "rows": len(lines),
        "columns": [[field["name"], type_name(field["type"]), field["nullable"]] for field in schema["fields"]],
        "digest": hashlib.sha256(b"\n".join(lines)).hexdigest(),
        "lines": [line.decode() for line in lines],
    }


def rows(schema, table):
    """The sorted canonical lines of an Arrow table that has a Delta schema."""
    names = [quote(field["name"]) for field in schema["fields"]]
    columns = []
    for index, field in enumerate(schema["fields"]):
        column = table.column(index).combine_chunks()
        columns.append(values(field["type"], column))
    if not columns:
        return []
    return sorted(
        ("{" + ",".join(f"{name}:{value}" for name, value in zip(names, row)) + "}").encode() for row in zip(*columns)
    )


def type_name(kind):
    return kind if isinstance(kind, str) else json.dumps(kind, sort_keys=True)


def values(kind, array):
    """The canonical texts of an Arrow array that has a Delta type."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(kind, dict):
        return {"struct": structs, "array": lists, "map": maps}[kind["type"]](kind, array)
    if kind == "timestamp" or kind == "timestamp_ntz":
        zone = "UTC" if kind == "timestamp" else None
        micros = array.cast(pa.timestamp("us", zone)).cast(pa.int64()).to_pylist()
        return texts(micros, lambda value: timestamp(value, "Z" if zone else ""))
    if kind == "date":
        return texts(array.cast(pa.date32()).cast(pa.int32()).to_pylist(), lambda value: f'"{day(value)}"')
    if kind.startswith("decimal"):
        scale = int(kind[kind.index(",") + 1 : -1])
        return texts(array.to_pylist(), lambda value: decimal(value, scale))
    return texts(array.to_pylist(), SCALARS[kind])


def texts(items, convert):
    return ["null" if item is None else convert(item) for item in items]


def structs(kind, array):
    names = [quote(field["name"]) for field in kind["fields"]]
    parts = [values(field["type"], part) for field, part in zip(kind["fields"], array.flatten())]
    return [
        "{" + ",".join(f"{name}:{part[row]}" for name, part in zip(names, parts)) + "}" if valid else "null"
        for row, valid in enumerate(array.is_valid().to_pylist())
    ]


def lists(kind, array):
    if not pa.types.is_large_list(array.type):
        array = array.cast(pa.list_(array.type.value_field))
    items = values(kind["elementType"], array.values)
    return slices(array, lambda start, end: "[" + ",".join(items[start:end]) + "]")


def maps(kind, array):
    keys, items = values(kind["keyType"], array.keys), values(kind["valueType"], array.items)

    def pairs(start, end):
        ordered = sorted(zip(keys[start:end], items[start:end]), key=lambda pair: pair[0].encode())
        return "[" + ",".join(f"[{key},{item}]" for key, item in ordered) + "]"

    return slices(array, pairs)


def slices(array, convert):
    bounds = array.offsets.to_pylist()
    return [
        convert(bounds[row], bounds[row + 1]) if valid else "null"
        for row, valid in enumerate(array.is_valid().to_pylist())
    ]


def quote(text):
    return json.dumps(text, ensure_ascii=False)


def decimal(value, scale):
    text = f"{value:.{scale}f}"
    return f'"{text[1:] if text.startswith("-") and not any(c in text for c in "123456789") else text}"'


def timestamp(micros, suffix):
    seconds, fraction = divmod(micros, 1_000_000)
    days, second = divmod(seconds, 86_400)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{fraction:06}"
    return f'"{day(days)}T{clock}{suffix}"'


def day(days):
    return datetime.date.fromordinal(EPOCH_DAY + days).isoformat()


def double(value):
    """As JavaScript writes a double."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0:
        return '"-0"' if math.copysign(1, value) < 0 else "0"
    sign = "-" if value < 0 else ""
    digits, exponent = shortest(abs(value))
    point = len(digits) + exponent
    if 0 < point <= 21:
        text = digits + "0" * exponent if exponent >= 0 else f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        text = f"{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + text


def shortest(value):
    """The fewest digits that name a positive double, and the power of ten of the last one."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or 0) - len(fraction)
    stripped = digits.rstrip("0")
    return stripped, power + len(digits) - len(stripped)


SCALARS = {
    "boolean": lambda value: "true" if value else "false",
    "byte": str,
    "short": str,
    "integer": str,
    "long": lambda value: f'"{value}"',
    "float": double,
    "double": double,
    "string": quote,
    "binary": lambda value: f'"{base64.b64encode(value).decode()}"',
}
