import { tmpdir } from "node:os";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import { type Frame, fromPlan, type LazyFrame } from "./native.js";
import { ipcScan } from "./scan_plan.js";

const FEW_CELLS = 20_000;

/** Makes frames in memory part of plans that are serialised: small ones stand in the plan itself, others in temporary files. */
export class Spill {
  private folder: string | undefined;
  private readonly files = new Map<Frame, string>();

  /** Runs plans that hold frames; afterwards their files are gone. */
  static async during<T>(run: (spill: Spill) => Promise<T>): Promise<T> {
    const spill = new Spill();
    try {
      return await run(spill);
    } finally {
      if (spill.folder !== undefined) removeFolder(spill.folder);
    }
  }

  lazy(frame: Frame): LazyFrame {
    if (frame.rows * frame.columns.length <= FEW_CELLS) return frame.lazy();
    const known = this.files.get(frame);
    if (known !== undefined) return fromPlan(ipcScan(known));
    this.folder ??= newFolder(tmpdir());
    const path = join(this.folder, `${this.files.size}.arrow`);
    frame.writeIpc(path);
    this.files.set(frame, path);
    return fromPlan(ipcScan(path));
  }
}
