// smartcrop.js by smartcrop-sharp, its fastest reader, with its defaults.
import readline from 'node:readline';
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/');
const smartcrop = require('smartcrop-sharp');
require('sharp').cache(false);

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [path, width, height] = JSON.parse(line);
  const started = performance.now();
  const { topCrop: c } = await smartcrop.crop(path, { width: 100 * width, height: 100 * height });
  const ms = performance.now() - started;
  console.log(JSON.stringify({ ms, box: [c.x, c.y, c.x + c.width, c.y + c.height] }));
}
