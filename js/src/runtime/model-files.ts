/** Where a model's files come from: the package, a folder, or an address for each. */

import * as platform from "#platform";

import { ModelError } from "../errors.js";
import { MANIFEST, type ModelPart } from "./manifest.js";

/** A folder with `manifest.json` and its parts, or the address of each file by its name. */
export type ModelSource = string | URL | Readonly<Record<string, string | URL>>;

/** Written out, so that bundlers find the files and bring them along. */
const PACKAGED: Readonly<Record<string, URL>> = {
  [MANIFEST]: new URL("../model/manifest.json", import.meta.url),
  "features.onnx": new URL("../model/features.onnx", import.meta.url),
  "meta.onnx": new URL("../model/meta.onnx", import.meta.url),
  "head.onnx": new URL("../model/head.onnx", import.meta.url),
  "subjects.onnx": new URL("../model/subjects.onnx", import.meta.url),
};

/** The files of a model. */
export class ModelFiles {
  private constructor(
    private readonly addressOf: (file: string) => URL | null,
    /** For messages. */
    readonly folder: string,
  ) {}

  /** Of a model that a caller names; by default the packaged one. */
  static of(source?: ModelSource): ModelFiles {
    if (source === undefined) return new ModelFiles((file) => PACKAGED[file] ?? null, "<package>");
    if (typeof source === "string" || source instanceof URL) {
      const folder = platform.addressOf(source).href.replace(/\/?$/, "/");
      return new ModelFiles((file) => new URL(file, folder), String(source));
    }
    const given = (file: string) => (source[file] ? platform.addressOf(source[file]) : null);
    return new ModelFiles(given, "<model>");
  }

  /** The bytes of a file; null where there are none. */
  async read(file: string): Promise<Uint8Array | null> {
    const address = this.addressOf(file);
    return address && platform.readBytes(address);
  }

  /**
   * The bytes of a part, checked against its size and, where the page may, its SHA-256.
   *
   * @throws ModelError the file is missing, truncated, or changed.
   */
  async readPart(part: ModelPart): Promise<Uint8Array> {
    const name = `${this.folder.replace(/\/$/, "")}/${part.file}`;
    const content = await this.read(part.file);
    const advice = "install marscrop or export the model again";
    if (!content) throw new ModelError(`missing; ${advice}`, name);
    if (content.length !== part.bytes) {
      throw new ModelError(
        `${content.length} bytes, expected ${part.bytes}: the file is truncated or changed; ` +
          advice,
        name,
      );
    }
    // A page that came over plain HTTP may not compute it.
    if (canDigest && (await sha256(content)) !== part.sha256) {
      throw new ModelError(`its SHA-256 is not the manifest's: it was changed; ${advice}`, name);
    }
    return content;
  }
}

const canDigest = "subtle" in crypto;

async function sha256(content: Uint8Array): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", content as BufferSource));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
