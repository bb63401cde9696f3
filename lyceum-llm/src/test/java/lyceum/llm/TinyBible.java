package lyceum.llm;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A decoder of Llama's kind over the letters of the King James Bible, trained for a fixed number of steps. */
public final class TinyBible {
    public static final int LETTERS = 128, LENGTH = 64;

    private TinyBible() {}

    /** The first so many characters of a corpus, those outside ASCII as blanks. */
    public static int[] letters(Corpus corpus, int skipped, int count) {
        var ids = new int[count];
        int seen = 0, at = 0;
        try (var documents = corpus.open()) {
            for (var document = documents.next(); document != null && at < count; document = documents.next()) {
                var text = document.text();
                for (int i = 0; i < text.length() && at < count; i++)
                    if (seen++ >= skipped) ids[at++] = text.charAt(i) < LETTERS ? text.charAt(i) : ' ';
            }
        }
        if (at == count) return ids;
        throw new IllegalStateException("the corpus has " + seen + " characters");
    }

    public static Tensor batch(int[] letters, int rows, Rng rng) {
        var ids = new int[rows * LENGTH];
        for (int r = 0; r < rows; r++) System.arraycopy(letters, rng.nextInt(letters.length - LENGTH), ids, r * LENGTH, LENGTH);
        return Tensor.of(ids, rows, LENGTH);
    }

    public static DecoderLM fresh(int width, long seed) {
        return new DecoderLM(DecoderConfig.llama(LETTERS, LENGTH, 2, width, 4, 4, 2 * width).withTied(true), Rng.of(seed));
    }

    public static DecoderLM trained(int width, int steps, long seed) {
        var model = fresh(width, seed);
        train(model, letters(Corpora.kingJames(), 0, 400_000), steps, 3e-3, Rng.of(seed + 1));
        return model;
    }

    public static void train(Module model, int[] letters, int steps, double rate, Rng rng) {
        var optimizer = new Adam(rate).over(new ArrayList<>(model.parameters().values()));
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var ids = batch(letters, 16, rng);
                new CausalLmLoss().of(model.forward(ids, Pass.training(rng)), ids).backward();
                optimizer.step();
            }
        }
    }

    /** Mean cross-entropy over fixed windows, in nats a letter. */
    public static double loss(Module model, int[] letters, int windows) {
        return Autograd.noGrad(() -> {
            double sum = 0;
            for (int w = 0; w < windows; w += 32) {
                int rows = Math.min(32, windows - w);
                var ids = new int[rows * LENGTH];
                System.arraycopy(letters, w * LENGTH, ids, 0, ids.length);
                var x = Tensor.of(ids, rows, LENGTH);
                sum += new CausalLmLoss().of(model.forward(x, Pass.inference()), x).item() * rows / windows;
            }
            return sum;
        });
    }

    public static double perplexity(Module model, int[] letters, int windows) { return Math.exp(loss(model, letters, windows)); }

    public static List<Tensor> calibration(int[] letters, int batches, long seed) {
        var all = new ArrayList<Tensor>();
        var rng = Rng.of(seed);
        for (int i = 0; i < batches; i++) all.add(batch(letters, 16, rng));
        return all;
    }
}
