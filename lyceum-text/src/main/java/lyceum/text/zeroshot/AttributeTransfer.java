package lyceum.text.zeroshot;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Direct attribute prediction: a logistic regression for each attribute, and for a class, seen or not, the probability that an input has its attributes and
 * lacks the others, each over how common that is: {@code score(x, c) = sum_m ln p(a_m = s_cm | x) - ln p(a_m = s_cm)}.
 *
 * @param l2 penalty of the weights, but not of the intercepts, above 0
 * @param steps of Newton's method at most
 * @see <a href="https://doi.org/10.1109/CVPR.2009.5206594">Lampert, Nickisch and Harmeling (2009)</a>
 */
@Withers
public record AttributeTransfer(double l2, int steps) implements AttributeTransferWithers {
    public AttributeTransfer {
        if (!(l2 > 0) || steps < 1)
            throw new IllegalArgumentException("AttributeTransfer: l2 " + l2 + " is above 0, steps " + steps + " at least 1");
    }

    /** l2 1, at most 20 steps. */
    public AttributeTransfer() { this(1, 20); }

    /**
     * What was fitted.
     *
     * @param weights F64 (d + 1, attributes), the intercepts last
     * @param prior share of the training inputs that have each attribute
     */
    public record Model(Tensor weights, double[] prior) {
        /** The probability of each attribute, (n, a). */
        public Tensor attributes(Tensor x) { return withOne(x).matmul(weights).sigmoid(); }

        /** Scores of inputs (n, d) for classes by their attributes (z, a), each 0 or 1: (n, z), greater is better. */
        public Tensor scores(Tensor x, Tensor attributes) {
            var s = binary(attributes);
            var prior = Tensor.of(this.prior).clamp(1e-3, 1 - 1e-3);
            var logits = withOne(x).matmul(weights);
            // ln sigmoid(l) and ln(1 - sigmoid(l)) differ by l
            Tensor has = logits.sub(prior.div(prior.neg().add(1)).log()),
                    constant = logits.softplus().neg().sub(prior.neg().add(1).log()).sum(1).unsqueeze(1);
            return has.matmul(s.transpose()).add(constant);
        }
    }

    private static Tensor withOne(Tensor x) { return Tensor.concat(1, x.to(DType.F64), Tensor.full(DType.F64, 1.0, x.size(0), 1)); }

    private static Tensor binary(Tensor attributes) {
        for (double v : attributes.to(DType.F64).toDoubleArray())
            if (v != 0 && v != 1) throw new IllegalArgumentException("AttributeTransfer: an attribute is " + v + "; it is 0 or 1");
        return attributes.to(DType.F64);
    }

    /**
     * @param x (n, d)
     * @param labels n, rows of {@code attributes}
     * @param attributes (seen classes, a), each 0 or 1
     */
    public Model fit(Tensor x, int[] labels, Tensor attributes) {
        if (x.rank() != 2 || attributes.rank() != 2 || labels.length != x.size(0) || labels.length == 0)
            throw new ShapeException("AttributeTransfer: inputs " + x.shape() + ", " + labels.length + " labels, attributes "
                    + attributes.shape() + "; they are (n, d), n and (z, a)");
        Tensor inputs = withOne(x).compute(), targets = binary(attributes).indexSelect(0, Tensor.of(labels)).compute();
        int a = (int) attributes.size(1), d = (int) inputs.size(1);
        double[] ridge = new double[d];
        Arrays.fill(ridge, l2);
        ridge[d - 1] = 1e-6;
        var penalty = Tensor.of(ridge);
        var columns = new Tensor[a];
        for (int m = 0; m < a; m++) {
            Tensor w = Tensor.zeros(DType.F64, d), y = targets.select(1, m);
            for (int step = 0; step < steps; step++) {
                var p = inputs.matmul(w).sigmoid();
                var gradient = inputs.transpose().matmul(p.sub(y)).add(penalty.mul(w));
                var curvature = p.mul(p.neg().add(1));
                var hessian = inputs.transpose().matmul(inputs.mul(curvature.unsqueeze(1))).add(Tensor.eye(DType.F64, d).mul(penalty));
                var move = Cholesky.of(hessian).solve(gradient);
                w = w.sub(move).compute();
                if (move.abs().max().item() < 1e-10) break;
            }
            columns[m] = w;
        }
        return new Model(Tensor.stack(1, columns).compute(), targets.mean(0).toDoubleArray());
    }
}
