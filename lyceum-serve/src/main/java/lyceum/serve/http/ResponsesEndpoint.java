package lyceum.serve.http;

import io.javalin.http.Context;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.llm.Continuation;
import lyceum.llm.chat.ChatMessage;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/responses}: OpenAI's newer form of a conversation; nothing is stored, so that a conversation comes along whole. */
final class ResponsesEndpoint {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final ServedModel served;
    private final Grammars grammars;
    private final ServerOptions options;
    private final AtomicLong numbers = new AtomicLong();

    ResponsesEndpoint(ServedModel served, Grammars grammars, ServerOptions options) {
        this.served = served;
        this.grammars = grammars;
        this.options = options;
    }

    void handle(Context context) {
        var asked = Fields.of(context, options.mostBytes());
        if (asked.has("previous_response_id"))
            throw ApiException.bad("previous_response_id", "nothing is stored here: send the conversation whole as input");
        var body = translated(asked);
        boolean tools = Messages.hasTools(body);
        int[] prompt;
        try {
            prompt = Messages.ids(served, Messages.read(body.get("messages")), body);
        } catch (IllegalArgumentException e) {
            throw ApiException.bad("input", e.getMessage());
        }
        boolean stream = asked.flag("stream", false);
        var root = JSON.createObjectNode().put("id", "resp_" + served.engine().hashCode() + "_" + numbers.incrementAndGet())
                .put("object", "response").put("created_at", System.currentTimeMillis() / 1000)
                .put("model", asked.text("model", served.name()));
        var work = new Work(served.engine(),
                GenerationFields.of(body, served, grammars, options, "max_output_tokens").requests(List.of(prompt)));
        if (stream) stream(context, work, root, prompt.length, tools);
        else {
            var all = work.all().getFirst();
            var text = new AnswerText(tools);
            text.add(all.text());
            context.contentType("application/json").result(completed(root, text.message(), all, prompt.length, false).toString());
        }
    }

    /** @param begun whether the text was begun, so that it is the first item even if it is empty */
    private static ObjectNode completed(ObjectNode root, ChatMessage message, Continuation all, int prompt, boolean begun) {
        boolean cut = Work.reason(all.ending()).equals("length");
        root.put("status", cut ? "incomplete" : "completed");
        if (cut) root.putObject("incomplete_details").put("reason", "max_output_tokens");
        var output = root.putArray("output");
        if (begun || message.toolCalls().isEmpty() || !message.content().isEmpty())
            message(output.addObject(), root, message.content(), "completed");
        for (int i = 0; i < message.toolCalls().size(); i++) {
            var call = message.toolCalls().get(i);
            var id = "call_" + Integer.toHexString(System.identityHashCode(call)) + i;
            output.addObject().put("type", "function_call").put("id", "fc_" + id).put("call_id", id).put("name", call.name())
                    .put("arguments", JSON.writeValueAsString(call.arguments())).put("status", "completed");
        }
        var usage = root.putObject("usage").put("input_tokens", prompt).put("output_tokens", all.ids().length).put("total_tokens",
                prompt + all.ids().length);
        usage.putObject("input_tokens_details").put("cached_tokens", 0);
        usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
        return root;
    }

    private static void message(ObjectNode item, ObjectNode root, String text, String status) {
        item.put("type", "message").put("id", "msg_" + root.path("id").asString("")).put("status", status).put("role", "assistant");
        part(item.putArray("content").addObject(), text);
    }

    private static ObjectNode part(ObjectNode part, String text) {
        part.put("type", "output_text").put("text", text).putArray("annotations");
        return part;
    }

    private void stream(Context context, Work work, ObjectNode root, int prompt, boolean tools) {
        var out = EventStream.of(context, work);
        var text = new AnswerText(tools);
        var sequence = new AtomicInteger();
        var id = "msg_" + root.path("id").asString("");
        try {
            var delta = TextEvent.of("response.output_text.delta",
                    (number, said) -> place(event("response.output_text.delta", number), id).put("delta", said));
            var created = event("response.created", sequence);
            created.set("response", root.deepCopy().put("status", "in_progress").set("output", JSON.createArrayNode()));
            out.send("response.created", created);
            var item = event("response.output_item.added", sequence).put("output_index", 0);
            message(item.putObject("item"), root, "", "in_progress");
            ((ArrayNode) item.path("item").path("content")).removeAll();
            out.send("response.output_item.added", item);
            var begun = place(event("response.content_part.added", sequence), id);
            part(begun.putObject("part"), "");
            out.send("response.content_part.added", begun);
            work.stream(out, options.silence().toNanos(), (_, piece) -> told(out, delta, text.add(piece.text()), sequence), (_, all) -> {
                told(out, delta, text.rest(), sequence);
                var message = text.message();
                out.send("response.output_text.done",
                        place(event("response.output_text.done", sequence), id).put("text", message.content()));
                var done = place(event("response.content_part.done", sequence), id);
                part(done.putObject("part"), message.content());
                out.send("response.content_part.done", done);
                var whole = completed(root, message, all, prompt, true);
                for (int i = 0; i < whole.path("output").size(); i++) {
                    if (i > 0) call(out, whole.path("output").get(i), i, sequence);
                    var each = event("response.output_item.done", sequence).put("output_index", i);
                    each.set("item", whole.path("output").get(i));
                    out.send("response.output_item.done", each);
                }
                var type = whole.path("status").asString("").equals("incomplete") ? "response.incomplete" : "response.completed";
                var end = event(type, sequence);
                end.set("response", whole);
                out.send(type, end);
            });
        } catch (UncheckedIOException gone) {
            work.cancel();
        } catch (RuntimeException e) {
            work.cancel();
            out.send("error", ((ApiException) Work.translated(e)).json().put("type", "error"));
        }
    }

    /** Begins a call, and tells its arguments. */
    private static void call(EventStream out, JsonNode call, int index, AtomicInteger sequence) {
        var added = event("response.output_item.added", sequence).put("output_index", index);
        added.set("item", ((ObjectNode) call.deepCopy()).put("arguments", "").put("status", "in_progress"));
        out.send("response.output_item.added", added);
        var id = call.path("id").asString("");
        var arguments = call.path("arguments").asString("");
        out.send("response.function_call_arguments.delta", event("response.function_call_arguments.delta", sequence).put("item_id", id)
                .put("output_index", index).put("delta", arguments));
        out.send("response.function_call_arguments.done", event("response.function_call_arguments.done", sequence).put("item_id", id)
                .put("output_index", index).put("name", call.path("name").asString("")).put("arguments", arguments));
    }

    private static ObjectNode event(String type, AtomicInteger sequence) { return event(type, sequence.getAndIncrement()); }

    private static ObjectNode event(String type, int number) {
        return JSON.createObjectNode().put("type", type).put("sequence_number", number);
    }

    private static ObjectNode place(ObjectNode event, String id) {
        return event.put("item_id", id).put("output_index", 0).put("content_index", 0);
    }

    private static void told(EventStream out, TextEvent delta, String text, AtomicInteger sequence) {
        if (!text.isEmpty()) out.send(delta, sequence.getAndIncrement(), text);
    }

    /** In the form of chat completions. */
    static Fields translated(Fields asked) {
        var body = (ObjectNode) asked.json().deepCopy();
        body.remove("n");
        var messages = body.putArray("messages");
        if (asked.has("instructions")) messages.addObject().put("role", "system").put("content", asked.text("instructions", ""));
        var input = asked.get("input");
        if (input.isString()) messages.addObject().put("role", "user").put("content", input.asString());
        else for (var item : input) switch (item.path("type").asString("message")) {
            case "function_call" -> {
                var call = messages.addObject().put("role", "assistant").put("content", "").putArray("tool_calls").addObject().put("id",
                        item.path("call_id").asString(""));
                call.put("type", "function").putObject("function").put("name", item.path("name").asString("")).put("arguments",
                        item.path("arguments").asString("{}"));
            }
            case "function_call_output" -> messages.addObject().put("role", "tool").put("tool_call_id", item.path("call_id").asString(""))
                    .set("content", item.path("output"));
            case "message" -> messages.addObject().put("role", item.path("role").asString("")).set("content", item.path("content"));
            default -> throw ApiException.bad("input", "input has an item of type " + Fields.shown(item.path("type"))
                    + "; known are message, function_call, function_call_output");
        }
        var tools = body.putArray("tools");
        for (var tool : asked.get("tools")) {
            if (!tool.path("type").asString("").equals("function"))
                throw ApiException.bad("tools", "tools has one of type " + Fields.shown(tool.path("type")) + "; functions alone are known");
            var function = tools.addObject().put("type", "function").putObject("function");
            for (var name : List.of("name", "description", "parameters")) if (tool.has(name)) function.set(name, tool.get(name));
        }
        var format = asked.get("text").path("format");
        if (format.path("type").asString("").equals("json_schema"))
            body.putObject("response_format").put("type", "json_schema").putObject("json_schema").set("schema", format.path("schema"));
        else if (!format.isMissingNode()) body.set("response_format", format);
        return new Fields(body);
    }
}
