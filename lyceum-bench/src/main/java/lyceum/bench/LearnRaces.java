package lyceum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.data.Dataset;
import lyceum.format.Npy;
import tools.jackson.databind.JsonNode;

/** Fits of ours and of scikit-learn's in turns, on the same rows, with the rows that come of it. */
final class LearnRaces implements AutoCloseable {
    /** Seconds that ours may run before it is measured, and after which one fit is warm enough. */
    private static final double WARM = 2, LONG = 5;

    final int threads;
    private final SideBySide.Effort effort;
    private final Consumer<Row> listener;
    private final Path folder;
    private final ScikitLearn peer;

    /** Rows that both sides have: in memory, and as files for Python. */
    record Data(String name, String shape, Dataset rows) {
        Data(String name, Dataset rows) { this(name, rows.size() + "x" + rows.features(), rows); }
    }

    /** Seconds of both (the peer's NaN without one), and what the last fits found. */
    record Fit<M>(Timing.Median ours, Timing.Median theirs, M model, JsonNode answer) {
        double found(String name) { return answer == null ? Double.NaN : answer.path(name).asDouble(); }
    }

    LearnRaces(int threads, SideBySide.Effort effort, Consumer<Row> listener) throws IOException {
        this.threads = threads;
        this.effort = effort;
        this.listener = listener;
        folder = Files.createTempDirectory("lyceum-bench");
        peer = ScikitLearn.find(threads);
    }

    boolean wants(String name, String shape) { return effort.wants(name + " " + shape); }

    /** Gives the rows to the peer. */
    void load(Data data) throws IOException {
        if (peer == null) return;
        Path x = folder.resolve(data.name + "-x.npy"), y = folder.resolve(data.name + "-y.npy");
        Npy.write(x, data.rows.x());
        Npy.write(y, data.rows.y());
        peer.call("load", Map.of("name", data.name, "x", x.toString(), "y", y.toString()));
        Files.delete(x);
        Files.delete(y);
    }

    /** Warms both up, then lets them take turns. */
    <M> Fit<M> alternate(Supplier<M> ours, Data data, String function, Map<String, ?> arguments) {
        var request = new HashMap<String, Object>(arguments);
        request.put("name", data.name);
        M model = null;
        JsonNode answer = peer == null ? null : peer.call(function, request);
        long begin = System.nanoTime();
        int calls = 0;
        for (double spent = 0; spent < WARM || calls < 3 && spent < LONG; calls++) {
            model = ours.get();
            spent = (System.nanoTime() - begin) * 1e-9;
        }
        double round = (System.nanoTime() - begin) * 1e-9 / calls + (answer == null ? 0 : answer.path("seconds").asDouble());
        int rounds = round > 10 * LONG ? 1 : effort.rounds(round);
        double[] a = new double[rounds], b = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            model = ours.get();
            a[i] = (System.nanoTime() - start) * 1e-9;
            answer = peer == null ? null : peer.call(function, request);
            b[i] = answer == null ? Double.NaN : answer.path("seconds").asDouble();
        }
        return new Fit<>(Timing.Median.of(a), Timing.Median.of(b), model, answer);
    }

    /** @param target ratio that is wanted, NaN for none */
    void time(String name, String shape, Fit<?> fit, double target) {
        Timing.Median ours = fit.ours, theirs = fit.theirs;
        double ratio = theirs.value() / ours.value();
        listener.accept(new Row("learn", name, shape, "F64", threads, ours.value() * 1e3, theirs.value() * 1e3, "ms", ratio, peerName(),
                Cpu.name(), ours.spread(), theirs.spread(), theirs.least() / ours.least(), "", target,
                Double.isNaN(target) || Double.isNaN(ratio) ? Verdict.NONE : Verdict.atLeast(target, ratio)));
    }

    void same(String name, String shape, double ours, double theirs, String unit) {
        listener.accept(Row.found("learn", name, shape, "F64", threads, ours, theirs, unit, peerName()));
    }

    private String peerName() { return peer == null ? "" : peer.name(); }

    @Override public void close() throws IOException {
        if (peer != null) peer.close();
        Files.delete(folder);
    }
}
