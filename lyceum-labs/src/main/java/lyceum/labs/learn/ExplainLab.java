package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.explain.CoalitionGame;
import lyceum.learn.explain.Explainer;
import lyceum.learn.explain.FeatureAttribution;
import lyceum.learn.neural.MlpRegressor;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.MlpFit;

/** One patient, one model, five explanations: what each says, and how faithful its order of columns is to the model. */
@Lab(topics = "explainability", title = "Five answers to one why")
final class ExplainLab implements LabBody {
    @Override public void run(LabContext lab) {
        int patient = lab.param("patient", 5, 0, 441), units = lab.param("hidden units", 8, 1, 64);
        int column = lab.param("column of the curve", 2, 0, 9), samples = lab.param("samples of LIME", 1_000, 50, 20_000);
        double above = lab.param("decision: progression above", 150.0, 50.0, 300.0);
        var data = Datasets.diabetes();
        Tensor all = data.x().mul(20);
        var names = data.featureNames();
        var model = new MlpRegressor(units).withFit(new MlpFit().withEpochs(60)).withSeed(lab.seed()).fit(all, data.y());
        var explainer = new Explainer(rows -> model.predict(rows).sub(above), all);
        double[] x = all.select(0, patient).toDoubleArray(), means = all.mean(0).toDoubleArray(),
                truth = data.y().sub(above).toDoubleArray();
        int p = x.length;

        var scores = new LinkedHashMap<String, double[]>();
        double[][] rises = explainer.permutationImportance(truth, Explainer::squaredError, 5, lab.rng(0));
        scores.put("permutation importance", IntStream.range(0, p).mapToDouble(j -> Tensor.of(rises[j]).mean().item()).toArray());
        var local = explainer.lime(x, samples, lab.rng(1));
        scores.put("LIME", IntStream.range(0, p).mapToDouble(j -> local.coefficients()[j] * (x[j] - means[j])).toArray());
        scores.put("Shapley values", FeatureAttribution
                .shapley(CoalitionGame.baseline(row -> explainer.predict().apply(Tensor.of(row, 1, p)).item(0), x, means)).shares());
        double[] other = explainer.counterfactual(x);
        scores.put("counterfactual", IntStream.range(0, p).mapToDouble(j -> Math.abs(other[j] - x[j])).toArray());
        var tree = explainer.surrogate(4);
        scores.put("surrogate tree", tree.tree().importances());

        var table = new ArrayList<List<Object>>();
        var rows = new ArrayList<List<Object>>();
        var curves = Figure.plot("Deletion: columns go, the largest first");
        double chance = 0, best = Double.POSITIVE_INFINITY, sign = explainer.predict().apply(Tensor.of(x, 1, p)).item(0) > 0 ? 1 : -1;
        for (int k = 0; k < 200; k++) chance += sign * explainer.deletion(x, means, lab.rng(10 + k).permutation(p)).area() / 200;
        for (var s : scores.entrySet()) {
            double[] score = s.getValue();
            boolean signed = s.getKey().equals("LIME") || s.getKey().equals("Shapley values");
            int[] order = IntStream.range(0, p).boxed()
                    .sorted((a, b) -> Double.compare((signed ? sign : 1) * score[b], (signed ? sign : 1) * score[a])).mapToInt(j -> j)
                    .toArray();
            var deletion = explainer.deletion(x, means, order);
            double area = sign * deletion.area(), back = sign * explainer.insertion(x, means, order).area();
            best = Math.min(best, area);
            curves = curves.line(s.getKey(), 0, deletion.outputs());
            table.add(List.of(s.getKey(), area, back, names.get(order[0]) + ", " + names.get(order[1]) + ", " + names.get(order[2])));
            rows.add(IntStream.range(-1, p).mapToObj(j -> j < 0 ? (Object) s.getKey() : (Object) score[j]).toList());
        }
        lab.figure(curves.axes("columns at their mean", "output less the border")
                .describedAs("A faithful order takes away first what held the decision up: its curve falls to the other side early."));
        lab.table("Faithfulness (random orders have a deletion area of " + Math.round(chance) + ")",
                List.of("explanation", "deletion area, small is good", "insertion area, large is good", "first three columns"), table);
        var columns = new ArrayList<>(List.of("explanation"));
        columns.addAll(names);
        lab.table("What each says", columns, rows);
        lab.figure(explainer.partialDependence(column, Tensor.linspace(-2, 3, 26).toDoubleArray())
                .figure("The output as " + names.get(column) + " moves", names.get(column) + " (standard deviations)", 12));
        var anchor = explainer.anchor(x, 0.95, 0.05, lab.rng(2));
        lab.say("Anchor: the decision stays while %s (precision %.3f, %.1f%% of the rows).",
                anchor.bounds().stream().map(b -> String.format("%s lies in %.2f to %.2f", names.get(b.feature()), b.low(), b.high()))
                        .collect(Collectors.joining(" and ")),
                anchor.precision(), 100 * anchor.coverage());
        lab.shows("output at the counterfactual", Math.abs(explainer.predict().apply(Tensor.of(other, 1, p)).item(0)), below(0.01));
        lab.shows("precision of the anchor", anchor.precision(), atLeast(0.94));
        lab.shows("deletion area of the best explanation less that of random orders", best - chance, below(0));
    }
}
