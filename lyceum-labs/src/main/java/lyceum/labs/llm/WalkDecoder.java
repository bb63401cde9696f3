package lyceum.labs.llm;

import java.util.ArrayList;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Walks of four kinds, which their first token names, and a small decoder that learned to go on with them. */
final class WalkDecoder {
    static final int LENGTH = 32, KINDS = 4, TOKENS = 24;

    private WalkDecoder() {}

    /** A walk of one of four kinds, which the first token names. */
    static int[] walk(int length, Rng rng) {
        var ids = new int[length];
        ids[0] = rng.nextInt(KINDS);
        for (int t = 1; t < length; t++)
            ids[t] = KINDS + Rng.of(ids[0]).split((t == 1 ? 0 : ids[t - 1]) * 3L + rng.nextInt(3)).nextInt(TOKENS);
        return ids;
    }

    static Tensor walks(int rows, Rng rng) {
        var ids = new int[rows * LENGTH];
        for (int r = 0; r < rows; r++) System.arraycopy(walk(LENGTH, rng), 0, ids, r * LENGTH, LENGTH);
        return Tensor.of(ids, rows, LENGTH);
    }

    static DecoderLM trained(LabContext lab, int steps) {
        var model = new DecoderLM(DecoderConfig.llama(KINDS + TOKENS, LENGTH, 2, 32, 4, 4, 64).withTied(true).withDeviation(0.1),
                lab.rng(1));
        var optimizer = new Adam(5e-3).over(new ArrayList<>(model.parameters().values()));
        var rng = lab.rng(2);
        for (int step : lab.progress("steps", steps)) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var ids = walks(16, rng);
                new CausalLmLoss().of(model.logits(ids, Pass.training(rng)), ids).backward();
                optimizer.step();
            }
        }
        return model;
    }
}
