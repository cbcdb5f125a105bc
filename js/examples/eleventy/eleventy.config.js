import { picture } from "./picture.js";

export default function (config) {
  config.addAsyncShortcode("picture", (photo, ratio, alt) =>
    picture(`../../../examples/${photo}`, ratio, alt, { folder: "_site/img", url: "/img/" }),
  );
  return { dir: { input: "src", output: "_site" } };
}
