package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class EdgeRowsTest {
    private static final float SLOPE = 0.2f;

    private static float[] normal(Rng rng, int n) {
        var x = new float[n];
        for (int i = 0; i < n; i++) x[i] = (float) rng.nextGaussian();
        return x;
    }

    private static MemorySegment of(float[] x) { return MemorySegment.ofArray(x); }

    /** Groups of 0 to 6 edges, numbered in their order or in any. */
    private static EdgeRows.Edges edges(int groups, boolean inOrder, int heads, int width, Rng rng) {
        var start = new int[groups + 1];
        for (int i = 0; i < groups; i++) start[i + 1] = start[i] + rng.nextInt(7);
        int n = start[groups];
        return new EdgeRows.Edges(start, inOrder ? null : rng.permutation(n), from(n, groups, rng), heads, width);
    }

    private static int[] from(int n, int groups, Rng rng) {
        var from = new int[n];
        for (int j = 0; j < n; j++) from[j] = rng.nextInt(groups);
        return from;
    }

    @Test void vectorsAndPlainLoopsGiveTheSameBitsAndTheFormulas() {
        EdgeRows plain = new EdgeRows.Plain(), best = EdgeRows.best();
        int groups = 9, compared = 0;
        for (int[] cut : new int[][] {{1, 1}, {1, 8}, {3, 5}, {8, 8}, {2, 24}, {4, 16}})
            for (boolean inOrder : new boolean[] {true, false}) {
                var rng = Rng.of(cut[1]);
                int heads = cut[0], d = cut[1], f = heads * d;
                var e = edges(groups, inOrder, heads, d, rng);
                int n = e.from().length;
                float[] a = normal(rng, groups * f), b = normal(rng, groups * f), v = normal(rng, f), w = normal(rng, n * heads);
                // What memory held does not matter.
                float[][] sums = {normal(rng, groups * f), normal(rng, groups * f)}, dots = {new float[n * heads], new float[n * heads]},
                        scores = {new float[n * heads], new float[n * heads]}, slopes = {normal(rng, groups * f), normal(rng, groups * f)};
                for (int i = 0; i < 2; i++) {
                    var way = i == 0 ? plain : best;
                    for (int part = 0; part < groups; part += 4) {
                        int end = Math.min(groups, part + 4);
                        way.sum(e, part, end, of(w), of(b), of(sums[i]));
                        way.dots(e, part, end, of(a), of(b), of(dots[i]));
                        way.scores(e, part, end, SLOPE, of(a), of(b), of(v), of(scores[i]));
                        way.slopes(e, part, end, SLOPE, of(w), of(a), of(b), of(slopes[i]));
                    }
                }
                for (var both : new float[][][] {sums, dots, scores, slopes}) assertThat(both[1]).isEqualTo(both[0]);
                double[] sum = new double[groups * f], slope = new double[groups * f];
                for (int i = 0; i < groups; i++) for (int j = e.start()[i]; j < e.start()[i + 1]; j++) for (int h = 0; h < heads; h++) {
                    double dot = 0, score = 0;
                    int place = e.at(j) * heads + h;
                    for (int k = h * d; k < (h + 1) * d; k++) {
                        double x = a[i * f + k], y = b[e.from()[j] * f + k], z = x + y;
                        sum[i * f + k] += w[place] * y;
                        slope[i * f + k] += w[place] * (z > 0 ? 1 : SLOPE);
                        dot += x * y;
                        score += v[k] * (z > 0 ? z : SLOPE * z);
                    }
                    assertThat((double) dots[1][place]).isCloseTo(dot, within(1e-4));
                    assertThat((double) scores[1][place]).isCloseTo(score, within(1e-4));
                    compared++;
                }
                for (int k = 0; k < sum.length; k++) {
                    assertThat((double) sums[1][k]).isCloseTo(sum[k], within(1e-4));
                    assertThat((double) slopes[1][k]).isCloseTo(slope[k], within(1e-4));
                }
            }
        assertThat(compared).isGreaterThan(300);
    }

    @Test void whatIsNoNumberTravels() {
        var e = new EdgeRows.Edges(new int[] {0, 1}, null, new int[] {0}, 1, 8);
        float[] a = new float[8], b = new float[8], ones = new float[8], to = new float[1];
        Arrays.fill(ones, 1);
        b[3] = Float.NaN;
        EdgeRows.best().scores(e, 0, 1, SLOPE, of(a), of(b), of(ones), of(to));
        assertThat(to[0]).isNaN();
    }
}
