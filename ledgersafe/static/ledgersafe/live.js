// The dashboard's live part: asked for again every quarter of a minute while somebody can see it.
"use strict";
(() => {
  const PAUSE = 15000;
  const box = document.querySelector("[data-ls-live]");
  const status = document.querySelector("[data-ls-status]");
  const chooser = document.querySelector("[data-ls-choose] select");
  if (chooser) {
    chooser.addEventListener("change", () => chooser.form.submit());
    chooser.form.querySelector("[data-ls-fallback]").hidden = true;
  }
  if (!box) return;

  let timer = null;
  let asking = false;
  const tell = (text) => {
    if (status && status.textContent !== text) status.textContent = text;
  };
  const stamp = () => {
    const page = box.querySelector("[data-ls-at]");
    // Not a live region's business every time: set without announcing.
    if (status) status.setAttribute("aria-live", "off");
    if (page) tell(`Updated ${page.dataset.lsAt}`);
  };
  const keepOpen = (html) => {
    const open = [...box.querySelectorAll("details[open]")].map((part) => part.id);
    const scrolled = [...box.querySelectorAll(".ls-table-box")].map((part) => part.scrollLeft);
    box.innerHTML = html;
    open.forEach((id) => { const part = document.getElementById(id); if (part) part.open = true; });
    box.querySelectorAll(".ls-table-box").forEach((part, place) => { part.scrollLeft = scrolled[place] || 0; });
  };
  // Figures that could not be brought up to date do not look current.
  const complain = (text) => {
    box.classList.add("ls-stale");
    status.setAttribute("aria-live", "polite");
    tell(text);
  };
  const ask = async () => {
    if (asking || document.hidden) return;
    // Nothing is taken from under the keyboard: the next turn comes soon.
    if (box.contains(document.activeElement) && document.activeElement.matches(":focus-visible")) return;
    asking = true;
    try {
      const answer = await fetch(box.dataset.lsLive, { credentials: "same-origin", redirect: "manual" });
      if (answer.ok) {
        keepOpen(await answer.text());
        box.classList.remove("ls-stale");
        stamp();
      } else {
        complain(answer.type === "opaqueredirect" ? "Signed out: sign in again" : "Not up to date: the server refused");
      }
    } catch {
      complain("Not up to date: no connection");
    } finally {
      asking = false;
    }
  };
  const start = () => { if (timer === null) timer = setInterval(ask, PAUSE); };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { clearInterval(timer); timer = null; } else { ask(); start(); }
  });
  stamp();
  start();
})();
