package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;

import lyceum.nn.Reversal.Looks;
import lyceum.nn.Reversal.Score;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Decoders that look and one that does not, at equal size and training, on strings to be said backwards. */
@Tag("heavy")
class ReversalTest {
    /** What was trained on lengths up to 20, and how it does at 20. */
    private static final class Twenty {
        static final Reversal LOOKING = additive(), BLIND = blind();
        static final Score SEEING = score(LOOKING), SQUEEZED = score(BLIND);

        static Reversal train(Reversal network) { return network.train(1200, 64, 0.003, 1, 20, Rng.of(2)); }

        static Reversal additive() { return train(new Reversal(Looks.ADDITIVE, 32, 32, 64, Rng.of(1))); }

        static Reversal blind() { return train(new Reversal(Looks.NOT, 32, 48, 64, Rng.of(1))); }

        static Score score(Reversal network) { return network.score(20, 500, Rng.of(3)); }
    }

    private static void equalSize(Reversal blind, Reversal looking) {
        Evidence.of("parameters without attention over those with it", (double) blind.parameterCount() / looking.parameterCount(),
                between(1, 1.1));
    }

    @Acceptance(topic = "bahdanau-attention", clause = 3)
    @Test void theAttentiveDecoderKeepsItsAccuracyAtTwentyAndItsAlignmentRunsBackwards() {
        equalSize(Twenty.BLIND, Twenty.LOOKING);
        Evidence.of("token accuracy at 20 with attention", Twenty.SEEING.symbols(), atLeast(0.95));
        Evidence.of("points by which the fixed context is lower", 100 * (Twenty.SEEING.symbols() - Twenty.SQUEEZED.symbols()), atLeast(15));
        Evidence.of("share of steps whose largest weight is on the anti-diagonal", Twenty.SEEING.mirrored(), atLeast(0.9));
    }

    @Acceptance(topic = "attention-mechanism", clause = 4)
    @Test void attentionReversesTwentySymbolsWhichDoNotPassThroughOneVector() {
        equalSize(Twenty.BLIND, Twenty.LOOKING);
        Evidence.of("strings of 20 reversed exactly with attention", Twenty.SEEING.strings(), atLeast(0.95));
        Evidence.of("through one vector", Twenty.SQUEEZED.strings(), atMost(0.4));
    }

    @Acceptance(topic = "luong-attention", clause = 4)
    @Test void globalAttentionWithInputFeedingReversesTenSymbols() {
        var looking = new Reversal(Looks.GLOBAL, 32, 32, 64, Rng.of(1)).train(800, 64, 0.003, 1, 10, Rng.of(2));
        var blind = new Reversal(Looks.NOT, 32, 48, 64, Rng.of(1)).train(800, 64, 0.003, 1, 10, Rng.of(2));
        equalSize(blind, looking);
        double seeing = looking.score(10, 500, Rng.of(3)).strings(), squeezed = blind.score(10, 500, Rng.of(3)).strings();
        Evidence.of("strings of 10 reversed exactly with global attention", seeing, atLeast(0.98));
        Evidence.of("points by which it is lower without", 100 * (seeing - squeezed), atLeast(15));
    }
}
