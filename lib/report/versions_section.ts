import type { HistoryEntry } from "../delta/history.js";
import { parseStats } from "../delta/stats.js";
import { bytes, count, counted, instant } from "./format.js";
import { type Html, html } from "./html.js";
import { scrolling, section } from "./page.js";
import type { StoredFacts } from "./table_facts.js";

const FILES_SHOWN = 20;

/** The commits that the log still holds, newest first, with what each of them did. */
export function versionsSection({ history, snapshot }: StoredFacts, up: string): Html {
  const rows = history.map((entry) => versionRow(entry, up));
  const table = html`<table>
<thead><tr><th scope="col" class="num">version</th><th scope="col">committed, UTC</th><th scope="col">operation</th><th scope="col" class="num">rows</th><th scope="col" class="num">files</th><th scope="col" class="num">bytes</th><th scope="col">run</th><th scope="col">metrics</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
  const older = snapshot.version + 1 > history.length;
  return section(
    "versions",
    "Versions",
    scrolling("Versions", table),
    older ? `the newest ${history.length}` : counted(history.length, "commit"),
  );
}

function versionRow(
  { version, timestamp, operation, operationParameters, operationMetrics, tslake }: HistoryEntry,
  up: string,
): Html {
  const mode = operationParameters["mode"];
  const runId = tslake["runId"];
  const { numOutputRows, numOutputBytes, files, numAddedFiles, ...metrics } = operationMetrics;
  const told = Object.entries(metrics).filter(([name, value]) => value !== "0" && !MARGINAL.has(name));
  const run =
    typeof runId === "string" && /^\w[\w.-]*$/.test(runId) ? html`<a href="${up}runs/${runId}.html">${runId}</a>` : "";
  return html`<tr><td class="num">${version}</td><td class="tight">${instant(timestamp)}</td><td class="tight">${operation ?? "–"}${typeof mode === "string" && mode.toUpperCase() !== operation && html` <small class="muted">${mode}</small>`}</td><td class="num">${metric(numOutputRows)}</td><td class="num">${metric(files ?? numAddedFiles)}</td><td class="num">${numOutputBytes === undefined ? "" : bytes(Number(numOutputBytes))}</td><td class="mono tight">${run}</td><td>${told.map(([name, value]) => html`<span class="tight"><span class="muted">${name}</span> ${metric(value)}</span> `)}</td></tr>
`;
}

/** The data files of the newest version: how many, how large, the newest by name. */
export function filesSection({ files, snapshot, bytes: total }: StoredFacts): Html {
  const sizes = files.map(({ size }) => size).sort((a, b) => a - b);
  const middle = sizes[Math.floor(sizes.length / 2)];
  const rows = files.slice(0, FILES_SHOWN).map((file) => {
    const partition = Object.entries(file.partitionValues).map(([name, value]) => `${name}=${value ?? "null"}`);
    const records = parseStats(file.stats)?.numRecords;
    return html`<tr><td class="mono"><bdi>${nameOf(file.path)}</bdi></td><td><bdi>${partition.join(" ")}</bdi></td><td class="num">${count(records)}</td><td class="num">${bytes(file.size)}</td><td class="tight">${instant(file.modificationTime)}</td></tr>
`;
  });
  const table = html`<table>
<thead><tr><th scope="col">newest files</th><th scope="col">partition</th><th scope="col" class="num">rows</th><th scope="col" class="num">size</th><th scope="col">written, UTC</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
  const { minReaderVersion, minWriterVersion } = snapshot.protocol;
  const note = `${counted(files.length, "file")}, ${bytes(total)}${middle === undefined ? "" : `, half of them up to ${bytes(middle)}`}; Delta reader ${minReaderVersion}, writer ${minWriterVersion}`;
  return section("files", "Files", files.length === 0 ? html`<p>No file.</p>` : scrolling("Files", table), note);
}

/** Counts that other columns show, or that say little. */
const MARGINAL = new Set(["numOutputRows", "numFiles", "txnId"]);

function metric(text: string | undefined): string {
  return text !== undefined && /^\d+$/.test(text) ? count(BigInt(text)) : (text ?? "");
}

function nameOf(path: string): string {
  let name = path;
  try {
    name = decodeURIComponent(path);
  } catch {
    // A path that is not encoded is shown as it stands.
  }
  return name.length > 80 ? `…${name.slice(-79)}` : name;
}
