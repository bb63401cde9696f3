package lyceum.learn.selection;

import java.util.ArrayList;
import java.util.List;

/** Every row is a test part of its own: n fits. For ridge and least squares their closed forms are quicker. */
public record LeaveOneOut() implements FoldScheme {
    @Override public List<Fold> folds(Rows rows) {
        if (rows.n() < 2) throw new IllegalArgumentException("LeaveOneOut: " + rows.n() + " rows; at least 2 are needed");
        var folds = new ArrayList<Fold>(rows.n());
        for (int i = 0; i < rows.n(); i++) {
            var tested = new boolean[rows.n()];
            tested[i] = true;
            folds.add(Fold.testing(tested));
        }
        return folds;
    }
}
