package lyceum.llm.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Map;
import lyceum.data.ContentHash;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Chat templates of published models, by what Python's Jinja makes of them; {@code tools/golden/llm_real_templates.py} asked it. */
@Tag("heavy")
class RealTemplatesTest {
    private static final Path HOME = Path.of("../.lyceum/tokenizers");
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 3, 5, 14, 7, 9);

    @SuppressWarnings("unchecked") private static Map<String, Object> values(JsonNode node) {
        return JsonMapper.shared().convertValue(node, Map.class);
    }

    @Test void publishedTemplatesRenderAsInPython() throws IOException {
        assumeTrue(Files.isDirectory(HOME), "not here: " + HOME + " (tools/fetch-tokenizers)");
        JsonNode golden;
        try (var in = RealTemplatesTest.class.getResourceAsStream("/golden/llm-real-templates.json")) {
            golden = JsonMapper.shared().readTree(in);
        }
        var wrong = new ArrayList<String>();
        int rendered = 0, refused = 0;
        for (var each : golden.get("cases")) {
            var model = each.get("model").asString();
            var source = JsonMapper.shared().readTree(Files.readString(HOME.resolve(model + "-config.json"))).get("chat_template")
                    .asString();
            assertThat(ContentHash.of(source)).as(model + ": the template that was rendered").isEqualTo(each.get("template").asString());
            var values = values(each.get("values"));
            if (each.get("text").isNull()) {
                refused++;
                assertThatThrownBy(() -> JinjaTemplate.of(source).renderMarked(values, NOW)).as(model + ": " + each.get("error"));
                continue;
            }
            rendered++;
            String text;
            try {
                text = JinjaTemplate.of(source).renderMarked(values, NOW).text();
            } catch (RuntimeException e) {
                text = e.toString();
            }
            if (!text.equals(each.get("text").asString()))
                wrong.add(model + " " + values.get("messages") + "\n     gave " + text + "\n     not  " + each.get("text").asString());
        }
        assertThat(wrong).isEmpty();
        assertThat(rendered).isGreaterThan(30);
        assertThat(rendered + refused).isEqualTo(golden.get("cases").size());
    }
}
