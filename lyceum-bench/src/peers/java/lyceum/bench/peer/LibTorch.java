package lyceum.bench.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.LogManager;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** libtorch through DJL as a peer: answers the same requests as {@code torch_peer.py}. */
public final class LibTorch {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private NDManager manager;
    private Runnable operation;

    private LibTorch() {}

    public static void main(String[] args) throws IOException {
        LogManager.getLogManager().reset();
        var peer = new LibTorch();
        var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = requests.readLine()) != null;)
            System.out.println(JSON.writeValueAsString(peer.answer(JSON.readTree(line))));
    }

    private Map<String, Object> answer(JsonNode request) {
        try {
            return switch (request.path("call").asString()) {
                case "hello" -> hello(request.path("threads").asInt());
                case "prepare" -> prepare(request);
                case "run" -> Map.of("seconds", run(request.path("calls").asInt()));
                default -> throw new IllegalArgumentException("no such call");
            };
        } catch (RuntimeException e) {
            return Map.of("error", e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    private Map<String, Object> hello(int threads) {
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.offline", "true");
        var answer = new LinkedHashMap<String, Object>();
        answer.put("name", "libtorch " + Engine.getInstance().getVersion() + " (DJL)");
        return answer;
    }

    private Map<String, Object> prepare(JsonNode request) {
        if (manager != null) manager.close();
        manager = NDManager.newBaseManager();
        operation = new Operations(manager).of(request);
        operation.run();
        return Map.of("ready", true);
    }

    private double run(int calls) {
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) operation.run();
        return (System.nanoTime() - start) * 1e-9;
    }
}
