package lyceum.nn.loss;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CausalLmLossTest {

    @Test
    @Acceptance(topic = "next-token-prediction", clause = 1) void equalsTorchOnShiftedTensors() {
        var worst = Gap.relativeBeyondOne();
        int ignored = 0, seen = 0;
        for (var c : Golden.load("golden/next-token.json").list("cases")) {
            var recipe = new Recipe(c.integer("input.seed"));
            var type = c.text("input.dtype").equals("float32") ? DType.F32 : DType.F64;
            var logits = Tensor.of(recipe.bells(189), 3, 9, 7).mul(2).to(type).compute();
            recipe.belows(7, 27);
            recipe.uniforms(27);
            var labels = CausalLabels.of(ids(c));
            if (c.text("name").contains("weighted=True")) labels = labels.withWeights(Tensor.of(recipe.uniforms(27), 3, 9));
            var loss = new CausalLmLoss().withZLoss(c.number("input.z"));
            var of = labels;
            worst.see(c, "expected.loss", loss.tokens(logits, of).mean().item());
            worst.see(c, "expected.gradient", Autograd.grad(z -> loss.tokens(z, of).mean()).apply(logits).toDoubleArray());
            assertThat(loss.tokens(logits, of).count()).isEqualTo(24 - c.integer("input.ignored"));
            ignored += c.integer("input.ignored");
            seen++;
        }
        Evidence.of("cases", seen, exactly(5));
        Evidence.of("share of ignored labels", ignored / (24.0 * seen), between(0.25, 0.35));
        Evidence.of("loss and gradients beside PyTorch", worst, below(1e-6));
    }

    private static Tensor ids(Golden c) {
        double[] flat = c.flat("input.ids");
        var ids = new long[flat.length];
        for (int i = 0; i < ids.length; i++) ids[i] = (long) flat[i];
        return Tensor.of(ids, 3, 9);
    }

    @Test
    @Acceptance(topic = "next-token-prediction", clause = 2) void chunksAgreeWithTheWholeInAChunksMemory() {
        double gap = 0;
        int compared = 0;
        for (var type : new DType[] {DType.F32, DType.F64})
            for (double z : new double[] {0, 1e-2}) for (int chunk : new int[] {1, 7, 16, 64}) {
                var rng = Rng.of(2);
                Tensor hidden = Tensor.randn(rng, type, 2, 20, 6).compute(), head = Tensor.randn(rng, type, 11, 6).compute();
                var ids = Tensor.randint(rng, 0, 11, 2, 20).compute();
                var labels = CausalLabels.of(ids).withWeights(Tensor.rand(rng, DType.F64, 2, 20).compute());
                CausalLmLoss loss = new CausalLmLoss().withZLoss(z), pieces = loss.withChunk(chunk);
                gap = Math.max(gap,
                        far(pieces.fused(hidden, head, labels).mean(), loss.tokens(hidden.matmul(head.transpose()), labels).mean()));
                gap = Math.max(gap, far(Autograd.grad(h -> pieces.fused(h, head, labels).mean()).apply(hidden),
                        Autograd.grad(h -> loss.tokens(h.matmul(head.transpose()), labels).mean()).apply(hidden)));
                gap = Math.max(gap, far(Autograd.grad(w -> pieces.fused(hidden, w, labels).mean()).apply(head),
                        Autograd.grad(w -> loss.tokens(hidden.matmul(w.transpose()), labels).mean()).apply(head)));
                gap = Math.max(gap,
                        far(Autograd.noGrad(() -> pieces.fused(hidden, head, labels).sum()), loss.fused(hidden, head, labels).sum()));
                compared++;
            }
        Evidence.of("forms compared", compared, exactly(16));
        Evidence.of("loss and gradients, largest gap", gap, atMost(1e-6));
        // Beside the chunk's logits there are their gradient, what the kernels pack, and the gradients of hidden and head.
        Evidence.of("peak in chunks of 64, over the logits of 64 positions", LogitsMemory.overOneChunk(64), atMost(6));
        Evidence.of("peak of all 2048 at once, over the logits of 64 positions", LogitsMemory.overOneChunk(LogitsMemory.POSITIONS) * 32,
                atLeast(32));
    }

    private static double far(Tensor a, Tensor b) { return a.sub(b).abs().max().item() / Math.max(1, b.abs().max().item()); }

    @Test
    @Acceptance(topic = "next-token-prediction", clause = 3) void microBatchesAddUpToTheBatch() {
        double worst = 0, naive = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(run);
            Tensor embedded = Tensor.randn(rng, DType.F64, 20, 13, 6).compute(), ids = Tensor.randint(rng, 0, 9, 20, 13).compute();
            var padding = Tensor.rand(rng, DType.F64, 20, 1).mul(Tensor.full(DType.F64, 12, 1)).add(2).gt(Tensor.arange(13).to(DType.F64))
                    .compute();
            Tensor whole = Tensor.randn(rng, DType.F64, 6, 9).requiresGrad(), parts = whole.detach().copy().requiresGrad(),
                    means = whole.detach().copy().requiresGrad();
            var loss = new CausalLmLoss();
            loss.tokens(embedded.matmul(whole), CausalLabels.of(ids).withPadding(padding)).mean().backward();
            int[] sizes = {1, 3, 9, 7};
            double total = 0;
            for (int pass = 0; pass < 2; pass++) {
                int from = 0;
                for (int size : sizes) {
                    var labels = CausalLabels.of(ids.narrow(0, from, size)).withPadding(padding.narrow(0, from, size));
                    var x = embedded.narrow(0, from, size);
                    if (pass == 0) total += loss.tokens(x.matmul(parts), labels).weight();
                    else {
                        loss.tokens(x.matmul(parts), labels).sum().div(total).backward();
                        loss.tokens(x.matmul(means), labels).mean().div(4).backward();
                    }
                    from += size;
                }
            }
            worst = Math.max(worst, far(parts.grad(), whole.grad()));
            naive = Math.max(naive, far(means.grad(), whole.grad()));
        }
        Evidence.of("gradient of sums over the whole's count, beside the batch's", worst, atMost(1e-6));
        Evidence.of("the mean of means is another gradient: largest gap", naive, atLeast(1e-3));
    }

    /** A small model: the last three tokens' embeddings through one hidden layer. */
    private static final class WindowLm extends Module {
        private final Embedding embedding;
        private final Linear hidden, head;

        WindowLm(int vocabulary, Rng rng) {
            embedding = new Embedding(vocabulary, 12, rng);
            hidden = new Linear(36, 64, rng);
            head = new Linear(64, vocabulary, rng);
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) {
            var e = embedding.forward(ids, pass).pad(1, 2, 0, 0);
            long t = ids.size(1);
            var window = Tensor.concat(2, e.narrow(1, 0, t), e.narrow(1, 1, t), e.narrow(1, 2, t));
            return head.forward(hidden.forward(window, pass).tanh(), pass);
        }
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "next-token-prediction", clause = 4) void aSmallModelReachesTheEntropyRate() {
        int k = 5;
        var rng = Rng.of(4);
        double[][] next = Tensor.randn(rng, DType.F64, k * k, k).mul(1.5).softmax(1).toRows();
        double rate = entropyRate(next, k);
        var model = new WindowLm(k, rng);
        var optimizer = new Adam(5e-3).over(model.parameters());
        var text = speak(next, k, 200_000, rng);
        for (int step = 0; step < 500; step++) {
            try (var scope = Scope.open()) {
                var ids = Tensor.stack(0, pieces(text, 32, rng));
                optimizer.zeroGrad();
                Loss.causalLm(model.forward(ids, Pass.training(rng)), ids).backward();
                optimizer.step();
            }
        }
        var fresh = speak(next, k, 100_000, Rng.of(5)).reshape(1, -1);
        // The first token's context is not known, which 100,000 do not feel.
        double loss = Autograd.noGrad(() -> Loss.causalLm(model.forward(fresh), fresh)).item();
        Evidence.of("loss on fresh text less the entropy rate (nats)", loss - rate, between(-0.02, 0.02));
        Evidence.of("entropy of the next token given one less the rate: what the second token tells", firstOrder(next, k) - rate,
                atLeast(0.05));
    }

    private static Tensor[] pieces(Tensor text, int count, Rng rng) {
        var pieces = new Tensor[count];
        for (int i = 0; i < count; i++) pieces[i] = text.narrow(0, rng.nextInt((int) text.size(0) - 33), 33);
        return pieces;
    }

    private static Tensor speak(double[][] next, int k, int length, Rng rng) {
        var text = new long[length];
        for (int i = 2; i < length; i++) {
            double u = rng.nextDouble();
            double[] p = next[(int) (text[i - 2] * k + text[i - 1])];
            while (text[i] < k - 1 && (u -= p[(int) text[i]]) > 0) text[i]++;
        }
        return Tensor.of(text).compute();
    }

    /** The stationary law of pairs, by iteration. */
    private static double[] pairs(double[][] next, int k) {
        var law = new double[k * k];
        law[0] = 1;
        for (int step = 0; step < 1000; step++) {
            var moved = new double[k * k];
            for (int a = 0; a < k; a++)
                for (int b = 0; b < k; b++) for (int c = 0; c < k; c++) moved[b * k + c] += law[a * k + b] * next[a * k + b][c];
            law = moved;
        }
        return law;
    }

    private static double entropyRate(double[][] next, int k) {
        double[] law = pairs(next, k);
        double rate = 0;
        for (int s = 0; s < k * k; s++) for (int c = 0; c < k; c++) rate -= law[s] * next[s][c] * Math.log(next[s][c]);
        return rate;
    }

    private static double firstOrder(double[][] next, int k) {
        double[] law = pairs(next, k);
        double h = 0;
        for (int b = 0; b < k; b++) {
            double all = 0;
            var joint = new double[k];
            for (int a = 0; a < k; a++) for (int c = 0; c < k; c++) joint[c] += law[a * k + b] * next[a * k + b][c];
            for (double p : joint) all += p;
            for (double p : joint) h -= p * Math.log(p / all);
        }
        return h;
    }

    @Test void masksLeaveOutWhatTheySay() {
        var rng = Rng.of(7);
        Tensor logits = Tensor.randn(rng, DType.F64, 2, 5, 4).compute(), ids = Tensor.randint(rng, 0, 4, 2, 5).compute();
        var loss = new CausalLmLoss();
        double[] each = new CrossEntropy().withReduction(Reduction.NONE)
                .of(logits.narrow(1, 0, 4).reshape(8, 4), ids.narrow(1, 1, 4).flatten()).toDoubleArray();
        assertThat(loss.tokens(logits, CausalLabels.of(ids)).sum().item()).isCloseTo(sum(each, 0, 1, 2, 3, 4, 5, 6, 7), within(1e-12));
        // Right padding in the first row, left in the second: its first real token is predicted from a pad, so it does not count.
        var padding = Tensor.of(new boolean[] {true, true, true, false, false, false, true, true, true, true}, 2, 5);
        var padded = loss.tokens(logits, CausalLabels.of(ids).withPadding(padding));
        assertThat(padded.sum().item()).isCloseTo(sum(each, 0, 1, 5, 6, 7), within(1e-12));
        assertThat(padded.count()).isEqualTo(5);
        var documents = Tensor.of(new long[] {0, 0, 1, 1, 1, 2, 2, 2, 2, 3}, 2, 5);
        var parted = loss.tokens(logits, CausalLabels.of(ids).withDocuments(documents));
        assertThat(parted.sum().item()).isCloseTo(sum(each, 0, 2, 3, 4, 5, 6), within(1e-12));
        var weights = Tensor.of(new double[] {9, 1, 0, 2, 0, 9, 0, 0, 0, 0.5}, 2, 5);
        var weighted = loss.tokens(logits, CausalLabels.of(ids).withWeights(weights));
        assertThat(weighted.sum().item()).isCloseTo(each[0] + 2 * each[2] + 0.5 * each[7], within(1e-12));
        assertThat(weighted.weight()).isEqualTo(3.5);
        assertThat(weighted.count()).isEqualTo(3);
        assertThat(loss.of(logits.get(0), ids.get(0)).item()).isCloseTo(sum(each, 0, 1, 2, 3) / 4, within(1e-12));
    }

    private static double sum(double[] each, int... places) {
        double sum = 0;
        for (int i : places) sum += each[i];
        return sum;
    }

    @Test void chunkedGradientsAreDifferentiable() {
        var rng = Rng.of(8);
        Tensor hidden = Tensor.randn(rng, DType.F64, 2, 4, 3).compute(), head = Tensor.randn(rng, DType.F64, 5, 3).compute(),
                direction = Tensor.randn(rng, DType.F64, 2, 4, 3).compute();
        var labels = CausalLabels.of(Tensor.randint(rng, 0, 5, 2, 4).compute());
        CausalLmLoss whole = new CausalLmLoss().withZLoss(0.1), pieces = whole.withChunk(2);
        var expected = Autograd.hvp(h -> whole.fused(h, head, labels).mean(), hidden, direction);
        assertThat(far(Autograd.hvp(h -> pieces.fused(h, head, labels).mean(), hidden, direction), expected)).isLessThan(1e-12);
    }

    @Test void whatDoesNotCountMayBeInfinite() {
        var rng = Rng.of(9);
        Tensor hidden = Tensor.randn(rng, DType.F64, 1, 5, 3).compute(), head = Tensor.randn(rng, DType.F64, 6, 3).compute();
        var ids = Tensor.randint(rng, 0, 6, 1, 5).compute();
        // position 2 predicts nothing: its hidden state may hold anything
        var labels = CausalLabels.of(ids).withWeights(Tensor.of(new double[] {1, 1, 1, 0, 1}, 1, 5));
        var place = Tensor.arange(5).eq(2).reshape(1, 5, 1).expand(1, 5, 3);
        for (var loss : new CausalLmLoss[] {new CausalLmLoss(), new CausalLmLoss().withChunk(2), new CausalLmLoss().withZLoss(0.1),
                new CausalLmLoss().withZLoss(0.1).withChunk(3)}) {
            double expected = loss.fused(place.where(hidden.zerosLike(), hidden), head, labels).mean().item();
            for (double any : new double[] {Double.POSITIVE_INFINITY, Double.NaN}) {
                var far = hidden.maskedFill(place, any).compute();
                assertThat(loss.fused(far, head, labels).mean().item()).isEqualTo(expected);
                assertThat(Autograd.grad(w -> loss.fused(far, w, labels).mean()).apply(head).isFinite().all().item()).isEqualTo(1);
                assertThat(Autograd.grad(h -> loss.fused(h, head, labels).mean()).apply(far).isFinite().all().item()).isEqualTo(1);
                var logits = hidden.matmul(head.transpose()).maskedFill(Tensor.arange(5).eq(2).reshape(1, 5, 1).expand(1, 5, 6), any);
                assertThat(Autograd.grad(z -> loss.tokens(z, labels).mean()).apply(logits).isFinite().all().item()).isEqualTo(1);
            }
        }
    }

    @Test void nothingToPredictIsNaNWithoutAGradient() {
        var logits = Tensor.ones(DType.F64, 1, 3, 2).requiresGrad();
        var none = new CausalLmLoss().tokens(logits, CausalLabels.of(Tensor.of(new long[] {0, -100, -100}, 1, 3)));
        assertThat(none.mean().item()).isNaN();
        assertThat(none.count()).isZero();
        none.sum().backward();
        assertThat(logits.grad().abs().max().item()).isZero();
    }

    @Test void refusesWhatDoesNotFit() {
        var ids = Tensor.of(new long[] {0, 1, 5}, 1, 3);
        assertThatThrownBy(() -> Loss.causalLm(Tensor.zeros(1, 3, 5), ids)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("CausalLmLoss: id 5; ids are 0 to 4, and -100 is not predicted");
        assertThatThrownBy(() -> Loss.causalLm(Tensor.zeros(1, 2, 9), ids)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(1, 2, 9)");
        assertThatThrownBy(() -> CausalLabels.of(Tensor.zeros(1, 3))).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> CausalLabels.of(ids).withPadding(Tensor.zeros(3))).hasMessageContaining("padding (3,)");
        assertThatThrownBy(() -> new CausalLmLoss().fused(Tensor.zeros(1, 3, 4), Tensor.zeros(9, 5), CausalLabels.of(ids)))
                .hasMessageContaining("head (9, 5)");
        assertThatThrownBy(() -> new CausalLmLoss().withZLoss(-1)).hasMessageContaining("zLoss is -1.0");
    }
}
