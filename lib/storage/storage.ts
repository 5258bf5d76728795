/** A stored object: its path relative to the storage's root, always with `/`, never beginning with one. */
export interface ObjectMeta {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** A folder: its path relative to the storage's root, and when a name in it last came or went. */
export type FolderMeta = Pick<ObjectMeta, "path" | "modifiedAt">;

/** How an engine that does its own I/O reaches an object: a file path or URL, and options for cloud stores. */
export interface Location {
  readonly url: string;
  /** With credentials; never to be shown. */
  readonly cloudOptions?: Readonly<Record<string, string>>;
  /** Where the object is not a file: brings the bytes of a local file there. */
  readonly upload?: (file: string) => Promise<void>;
}

/**
 * Bytes under one root. Every write is atomic: a reader sees all of an object or none of it, and a write that has been
 * acknowledged is durable. Errors are `StorageError`; an absent object is `undefined`, never an error.
 */
export interface Storage {
  /** The root as people write it: an absolute folder, `memory:name`, `s3://bucket/prefix`. */
  readonly uri: string;
  read(path: string): Promise<Uint8Array | undefined>;
  /** Bytes `start` (inclusive) to `end` (exclusive). */
  readRange(path: string, start: number, end: number): Promise<Uint8Array | undefined>;
  head(path: string): Promise<ObjectMeta | undefined>;
  /** Objects whose path begins with `prefix`, in UTF-8 order of their paths, after `startAfter` if given; also in sub-folders. */
  list(prefix: string, options?: { readonly startAfter?: string }): Promise<readonly ObjectMeta[]>;
  /** Writes or replaces. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes only if nothing is there; false when something is (the race was lost). */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Removes; an absent object is no error. */
  delete(path: string): Promise<void>;
  /**
   * Where an engine reads or writes this object itself. Memory storage backs it by a temporary file. For writing, the
   * default, the folder is made.
   */
  locate(path: string, purpose?: "read" | "write"): Promise<Location>;
  /** Makes what an engine wrote at `locate(path)` durable and visible; answers its size in bytes. */
  settle(path: string): Promise<number>;
  /** A storage rooted at a folder below this one. */
  at(folder: string): Storage;
  /** Folders below the root, those in others after these. Absent, with `removeFolder`, where objects need no folders. */
  folders?(): Promise<readonly FolderMeta[]>;
  /** Removes a folder if nothing is in it. */
  removeFolder?(path: string): Promise<void>;
}
