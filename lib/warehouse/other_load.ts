import { WarehouseError } from "../errors.js";

/** How long a load waits for another one of the same warehouse. */
export const PATIENCE_SECONDS = 60;

/**
 * Another load held a warehouse for longer than `PATIENCE_SECONDS`.
 * @param path what it holds, as people may see it
 * @param holder who it is, where that is known
 */
export function otherLoadRuns(path: string, holder?: string): WarehouseError {
  return new WarehouseError("another load of this warehouse is running", {
    where: { path },
    expected: `its end within ${PATIENCE_SECONDS} seconds`,
    actual: holder,
    remedy: "wait for its end, then try again",
    transient: true,
  });
}
