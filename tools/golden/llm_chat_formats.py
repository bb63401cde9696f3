"""Seven chat formats by templates of our own writing and twelve conversations, rendered by Python's Jinja as Hugging Face sets it up."""
import json, sys
import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
env.filters["tojson"] = lambda x, **k: json.dumps(x, ensure_ascii=False, **k)
def raise_exception(message): raise jinja2.TemplateError(message)
env.globals["raise_exception"] = raise_exception

CALLS = """{%- macro said(m) -%}
{{ m.content }}{% for call in m.tool_calls or [] %}
{{- '\\n' if m.content or not loop.first }}<tool_call>
{{ {'name': call.function.name, 'arguments': call.function.arguments}|tojson }}
</tool_call>{% endfor %}
{%- endmacro -%}
"""
# the system's words before the first message behind it
LED = """{%- if messages and messages[0].role == 'system' -%}
{%- set system = messages[0].content -%}{%- set rest = messages[1:] -%}
{%- else -%}{%- set system = none -%}{%- set rest = messages -%}{%- endif -%}
"""
FORMATS = {
 "CHATML": CALLS + """{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + said(m) + '<|im_end|>\\n' }}{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""",
 "LLAMA2": CALLS + LED + """{% if system is not none and not rest %}{% set rest = [{'role': 'user', 'content': ''}] %}{% endif %}
{% for m in rest %}{% set text = said(m) %}
{% if loop.first and system is not none %}{% set text = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + text %}{% endif %}
{% if m.role == 'assistant' %}{{ ' ' + text|trim + ' </s>' }}{% else %}{{ '<s>[INST] ' + text|trim + ' [/INST]' }}{% endif %}
{% endfor %}""",
 "LLAMA3": CALLS + """{{ '<|begin_of_text|>' }}{% for m in messages %}{% set role = 'ipython' if m.role == 'tool' else m.role %}
{{ '<|start_header_id|>' + role + '<|end_header_id|>\\n\\n' + said(m)|trim + '<|eot_id|>' }}{% endfor %}
{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}""",
 "MISTRAL": CALLS + LED + """{{ '<s>' }}{% if system is not none and not rest %}{{ '[INST] ' + system|trim + ' [/INST]' }}{% endif %}
{% for m in rest %}{% set text = said(m) %}
{% if loop.first and system is not none %}{% set text = system|trim + '\\n\\n' + text %}{% endif %}
{% if m.role == 'assistant' %}{{ ' ' + text|trim + '</s>' }}{% else %}{{ '[INST] ' + text|trim + ' [/INST]' }}{% endif %}
{% endfor %}""",
 "GEMMA": CALLS + LED + """{{ '<bos>' }}{% if system is not none and not rest %}{{ '<start_of_turn>user\\n' + system|trim + '<end_of_turn>\\n' }}{% endif %}
{% for m in rest %}{% set text = said(m) %}
{% if loop.first and system is not none %}{% set text = system|trim + '\\n\\n' + text %}{% endif %}
{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else 'user') + '\\n' + text|trim + '<end_of_turn>\\n' }}{% endfor %}
{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}""",
 "ZEPHYR": CALLS + """{% for m in messages %}{{ '<|' + ('user' if m.role == 'tool' else m.role) + '|>\\n' + said(m) + '</s>\\n' }}{% endfor %}
{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}""",
 "ALPACA": CALLS + LED + """{% if system is not none %}{{ system|trim }}{% else %}
{{ 'Below is an instruction that describes a task. Write a response that appropriately completes the request.' }}{% endif %}{{ '\\n\\n' -}}
{% for m in rest %}{% if m.role == 'assistant' %}{{ '### Response:' + said(m)|trim + '</s>\\n\\n' }}{% else %}{{ '### Instruction:\\n' + said(m)|trim + '\\n\\n' }}{% endif %}{% endfor %}
{% if add_generation_prompt %}{{ '### Response:' }}{% endif %}""",
}
def m(role, content, calls=None):
    out = {"role": role, "content": content}
    if calls: out["tool_calls"] = [{"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls]
    return out
S, U, A, T = (lambda role: lambda c, calls=None: m(role, c, calls))("system"), (lambda c: m("user", c)), (lambda c, calls=None: m("assistant", c, calls)), (lambda c: m("tool", c))
CONVERSATIONS = [
 ([U("What is 2 + 2?")], True),
 ([U("What is 2 + 2?")], False),
 ([S("Be brief."), U("What is 2 + 2?")], True),
 ([U("Hi"), A("Hello, how can I help?")], False),
 ([S("You speak like a sailor.\nAlways."), U("Hi"), A("Ahoy!"), U("Where are we?")], True),
 ([U("One"), A("1"), U("Two"), A("2"), U("Three"), A("3")], False),
 ([U("  white space about it \n\n\u00a0"), A("\n kept or not? \t")], False),
 ([U("Größe, 長さ, \U0001F600 \u00e9e\u0301"), A("“quoted” — and 'plain'")], True),
 ([U("Weather in Paris?"), A("", [("c1", "weather", {"city": "Paris", "days": 2})]), T("{\"celsius\": 21.5}"), A("It is 21.5 degrees.")], False),
 ([S("Use tools."), U("Add and look up."), A("Two calls:", [("c1", "add", {"a": 1.5, "b": [1, None, True]}), ("c2", "lookup", {"key": "ü\"x\""})]), T("1.5"), T("none")], True),
 ([U("")], True),
 ([S("Only rules here.")], True),
]
out = {"reference": "Jinja2 " + jinja2.__version__, "formats": FORMATS, "conversations": [{"messages": c, "answer": a} for c, a in CONVERSATIONS], "texts": {}}
for name, source in FORMATS.items():
    template = env.from_string(source)
    out["texts"][name] = [template.render(messages=c, add_generation_prompt=a, bos_token="<s>", eos_token="</s>") for c, a in CONVERSATIONS]
json.dump(out, open(sys.argv[1], "w"), ensure_ascii=False, indent=0)
