'use strict';
const $ = id => document.getElementById(id);
const number = x => x.toLocaleString('en-US');

/** A request with the key, if the server wants one; shows the form for it when the server says so. */
async function ask(path, body, signal) {
  const headers = body ? {'Content-Type': 'application/json'} : {};
  const secret = sessionStorage.getItem('key');
  if (secret) headers.Authorization = 'Bearer ' + secret;
  const answer = await fetch(path, {method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body), signal});
  $('key').hidden = answer.status !== 401;
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.error?.message ?? 'The server answered ' + answer.status + '.');
}

$('key').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('key', $('secret').value);
  location.reload();
});

function about(state) {
  $('model').textContent = state.model;
  $('about').textContent = number(state.parameters) + ' parameters · a context of ' + number(state.context);
}
