// 1, 2, ... choose a crop, 0 none; the first vote counts.
addEventListener("keydown", ({ key, repeat, ctrlKey, metaKey, altKey }) => {
  if (repeat || ctrlKey || metaKey || altKey || !/^\d$/.test(key)) return;
  document.querySelector(`button[name="option"][value="${Number(key) - 1}"]`)?.click();
});
