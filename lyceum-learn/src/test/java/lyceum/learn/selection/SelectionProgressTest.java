package lyceum.learn.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.DType;
import lyceum.learn.linear.Ridge;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Validations and curves are heard and can be stopped, and find the same when they are. */
class SelectionProgressTest {
    private static final Tensor X = Tensor.randn(Rng.of(1), DType.F64, 40, 3).compute(), Y = X.sum(1).compute();
    private static final CrossValidation FOLDS = new CrossValidation(new KFold(5));

    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
    private final Progress progress = update -> heard.add(update.task() + " " + update.step() + " of " + update.total());

    @Test void foldsAreHeard() {
        double[] silent = FOLDS.score(new Ridge(1.0), X, Y).scores(Scorer.R2);
        assertThat(FOLDS.withProgress(progress).score(new Ridge(1.0), X, Y).scores(Scorer.R2)).isEqualTo(silent);
        assertThat(heard).containsExactlyInAnyOrder("fold 1 of 5", "fold 2 of 5", "fold 3 of 5", "fold 4 of 5", "fold 5 of 5");
        heard.clear();
        FOLDS.withProgress(progress).predict(new Ridge(1.0), X, Y);
        FOLDS.withProgress(progress).predictProba(new KNeighborsClassifier(3), X, Y.gt(0).to(DType.I64));
        assertThat(heard).hasSize(10);
    }

    @Test void ofValidationsInsideAnotherTheOuterFoldsAloneAreHeard() {
        FOLDS.withProgress(progress).nested(List.of(new Ridge(0.1), new Ridge(10)), new KFold(3), X, Y, Scorer.R2);
        assertThat(heard).hasSize(5);
    }

    @Test void splitsOfCurvesAreHeard() {
        var silent = FitCurve.overSize(new Ridge(1.0), X, Y, 4, 5, 20);
        assertThat(FitCurve.overSize(new Ridge(1.0), X, Y, 4, progress, 5, 20).validation()).isDeepEqualTo(silent.validation());
        FitCurve.overCapacity(c -> new Ridge(c), X, Y, 3, progress, 1, 2);
        assertThat(heard).hasSize(7).contains("split 4 of 4", "split 3 of 3");
    }

    @Test void workIsStopped() {
        var fits = new AtomicInteger();
        var stopping = progress.stoppedBy(() -> fits.get() > 0);
        var counting = Scorer.ofNumbers("counted", false, (y, f, w) -> fits.incrementAndGet());
        assertThatThrownBy(() -> FOLDS.withProgress(progress.stoppedBy(() -> true)).score(new Ridge(1.0), X, Y))
                .isInstanceOf(CancelledException.class);
        assertThat(heard).isEmpty();
        assertThatThrownBy(() -> FOLDS.withProgress(stopping).nested(List.of(new Ridge(0.1)), new KFold(2), X, Y, counting))
                .isInstanceOf(CancelledException.class);
        assertThat(fits.get()).isLessThan(12); // of the ten and five fits that it takes
        assertThatThrownBy(() -> FitCurve.overSize(new Ridge(1.0), X, Y, 4, progress.stoppedBy(() -> true), 5, 20))
                .isInstanceOf(CancelledException.class);
    }
}
