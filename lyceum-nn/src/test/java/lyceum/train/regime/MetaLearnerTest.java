package lyceum.train.regime;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.ParameterSpace;
import lyceum.train.regime.MetaLearner.Method;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MetaLearnerTest {
    private static final double A = 0.05;

    /** Least squares of which the optimum is known: the loss is (w - c)' X'X (w - c) / n. */
    private record Quadratic(Tensor x, Tensor c) {
        static Quadratic draw(Rng rng) { return new Quadratic(Tensor.randn(rng, DType.F64, 12, 4), Tensor.randn(rng, DType.F64, 4, 1)); }

        Tensor y() { return x.matmul(c).compute(); }

        Tensor hessian() { return x.transpose().matmul(x).mul(2.0 / 12); }
    }

    private static double gap(Tensor found, Tensor wanted) {
        return found.flatten().sub(wanted.flatten()).abs().max().item() / wanted.abs().max().item();
    }

    /** The mean over tasks of (I - a A_s)^k A_q (w_k - c_q), or without the first factor, where w_k - c_s = (I - a A_s)^k (w - c_s). */
    private static double quadraticGap(Method method, boolean hessians) {
        double worst = 0;
        for (int k = 1; k <= 3; k++) {
            for (int seed = 0; seed < 5; seed++) {
                var model = new Linear(4, 1, false, DType.F64, Init.normal(1), Rng.of(seed));
                var w = model.weight().detach().reshape(4, 1);
                var batch = new ArrayList<MetaTask>();
                var wanted = Tensor.zeros(DType.F64, 4, 1);
                for (int t = 0; t < 3; t++) {
                    Quadratic s = Quadratic.draw(Rng.of(100 * seed + t)), q = Quadratic.draw(Rng.of(100 * seed + t + 50));
                    batch.add(new MetaTask(s.x, s.y(), q.x, q.y()));
                    var shrink = Tensor.eye(DType.F64, 4);
                    for (int i = 0; i < k; i++) shrink = shrink.matmul(Tensor.eye(DType.F64, 4).sub(s.hessian().mul(A)));
                    var end = s.c.add(shrink.matmul(w.sub(s.c)));
                    var first = q.hessian().matmul(end.sub(q.c));
                    wanted = wanted.add((hessians ? shrink.matmul(first) : first).div(3));
                }
                worst = Math.max(worst, gap(new MetaLearner(method, A, k).metaGradient(model, Loss::mse, batch).gradient(), wanted));
            }
        }
        return worst;
    }

    private static Mlp network(long seed) {
        return new Mlp(MlpConfig.regressor(2, 1, 6, 5).withActivation(Activation.TANH).withDtype(DType.F64), Rng.of(seed));
    }

    private static List<MetaTask> tasks(int n, Rng rng) {
        var tasks = new ArrayList<MetaTask>();
        for (int t = 0; t < n; t++)
            tasks.add(new MetaTask(Tensor.randn(rng, DType.F64, 5, 2), Tensor.randn(rng, DType.F64, 5, 1),
                    Tensor.randn(rng, DType.F64, 7, 2), Tensor.randn(rng, DType.F64, 7, 1)));
        return tasks;
    }

    /** After k plain steps of the optimiser on a copy. */
    private static Mlp stepped(Mlp network, double rate, int k, Tensor x, Tensor y) {
        var copy = Module.copy(network);
        var optimizer = new Sgd(rate).over(copy.parameters());
        for (int i = 0; i < k; i++) {
            optimizer.zeroGrad();
            Loss.mse(copy.forward(x), y).backward();
            optimizer.step();
        }
        copy.zeroGrad();
        return copy;
    }

    private static double queryLoss(Mlp network, int k, List<MetaTask> tasks) {
        double sum = 0;
        for (var t : tasks)
            sum += Loss.mse(stepped(network, A, k, t.supportX(), t.supportY()).forward(t.queryX()), t.queryY()).item() / tasks.size();
        return sum;
    }

    @Test
    @Acceptance(topic = "maml", clause = 1) void metaGradientsAreExact() {
        Evidence.of("quadratic tasks: largest relative gap to the closed form", quadraticGap(Method.MAML, true), below(1e-8));
        double worst = 0;
        for (int k = 1; k <= 3; k++) {
            var network = network(k);
            var batch = tasks(3, Rng.of(10 + k));
            var found = new MetaLearner(Method.MAML, A, k).metaGradient(network, Loss::mse, batch);
            assertThat(found.loss()).isCloseTo(queryLoss(network, k, batch), within(1e-12));
            var space = ParameterSpace.of(network);
            var at = space.values(network).toDoubleArray();
            var wanted = new double[at.length];
            for (int i = 0; i < at.length; i++) {
                double h = 1e-5;
                for (int side = -1; side <= 1; side += 2) {
                    var moved = at.clone();
                    moved[i] += side * h;
                    var other = Module.copy(network);
                    other.load(space.split(Tensor.of(moved)));
                    wanted[i] += side * queryLoss(other, k, batch) / (2 * h);
                }
            }
            worst = Math.max(worst, gap(found.gradient(), Tensor.of(wanted)));
        }
        Evidence.of("an MLP, 1 to 3 steps: largest relative gap to finite differences", worst, below(1e-4));
    }

    /** With one step MAML's gradient is g - a H g, g that of the query after the step: without the second term it is first-order MAML's. */
    @Test
    @Acceptance(topic = "maml", clause = 2) void firstOrderIsMamlWithoutTheHessian() {
        Evidence.of("quadratic tasks: gap to A_q (w_k - c_q)", quadraticGap(Method.FIRST_ORDER, false), below(1e-10));
        double chain = 0, zeroed = 0, term = 1;
        for (int seed = 1; seed <= 5; seed++) {
            var network = network(seed);
            var batch = tasks(3, Rng.of(20 + seed));
            var space = ParameterSpace.of(network);
            var at = space.values(network);
            var first = Tensor.zeros(DType.F64, space.size());
            var second = first;
            for (var t : batch) {
                var end = stepped(network, A, 1, t.supportX(), t.supportY());
                Loss.mse(end.forward(t.queryX()), t.queryY()).backward();
                var g = Tensor.concat(0, end.parameters().values().stream().map(p -> p.grad().flatten()).toArray(Tensor[]::new)).detach();
                first = first.add(g.div(3));
                second = second
                        .add(Autograd.hvp(w -> Loss.mse(space.at(network, w).forward(t.supportX()), t.supportY()), at, g).mul(A / 3));
            }
            var maml = new MetaLearner(Method.MAML, A, 1).metaGradient(network, Loss::mse, batch).gradient();
            var fomaml = new MetaLearner(Method.FIRST_ORDER, A, 1).metaGradient(network, Loss::mse, batch).gradient();
            chain = Math.max(chain, gap(maml, first.sub(second)));
            zeroed = Math.max(zeroed, gap(fomaml, first));
            term = Math.min(term, second.abs().max().item() / first.abs().max().item());
        }
        Evidence.of("an MLP: gap of MAML to g - a H g", chain, below(1e-10));
        Evidence.of("an MLP: gap of first-order MAML to the same with H = 0", zeroed, below(1e-10));
        assertThat(term).isGreaterThan(1e-3); // else the two could not be told apart
    }

    @Test
    @Acceptance(topic = "maml", clause = 3) void reptileWithOneStepIsAveragedSgd() {
        double worst = 0, moved = 1;
        for (int seed = 1; seed <= 5; seed++) {
            var network = network(seed);
            var space = ParameterSpace.of(network);
            var at = space.values(network);
            var batch = tasks(4, Rng.of(30 + seed));
            var average = Tensor.zeros(DType.F64, space.size());
            for (var t : batch) {
                var x = Tensor.concat(0, t.supportX(), t.queryX());
                var y = Tensor.concat(0, t.supportY(), t.queryY());
                average = average.add(space.values(stepped(network, A, 1, x, y)).div(4));
            }
            var next = batch.iterator();
            new MetaLearner(Method.REPTILE, A, 1).withOuter(new Sgd(A)).withTasks(4).fit(network, Loss::mse, rng -> next.next(), 1,
                    Rng.of(1), Progress.SILENT);
            worst = Math.max(worst, space.values(network).sub(average).abs().max().item());
            moved = Math.min(moved, average.sub(at).abs().max().item());
        }
        Evidence.of("largest gap to the mean of one SGD step on each task", worst, below(1e-12));
        assertThat(moved).isGreaterThan(1e-3);
    }

    private static Mlp sine() { return new Mlp(MlpConfig.regressor(1, 1, 40, 40), Init.glorotUniform(), Rng.of(1)); }

    /** Mean squared error over 100 points of each of 200 unseen sines, after so many steps on 5 points of it. */
    private static double error(MetaLearner learner, Mlp network, int steps) {
        double sum = 0;
        for (int i = 0; i < 200; i++) {
            var task = MetaTask.sinusoids(5, 100).draw(Rng.of(99).split(i));
            var adapted = learner.adapt(network, Loss::mse, task.supportX(), task.supportY(), steps);
            sum += Loss.mse(adapted.forward(task.queryX()), task.queryY()).item() / 200;
        }
        return sum;
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "maml", clause = 4) void sinesAreLearnedFromFivePoints() {
        var sampler = MetaTask.sinusoids(5, 10);
        var joint = sine();
        var optimizer = new Adam(1e-3).over(joint.parameters());
        for (int step = 0; step < 1500; step++) {
            try (var scope = Scope.open("joint pretraining")) {
                var rows = new Tensor[2][25];
                for (int t = 0; t < 25; t++) {
                    var task = sampler.draw(Rng.of(5).split(step).split(t));
                    rows[0][t] = Tensor.concat(0, task.supportX(), task.queryX());
                    rows[1][t] = Tensor.concat(0, task.supportY(), task.queryY());
                }
                optimizer.zeroGrad();
                Loss.mse(joint.forward(Tensor.concat(0, rows[0])), Tensor.concat(0, rows[1])).backward();
                optimizer.step();
            }
        }
        var maml = new MetaLearner(Method.MAML, 0.01, 1);
        var start = sine();
        maml.fit(start, Loss::mse, sampler, 1500, Rng.of(2), Progress.SILENT);
        double pretrained = error(maml, joint, 1);
        Evidence.of("MAML's error after one step over that of the pretrained net", error(maml, start, 1) / pretrained, atMost(0.5));
        // nor does a rate that suits the pretrained net better save it
        assertThat(error(maml, start, 1)).isLessThan(0.6 * error(maml.withInnerRate(0.002), joint, 1));

        var reptile = new MetaLearner(Method.REPTILE, 0.004, 10).withOuter(new Adam(3e-3)).withTasks(10);
        var other = sine();
        reptile.fit(other, Loss::mse, sampler, 1000, Rng.of(2), Progress.SILENT);
        Evidence.of("Reptile's error after 10 steps over that of the pretrained net", error(reptile, other, 10) / error(reptile, joint, 10),
                below(1));
    }

    /** Tasks computed together are tasks computed one by one, class numbers too. */
    @Test void batchesOfTasksAreMeansOfTasks() {
        var digits = Datasets.digits().flat().scaled(1.0 / 16);
        var sampler = MetaTask.fewShot(digits, 3, 2, 4);
        var batch = new ArrayList<MetaTask>();
        for (int t = 0; t < 4; t++) batch.add(sampler.draw(Rng.of(t)));
        assertThat(batch.getFirst().supportX().shape().toArray()).containsExactly(6, 64);
        assertThat(batch.getFirst().supportY().toLongArray()).containsExactly(0, 0, 1, 1, 2, 2);
        assertThat(batch.getFirst().queryY().toLongArray()).containsExactly(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2);
        var network = new Mlp(MlpConfig.classifier(64, 3, 8).withActivation(Activation.TANH).withDtype(DType.F64), Rng.of(1));
        for (var method : Method.values()) {
            var learner = new MetaLearner(method, 0.1, 2);
            var together = learner.metaGradient(network, Loss::crossEntropy, batch).gradient();
            var mean = batch.stream().map(t -> learner.metaGradient(network, Loss::crossEntropy, List.of(t)).gradient().div(4))
                    .reduce(Tensor::add).orElseThrow();
            assertThat(gap(together, mean)).isLessThan(1e-12);
        }
    }

    /** Different classes, and no row both to adapt to and to be judged by. */
    @Test void fewShotTasksKeepSupportAndQueryApart() {
        var rows = Tensor.arange(60).to(DType.F64).reshape(60, 1);
        var labels = Tensor.of(IntStream.range(0, 60).mapToLong(i -> i % 6).toArray());
        var sampler = MetaTask.fewShot(Dataset.of(rows, labels), 4, 3, 5);
        for (int draw = 0; draw < 20; draw++) {
            var task = sampler.draw(Rng.of(draw));
            var all = Tensor.concat(0, task.supportX(), task.queryX()).toDoubleArray();
            assertThat(Arrays.stream(all).distinct().count()).isEqualTo(4 * 8);
            var classes = Arrays.stream(task.supportX().toDoubleArray()).map(r -> r % 6).toArray();
            assertThat(Arrays.stream(classes).distinct().count()).isEqualTo(4);
            for (int i = 0; i < 20; i++) assertThat(all[12 + i] % 6).isEqualTo(classes[i / 5 * 3]);
        }
        assertThatThrownBy(() -> MetaTask.fewShot(Dataset.of(rows, labels), 7, 3, 5)).hasMessageContaining("7 ways, and 6 classes");
        assertThatThrownBy(() -> MetaTask.fewShot(Dataset.of(rows, labels), 2, 8, 5)).hasMessageContaining("0 classes with at least 13");
    }

    @Test void adaptLeavesTheStartAlone() {
        var network = network(1);
        var space = ParameterSpace.of(network);
        var before = space.values(network).toDoubleArray();
        var task = tasks(1, Rng.of(1)).getFirst();
        var learner = new MetaLearner(Method.MAML, A, 1);
        var adapted = learner.adapt(network, Loss::mse, task.supportX(), task.supportY(), 3);
        assertThat(space.values(network).toDoubleArray()).isEqualTo(before);
        assertThat(gap(space.values(adapted), space.values(stepped(network, A, 3, task.supportX(), task.supportY())))).isLessThan(1e-12);
        assertThat(space.values(learner.adapt(network, Loss::mse, task.supportX(), task.supportY(), 0)).toDoubleArray()).isEqualTo(before);
        assertThat(adapted.parameters()).hasSize(network.parameters().size());
    }

    @Test void badSettingsAreNamed() {
        var learner = new MetaLearner(Method.MAML, A, 1);
        assertThatThrownBy(() -> learner.withInnerRate(0)).hasMessageContaining("innerRate is 0.0");
        assertThatThrownBy(() -> learner.withInnerSteps(0)).hasMessageContaining("innerSteps is 0");
        assertThatThrownBy(() -> learner.metaGradient(network(1), Loss::mse, List.of())).hasMessageContaining("no task");
        assertThatThrownBy(() -> learner.withOuter(new Sgd(1e200)).fit(network(1), Loss::mse, rng -> tasks(1, rng).getFirst(), 9, Rng.of(1),
                Progress.SILENT)).hasMessageContaining("the loss is");
        assertThatThrownBy(() -> MetaTask.sinusoids(0, 1)).hasMessageContaining("0 shots");
        assertThatThrownBy(() -> new MetaTask(Tensor.zeros(2, 1), Tensor.zeros(3, 1), Tensor.zeros(2, 1), Tensor.zeros(2, 1)))
                .hasMessageContaining("rows go together");
        Progress stopping = new Progress() {
            @Override public void report(Update update) {}

            @Override public boolean isCancelled() { return true; }
        };
        assertThatThrownBy(() -> learner.fit(network(1), Loss::mse, rng -> tasks(1, rng).getFirst(), 9, Rng.of(1), stopping))
                .isInstanceOf(CancelledException.class);
    }
}
