"use strict";
(() => {
  const one = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const form = one("filter"), field = one("search"), found = one("found");
  const entries = all(".entry"), choices = all(".choice");
  const texts = new Map(entries.map((entry) => [entry, entry.textContent.toLowerCase()]));
  const isShown = (entry) => entry.getClientRects().length > 0;

  // The theme: as the system has it, or the reader's choice, where the browser can store it.
  const themes = ["system", "light", "dark"], button = one("theme");
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const setTheme = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    try { localStorage.setItem("theme", theme); } catch { /* the page works without */ }
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme ?? "system";
    setTheme(themes[(themes.indexOf(now) + 1) % themes.length]);
  });
  if (themes.includes(stored())) setTheme(stored());

  // Filter: words of the search field and verdicts. The address keeps both, so that a filtered page can be linked.
  const pressed = () => choices.filter((choice) => choice.getAttribute("aria-pressed") === "true");
  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = pressed().map((choice) => choice.dataset.word);
    const isActive = words.length > 0 || verdicts.length > 0;
    const matching = new Set();
    for (const entry of entries) {
      const fits = words.every((word) => texts.get(entry).includes(word)) &&
        (verdicts.length === 0 || entry.dataset.word.split(",").some((word) => verdicts.includes(word)));
      entry.hidden = !fits;
      if (fits) matching.add(entry.dataset.entry ?? entry.id ?? "");
    }
    for (const part of all(".part")) part.hidden = isActive && !all(".entry", part).some((entry) => !entry.hidden);
    for (const group of all(".cause > details, .further")) if (isActive) group.open = all(".entry", group).some((entry) => !entry.hidden);
    matching.delete("");
    found.textContent = isActive ? `${matching.size} of ${found.dataset.all} shown` : "";
  };
  const remember = () => {
    const state = new URLSearchParams();
    if (field.value) state.set("q", field.value);
    for (const choice of pressed()) state.append("verdict", choice.dataset.word);
    history.replaceState(null, "", `#${state}`);
  };
  const change = () => { apply(); remember(); };
  const clear = () => {
    field.value = "";
    for (const choice of choices) choice.setAttribute("aria-pressed", "false");
    change();
  };

  // Links: `#PID-001` opens that rule; `#q=offset&verdict=fail` shows the page as it was filtered.
  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    const place = hash && one(hash);
    if (place) {
      if (place.hidden && form) { field.value = ""; choices.forEach((choice) => choice.setAttribute("aria-pressed", "false")); apply(); }
      for (let node = place; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
      place.scrollIntoView();
    } else if (form) {
      const state = new URLSearchParams(hash);
      field.value = state.get("q") ?? "";
      for (const choice of choices) choice.setAttribute("aria-pressed", String(state.getAll("verdict").includes(choice.dataset.word)));
      apply();
    }
  };

  if (form) {
    form.hidden = false;
    found.dataset.all = new Set(entries.map((entry) => entry.dataset.entry ?? entry.id).filter(Boolean)).size;
    form.addEventListener("submit", (event) => event.preventDefault());
    field.addEventListener("input", change);
    for (const choice of choices) {
      choice.addEventListener("click", () => {
        choice.setAttribute("aria-pressed", String(choice.getAttribute("aria-pressed") !== "true"));
        change();
      });
    }
  }

  const step = (by) => {
    const shown = entries.filter((entry) => !entry.hidden && isShown(entry));
    const at = shown.findIndex((entry) => entry.contains(document.activeElement));
    const next = shown[at < 0 && by < 0 ? shown.length - 1 : Math.min(shown.length - 1, Math.max(0, at + by))];
    (next?.querySelector("summary, a") ?? next)?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && form && (field.value || pressed().length)) { clear(); return; }
    if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && form) { event.preventDefault(); field.focus(); }
    if (event.key === "n") step(1);
    if (event.key === "p") step(-1);
  });

  // Print everything that is shown, also what is folded.
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); folded.forEach((part) => { part.open = true; }); });
  addEventListener("afterprint", () => { folded.forEach((part) => { part.open = false; }); });
  addEventListener("hashchange", follow);
  follow();
})();
