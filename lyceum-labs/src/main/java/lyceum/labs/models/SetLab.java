package lyceum.labs.models;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.graph.Aggregation;
import lyceum.models.points.DeepSets;
import lyceum.models.points.DeepSetsConfig;
import lyceum.models.points.SetTransformer;
import lyceum.models.points.SetTransformerConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** The largest number of a set, learnt from sets of two to ten, asked of sets up to sixty: which pooling carries over. */
@Lab(topics = "deep-sets", title = "Trained on ten, asked about sixty")
final class SetLab implements LabBody {

    @Override public void run(LabContext lab) {
        int largest = lab.param("largest set in training", 10, 3, 20);
        int steps = lab.param("steps", 120, 50, 2000);
        int width = lab.param("width", 16, 8, 64);
        int[] sizes = {2, 5, 10, 15, 30, 60};
        var nets = new LinkedHashMap<String, Map.Entry<Module, BiFunction<Tensor, Pass, Tensor>>>();
        for (var pooling : new Aggregation[] {Aggregation.SUM, Aggregation.MAX}) {
            var net = DeepSets.create(new DeepSetsConfig(1, 1).withHidden(2 * width).withPooling(pooling), lab.rng(1));
            nets.put(pooling == Aggregation.SUM ? "sum" : "maximum", Map.entry(net, net::forward));
        }
        var attention = SetTransformer.create(new SetTransformerConfig(1, 1).withWidth(width).withLayers(1).withInduced(4), lab.rng(2));
        nets.put("attention", Map.entry(attention, attention::forward));
        var plot = Figure.plot("Error against set size");
        var at = new LinkedHashMap<String, double[]>();
        nets.forEach((name, net) -> {
            new Trainer(new Adam(5e-3), steps).withSchedule(new Schedule.Cosine(steps)).start(net.getKey(), 1, (rows, pass) -> {
                var rng = pass.rng().split(1);
                var x = sets(32, 2 + rng.nextInt(largest - 1), rng);
                return Loss.mse(net.getValue().apply(x, pass).reshape(32), x.max(1).reshape(32));
            }, null, lab.rng(3)).finish(lab.progress());
            var errors = new double[sizes.length];
            for (int i = 0; i < sizes.length; i++) {
                var x = sets(100, sizes[i], lab.rng(100 + i));
                errors[i] = net.getValue().apply(x, Pass.inference()).reshape(100).sub(x.max(1).reshape(100)).abs().mean().item();
            }
            at.put(name, errors);
        });
        double[] xs = new double[sizes.length];
        for (int i = 0; i < xs.length; i++) xs[i] = sizes[i];
        for (var entry : at.entrySet()) plot = plot.line(entry.getKey(), xs, entry.getValue());
        lab.figure(plot.logX().logY().verticalLine(largest, "largest in training").axes("elements of a set", "mean absolute error")
                .describedAs(
                        "Mean absolute error of the largest number for three poolings, by set size. The sum's rises steeply beyond the training sizes; the maximum's stays low."));
        int last = sizes.length - 1;
        lab.say("At 60 elements the error is %.3f with sums, %.3f with maxima, %.3f with attention, for numbers between -1 and 1.",
                at.get("sum")[last], at.get("maximum")[last], at.get("attention")[last]);
        lab.shows("error with maxima at 60 elements", at.get("maximum")[last], below(0.05));
        lab.shows("error with attention at 60 elements, over that with sums", at.get("attention")[last] / at.get("sum")[last],
                between(0, 0.5));
    }

    /** Numbers uniform on an interval of each set's own. */
    private static Tensor sets(int n, int size, Rng rng) {
        Tensor ends = Tensor.rand(rng, n, 1, 2).mul(2.0).sub(1.0), a = ends.narrow(2, 0, 1), b = ends.narrow(2, 1, 1);
        return a.add(b.sub(a).mul(Tensor.rand(rng, n, size, 1))).compute();
    }
}
