package lyceum.labs.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.nn.Embedding;
import lyceum.nn.GptBlock;
import lyceum.nn.Linear;
import lyceum.prob.Autoregressive;
import lyceum.prob.Categorical;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/** A language model is a chain of conditionals: all it can say adds up to one. */
class TinyLanguageModelTest {
    private static final int VOCABULARY = 5, LENGTH = 5, START = 5;

    private static final class Gpt {
        final Rng rng = Rng.of(3_125);
        final Embedding tokens = new Embedding(VOCABULARY + 1, 8, rng), places = new Embedding(LENGTH, 8, rng);
        final GptBlock block = new GptBlock(8, 2, rng);
        final Linear head = new Linear(Tensor.randn(rng, VOCABULARY, 8), Tensor.randn(rng, VOCABULARY));

        /** (batch, T) to (batch, T, vocabulary). */
        Tensor logits(Tensor x) {
            int[] positions = new int[(int) x.size(1)];
            Arrays.setAll(positions, i -> i);
            return Autograd.noGrad(() -> head.forward(block.forward(tokens.forward(x).add(places.forward(Tensor.of(positions))))));
        }
    }

    /** What follows a prefix: asked once for each, as a sampler would. */
    private static Autoregressive model(Gpt gpt, Map<List<Double>, UnivariateDistribution> asked) {
        return past -> asked.computeIfAbsent(Arrays.stream(past).boxed().toList(), key -> {
            var prefix = new int[past.length + 1];
            prefix[0] = START;
            for (int t = 0; t < past.length; t++) prefix[t + 1] = (int) past[t];
            return Categorical.ofLogits(gpt.logits(Tensor.of(prefix, 1, prefix.length)).get(0).get(past.length).toDoubleArray());
        });
    }

    @Test
    @Acceptance(topic = "chain-rule-probability", clause = 3) void allThatATinyModelCanSayAddsUpToOne() {
        var gpt = new Gpt();
        var asked = new HashMap<List<Double>, UnivariateDistribution>();
        var model = model(gpt, asked);
        var inputs = new int[3_125 * LENGTH];
        var sequences = new double[3_125][LENGTH];
        for (int s = 0; s < 3_125; s++) {
            for (int t = LENGTH - 1, rest = s; t >= 0; t--, rest /= VOCABULARY) sequences[s][t] = rest % VOCABULARY;
            inputs[s * LENGTH] = START;
            for (int t = 1; t < LENGTH; t++) inputs[s * LENGTH + t] = (int) sequences[s][t - 1];
        }
        // The oracle: every sequence whole, in one batch, with the model's own log-softmax.
        double[] logs = gpt.logits(Tensor.of(inputs, 3_125, LENGTH)).logSoftmax(-1).toDoubleArray();
        double sum = 0, worst = 0, most = 0;
        for (int s = 0; s < 3_125; s++) {
            double log = model.logDensity(sequences[s]), forced = 0;
            for (int t = 0; t < LENGTH; t++) forced += logs[(s * LENGTH + t) * VOCABULARY + (int) sequences[s][t]];
            worst = Math.max(worst, Math.abs(log - forced));
            most = Math.max(most, Math.exp(log));
            sum += Math.exp(log);
        }
        Evidence.of("sequences", sequences.length, exactly(3_125));
        Evidence.of("sum of their probabilities", sum, equalTo(1, 1e-5));
        Evidence.of("log-probability against one batched pass", worst, below(1e-4));
        Evidence.of("the likeliest over the mean", most * 3_125, above(5));
        Evidence.of("prefixes asked for, 1 + 5 + 25 + 125 + 625", asked.size(), exactly(781));
    }
}
