package lyceum.serve.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.llm.Continuation;
import lyceum.llm.generate.GenerationRequest.Piece;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities of tokens as answers tell them. */
final class TokenLogs {
    private TokenLogs() {}

    /** A token and its logarithm. */
    record Log(int id, double log) {}

    /** Of each id behind the first, the k likeliest in its place, the likeliest first: one pass over all. */
    static List<List<Log>> likeliest(ServedModel served, int[] ids, int from, int k) {
        try (var scope = Scope.open("logprobs")) {
            int[] read = Arrays.copyOf(ids, ids.length - 1); // nothing stands behind the last, which may be one more than the context has
            Tensor rows = Autograd.noGrad(() -> served.engine().model().logits(Tensor.of(read, 1, read.length), Pass.inference()).get(0)
                    .narrow(0, from - 1, ids.length - from).to(DType.F32));
            int v = (int) rows.size(1);
            float[] logits = rows.toFloatArray();
            return IntStream.range(0, ids.length - from).mapToObj(row -> largest(logits, row * v, v, k)).toList();
        }
    }

    private static List<Log> largest(float[] logits, int at, int count, int k) {
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int id = 0; id < count; id++) most = Math.max(most, logits[at + id]);
        for (int id = 0; id < count; id++) sum += Math.exp(logits[at + id] - most);
        double all = most + Math.log(sum);
        var best = new ArrayList<Log>();
        for (int id = 0; id < count; id++) {
            double log = logits[at + id] - all;
            if (best.size() == k && !(log > best.getLast().log)) continue;
            if (best.size() == k) best.removeLast();
            int place = best.size();
            while (place > 0 && best.get(place - 1).log < log) place--;
            best.add(place, new Log(id, log));
        }
        return best;
    }

    static void chat(ServedModel served, ArrayNode content, int[] prompt, Continuation all, int top) {
        List<List<Log>> others = top == 0 ? null : likeliest(served, joined(prompt, all.ids()), prompt.length, top);
        for (int i = 0; i < all.ids().length; i++) {
            var node = content.addObject();
            token(served, node, all.ids()[i], all.logProbabilities()[i]);
            var list = node.putArray("top_logprobs");
            if (others != null) for (var other : others.get(i)) token(served, list.addObject(), other.id, other.log);
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
