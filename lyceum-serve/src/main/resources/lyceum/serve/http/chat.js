'use strict';
let messages = [], stopper = null, template = true;

ask('/engine/state').then(a => a.json()).then(state => {
  about(state);
  template = state.chat;
  if (!template) $('what').textContent = 'Begin a text; the model was taught no conversations and goes on with it';
}).catch(wrong);

function wrong(error) {
  if (error.name !== 'AbortError') turn('error', error.message).classList.add('error');
}

function turn(who, text) {
  const div = document.createElement('div'), name = document.createElement('b');
  div.className = 'turn';
  name.textContent = who;
  div.append(name, text);
  $('turns').append(div);
  return div;
}

const shade = p => p > 0.8 ? 'p0' : p > 0.4 ? 'p1' : p > 0.1 ? 'p2' : 'p3';
const visible = text => text === '' ? '∅' : text.replaceAll('\n', '⏎\n');

function show(token) {
  for (const other of $('tokens').children) other.setAttribute('aria-pressed', other === token.node);
  $('place').textContent = 'In the place of ' + JSON.stringify(token.text);
  // tokens that are parts of characters may look alike
  const own = o => o.text === token.text && Math.abs(o.log - token.log) < 1e-3;
  const rows = token.others.some(own) ? token.others : [...token.others, token];
  $('others').tBodies[0].replaceChildren(...rows.map(other => {
    const row = document.createElement('tr'), code = document.createElement('code'), meter = document.createElement('meter'), p = Math.exp(other.log);
    code.textContent = visible(other.text).replaceAll('\n', '');
    meter.value = p;
    for (const [i, part] of [code, (100 * p).toFixed(p < 0.01 ? 2 : 1) + '%', meter].entries()) {
      const cell = document.createElement('td');
      if (i === 1) cell.className = 'number';
      cell.append(part);
      row.append(cell);
    }
    if (own(other)) row.firstChild.append(' ← drawn');
    return row;
  }));
}

function add(token, all) {
  const node = document.createElement('button');
  node.type = 'button';
  node.className = 'token ' + shade(Math.exp(token.log));
  node.textContent = visible(token.text);
  node.title = (100 * Math.exp(token.log)).toFixed(1) + '%';
  node.addEventListener('click', () => show(token));
  token.node = node;
  all.push(token);
  $('tokens').append(node);
  const mean = all.reduce((sum, t) => sum + t.log, 0) / all.length;
  $('sum').textContent = all.length + ' tokens, perplexity ' + Math.exp(-mean).toFixed(2);
}

function read(choice, all) {
  const logs = choice.logprobs;
  if (!logs) return;
  if (logs.content) for (const one of logs.content)
    add({text: one.token, log: one.logprob, others: one.top_logprobs.map(o => ({text: o.token, log: o.logprob}))}, all);
  else logs.tokens.forEach((text, i) =>
    add({text, log: logs.token_logprobs[i], others: Object.entries(logs.top_logprobs[i]).map(([t, log]) => ({text: t, log}))}, all));
}

async function send(text) {
  turn(template ? 'you' : 'given', text);
  messages.push({role: 'user', content: text});
  const out = turn('model', ''), all = [];
  let said = '';
  $('tokens').replaceChildren();
  const body = {temperature: +$('temperature').value, max_tokens: +$('most').value, seed: +$('seed').value, stream: true};
  const chat = template ? {messages, logprobs: true, top_logprobs: 5} : {prompt: text, logprobs: 5};
  stopper = new AbortController();
  const answer = await ask(template ? '/v1/chat/completions' : '/v1/completions', {...body, ...chat}, stopper.signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
      const event = JSON.parse(line.slice(6));
      if (event.error) throw new Error(event.error.message);
      const choice = event.choices[0];
      if (!choice) continue;
      const piece = template ? choice.delta?.content ?? '' : choice.text;
      said += piece;
      out.append(piece);
      read(choice, all);
    }
  }
  messages.push({role: 'assistant', content: said});
  if (all.length) show(all.reduce((a, b) => b.log < a.log ? b : a)); // the one of which it was least sure
}

$('ask').addEventListener('submit', async event => {
  event.preventDefault();
  const text = $('text').value;
  if (!text.trim() || stopper) return;
  $('text').value = '';
  $('send').disabled = true;
  $('stop').disabled = false;
  try {
    await send(text);
  } catch (error) {
    if (messages.at(-1)?.role === 'user') messages.pop();
    wrong(error);
  }
  stopper = null;
  $('send').disabled = false;
  $('stop').disabled = true;
});
$('text').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    $('ask').requestSubmit();
  }
});
$('stop').addEventListener('click', () => stopper?.abort());
$('clear').addEventListener('click', () => {
  stopper?.abort();
  messages = [];
  $('turns').replaceChildren();
  $('tokens').replaceChildren();
  $('others').tBodies[0].replaceChildren();
  $('sum').textContent = '';
});
