/** HTML and CSS of crops, as `marscrop web` writes them. */

export { COMMON_RATIOS, fitFocalPoint, type FocalPoint } from "../window/focal-point.js";
export {
  WIDTHS,
  pictureElement,
  scaledSizes,
  srcset,
  urlOf,
  type PictureOptions,
  type WebImage,
} from "./picture-element.js";
