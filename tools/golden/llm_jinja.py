"""Renderings by Python's Jinja, set up as Hugging Face sets it up for chat templates (trim_blocks, lstrip_blocks, loop controls, an immutable sandbox)."""
import json, sys
import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.exceptions import TemplateError

env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
env.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
    x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
def raise_exception(message): raise TemplateError(message)
env.globals["raise_exception"] = raise_exception

V = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": " Hi, what's 2+2? "},
                  {"role": "assistant", "content": "Four.\n"}, {"role": "user", "content": "Größe \U0001F600 \"quoted\" it's"}],
     "n": 7, "x": 2.5, "name": "ada lovelace", "empty": "", "none": None, "yes": True, "no": False, "list": [3, 1, 2, 1], "words": ["b", "A", "c"],
     "map": {"b": 1, "a": [1, None, True], "c": {"d": "e"}}, "text": "one two  three\nfour", "tools": [{"name": "add", "arguments": {"a": 1.0, "b": [1e20, 1e-7, 0.1]}}],
     "emoji": "a\U0001F600b", "html": "<a href=\"x\">&'</a>", "path": "think</think> answer", "people": [{"name": "Bo", "age": 5}, {"name": "al", "age": 3}, {"name": "Cy"}]}

CASES = """{{ n }} {{ x }} {{ name }} {{ empty }} {{ none }} {{ yes }} {{ no }} {{ list }} {{ map }} {{ undefined_name }}|
{{ n + 1 }} {{ n - 10 }} {{ n * 2 }} {{ n / 2 }} {{ n // 2 }} {{ -n // 2 }} {{ n % 4 }} {{ -n % 4 }} {{ n ** 2 }} {{ 2 ** -1 }} {{ x * 2 }} {{ -x // 2 }} {{ -x % 2 }}
{{ 1 if yes else 2 }} {{ 'a' if no }}| {{ not yes }} {{ yes and 'b' }} {{ no or 'c' }} {{ no and undefined_name }} {{ empty or none or 'd' }}
{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 'a' < 'B' }} {{ 1 == 1.0 }} {{ true == 1 }} {{ [1] == [1.0] }} {{ none == false }} {{ 'a' != 'b' }} {{ [1, 2] < [1, 3] }}
{{ 1 in list }} {{ 9 not in list }} {{ 'two' in text }} {{ 'a' in map }} {{ 'z' in map }} {{ not 1 in list }}
{{ list[0] }} {{ list[-1] }} {{ list[9] }}| {{ list[1:] }} {{ list[:-1] }} {{ list[::-1] }} {{ list[::2] }} {{ list[3:0:-2] }} {{ list[5:] }} {{ text[:3] }} {{ text[::-1] }} {{ emoji[1] }} {{ emoji[1:] }} {{ emoji|length }}
{{ messages[0].role }} {{ messages[0]['role'] }} {{ messages[-1].content }} {{ messages[0].missing }}| {{ messages[0].missing is defined }} {{ map.c.d }} {{ map['c']['d'] }}
{{ name.upper() }} {{ name.title() }} {{ name.capitalize() }} {{ name.startswith('ada') }} {{ name.startswith(('x', 'ada')) }} {{ name.endswith('ace') }} {{ name.find('l') }} {{ name.count('a') }} {{ name.replace('a', 'o', 2) }} {{ name.replace('', '-') }}
{{ text.split() }} {{ text.split(' ') }} {{ text.split(' ', 1) }} {{ text.rsplit(' ', 1) }} {{ text.split(maxsplit=1) }} {{ text.rsplit(None, 1) }} {{ text.splitlines() }} {{ path.split('</think>')[-1].lstrip('\\n ') }} {{ path.split('</think>')[0].rstrip('k') }}
{{ '  a b '.strip() }}| {{ '  a b '.lstrip() }}| {{ '  a b '.rstrip() }}| {{ 'xxaxx'.strip('x') }} {{ ','.join(words) }} {{ 'a%sb%d' % ('x', 3) }} {{ '%.2f' % x }} {{ 'AbC'.lower() }} {{ 'abc'.isalpha() }} {{ '12'.isdigit() }} {{ 'a-b'.isalnum() }}
{{ name|upper|lower|title }} {{ name|capitalize }} {{ ' a '|trim }}| {{ 'xax'|trim('x') }} {{ list|length }} {{ map|length }} {{ list|sum }} {{ list|max }} {{ list|min }} {{ list|sort }} {{ words|sort }} {{ words|sort(case_sensitive=true) }} {{ list|sort(reverse=true) }} {{ list|unique|list }}
{{ list|first }} {{ list|last }} {{ words|join('-') }} {{ people|map(attribute='name')|join(', ') }} {{ people|map(attribute='age', default=0)|sum }} {{ words|map('upper')|list }} {{ people|selectattr('age')|list|length }} {{ people[:2]|selectattr('age', 'gt', 4)|map(attribute='name')|list }} {{ people|rejectattr('age', 'defined')|map(attribute='name')|list }}
{{ list|select('odd')|list }} {{ list|reject('odd')|list }} {{ list|reverse|list }} {{ 'abc'|reverse }} {{ 'abc'|list }} {{ people|sort(attribute='name')|map(attribute='name')|list }} {{ people[:2]|sum(attribute='age') }}
{{ '3'|int + 1 }} {{ 'x'|int }} {{ 'x'|int(9) }} {{ '2.7'|int }} {{ '2.7'|float }} {{ 'x'|float }} {{ 3.7|int }} {{ -3|abs }} {{ 2.5|round }} {{ 3.5|round }} {{ 2.345|round(2) }} {{ 2.1|round(0, 'ceil') }} {{ 2.9|round(method='floor') }}
{{ undefined_name|default('d') }} {{ empty|default('d') }}| {{ empty|default('d', true) }} {{ none|default('d') }} {{ undefined_name|d }}|
{{ map|tojson }} {{ messages[3].content|tojson }} {{ tools|tojson }} {{ none|tojson }} {{ yes|tojson }} {{ html|tojson }}
{{ map|tojson(indent=2) }} {{ []|tojson(indent=2) }} {{ {}|tojson(indent=4) }} {{ map|tojson(separators=(',', ':')) }} {{ map|tojson(sort_keys=true) }} {{ emoji|tojson(ensure_ascii=true) }}
{{ map|items|list|length }} {{ (map|dictsort)[0][1] }} {% for k, v in map|items %}{{ k }}={{ v }};{% endfor %} {% for k, v in map.items() %}{{ loop.index }}{{ k }}{% endfor %} {{ map.keys()|list }} {{ map.values()|list }} {{ map.get('a') }} {{ map.get('z') }} {{ map.get('z', 4) }}
{{ text|indent }}| {{ text|indent(2, true) }}| {{ text|wordcount }} {{ html|e }} {{ html|escape|length }} {{ 'a %s %s'|format('b', 3) }} {{ [1, 2]|string }}
{{ n is odd }} {{ n is even }} {{ n is divisibleby 7 }} {{ n is divisibleby(3) }} {{ name is string }} {{ n is number }} {{ yes is boolean }} {{ n is integer }} {{ x is float }} {{ map is mapping }} {{ list is sequence }} {{ list is iterable }} {{ none is none }} {{ none is not none }} {{ n is eq 7 }} {{ n is equalto(7) }} {{ n is gt 3 }} {{ n is in [7] }} {{ 'a' is lower }} {{ n is defined and x is defined }} {{ yes is true }} {{ no is false }} {{ messages is string }}
{% for m in messages if m.role == 'user' %}{{ loop.index0 }}/{{ loop.length }}:{{ m.content|trim }}{% if not loop.last %},{% endif %}{% else %}none{% endfor %}
{% for m in [] %}x{% else %}nothing{% endfor %} {% for a, b in [[1, 2], [3, 4]] %}{{ a + b }} {% endfor %}{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}
{% for i in range(6) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{{ loop.first }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }}{{ loop.changed(i // 2) }} {% endfor %}
{% set ns = namespace(found=false, count=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.found = true %}{% set ns.count = ns.count + 1 %}{% endif %}{% endfor %}{{ ns.found }} {{ ns.count }}
{% set a = 1 %}{% for i in [1, 2] %}{% set a = a + i %}{{ a }}{% endfor %}{{ a }} {% if true %}{% set a = 9 %}{% endif %}{{ a }} {% set b, c = 1, 2 %}{{ b }}{{ c }} {% set d %}block {{ a }}{% endset %}[{{ d }}] {% set e | upper %}shout{% endset %}{{ e }}
{% macro greet(who, mark='!') %}Hello {{ who }}{{ mark }}{% endmacro %}{{ greet('Ada') }} {{ greet('Bo', mark='?') }} {{ greet(who='Cy') }} {{ greet()|trim }}
{% macro tree(t, d=0) %}{% for k, v in t|items %}{{ '-' * d }}{{ k }}{% if v is mapping %}{{ tree(v, d + 1) }}{% endif %}{% endfor %}{% endmacro %}{{ tree(map) }}
{% macro box(title) %}[{{ title }}: {{ caller() }}]{% endmacro %}{% call box('t') %}inside {{ n }}{% endcall %} {% filter upper %}loud {{ name }}{% endfilter %}
{%- if yes -%}   tight   {%- endif -%}   |   {{- n -}}   |
a
  {% if yes %}
  b
  {% endif %}
  {% if no %}
  c
  {%+ else +%}
  d
  {% endif %}
e  {# a comment #}
  {# another #}
f {{ n }}
  {{ n }}
{% raw %}{{ not a tag }} {% if %}{% endraw %} after
{{ 'a\\n\\t\\'b\\\\' }} {{ "q'\\"" }} {{ 'a' 'b' }} {{ 'x' ~ 1 ~ none ~ undefined_name }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ (1, 2)[0] }} {{ {'a': 1}['a'] }} {{ {'a': 1}.a }} {{ 1_000 }} {{ 1e3 }} {{ 1.5e-7 }} {{ 12345678901234567.0 }} {{ 0.1 + 0.2 }} {{ 100000000000000000000.0 }}
{{ {'k': 'it\\'s', 'l': "say \\"hi\\"", 'm': [1.0, none, true], 'o': 'both \\' and "'} }} {{ ['\\n'] }}
{{ (messages|selectattr('role', 'equalto', 'user')|list)[-1].content }} {{ messages|map(attribute='role')|unique|join('/') }} {{ (n|string).zfill if false else 'z' }}
{{ 'yes' if messages[0].role == 'system' and messages|length > 1 else 'no' }} {{ messages[1:][::-1]|map(attribute='role')|join(',') }} {{ -n|abs }} {{ (-n)|abs }} {{ 2 * 3 ** 2 }} {{ 1 ~ (2 + 3) }} {{ not n == 7 }}
{{ dict(a=1, b='c') }} {{ dict(map, z=2)|length }} {{ namespace(a=1).a }} {{ loop is defined }} {{ (undefined_name.x is defined) if false else 'lazy' }}"""

cases = []
# a case is a line, but for the blocks that begin with "a" and the raw one
lines, blocks, i = CASES.split("\n"), [], 0
while i < len(lines):
    if lines[i] == "a":
        blocks.append("\n".join(lines[i:i + 13]) + "\n"); i += 13
    else:
        blocks.append(lines[i]); i += 1
for template in blocks:
    try:
        cases.append({"template": template, "text": env.from_string(template).render(**V)})
    except Exception as e:
        print("fails:", template, e, file=sys.stderr)

ERRORS = ["{{ undefined_name.x }}", "{{ undefined_name + 1 }}", "{{ 1 + 'a' }}", "{{ list.append(1) }}", "{{ name.__class__ }}x{{ name.__class__.mro() }}",
          "{{ raise_exception('roles must alternate') }}", "{% if %}", "{{ 1 +", "{% for x %}", "{{ x|nofilter }}", "{% endfor %}", "{% unknown %}", "{{ 1 // 0 }}",
          "{% for i in list %}", "{{ 'a }}", "{{ undefined_name() }}", "{{ n() }}", "{{ 'a' < 1 }}", "{% set list.x = 1 %}", "{% break %}", "{{ map.update({'q': 1}) }}"]
errors = []
for template in ERRORS:
    try:
        text = env.from_string(template).render(**V)
    except Exception as e:
        errors.append({"template": template, "error": type(e).__name__}); continue
    print("no error:", template, repr(text), file=sys.stderr)
json.dump({"reference": "Jinja2 " + jinja2.__version__, "values": V, "cases": cases, "errors": errors}, open(sys.argv[1], "w"), ensure_ascii=False, indent=0)
