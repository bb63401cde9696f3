package lyceum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Scanner;
import lyceum.backend.Parallel;
import lyceum.format.Npy;
import lyceum.nn.onnx.OnnxModel;
import lyceum.tensor.Tensor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Our side of what only a process of its own can tell: seconds from a file to its first answer, and the resident size after twenty more. */
final class OnnxProcess {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private OnnxProcess() {}

    /** Answers requests, a line of JSON each. */
    public static void main(String[] args) throws IOException {
        try (var lines = new Scanner(System.in)) {
            while (lines.hasNextLine()) System.out.println(answer(JSON.readTree(lines.nextLine())));
        }
    }

    private static String answer(JsonNode request) throws IOException {
        var inputs = new LinkedHashMap<String, Tensor>();
        for (var file : request.path("files").properties()) inputs.put(file.getKey(), Npy.read(Path.of(file.getValue().asString())));
        var path = Path.of(request.path("path").asString());
        var answer = new String[1];
        if (request.path("threads").asInt() == 1) Parallel.sequentially(() -> answer[0] = first(path, inputs));
        else answer[0] = first(path, inputs);
        return answer[0];
    }

    private static String first(Path path, Map<String, Tensor> inputs) {
        try {
            long start = System.nanoTime();
            var model = OnnxModel.load(path);
            model.run(inputs).values().forEach(Tensor::compute);
            double seconds = (System.nanoTime() - start) * 1e-9;
            for (int i = 0; i < 20; i++) model.run(inputs).values().forEach(Tensor::compute);
            var resident = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS")).findFirst()
                    .orElseThrow();
            return JSON.writeValueAsString(Map.of("seconds", seconds, "resident", Long.parseLong(resident.replaceAll("\\D", ""))));
        } catch (IOException e) {
            return JSON.writeValueAsString(Map.of("error", e.toString()));
        }
    }
}
