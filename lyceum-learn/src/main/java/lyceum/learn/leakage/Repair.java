package lyceum.learn.leakage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.learn.selection.Fold;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.GroupKFold;
import lyceum.learn.selection.TimeSeriesSplit;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/** Scores of an evaluation, and of the same with a leak's cause removed. */
final class Repair {
    private final Evaluation e;
    private final double[] before;

    Repair(Evaluation e) {
        this.e = e;
        before = e.learner() == null ? null : scores(e.x(), e.folds(), e.preparation());
    }

    double[] before() { return before; }

    private double[] scores(Tensor x, List<Fold> folds, Preparation preparation) {
        return folds.stream().mapToDouble(fold -> {
            var prepared = preparation.prepare(x, e.y(), fold);
            var train = e.y().rows(fold.train());
            var model = switch (e.learner()) {
                case Classifier classifier -> classifier.fit(prepared.train(), train);
                case Regressor regressor -> regressor.fit(prepared.train(), train);
                default -> throw new IllegalArgumentException(
                        "LeakageAudit: " + e.learner().name() + " is neither a regressor nor a classifier");
            };
            return e.scorer().score(model, prepared.test(), e.y().rows(fold.test()), null);
        }).toArray();
    }

    private Finding.Inflation inflation(Tensor x, List<Fold> folds, Preparation preparation) {
        if (before == null || preparation == null || folds.stream().anyMatch(fold -> fold.train().length == 0)) return null;
        return new Finding.Inflation(before, scores(x, folds, preparation), e.scorer().greaterIsBetter());
    }

    /** Columns that say nothing: 0 in every row. */
    Finding.Inflation withoutColumns(int... columns) {
        if (before == null) return null;
        double[] values = e.x().toDoubleArray();
        int p = (int) e.x().size(1);
        for (int i = 0; i < e.rows(); i++) for (int j : columns) values[i * p + j] = 0;
        return inflation(Tensor.of(values, e.rows(), p), e.folds(), e.preparation());
    }

    Finding.Inflation withoutTrainingRows(List<Set<Integer>> rows) {
        if (before == null) return null;
        var folds = new ArrayList<Fold>();
        for (int f = 0; f < rows.size(); f++) folds.add(LeakageAudit.without(e.folds().get(f), rows.get(f)));
        return inflation(e.x(), folds, e.preparation());
    }

    /** As many folds, or as many as there are groups, cut between groups, null for one group; of a plain split the training rows of other groups. */
    Finding.Inflation byGroups() {
        if (before == null) return null;
        if (e.folds().size() > 1) {
            int parts = (int) Math.min(e.folds().size(), Arrays.stream(e.groups()).distinct().count());
            return parts < 2 ? null
                    : inflation(e.x(), new GroupKFold(parts).folds(new FoldScheme.Rows(e.rows(), null, e.groups())), e.preparation());
        }
        var fold = e.folds().getFirst();
        var tested = new HashSet<Integer>();
        for (int row : fold.test()) tested.add(e.groups()[row]);
        var same = new HashSet<Integer>();
        for (int row : fold.train()) if (tested.contains(e.groups()[row])) same.add(row);
        return withoutTrainingRows(List.of(same));
    }

    /** As many folds, each tested by what came before; of a plain split the training rows that came before. */
    Finding.Inflation byTime() {
        if (before == null) return null;
        if (e.folds().size() > 1) {
            int[] order = IntStream.range(0, e.rows()).boxed().sorted(Comparator.comparingDouble(row -> e.times()[row]))
                    .mapToInt(row -> row).toArray();
            return inflation(e.x(), new TimeSeriesSplit(e.folds().size()).folds(e.rows()).stream()
                    .map(fold -> new Fold(numbers(fold.train(), order), numbers(fold.test(), order))).toList(), e.preparation());
        }
        var fold = e.folds().getFirst();
        double earliest = Arrays.stream(fold.test()).mapToDouble(row -> e.times()[row]).min().orElseThrow();
        var later = new HashSet<Integer>();
        for (int row : fold.train()) if (e.times()[row] > earliest) later.add(row);
        return withoutTrainingRows(List.of(later));
    }

    private static int[] numbers(int[] places, int[] order) { return Arrays.stream(places).map(place -> order[place]).sorted().toArray(); }

    Finding.Inflation prepared() { return inflation(e.x(), e.folds(), e.preparation().repaired()); }
}
