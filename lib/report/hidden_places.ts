import { quoteExpression } from "../storage/name_pattern.js";

/** Places of this machine, by the names under which a report speaks of them. */
export type HiddenPlaces = readonly (readonly [path: string, name: string])[];

/**
 * Texts without the folders of the machine that made them: errors name files by their absolute paths, which tell a reader
 * elsewhere nothing and are nobody's business.
 */
export function withoutPlaces(json: string, places: HiddenPlaces): string {
  const longestFirst = [...places].sort(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((text, [path, name]) => {
    const written = JSON.stringify(path).slice(1, -1);
    if (written.length < 2 || !text.includes(written)) return text;
    const pattern = new RegExp(`(?<![\\w./-])${quoteExpression(written)}(?![\\w.-])`, "g");
    return text.replaceAll(pattern, name);
  }, json);
}
