package lyceum.retrieval;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Centres of vectors by Lloyd's steps, and which centre is nearest. Products in single precision, so that the matrix kernel does the work. */
final class Centroids {
    private static final int CHUNK = 4096;

    final float[][] rows;
    private final Tensor transposed;
    private final float[] halfSquares;

    Centroids(float[][] rows) {
        this.rows = rows;
        transposed = matrix(rows, 0, rows.length).transpose().contiguous();
        halfSquares = new float[rows.length];
        for (int c = 0; c < rows.length; c++) for (float v : rows[c]) halfSquares[c] += v * v / 2;
    }

    private static Tensor matrix(float[][] rows, int from, int to) {
        int d = rows[0].length;
        var flat = new float[(to - from) * d];
        for (int i = from; i < to; i++) System.arraycopy(rows[i], 0, flat, (i - from) * d, d);
        return Tensor.of(flat, to - from, d);
    }

    /** At most k centres of the vectors: distinct vectors drawn at random, then {@code steps} of Lloyd; a centre without vectors takes the one farthest from its own. */
    static Centroids learn(float[][] vectors, int k, int steps, Rng rng) {
        int n = vectors.length, d = vectors[0].length;
        var order = IntStream.range(0, n).toArray();
        for (int i = n - 1; i > 0; i--) {
            int j = rng.nextInt(i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        var centres = new Centroids(Arrays.stream(order).limit(k).mapToObj(i -> vectors[i].clone()).toArray(float[][]::new));
        for (int step = 0; step < steps; step++) {
            var gaps = new float[n];
            int[] own = centres.nearest(vectors, gaps);
            var sums = new double[centres.rows.length][d];
            var counts = new int[sums.length];
            for (int i = 0; i < n; i++) {
                counts[own[i]]++;
                for (int j = 0; j < d; j++) sums[own[i]][j] += vectors[i][j];
            }
            var next = new float[sums.length][d];
            for (int c = 0; c < next.length; c++) {
                if (counts[c] > 0) for (int j = 0; j < d; j++) next[c][j] = (float) (sums[c][j] / counts[c]);
                else {
                    int far = 0;
                    for (int i = 1; i < n; i++) if (gaps[i] > gaps[far]) far = i;
                    next[c] = vectors[far].clone();
                    gaps[far] = Float.NEGATIVE_INFINITY;
                }
            }
            centres = new Centroids(next);
        }
        return centres;
    }

    /** Each vector's nearest centre. @param gaps takes half the squared distances; null for none */
    int[] nearest(float[][] vectors, float[] gaps) {
        var own = new int[vectors.length];
        int k = rows.length;
        for (int from = 0; from < vectors.length; from += CHUNK) {
            int start = from, to = Math.min(vectors.length, from + CHUNK);
            float[] dots = matrix(vectors, from, to).matmul(transposed).toFloatArray();
            Parallel.range(to - from, 256, (a, b) -> {
                for (int i = (int) a; i < b; i++) {
                    int best = 0;
                    float least = Float.POSITIVE_INFINITY;
                    for (int c = 0; c < k; c++) {
                        float gap = halfSquares[c] - dots[i * k + c];
                        if (gap >= least) continue;
                        least = gap;
                        best = c;
                    }
                    own[start + i] = best;
                    if (gaps != null) {
                        float square = 0;
                        for (float v : vectors[start + i]) square += v * v / 2;
                        gaps[start + i] = least + square;
                    }
                }
            });
        }
        return own;
    }

    /** {@code dots[i]} has the products of vector i with every centre. */
    float[][] dots(float[][] vectors) {
        float[] flat = matrix(vectors, 0, vectors.length).matmul(transposed).toFloatArray();
        var dots = new float[vectors.length][];
        for (int i = 0; i < dots.length; i++) dots[i] = Arrays.copyOfRange(flat, i * rows.length, (i + 1) * rows.length);
        return dots;
    }

    /** Half the squared length of a centre. */
    float halfSquare(int c) { return halfSquares[c]; }
}
