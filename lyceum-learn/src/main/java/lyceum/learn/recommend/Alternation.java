package lyceum.learn.recommend;

import java.util.Arrays;
import lyceum.progress.Progress;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Items, then users, until the objective stands still; users last, so that they are exact for the items that a model shows. */
final class Alternation {
    private Alternation() {}

    interface Objective {
        double of(double[][] users, double[][] items);
    }

    static MatrixFactorizationModel run(Factorizer learner, int iterations, double tolerance, Csr ratings, AlsEngine engine,
            Progress progress, double[][] users, double[][] items, double mean, Objective objective) {
        var turned = ratings.transpose();
        var history = new double[2 * iterations + 1];
        history[0] = objective.of(users, items);
        int done = 0;
        boolean converged = false;
        while (done < iterations && !converged) {
            items = engine.solve(turned, learner.step(users, mean));
            history[2 * done + 1] = objective.of(users, items);
            users = engine.solve(ratings, learner.step(items, mean));
            history[2 * ++done] = objective.of(users, items);
            converged = tolerance > 0 && history[2 * done - 2] - history[2 * done] <= tolerance * history[2 * done];
            progress.step("alternating least squares", done, iterations, "objective", history[2 * done]);
        }
        return new MatrixFactorizationModel(Tensor.of(users), Tensor.of(items), mean, Arrays.copyOf(history, 2 * done + 1), done, converged,
                learner);
    }
}
