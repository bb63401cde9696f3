package lyceum.serve.http;

import java.nio.charset.StandardCharsets;
import lyceum.llm.generate.GenerationRequest.Piece;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities of tokens as answers tell them. */
final class TokenLogs {
    /** What JSON has no number for is told as this. */
    private static final double LEAST = -9999;

    private TokenLogs() {}

    static double told(double log) { return Math.max(log, LEAST); }

    static void chat(ServedModel served, ArrayNode content, Piece piece) {
        var node = content.addObject();
        token(served, node, piece.id(), piece.logProbability());
        var list = node.putArray("top_logprobs");
        for (var other : piece.likeliest()) token(served, list.addObject(), other.id(), other.logProbability());
    }

    private static void token(ServedModel served, ObjectNode node, int id, double log) {
        var bytes = served.tokenizer().bytes(id);
        node.put("token", text(served, id)).put("logprob", told(log));
        var list = node.putArray("bytes");
        for (byte b : bytes) list.add(b & 0xFF);
    }

    static String text(ServedModel served, int id) { return new String(served.tokenizer().bytes(id), StandardCharsets.UTF_8); }
}
