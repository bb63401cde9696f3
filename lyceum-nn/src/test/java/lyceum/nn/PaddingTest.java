package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.PadCollator;
import lyceum.data.PadCollator.Side;
import lyceum.data.PaddedBatch;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

/** What padding must not change, seen on a small causal language model with learned positions. */
class PaddingTest {
    private static final String TOPIC = "padding-token";
    private static final Pass EVAL = Pass.inference();
    private static final int WORDS = 30, PAD = 0, LONGEST = 64, WIDTH = 16;

    private static final class TinyModel extends Module {
        private final Embedding tokens, places;
        private final Block first, second;
        private final Linear head;

        TinyModel(Rng rng) {
            tokens = new Embedding(WORDS, WIDTH, rng);
            places = new Embedding(LONGEST, WIDTH, rng);
            first = new Block(rng);
            second = new Block(rng);
            head = new Linear(WIDTH, WORDS, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { throw new UnsupportedOperationException("give a padded batch"); }

        /** Logits (rows, width, words). */
        Tensor logits(PaddedBatch batch, Pass pass) {
            var seen = new Attention().withCausal(true).withBias(batch.keyMask());
            var x = tokens.forward(batch.ids(), pass).add(places.forward(batch.positions(), pass));
            return head.forward(second.forward(first.forward(x, seen, pass), seen, pass), pass);
        }

        /** Logits of one sequence alone: no mask, no filler. */
        Tensor logits(int[] text, Pass pass) {
            var seen = new Attention().withCausal(true);
            Tensor ids = Tensor.of(text).reshape(1, text.length),
                    at = Tensor.arange(0, text.length, 1).reshape(1, text.length).to(DType.I64);
            var x = tokens.forward(ids, pass).add(places.forward(at, pass));
            return head.forward(second.forward(first.forward(x, seen, pass), seen, pass), pass);
        }
    }

    private static final class Block extends Module {
        private final MultiHeadAttention attention;
        private final LayerNorm norm = new LayerNorm(WIDTH);
        private final Linear up, down;

        Block(Rng rng) {
            attention = new MultiHeadAttention(new AttentionConfig(WIDTH, 2), rng);
            up = new Linear(WIDTH, 32, rng);
            down = new Linear(32, WIDTH, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, new Attention(), pass); }

        Tensor forward(Tensor x, Attention seen, Pass pass) {
            var h = norm.forward(x, pass);
            var y = x.add(attention.forward(h, h, seen, pass));
            return y.add(down.forward(up.forward(y, pass).relu(), pass));
        }
    }

    private static List<int[]> texts(Rng rng, int count) {
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < count; i++) {
            var text = new int[2 + rng.nextInt(18)];
            for (int t = 0; t < text.length; t++) text[t] = 1 + rng.nextInt(WORDS - 1);
            texts.add(text);
        }
        return texts;
    }

    /** Mean loss and gradients of texts that are read one by one. */
    private static double alone(TinyModel model, List<int[]> texts) {
        model.zeroGrad();
        double total = 0;
        int predictions = texts.stream().mapToInt(t -> t.length - 1).sum();
        for (int[] text : texts) {
            var logits = model.logits(text, EVAL).reshape(text.length, WORDS).narrow(0, 0, text.length - 1);
            var loss = new CrossEntropy().of(logits, Tensor.of(Arrays.copyOfRange(text, 1, text.length)))
                    .mul((text.length - 1.0) / predictions);
            loss.backward();
            total += loss.item();
        }
        return total;
    }

    private static List<double[]> gradients(Module model) {
        return model.parameters().values().stream().map(p -> p.grad().toDoubleArray()).toList();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void logitsLossAndGradientsDoNotDependOnPadding() {
        var rng = Rng.of(295);
        Gap logits = Gap.absolute(), losses = Gap.absolute(), gradients = Gap.absolute();
        double padGradient = 0;
        int batches = 0;
        for (; batches < 100; batches++) {
            var model = new TinyModel(rng.split(batches));
            var texts = texts(rng, 2 + rng.nextInt(4));
            double expected = alone(model, texts);
            var expectedGradients = gradients(model);
            var single = texts.stream().map(t -> model.logits(t, EVAL).toDoubleArray()).toList();
            for (var side : Side.values()) for (int multiple : new int[] {1, batches % 2 == 0 ? 16 : 50}) {
                var batch = new PadCollator(PAD).withSide(side).withMultiple(multiple).collate(texts);
                model.zeroGrad();
                var z = model.logits(batch, EVAL);
                var loss = new CrossEntropy().of(z.reshape((long) batch.rows() * batch.width(), WORDS), batch.targets().flatten());
                loss.backward();
                double[] all = z.toDoubleArray();
                for (int i = 0; i < texts.size(); i++) {
                    int length = texts.get(i).length, from = i * batch.width() + (side == Side.LEFT ? batch.width() - length : 0);
                    logits.see("text " + i, Arrays.copyOfRange(all, from * WORDS, (from + length) * WORDS), single.get(i));
                }
                losses.see("loss", loss.item(), expected);
                var found = gradients(model);
                for (int p = 0; p < found.size(); p++) gradients.see("gradient " + p, found.get(p), expectedGradients.get(p));
                double[] table = model.tokens.weight().grad().toDoubleArray();
                for (int j = 0; j < WIDTH; j++) padGradient = Math.max(padGradient, Math.abs(table[PAD * WIDTH + j]));
            }
        }
        Evidence.of("batches, each at 2 amounts of filler on 2 sides", batches, exactly(100));
        Evidence.of("largest gap of a logit to the text alone", logits, below(1e-5));
        Evidence.of("largest gap of a loss", losses, below(1e-5));
        Evidence.of("largest gap of a gradient", gradients, below(1e-5));
        Evidence.of("largest entry of the pad embedding's gradient", padGradient, exactly(0));
    }

    private static int greedy(Tensor logits, int row, int column) { return (int) logits.get(row).get(column).argmax().item(); }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void leftPaddedGenerationEqualsSingleRunsTokenForToken() {
        var rng = Rng.of(2);
        int tokens = 0, differing = 0, wrongOnTheRight = 0;
        for (int run = 0; run < 4; run++) {
            var model = new TinyModel(rng.split(run));
            var prompts = texts(rng, 6);
            var single = new ArrayList<>(prompts);
            List<int[]> left = new ArrayList<>(prompts), right = new ArrayList<>(prompts);
            for (int step = 0; step < 20; step++) {
                for (int i = 0; i < 6; i++)
                    single.set(i, longer(single.get(i), greedy(model.logits(single.get(i), EVAL), 0, single.get(i).length - 1)));
                for (var side : Side.values()) {
                    var texts = side == Side.LEFT ? left : right;
                    var batch = new PadCollator(PAD).withSide(side).collate(texts);
                    var z = model.logits(batch, EVAL);
                    for (int i = 0; i < 6; i++) texts.set(i, longer(texts.get(i), greedy(z, i, batch.width() - 1)));
                }
            }
            for (int i = 0; i < 6; i++) for (int t = prompts.get(i).length; t < single.get(i).length; t++) {
                tokens++;
                if (left.get(i)[t] != single.get(i)[t]) differing++;
                if (right.get(i)[t] != single.get(i)[t]) wrongOnTheRight++;
            }
        }
        Evidence.of("tokens generated in 4 batches of 6", tokens, exactly(480));
        Evidence.of("that differ from single runs", differing, exactly(0));
        Evidence.of("that differ where the batch is padded right and read off its last column", wrongOnTheRight, atLeast(50));
    }

    private static int[] longer(int[] text, int token) {
        var longer = Arrays.copyOf(text, text.length + 1);
        longer[text.length] = token;
        return longer;
    }
}
