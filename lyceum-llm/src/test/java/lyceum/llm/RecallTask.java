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
    public static final int FILLERS = 32, KEYS = 32, VALUES = 32, VOCABULARY = FILLERS + KEYS + VALUES, LENGTH = 64, PAIRS = 8;

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

    static Text text(int pairCount, int length, Rng rng) {
        var pairs = pairs(pairCount, rng);
        int stated = length - 3 * pairCount, fill = stated - 3 * pairCount;
        var ids = new int[length];
        var asked = new float[length];
        var order = new int[fill + pairCount]; // which pair, or filler
        var at = rng.sample(fill + pairCount, pairCount);
        Arrays.fill(order, -1);
        for (int p = 0; p < pairCount; p++) order[at[p]] = p;
        int n = 0;
        for (int o : order) {
            if (o < 0) ids[n++] = rng.nextInt(FILLERS);
            else for (int t : pairs[o]) ids[n++] = t;
        }
        for (int p : rng.sample(pairCount, pairCount)) for (int t : pairs[p]) {
            asked[n] = t < FILLERS + KEYS ? 0 : 1;
            ids[n++] = t;
        }
        return new Text(ids, asked);
    }

    private static DecoderLM trained;

    /** Trained once: some 20 seconds alone. */
    public static synchronized DecoderLM model() {
        if (trained == null) trained = trained(64, 2400, 3e-3, 1);
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
                    var text = text(count, length, rng);
                    System.arraycopy(text.ids, 0, ids, r * length, length);
                    System.arraycopy(text.asked, 0, asked, r * length, length);
                }
                var x = Tensor.of(ids, rows, length);
                var labels = CausalLabels.of(x).withWeights(Tensor.of(asked, rows, length));
                var loss = new CausalLmLoss().tokens(model.logits(x, Pass.training(rng)), labels).mean();
                if (Boolean.getBoolean("recall.print") && step % 25 == 0)
                    System.out.println(step + " " + loss.item() + " " + System.currentTimeMillis() / 1000 % 1000);
                loss.backward();
                optimizer.step();
            }
        }
        return model;
    }

    public static void main(String[] args) {
        System.setProperty("recall.print", "true");
        trained(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Double.parseDouble(args[2]), 1);
    }
}
