package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.models.generative.diffusion.ParadigmReport.Paradigm;
import lyceum.models.generative.diffusion.ParadigmReport.Row;
import lyceum.nn.Adapter;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.prob.MarkovChain;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParadigmComparisonTest {
    /** Four states that mostly go round, with one that lingers: not reversible. */
    private static final MarkovChain SOURCE = new MarkovChain(
            new double[][] {{0.05, 0.8, 0.1, 0.05}, {0.1, 0.05, 0.75, 0.1}, {0.1, 0.05, 0.3, 0.55}, {0.8, 0.1, 0.05, 0.05}});
    private static final TokenModelConfig CONFIG = new TokenModelConfig(4, 32, 2, 32, 2);

    private static ParadigmComparison.Tokens trained;

    private static synchronized ParadigmComparison.Tokens trained() {
        if (trained == null) trained = new ParadigmComparison(CONFIG).withStrings(4_096).withEpochs(12).withRate(5e-3)
                .withPasses(List.of(2, 8, 32)).overTokens(SOURCE, Rng.of(1), Progress.SILENT);
        return trained;
    }

    private static Row autoregression() { return trained().report().of(Paradigm.AUTOREGRESSION).getFirst(); }

    private static List<Row> diffusion() { return trained().report().of(Paradigm.DIFFUSION); }

    @Tag("heavy")
    @Acceptance(topic = "ar-vs-diffusion", clause = 1)
    @Test void theExactLikelihoodIsNearTheSourcesAndTheBoundIsNotBelowIt() {
        var report = trained().report();
        Evidence.of("autoregression's NLL over the source's, off 1", Math.abs(autoregression().nll() / report.sourceNll() - 1),
                atMost(0.03));
        assertThat(autoregression().nll()).isGreaterThan(report.sourceNll() - 3 * autoregression().error());
        Row bound = diffusion().getFirst();
        Evidence.of("diffusion bound less the source's NLL, in standard errors of the paired difference",
                (bound.nll() - report.sourceNll()) / bound.error(), atLeast(-2));
        Evidence.of("the bound over the source's NLL", bound.nll() / report.sourceNll(), below(1.15));
        Evidence.of("difference of the networks' sizes", bound.parameters() - autoregression().parameters(), exactly(0));
    }

    @Tag("heavy")
    @Acceptance(topic = "ar-vs-diffusion", clause = 3)
    @Test void moreStepsBringTheBigramsBack() {
        double[] gaps = diffusion().stream().mapToDouble(Row::distance).toArray();
        double own = autoregression().distance();
        Evidence.of("bigram total variation at K = 8 over that at 2", gaps[1] / gaps[0], below(1));
        Evidence.of("at K = 32 over that at 8", gaps[2] / gaps[1], below(1));
        Evidence.of("at K = 2 above the autoregression's", gaps[0] - own, above(0.05));
        Evidence.of("what is left of that at K = 32", Math.abs(gaps[2] - own) / (gaps[0] - own), atMost(0.25));
    }

    @Tag("heavy")
    @Acceptance(topic = "ar-vs-diffusion", clause = 4)
    @Test void bothSidesTellMoreOfTheMiddleThanOne() {
        double both = diffusion().getFirst().infilling(), left = autoregression().infilling();
        Evidence.of("KL of the exact posterior from the autoregression's filling, in nats", left, above(0.1));
        Evidence.of("that from masked diffusion's over it", both / left, below(0.5));
    }

    @Acceptance(topic = "ar-vs-diffusion", clause = 2)
    @Test void passesAreLAgainstK() {
        for (int length : new int[] {5, 12}) {
            var config = new TokenModelConfig(3, length, 1, 8, 2);
            for (int k : new int[] {1, 3, length}) {
                var calls = new int[1];
                Adapter counter = (in, out, pass) -> {
                    calls[0]++;
                    return out;
                };
                var left = new TokenAutoregression(config, Rng.of(1));
                var masked = new MaskedDiffusion(config, Rng.of(1));
                // Of the network itself, inside of both.
                left.modules("network").values().forEach(m -> m.attach(counter));
                masked.modules("network").values().forEach(m -> m.attach(counter));
                left.sample(4, Rng.of(2));
                Evidence.of("passes of the autoregression, L = " + length, calls[0], exactly(length));
                calls[0] = 0;
                var drawn = masked.sample(4, k, Rng.of(2), Progress.SILENT);
                Evidence.of("passes of the diffusion, L = " + length + ", K = " + k, calls[0], exactly(k));
                assertThat(drawn.max().item()).isLessThan(3); // no mask is left
            }
        }
    }

    private static List<int[]> orders(int n) {
        var all = new ArrayList<int[]>();
        if (n == 0) return List.of(new int[0]);
        for (int[] shorter : orders(n - 1)) for (int at = 0; at < n; at++) {
            var order = new int[n];
            System.arraycopy(shorter, 0, order, 0, at);
            order[at] = n - 1;
            System.arraycopy(shorter, at, order, at + 1, n - 1 - at);
            all.add(order);
        }
        return all;
    }

    private static MaskedDiffusion small(int length) {
        var model = new MaskedDiffusion(new TokenModelConfig(3, length, 1, 8, 2), Rng.of(3));
        Autograd.noGrad(() -> model.parameters("*weight").forEach((name, t) -> t.mul_(name.contains("norm") ? 1 : 2.5)));
        return model;
    }

    @Acceptance(topic = "ar-vs-diffusion", clause = 5)
    @Test void theMeanOverAllOrdersIsTheBound() {
        var model = small(6);
        var x = Tensor.randint(Rng.of(4), 0, 3, 4, 6).compute();
        var orders = orders(6);
        double mean = 0, least = Double.POSITIVE_INFINITY, most = 0;
        for (int[] order : orders) {
            double nll = -model.logProbability(x, order).mean().item();
            mean += nll / orders.size();
            least = Math.min(least, nll);
            most = Math.max(most, nll);
        }
        int copies = 500;
        var draws = model.bound(x.repeat(0, copies), 20, Rng.of(5)).to(DType.F64).reshape(copies, 4, 20).mean(1).flatten();
        double error = draws.std().item() / Math.sqrt(draws.count());
        Evidence.of("orders", orders.stream().map(Arrays::toString).distinct().count(), exactly(720));
        Evidence.of("gap of the Monte Carlo bound to the mean over orders, in standard errors",
                Math.abs(draws.mean().item() - mean) / error, atMost(3));
        Evidence.of("standard error over the spread of the orders", error / (most - least), below(0.05));
    }

    @Test void everyOrderIsADistributionAndSamplesFollowIt() {
        var model = small(3);
        var strings = new long[27 * 3];
        for (int i = 0; i < 27; i++) for (int t = 0; t < 3; t++) strings[3 * i + t] = i / (int) Math.pow(3, t) % 3;
        var all = Tensor.of(strings, 27, 3);
        var mixed = new double[27];
        for (int[] order : orders(3)) {
            double[] p = model.logProbability(all, order).to(DType.F64).exp().toDoubleArray();
            assertThat(Arrays.stream(p).sum()).isCloseTo(1, offset(1e-5));
            for (int i = 0; i < 27; i++) mixed[i] += p[i] / 6;
        }
        int n = 5_000;
        var counts = new double[27];
        for (double[] row : model.sample(n, Rng.of(6)).to(DType.F64).toRows()) counts[(int) (row[0] + 3 * row[1] + 9 * row[2])]++;
        double chi = IntStream.range(0, 27).mapToDouble(i -> (counts[i] - n * mixed[i]) * (counts[i] - n * mixed[i]) / n / mixed[i]).sum();
        assertThat(chi).isLessThan(54.1); // 0.1% of chi-square with 26 degrees of freedom
    }

    @Test void knownTokensStayAndNothingLaterIsSeenFromTheLeft() {
        var model = small(6);
        var x = Tensor.randint(Rng.of(4), 0, 3, 5, 6).compute();
        var known = Tensor.arange(6).mod(2).unsqueeze(0).expand(5, 6);
        for (int k : new int[] {1, 2, 6}) {
            var filled = model.infill(x, known, k, Rng.of(7), Progress.SILENT);
            assertThat(filled.eq(x).or(known.eq(0)).all().item()).isEqualTo(1);
        }
        assertThat(model.infill(x, known, 2, Rng.of(7), Progress.SILENT).toIntArray())
                .isEqualTo(model.infill(x, known, 2, Rng.of(7), Progress.SILENT).toIntArray());
        var left = new TokenAutoregression(new TokenModelConfig(3, 6, 2, 8, 2), Rng.of(1));
        var other = Tensor.concat(1, x.narrow(1, 0, 3), x.narrow(1, 3, 3).add(1).mod(3));
        Tensor a = left.logProbabilities(x, Pass.inference()), b = left.logProbabilities(other, Pass.inference());
        assertThat(a.narrow(1, 0, 3).toDoubleArray()).isEqualTo(b.narrow(1, 0, 3).toDoubleArray());
    }

    @Test void aSmallComparisonHasAllNumbers() {
        var comparison = new ParadigmComparison(new TokenModelConfig(4, 6, 1, 8, 2)).withStrings(64).withEpochs(2).withSamples(50)
                .withPasses(List.of(1, 6)).withGap(2).withContexts(3).withDraws(2);
        var report = comparison.overTokens(SOURCE, Rng.of(1), Progress.SILENT).report();
        assertThat(report.rows()).hasSize(3);
        assertThat(report.rows().stream().map(Row::passes)).containsExactly(6, 1, 6);
        assertThat(report.sourceDiversity()).isCloseTo(0.8, offset(0.2));
        assertThat(report.sourceNll()).isCloseTo(report.sourceDiversity(), offset(0.2));
        report.rows().forEach(r -> assertThat(r.nll()).isPositive().isFinite());
        assertThat(report.of(Paradigm.DIFFUSION).getLast().wishPasses()).isEqualTo(6);
        assertThat(report.rows().getFirst().wishPasses()).isGreaterThan(6);
    }

    /** Sums over all strings of the source itself, logits turned to probabilities by hand: what the numbers of the trained models rest on. */
    @Test void aReportsNumbersAreThoseOfTheirDefinition() {
        var config = new TokenModelConfig(4, 6, 1, 8, 2);
        var comparison = new ParadigmComparison(config).withSamples(40).withPasses(List.of(1, 6)).withGap(2).withContexts(3).withDraws(2);
        var left = new TokenAutoregression(config, Rng.of(2));
        var masked = new MaskedDiffusion(config, Rng.of(3));
        for (var model : List.of(left, masked)) Autograd.noGrad(() -> model.parameters("*head.weight").forEach((name, t) -> t.mul_(3)));
        var report = comparison.compare(left, masked, SOURCE, Rng.of(1));
        double[][] law = SOURCE.transition(), test = comparison.strings(SOURCE, 40, Rng.of(1).split(1)).to(DType.F64).toRows();
        double[] start = {0.25, 0.25, 0.25, 0.25};
        for (int k = 0; k < 500; k++) {
            double[] now = start.clone();
            for (int b = 0; b < 4; b++) {
                start[b] = 0;
                for (int a = 0; a < 4; a++) start[b] += now[a] * law[a][b];
            }
        }
        double truth = 0;
        for (double[] row : test) truth -= Math.log(start[(int) row[0]] * chain(law, row)) / 6 / 40;
        assertThat(report.sourceNll()).isCloseTo(truth, offset(1e-9));

        double nll = 0, fromLeft = 0, fromBoth = 0;
        for (double[] row : test) for (int t = 0; t < 6; t++) nll -= Math.log(said(left, row, t, row[t])) / 6 / 40;
        for (int i = 0; i < 3; i++) {
            double all = 0;
            for (int f = 0; f < 16; f++) all += chain(law, filled(test[i], f / 4, f % 4));
            for (int f = 0; f < 16; f++) {
                double[] x = filled(test[i], f / 4, f % 4), none = filled(test[i], 4, 4), one = filled(test[i], f / 4, 4);
                double p = chain(law, x) / all;
                fromLeft += p * Math.log(p / said(left, x, 2, x[2]) / said(left, x, 3, x[3])) / 3;
                fromBoth += p * Math.log(p / said(masked, none, 2, x[2]) / said(masked, one, 3, x[3])) / 3;
            }
        }
        Row exact = report.of(Paradigm.AUTOREGRESSION).getFirst();
        assertThat(exact.nll()).isCloseTo(nll, offset(1e-5));
        assertThat(exact.infilling()).isCloseTo(fromLeft, offset(1e-5));
        for (var row : report.of(Paradigm.DIFFUSION)) assertThat(row.infilling()).isCloseTo(fromBoth, offset(1e-5));
        var drawn = masked.sample(40, 6, Rng.of(1).split(4), Progress.SILENT).to(DType.F64).toRows();
        double variation = 0;
        for (int a = 0; a < 4; a++) for (int b = 0; b < 4; b++) {
            double share = 0;
            for (double[] row : drawn) for (int t = 0; t < 5; t++) if (row[t] == a && row[t + 1] == b) share += 1 / 200.0;
            variation += Math.abs(share - start[a] * law[a][b]) / 2;
        }
        assertThat(report.of(Paradigm.DIFFUSION).getLast().distance()).isCloseTo(variation, offset(1e-9));
    }

    /** The probability of a string, its first token given. */
    private static double chain(double[][] law, double[] row) {
        double p = 1;
        for (int t = 1; t < row.length; t++) p *= law[(int) row[t - 1]][(int) row[t]];
        return p;
    }

    private static double[] filled(double[] row, double third, double fourth) {
        return new double[] {row[0], row[1], third, fourth, row[4], row[5]};
    }

    /** What a model says of a token at a place. */
    private static double said(Module model, double[] row, int place, double token) {
        double[] logits = model.forward(Tensor.of(row, 1, 6).to(DType.I64)).select(1, place).to(DType.F64).flatten().toDoubleArray();
        return Math.exp(logits[(int) token]) / Arrays.stream(logits).map(Math::exp).sum();
    }

    @Test void pointsAreComparedToo() {
        var moons = Datasets.moons(Rng.of(1), 1_000, 0.1).x();
        var comparison = new ParadigmComparison(CONFIG).withEpochs(20).withRate(1e-2).withSamples(200).withPasses(List.of(2, 20));
        var points = comparison.overPoints(moons.narrow(0, 0, 800), moons.narrow(0, 800, 200), Rng.of(2), Progress.SILENT);
        var rows = points.report().rows();
        assertThat(rows.stream().map(Row::passes)).containsExactly(2, 2, 20);
        assertThat(rows.getFirst().nll()).isLessThan(2); // a Gaussian of their covariance has 1.9
        assertThat(rows.getFirst().distance()).isLessThan(0.4);
        assertThat(rows.getLast().nll()).isFinite();
        // The mixture's density sums to one.
        var grid = new double[100 * 100][];
        for (int i = 0; i < 10_000; i++) grid[i] = new double[] {-3 + 7 * (i / 100 + 0.5) / 100, -3 + 6.5 * (i % 100 + 0.5) / 100};
        double sum = points.autoregression().logDensity(Tensor.of(grid)).to(DType.F64).exp().sum().item() * 0.07 * 0.065;
        assertThat(sum).isCloseTo(1, offset(0.03));
    }

    @Test void weightsAreSavedAndBadInputIsRefused(@TempDir Path folder) throws Exception {
        var config = new TokenModelConfig(3, 6, 1, 8, 2);
        MaskedDiffusion one = new MaskedDiffusion(config, Rng.of(1)), other = new MaskedDiffusion(config, Rng.of(2));
        one.save(folder.resolve("tokens"));
        other.load(folder.resolve("tokens"));
        var x = Tensor.randint(Rng.of(4), 0, 3, 2, 6);
        assertThat(other.bound(x, 3, Rng.of(1)).toDoubleArray()).isEqualTo(one.bound(x, 3, Rng.of(1)).toDoubleArray());
        assertThatThrownBy(() -> one.bound(x.add(1), 1, Rng.of(1))).hasMessageContaining("0 to 2");
        assertThatThrownBy(() -> one.bound(x.narrow(1, 0, 4), 1, Rng.of(1))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> one.logProbability(x, 0, 1, 2, 3, 4, 4)).hasMessageContaining("not a permutation");
        assertThatThrownBy(() -> one.sample(2, 7, Rng.of(1), Progress.SILENT)).hasMessageContaining("7 passes");
        assertThatThrownBy(() -> one.over(x).of(new int[] {0}, Pass.inference())).hasMessageContaining("random stream");
        assertThatThrownBy(() -> new ParadigmComparison(config).withGap(5)).hasMessageContaining("gap of 5");
        assertThatThrownBy(() -> new ParadigmComparison(config).overTokens(SOURCE, Rng.of(1), Progress.SILENT))
                .hasMessageContaining("4 states");
        assertThatThrownBy(() -> new TokenModelConfig(1, 4, 1, 8, 2)).hasMessageContaining("1 tokens");
        assertThatThrownBy(() -> new AutoregressiveMixture(2, 3, DType.F32, Rng.of(1), 8).sample(0, Rng.of(1)))
                .hasMessageContaining("0 rows");
    }
}
