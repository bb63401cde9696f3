package lyceum.llm;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Keys with answers of two tokens among filler, then questions; and a small decoder of Llama's kind that learned to answer. */
public final class RecallTask {
    public static final int FILLERS = 32, KEYS = 32, VALUES = 32, VOCABULARY = FILLERS + KEYS + VALUES, LENGTH = 64;

    private RecallTask() {}

    /** A text: filler with pairs in it, then the questions; where answers stand. */
    public record Text(int[] ids, float[] asked) {}

    /** Keys, answers of two tokens, all different. */
    public static int[][] pairs(int count, Rng rng) {
        int[] keys = rng.sample(KEYS, count), values = rng.sample(VALUES, 2 * count);
        var pairs = new int[count][];
        for (int p = 0; p < count; p++)
            pairs[p] = new int[] {FILLERS + keys[p], FILLERS + KEYS + values[2 * p], FILLERS + KEYS + values[2 * p + 1]};
        return pairs;
    }

    public static int[] filler(int count, Rng rng) {
        var ids = new int[count];
        for (int i = 0; i < count; i++) ids[i] = rng.nextInt(FILLERS);
        return ids;
    }

    /** Each pair once and again at random, among filler, in any order: asked for is what comes again. */
    private static Text text(int stated, int again, int length, Rng rng) {
        var pairs = pairs(stated, rng);
        int fill = length - 3 * (stated + again);
        var units = new int[stated + again + fill]; // which pair, or filler
        Arrays.fill(units, -1);
        int[] at = rng.sample(units.length, stated + again);
        for (int u = 0; u < at.length; u++) units[at[u]] = u < stated ? u : rng.nextInt(stated);
        var ids = new int[length];
        var asked = new float[length];
        var seen = new boolean[stated];
        int n = 0;
        for (int unit : units) {
            if (unit < 0) ids[n++] = rng.nextInt(FILLERS);
            else for (int t : pairs[unit]) {
                asked[n] = seen[unit] && t != pairs[unit][0] ? 1 : 0;
                ids[n++] = t;
            }
            if (unit >= 0) seen[unit] = true;
        }
        return new Text(ids, asked);
    }

    private static DecoderLM trained;

    /** Trained once, first on short texts: there the circuit that copies what followed is found. */
    public static synchronized DecoderLM model() {
        if (trained == null) trained = trained(64, 2500, 3e-3, 1);
        return trained;
    }

    static DecoderLM trained(int width, int steps, double rate, long seed) {
        var model = new DecoderLM(DecoderConfig.llama(VOCABULARY, 1024, 2, width, 4, 4, 2 * width).withTied(false).withDeviation(0.1),
                Rng.of(seed));
        var optimizer = new Adam(rate).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(seed + 1);
        int rows = 32;
        for (int step = 0; step < steps; step++) {
            int count = step < 500 ? 2 : step < 1500 ? 3 : 8, length = 8 * count;
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var ids = new int[rows * length];
                var asked = new float[rows * length];
                for (int r = 0; r < rows; r++) {
                    var text = step < 1500 ? text(count, count, length, rng) : text(1 + rng.nextInt(8), 8, length, rng);
                    System.arraycopy(text.ids, 0, ids, r * length, length);
                    System.arraycopy(text.asked, 0, asked, r * length, length);
                }
                var x = Tensor.of(ids, rows, length);
                var labels = CausalLabels.of(x).withWeights(Tensor.of(asked, rows, length));
                var loss = new CausalLmLoss().tokens(model.logits(x, Pass.training(rng)), labels).mean();
                loss.backward();
                optimizer.step();
            }
        }
        return model;
    }
}
