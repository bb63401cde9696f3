package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.learn.selection.Fold;
import lyceum.learn.selection.FoldScheme;
import lyceum.random.Rng;

/** The folds of another scheme with a share of the training rows of each, of every class at least one; a larger share holds the rows of a smaller one. */
record PartOfTraining(FoldScheme scheme, double share) implements FoldScheme {
    @Override public List<Fold> folds(Rows rows) {
        var folds = new ArrayList<Fold>();
        for (var fold : scheme.folds(rows)) {
            int[] order = fold.train().clone();
            Rng.of(0).split(folds.size()).shuffle(order);
            var classes = new LinkedHashMap<Long, List<Integer>>();
            for (int row : order)
                classes.computeIfAbsent(rows.labels() == null ? 0 : rows.labels()[row], label -> new ArrayList<>()).add(row);
            var kept = new ArrayList<Integer>();
            for (var members : classes.values()) kept.addAll(members.subList(0, (int) Math.ceil(share * members.size() - 1e-9)));
            int[] train = kept.stream().mapToInt(row -> row).toArray();
            Arrays.sort(train);
            folds.add(new Fold(train, fold.test()));
        }
        return folds;
    }
}
