package lyceum.models.generative;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.data.scenes.Sprites;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.prob.MultivariateNormal;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DisentanglementTest {
    private static final double[][] HADAMARD = {{0.5, 0.5, 0.5, 0.5}, {0.5, -0.5, 0.5, -0.5}, {0.5, 0.5, -0.5, -0.5},
            {0.5, -0.5, -0.5, 0.5}};

    /** All rows of so many factors of so many levels: independent exactly. */
    private static int[][] grid(int levels, int factors) {
        int n = (int) Math.pow(levels, factors);
        var rows = new int[n][factors];
        for (int i = 0; i < n; i++) for (int f = 0, rest = i; f < factors; f++, rest /= levels) rows[i][f] = rest % levels;
        return rows;
    }

    /** The factors themselves, in another order, of mean 0 and deviation 1. */
    private static Tensor aligned(int[][] factors, int... order) {
        var z = new double[factors.length * order.length];
        for (int i = 0; i < z.length; i++) z[i] = factors[i / order.length][order[i % order.length]];
        var codes = Tensor.of(z, factors.length, order.length);
        return codes.sub(codes.mean(0)).div(codes.std(0, 0, false)).compute();
    }

    @Acceptance(topic = "disentangled-representation", clause = 1)
    @Test void axesScoreOneAndTheirRotationNothing() {
        int[][] factors = grid(10, 4);
        var codes = aligned(factors, 2, 0, 3, 1);
        var lasso = Disentanglement.lasso(0.01);
        var axes = new Disentanglement(codes, factors);
        var turned = new Disentanglement(codes.matmul(Tensor.of(HADAMARD)), factors);
        var constant = new Disentanglement(Tensor.full(DType.F64, 0.7, factors.length, 4), factors);
        Evidence.of("MIG of axes, off 1", Math.abs(axes.mig(20) - 1), atMost(0.02));
        Evidence.of("DCI of axes, off 1", Math.abs(axes.dci(lasso).disentanglement() - 1), atMost(0.02));
        Evidence.of("MIG of the rotation", turned.mig(20), atMost(0.05));
        Evidence.of("DCI of the rotation", turned.dci(lasso).disentanglement(), atMost(0.05));
        Evidence.of("MIG of a constant", constant.mig(20), exactly(0));
        Evidence.of("DCI of a constant", constant.dci(lasso).disentanglement(), exactly(0));
        int[][] drawn = new int[10_000][];
        var rng = Rng.of(1);
        for (int i = 0; i < drawn.length; i++) drawn[i] = factors[rng.nextInt(factors.length)];
        Tensor some = aligned(drawn, 3, 1, 2, 0);
        var fewer = new Disentanglement(some, drawn);
        var turnedToo = new Disentanglement(some.matmul(Tensor.of(HADAMARD)), drawn);
        Evidence.of("axes off 1 on drawn rows, the worse score", 1 - Math.min(fewer.mig(20), fewer.dci(lasso).disentanglement()),
                atMost(0.02));
        Evidence.of("the rotation on drawn rows, the higher score", Math.max(turnedToo.mig(20), turnedToo.dci(lasso).disentanglement()),
                atMost(0.05));
        assertThat(turned.dci(lasso).error()).isLessThan(0.01); // nothing is lost by the rotation
        assertThat(axes.sap()).isCloseTo(1, Offset.offset(1e-9));
        assertThat(constant.sap()).isZero();
    }

    /** A linear model trained on data of two factors along orthogonal directions of different lengths. */
    @Acceptance(topic = "disentangled-representation", clause = 2)
    @Test void aRotationKeepsTheLikelihoodAndLosesTheAxes() {
        var rng = Rng.of(1);
        int[][] factors = grid(20, 2);
        var basis = Svd.of(Tensor.randn(rng, DType.F64, 6, 6)).u().narrow(0, 0, 2).mul(Tensor.of(3.0, 1.2).reshape(2, 1));
        var x = aligned(factors, 0, 1).matmul(basis).add(Tensor.randn(rng, DType.F64, 400, 6).mul(0.05)).compute();
        double deviation = 0.5;
        var vae = Vae.dense(MlpConfig.regressor(6, 1).withDtype(DType.F64),
                new VaeConfig(2).withObservation(new Observation.Gaussian(deviation)), rng);
        vae.fit(new Trainer(new Adam(0.05), 800).withBatchSize(400).withSchedule(new Schedule.Cosine(800)), x, null, rng, Progress.SILENT);
        double turn = Math.sqrt(0.5);
        var turned = Disentanglement.rotated(vae, Tensor.of(new double[][] {{turn, -turn}, {turn, turn}}));
        double before = likelihood(vae, x, deviation), after = likelihood(turned, x, deviation);
        assertThat(turned.decode(Tensor.of(1.0, 0).reshape(1, 2)).sub(vae.decode(Tensor.of(1.0, 0).reshape(1, 2))).abs().max().item())
                .isGreaterThan(0.1);
        assertThat(turned.reconstruct(x).sub(vae.reconstruct(x)).abs().max().item()).isLessThan(1e-12);
        Evidence.of("change of the mean log-likelihood in nats", Math.abs(after - before), atMost(1e-10));
        double own = new Disentanglement(vae.encode(x), factors).mig(20), other = new Disentanglement(turned.encode(x), factors).mig(20);
        Evidence.of("drop of MIG", own - other, above(0.5));
        assertThatThrownBy(() -> Disentanglement.rotated(vae, Tensor.of(new double[][] {{1, 0}, {1, 1}})))
                .hasMessageContaining("orthogonal");
    }

    /** Mean ln N(x; b, W W' + s^2 I) of what a model decodes from the axes. */
    private static double likelihood(LatentModel model, Tensor x, double deviation) {
        Tensor b = model.decode(Tensor.zeros(DType.F64, 1, 2)), w = model.decode(Tensor.eye(DType.F64, 2)).sub(b);
        var covariance = w.transpose().matmul(w).add(Tensor.eye(DType.F64, x.size(1)).mul(deviation * deviation));
        return new MultivariateNormal(b.toDoubleArray(), covariance.toRows()).logDensity(x).mean().item();
    }

    @Acceptance(topic = "disentangled-representation", clause = 3)
    @Test void scoresAreThoseOfScikitLearn() {
        Gap mig = Gap.absolute(), sap = Gap.absolute(), dci = Gap.absolute();
        for (var c : Golden.load("golden/disentanglement.json").cases("score")) {
            int[][] factors = Arrays.stream(c.matrix("input.factors")).map(row -> Arrays.stream(row).mapToInt(v -> (int) v).toArray())
                    .toArray(int[][]::new);
            var score = new Disentanglement(Tensor.of(c.matrix("input.codes")), factors);
            var parts = score.dci(Disentanglement.lasso(c.number("input.alpha")));
            double[][] table = score.mutualInformation(c.integer("input.bins")), expected = c.matrix("expected.mi"),
                    importances = c.matrix("expected.importances");
            mig.see(c, "expected.mig", score.mig(c.integer("input.bins")));
            sap.see(c, "expected.sap", score.sap());
            dci.see(c, "expected.disentanglement", parts.disentanglement()).see(c, "expected.completeness", parts.completeness()).see(c,
                    "expected.error", parts.error());
            for (int j = 0; j < table.length; j++) {
                mig.see("mutual information", table[j], expected[j]);
                dci.see("importances", parts.importances()[j], importances[j]);
            }
        }
        assertThat(sap.seen()).isEqualTo(3);
        Evidence.of("MIG and its table, largest gap", mig, atMost(1e-6));
        Evidence.of("SAP, largest gap", sap, atMost(1e-6));
        Evidence.of("DCI and its importances, largest gap", dci, atMost(1e-6));
    }

    private static final Sprites SPRITES = new Sprites(16, 8, 3, 1);

    private static Tensor pictures(int[][] factors) { return SPRITES.pictures(factors).reshape(-1, 256).compute(); }

    private static Vae vae(Rng rng) {
        return Vae.dense(MlpConfig.regressor(256, 1, 64, 32).withActivation(Activation.TANH),
                new VaeConfig(6).withObservation(new Observation.Gaussian(0.3)), rng);
    }

    @Tag("heavy")
    @Acceptance(topic = "disentangled-representation", clause = 4)
    @Test void weakPairsDisentangleSprites() {
        int[][] all = SPRITES.all();
        var x = pictures(all);
        int wins = 0;
        // A thousand steps either way: all 192 pictures, or 1,920 pairs.
        var trainer = new Trainer(new Adam(3e-3), 250).withBatchSize(48).withSchedule(new Schedule.Cosine(1000));
        double[] alone = new double[5], paired = new double[5];
        for (int seed = 0; seed < 5; seed++) {
            Rng first = Rng.of(seed + 1), second = Rng.of(seed + 1); // the same start and the same batches
            Vae plain = vae(first), weak = vae(second);
            plain.fit(trainer, x, null, first, Progress.SILENT);
            var pairs = SPRITES.pairs(1920, 1, Rng.of(100 + seed));
            WeakSupervision.pairs(weak, trainer.withEpochs(25), pictures(pairs.first()), pictures(pairs.second()), 0, second)
                    .finish(Progress.SILENT);
            alone[seed] = new Disentanglement(plain.encode(x), all).mig(20);
            paired[seed] = new Disentanglement(weak.encode(x), all).mig(20);
            if (paired[seed] > alone[seed]) wins++;
        }
        Arrays.sort(alone);
        Arrays.sort(paired);
        Evidence.of("of 5 seeds where pairs score higher", wins, atLeast(4));
        Evidence.of("median MIG with pairs less without", paired[2] - alone[2], above(0));
    }

    @Test void scoresThatDrawTellAxesFromRotations() {
        int[] levels = {5, 1, 6, 4};
        var axes = new Disentanglement.World(levels, f -> aligned(f, 3, 0, 2));
        var none = new Disentanglement.World(levels, f -> Tensor.zeros(DType.F64, f.length, 3));
        var spread = Tensor.of(new double[][] {{1 / Math.sqrt(3), 1 / Math.sqrt(2), 1 / Math.sqrt(6)},
                {1 / Math.sqrt(3), -1 / Math.sqrt(2), 1 / Math.sqrt(6)}, {1 / Math.sqrt(3), 0, -2 / Math.sqrt(6)}});
        var turned = new Disentanglement.World(levels, f -> aligned(f, 3, 0, 2).matmul(spread));
        assertThat(Disentanglement.factorVaeScore(axes, 200, 30, Rng.of(1))).isEqualTo(1);
        assertThat(Disentanglement.factorVaeScore(turned, 200, 30, Rng.of(1))).isBetween(0.3, 0.95);
        assertThat(Disentanglement.factorVaeScore(none, 200, 30, Rng.of(1))).isZero();
        assertThat(Disentanglement.betaVaeScore(axes, 200, 30, Rng.of(1))).isGreaterThan(0.98);
        assertThat(Disentanglement.betaVaeScore(none, 200, 30, Rng.of(1))).isLessThan(0.5);
        assertThatThrownBy(() -> Disentanglement.betaVaeScore(axes, 5, 30, Rng.of(1))).hasMessageContaining("5 votes");
    }

    @Test void totalCorrelationIsThatOfNormals() {
        var rng = Rng.of(2);
        double r = 0.8;
        Tensor a = Tensor.randn(rng, DType.F64, 50_000, 1), b = a.mul(r).add(Tensor.randn(rng, DType.F64, 50_000, 1).mul(0.6));
        assertThat(Disentanglement.totalCorrelation(Tensor.concat(1, a, b.mul(3), a.zerosLike()))).isCloseTo(-0.5 * Math.log(1 - r * r),
                Offset.offset(0.01));
        assertThat(Disentanglement.totalCorrelation(Tensor.randn(rng, 50_000, 4))).isBetween(0.0, 1e-3);
    }

    @Test void importancesMayComeFromAnyLearner() {
        int[][] factors = grid(4, 3);
        var dci = new Disentanglement(aligned(factors, 1, 0, 2), factors).dci((z, v) -> {
            double[] squares = z.transpose().matmul(v).div(z.size(0)).square().toDoubleArray();
            return new Disentanglement.Importance.Told(squares, 0.25);
        });
        assertThat(dci.disentanglement()).isCloseTo(1, Offset.offset(1e-9));
        assertThat(dci.completeness()).isCloseTo(1, Offset.offset(1e-9));
        assertThat(dci.error()).isEqualTo(0.25);
        assertThat(dci.importances()[0][1]).isCloseTo(1, Offset.offset(1e-9));
    }

    /** With equal rows all numbers are shared, and with one changed at most one is not: the loss is that of the merged distributions. */
    @Test void pairsMergeWhatIsNear() {
        var rng = Rng.of(3);
        var vae = Vae.dense(MlpConfig.regressor(5, 1, 4).withDtype(DType.F64), new VaeConfig(3), rng);
        var state = new LinkedHashMap<>(vae.state());
        state.replaceAll((name, value) -> value.add(Tensor.randn(rng, DType.F64, value.shape().toArray()).mul(0.3)).detach());
        vae.load(state);
        Tensor x = Tensor.rand(rng, DType.F64, 4, 5), y = Tensor.rand(rng, DType.F64, 4, 5);
        Vae.Posterior p = vae.posterior(x, Pass.inference()), q = vae.posterior(y, Pass.inference());
        var ratio = p.logVariance().sub(q.logVariance());
        double[][] apart = ratio.exp().add(p.mean().sub(q.mean()).square().div(q.logVariance().exp())).sub(1).sub(ratio).toRows();
        double[][] mean = p.mean().toRows(), other = q.mean().toRows(), variance = p.logVariance().exp().toRows(),
                others = q.logVariance().exp().toRows();
        double rate = 0;
        for (int i = 0; i < 4; i++) {
            double most = Arrays.stream(apart[i]).max().orElseThrow();
            for (int j = 0; j < 3; j++) {
                boolean merged = apart[i][j] < most;
                double m = merged ? (mean[i][j] + other[i][j]) / 2 : mean[i][j],
                        v = merged ? (variance[i][j] + others[i][j]) / 2 : variance[i][j];
                rate += (m * m + v - 1 - Math.log(v)) / 2 / 4;
                m = merged ? m : other[i][j];
                v = merged ? v : others[i][j];
                rate += (m * m + v - 1 - Math.log(v)) / 2 / 4;
            }
        }
        var dear = vae.beta(new BetaSchedule.Constant(1e6)); // so that reconstructions weigh nothing
        double loss = WeakSupervision.pairLoss(dear, x, y, 1, 0, Pass.training(Rng.of(4))).item();
        assertThat(loss / 1e6).isCloseTo(rate / 2, Offset.offset(1e-4));
    }

    @Test void labelsNameTheAxes() {
        int[][] all = SPRITES.all();
        var x = pictures(all);
        var rng = Rng.of(5);
        var vae = vae(rng);
        int[] few = rng.sample(all.length, 60);
        var known = aligned(Arrays.stream(few).mapToObj(i -> all[i]).toArray(int[][]::new), 0, 1, 2).to(DType.F32);
        WeakSupervision.labels(vae, new Trainer(new Adam(3e-3), 50).withBatchSize(48), x, x.rows(few).compute(), known, 50, rng)
                .finish(Progress.SILENT);
        var table = new Disentanglement(vae.encode(x), all).mutualInformation(20);
        for (int f = 0; f < 3; f++) for (int j = 0; j < 6; j++) assertThat(table[j][f]).isLessThanOrEqualTo(table[f][f]);
    }

    @Test void whatDoesNotFitIsNamed() {
        var vae = Vae.dense(4, List.of(), new VaeConfig(2), Rng.of(1));
        var trainer = new Trainer(new Adam(1e-3), 1);
        var x = Tensor.rand(Rng.of(1), 3, 4);
        assertThatThrownBy(() -> new Disentanglement(x, new int[2][1])).hasMessageContaining("2 rows");
        assertThatThrownBy(() -> new Disentanglement(x, new int[][] {{0}, {-1}, {0}})).hasMessageContaining("[-1]");
        assertThatThrownBy(() -> new Disentanglement(x.div(0), new int[3][1])).hasMessageContaining("not finite");
        assertThatThrownBy(() -> Disentanglement.lasso(0)).hasMessageContaining("alpha is 0");
        assertThatThrownBy(() -> WeakSupervision.pairs(vae, trainer, x, x.narrow(0, 0, 2), 0, Rng.of(1))).hasMessageContaining("(2, 4)");
        assertThatThrownBy(() -> WeakSupervision.pairs(vae, trainer, x, x.sub(2), 0, Rng.of(1))).hasMessageContaining("for coins");
        assertThatThrownBy(() -> WeakSupervision.pairs(vae, trainer, x, x, 2, Rng.of(1))).hasMessageContaining("2 numbers of 2");
        assertThatThrownBy(() -> WeakSupervision.labels(vae, trainer, x, x, Tensor.zeros(3, 3), 1, Rng.of(1)))
                .hasMessageContaining("(3, 3)");
    }
}
