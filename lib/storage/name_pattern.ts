/**
 * What fits whole names: `*` stands for any text, everything else for itself.
 * @param flags of the expression; by default characters are whole and `*` takes line breaks
 */
export function namePattern(pattern: string, flags = "su"): RegExp {
  return new RegExp(`^${pattern.split("*").map(quoteExpression).join(".*")}$`, flags);
}

/** A text as the part of a regular expression that fits it and nothing else. */
export function quoteExpression(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
