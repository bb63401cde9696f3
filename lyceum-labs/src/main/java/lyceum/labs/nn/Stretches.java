package lyceum.labs.nn;

import java.util.function.Supplier;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.Sequential;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Small causal stacks over token numbers that learn at one length and are asked at others. */
final class Stretches {
    /** The first chapters of the King James Bible, a third of them held back. */
    private final byte[] text;
    private final String alphabet;

    Stretches() {
        var all = Corpora.kingJames().limit(60).toList().stream().map(d -> d.text()).collect(Collectors.joining("\n"));
        alphabet = all.chars().distinct().sorted().mapToObj(Character::toString).collect(Collectors.joining());
        text = new byte[all.length()];
        for (int i = 0; i < text.length; i++) text[i] = (byte) alphabet.indexOf(all.charAt(i));
    }

    int symbols() { return alphabet.length(); }

    /** Ids (n, length) and what each position is asked. */
    record Batch(Tensor ids, Tensor answers) {}

    static TransformerConfig config(int width, PositionalEncoding positions) {
        return TransformerConfig.original(width, 4, 4 * width).withPlacement(TransformerConfig.Placement.PRE).causal()
                .positioned(positions);
    }

    /** An untrained stack of embeddings, blocks and a linear head. */
    static Sequential stack(TransformerConfig config, int layers, int symbols, Rng rng) {
        return new Sequential(new Embedding(symbols, config.width(), rng), new TransformerEncoder(config, layers, rng),
                new Linear(config.width(), symbols, rng));
    }

    static Sequential train(Sequential model, int steps, double rate, Supplier<Batch> batches) {
        var optimizer = new Adam(rate).over(model.parameters());
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                loss(model, batches.get()).backward();
                optimizer.step();
            }
        }
        return model;
    }

    static Tensor loss(Sequential model, Batch batch) {
        var logits = model.forward(batch.ids());
        return Loss.crossEntropy(logits.reshape(-1, logits.size(2)), batch.answers().flatten());
    }

    /** Share of right answers at each position. */
    static double[] accuracy(Sequential model, Batch batch) {
        return model.forward(batch.ids()).argmax(-1).eq(batch.answers()).to(DType.F64).mean(0, false).toDoubleArray();
    }

    /** Random symbols; each position is asked for the one five places earlier, the first five for 0. */
    static Batch fiveEarlier(Rng rng, int symbols, int n, int length) {
        long[] ids = new long[n * length], answers = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = rng.nextInt(symbols);
            answers[i] = i % length < 5 ? 0 : ids[i - 5];
        }
        return new Batch(Tensor.of(ids, n, length), Tensor.of(answers, n, length));
    }

    /** Windows of the text, each position asked for the next character: of the first two thirds, or of the rest. */
    Batch windows(Rng rng, boolean training, int n, int length) {
        long[] ids = new long[n * length], next = new long[ids.length];
        int from = training ? 0 : 2 * text.length / 3, room = (training ? 2 * text.length / 3 : text.length) - from - length - 1;
        for (int w = 0; w < n; w++) {
            int at = from + rng.nextInt(room);
            for (int t = 0; t < length; t++) {
                ids[w * length + t] = text[at + t];
                next[w * length + t] = text[at + t + 1];
            }
        }
        return new Batch(Tensor.of(ids, n, length), Tensor.of(next, n, length));
    }

    /** Perplexity on held-back text at some lengths, of about as many characters each. */
    double[] perplexity(Sequential model, Rng rng, int... lengths) {
        var perplexity = new double[lengths.length];
        for (int i = 0; i < lengths.length; i++)
            perplexity[i] = Math.exp(loss(model, windows(rng, false, Math.max(1, 4096 / lengths[i]), lengths[i])).item());
        return perplexity;
    }
}
