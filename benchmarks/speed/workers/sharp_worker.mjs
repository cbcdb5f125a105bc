// sharp's attention strategy: a JPEG in, a crop of 256 px on its longer side out, as sites use it.
import readline from 'node:readline';
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/');
const sharp = require('sharp');
sharp.cache(false);

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [path, ratioWidth, ratioHeight] = JSON.parse(line);
  const started = performance.now();
  const { width, height } = await sharp(path).metadata();
  const scale = 256 / Math.max(ratioWidth, ratioHeight);
  const size = { width: Math.round(ratioWidth * scale), height: Math.round(ratioHeight * scale) };
  const { info } = await sharp(path)
    .resize({ ...size, fit: 'cover', position: sharp.strategy.attention })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const ms = performance.now() - started;
  const factor = Math.min(width / size.width, height / size.height);
  const x0 = -(info.cropOffsetLeft ?? 0) * factor;
  const y0 = -(info.cropOffsetTop ?? 0) * factor;
  const box = [x0, y0, x0 + size.width * factor, y0 + size.height * factor].map(Math.round);
  console.log(JSON.stringify({ ms, box }));
}
