package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import lyceum.data.Datasets;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.learn.svm.Svm;
import lyceum.learn.tuning.BayesianSearch;
import lyceum.learn.tuning.GridSearch;
import lyceum.learn.tuning.Hyperband;
import lyceum.learn.tuning.HyperparameterSearch;
import lyceum.learn.tuning.ParzenSearch;
import lyceum.learn.tuning.QuasiRandomSearch;
import lyceum.learn.tuning.RandomSearch;
import lyceum.learn.tuning.SearchSpace;
import lyceum.learn.tuning.SearchStrategy;
import lyceum.learn.tuning.Study;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/** The same number of trials spent in five ways on two settings that matter and one that does not. */
@Lab(topics = "hyperparameter-search", title = "Where to spend the trials")
final class HyperparameterSearchLab implements LabBody {
    @Override public void run(LabContext lab) {
        int trials = lab.param("trials", 25, 9, 64), rows = lab.param("rows", 120, 60, 400);
        double noise = lab.param("noise of the moons", 0.25, 0.05, 0.6);
        var moons = Datasets.moons(lab.rng(0), rows, noise);
        var cv = new CrossValidation(new StratifiedKFold(4).shuffled(lab.seed()));
        var space = new SearchSpace().log("c", 1e-2, 1e2).log("width", 1e-2, 1e2).real("idle", 0, 1);
        var strategies = new LinkedHashMap<String, SearchStrategy>();
        strategies.put("grid", new GridSearch(Math.max(2, (int) Math.cbrt(trials))));
        strategies.put("random", new RandomSearch(trials));
        strategies.put("quasi-random", new QuasiRandomSearch(trials));
        strategies.put("Parzen", new ParzenSearch(trials));
        strategies.put("Bayesian", new BayesianSearch(trials));

        Plot curves = null;
        var studies = new LinkedHashMap<String, Study>();
        for (var each : strategies.entrySet()) {
            var study = new HyperparameterSearch(space, each.getValue()).withSeed(lab.seed()).tune(
                    v -> new Svm(new Rbf(v.number("width")), v.number("c")), moons.x(), moons.y(), cv, Scorer.ACCURACY, lab.progress());
            studies.put(each.getKey(), study);
            curves = curves == null ? Figure.line("Best cross-validated accuracy so far", 1, study.bestSoFar()).named(each.getKey())
                    : curves.line(each.getKey(), 1, study.bestSoFar());
        }
        lab.figure(
                curves.axes("trial", "accuracy").describedAs("One rising staircase for each strategy; the sooner it is high, the better."));
        lab.table("The choices", List.of("strategy", "trials", "accuracy", "settings"),
                studies.entrySet().stream().map(s -> List.<Object>of(s.getKey(), s.getValue().trials().size(), s.getValue().best().value(),
                        s.getValue().best().configuration().toString())).toList());
        lab.figure(parallel(studies.get("random")));

        var importance = new HyperparameterSearch(space, new QuasiRandomSearch(lab.testMode() ? 60 : 100))
                .tune(v -> new Svm(new Rbf(v.number("width")), v.number("c")), moons.x(), moons.y(), cv, Scorer.ACCURACY, lab.progress())
                .importance();
        lab.figure(Figure
                .bar("What the score depends on", importance.keySet().toArray(String[]::new),
                        importance.values().stream().mapToDouble(v -> v).toArray())
                .axes("setting", "share of the variance").describedAs("The idle setting explains next to nothing."));
        lab.shows("importance of the width over that of the idle setting", importance.get("width") / importance.get("idle"), above(2));

        var rungs = new ArrayList<List<Object>>();
        for (var bracket : new Hyperband(81).brackets())
            rungs.add(List.of(bracket.size() - 1, bracket.stream().map(r -> "%d for %.0f".formatted(r.configurations(), r.resource()))
                    .collect(Collectors.joining(", "))));
        lab.table("Hyperband: how many configurations for how many of 81 epochs", List.of("bracket", "rungs"), rungs);
        lab.shows("configurations that Hyperband's first bracket starts",
                new Hyperband(81).brackets().getFirst().getFirst().configurations(), exactly(81));
        lab.shows("accuracy of the Bayesian choice", studies.get("Bayesian").best().value(),
                atLeast(studies.get("grid").best().value() - 0.05));
    }

    /** A line a trial over the settings' scales, from 0 to 1; frames from all trials to the best five. */
    private static Figure parallel(Study study) {
        var order = study.trials().stream().sorted(Comparator.comparingDouble(t -> -t.value())).toList();
        double[] axis = {0, 1, 2, 3};
        var frames = new ArrayList<Plot>();
        var labels = new ArrayList<String>();
        for (int keep = order.size(); keep >= 3; keep /= 2) {
            Plot plot = Figure.plot("Random trials: the best " + keep);
            for (var t : order.subList(0, keep)) {
                var c = t.configuration();
                double[] places = {(Math.log10(c.number("c")) + 2) / 4, (Math.log10(c.number("width")) + 2) / 4, c.number("idle"),
                        t.value()};
                plot = plot.line("trial " + t.number(), axis, places);
            }
            frames.add(plot.axes("0: c, 1: width, 2: idle, 3: accuracy", "place in its range").limitY(0, 1));
            labels.add("best " + keep);
        }
        return Figure.frames("Parallel coordinates", "kept", frames).labelled(labels.toArray(String[]::new)).describedAs(
                "One line a trial through its settings to its accuracy. Among the best the width's values gather while the idle setting's stay spread.");
    }
}
