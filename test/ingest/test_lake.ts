import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { Catalog } from "../../lib/contract/catalog.js";
import { text } from "../../lib/contract/column_spec.js";
import { type AnyTable, type DriftMode, defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { ingest } from "../../lib/ingest/ingest.js";
import type { IngestResult } from "../../lib/ingest/ingest_result.js";
import { Lake } from "../../lib/lake/lake.js";
import type { Value } from "../../lib/relation/runner.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { TEMPORARY_PREFIX } from "../../lib/storage/path.js";

/** A small landing table: `id` and, under the header `Nome Próprio`, `nome`. */
export function people(drift: DriftMode = "rescue"): AnyTable {
  return defineTable("bronze.people", {
    description: "People as they come",
    grain: "one line of a file",
    landing: { source: "people", files: ["people*.csv", "*.ndjson", "*.jsonl", "*.parquet"] },
    write: "append",
    drift,
    columns: { id: text(), nome: text().header("Nome Próprio"), ...LANDING_COLUMNS },
  });
}

export const HEADER = "id,Nome Próprio\n";

type Row = Readonly<Record<string, Value>>;

/** A lake and a landing zone in a temporary folder. */
export class TestLake {
  readonly folder: string;
  readonly table: AnyTable;

  constructor(table = people(), parent = os.tmpdir()) {
    this.table = table;
    this.folder = fs.mkdtempSync(join(parent, "tslake-ingest-"));
    fs.mkdirSync(join(this.landing, "people"), { recursive: true });
  }

  get landing(): string {
    return join(this.folder, "landing");
  }
  get archive(): string {
    return join(this.folder, "lake/bronze/_archive/people");
  }

  /** A file that nobody has written to for a minute. */
  land(name: string, content: string | Uint8Array): string {
    const path = join(this.landing, "people", name);
    fs.writeFileSync(path, content);
    this.age(path);
    return path;
  }
  age(path: string): void {
    const then = Date.now() / 1000 - 60;
    fs.utimesSync(path, then, then);
  }

  /** With a lake of its own each time, as every run has. */
  ingest(now?: bigint): Promise<IngestResult> {
    return ingest(this.open(), this.table, { landing: this.landing, ...(now === undefined ? {} : { now }) });
  }
  open(): Lake {
    const storage = new LocalStorage(join(this.folder, "lake"));
    return new Lake({ storage, catalog: new Catalog([this.table]), timeZone: "America/Sao_Paulo" });
  }

  /** All rows, in the order of file and line. */
  async rows(): Promise<readonly Row[]> {
    const stored = await this.open().readStored("bronze.people");
    return (await stored
      .orderBy((t) => ["_file", "_row"].flatMap((name) => t[name]?.asc() ?? []))
      .collect()) as readonly Row[];
  }
  /** All rows, each as its values of these columns. */
  async values(...columns: readonly string[]): Promise<readonly (readonly (Value | undefined)[])[]> {
    return (await this.rows()).map((row) => columns.map((column) => row[column]));
  }

  landed(): readonly string[] {
    return namesIn(join(this.landing, "people"));
  }
  archived(): readonly string[] {
    return namesIn(this.archive);
  }
  rejected(): readonly string[] {
    return namesIn(join(this.landing, "_rejected"));
  }
  /** What stands beside a rejected file. */
  explanation(name: string): Readonly<Record<string, unknown>> {
    return JSON.parse(fs.readFileSync(join(this.landing, "_rejected", `${name}.error.json`), "utf8"));
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Without what a killed process has left unfinished, which no reader looks at. */
function namesIn(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => !name.startsWith(TEMPORARY_PREFIX))
    .sort();
}
