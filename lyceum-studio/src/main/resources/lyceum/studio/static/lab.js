// The lab beside an article: runs it, follows it, and comes back to it after a reload.
"use strict";
(() => {
  const form = document.getElementById("lab");
  if (!form) return;
  const $ = id => document.getElementById(id);
  const runButton = $("run"), stopButton = $("stop"), word = $("word"), bar = $("progress"), wrong = $("wrong");
  let source, current, timer;

  // Sliders and their numbers say the same. A slider's steps may be finer or coarser than what may be typed.
  for (const slider of form.querySelectorAll("input[type=range]")) {
    const number = $(slider.dataset.for);
    slider.addEventListener("input", () => { number.value = slider.value; changed(); });
    number.addEventListener("input", () => { if (number.validity.valid) slider.value = number.value; changed(); });
  }
  form.querySelectorAll("select, input[type=checkbox], .param > input[type=text], #p-seed").forEach(field => field.addEventListener("input", changed));

  // Pads: the pointer adds to the strokes in the field, and what is typed there is drawn.
  const PEN = 0.085, LONGEST = 3000;
  const strokes = text => text.split(";").map(stroke => stroke.trim()).filter(Boolean).map(stroke => stroke.split(/\s+/).map(point => point.split(",").map(v => v === "" ? NaN : Number(v))));
  for (const pad of form.querySelectorAll("canvas[data-side]")) {
    const field = $(pad.dataset.for), side = Number(pad.dataset.side), unit = pad.width / side, pen = pad.getContext("2d");
    const inside = point => point.length === 2 && point.every(v => v >= 0 && v <= side);
    const redraw = () => {
      const drawn = strokes(field.value), fine = drawn.every(stroke => stroke.every(inside));
      field.setCustomValidity(fine ? "" : `${field.name} has something other than points: two numbers from 0 to ${side} with a comma between them.`);
      pen.clearRect(0, 0, pad.width, pad.height);
      if (!fine) return;
      pen.strokeStyle = pen.fillStyle = getComputedStyle(pad).color;
      pen.lineWidth = PEN * pad.width;
      pen.lineCap = pen.lineJoin = "round";
      for (const stroke of drawn) {
        pen.beginPath();
        stroke.forEach(([x, y], i) => i ? pen.lineTo(x * unit, y * unit) : pen.moveTo(x * unit, y * unit));
        if (stroke.length === 1) pen.lineTo(stroke[0][0] * unit, stroke[0][1] * unit);
        pen.stroke();
      }
    };
    const at = event => {
      const box = pad.getBoundingClientRect(), on = v => Math.max(0, Math.min(side, Math.round(v * side * 2) / 2));
      return [on((event.clientX - box.left) / box.width), on((event.clientY - box.top) / box.height)];
    };
    let last;
    const add = (between, [x, y]) => {
      const text = field.value + between + x + "," + y;
      if (text.length > LONGEST) return;
      field.value = text;
      last = [x, y];
      redraw();
    };
    pad.addEventListener("pointerdown", event => {
      if (!event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      pad.setPointerCapture(event.pointerId);
      add(field.value.trim() ? "; " : "", at(event));
    });
    pad.addEventListener("pointermove", event => {
      if (!last) return;
      const now = at(event);
      if (Math.hypot(now[0] - last[0], now[1] - last[1]) >= side / 28) add(" ", now);
    });
    for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { if (last) { last = undefined; changed(); } });
    field.addEventListener("input", () => { redraw(); changed(); });
    form.querySelector(`[data-clear="${pad.dataset.for}"]`).addEventListener("click", () => { field.value = ""; redraw(); changed(); });
    document.addEventListener("themechange", redraw);
    redraw();
  }

  const fields = () => [...form.elements].filter(field => field.name && field.type !== "hidden");
  const value = field => field.type === "checkbox" ? String(field.checked) : field.value;
  function values() {
    const given = {};
    for (const field of fields()) given[field.name] = value(field);
    return given;
  }
  /** The address and the snippets follow the form. */
  function changed() {
    const url = new URL(location.href);
    url.searchParams.delete("run");
    for (const field of fields()) {
      if (value(field) === field.dataset.initial) url.searchParams.delete(field.name); else url.searchParams.set(field.name, value(field));
    }
    history.replaceState(history.state, "", url);
    const bad = fields().find(field => !field.validity.valid);
    for (const field of fields()) field.removeAttribute("aria-invalid");
    if (bad) {
      bad.setAttribute("aria-invalid", "true");
      say(bad.validity.customError ? bad.validationMessage : bad.type === "text" ? `${bad.name} is empty; it is a line of 1 to ${bad.maxLength} characters.` : bad.validity.badInput || bad.value === "" ? `${bad.name} is not a number; it lies between ${bad.min} and ${bad.max}.` : bad.validity.stepMismatch ? `${bad.name} is ${bad.value}; it is a whole number.` : `${bad.name} is ${bad.value}; it lies between ${bad.min} and ${bad.max}.`);
      return;
    }
    say("");
    refreshSnippets();
    if (form.dataset.quick === "true") { clearTimeout(timer); timer = setTimeout(start, 250); }
  }
  function say(text) { wrong.textContent = text; wrong.hidden = text === ""; }
  let snippetTimer;
  function refreshSnippets() {
    clearTimeout(snippetTimer);
    snippetTimer = setTimeout(async () => {
      const answer = await fetch(`/t/${form.dataset.slug}/snippets?` + new URLSearchParams(values()));
      if (!answer.ok) return;
      for (const [id, html] of Object.entries(await answer.json())) { const code = document.querySelector(`#code-${id} > code`); if (code) code.innerHTML = html; }
    }, 150);
  }

  form.addEventListener("submit", event => { event.preventDefault(); start(); });
  stopButton.addEventListener("click", async () => {
    if (!current) return;
    stopButton.disabled = true;
    word.textContent = "stopping";
    await fetch("/api/runs/" + current, { method: "DELETE" });
  });

  async function start() {
    if (!form.checkValidity()) { changed(); return; }
    say("");
    if (current) { source?.close(); await fetch("/api/runs/" + current, { method: "DELETE" }); }
    const { seed, ...params } = values();
    let answer;
    try {
      answer = await fetch("/api/runs", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ slug: form.dataset.slug, seed: Number(seed), params }) });
    } catch { say("The studio does not answer. Is it still running?"); return; }
    const body = await answer.json();
    if (!answer.ok) { say(body.error + (answer.status === 429 ? ` Next try in ${answer.headers.get("Retry-After")} s.` : "")); return; }
    const old = $("result"), height = old.offsetHeight;
    const fresh = document.createElement("div");
    fresh.className = "result";
    fresh.id = "result";
    fresh.innerHTML = '<div class="stream"></div><div class="checks scroll-x" hidden></div><p class="made"></p>';
    fresh.style.minHeight = height + "px";
    follow(body.id, 0, { fresh, old });
    const url = new URL(location.href);
    url.searchParams.set("run", body.id);
    history.replaceState(history.state, "", url);
  }

  /** Listens to a run. What it draws replaces the old result when the first of it is there, so that nothing blinks. */
  function follow(id, after, swap) {
    current = id;
    runButton.disabled = false;
    stopButton.disabled = false;
    word.textContent = "";
    const say = text => () => { if (!begun) word.textContent = text; };
    let begun = false;
    const waiting = [setTimeout(say("starting"), 300), setTimeout(say("waits for a free place"), 2500)];
    let box = swap ? swap.fresh : $("result"), shown = !swap;
    const show = () => { if (!shown) { shown = true; swap.old.replaceWith(swap.fresh); } };
    source?.close();
    const stream = source = new EventSource(`/api/runs/${id}/events?as=html&after=${after}`);
    const end = () => {
      waiting.forEach(clearTimeout);
      stream.close();
      if (source !== stream) return;
      current = undefined;
      stopButton.disabled = true;
      bar.hidden = true;
    };
    stream.addEventListener("started", () => { begun = true; word.textContent = "running"; });
    stream.addEventListener("busy", () => { word.textContent = "too many pages follow runs; close one and reload"; end(); });
    stream.addEventListener("progress", event => {
      begun = true;
      const { name, done, total, secondsLeft } = JSON.parse(event.data);
      bar.hidden = false;
      bar.max = total;
      bar.value = done;
      word.textContent = `${name} ${done} of ${total}` + (secondsLeft >= 1 ? ` · ${Math.ceil(secondsLeft)} s left` : "");
    });
    stream.addEventListener("piece", event => {
      const { slot, html } = JSON.parse(event.data);
      show();
      const stage = document.createElement("template");
      if (slot === "check") {
        const checks = box.querySelector(".checks");
        if (!checks.querySelector("tbody")) checks.innerHTML = '<table><caption class="sr">Checks of this run</caption><thead><tr><th scope="col"><span class="sr">clause</span></th><th scope="col">check</th><th scope="col" class="v">value</th><th scope="col" class="v">bound</th><th scope="col"><span class="sr">verdict</span></th></tr></thead><tbody></tbody></table>';
        stage.innerHTML = html;
        checks.hidden = false;
        checks.querySelector("tbody").append(stage.content);
      } else if (slot === "training") {
        // The picture grows in its place; whoever has folded it keeps it folded.
        stage.innerHTML = html;
        const there = box.querySelector(".training > .plot");
        if (there) there.replaceWith(stage.content.querySelector(".plot")); else box.querySelector(".checks").after(stage.content);
      } else {
        stage.innerHTML = html;
        box.querySelector(".stream").append(stage.content);
        window.drawFigures(box);
      }
    });
    stream.addEventListener("end", event => {
      const { state, made, trouble, seconds } = JSON.parse(event.data);
      show();
      box.style.minHeight = "";
      box.querySelector(".made").textContent = made;
      if (trouble) {
        const note = document.createElement("p"), lead = document.createElement("b");
        note.className = "trouble";
        lead.textContent = state === "stopped" ? "Stopped. " : "The run failed. ";
        note.append(lead, trouble);
        box.querySelector(".stream").after(note);
      }
      word.textContent = state === "done" ? `${seconds} s` : state;
      if (state === "done") form.dataset.quick = String(Number(seconds) < 1);
      box.dataset.state = state;
      end();
    });
    stream.addEventListener("gone", () => { word.textContent = "this run is not known any more"; end(); });
    stream.onerror = () => { if (stream.readyState === EventSource.CLOSED && source === stream) { word.textContent = "the studio does not answer"; end(); } };
  }

  // The panel beside the article stays in sight: at its top where it fits into the window, else at its end.
  const panel = document.querySelector(".topic > .lab");
  const settle = () => panel.style.setProperty("--lab-top", `${Math.min(24, innerHeight - panel.offsetHeight - 24)}px`);
  new ResizeObserver(settle).observe(panel);
  addEventListener("resize", settle);

  const result = $("result");
  if (result?.dataset.state === "queued" || result?.dataset.state === "running") follow(result.dataset.run, Number(result.dataset.events));
})();
