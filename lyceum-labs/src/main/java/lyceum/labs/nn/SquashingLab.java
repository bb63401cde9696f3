package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.equalTo;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.nn.Activation;
import lyceum.nn.ActivationReport;
import lyceum.nn.Init;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Two S-curves: their slopes, what stacking does to a gradient, and which of them a deep network learns with. */
@Lab(topics = {"sigmoid", "tanh"}, title = "Two S-curves, and how gradients die in a stack of them")
final class SquashingLab implements LabBody {
    private static final Activation[] BOTH = {Activation.SIGMOID, Activation.TANH};
    private static final String[] NAMES = {"sigmoid", "tanh"};

    @Override public void run(LabContext lab) {
        double at = lab.param("x", 1.0, -6.0, 6.0);
        int layers = lab.param("layers", 8, 2, 20), steps = lab.param("steps", 60, 20, 1000);
        lab.figure(curves(at));
        lab.say("At x = %.2f the sigmoid is %.4f with slope %.4f, tanh %.4f with slope %.4f.", at, Activation.sigmoid(at),
                Activation.sigmoidDerivative(at), Activation.tanh(at), Activation.tanhDerivative(at));
        gradients(lab, at, layers);

        var data = Datasets.digits().to(DType.F32).scaled(1.0 / 16);
        var sample = data.x().narrow(0, 0, 500);
        double[][] losses = new double[2][], means = new double[2][], saturated = new double[2][];
        for (int i : lab.progress("networks", 2)) {
            var network = new Mlp(
                    MlpConfig.classifier(64, 10, IntStream.range(0, layers - 1).map(l -> 32).toArray()).withActivation(BOTH[i]),
                    Init.glorotUniform(), lab.rng(1));
            var report = ActivationReport.of(network, List.of(sample));
            means[i] = report.layers().stream().mapToDouble(ActivationReport.LayerReport::mean).toArray();
            losses[i] = train(network, data, steps, lab.rng(2));
            saturated[i] = ActivationReport.of(network, List.of(sample), 0.05).layers().stream()
                    .mapToDouble(ActivationReport.LayerReport::saturated).toArray();
        }
        String[] places = Figure.numbered(1, layers - 1);
        lab.figure(Figure
                .row("Inside a network of " + layers + " layers, on digits",
                        Figure.bars("Mean activation before training", places, Series.of(NAMES[0], means[0]), Series.of(NAMES[1], means[1]))
                                .axes("hidden layer", "mean output"),
                        Figure.plot("Learning").add(NAMES[0], losses[0]).add(NAMES[1], losses[1]).axes("step", "training loss (nats)"),
                        Figure.bars("Saturated after training", places, Series.of(NAMES[0], saturated[0]),
                                Series.of(NAMES[1], saturated[1])).axes("hidden layer", "share of slopes below 0.05"))
                .describedAs(
                        "Sigmoid outputs hover about a half in every layer while tanh stays near zero; with tanh the loss falls at once, with sigmoids a deep network stays at the loss of guessing."));
        lab.say("After %d steps the loss is %.2f with tanh and %.2f with sigmoids; guessing costs %.2f.", steps, losses[1][steps - 1],
                losses[0][steps - 1], Math.log(10));
    }

    private static Plot curves(double at) {
        double[] near = {at - 1.5, at + 1.5};
        double s = Activation.sigmoid(at), t = Activation.tanh(at), ds = Activation.sigmoidDerivative(at),
                dt = Activation.tanhDerivative(at);
        return Figure.plot("Both curves and their tangents").line(NAMES[0], -6, 6, Activation::sigmoid)
                .line(NAMES[1], -6, 6, Activation::tanh)
                .line("tangents", new double[] {near[0], near[1], Double.NaN, near[0], near[1]},
                        new double[] {s - 1.5 * ds, s + 1.5 * ds, Double.NaN, t - 1.5 * dt, t + 1.5 * dt})
                .dashed().points("at x", new double[] {at, at}, new double[] {s, t}).axes("x", "output").describedAs(
                        "The sigmoid rises from 0 to 1, tanh from -1 to 1 and four times as steeply through the origin; dashed tangents touch both at the chosen x.");
    }

    /** The gradient at the input of a chain of unit-weight layers. */
    private static double through(Activation activation, double x, int layers) {
        return Autograd.grad(v -> {
            for (int i = 0; i < layers; i++) v = activation.apply(v);
            return v;
        }).apply(Tensor.scalar(x)).item();
    }

    private static void gradients(LabContext lab, double at, int layers) {
        var left = new double[2][layers];
        var excess = new Worst();
        for (int k = 1; k <= layers; k++) {
            for (int i = 0; i < 2; i++) left[i][k - 1] = Math.log10(through(BOTH[i], at, k));
            excess.see(through(Activation.SIGMOID, at, k) * Math.pow(4, k));
        }
        String[] places = Figure.numbered(1, layers);
        lab.figure(Figure
                .bars("What is left of a gradient", places, Series.of(NAMES[0], left[0]), Series.of(NAMES[1], left[1]),
                        Series.of("4^-k", Tensor.arange(1, layers + 1, 1).mul(-Math.log10(4))))
                .axes("layers k of unit weight", "log10 of the gradient").describedAs(
                        "Each sigmoid layer takes at least three quarters of the gradient, so that its bars hang below those of 4^-k and drop by 0.6 a layer; tanh loses far less."));
        lab.shows("sigmoid", "gradient over 4^-k, largest over depth", excess.value(), atMost(1));
        lab.shows("tanh", "LeCun's form at 1", Activation.lecunTanh(1), equalTo(1, 1e-4));
    }

    /** Smoothed batch losses. */
    private static double[] train(Mlp network, Dataset data, int steps, Rng rng) {
        var losses = new double[steps];
        var optimizer = new Adam(4e-3).over(network.parameters());
        for (int i = 0; i < steps; i++) {
            var batch = data.rows(rng.sample(data.size(), 64));
            optimizer.zeroGrad();
            var loss = Loss.crossEntropy(network.forward(batch.x()), batch.y());
            loss.backward();
            optimizer.step();
            losses[i] = i == 0 ? loss.item() : 0.8 * losses[i - 1] + 0.2 * loss.item();
        }
        return losses;
    }
}
