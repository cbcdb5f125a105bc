// Joins the review, its sheet and its large view; keys and filters.

import { loadReview, loadStatus } from "./api.js";
import { arrow, Editor, stepOf } from "./editor.js";
import { moved, scaled } from "./geometry.js";
import { matches, Review, STATES } from "./review.js";
import { made, Sheet } from "./sheet.js";

const $ = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
const filter = { ratio: null, state: null };
const STATUS_MS = 700, FIRST_STATUS_MS = 150;
let review, sheet, editor, unwritten = 0, asking = false, news = 0;

function show() {
  sheet.show(review.shown(filter.ratio, filter.state));
  drawFilters();
}

function drawFilters() {
  const ofState = review.crops.filter((crop) => matches(crop, filter.state));
  const ofRatio = review.crops.filter((crop) => filter.ratio === null || crop.ratio === filter.ratio);
  fillFilter($("ratios"), [["All ratios", null], ...review.ratios.map((ratio) => [ratio, ratio])], "ratio",
    (ratio) => ofState.filter((crop) => ratio === null || crop.ratio === ratio).length);
  fillFilter($("states"), STATES, "state", (state) => ofRatio.filter((crop) => matches(crop, state)).length);
  const done = review.crops.filter((crop) => crop.state !== null).length;
  $("progress").textContent = `${number(done)} of ${number(review.crops.length)} reviewed`;
  const toDo = sheet.crops.filter((crop) => crop.state === null).length;
  $("accept-all").textContent = `Accept all ${number(toDo)} shown`;
  $("accept-all").hidden = !toDo;
}

function fillFilter(group, choices, name, count) {
  if (!group.children.length) {
    group.append(...choices.map(([label, value]) => {
      const button = made("button");
      button.type = "button";
      button.dataset.label = label[0].toUpperCase() + label.slice(1);
      button.addEventListener("click", () => { filter[name] = value; show(); });
      return button;
    }));
  }
  [...group.children].forEach((button, index) => {
    const value = choices[index][1];
    button.textContent = `${button.dataset.label} ${number(count(value))}`;
    button.setAttribute("aria-pressed", value === filter[name]);
  });
}

function drawSaving() {
  news += 1;
  unwritten = Math.max(unwritten, 1);
  sayWriting();
  if (!asking) followWriting();
}

function sayWriting() {
  const busy = review.sending + review.waiting.size;
  $("saving").textContent = busy ? "Saving ..." : unwritten ? `Writing files: ${number(unwritten)} left` : "All written";
  $("fault").hidden = !review.fault && !review.trouble;
  $("fault").textContent = review.fault ?? review.trouble ?? "";
}

// Ask until all that was decided is written.
async function followWriting() {
  asking = true;
  let heard;
  try {
    do {
      await new Promise((done) => setTimeout(done, heard === news ? STATUS_MS : FIRST_STATUS_MS));
      heard = news;
      const status = await loadStatus();
      unwritten = status.waiting;
      const faults = Object.entries(status.faults)
        .map(([photo, why]) => `${review.photos[photo].name} is not written: ${why}`);
      if (faults.length > 3) faults.splice(3, Infinity, `and ${faults.length - 3} more`);
      review.trouble = status.fault ?? faults.join(". ");
      sayWriting();
    } while (news !== heard || review.sending || (unwritten && !review.trouble));
  } catch (error) {
    review.trouble = error.message;
    sayWriting();
  } finally {
    asking = false;
  }
}

function go(crop) {
  sheet.makeCurrent(crop);
  if (editor.isOpen) editor.open(crop);
  else sheet.focus(crop);
}

async function judge(state, goOn = true) {
  const crop = sheet.current;
  if (!crop) return;
  const decided = review.judge([crop], state);
  if (goOn) {
    crop.state ??= state; // so that the next one to do is another; the answer says what it is
    go(sheet.nextToDo(crop));
  }
  await decided;
}

function key(event) {
  if (event.target.closest("#help[open]") || event.altKey) return;
  if (event.key === "?") return $("help").showModal();
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    return void review.undo().then((crop) => crop && sheet.cards.has(crop) && go(crop));
  }
  if (event.ctrlKey || event.metaKey) return;
  if (editor.isOpen && editor.keeping && editor.keepKey(event)) return;
  const onButton = event.target.closest("button:not(.card)");
  if (onButton && (event.key === "Enter" || event.key === " ")) return;
  const crop = sheet.current;
  if (crop && (keys[event.key.toLowerCase()] ?? arrows)(crop, event) !== false) event.preventDefault();
}

const keys = {
  a: () => void judge("accepted"),
  x: () => void judge("rejected"),
  u: () => void judge(null, false),
  n: (crop) => go(sheet.neighbour(crop, 1)),
  p: (crop) => go(sheet.neighbour(crop, -1)),
  k: () => (editor.isOpen ? editor.keepMode(!editor.keeping) : false),
  "+": (crop) => resize(crop, 1.05),
  "=": (crop) => resize(crop, 1.05),
  "-": (crop) => resize(crop, 1 / 1.05),
  enter: (crop, event) => (editor.isOpen || !event.target.closest(".card") ? false : editor.open(crop)),
  home: () => (editor.isOpen ? false : go(sheet.crops[0])),
  end: () => (editor.isOpen ? false : go(sheet.crops.at(-1))),
};

function resize(crop, factor) { review.change(crop, scaled(crop.box, factor, crop.value, review.photo(crop))); }

function arrows(crop, event) {
  const [dx, dy] = arrow(event);
  if (!dx && !dy) return false;
  if (editor.isOpen || event.shiftKey) {
    const photo = review.photo(crop), step = stepOf(photo, editor.isOpen && event.shiftKey);
    review.change(crop, moved(crop.box, dx * step, dy * step, photo));
  } else if (dx) go(sheet.neighbour(crop, dx));
  else go(sheet.inRow(crop, dy));
}

function connect() {
  addEventListener("keydown", key);
  addEventListener("pagehide", () => review.flushAll());
  $("sheet").addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    if (!card) return;
    sheet.makeCurrent(review.byKey.get(card.dataset.key));
    editor.open(sheet.current);
  });
  $("sheet").addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) sheet.makeCurrent(review.byKey.get(card.dataset.key));
  });
  $("editor").addEventListener("close", () => sheet.focus(sheet.current));
  $("editor").addEventListener("cancel", (event) => { if (editor.keeping) event.preventDefault(); });
  $("close").addEventListener("click", () => editor.close());
  $("accept").addEventListener("click", () => judge("accepted"));
  $("reject").addEventListener("click", () => judge("rejected"));
  $("reset").addEventListener("click", () => judge(null, false));
  $("next").addEventListener("click", () => go(sheet.neighbour(sheet.current, 1)));
  $("previous").addEventListener("click", () => go(sheet.neighbour(sheet.current, -1)));
  $("show-help").addEventListener("click", () => $("help").showModal());
  $("accept-all").addEventListener("click", () => {
    const toDo = sheet.crops.filter((crop) => crop.state === null);
    if (confirm(`Accept ${number(toDo.length)} crops?`)) review.judge(toDo, "accepted");
  });
  review.addEventListener("change", (event) => {
    for (const crop of event.detail) sheet.update(crop);
    if (event.detail.includes(editor.crop)) editor.draw();
    drawFilters();
    drawSaving();
  });
}

history.replaceState(null, "", "/"); // the cookie stands for the key from now on
try {
  review = new Review(await loadReview());
  sheet = new Sheet($("sheet"), review);
  editor = new Editor(review, go);
  $("target").textContent = review.target;
  document.title = `Review of ${review.target} - marscrop`;
  if (!review.crops.some((crop) => crop.state === null)) filter.state = "all";
  connect();
  show();
  drawSaving();
  sheet.focus(sheet.current);
} catch (error) {
  $("sheet").replaceChildren(made("p", "empty", error.message));
}
