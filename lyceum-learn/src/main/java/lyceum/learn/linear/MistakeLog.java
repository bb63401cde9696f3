package lyceum.learn.linear;

import java.util.Arrays;

/**
 * The mistakes of a perceptron's training, each of which was an update.
 *
 * @param output which of the linear functions was wrong (0 for two classes, and for joint training)
 * @param pass in which pass, from 0
 * @param row which row; the three arrays hold the first 100,000 mistakes
 * @param perPass mistakes of each pass, all outputs together
 */
public record MistakeLog(int[] output, int[] pass, int[] row, int[] perPass) {
    static final int LIMIT = 100_000;

    @Override public int[] output() { return output.clone(); }

    @Override public int[] pass() { return pass.clone(); }

    @Override public int[] row() { return row.clone(); }

    @Override public int[] perPass() { return perPass.clone(); }

    /** All mistakes. */
    public long total() {
        long total = 0;
        for (int m : perPass) total += m;
        return total;
    }

    /** Whether some pass had none (one-vs-rest: whether the last pass that any output needed had none). */
    public boolean hasCleanPass() { return Arrays.stream(perPass).anyMatch(m -> m == 0); }

    static final class Builder {
        private int[] output = new int[16], pass = new int[16], row = new int[16], perPass = new int[0];
        private int size;

        void beginPass(int pass) { if (pass >= perPass.length) perPass = Arrays.copyOf(perPass, pass + 1); }

        void add(int output, int pass, int row) {
            perPass[pass]++;
            if (size == LIMIT) return;
            if (size == this.row.length) {
                int longer = Math.min(2 * size, LIMIT);
                this.output = Arrays.copyOf(this.output, longer);
                this.pass = Arrays.copyOf(this.pass, longer);
                this.row = Arrays.copyOf(this.row, longer);
            }
            this.output[size] = output;
            this.pass[size] = pass;
            this.row[size++] = row;
        }

        MistakeLog build() {
            return new MistakeLog(Arrays.copyOf(output, size), Arrays.copyOf(pass, size), Arrays.copyOf(row, size), perPass.clone());
        }
    }
}
