package lyceum.serve.http;

import io.javalin.http.Context;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.text.encoder.TextEncoder;
import tools.jackson.databind.json.JsonMapper;

/** What needs no engine: vectors of texts, rankings by them, tokens, and conversations as the model reads them. */
final class TextEndpoints {
    private static final int MOST_INPUTS = 2048;

    private final ServedModel served;
    private final int mostBytes;

    TextEndpoints(ServedModel served, ServerOptions options) {
        this.served = served;
        mostBytes = options.mostBytes();
    }

    /** {@code POST /v1/embeddings}. */
    void embeddings(Context context) {
        var encoder = encoder();
        var body = Fields.of(context, mostBytes);
        var texts = body.texts("input");
        if (texts.isEmpty() || texts.size() > MOST_INPUTS)
            throw ApiException.bad("input", "input has " + texts.size() + " texts; 1 to " + MOST_INPUTS);
        var format = body.text("encoding_format", "float");
        if (!format.equals("float") && !format.equals("base64"))
            throw ApiException.bad("encoding_format", "encoding_format is " + format + "; it is float or base64");
        int dimensions = body.whole("dimensions", encoder.dimension(), 1, encoder.dimension());
        var root = JsonMapper.shared().createObjectNode().put("object", "list").put("model", body.text("model", served.name()));
        var data = root.putArray("data");
        long tokens = 0;
        for (int i = 0; i < texts.size(); i++) {
            var vector = cut(encoder.encode(texts.get(i)), dimensions);
            var node = data.addObject().put("object", "embedding").put("index", i);
            if (format.equals("base64")) {
                var bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(vector);
                node.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
            } else {
                var list = node.putArray("embedding");
                for (float v : vector) list.add(v);
            }
            tokens += served.tokenizer().count(texts.get(i));
        }
        root.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
        context.contentType("application/json").result(root.toString());
    }

    /** The first so many numbers at unit length. */
    private static float[] cut(float[] vector, int n) {
        if (n == vector.length) return vector;
        var part = Arrays.copyOf(vector, n);
        double square = 0;
        for (float v : part) square += v * v;
        for (int i = 0; i < n; i++) part[i] /= (float) Math.max(1e-12, Math.sqrt(square));
        return part;
    }

    /** {@code POST /v1/rerank}: documents by the cosine of their vectors with the query's. */
    void rerank(Context context) {
        var encoder = encoder();
        var body = Fields.of(context, mostBytes);
        var documents = body.texts("documents");
        if (documents.isEmpty() || documents.size() > MOST_INPUTS || !body.has("query"))
            throw ApiException.bad("documents", "rerank wants a query and 1 to " + MOST_INPUTS + " documents");
        float[] query = encoder.encode(body.text("query", ""));
        var scores = new double[documents.size()];
        for (int i = 0; i < scores.length; i++) {
            float[] vector = encoder.encode(documents.get(i));
            double product = 0, ours = 0, theirs = 0;
            for (int d = 0; d < vector.length; d++) {
                product += (double) vector[d] * query[d];
                ours += (double) vector[d] * vector[d];
                theirs += (double) query[d] * query[d];
            }
            scores[i] = product / Math.max(1e-12, Math.sqrt(ours) * Math.sqrt(theirs));
        }
        var root = JsonMapper.shared().createObjectNode().put("model", body.text("model", served.name()));
        var results = root.putArray("results");
        IntStream.range(0, scores.length).boxed().sorted(Comparator.comparingDouble(i -> -scores[i]))
                .limit(body.whole("top_n", scores.length, 1, MOST_INPUTS)).forEach(i -> {
                    var node = results.addObject().put("index", i).put("relevance_score", scores[i]);
                    node.putObject("document").put("text", documents.get(i));
                });
        context.contentType("application/json").result(root.toString());
    }

    private TextEncoder encoder() {
        if (served.encoder() != null) return served.encoder();
        throw ApiException.of(404, "invalid_request_error", "no_encoder", served.name() + " is served without an encoder of texts");
    }

    /** {@code POST /tokenize}: of a prompt or of messages. */
    void tokenize(Context context) {
        var body = Fields.of(context, mostBytes);
        int[] ids = body.has("messages") ? Messages.ids(served, Messages.read(body.get("messages")), body)
                : served.tokenizer().ids(body.text("prompt", body.text("content", "")));
        var root = JsonMapper.shared().createObjectNode().put("count", ids.length).put("max_model_len",
                served.engine().model().contextLength());
        var list = root.putArray("tokens");
        for (int id : ids) list.add(id);
        context.contentType("application/json").result(root.toString());
    }

    /** {@code POST /detokenize}. */
    void detokenize(Context context) {
        var body = Fields.of(context, mostBytes);
        var ids = body.inputs("tokens", _ -> new int[0]).getFirst();
        for (int id : ids)
            if (id < 0 || id >= served.tokenizer().vocabulary().size())
                throw ApiException.bad("tokens", "tokens has " + id + "; ids are 0 to " + (served.tokenizer().vocabulary().size() - 1));
        var text = served.tokenizer().decode(ids);
        context.contentType("application/json")
                .result(JsonMapper.shared().createObjectNode().put("prompt", text).put("content", text).toString());
    }

    /** {@code POST /apply-template}. */
    void template(Context context) {
        var body = Fields.of(context, mostBytes);
        var text = Messages.template(served, body).render(Messages.read(body.get("messages")), body.flag("add_generation_prompt", true))
                .text();
        context.contentType("application/json").result(JsonMapper.shared().createObjectNode().put("prompt", text).toString());
    }
}
