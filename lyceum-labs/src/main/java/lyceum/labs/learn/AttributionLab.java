package lyceum.labs.learn;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.explain.Attribution;
import lyceum.learn.explain.CoalitionGame;
import lyceum.learn.explain.FeatureAttribution;
import lyceum.learn.explain.TreeShap;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.linear.LinearRegression;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Why is this patient's prediction what it is? One bill, split by seven rules. */
@Lab(topics = "feature-attribution", title = "Who pays for the prediction?")
final class AttributionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int row = lab.param("patient", 5, 0, 441), rounds = lab.param("rounds", 30, 1, 200), depth = lab.param("depth", 3, 1, 6);
        int behind = lab.param("background rows", 20, 1, 200), orders = lab.param("orders", 30, 1, 1_000);
        int samples = lab.param("sampled coalitions", 200, 20, 1_022);
        var data = Datasets.diabetes();
        var names = data.featureNames();
        double[] x = data.x().select(0, row).toDoubleArray();
        Tensor background = data.x().narrow(0, 442 - behind, behind);
        double[] means = background.mean(0).toDoubleArray();

        var trees = new GbdtRegressor().withRounds(rounds).withMaxDepth(depth).withLearningRate(0.1).fit(data.x(), data.y());
        var shap = TreeShap.of(trees.trees(), 0);
        var game = CoalitionGame.interventional(trees::predict, x, background);
        var shares = new LinkedHashMap<String, Attribution>();
        shares.put("TreeSHAP, by training weight", shap.pathDependent(x));
        shares.put("TreeSHAP, by background rows", shap.interventional(x, background));
        shares.put("all coalitions", FeatureAttribution.shapley(game));
        shares.put("KernelSHAP, sampled", FeatureAttribution.kernelShap(game, samples, lab.rng(0)));
        shares.put("random orders", FeatureAttribution.permutationShapley(game, orders, lab.rng(1)));
        var line = new LinearRegression().fit(data.x(), data.y());
        double[] slopes = line.coefficients().reshape(-1).toDoubleArray();
        double level = line.predict(Tensor.zeros(1, x.length)).item(0);
        shares.put("linear model, closed form", FeatureAttribution.linear(slopes, level, x, means));
        shares.put("linear model, integrated gradients",
                FeatureAttribution.integratedGradients(t -> t.matmul(Tensor.of(slopes)).add(level), x, means, 16));

        var frames = new ArrayList<Figure>();
        shares.forEach((name, found) -> frames.add(found.figure(name, names)));
        lab.figure(Figure.frames("Patient " + row + ": from the baseline to the prediction", "method", frames)
                .labelled(shares.keySet().toArray(String[]::new)).describedAs(
                        "A waterfall for each method; all end at a model's prediction, and start from what it says without the columns."));
        var table = new ArrayList<List<Object>>();
        for (int j = 0; j < x.length; j++) {
            var cells = new ArrayList<Object>(List.of(names.get(j)));
            for (var found : shares.values()) cells.add(found.shares()[j]);
            table.add(cells);
        }
        var columns = new ArrayList<>(List.of("column"));
        columns.addAll(shares.keySet());
        lab.table("Shares", columns, table);

        int[] counts = IntStream.rangeClosed(2, 8).map(k -> 1 << k).toArray();
        double[] sizes = IntStream.of(counts).asDoubleStream().toArray(), errors = new double[counts.length];
        double[] exact = shares.get("all coalitions").shares(), values = new double[1 << x.length];
        for (int s = 0; s < values.length; s++) values[s] = game.value().of(s);
        var remembered = new CoalitionGame(x.length, s -> values[(int) s]);
        for (int k = 0; k < counts.length; k++) {
            double squares = 0;
            for (int run = 0; run < 20; run++)
                for (int j = 0; j < x.length; j++)
                    squares += Math.pow(
                            FeatureAttribution.permutationShapley(remembered, counts[k], lab.rng(100 + run)).shares()[j] - exact[j], 2);
            errors[k] = Math.sqrt(squares / 20 / x.length);
        }
        lab.figure(Figure.line("Error of random orders", sizes, errors).logX().logY().axes("orders", "root mean square error of a share")
                .describedAs("On two logarithmic scales a straight line: four times the orders halve the error."));

        lab.say("%s",
                String.format(Locale.ROOT,
                        "The trees say %.1f; without the columns they say %.1f by training weight and %.1f by background rows.",
                        shap.pathDependent(x).output(), shap.pathDependent(x).baseline(), game.value().of(0)));
        var missing = new Worst();
        shares.values().forEach(found -> missing.see(Math.abs(found.missing())));
        lab.shows("largest part of a bill that nobody pays", missing.value(), below(1e-6));
        var apart = new Worst();
        apart.see(Tensor.of(shares.get("TreeSHAP, by background rows").shares()), Tensor.of(exact));
        lab.shows("TreeSHAP by background rows against all coalitions", apart.value(), below(1e-8));
    }
}
