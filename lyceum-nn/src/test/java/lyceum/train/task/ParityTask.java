package lyceum.train.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;

/** Whether rows of bits are odd; a task of the tests. */
public final class ParityTask implements TrainingTask {
    @Override public String name() { return "parity"; }

    @Override public String description() { return "whether rows of bits are odd"; }

    /** {@code data.file} holds the two classes' letters; {@code data.list} names files, a line each. */
    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        int bits = settings.section("data").whole("bits", 4, 2);
        if (bits > 10) throw settings.section("data").wrong("bits", "it is at most 10; it is " + bits);
        var data = settings.section("data");
        var classes = !data.has("file") ? List.<String>of() : List.of(Files.readString(data.path("file")).substring(0, 2).split(""));
        if (data.has("list")) {
            var list = data.path("list");
            data.reads(Files.readAllLines(list).stream().map(list::resolveSibling).toList());
        }
        boolean held = settings.section("data").flag("held", true);
        var x = new float[(1 << bits) * bits];
        var y = new long[1 << bits];
        for (int row = 0; row < y.length; row++) {
            for (int bit = 0; bit < bits; bit++) x[row * bits + bit] = (row >> bit & 1) * 2 - 1;
            y[row] = Integer.bitCount(row) % 2;
        }
        var set = Dataset.of(Tensor.of(x, y.length, bits), Tensor.of(y));
        var network = new Mlp(settings.section("model").record(MlpConfig.classifier(bits, 2, 16).withDropout(0.1), "inputs", "outputs"),
                rng);
        return new Prepared() {
            @Override public Module model() { return network; }

            @Override public int rows() { return set.size(); }

            @Override public List<String> classes() { return classes; }

            @Override public BatchLoss loss() { return BatchLoss.of(network, Loss::crossEntropy, set); }

            @Override public boolean holdsOut() { return held; }

            @Override public TrainingRun.Evaluated evaluate() {
                var right = new LinkedHashMap<String, Double>();
                right.put("right", network.classes(set.x()).eq(set.y()).to(DType.F64).mean().item());
                return new TrainingRun.Evaluated(1 - right.get("right"), right);
            }

            @Override public SequencedMap<String, Double> test() { return evaluate().metrics(); }

            @Override public List<String> summary() { return List.of(set.size() + " rows"); }

            @Override public void write(Path folder) throws IOException { network.save(folder.resolve("model.safetensors")); }
        };
    }
}
