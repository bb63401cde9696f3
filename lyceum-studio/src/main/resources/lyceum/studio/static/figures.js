// Makes figures interactive. The page comes with each figure as a still picture in its own colours; the library that answers to
// the pointer is loaded when the first figure comes into view.
"use strict";
(() => {
  const own = document.currentScript.dataset;
  const drawn = new Map();
  let library;

  const script = address => new Promise((done, failed) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = done;
    element.onerror = () => failed(new Error("cannot load " + address));
    document.head.append(element);
  });
  const load = () => library ??= script(own.vega).then(() => script(own.lite)).then(() => script(own.embed));
  const theme = () => document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  const orbits = box => [...box.closest("figure")?.querySelectorAll("[data-orbit]") ?? []];
  const slider = box => box.closest("figure")?.querySelector("[data-frames]");
  const busy = new Set(), again = new Set();

  // One picture at a time: what is asked for meanwhile is drawn after it.
  async function draw(box) {
    if (busy.has(box)) { again.add(box); return; }
    busy.add(box);
    await embed(box);
    busy.delete(box);
    if (again.delete(box)) draw(box);
  }

  async function embed(box) {
    try {
      const at = slider(box)?.value;
      const answer = await fetch(`${box.dataset.figure}?theme=${theme()}&width=${Math.round(box.clientWidth)}` + (at === undefined ? "" : `&frame=${at}`) + orbits(box).map(input => `&${input.dataset.orbit}=${input.value}`).join(""));
      if (!answer.ok) throw new Error("the run is not there any more");
      const spec = await answer.json();
      await load();
      // What is drawn stays until the other is there, and the box keeps its height: nothing jumps.
      const stage = document.createElement("div");
      stage.className = "stage";
      stage.style.visibility = "hidden";
      box.append(stage);
      const { view } = await vegaEmbed(stage, spec, {
        mode: "vega-lite", actions: false, ast: true, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true },
      });
      quieten(stage);
      drawn.get(box)?.finalize();
      drawn.set(box, view);
      for (const old of [...box.children]) if (old !== stage) old.remove();
      stage.style.visibility = "";
      box.dataset.drawn = "";
      // Frames differ in height; what stands below does not move while one slides through them.
      if (at !== undefined) box.style.minHeight = `${Math.max(stage.offsetHeight, parseFloat(box.style.minHeight) || 0)}px`;
      view.addEventListener("click", (event, item) => { if (item?.datum?.row !== undefined) open(cell(item.datum)); });
      box.toggleAttribute("data-slides", spec.params?.[0].name === "frame");
      box.toggleAttribute("data-cells", JSON.stringify(spec.layer ?? "").includes('"column":'));
      link();
    } catch (error) {
      box.querySelector(".stage:not(:only-child)")?.remove();
      console.warn(`${box.dataset.figure} stays a still picture: ${error.message}`);
    }
  }
  // The box says in a sentence what the picture shows; the marks inside are not for reading aloud one by one.
  function quieten(stage) {
    for (const svg of stage.querySelectorAll("svg")) {
      svg.setAttribute("aria-hidden", "true");
      for (const part of [svg, ...svg.querySelectorAll("[role], [aria-label], [aria-roledescription]")]) for (const name of ["role", "aria-label", "aria-roledescription"]) part.removeAttribute(name);
    }
    for (const name of ["role", "aria-label", "aria-roledescription"]) stage.removeAttribute(name);
    if (stage.scrollWidth > stage.clientWidth + 1) { stage.tabIndex = 0; stage.setAttribute("role", "group"); stage.setAttribute("aria-label", "Picture, wider than the page"); }
  }

  // Sequences: the slider's place is in the address, and a plot takes it without being drawn anew.
  const name = input => "frame" + input.closest("figure").querySelector("[data-figure]").dataset.figure.match(/\d+\.json$/)[0].slice(0, -5);
  function tell(input) {
    const words = input.dataset.frames.split("\n")[input.value];
    input.nextElementSibling.textContent = words;
    input.setAttribute("aria-valuetext", words);
  }
  document.addEventListener("input", event => {
    const input = event.target;
    if (!input.matches?.("[data-frames]")) return;
    tell(input);
    const url = new URL(location.href);
    if (input.value === input.dataset.first) url.searchParams.delete(name(input)); else url.searchParams.set(name(input), input.value);
    history.replaceState(history.state, "", url);
    const box = input.closest("figure").querySelector("[data-figure]"), view = drawn.get(box);
    if (view && !busy.has(box) && "slides" in box.dataset) view.signal("frame", Number(input.value)).runAsync(); else draw(box);
  });

  // Clouds: two sliders, or the pointer over the picture, say from where they are seen.
  const place = input => input.dataset.orbit + name(input).slice(5);
  function tellDegrees(input) {
    input.nextElementSibling.textContent = `${input.value}°`;
    input.setAttribute("aria-valuetext", `${input.value} degrees`);
  }
  document.addEventListener("input", event => {
    const input = event.target;
    if (!input.matches?.("[data-orbit]")) return;
    tellDegrees(input);
    const url = new URL(location.href);
    if (input.value === input.dataset.first) url.searchParams.delete(place(input)); else url.searchParams.set(place(input), input.value);
    history.replaceState(history.state, "", url);
    const box = input.closest("figure").querySelector("[data-figure]"), view = drawn.get(box);
    if (view && !busy.has(box)) view.signal(input.dataset.orbit, Number(input.value)).runAsync(); else draw(box);
  });
  function turnable(box) {
    const [turn, tilt] = orbits(box);
    if (!turn) return;
    box.dataset.turns = "";
    let from;
    const set = (input, value) => {
      if (String(value) === input.value) return;
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    box.addEventListener("pointerdown", event => {
      if (!event.isPrimary || event.button !== 0) return;
      from = { x: event.clientX, y: event.clientY, turn: Number(turn.value), tilt: Number(tilt.value) };
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", event => {
      if (!from) return;
      set(turn, (((Math.round(from.turn + (event.clientX - from.x) / 2) % 360) + 360) % 360));
      set(tilt, Math.max(-90, Math.min(90, Math.round(from.tilt + (event.clientY - from.y) / 2))));
    });
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { from = undefined; });
  }

  // Where frames are named "2 as 8", a click on the cell of row 2 and column 8 of a heat map goes to that frame.
  const cell = datum => `${datum.row} as ${datum.column}`;
  const frameOf = (input, words) => input.dataset.frames.split("\n").findIndex(label => label === words || label.startsWith(words + " "));
  const sliders = () => [...document.querySelectorAll("[data-frames]")];
  function open(words) {
    for (const input of sliders()) {
      const at = frameOf(input, words);
      if (at < 0) continue;
      input.value = at;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      const figure = input.closest("figure"), { top, bottom } = figure.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) figure.scrollIntoView({ block: "nearest" });
    }
  }
  function link() {
    const leads = sliders().some(input => / as /.test(input.dataset.frames));
    for (const box of drawn.keys()) {
      if (!leads || !("cells" in box.dataset) || "leads" in box.dataset) continue;
      box.dataset.leads = "";
      box.closest("figure").querySelector(":scope > p").append(" A click on a cell shows what is in it, below.");
    }
  }

  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "200px" });

  /** A slider begins where the address says. */
  function restore(box) {
    for (const input of orbits(box)) {
      const degrees = new URL(location.href).searchParams.get(place(input));
      if (degrees === null || !(Number(degrees) >= Number(input.min) && Number(degrees) <= Number(input.max))) continue;
      input.value = degrees;
      tellDegrees(input);
    }
    turnable(box);
    const input = slider(box), at = input && new URL(location.href).searchParams.get(name(input));
    if (at === null || at === undefined || !(Number(at) >= 0 && Number(at) <= Number(input.max))) return;
    input.value = at;
    tell(input);
  }

  /** Makes the figures below an element interactive, each as it comes into view. */
  window.drawFigures = from => { for (const box of from.querySelectorAll("[data-figure]:not([data-watched])")) { box.dataset.watched = ""; restore(box); seen.observe(box); } };
  window.drawFigures(document);
  document.addEventListener("themechange", () => { for (const box of [...drawn.keys()]) if (box.isConnected) draw(box); else drawn.delete(box); });
})();
