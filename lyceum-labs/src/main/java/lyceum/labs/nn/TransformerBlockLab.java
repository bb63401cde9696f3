package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
import lyceum.nn.FeedForward;
import lyceum.nn.GatedFeedForward;
import lyceum.nn.Hooks;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.Residual;
import lyceum.nn.Sequential;
import lyceum.nn.TransformerBlock;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A block from inside: what each half adds to the stream, who mixes positions, and where the norm stands for a gradient. */
@Lab(topics = {"decoder-block", "pre-norm-post-norm", "residual-connection", "position-wise-mlp", "swiglu"},
        title = "A stream and what is added to it")
final class TransformerBlockLab implements LabBody {

    @Override public void run(LabContext lab) {
        int depth = lab.param("depth", 12, 4, 48), width = 4 * lab.param("width / 4", 8, 2, 32);
        double gate = lab.param("gate input", 1.0, -4.0, 4.0);
        stream(lab, width);
        mixing(lab);
        placements(lab, depth, width);
        depths(lab, depth);
        gates(lab, gate);
    }

    private static void stream(LabContext lab, int width) {
        var config = TransformerConfig.original(width, 4, 4 * width).withPlacement(TransformerConfig.Placement.PRE)
                .withActivation(Activation.GELU).causal();
        var block = new TransformerBlock(config, lab.rng(1));
        var x = Tensor.randn(lab.rng(2), DType.F32, 1, 6, width).compute();
        var hooks = Hooks.of(block);
        var seen = hooks.capture("*");
        var y = block.forward(x, Pass.inference().with(hooks));
        String[] points = {"resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post"};
        var sizes = new double[points.length];
        for (int i = 0; i < points.length; i++) sizes[i] = seen.get(points[i]).narrow(1, 5, 1).square().sum().sqrt().item();
        lab.figure(Figure.bar("One token on its way through a block", points, sizes).axes("point", "length of the vector")
                .describedAs("The stream comes in, attention adds to it, the feed-forward half adds to it, the stream goes out."));
        lab.shows("decoder-block", "distance of the stream from input plus what was added",
                y.sub(x.add(seen.get("attn_out")).add(seen.get("mlp_out"))).abs().max().item(), below(1e-5));
    }

    private static void mixing(LabContext lab) {
        var panels = new ArrayList<Figure>();
        double across = 0;
        for (var part : List.of(new FeedForward(6, 12, Activation.GELU, true, 0, DType.F64, lab.rng(3)),
                new MultiHeadAttention(new AttentionConfig(6, 2).withDtype(DType.F64), lab.rng(4)))) {
            var x = Tensor.randn(lab.rng(5), DType.F64, 1, 7, 6).compute();
            var size = Autograd.jacobian(part::forward, x).reshape(7, 6, 7, 6).square().sum(new int[] {1, 3}, false).sqrt();
            if (part instanceof FeedForward) across = size.mul(Tensor.eye(DType.F64, 7).neg().add(1)).max().item();
            panels.add(Figure.heatmap(part.getClass().getSimpleName(), size).axes("input position", "output position"));
        }
        lab.figure(Figure.row("Who mixes positions", panels.toArray(Figure[]::new))
                .describedAs("The feed-forward half depends on its own position alone: a block-diagonal Jacobian. Attention's is full."));
        lab.shows("position-wise-mlp", "largest derivative across positions", across, exactly(0));
    }

    private static void placements(LabContext lab, int depth, int width) {
        var plot = Figure.plot("Gradient of each block's input at the start").axes("block", "norm").logY();
        for (var place : TransformerConfig.Placement.values()) {
            var encoder = new TransformerEncoder(TransformerConfig.original(width, 4, 2 * width).withPlacement(place), depth, lab.rng(6));
            var hooks = Hooks.of(encoder);
            var inputs = new ArrayList<Tensor>();
            hooks.on("layers.*.resid_pre", (name, in, out) -> {
                var leaf = out.requiresGrad();
                inputs.add(leaf);
                return out.add(leaf.sub(leaf.detach()));
            });
            encoder.forward(Tensor.randn(lab.rng(7), DType.F32, 1, 8, width), Pass.inference().with(hooks)).narrow(1, 3, 1).square()
                    .mul(Tensor.arange(width)).sum().backward();
            double[] norms = inputs.stream().mapToDouble(t -> t.grad().square().sum().sqrt().item()).toArray();
            plot = plot.line(place.name().toLowerCase(Locale.ROOT), 1, norms);
            if (place == TransformerConfig.Placement.PRE) lab.shows("pre-norm-post-norm",
                    "pre-norm: gradient at the first block over the last's", norms[0] / norms[depth - 1], above(1));
        }
        lab.figure(plot.describedAs(
                "Where the stream passes unnormalised, the gradient grows towards the input by the square root of what is ahead; under post-norm it shrinks or stays."));
    }

    private static void depths(LabContext lab, int depth) {
        var plot = Figure.plot("Input gradient by depth: plain and residual").axes("layers", "norm over that of one layer").logY();
        double[] plain = new double[depth], residual = new double[depth];
        for (int kind = 0; kind < 2; kind++) {
            var layers = new ArrayList<Layer>();
            for (int i = 0; i < depth; i++) {
                Layer layer = new Sequential(new Linear(32, 32, lab.rng(100 + i)), Activation.RELU);
                layers.add(kind == 0 ? layer : new Residual(layer));
                var x = Tensor.randn(lab.rng(8), DType.F32, 16, 32).requiresGrad();
                new Sequential(layers).forward(x).sum().backward();
                (kind == 0 ? plain : residual)[i] = x.grad().square().sum().sqrt().item();
            }
        }
        double one = plain[0], begun = residual[0];
        for (int i = 0; i < depth; i++) {
            plain[i] /= one;
            residual[i] /= begun;
        }
        lab.figure(plot.line("plain", 1, plain).line("residual", 1, residual).describedAs(
                "In a plain stack of ReLU layers the gradient dies by a factor a layer; around the branches it has a way back."));
        lab.shows("residual-connection", "what is left of the plain stack's gradient over the residual one's",
                plain[depth - 1] / residual[depth - 1], below(0.5));
    }

    private static void gates(LabContext lab, double gate) {
        var kinds = new Activation[] {Activation.SILU, Activation.GELU, Activation.RELU, Activation.SIGMOID, Activation.IDENTITY};
        var plot = Figure.plot("What a hidden unit passes of an input of 1").axes("gate input", "output");
        var at = Tensor.linspace(-4, 4, 81);
        for (var kind : kinds) plot = plot.line(kind.name().toLowerCase(Locale.ROOT), at, kind.apply(at));
        lab.figure(plot.describedAs(
                "act(g) times u for u = 1: SwiGLU dips below zero, ReGLU shuts, GLU squashes, the bilinear block multiplies."));
        lab.say("At gate input %.1f SwiGLU passes %.3f, ReGLU %.3f.", gate, kinds[0].apply(Tensor.scalar(gate)).item(), Math.max(0, gate));
        long gated = new GatedFeedForward(96, GatedFeedForward.hiddenFor(96, 1), lab.rng(9)).parameterCount(),
                full = new FeedForward(96, 384, Activation.RELU, false, 0, DType.F32, lab.rng(9)).parameterCount();
        lab.shows("swiglu", "parameters at two thirds of the width over the plain block's", (double) gated / full, above(0.99));
    }
}
