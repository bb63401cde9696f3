package lyceum.train.robust;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.math.Incomplete;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AdversarialRobustnessTest {
    private static final String TOPIC = "adversarial-robustness";

    /** Two classes: the margin of class 0 is {@code (w0 - w1) x + b0 - b1}, in plain numbers here. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void linearModelsFallExactlyAtTheirMarginOverTheDualNorm() {
        int cases = 0, early = 0, late = 0;
        for (int seed = 0; seed < 100; seed++) {
            var rng = Rng.of(seed);
            int d = 2 + rng.nextInt(40);
            double[][] w = Tensor.randn(rng, DType.F64, 2, d).div(Math.sqrt(d)).toRows();
            double[] b = {rng.nextGaussian(), rng.nextGaussian()}, x = Tensor.randn(rng, DType.F64, d).toDoubleArray();
            double margin = b[0] - b[1], one = 0, two = 0, largest = 0;
            for (int i = 0; i < d; i++) {
                double v = w[0][i] - w[1][i];
                margin += v * x[i];
                one += Math.abs(v);
                two += v * v;
                largest = Math.max(largest, Math.abs(v));
            }
            var model = new Linear(Tensor.of(w), Tensor.of(b));
            Tensor row = Tensor.of(x, 1, d), label = Tensor.of(margin > 0 ? 0L : 1L);
            double[] radii = {Math.abs(margin) / one, Math.abs(margin) / Math.sqrt(two), Math.abs(margin) / largest};
            for (var norm : ThreatModel.Norm.values()) {
                double radius = radii[norm.ordinal()];
                var threat = new ThreatModel(norm, radius, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
                for (int side = -1; side <= 1; side += 2) {
                    var attack = new Pgd(threat.withEpsilon(radius * (1 + side * 1e-4)), 40);
                    var found = attack.perturb(model, row, label, rng);
                    boolean fooled = model.forward(found).argmax(1).itemLong(0) != label.itemLong(0);
                    if (side < 0 && fooled) early++;
                    if (side > 0 && !fooled) late++;
                    cases++;
                }
            }
        }
        Evidence.of("attacks, 100 models, three norms, on both sides of the radius", cases, exactly(600));
        Evidence.of("fooled at 1e-4 less than |margin| over the dual norm", early, exactly(0));
        Evidence.of("not fooled at 1e-4 more", late, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void everyPointThatIsTriedIsAllowed() {
        double ball = 0, box = 0;
        int tried = 0;
        var used = new LinkedHashMap<String, Double>();
        for (var norm : ThreatModel.Norm.values()) for (double epsilon : new double[] {0.05, 0.5, 3}) {
            var rng = Rng.of(norm.ordinal());
            var model = new Mlp(MlpConfig.classifier(12, 4, 16).withDtype(DType.F64), rng);
            var x = Tensor.rand(rng, DType.F64, 9, 12).sub(0.5).mul(1.4).add(0.5).clamp(0.0, 1.0).compute();
            var y = Tensor.randint(rng, 0, 4, 9).compute();
            var threat = new ThreatModel(norm, epsilon, 0, 1);
            double[] centre = x.toDoubleArray();
            double[] worst = {0, 0, 0};
            int[] count = {0};
            Layer spy = (z, pass) -> {
                double[] at = z.detach().toDoubleArray();
                for (int i = 0; i < 9; i++) {
                    double largest = 0, squares = 0, sum = 0;
                    for (int j = 12 * i; j < 12 * i + 12; j++) {
                        double move = Math.abs(at[j] - centre[j]);
                        largest = Math.max(largest, move);
                        squares += move * move;
                        sum += move;
                        worst[1] = Math.max(worst[1], Math.max(-at[j], at[j] - 1));
                    }
                    double size = switch (norm) {
                        case LINF -> largest;
                        case L2 -> Math.sqrt(squares);
                        case L1 -> sum;
                    };
                    worst[0] = Math.max(worst[0], size / epsilon - 1);
                    worst[2] = Math.max(worst[2], size / epsilon);
                }
                count[0] += 9;
                return model.forward(z, pass);
            };
            var attacks = new ArrayList<Attack>(new AdversarialRobustness(threat).withQueries(50).attacks(4).values());
            attacks.add(new UniversalPerturbation(threat, 10));
            for (var attack : attacks) attack.perturb(spy, x, y, rng);
            Attack.worstOf(attacks).perturb(spy, x, y, rng);
            ball = Math.max(ball, worst[0]);
            box = Math.max(box, worst[1]);
            tried += count[0];
            used.put(norm + " " + epsilon, worst[2]);
        }
        Evidence.of("points tried by eight attacks in nine threats", tried, above(10_000));
        Evidence.of("largest size over epsilon, less 1", ball, atMost(1e-12));
        Evidence.of("largest distance outside the box", box, atMost(0));
        Evidence.of("least share of epsilon that was used where the box leaves room", used.get("LINF 0.05"), above(0.999));
    }

    private static Dataset digits(int from, int to) {
        return Datasets.digits().scaled(1 / 16.0).to(DType.F32).shuffled(Rng.of(5)).range(from, to);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void twentyStepsFindAtLeastTheLossOfOne() {
        double least = 1, gain = 0;
        for (int seed = 0; seed < 3; seed++) {
            var train = digits(0, 1_000);
            var test = digits(1_000, 1_700);
            var model = new Mlp(MlpConfig.classifier(64, 10, 48), Rng.of(seed));
            new Trainer(new Adam(3e-3), 10).fit(model, Loss::crossEntropy, train, Rng.of(seed));
            for (var threat : new ThreatModel[] {ThreatModel.linf(0.1).within(0, 1), ThreatModel.l2(0.7).within(0, 1)}) {
                var one = Attack.fgsm(threat).perturb(model, test.x(), test.y(), Rng.of(1));
                var many = new Pgd(threat, 20).perturb(model, test.x(), test.y(), Rng.of(1));
                double[] a = AttackObjective.CROSS_ENTROPY.of(model.forward(one), test.y()).toDoubleArray(),
                        b = AttackObjective.CROSS_ENTROPY.of(model.forward(many), test.y()).toDoubleArray();
                double share = 0, mean = 0;
                for (int i = 0; i < a.length; i++) {
                    if (a[i] <= b[i]) share += 1.0 / a.length;
                    mean += (b[i] - a[i]) / a.length;
                }
                least = Math.min(least, share);
                gain = Math.max(gain, mean);
            }
        }
        Evidence.of("share of inputs on which FGSM's loss is at most PGD-20's, least of 3 networks and 2 norms", least, atLeast(0.99));
        Evidence.of("largest mean gain", gain, above(0.1));
    }

    /** Every second pixel of both directions' means: 14 x 14. */
    private static Dataset small(Dataset data, int from, int count) {
        var part = data.range(from, from + count);
        var x = part.x().reshape(count, 14, 2, 14, 2).to(DType.F32).mean(2, 4).div(255.0).reshape(count, 196).compute();
        return new Dataset(x, part.y(), List.of(), part.classNames(), "Fashion-MNIST, 14 x 14");
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void trainingOnAttackedImagesRaisesRobustAccuracy() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "Fashion-MNIST is not installed");
        var all = Datasets.fashionMnist();
        Dataset train = small(all.train(), 0, 6_000), test = small(all.test(), 0, 500);
        var threat = ThreatModel.linf(0.1).within(0, 1);
        var trainer = new Trainer(new Adam(2e-3), 6).withBatchSize(100);
        Mlp plain = new Mlp(MlpConfig.classifier(196, 10, 128), Rng.of(1)), hard = new Mlp(MlpConfig.classifier(196, 10, 128), Rng.of(1));
        trainer.fit(plain, Loss::crossEntropy, train, Rng.of(2));
        trainer.start(hard, train.size(), AdversarialTraining.of(hard, train, new Pgd(threat, 7)), null, Rng.of(2)).finish(Progress.SILENT);
        var judge = new AdversarialRobustness(threat);
        var before = judge.evaluate(plain, test, Rng.of(3));
        var after = judge.evaluate(hard, test, Rng.of(3));
        Evidence.of("robust accuracy at epsilon 0.1 with PGD training less without, points", 100 * (after.worst() - before.worst()),
                atLeast(20));
        Evidence.of("clean accuracy without it", before.clean(), above(0.75));
        Evidence.that("neither is masked", !before.isMasked() && !after.isMasked());
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void aQuantisedInputIsFoundToHideGradients() {
        var train = digits(0, 1_000);
        var test = digits(1_000, 1_200);
        int flagged = 0, cleared = 0;
        double gradient = 1, query = 0;
        for (int seed = 0; seed < 3; seed++) {
            var model = new Mlp(MlpConfig.classifier(64, 10, 48), Rng.of(seed));
            new Trainer(new Adam(3e-3), 10).fit(model, Loss::crossEntropy, train, Rng.of(seed));
            Layer defended = (x, pass) -> model.forward(x.mul(4.0).round().div(4.0), pass);
            var judge = new AdversarialRobustness(ThreatModel.linf(0.2).within(0, 1));
            var report = judge.evaluate(defended, test, Rng.of(1));
            if (report.masking().stream().anyMatch(s -> s.startsWith("square"))) flagged++;
            var open = judge.evaluate(model, test, Rng.of(1));
            if (!open.isMasked()) cleared++;
            gradient = Math.min(gradient, Math.min(report.accuracy().get("pgd"), report.accuracy().get("apgd")));
            query = Math.max(query, report.accuracy().get("square"));
        }
        Evidence.of("defences flagged because the query-only attack beats the gradient ones, of 3", flagged, exactly(3));
        Evidence.of("the same networks without it that are not flagged", cleared, exactly(3));
        Evidence.of("least accuracy against gradients less the largest against queries", gradient - query, above(0.2));
    }

    /** Two inputs, so that the smoothed classifier can be integrated on a grid: what is true inside a certified radius is known. */
    @Acceptance(topic = TOPIC, clause = 6)
    @Tag("slow")
    @Test void certificatesHold() {
        var moons = Datasets.moons(Rng.of(1), 600, 0.1);
        var data = new Dataset(moons.x().to(DType.F32).compute(), moons.y(), List.of(), List.of(), "moons");
        var model = new Mlp(MlpConfig.classifier(2, 2, 32), Rng.of(2));
        new Trainer(new Adam(1e-2), 20).fit(model, Loss::crossEntropy, data, Rng.of(3));
        double sigma = 0.3;
        var smooth = new RandomizedSmoothing(model, sigma).withCounting(2_000);
        int tries = 0, broken = 0, certified = 0;
        double radii = 0;
        for (int i = 0; certified < 50; i++) {
            var x = data.x().select(0, i);
            var certificate = smooth.certify(x, Rng.of(i));
            if (certificate.abstains()) continue;
            certified++;
            radii += certificate.radius() / 50;
            for (int k = 0; k < 10; k++, tries++) {
                double angle = 2 * Math.PI * k / 10, r = certificate.radius() * 0.999, a = x.item(0) + r * Math.cos(angle),
                        b = x.item(1) + r * Math.sin(angle);
                if (majority(model, a, b, sigma) != certificate.label()) broken++;
            }
        }
        Evidence.of("points inside certified radii, in ten directions", tries, exactly(500));
        Evidence.of("of them with another majority", broken, exactly(0));
        Evidence.of("mean certified radius", radii, above(0.15));

        var rng = Rng.of(4);
        double[][] w = Tensor.randn(rng, DType.F64, 2, 10).toRows();
        var linear = new Linear(Tensor.of(w), null);
        double length = 0;
        for (int j = 0; j < 10; j++) length += (w[0][j] - w[1][j]) * (w[0][j] - w[1][j]);
        var x = new double[10];
        for (int j = 0; j < 10; j++) x[j] = 0.9 * (w[0][j] - w[1][j]) / length * Math.sqrt(length);
        double exact = 0.9, alpha = 0.05; // |margin| / ||w0 - w1||, by construction of x
        var bounded = new RandomizedSmoothing(linear, 1, 50, 400, alpha, 450);
        int over = 0;
        var row = Tensor.of(x);
        for (int repeat = 0; repeat < 2_000; repeat++) if (bounded.certify(row, Rng.of(10_000 + repeat)).radius() > exact) over++;
        Evidence.of("share of 2,000 certificates beyond |margin| / ||w||", over / 2_000.0,
                atMost(alpha + 3 * Math.sqrt(alpha * (1 - alpha) / 2_000)));
        Evidence.of("the bound is not idle: some are beyond", over / 2_000.0, above(0.02));
        assertThat(Incomplete.normalCdf(exact)).isBetween(0.8, 0.85);
    }

    private static int majority(Layer model, double x, double y, double sigma) {
        int side = 61;
        var grid = new double[side * side][2];
        var weight = new double[side * side];
        for (int i = 0; i < side; i++) for (int j = 0; j < side; j++) {
            double a = 5.0 * (i - 30) / 30, b = 5.0 * (j - 30) / 30;
            grid[i * side + j] = new double[] {x + sigma * a, y + sigma * b};
            weight[i * side + j] = Math.exp(-(a * a + b * b) / 2);
        }
        long[] labels = model.forward(Tensor.of(grid).to(DType.F32)).argmax(1).toLongArray();
        double balance = 0;
        for (int i = 0; i < weight.length; i++) balance += labels[i] == 0 ? weight[i] : -weight[i];
        return balance > 0 ? 0 : 1;
    }

    @Test void projectionsAreTheNearestPoints() {
        var rng = Rng.of(9);
        for (var norm : ThreatModel.Norm.values()) {
            var threat = new ThreatModel(norm, 1, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
            Tensor x = Tensor.zeros(DType.F64, 1, 3), z = Tensor.of(new double[][] {{1.5, -0.4, 0.9}});
            var p = threat.project(z, x);
            double nearest = p.sub(z).square().sum().item();
            for (int i = 0; i < 3_000; i++) {
                var other = threat.random(x, rng);
                assertThat(threat.sizes(other, x)[0]).isLessThanOrEqualTo(1 + 1e-12);
                assertThat(other.sub(z).square().sum().item()).isGreaterThanOrEqualTo(nearest - 1e-12);
            }
            assertThat(threat.project(p, x).toDoubleArray()).usingComparatorWithPrecision(1e-12).containsExactly(p.toDoubleArray());
            assertThat(threat.sizes(p, x)[0]).isBetween(1 - 1e-12, 1 + 1e-12);
        }
    }

    @Test void patchesTransfersAndTheWorstOfAll() {
        var rng = Rng.of(1);
        Layer flat = Layer.of(t -> t.reshape(t.size(0), -1));
        var model = new Sequential(new Conv2d(1, 4, 3, rng), Activation.RELU, flat, new Linear(144, 3, rng));
        var x = Tensor.rand(rng, 12, 1, 8, 8).compute();
        var y = model.forward(x).argmax(1).compute();
        var patched = new PatchAttack(3, 10, 3, 0, 1).perturb(model, x, y, Rng.of(2));
        double[] moved = patched.ne(x).to(DType.F64).sum(1, 2, 3).toDoubleArray();
        for (double m : moved) assertThat(m).isLessThanOrEqualTo(9);
        assertThat(patched.min().item()).isGreaterThanOrEqualTo(0);
        assertThat(patched.max().item()).isLessThanOrEqualTo(1);
        assertThat(AttackObjective.MARGIN.of(model.forward(patched), y).mean().item())
                .isGreaterThan(AttackObjective.MARGIN.of(model.forward(x), y).mean().item());
        var threat = ThreatModel.linf(0.1).within(0, 1);
        var twin = new Sequential(new Conv2d(1, 4, 3, rng), Activation.RELU, flat, new Linear(144, 3, rng));
        var attacks = List.of(Attack.transfer(twin, new Pgd(threat, 5)), new SquareAttack(threat, 30), Attack.fgsm(threat));
        double worst = AttackObjective.MARGIN.of(model.forward(Attack.worstOf(attacks).perturb(model, x, y, Rng.of(3))), y).mean().item();
        for (int i = 0; i < 3; i++) {
            var alone = attacks.get(i).perturb(model, x, y, Rng.of(3).split(i));
            assertThat(worst).isGreaterThanOrEqualTo(AttackObjective.MARGIN.of(model.forward(alone), y).mean().item() - 1e-6);
        }
        var universal = new UniversalPerturbation(threat, 10);
        var change = universal.find(model, x, y);
        assertThat(change.shape().toArray()).containsExactly(1, 1, 8, 8);
        assertThat(change.abs().max().item()).isLessThanOrEqualTo(0.1 + 1e-6);
        assertThat(Loss.crossEntropy(model.forward(universal.apply(x, change)), y).item())
                .isGreaterThan(Loss.crossEntropy(model.forward(x), y).item());
        // Square sees no gradient and still gains.
        assertThat(AttackObjective.MARGIN.of(model.forward(new SquareAttack(threat, 100).perturb(model, x, y, Rng.of(1))), y).mean().item())
                .isGreaterThan(AttackObjective.MARGIN.of(model.forward(x), y).mean().item());
    }

    @Test void tradesAndMixedLossesTrain() {
        var train = digits(0, 500);
        var test = digits(1_000, 1_300);
        var threat = ThreatModel.linf(0.1).within(0, 1);
        var plain = new Mlp(MlpConfig.classifier(64, 10, 32), Rng.of(1));
        new Trainer(new Adam(3e-3), 20).fit(plain, Loss::crossEntropy, train, Rng.of(2));
        var losses = Map.of("trades", (Function<Mlp, BatchLoss>) m -> AdversarialTraining.trades(m, train, new Pgd(threat, 5), 3), "mixed",
                m -> AdversarialTraining.of(m, train, Attack.fgsm(threat), 0.5));
        double open = robust(plain, test, threat);
        losses.forEach((name, loss) -> {
            var model = new Mlp(MlpConfig.classifier(64, 10, 32), Rng.of(1));
            new Trainer(new Adam(3e-3), 20).start(model, train.size(), loss.apply(model), null, Rng.of(2)).finish(Progress.SILENT);
            assertThat(robust(model, test, threat)).as(name).isGreaterThan(open + 0.1);
        });
        var mixed = AdversarialTraining.of(plain, train, Attack.fgsm(threat), 0);
        assertThat(mixed.of(new int[] {1, 2}, Pass.inference()).item())
                .isEqualTo(Loss.crossEntropy(plain.forward(train.x().rows(1, 2)), train.y().rows(1, 2)).item());
    }

    private static double robust(Mlp model, Dataset test, ThreatModel threat) {
        return model.forward(new Pgd(threat, 20).perturb(model, test.x(), test.y(), Rng.of(3))).argmax(1).eq(test.y()).to(DType.F64).mean()
                .item();
    }

    @Test void badSettingsAreNamed() {
        assertThatThrownBy(() -> ThreatModel.linf(-1)).hasMessageContaining("epsilon is -1.0");
        assertThatThrownBy(() -> ThreatModel.l2(1).within(1, 0)).hasMessageContaining("from 1.0 to 0.0");
        assertThatThrownBy(() -> new Pgd(ThreatModel.l2(1), 0)).hasMessageContaining("steps is 0");
        assertThatThrownBy(() -> new SquareAttack(ThreatModel.l2(1), 0)).hasMessageContaining("queries is 0");
        assertThatThrownBy(() -> Attack.worstOf(List.of())).hasMessageContaining("no attacks");
        assertThatThrownBy(() -> new PatchAttack(9, 1, 1, 0, 1).perturb((z, p) -> z, Tensor.zeros(1, 1, 8, 8), Tensor.of(0L), Rng.of(1)))
                .hasMessageContaining("at least 9");
        assertThatThrownBy(() -> new RandomizedSmoothing((z, p) -> z, 0)).hasMessageContaining("sigma is 0.0");
        assertThatThrownBy(() -> AdversarialTraining.of(null, null, null, 2)).hasMessageContaining("share is 2.0");
        assertThat(new Pgd(ThreatModel.linf(0), 3).perturb(new Linear(2, 2, Rng.of(1)), Tensor.ones(3, 2), Tensor.of(0L, 1L, 0L), Rng.of(1))
                .toDoubleArray()).containsOnly(1);
    }
}
