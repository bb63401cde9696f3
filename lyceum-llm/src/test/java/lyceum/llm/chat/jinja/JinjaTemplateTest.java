package lyceum.llm.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lyceum.FormatException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JinjaTemplateTest {
    private static final JsonNode GOLDEN = golden();

    private static JsonNode golden() {
        try (var in = JinjaTemplateTest.class.getResourceAsStream("/golden/llm-jinja.json")) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unchecked") private static Map<String, Object> values() {
        return JsonMapper.shared().convertValue(GOLDEN.get("values"), Map.class);
    }

    @Test void rendersAsPythonsJinja() {
        var values = values();
        var wrong = new ArrayList<String>();
        for (var each : GOLDEN.get("cases")) {
            var template = each.get("template").asString();
            String text;
            try {
                text = JinjaTemplate.of(template).render(values);
            } catch (RuntimeException e) {
                text = e.toString();
            }
            if (!text.equals(each.get("text").asString()))
                wrong.add(template + "\n     gave " + text + "\n     not  " + each.get("text").asString());
        }
        assertThat(GOLDEN.get("cases").size()).isGreaterThan(35);
        assertThat(wrong).isEmpty();
    }

    @Test void refusesWhatJinjaRefuses() {
        var values = values();
        for (var each : GOLDEN.get("errors")) {
            var template = each.get("template").asString();
            assertThatThrownBy(() -> JinjaTemplate.of(template).render(values)).as(template).isInstanceOfAny(FormatException.class,
                    IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> JinjaTemplate.of("{{ raise_exception('roles must alternate') }}").render(Map.of()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("roles must alternate");
        assertThatThrownBy(() -> JinjaTemplate.of("a\nb {% nonsense %}")).isInstanceOf(FormatException.class).hasMessageContaining("line 2")
                .hasMessageContaining("nonsense");
    }

    @Test void stopsWhatRunsOrPrintsWithoutEnd() {
        for (var template : List.of("{% for i in range(99999) %}{% for j in range(99999) %}{{ j }}{% endfor %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ 'a' * 2000000000 }}", "{{ ('a' * 16000000) * 2 }}",
                "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
                "{{ range(10000000) }}", "{{ range(9223372036854775806, 9223372036854775807, 2)|length * 1 // 0 }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
                "{{ 'a'.startswith(none) }}", "{% for i in [1] %}{{ loop.cycle() }}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{{ " + "(".repeat(10_000) + "1" + ")".repeat(10_000) + " }}", "{% if 1 %}".repeat(10_000),
                "{{ " + "not ".repeat(10_000) + "1 }}", "{{ " + "-".repeat(10_000) + "1 }}", "{{ 'a'.replace('', 'b' * 10000000) }}",
                "{{ ('x' * 1000)|replace('x', 'y' * 100000) }}"))
            assertThatThrownBy(() -> JinjaTemplate.of(template).render(Map.of())).as(template.substring(0, Math.min(60, template.length())))
                    .isInstanceOf(FormatException.class);
    }

    @Test void whatTheAssistantSaysIsMarked() {
        var template = JinjaTemplate.of(
                "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<end>{% endgeneration %}"
                        + "{% else %}{{ m.content }}<end>{% endif %}{% endfor %}");
        var rendering = template.renderMarked(Map.of("messages", List.of(Map.of("role", "user", "content", "hi"),
                Map.of("role", "assistant", "content", "yes"), Map.of("role", "assistant", "content", "no"))));
        assertThat(rendering.generated().stream().map(s -> rendering.text().substring(s.from(), s.to()))).containsExactly("yes<end>",
                "no<end>");
    }

    @Test void tellsTheTimeThatItIsGiven() {
        var now = LocalDateTime.of(2026, 3, 5, 14, 7, 9);
        var text = JinjaTemplate.of("{{ strftime_now('%d %B %Y, %b %-d, %H:%M:%S %I %p %A %j %% %y-%m') }}").renderMarked(Map.of(), now)
                .text();
        assertThat(text).isEqualTo("05 March 2026, Mar 5, 14:07:09 02 PM Thursday 064 % 26-03");
    }

    @Test void anyTextIsReadOrRefused() {
        var templates = new ArrayList<String>();
        for (var each : GOLDEN.get("cases")) templates.add(each.get("template").asString());
        var values = values();
        var rng = new Random(1);
        int refused = 0, rendered = 0;
        for (int i = 0; i < 5000; i++) {
            var text = new StringBuilder(templates.get(rng.nextInt(templates.size())));
            for (int k = rng.nextInt(3); k >= 0; k--) {
                int at = rng.nextInt(text.length());
                switch (rng.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, "{%}|([-".charAt(rng.nextInt(7)));
                    default -> text.replace(at, Math.min(text.length(), at + 5), text.substring(0, Math.min(text.length(), 6)));
                }
                if (text.isEmpty()) text.append('x');
            }
            try {
                JinjaTemplate.of(text.toString()).render(values);
                rendered++;
            } catch (FormatException | IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(500);
        assertThat(rendered).isGreaterThan(500);
    }
}
