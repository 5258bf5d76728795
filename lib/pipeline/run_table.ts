import type { MimeBundle } from "../display.js";
import { renderFacts } from "../picture/table_view.js";
import { countOf, type StepOutcome } from "./outcome.js";

/** A run as the table of its steps. */
export function stepTable(runId: string, status: string, steps: readonly StepOutcome[], seconds: number): MimeBundle {
  const rows = steps.map(({ step, status: outcome, metrics, seconds: taken, versionAfter, error, skipped }) => {
    const count = (name: string): string => String(countOf(metrics, name));
    const said = error instanceof Error ? error.message : (skipped ?? "");
    const [read, written, quarantined] = ["read", "written", "quarantined"].map(count);
    return [
      step,
      outcome,
      read ?? "",
      written ?? "",
      quarantined ?? "",
      String(versionAfter ?? ""),
      taken.toFixed(2),
      said,
    ];
  });
  const names = ["step", "status", "read", "written", "quarantined", "version", "seconds", "error"];
  return renderFacts(
    { title: `run ${runId}: ${status}` },
    names,
    rows,
    `${steps.length} steps, ${seconds.toFixed(2)} s`,
  );
}
