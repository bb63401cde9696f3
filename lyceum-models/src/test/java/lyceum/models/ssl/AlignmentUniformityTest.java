package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.Similarity;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.InfoNce;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AlignmentUniformityTest {
    private static final AlignmentUniformity PLAIN = new AlignmentUniformity();

    private static Tensor unit(Tensor x) { return Similarity.normalise(x).compute(); }

    @Acceptance(topic = "alignment-uniformity", clause = 1)
    @Test void equalsThePapersLines() {
        var gap = Gap.relativeBeyondOne();
        var cases = Golden.load("golden/alignment-uniformity.json").list("cases");
        for (var c : cases) {
            var recipe = new Recipe(c.integer("input.seed"));
            int n = c.integer("input.n"), d = c.integer("input.d");
            Tensor x = unit(Tensor.of(recipe.matrix(n, d))).requiresGrad(), y = unit(Tensor.of(recipe.matrix(n, d))).requiresGrad();
            var measure = PLAIN.withAlpha(c.number("input.alpha")).withT(c.number("input.t"));
            boolean aligned = c.text("name").equals("align");
            var value = aligned ? measure.alignment(x, y) : measure.uniformity(x);
            value.backward();
            gap.see(c, "expected.loss", value.item());
            gap.see(c, "expected.x", x.grad().toDoubleArray());
            if (aligned) gap.see(c, "expected.y", y.grad().toDoubleArray());
        }
        Evidence.of("measures", cases.size(), exactly(24));
        Evidence.of("values and gradients beside PyTorch", gap, atMost(1e-6));
    }

    /** The sphere in three dimensions: E exp(x.y / T) is sinh(1 / T) T there, and at T = 1/(2t) uniformity is log of that less 2t. */
    @Test void knowsTheSphere() {
        var x = unit(Tensor.randn(Rng.of(1), DType.F64, 3000, 3));
        assertThat(AlignmentUniformity.limit(x, x, 0.5)).isCloseTo(-2 + Math.log(Math.sinh(2) / 2), within(0.01));
        assertThat(PLAIN.uniformity(x).item()).isCloseTo(-2.08, within(0.01));
        assertThat(PLAIN.uniformity(Tensor.ones(DType.F64, 5, 3)).item()).isCloseTo(0, within(1e-12));
    }

    @Acceptance(topic = "alignment-uniformity", clause = 2)
    @Test void infoNceNearsItsLimitAsNegativesGrow() {
        var digits = Datasets.digits().x().to(DType.F64).div(16).narrow(0, 0, 400).compute();
        var encoder = new Mlp(MlpConfig.regressor(64, 16, 32).withDtype(DType.F64), Rng.of(1));
        var rng = Rng.of(2);
        Tensor x = unit(encoder.forward(digits.add(Tensor.randn(rng, DType.F64, 400, 64).mul(0.2)))).detach(),
                y = unit(encoder.forward(digits.add(Tensor.randn(rng, DType.F64, 400, 64).mul(0.2)))).detach();
        double t = 0.2, limit = AlignmentUniformity.limit(x, y, t);
        Evidence.of("limit, off sums by their definition", Math.abs(limit - byDefinition(x.toRows(), y.toRows(), t)), below(1e-12));

        var negatives = new int[9];
        for (int k = 0; k < 9; k++) negatives[k] = 16 << k;
        double[] gaps = AlignmentUniformity.excess(x, y, t, negatives, 4, Rng.of(3)), logs = new double[9], sizes = new double[9];
        for (int k = 0; k < 9; k++) {
            logs[k] = Math.log(negatives[k]);
            sizes[k] = Math.log(Math.abs(gaps[k]));
        }
        Evidence.of("exponent fitted to 16 .. 4096 negatives", LeastSquares.slope(logs, sizes), atMost(-0.45));
        Evidence.of("gap at 16 negatives", Math.abs(gaps[0]), above(10 * Math.abs(gaps[8])));

        // The loss itself, as it is trained with, from negatives of its own.
        double mean = 0;
        for (int draw = 0; draw < 40; draw++) {
            var others = y.indexSelect(0, Tensor.randint(rng, 0, 400, 400 * 16)).reshape(400, 16, 16);
            mean += new InfoNce(t).against(x, y, others).loss().item() / 40;
        }
        Evidence.of("InfoNCE of 16 negatives, off what limit, log and gap say", Math.abs(mean - Math.log(16) - limit - gaps[0]),
                below(0.01));
    }

    private static double byDefinition(double[][] x, double[][] y, double t) {
        double near = 0, far = 0;
        for (int i = 0; i < x.length; i++) {
            double sum = 0;
            for (double[] other : y) sum += Math.exp(dot(x[i], other) / t);
            near += dot(x[i], y[i]) / t;
            far += Math.log(sum / y.length);
        }
        return (far - near) / x.length;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static Tensor circle(double... angles) {
        var rows = new double[angles.length][];
        for (int i = 0; i < angles.length; i++) rows[i] = new double[] {Math.cos(angles[i]), Math.sin(angles[i])};
        return Tensor.of(rows);
    }

    @Acceptance(topic = "alignment-uniformity", clause = 3)
    @Test void evenPointsAreTheMostUniform() {
        int perturbed = 0, lower = 0;
        for (int n : new int[] {3, 5, 8, 12}) {
            var even = new double[n];
            for (int i = 0; i < n; i++) even[i] = 2 * Math.PI * i / n;
            double least = PLAIN.uniformity(circle(even)).item();
            var rng = Rng.of(n);
            for (int k = 0; k < 1000; k++) {
                double size = Math.pow(10, -2 + 2 * rng.nextDouble());
                var moved = even.clone();
                for (int i = 0; i < n; i++) moved[i] += size * rng.nextGaussian();
                perturbed++;
                if (least < PLAIN.uniformity(circle(moved)).item()) lower++;
            }
        }
        Evidence.of("perturbations of 3, 5, 8 and 12 points", perturbed, exactly(4000));
        Evidence.of("of them, with a higher loss than evenly spaced points", lower, exactly(4000));

        double worst = 0;
        for (int seed = 0; seed < 5; seed++) {
            var points = Tensor.randn(Rng.of(seed), DType.F64, 4, 3).compute().requiresGrad();
            new Lbfgs().withMaxIterations(200).minimize(List.of(points), () -> PLAIN.uniformity(Similarity.normalise(points)),
                    Progress.SILENT);
            var found = unit(points.detach()).toRows();
            for (int i = 0; i < 4; i++) for (int j = 0; j < i; j++) worst = Math.max(worst, Math.abs(dot(found[i], found[j]) + 1.0 / 3));
        }
        Evidence.of("cosines of 4 optimised points, off -1/3, 5 starts", worst, atMost(1e-3));
    }

    /** Encoders of digits between alignment alone and uniformity alone; measures and probe are of the same unit projections. */
    @Tag("heavy")
    @Acceptance(topic = "alignment-uniformity", clause = 4)
    @Test void theProbeGoesWithBothMeasures() {
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(Rng.of(1));
        Dataset train = digits.head(1297), test = digits.range(1297, 1797), few = Representation.few(train, 10, Rng.of(2));
        Views views = (x, rng) -> x.add(Tensor.randn(rng, x.shape().toArray()).mul(0.3)).compute();
        double[] uniformities = {0, 0.03, 0.1, 0.2, 0.4, 0.7, 1, 2, 4, 8, 20, 100}, probes = new double[12], measures = new double[12];
        for (int i = 0; i < 12; i++) {
            var encoder = new Mlp(MlpConfig.regressor(64, 32, 64), Rng.of(30 + i));
            var learner = new TwoViewLearner(encoder, 32, PLAIN.withUniformityWeight(uniformities[i]), ViewHeads.of(16), Rng.of(40 + i));
            learner.fit(train.x(), views, new Trainer(new Adam(5e-3), 10).withBatchSize(100), Rng.of(50 + i), Progress.SILENT);
            Representation unit = x -> unit(learner.project(x, 500));
            Tensor one = unit.of(views.of(test.x(), Rng.of(60))), two = unit.of(views.of(test.x(), Rng.of(61)));
            measures[i] = -PLAIN.alignment(one, two).item() - PLAIN.uniformity(one).item();
            probes[i] = unit.probe(few, test);
        }
        Evidence.of("probe accuracies, highest less lowest", Arrays.stream(probes).max().orElse(0) - Arrays.stream(probes).min().orElse(1),
                above(0.05));
        Evidence.of("rank correlation over 12 encoders", Correlation.spearman(probes, measures).statistic(), atLeast(0.6));
    }

    @Test void aLossOfUnitRowsOfBothViews() {
        Tensor x = Tensor.randn(Rng.of(1), DType.F64, 6, 3).compute(), y = Tensor.randn(Rng.of(2), DType.F64, 6, 3).compute();
        double by = PLAIN.withAlignmentWeight(3).withUniformityWeight(0.5).loss(new ViewObjective.Outputs(x.mul(7), y, x, y, null)).item();
        double hand = 3 * PLAIN.alignment(unit(x), unit(y)).item()
                + 0.25 * (PLAIN.uniformity(unit(x)).item() + PLAIN.uniformity(unit(y)).item());
        assertThat(by).isCloseTo(hand, within(1e-12));
        // partners in one place: no slope, no NaN
        var same = x.requiresGrad();
        PLAIN.withAlpha(1).alignment(same, y.mul(0).add(same.detach())).backward();
        assertThat(same.grad().isFinite().all().item()).isEqualTo(1);
    }

    @Test void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> PLAIN.withT(0)).hasMessageContaining("t 0.0");
        assertThatThrownBy(() -> PLAIN.withAlignmentWeight(-1)).hasMessageContaining("-1.0");
        assertThatThrownBy(() -> PLAIN.uniformity(Tensor.ones(1, 3))).hasMessageContaining("(1, 3)");
        assertThatThrownBy(() -> PLAIN.alignment(Tensor.ones(2, 3), Tensor.ones(2, 4))).hasMessageContaining("(2, 4)");
        assertThatThrownBy(() -> AlignmentUniformity.limit(Tensor.ones(2, 3), Tensor.ones(2, 3), 0))
                .hasMessageContaining("temperature is 0.0");
        assertThatThrownBy(() -> AlignmentUniformity.excess(Tensor.ones(2, 3), Tensor.ones(2, 3), 1, new int[] {0}, 1, Rng.of(1)))
                .hasMessageContaining("[0]");
    }
}
