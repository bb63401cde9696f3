package lyceum.serve.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.llm.Continuation;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.GenerationRequest.Likely;
import lyceum.llm.generate.GenerationRequest.Piece;
import lyceum.llm.generate.LogitRow;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities of tokens as answers tell them. */
final class TokenLogs {
    private TokenLogs() {}

    /** Of each id from {@code from} on, the k likeliest in its place under a tuning, the likeliest first: one pass over all. */
    static List<List<Likely>> likeliest(ServedModel served, String adapter, int[] ids, int from, int k) {
        try (var scope = Scope.open("logprobs")) {
            int[] read = Arrays.copyOf(ids, ids.length - 1); // nothing stands behind the last, which may be one more than the context has
            var all = served.engine().tuned(adapter, () -> logits(served.engine().model(), read));
            var rows = all.get(0).narrow(0, from - 1, ids.length - from).to(DType.F32);
            int v = (int) rows.size(1);
            float[] logits = rows.toFloatArray();
            var row = new LogitRow(v);
            return IntStream.range(0, ids.length - from).mapToObj(at -> row.load(logits, at * v).likeliest(k)).toList();
        }
    }

    private static Tensor logits(DecoderLM model, int[] ids) {
        return Autograd.noGrad(() -> model.logits(Tensor.of(ids, 1, ids.length), Pass.inference()));
    }

    static void chat(ServedModel served, String adapter, ArrayNode content, int[] prompt, Continuation all, int top) {
        List<List<Likely>> others = top == 0 ? null : likeliest(served, adapter, joined(prompt, all.ids()), prompt.length, top);
        for (int i = 0; i < all.ids().length; i++) {
            var node = content.addObject();
            token(served, node, all.ids()[i], all.logProbabilities()[i]);
            var list = node.putArray("top_logprobs");
            if (others != null) for (var other : others.get(i)) token(served, list.addObject(), other.id(), other.logProbability());
        }
    }

    static void chat(ServedModel served, ArrayNode content, Piece piece) {
        var node = content.addObject();
        token(served, node, piece.id(), piece.logProbability());
        var list = node.putArray("top_logprobs");
        for (var other : piece.likeliest()) token(served, list.addObject(), other.id(), other.logProbability());
    }

    private static void token(ServedModel served, ObjectNode node, int id, double log) {
        var bytes = served.tokenizer().bytes(id);
        node.put("token", text(served, id)).put("logprob", Math.max(log, -9999));
        var list = node.putArray("bytes");
        for (byte b : bytes) list.add(b & 0xFF);
    }

    static String text(ServedModel served, int id) { return new String(served.tokenizer().bytes(id), StandardCharsets.UTF_8); }

    static int[] joined(int[] first, int[] second) {
        var all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
