import type { DisplayOutput, ErrorOutput, MimeBundle, Output } from "./document.js";

/** Collects the outputs of a notebook's cells in the order in which they came. */
export class OutputLog {
  private readonly outputs = new Map<number, Output[]>();
  private readonly displays = new Map<string, { readonly cell: number; readonly at: number }>();

  /** The outputs of a cell. */
  of(cell: number): readonly Output[] {
    return this.outputs.get(cell) ?? [];
  }

  /** Text that follows text of the same stream is one output with it. */
  stream(cell: number, name: "stdout" | "stderr", text: string): void {
    const outputs = this.list(cell);
    const last = outputs.at(-1);
    if (last?.output_type !== "stream" || last.name !== name) outputs.push({ output_type: "stream", name, text });
    else outputs[outputs.length - 1] = { ...last, text: last.text + text };
  }

  /** An `update` takes the place of the display of that id, whichever cell showed it. */
  display(cell: number, data: MimeBundle, id: string | undefined, update: boolean): void {
    const output: DisplayOutput = { output_type: "display_data", data, metadata: {} };
    const shown = id === undefined ? undefined : this.displays.get(id);
    if (update && shown !== undefined) {
      this.list(shown.cell)[shown.at] = output;
      return;
    }
    const outputs = this.list(cell);
    if (id !== undefined) this.displays.set(id, { cell, at: outputs.length });
    outputs.push(output);
  }

  error(cell: number, error: ErrorOutput): void {
    this.list(cell).push(error);
  }

  private list(cell: number): Output[] {
    const outputs = this.outputs.get(cell) ?? [];
    this.outputs.set(cell, outputs);
    return outputs;
  }
}
