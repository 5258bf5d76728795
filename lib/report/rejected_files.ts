import fs from "node:fs";
import { join } from "node:path";
import { count, recordedInstant } from "./format.js";
import { type Html, html } from "./html.js";
import { scrolling, section } from "./page.js";
import type { NamedSection } from "./table_page.js";

/** Why a file of the landing zone could not be taken: the `.error.json` beside it. */
export interface RejectedFile {
  readonly file: string;
  readonly table: string;
  readonly reason: string;
  readonly line: number | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly remedy: string | null;
  /** ISO instant. */
  readonly rejected_at: string;
}

const FOLDER = "_rejected";
const ENDING = ".error.json";
const READ = 1_000;
const SHOWN = 50;

/** The files that still wait for somebody in `_rejected`, newest first. */
export function readRejectedFiles(landing: string): readonly RejectedFile[] {
  const folder = join(landing, FOLDER);
  let names: readonly string[];
  try {
    names = fs.readdirSync(folder).filter((name) => name.endsWith(ENDING));
  } catch {
    return [];
  }
  const found = names.slice(0, READ).flatMap((name): RejectedFile[] => {
    // The explanation is there before the file, and stays when somebody has taken the file away.
    if (!fs.existsSync(join(folder, name.slice(0, -ENDING.length)))) return [];
    try {
      return [JSON.parse(fs.readFileSync(join(folder, name), "utf8")) as RejectedFile];
    } catch {
      return [];
    }
  });
  return found.sort((a, b) => (a.rejected_at < b.rejected_at ? 1 : -1));
}

/** The rejected files of a table with the reasons; undefined where there are none. */
export function rejectedSection(files: readonly RejectedFile[]): NamedSection | undefined {
  if (files.length === 0) return undefined;
  const rows = files.slice(0, SHOWN).map(rejectedRow);
  const table = html`<table>
<thead><tr><th scope="col">file</th><th scope="col" class="num">line</th><th scope="col">reason</th><th scope="col">expected</th><th scope="col">found</th><th scope="col">to do</th><th scope="col">rejected, UTC</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
  const note = `${count(files.length)} in landing/${FOLDER}; mend a file and land it again`;
  return {
    id: "rejected",
    title: "Rejected files",
    content: section("rejected", "Rejected files", scrolling("Rejected files", table), note),
  };
}

function rejectedRow({ file, line, reason, expected, actual, remedy, rejected_at: at }: RejectedFile): Html {
  const cell = (text: unknown): Html => html`<td>${typeof text === "string" && html`<bdi>${text}</bdi>`}</td>`;
  return html`<tr><th scope="row" class="mono"><bdi>${String(file)}</bdi></th><td class="num">${line}</td>${cell(reason)}${cell(expected)}${cell(actual)}${cell(remedy)}<td class="tight">${recordedInstant(String(at))}</td></tr>
`;
}
