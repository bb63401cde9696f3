package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Bends and their slopes; then one network and one pair of spirals, learned under each bend and under none. */
@Lab(topics = "activation-function", title = "The same spiral under each bend")
final class ActivationLab implements LabBody {
    private static final List<Activation> KINDS = List.of(Activation.IDENTITY, Activation.SIGMOID, Activation.TANH, Activation.RELU,
            Activation.GELU);

    @Override public void run(LabContext lab) {
        var shown = Activation
                .valueOf(lab.choice("activation", "GELU", Arrays.stream(Activation.values()).map(Enum::name).toArray(String[]::new)));
        int width = lab.param("width", 16, 2, 64), epochs = lab.param("epochs", 20, 1, 200);
        double rate = lab.param("learning rate", 0.02, 0.0001, 0.1);

        var x = Tensor.linspace(-4, 4, 161);
        lab.figure(Figure
                .row(shown.name(), Figure.plot("Value").line("value", x, shown.apply(x)).axes("x", "y"),
                        Figure.plot("Slope").line("slope", x, shown.derivative(x)).axes("x", "dy / dx"))
                .describedAs("The chosen function from -4 to 4, and its derivative."));

        var spirals = Datasets.spirals(lab.rng(1), 300, 1, 0.02).to(DType.F32);
        var accuracy = new double[KINDS.size()];
        var rows = new ArrayList<List<?>>();
        for (int k : lab.progress("activations", KINDS.size())) {
            accuracy[k] = right(learned(lab, KINDS.get(k), spirals, width, epochs, rate), spirals);
            rows.add(List.of(KINDS.get(k).name(), 100 * accuracy[k]));
        }
        lab.table("The spirals after " + epochs + " epochs", List.of("activation", "rightly told, %"), rows);
        var net = learned(lab, shown, spirals, width, epochs, rate);
        lab.figure(Figure.plot("Two spirals by " + shown.name())
                .regions(-1.3, 1.3, -1.3, 1.3, at -> net.forward(at.to(DType.F32)).argmax(1), "said one", "said other")
                .points(spirals.x(), spirals.y().toIntArray(), "one", "other").axes("x1", "x2")
                .describedAs("The two spirals over the regions that the network with the chosen function gives to each."));
        lab.say("Without a bend the network is one straight cut and tells %.0f%% rightly; the best of the others tells %.0f%%.",
                100 * accuracy[0], 100 * Arrays.stream(accuracy).max().orElseThrow());
        lab.shows("share that straight layers tell rightly", accuracy[0], below(0.8));
        lab.shows("share that the best bend tells rightly", Arrays.stream(accuracy).max().orElseThrow(), above(accuracy[0]));
    }

    private static Sequential learned(LabContext lab, Activation activation, Dataset data, int width, int epochs, double rate) {
        var rng = lab.rng(2);
        var net = new Sequential(new Linear(2, width, rng), activation, new Linear(width, width, rng), activation,
                new Linear(width, 2, rng));
        new Trainer(new Adam(rate), epochs).withBatchSize(50).fit(net, Loss::crossEntropy, data, lab.rng(3));
        return net;
    }

    private static double right(Sequential net, Dataset data) {
        return net.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item();
    }
}
