import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.util.PhysicalCoreExecutor;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Jlama as a peer, run from this source on the class path of its own jars: the same requests as those that Python's peers answer. */
final class JlamaPeer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private AbstractModel model;
    private String folder;
    private int prompt, written, ids;

    private JlamaPeer() {}

    public static void main(String[] args) throws IOException {
        var peer = new JlamaPeer();
        var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = requests.readLine()) != null;)
            System.out.println(JSON.writeValueAsString(peer.answer(JSON.readTree(line))));
    }

    private Map<String, Object> answer(JsonNode request) {
        try {
            return switch (request.path("call").asText()) {
                case "hello" -> hello(request.path("threads").asInt());
                case "prepare" -> prepare(request);
                case "run" -> Map.of("seconds", run(request.path("calls").asInt()));
                default -> throw new IllegalArgumentException("no such call");
            };
        } catch (RuntimeException e) {
            return Map.of("error", e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    private static Map<String, Object> hello(int threads) {
        PhysicalCoreExecutor.overrideThreadCount(threads);
        return Map.of("name", "Jlama " + Optional.ofNullable(System.getProperty("peer.version")).orElse(""));
    }

    private Map<String, Object> prepare(JsonNode request) {
        var op = request.path("op").asText();
        if (!op.equals("jlama_prefill") && !op.equals("jlama_decode")) throw new UnsupportedOperationException("no such operation: " + op);
        var wanted = request.path("folder").asText();
        if (!wanted.equals(folder)) {
            if (model != null) model.close();
            model = ModelSupport.loadModel(new File(wanted), DType.F32, DType.I8); // as its documentation loads one
            folder = wanted;
        }
        prompt = request.path("prompt").asInt();
        written = op.equals("jlama_decode") ? request.path("written").asInt() : 0;
        ids = request.path("ids").asInt();
        run(1);
        return Map.of("ready", true);
    }

    /** Of reading the prompt, or of what is written behind it, each up to the likeliest next id. */
    private double run(int calls) {
        double sum = 0;
        var read = new int[prompt];
        for (int i = 0; i < prompt; i++) read[i] = (7 * i + 3) % ids;
        for (int call = 0; call < calls; call++) {
            try (var cache = new KvBufferCache(model);
                    var known = cache.getEphemeralKvBuffer();
                    var logits = model.makeDenseTensor(model.getConfig().vocabularySize)) {
                long start = System.nanoTime();
                try (var hidden = model.batchForward(read, 0, known)) {
                    likeliest(hidden.slice(hidden.shape().first() - 1), logits);
                }
                if (written > 0) start = System.nanoTime();
                for (int i = 0; i < written; i++) {
                    try (var hidden = model.forward(i % ids, prompt + i, known, Optional.empty())) {
                        likeliest(hidden, logits);
                    }
                }
                sum += (System.nanoTime() - start) * 1e-9;
            }
        }
        return sum;
    }

    private int likeliest(AbstractTensor hidden, AbstractTensor logits) { return model.sample(hidden, 0, 0, logits); }
}
