import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scan } from "../../lib/relation/relation.js";
import { reportFolder, updateReport, writeReport } from "../../lib/report/report.js";
import { FAILED_RUN, HOSTILE, HostileLake, IDLE_RUN, RUN, step } from "./hostile_lake.js";

const fixture = new HostileLake();
const folder = reportFolder(fixture.lakeFolder);

beforeAll(async () => {
  await fixture.fill();
  await writeReport(fixture.sources);
});
afterAll(() => fixture.remove());

function pages(): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function read(path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

describe("a report", () => {
  test("has a page for the lake, each table, each run and each notebook that ran", () => {
    expect(pages()).toEqual(
      [
        "index.html",
        `notebooks/${FAILED_RUN}/gold.saldo.html`,
        ...["gold.alunos", "gold.saldo", "silver.notas", "warehouse.notas"].map(
          (name) => `notebooks/${RUN}/${name}.html`,
        ),
        ...[RUN, FAILED_RUN, IDLE_RUN, "index"].map((name) => `runs/${name}.html`),
        "state.json",
        ...[
          "bronze.notas",
          "gold.alunos",
          "gold.chaves_aluno",
          "gold.saldo",
          "gold.vazia",
          "index",
          "ops.runs",
          "ops.steps",
          "silver.notas",
          "warehouse.notas",
          "warehouse.notas.views",
        ].map((name) => `tables/${name}.html`),
      ].sort(),
    );
  });

  test("answers what a table is, where a column comes from and which rows were refused and why", () => {
    const page = read("tables/silver.notas.html");
    expect(page).toContain("One row is one mark.");
    expect(page).toContain('<a href="bronze.notas.html#column-nota">bronze.notas.<wbr>nota</a>');
    expect(page).toMatch(/nota_nao_negativa<\/th>.*?>40\.0%.*?>40\.0%.*?>3</s);
    expect(page).toContain("breaks nota_nao_negativa");
    expect(page).toContain("3 rows");
    expect(read("tables/gold.alunos.html")).toContain("silver.notas.<wbr>aluno</a>");
  });

  test("says what a table is going to be before it is built", () => {
    expect(read("tables/gold.vazia.html")).toMatch(/has not been built.*id="column-id".*long/s);
  });

  test("answers which files were rejected and why", () => {
    const page = read("tables/bronze.notas.html");
    expect(page).toMatch(/id="rejected".*?<td class="num">7<\/td><td><bdi>&lt;script&gt;/s);
  });

  test("answers what a run did, and leads from an error to its cell", () => {
    const page = read(`runs/${FAILED_RUN}.html`);
    expect(page).toContain("nothing is written");
    expect(page).toContain(`href="../notebooks/${FAILED_RUN}/gold.saldo.html#cell-code"`);
    expect(read(`notebooks/${FAILED_RUN}/gold.saldo.html`)).toContain('id="cell-code"');
    expect(read("index.html")).toMatch(/gold\.saldo<\/a> failed/);
  });

  test("tells what the views of a star answer", () => {
    const page = read("tables/warehouse.notas.views.html");
    expect(page).toContain("valor by month, 2 months");
    expect(page).toMatch(/25\.50.*10\.00/s);
    expect(read("tables/warehouse.notas.html")).toContain('href="../tables/warehouse.notas.views.html"');
  });

  test("tells how the value of a month changed as it became known", () => {
    const page = read("tables/gold.saldo.html");
    expect(page).toContain(
      "2023-01: <strong>11.00</strong> at its end, <strong>13.50</strong> since 2023-02-10 (+2.50, in 1 later change)",
    );
  });

  test("holds nothing of the data as markup, and asks nobody for anything", () => {
    for (const path of pages().filter((name) => name.endsWith(".html"))) {
      const page = read(path);
      const own = page.replace(/<style>.*?<\/style>/gs, "").replace(/<script>.*?<\/script>/gs, "");
      expect(own, path).not.toMatch(
        /<script(?! type="application\/json")|<img (?!src="data:image\/)|<iframe|onerror="|onclick=/,
      );
      expect(own, path).not.toContain(HOSTILE.direction);
      expect(own, path).not.toMatch(/(?:src|href)="(?:https?:)?\/\/(?!elsewhere\.example\/x\.png)/);
      expect(
        page.match(/<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;/g)?.length,
        path,
      ).toBe(1);
    }
  });

  test("tells no folder of the machine that made it", () => {
    expect(read(`runs/${FAILED_RUN}.html`)).toContain("at ./notebooks/a.ipynb, file landing/b.csv");
    for (const path of pages()) {
      expect(read(path), path).not.toContain(fixture.folder);
      expect(read(path), path).not.toContain(`${process.cwd()}/`);
    }
  });

  test("has pages below a megabyte", () => {
    for (const path of pages()) expect(statSync(join(folder, path)).size, path).toBeLessThan(1_000_000);
  });
});

describe("writing a report again", () => {
  test("touches nothing where nothing has changed", async () => {
    expect((await writeReport(fixture.sources)).written).toEqual([]);
  });

  test("after a run that found nothing to do writes its page, and its line in the lists", async () => {
    const runId = "20240104T000000Z-0000dddd";
    fixture.addRun(runId, "succeeded", []);
    const lists = ["runs/index.html", "index.html"];
    expect((await updateReport(fixture.sources, runId)).written).toEqual([`runs/${runId}.html`, ...lists]);
    expect(/<tbody>.*?href="\.\.\/runs\/([^"]*)\.html"/s.exec(read("runs/index.html"))?.[1]).toBe(runId);
    expect(read("index.html")).toMatch(new RegExp(`last run</dt>.{0,80}href="runs/${runId}.html">succeeded`, "s"));
    expect((await updateReport(fixture.sources, runId)).written).toEqual([]);
    expect((await writeReport(fixture.sources)).written).toEqual([]);
  });

  test("after a run writes its pages, those of the tables that it changed and the lists", async () => {
    const runId = "20240105T000000Z-0000eeee";
    const { lake } = fixture;
    const saldo = lake.catalog.table("gold.saldo");
    const rows = [["2023-02-01", "7.00", "2", "2023-03-01"]];
    await lake.write(saldo, scan({ kind: "values", rows }, saldo.schema.fields, lake));
    fixture.addRun(runId, "succeeded", [step("gold.saldo")]);
    const { written } = await updateReport(fixture.sources, runId);
    expect([...written].sort()).toEqual([
      "index.html",
      `notebooks/${runId}/gold.saldo.html`,
      `runs/${runId}.html`,
      "runs/index.html",
      "state.json",
      "tables/gold.saldo.html",
      "tables/index.html",
    ]);
    expect((await writeReport(fixture.sources)).written).toEqual([]);
  });

  test("removes pages of runs that are gone", async () => {
    rmSync(join(fixture.lakeFolder, "_runs", IDLE_RUN), { recursive: true });
    await writeReport(fixture.sources);
    expect(pages()).not.toContain(`runs/${IDLE_RUN}.html`);
  });

  test("writes all of it where there is none", async () => {
    rmSync(folder, { recursive: true });
    const { written } = await updateReport(fixture.sources, RUN);
    expect(written).toContain("index.html");
    expect(written).toContain("tables/bronze.notas.html");
  });
});
