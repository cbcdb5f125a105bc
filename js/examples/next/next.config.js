import { DEVICE_WIDTHS, IMAGE_WIDTHS } from "./widths.js";

export default {
  output: "export",
  images: {
    loader: "custom",
    loaderFile: "./loader.js",
    deviceSizes: DEVICE_WIDTHS,
    imageSizes: IMAGE_WIDTHS,
  },
};
