"""Reads Delta tables with deltalake (delta-rs) and prints one line of JSON per table.

    read_deltalake.py [--lines] FOLDER[@VERSION]…
"""

import json
import re
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from canonical_rows import report


def main(arguments):
    with_lines = "--lines" in arguments
    for argument in arguments:
        if argument == "--lines":
            continue
        folder, version = re.fullmatch(r"(.*?)(?:@(\d+))?", argument, re.DOTALL).groups()
        try:
            table = DeltaTable(folder, version=None if version is None else int(version))
            schema = json.loads(table.schema().to_json())
            names = ", ".join('"' + field["name"].replace('"', '""') + '"' for field in schema["fields"])
            read = QueryBuilder().register("t", table).execute(f"SELECT {names} FROM t")
            print(report(folder, table.version(), schema, pa.RecordBatchReader.from_stream(read).read_all(), with_lines))
        except Exception as error:
            print(json.dumps({"folder": folder, "error": f"{type(error).__name__}: {error}"}))
        sys.stdout.flush()


main(sys.argv[1:])
