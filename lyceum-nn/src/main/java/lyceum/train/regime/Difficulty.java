package lyceum.train.regime;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Layer;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Tensor;

/**
 * How hard each row of a dataset is: numbers of which a {@link Curriculum} uses the order alone. Any other array of one number a row will
 * do.
 */
public final class Difficulty {
    private static final int CHUNK = 256;

    private Difficulty() {}

    /** Of sequences: their lengths. */
    public static double[] length(int... lengths) { return Arrays.stream(lengths).asDoubleStream().toArray(); }

    /**
     * A trained model's loss on each row.
     *
     * @param loss one number a row, (n): {@code new CrossEntropy().withReduction(Reduction.NONE)}
     */
    public static double[] teacherLoss(Layer teacher, Loss loss, Dataset data) {
        var losses = new double[data.size()];
        for (int from = 0; from < losses.length; from += CHUNK) {
            try (var scope = Scope.open("difficulty")) {
                int first = from, n = Math.min(CHUNK, losses.length - from);
                Autograd.noGrad(() -> {
                    var part = data.range(first, first + n);
                    System.arraycopy(rowLosses(loss, teacher.forward(part.x()), part.y()).toDoubleArray(), 0, losses, first, n);
                });
            }
        }
        return losses;
    }

    /** One loss a row. @throws ShapeException if it gives another shape */
    static Tensor rowLosses(Loss loss, Tensor outputs, Tensor targets) {
        var each = loss.of(outputs, targets);
        if (each.rank() != 1 || each.size(0) != outputs.size(0)) throw new ShapeException("the loss of " + outputs.size(0)
                + " rows has shape " + each.shape() + "; it is one number a row: with Reduction.NONE, and a mean over what a row has");
        return each;
    }

    /**
     * How little a trained classifier believes each row's class: 1 less its softmax probability. @param teacher gives logits (n, classes)
     */
    public static double[] confidence(Layer teacher, Dataset data) {
        return Arrays.stream(teacherLoss(teacher, Difficulty::likelihood, data)).map(p -> 1 - p).toArray();
    }

    private static Tensor likelihood(Tensor logits, Tensor y) {
        if (logits.rank() != 2) throw new ShapeException("Difficulty.confidence: logits " + logits.shape() + "; they are (n, classes)");
        return logits.to(DType.F64).softmax(1).gather(1, y.reshape(-1, 1)).flatten();
    }

    /** The rows from the easiest on; among equals in the order of their numbers. @throws IllegalArgumentException if one is NaN */
    static int[] ascending(double[] difficulty) {
        for (int i = 0; i < difficulty.length; i++)
            if (Double.isNaN(difficulty[i])) throw new IllegalArgumentException("Curriculum: the difficulty of row " + i + " is NaN");
        return Tensor.of(difficulty).argsort(0).toIntArray();
    }
}
