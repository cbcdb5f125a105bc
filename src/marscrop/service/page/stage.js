// The photo with the crop on it, the marks, and the map. It draws a state and reports what people do.

import { between, clamp, moved, resized, sizeOf } from "./geometry.js";
import { tell } from "./say.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const CORNERS = { nw: [1, 1], ne: [0, 1], sw: [1, 0], se: [0, 0] }; // the corner that stays

export class Stage {
  /** on: { crop(box), reset(), marks(marks), marked() } */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.picture = root.querySelector("img");
    this.map = root.querySelector("canvas");
    this.frame = root.querySelector("#frame");
    this.layer = root.querySelector("#marks");
    this.shade = root.querySelector("#shade");
    this.middle = root.querySelector("#middle");
    this.photo = null;
    this.crop = null; // { ratio, value, box }, and padding where it cannot be moved
    this.marking = null; // "keep" or "avoid", while the next drag draws one
    this.frame.addEventListener("keydown", (event) => this.#frameKey(event));
    this.frame.addEventListener("pointerdown", (event) => this.#frameDrag(event));
    root.addEventListener("pointerdown", (event) => this.#draw(event));
  }

  show(photo) {
    this.photo = photo;
    this.picture.src = photo.url;
    this.picture.alt = photo.name;
    this.root.style.setProperty("--ratio", photo.size[0] / photo.size[1]);
    this.showCrop(null);
    this.showMarks();
  }

  showCrop(crop) {
    this.crop = crop;
    for (const node of [this.frame, this.shade]) node.hidden = !crop?.box;
    if (!crop?.box) return;
    this.frame.classList.toggle("fixed", Boolean(crop.padding));
    this.#place(this.frame, crop.box);
    this.#place(this.shade, crop.box);
    const [width, height] = sizeOf(crop.box);
    this.frame.setAttribute("aria-label",
      `${crop.ratio} crop, ${width} by ${height} pixels at ${crop.box[0]}, ${crop.box[1]}` +
      (crop.padding ? ", padded" : ""));
  }

  /** The centre crop beside it, or null. */
  showMiddle(box) {
    this.middle.hidden = !box;
    if (box) this.#place(this.middle, box);
  }

  /** The map as colour over what is likely to be in the crop. */
  showMap(bitmap) {
    this.map.hidden = !bitmap;
    if (!bitmap) return;
    const { width, height } = bitmap;
    Object.assign(this.map, { width, height });
    const context = this.map.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const image = context.getImageData(0, 0, width, height);
    for (let at = 0; at < image.data.length; at += 4) {
      const share = image.data[at] / 255;
      image.data.set([255, 128, 56, 150 * share * share], at);
    }
    context.putImageData(image, 0, 0);
  }

  setMarking(kind) {
    this.marking = kind;
    this.root.classList.toggle("marking", Boolean(kind));
  }

  /** A mark in the middle, for those who do not draw. */
  addMark(kind) {
    const [width, height] = this.photo.size;
    const box = [0.4 * width, 0.4 * height, 0.6 * width, 0.6 * height].map(Math.round);
    this.on.marks([...this.photo.marks, { kind, box }]);
    this.layer.lastElementChild?.focus();
  }

  showMarks() {
    this.layer.replaceChildren(...this.photo.marks.map((mark, index) => this.#mark(mark, index)));
  }

  #mark(mark, index) {
    const node = document.createElement("div");
    node.className = `mark ${mark.kind}`;
    node.tabIndex = 0;
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", `Box to ${mark.kind} ${index + 1}. Arrow keys move it, ` +
      "with Shift they resize it, Delete removes it.");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "\u00d7";
    remove.setAttribute("aria-label", `Remove this box to ${mark.kind}`);
    remove.addEventListener("pointerdown", (event) => event.stopPropagation());
    remove.addEventListener("click", () => this.#removeMark(index));
    node.append(remove);
    node.addEventListener("keydown", (event) => this.#markKey(event, node, index));
    node.addEventListener("pointerdown", (event) => {
      const from = mark.box;
      this.#drag(event, (dx, dy) => this.#changeMark(node, index, moved(from, dx, dy, this.photo.size)),
        () => this.on.marked());
    });
    this.#place(node, mark.box);
    return node;
  }

  #changeMark(node, index, box) {
    this.photo.marks[index] = { ...this.photo.marks[index], box };
    this.#place(node, box);
  }

  #removeMark(index) {
    this.on.marks(this.photo.marks.filter((_, other) => other !== index));
    this.frame.focus();
  }

  #markKey(event, node, index) {
    if (event.target !== node) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.#removeMark(index);
      return;
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const [dx, dy] = step.map((way) => way * this.#stride());
    const { box } = this.photo.marks[index];
    const [x0, y0, x1, y1] = box;
    const size = this.photo.size;
    this.#changeMark(node, index, event.shiftKey
      ? [x0, y0, clamp(x1 + dx, x0 + 4, size[0]), clamp(y1 + dy, y0 + 4, size[1])]
      : moved(box, dx, dy, size));
    this.on.marked();
  }

  #frameKey(event) {
    if (!this.crop?.box || this.crop.padding) return;
    const { box, value } = this.crop;
    const size = this.photo.size, stride = this.#stride(), width = box[2] - box[0];
    const step = STEPS[event.key];
    if (step) this.on.crop(moved(box, step[0] * stride, step[1] * stride, size));
    else if (event.key === "+" || event.key === "=")
      this.on.crop(resized(box, width + 2 * stride, value, [0.5, 0.5], size));
    else if (event.key === "-")
      this.on.crop(resized(box, width - 2 * stride, value, [0.5, 0.5], size));
    else if (event.key === "Escape") this.on.reset();
    else return;
    event.preventDefault();
    tell(this.frame.getAttribute("aria-label"));
  }

  #frameDrag(event) {
    if (this.marking || !this.crop?.box || this.crop.padding) return;
    event.stopPropagation();
    const { box, value } = this.crop;
    const corner = CORNERS[event.target.dataset.corner];
    const size = this.photo.size;
    this.frame.focus({ preventScroll: true });
    this.#drag(event, (dx, dy) => {
      if (!corner) return this.on.crop(moved(box, dx, dy, size));
      const wider = (corner[0] ? -dx : dx), taller = (corner[1] ? -dy : dy) * value;
      const by = Math.abs(wider) > Math.abs(taller) ? wider : taller;
      return this.on.crop(resized(box, box[2] - box[0] + by, value, corner, size));
    });
  }

  #draw(event) {
    if (!this.marking) return;
    const kind = this.marking, from = this.#point(event), size = this.photo.size;
    const others = this.photo.marks;
    this.#drag(event, (dx, dy) => {
      const box = between(from, [from[0] + dx, from[1] + dy], size);
      this.photo.marks = [...others, { kind, box }];
      this.showMarks();
    }, () => {
      this.on.marks(this.photo.marks);
    });
  }

  /** Calls `move` with the way from the start [px of the photo], until the pointer goes up. */
  #drag(event, move, done = () => {}) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    const from = this.#point(event);
    const moving = (later) => {
      const to = this.#point(later);
      move(to[0] - from[0], to[1] - from[1]);
    };
    const end = () => {
      removeEventListener("pointermove", moving);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      done();
    };
    addEventListener("pointermove", moving);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  #point(event) {
    const area = this.root.getBoundingClientRect();
    return [(event.clientX - area.left) / area.width * this.photo.size[0],
      (event.clientY - area.top) / area.height * this.photo.size[1]];
  }

  #stride() {
    return Math.max(1, Math.round(Math.max(...this.photo.size) / 100));
  }

  #place(node, [x0, y0, x1, y1]) {
    const [width, height] = this.photo.size;
    node.style.left = `${x0 / width * 100}%`;
    node.style.top = `${y0 / height * 100}%`;
    node.style.width = `${(x1 - x0) / width * 100}%`;
    node.style.height = `${(y1 - y0) / height * 100}%`;
  }
}
