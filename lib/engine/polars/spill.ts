import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Frame, fromPlan, type LazyFrame } from "./native.js";
import { ipcScan } from "./scan_plan.js";

const FEW_CELLS = 20_000;

/** Makes frames in memory part of plans that are serialised: small ones stand in the plan itself, others in temporary files. */
export class Spill {
  private folder: string | undefined;
  private files = 0;

  lazy(frame: Frame): LazyFrame {
    if (frame.rows * frame.columns.length <= FEW_CELLS) return frame.lazy();
    this.folder ??= mkdtempSync(join(tmpdir(), "tslake-spill-"));
    const path = join(this.folder, `${this.files++}.arrow`);
    frame.writeIpc(path);
    return fromPlan(ipcScan(path));
  }

  /** Removes the files; plans that name them can no longer run. */
  async remove(): Promise<void> {
    if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
  }
}
