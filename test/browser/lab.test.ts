import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../bench/free_port.js";
import { WorkspaceCopy } from "../support/copied_workspace.js";

/** Chromium's program. */
const CHROMIUM = process.env["TSLAKE_TEST_CHROMIUM"];
/** The folder of the program jupyter-lab. */
const JUPYTER = process.env["TSLAKE_TEST_JUPYTER"];
/** A Lab that runs already, in a container say: its address with a token, and the folder of its workspace. */
const RUNNING = process.env["TSLAKE_TEST_LAB"];
const RUNNING_WORKSPACE = process.env["TSLAKE_TEST_LAB_WORKSPACE"];
/** Where to leave a picture. */
const PICTURE = process.env["TSLAKE_TEST_LAB_PICTURE"];

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Undefined for a Lab that runs already. */
let copy: WorkspaceCopy | undefined;
let workspace: string;
let address: URL;
let server: ChildProcess | undefined;
let browser: Browser;
let page: Page;

/** Starts `npm run lab` in a workspace and answers its address. */
async function startLab(folder: string): Promise<string> {
  const port = await freePort();
  const { TSLAKE_BUNDLE: _, ...inherited } = process.env;
  server = spawn(process.execPath, ["bin/tslake.js", "lab", "--no-browser", "--port", String(port)], {
    cwd: folder,
    env: { ...inherited, PATH: `${JUPYTER}${delimiter}${process.env["PATH"]}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      log += chunk.toString();
      const url = /^JupyterLab: (\S+)$/m.exec(log)?.[1];
      if (url !== undefined) resolve(url);
    };
    server?.stdout?.on("data", read);
    server?.stderr?.on("data", read);
    server?.once("exit", () => reject(new Error(log)));
  });
}

/** The outputs of the last cell, as text. */
async function lastOutput(): Promise<string> {
  return (await page.locator(".jp-CodeCell").last().locator(".jp-OutputArea-output").allInnerTexts()).join("\n");
}

/** Puts a cell at the end and runs it. */
async function runCell(source: string): Promise<void> {
  await page.locator(".jp-CodeCell .jp-InputPrompt").last().click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(source);
  await rerunLastCell();
}

async function rerunLastCell(): Promise<void> {
  const prompt = page.locator(".jp-CodeCell .jp-InputPrompt").last();
  const before = await prompt.innerText();
  await page.keyboard.press("Control+Enter");
  await expect.poll(() => prompt.innerText(), { timeout: 60_000 }).toMatch(/\[\d+\]/);
  await expect.poll(() => prompt.innerText(), { timeout: 60_000 }).not.toBe(before);
}

describe.skipIf(CHROMIUM === undefined || (JUPYTER === undefined && RUNNING === undefined))("JupyterLab", () => {
  beforeAll(async () => {
    copy = RUNNING === undefined ? new WorkspaceCopy() : undefined;
    workspace = copy?.root ?? RUNNING_WORKSPACE ?? "";
    address = new URL(RUNNING ?? (await startLab(workspace)));
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ARGUMENTS });
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    address.pathname = "/lab/tree/notebooks/gold/gvm.ipynb";
    await page.goto(address.href);
    await page.getByText(/\| Idle$/).waitFor({ timeout: 120_000 });
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    if (server !== undefined) {
      const ended = new Promise((resolve) => server?.once("exit", resolve));
      if (server.kill("SIGTERM")) await ended;
    }
    copy?.remove();
  }, 30_000);

  test("runs all cells of a notebook: tables and charts appear", { timeout: 180_000 }, async () => {
    await page.getByText("Run", { exact: true }).first().click();
    await page.getByText("Run All Cells", { exact: true }).click();
    const prompts = page.locator(".jp-CodeCell .jp-InputPrompt");
    const waiting = async () => (await prompts.allTextContents()).filter((text) => !/\[\d+\]/.test(text)).length;
    await expect.poll(waiting, { timeout: 150_000 }).toBe(0);
    expect(await page.locator(".jp-CodeCell").count()).toBeGreaterThan(5);
    expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').count()).toBe(0);
    expect(await page.locator(".jp-OutputArea-output table").count()).toBeGreaterThan(0);
    expect(await page.locator(".js-plotly-plot").count()).toBeGreaterThan(0);
    expect(await page.getByText("This notebook works on a clone of the lake").count()).toBe(1);
    if (PICTURE !== undefined) {
      await page.locator(".jp-OutputArea-output").last().scrollIntoViewIfNeeded();
      await page.waitForTimeout(1000);
      await page.screenshot({ path: PICTURE });
    }
  });

  test("runs an edited library when the cell runs again", { timeout: 150_000 }, async () => {
    const file = join(workspace, "lib", "tables", "gold", "gvm.ts");
    const source = readFileSync(file, "utf8");
    await runCell("console.log(gold.gvm.description)");
    await expect.poll(lastOutput, { timeout: 60_000 }).toMatch(/^Paid gross value/);
    writeFileSync(file, source.replace("Paid gross value per day", "Edited, per day"));
    try {
      await rerunLastCell();
      await expect.poll(lastOutput, { timeout: 60_000 }).toMatch(/^Edited, per day/);
    } finally {
      writeFileSync(file, source);
    }
  });

  test("shows name, message and line of an error, once", { timeout: 150_000 }, async () => {
    await runCell("const limit = 2;\nif (limit > 1) throw new RangeError('too many');");
    await expect.poll(lastOutput, { timeout: 60_000 }).toContain("RangeError: too many");
    const shown = await lastOutput();
    expect(shown.match(/RangeError/g)).toHaveLength(2);
    expect(shown).toContain("at line 2: if (limit > 1) throw new RangeError('too many');");
    expect(shown.match(/RangeError: too many/g)).toHaveLength(1);
    await runCell("lake.read(gold.gvm).extend((t) => ({ twice: t.total_valu }))");
    await expect
      .poll(lastOutput, { timeout: 60_000 })
      .toMatch(/TypeScriptError at line 1, column 47: TS2551: Property 'total_valu' does not/);
  });
});
