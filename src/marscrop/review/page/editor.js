// The large view: one photo with its crop, moved and resized by mouse, touch and keys.

import { photoUrl } from "./api.js";
import { moved, resized, scaled } from "./geometry.js";

const $ = (id) => document.getElementById(id);
const STEP = 0.01; // of the photo's longer side
const HINT = "Drag the crop to move it, its corners to resize it.";
const KEEP_HINT = "Drag a box over what must be in the crop. By keyboard: arrows move the box, with Shift resize it, Enter takes it.";

export class Editor {
  constructor(review, go) {
    this.review = review;
    this.go = go;
    this.dialog = $("editor");
    this.frame = $("frame");
    this.stage = $("stage");
    this.stage.addEventListener("pointerdown", (event) => this.press(event));
    $("keep").addEventListener("click", () => this.keepMode(!this.keeping));
    $("smaller").addEventListener("click", () => this.scale(1 / 1.05));
    $("larger").addEventListener("click", () => this.scale(1.05));
    new ResizeObserver(() => this.layOut()).observe($("room"));
  }

  get isOpen() { return this.dialog.open; }

  open(crop) {
    this.crop = crop;
    this.keepMode(false);
    if (!this.dialog.open) this.dialog.showModal();
    const photo = this.review.photo(crop);
    $("name").textContent = `${photo.name} · ${crop.ratio}${crop.candidate > 1 ? ` (${crop.candidate})` : ""}`;
    const url = photoUrl(crop.photo, 1600), picture = $("picture");
    if (!picture.src.endsWith(url)) picture.src = url;
    picture.onerror = () => this.say("The photo cannot be shown: it is not there any more, or another one now.", true);
    this.layOut();
    this.draw();
    this.frame.focus();
  }

  close() { if (this.dialog.open) this.dialog.close(); }

  layOut() {
    if (!this.crop) return;
    const photo = this.review.photo(this.crop), room = $("room").getBoundingClientRect();
    this.px = Math.min(room.width / photo.width, room.height / photo.height);
    const width = photo.width * this.px, height = photo.height * this.px;
    place(this.stage, [(room.width - width) / 2, (room.height - height) / 2, (room.width + width) / 2, (room.height + height) / 2], 1);
    place(this.frame, this.crop.box, this.px);
  }

  draw() {
    const crop = this.crop;
    if (!crop || !this.isOpen) return;
    place(this.frame, crop.box, this.px);
    const [x0, y0, x1, y1] = crop.box.map(Math.round);
    $("facts").textContent = `${x1 - x0} × ${y1 - y0} · ${this.review.words(crop)} · ${crop.state ?? "to do"}`
      + (crop.warnings.length ? ` · ${crop.warnings.join("; ")}` : "");
    this.dialog.classList.toggle("rejected-crop", crop.state === "rejected");
    this.frame.hidden = false;
  }

  say(text, wrong = false) {
    $("hint").textContent = text;
    $("hint").classList.toggle("wrong", wrong);
  }

  move(dx, dy) {
    const photo = this.review.photo(this.crop);
    this.review.change(this.crop, moved(this.crop.box, dx, dy, photo));
  }

  scale(factor) {
    this.review.change(this.crop, scaled(this.crop.box, factor, this.crop.value, this.review.photo(this.crop)));
  }

  keepMode(isOn) {
    this.keeping = isOn;
    this.dialog.classList.toggle("keeping", isOn);
    $("keep").setAttribute("aria-pressed", isOn);
    $("kept").hidden = true;
    this.kept = null;
    this.say(isOn ? KEEP_HINT : HINT);
    if (isOn) {
      const { width, height } = this.review.photo(this.crop);
      this.kept = [width * 0.4, height * 0.4, width * 0.6, height * 0.6];
    }
  }

  drawKept() {
    $("kept").hidden = false;
    place($("kept"), this.kept, this.px);
  }

  // Keys while a region is marked; whether it was one of them.
  keepKey(event) {
    const photo = this.review.photo(this.crop), step = STEP * 2 * Math.max(photo.width, photo.height);
    const [dx, dy] = arrow(event);
    if (event.key === "Enter") this.takeKept();
    else if (event.key === "Escape") this.keepMode(false);
    else if (dx || dy) {
      const [x0, y0, x1, y1] = this.kept;
      this.kept = event.shiftKey
        ? [x0, y0, Math.min(photo.width, Math.max(x0 + step, x1 + dx * step)), Math.min(photo.height, Math.max(y0 + step, y1 + dy * step))]
        : moved(this.kept, dx * step, dy * step, photo);
      this.drawKept();
    } else return false;
    event.preventDefault();
    return true;
  }

  async takeKept() {
    const kept = this.kept;
    this.keepMode(false);
    this.say("Looking for the best crop around it ...");
    try {
      await this.review.recrop(this.crop, kept);
      this.say("Cropped around the region. " + HINT);
    } catch (error) {
      this.say(error.message, true);
    }
    this.frame.focus();
  }

  press(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const crop = this.crop, photo = this.review.photo(crop), area = this.stage.getBoundingClientRect();
    const point = (e) => [(e.clientX - area.left) / this.px, (e.clientY - area.top) / this.px];
    const from = point(event), before = [...crop.box], corner = event.target.dataset.corner;
    const keeping = this.keeping, inFrame = this.frame.contains(event.target);
    if (!keeping && !inFrame) return;
    if (!keeping) this.frame.focus();
    const drag = (e) => {
      const [x, y] = point(e), dx = x - from[0], dy = y - from[1];
      if (keeping) {
        const inside = (value, most) => Math.max(0, Math.min(value, most));
        this.kept = [
          inside(Math.min(x, from[0]), photo.width), inside(Math.min(y, from[1]), photo.height),
          inside(Math.max(x, from[0]), photo.width), inside(Math.max(y, from[1]), photo.height),
        ];
        this.drawKept();
      } else if (corner) {
        const east = corner.includes("e"), south = corner.includes("s");
        const across = (before[2] - before[0]) + (east ? dx : -dx);
        const down = ((before[3] - before[1]) + (south ? dy : -dy)) * crop.value;
        const width = Math.abs(across - (before[2] - before[0])) > Math.abs(down - (before[2] - before[0])) ? across : down;
        this.review.change(crop, resized(before, width, crop.value, photo, east ? 0 : 1, south ? 0 : 1));
      } else if (dx || dy) {
        this.review.change(crop, moved(before, dx, dy, photo));
      }
    };
    const end = () => {
      removeEventListener("pointermove", drag);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (!keeping || !this.keeping) return;
      const [x0, y0, x1, y1] = this.kept;
      if ($("kept").hidden || (x1 - x0) * this.px < 4 || (y1 - y0) * this.px < 4) this.say(KEEP_HINT);
      else this.takeKept();
    };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }
}

export function arrow(event) {
  return { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
}

export function stepOf(photo, isFar) { return STEP * (isFar ? 5 : 1) * Math.max(photo.width, photo.height); }

function place(element, [x0, y0, x1, y1], scale) {
  Object.assign(element.style, {
    left: `${x0 * scale}px`, top: `${y0 * scale}px`,
    width: `${(x1 - x0) * scale}px`, height: `${(y1 - y0) * scale}px`,
  });
}
