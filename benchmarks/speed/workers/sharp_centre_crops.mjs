// Centre crops of many photos by sharp: PACKAGES WORKERS EDGE FOLDER PHOTO...
import { createRequire } from 'node:module';
import path from 'node:path';
const [packages, workers, edge, folder, ...photos] = process.argv.slice(2);
const sharp = createRequire(packages + '/')('sharp');
sharp.cache(false);
sharp.concurrency(1); // a photo a worker, as the others have it

async function work() {
  for (let photo = photos.pop(); photo; photo = photos.pop()) {
    await sharp(photo)
      .resize({ width: Number(edge), height: Number(edge), fit: 'cover', position: 'centre' })
      .jpeg()
      .toFile(path.join(folder, path.basename(photo) + '.jpg'));
  }
}
await Promise.all(Array.from({ length: Number(workers) }, work));
