package lyceum.serve.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.llm.chat.ChatMessage;
import lyceum.llm.chat.ChatTemplate;
import lyceum.llm.chat.JinjaChatTemplate;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Conversations as requests write them, in OpenAI's form. */
final class Messages {
    private Messages() {}

    /** @throws ApiException naming the message that cannot be read */
    static List<ChatMessage> read(JsonNode list) {
        if (!list.isArray() || list.isEmpty())
            throw ApiException.bad("messages", "messages is " + Fields.shown(list) + "; it is a list of at least one");
        var all = new ArrayList<ChatMessage>();
        for (int i = 0; i < list.size(); i++) {
            var at = "messages[" + i + "]";
            var node = list.get(i);
            var role = switch (node.path("role").asString("")) {
                case "system", "developer" -> ChatMessage.Role.SYSTEM;
                case "user" -> ChatMessage.Role.USER;
                case "assistant" -> ChatMessage.Role.ASSISTANT;
                case "tool", "function" -> ChatMessage.Role.TOOL;
                default -> throw ApiException.bad(at + ".role",
                        at + ".role is " + Fields.shown(node.path("role")) + "; it is system, developer, user, assistant or tool");
            };
            var calls = new ArrayList<ChatMessage.ToolCall>();
            for (var call : node.path("tool_calls")) calls.add(call(call, at));
            all.add(new ChatMessage(role, content(node.path("content"), at), calls,
                    role == ChatMessage.Role.TOOL ? node.path("tool_call_id").asString(null) : null));
        }
        return all;
    }

    /** A text, or parts that are texts. */
    static String content(JsonNode content, String at) {
        if (content.isMissingNode() || content.isNull()) return "";
        if (content.isString()) return content.asString();
        var text = new StringBuilder();
        for (var part : content) {
            var type = part.path("type").asString("");
            if (!type.endsWith("text") || !part.path("text").isString())
                throw ApiException.bad(at + ".content", at + ".content has a part of type \"" + type + "\"; this model reads text");
            text.append(part.path("text").asString());
        }
        return text.toString();
    }

    @SuppressWarnings("unchecked") private static ChatMessage.ToolCall call(JsonNode call, String at) {
        var function = call.path("function");
        try {
            var arguments = function.path("arguments").isString() ? JsonMapper.shared().readTree(function.path("arguments").asString())
                    : function.path("arguments");
            if (function.path("name").isString() && arguments.isObject()) return new ChatMessage.ToolCall(call.path("id").asString(null),
                    function.path("name").asString(), JsonMapper.shared().convertValue(arguments, LinkedHashMap.class));
        } catch (JacksonException e) {
            // said below
        }
        throw ApiException.bad(at + ".tool_calls",
                at + ".tool_calls has " + Fields.shown(call) + "; a call has function.name and function.arguments, a JSON object as text");
    }

    /** What the model reads of a conversation, tools told by its template. @throws ApiException if it has none, or the template cannot say it */
    static int[] ids(ServedModel served, List<ChatMessage> messages, Fields body) {
        return template(served, body).encode(served.tokenizer(), messages, true).ids();
    }

    @SuppressWarnings("unchecked") static ChatTemplate template(ServedModel served, Fields body) {
        var template = served.template();
        if (template == null) throw ApiException.bad("messages", served.name() + " has no chat template; ask /v1/completions");
        var variables = (Map<String, Object>) JsonMapper.shared().convertValue(body.object("chat_template_kwargs"), LinkedHashMap.class);
        if (!hasTools(body) && variables.isEmpty()) return template;
        if (!(template instanceof JinjaChatTemplate jinja)) throw ApiException.bad("tools", served.name() + " was taught no tools");
        if (!variables.isEmpty()) jinja = jinja.withVariables(variables);
        if (!hasTools(body)) return jinja;
        var tools = new ArrayList<Map<String, Object>>();
        for (var tool : body.get("tools")) {
            if (!tool.isObject()) throw ApiException.bad("tools", "tools has " + Fields.shown(tool) + "; each is a JSON object");
            tools.add(JsonMapper.shared().convertValue(tool, LinkedHashMap.class));
        }
        return jinja.withTools(tools);
    }

    /** Whether an answer may be a call. */
    static boolean hasTools(Fields body) { return body.get("tools").size() > 0 && !body.get("tool_choice").asString("").equals("none"); }
}
