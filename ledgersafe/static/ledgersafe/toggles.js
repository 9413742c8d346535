// One of several views of the same facts: a button for each, remembered by the browser.
"use strict";
document.querySelectorAll("[data-ls-views]").forEach((box) => {
  const name = "ls:" + box.dataset.lsViews;
  const buttons = box.querySelectorAll("[data-ls-view]");
  const show = (wanted) => {
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.lsView === wanted)));
    box.querySelectorAll("[data-ls-shown]").forEach((part) => {
      part.hidden = part.dataset.lsShown !== wanted;
    });
  };
  buttons.forEach((button) => {
    button.addEventListener("click", () => {
      show(button.dataset.lsView);
      try {
        localStorage.setItem(name, button.dataset.lsView);
      } catch { /* private windows may keep nothing */ }
    });
  });
  let kept = null;
  try {
    kept = localStorage.getItem(name);
  } catch { /* as above */ }
  if (kept && box.querySelector(`[data-ls-view="${CSS.escape(kept)}"]`)) show(kept);
});
