"""Writes the Parquet files of this folder: one for each type, in the column `id`, as pyarrow writes it."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MOMENTS = [datetime(2024, 1, 1, 10), datetime(1960, 1, 1, 10, 0, 0, 500000)]
# Nanoseconds since the epoch: one after a whole second, one before.
NANOSECONDS = [1_704_103_200_000_000_001, -1]

COLUMNS = {
    "nulls": pa.array([None, None]),
    "dictionary": pa.array(["a", ""]).dictionary_encode(),
    "large_text": pa.array(["a", "é"], pa.large_string()),
    "int8": pa.array([-5, 127], pa.int8()),
    "uint8": pa.array([5, 255], pa.uint8()),
    "int16": pa.array([-5, 300], pa.int16()),
    "uint16": pa.array([5, 65535], pa.uint16()),
    "uint32": pa.array([5, 2**32 - 1], pa.uint32()),
    "uint64": pa.array([5, 2**64 - 1], pa.uint64()),
    "boolean": pa.array([True, False]),
    "decimal": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
    "date32": pa.array([date(2024, 2, 29), date(1900, 1, 1)]),
    "date64": pa.array([date(2024, 2, 29), date(1900, 1, 1)], pa.date64()),
    "timestamp_ms": pa.array(MOMENTS, pa.timestamp("ms")),
    "timestamp_us": pa.array(MOMENTS, pa.timestamp("us")),
    "timestamp_ns": pa.array(MOMENTS, pa.timestamp("ns")),
    "timestamp_ms_zone": pa.array(MOMENTS, pa.timestamp("ms", "America/Sao_Paulo")),
    "timestamp_ns_zone": pa.array(MOMENTS, pa.timestamp("ns", "UTC")),
    "nanoseconds": pa.array(NANOSECONDS, pa.timestamp("ns")),
    "nanoseconds_zone": pa.array(NANOSECONDS, pa.timestamp("ns", "America/Sao_Paulo")),
    "int96": pa.array(MOMENTS, pa.timestamp("ns")),
    "time": pa.array([time(10), time(23, 59)], pa.time64("us")),
    "duration": pa.array([1, 2], pa.duration("us")),
    "binary": pa.array([b"23", b"x"], pa.binary()),
    "fixed": pa.array([b"1234"] * 2, pa.binary(4)),
    "float16": pa.array([1.5, 2], pa.float32()).cast(pa.float16()),
    "decimal256": pa.array([Decimal(1)] * 2, pa.decimal256(50, 0)),
    "list": pa.array([[1], [2]]),
}

for name, column in COLUMNS.items():
    table = pa.table({"id": column, "Nome Próprio": ["Ana", "Bia"]})
    path = Path(__file__).with_name(f"{name}.parquet")
    pq.write_table(table, path, use_deprecated_int96_timestamps=name == "int96")

STRUCT = pa.struct({"n": pa.int64(), "text": pa.string(), "price": pa.decimal128(10, 2), "at": pa.timestamp("us")})
NESTED = {
    "struct": pa.array([{"n": 2**53 + 1, "text": 'a "b"', "price": Decimal("1.50"), "at": MOMENTS[1]}, None], STRUCT),
    "list": pa.array([None, [1, None]]),
    "map": pa.array([[("k", [1.5])], []], pa.map_(pa.string(), pa.list_(pa.float64()))),
}
PEOPLE = {"id": ["1", "2"], "Nome Próprio": ["Ana", "Bia"]}
pq.write_table(pa.table({**PEOPLE, **NESTED}), Path(__file__).with_name("unknown_nested.parquet"))
BYTES = pa.array([{"b": b"\xff"}, None])
pq.write_table(pa.table({**PEOPLE, "struct": BYTES}), Path(__file__).with_name("unknown_bytes.parquet"))

pq.write_table(pa.table({"id": COLUMNS["dictionary"]}), Path(__file__).with_name("dictionary_alone.parquet"))
