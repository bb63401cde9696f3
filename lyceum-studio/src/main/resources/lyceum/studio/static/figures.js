// Draws figures in the colours and type of the page. The library is loaded when the first figure comes into view.
"use strict";
(() => {
  const own = document.currentScript.dataset;
  const drawn = new Map();
  let library;

  const isDark = () => { const [r, g, b] = colour("paper").match(/\d+/g).map(Number); return r + g + b < 384; };
  const script = address => new Promise((done, failed) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = done;
    element.onerror = () => failed(new Error("cannot load " + address));
    document.head.append(element);
  });
  const load = () => library ??= script(own.vega).then(() => script(own.lite)).then(() => script(own.embed));

  const probe = document.createElement("span");
  const colour = name => {
    probe.style.color = `var(--${name})`;
    if (!probe.isConnected) { probe.hidden = true; document.body.append(probe); }
    return getComputedStyle(probe).color;
  };
  function config(small) {
    const ink = colour("ink"), quiet = colour("quiet"), line = colour("line");
    const font = "Inter, system-ui, sans-serif", size = small ? 10 : 12;
    return {
      background: "transparent", font, padding: small ? 2 : 4,
      view: { stroke: null },
      axis: { domainColor: line, tickColor: line, gridColor: line, gridOpacity: 0.75, labelColor: quiet, titleColor: ink, labelFont: font, titleFont: font, labelFontSize: size, titleFontSize: size, titleFontWeight: 500, labelPadding: 5, titlePadding: 9, tickSize: 4, domain: true, grid: false },
      axisY: { grid: true, domain: false, ticks: false },
      legend: { labelColor: ink, titleColor: quiet, labelFont: font, titleFont: font, labelFontSize: size, titleFontSize: size, titleFontWeight: 500, symbolStrokeWidth: 2 },
      title: { color: ink, subtitleColor: quiet, font, subtitleFont: font, fontSize: small ? 11 : 14, fontWeight: 600, anchor: "start" },
      header: { labelColor: ink, titleColor: quiet, labelFont: font, titleFont: font, labelFontSize: size },
      text: { color: ink, font }, rule: { color: quiet }, mark: { tooltip: !small },
    };
  }

  // A figure that says its own size is asked to fit; one that says nothing gets the width of the column.
  function fitted(spec, box) {
    const copy = structuredClone(spec);
    delete copy.title;
    if (!copy.hconcat && !copy.vconcat && !copy.concat && !copy.facet && !copy.repeat) {
      if (copy.width === undefined || copy.width === "container") copy.width = "container";
      copy.autosize ??= { type: "fit", contains: "padding" };
      if (box.hasAttribute("data-small")) { copy.width = "container"; copy.height = "container"; copy.autosize = { type: "fit", contains: "padding" }; }
      else copy.height ??= 250;
    }
    return copy;
  }

  async function draw(box, spec) {
    await load();
    const small = box.hasAttribute("data-small");
    const merged = fitted(spec, box);
    const theme = config(small), given = merged.config ?? {};
    merged.config = {};
    drawn.get(box)?.view?.finalize();
    // What is drawn now stays until the other is there, and the box keeps its height: nothing jumps.
    box.style.minHeight = box.offsetHeight + "px";
    const { view } = await vegaEmbed(box, merged, {
      mode: "vega-lite", actions: false, ast: true, defaultStyle: false, renderer: "svg", tooltip: small ? false : { disableDefaultStyle: true },
      config: merge(given, theme),
    });
    // The box says what the picture shows; the marks inside are not for reading aloud one by one.
    for (const svg of box.querySelectorAll("svg")) { svg.setAttribute("aria-hidden", "true"); svg.removeAttribute("role"); for (const part of svg.querySelectorAll("[role], [aria-label], [aria-roledescription]")) { part.removeAttribute("role"); part.removeAttribute("aria-label"); part.removeAttribute("aria-roledescription"); } }
    drawn.set(box, { spec, view });
    box.dataset.drawn = "";
  }
  const merge = (base, over) => {
    const out = { ...base };
    for (const [key, value] of Object.entries(over)) out[key] = value && typeof value === "object" && !Array.isArray(value) && base[key] && typeof base[key] === "object" ? merge(base[key], value) : value;
    return out;
  };

  const start = async box => {
    try {
      const answer = await fetch(`${box.dataset.figure}?theme=${isDark() ? "dark" : "light"}`);
      if (!answer.ok) throw new Error("the figure is not there any more");
      await draw(box, await answer.json());
    } catch (error) {
      console.warn(`${box.dataset.figure} is shown as a still picture: ${error.message}`);
    }
  };
  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); start(entry.target); }
  }, { rootMargin: "300px" });

  /** Draws the figures below an element, each as it comes into view. */
  window.drawFigures = from => { for (const box of from.querySelectorAll("[data-figure]:not([data-watched])")) { box.dataset.watched = ""; seen.observe(box); } };
  window.drawFigures(document);
  document.addEventListener("htmx:afterSwap", () => window.drawFigures(document));
  document.addEventListener("themechange", () => { for (const box of drawn.keys()) if (box.isConnected) start(box); else drawn.delete(box); });
})();
