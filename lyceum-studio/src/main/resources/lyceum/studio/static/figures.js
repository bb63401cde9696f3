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

  async function draw(box) {
    try {
      const answer = await fetch(`${box.dataset.figure}?theme=${theme()}&width=${Math.round(box.clientWidth)}`);
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
    for (const input of stage.querySelectorAll(".vega-bind input")) input.setAttribute("aria-label", input.closest(".vega-bind").textContent.trim() || "frame");
  }

  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "200px" });

  /** Makes the figures below an element interactive, each as it comes into view. */
  window.drawFigures = from => { for (const box of from.querySelectorAll("[data-figure]:not([data-watched])")) { box.dataset.watched = ""; seen.observe(box); } };
  window.drawFigures(document);
  document.addEventListener("themechange", () => { for (const box of [...drawn.keys()]) if (box.isConnected) draw(box); else drawn.delete(box); });
})();
