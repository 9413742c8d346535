/* Review page: shows, while somebody types, what their decision would do. The page works without it. */
"use strict";

(() => {
  const PAUSE_MS = 500;
  const form = document.querySelector("[data-rv-form]");
  document.querySelector("[data-rv-focus]")?.focus();
  if (!form) return;

  const shown = form.querySelector("[data-rv-preview]");
  let waiting = 0;
  let latest = null;

  const wanted = () => form.querySelector("[name=chosen]:checked");

  async function look() {
    latest?.abort();
    const mine = (latest = new AbortController());
    const body = new FormData(form);
    body.set("do", "preview");
    shown.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.rvPreviewUrl, {
        method: "POST",
        body,
        credentials: "same-origin",
        signal: mine.signal,
      });
      // Anything else (a sign-in page, a server error) is no preview, and is not shown as one.
      if (answer.headers.get("X-Fragment") === "preview") shown.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") shown.textContent = "The preview cannot be reached right now.";
    } finally {
      if (latest === mine) shown.removeAttribute("aria-busy");
    }
  }

  function lookSoon() {
    clearTimeout(waiting);
    if (wanted()) waiting = setTimeout(look, PAUSE_MS);
  }

  for (const field of form.querySelectorAll("[name=chosen], [name=patch], [name=patch_kind]")) {
    field.addEventListener("input", lookSoon);
  }

  // A decision is sent once, however often the button is pressed.
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => (sent = false));
})();
