import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Figure } from "../chart/figure.js";

/**
 * Pictures of figures that have been drawn before, beside the built library that drew them: another library draws anew, and
 * they go when it goes. A run whose charts are as they were starts no drawing process.
 */
export function knownPicture(figure: Figure): string | undefined {
  const place = placeOf(figure);
  if (place === undefined) return undefined;
  try {
    return readFileSync(place, "utf8");
  } catch {
    return undefined;
  }
}

export function keepPicture(figure: Figure, svg: string): void {
  const place = placeOf(figure);
  if (place === undefined) return;
  try {
    mkdirSync(dirname(place), { recursive: true });
    const temporary = `${place}.${process.pid}`;
    writeFileSync(temporary, svg);
    renameSync(temporary, place);
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
}

function placeOf(figure: Figure): string | undefined {
  const bundle = process.env["TSLAKE_BUNDLE"];
  if (bundle === undefined || bundle === "") return undefined;
  const hash = createHash("sha256").update(JSON.stringify(figure)).digest("hex");
  return join(dirname(bundle), "pictures", `${hash}.svg`);
}
