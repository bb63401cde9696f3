package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Qr;
import lyceum.linalg.Similarity;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TwoViewLearnerTest {
    /** Linear all through, in F64. */
    private static final ViewHeads BARE = new ViewHeads(List.of(), 3, 5, MlpConfig.Norm.NONE, DType.F64);
    private static final Views NOISE = (x, rng) -> x.add(Tensor.randn(rng, x.dtype(), x.shape().toArray()).mul(0.1)).compute();

    private static TwoViewLearner bare(ViewObjective objective) {
        return new TwoViewLearner(new Linear(6, 4, true, DType.F64, Init.heUniform(), Rng.of(1)), 4, objective, BARE, Rng.of(2));
    }

    private static Tensor normal(int seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    /** Losses and gradients of an objective, named as in the golden file. */
    private static Gap beside(String... names) {
        var gap = Gap.relativeBeyondOne();
        for (var name : names) {
            var cases = Golden.load("golden/views.json").cases(name);
            assertThat(cases).hasSize(6);
            for (var c : cases) {
                var recipe = new Recipe(c.integer("input.seed"));
                int n = c.integer("input.n"), d = c.integer("input.d");
                Tensor first = Tensor.of(recipe.matrix(n, d)).requiresGrad(), second = Tensor.of(recipe.matrix(n, d)).requiresGrad();
                Tensor one = Tensor.of(recipe.matrix(n, d)), two = Tensor.of(recipe.matrix(n, d)),
                        negatives = Tensor.of(recipe.matrix(c.integer("input.queue"), d));
                double t = c.number("input.temperature");
                double[] weights = c.doubles("input.weights");
                ViewObjective objective = switch (name) {
                    case "SimClr" -> new SimClr(t);
                    case "MoCo" -> new MoCo(c.integer("input.queue"), t, 0.9);
                    case "Byol" -> new Byol();
                    case "SimSiam" -> new SimSiam();
                    case "BarlowTwins" -> new BarlowTwins(c.number("input.lambda"));
                    default -> new VicReg(weights[0], weights[1], weights[2]);
                };
                var loss = objective.loss(new ViewObjective.Outputs(first, second, one, two, negatives));
                loss.backward();
                gap.see(c, "expected.loss", loss.item());
                gap.see(c, "expected.first", first.grad().toDoubleArray());
                gap.see(c, "expected.second", second.grad() == null ? new double[n * d] : second.grad().toDoubleArray());
            }
        }
        return gap;
    }

    @Acceptance(topic = "simclr-moco", clause = 1)
    @Test void contrastiveLossesEqualPyTorch() {
        Evidence.of("losses and gradients beside PyTorch", beside("SimClr", "MoCo"), below(1e-6));
    }

    @Acceptance(topic = "non-contrastive-ssl", clause = 1)
    @Test void nonContrastiveLossesEqualPyTorch() {
        Evidence.of("losses and gradients beside PyTorch", beside("Byol", "SimSiam", "BarlowTwins", "VicReg"), below(1e-6));
        Evidence.of("BYOL's slopes through its networks, off differences at fixed targets", slopesAtFixedTargets(new Byol()), below(1e-6));
        Evidence.of("SimSiam's", slopesAtFixedTargets(new SimSiam()), below(1e-6));
    }

    /** One step of the recurrence, in plain numbers. */
    private static Map<String, double[]> followed(Map<String, double[]> target, Module student, double m) {
        var next = new LinkedHashMap<String, double[]>();
        var state = student.state();
        target.forEach((name, t) -> {
            double[] s = state.get(name).toDoubleArray(), n = new double[t.length];
            for (int i = 0; i < n.length; i++) n[i] = m * t[i] + (1 - m) * s[i];
            next.put(name, n);
        });
        return next;
    }

    private static Map<String, double[]> numbers(Module module) {
        var all = new LinkedHashMap<String, double[]>();
        module.state().forEach((name, t) -> all.put(name, t.toDoubleArray()));
        return all;
    }

    private static int differing(Map<String, double[]> a, Map<String, double[]> b) {
        assertThat(a.keySet()).isEqualTo(b.keySet());
        int[] count = {0};
        a.forEach((name, x) -> {
            double[] y = b.get(name);
            for (int i = 0; i < x.length; i++) if (x[i] != y[i]) count[0]++;
        });
        return count[0];
    }

    /** Runs a fit whose teacher shall follow with these momenta; counts the numbers of the teacher that are not what the recurrence gives. */
    private static int offRecurrence(TwoViewLearner learner, int epochs, DoubleUnaryOperator momentum, List<double[]> seconds,
            Runnable stepped) {
        var oracle = new ArrayList<>(List.of(numbers(learner.target())));
        int[] off = {0, 0};
        Views recorded = (x, rng) -> {
            var made = NOISE.of(x, rng);
            seconds.add(made.toDoubleArray()); // outlives the step's scope
            return made;
        };
        // Heard before the learner's own listener: the teacher is still the one that this step used.
        var trainer = new Trainer(new Adam(0.01), epochs).withBatchSize(5).withListener(Trainer.Listener.afterStep(run -> {
            off[0] += differing(numbers(learner.target()), oracle.getLast());
            oracle.set(0, followed(oracle.getLast(), learner, momentum.applyAsDouble(run.steps())));
            off[1]++;
            stepped.run();
        }));
        learner.fit(normal(3, 50, 6), recorded, trainer, Rng.of(4), Progress.SILENT);
        assertThat(off[1]).isEqualTo(10 * epochs);
        return off[0] + differing(numbers(learner.target()), oracle.getLast());
    }

    @Acceptance(topic = "simclr-moco", clause = 2)
    @Test void theQueueAndItsKeyEncoderAreExactOverAThousandSteps() {
        var learner = bare(new MoCo(13, 0.2, 0.97));
        var start = numbers(learner.target());
        var ring = new ArrayDeque<float[]>();
        float[] begin = learner.queue().keys().toFloatArray();
        for (int i = 0; i < 13; i++) ring.add(new float[] {begin[3 * i], begin[3 * i + 1], begin[3 * i + 2]});
        int[] wrong = {0, 0, 0};
        var views = new ArrayList<double[]>();
        int off = offRecurrence(learner, 100, step -> 0.97, views, () -> {
            float[] keys = Autograd.noGrad(() -> learner.target().forward(Tensor.of(views.getLast(), 5, 6)).to(DType.F32)).toFloatArray();
            for (int i = 0; i < 5; i++) {
                ring.removeFirst();
                ring.addLast(new float[] {keys[3 * i], keys[3 * i + 1], keys[3 * i + 2]});
            }
            float[] held = learner.queue().keys().toFloatArray();
            int at = 0;
            for (var key : ring) for (float v : key) if (held[at++] != v) wrong[0]++;
            if (learner.queue().size() != 13 || held.length != 39) wrong[1]++;
            wrong[2]++;
        });
        Evidence.of("steps", wrong[2], exactly(1000));
        Evidence.of("numbers of the queue out of their order", wrong[0], exactly(0));
        Evidence.of("steps at which it is not full", wrong[1], exactly(0));
        Evidence.of("numbers of the key encoder, off 0.97 key + 0.03 query", off, exactly(0));
        assertThat(differing(numbers(learner.target()), start)).isPositive();
    }

    @Acceptance(topic = "byol", clause = 1)
    @Acceptance(topic = "non-contrastive-ssl", clause = 5)
    @Test void theTargetFollowsAlongItsCosine() {
        var learner = bare(new Byol(0.9, true, true));
        int off = offRecurrence(learner, 20, step -> 1 - (1 - 0.9) * (Math.cos(Math.PI * (step / 200)) + 1) / 2, new ArrayList<>(),
                () -> {});
        Evidence.of("numbers of the target over 200 steps, off its recurrence", off, exactly(0));

        double worst = 0;
        double[][] p = normal(5, 9, 4).toRows(), z = normal(6, 9, 4).toRows();
        double mean = 0;
        for (int i = 0; i < 9; i++) {
            double pz = 0, pp = 0, zz = 0;
            for (int j = 0; j < 4; j++) {
                pz += p[i][j] * z[i][j];
                pp += p[i][j] * p[i][j];
                zz += z[i][j] * z[i][j];
            }
            mean += (2 - 2 * pz / Math.sqrt(pp * zz)) / 9;
        }
        worst = Math.abs(Byol.of(Tensor.of(p), Tensor.of(z)).item() - mean);
        Evidence.of("loss, off 2 - 2 cos", worst, below(1e-6));
        Evidence.of("losses and gradients of both ways beside PyTorch", beside("Byol"), below(1e-6));
        Evidence.of("gradients in the target", targetGradients(new Byol()), exactly(0));
    }

    /** Tensors of the target that got a gradient, although they ask for one; a target on which the loss does not depend is refused. */
    private static int targetGradients(ViewObjective objective) {
        var learner = bare(objective);
        assertThat(learner.parameters().keySet()).noneMatch(name -> name.startsWith("target"));
        learner.target().unfreeze("*");
        Tensor x = normal(7, 5, 6), y = normal(8, 5, 6);
        var loss = learner.loss(x, y, Pass.inference());
        loss.backward();
        var state = learner.target().state();
        assertThat(learner.encoder().state().get("weight").grad().abs().sum().item()).isPositive();
        int count = 0;
        for (var t : state.values()) if (t.grad() != null) count++;
        double before = loss.item();
        Autograd.noGrad(() -> state.values().forEach(t -> t.copy_(t.mul(0.5).add(0.1))));
        assertThat(Math.abs(learner.loss(x, y, Pass.inference()).item() - before)).as("the loss looks at the target").isGreaterThan(1e-6);
        return count;
    }

    @Acceptance(topic = "simclr-moco", clause = 3)
    @Test void theKeyEncoderGetsNoGradient() {
        Evidence.of("gradients in the key encoder", targetGradients(new MoCo(13, 0.2, 0.97)), exactly(0));
        Evidence.of("slopes of the query encoder, off differences at fixed keys", slopesAtFixedTargets(new MoCo(13, 0.2, 0.97)),
                below(1e-7));
    }

    /** Sees what an objective is given. */
    private static final class Watched implements ViewObjective {
        private final ViewObjective inner;
        private Outputs seen;

        Watched(ViewObjective inner) { this.inner = inner; }

        @Override public Tensor loss(Outputs seen) {
            this.seen = seen;
            return inner.loss(seen);
        }

        @Override public Target target() { return inner.target(); }

        @Override public boolean isPredicting() { return inner.isPredicting(); }

        @Override public boolean isSymmetric() { return inner.isSymmetric(); }

        @Override public int queue() { return inner.queue(); }
    }

    /** Largest gap between a gradient and the difference quotient in which the targets stay what they were. */
    private static double slopesAtFixedTargets(ViewObjective objective) {
        var watched = new Watched(objective);
        var learner = bare(watched);
        Tensor x = normal(7, 5, 6), y = normal(8, 5, 6);
        learner.loss(x, y, Pass.inference()).backward();
        var fixed = watched.seen;
        double worst = 0, h = 1e-5;
        for (var p : learner.parameters().values()) {
            double[] g = p.grad().toDoubleArray(), values = p.detach().toDoubleArray();
            for (int i = 0; i < g.length; i++) {
                double slope = 0;
                for (int side : new int[] {1, -1}) {
                    var moved = values.clone();
                    moved[i] += side * h;
                    Autograd.noGrad(() -> p.copy_(Tensor.of(moved, p.shape().toArray())));
                    learner.loss(x, y, Pass.inference());
                    var now = watched.seen;
                    slope += side * objective.loss(new ViewObjective.Outputs(now.first(), now.second(), fixed.firstTarget(),
                            fixed.secondTarget(), fixed.negatives())).item() / (2 * h);
                }
                Autograd.noGrad(() -> p.copy_(Tensor.of(values, p.shape().toArray())));
                worst = Math.max(worst, Math.abs(g[i] - slope));
            }
        }
        return worst;
    }

    @Test void negativesAreTheKeysOfEarlierBatches() {
        var moco = new MoCo(13, 0.2, 0.97);
        var learner = bare(moco);
        Tensor x = normal(7, 5, 6), y = normal(8, 5, 6), earlier = learner.queue().keys();
        double expected = moco.of(learner.forward(x), learner.target().forward(y), earlier).item();
        assertThat(learner.loss(x, y, Pass.inference()).item()).isCloseTo(expected, within(1e-12));
        assertThat(learner.loss(x, y, Pass.training(Rng.of(1))).item()).isCloseTo(expected, within(1e-12));
        assertThat(learner.loss(x, y, Pass.inference()).item()).as("its own keys are in the queue now").isGreaterThan(expected + 1e-3);
    }

    @Test void gradientsStopAtTargetsAndNowhereElse() {
        assertThat(slopesAtFixedTargets(new Byol())).isLessThan(1e-7);
        assertThat(slopesAtFixedTargets(new SimSiam())).isLessThan(1e-7);
        assertThat(slopesAtFixedTargets(new SimSiam(true, false))).as("gradients through both").isGreaterThan(1e-3);
        assertThat(slopesAtFixedTargets(new Byol().withStopGradient(false))).isGreaterThan(1e-3);
        assertThat(slopesAtFixedTargets(new SimClr())).isLessThan(1e-7);
    }

    @Acceptance(topic = "simclr-moco", clause = 4)
    @Test void uselessFeaturesCostTheLogOfTheCandidates() {
        double batch = 0, queue = 0;
        for (int draw = 0; draw < 20; draw++) {
            Tensor x = Similarity.normalise(normal(3 * draw, 128, 128)), y = Similarity.normalise(normal(3 * draw + 1, 128, 128)),
                    others = Similarity.normalise(normal(3 * draw + 2, 1024, 128));
            batch += new SimClr(0.5).of(x, y).item() / 20;
            queue += new MoCo(1024, 0.5, 0.999).of(x, y, others).item() / 20;
        }
        Evidence.of("NT-Xent over log 255, off 1", Math.abs(batch / Math.log(255) - 1), atMost(0.01));
        Evidence.of("queue loss over log 1025, off 1", Math.abs(queue / Math.log(1025) - 1), atMost(0.01));
    }

    @Acceptance(topic = "non-contrastive-ssl", clause = 2)
    @Test void whitenedIdenticalViewsAreTheMinimum() {
        double most = 0, slope = 0, least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            int n = 6 + 3 * seed, d = 2 + seed % 4;
            var x = normal(seed, n, d);
            var white = Qr.of(x.sub(x.mean(0, true))).q().mul(Math.sqrt(n - 1)).compute();
            for (var objective : List.of(new BarlowTwins(0.1), new VicReg())) {
                var leaf = white.copy().requiresGrad();
                var loss = objective.loss(new ViewObjective.Outputs(leaf, leaf, null, null, null));
                loss.backward();
                most = Math.max(most, loss.item());
                slope = Math.max(slope, leaf.grad().abs().max().item());
                for (int k = 0; k < 20; k++) {
                    // other views; or the same ones, whose coordinates go together
                    var mixed = white.matmul(Tensor.eye(DType.F64, d).add(normal(1000 + 20 * seed + k, d, d).mul(0.3))).compute();
                    var other = k % 2 == 0 ? mixed : white.add(normal(2000 + 20 * seed + k, n, d).mul(0.3)).compute();
                    least = Math.min(least,
                            objective.loss(new ViewObjective.Outputs(k % 2 == 0 ? other : white, other, null, null, null)).item());
                }
            }
        }
        Evidence.of("largest loss at whitened identical views", most, below(1e-20));
        Evidence.of("largest slope there", slope, below(1e-12));
        Evidence.of("least loss elsewhere", least, above(1e-5));
    }

    @Test void aCoordinateThatStandsStillHasNoCorrelation() {
        var z = Tensor.of(new double[][] {{1, 5}, {-1, 5}, {2, 5}}).requiresGrad();
        var loss = new BarlowTwins(1).of(z, z);
        loss.backward();
        assertThat(loss.item()).isCloseTo(1, within(1e-12));
        assertThat(z.grad().isFinite().all().item()).isEqualTo(1);
    }

    @Test void withoutAVarianceTermAllShrinks() {
        var heads = ViewHeads.of(8);
        var floor = new TwoViewLearner(new Linear(6, 8, Rng.of(1)), 8, new VicReg(), heads, Rng.of(2));
        var none = new TwoViewLearner(new Linear(6, 8, Rng.of(1)), 8, new VicReg().withVariance(0), heads, Rng.of(2));
        var items = Tensor.randn(Rng.of(3), 200, 6).compute();
        var trainer = new Trainer(new Adam(0.01), 10).withBatchSize(64);
        var healthy = floor.fit(items, NOISE, trainer, Rng.of(4), Progress.SILENT);
        assertThat(healthy.last().raw()).isGreaterThan(0.5);
        assertThat(none.fit(items, NOISE, trainer, Rng.of(4), Progress.SILENT).last().raw()).isLessThan(healthy.last().raw() / 2);
        assertThat(healthy.spreads()).hasSize(10);
        assertThat(healthy.training().epochs().getLast().steps()).as("rows that fill no batch are left out").isEqualTo(30);
        assertThat(healthy.figure().toString()).contains("spread");
        var again = new TwoViewLearner(new Linear(6, 8, Rng.of(1)), 8, new VicReg(), heads, Rng.of(2));
        assertThat(again.fit(items, NOISE, trainer, Rng.of(4), Progress.SILENT).training().losses()).isEqualTo(healthy.training().losses());
    }

    @Test void stateAndCopiesStandAlone(@TempDir Path dir) throws Exception {
        var learner = bare(new MoCo(7, 0.2, 0.5));
        assertThat(learner.state().keySet()).containsExactly("encoder.weight", "encoder.bias", "projector.layers.0.weight",
                "projector.layers.0.bias", "target.encoder.weight", "target.encoder.bias", "target.projector.layers.0.weight",
                "target.projector.layers.0.bias");
        learner.fit(normal(1, 20, 6), NOISE, new Trainer(new Adam(0.01), 2).withBatchSize(5), Rng.of(1), Progress.SILENT);
        learner.save(dir.resolve("learner.safetensors"));
        var other = bare(new MoCo(7, 0.2, 0.5));
        other.load(dir.resolve("learner.safetensors"));
        assertThat(differing(numbers(learner), numbers(other))).isZero();
        var copy = Module.copy(learner);
        var before = numbers(learner);
        float[] queued = learner.queue().keys().toFloatArray();
        copy.fit(normal(2, 20, 6), NOISE, new Trainer(new Adam(0.01), 2).withBatchSize(5), Rng.of(1), Progress.SILENT);
        assertThat(differing(numbers(learner), before)).isZero();
        assertThat(learner.queue().keys().toFloatArray()).isEqualTo(queued);
        assertThat(differing(numbers(copy.target()), numbers(learner.target()))).as("the copy's teacher follows the copy").isPositive();
    }

    @Test void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> new SimClr(0)).hasMessageContaining("temperature is 0.0");
        assertThatThrownBy(() -> new MoCo(0, 1, 0.9)).hasMessageContaining("queue of 0");
        assertThatThrownBy(() -> new MoCo(1, 1, 1.1)).hasMessageContaining("momentum is 1.1");
        assertThatThrownBy(() -> new Byol().withMomentum(-1)).hasMessageContaining("momentum is -1.0");
        assertThatThrownBy(() -> new BarlowTwins(Double.NaN)).hasMessageContaining("lambda is NaN");
        assertThatThrownBy(() -> new VicReg().withCovariance(-2)).hasMessageContaining("-2.0");
        assertThatThrownBy(() -> new VicReg().of(Tensor.ones(1, 3), Tensor.ones(1, 3))).hasMessageContaining("(1, 3)");
        assertThatThrownBy(() -> new SimClr().of(Tensor.ones(1, 3), Tensor.ones(1, 3))).hasMessageContaining("(1, 3) of one thing");
        assertThatThrownBy(() -> bare(new SimClr()).fit(normal(1, 20, 6), NOISE, new Trainer(new Adam(1), 1).withBatchSize(1), Rng.of(1),
                Progress.SILENT)).hasMessageContaining("of one thing");
        assertThatThrownBy(() -> Byol.of(Tensor.ones(4, 3), Tensor.ones(1, 3))).hasMessageContaining("(1, 3)");
        assertThatThrownBy(() -> SimSiam.of(Tensor.ones(4, 3), Tensor.ones(1, 3))).hasMessageContaining("(1, 3)");
        assertThatThrownBy(() -> ViewHeads.of(0)).hasMessageContaining("projection of 0");
        assertThatThrownBy(() -> bare(new SimClr()).fit(normal(1, 20, 6), NOISE, new Trainer(new Adam(1), 1).withShards(2), Rng.of(1),
                Progress.SILENT)).hasMessageContaining("2 shards");
        assertThatThrownBy(() -> bare(new SimClr()).fit(normal(1, 20, 6), NOISE, new Trainer(new Adam(1), 1).withBatchSize(21), Rng.of(1),
                Progress.SILENT)).hasMessageContaining("batches of 21");
        assertThatThrownBy(() -> bare(new SimClr()).features(normal(1, 2, 6), 0)).hasMessageContaining("batches of 0");
    }
}
