// As worker.py, for what comes from npm: node worker.mjs METHOD, run in .local/peers/node.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.cwd() + "/");
const sharp = require("sharp");

function fitted(width, height, ratio) {
  return ratio > width / height
    ? [width, Math.round(width / ratio)]
    : [Math.round(height * ratio), height];
}

const methods = {
  // sharp's own strategy, to a thumbnail: it decodes at reduced size, and tells where it cut.
  "sharp-attention": async (path, ratio) => {
    const { width, height } = await sharp(path).metadata();
    const [w, h] = fitted(width, height, ratio);
    const scale = 256 / Math.max(width, height);
    const { info } = await sharp(path)
      .resize(Math.round(w * scale), Math.round(h * scale), { fit: "cover", position: "attention" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const [x, y] = [-(info.cropOffsetLeft ?? 0) / scale, -(info.cropOffsetTop ?? 0) / scale];
    return [x, y, x + w, y + h];
  },
  // smartcrop.js reading through sharp, as its README shows for Node.
  "smartcrop.js": async (path, ratio) => {
    const smartcrop = require("smartcrop-sharp");
    const size = ratio >= 1 ? [100, Math.round(100 / ratio)] : [Math.round(100 * ratio), 100];
    const { topCrop } = await smartcrop.crop(path, { width: size[0], height: size[1] });
    return [topCrop.x, topCrop.y, topCrop.x + topCrop.width, topCrop.y + topCrop.height];
  },
};

const method = methods[process.argv[2]];
console.log(JSON.stringify("ready"));
for await (const line of createInterface({ input: process.stdin })) {
  const { path, ratio } = JSON.parse(line);
  const started = performance.now();
  const box = await method(path, ratio);
  console.log(JSON.stringify({ ms: performance.now() - started, box }));
}
