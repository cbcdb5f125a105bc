// smartcrop.js with its defaults. Pictures are read and resized by sharp, as smartcrop-sharp does it;
// that package itself asks for a sharp of 2023, which is not on npm alone.
import readline from 'node:readline';
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/');
const smartcrop = require('smartcrop');
const sharp = require('sharp');
sharp.cache(false);

const imageOperations = {
  async open(path) {
    const { width, height } = await sharp(path).metadata();
    return { width, height, path };
  },
  async resample(image, width, height) {
    return { ...image, width: Math.round(width), height: Math.round(height) };
  },
  async getData({ path, width, height }) {
    const data = await sharp(path).resize(width, height, { fit: 'fill' }).ensureAlpha().raw().toBuffer();
    return new smartcrop.ImgData(width, height, data);
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [path, width, height] = JSON.parse(line);
  const started = performance.now();
  const options = { width: 100 * width, height: 100 * height, imageOperations };
  const { topCrop: c } = await smartcrop.crop(path, options);
  const ms = performance.now() - started;
  console.log(JSON.stringify({ ms, box: [c.x, c.y, c.x + c.width, c.y + c.height] }));
}
