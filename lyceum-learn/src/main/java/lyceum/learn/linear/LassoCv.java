package lyceum.learn.linear;

import java.util.Arrays;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Lasso or elastic net with its strength chosen by k-fold cross-validation along a common path.
 *
 * @param l1Ratio 1 (the lasso) by default
 * @param folds 5 by default
 * @param count strengths tried, 100 by default, in equal ratios from the one that silences everything
 * @param least the last of them as a part of the first, 1e-3 by default
 * @param oneStandardError take the strongest penalty whose error is within one standard error of the least (false by default)
 * @param shuffle assign rows to folds at random (true by default); false cuts the rows in order
 * @param seed of the assignment
 * @param solver see {@link CoordinateDescent}
 */
@Withers
public record LassoCv(double l1Ratio, int folds, int count, double least, boolean oneStandardError, boolean shuffle, long seed,
        CoordinateDescent solver) implements LassoCvWithers, Regressor {
    public LassoCv {
        if (folds < 2) throw new IllegalArgumentException("LassoCv: " + folds + " folds; at least 2 are needed");
        if (count < 1) throw new IllegalArgumentException("LassoCv: " + count + " strengths; at least 1 is needed");
        if (!(least > 0 && least < 1))
            throw new IllegalArgumentException("LassoCv: the least strength is " + least + " of the largest; it lies between 0 and 1");
        if (!(l1Ratio > 0 && l1Ratio <= 1)) throw new IllegalArgumentException("LassoCv: l1Ratio is " + l1Ratio + "; it lies in (0, 1]");
    }

    public LassoCv() { this(1, 5, 100, 1e-3, false, true, 1, new CoordinateDescent()); }

    /** {@code count} strengths, the last of them {@code least} times the first. */
    public LassoCv withAlphas(int count, double least) {
        return new LassoCv(l1Ratio, folds, count, least, oneStandardError, shuffle, seed, solver);
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED, Tag.ORDER_DEPENDENT, Tag.WEIGHTS_ARE_NOT_COPIES); }

    @Override public LassoCvModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public LassoCvModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        int n = input.rows();
        if (n < folds) throw new IllegalArgumentException("LassoCv.fit: " + n + " rows for " + folds + " folds; each needs a row at least");
        double[] w = input.weights(weights);
        var rows = input.x().to(DType.F64);
        var target = input.target(y).to(DType.F64);
        int[] order = shuffle ? Rng.of(seed).permutation(n) : sequence(n);
        var whole = SparseProblem.of(solver, rows.transpose().toRows(), new double[][] {target.toDoubleArray()}, w.clone());
        double[] alphas = LassoPath.grid(whole.alphaMax(l1Ratio, solver.positive()), count, least);
        var errors = new double[count][folds];
        Parallel.range(folds, 1, (from, to) -> {
            for (int f = (int) from; f < to; f++) fold(rows, target, w, order, f, alphas, errors);
        });
        var curve = new ErrorCurve(alphas, errors);
        int chosen = oneStandardError ? curve.oneStandardError() : curve.best();
        var descent = new LassoSolver(whole, solver);
        LassoSolver.End end = null;
        for (int i = 0; i <= chosen; i++) end = descent.solve(alphas[i] * l1Ratio, alphas[i] * (1 - l1Ratio));
        var model = whole.model(descent.coefficients(), true, alphas[chosen], l1Ratio, end).warned();
        return new LassoCvModel(model, Tensor.of(alphas), Tensor.of(errors), alphas[curve.best()], alphas[curve.oneStandardError()]);
    }

    static int[] sequence(int n) {
        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        return order;
    }

    /** The weighted mean squared error of fold f at each strength; the first n mod folds folds have one row more. */
    private void fold(Tensor rows, Tensor target, double[] w, int[] order, int f, double[] alphas, double[][] errors) {
        int n = order.length, size = n / folds, longer = n % folds;
        int start = f * size + Math.min(f, longer), end = start + size + (f < longer ? 1 : 0);
        int[] test = Arrays.copyOfRange(order, start, end), train = new int[n - test.length];
        System.arraycopy(order, 0, train, 0, start);
        System.arraycopy(order, end, train, start, n - end);
        double[] trainWeights = Rows.pick(w, train), testWeights = Rows.pick(w, test);
        if (Arrays.stream(trainWeights).sum() == 0)
            throw new IllegalArgumentException("LassoCv.fit: the rows outside fold " + f + " have no weight; use fewer folds");
        var problem = SparseProblem.of(solver, rows.rows(train).transpose().toRows(), new double[][] {target.rows(train).toDoubleArray()},
                trainWeights);
        var path = LassoPath.of(problem, solver, l1Ratio, alphas);
        var predicted = rows.rows(test).matmul(path.coefficients().transpose()).add(path.intercepts());
        var squared = predicted.sub(target.rows(test).unsqueeze(1)).square();
        double total = Arrays.stream(testWeights).sum();
        double[] mean = total > 0 ? Tensor.of(testWeights).div(total).matmul(squared).toDoubleArray() : squared.mean(0).toDoubleArray();
        for (int i = 0; i < mean.length; i++) errors[i][f] = mean[i];
    }
}
