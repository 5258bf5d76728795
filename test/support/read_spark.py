"""Reads Delta tables with Spark in one session and prints one line of JSON per table.

    TSLAKE_TEST_SPARK_JARS=a.jar,b.jar read_spark.py [--lines] FOLDER[@VERSION]…
"""

import json
import os
import re
import sys
import tempfile

from pyspark.sql import SparkSession

from canonical_rows import report


def session(scratch):
    settings = {
        "spark.jars": os.environ["TSLAKE_TEST_SPARK_JARS"],
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.databricks.delta.snapshotPartitions": "1",
        # Tables are small: compiling code for them takes longer than running it.
        # The first compiler alone would have 48 MB for its code, which a long session fills.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.warehouse.dir": scratch,
        "spark.local.dir": scratch,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[2]").appName("tslake")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def main(arguments, scratch):
    # Reports have the standard output to themselves: what a Java machine has to say goes to the errors.
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    spark = session(scratch)
    with_lines = "--lines" in arguments
    for argument in arguments:
        if argument == "--lines":
            continue
        folder, version = re.fullmatch(r"(.*?)(?:@(\d+))?", argument, re.DOTALL).groups()
        try:
            if version is None:
                version = spark.sql(f"DESCRIBE HISTORY delta.`{folder}` LIMIT 1").first().version
            frame = spark.read.format("delta").option("versionAsOf", version).load(folder)
            print(report(folder, int(version), frame.schema.jsonValue(), frame.toArrow(), with_lines), file=reports)
        except Exception as error:
            print(json.dumps({"folder": folder, "error": f"{type(error).__name__}: {error}"}), file=reports)
        reports.flush()
    spark.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tslake-spark-", ignore_cleanup_errors=True) as scratch:
        main(sys.argv[1:], scratch)
