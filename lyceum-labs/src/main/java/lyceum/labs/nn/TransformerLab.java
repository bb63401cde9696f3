package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.nn.Transformer;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** The model of 2017, small: it learns to reverse, its heads show how, and encoder and decoder show who sees whom. */
@Lab(topics = {"transformer", "attention-is-all-you-need", "transformer-decoder"}, title = "All you need, at 20,000 parameters")
final class TransformerLab implements LabBody {
    private static final int SYMBOLS = 8, LENGTH = 6;

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 120, 40, 3000), heads = lab.param("heads", 2, 1, 4),
                warmup = lab.param("warm-up", 4000, 100, 20_000);
        var model = new Transformer(TransformerConfig.original(32, heads, 64), SYMBOLS + 1, 1, lab.rng(1));
        reversal(lab, model, steps, heads);
        visibility(lab);
        var rate = new double[201];
        for (int i = 0; i <= 200; i++) rate[i] = Transformer.rate(512, warmup, Math.max(1, 100L * i));
        lab.figure(Figure.plot("The paper's learning rate").line("rate", 0, rate).axes("hundreds of steps", "learning rate")
                .describedAs("A linear warm-up, then the inverse square root of the step."));
        lab.shows("attention-is-all-you-need", "rate at the peak less the formula's",
                Transformer.rate(512, warmup, warmup) - Math.pow(512.0 * warmup, -0.5), below(1e-15));
    }

    private static void reversal(LabContext lab, Transformer model, int steps, int heads) {
        var optimizer = new Adam(5e-3).over(model.parameters());
        var rng = lab.rng(2);
        var losses = new double[steps];
        for (int step : lab.progress("steps", steps)) {
            try (var scope = Scope.open("step")) {
                var ids = Tensor.randint(rng, 1, SYMBOLS + 1, 32, LENGTH);
                optimizer.zeroGrad();
                var loss = Loss.crossEntropy(model.forward(ids, shifted(ids.flip(1)), Pass.training(rng)).reshape(-1, SYMBOLS + 1),
                        ids.flip(1).flatten());
                loss.backward();
                optimizer.step();
                losses[step] = loss.item();
            }
        }
        var ids = Tensor.randint(lab.rng(3), 1, SYMBOLS + 1, 64, LENGTH);
        var hooks = Hooks.of(model);
        var seen = hooks.capture("decoder.layers.0.cross_attention.weights");
        var logits = model.forward(ids, shifted(ids.flip(1)), Pass.inference().with(hooks));
        double right = logits.argmax(-1).eq(ids.flip(1)).to(DType.F64).mean().item();
        var panels = new ArrayList<Figure>();
        for (int h = 0; h < heads; h++)
            panels.add(Figure.heatmap("head " + (h + 1), seen.values().iterator().next().get(0).get(h)).axes("source position",
                    "target position"));
        panels.add(Figure.plot("Training").line("loss", 0, losses).axes("step", "loss (nats)"));
        lab.figure(Figure.row("Reversing strings", panels.toArray(Figure[]::new)).describedAs(
                "Cross-attention of the decoder: what is written looks at what is read from the end, an anti-diagonal, as soon as the loss has fallen."));
        lab.say("%d parameters, %d steps: %.1f%% of the reversed symbols are right.", model.parameterCount(), steps, 100 * right);
        lab.shows("transformer", "loss at the end over the beginning's", losses[steps - 1] / losses[0], below(0.9));
        var changed = Tensor.concat(1, shifted(ids.flip(1)).narrow(1, 0, LENGTH - 1), Tensor.full(DType.I64, 1, 64, 1));
        var moved = model.forward(ids, changed, Pass.inference()).sub(model.forward(ids, shifted(ids.flip(1)), Pass.inference())).abs();
        lab.shows("attention-is-all-you-need", "an earlier logit's move when the last target changes",
                moved.narrow(1, 0, LENGTH - 1).max().item(), exactly(0));
    }

    private static Tensor shifted(Tensor target) {
        return Tensor.concat(1, Tensor.zeros(DType.I64, target.size(0), 1), target.narrow(1, 0, LENGTH - 1));
    }

    private static void visibility(LabContext lab) {
        var config = TransformerConfig.original(6, 2, 8);
        config = config.withAttention(config.attention().withDtype(DType.F64));
        var encoder = new TransformerEncoder(config, 2, lab.rng(4));
        var decoder = new TransformerDecoder(config.withCross(true), 2, lab.rng(5));
        Tensor x = Tensor.randn(lab.rng(6), DType.F64, 1, 6, 6).compute(), memory = Tensor.randn(lab.rng(7), DType.F64, 1, 4, 6).compute();
        var all = sizes(Autograd.jacobian(encoder::forward, x), 6);
        var own = sizes(Autograd.jacobian(z -> decoder.forward(z, memory, Pass.inference()), x), 6);
        var read = sizes(Autograd.jacobian(z -> decoder.forward(x, z, Pass.inference()), memory), 4);
        lab.figure(Figure.row("Who hears whom", Figure.heatmap("encoder: everybody", all).axes("input", "output"),
                Figure.heatmap("decoder: the past", own).axes("target", "output"),
                Figure.heatmap("decoder: all of the memory", read).axes("memory", "output")).describedAs(
                        "Sizes of the derivative of each output by each input. The decoder's targets form a triangle, the memory a full block."));
        double later = 0;
        for (int t = 0; t < 6; t++) for (int s = t + 1; s < 6; s++) later = Math.max(later, own.get(t).get(s).item());
        lab.shows("transformer-decoder", "largest derivative by a later target", later, exactly(0));
        lab.shows("transformer", "least derivative of an encoder by any input", all.min().item(), above(0));
    }

    private static Tensor sizes(Tensor jacobian, int inputs) {
        return jacobian.reshape(6, 6, inputs, 6).square().sum(new int[] {1, 3}, false).sqrt();
    }
}
