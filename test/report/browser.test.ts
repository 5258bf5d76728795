import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endProgress, tellProgress } from "../../lib/pipeline/progress.js";
import { lockLake } from "../../lib/pipeline/run_lock.js";
import { reportFolder, writeReport } from "../../lib/report/report.js";
import { serveReport } from "../../lib/report/serve.js";
import { FAILED_RUN, HostileLake, RUN } from "./hostile_lake.js";

const executablePath = process.env["TSLAKE_TEST_CHROMIUM"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A page of each kind. */
const PAGES = [
  "index.html",
  "tables/index.html",
  "tables/bronze.notas.html",
  "tables/silver.notas.html",
  "tables/gold.saldo.html",
  "tables/gold.vazia.html",
  "tables/warehouse.notas.html",
  "tables/warehouse.notas.views.html",
  "runs/index.html",
  `runs/${RUN}.html`,
  `runs/${FAILED_RUN}.html`,
  `notebooks/${FAILED_RUN}/gold.saldo.html`,
];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

describe.skipIf(executablePath === undefined)("in a browser (TSLAKE_TEST_CHROMIUM), from files alone", () => {
  const fixture = new HostileLake();
  let browser: Browser;
  let folder: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    await fixture.fill();
    await writeReport(fixture.sources);
    folder = fixture.copyOfReport();
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    fixture.remove();
  });

  async function open(path: string, width = 1280): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 850 } });
    page.on("console", (message) => complaints.push(`${path}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(`${path}: ${error.message}`));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(`${path} asks for ${request.url()}`);
    });
    const [file = "", hash = ""] = path.split("#");
    await page.goto(`${pathToFileURL(join(folder, file)).href}${hash && `#${hash}`}`);
    return page;
  }

  test.each(PAGES)("%s is accessible, light and dark", async (path) => {
    const page = await open(path);
    // The policy of the page keeps scripts out: the check comes from outside.
    await page.evaluate(axe);
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      const violations = (await page.evaluate(
        "axe.run().then(({ violations }) => violations)",
      )) as readonly Violation[];
      const found = violations.map(
        ({ id, nodes }) =>
          `${scheme} ${id}: ${nodes
            .map((n) => `${n.html} ${n.failureSummary}`)
            .join("; ")
            .slice(0, 500)}`,
      );
      expect(found).toEqual([]);
    }
    await page.close();
  });

  test.each(PAGES)("%s is read on a phone without scrolling sideways", async (path) => {
    const page = await open(path, 360);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    await page.close();
  });

  test("a column leads to where it comes from and what it feeds, by keyboard too", async () => {
    const page = await open("tables/silver.notas.html");
    const column = page.locator('tr[data-column="nota"] th a');
    await column.focus();
    await page.keyboard.press("Enter");
    const panel = page.locator("#lineage");
    await expect.poll(() => panel.innerText()).toContain("Lineage of nota");
    expect(await panel.innerText()).toMatch(/bronze\.notas\.nota[\s\S]*gold\.alunos\.nota/);
    await panel.getByRole("link", { name: "nota" }).first().click();
    await expect.poll(() => page.url()).toContain("tables/bronze.notas.html#column-nota");
    expect(await page.locator("#lineage").innerText()).toContain("gold.alunos.nota");
    await page.close();
  });

  test("the month whose value is shown can be chosen", async () => {
    const page = await open("tables/gold.saldo.html");
    const shown = (): Promise<string> => page.locator("figure[data-month]:visible figcaption").innerText();
    expect(await shown()).toContain("2023-01: 11.00 at its end");
    await page.locator("#month").selectOption("2023-02");
    expect(await shown()).toContain("2023-02");
    await page.close();
  });

  test("the picture of the lake leads to its tables", async () => {
    const page = await open("index.html");
    await page.locator("figure.picture a", { hasText: "saldo" }).click();
    await expect.poll(() => page.url()).toContain("tables/gold.saldo.html");
    await page.close();
  });

  test("a failed run leads to its cell", async () => {
    const page = await open(`runs/${FAILED_RUN}.html`);
    await page.getByRole("link", { name: "the cell in the notebook as it ran" }).click();
    await expect.poll(() => page.locator("#cell-code:target").count()).toBe(1);
    await page.close();
  });

  test("a served page shows the run that works now, until it ends", async () => {
    const { lakeFolder } = fixture;
    const served = await serveReport({ folder: realpathSync(reportFolder(lakeFolder)), lakeFolder, port: 0 });
    const runId = "20240109T000000Z-0000ffff";
    const release = lockLake(lakeFolder, runId, "2024-01-09T00:00:00Z");
    const run = tellProgress(lakeFolder, {});
    const days = { day: "2024-01-08", from: undefined };
    run.runStarts?.({ runId, days, steps: ["bronze.a", "silver.a"], samplesCopied: 0, warnings: [] });
    const page = await browser.newPage();
    page.on("console", (message) => complaints.push(`served: ${message.text()}`));
    await page.goto(served.url);
    const live = page.locator("#live");
    await expect.poll(() => live.innerText()).toContain("0 of 2 steps have ended");
    run.stepStarts?.("bronze.a", []);
    await expect.poll(() => live.innerText()).toContain("bronze.a running");
    endProgress(lakeFolder, runId);
    release();
    await expect.poll(() => live.count()).toBe(0);
    await page.close();
    await served.close();
  });

  test("every link within the report leads somewhere", async () => {
    const broken: string[] = [];
    for (const path of PAGES) {
      const page = await open(path);
      const links = (await page.evaluate(
        "[...document.querySelectorAll('a[href]')].map((link) => new URL(link.getAttribute('href'), location.href).href)",
      )) as readonly string[];
      await page.close();
      for (const link of new Set(links.filter((one) => one.startsWith("file:")))) {
        const [file = "", hash = ""] = link.split("#");
        const text = existsSync(new URL(file)) ? readFileSync(new URL(file), "utf8") : undefined;
        if (text === undefined || (hash !== "" && !text.includes(`id="${decodeURIComponent(hash)}"`)))
          broken.push(`${path} → ${link.slice(link.indexOf("only"))}`);
      }
    }
    expect(broken).toEqual([]);
  });

  test("nothing of the data has run, and nothing was asked of anybody", async () => {
    for (const path of PAGES) {
      const page = await open(path);
      expect(await page.evaluate("window.stolen"), path).toBeUndefined();
      await page.close();
    }
    expect(complaints).toEqual([]);
  });
});
