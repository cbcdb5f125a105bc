/** marscrop: the best-composed crop of a photo, for every aspect ratio asked. */

export type { Analysis, Features } from "./analysis.js";
export type { Crop, Padding } from "./crop.js";
export type { Box, Size, Window } from "./geometry.js";
export type { Grid } from "./grid.js";
export type { AspectRatio } from "./ratio.js";
export type { Subject, SubjectMap } from "./subjects.js";
export {
  ConstraintError,
  ImageError,
  LimitError,
  MarscropError,
  MissingExtraError,
  ModelError,
  OptionError,
  RatioError,
} from "./errors.js";
export { Cropper, type LoadOptions, type RatiosLike } from "./cropper.js";
export type { CropKeywords } from "./options.js";
export type { ImageSource } from "./platform/platform.js";
export { PRESETS, type RatioLike } from "./ratio.js";
