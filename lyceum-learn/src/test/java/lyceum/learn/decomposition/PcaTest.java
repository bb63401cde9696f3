package lyceum.learn.decomposition;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PcaTest {
    private static final String TOPIC = "pca";
    private static final Golden GOLDEN = Golden.load("golden/pca.json");
    /** Digits has three pixels that are always white: the rank is 61. */
    private static final int RANK = 61;

    @TestFactory Stream<DynamicTest> fullKeepsTheContract() { return LearnerContract.of(new Pca(2)).tests(); }

    @TestFactory Stream<DynamicTest> covarianceKeepsTheContract() {
        return LearnerContract.of(new Pca(3).withSolver(Pca.Solver.COVARIANCE).withWhiten(true)).tests();
    }

    @TestFactory Stream<DynamicTest> randomisedKeepsTheContract() {
        return LearnerContract.of(new Pca(2).withSolver(Pca.Solver.RANDOMISED)).tests();
    }

    @TestFactory Stream<DynamicTest> incrementalKeepsTheContract() { return LearnerContract.of(new IncrementalPca(2, 10)).tests(); }

    @TestFactory Stream<DynamicTest> probabilisticKeepsTheContract() {
        return LearnerContract.of(new ProbabilisticPca(2).withTolerance(1e-12).withMaxIterations(3000)).withTolerance(1e-5).tests();
    }

    /** Components and scores as the reference has them, after turning our signs. */
    private static void seeUpToSigns(Gap gap, PcaModel model, Golden expected, Tensor rows, String what) {
        double[][] components = expected.matrix("components"), ours = model.components().toRows();
        var signs = new double[ours.length];
        Arrays.fill(signs, 1);
        for (int c = 0; c < components.length; c++) {
            double dot = 0;
            for (int j = 0; j < ours[c].length; j++) dot += ours[c][j] * components[c][j];
            signs[c] = Math.signum(dot);
            for (int j = 0; j < ours[c].length; j++) gap.see(what + " component " + c, signs[c] * ours[c][j], components[c][j]);
        }
        if (!expected.has("scores")) return;
        double[][] scores = expected.matrix("scores"), mine = model.transform(rows).toRows();
        for (int i = 0; i < scores.length; i++) {
            for (int c = 0; c < scores[i].length; c++) {
                if (c < components.length) gap.see(what + " score", signs[c] * mine[i][c], scores[i][c]);
                else gap.see(what + " score", Math.abs(mine[i][c]), Math.abs(scores[i][c]));
            }
        }
    }

    private static Tensor everyTenth(Tensor x) { return x.rows(IntStream.iterate(0, i -> i < x.size(0), i -> i + 180).toArray()); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void componentsVariancesScoresAndLikelihoodEqualScikitLearn() {
        var gap = Gap.relativeBeyondOne();
        var x = Datasets.digits().x();
        var all = GOLDEN.named("all components").at("expected");
        var model = new Pca().fit(x);
        gap.see("variance", model.explainedVariance().toDoubleArray(), all.doubles("explainedVariance"));
        gap.see("ratio", model.explainedVarianceRatio().toDoubleArray(), all.doubles("ratio"));
        gap.see("singular value", Arrays.copyOf(model.singularValues().toDoubleArray(), RANK),
                Arrays.copyOf(all.doubles("singularValues"), RANK));
        gap.see("mean", model.mean().toDoubleArray(), all.doubles("mean"));
        int turned = 0;
        for (var axis : model.components().toRows())
            if (Arrays.stream(axis).max().orElseThrow() + Arrays.stream(axis).min().orElseThrow() < -1e-9) turned++;
        Evidence.of("components whose largest entry is negative", turned, exactly(0));
        for (int k : new int[] {2, 10, 30}) {
            var expected = GOLDEN.named(k + " components").at("expected");
            for (var solver : new Pca.Solver[] {Pca.Solver.FULL, Pca.Solver.COVARIANCE}) {
                var pca = new Pca(k).withSolver(solver).fit(x);
                seeUpToSigns(gap, pca, expected, everyTenth(x), k + " by " + solver);
                gap.see("noise", pca.noiseVariance(), expected.number("noiseVariance"));
                gap.see("log-likelihood", pca.score(x), expected.number("logLikelihood"));
                gap.see("log density", pca.logDensity(everyTenth(x)).toDoubleArray(), expected.doubles("rowLogLikelihood"));
                gap.see("reconstruction", pca.reconstructionError(x), expected.number("reconstructionError"));
            }
        }
        var white = new Pca(10).withWhiten(true).fit(x).transform(everyTenth(x)).toRows();
        var expected = GOLDEN.named("whitened").matrix("expected.scores");
        for (int i = 0; i < expected.length; i++)
            for (int c = 0; c < 10; c++) gap.see("whitened", Math.abs(white[i][c]), Math.abs(expected[i][c]));
        var wide = GOLDEN.named("wide").at("expected");
        var rows = Tensor.of(new Recipe(18200).matrix(6, 9));
        var fat = new Pca(4).fit(rows);
        seeUpToSigns(gap, fat, wide, rows, "wide");
        gap.see("wide variance", fat.explainedVariance().toDoubleArray(), wide.doubles("explainedVariance"));
        gap.see("wide noise", fat.noiseVariance(), wide.number("noiseVariance"));
        gap.see("wide log-likelihood", fat.score(rows), wide.number("logLikelihood"));
        Evidence.of("largest gap to scikit-learn", gap, below(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void incrementalEqualsScikitLearnInOneBatchAndInSeven() {
        var gap = Gap.relativeBeyondOne();
        var x = Datasets.digits().x();
        for (int batch : new int[] {1797, 300}) {
            var expected = GOLDEN.named(batch == 300 ? "incremental, batches of 300" : "incremental, one batch").at("expected");
            var model = new IncrementalPca(10, batch).fit(x);
            seeUpToSigns(gap, model.pca(), expected, everyTenth(x), "incremental " + batch);
            gap.see("variance", model.pca().explainedVariance().toDoubleArray(), expected.doubles("explainedVariance"));
            gap.see("mean", model.pca().mean().toDoubleArray(), expected.doubles("mean"));
            if (expected.has("noiseVariance")) gap.see("noise", model.pca().noiseVariance(), expected.number("noiseVariance"));
        }
        Evidence.of("largest gap to scikit-learn", gap, below(1e-8));
    }

    @Test void numbersOfComponentsEqualScikitLearn() {
        var digits = Datasets.digits().x();
        double[] shares = GOLDEN.named("by variance").doubles("input.share");
        int[] expected = GOLDEN.named("by variance").ints("expected.components");
        for (int i = 0; i < shares.length; i++)
            assertThat(new Pca(new ComponentCount.VarianceShare(shares[i])).fit(digits).nOutputs()).isEqualTo(expected[i]);
        assertThat(new Pca(new ComponentCount.Evidence()).fit(Datasets.iris().x()).nOutputs())
                .isEqualTo(GOLDEN.named("minka iris").integer("expected.components"));
        assertThat(new Pca(new ComponentCount.Evidence()).fit(Datasets.wine().x()).nOutputs())
                .isEqualTo(GOLDEN.named("minka wine").integer("expected.components"));
        assertThat(new Pca(new ComponentCount.Evidence()).fit(Datasets.breastCancer().x()).nOutputs())
                .isEqualTo(GOLDEN.named("minka breast-cancer").integer("expected.components"));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void scoresAreUncorrelated() {
        var x = Datasets.digits().x();
        double worst = 0;
        var scores = new Pca(RANK).fit(x).transform(x);
        double[][] covariance = scores.transpose().matmul(scores).div(1796).toRows();
        for (int a = 0; a < RANK; a++)
            for (int b = 0; b < a; b++)
                worst = Math.max(worst, Math.abs(covariance[a][b]) / Math.sqrt(covariance[a][a] * covariance[b][b]));
        Evidence.of("largest correlation", worst, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void reconstructionErrorIsTheDroppedVarianceAndNoSubspaceIsBetter() {
        var x = Datasets.digits().x();
        double[] variances = new Pca().fit(x).explainedVariance().toDoubleArray();
        double worst = 0;
        int better = 0;
        var centred = x.sub(x.mean(0)).compute();
        double total = centred.square().sum().item();
        for (int k : new int[] {1, 5, 20, 50}) {
            double dropped = 0, error = new Pca(k).fit(x).reconstructionError(x);
            for (int i = k; i < 64; i++) dropped += variances[i] * 1796;
            worst = Math.max(worst, Math.abs(error - dropped) / dropped);
            for (int r = 0; r < 125; r++) {
                var q = Qr.of(Tensor.randn(Rng.of(1000 * k + r), DType.F64, 64, k)).q();
                if (total - centred.matmul(q).square().sum().item() < error) better++;
            }
        }
        Evidence.of("relative gap", worst, below(1e-9));
        Evidence.of("random subspaces that are better", better, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void whitenedCovarianceIsTheIdentity() {
        var x = Datasets.digits().x();
        var white = new Pca(RANK).withWhiten(true).fit(x).transform(x);
        var gap = white.sub(white.mean(0)).transpose().matmul(white).div(1796).sub(Tensor.eye(DType.F64, RANK)).abs().max().item();
        Evidence.of("largest gap to the identity", gap, below(1e-9));
        assertThatThrownBy(() -> new Pca().withWhiten(true).fit(x)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("component 62 of 64 has no variance").hasMessageContaining("at most 61");
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void parallelAnalysisFindsAPlantedRankOfFive() {
        int found = 0;
        for (int seed = 0; seed < 50; seed++) {
            var rng = Rng.of(seed);
            // Five orthogonal directions of deviation 2.8 to 3.4 in noise of deviation 1.
            var loadings = Qr.of(Tensor.randn(rng, DType.F64, 20, 5)).q().mul(Tensor.linspace(3.4, 2.8, 5)).transpose();
            var x = Tensor.randn(rng, DType.F64, 300, 5).matmul(loadings).add(Tensor.randn(rng, DType.F64, 300, 20));
            if (new Pca(new ComponentCount.ParallelAnalysis()).withSeed(seed).fit(x).nOutputs() == 5) found++;
        }
        Evidence.of("draws in which 5 are found", found, atLeast(48));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void emRecoversTheSubspaceWithAFifthMissing() {
        double worst = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            var w = Tensor.randn(rng, DType.F64, 3, 10).mul(2);
            var x = Tensor.randn(rng, DType.F64, 400, 3).matmul(w).add(Tensor.randn(rng, DType.F64, 400, 10).mul(0.5)).add(3);
            var missing = Tensor.where(Tensor.rand(rng, DType.F64, 400, 10).lt(0.2), Tensor.scalar(Double.NaN), x);
            var model = new ProbabilisticPca(3).fit(missing);
            assertThat(model.converged()).isTrue();
            double[] cosines = Svd.values(model.components().matmul(Qr.of(w.transpose()).q())).toDoubleArray();
            worst = Math.max(worst, Math.acos(Math.min(1, cosines[2])));
            assertThat(model.noiseVariance()).isCloseTo(0.25, within(0.04));
            double filled = model.impute(missing).sub(x).square().mean().item() / 0.2;
            assertThat(filled).isLessThan(1);
        }
        Evidence.of("largest principal angle in rad", worst, below(0.1));
    }

    @Test void emWithoutMissingValuesIsTheClosedForm() {
        var x = Datasets.iris().x();
        PcaModel pca = new Pca(2).fit(x);
        var em = new ProbabilisticPca(2).withTolerance(1e-13).withMaxIterations(5000).fit(x);
        assertThat(em.noiseVariance()).isCloseTo(pca.noiseVariance() * 149 / 150, within(1e-6));
        assertThat(em.components().sub(pca.components()).abs().max().item()).isLessThan(1e-4);
        assertThat(em.signalVariance().toDoubleArray()[0]).isCloseTo((pca.explainedVariance().item(0) - pca.noiseVariance()) * 149 / 150,
                within(1e-4));
    }

    @Test void sparseRowsGiveTheSameComponents() {
        var rng = Rng.of(3);
        var dense = Tensor.where(Tensor.rand(rng, DType.F64, 120, 30).lt(0.15), Tensor.randn(rng, DType.F64, 120, 30).add(2),
                Tensor.scalar(0));
        PcaModel full = new Pca(4).fit(dense), sparse = new Pca(4).fit(Csr.fromDense(dense));
        assertThat(sparse.explainedVariance().sub(full.explainedVariance()).abs().max().item()).isLessThan(1e-8);
        assertThat(sparse.components().sub(full.components()).abs().max().item()).isLessThan(1e-6);
        assertThat(sparse.noiseVariance()).isCloseTo(full.noiseVariance(), within(1e-8));
        assertThat(sparse.transform(Csr.fromDense(dense)).sub(sparse.transform(dense)).abs().max().item()).isLessThan(1e-10);
    }

    @Test void randomisedFindsTheLeadingComponents() {
        var x = Datasets.digits().x();
        var random = new Pca(10).withSolver(Pca.Solver.RANDOMISED).fit(x).explainedVariance();
        assertThat(random.div(new Pca(10).fit(x).explainedVariance()).sub(1).abs().max().item()).isLessThan(1e-4);
    }

    @Test void samplesHaveTheModelsCovariance() {
        var model = new Pca(2).fit(Datasets.iris().x());
        var drawn = new Pca(2).fit(model.sample(Rng.of(1), 40_000));
        assertThat(drawn.explainedVariance().div(model.explainedVariance()).sub(1).abs().max().item()).isLessThan(0.03);
        assertThat(drawn.noiseVariance()).isCloseTo(model.noiseVariance(), within(0.003));
        assertThat(model.covariance().sub(drawn.covariance()).abs().max().item()).isLessThan(0.1);
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new Pca(0)).isInstanceOf(IllegalArgumentException.class).hasMessage("components is 0; at least 1 is kept");
        assertThatThrownBy(() -> new Pca(5).fit(Tensor.zeros(DType.F64, 9, 4))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("components is 5").hasMessageContaining("at most 4");
        assertThatThrownBy(() -> new Pca().withSolver(Pca.Solver.RANDOMISED)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("given number");
        assertThatThrownBy(() -> new Pca(2).fit(Datasets.iris().x()).inverse(Tensor.zeros(DType.F64, 3, 4)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("2 columns");
    }
}
