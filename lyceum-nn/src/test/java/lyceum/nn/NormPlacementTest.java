package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;

import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NormPlacementTest {
    @Acceptance(topic = "pre-norm-post-norm", clause = 2)
    @Test void theLastGradientFallsWithTheDepthUnderPreNormOnly() {
        Evidence.of("log-log slope over depths 4 to 32, pre-norm", slope(TransformerConfig.Placement.PRE), between(-0.65, -0.35));
        Evidence.of("log-log slope, post-norm", slope(TransformerConfig.Placement.POST), between(-0.15, 0.15));
    }

    /** Of the last feed-forward output weight's gradient norm, for a loss at one position, mean of 20 sequences, over the depth. */
    private static double slope(TransformerConfig.Placement placement) {
        int[] depths = {4, 8, 16, 32};
        double[] x = new double[4], y = new double[4];
        for (int i = 0; i < 4; i++) {
            double sum = 0;
            for (int sequence = 0; sequence < 20; sequence++) {
                var rng = Rng.of(100 * i + sequence);
                var encoder = new TransformerEncoder(TransformerConfig.original(32, 2, 128).withPlacement(placement), depths[i], rng);
                xavier(encoder, rng);
                var inputs = Tensor.randn(rng, DType.F32, 1, 10, 32);
                // A linear read-out of one position, scored by cross-entropy.
                var target = Tensor.randn(rng, DType.F32, 32, 10).div(Math.sqrt(32));
                encoder.forward(inputs).narrow(1, 4, 1).reshape(1, 32).matmul(target).logSoftmax(-1).narrow(1, 3, 1).neg().sum().backward();
                sum += encoder.parameters().get("layers." + (depths[i] - 1) + ".mlp.fc2.weight").grad().square().sum().sqrt().item() / 20;
            }
            x[i] = Math.log(depths[i]);
            y[i] = Math.log(sum);
        }
        double mx = (x[0] + x[1] + x[2] + x[3]) / 4, my = (y[0] + y[1] + y[2] + y[3]) / 4, top = 0, bottom = 0;
        for (int i = 0; i < 4; i++) {
            top += (x[i] - mx) * (y[i] - my);
            bottom += (x[i] - mx) * (x[i] - mx);
        }
        return top / bottom;
    }

    private static void xavier(Module module, Rng rng) {
        Autograd.noGrad(() -> module.parameters().forEach((name, p) -> {
            if (p.rank() == 2) p.copy_(Init.glorotUniform().sample(rng, p.dtype(), p.shape().toArray()));
            else if (name.endsWith("bias")) p.copy_(p.zerosLike());
        }));
    }

    @Acceptance(topic = "pre-norm-post-norm", clause = 3)
    @Tag("heavy")
    @Test void eighteenLayersWithoutWarmupLearnToCopyUnderPreNormOnly() {
        Evidence.of("pre-norm: last loss", copying(TransformerConfig.Placement.PRE), below(0.1));
        Evidence.of("post-norm: last loss", copying(TransformerConfig.Placement.POST), above(1));
    }

    /** The loss of an 18-layer decoder that copies 8 random symbols of 16 after a separator, Adam at 1e-3 from the first step on; mean of the last ten steps. */
    private static double copying(TransformerConfig.Placement placement) {
        int symbols = 16, half = 8, width = 128, steps = 100;
        var rng = Rng.of(1);
        var embedding = new Embedding(symbols + 1, width, rng);
        var places = new Embedding(2 * half, width, rng);
        var decoder = new TransformerDecoder(TransformerConfig.original(width, 4, 4 * width).withPlacement(placement), 18, rng);
        xavier(decoder, rng);
        var head = new Linear(width, symbols, rng);
        var all = new LinkedHashMap<String, Tensor>();
        for (var part : List.of(embedding, places, decoder, head)) part.parameters().forEach((name, p) -> all.put(all.size() + name, p));
        var optimizer = new Adam(1e-3).over(all);
        double last = 0;
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                var ids = Tensor.randint(rng, 0, symbols, 32, half);
                var input = Tensor.concat(1, ids, Tensor.full(DType.I64, symbols, 32, 1), ids.narrow(1, 0, half - 1));
                optimizer.zeroGrad();
                var x = embedding.forward(input).add(places.forward(Tensor.arange(2 * half)));
                var loss = Loss.crossEntropy(head.forward(decoder.forward(x).narrow(1, half, half)).reshape(-1, symbols), ids.flatten());
                loss.backward();
                optimizer.step();
                if (step >= steps - 10) last += loss.item() / 10;
            }
        }
        return last;
    }
}
