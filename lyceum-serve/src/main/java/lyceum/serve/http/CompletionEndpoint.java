package lyceum.serve.http;

import io.javalin.http.Context;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import lyceum.llm.Continuation;
import lyceum.llm.generate.GenerationRequest.Likely;
import lyceum.llm.generate.GenerationRequest.Piece;
import lyceum.serve.PromptScores;
import lyceum.serve.Request;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/completions}: texts that go on from prompts; {@code echo} with {@code logprobs} and no tokens scores what is given. */
final class CompletionEndpoint {
    private static final int MOST_LOGPROBS = 20, DEFAULT_TOKENS = 16;

    private final ServedModel served;
    private final Grammars grammars;
    private final ServerOptions options;
    private final AtomicLong numbers = new AtomicLong();

    CompletionEndpoint(ServedModel served, Grammars grammars, ServerOptions options) {
        this.served = served;
        this.grammars = grammars;
        this.options = options;
    }

    void handle(Context context) {
        var body = Fields.of(context, options.mostBytes());
        var prompts = body.inputs("prompt", served.tokenizer()::ids);
        boolean echo = body.flag("echo", false), stream = body.flag("stream", false);
        int logs = body.whole("logprobs", -1, 0, MOST_LOGPROBS), most = body.whole("max_tokens", DEFAULT_TOKENS, 0, Integer.MAX_VALUE);
        if (stream && echo) throw ApiException.bad("stream", "echo comes with whole answers; leave out stream");
        if (most == 0 && !echo) throw ApiException.bad("max_tokens", "max_tokens is 0: there is nothing to do without echo");
        var head = JsonMapper.shared().createObjectNode().put("id", "cmpl-" + served.engine().hashCode() + "-" + numbers.incrementAndGet())
                .put("object", "text_completion").put("created", System.currentTimeMillis() / 1000)
                .put("model", body.text("model", served.name()));
        var asked = GenerationFields.of(body, served, grammars, options.withMostTokens(Math.max(1, most)), "max_tokens");
        long read = prompts.stream().mapToLong(p -> p.length).sum();
        if (most == 0) {
            score(context, head, asked, prompts, logs, read);
            return;
        }
        boolean scored = echo && logs >= 0;
        var work = new Work(served.engine(),
                asked.requests(prompts).stream().map(r -> r.withLikeliest(Math.max(0, logs)).withScored(scored)).toList());
        if (stream) {
            stream(context, body, work, head, read, logs >= 0);
            return;
        }
        var all = work.all();
        var choices = head.putArray("choices");
        for (int i = 0; i < all.size(); i++) {
            var prompt = prompts.get(i / asked.n());
            var choice = choices.addObject().put("index", i).put("text",
                    (echo ? served.tokenizer().decode(prompt) : "") + all.get(i).text());
            if (logs < 0) choice.putNull("logprobs");
            else logs(choice.putObject("logprobs"), prompt, scored ? work.replies.get(i).promptScores() : null, work.pieces(i), logs);
            choice.put("finish_reason", Work.reason(all.get(i).ending()));
        }
        ChatEndpoint.usage(head.putObject("usage"), read, all.stream().mapToLong(c -> c.ids().length).sum());
        context.contentType("application/json").result(head.toString());
    }

    /** Nothing is written: prompts come back, with what the engine makes of them if that is asked for. */
    private void score(Context context, ObjectNode head, GenerationFields asked, List<int[]> prompts, int logs, long read) {
        var model = served.engine().model();
        for (int[] prompt : prompts) {
            if (prompt.length == 0 || prompt.length > model.contextLength())
                throw ApiException.bad("prompt", "a prompt of " + prompt.length + " ids for a context of " + model.contextLength());
            for (int id : prompt)
                if (id < 0 || id >= model.vocabulary())
                    throw ApiException.bad("prompt", "prompt has the id " + id + "; ids are 0 to " + (model.vocabulary() - 1));
        }
        var work = logs < 0 ? null : new Work(served.engine(), prompts.stream().map(p -> Request.greedy(p, 1).withSalt(asked.salt())
                .withAdapter(asked.adapter()).withPriority(asked.priority()).withLikeliest(logs).withScored(true)).toList());
        if (work != null) work.all();
        var choices = head.putArray("choices");
        for (int i = 0; i < prompts.size(); i++) {
            var choice = choices.addObject().put("index", i).put("text", served.tokenizer().decode(prompts.get(i)));
            if (work == null) choice.putNull("logprobs");
            else logs(choice.putObject("logprobs"), prompts.get(i), work.replies.get(i).promptScores(), List.of(), logs);
            choice.put("finish_reason", "length");
        }
        ChatEndpoint.usage(head.putObject("usage"), read, 0);
        context.contentType("application/json").result(head.toString());
    }

    /** @param scores of the prompt, whose first token has no logarithm, as nothing stands before it; null if the prompt is not told */
    private void logs(ObjectNode node, int[] prompt, PromptScores scores, List<Piece> pieces, int top) {
        ArrayNode tokens = node.putArray("tokens"), values = node.putArray("token_logprobs"), others = node.putArray("top_logprobs"),
                offsets = node.putArray("text_offset");
        int at = 0;
        for (int i = 0; i < prompt.length; i++) {
            var text = TokenLogs.text(served, prompt[i]);
            if (scores != null) {
                tokens.add(text);
                offsets.add(at);
                double log = i == 0 ? Double.NaN : scores.logProbabilities()[i - 1];
                if (Double.isNaN(log)) values.addNull();
                else values.add(TokenLogs.told(log));
                likeliest(others, Double.isNaN(log) || top == 0 ? null : scores.likeliest().get(i - 1));
            }
            at += text.length();
        }
        for (var piece : pieces) {
            var text = TokenLogs.text(served, piece.id());
            tokens.add(text);
            offsets.add(at);
            values.add(TokenLogs.told(piece.logProbability()));
            likeliest(others, top == 0 ? null : piece.likeliest());
            at += text.length();
        }
    }

    private void likeliest(ArrayNode others, List<Likely> likeliest) {
        if (likeliest == null) {
            others.addNull();
            return;
        }
        var map = others.addObject();
        for (var other : likeliest) map.put(TokenLogs.text(served, other.id()), TokenLogs.told(other.logProbability()));
    }

    private void stream(Context context, Fields body, Work work, ObjectNode head, long read, boolean logs) {
        var out = EventStream.of(context, work);
        var generated = new AtomicLong();
        out.tell(work, () -> {
            var events = IntStream.range(0, work.replies.size())
                    .mapToObj(index -> TextEvent.of(null, text -> chunk(head, index, text, null))).toArray(TextEvent[]::new);
            work.stream(out, options.silence().toNanos(), (index, piece) -> {
                generated.incrementAndGet();
                if (!logs) {
                    if (!piece.text().isEmpty()) out.send(events[index], piece.text());
                    return;
                }
                var chunk = chunk(head, index, piece.text(), null);
                logs(((ObjectNode) chunk.get("choices").get(0)).putObject("logprobs"), piece);
                out.send(chunk);
            }, (index, all) -> out.send(chunk(head, index, "", all)));
            if (ChatEndpoint.wantsUsage(body)) out.send(ChatEndpoint.usageChunk(head.deepCopy(), read, generated.get()));
        });
    }

    private void logs(ObjectNode node, Piece piece) {
        node.putArray("tokens").add(TokenLogs.text(served, piece.id()));
        node.putArray("token_logprobs").add(TokenLogs.told(piece.logProbability()));
        var map = node.putArray("top_logprobs").addObject();
        for (var other : piece.likeliest()) map.put(TokenLogs.text(served, other.id()), TokenLogs.told(other.logProbability()));
    }

    private static ObjectNode chunk(ObjectNode head, int index, String text, Continuation all) {
        var chunk = head.deepCopy();
        chunk.putArray("choices").addObject().put("index", index).put("text", text).putNull("logprobs").put("finish_reason",
                all == null ? null : Work.reason(all.ending()));
        return chunk;
    }
}
