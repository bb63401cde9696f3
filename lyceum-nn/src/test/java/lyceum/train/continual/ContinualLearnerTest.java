package lyceum.train.continual;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.linalg.Cholesky;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.prob.ChiSquare;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ContinualLearnerTest {
    private static final List<Dataset> DIGITS = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16).flat(), Rng.of(1), 0.7,
            0.3);
    private static final ContinualLearner LEARNER = new ContinualLearner(ContinualMethod.naive()).withRule(new Adam(2e-3)).withEpochs(10);

    private static AccuracyMatrix learn(ContinualMethod method, TaskStream stream, Protocol protocol, int epochs, int seed) {
        var network = new Mlp(MlpConfig.classifier(64, 10, 100), Rng.of(seed));
        return LEARNER.withMethod(method).withProtocol(protocol).withEpochs(epochs)
                .learn(network, stream, Rng.of(100 + seed), Progress.SILENT).matrix();
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "continual-learning", clause = 1) void ewcReplayAndJointTrainingBeatNaiveOnPermutedDigits() {
        double naive = 0, ewc = 0, replay = 0, joint = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var stream = TaskStream.permuted(DIGITS.get(0), DIGITS.get(1), 5, Rng.of(10 + seed));
            naive += learn(ContinualMethod.naive(), stream, Protocol.DOMAIN, 10, seed).averageAccuracy() / 3;
            ewc += learn(new Ewc(10).withRows(200), stream, Protocol.DOMAIN, 10, seed).averageAccuracy() / 3;
            replay += learn(new Replay(200), stream, Protocol.DOMAIN, 10, seed).averageAccuracy() / 3;
            joint += learn(ContinualMethod.joint(), stream, Protocol.DOMAIN, 10, seed).averageAccuracy() / 3;
        }
        Evidence.of("points that EWC gains on naive training", 100 * (ewc - naive), atLeast(5));
        Evidence.of("points that replay of 200 samples gains", 100 * (replay - naive), atLeast(10));
        Evidence.of("points of joint training above the best of them", 100 * (joint - Math.max(naive, Math.max(ewc, replay))), above(0));
    }

    /** Tasks of different sizes, drawn by one true weight vector and noise of deviation 0.5. */
    private static TaskStream gaussian(boolean orthogonal, Rng rng) {
        double[] truth = {1, -2, 0.5, 0.3};
        var tasks = new ArrayList<TaskStream.Task>();
        for (int k = 0; k < 5; k++) {
            int n = 24 + 8 * k;
            var x = new double[n][4];
            var y = new double[n][1];
            for (int j = 0; j < 4; j++) {
                double scale = 0.7 + 0.6 * rng.nextDouble();
                for (int i = 0; i < n; i++) x[i][j] = orthogonal ? scale * (Integer.bitCount(i & j) % 2 == 0 ? 1 : -1) : rng.nextGaussian();
            }
            for (int i = 0; i < n; i++) {
                y[i][0] = 0.5 * rng.nextGaussian();
                for (int j = 0; j < 4; j++) y[i][0] += truth[j] * x[i][j];
            }
            var data = Dataset.of(Tensor.of(x), Tensor.of(y));
            tasks.add(new TaskStream.Task(data, data));
        }
        return new TaskStream(tasks);
    }

    /** {@code (X'X / s^2 + prior I)^-1 (X'y / s^2 + prior w0)} over the rows of all tasks at once. */
    private static double[] posterior(TaskStream stream, double variance, double prior, Tensor start) {
        var x = Tensor.concat(0, stream.tasks().stream().map(t -> t.train().x()).toArray(Tensor[]::new));
        var y = Tensor.concat(0, stream.tasks().stream().map(t -> t.train().y()).toArray(Tensor[]::new));
        var precision = x.transpose().matmul(x).div(variance).add(Tensor.eye(DType.F64, 4).mul(prior));
        return Cholesky.of(precision).solve(x.transpose().matmul(y).div(variance).add(start.mul(prior))).toDoubleArray();
    }

    private static double gap(boolean orthogonal, Ewc.Form form, double prior, int seed) {
        var stream = gaussian(orthogonal, Rng.of(seed));
        var model = new Linear(4, 1, false, DType.F64, Init.zeros(), Rng.of(0));
        model.load(Map.of("weight", Tensor.of(new double[] {3, 3, -3, 3}, 1, 4)));
        var wanted = posterior(stream, 0.25, prior, model.weight().detach().copy().compute().reshape(4, 1));
        new ContinualLearner(new Ewc(1).withForm(form).withPrior(prior)).withRule(new Sgd(0.03).withMomentum(0.8)).withEpochs(300)
                .withBatchSize(1000).withLoss((p, t) -> Loss.mse(p, t).div(2 * 0.25)).withScore((p, t) -> 0)
                .learn(model, stream, Rng.of(1), Progress.SILENT);
        double gap = 0;
        var found = model.weight().toDoubleArray();
        for (int j = 0; j < 4; j++) gap = Math.max(gap, Math.abs(found[j] - wanted[j]));
        return gap;
    }

    @Test
    @Acceptance(topic = "continual-learning", clause = 2) void ewcOfLinearGaussianModelsIsBayes() {
        double full = 0, withPrior = 0, diagonal = 0, wrong = 1;
        for (int seed = 1; seed <= 3; seed++) {
            full = Math.max(full, gap(false, Ewc.Form.FULL, 0, seed));
            withPrior = Math.max(withPrior, gap(false, Ewc.Form.FULL, 2, seed));
            diagonal = Math.max(diagonal, gap(true, Ewc.Form.DIAGONAL, 2, seed));
            wrong = Math.min(wrong, gap(false, Ewc.Form.DIAGONAL, 2, seed));
        }
        Evidence.of("full Fisher, no prior: gap to least squares over all tasks", full, below(1e-8));
        Evidence.of("full Fisher, normal prior: gap to the batch posterior mean", withPrior, below(1e-8));
        Evidence.of("diagonal Fisher, orthogonal designs: the same gap", diagonal, below(1e-8));
        Evidence.of("diagonal Fisher, other designs: the least gap", wrong, above(1e-4)); // else any form would do
    }

    @Test
    @Acceptance(topic = "continual-learning", clause = 3) void projectedGradientNeverOpposesTheMemory() {
        var rng = Rng.of(3);
        int conflicts = 0, free = 0, equal = 0;
        double least = 0, formula = 0;
        for (int c = 0; c < 1000; c++) {
            int a = 1 + rng.nextInt(6), b = 1 + rng.nextInt(20);
            double scale = Math.pow(10, rng.nextInt(13) - 6);
            Tensor[] g = {Tensor.randn(rng, DType.F64, a, 3), Tensor.randn(rng, DType.F64, b)};
            Tensor[] m = {Tensor.randn(rng, DType.F64, a, 3).mul(scale), Tensor.randn(rng, DType.F64, b).mul(scale)};
            if (c % 10 == 0) m = new Tensor[] {g[0].mul(-scale), g[1].mul(-scale)}; // opposite: nothing is left
            double[] g0 = flat(g), mem = flat(m), out = flat(AGem.project(g, m));
            double before = dot(g0, mem), after = dot(out, mem), bound = Math.sqrt(dot(g0, g0) * dot(mem, mem));
            least = Math.min(least, after / bound);
            if (before >= 0) {
                free++;
                if (bits(out, g0)) equal++;
            } else {
                conflicts++;
                for (int i = 0; i < out.length; i++)
                    formula = Math.max(formula, Math.abs(out[i] - (g0[i] - before / dot(mem, mem) * mem[i])));
            }
        }
        Evidence.of("cases in conflict", conflicts, atLeast(400));
        Evidence.of("cases not in conflict that changed a bit", free - equal, exactly(0));
        Evidence.of("cases not in conflict", free, atLeast(300));
        Evidence.of("least <g, m> / (|g0| |m|)", least, atLeast(-1e-12));
        assertThat(formula).isLessThan(1e-12);
    }

    private static double[] flat(Tensor[] parts) {
        return Arrays.stream(parts).flatMapToDouble(p -> Arrays.stream(p.toDoubleArray())).toArray();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static boolean bits(double[] a, double[] b) {
        for (int i = 0; i < a.length; i++) if (Double.doubleToRawLongBits(a[i]) != Double.doubleToRawLongBits(b[i])) return false;
        return a.length == b.length;
    }

    /** The counts of 20 of 200 rows are drawn without replacement: their variance is (1 - 20/200) of that of independent draws. */
    @Test
    @Acceptance(topic = "continual-learning", clause = 4) void reservoirIsUniformOverTheStream() {
        int n = 200, capacity = 20, repeats = 3000;
        var counts = new int[n];
        var stream = TaskBatch.of(Tensor.arange(n).to(DType.F64).reshape(n, 1), Tensor.arange(n), 0);
        for (int r = 0; r < repeats; r++) {
            var memory = new ReplayMemory(capacity, ReplayMemory.Policy.RESERVOIR, Rng.of(7).split(r));
            memory.offer(stream.rows(IntStream.range(0, 50).toArray()));
            memory.offer(stream.rows(IntStream.range(50, n).toArray()));
            for (long row : memory.all().y().toLongArray()) counts[(int) row]++;
        }
        double expected = (double) repeats * capacity / n, chi = 0;
        for (int c : counts) chi += (c - expected) * (c - expected) / (expected * (1 - (double) capacity / n) * n / (n - 1.0));
        Evidence.of("rows held over all repeats", Arrays.stream(counts).sum(), exactly(repeats * capacity));
        Evidence.of("p of the chi-square test of uniform contents", new ChiSquare(n - 1).survival(chi), above(0.01));
    }

    @Test void balancedMemoryHoldsClassesAlike() {
        var labels = new long[1000];
        for (int i = 0; i < labels.length; i++) labels[i] = i % 100 < 90 ? 0 : i % 100 < 98 ? 1 : 2; // 900, 80, 20
        var memory = new ReplayMemory(30, ReplayMemory.Policy.CLASS_BALANCED, Rng.of(1));
        memory.offer(TaskBatch.of(Tensor.zeros(1000, 2), Tensor.of(labels), 4));
        var held = new int[3];
        for (long y : memory.all().y().toLongArray()) held[(int) y]++;
        assertThat(held).containsExactly(10, 10, 10);
        assertThat(memory.all().tasks()).containsOnly(4);
        assertThat(memory.seen()).isEqualTo(1000);
        assertThat(memory.sample(50, Rng.of(2)).tasks()).hasSize(30);
        assertThatThrownBy(() -> memory.offer(TaskBatch.of(Tensor.zeros(2, 2), Tensor.zeros(2), 0))).hasMessageContaining("class numbers");
        assertThatThrownBy(() -> new ReplayMemory(3, ReplayMemory.Policy.RESERVOIR, Rng.of(1)).all()).hasMessageContaining("empty");
    }

    /**
     * Softmax regression: the Fisher information of weight (c, j) is the sum of p_c (1 - p_c) x_j^2, the empirical one of (p_c - y_c)^2
     * x_j^2.
     */
    @Test void fisherOfSoftmaxRegression() {
        var rng = Rng.of(5);
        var x = Tensor.randn(rng, DType.F64, 40, 3);
        var y = Tensor.randint(rng, 0, 4, 40);
        var model = new Linear(3, 4, false, DType.F64, Init.normal(1), rng);
        var stream = new TaskStream(List.of(new TaskStream.Task(Dataset.of(x, y), Dataset.of(x, y))));
        var objective = new TaskObjective(stream, Protocol.DOMAIN, Loss::crossEntropy);
        var p = model.forward(x).softmax(1).detach();
        var wanted = p.mul(p.mul(-1).add(1)).transpose().matmul(x.square()).flatten().toDoubleArray();
        var diagonal = new TaskFisher(objective, 0, Ewc.Form.DIAGONAL).of(model, TaskBatch.of(x, y, 0));
        assertThat(diagonal.toDoubleArray()).containsExactly(wanted, within(1e-10));
        var full = new TaskFisher(objective, 0, Ewc.Form.FULL).of(model, TaskBatch.of(x, y, 0)).toRows();
        double crossed = 0; // weights (0, 1) and (2, 0): -p_0 p_2 x_1 x_0
        double[][] ps = p.toRows(), xs = x.toRows();
        for (int i = 0; i < 40; i++) crossed -= ps[i][0] * ps[i][2] * xs[i][1] * xs[i][0];
        assertThat(full[1][6]).isCloseTo(crossed, within(1e-10));
        assertThat(full[5][5]).isCloseTo(wanted[5], within(1e-10));
        var gap = p.sub(Tensor.eye(DType.F64, 4).indexSelect(0, y)).square().transpose().matmul(x.square()).flatten().toDoubleArray();
        assertThat(new TaskFisher(objective, 0, Ewc.Form.EMPIRICAL).of(model, TaskBatch.of(x, y, 0)).toDoubleArray()).containsExactly(gap,
                within(1e-10));
    }

    /** Where steps are small, the importances of synaptic intelligence sum up to the fall of the loss. */
    @Test void synapticIntelligenceExplainsTheFallOfTheLoss() {
        var model = new Linear(3, 1, false, DType.F64, Init.normal(1), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), DType.F64, 30, 3);
        var data = Dataset.of(x, x.matmul(Tensor.of(new double[] {1, 2, 3}, 3, 1)).compute());
        double before = Loss.mse(model.forward(data.x()), data.y()).item();
        var start = model.weight().detach().copy().compute();
        var seen = new double[1];
        ContinualMethod spy = (m, objective, rng) -> {
            var session = new SynapticIntelligence(1).start(m, objective, rng);
            return new ContinualMethod.Session(m, objective) {
                @Override protected void begin(int stage, TaskBatch batch) { session.begin(stage, batch); }

                @Override protected Tensor[] change(int stage, Tensor[] g) { return session.change(stage, g); }

                @Override protected void stepped() { session.stepped(); }

                @Override protected void end(int stage, TaskBatch batch) {
                    session.end(stage, batch);
                    var away = m.parameters().values().iterator().next().detach().sub(start);
                    // the pull 2 c Omega (w - a) one unit from the anchor gives Omega
                    model.load(Map.of("weight", model.weight().detach().add(1).compute()));
                    var omega = session.change(1, new Tensor[] {Tensor.zeros(DType.F64, 1, 3)})[0].div(2);
                    model.load(Map.of("weight", model.weight().detach().sub(1).compute()));
                    seen[0] = omega.mul(away.square().add(1e-3)).sum().item();
                }
            };
        };
        new ContinualLearner(spy).withRule(new Sgd(0.002)).withEpochs(400).withBatchSize(30).withLoss(Loss::mse).withScore((p, t) -> 0)
                .learn(model, new TaskStream(List.of(new TaskStream.Task(data, data))), Rng.of(1), Progress.SILENT);
        double fall = before - Loss.mse(model.forward(data.x()), data.y()).item();
        assertThat(seen[0] / fall).isCloseTo(1, within(0.03));
    }

    @Tag("slow")
    @Test void eachMethodAndProtocolKeepsWhatNaiveTrainingLoses() {
        var split = TaskStream.split(DIGITS.get(0), DIGITS.get(1), 2);
        double naive = learn(ContinualMethod.naive(), split, Protocol.CLASS, 5, 1).averageAccuracy();
        assertThat(naive).isLessThan(0.35);
        assertThat(learn(new Replay(200, ReplayMemory.Policy.CLASS_BALANCED, 32), split, Protocol.CLASS, 5, 1).averageAccuracy())
                .isGreaterThan(0.75);
        var permuted = TaskStream.permuted(DIGITS.get(0), DIGITS.get(1), 2, Rng.of(3));
        double kept = learn(ContinualMethod.naive(), permuted, Protocol.DOMAIN, 10, 1).of(1, 0);
        assertThat(learn(new AGem(200), permuted, Protocol.DOMAIN, 10, 1).of(1, 0)).isGreaterThan(kept + 0.05);
        assertThat(learn(new SynapticIntelligence(0.1), permuted, Protocol.DOMAIN, 10, 1).of(1, 0)).isGreaterThan(kept + 0.05);
        assertThat(learn(new Ewc(100).withForm(Ewc.Form.EMPIRICAL), permuted, Protocol.DOMAIN, 10, 1).of(1, 0)).isGreaterThan(kept + 0.05);
        var halves = TaskStream.split(DIGITS.get(0), DIGITS.get(1), 5);
        assertThat(learn(new LearningWithoutForgetting(1), halves, Protocol.TASK, 10, 1).of(1, 0))
                .isGreaterThanOrEqualTo(learn(ContinualMethod.naive(), halves, Protocol.TASK, 10, 1).of(1, 0));
    }

    /** A column's answers do not change when others are added, to the bit. */
    @Test void progressiveColumnsForgetNothing() {
        var split = TaskStream.split(DIGITS.get(0), DIGITS.get(1), 4);
        var network = new Mlp(MlpConfig.classifier(64, 10, 20, 20), Rng.of(1));
        var report = LEARNER.withMethod(new ProgressiveColumns()).withProtocol(Protocol.TASK).withEpochs(3).learn(network, split, Rng.of(2),
                Progress.SILENT);
        var r = report.matrix();
        assertThat(r.of(2, 0)).isEqualTo(r.of(0, 0)).isGreaterThan(0.8);
        assertThat(r.of(2, 1)).isEqualTo(r.of(1, 1)).isGreaterThan(0.8);
        assertThat(report.models()).doesNotHaveDuplicates();
        // the second column has its own 64-20-20-10 network and laterals of 20 x 20 and 20 x 10 from the first; the third twice those
        long own = network.layers().stream().mapToLong(l -> l.weight().count() + l.bias().count()).sum();
        assertThat(report.models().get(2).parameterCount()).isEqualTo(own + 2 * (20 * 20 + 20 * 10));
        assertThatThrownBy(() -> LEARNER.withMethod(new ProgressiveColumns()).learn(network, split, Rng.of(2), Progress.SILENT))
                .hasMessageContaining("DOMAIN");
    }

    @Test void runsRepeatAndStop() {
        var stream = TaskStream.permuted(DIGITS.get(0).head(100), DIGITS.get(1).head(50), 2, Rng.of(3));
        for (var method : List.of(new Replay(20), new AGem(20), new Ewc(10).withRows(30), new SynapticIntelligence(1),
                new LearningWithoutForgetting(1)))
            assertThat(learn(method, stream, Protocol.DOMAIN, 2, 1).values())
                    .isDeepEqualTo(learn(method, stream, Protocol.DOMAIN, 2, 1).values());
        var network = new Mlp(MlpConfig.classifier(64, 10, 10), Rng.of(1));
        Progress stopping = new Progress() {
            @Override public void report(Update update) {}

            @Override public boolean isCancelled() { return true; }
        };
        assertThatThrownBy(() -> LEARNER.learn(network, stream, Rng.of(1), stopping)).isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> LEARNER.withRule(new Sgd(1e30)).learn(network, stream, Rng.of(1), Progress.SILENT))
                .hasMessageContaining("the loss is");
    }

    @Test void badSettingsAreNamed() {
        assertThatThrownBy(() -> new Ewc(-1)).hasMessageContaining("lambda is -1.0");
        assertThatThrownBy(() -> new Ewc(1).withDecay(0)).hasMessageContaining("decay is 0.0");
        assertThatThrownBy(() -> new Ewc(0).withPrior(1)).hasMessageContaining("prior is 1.0");
        assertThatThrownBy(() -> new Replay(0)).hasMessageContaining("capacity is 0");
        assertThatThrownBy(() -> new AGem(-1)).hasMessageContaining("capacity is -1");
        assertThatThrownBy(() -> new SynapticIntelligence(Double.NaN)).hasMessageContaining("strength is NaN");
        assertThatThrownBy(() -> new LearningWithoutForgetting(1, 0)).hasMessageContaining("temperature is 0.0");
        assertThatThrownBy(() -> LEARNER.withEpochs(0)).hasMessageContaining("epochs is 0");
        assertThatThrownBy(() -> new TaskStream(List.of())).hasMessageContaining("no task");
        assertThatThrownBy(() -> AGem.project(new Tensor[1], new Tensor[2])).hasMessageContaining("1 gradients, 2");
    }
}
