// What OpenAI's client for JavaScript makes of our answers: node openai.mjs FOLDER-OF-THE-PACKAGE BASE-URL
const { default: OpenAI } = await import(process.argv[2] + '/index.mjs');
const client = new OpenAI({ baseURL: process.argv[3], apiKey: 'secret', maxRetries: 0 });

function check(what, holds, seen) {
  if (!holds) throw new Error(what + ': ' + JSON.stringify(seen));
  console.log(what);
}

const models = [];
for await (const model of client.models.list()) models.push(model.id);
check('models', models.join() === 'tiny', models);

const ask = { model: 'tiny', messages: [{ role: 'system', content: 'be' }, { role: 'user', content: 'to be?' }], temperature: 0, max_completion_tokens: 8 };
const whole = await client.chat.completions.create(ask);
check('chat', whole.usage.completion_tokens === 8 && whole.choices[0].finish_reason === 'length', whole);
let told = '', usage = null;
for await (const chunk of await client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } })) {
  told += chunk.choices[0]?.delta?.content ?? '';
  usage = chunk.usage ?? usage;
}
check('stream', told === whole.choices[0].message.content && usage.completion_tokens === 8, told);

const town = { type: 'object', properties: { town: { enum: ['Graz', 'Linz'] } }, required: ['town'], additionalProperties: false };
const tools = [{ type: 'function', function: { name: 'weather', description: 'now', parameters: town } }];
const called = await client.chat.completions.create({ ...ask, temperature: 1, seed: 1, max_completion_tokens: 90, tools, tool_choice: 'required' });
const call = called.choices[0].message.tool_calls[0];
check('tools', call.function.name === 'weather' && ['Graz', 'Linz'].includes(JSON.parse(call.function.arguments).town), called);
const after = await client.chat.completions.create({ ...ask, messages: [...ask.messages, called.choices[0].message,
  { role: 'tool', tool_call_id: call.id, content: 'sunny' }], tools, tool_choice: 'none' });
check('answers of tools', after.choices[0].message.role === 'assistant' && !after.choices[0].message.tool_calls, after);

const kept = await client.chat.completions.create({ ...ask, temperature: 1, seed: 1, max_completion_tokens: 90,
  response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema: town } } });
check('schema', ['Graz', 'Linz'].includes(JSON.parse(kept.choices[0].message.content).town), kept);

const vectors = await client.embeddings.create({ model: 'tiny', input: ['ab', 'abcd'] });
check('embeddings', vectors.data.length === 2 && vectors.data[1].embedding.join() === '4,1,0.5,-1', vectors);

async function refused(kind, asked) {
  try {
    await asked();
  } catch (e) {
    return e instanceof kind ? e : Promise.reject(e);
  }
  throw new Error('not refused');
}
const bad = await refused(OpenAI.BadRequestError, () => client.chat.completions.create({ ...ask, temperature: -3 }));
check('errors', bad.status === 400 && bad.message.includes('temperature is -3') && bad.param === 'temperature' && bad.requestID, bad);
const stranger = new OpenAI({ baseURL: process.argv[3], apiKey: 'wrong', maxRetries: 0 });
await refused(OpenAI.AuthenticationError, () => stranger.models.list());
check('keys', true);

const stream = await client.chat.completions.create({ ...ask, max_completion_tokens: 400, stream: true });
let chunks = 0;
for await (const chunk of stream) if (++chunks === 3) stream.controller.abort();
check('abort', chunks >= 3 && chunks < 300, chunks);
