import assert from "node:assert/strict";
import { test } from "node:test";

import sharp from "sharp";

import { jpegHeader } from "../dist/pixels/jpeg-header.js";

const blank = sharp({ create: { width: 37, height: 21, channels: 3, background: "teal" } });

test("the header of a JPEG says its stored size and how it is turned", async () => {
  for (const progressive of [false, true]) {
    for (const orientation of [1, 3, 6, 8]) {
      const options = { progressive, mozjpeg: progressive };
      const file = await blank.clone().withMetadata({ orientation }).jpeg(options).toBuffer();
      assert.deepEqual(jpegHeader(file), { size: { width: 37, height: 21 }, orientation });
    }
  }
});

test("a JPEG without EXIF, with big endian EXIF or with padding is read as well", async () => {
  const file = await blank.clone().jpeg().toBuffer();
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0];
  const exif = [0xff, 0xe1, 0, tiff.length + 8, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  const head = file.subarray(0, 2);
  const rest = file.subarray(2);

  assert.equal(jpegHeader(file)?.orientation, 1);
  assert.equal(jpegHeader(Buffer.concat([head, Buffer.from(exif), rest]))?.orientation, 6);
  assert.deepEqual(
    jpegHeader(Buffer.concat([head, Buffer.from([0xff, 0xff]), rest])),
    jpegHeader(file),
  );
});

test("damaged and other files have no header, whatever they hold", async () => {
  const file = await blank.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  assert.equal(jpegHeader(await blank.clone().png().toBuffer()), null);
  for (let end = 0; end < 200; end++) assert.equal(jpegHeader(file.subarray(0, end)), null);
  for (let at = 2; at < file.length; at++) {
    const changed = Uint8Array.from(file);
    changed[at] = 0xff - changed[at];
    jpegHeader(changed); // never throws
  }
});
