package lyceum.text.zeroshot;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * "Embarrassingly simple" zero-shot learning: inputs and attributes of classes meet in a bilinear form, {@code score(x, s) = x' V s}. With inputs X (n, d),
 * attributes S (z, a) of the seen classes and Y (n, z) of +1 for an input's class and -1 elsewhere, V minimises
 * <pre>
 * |X V S' - Y|^2 + gamma |V S'|^2 + lambda |X V|^2 + gamma lambda |V|^2,
 * V = (X'X + gamma I)^-1 X' Y S (S'S + lambda I)^-1
 * </pre>
 * and an unseen class is known by its attributes.
 *
 * {@snippet :
 * static Tensor classes(Tensor x, int[] labels, Tensor attributes, Tensor others, Tensor unseen) {
 *     return new Eszsl(1, 1).fit(x, labels, attributes).scores(others, unseen).argmax(1);
 * }
 * }
 *
 * @param gamma above 0: how much the weight of each attribute is held back
 * @param lambda above 0: how much the input's parts in attributes are
 * @see <a href="https://proceedings.mlr.press/v37/romera-paredes15.html">Romera-Paredes and Torr (2015)</a>
 */
@Withers
public record Eszsl(double gamma, double lambda) implements EszslWithers {
    public Eszsl {
        if (!(gamma > 0 && gamma < Double.POSITIVE_INFINITY && lambda > 0 && lambda < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Eszsl: gamma is " + gamma + ", lambda " + lambda + "; both are finite and above 0");
    }

    /**
     * What was fitted.
     *
     * @param weights V, F64 (d, attributes)
     */
    public record Model(Tensor weights) {
        /** Scores of inputs (n, d) for classes by their attributes (z, a): (n, z), greater is better. */
        public Tensor scores(Tensor x, Tensor attributes) {
            return x.to(DType.F64).matmul(weights).matmul(attributes.to(DType.F64).transpose());
        }
    }

    /**
     * @param x (n, d)
     * @param labels n, rows of {@code attributes}
     * @param attributes (seen classes, a)
     */
    public Model fit(Tensor x, int[] labels, Tensor attributes) {
        Tensor y = targets(x, labels, attributes), inputs = x.to(DType.F64), s = attributes.to(DType.F64);
        var left = Cholesky.of(inputs.transpose().matmul(inputs).add(Tensor.eye(DType.F64, inputs.size(1)).mul(gamma)));
        var right = Cholesky.of(s.transpose().matmul(s).add(Tensor.eye(DType.F64, s.size(1)).mul(lambda)));
        var middle = inputs.transpose().matmul(y).matmul(s);
        return new Model(right.solve(left.solve(middle).transpose()).transpose().detach().compute());
    }

    /** What {@link #fit} makes least, at weights (d, a): a scalar, differentiable. */
    public Tensor objective(Tensor weights, Tensor x, int[] labels, Tensor attributes) {
        Tensor y = targets(x, labels, attributes), inputs = x.to(DType.F64), s = attributes.to(DType.F64);
        Tensor parts = inputs.matmul(weights), byClass = weights.matmul(s.transpose());
        return parts.matmul(s.transpose()).sub(y).square().sum().add(byClass.square().sum().mul(gamma))
                .add(parts.square().sum().mul(lambda)).add(weights.square().sum().mul(gamma * lambda));
    }

    private static Tensor targets(Tensor x, int[] labels, Tensor attributes) {
        if (x.rank() != 2 || attributes.rank() != 2 || labels.length != x.size(0) || labels.length == 0)
            throw new ShapeException("Eszsl: inputs " + x.shape() + ", " + labels.length + " labels, attributes " + attributes.shape()
                    + "; they are (n, d), n and (z, a)");
        int z = (int) attributes.size(0);
        var y = new double[labels.length * z];
        Arrays.fill(y, -1);
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= z)
                throw new IllegalArgumentException("Eszsl: label " + labels[i] + " of input " + i + "; there are " + z + " classes");
            y[i * z + labels[i]] = 1;
        }
        return Tensor.of(y, labels.length, z);
    }
}
