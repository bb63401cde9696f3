package lyceum.models.generative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VectorQuantizerTest {
    private static final VectorQuantizerConfig PLAIN = new VectorQuantizerConfig(6, 3).withDtype(DType.F64).withStartSteps(0)
            .withDeadBelow(0);

    /** Clumps of different spread around 12 places. */
    private static Tensor clumps(int n, int d, Rng rng) {
        var places = Tensor.randn(rng, DType.F64, 12, d).mul(3);
        var which = new int[n];
        for (int i = 0; i < n; i++) which[i] = rng.nextInt(12);
        return places.rows(which).add(Tensor.randn(rng, DType.F64, n, d)).compute();
    }

    private static int nearest(double[] x, double[][] book) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int k = 0; k < book.length; k++) {
            double s = 0;
            for (int j = 0; j < x.length; j++) s += (x[j] - book[k][j]) * (x[j] - book[k][j]);
            if (s < least) {
                least = s;
                best = k;
            }
        }
        return best;
    }

    @Acceptance(topic = "encodec", clause = 1)
    @Test void convergedBooksTakeAwayTheCountWeightedSquaresOfTheirCentroids() {
        double gap = 0, leastFall = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 3; seed++) {
            var x = clumps(1500, 6, Rng.of(seed));
            var books = new ResidualQuantizer(new VectorQuantizerConfig(16, 6).withDtype(DType.F64), 6, false, Rng.of(10 + seed));
            for (int steps : books.start(x, 1000, Rng.of(seed))) assertThat(steps).isBetween(2, 999); // converged
            var ids = books.ids(x).toLongArray();
            var left = x.toRows();
            double before = 0;
            for (var row : left) for (double v : row) before += v * v / left.length;
            for (int k = 0; k < 6; k++) {
                var book = books.books().get(k).codebook().toRows();
                double after = 0, norms = 0;
                for (int i = 0; i < left.length; i++) {
                    var code = book[(int) ids[i * 6 + k]];
                    for (int j = 0; j < 6; j++) {
                        norms += code[j] * code[j] / left.length;
                        left[i][j] -= code[j];
                        after += left[i][j] * left[i][j] / left.length;
                    }
                }
                leastFall = Math.min(leastFall, before - after);
                gap = Math.max(gap, Math.abs(after - (before - norms)) / after);
                before = after;
            }
        }
        Evidence.of("least fall by a book", leastFall, Bound.above(0));
        Evidence.of("relative gap to the squares of the centroids", gap, Bound.atMost(1e-6));
    }

    @Acceptance(topic = "encodec", clause = 2)
    @Test void movingAveragesAreWeightedMeansAndGradientsPass() {
        double gap = 0, passing = 0;
        for (double decay : new double[] {0, 0.5, 0.9, 0.99}) {
            var rng = Rng.of(3);
            var quantizer = new VectorQuantizer(PLAIN.withDecay(decay), rng);
            var seen = new ArrayList<double[][]>();
            var chosen = new ArrayList<int[]>();
            for (int batch = 0; batch < 25; batch++) {
                var x = Tensor.randn(rng, DType.F64, 40, 3);
                var book = quantizer.codebook().toRows();
                seen.add(x.toRows());
                chosen.add(Arrays.stream(x.toRows()).mapToInt(row -> nearest(row, book)).toArray());

                var w = Tensor.randn(rng, DType.F64, 40, 3);
                var back = Autograd.pullback(in -> quantizer.quantise(in, Pass.training(Rng.of(1))).values(), x);
                assertThat(back.value().sub(x).abs().max().item()).isPositive();
                passing = Math.max(passing, back.back().apply(w).sub(w).abs().max().item());

                for (int k = 0; k < 6; k++) {
                    var sum = new double[3];
                    double weights = 0;
                    for (int b = 0; b <= batch; b++) for (int i = 0; i < 40; i++) {
                        if (chosen.get(b)[i] != k) continue;
                        double weight = Math.pow(decay, batch - b);
                        weights += weight;
                        for (int j = 0; j < 3; j++) sum[j] += weight * seen.get(b)[i][j];
                    }
                    for (int j = 0; j < 3; j++)
                        gap = Math.max(gap, Math.abs(quantizer.codebook().item(k, j) - (weights > 0 ? sum[j] / weights : book[k][j])));
                }
            }
        }
        Evidence.of("largest gap to the weighted k-means step", gap, Bound.atMost(1e-6));
        Evidence.of("largest change of a gradient on its way", passing, Bound.exactly(0));
    }

    @Test void codesAndValuesGoBothWays() {
        var rng = Rng.of(4);
        var quantizer = new VectorQuantizer(new VectorQuantizerConfig(7, 5), rng);
        var x = Tensor.randn(rng, 2, 3, 4, 5);
        var ids = quantizer.ids(x);
        assertThat(ids.shape().toArray()).containsExactly(2, 3, 4);
        assertThat(ids.dtype()).isEqualTo(DType.I64);
        var q = quantizer.quantise(x, Pass.inference());
        assertThat(q.ids().toLongArray()).containsExactly(ids.toLongArray());
        assertThat(q.values().sub(quantizer.values(ids)).abs().max().item()).isLessThan(1e-6);
        assertThat(quantizer.ids(quantizer.codebook()).toLongArray()).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(q.loss().item()).isCloseTo(0.25 * x.sub(quantizer.values(ids)).square().mean().item(), Offset.offset(1e-6));
        assertThat(quantizer.perplexity(Tensor.of(new long[] {0, 1, 2, 3, 4, 5, 6}, 7))).isCloseTo(7, Offset.offset(1e-9));
        assertThat(quantizer.perplexity(Tensor.of(3L, 3L))).isEqualTo(1);
    }

    @Test void firstBatchSetsTheBookAndDeadEntriesComeBack() {
        var rng = Rng.of(5);
        var quantizer = new VectorQuantizer(new VectorQuantizerConfig(12, 4).withDtype(DType.F64).withDecay(0.8), rng);
        var x = clumps(600, 4, rng);
        double random = quantizer.quantise(x, Pass.inference()).loss().item();
        assertThat(quantizer.quantise(x, Pass.training(rng)).loss().item()).isLessThan(random / 3);
        var elsewhere = x.add(100).compute(); // all entries but the nearest are dead there
        assertThat(quantizer.perplexity(quantizer.ids(elsewhere))).isLessThan(2);
        for (int i = 0; i < 40; i++) quantizer.quantise(elsewhere, Pass.training(rng));
        assertThat(quantizer.perplexity(quantizer.ids(elsewhere))).isGreaterThan(8);
        var stuck = new VectorQuantizer(quantizer.config().withDeadBelow(0), Rng.of(5));
        stuck.quantise(x, Pass.training(rng));
        for (int i = 0; i < 40; i++) stuck.quantise(elsewhere, Pass.training(rng));
        assertThat(stuck.perplexity(stuck.ids(elsewhere))).isLessThan(2);
    }

    @Test void learnsByGradientToo() {
        var rng = Rng.of(6);
        var quantizer = new VectorQuantizer(PLAIN.withLearning(VectorQuantizerConfig.Learning.GRADIENT), rng);
        assertThat(quantizer.parameters().keySet()).containsExactly("embed");
        var x = Tensor.randn(rng, DType.F64, 30, 3).requiresGrad();
        var q = quantizer.quantise(x, Pass.training(rng));
        q.loss().backward();
        var left = quantizer.codebook().detach().indexSelect(0, q.ids()).sub(x.detach());
        var expected = left.segmentSum(q.ids(), 6).mul(2.0 / 90);
        assertThat(quantizer.codebook().grad().sub(expected).abs().max().item()).isLessThan(1e-12);
        assertThat(x.grad().add(left.mul(0.25 * 2 / 90)).abs().max().item()).isLessThan(1e-12);
    }

    @Test void residualBooksDropAndAddUp() {
        var rng = Rng.of(7);
        var books = new ResidualQuantizer(new VectorQuantizerConfig(8, 4), 4, true, rng);
        var x = Tensor.randn(rng, 50, 4);
        var counts = new int[5];
        for (int i = 0; i < 40; i++) counts[(int) books.quantise(x, Pass.training(rng)).ids().size(-1)]++;
        assertThat(counts[0]).isZero();
        for (int n = 1; n <= 4; n++) assertThat(counts[n]).isPositive();
        var q = books.quantise(x, 3, Pass.inference());
        assertThat(q.ids().toLongArray()).containsExactly(books.ids(x, 3).toLongArray());
        assertThat(q.values().sub(books.values(q.ids())).abs().max().item()).isLessThan(1e-6);
        var w = Tensor.randn(rng, 50, 4);
        assertThat(Autograd.vjp(in -> books.quantise(in, Pass.inference()).values(), x, w).sub(w).abs().max().item()).isZero();
        assertThatThrownBy(() -> books.ids(x, 5)).hasMessageContaining("5 books; there are 1 to 4");
    }

    @Test void isSavedAndSpeaksOfBadInput(@TempDir Path folder) throws IOException {
        var rng = Rng.of(8);
        var books = new ResidualQuantizer(new VectorQuantizerConfig(8, 4), 2, false, rng);
        var x = Tensor.randn(rng, 50, 4);
        books.quantise(x, Pass.training(rng));
        books.save(folder.resolve("books.safetensors"));
        var other = new ResidualQuantizer(new VectorQuantizerConfig(8, 4), 2, false, rng);
        other.load(folder.resolve("books.safetensors"));
        assertThat(other.ids(x).toLongArray()).containsExactly(books.ids(x).toLongArray());
        assertThat(other.state().keySet()).contains("layers.0.embed", "layers.1.cluster_size", "layers.1.embed_avg", "layers.0.inited");
        assertThatThrownBy(() -> books.ids(Tensor.zeros(3, 5))).isInstanceOf(ShapeException.class).hasMessageContaining("(.., 4)");
        assertThatThrownBy(() -> new VectorQuantizerConfig(0, 4)).hasMessageContaining("0 codes");
        assertThatThrownBy(() -> new VectorQuantizerConfig(4, 4).withDecay(1)).hasMessageContaining("decay is 1.0");
        assertThatThrownBy(() -> new VectorQuantizerConfig(4, 4).withDtype(DType.BF16)).hasMessageContaining("F32 or F64");
    }
}
