package lyceum.serve.http;

import io.javalin.http.Context;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import lyceum.llm.Continuation;
import lyceum.llm.chat.ChatMessage;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/chat/completions}. */
final class ChatEndpoint {
    private final ServedModel served;
    private final Grammars grammars;
    private final ServerOptions options;
    private final AtomicLong numbers = new AtomicLong();

    ChatEndpoint(ServedModel served, Grammars grammars, ServerOptions options) {
        this.served = served;
        this.grammars = grammars;
        this.options = options;
    }

    void handle(Context context) {
        var body = Fields.of(context, options.mostBytes());
        boolean tools = Messages.hasTools(body), logs = body.flag("logprobs", false);
        int top = body.whole("top_logprobs", 0, 0, 20);
        var messages = Messages.read(body.get("messages"));
        int[] prompt;
        try {
            prompt = Messages.ids(served, messages, body);
        } catch (IllegalArgumentException e) {
            throw ApiException.bad("messages", e.getMessage());
        }
        var asked = GenerationFields.of(body, served, grammars, options, "max_completion_tokens");
        boolean stream = body.flag("stream", false);
        var head = new Head("chatcmpl-" + served.engine().hashCode() + "-" + numbers.incrementAndGet(), body.text("model", served.name()),
                System.currentTimeMillis() / 1000);
        var work = new Work(served.engine(), asked.requests(List.of(prompt)).stream().map(r -> r.withLikeliest(logs ? top : 0)).toList());
        if (stream) stream(context, body, work, head, prompt.length, tools, logs);
        else whole(context, work, head, prompt.length, tools, logs);
    }

    private record Head(String id, String model, long created) {
        ObjectNode of(String object) {
            return JsonMapper.shared().createObjectNode().put("id", id).put("object", object).put("created", created).put("model", model);
        }
    }

    private void whole(Context context, Work work, Head head, int prompt, boolean tools, boolean logs) {
        var all = work.all();
        var root = head.of("chat.completion");
        var choices = root.putArray("choices");
        for (int i = 0; i < all.size(); i++) {
            var text = new AnswerText(tools);
            text.add(all.get(i).text());
            var message = text.message();
            var choice = choices.addObject().put("index", i);
            var said = choice.putObject("message").put("role", "assistant");
            said.put("content", message.toolCalls().isEmpty() || !message.content().isEmpty() ? message.content() : null);
            if (!message.toolCalls().isEmpty()) calls(said.putArray("tool_calls"), message, false);
            if (logs) {
                var content = choice.putObject("logprobs").putArray("content");
                for (var piece : work.pieces(i)) TokenLogs.chat(served, content, piece);
            } else choice.putNull("logprobs");
            choice.put("finish_reason", message.toolCalls().isEmpty() ? Work.reason(all.get(i).ending()) : "tool_calls");
        }
        usage(root.putObject("usage"), prompt, all.stream().mapToLong(c -> c.ids().length).sum());
        context.contentType("application/json").result(root.toString());
    }

    private void stream(Context context, Fields body, Work work, Head head, int prompt, boolean tools, boolean logs) {
        var out = EventStream.of(context, work);
        var texts = IntStream.range(0, work.replies.size()).mapToObj(_ -> new AnswerText(tools)).toList();
        var generated = new AtomicLong();
        out.tell(work, () -> {
            var events = IntStream.range(0, texts.size()).mapToObj(i -> said(head, i)).toArray(TextEvent[]::new);
            for (int i = 0; i < texts.size(); i++) out.send(chunk(head, i, d -> d.put("role", "assistant").put("content", ""), null));
            work.stream(out, options.silence().toNanos(), (index, piece) -> {
                generated.incrementAndGet();
                var told = texts.get(index).add(piece.text());
                if (!logs) {
                    if (!told.isEmpty()) out.send(events[index], told);
                    return;
                }
                var chunk = chunk(head, index, d -> d.put("content", told), null);
                TokenLogs.chat(served, ((ObjectNode) chunk.get("choices").get(0)).putObject("logprobs").putArray("content"), piece);
                out.send(chunk);
            }, (index, all) -> end(out, head, index, events[index], texts.get(index), all));
            if (wantsUsage(body)) out.send(usageChunk(head.of("chat.completion.chunk"), prompt, generated.get()));
        });
    }

    static boolean wantsUsage(Fields body) { return body.get("stream_options").path("include_usage").asBoolean(false); }

    /** The last of a stream that tells the usage. */
    static ObjectNode usageChunk(ObjectNode last, long prompt, long generated) {
        last.putArray("choices");
        usage(last.putObject("usage"), prompt, generated);
        return last;
    }

    private static TextEvent said(Head head, int index) {
        return TextEvent.of(null, text -> chunk(head, index, d -> d.put("content", text), null));
    }

    private static void end(EventStream out, Head head, int index, TextEvent said, AnswerText text, Continuation all) {
        var rest = text.rest();
        if (!rest.isEmpty()) out.send(said, rest);
        var message = text.message();
        if (!message.toolCalls().isEmpty()) out.send(chunk(head, index, d -> calls(d.putArray("tool_calls"), message, true), null));
        out.send(chunk(head, index, _ -> {}, message.toolCalls().isEmpty() ? Work.reason(all.ending()) : "tool_calls"));
    }

    private static ObjectNode chunk(Head head, int index, Consumer<ObjectNode> delta, String reason) {
        var chunk = head.of("chat.completion.chunk");
        var choice = chunk.putArray("choices").addObject().put("index", index);
        delta.accept(choice.putObject("delta"));
        choice.putNull("logprobs").put("finish_reason", reason);
        return chunk;
    }

    private static void calls(ArrayNode calls, ChatMessage message, boolean numbered) {
        for (int i = 0; i < message.toolCalls().size(); i++) {
            var call = message.toolCalls().get(i);
            var node = calls.addObject();
            if (numbered) node.put("index", i);
            node.put("id", "call_" + Integer.toHexString(System.identityHashCode(call)) + i).put("type", "function");
            node.putObject("function").put("name", call.name()).put("arguments", JsonMapper.shared().writeValueAsString(call.arguments()));
        }
    }

    static void usage(ObjectNode usage, long prompt, long generated) {
        usage.put("prompt_tokens", prompt).put("completion_tokens", generated).put("total_tokens", prompt + generated);
    }
}
