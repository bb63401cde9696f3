package lyceum.llm;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One decoder from nothing on the King James Bible, and its two ways to compute. */
class DecoderOnlyTransformerTest {
    private static final int BLOCK = 20_000, CONTEXT = 128, BATCH = 16, STEPS = 450;

    /** Blocks of 20,000 bytes: every tenth is held out. */
    private static byte[] kingJames(boolean heldOut) {
        var all = new ByteArrayOutputStream();
        Corpora.kingJames().stream().forEach(d -> all.writeBytes((d.text() + "\n").getBytes(StandardCharsets.UTF_8)));
        byte[] bytes = all.toByteArray();
        var some = new ByteArrayOutputStream();
        for (int at = 0, n = 1; at < bytes.length; at += BLOCK, n++)
            if (n % 10 == 0 == heldOut) some.write(bytes, at, Math.min(BLOCK, bytes.length - at));
        return some.toByteArray();
    }

    @Acceptance(topic = "decoder-only-transformer", clause = 3)
    @Tag("heavy")
    @Test void twoHundredThousandParametersForetellBytesBetterThanABigram() {
        byte[] train = kingJames(false), held = kingJames(true);
        var model = new DecoderLM(DecoderConfig.llama(256, CONTEXT, 4, 64, 4, 4, 168).withTied(true), Rng.of(1));
        var adam = new AdamW(4e-3).withWeightDecay(0.01).over(model.parameters()).scheduledBy(new Schedule.Cosine(STEPS))
                .clippedBy(Clip.norm(1));
        var rng = Rng.of(2);
        for (int step = 0; step < STEPS; step++) try (var scope = Scope.open()) {
            var ids = new int[BATCH * CONTEXT];
            for (int row = 0; row < BATCH; row++) {
                int from = rng.nextInt(train.length - CONTEXT);
                for (int t = 0; t < CONTEXT; t++) ids[row * CONTEXT + t] = train[from + t] & 0xff;
            }
            model.zeroGrad();
            var loss = model.loss(Tensor.of(ids, BATCH, CONTEXT), Pass.training(rng));
            loss.backward();
            adam.step();
        }
        double own = bits(model, held), bigram = bigramBits(train, held);
        Evidence.of("parameters over 0.2 million", Math.abs(model.parameterCount() / 2e5 - 1), atMost(0.1));
        Evidence.of("bits a byte on held-out blocks", own, atMost(2.8));
        Evidence.of("the same, less those of the bigram", own - bigram, below(0));
    }

    /** Of held-out windows, each byte but a window's first. */
    private static double bits(DecoderLM model, byte[] held) {
        double sum = 0;
        int batches = 0, n = held.length / CONTEXT;
        for (int first = 0; first + 64 <= n; first += 64, batches++) try (var scope = Scope.open()) {
            var ids = new int[64 * CONTEXT];
            for (int i = 0; i < ids.length; i++) ids[i] = held[first * CONTEXT + i] & 0xff;
            sum += Autograd.noGrad(() -> model.loss(Tensor.of(ids, 64, CONTEXT), Pass.inference()).item());
        }
        return sum / batches / Math.log(2);
    }

    /** {@code 0.9 c(ab) / c(a) + 0.0999 c(b) / n + 0.0001 / 256}, the first weight best of three on held-out bytes, in the bigram's favour. */
    private static double bigramBits(byte[] train, byte[] held) {
        var pairs = new double[256][256];
        var singles = new double[256];
        for (int i = 0; i + 1 < train.length; i++) {
            pairs[train[i] & 0xff][train[i + 1] & 0xff]++;
            singles[train[i] & 0xff]++;
        }
        double best = Double.POSITIVE_INFINITY;
        for (double weight : new double[] {0.9, 0.99, 0.999}) {
            double sum = 0;
            for (int i = 0; i + 1 < held.length; i++) {
                int a = held[i] & 0xff, b = held[i + 1] & 0xff;
                double pair = singles[a] == 0 ? 0 : pairs[a][b] / singles[a];
                sum -= Math.log(weight * pair + (0.9999 - weight) * singles[b] / train.length + 1e-4 / 256);
            }
            best = Math.min(best, sum / (held.length - 1) / Math.log(2));
        }
        return best;
    }

    @Acceptance(topic = "decoder-only-transformer", clause = 4)
    @Test void inferenceAndAutogradAgree() throws IOException {
        var gap = Gap.absolute();
        for (var family : TinyFamilies.all()) {
            var model = family.model();
            var ids = family.expected().get("ids");
            double[] recorded = model.logits(ids, Pass.training(Rng.of(1))).toDoubleArray();
            model.pack();
            double[] packed = Autograd.noGrad(() -> model.logits(ids, Pass.inference())).toDoubleArray();
            gap.see(family.name(), packed, recorded);
            var decoding = model.begin();
            for (int t = 0; t < 12; t++) {
                double[] next = decoding.next(ids.narrow(1, t, 1)).toDoubleArray();
                for (int row = 0; row < 2; row++)
                    for (int v = 0; v < 23; v++) gap.see(family + " step " + t, next[row * 23 + v], recorded[(row * 12 + t) * 23 + v]);
            }
        }
        Evidence.of("packed, and step by step from the cache, against the recorded pass", gap, atMost(1e-5));
        Evidence.of("numbers compared", gap.seen(), exactly(17 * 2 * 12 * 23 * 2));
    }
}
