package lyceum.labs.learn;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.multiclass.NestedDichotomies;
import lyceum.learn.multiclass.OneVsOne;
import lyceum.learn.multiclass.OneVsRest;
import lyceum.learn.multiclass.OutputCode;
import lyceum.plot.Figure;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/** Three clouds by learners that know yes and no; then ten digits. */
@Lab(topics = "multiclass-classification", title = "Many classes out of two")
final class MulticlassLab implements LabBody {
    private static final int GRID = 45;

    @Override public void run(LabContext lab) {
        int n = lab.param("pointsAClass", 40, 10, 200), length = lab.param("bitsOfACode", 15, 4, 40);
        double spread = lab.param("spread", 0.9, 0.2, 2.0);

        double[][] points = new double[3 * n][2];
        var labels = new long[3 * n];
        var rng = lab.rng(1);
        double[][] centres = {{-2, 0}, {0, 2.2}, {2, 0}};
        for (int i = 0; i < 3 * n; i++) {
            labels[i] = i % 3;
            for (int j = 0; j < 2; j++) points[i][j] = centres[i % 3][j] + spread * rng.nextGaussian();
        }
        Tensor x = Tensor.of(points), y = Tensor.of(labels);
        var logistic = new LogisticRegression().withC(10).withTolerance(1e-6);
        var schemes = new LinkedHashMap<String, Classifier>();
        schemes.put("softmax", logistic);
        schemes.put("one against the rest", new OneVsRest(logistic));
        schemes.put("one against one", new OneVsOne(logistic));
        schemes.put("output code", new OutputCode(logistic, length, 1));
        schemes.put("nested dichotomies", new NestedDichotomies(logistic));
        double[][] grid = new double[GRID * GRID][2];
        for (int r = 0; r < GRID; r++) for (int c = 0; c < GRID; c++) {
            grid[r * GRID + c][0] = -4.5 + 9.0 * c / (GRID - 1);
            grid[r * GRID + c][1] = 4.5 - 8.0 * r / (GRID - 1);
        }
        var everywhere = Tensor.of(grid);
        String[] rows = new String[GRID], columns = new String[GRID];
        for (int k = 0; k < GRID; k++) {
            rows[k] = "%.1f".formatted(Math.rint(45 - 80.0 * k / (GRID - 1)) / 10 + 0.0);
            columns[k] = "%.1f".formatted(Math.rint(-45 + 90.0 * k / (GRID - 1)) / 10 + 0.0);
        }
        for (var name : List.of("softmax", "one against the rest", "one against one")) {
            var model = schemes.get(name).fit(x, y);
            lab.figure(Figure
                    .heatmap("Regions by " + name, model.predict(everywhere).to(DType.F64).reshape(GRID, GRID).toRows(), rows, columns)
                    .measuring("class").axes("first column", "second column")
                    .describedAs("Which class each place of the plane is given by " + name + "."));
        }
        // Of one against the rest: how many of the three machines say yes.
        var scores = schemes.get("one against the rest").fit(x, y).decisionFunction(everywhere);
        var yes = scores.gt(0).to(DType.F64).sum(1);
        lab.figure(Figure.heatmap("One against the rest: machines that say yes", yes.reshape(GRID, GRID).toRows(), rows, columns)
                .measuring("of three").axes("first column", "second column").describedAs(
                        "Where none or several of the three machines say yes the highest score decides, although no machine was asked that question."));
        double undecided = yes.ne(1.0).to(DType.F64).mean().item();
        lab.say("In %.0f%% of the plane not exactly one of the three machines says yes.", 100 * undecided);

        var digits = Datasets.digits().to(DType.F64).shuffled(lab.rng(2));
        Tensor seen = digits.x().narrow(0, 0, 500).div(16).compute(), seenY = digits.y().narrow(0, 0, 500),
                unseen = digits.x().narrow(0, 500, 1_000).div(16).compute(), unseenY = digits.y().narrow(0, 500, 1_000);
        var table = new ArrayList<List<?>>();
        var first = new ClassificationModel[1];
        for (var scheme : schemes.entrySet()) {
            var model = scheme.getValue().fit(seen, seenY);
            if (first[0] == null) first[0] = model;
            int fits = switch (scheme.getKey()) {
                case "softmax" -> 1;
                case "one against the rest" -> 10;
                case "one against one" -> 45;
                case "output code" -> length;
                default -> 9;
            };
            table.add(List.of(scheme.getKey(), fits, model.score(unseen, unseenY)));
        }
        lab.table("Ten digits, 500 to learn from", List.of("scheme", "fits", "share right of 1,000 unseen"), table);
        var p = first[0].predictProba(unseen);
        lab.shows("largest distance of a row of probabilities from 1", p.sum(1).sub(1).abs().max().item(), below(1e-12));
    }
}
