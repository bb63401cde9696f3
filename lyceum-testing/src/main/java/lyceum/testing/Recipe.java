package lyceum.testing;

/**
 * The seed recipe of the golden files: numbers that {@code tools/golden/golden.py} and this class draw alike, bit for bit, so
 * that large inputs need not be stored. A golden file says which calls to make in which order.
 *
 * <p>The generator is SplitMix64 (Steele, Lea, Flood, 2014). It serves test inputs only; the library's own generator is
 * another one.
 */
public final class Recipe {

    private long state;

    /** Starts the stream of a seed. */
    public Recipe(long seed) { this.state = seed; }

    /** The next 64 bits. */
    public long next() {
        state += 0x9E3779B97F4A7C15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A multiple of 2^-53 in [0, 1). */
    public double uniform() { return (next() >>> 11) * 0x1p-53; }

    /** {@code count} uniforms. */
    public double[] uniforms(int count) {
        var values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = uniform();
        }
        return values;
    }

    /** A whole number from 0 up to, not including, {@code bound}. */
    public int below(int bound) { return (int) (uniform() * bound); }

    /** {@code count} whole numbers below {@code bound}. */
    public int[] belows(int bound, int count) {
        var values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = below(bound);
        }
        return values;
    }

    /** Nearly standard normal, and exact on every machine: the sum of twelve uniforms, in order, minus six. */
    public double bell() {
        double total = 0;
        for (int i = 0; i < 12; i++) {
            total += uniform();
        }
        return total - 6;
    }

    /** {@code count} bells. */
    public double[] bells(int count) {
        var values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = bell();
        }
        return values;
    }

    /** Standard normal by Box and Muller, one from two uniforms; its last bits depend on the logarithm and cosine at hand. */
    public double normal() {
        double radius = Math.sqrt(-2 * Math.log(1 - uniform()));
        return radius * Math.cos(2 * Math.PI * uniform());
    }

    /** A matrix of bells, drawn row by row. */
    public double[][] matrix(int rows, int columns) {
        var values = new double[rows][];
        for (int i = 0; i < rows; i++) {
            values[i] = bells(columns);
        }
        return values;
    }

    /** A permutation of 0 .. n-1: for i from n-1 down to 1, swap places i and {@code below(i + 1)}. */
    public int[] shuffle(int n) {
        var order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        for (int i = n - 1; i > 0; i--) {
            int j = below(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }

    /** The matrix product, inner sums in ascending order with every step rounded: what the golden scripts call {@code product}. */
    public static double[][] product(double[][] a, double[][] b) {
        var c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                double sum = 0;
                for (int k = 0; k < b.length; k++) {
                    sum += a[i][k] * b[k][j];
                }
                c[i][j] = sum;
            }
        }
        return c;
    }
}
