"""Does to Delta tables what it is told, with Spark or with deltalake: one JSON command a line in, one JSON answer a line out.

    TSLAKE_TEST_SPARK_JARS=a.jar,b.jar partner_session.py spark|deltalake

Commands: {"read": FOLDER, "version"?}, {"changes": FOLDER, "from": VERSION}, {"history": FOLDER};
with Spark {"sql": TEXT}; with deltalake {"append": FOLDER, "rows": […]}, {"merge": FOLDER, "rows", "on"}, {"delete": FOLDER,
"where"}, {"compact": FOLDER}.
"""

import datetime
import decimal
import json
import os
import sys
import tempfile

import pyarrow as pa

from canonical_rows import report


class Spark:
    def __init__(self, scratch):
        from read_spark import session

        self.spark = session(scratch)

    def read(self, folder, version=None):
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        frame = reader.load(folder)
        return json.loads(report(folder, version or 0, frame.schema.jsonValue(), frame.toArrow(), True))

    def changes(self, folder, version):
        frame = (
            self.spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", version).load(folder)
        ).drop("_commit_timestamp")
        return json.loads(report(folder, version, frame.schema.jsonValue(), frame.toArrow(), True))

    def history(self, folder):
        rows = self.spark.sql(f"DESCRIBE HISTORY delta.`{folder}`").collect()
        return [[row.version, row.operation, row.operationMetrics] for row in rows]

    def sql(self, text):
        return [row.asDict(recursive=True) for row in self.spark.sql(text).collect()]


class Deltalake:
    def __init__(self, scratch):
        pass

    def read(self, folder, version=None):
        from deltalake import DeltaTable, QueryBuilder

        table = DeltaTable(folder, version=version)
        schema = json.loads(table.schema().to_json())
        names = ", ".join('"' + field["name"].replace('"', '""') + '"' for field in schema["fields"])
        rows = QueryBuilder().register("t", table).execute(f"SELECT {names} FROM t")
        return json.loads(report(folder, table.version(), schema, pa.RecordBatchReader.from_stream(rows).read_all(), True))

    def changes(self, folder, version):
        from deltalake import DeltaTable

        table = DeltaTable(folder)
        schema = json.loads(table.schema().to_json())
        rows = pa.RecordBatchReader.from_stream(table.load_cdf(starting_version=version)).read_all()
        fields = [
            *schema["fields"],
            {"name": "_change_type", "type": "string", "nullable": True},
            {"name": "_commit_version", "type": "long", "nullable": True},
        ]
        return json.loads(report(folder, version, {"fields": fields}, rows.select([f["name"] for f in fields]), True))

    def history(self, folder):
        from deltalake import DeltaTable

        return [[entry["version"], entry["operation"], entry.get("operationMetrics", {})] for entry in DeltaTable(folder).history()]

    def append(self, folder, rows):
        from deltalake import DeltaTable, write_deltalake

        write_deltalake(folder, arrow(DeltaTable(folder), rows), mode="append")

    def merge(self, folder, rows, on):
        from deltalake import DeltaTable

        table = DeltaTable(folder)
        condition = " AND ".join(f"target.{name} = source.{name}" for name in on)
        merge = table.merge(arrow(table, rows), condition, source_alias="source", target_alias="target")
        merge.when_matched_update_all().when_not_matched_insert_all().execute()

    def delete(self, folder, where):
        from deltalake import DeltaTable

        DeltaTable(folder).delete(where)

    def compact(self, folder):
        from deltalake import DeltaTable

        DeltaTable(folder).optimize.compact()


def arrow(table, rows):
    """Rows of JSON as an Arrow table with a Delta table's schema; decimals, dates and times are texts."""
    schema = pa.schema(table.schema().to_arrow())

    def value(item, kind):
        if item is None:
            return None
        if pa.types.is_decimal(kind):
            return decimal.Decimal(item)
        if pa.types.is_date(kind):
            return datetime.date.fromisoformat(item)
        if pa.types.is_timestamp(kind):
            return datetime.datetime.fromisoformat(item)
        return item

    return pa.table({f.name: pa.array([value(row.get(f.name), f.type) for row in rows], f.type) for f in schema})


def main(engine, scratch):
    # Answers have the standard output to themselves: what a Java machine has to say goes to the errors.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    session = {"spark": Spark, "deltalake": Deltalake}[engine](scratch)
    actions = {
        "read": lambda c: session.read(c["read"], c.get("version")),
        "changes": lambda c: session.changes(c["changes"], c["from"]),
        "history": lambda c: session.history(c["history"]),
        "sql": lambda c: session.sql(c["sql"]),
        "append": lambda c: session.append(c["append"], c["rows"]),
        "merge": lambda c: session.merge(c["merge"], c["rows"], c["on"]),
        "delete": lambda c: session.delete(c["delete"], c["where"]),
        "compact": lambda c: session.compact(c["compact"]),
    }
    for line in sys.stdin:
        command = json.loads(line)
        action = next(act for name, act in actions.items() if name in command)
        try:
            answer = {"answer": action(command)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
        print(json.dumps(answer, ensure_ascii=False, default=str), file=answers, flush=True)


with tempfile.TemporaryDirectory(prefix="tslake-partner-", ignore_cleanup_errors=True) as scratch:
    main(sys.argv[1], scratch)
