package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.BiFunction;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A small decoder over the letters of the King James Bible, trained once for all tests of a JVM. */
final class BibleLetters {
    static final int LETTERS = 128, LENGTH = 64, WIDTH = 48;
    static final int[] TEXT = letters(300_000);
    private static DecoderLM trained;

    private BibleLetters() {}

    private static int[] letters(int count) {
        var ids = new int[count];
        int at = 0;
        try (var documents = Corpora.kingJames().open()) {
            for (var d = documents.next(); d != null && at < count; d = documents.next())
                for (int i = 0; i < d.text().length() && at < count; i++)
                    ids[at++] = d.text().charAt(i) < LETTERS ? d.text().charAt(i) : ' ';
        }
        return ids;
    }

    static DecoderLM fresh(int layers, long seed) {
        return new DecoderLM(DecoderConfig.llama(LETTERS, 256, layers, WIDTH, 4, 4, 2 * WIDTH).withTied(true), Rng.of(seed));
    }

    /** Two layers. */
    static synchronized DecoderLM target() {
        if (trained == null) {
            trained = fresh(2, 1);
            for (double rate : new double[] {6e-3, 6e-3, 2e-3})
                train(trained, 200, rate, Rng.of((long) (1 / rate)),
                        (ids, rng) -> new CausalLmLoss().of(trained.forward(ids, Pass.training(rng)), ids));
        }
        return trained;
    }

    static void train(Module model, int steps, double rate, Rng rng, BiFunction<Tensor, Rng, Tensor> loss) {
        var optimizer = new Adam(rate).over(new ArrayList<>(model.parameters().values()));
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                loss.apply(batch(16, rng), rng).backward();
                optimizer.step();
            }
        }
    }

    static Tensor batch(int rows, Rng rng) {
        var ids = new int[rows * LENGTH];
        for (int r = 0; r < rows; r++) System.arraycopy(TEXT, rng.nextInt(TEXT.length - 20_000 - LENGTH), ids, r * LENGTH, LENGTH);
        return Tensor.of(ids, rows, LENGTH);
    }

    /** Of letters that training does not see, nats a letter: about 2.9 for their frequencies alone. */
    static double loss(DecoderLM model) {
        var ids = Tensor.of(Arrays.stream(prompts(48, LENGTH, 9)).flatMapToInt(Arrays::stream).toArray(), 48, LENGTH);
        return Autograd.noGrad(() -> new CausalLmLoss().of(model.forward(ids, Pass.inference()), ids).item());
    }

    /** Beginnings from the last 20,000 letters, which training does not see. */
    static int[][] prompts(int count, int length, long seed) {
        var rng = Rng.of(seed);
        var prompts = new int[count][];
        for (int i = 0; i < count; i++) {
            int from = TEXT.length - 20_000 + rng.nextInt(20_000 - length);
            prompts[i] = Arrays.copyOfRange(TEXT, from, from + length);
        }
        return prompts;
    }
}
