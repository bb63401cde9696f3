package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Gru;
import lyceum.nn.Lstm;
import lyceum.nn.LstmVariant;
import lyceum.nn.Pass;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;
import lyceum.train.Bptt;
import lyceum.train.DeepStack;
import lyceum.train.GradientFlow;

/** Gradients on their way back, through layers and through time: where they fade, what each lag adds, and what it costs to keep the way open. */
@Lab(topics = {"vanishing-gradient", "backprop-through-time"}, title = "The long way back")
final class GradientFlowLab implements LabBody {
    @Override public void run(LabContext lab) {
        int depth = lab.param("layers", 20, 2, 60), width = lab.param("width", 48, 4, 256), steps = lab.param("steps", 32, 12, 200);
        layers(lab, depth, width);
        time(lab, steps);
    }

    private static void layers(LabContext lab, int depth, int width) {
        Tensor x = Tensor.randn(lab.rng(1), DType.F64, 64, width), y = Tensor.randn(lab.rng(2), DType.F64, 64, width);
        var series = new Series[DeepStack.values().length];
        var ratios = new double[series.length];
        for (var kind : DeepStack.values()) {
            var network = kind.network(depth, width, lab.rng(3));
            var flow = GradientFlow.through(network.layers(), x, out -> Loss.mse(out, y));
            double last = flow.norms()[depth - 1];
            series[kind.ordinal()] = Series.of(kind.name().toLowerCase(Locale.ROOT),
                    Arrays.stream(flow.norms()).map(v -> v / last).toArray());
            ratios[kind.ordinal()] = flow.firstOverLast();
        }
        lab.figure(Figure.bars("Gradient at each layer over that at the last", Figure.numbered(1, depth), series)
                .axes("layer", "norm of the gradient").logY().describedAs(
                        "Plain sigmoid layers lose a factor of four or more each, so that the first hears nothing; every remedy lifts its bars towards a level line."));
        lab.say("Over %d layers the plain sigmoid network keeps %.1e of its gradient, ReLU with He's start %.2f.", depth, ratios[0],
                ratios[DeepStack.RELU.ordinal()]);
        lab.shows("vanishing-gradient", "sigmoid: first over last", ratios[0], below(1e-3));
        lab.shows("vanishing-gradient", "residual: first over last", ratios[DeepStack.RESIDUAL.ordinal()], above(1e-2));
    }

    private static void time(LabContext lab, int steps) {
        var config = new RnnConfig(2, 8).withDtype(DType.F64);
        var x = Tensor.randn(lab.rng(4), DType.F64, 4, steps, 2).compute();
        var networks = new Rnn[] {new Rnn(config, lab.rng(5)), new Gru(config, lab.rng(5)),
                new Lstm(config, new LstmVariant().withForgetBias(3), lab.rng(5))};
        Plot figure = Figure.plot("What each lag adds to the gradient");
        int lags = Math.min(steps, 24);
        for (var network : networks) {
            Bptt.Step step = (t, s) -> network.step(x.select(1, t), s, Pass.inference()).state();
            var parts = new Bptt(1, lags).byLag(network.parameters(), steps, network.initial(4), step,
                    (t, s) -> t < steps - 1 ? null : network.last(s).square().sum());
            figure = figure.line(network.getClass().getSimpleName(), 0,
                    parts.stream().mapToDouble(lag -> lag.get("weight_hh_l0").norm().item()).toArray());
        }
        lab.figure(figure.axes("lag in steps", "norm of the term by W_hh").logY().describedAs(
                "How loudly the last step's loss speaks to the weights at each earlier step: exponentially less for the simple cell, hardly less where forget gates begin near one."));
        memory(lab, steps, networks[0], x);
    }

    private static void memory(LabContext lab, int steps, Rnn network, Tensor x) {
        Bptt.Step step = (t, s) -> network.step(x.select(1, t), s, Pass.inference()).state();
        Bptt.StepLoss loss = (t, s) -> network.last(s).square().sum();
        var ways = new Bptt[] {Bptt.full(), Bptt.full().withCheckpointed(true), new Bptt(1, 10)};
        var names = new String[] {"everything kept", "checkpointed", "k1 = 1, k2 = 10"};
        Plot figure = Figure.plot("States that live at once");
        int[] lengths = {steps / 4, steps / 2, steps};
        var peaks = new double[ways.length][lengths.length];
        for (int w = 0; w < ways.length; w++) {
            for (int i = 0; i < lengths.length; i++)
                peaks[w][i] = ways[w].gradients(network.parameters(), lengths[i], network.initial(4), step, loss).peakStates();
            figure = figure.line(names[w], Arrays.stream(lengths).asDoubleStream().toArray(), peaks[w]);
        }
        lab.figure(figure.axes("steps", "states").describedAs(
                "One state a step if all are kept, about twice the root of the steps with checkpoints, a constant when the sweep is cut off."));
        lab.shows("backprop-through-time", "checkpointed: states over 3 sqrt(T)", peaks[1][2] / (3 * Math.sqrt(steps)), atMost(1));
        lab.shows("backprop-through-time", "truncated: states", peaks[2][2], atMost(12));
    }
}
