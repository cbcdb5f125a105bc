/** The facade: a photo and ratios in, crops out. Each method joins steps that others do. */

import * as platform from "#platform";

import { cropAnalysed, focalAnalysed, wantedPart } from "./analysed.js";
import type { Analysis } from "./analysis.js";
import type { Crop } from "./crop.js";
import { checkZoom } from "./decision.js";
import { MissingExtraError } from "./errors.js";
import { fitLongestEdge, sizeOf, type Box, type Size } from "./geometry.js";
import { parseOptions, type CropKeywords, type CropOptions } from "./options.js";
import { DEFAULT_MAX_PIXELS } from "./pixels/limits.js";
import type { Picture } from "./pixels/picture.js";
import { isFlat, look } from "./pixels/sight.js";
import type { ImageSource, RuntimeOptions } from "./platform/platform.js";
import { inPhotoOf, parseRatios, type AspectRatio, type RatioLike } from "./ratio.js";
import type { Grid } from "./grid.js";
import type { Manifest } from "./runtime/manifest.js";
import { MarsModel } from "./runtime/model.js";
import type { ModelSource } from "./runtime/model-files.js";
import { subjectMapOf } from "./subjects/subject-map.js";
import type { FocalPoint } from "./window/focal-point.js";

/** How a cropper is loaded. */
export interface LoadOptions extends RuntimeOptions {
  /** A folder with an exported model, or the address of each of its files; by default the packaged. */
  readonly model?: ModelSource;
  /** Larger images are refused, in Node before they are decoded; 300 million by default. */
  readonly maxPixels?: number;
}

/** One ratio, or several. */
export type RatiosLike = RatioLike | readonly RatioLike[];

/** Finds the best-composed crop of a photo for any aspect ratio. The same input gives the same box. */
export class Cropper {
  private constructor(
    private readonly model: MarsModel,
    /** Larger images are refused. */
    readonly maxPixels: number,
  ) {}

  /**
   * A cropper, ready to run.
   *
   * @throws ModelError the model is missing, changed or truncated.
   */
  static async load({ model, maxPixels, ...runtime }: LoadOptions = {}): Promise<Cropper> {
    return new Cropper(await MarsModel.load(model, runtime), maxPixels ?? DEFAULT_MAX_PIXELS);
  }

  /**
   * The best crop for each ratio, or the best few.
   *
   * @param image - a file, an element, a canvas, a bitmap, bytes or pixels; in Node a path.
   * @param ratios - such as "16:9", 1.5 or "square"; one or several.
   * @param options - what else is asked.
   * @returns the crops of each ratio, best first, in the order of the ratios.
   * @throws RatioError, OptionError what cannot be understood.
   * @throws ConstraintError what the photo cannot meet.
   * @throws ImageError an image that cannot be read; LimitError: that is too large.
   */
  async crop(image: ImageSource, ratios: RatiosLike, options?: CropKeywords): Promise<Crop[]> {
    const parsed = parseRatios(ratios);
    const asked = parseOptions(options);
    if (parsed.length === 0) return [];
    return this.cropParsed(await this.analyseParsed(image, asked), parsed, asked);
  }

  /**
   * What the networks see in a photo: most of the work, the same for all ratios.
   *
   * @param options - of the crops, which tell whether borders are looked at.
   * @throws ImageError an image that cannot be read.
   */
  async analyse(image: ImageSource, options?: CropKeywords): Promise<Analysis> {
    return this.analyseParsed(image, parseOptions(options));
  }

  /**
   * `crop` for a photo that was analysed already.
   *
   * @throws OptionError what would need another analysis.
   */
  async cropAnalysed(
    analysis: Analysis,
    ratios: RatiosLike,
    options?: CropKeywords,
  ): Promise<Crop[]> {
    return this.cropParsed(analysis, parseRatios(ratios), parseOptions(options));
  }

  /**
   * The point from which style sheets and content management systems get nearly our crops.
   *
   * @param options - the point keeps and avoids what they say as far as the largest crop of each
   * ratio can.
   */
  async focalPoint(image: ImageSource, options?: CropKeywords): Promise<FocalPoint> {
    return this.focalAnalysed(await this.analyse(image, options), options);
  }

  /**
   * `focalPoint` for a photo that was analysed already.
   *
   * @param within - a crop of it, for the focal point of that crop as a picture of its own.
   */
  async focalAnalysed(
    analysis: Analysis,
    options?: CropKeywords,
    within: Box | null = null,
  ): Promise<FocalPoint> {
    const maps = (ratios: readonly AspectRatio[]) => this.maps(analysis, ratios);
    return focalAnalysed(analysis, parseOptions(options), maps, this.manifest, within);
  }

  /**
   * What the network sees for each ratio: the log odds that a place belongs to the crop, over the
   * photo, or the part of it that was looked at.
   */
  maps(analysis: Analysis, ratios: RatiosLike): Promise<readonly Grid[]> {
    const values = parseRatios(ratios).map((ratio) => inPhotoOf(ratio, analysis.size).value);
    return this.model.logits(analysis.features, values);
  }

  /** What the model is. */
  get manifest(): Manifest {
    return this.model.manifest;
  }

  /** Frees the networks. Nothing can be asked afterwards. */
  close(): Promise<void> {
    return this.model.close();
  }

  private async analyseParsed(image: ImageSource, options: CropOptions): Promise<Analysis> {
    if (options.faces === "keep") {
      throw new MissingExtraError(
        "faces: 'keep' needs a detector of faces, which only the Python package has; take faces: " +
          "'auto', which does not cut heads that the model sees, or analyse and add the faces",
        "faces",
      );
    }
    checkZoom(options, this.model.seesSubjects);
    const photo = await platform.open(image, this.maxPixels);
    try {
      return await this.analysePicture(photo, options);
    } finally {
      photo.close();
    }
  }

  private async analysePicture(photo: Picture, options: CropOptions): Promise<Analysis> {
    const { name, size } = photo;
    const inputSize = (seen: Size): Size => this.inputSize(seen);
    const sight = await look(photo, inputSize, (picture) => wantedPart(size, picture, options));
    const { picture, part, opaque, rgb } = sight;
    const { features, subjects: outputs } = await this.model.see(rgb);
    const subjects = outputs && subjectMapOf(outputs, part ? sizeOf(part) : size);
    return { name, size, features, subjects, picture, part, opaque, isFlat: isFlat(rgb) };
  }

  private cropParsed(
    analysis: Analysis,
    ratios: readonly AspectRatio[],
    options: CropOptions,
  ): Promise<Crop[]> {
    const maps = (asked: readonly AspectRatio[]) => this.maps(analysis, asked);
    return cropAnalysed(analysis, ratios, options, maps, this.manifest, this.maxPixels);
  }

  private inputSize(size: Size): Size {
    const { longestEdge, multiple } = this.model.manifest.input;
    return fitLongestEdge(size, longestEdge, multiple);
  }
}
