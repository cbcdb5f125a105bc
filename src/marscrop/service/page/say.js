// What is said, and where: in passing, to those who listen, or beside what it is about.

const SHOWN_MS = 4000;
let timer;

/** Something that was done, for a few seconds. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { said.textContent = ""; }, SHOWN_MS);
}

/** What the page shows anyway, for screen readers. */
export function tell(text) {
  document.getElementById("heard").textContent = text;
}

/** What is wrong, in its place, until it is right again. */
export function complain(id, text) {
  const node = document.getElementById(id);
  if (node.textContent !== (text ?? "")) node.textContent = text ?? "";
  node.hidden = !text;
}

/** Draw anew without losing the keyboard's place: nodes are the same where their data-at is. */
export function keepingFocus(root, draw) {
  const at = root.contains(document.activeElement) ? document.activeElement.dataset.at : undefined;
  const scrolled = root.scrollLeft;
  draw();
  root.scrollLeft = scrolled;
  if (at) [...root.querySelectorAll("[data-at]")].find((node) => node.dataset.at === at)
    ?.focus({ preventScroll: true });
}
