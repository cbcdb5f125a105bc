/** A model, ready to run: features and subjects once a photo, a map of logits for each ratio. */

import * as platform from "#platform";

import type { Features } from "../analysis.js";
import { ModelError } from "../errors.js";
import type { Grid } from "../grid.js";
import type { OnnxRuntime, RuntimeOptions } from "../platform/platform.js";
import type { Pixels } from "../pixels/pixels.js";
import { FILTER } from "../pixels/resize.js";
import type { SubjectOutputs } from "../subjects/subject-map.js";
import {
  type Manifest,
  MANIFEST,
  type PartName,
  PARTS,
  parseManifest,
  SUBJECTS,
} from "./manifest.js";
import { ModelFiles, type ModelSource } from "./model-files.js";
import { floats, OnnxNetwork, type Tensors } from "./onnx-network.js";

/** Ratios whose generated cropping models, of about 50 kB each, are kept. */
const RATIOS_KEPT = 256;
/** Outputs of the part `features` that the part `subjects` takes. */
const SEEN = ["features", "details", "edges"] as const;

type Networks = Record<(typeof PARTS)[number], OnnxNetwork> & { subjects?: OnnxNetwork };

/** A Mars network, loaded from a checked model. */
export class MarsModel {
  private readonly parameters = new Map<number, Promise<Tensors>>();

  private constructor(
    readonly manifest: Manifest,
    private readonly runtime: OnnxRuntime,
    private readonly networks: Networks,
  ) {}

  /**
   * A model; by default the packaged one.
   *
   * @throws ModelError the model is missing, changed, truncated, or of another kind.
   */
  static async load(source?: ModelSource, options: RuntimeOptions = {}): Promise<MarsModel> {
    const files = ModelFiles.of(source);
    const loading = platform.loadRuntime(options);
    loading.catch(() => undefined); // what is wrong with the model is told first
    const manifest = parseManifest(await files.read(MANIFEST), files.folder);
    if (manifest.input.filter !== FILTER) {
      const given = manifest.input.filter;
      const reason = `trained with the resize filter '${given}'; this version has '${FILTER}'`;
      throw new ModelError(reason, files.folder);
    }
    const names: PartName[] = manifest.parts.subjects ? [...PARTS, SUBJECTS] : [...PARTS];
    const contents = await Promise.all(names.map((name) => files.readPart(manifest.parts[name]!)));
    const runtime = await loading;
    const networks: Partial<Networks> = {};
    for (const [i, name] of names.entries()) {
      // The small parts gain nothing from a second thread.
      const threads = name === "features" ? (options.threads ?? 1) : 1;
      const file = manifest.parts[name]!.file;
      networks[name] = await OnnxNetwork.load(runtime, contents[i], file, threads);
    }
    return new MarsModel(manifest, runtime, checked(networks as Networks));
  }

  /** Whether it has a part that sees subjects. */
  get seesSubjects(): boolean {
    return this.networks.subjects !== undefined;
  }

  /**
   * The feature map of a photo, which every ratio shares, and what the part `subjects` answers;
   * null where the model has no such part.
   *
   * @param rgb - of the size that the manifest's input rule gives.
   */
  async see(rgb: Pixels): Promise<{ features: Features; subjects: SubjectOutputs | null }> {
    const dims = [1, rgb.height, rgb.width, 3];
    const pixels = new this.runtime.ort.Tensor("uint8", rgb.data as Uint8Array, dims);
    const network = this.networks.subjects;
    const seen = await this.networks.features.run({ pixels }, network ? SEEN : ["features"]);
    const features = mapsOf(seen.features);
    if (!network) return { features, subjects: null };
    const { gaze, heads, subjects } = await network.run(seen);
    return {
      features,
      subjects: { gaze: mapsOf(gaze), heads: mapsOf(heads), subjects: mapsOf(subjects) },
    };
  }

  /**
   * A map for each ratio: log odds that a cell lies in the crop.
   *
   * @param ratios - width / height; one beyond the trained range is answered at its nearest end.
   */
  async logits(features: Features, ratios: readonly number[]): Promise<Grid[]> {
    if (ratios.length === 0) return [];
    const generated = await Promise.all(ratios.map((ratio) => this.parametersOf(ratio)));
    const { data, channels, rows, columns } = features;
    const { Tensor } = this.runtime.ort;
    const outputs = await this.networks.head.run({
      features: new Tensor("float32", data, [1, channels, rows, columns]),
      ftm: this.together(generated, "ftm"),
      pwp: this.together(generated, "pwp"),
    });
    const maps = Object.values(outputs)[0];
    const [height, width] = maps.dims.slice(-2);
    const cells = height * width;
    return ratios.map((_, i) => ({
      data: floats(maps).subarray(i * cells, (i + 1) * cells),
      rows: height,
      columns: width,
    }));
  }

  /** Frees what it holds. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.networks).map((network) => network.close()));
  }

  /** The cropping model of a ratio, generated or from the cache. */
  private parametersOf(ratio: number): Promise<Tensors> {
    const [low, high] = this.manifest.ratioRange;
    const key = Math.log(Math.min(Math.max(ratio, low), high));
    let found = this.parameters.get(key);
    if (!found) {
      // One by one: what a ratio gets must not depend on which others were asked for.
      const logRatio = new this.runtime.ort.Tensor("float32", Float32Array.of(key), [1]);
      found = this.networks.meta.run({ log_ratio: logRatio });
    }
    this.parameters.delete(key); // and last again
    this.parameters.set(key, found);
    if (this.parameters.size > RATIOS_KEPT) {
      this.parameters.delete(this.parameters.keys().next().value!);
    }
    return found;
  }

  private together(generated: readonly Tensors[], name: "ftm" | "pwp"): Tensors[string] {
    const each = generated.map((one) => floats(one[name]));
    const data = new Float32Array(each.length * each[0].length);
    each.forEach((numbers, i) => {
      data.set(numbers, i * numbers.length);
    });
    const dims = [each.length, ...generated[0][name].dims.slice(1)];
    return new this.runtime.ort.Tensor("float32", data, dims);
  }
}

function mapsOf(tensor: Tensors[string]): Features {
  const [rows, columns] = tensor.dims.slice(-2);
  const data = floats(tensor);
  return { data, channels: data.length / (rows * columns), rows, columns };
}

/** The networks, if they fit each other. */
function checked(networks: Networks): Networks {
  if (!networks.features.takesBytes("pixels")) {
    throw new ModelError(
      "its input is not uint8, which is what networks for JavaScript take; export it in int8",
      "features",
    );
  }
  const lacking = SEEN.filter((name) => !networks.features.outputs.includes(name));
  if (networks.subjects && lacking.length) {
    const reason = `lacks ${lacking.join(" and ")}, which the part subjects needs`;
    throw new ModelError(`${reason}; export the model again`, "features");
  }
  return networks;
}
