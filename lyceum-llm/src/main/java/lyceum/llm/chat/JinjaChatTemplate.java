package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.llm.chat.jinja.JinjaTemplate;
import lyceum.withers.Withers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A checkpoint's own template, as {@code chat_template} in its {@code tokenizer_config.json} says it.
 *
 * {@snippet :
 * var template = JinjaChatTemplate.read(Files.readString(folder.resolve("tokenizer_config.json")));
 * String text = template.render(messages, true).text();
 * }
 *
 * <p>The template sees {@code messages} (each with {@code role}, {@code content}, perhaps {@code tool_calls} and {@code tool_call_id}), {@code add_generation_prompt},
 * {@code tools}, {@code bos_token}, {@code eos_token} and {@link #variables}. What an assistant says is taken from {@code generation} blocks where the template has them;
 * else it is what an assistant's message adds behind the beginning of an answer.
 *
 * @param tools descriptions of functions as JSON Schema has them; null for none
 * @param variables further names, such as {@code enable_thinking}
 */
@Withers
public record JinjaChatTemplate(JinjaTemplate template, String bos, String eos, List<Map<String, Object>> tools,
        Map<String, Object> variables) implements ChatTemplate, JinjaChatTemplateWithers {
    public JinjaChatTemplate {
        tools = tools == null ? null : List.copyOf(tools);
        variables = new LinkedHashMap<>(variables);
    }

    /** @throws FormatException naming the line if the template cannot be read */
    public static JinjaChatTemplate of(String source, String bos, String eos) {
        return new JinjaChatTemplate(JinjaTemplate.of(source), bos, eos, null, Map.of());
    }

    /**
     * Out of a {@code tokenizer_config.json}; of several templates the one named {@code default}.
     *
     * @throws FormatException if it is no JSON or has none
     */
    public static JinjaChatTemplate read(String tokenizerConfig) {
        JsonNode config;
        try {
            config = JsonMapper.shared().readTree(tokenizerConfig);
        } catch (JacksonException e) {
            throw new FormatException("tokenizer_config.json: " + e.getOriginalMessage());
        }
        var template = config.path("chat_template");
        if (template.isArray())
            for (var each : template) if (each.path("name").asString("").equals("default")) template = each.path("template");
        if (!template.isString()) throw new FormatException("tokenizer_config.json: it has no chat_template");
        return of(template.asString(), token(config.path("bos_token")), token(config.path("eos_token")));
    }

    private static String token(JsonNode node) {
        return node.isString() ? node.asString() : node.path("content").isString() ? node.path("content").asString() : "";
    }

    @Override public String endOfTurn() { return eos.isEmpty() ? null : eos; }

    private JinjaTemplate.Rendering rendering(List<ChatMessage> messages, boolean answer) {
        var names = new LinkedHashMap<String, Object>(variables);
        names.put("messages", messages.stream().map(JinjaChatTemplate::seen).toList());
        names.put("add_generation_prompt", answer);
        names.put("bos_token", bos);
        names.put("eos_token", eos);
        if (tools != null) names.put("tools", tools);
        return template.renderMarked(names);
    }

    private static Map<String, Object> seen(ChatMessage message) {
        var seen = new LinkedHashMap<String, Object>();
        seen.put("role", message.role().label());
        seen.put("content", message.content());
        if (message.toolCallId() != null) seen.put("tool_call_id", message.toolCallId());
        if (message.toolCalls().isEmpty()) return seen;
        seen.put("tool_calls", message.toolCalls().stream().map(call -> {
            var described = new LinkedHashMap<String, Object>();
            if (call.id() != null) described.put("id", call.id());
            described.put("type", "function");
            var function = new LinkedHashMap<String, Object>();
            function.put("name", call.name());
            function.put("arguments", call.arguments());
            described.put("function", function);
            return described;
        }).toList());
        return seen;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException also with the template's own words, where it refuses the conversation
     */
    @Override public Rendered render(List<ChatMessage> messages, boolean answer) {
        var whole = rendering(messages, answer);
        var turns = new ArrayList<Turn>();
        var said = new ArrayList<Span>();
        int from = 0;
        for (int i = 0; i < messages.size(); i++) {
            int to = i == messages.size() - 1 && !answer ? whole.text().length()
                    : common(whole.text(), prefix(messages.subList(0, i + 1), false));
            if (to > from) turns.add(new Turn(messages.get(i).role(), from, to));
            if (messages.get(i).role() == ChatMessage.Role.ASSISTANT && whole.generated().isEmpty()) {
                int begun = common(whole.text(), prefix(messages.subList(0, i), true)),
                        end = whole.text().substring(0, to).stripTrailing().length();
                if (end > begun) said.add(new Span(begun, end));
            }
            from = Math.max(from, to);
        }
        if (answer && whole.text().length() > from) turns.add(new Turn(ChatMessage.Role.ASSISTANT, from, whole.text().length()));
        for (var span : whole.generated()) said.add(new Span(span.from(), span.to()));
        return new Rendered(whole.text(), turns, said);
    }

    /** The beginning of a conversation; empty where the template refuses it alone. */
    private String prefix(List<ChatMessage> messages, boolean answer) {
        try {
            return rendering(messages, answer).text();
        } catch (IllegalArgumentException | FormatException e) {
            return "";
        }
    }

    private static int common(String whole, String prefix) {
        int n = 0;
        while (n < prefix.length() && n < whole.length() && whole.charAt(n) == prefix.charAt(n)) n++;
        return n;
    }
}
