import { count, counted } from "./format.js";
import { type Content, type Html, html } from "./html.js";
import type { PicturedTable } from "./lake_picture.js";
import type { RunRecord } from "./run_record.js";
import type { LastStep } from "./table_summary.js";

/** Something that somebody should look at. */
export interface Matter {
  readonly state: "bad" | "warning" | "idle";
  readonly text: Content;
}

/**
 * What needs attention, the gravest first: steps whose last run failed, files that were rejected, rows that were refused,
 * what waits, warnings of the last run, tables that were never built.
 */
export function mattersOf(
  tables: readonly PicturedTable[],
  last: ReadonlyMap<string, LastStep>,
  newest: RunRecord | undefined,
): readonly Matter[] {
  const matters: Matter[] = [];
  for (const { table, summary } of tables) {
    const link = html`<a href="tables/${table.name}.html">${table.name}</a>`;
    const recent = last.get(table.name);
    const refused = BigInt(summary?.refused ?? 0);
    if (recent?.step.status === "failed") {
      const [error = ""] = (recent.step.error ?? "").split("\n");
      matters.push({
        state: "bad",
        text: html`${link} failed in <a href="runs/${recent.runId}.html#step-${table.name}">its last run</a>: <bdi>${error}</bdi>`,
      });
    }
    if (recent?.step.status === "skipped") {
      matters.push({ state: "warning", text: html`${link} was held up: <bdi>${recent.step.reason}</bdi>` });
    }
    if (recent !== undefined && recent.step.rejected_files > 0) {
      const files = counted(recent.step.rejected_files, "file");
      matters.push({
        state: "bad",
        text: html`${link}: ${files} rejected in <a href="runs/${recent.runId}.html#step-${table.name}">its last run</a>, <a href="tables/${table.name}.html#rejected">and why</a>`,
      });
    }
    if (refused > 0n) {
      const rows = counted(refused, "row");
      matters.push({
        state: "warning",
        text: html`${link} has <a href="tables/${table.name}.html#quarantine">${rows} in quarantine</a>`,
      });
    }
    if (recent !== undefined && recent.step.waiting > 0) {
      matters.push({
        state: "idle",
        text: html`${link}: ${counted(recent.step.waiting, "event")} wait for a later day`,
      });
    }
  }
  for (const { step, warnings } of newest?.steps ?? []) {
    for (const line of (warnings ?? "").split("\n")) {
      // What was rejected is said already.
      if (line === "" || line.includes(": rejected, ")) continue;
      const text = line.startsWith(`${step}: `) ? line.slice(step.length + 2) : line;
      matters.push({ state: "warning", text: html`<a href="tables/${step}.html">${step}</a>: <bdi>${text}</bdi>` });
    }
  }
  const missing = tables.filter(({ table, summary }) => summary === undefined && table.role !== "record");
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map(({ table }) => table.name);
    const more = missing.length > 5 ? ` and ${count(missing.length - 5)} more` : "";
    matters.push({ state: "idle", text: `not built yet: ${names.join(", ")}${more}` });
  }
  const gravity = ["bad", "warning", "idle"];
  return matters.sort((a, b) => gravity.indexOf(a.state) - gravity.indexOf(b.state));
}

const SHOWN = 12;

export function attentionList(matters: readonly Matter[]): Html {
  if (matters.length === 0)
    return html`<p>Nothing. Every table is built, every step of the last runs succeeded, no row waits in quarantine.</p>`;
  const item = ({ state, text }: Matter): Html => html`<li class="${state}"><p>${text}</p></li>`;
  const rest = matters.slice(SHOWN);
  return html`<ul class="attention">${matters.slice(0, SHOWN).map(item)}</ul>
${rest.length > 0 && html`<details><summary>${counted(rest.length, "more matter")}</summary><ul class="attention">${rest.slice(0, 200).map(item)}</ul></details>`}`;
}
