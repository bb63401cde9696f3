package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;

import java.util.function.IntFunction;
import lyceum.nn.TokenStack.Batch;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What small networks learn when positions are told in this way or that, and what is left of it at greater lengths. */
class PositionTrainingTest {

    /** Token 0, then sixteen of which two are marked, 1 and 2: at position 0, which came first? Strings come in pairs that differ in the order alone. */
    private static Batch whichFirst(Rng rng, int pairs) {
        int length = 17;
        var ids = new long[2 * pairs * length];
        var answers = new long[2 * pairs * length];
        for (int i = 0; i < 2 * pairs; i += 2) {
            int a = 1 + rng.nextInt(16), b = 1 + (a + rng.nextInt(15)) % 16;
            for (int t = 1; t < length; t++) ids[i * length + t] = ids[(i + 1) * length + t] = 3 + rng.nextInt(5);
            ids[i * length + Math.min(a, b)] = ids[(i + 1) * length + Math.max(a, b)] = 1;
            ids[i * length + Math.max(a, b)] = ids[(i + 1) * length + Math.min(a, b)] = 2;
            answers[i * length] = 1;
        }
        return new Batch(Tensor.of(ids, 2L * pairs, length), Tensor.of(answers, 2L * pairs, length), 0, 1);
    }

    @Acceptance(topic = "positional-encoding", clause = 3)
    @Tag("heavy")
    @Test void everySchemeTellsWhichCameFirst() {
        var config = TokenStack.config(32, 4);
        var test = whichFirst(Rng.of(77), 1000);
        var all = PositionalEncodingTest.schemes(32, 8, true);
        all.put("none", PositionalEncoding.none());
        for (var scheme : all.entrySet()) {
            var rng = Rng.of(5);
            var model = new TokenStack(config.positioned(scheme.getValue()), 2, 8, 2, Rng.of(1)).train(500, 3e-3,
                    step -> whichFirst(rng, 32));
            double right = 100 * model.accuracy(test);
            Evidence.of(scheme.getKey() + ": % right of 2,000 balanced strings", right,
                    scheme.getKey().equals("none") ? between(45, 55) : atLeast(95));
        }
    }

    /** Random symbols; each position asks for the symbol five places earlier, from the sixth on. */
    private static Batch fiveEarlier(Rng rng, int n, int length, int from, int to) {
        long[] ids = new long[n * length], answers = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = rng.nextInt(16);
            answers[i] = i % length < 5 ? 0 : ids[i - 5];
        }
        return new Batch(Tensor.of(ids, n, length), Tensor.of(answers, n, length), from, to);
    }

    private static TokenStack trained(PositionalEncoding positions, int layers, int symbols, int outputs, int steps,
            IntFunction<Batch> batches) {
        var config = TokenStack.config(64, 4).causal().positioned(positions);
        return new TokenStack(config, layers, symbols, outputs, Rng.of(1)).train(steps, 2e-3, batches);
    }

    @Acceptance(topic = "absolute-position-encoding", clause = 4)
    @Tag("heavy")
    @Test void aLearnedTableEndsWhereTrainingEnded() {
        Rng one = Rng.of(6), two = Rng.of(6);
        var learned = trained(PositionalEncoding.learned(64), 1, 16, 16, 1500, step -> fiveEarlier(one, 32, 32, 5, 32));
        var shaw = trained(RelativePosition.shaw(16), 1, 16, 16, 600, step -> fiveEarlier(two, 32, 32, 5, 32));
        Batch inside = fiveEarlier(Rng.of(8), 500, 32, 5, 32), beyond = fiveEarlier(Rng.of(9), 500, 64, 32, 64);
        double at = 100 * learned.accuracy(inside), past = 100 * learned.accuracy(beyond), relative = 100 * shaw.accuracy(beyond);
        Evidence.of("learned table: % right at positions 6 to 32 of length 32", at, atLeast(98));
        Evidence.of("at positions 33 to 64 of length 64", past, atMost(60));
        Evidence.of("Shaw's offsets there, above the table's by", relative - past, above(0));
    }

    /** Random bits; each position from the sixth on asks whether its bit equals that five places earlier. */
    private static Batch sameAsFiveEarlier(Rng rng, int n, int length, int from, int to) {
        long[] ids = new long[n * length], answers = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = rng.nextInt(2);
            answers[i] = i % length < 5 ? 0 : ids[i] == ids[i - 5] ? 1 : 0;
        }
        return new Batch(Tensor.of(ids, n, length), Tensor.of(answers, n, length), from, to);
    }

    @Acceptance(topic = "relative-position-encoding", clause = 4)
    @Tag("heavy")
    @Test void shawsOffsetsHoldAtFourTimesTheLength() {
        Rng one = Rng.of(16), two = Rng.of(16);
        var shaw = trained(RelativePosition.shaw(16), 1, 2, 2, 600, step -> sameAsFiveEarlier(one, 32, 32, 5, 32));
        var learned = trained(PositionalEncoding.learned(128), 1, 2, 2, 1500, step -> sameAsFiveEarlier(two, 32, 32, 5, 32));
        Batch inside = sameAsFiveEarlier(Rng.of(17), 300, 32, 5, 32), beyond = sameAsFiveEarlier(Rng.of(18), 300, 128, 32, 128);
        Evidence.of("Shaw's offsets: % right at positions 33 to 128 of length 128", 100 * shaw.accuracy(beyond), atLeast(95));
        Evidence.of("learned table there", 100 * learned.accuracy(beyond), atMost(70));
        Evidence.of("learned table at 6 to 32 of length 32", 100 * learned.accuracy(inside), atLeast(95));
    }

    private static double perplexity(KingJamesText text, TokenStack model, int length) { return Math.exp(text.loss(model, length)); }

    @Acceptance(topic = "alibi", clause = 4)
    @Tag("heavy")
    @Test void alibiKeepsItsPerplexityAtFourTimesTheLength() {
        var text = new KingJamesText();
        Rng one = Rng.of(26), two = Rng.of(26);
        var alibi = trained(PositionalEncoding.alibi(), 2, text.symbols(), text.symbols(), 1500, step -> text.batch(one, 16, 64));
        var table = new PositionalEncoding.Learned(256, 0, Init.normal(1)); // as the tokens' begins
        var learned = trained(table, 2, text.symbols(), text.symbols(), 1500, step -> text.batch(two, 16, 64));
        double short64 = perplexity(text, alibi, 64), table64 = perplexity(text, learned, 64);
        Evidence.of("ALiBi: perplexity at 64", short64, atMost(6));
        Evidence.of("ALiBi: perplexity at 256 over that at 64", perplexity(text, alibi, 256) / short64, atMost(1.05));
        Evidence.of("learned table: perplexity at 64", table64, atMost(6));
        Evidence.of("learned table: perplexity at 256 over that at 64", perplexity(text, learned, 256) / table64, atLeast(1.3));
    }

    @Acceptance(topic = "yarn", clause = 5)
    @Tag("heavy")
    @Test void yarnReadsFourTimesTheLengthWithoutTuning() {
        var text = new KingJamesText();
        var rng = Rng.of(36);
        var rotary = new RotaryEmbedding(16, 10_000);
        var model = trained(rotary, 2, text.symbols(), text.symbols(), 2000, step -> text.batch(rng, 16, 64));
        double plain = perplexity(text, model, 256), plainThere = perplexity(text, model, 64);
        var yarn = stretched(model, rotary, new RopeScaling.Yarn(4, 64, 1, 4, Double.NaN, RopeScaling.Ramp.TURNS));
        var dynamic = stretched(model, rotary, new RopeScaling.DynamicYarn(64, 1, 4));
        Evidence.of("YaRN: perplexity at 256 over unscaled", perplexity(text, yarn, 256) / plain, atMost(0.8));
        Evidence.of("dynamic YaRN: at 256 over unscaled", perplexity(text, dynamic, 256) / plain, atMost(0.8));
        Evidence.of("dynamic YaRN: at 64 over unscaled", perplexity(text, dynamic, 64) / plainThere, atMost(1.05));
        Evidence.of("YaRN by a fixed 4: at 64 over unscaled, which short texts pay", perplexity(text, yarn, 64) / plainThere, above(1.05));
    }

    private static TokenStack stretched(TokenStack model, RotaryEmbedding rotary, RopeScaling scaling) {
        return model.like(TokenStack.config(64, 4).causal().positioned(rotary.scaled(scaling)), 2);
    }
}
