'use strict';
const WIDE = 1024, KEPT = 256, STEP = WIDE / KEPT;
const lead = $('lead').textContent;
let steps = [], before = null;

const svg = (name, attributes) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};
const label = (x, y, text, anchor = 'start') => {
  const node = svg('text', {x, y, 'text-anchor': anchor});
  node.textContent = text;
  return node;
};
const box = (x, y, width, height, kind) => svg('rect', {x, y, width, height, class: kind});
const x = i => (KEPT - steps.length + i) * STEP;

function figures(state) {
  const m = state.metrics, all = [];
  const put = (value, what) => all.push([value, what]);
  const dt = before ? state.seconds - before.seconds : 0;
  put(number(m.running), 'texts are written');
  put(number(m.waiting), 'wait');
  put(dt > 0 ? number(Math.round((m.generated - before.metrics.generated) / dt)) : '–', 'tokens a second now');
  put(number(m.generated), 'tokens drawn since the start');
  put(steps.length ? (1000 * steps.reduce((s, e) => s + e.took, 0) / steps.length).toFixed(1) + ' ms' : '–', 'a step, mean of the last');
  put(m.reused + m.computed ? (100 * m.reused / (m.reused + m.computed)).toFixed(1) + '%' : '–', 'of positions known from earlier texts');
  put(m.guessed ? (100 * m.accepted / m.guessed).toFixed(1) + '%' : '–', 'of ' + number(m.guessed) + ' guesses right');
  put(number(m.preemptions), 'times memory was taken back');
  $('figures').replaceChildren(...all.map(([value, what]) => {
    const div = document.createElement('div'), b = document.createElement('b'), span = document.createElement('span');
    b.textContent = value;
    span.textContent = what;
    div.append(b, span);
    return div;
  }));
}

function lanes() {
  const seen = [...new Set(steps.flatMap(s => s.requests))].sort((a, b) => a - b), height = 220, top = 18;
  const high = Math.min(16, (height - top - 4) / Math.max(1, seen.length)), place = new Map(seen.map((r, i) => [r, top + i * high])), parts = [];
  steps.forEach((step, i) => step.requests.forEach((r, k) =>
    parts.push(box(x(i), place.get(r), STEP * 0.85, Math.max(1, high * 0.8), k < step.decoded ? 'drawn' : 'read'))));
  if (seen.length) parts.push(label(4, 12, 'requests ' + seen[0] + ' to ' + seen.at(-1)));
  else parts.push(label(WIDE / 2, height / 2, 'Nothing was asked yet.', 'middle'));
  if (steps.length) parts.push(label(WIDE - 4, 12, 'step ' + number(steps.at(-1).n), 'end'));
  $('lanes').replaceChildren(...parts);
}

function bars() {
  const height = 120, most = Math.max(1, ...steps.map(s => s.decoded + s.prefilled)), up = v => v / most * (height - 20), parts = [];
  steps.forEach((s, i) => {
    parts.push(box(x(i), height - up(s.decoded), STEP * 0.85, up(s.decoded), 'drawn'));
    parts.push(box(x(i), height - up(s.decoded + s.prefilled), STEP * 0.85, up(s.prefilled), 'read'));
  });
  parts.push(label(4, 12, most + ' tokens'));
  $('steps').replaceChildren(...parts);
}

function blocks(state) {
  const m = state.metrics, used = m.blocks - m.free - m.kept, wide = n => n / m.blocks * WIDE, parts = [];
  parts.push(box(0, 0, wide(used), 40, 'used'), box(wide(used), 0, wide(m.kept), 40, 'kept'));
  parts.push(label(WIDE - 6, 24, number(used) + ' used, ' + number(m.kept) + ' kept, ' + number(m.free) + ' free of ' + number(m.blocks) + ' blocks of '
    + state.blockSize + ' positions', 'end'));
  $('blocks').replaceChildren(...parts);
  const taken = steps.map(s => m.blocks - s.free), most = Math.max(1, ...taken), line = [];
  taken.forEach((t, i) => line.push(box(x(i), 90 - t / most * 70, STEP * 0.85, t / most * 70, 'used')));
  line.push(label(4, 12, number(most) + ' blocks, ' + (most * state.blockBytes / 1048576).toFixed(1) + ' MiB'));
  $('memory').replaceChildren(...line);
}

async function look() {
  try {
    const next = steps.length ? steps.at(-1).n + 1 : 0;
    const state = await (await ask('/engine/state?since=' + next)).json();
    if (before && state.seconds < before.seconds) { // another server is there now
      steps = [];
      before = null;
    }
    steps = [...steps, ...state.steps].slice(-KEPT);
    about(state);
    figures(state);
    lanes();
    bars();
    blocks(state);
    before = state;
    $('lead').textContent = lead;
    $('lead').classList.remove('error');
  } catch (error) {
    $('lead').textContent = error.message;
    $('lead').classList.add('error');
  }
  setTimeout(look, document.hidden ? 3000 : 400);
}
look();
