// This device as who answers: see answers.js. Photos are read here and go nowhere.

import { WorkerCropper } from "../marscrop/standalone/worker.js";
import { isAnimated } from "./animation.js";
import { cropFile } from "./files.js";
import { Refused } from "./refused.js";

/** The service's parameters, as the cropper calls them. */
const OPTIONS = {
  zoom: "zoom",
  fallback: "fallback",
  pad_fill: "padFill",
  max_candidates: "maxCandidates",
};
const REPEATED = ["keep", "avoid"];
/** Codes of the service's API for the cropper's errors. */
const CODES = { ConstraintError: "constraint", OptionError: "option", RatioError: "option" };

const wholeNumber = (value) => (/^\d+$/.test(value) ? Number(value) : value);

function optionsOf(photo, asked) {
  const options = { keep: [], avoid: [] };
  for (const { kind, box } of photo.marks) options[kind].push(box);
  for (const [name, value] of asked)
    if (REPEATED.includes(name)) options[name].push(value);
    else options[OPTIONS[name]] = wholeNumber(value);
  return options;
}

/** A crop as `marscrop crop --json` has it: what only some have, only where it says something. */
function entry({ ratio, box, confidence, candidate, centred, padding }) {
  const crop = { ratio: ratio.label, box, confidence: Math.round(confidence * 1e4) / 1e4 };
  if (candidate > 1) crop.candidate = candidate;
  if (centred) crop.centred = true;
  if (padding) {
    const [left, top, right, bottom] = (crop.padding = padding.margins);
    crop.canvas = [left + box[2] - box[0] + right, top + box[3] - box[1] + bottom];
  }
  return crop;
}

/** Log odds in rows and columns as a bitmap in greys. */
function greys({ data, rows, columns }) {
  const image = new ImageData(columns, rows);
  for (let at = 0; at < data.length; at++) {
    const grey = Math.round(255 / (1 + Math.exp(-data[at])));
    image.data.set([grey, grey, grey, 255], 4 * at);
  }
  return createImageBitmap(image);
}

/** A map of a part of a photo as one of the photo, black outside the part. */
function onPhoto(map, [x0, y0, x1, y1], { width, height }) {
  const across = map.width / (x1 - x0),
    down = map.height / (y1 - y0);
  const canvas = new OffscreenCanvas(Math.ceil(width * across), Math.ceil(height * down));
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(map, Math.round(x0 * across), Math.round(y0 * down));
  return canvas.transferToImageBitmap();
}

/** What `work` gives; its errors as the page knows them. */
async function refusing(work) {
  try {
    return await work();
  } catch (error) {
    const { name, message, reason } = error;
    if (name === "AbortError") throw error;
    throw new Refused({ code: CODES[name] ?? "photo", message, reason });
  }
}

export class Local {
  #loading = WorkerCropper.load();
  #analyses = new WeakMap(); // of files
  #picture = { photo: null, bitmap: null }; // of the photo that a file was made of last

  /** formats: that this browser writes. */
  constructor(formats) {
    this.can = { formats: ["same", ...formats], metadata: ["none"] };
    this.#loading.catch(() => {}); // said where it is asked
  }

  findCrops(photo, ratios, asked, signal) {
    return refusing(async () => {
      const options = optionsOf(photo, asked);
      const { size, crops } = await this.#found(photo.file, ratios, options, signal);
      return { ...size, crops: crops.map(entry) };
    });
  }

  findMap(photo, ratio, signal) {
    return refusing(async () => {
      const analysis = await this.#analysis(photo.file, {}, signal);
      const [logits] = await (await this.#loading).maps(analysis, ratio);
      signal?.throwIfAborted();
      const map = await greys(logits);
      return analysis.part ? onPhoto(map, analysis.part, analysis.size) : map;
    });
  }

  async cut(photo, box, written) {
    const { format, width, height } = Object.fromEntries(written);
    const animated = await isAnimated(photo.file);
    return cropFile(await this.#bitmap(photo), { box }, { format, width, height, animated });
  }

  async cutFound(photo, ratio, asked, written) {
    const { crops } = await this.findCrops(photo, [ratio], asked);
    const { format, width } = Object.fromEntries(written);
    const { pad_fill: fill } = Object.fromEntries(asked);
    const animated = await isAnimated(photo.file);
    return cropFile(await this.#bitmap(photo), crops[0], { format, width, fill, animated });
  }

  async #found(file, ratios, options, signal) {
    const cropper = await this.#loading;
    let analysis = await this.#analysis(file, options, signal);
    try {
      return { size: analysis.size, crops: await cropper.cropAnalysed(analysis, ratios, options) };
    } catch (error) {
      if (error.option !== "keepBorders") throw error;
      this.#analyses.delete(file); // what is kept now reaches into borders, or no longer does
      analysis = await this.#analysis(file, options, signal);
      return { size: analysis.size, crops: await cropper.cropAnalysed(analysis, ratios, options) };
    }
  }

  async #analysis(file, options, signal) {
    const cropper = await this.#loading;
    signal?.throwIfAborted();
    let analysis = this.#analyses.get(file);
    if (!analysis) {
      analysis = cropper.analyse(file, options);
      this.#analyses.set(file, analysis);
      analysis.catch(() => this.#analyses.delete(file));
    }
    const found = await analysis;
    signal?.throwIfAborted();
    return found;
  }

  async #bitmap(photo) {
    if (this.#picture.photo !== photo) {
      this.#picture.bitmap?.close();
      this.#picture = { photo: null, bitmap: null };
      try {
        this.#picture = { photo, bitmap: await createImageBitmap(photo.file) };
      } catch {
        throw new Refused({ message: "this browser cannot read it" });
      }
    }
    return this.#picture.bitmap;
  }
}
