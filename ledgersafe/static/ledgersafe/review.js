/* Review page: shows, while somebody types, what their decision would do. The page works without it.

   What the pane shows is always of the choice that is made now: it is emptied with every change, an answer to an
   earlier choice is dropped, and what is no preview is not shown as one. */
"use strict";

(() => {
  const PAUSE_MS = 500;
  document.querySelector("[data-rv-focus]")?.focus();

  // A decision is sent once, however often the button is pressed.
  for (const each of document.querySelectorAll("[data-rv-form], [data-rv-once]")) {
    let sent = false;
    each.addEventListener("submit", (event) => {
      if (event.submitter?.value === "preview") return;
      if (sent) event.preventDefault();
      sent = true;
    });
    addEventListener("pageshow", () => (sent = false));
  }

  const form = document.querySelector("[data-rv-form]");
  if (!form) return;
  const shown = form.querySelector("[data-rv-preview]");
  let waiting = 0;
  let latest = null;

  function tell(text, isBad) {
    const line = document.createElement("p");
    line.className = isBad ? "rv-problem" : "ls-muted";
    line.textContent = text;
    shown.replaceChildren(line);
  }

  function drop() {
    clearTimeout(waiting);
    latest?.abort();
    latest = null;
    shown.replaceChildren();
  }

  function whyNot(answer) {
    const signedOut = answer.status === 401 || answer.type === "opaqueredirect" || answer.headers.has("X-Signed-Out");
    return signedOut ? "No preview: you are signed out." : "No preview: the server refused.";
  }

  async function look() {
    drop();
    const mine = (latest = new AbortController());
    const body = new FormData(form);
    body.set("do", "preview");
    tell("Working it out …");
    try {
      const answer = await fetch(form.dataset.rvPreviewUrl, {
        method: "POST",
        body,
        credentials: "same-origin",
        redirect: "manual",
        signal: mine.signal,
      });
      const isPreview = answer.ok && answer.headers.get("X-Fragment") === "preview";
      const html = isPreview ? await answer.text() : "";
      if (mine !== latest) return;
      if (isPreview) shown.innerHTML = html;
      else tell(whyNot(answer), true);
    } catch {
      if (mine === latest) tell("No preview: no connection.", true);
    }
  }

  function lookSoon() {
    drop();
    if (!form.querySelector("[name=chosen]:checked")) return;
    tell("Working it out …");
    waiting = setTimeout(look, PAUSE_MS);
  }

  for (const field of form.querySelectorAll("[name=chosen], [name=patch], [name=patch_kind]")) {
    field.addEventListener("input", lookSoon);
  }
  form.addEventListener("reset", drop);

  // The button does what typing does, at once.
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "preview") return;
    event.preventDefault();
    look();
  });

  // Without a replay no version is chosen: the browser asks for the notes alone.
  const choices = [...form.querySelectorAll("[name=chosen]")];
  const withoutChoice = form.querySelector("[data-rv-no-choice]");
  withoutChoice?.removeAttribute("formnovalidate");
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (button) for (const choice of choices) choice.required = button !== withoutChoice;
  });

  // The browser may show the page again as it was left.
  addEventListener("pageshow", (event) => event.persisted && lookSoon());
})();
