import { StringDecoder } from "node:string_decoder";

type Name = "stdout" | "stderr";

/** Sends what JavaScript writes to the standard streams elsewhere; native code still writes to the descriptors. */
export function captureStreams(take: (name: Name, text: string) => void): void {
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder("utf8");
    process[name].write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      if (text !== "") take(name, text);
      const done = rest.find((argument): argument is () => void => typeof argument === "function");
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }
}
