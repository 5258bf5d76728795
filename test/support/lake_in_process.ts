import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Script } from "node:vm";
import { vi } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import type { AnyTable } from "../../lib/contract/define_table.js";
import { listenToDisplays } from "../../lib/display.js";
import * as library from "../../lib/index.js";
import { joinFields } from "../../lib/ingest/csv_record.js";
import { ingest } from "../../lib/ingest/ingest.js";
import { sourceColumns } from "../../lib/ingest/intake.js";
import { type Format, formatOf } from "../../lib/ingest/landing.js";
import { Lake } from "../../lib/lake/lake.js";
import { compileNotebook } from "../../lib/notebook/compile.js";
import { readNotebook } from "../../lib/notebook/document.js";
import { injectParameters, type ParameterValues } from "../../lib/notebook/parameters.js";
import { interop } from "../../lib/notebook/tslab_module.js";
import { scan } from "../../lib/relation/relation.js";
import { LocalStorage } from "../../lib/storage/local.js";
import type { Storage } from "../../lib/storage/storage.js";
import * as tables from "../../lib/tables/index.js";
import { ndjsonText, parquetBytes } from "./formats.js";

/** A lake of its own in a temporary folder, whose notebooks run in this process: quick enough for property tests. */
export class LakeInProcess {
  readonly folder: string;
  readonly landing: string;
  readonly lake: Lake;

  /**
   * @param folder what an earlier one has left; default a new one
   * @param wrap gives the storage that the lake works with
   */
  constructor(folder = mkdtempSync(join(tmpdir(), "tslake-")), wrap = (storage: Storage): Storage => storage) {
    this.folder = folder;
    this.landing = join(folder, "landing");
    const layers: readonly Readonly<Record<string, AnyTable>>[] = [tables.bronze, tables.silver, tables.gold];
    const catalog = new Catalog(layers.flatMap((layer) => Object.values(layer)));
    this.lake = new Lake({
      storage: wrap(new LocalStorage(join(folder, "lake"))),
      catalog,
      timeZone: "America/Sao_Paulo",
    });
  }

  /** A file that nobody has written to for a minute. */
  land(source: string, name: string, content: string | Uint8Array): void {
    const path = join(this.landing, source, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    const then = Date.now() / 1000 - 60;
    utimesSync(path, then, then);
  }

  /** Lands rows, by column, in a file of a format and name that the table takes: Parquet only where it takes nothing else. */
  deliver(table: AnyTable, stem: string, rows: readonly Readonly<Record<string, string>>[]): void {
    const patterns = table.landing?.files ?? [];
    const pattern = patterns.find((name) => formatOf(name).format !== "parquet") ?? patterns[0] ?? "*.csv";
    const columns = sourceColumns(table);
    const values = rows.map((row) => columns.map(({ name }) => row[name] ?? null));
    const headers = columns.map(({ header }) => header);
    this.land(
      table.landing?.source ?? "",
      pattern.replace("*", stem),
      fileOf(formatOf(pattern).format, headers, values),
    );
  }

  /** Writes rows, by column, into a table without its notebook. */
  async fill(table: AnyTable, rows: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const values = rows.map((row) => table.columnNames.map((name) => row[name] ?? null));
    await this.lake.write(table, scan({ kind: "values", rows: values }, table.schema.fields, this.lake));
  }

  /** Runs the notebooks of these tables, in order. */
  async run(names: readonly string[], parameters: ParameterValues = {}): Promise<void> {
    for (const name of names) await this.runNotebook(name, parameters);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async runNotebook(name: string, parameters: ParameterValues): Promise<void> {
    const path = resolve("notebooks", `${name.replace(".", "/")}.ipynb`);
    const notebook = await readNotebook(path);
    const tagged = notebook.cells.some((cell) => JSON.stringify(cell.metadata).includes("parameters"));
    const { code } = compileNotebook(tagged ? injectParameters(notebook, parameters, path) : notebook, path);
    const modules: Readonly<Record<string, object>> = {
      tslake: {
        ...library,
        lake: this.lake,
        ingest: (table: AnyTable) => ingest(this.lake, table, { landing: this.landing }),
        __esModule: true,
      },
      "tslake/tables": { ...tables, __esModule: true },
    };
    const scope = new TestScope(path, modules);
    listenToDisplays(() => undefined, "run");
    const cells = new Script(code, { filename: path }).runInThisContext()(
      scope,
      scope.cells,
      scope.require,
    ) as (() => unknown)[];
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      for (const cell of cells) await cell();
    } finally {
      log.mockRestore();
    }
  }
}

/** A file of text columns. */
function fileOf(
  format: Format,
  headers: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): string | Uint8Array {
  const columns = headers.map((name) => ({ name, kind: "text" as const }));
  if (format === "parquet") return parquetBytes(columns, rows);
  if (format === "ndjson") return ndjsonText(columns, rows, { bare: [], leaveOut: false });
  return `${[headers, ...rows].map(joinFields).join("\n")}\n`;
}

/** What compiled cells call. */
class TestScope {
  readonly cells: object = {};
  last: unknown;
  readonly interop = interop;
  readonly require: (name: string) => unknown;

  constructor(path: string, modules: Readonly<Record<string, object>>) {
    const require = createRequire(path);
    this.require = (name) => modules[name] ?? require(name);
  }

  at(): void {}

  share(name: string, _mutable: boolean, get: () => unknown): void {
    Object.defineProperty(this.cells, name, {
      get,
      set: (value: unknown) => Object.defineProperty(this.cells, name, { value, writable: true, configurable: true }),
      configurable: true,
    });
  }
}
