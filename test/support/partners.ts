import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe } from "vitest";

/**
 * Programs and data beside the project that some tests need: other readers of Delta tables, Jupyter, an S3 server,
 * PostgreSQL. Each is named by an environment variable; a test that lacks one is skipped and says so in its name.
 */
export type Partner = "deltalake" | "spark" | "jupyter" | "s3" | "postgres" | "shared";

/** A Python that has deltalake, pyspark, nbclient, jupyter_client and nbformat. */
export function python(): string | undefined {
  return present("TSLAKE_TEST_PYTHON");
}

/** Paths of the jars that teach Spark Delta, comma-separated. */
function sparkJars(): string | undefined {
  return present("TSLAKE_TEST_SPARK_JARS");
}

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

/** What another engine reads from a table. */
export interface Reading {
  readonly folder: string;
  readonly version: number;
  readonly rows: number;
  /** Name, Delta type (nested ones as JSON) and nullability. */
  readonly columns: readonly (readonly [name: string, type: string, nullable: boolean])[];
  /** SHA-256 of the sorted canonical lines. */
  readonly digest: string;
  /** The canonical lines (see canonical_rows.py), when asked for. */
  readonly lines?: readonly string[];
  /** Set instead of all the rest when the table could not be read. */
  readonly error?: string;
}

/** A table's folder, or `folder@version` for an earlier version. */
export type Target = string;

export interface ReadOptions {
  readonly lines?: boolean;
}

/** Tables as deltalake (delta-rs) reads them. */
export function readWithDeltalake(targets: readonly Target[], options: ReadOptions = {}): Promise<readonly Reading[]> {
  return runReader("read_deltalake.py", targets, options);
}

/** Tables as Spark with delta-spark reads them, all in one session (which takes about ten seconds to start). */
export function readWithSpark(targets: readonly Target[], options: ReadOptions = {}): Promise<readonly Reading[]> {
  return runReader("read_spark.py", targets, options);
}

async function runReader(
  script: string,
  targets: readonly Target[],
  options: ReadOptions,
): Promise<readonly Reading[]> {
  const command = python();
  if (command === undefined) throw new Error("TSLAKE_TEST_PYTHON is not set");
  const argv = [resolve("test/support", script), ...(options.lines ? ["--lines"] : []), ...targets];
  const child = spawn(command, argv, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const status = await new Promise<number | null>((done, failed) => {
    child.on("error", failed);
    child.on("close", done);
  });
  if (status !== 0) throw new Error(`${script} ended with status ${status}:\n${complaints.slice(-4_000)}`);
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Reading => JSON.parse(line));
}

function whatIsMissing(partner: Partner): string | undefined {
  if (partner === "shared") return shared() === undefined ? "a shared folder: TSLAKE_SHARED" : undefined;
  if (partner === "s3") return present("TSLAKE_TEST_S3") === undefined ? "versitygw: TSLAKE_TEST_S3" : undefined;
  if (partner === "postgres") {
    return present("TSLAKE_TEST_POSTGRES") === undefined ? "PostgreSQL's binaries: TSLAKE_TEST_POSTGRES" : undefined;
  }
  if (python() === undefined) return "a Python: TSLAKE_TEST_PYTHON";
  if (partner === "spark" && sparkJars() === undefined) return "Spark's jars: TSLAKE_TEST_SPARK_JARS";
  return undefined;
}

function present(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : value;
}
