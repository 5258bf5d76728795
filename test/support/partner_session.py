"""Does to Delta tables what it is told, with Spark or with deltalake, for all the tests of a run.

    TSLAKE_TEST_SPARK_JARS=a.jar,b.jar partner_session.py FOLDER

Each connection to FOLDER/socket is a session of its own: the engine's name on the first line ("spark" or "deltalake"), then
one JSON command a line in, one JSON answer a line out. All sessions with Spark share one Java machine, which starts with the
first of them. With the end of the standard input everything ends, and the folder is removed.

Commands: {"read": FOLDER, "version"?}, {"changes": FOLDER, "from": VERSION}, {"history": FOLDER};
with Spark {"sql": TEXT}; with deltalake {"append": FOLDER, "rows": […]}, {"merge": FOLDER, "rows", "on"}, {"delete": FOLDER,
"where"}, {"compact": FOLDER}.
"""

import datetime
import decimal
import json
import os
import shutil
import socketserver
import sys
import threading

import pyarrow as pa

from canonical_rows import report


class Spark:
    """A session with its own settings and views, in the one Java machine."""

    settings = {
        "spark.jars": os.environ.get("TSLAKE_TEST_SPARK_JARS", ""),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        # The usual log store starts a program for each file, to ask whether it is a link.
        "spark.delta.logStore.file.impl": "io.delta.storage.LocalLogStore",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.databricks.delta.snapshotPartitions": "1",
        # Tables are small: compiling code for them takes longer than running it.
        # The first compiler alone would have 48 MB for its code, which a long session fills.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.warehouse.dir": sys.argv[1],
        "spark.local.dir": sys.argv[1],
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
    }
    starting = threading.Lock()
    first = None

    def __init__(self):
        with Spark.starting:
            Spark.first = Spark.first or self.start()
        self.spark = Spark.first.newSession()

    def start(self):
        from pyspark.sql import SparkSession

        return SparkSession.builder.master("local[2]").appName("tslake").config(map=self.settings).getOrCreate()

    @staticmethod
    def end():
        machine = Spark.first.sparkContext._gateway.proc
        machine.kill()
        machine.wait()

    def read(self, folder, version=None):
        reader = self.spark.read.format("delta")
        frame = (reader if version is None else reader.option("versionAsOf", version)).load(folder)
        if version is None:
            log = self.spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(self.spark._jsparkSession, folder)
            version = log.unsafeVolatileSnapshot().version()
        return report(folder, version, frame.schema.jsonValue(), frame.toArrow())

    def changes(self, folder, version):
        reader = self.spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", version)
        frame = reader.load(folder).drop("_commit_timestamp")
        return report(folder, version, frame.schema.jsonValue(), frame.toArrow())

    def history(self, folder):
        rows = self.spark.sql(f"DESCRIBE HISTORY delta.`{folder}`").collect()
        return [[row.version, row.operation, row.operationMetrics] for row in rows]

    def sql(self, text):
        return [row.asDict(recursive=True) for row in self.spark.sql(text).collect()]


class Deltalake:
    def read(self, folder, version=None):
        from deltalake import DeltaTable, QueryBuilder

        table = DeltaTable(folder, version=version)
        schema = json.loads(table.schema().to_json())
        names = ", ".join('"' + field["name"].replace('"', '""') + '"' for field in schema["fields"])
        rows = QueryBuilder().register("t", table).execute(f"SELECT {names} FROM t")
        return report(folder, table.version(), schema, pa.RecordBatchReader.from_stream(rows).read_all())

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
        return report(folder, version, {"fields": fields}, rows.select([f["name"] for f in fields]))

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


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        session = {b"spark": Spark, b"deltalake": Deltalake}[self.rfile.readline().strip()]()
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
        for line in self.rfile:
            command = json.loads(line)
            action = next(act for name, act in actions.items() if name in command)
            try:
                answer = {"answer": action(command)}
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
            self.wfile.write(f"{json.dumps(answer, ensure_ascii=False, default=str)}\n".encode())


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


with Server(os.path.join(sys.argv[1], "socket"), Session) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    if Spark.first is not None:
        Spark.end()
    shutil.rmtree(sys.argv[1], ignore_errors=True)
os._exit(0)
