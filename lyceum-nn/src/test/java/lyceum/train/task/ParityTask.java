package lyceum.train.task;

import java.io.IOException;
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

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) {
        int bits = settings.section("data").whole("bits", 4, 2);
        if (bits > 10) throw settings.section("data").wrong("bits", "it is at most 10; it is " + bits);
        if (settings.section("data").has("file")) settings.section("data").path("file");
        boolean held = settings.section("data").flag("held", true);
        var x = new float[(1 << bits) * bits];
        var y = new long[1 << bits];
        for (int row = 0; row < y.length; row++) {
            for (int bit = 0; bit < bits; bit++) x[row * bits + bit] = (row >> bit & 1) * 2 - 1;
            y[row] = Integer.bitCount(row) % 2;
        }
        var data = Dataset.of(Tensor.of(x, y.length, bits), Tensor.of(y));
        var network = new Mlp(settings.section("model").record(MlpConfig.classifier(bits, 2, 16).withDropout(0.1), "inputs", "outputs"),
                rng);
        return new Prepared() {
            @Override public Module model() { return network; }

            @Override public int rows() { return data.size(); }

            @Override public BatchLoss loss() { return BatchLoss.of(network, Loss::crossEntropy, data); }

            @Override public boolean holdsOut() { return held; }

            @Override public TrainingRun.Evaluated evaluate() {
                var right = new LinkedHashMap<String, Double>();
                right.put("right", network.classes(data.x()).eq(data.y()).to(DType.F64).mean().item());
                return new TrainingRun.Evaluated(1 - right.get("right"), right);
            }

            @Override public SequencedMap<String, Double> test() { return evaluate().metrics(); }

            @Override public List<String> summary() { return List.of(data.size() + " rows"); }

            @Override public void write(Path folder) throws IOException { network.save(folder.resolve("model.safetensors")); }
        };
    }
}
