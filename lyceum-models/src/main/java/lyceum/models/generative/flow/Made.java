package lyceum.models.generative.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A perceptron whose weights are masked so that what it says of a feature depends on the features before it alone: unit k of degree m(k) reads units of degree at most
 * m(k), and the outputs of the feature at place p (from 1) read units of degree below p. One pass gives all conditionals.
 *
 * {@snippet :
 * var made = new Made(new MadeConfig(5, 2, 64, 64), rng);
 * Tensor said = made.forward(x);                                    // (n, 2 x 5): the first number of each feature, then the second
 * }
 *
 * <p>Masked weights are multiplied by 0, so that forbidden derivatives are exactly 0. Children {@code layers.0 ..} have {@code weight}, {@code bias} and {@code mask}.
 *
 * @see <a href="https://arxiv.org/abs/1502.03509">Germain, Gregor, Murray and Larochelle (2015)</a>
 */
public final class Made extends Module {
    private final MadeConfig config;
    private final List<Masked> layers;

    /** A linear layer some of whose weights do not count. */
    private static final class Masked extends Module {
        private final Tensor weight, bias, mask;

        Masked(Tensor mask, Init init, Rng rng) {
            this.mask = mask.compute();
            weight = Init.begin(init, rng, mask.dtype(), mask.size(0), mask.size(1)).requiresGrad();
            bias = Init.torchLinear(mask.size(1)).sample(rng, mask.dtype(), mask.size(0)).compute().requiresGrad();
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return x.affine(weight.mul(mask), bias); }
    }

    public Made(MadeConfig config, Rng rng) {
        this.config = config;
        int d = config.features();
        var made = new ArrayList<Masked>();
        int[] below = IntStream.range(0, d).map(i -> config.place(i) + 1).toArray(), last = below;
        for (int width : config.hidden()) {
            int[] degrees = degrees(width, below, rng);
            made.add(new Masked(mask(degrees, below, 0), Init.torchLinear(below.length), rng));
            below = degrees;
        }
        var outputs = IntStream.range(0, config.outputs() * d).map(i -> last[i % d]).toArray();
        made.add(new Masked(mask(outputs, below, 1), Init.torchLinear(below.length), rng));
        layers = List.copyOf(made);
    }

    private int[] degrees(int width, int[] below, Rng rng) {
        int most = Math.max(1, config.features() - 1), least = Math.min(most, IntStream.of(below).min().getAsInt());
        return IntStream.range(0, width)
                .map(k -> config.degrees() == MadeConfig.Degrees.SEQUENTIAL ? 1 + k % most : least + rng.nextInt(most - least + 1))
                .toArray();
    }

    /** 1 where the unit of the row is at least {@code more} above the unit of the column. */
    private Tensor mask(int[] rows, int[] columns, int more) {
        Tensor row = Tensor.of(rows).unsqueeze(1), column = Tensor.of(columns).unsqueeze(0);
        return row.ge(column.add((long) more)).to(config.dtype());
    }

    public MadeConfig config() { return config; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() != 2 || x.size(1) != config.features())
            throw new ShapeException("Made: rows " + x.shape() + "; they are (n, " + config.features() + ")");
        for (int i = 0; i < layers.size() - 1; i++) x = config.activation().forward(layers.get(i).forward(x, pass), pass);
        return layers.getLast().forward(x, pass);
    }

    /** Starts the last layer at 0: what it says is then the same for all rows. */
    Made quiet() {
        Autograd.noGrad(() -> {
            layers.getLast().weight.zero_();
            layers.getLast().bias.zero_();
        });
        return this;
    }
}
