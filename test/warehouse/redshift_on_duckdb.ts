import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { LocalStorage } from "../../lib/storage/local.js";
import { resultOf } from "../../lib/warehouse/duckdb/values.js";
import type { RedshiftSession } from "../../lib/warehouse/redshift/session.js";
import type { RedshiftPlace } from "../../lib/warehouse/redshift/warehouse.js";

/** Where the bucket is said to be. */
const BUCKET = "s3://balde/estrela";

/**
 * Stands for a Redshift database: remembers every statement as it was sent and runs what DuckDB understands of it. It proves
 * that the statements say the right thing, not that Redshift takes them: that is for the grammar to say.
 */
export class RedshiftOnDuckdb {
  readonly statements: string[] = [];
  readonly place: RedshiftPlace;
  readonly #folder: string;
  #instance: Promise<DuckDBInstance> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.place = {
      label: "redshift://analista@exemplo:5439/dw",
      schema: undefined,
      staging: {
        address: BUCKET,
        storage: new LocalStorage(folder),
        iamRole: "arn:aws:iam::123456789012:role/tslake",
      },
      openSession: () => this.#open(),
    };
  }

  /** What has not been removed from the bucket. */
  async left(): Promise<readonly string[]> {
    return (await new LocalStorage(this.#folder).list("")).map(({ path }) => path);
  }

  async #open(): Promise<RedshiftSession> {
    this.#instance ??= DuckDBInstance.create(":memory:");
    const connection: DuckDBConnection = await (await this.#instance).connect();
    const translated = (sql: string): string => {
      this.statements.push(sql);
      return this.#translated(sql);
    };
    return {
      execute: async (sql) => (await connection.run(translated(sql))).rowsChanged,
      query: async (sql) => resultOf(await connection.runAndReadAll(translated(sql))),
      close: () => Promise.resolve(connection.closeSync()),
    };
  }

  #translated(sql: string): string {
    const copy = /^COPY ("\w+")\nFROM '([^']*)'\n/.exec(sql);
    if (copy) {
      const files = join(this.#folder, (copy[2] ?? "").slice(BUCKET.length), "*.parquet");
      return `INSERT INTO ${copy[1]} SELECT * FROM read_parquet('${files}')`;
    }
    if (/^(?:LOCK|ANALYZE) /.test(sql)) return "SELECT 1";
    return sql
      .replace(/ ENCODE \w+/g, "")
      .replace(/,\n {2}PRIMARY KEY \([^)]*\)/, "")
      .replace(/\n(?:DISTSTYLE|DISTKEY|SORTKEY)[^\n]*/g, "")
      .replaceAll("svv_columns", "information_schema.columns");
  }
}
