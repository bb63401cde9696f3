package lyceum.train.regime;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Gru;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/** Strings of random bits, -1 and 1, of several lengths, and whether their ones are odd: said once, after the last. */
final class Parity {
    final int[] lengths;
    private final float[] bits;
    private final float[] odd;
    private final int longest;

    Parity(int[] lengths, Rng rng) {
        this.lengths = lengths;
        longest = Arrays.stream(lengths).max().orElseThrow();
        bits = new float[lengths.length * longest];
        odd = new float[lengths.length];
        for (int i = 0; i < lengths.length; i++) {
            int ones = 0;
            for (int t = 0; t < lengths[i]; t++) {
                int bit = rng.nextInt(2);
                ones += bit;
                bits[i * longest + t] = 2 * bit - 1;
            }
            odd[i] = ones % 2;
        }
    }

    /** So many strings of each length. */
    static Parity of(int from, int to, int each, Rng rng) {
        var lengths = new int[(to - from + 1) * each];
        for (int i = 0; i < lengths.length; i++) lengths[i] = from + i / each;
        return new Parity(lengths, rng);
    }

    /** Reads bits, and gives the logit of odd. */
    static final class Reader extends Module {
        private final Gru gru;
        private final Linear head;

        Reader(int units, Rng rng) {
            gru = new Gru(new RnnConfig(1, units), rng.split(1));
            head = new Linear(units, 1, rng.split(2));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return of(x, null, pass); }

        Tensor of(Tensor x, int[] lengths, Pass pass) {
            return head.forward(gru.last(gru.run(x, null, lengths, pass).state()), pass).flatten();
        }
    }

    private Tensor logits(Reader reader, int[] rows, Pass pass) {
        int[] of = Arrays.stream(rows).map(r -> lengths[r]).toArray();
        int most = Arrays.stream(of).max().orElseThrow();
        boolean full = Arrays.stream(of).allMatch(n -> n == most);
        var x = new float[rows.length * most];
        for (int i = 0; i < rows.length; i++) System.arraycopy(bits, rows[i] * longest, x, i * most, Math.min(most, longest));
        return reader.of(Tensor.of(x, rows.length, most, 1), full ? null : of, pass);
    }

    private Tensor targets(int[] rows) {
        var y = new float[rows.length];
        for (int i = 0; i < y.length; i++) y[i] = odd[rows[i]];
        return Tensor.of(y);
    }

    BatchLoss loss(Reader reader) { return (rows, pass) -> Loss.bce(logits(reader, rows, pass), targets(rows)); }

    double accuracy(Reader reader) {
        try (var scope = Scope.open()) {
            return Autograd.noGrad(() -> {
                var rows = IntStream.range(0, lengths.length).toArray();
                double[] z = logits(reader, rows, Pass.inference()).toDoubleArray();
                int right = 0;
                for (int i = 0; i < z.length; i++) if (z[i] > 0 == odd[i] > 0.5) right++;
                return (double) right / z.length;
            });
        }
    }
}
