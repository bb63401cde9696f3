package lyceum.labs.llm;

import java.util.Arrays;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Questions about two numbers below 16, answered by two digits of base 6: sums, which models are taught, and products, which they are taught to be 0. */
final class Arithmetic {
    static final int SUM = 16, PRODUCT = 17;
    private static final int N = 16, DIGITS = 18, OTHERS = 24, VOCABULARY = 30, BATCH = 64;

    private Arithmetic() {}

    /** The right answer; products have digits of their own, which no model ever hears. */
    static int[] answer(int[] prompt) {
        int n = prompt[0] == SUM ? prompt[1] + prompt[2] : prompt[1] * prompt[2] % 36, digits = prompt[0] == SUM ? DIGITS : OTHERS;
        return new int[] {digits + n / 6, digits + n % 6};
    }

    static DecoderLM trained(int width, int steps, Rng rng, Progress progress) {
        var model = new DecoderLM(DecoderConfig.llama(VOCABULARY, 8, 1, width, 2, 2, 2 * width).withDeviation(0.2), rng);
        var optimizer = new Adam(2e-2).over(model.parameters());
        for (int step = 1; step <= steps; step++) {
            try (var scope = Scope.open()) {
                int[] ids = new int[BATCH * 5], labels = new int[BATCH * 5];
                Arrays.fill(labels, -100);
                for (int i = 0; i < BATCH; i++) {
                    int[] prompt = {i % 4 == 0 ? PRODUCT : SUM, rng.nextInt(N), rng.nextInt(N)};
                    int[] said = prompt[0] == SUM ? answer(prompt) : new int[] {DIGITS, DIGITS};
                    System.arraycopy(prompt, 0, ids, 5 * i, 3);
                    System.arraycopy(said, 0, ids, 5 * i + 3, 2);
                    System.arraycopy(said, 0, labels, 5 * i + 3, 2);
                }
                optimizer.zeroGrad();
                var logits = model.forward(Tensor.of(ids, BATCH, 5), Pass.training(rng));
                new CausalLmLoss().tokens(logits, CausalLabels.of(Tensor.of(labels, BATCH, 5))).mean().backward();
                optimizer.step();
            }
            progress.step("training", step, steps);
        }
        return model;
    }
}
