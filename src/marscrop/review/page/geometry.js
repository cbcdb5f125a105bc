// Boxes [x0, y0, x1, y1] in pixels of the upright photo. The server rounds them to whole pixels.

const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

export const LEAST_PX = 16;

export function moved(box, dx, dy, photo) {
  const [x0, y0, x1, y1] = box;
  const width = x1 - x0, height = y1 - y0;
  const x = clamp(x0 + dx, 0, photo.width - width), y = clamp(y0 + dy, 0, photo.height - height);
  return [x, y, x + width, y + height];
}

// The box of a ratio whose width is `width`, or the nearest that fits, about a fixed point: its
// place in the box is (ax, ay), 0..1.
export function resized(box, width, ratio, photo, ax = 0.5, ay = 0.5) {
  const most = Math.min(photo.width, photo.height * ratio);
  const least = Math.min(most, LEAST_PX * Math.max(1, ratio));
  const w = clamp(width, least, most), h = w / ratio;
  const x = box[0] + (box[2] - box[0]) * ax, y = box[1] + (box[3] - box[1]) * ay;
  const x0 = clamp(x - w * ax, 0, photo.width - w), y0 = clamp(y - h * ay, 0, photo.height - h);
  return [x0, y0, x0 + w, y0 + h];
}

export function scaled(box, factor, ratio, photo) {
  return resized(box, (box[2] - box[0]) * factor, ratio, photo);
}

// The size in which a box with its padding fits into a room, and its scale.
export function fitted(box, padding, room) {
  const [left, top, right, bottom] = padding ?? [0, 0, 0, 0];
  const width = box[2] - box[0] + left + right, height = box[3] - box[1] + top + bottom;
  const scale = Math.min(room.width / width, room.height / height);
  return { width: width * scale, height: height * scale, scale, left: left * scale, top: top * scale };
}
