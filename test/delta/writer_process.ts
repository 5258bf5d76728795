/** A writer process of the concurrency test: appends its files, retrying lost races and conflicts. Arguments: root, name, count. */
import { Snapshot } from "../../lib/delta/snapshot.js";
import { isTslakeError } from "../../lib/errors.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { file } from "./fixtures.js";

async function main(root: string, name: string, count: number): Promise<void> {
  const storage = new LocalStorage(root);
  for (let i = 0; i < count; i++) {
    for (;;) {
      try {
        const snapshot = await Snapshot.load(storage);
        const transaction = snapshot?.transaction({ operation: "WRITE", maxAttempts: 1000 });
        transaction?.addFile(file(`${name}-${i}`));
        transaction?.setTransaction(name, i);
        // Every fifth commit replaces the counter file, as a merge replaces what it touches.
        if (i % 5 === 0) {
          transaction?.read();
          for (const one of (await snapshot?.files()) ?? [])
            if (one.path.startsWith("counter-")) transaction?.removeFile(one);
          transaction?.addFile(file(`counter-${name}-${i}`));
        }
        await transaction?.commit();
        break;
      } catch (error) {
        if (!isTslakeError(error) || !error.transient) throw error;
      }
    }
  }
}

const [root = "", name = "", count = "0"] = process.argv.slice(2);
main(root, name, Number(count)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
