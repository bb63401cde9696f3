// Search and paths of the exported pages, which have no server: the topics lie in topics.js. The studio's own search is TopicSearch.
"use strict";
(() => {
  const root = document.documentElement.dataset.root ?? "";
  const topics = window.LYCEUM.map(([slug, title, area, level, status, summary, aliases, needs, kind, module, words]) =>
    ({ slug, title, area, level, status, summary, aliases, needs, kind, module, words }));
  const bySlug = new Map(topics.map(topic => [topic.slug, topic]));
  const cut = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const joined = text => cut(text).join("");
  const make = (name, attributes = {}, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };

  // Insertions, deletions, substitutions and swaps of neighbours, as long as they are no more than the limit.
  const near = (a, b, limit) => {
    if (Math.abs(a.length - b.length) > limit) return false;
    let before, above = [...Array(b.length + 1).keys()];
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      for (let j = 1; j <= b.length; j++) {
        row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      before = above;
      above = row;
    }
    return above[b.length] <= limit;
  };
  const allowed = length => length < 4 ? 0 : length < 8 ? 1 : 2;

  // What a word is worth by where it stands; a topic's best place counts.
  let index, names;
  const build = () => {
    index = new Map();
    names = [];
    topics.forEach((topic, at) => {
      const add = (words, worth) => words.forEach(word => {
        const places = index.get(word) ?? index.set(word, new Map()).get(word);
        places.set(at, Math.max(places.get(at) ?? 0, worth));
      });
      add(cut(topic.words), 0.25);
      add(cut(topic.summary), 0.65);
      add(topic.aliases.flatMap(cut), 0.83);
      add([...cut(topic.title), ...cut(topic.slug)], 0.88);
      names.push([joined(topic.title), 30, at], [joined(topic.title.replace(/\([^)]*\)/g, "")), 30, at], [joined(topic.slug), 30, at]);
      for (const inside of topic.title.matchAll(/\(([^)]*)\)/g)) names.push([joined(inside[1]), 26, at]);
      topic.aliases.forEach(alias => names.push([joined(alias), 22, at]));
    });
  };

  const search = query => {
    if (!index) build();
    const words = cut(query), whole = joined(query);
    const scores = new Float64Array(topics.length), share = new Float64Array(topics.length), named = new Float64Array(topics.length);
    for (const [name, worth, at] of names) {
      const fits = name === whole ? 1 : name.startsWith(whole) && whole.length > 1 ? 0.25 + 0.45 * whole.length / name.length : near(name, whole, allowed(whole.length)) ? 0.6 : 0;
      named[at] = Math.max(named[at], worth * fits);
    }
    words.forEach((word, i) => {
      const best = new Float64Array(topics.length);
      const raise = (places, factor) => {
        const rarity = Math.log(1 + (topics.length - places.size + 0.5) / (places.size + 0.5));
        for (const [at, worth] of places) best[at] = Math.max(best[at], factor * rarity * worth);
      };
      if (index.has(word)) raise(index.get(word), 1);
      for (const [other, places] of index) {
        if (other === word) continue;
        if (other.startsWith(word) && (i === words.length - 1 || word.length > 2)) raise(places, 0.4 + 0.5 * word.length / other.length);
        else if (!index.has(word) && near(other, word, allowed(word.length))) raise(places, 0.5);
      }
      best.forEach((value, at) => { if (value > 0) { scores[at] += value; share[at] += 1 / words.length; } });
    });
    return topics.map((topic, at) => ({ topic, score: named[at] + scores[at] * share[at] * share[at] }))
      .filter(hit => hit.score > 0).sort((a, b) => b.score - a.score).map(hit => hit.topic);
  };

  const row = topic => make("li", { class: "row" },
    make("div", { class: "head" }, make("h3", {}, make("a", { href: `${root}t/${topic.slug}.html`, "data-step": "" }, topic.title)),
      make("span", { class: `status ${topic.status}` }, make("span", { class: `dot ${topic.status}` }), topic.status === "works" ? "runs" : topic.status)),
    make("p", { class: "sum" }, topic.summary), make("p", { class: "meta" }, make("span", {}, topic.area), make("span", {}, topic.level)));

  const asked = new URL(location.href).searchParams;
  const SHOWN = 60;
  const found = document.getElementById("found"), field = document.getElementById("q");
  if (found) {
    const show = (list, words) => {
      found.hidden = list === null;
      document.getElementById("all").hidden = list !== null;
      if (list === null) return;
      found.querySelector(".tally").textContent = words;
      found.querySelector(".rows").replaceChildren(...list.slice(0, SHOWN).map(row));
    };
    const run = () => {
      const query = field.value.trim();
      const list = query === "" ? null : search(query);
      show(list, list && (list.length === 0 ? `Nothing for “${query}”` : `${list.length} for “${query}”${list.length > SHOWN ? `, the best ${SHOWN}` : ""}`));
    };
    field.addEventListener("input", run);
    field.form.addEventListener("submit", event => { event.preventDefault(); run(); });
    const filter = ["area", "level", "status", "kind", "module"].find(name => asked.has(name));
    if (asked.get("q")) { field.value = asked.get("q"); run(); }
    else if (filter) {
      const list = topics.filter(topic => topic[filter] === asked.get(filter));
      show(list, `${list.length} in ${asked.get(filter)}`);
    }
  }

  const way = document.getElementById("way");
  if (way) {
    document.getElementById("titles").append(...topics.map(topic => make("option", { value: topic.title })));
    const goal = asked.get("goal") ?? "";
    const topic = bySlug.get(goal) ?? topics.find(t => t.title.toLowerCase() === goal.toLowerCase()) ?? (goal && search(goal)[0]);
    if (topic) {
      document.getElementById("goal").value = topic.title;
      const depths = new Map();
      const depth = t => {
        if (!depths.has(t)) depths.set(t, Math.max(0, ...t.needs.map(need => 1 + depth(bySlug.get(need)))));
        return depths.get(t);
      };
      const steps = [];
      const visit = t => {
        if (steps.includes(t)) return;
        t.needs.map(need => bySlug.get(need)).sort((a, b) => depth(a) - depth(b) || topics.indexOf(a) - topics.indexOf(b)).forEach(visit);
        steps.push(t);
      };
      visit(topic);
      way.append(make("h2", {}, `${steps.length - 1} to read before ${topic.title}`), make("ul", { class: "rows" }, ...steps.map(row)));
    }
  }
})();
