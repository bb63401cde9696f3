package lyceum.learn.linear;

import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A ridge problem in the form that the solvers want: centred if there is an intercept, rows times the root of their weight, and columns divided
 * by the root of their penalty, so that what is left is {@code |y - X b|^2 + alpha sum_j penalty_j b_j^2} with penalties 1 (or 0 for free ones).
 */
record RidgeProblem(Tensor x, Tensor y, Tensor penalty, Tensor scale, Tensor meanX, Tensor meanY, Tensor rootWeights, boolean intercept,
        boolean single) {

    static RidgeProblem of(Ridge ridge, Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(ridge, x);
        int n = input.rows(), p = input.columns();
        if (!ridge.penalties().isEmpty() && ridge.penalties().size() != p) {
            throw new IllegalArgumentException("Ridge.fit: " + ridge.penalties().size() + " penalties for " + p + " columns");
        }
        var w = Tensor.of(input.weights(weights));
        var targets = input.targets(y).to(DType.F64);
        boolean single = targets.rank() == 1;
        var t = single ? targets.unsqueeze(1) : targets;
        var rows = input.x().to(DType.F64);
        Tensor meanX = Tensor.zeros(DType.F64, p), meanY = Tensor.zeros(DType.F64, t.size(1));
        if (ridge.intercept()) {
            var share = w.div(w.sum());
            meanX = share.matmul(rows);
            meanY = share.matmul(t);
        }
        double[] penalty = new double[p], scale = new double[p];
        for (int j = 0; j < p; j++) {
            double d = ridge.penalties().isEmpty() ? 1 : ridge.penalties().get(j);
            penalty[j] = d == 0 ? 0 : 1;
            scale[j] = d == 0 ? 1 : 1 / Math.sqrt(d);
        }
        var root = w.sqrt();
        var column = root.unsqueeze(1);
        return new RidgeProblem(rows.sub(meanX).mul(Tensor.of(scale)).mul(column).compute(), t.sub(meanY).mul(column).compute(),
                Tensor.of(penalty), Tensor.of(scale), meanX, meanY, root, ridge.intercept(), single);
    }

    int targets() { return (int) y.size(1); }

    /** From the solution (p x targets) in scaled features. */
    RidgeModel model(Tensor solution, double alpha) {
        var slopes = solution.mul(scale.unsqueeze(1)).transpose().contiguous();
        var constant = meanY.sub(slopes.matmul(meanX));
        return single ? new RidgeModel(slopes.reshape(-1), constant.reshape().contiguous(), alpha)
                : new RidgeModel(slopes, constant.contiguous(), alpha);
    }
}
