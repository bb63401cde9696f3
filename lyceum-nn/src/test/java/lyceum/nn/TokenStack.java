package lyceum.nn;

import java.util.function.IntFunction;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Embeddings, blocks and logits of each position, over token numbers; the configuration says who sees whom and how positions are told. */
final class TokenStack extends Module {
    private final Embedding embedding;
    private final TransformerEncoder blocks;
    private final Linear head;

    TokenStack(TransformerConfig config, int layers, int symbols, int outputs, Rng rng) {
        embedding = new Embedding(symbols, config.width(), rng);
        blocks = new TransformerEncoder(config, layers, rng);
        head = new Linear(config.width(), outputs, rng);
    }

    /** Norms before, GELU, without dropout. */
    static TransformerConfig config(int width, int heads) {
        return TransformerConfig.original(width, heads, 4 * width).withPlacement(TransformerConfig.Placement.PRE)
                .withActivation(Activation.GELU);
    }

    @Override protected Tensor compute(Tensor ids, Pass pass) {
        return head.forward(blocks.forward(embedding.forward(ids, pass), pass), pass);
    }

    /** The same weights, positions told otherwise. */
    TokenStack like(TransformerConfig config, int layers) {
        var other = new TokenStack(config, layers, (int) embedding.config().count(), (int) head.weight().size(0), Rng.of(0));
        other.load(state());
        return other;
    }

    /**
     * A batch.
     *
     * @param ids (n, T)
     * @param targets (n, T) classes
     * @param from the first position whose answer counts
     * @param to the position behind the last
     */
    record Batch(Tensor ids, Tensor targets, long from, long to) {
        Tensor asked(Tensor y) { return y.narrow(1, from, to - from); }
    }

    /** Adam over batches by step, the rate falling to a tenth along a cosine. Returns this. */
    TokenStack train(int steps, double rate, IntFunction<Batch> batches) {
        var optimizer = new Adam(rate).over(parameters()).scheduledBy(new Schedule.Cosine(steps, 0.1, false, 1)).clippedBy(Clip.norm(1));
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                var batch = batches.apply(step);
                optimizer.zeroGrad();
                loss(batch).backward();
                optimizer.step();
            }
        }
        return this;
    }

    /** Mean cross-entropy of the asked positions. */
    Tensor loss(Batch batch) {
        var logits = batch.asked(forward(batch.ids()));
        return Loss.crossEntropy(logits.reshape(-1, logits.size(2)), batch.asked(batch.targets()).flatten());
    }

    /** Share of the asked positions that are answered right. */
    double accuracy(Batch batch) {
        try (var scope = Scope.open("accuracy")) {
            var right = batch.asked(forward(batch.ids())).argmax(-1).eq(batch.asked(batch.targets()));
            return right.to(DType.F64).mean().item();
        }
    }
}
