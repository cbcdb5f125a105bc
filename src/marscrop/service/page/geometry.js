// Boxes [x0, y0, x1, y1] in whole pixels of the upright photo. Pure functions.

export const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

export const sizeOf = ([x0, y0, x1, y1]) => [x1 - x0, y1 - y0];

/** The box moved by dx, dy [px], inside a photo of width x height. */
export function moved([x0, y0, x1, y1], dx, dy, [width, height]) {
  const x = clamp(Math.round(x0 + dx), 0, width - (x1 - x0));
  const y = clamp(Math.round(y0 + dy), 0, height - (y1 - y0));
  return [x, y, x + x1 - x0, y + y1 - y0];
}

/** Width and height [px] of a ratio whose longer side is `longer`; the other is rounded once. */
function sizeOfRatio(longer, ratio) {
  return ratio >= 1
    ? [longer, Math.max(1, Math.round(longer / ratio))]
    : [Math.max(1, Math.round(longer * ratio)), longer];
}

/** The largest size of a ratio inside a photo [px]. */
export function largest(ratio, [width, height]) {
  return width / height >= ratio
    ? [clamp(Math.round(height * ratio), 1, width), height]
    : [width, clamp(Math.round(width / ratio), 1, height)];
}

/** A box of a ratio, about as wide as asked, that grows from a fixed corner (0 or 1 on each axis)
 *  or, with [0.5, 0.5], from its middle. */
export function resized(box, width, ratio, fixed, photo) {
  const [x0, y0, x1, y1] = box;
  const at = [x0 + (x1 - x0) * fixed[0], y0 + (y1 - y0) * fixed[1]];
  const room = [0, 1].map((axis) => {
    const before = fixed[axis] ? at[axis] / fixed[axis] : Infinity;
    const after = fixed[axis] < 1 ? (photo[axis] - at[axis]) / (1 - fixed[axis]) : Infinity;
    return fixed[axis] === 0.5 ? photo[axis] : Math.min(before, after);
  });
  const most = largest(ratio, room.map(Math.floor));
  const longest = Math.max(...most);
  const longer = clamp(Math.round(ratio >= 1 ? width : width / ratio), Math.min(16, longest), longest);
  const [w, h] = longer === longest ? most : sizeOfRatio(longer, ratio);
  const x = clamp(Math.round(at[0] - w * fixed[0]), 0, photo[0] - w);
  const y = clamp(Math.round(at[1] - h * fixed[1]), 0, photo[1] - h);
  return [x, y, x + w, y + h];
}

/** The box between two points, at least one pixel, inside the photo. */
export function between([ax, ay], [bx, by], [width, height]) {
  const x0 = clamp(Math.floor(Math.min(ax, bx)), 0, width - 1);
  const y0 = clamp(Math.floor(Math.min(ay, by)), 0, height - 1);
  return [x0, y0, clamp(Math.ceil(Math.max(ax, bx)), x0 + 1, width),
    clamp(Math.ceil(Math.max(ay, by)), y0 + 1, height)];
}

/** The largest box of a ratio in the middle of a photo [px]. */
export function centreCrop(ratio, photo) {
  const [width, height] = largest(ratio, photo);
  const x = Math.floor((photo[0] - width) / 2), y = Math.floor((photo[1] - height) / 2);
  return [x, y, x + width, y + height];
}
