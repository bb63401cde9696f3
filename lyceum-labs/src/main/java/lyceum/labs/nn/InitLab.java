package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Hooks;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Lsuv;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.SignalReport;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Move the scale of the weights and watch signal and gradient die, live or explode, a factor a layer. */
@Lab(topics = {"weight-init", "glorot-init", "he-init"}, title = "A factor to the power of the depth")
final class InitLab implements LabBody {

    @Override public void run(LabContext lab) {
        int depth = lab.param("depth", 24, 4, 60), width = lab.param("width", 96, 16, 256);
        double scale = lab.param("scale", 0.5, 0.1, 3.0);
        var x = Tensor.randn(lab.rng(1), DType.F32, 128, width).compute();
        var inits = new LinkedHashMap<String, Init>();
        inits.put("naive, uniform within 1/sqrt(n)", Init.torchLinear(width));
        inits.put("Glorot", Init.glorotNormal());
        inits.put("He", Init.heNormal());
        inits.put("He times " + scale, Init.heNormal().withScale(2 * scale * scale));
        inits.put("orthogonal, ReLU's gain", Init.orthogonal(Init.gain(Activation.RELU)));
        for (var activation : new Activation[] {Activation.TANH, Activation.RELU}) {
            Map<String, SignalReport> reports = reports(lab, inits, depth, width, activation, x);
            var name = activation == Activation.RELU ? "ReLU" : "tanh";
            lab.figure(Figure.row("Scale by depth under " + name, scales("Signal", reports, true), scales("Gradient", reports, false))
                    .describedAs(
                            "Left: deviation of each layer's output going forward. Right: root mean square of the gradient there. A wrong factor shows as a straight line on the log scale."));
            histograms(lab, depth, width, activation, x);
            if (activation == Activation.TANH) continue;
            lab.shows("he-init", "factor a layer of the mean square under He", factor(reports.get("He")), between(0.9, 1.1));
            lab.shows("glorot-init", "factor a layer of the mean square under Glorot", factor(reports.get("Glorot")), between(0.4, 0.6));
            lab.shows("weight-init", "factor a layer under the naive rule", factor(reports.get("naive, uniform within 1/sqrt(n)")),
                    below(0.25));
        }
        var network = network(lab, depth, width, Activation.SIGMOID, Init.zeros());
        var variances = new Lsuv().fit(network, x, lab.rng(2));
        lab.figure(Figure.line("Sigmoid network after LSUV", 1, variances.values().stream().mapToDouble(v -> v).toArray()).limitY(0, 1.2)
                .axes("layer", "variance of its output")
                .describedAs("Scaled by what each layer does to data, every output has variance one, whatever the activation."));
        lab.shows("weight-init", "least variance after LSUV", variances.values().stream().mapToDouble(v -> v).min().orElse(0), above(0.95));
    }

    private static Map<String, SignalReport> reports(LabContext lab, Map<String, Init> inits, int depth, int width, Activation activation,
            Tensor x) {
        var reports = new LinkedHashMap<String, SignalReport>();
        inits.forEach((name, init) -> reports.put(name, SignalReport.of(network(lab, depth, width, activation, init), x, lab.rng(3))));
        return reports;
    }

    private static Sequential network(LabContext lab, int depth, int width, Activation activation, Init init) {
        var layers = new ArrayList<Layer>();
        for (int i = 0; i < depth; i++) {
            layers.add(new Linear(width, width, false, DType.F32, init, lab.rng(100 + i)));
            layers.add(activation);
        }
        return new Sequential(layers);
    }

    private static double factor(SignalReport report) {
        var layers = report.layers();
        return Math.pow(layers.getLast().meanSquare() / layers.getFirst().meanSquare(), 1.0 / (layers.size() - 1));
    }

    private static Figure scales(String title, Map<String, SignalReport> reports, boolean forward) {
        var plot = Figure.plot(title).axes("layer", forward ? "deviation" : "root mean square").logY();
        for (var entry : reports.entrySet())
            plot = plot.line(entry.getKey(), 1,
                    entry.getValue().layers().stream().mapToDouble(l -> forward ? l.deviation() : Math.sqrt(l.gradient())).toArray());
        return plot;
    }

    private static void histograms(LabContext lab, int depth, int width, Activation activation, Tensor x) {
        var panels = new ArrayList<Figure>();
        for (var init : Map.of("Glorot", Init.glorotNormal(), "He", Init.heNormal()).entrySet().stream().sorted(Map.Entry.comparingByKey())
                .toList()) {
            var network = network(lab, depth, width, activation, init.getValue());
            var hooks = Hooks.of(network);
            var seen = hooks.capture("*");
            network.forward(x.narrow(0, 0, 16), Pass.inference().with(hooks));
            for (int layer : new int[] {1, depth / 2, depth})
                panels.add(Figure.histogram(init.getKey() + ", layer " + layer, seen.get(String.valueOf(2 * layer - 1)).toDoubleArray(), 30)
                        .axes("activation", "count"));
        }
        lab.figure(Figure.grid("Activations of " + (activation == Activation.RELU ? "ReLU" : "tanh"), 3, panels.toArray(Figure[]::new))
                .describedAs(
                        "Histograms of the first, a middle and the last layer's activations, Glorot above and He below: mind the scale of each axis."));
    }
}
