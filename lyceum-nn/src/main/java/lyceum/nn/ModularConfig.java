package lyceum.nn;

import lyceum.DType;
import lyceum.withers.Withers;

/**
 * How a {@link ModularNetwork} chooses.
 *
 * @param descriptor width of what the router reads at a step: of a task's descriptor, or of the state
 * @param steps how many modules stand one after the other
 * @param selection rule
 * @param k modules a step, for {@link Selection#TOP_K}
 * @param temperature of the softmax, above 0
 * @param balance weight of the {@link lyceum.nn.loss.LoadBalancingLoss} of all steps together, added while learning; 0 for none
 * @param dtype of the router, F32 or F64
 */
@Withers
public record ModularConfig(int descriptor, int steps, Selection selection, int k, double temperature, double balance, DType dtype)
        implements ModularConfigWithers {

    /** What becomes of the router's scores z. */
    public enum Selection {
        /** {@code sum_k softmax(z)_k f_k(h)}: every module runs. */
        SOFT,
        /**
         * {@code f_k(h)} for the largest of {@code z + Gumbel noise}; the gradient is that of the softmax, for which every module runs while learning (Jang, Gu and Poole
         * 2017). Predicting there is no noise, and one module runs.
         */
        GUMBEL,
        /** The k best alone run, weighed by their share of the softmax. With k = 1 the weight is 1 and passes the gradient of its probability. */
        TOP_K
    }

    public ModularConfig {
        if (descriptor < 1 || steps < 1 || k < 1) throw new IllegalArgumentException(
                "ModularConfig: descriptor " + descriptor + ", " + steps + " steps and k " + k + "; all are positive");
        if (!(temperature > 0)) throw new IllegalArgumentException("ModularConfig: the temperature is " + temperature + "; it is above 0");
        if (!(balance >= 0)) throw new IllegalArgumentException("ModularConfig: the balance is " + balance + "; it is at least 0");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("ModularConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Gumbel choice at temperature 1, no balance, F32. */
    public ModularConfig(int descriptor, int steps) { this(descriptor, steps, Selection.GUMBEL, 1, 1, 0, DType.F32); }
}
