// Comforts for every page: theme, keys, search, tabs, formulas. Without this file everything still reads and searches.
"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  root.classList.add("js");

  // Theme: a cookie, so that the server sends the page in its colours and nothing flashes.
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const toggleTheme = () => {
    const next = dark() ? "light" : "dark";
    root.dataset.theme = next;
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`;
    document.dispatchEvent(new CustomEvent("themechange"));
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("themechange")));

  // Lists: j and k move, Enter is the link's own.
  const steps = () => $$("[data-step]").filter(link => link.offsetParent !== null);
  const move = by => {
    const links = steps();
    if (links.length === 0) return;
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];
    next.focus({ preventScroll: true });
    next.closest("li, a").scrollIntoView({ block: "nearest" });
  };
  const typing = target => target.closest("input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && typing(event.target)) {
      const field = event.target;
      if (event.key === "Escape" && field.matches("[data-search]")) { field.blur(); $("#quick")?.replaceChildren(); }
      if (event.key === "ArrowDown" && field.matches("[data-search]") && !field.list) {
        const first = $("#quick a") ?? steps()[0];
        if (first) { event.preventDefault(); first.focus(); }
      }
      return;
    }
    const quick = event.target instanceof Element && event.target.closest("#quick");
    if (quick && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const links = $$("a", quick), at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      if (at < 0) $("[data-search]").focus(); else links[Math.min(at, links.length - 1)].focus();
      return;
    }
    if ($("dialog[open]")) return;
    const act = {
      "/": () => { const field = $("main [data-search]") ?? $("[data-search]"); field.focus(); field.select(); },
      "j": () => move(1), "k": () => move(-1), "t": toggleTheme, "?": () => $("#keys").showModal(),
      "r": () => { const run = $("#run"); if (run && !run.disabled) run.click(); },
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  document.addEventListener("click", event => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    if (target.closest("[data-theme-toggle]")) toggleTheme();
    if (target.closest("[data-help]")) $("#keys").showModal();
    const quick = $("#quick");
    if (quick && !target.closest(".hero form")) quick.replaceChildren();
    const copy = target.closest("[data-copy]");
    if (copy) copyText(copy, document.getElementById(copy.dataset.copy).textContent);
    const swap = target.closest("a[data-swap], a[data-more]");
    if (swap && window.htmx && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      loadList(swap.getAttribute("href"), swap.hasAttribute("data-more"));
    }
  });

  async function copyText(button, text) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch { button.textContent = "Press Ctrl+C"; getSelection().selectAllChildren(document.getElementById(button.dataset.copy)); }
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  }

  // Filters: what is open stays open, and the search field follows the address.
  async function loadList(address, more) {
    const at = more ? $$(".rows > li").length : 0;
    await htmx.ajax("GET", address, { target: "#results", swap: "outerHTML" });
    const query = $("#q");
    if (query && !more) query.value = new URL(address, location.href).searchParams.get("q") ?? "";
    if (more) $$(".rows > li a[data-step]")[at]?.focus({ preventScroll: true });
  }
  const open = new Map();
  document.addEventListener("toggle", event => {
    if (event.target instanceof HTMLElement && event.target.hasAttribute("data-keep")) open.set(event.target.id, event.target.open);
  }, true);
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, state] of open) { const fold = document.getElementById(id); if (fold) fold.open = state; }
  });
  document.addEventListener("htmx:configRequest", event => {
    // Empty fields do not belong into an address that someone may send on.
    const parameters = event.detail.parameters;
    for (const name of [...Object.keys(parameters)]) if (parameters[name] === "") delete parameters[name];
  });

  // Tabs: sections with headings become a list of tabs.
  for (const box of $$("[data-tabs]")) {
    const panes = $$(":scope > .pane", box);
    const list = document.createElement("div");
    list.className = "tablist";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "About this lab");
    const buttons = panes.map(pane => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = pane.id + "-handle";
      button.textContent = pane.dataset.label;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", pane.id);
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", button.id);
      list.append(button);
      return button;
    });
    const select = (at, remember) => {
      panes.forEach((pane, i) => { pane.hidden = i !== at; });
      buttons.forEach((button, i) => { button.setAttribute("aria-selected", String(i === at)); button.tabIndex = i === at ? 0 : -1; });
      if (remember) {
        const url = new URL(location.href);
        if (at === 0) url.searchParams.delete("tab"); else url.searchParams.set("tab", panes[at].id.slice(4));
        history.replaceState(history.state, "", url);
      }
    };
    list.addEventListener("click", event => { const at = buttons.indexOf(event.target); if (at >= 0) select(at, true); });
    list.addEventListener("keydown", event => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const at = (buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length;
      select(at, true);
      buttons[at].focus();
    });
    box.prepend(list);
    const wanted = panes.findIndex(pane => pane.id === "tab-" + new URL(location.href).searchParams.get("tab"));
    select(Math.max(0, wanted), false);
  }

  // Formulas. KaTeX builds elements here rather than HTML text, which the policy of this page would strip of its styles.
  if (window.katex) {
    for (const math of $$(".math")) {
      const tex = math.textContent;
      try {
        katex.render(tex, math, { displayMode: math.classList.contains("display"), throwOnError: true, strict: "ignore" });
        math.classList.add("set");
      } catch { math.textContent = tex; }
    }
    // In a sentence a formula breaks at its relations; a part that is wider than the line scrolls.
    for (const math of $$(".math.set:not(.display)")) {
      const line = math.closest("p, li, td, th, dd")?.clientWidth ?? Infinity;
      if (line > 0 && $$(".base", math).some(part => part.offsetWidth > line)) math.classList.add("wide");
    }
    // A little smaller before it scrolls.
    for (const math of $$(".math.display.set")) if (math.scrollWidth > math.clientWidth) math.style.fontSize = `${Math.max(0.66, 0.99 * math.clientWidth / math.scrollWidth)}em`;
    for (const math of $$(".math.display.set")) if (math.scrollWidth > math.clientWidth) { math.tabIndex = 0; math.setAttribute("role", "region"); math.setAttribute("aria-label", "Formula"); }
  }

  // Paths: what a reader knows is kept here, and the address says it too.
  const knownForm = $("[data-known]");
  if (knownForm || $("#path")) {
    const key = "known";
    const kept = () => { try { return JSON.parse(localStorage.getItem(key)) ?? []; } catch { return []; } };
    const url = new URL(location.href);
    if (knownForm && kept().length > 0 && !url.searchParams.has("know")) {
      const here = new Set($$("input[name=know]").map(box => box.value));
      const known = kept().filter(slug => here.has(slug));
      if (known.length > 0) {
        known.forEach(slug => url.searchParams.append("know", slug));
        htmx.ajax("GET", url.pathname + url.search, { target: "#path", select: "#path", swap: "outerHTML" }).then(() => history.replaceState(history.state, "", url));
      }
    }
    document.addEventListener("change", event => {
      if (!event.target.matches("[data-known] input[name=know]")) return;
      const known = new Set(kept());
      if (event.target.checked) known.add(event.target.value); else known.delete(event.target.value);
      localStorage.setItem(key, JSON.stringify([...known]));
    }, true);
  }

  // Map: pointing at a topic shows what comes before it and what it opens.
  const map = $("#map");
  if (map) {
    const dots = new Map($$("a[data-t]", map).map(dot => [dot.dataset.t, dot]));
    const needs = dot => dot.dataset.n === "" ? [] : dot.dataset.n.split(" ").map(slug => dots.get(slug)).filter(Boolean);
    const opens = new Map([...dots.values()].map(dot => [dot, []]));
    for (const dot of dots.values()) for (const need of needs(dot)) opens.get(need).push(dot);
    const threads = $("#threads"), note = $("#map-note"), rest = note.innerHTML;
    const place = dot => { const circle = dot.firstElementChild; return [circle.cx.baseVal.value, circle.cy.baseVal.value]; };
    const thread = (from, to, kind) => {
      const [x1, y1] = place(from), [x2, y2] = place(to), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", kind);
      path.setAttribute("d", `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`);
      threads.append(path);
    };
    const clear = () => {
      threads.replaceChildren();
      map.classList.remove("tracing");
      for (const dot of dots.values()) dot.classList.remove("before", "here", "next");
      note.innerHTML = rest;
    };
    const show = dot => {
      clear();
      map.classList.add("tracing");
      dot.classList.add("here");
      const seen = new Set(), queue = [dot];
      while (queue.length > 0) {
        const at = queue.pop();
        for (const need of needs(at)) {
          thread(need, at, "thread");
          if (!seen.has(need)) { seen.add(need); need.classList.add("before"); queue.push(need); }
        }
      }
      for (const next of opens.get(dot)) { next.classList.add("next"); thread(dot, next, "thread next"); }
      const name = document.createElement("b"), words = document.createElement("span");
      name.textContent = dot.dataset.name;
      words.className = "quiet";
      words.textContent = `${seen.size} to read before, opens ${opens.get(dot).length}`;
      note.replaceChildren(name, words);
    };
    map.addEventListener("pointerover", event => { const dot = event.target.closest("a[data-t]"); if (dot) show(dot); });
    map.addEventListener("pointerleave", clear);
  }
})();
