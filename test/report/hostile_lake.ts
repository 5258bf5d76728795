import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalog } from "../../lib/contract/catalog.js";
import { date, decimal, long, text } from "../../lib/contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { defineDimension } from "../../lib/contract/dimension.js";
import { examine } from "../../lib/contract/examine.js";
import { quarantine } from "../../lib/contract/expectation.js";
import { defineFact, defineStar, degenerate, keyOf, measure } from "../../lib/contract/star.js";
import { Lake } from "../../lib/lake/lake.js";
import { formatNotebook, type Notebook } from "../../lib/notebook/document.js";
import { writeChecked } from "../../lib/quality/write_checked.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import type { ReportSources } from "../../lib/report/report.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { field } from "../../lib/types.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";

/** Text that would do harm, or look like something else, if it were not escaped. */
export const HOSTILE = {
  script: "<script>window.stolen = 1</script>",
  image: `"><img src=x onerror="window.stolen = 2">`,
  quotes: `' " \` & </td></table></script>`,
  direction: "invoice\u202Efdp.exe",
} as const;

export const RUN = "20240101T000000Z-0000aaaa";
export const FAILED_RUN = "20240102T000000Z-0000bbbb";
export const IDLE_RUN = "20240103T000000Z-0000cccc";

const chegadas = defineTable("bronze.notas", {
  description: `Marks as they came ${HOSTILE.script}`,
  grain: "one mark",
  landing: { source: "notas", files: ["*.csv"] },
  columns: {
    id: text().header(HOSTILE.image).describe(HOSTILE.quotes),
    nota: text(),
    aluno: text(),
    ...LANDING_COLUMNS,
  },
});
const notas = defineTable("silver.notas", {
  description: "Marks",
  grain: "one mark",
  reads: [chegadas],
  write: "overwrite",
  columns: { id: long().notNull(), nota: decimal(18, 2).describe(HOSTILE.script), aluno: text() },
  expect: (t) => ({ nota_nao_negativa: quarantine(t.nota.ge(0)) }),
});
const saldo = defineTable("gold.saldo", {
  description: "Sums per day, as known at any past day",
  grain: "one state of a day",
  reads: [notas],
  key: ["dia", "version"],
  columns: {
    dia: date().notNull(),
    valor: decimal(18, 2).notNull(),
    version: long().notNull(),
    processed_date: date().notNull(),
  },
});
const alunos = defineTable("gold.alunos", {
  description: "Students",
  grain: "one student",
  reads: [notas],
  write: "overwrite",
  columns: { aluno: text().notNull(), nota: decimal(18, 2).notNull() },
});
const vazia = defineTable("gold.vazia", {
  description: "Never built",
  grain: "nothing",
  reads: [notas],
  columns: { id: long() },
});
const dim_aluno = defineDimension("dim_aluno", {
  description: "Student",
  from: alunos,
  key: "aluno_id",
  naturalKey: ["aluno"],
});
const vw_notas = {
  name: "vw_notas",
  description: HOSTILE.image,
  columns: { ano: HOSTILE.script },
  select: () => "SELECT 1 AS um FROM fato_notas",
};
const estrela = defineStar("warehouse.notas", {
  description: "Marks for analysts",
  views: [vw_notas],
  facts: [
    defineFact("fato_notas", {
      description: "Marks",
      grain: "one student",
      from: alunos,
      key: ["aluno"],
      columns: { aluno: degenerate("aluno"), nota: measure("nota"), aluno_id: keyOf(dim_aluno) },
    }),
  ],
});

/** Answers every view with the same rows, in any order. */
const WAREHOUSE = {
  dialect: { name: "duckdb" },
  query: () =>
    Promise.resolve({
      fields: [
        field("ano", "integer"),
        field("mes", "integer"),
        field("nome", "string"),
        field("valor", "decimal(18,2)"),
      ],
      rows: [
        { ano: 2023, mes: 1, nome: HOSTILE.script, valor: "10.00" },
        { ano: 2023, mes: 2, nome: HOSTILE.direction, valor: "25.50" },
      ].sort(() => Math.random() - 0.5),
    }),
} as unknown as Warehouse;

/** A small lake on disk in which everything that comes from outside is hostile, with three runs: one failed, one idle. */
export class HostileLake {
  readonly folder = mkdtempSync(join(tmpdir(), "tslake-report-"));
  readonly lakeFolder = join(this.folder, "lake");
  readonly lake = new Lake({
    storage: new LocalStorage(this.lakeFolder),
    catalog: new Catalog([chegadas, notas, saldo, alunos, vazia], [estrela]),
    timeZone: "UTC",
  });

  get sources(): ReportSources {
    return {
      lake: this.lake,
      lakeFolder: this.lakeFolder,
      landing: join(this.folder, "landing"),
      root: process.cwd(),
      warehouse: () => WAREHOUSE,
    };
  }

  async fill(): Promise<void> {
    const marks = ["1", "dez", "-1", "-2", "7"];
    const rows = marks.map((mark, i) => [
      String(i),
      mark,
      Object.values(HOSTILE)[i] ?? "Ana",
      null,
      null,
      `${HOSTILE.image}.csv`,
      String(i + 2),
      "2024-01-01T00:00:00Z",
    ]);
    const rejected = join(this.folder, "landing", "_rejected");
    mkdirSync(rejected, { recursive: true });
    writeFileSync(join(rejected, "bad.csv"), "");
    const why = {
      file: HOSTILE.image,
      table: "bronze.notas",
      reason: HOSTILE.script,
      line: 7,
      actual: HOSTILE.quotes,
      rejected_at: "2024-01-01T00:00:00.000000Z",
    };
    writeFileSync(join(rejected, "bad.csv.error.json"), JSON.stringify(why));
    await this.lake.write(chegadas, scan({ kind: "values", rows }, chegadas.schema.fields, this.lake));
    await this.#step("silver.notas", async () => {
      const { accepted, faulty } = examine(this.lake.read(chegadas) as unknown as Relation, notas);
      const account = { read: marks.length, duplicates: 0 };
      await writeChecked(this.lake, notas, accepted.select(["id", "nota", "aluno"]), faulty, account);
    });
    await this.#step("gold.alunos", async () => {
      const held = await this.lake.materialize(this.lake.read(notas));
      await this.lake.write(
        alunos,
        held.select((t) => ({ aluno: t.aluno.orElse("?"), nota: t.nota.orElse("0") })),
      );
    });
    const states = [
      ["2023-01-30", "10.00", "1", "2023-01-30"],
      ["2023-01-30", "12.50", "2", "2023-02-10"],
      ["2023-01-29", "1.00", "1", "2023-01-30"],
      ["2023-01-30", "10.50", "3", "2023-02-15"],
      ["2023-01-29", "3.00", "2", "2023-02-15"],
      ["2023-02-01", "5.00", "1", "2023-02-01"],
    ] as const;
    await this.lake.write(saldo, scan({ kind: "values", rows: states }, saldo.schema.fields, this.lake));
    const built = ["silver.notas", "gold.alunos", "gold.saldo", "warehouse.notas"];
    this.addRun(RUN, "succeeded", built.map(step));
    this.addRun(FAILED_RUN, "failed", [
      {
        ...step("gold.saldo"),
        status: "failed",
        error: `nothing is written ${HOSTILE.script}\n  at ${process.cwd()}/notebooks/a.ipynb, file ${this.folder}/landing/b.csv`,
      },
      {
        ...step("warehouse.notas"),
        status: "skipped",
        reason: `gold.saldo failed ${HOSTILE.image}`,
        notebook: null,
        version_after: null,
      },
    ]);
    this.addRun(IDLE_RUN, "succeeded", []);
  }

  /** Records a run, with an executed notebook of each step. */
  addRun(runId: string, status: string, steps: readonly Readonly<Record<string, unknown>>[]): void {
    const folder = join(this.lakeFolder, "_runs", runId);
    mkdirSync(folder, { recursive: true });
    const made = steps.map((one) => ({
      ...one,
      notebook: one["notebook"] === null ? null : `_runs/${runId}/${one["step"]}.ipynb`,
    }));
    for (const { step: name, status: state, notebook } of made as unknown as Record<string, string | null>[])
      if (notebook !== null)
        writeFileSync(join(folder, `${name}.ipynb`), formatNotebook(executed(`${name}`, state === "failed")));
    const failed = steps.filter((one) => one["status"] === "failed").length;
    const run = {
      run_id: runId,
      status,
      logical_day: "2024-01-01",
      from_day: null,
      selection: `gold.* ${HOSTILE.quotes}`,
      full_refresh: false,
      revision: HOSTILE.script,
      started_at: "2024-01-02T03:04:05.000000Z",
      seconds: 2,
      steps_succeeded: steps.length - failed,
      steps_fresh: 0,
      steps_failed: failed,
      steps_skipped: 0,
      ...COUNTS,
      error: null,
      steps: made,
    };
    writeFileSync(join(folder, "run.json"), JSON.stringify(run));
  }

  /** A copy of the report alone, as a reviewer gets it. */
  copyOfReport(): string {
    const copy = join(this.folder, "only the report");
    cpSync(join(this.lakeFolder, "_report"), copy, { recursive: true });
    return copy;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #step(name: string, work: () => Promise<void>): Promise<void> {
    process.env["TSLAKE_RUN_ID"] = RUN;
    process.env["TSLAKE_STEP"] = name;
    try {
      await work();
    } finally {
      delete process.env["TSLAKE_RUN_ID"];
      delete process.env["TSLAKE_STEP"];
    }
  }
}

const COUNTS = {
  rows_read: 5,
  rows_written: 2,
  duplicates: 0,
  quarantined: 3,
  dropped: 0,
  waiting: 0,
  rejected_files: 0,
};

export function step(name: string): Readonly<Record<string, unknown>> {
  return {
    step: name,
    status: "succeeded",
    reason: "never built",
    started_at: "2024-01-02T03:04:05.500000Z",
    seconds: 1,
    attempts: 1,
    ...COUNTS,
    version_before: null,
    version_after: 0,
    warnings: `${name}: ${HOSTILE.direction}`,
    error: null,
  };
}

function executed(name: string, fails: boolean): Notebook {
  const data = {
    "text/plain": "plain",
    "text/html": `<table onclick="steal()"><tr><td style="text-align:right">1</td><td>${HOSTILE.script}</td></tr></table><iframe src="https://elsewhere.example"></iframe></div></main>`,
  };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>window.stolen = 3</script></svg>`;
  const error = { output_type: "error", ename: "Error", evalue: HOSTILE.script, traceback: [] } as const;
  const outputs = [
    { output_type: "stream", name: "stdout", text: `${HOSTILE.script}${HOSTILE.direction}\n` } as const,
    { output_type: "display_data", data, metadata: {} } as const,
    { output_type: "display_data", data: { "image/svg+xml": svg, "text/plain": HOSTILE.image }, metadata: {} } as const,
    ...(fails ? [error] : []),
  ];
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      tslake: { status: fails ? "failed" : "completed", duration: 0.5, parameters: { day: HOSTILE.script } },
    },
    cells: [
      {
        cell_type: "markdown",
        id: "prose",
        metadata: {},
        source: `# ${name}\n\n${HOSTILE.script} [bad](javascript:alert(1)) ![x](https://elsewhere.example/x.png) [marks](../silver/notas.ipynb) [file](../../lib/x.ts)\n`,
      },
      {
        cell_type: "code",
        id: "code",
        metadata: { tslake: { status: "completed", duration: 0.25 } },
        source: `const a = "${HOSTILE.script}"; // ${HOSTILE.direction}`,
        execution_count: 1,
        outputs,
      },
    ],
  };
}
