// Crops side by side, all of the same height: a ratio is compared, not a size.

import { sureness } from "./confidence.js";
import { centreCrop, sizeOf } from "./geometry.js";
import { nameOf, ratioValue, sizeNamed } from "./ratios.js";
import { keepingFocus } from "./say.js";

const UNFIT = "Does not fit what is marked";

const element = (name, className, ...children) => {
  const node = document.createElement(name);
  node.className = className;
  node.append(...children);
  return node;
};

/** The photo, so that its box fills a place (left, top, width, height: shares of the whole). */
function part(photo, box, [left, top, wide, tall]) {
  const [width, height] = sizeOf(box);
  const window = element("div", "part");
  const image = element("img", "");
  image.src = photo.url;
  image.alt = "";
  image.draggable = false;
  const place = { left, top, width: wide, height: tall };
  for (const [name, share] of Object.entries(place)) window.style[name] = `${share * 100}%`;
  image.style.width = `${photo.size[0] / width * 100}%`;
  image.style.height = `${photo.size[1] / height * 100}%`;
  image.style.left = `${-box[0] / width * 100}%`;
  image.style.top = `${-box[1] / height * 100}%`;
  window.append(image);
  return window;
}

/** A crop as its file will look; `fill` is what a padded one has around the photo. */
function picture(photo, { box, padding, canvas }, fill) {
  const [width, height] = canvas ?? sizeOf(box);
  const cut = element("div", "cut");
  cut.style.setProperty("--ratio", width / height);
  if (!padding) {
    cut.append(part(photo, box, [0, 0, 1, 1]));
    return cut;
  }
  if (fill === "blur") {
    const behind = part(photo, box, [0, 0, 1, 1]);
    behind.classList.add("blurred");
    cut.append(behind);
  } else cut.style.background = fill;
  const [boxWidth, boxHeight] = sizeOf(box);
  cut.append(part(photo, box,
    [padding[0] / width, padding[1] / height, boxWidth / width, boxHeight / height]));
  return cut;
}

function level(crop) {
  const { word, bars, meaning } = sureness(crop);
  const line = element("span", `sure level-${bars}`);
  line.title = meaning[0].toUpperCase() + meaning.slice(1);
  if (bars) line.append(element("i", ""), element("i", ""), element("i", ""));
  line.append(word);
  return line;
}

function captioned(cut, text) {
  return element("figure", "", cut, element("figcaption", "", text));
}

function card(photo, crop, { active, compare, fill, size, on }) {
  const name = nameOf(crop.ratio);
  const show = element("button", "show");
  show.type = "button";
  show.dataset.ratio = crop.ratio;
  show.dataset.at = `show ${crop.ratio}`;
  show.setAttribute("aria-pressed", crop.ratio === active);
  show.addEventListener("click", () => on.choose(crop.ratio));
  const about = element("div", "about", element("b", "", name));
  const item = element("li", "crop", show, about);
  if (crop.problem) {
    show.append(element("div", "refused", UNFIT));
    show.setAttribute("aria-label", `${name}: ${UNFIT}`);
    return item;
  }
  const cut = picture(photo, crop, fill);
  if (compare) {
    const middle = { box: centreCrop(ratioValue(crop.ratio), photo.size) };
    show.append(element("div", "pair", captioned(cut, "marscrop"),
      captioned(picture(photo, middle), "Centre crop")));
  } else show.append(cut);
  const [width, height] = size(crop), { word } = sureness(crop);
  const less = sizeNamed(crop.ratio)?.[0] > width ? ", smaller" : "";
  show.setAttribute("aria-label", `${name}, ${width} by ${height} pixels${less}, ${word}`);
  const take = element("button", "take");
  take.type = "button";
  take.dataset.at = `take ${crop.ratio}`;
  take.title = `Download ${name}`;
  take.setAttribute("aria-label", `Download ${name}`);
  take.addEventListener("click", () => on.take(crop.ratio));
  about.append(element("span", "px", `${width} \u00d7 ${height}${less}`), level(crop), take);
  const remark = photo.remarks.get(crop.ratio);
  if (remark) {
    const line = element("p", remark.wrong ? "problem" : "remark", remark.text);
    line.setAttribute("role", "alert");
    item.append(line);
  }
  return item;
}

/** Draw the crops.
 *
 *  how: { active: the chosen ratio, compare, fill, size(crop): pixels of its file,
 *         on: { choose(ratio), take(ratio) } }
 */
export function showCards(list, photo, crops, how) {
  keepingFocus(list, () => list.replaceChildren(...crops.map((crop) => card(photo, crop, how))));
}

/** Bring the chosen one into view, without moving the page. */
export function reveal(list) {
  const chosen = list.querySelector('[aria-pressed="true"]')?.closest(".crop");
  if (!chosen) return;
  const before = chosen.offsetLeft - list.offsetLeft;
  const after = before + chosen.offsetWidth - list.clientWidth;
  list.scrollLeft = Math.max(after, Math.min(list.scrollLeft, before));
}
