package lyceum.tensor;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class SparseVectorTest {
    private static final String TOPIC = "sparse-vector";
    private static final int[] DIMENSIONS = {40, 1000, 100_000, 1_000_000_000};

    /** What a vector was made from, so that the oracle does not read it. */
    private record Drawn(Map<Integer, Double> entries, SparseVector vector) {
        static Drawn of(Rng rng, int dimension, int draws, int parity) {
            var entries = new HashMap<Integer, Double>();
            int[] index = new int[draws];
            double[] value = new double[draws];
            for (int e = 0; e < draws; e++) {
                // Half of the positions are few, so that vectors of a huge dimension meet.
                int i = e % 2 == 0 ? rng.nextInt(Math.min(dimension, 200)) * (dimension / Math.min(dimension, 200))
                        : rng.nextInt(dimension);
                index[e] = parity < 0 ? i : i / 2 * 2 + parity;
                value[e] = rng.nextGaussian();
                entries.merge(index[e], value[e], Double::sum);
            }
            return new Drawn(entries, SparseVector.of(dimension, index, value));
        }
    }

    /** Both vectors written out over the positions that either has; all others are zeros of both. */
    private static double[][] dense(Drawn x, Drawn y) {
        var positions = new TreeSet<>(x.entries.keySet());
        positions.addAll(y.entries.keySet());
        var dense = new double[2][positions.size()];
        int n = 0;
        for (int i : positions) {
            dense[0][n] = x.entries.getOrDefault(i, 0.0);
            dense[1][n++] = y.entries.getOrDefault(i, 0.0);
        }
        return dense;
    }

    /** Positions of either, up to where the shorter list ends: each is one step of a merge. */
    private static long merged(Drawn x, Drawn y) {
        if (x.entries.isEmpty() || y.entries.isEmpty()) return 0;
        int end = Math.min(Collections.max(x.entries.keySet()), Collections.max(y.entries.keySet()));
        return Stream.of(x, y).flatMap(d -> d.entries.keySet().stream()).distinct().filter(i -> i <= end).count();
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += x[i] * y[i];
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void fiveThousandPairsEqualDenseInStepsOfTheirEntries() {
        var rng = Rng.of(137);
        Gap gap = Gap.absolute(), terms = Gap.absolute();
        int tooMany = 0, miscounted = 0, changed = 0, longGaps = 0, empty = 0, disjoint = 0, meeting = 0;
        for (int k = 0; k < 5000; k++) {
            int dimension = DIMENSIONS[k % 4], shape = k / 4 % 10;
            Drawn x = Drawn.of(rng, dimension, shape == 0 ? 0 : rng.nextInt(60), shape == 1 ? 0 : -1);
            Drawn y = Drawn.of(rng, dimension, rng.nextInt(60), shape == 1 ? 1 : -1);
            var d = dense(x, y);
            double norm = Math.sqrt(dot(d[0], d[0])), other = Math.sqrt(dot(d[1], d[1])), product = dot(d[0], d[1]);
            SparseVector a = x.vector, b = y.vector;
            gap.see("dot " + k, a.dot(b), product);
            gap.see("sum " + k, a.sum(), Arrays.stream(d[0]).sum());
            gap.see("norm " + k, a.norm(), norm);
            gap.see("cosine " + k, a.cosine(b), norm * other == 0 ? 0 : product / (norm * other));
            var match = a.match(b);
            var found = match.terms(Integer::toString);
            terms.see("terms " + k, found.stream().mapToDouble(SparseVector.Match.Term::contribution).sum(), a.dot(b));
            for (var term : found) {
                int i = Integer.parseInt(term.name());
                terms.see("term " + k, term.contribution(), x.entries.get(i) * y.entries.get(i));
            }
            if (match.steps() > x.entries.size() + y.entries.size()) tooMany++;
            if (match.steps() != merged(x, y)) miscounted++;
            var code = a.encodeIndex();
            var again = SparseVector.decode(dimension, code, a.values());
            if (!Arrays.equals(again.indices(), x.entries.keySet().stream().mapToInt(i -> i).sorted().toArray())) changed++;
            if (code.length > 2 * a.entries()) longGaps++;
            if (a.entries() == 0 || b.entries() == 0) empty++;
            else if (found.isEmpty()) disjoint++;
            else meeting++;
        }
        Evidence.of("numbers compared", gap.seen(), exactly(4 * 5000));
        Evidence.of("pairs with an empty vector", empty, above(500));
        Evidence.of("pairs without a common position", disjoint, above(300));
        Evidence.of("pairs that meet", meeting, above(1000));
        Evidence.of("largest gap of dot, sum, norm and cosine to dense", gap, below(1e-12));
        Evidence.of("pairs, of dimensions up to 1e9, that took more steps than both have entries", tooMany, exactly(0));
        Evidence.of("pairs whose steps are not the positions that a merge passes", miscounted, exactly(0));
        Evidence.of("largest gap of the summed contributions, and of each", terms, below(1e-12));
        Evidence.of("vectors whose positions do not come back from their gaps", changed, exactly(0));
        Evidence.of("vectors with gaps of three bytes and more among them", longGaps, above(1000));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void signedHashingKeepsInnerProductsOnAverage() {
        var rng = Rng.of(138);
        double worst = 0;
        int pairs = 0, seeds = 2000;
        for (int buckets : new int[] {8, 32, 128}) {
            for (int k = 0; k < 8; k++) {
                int[] index = new int[25], other = new int[25];
                double[] value = new double[25], second = new double[25];
                for (int e = 0; e < 25; e++) {
                    index[e] = rng.nextInt(60);
                    other[e] = rng.nextInt(60);
                    value[e] = rng.nextDouble(); // positive: without signs, collisions would only add
                    second[e] = rng.nextDouble();
                }
                SparseVector x = SparseVector.of(1_000_000, index, value), y = SparseVector.of(1_000_000, other, second);
                double sum = 0, squares = 0, exact = x.dot(y);
                for (int seed = 0; seed < seeds; seed++) {
                    double error = x.hashed(buckets, seed).dot(y.hashed(buckets, seed)) - exact;
                    sum += error;
                    squares += error * error;
                }
                worst = Math.max(worst, Math.abs(sum) / Math.sqrt(squares - sum * sum / seeds));
                pairs++;
            }
        }
        Evidence.of("pairs, each hashed with 2,000 seeds", pairs, exactly(24));
        Evidence.of("largest mean error in standard errors", worst, atMost(3));
    }

    @Test void arithmeticMergesAndTruncates() {
        var rng = Rng.of(139);
        for (int k = 0; k < 200; k++) {
            Drawn x = Drawn.of(rng, 90, rng.nextInt(50), -1), y = Drawn.of(rng, 90, rng.nextInt(50), -1);
            double[] a = x.vector.toDense().toDoubleArray(), b = y.vector.toDense().toDoubleArray();
            x.entries.forEach((i, v) -> assertThat(a[i]).isEqualTo(v));
            double[] sum = x.vector.add(-2, y.vector).toDense().toDoubleArray(), mixed = b.clone();
            x.vector.axpy(0.5, mixed);
            for (int i = 0; i < 90; i++) {
                assertThat(sum[i]).isEqualTo(a[i] - 2 * b[i]);
                assertThat(mixed[i]).isEqualTo(b[i] + 0.5 * a[i]);
                assertThat(x.vector.get(i)).isEqualTo(a[i]);
            }
            assertThat(x.vector.dot(b)).isCloseTo(x.vector.dot(y.vector), within(1e-12));
            assertThat(x.vector.mul(3).toDense().toDoubleArray()).containsExactly(Arrays.stream(a).map(v -> 3 * v).toArray());
            var top = x.vector.top(5);
            double least = Arrays.stream(top.values()).map(Math::abs).min().orElse(0);
            assertThat(top.entries()).isEqualTo(Math.min(5, x.vector.entries()));
            long larger = Arrays.stream(a).filter(v -> Math.abs(v) > least).count();
            assertThat(larger).isLessThan(Math.max(1, top.entries()));
            assertThat(SparseVector.decode(90, x.vector.encodeIndex(), x.vector.values()).toDense().toDoubleArray()).containsExactly(a);
        }
        assertThat(SparseVector.of(3, -1, 0, 1, -3).top(2).indices()).containsExactly(0, 4);
        assertThat(SparseVector.of(new double[] {0, 2, 0}).indices()).containsExactly(1);
    }

    @Test void rowsOfAMatrixAreVectors() {
        var dense = Tensor.of(new double[][] {{0, 1, 0, 2}, {0, 0, 0, 0}, {3, 0, 0, -1}});
        var matrix = Csr.fromDense(dense);
        var rows = matrix.toRows();
        for (int i = 0; i < 3; i++) {
            for (var row : List.of(matrix.row(i), rows.get(i))) {
                assertThat(row.toDense().toDoubleArray()).containsExactly(dense.get(i).toDoubleArray());
                assertThat(row.mul(2).top(1).entries()).isEqualTo(Math.min(1, row.entries()));
            }
        }
        assertThat(rows.get(0).dot(rows.get(2))).isEqualTo(-2);
        assertThat(rows.get(2).encodeIndex()).containsExactly(0, 2);
        assertThat(Csr.ofRows(rows).toDense().toDoubleArray()).containsExactly(dense.toDoubleArray());
    }

    @Test void namesNeedNoDictionary() {
        var x = SparseVector.ofNames(Map.of("refund", 2.0, "delay", 1.0), 1 << 20, 7);
        var y = SparseVector.ofNames(Map.of("refund", 1.5, "train", 4.0), 1 << 20, 7);
        assertThat(x.dot(y)).isEqualTo(3);
        assertThat(x.entries()).isEqualTo(2);
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> SparseVector.of(3, new int[] {3}, new double[] {1})).hasMessage("SparseVector: position 3 in dimension 3");
        assertThatThrownBy(() -> SparseVector.of(1.0, 2).dot(SparseVector.of(1.0))).hasMessageContaining("dimensions 2 and 1");
        assertThatThrownBy(() -> SparseVector.decode(9, new byte[] {(byte) 0x80}, new double[] {1}))
                .hasMessageContaining("breaks off at byte 1");
        assertThatThrownBy(() -> SparseVector.decode(9, new byte[] {5, 4}, new double[] {1, 1}))
                .hasMessageContaining("position 10 in dimension 9");
        assertThatThrownBy(() -> SparseVector.decode(9, new byte[] {5, 1}, new double[] {1})).hasMessageContaining("1 bytes after");
        byte[] endless = {-1, -1, -1, -1, -1, -1, 1};
        assertThatThrownBy(() -> SparseVector.decode(9, endless, new double[] {1})).hasMessageContaining("breaks off");
    }
}
