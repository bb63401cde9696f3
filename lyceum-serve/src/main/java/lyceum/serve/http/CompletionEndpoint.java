package lyceum.serve.http;

import io.javalin.http.Context;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.llm.Continuation;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest.Piece;
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
        var body = Fields.of(context.body());
        var prompts = body.inputs("prompt", served.tokenizer()::ids);
        boolean echo = body.flag("echo", false), stream = body.flag("stream", false);
        int logs = body.whole("logprobs", -1, 0, MOST_LOGPROBS), most = body.whole("max_tokens", DEFAULT_TOKENS, 0, Integer.MAX_VALUE);
        if (stream && echo) throw ApiException.bad("stream", "echo comes with whole answers; leave out stream");
        if (most == 0 && !echo) throw ApiException.bad("max_tokens", "max_tokens is 0: there is nothing to do without echo");
        var head = JsonMapper.shared().createObjectNode().put("id", "cmpl-" + served.engine().hashCode() + "-" + numbers.incrementAndGet())
                .put("object", "text_completion").put("created", System.currentTimeMillis() / 1000)
                .put("model", body.text("model", served.name()));
        var asked = GenerationFields.of(body, served, grammars, options.withMostTokens(Math.max(1, most)), "max_tokens");
        if (most == 0) {
            score(context, head, asked.adapter(), prompts, logs);
            return;
        }
        var work = new Work(served.engine(),
                asked.requests(prompts).stream().map(r -> r.withLikeliest(stream ? Math.max(0, logs) : 0)).toList());
        long read = prompts.stream().mapToLong(p -> p.length).sum();
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
            else logs(choice.putObject("logprobs"), asked.adapter(), TokenLogs.joined(prompt, all.get(i).ids()), echo ? 0 : prompt.length,
                    logs);
            choice.put("finish_reason", Work.reason(all.get(i).ending()));
        }
        ChatEndpoint.usage(head.putObject("usage"), read, all.stream().mapToLong(c -> c.ids().length).sum());
        context.contentType("application/json").result(head.toString());
    }

    private void score(Context context, ObjectNode head, String adapter, List<int[]> prompts, int logs) {
        var choices = head.putArray("choices");
        for (int i = 0; i < prompts.size(); i++) {
            int[] prompt = prompts.get(i);
            if (prompt.length == 0 || prompt.length > served.engine().model().contextLength()) throw ApiException.bad("prompt",
                    "a prompt of " + prompt.length + " ids for a context of " + served.engine().model().contextLength());
            int vocabulary = served.engine().model().vocabulary();
            for (int id : prompt)
                if (id < 0 || id >= vocabulary)
                    throw ApiException.bad("prompt", "prompt has the id " + id + "; ids are 0 to " + (vocabulary - 1));
            var choice = choices.addObject().put("index", i).put("text", served.tokenizer().decode(prompt));
            if (logs < 0) choice.putNull("logprobs");
            else logs(choice.putObject("logprobs"), adapter, prompt, 0, logs);
            choice.put("finish_reason", "length");
        }
        ChatEndpoint.usage(head.putObject("usage"), prompts.stream().mapToLong(p -> p.length).sum(), 0);
        context.contentType("application/json").result(head.toString());
    }

    /** The first token of a prompt has no logarithm: nothing stands before it. */
    private void logs(ObjectNode node, String adapter, int[] ids, int from, int top) {
        ArrayNode tokens = node.putArray("tokens"), values = node.putArray("token_logprobs"), others = node.putArray("top_logprobs"),
                offsets = node.putArray("text_offset");
        int first = Math.max(1, from), at = 0;
        var scorer = new CausalGenerator(served.engine().model());
        double[] own = ids.length <= first ? new double[0] : served.engine().tuned(adapter,
                () -> scorer.scores(Arrays.copyOf(ids, first), Arrays.copyOfRange(ids, first, ids.length)));
        var likeliest = top == 0 || own.length == 0 ? null : TokenLogs.likeliest(served, adapter, ids, first, top);
        for (int i = 0; i < ids.length; i++) {
            var text = TokenLogs.text(served, ids[i]);
            if (i >= from) {
                tokens.add(text);
                offsets.add(at);
                if (i < first) {
                    values.addNull();
                    others.addNull();
                } else {
                    values.add(own[i - first]);
                    if (likeliest == null) others.addNull();
                    else {
                        var map = others.addObject();
                        for (var other : likeliest.get(i - first)) map.put(TokenLogs.text(served, other.id()), other.logProbability());
                    }
                }
            }
            at += text.length();
        }
    }

    private void stream(Context context, Fields body, Work work, ObjectNode head, long read, boolean logs) {
        var out = EventStream.of(context, work);
        var generated = new AtomicLong();
        out.tell(work, () -> {
            work.stream(out, options.silence().toNanos(), (index, piece) -> {
                generated.incrementAndGet();
                if (piece.text().isEmpty() && !logs) return;
                var chunk = chunk(head, index, piece.text(), null);
                if (logs) logs(((ObjectNode) chunk.get("choices").get(0)).putObject("logprobs"), piece);
                out.send(chunk);
            }, (index, all) -> out.send(chunk(head, index, "", all)));
            if (ChatEndpoint.wantsUsage(body)) out.send(ChatEndpoint.usageChunk(head.deepCopy(), read, generated.get()));
        });
    }

    private void logs(ObjectNode node, Piece piece) {
        node.putArray("tokens").add(TokenLogs.text(served, piece.id()));
        node.putArray("token_logprobs").add(Math.max(piece.logProbability(), -9999));
        var map = node.putArray("top_logprobs").addObject();
        for (var other : piece.likeliest()) map.put(TokenLogs.text(served, other.id()), other.logProbability());
    }

    private static ObjectNode chunk(ObjectNode head, int index, String text, Continuation all) {
        var chunk = head.deepCopy();
        chunk.putArray("choices").addObject().put("index", index).put("text", text).putNull("logprobs").put("finish_reason",
                all == null ? null : Work.reason(all.ending()));
        return chunk;
    }
}
