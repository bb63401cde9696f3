package lyceum.data;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Small tasks that ask a sequence model to remember: inputs (batch, T, width) and what is to be said. Each call draws a fresh batch.
 *
 * @see <a href="https://doi.org/10.1162/neco.1997.9.8.1735">Hochreiter and Schmidhuber (1997), section 5.4, for the adding problem</a>
 */
public final class SequenceTasks {
    private SequenceTasks() {}

    /** Sequences and their targets, F32 numbers or bits or I64 classes. */
    public record Batch(Tensor x, Tensor y) {}

    /**
     * The adding problem: each step has a number uniform in [0, 1) and a mark, which is 1 at two steps, one in each half. The target (batch, 1) is the sum of
     * the two marked numbers; who always says 1 has a mean squared error of 1/6.
     */
    public static Batch adding(Rng rng, int batch, int steps) {
        if (steps < 2) throw new IllegalArgumentException("adding: " + steps + " steps; at least 2");
        float[] x = new float[batch * steps * 2], y = new float[batch];
        for (int b = 0; b < batch; b++) {
            int first = rng.nextInt(steps / 2), second = steps / 2 + rng.nextInt(steps - steps / 2);
            for (int t = 0; t < steps; t++) {
                float value = (float) rng.nextDouble();
                boolean marked = t == first || t == second;
                x[(b * steps + t) * 2] = value;
                x[(b * steps + t) * 2 + 1] = marked ? 1 : 0;
                if (marked) y[b] += value;
            }
        }
        return new Batch(Tensor.of(x, batch, steps, 2), Tensor.of(y, batch, 1));
    }

    /** Numbers uniform in [-1, 1); the target at step t is the input {@code lag} steps ago, 0 before that: (batch, T, 1) both. */
    public static Batch echo(Rng rng, int batch, int steps, int lag) {
        between("echo", lag, 0, steps);
        float[] x = new float[batch * steps], y = new float[batch * steps];
        for (int i = 0; i < x.length; i++) x[i] = (float) (2 * rng.nextDouble() - 1);
        for (int b = 0; b < batch; b++) for (int t = lag; t < steps; t++) y[b * steps + t] = x[b * steps + t - lag];
        return new Batch(Tensor.of(x, batch, steps, 1), Tensor.of(y, batch, steps, 1));
    }

    /** Random bits as -1 and 1, (batch, T, 1), and the bit {@code lag} steps ago as class 0 or 1, (batch, T); -1 before that. */
    public static Batch delayedCopy(Rng rng, int batch, int steps, int lag) {
        between("delayedCopy", lag, 0, steps);
        var x = new float[batch * steps];
        var y = new long[batch * steps];
        for (int i = 0; i < x.length; i++) x[i] = rng.nextInt(2) * 2 - 1;
        for (int b = 0; b < batch; b++)
            for (int t = 0; t < steps; t++) y[b * steps + t] = t < lag ? -1 : x[b * steps + t - lag] > 0 ? 1 : 0;
        return new Batch(Tensor.of(x, batch, steps, 1), Tensor.of(y, batch, steps));
    }

    /** Random bits as 0 and 1, (batch, T, 1), and the parity of those so far, (batch, T). */
    public static Batch parity(Rng rng, int batch, int steps) {
        var x = new float[batch * steps];
        var y = new long[batch * steps];
        for (int b = 0; b < batch; b++) {
            int odd = 0;
            for (int t = 0; t < steps; t++) {
                int bit = rng.nextInt(2);
                odd ^= bit;
                x[b * steps + t] = bit;
                y[b * steps + t] = odd;
            }
        }
        return new Batch(Tensor.of(x, batch, steps, 1), Tensor.of(y, batch, steps));
    }

    /**
     * Selective copying: {@code tokens} symbols stand at random places among blanks in the first {@code steps} steps; then {@code tokens} steps ask for
     * them in order. Symbols are 0 .. symbols - 1, the blank is {@code symbols}, the question {@code symbols + 1}.
     *
     * @return x (batch, steps + tokens) of codes, I64, and y (batch, tokens), the answers at the last steps
     * @see <a href="https://arxiv.org/abs/2312.00752">Gu and Dao (2023), section 4.1.1</a>
     */
    public static Batch selectiveCopy(Rng rng, int batch, int steps, int tokens, int symbols) {
        between("selectiveCopy", tokens, 1, steps + 1);
        int all = steps + tokens;
        long[] x = new long[batch * all], y = new long[batch * tokens];
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < all; t++) x[b * all + t] = t < steps ? symbols : symbols + 1;
            int[] places = rng.sample(steps, tokens);
            Arrays.sort(places);
            for (int k = 0; k < tokens; k++) {
                long symbol = rng.nextInt(symbols);
                x[b * all + places[k]] = symbol;
                y[b * tokens + k] = symbol;
            }
        }
        return new Batch(Tensor.of(x, batch, all), Tensor.of(y, batch, tokens));
    }

    /**
     * Copying: {@code length} rows of random bits, a mark on a channel of its own, then {@code length} empty steps at which the rows are to be said in order.
     *
     * @return x (batch, 2 length + 1, bits + 1) and y (batch, length, bits) of 0 and 1, the answers at the last steps
     * @see <a href="https://arxiv.org/abs/1410.5401">Graves, Wayne and Danihelka (2014), section 4.1</a>
     */
    public static Batch copy(Rng rng, int batch, int bits, int length) {
        positive("copy", batch, bits, length);
        return repeated(rng, batch, bits, length, 1, 0, 1);
    }

    /**
     * Copying several times: as {@link #copy}, but the step of the mark also says how often, as {@code times / most}, and after the last copy an end is to be
     * said on a channel of its own.
     *
     * @return x (batch, length + 2 + times length, bits + 2) and y (batch, times length + 1, bits + 1), the answers at the last steps
     */
    public static Batch repeatCopy(Rng rng, int batch, int bits, int length, int times, int most) {
        positive("repeatCopy", batch, bits, length, times);
        between("repeatCopy", times, 1, most + 1);
        return repeated(rng, batch, bits, length, times, 1, most);
    }

    /** @param end 1 if the number of copies is told and an end is asked for, else 0 */
    private static Batch repeated(Rng rng, int batch, int bits, int length, int times, int end, int most) {
        int answers = times * length + end, steps = length + 1 + answers, in = bits + 1 + end, out = bits + end;
        float[] x = new float[batch * steps * in], y = new float[batch * answers * out];
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < length; t++) for (int k = 0; k < bits; k++) {
                if (rng.nextInt(2) == 0) continue;
                x[(b * steps + t) * in + k] = 1;
                for (int c = 0; c < times; c++) y[(b * answers + c * length + t) * out + k] = 1;
            }
            x[(b * steps + length) * in + bits] = 1;
            if (end == 0) continue;
            x[(b * steps + length) * in + bits + 1] = (float) times / most;
            y[(b * answers + answers - 1) * out + bits] = 1;
        }
        return new Batch(Tensor.of(x, batch, steps, in), Tensor.of(y, batch, answers, out));
    }

    /**
     * Associative recall: {@code items}, each a mark and then {@code rows} rows of random bits; then, between two marks of another channel, one of them but
     * the last is shown again, and the item that followed it is to be said.
     *
     * @return x (batch, items (rows + 1) + 2 rows + 2, bits + 2) and y (batch, rows, bits), the answers at the last steps
     */
    public static Batch associativeRecall(Rng rng, int batch, int bits, int rows, int items) {
        positive("associativeRecall", batch, bits, rows);
        if (items < 2) throw new IllegalArgumentException("associativeRecall: " + items + " items; at least 2");
        int asked = items * (rows + 1), steps = asked + 2 * rows + 2, in = bits + 2;
        float[] x = new float[batch * steps * in], y = new float[batch * rows * bits];
        for (int b = 0; b < batch; b++) {
            int from = b * steps, shown = rng.nextInt(items - 1);
            for (int i = 0; i < items; i++) {
                x[(from + i * (rows + 1)) * in + bits] = 1;
                for (int t = 0; t < rows; t++) for (int k = 0; k < bits; k++) {
                    float bit = rng.nextInt(2);
                    x[(from + i * (rows + 1) + 1 + t) * in + k] = bit;
                    if (i == shown) x[(from + asked + 1 + t) * in + k] = bit;
                    if (i == shown + 1) y[(b * rows + t) * bits + k] = bit;
                }
            }
            x[(from + asked) * in + bits + 1] = 1;
            x[(from + asked + 1 + rows) * in + bits + 1] = 1;
        }
        return new Batch(Tensor.of(x, batch, steps, in), Tensor.of(y, batch, rows, bits));
    }

    /**
     * Sorting by priority: {@code rows} rows of random bits, each with a priority uniform in [-1, 1), then a mark; to be said are the {@code answers} rows of
     * the highest priorities, highest first.
     *
     * @return x (batch, rows + 1 + answers, bits + 2), the priority on channel {@code bits}, and y (batch, answers, bits), the answers at the last steps
     */
    public static Batch prioritySort(Rng rng, int batch, int bits, int rows, int answers) {
        positive("prioritySort", batch, bits, rows);
        between("prioritySort", answers, 1, rows + 1);
        int steps = rows + 1 + answers, in = bits + 2;
        float[] x = new float[batch * steps * in], y = new float[batch * answers * bits], priorities = new float[rows];
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < rows; t++) {
                int at = (b * steps + t) * in;
                for (int k = 0; k < bits; k++) x[at + k] = rng.nextInt(2);
                priorities[t] = x[at + bits] = (float) (2 * rng.nextDouble() - 1);
            }
            x[(b * steps + rows) * in + bits + 1] = 1;
            for (int t = 0; t < rows; t++) {
                int rank = 0;
                for (int other = 0; other < rows; other++)
                    if (priorities[other] > priorities[t] || priorities[other] == priorities[t] && other < t) rank++;
                if (rank < answers) System.arraycopy(x, (b * steps + t) * in, y, (b * answers + rank) * bits, bits);
            }
        }
        return new Batch(Tensor.of(x, batch, steps, in), Tensor.of(y, batch, answers, bits));
    }

    private static void positive(String task, int... sizes) {
        for (int size : sizes)
            if (size < 1) throw new IllegalArgumentException(task + ": sizes " + Arrays.toString(sizes) + "; each is at least 1");
    }

    private static void between(String task, int n, int low, int high) {
        if (n < low || n >= high) throw new IllegalArgumentException(task + ": " + n + " does not lie in " + low + " .. " + (high - 1));
    }
}
