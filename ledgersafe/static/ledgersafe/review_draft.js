/* Review page: keeps in this tab what somebody types, until it is decided. A session that ends, or a page that is left,
   loses nothing then. Nobody is shown what another person typed. */
"use strict";

(() => {
  const PREFIX = "ls-draft:";
  const MOST = 250000;
  const page = document.querySelector("[data-rv-case]");
  if (!page) return;
  const { rvCase, rvPerson, rvOwn } = page.dataset;
  const own = `${PREFIX}${rvPerson}:`;
  const key = `${own}${rvCase}:${rvOwn}`;
  const form = page.querySelector("[data-rv-form]");

  let store;
  try {
    store = sessionStorage;
    // Another person's, and what was decided since: done with.
    for (const name of Object.keys(store)) {
      const isDone = name.startsWith(`${own}${rvCase}:`) && (name !== key || !form);
      if (name.startsWith(PREFIX) && (!name.startsWith(own) || isDone)) store.removeItem(name);
    }
  } catch {
    return; // A browser may keep nothing.
  }
  if (!form) return;

  const note = form.querySelector("[data-rv-restored]");
  const discard = form.querySelector("[data-rv-discard]");
  const { notes, patch } = form.elements;

  function keep() {
    const chosen = form.querySelector("[name=chosen]:checked")?.value ?? "";
    const kind = form.querySelector("[name=patch_kind]:checked")?.value ?? "";
    const draft = JSON.stringify({ chosen, kind, patch: patch.value, notes: notes.value });
    try {
      if (draft.length <= MOST && (notes.value || patch.value)) store.setItem(key, draft);
      else store.removeItem(key);
    } catch {
      // Full: what was kept before stays.
    }
  }

  function check(name, value) {
    const field = [...form.querySelectorAll(`[name=${name}]`)].find((one) => one.value === value);
    if (field) field.checked = true;
    return field;
  }

  function restore(draft) {
    notes.value = draft.notes ?? "";
    patch.value = draft.patch ?? "";
    check("patch_kind", draft.kind);
    if (patch.value) patch.closest("details").open = true;
    note.hidden = discard.hidden = false;
    check("chosen", draft.chosen)?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  discard.addEventListener("click", (event) => {
    event.preventDefault();
    store.removeItem(key);
    for (const choice of form.querySelectorAll("[name=chosen]")) choice.checked = choice.defaultChecked && !form.matches("[data-rv-typed]");
    notes.value = patch.value = "";
    note.hidden = true;
    form.dispatchEvent(new Event("reset"));
  });
  form.addEventListener("input", keep);

  // What the server has put into the form is newer.
  if (form.matches("[data-rv-typed]")) {
    discard.hidden = false;
    keep();
    return;
  }
  const kept = store.getItem(key);
  if (!kept) return;
  try {
    restore(JSON.parse(kept));
  } catch {
    store.removeItem(key);
  }
})();
