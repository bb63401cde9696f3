package lyceum.serve.http;

import io.javalin.http.Context;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import lyceum.llm.Continuation;
import lyceum.llm.chat.ChatMessage;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/messages} and {@code /v1/messages/count_tokens}: conversations in Anthropic's form, which are read as OpenAI's are. */
final class MessagesEndpoint {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final TextEvent DELTA = TextEvent.of("content_block_delta",
            text -> block("content_block_delta", 0, b -> b.putObject("delta").put("type", "text_delta").put("text", text)));

    private final ServedModel served;
    private final Grammars grammars;
    private final ServerOptions options;
    private final AtomicLong numbers = new AtomicLong();

    MessagesEndpoint(ServedModel served, Grammars grammars, ServerOptions options) {
        this.served = served;
        this.grammars = grammars;
        this.options = options;
    }

    void count(Context context) {
        var body = translated(Fields.of(context, options.mostBytes()));
        context.contentType("application/json").result(JSON.createObjectNode().put("input_tokens", prompt(body).length).toString());
    }

    void handle(Context context) {
        var asked = Fields.of(context, options.mostBytes());
        if (!asked.has("max_tokens")) throw ApiException.bad("max_tokens", "max_tokens is missing");
        var body = translated(asked);
        boolean tools = Messages.hasTools(body);
        int[] prompt = prompt(body);
        boolean stream = asked.flag("stream", false);
        var root = JSON.createObjectNode().put("id", "msg_" + served.engine().hashCode() + "_" + numbers.incrementAndGet())
                .put("type", "message").put("role", "assistant").put("model", asked.text("model", served.name()));
        var work = new Work(served.engine(), GenerationFields.of(body, served, grammars, options, "max_tokens").requests(List.of(prompt)));
        if (stream) {
            stream(context, work, root, prompt.length, tools, body);
            return;
        }
        var all = work.all().getFirst();
        var text = new AnswerText(tools);
        text.add(all.text());
        var message = text.message();
        var content = root.putArray("content");
        if (!message.content().isEmpty() || message.toolCalls().isEmpty())
            content.addObject().put("type", "text").put("text", message.content());
        for (int i = 0; i < message.toolCalls().size(); i++) use(content.addObject(), message.toolCalls().get(i), i);
        root.put("stop_reason", reason(all, message)).put("stop_sequence", sequence(all, message, body));
        root.putObject("usage").put("input_tokens", prompt.length).put("output_tokens", all.ids().length);
        context.contentType("application/json").result(root.toString());
    }

    private int[] prompt(Fields body) {
        try {
            return Messages.ids(served, Messages.read(body.get("messages")), body);
        } catch (IllegalArgumentException e) {
            throw ApiException.bad("messages", e.getMessage());
        }
    }

    private static String reason(Continuation all, ChatMessage message) {
        if (!message.toolCalls().isEmpty()) return "tool_use";
        return switch (all.ending()) {
            case END_MARK, PREDICATE -> "end_turn";
            case STOP_STRING -> "stop_sequence";
            case LENGTH, CONTEXT, TIME -> "max_tokens";
        };
    }

    /** The text that ended the answer; null if none did. */
    private String sequence(Continuation all, ChatMessage message, Fields body) {
        if (!reason(all, message).equals("stop_sequence")) return null;
        var stops = body.texts("stop");
        var whole = served.tokenizer().decode(all.ids());
        return stops.stream().filter(stop -> whole.startsWith(stop, all.text().length())).findFirst()
                .orElse(stops.size() == 1 ? stops.getFirst() : null);
    }

    private static void use(ObjectNode block, ChatMessage.ToolCall call, int number) {
        block.put("type", "tool_use").put("id", "toolu_" + Integer.toHexString(System.identityHashCode(call)) + number).put("name",
                call.name());
        block.set("input", JSON.valueToTree(call.arguments()));
    }

    private void stream(Context context, Work work, ObjectNode head, int prompt, boolean tools, Fields body) {
        var out = EventStream.of(context, work);
        var text = new AnswerText(tools);
        try {
            head.putArray("content");
            head.putNull("stop_reason").putNull("stop_sequence").putObject("usage").put("input_tokens", prompt).put("output_tokens", 0);
            var start = JSON.createObjectNode().put("type", "message_start");
            start.set("message", head);
            out.send("message_start", start);
            out.send("content_block_start",
                    block("content_block_start", 0, b -> b.putObject("content_block").put("type", "text").put("text", "")));
            work.stream(out, options.silence().toNanos(), (_, piece) -> told(out, text.add(piece.text())), (_, all) -> {
                told(out, text.rest());
                out.send("content_block_stop", block("content_block_stop", 0, _ -> {}));
                var message = text.message();
                for (int i = 0; i < message.toolCalls().size(); i++) call(out, message.toolCalls().get(i), i + 1);
                var last = JSON.createObjectNode().put("type", "message_delta");
                last.putObject("delta").put("stop_reason", reason(all, message)).put("stop_sequence", sequence(all, message, body));
                last.putObject("usage").put("output_tokens", all.ids().length);
                out.send("message_delta", last);
                out.send("message_stop", JSON.createObjectNode().put("type", "message_stop"));
            });
        } catch (UncheckedIOException gone) {
            work.cancel();
        } catch (RuntimeException e) {
            work.cancel();
            var error = ((ApiException) Work.translated(e)).json().put("type", "error");
            out.send("error", error);
        }
    }

    private static void told(EventStream out, String text) { if (!text.isEmpty()) out.send(DELTA, text); }

    private static void call(EventStream out, ChatMessage.ToolCall call, int index) {
        out.send("content_block_start", block("content_block_start", index, b -> {
            var use = b.putObject("content_block");
            use(use, call, index);
            use.putObject("input");
        }));
        out.send("content_block_delta", block("content_block_delta", index,
                b -> b.putObject("delta").put("type", "input_json_delta").put("partial_json", JSON.writeValueAsString(call.arguments()))));
        out.send("content_block_stop", block("content_block_stop", index, _ -> {}));
    }

    private static ObjectNode block(String type, int index, Consumer<ObjectNode> rest) {
        var node = JSON.createObjectNode().put("type", type).put("index", index);
        rest.accept(node);
        return node;
    }

    /** In OpenAI's form. */
    static Fields translated(Fields asked) {
        var body = (ObjectNode) asked.json().deepCopy();
        body.remove("n");
        var messages = body.putArray("messages");
        var system = Messages.content(asked.get("system"), "system");
        if (!system.isEmpty()) messages.addObject().put("role", "system").put("content", system);
        if (!asked.get("messages").isArray()) throw ApiException.bad("messages", "messages is missing");
        for (var message : asked.get("messages")) message(message, messages);
        if (asked.has("stop_sequences")) body.set("stop", asked.get("stop_sequences"));
        var tools = body.putArray("tools");
        for (var tool : asked.get("tools")) {
            var function = tools.addObject().put("type", "function").putObject("function");
            function.set("name", tool.path("name"));
            function.set("description", tool.path("description"));
            function.set("parameters", tool.path("input_schema"));
        }
        if (body.remove("tool_choice") instanceof ObjectNode choice) switch (choice.path("type").asString("")) {
            case "none" -> body.put("tool_choice", "none");
            case "any" -> body.put("tool_choice", "required");
            case "tool" -> body.putObject("tool_choice").put("type", "function").putObject("function").set("name", choice.path("name"));
            default -> {}
        }
        return new Fields(body);
    }

    private static void message(JsonNode message, ArrayNode all) {
        var role = message.path("role").asString("");
        if (!message.path("content").isArray()) {
            all.addObject().put("role", role).set("content", message.path("content"));
            return;
        }
        var text = new StringBuilder();
        var calls = JSON.createArrayNode();
        for (var part : message.path("content")) switch (part.path("type").asString("")) {
            case "tool_use" -> {
                var call = calls.addObject().put("type", "function").put("id", part.path("id").asString(""));
                call.putObject("function").put("name", part.path("name").asString("")).put("arguments", part.path("input").toString());
            }
            case "tool_result" -> all.addObject().put("role", "tool").put("tool_call_id", part.path("tool_use_id").asString(""))
                    .put("content", Messages.content(part.path("content"), "messages"));
            case "text" -> text.append(part.path("text").asString(""));
            default -> throw ApiException.bad("messages",
                    "messages have a part of type " + Fields.shown(part.path("type")) + "; this model reads text");
        }
        if (text.isEmpty() && calls.isEmpty()) return;
        var one = all.addObject().put("role", role).put("content", text.toString());
        if (!calls.isEmpty()) one.set("tool_calls", calls);
    }
}
