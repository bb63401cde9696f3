package lyceum.llm.train;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.eval.NeedleInHaystack;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Key-value recall: a token states a key with its value, among filler; later the key comes and its value is to follow. And a small decoder that learned it at 64 tokens. */
final class FarRecall {
    static final int FILLERS = 32, KEYS = 8, VALUES = 8, PAIRS = FILLERS, ASK = PAIRS + KEYS * VALUES, VALUE = ASK + KEYS,
            VOCABULARY = VALUE + VALUES, SHORT = 64, LONG = 256;
    static final Trainer TRAINER = new Trainer(new AdamW(4e-3), 1).withBatchSize(32).withClip(Clip.norm(1));
    private static DecoderLM trained;

    private FarRecall() {}

    /** Four keys with values, somewhere, and so many questions about those that were stated before. */
    static int[] text(int length, int questions, Rng rng) {
        int[] keys = rng.sample(KEYS, 4), values = new int[4], ids = new int[length];
        for (int k = 0; k < 4; k++) values[k] = rng.nextInt(VALUES);
        int units = length - questions;
        // statements are in the first half, so that much is asked; of every third text anywhere, so that what was just stated is asked too
        int[] stated = rng.sample(rng.nextInt(3) == 0 ? units : units / 2, 4), asked = rng.sample(units - 1, questions);
        var kind = new int[units];
        for (int q : asked) kind[q + 1] = 1;
        for (int s = 0; s < 4; s++) kind[stated[s]] = 2 + s;
        int at = 0;
        var known = new ArrayList<Integer>();
        for (int u = 0; u < units; u++) {
            if (kind[u] >= 2) {
                int k = kind[u] - 2;
                known.add(k);
                ids[at++] = PAIRS + keys[k] * VALUES + values[k];
            } else if (kind[u] == 1 && !known.isEmpty()) {
                int k = known.get(rng.nextInt(known.size()));
                ids[at++] = ASK + keys[k];
                ids[at++] = VALUE + values[k];
            } else ids[at++] = rng.nextInt(FILLERS);
        }
        while (at < length) ids[at++] = rng.nextInt(FILLERS);
        return ids;
    }

    static LongContextRecipe.Part part(int length, double share) {
        return new LongContextRecipe.Part(String.valueOf(length), rng -> text(length, 8, rng), share, length);
    }

    /** Trained at 64 tokens, once. */
    static synchronized DecoderLM model() {
        if (trained == null) trained = trained(1, 600);
        return trained;
    }

    static DecoderLM trained(long seed, int steps) {
        var config = DecoderConfig.llama(VOCABULARY, SHORT, 2, 32, 2, 2, 64).withDeviation(0.1).withRotaryBase(200);
        var stage = new LongContextTrainer.Stage(SHORT, p -> p, steps, new LongContextRecipe(part(SHORT, 1)));
        return new LongContextTrainer(TRAINER, stage).train(new DecoderLM(config, Rng.of(seed)), Rng.of(seed + 100), Progress.SILENT);
    }

    /** Share of right answers at positions from there on, in texts of that length. */
    static double accuracy(DecoderLM model, int length, int from, int texts, long seed) {
        int right = 0, all = 0;
        for (int t = 0; t < texts; t += 20) {
            int first = t;
            int[][] rows = IntStream.range(0, 20).mapToObj(i -> text(length, 8, Rng.of(seed).split(first + i))).toArray(int[][]::new);
            var ids = Tensor.of(IntStream.range(0, 20 * length).map(i -> rows[i / length][i % length]).toArray(), 20, length);
            int[] told = Autograd.noGrad(() -> model.logits(ids, Pass.inference()).argmax(-1)).toIntArray();
            for (int r = 0; r < 20; r++) for (int p = from; p + 1 < length; p++) if (rows[r][p] >= ASK && rows[r][p] < VALUE) {
                all++;
                if (told[r * length + p] == rows[r][p + 1]) right++;
            }
        }
        return (double) right / all;
    }

    /** Mean loss of all tokens, nats. */
    static double loss(DecoderLM model, int length, int texts, long seed) {
        double sum = 0;
        for (int t = 0; t < texts; t += 20) {
            int first = t;
            int[][] rows = IntStream.range(0, 20).mapToObj(i -> text(length, 8, Rng.of(seed).split(first + i))).toArray(int[][]::new);
            var ids = Tensor.of(IntStream.range(0, 20 * length).map(i -> rows[i / length][i % length]).toArray(), 20, length);
            sum += Autograd.noGrad(() -> model.loss(ids, Pass.inference())).item() * 20 / texts;
        }
        return sum;
    }

    /** A pair among filler, three others beside it, asked for at the end. */
    static final NeedleInHaystack.Needles NEEDLES = (depth, rng) -> {
        int[] keys = rng.sample(KEYS, 4);
        var needles = new ArrayList<NeedleInHaystack.Needle>();
        for (int k = 0; k < 4; k++) {
            int value = rng.nextInt(VALUES);
            needles.add(new NeedleInHaystack.Needle(k == 3 ? depth : rng.nextDouble(), new int[] {PAIRS + keys[k] * VALUES + value},
                    new int[] {ASK + keys[k]}, new int[] {VALUE + value}));
        }
        return needles;
    };

    static NeedleInHaystack needles(int length, int trials) {
        var hay = new int[5000];
        for (int i = 0; i < hay.length; i++) hay[i] = Rng.of(77).split(i).nextInt(FILLERS);
        return new NeedleInHaystack(hay, new int[] {length}, new double[] {0, 0.25, 0.5, 0.75, 1}).withTrials(trials);
    }

    static List<int[]> texts(int length, int count, long seed) {
        return IntStream.range(0, count).mapToObj(i -> text(length, 8, Rng.of(seed).split(i))).toList();
    }
}
