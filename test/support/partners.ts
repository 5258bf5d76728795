import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe } from "vitest";

/**
 * Programs and data beside the project that some tests need: other readers of Delta tables, Jupyter, an S3 server,
 * PostgreSQL. Each is named by an environment variable (a Python that has deltalake, pyspark, nbclient, jupyter_client and
 * nbformat; the jars that teach Spark Delta, comma-separated); a test that lacks one is skipped and says so in its name.
 */
export type Partner = "deltalake" | "spark" | "jupyter" | "s3" | "postgres" | "shared";

/** The folder of fixtures shared with other projects. */
export function shared(): string | undefined {
  const folder = resolve(process.env["TSLAKE_SHARED"] ?? "../shared");
  return existsSync(folder) ? folder : undefined;
}

/** A suite that needs a partner; without it the suite is skipped with the reason. */
export function describeWith(partner: Partner, name: string, body: () => void): void {
  const missing = whatIsMissing(partner);
  if (missing === undefined) describe(name, body);
  else describe.skip(`${name} (needs ${missing})`, body);
}

function whatIsMissing(partner: Partner): string | undefined {
  if (partner === "shared") return shared() === undefined ? "a shared folder: TSLAKE_SHARED" : undefined;
  if (partner === "s3") return present("TSLAKE_TEST_S3") === undefined ? "versitygw: TSLAKE_TEST_S3" : undefined;
  if (partner === "postgres") {
    return present("TSLAKE_TEST_POSTGRES") === undefined ? "PostgreSQL's binaries: TSLAKE_TEST_POSTGRES" : undefined;
  }
  if (present("TSLAKE_TEST_PYTHON") === undefined) return "a Python: TSLAKE_TEST_PYTHON";
  if (partner === "spark" && present("TSLAKE_TEST_SPARK_JARS") === undefined) {
    return "Spark's jars: TSLAKE_TEST_SPARK_JARS";
  }
  return undefined;
}

function present(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : value;
}
