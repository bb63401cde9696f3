package lyceum.train.compress;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import lyceum.train.compress.CompressionPipeline.Measure;
import lyceum.train.compress.CompressionPipeline.Stage;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompressionPipelineTest {
    private static final Dataset DIGITS = Datasets.digits().shuffled(Rng.of(1)).to(DType.F32).scaled(1 / 16.0);
    private static final Dataset TRAIN = DIGITS.head(1200), TEST = DIGITS.range(1200, DIGITS.size());

    private static Sequential mlp(int inputs, int hidden, int outputs, Rng rng) {
        return new Sequential(new Linear(inputs, hidden, rng.split(1)), Activation.RELU, new Linear(hidden, outputs, rng.split(2)));
    }

    private static Trainer trainer(int epochs) { return new Trainer(new Adam(3e-3), epochs).withBatchSize(50); }

    private static Sequential cnn(Rng rng) {
        return new Sequential(new Conv2d(1, 8, 3, new Convolution().withPadding(1), rng), Activation.RELU,
                new Conv2d(8, 16, 3, new Convolution().withPadding(1).withStride(2), rng), Activation.RELU, PostTrainingQuantizer.FLATTEN,
                new Linear(256, 32, rng), Activation.RELU, new Linear(32, 10, rng));
    }

    private static Dataset pictures(Dataset data) { return data.withX(data.x().reshape(data.size(), 1, 8, 8)); }

    @Test
    @Tag("slow")
    @Acceptance(topic = "model-compression", clause = 1) void tenTimesSmallerOnDisk() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = Fashion.of(4000, 5000);
        var rng = Rng.of(1);
        var net = new Sequential(new Linear(784, 100, rng), Activation.RELU, new Linear(100, 50, rng), Activation.RELU,
                new Linear(50, 10, rng));
        new Trainer(new Adam(1e-3), 8).withBatchSize(100).fit(net, Loss::crossEntropy, data.train(), Rng.of(2));
        var chain = new CompressionPipeline(List.of(Stage.prune(0.9), Stage.tune(new Trainer(new Adam(1e-3), 5).withBatchSize(100)),
                Stage.quantise(new PostTrainingQuantizer())));
        var measures = chain.run(net, data.train(), data.test(), Rng.of(3), Progress.SILENT).measures();
        Measure first = measures.getFirst(), last = measures.getLast();
        Evidence.of("accuracy before", first.accuracy(), above(0.8));
        Evidence.of("times smaller on disk", (double) first.bytes() / last.bytes(), atLeast(10));
        Evidence.of("points lost", 100 * (first.accuracy() - last.accuracy()), atMost(2));
    }

    @Test
    @Acceptance(topic = "model-compression", clause = 2) void reportedBytesAreTheFilesLength(@TempDir Path folder) throws IOException {
        long worst = 0;
        int files = 0;
        var net = mlp(64, 32, 10, Rng.of(4));
        for (var stage : List.of(Stage.prune(0.3), Stage.prune(0.95), Stage.lowRank(4), Stage.structured(0.5),
                Stage.quantise(new PostTrainingQuantizer()),
                Stage.quantise(new PostTrainingQuantizer(4, false, 8, RangeCalibrator.mse(), true, true, true)))) {
            var result = new CompressionPipeline(List.of(stage)).run(net, TRAIN, TEST, Rng.of(5), Progress.SILENT);
            var path = folder.resolve(files++ + ".safetensors");
            CompressedFile.write(path, result.model());
            worst = Math.max(worst, Math.abs(result.measures().getLast().bytes() - Files.readAllBytes(path).length));
        }
        Evidence.of("files", files, exactly(6));
        Evidence.of("reported bytes less those written", worst, exactly(0));
    }

    @Test
    @Acceptance(topic = "model-compression", clause = 3) void theErrorIsTheDiscardedSingularValues() {
        double worst = 0;
        int cases = 0;
        for (int seed = 0; seed < 12; seed++) for (int rank : new int[] {1, 3, 6}) {
            int rows = 7 + seed, columns = 20 - seed;
            var layer = new Linear(columns, rows, true, DType.F64, Init.normal(1), Rng.of(seed));
            var factors = CompressionPipeline.factors(layer, rank);
            double error = layer.weight().detach().sub(factors.get(1).weight().detach().matmul(factors.get(0).weight().detach())).norm()
                    .item();
            double[] s = Svd.values(layer.weight().detach()).toDoubleArray();
            double discarded = 0;
            for (int i = rank; i < s.length; i++) discarded += s[i] * s[i];
            worst = Math.max(worst, Math.abs(error - Math.sqrt(discarded)));
            var x = Tensor.randn(Rng.of(90 + seed), DType.F64, 2, columns).compute();
            var y = new Sequential(factors.get(0), factors.get(1)).forward(x);
            assertThat(y.shape()).isEqualTo(layer.forward(x).shape());
            cases++;
        }
        Evidence.of("matrices and ranks", cases, exactly(36));
        Evidence.of("error less the root of the discarded squares", worst, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "model-compression", clause = 4) void everyOrderIsLoadable(@TempDir Path folder) throws IOException {
        var stages = List.of(Stage.prune(0.6), Stage.lowRank(6), Stage.structured(0.25),
                Stage.quantise(new PostTrainingQuantizer().withWeightBits(4)), Stage.tune(trainer(1)));
        var orders = new ArrayList<List<Stage>>();
        permute(new ArrayList<>(stages), 0, orders);
        var net = mlp(64, 40, 10, Rng.of(6));
        trainer(2).fit(net, Loss::crossEntropy, TRAIN.head(300), Rng.of(7));
        var whole = net.forward(TEST.x()).compute();
        double worst = 0, least = Double.POSITIVE_INFINITY;
        var answers = new HashSet<Double>();
        for (int i = 0; i < orders.size(); i++) {
            var model = new CompressionPipeline(orders.get(i)).run(net, TRAIN.head(100), TEST.head(50), Rng.of(8), Progress.SILENT).model();
            var path = folder.resolve(i + ".safetensors");
            CompressedFile.write(path, model);
            var y = model.forward(TEST.x()).compute();
            worst = Math.max(worst, CompressedFile.read(path).forward(TEST.x()).sub(y).abs().max().item());
            least = Math.min(least, y.sub(whole).abs().max().item());
            answers.add(y.sum().item());
        }
        Evidence.of("orders of five stages", orders.size(), exactly(120));
        Evidence.of("loaded less in memory", worst, atMost(1e-6));
        Evidence.of("least change of the outputs by the stages", least, above(0.01));
        Evidence.of("models of their own among the orders", answers.size(), atLeast(60));
        var picture = pictures(TEST).x();
        for (var model : List.of(cnn(Rng.of(9)), new PostTrainingQuantizer().quantise(cnn(Rng.of(9)), picture))) {
            CompressedFile.write(folder.resolve("cnn"), model);
            assertThat(CompressedFile.read(folder.resolve("cnn")).forward(picture).sub(model.forward(picture)).abs().max().item())
                    .isLessThan(1e-6);
        }
        assertThatThrownBy(() -> CompressedFile.write(folder.resolve("x"), new Sequential(new Dropout(0.5))))
                .hasMessageContaining("Dropout has no name");
        net.save(folder.resolve("other"));
        assertThatThrownBy(() -> CompressedFile.read(folder.resolve("other"))).hasMessageContaining("no layers");
    }

    private static void permute(List<Stage> stages, int from, List<List<Stage>> into) {
        if (from == stages.size()) into.add(List.copyOf(stages));
        for (int i = from; i < stages.size(); i++) {
            Collections.swap(stages, from, i);
            permute(stages, from + 1, into);
            Collections.swap(stages, from, i);
        }
    }

    /** The latency of the clause is a row of the bench. */
    @Test
    @Acceptance(topic = "efficient-inference", clause = 1) void theShrunkNetworkEqualsTheMaskedOne() {
        double worst = 0, least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 10; seed++) {
            var net = mlp(64, 128, 10, Rng.of(seed));
            var plan = new StructuredPruner(0.75).plan(net);
            var small = plan.shrink(net);
            var y = small.forward(TEST.x()).compute();
            worst = Math.max(worst, y.sub(plan.masks(net).apply(Module.copy(net)).forward(TEST.x())).abs().max().item());
            least = Math.min(least, y.sub(net.forward(TEST.x())).abs().max().item());
            assertThat(small.state().get("0.weight").size(0)).isEqualTo(32);
        }
        Evidence.of("shrunk less masked", worst, atMost(1e-6));
        Evidence.of("least change that the pruning made", least, above(0.01));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "efficient-inference", clause = 2) void fineTuningRepairsADigitsNetwork() {
        Dataset train = pictures(TRAIN), test = pictures(TEST);
        var net = cnn(Rng.of(11));
        trainer(12).fit(net, Loss::crossEntropy, train, Rng.of(12));
        var measures = new CompressionPipeline(List.of(Stage.prune(0.8), Stage.tune(trainer(8))))
                .run(net, train, test, Rng.of(13), Progress.SILENT).measures();
        double whole = 100 * measures.get(0).accuracy(), once = 100 * measures.get(1).accuracy(), tuned = 100 * measures.get(2).accuracy();
        Evidence.of("accuracy before (%)", whole, above(95));
        Evidence.of("points lost at 80% with tuning", whole - tuned, atMost(1));
        Evidence.of("points more that one shot loses", tuned - once, above(0));
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "efficient-inference", clause = 3) void aStudentTenTimesSmaller() {
        double behind = 0, beside = 0, few = 0, smaller = Double.MAX_VALUE;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(200 + seed);
            Sequential teacher = mlp(64, 160, 10, rng.split(1)), soft = mlp(64, 14, 10, rng.split(2)), hard = Module.copy(soft),
                    some = Module.copy(soft), only = Module.copy(soft);
            trainer(40).fit(teacher, Loss::crossEntropy, TRAIN, rng.split(3));
            new Distiller(3, 0.5).fit(soft, teacher, trainer(80), TRAIN, rng.split(4));
            trainer(80).fit(hard, Loss::crossEntropy, TRAIN, rng.split(4));
            var labels = Arrays.stream(TRAIN.labels()).asLongStream().toArray();
            Arrays.fill(labels, 100, labels.length, -1);
            new Distiller(3, 0.5).fit(some, teacher, trainer(80), Dataset.of(TRAIN.x(), Tensor.of(labels)), rng.split(5));
            trainer(960).fit(only, Loss::crossEntropy, TRAIN.head(100), rng.split(5)); // as many steps as the student of the teacher's outputs
            double t = Fashion.accuracy(teacher, TEST), s = Fashion.accuracy(soft, TEST);
            behind += (t - s) / 10;
            beside += (s - Fashion.accuracy(hard, TEST)) / 10;
            few += (Fashion.accuracy(some, TEST) - Fashion.accuracy(only, TEST)) / 10;
            smaller = Math.min(smaller, (double) teacher.parameterCount() / soft.parameterCount());
        }
        Evidence.of("steps of each student of the last comparison", 80 * Math.ceilDiv(TRAIN.size(), 50) - 960 * Math.ceilDiv(100, 50),
                exactly(0));
        Evidence.of("times smaller", smaller, atLeast(10));
        Evidence.of("points behind the teacher, mean of ten seeds", behind, atMost(2));
        Evidence.of("points over the student trained on labels", beside, atLeast(-0.3));
        Evidence.of("points over labels alone, with 100 of them", few, atLeast(2));
    }

    @Test
    @Acceptance(topic = "efficient-inference", clause = 4)
    void reportedNumbersEqualIndependentCounts(@TempDir Path folder)
            throws IOException {
        long operations = 0, bytes = 0;
        int cases = 0;
        for (int[] sizes : new int[][] {{64, 32, 10}, {64, 7, 10}, {64, 100, 10}}) {
            var net = mlp(sizes[0], sizes[1], sizes[2], Rng.of(cases));
            var pipeline = new CompressionPipeline(List.of(Stage.structured(0.5), Stage.quantise(new PostTrainingQuantizer())));
            var result = pipeline.run(net, TRAIN.head(200), TEST.head(50), Rng.of(1), Progress.SILENT);
            int kept = sizes[1] - (int) Math.rint(sizes[1] * 0.5);
            long[] hidden = {sizes[1], kept, kept};
            for (int i = 0; i < 3; i++, cases++)
                operations = Math.max(operations, Math.abs(result.measures().get(i).operations() - 2 * hidden[i] * (64 + 10)));
            CompressedFile.write(folder.resolve("m"), result.model());
            bytes = Math.max(bytes, Math.abs(Files.size(folder.resolve("m")) - result.measures().getLast().bytes()));
        }
        var picture = pictures(TEST);
        long convolutions = 2 * (64L * 8 * 9 + 16L * 16 * 8 * 9 + 256 * 32 + 32 * 10);
        operations = Math.max(operations,
                Math.abs(CompressionPipeline.measure("cnn", cnn(Rng.of(1)), picture).operations() - convolutions));
        Evidence.of("operations counted", cases + 1, exactly(10));
        Evidence.of("operations beside 2 m n a layer", operations, exactly(0));
        Evidence.of("bytes beside the file's", bytes, exactly(0));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "efficient-inference", clause = 5) void theFrontierIsWhatNothingDominates() {
        var net = mlp(64, 128, 10, Rng.of(21));
        trainer(15).fit(net, Loss::crossEntropy, TRAIN, Rng.of(22));
        Stage eight = Stage.quantise(new PostTrainingQuantizer()), four = Stage.quantise(new PostTrainingQuantizer().withWeightBits(4)),
                tune = Stage.tune(trainer(8));
        Stage distil = Stage.distil(new Distiller(3, 0.9), trainer(20), () -> mlp(64, 24, 10, Rng.of(23)));
        var single = List.of(Stage.prune(0.5), Stage.prune(0.8), Stage.prune(0.95), Stage.wanda(0.8), Stage.structured(0.75),
                Stage.lowRank(8), distil, eight, four);
        var chains = new ArrayList<CompressionPipeline>();
        for (var stage : single) chains.add(new CompressionPipeline(List.of(stage)));
        chains.add(new CompressionPipeline(List.of(Stage.prune(0.8), tune, eight)));
        chains.add(new CompressionPipeline(List.of(distil, eight)));
        chains.add(new CompressionPipeline(List.of(Stage.structured(0.75), tune, Stage.prune(0.7), tune, eight)));
        var runs = CompressionPipeline.search(chains, net, TRAIN, TEST, Rng.of(24), Progress.SILENT);
        var brute = new HashSet<Measure>();
        for (var a : runs) if (runs.stream().noneMatch(b -> dominates(b, a))) brute.add(a);
        var front = CompressionPipeline.frontier(runs);
        var wrong = new HashSet<>(brute);
        front.forEach(wrong::remove);
        long limit = runs.getFirst().bytes() / 4;
        var alone = runs.stream().filter(r -> !r.chain().contains(">")).toList();
        long free = runs.stream()
                .filter(r -> r.chain().contains(">") && r.bytes() <= limit && alone.stream().noneMatch(s -> dominates(s, r))).count();
        Evidence.of("runs", runs.size(), atLeast(15));
        Evidence.of("non-dominated runs missing from the frontier", wrong.size(), exactly(0));
        Evidence.of("runs of the frontier beside those of brute force", new HashSet<>(front).size() - brute.size(), exactly(0));
        Evidence.of("chains at a quarter of the bytes that no single stage dominates", free, atLeast(1));
    }

    private static boolean dominates(Measure a, Measure b) {
        return a.bytes() <= b.bytes() && a.accuracy() >= b.accuracy() && (a.bytes() < b.bytes() || a.accuracy() > b.accuracy());
    }
}
