/* Inbox: select all, say how many are selected, and j / k to move between events. The page works without it. */
"use strict";

(() => {
  const rows = [...document.querySelectorAll("[data-rv-row]")];
  const boxes = [...document.querySelectorAll("#rv-bulk input[name=case]:not(:disabled)")];
  const all = document.querySelector("[data-rv-all]");
  const told = document.querySelector("[data-rv-selected]");

  function tell() {
    const number = boxes.filter((box) => box.checked).length;
    if (told) told.textContent = number ? `${number} selected:` : "Select events to …";
    if (all) {
      all.checked = number > 0 && number === boxes.length;
      all.indeterminate = number > 0 && number < boxes.length;
    }
  }

  if (all && boxes.length) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      tell();
    });
  }
  for (const box of boxes) box.addEventListener("change", tell);
  tell();

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable], [popover]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !rows.length) return;
    if (event.key !== "j" && event.key !== "k") return;
    const here = rows.indexOf(document.activeElement);
    const next = here < 0 ? 0 : here + (event.key === "j" ? 1 : -1);
    rows[Math.min(Math.max(next, 0), rows.length - 1)].focus();
    event.preventDefault();
  });
})();
